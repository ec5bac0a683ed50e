"""Who is inside a session: at most one receives and one sends, and nothing is let go under their hands.

A descriptor that is closed while another thread waits on it may be opened again as something else. So what is to be closed
is closed by the last one who leaves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum, auto

from framing.transports.links import Link


class Role(Enum):
    """What somebody does inside."""

    RECEIVE = auto()
    SEND = auto()


class Turns:
    """Hands out the roles, each to one at a time. `let_go` is called once, after `close`, as soon as nobody is inside."""

    def __init__(self, let_go: Callable[[], None]) -> None:
        self.closing = False
        self.helped = False
        """Whether the one who receives is a sender who sees to the link because nobody else does."""
        self._lock = threading.Lock()
        self._inside: set[Role] = set()
        self._let_go: Callable[[], None] | None = let_go
        self._held: Link | None = None  # the sender is using it
        self._dropped: Link | None = None  # to be closed when the sender has left it

    def enter(self, role: Role, helping: bool = False) -> bool:
        """Takes a role; False if somebody has it."""
        with self._lock:
            if role in self._inside:
                return False
            self._inside.add(role)
            if role is Role.RECEIVE:
                self.helped = helping
            return True

    def leave(self, role: Role) -> None:
        """Gives the role back."""
        with self._lock:
            self._inside.remove(role)
            if role is Role.SEND:
                self._held = None
                self._close_dropped()
            self._last_out()

    def hold(self, link: Callable[[], Link | None]) -> Link | None:
        """The link of this moment, for the sender: it stays open until he leaves or holds another one."""
        with self._lock:
            self._held = link()
            self._close_dropped()
            return self._held

    def drop(self, link: Link) -> None:
        """Closes a link that `hold` gives no more; a sender who uses it is woken, and closes it when he leaves."""
        with self._lock:
            if self._held is link:
                self._dropped = link
                link.wake()
            else:
                link.close()

    def close(self, settle: Callable[[], None], wake: Callable[[], None]) -> None:
        """Everybody is to leave. Calls `settle` where nobody receives, as the receiver does it himself; wakes who waits."""
        with self._lock:
            self.closing = True
            if Role.RECEIVE not in self._inside:
                settle()
            if self._inside:
                wake()
            self._last_out()

    def _close_dropped(self) -> None:
        if self._dropped is not None:
            self._dropped.close()
            self._dropped = None

    def _last_out(self) -> None:
        if self.closing and not self._inside and self._let_go is not None:
            let_go, self._let_go = self._let_go, None
            let_go()
