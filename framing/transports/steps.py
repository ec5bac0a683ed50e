"""Waiting without saying how: what a link does is written once, as steps that yield what they wait for.

A step function is a generator. It yields a `Wait` (until a descriptor is ready, or a time has come) or a `Call` (a function
that may block), and gets the answer sent back. `run` drives one in a thread of the caller's; `framing.transports.aio` drives
the same one in an event loop.

    >>> def nap():
    ...     ready = yield Wait(until=0.0)      # a time long past
    ...     return "ready" if ready else "the time is up"
    >>> run(nap())
    'the time is up'
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
import weakref
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wait:
    """Until `fd` can be read (or written, with `write`), or `time.monotonic()` shows `until`; either may be None.

    `wake` is a second descriptor, which can be read as soon as the link was closed (see `Waker`): what the first one is
    about cannot always be made ready by closing. The answer is True if one of them is ready, False if the time came first.
    """

    fd: int | None = None
    write: bool = False
    until: float | None = None
    wake: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function that may block, such as a name resolver. The answer is its result; what it raises is thrown in.

    `droppable`: nobody misses its result, so that a cancelled task in an event loop does not wait for its end. Not for what
    opens or reads something.
    """

    function: Callable[[], Any]
    droppable: bool = False


class Waker:
    """Wakes whoever waits for a link that another thread closes: `Wait(..., wake=waker.fileno())`.

    The descriptor stays open as long as this object lives, so that nobody waits for its number when it is another's already.
    """

    def __init__(self) -> None:
        # Sockets, as on Windows nothing else can be waited for.
        self._ours, self._theirs = socket.socketpair()
        self._finalize = weakref.finalize(self, self._ours.close)

    def fileno(self) -> int:
        """The descriptor that can be read from `wake` on."""
        return self._ours.fileno()

    def wake(self) -> None:
        """Wakes all that wait now or later. May be called again."""
        with contextlib.suppress(OSError):  # done already
            self._theirs.shutdown(socket.SHUT_RDWR)  # closing would not do: a forked process may hold it too
        self._theirs.close()


Steps: TypeAlias = Generator[Wait | Call, Any, T]


def run(steps: Steps[T]) -> T:
    """Drives the steps to their end in this thread and returns what they return."""
    with contextlib.closing(steps):
        try:
            wanted = next(steps)
            while True:
                if isinstance(wanted, Wait):
                    wanted = steps.send(ready(wanted))
                    continue
                try:
                    result = wanted.function()
                except Exception as error:
                    wanted = steps.throw(error)
                else:
                    wanted = steps.send(result)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def ready(wait: Wait) -> bool:
    """Waits in this thread: True as soon as the descriptor is ready, False if the time came first."""
    left = None if wait.until is None else max(wait.until - time.monotonic(), 0)
    reads = [fd for fd in (None if wait.write else wait.fd, wait.wake) if fd is not None]
    writes = [wait.fd] if wait.write and wait.fd is not None else []
    if not reads and not writes:
        if left is None:
            raise ValueError("a wait for nothing would never end")
        time.sleep(left)
        return False
    if not hasattr(select, "poll"):
        return any(select.select(reads, writes, [], left))
    poll = select.poll()
    for fd in reads:
        poll.register(fd, select.POLLIN)
    for fd in writes:
        poll.register(fd, select.POLLOUT)
    return bool(poll.poll(None if left is None else left * 1000))
