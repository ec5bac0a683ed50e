"""What the links of this machine have in common: serial lines, pseudo terminals, files, pipes.

Any thread may close them at any time. So whatever touches a descriptor holds the link's lock (nothing waits while it holds
it), and every wait also watches the link's `Waker`.
"""

from __future__ import annotations

import os
import select
import threading
import time
from abc import abstractmethod

from framing.transports.links import RECEIVE, Arrival, Link, Reason
from framing.transports.socket_link import closed_here
from framing.transports.steps import Wait, Waker


class LocalLink(Link):
    """A link that one thread may close while others use it. Subclasses say how it takes, puts and releases."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.RLock()
        self._waker = Waker()
        self._closed = False

    @abstractmethod
    def _take(self, most: int) -> Arrival | None:
        """As `receive`; the link is open and nobody else is at it."""

    @abstractmethod
    def _put(self, data: bytes | memoryview) -> int:
        """As `send`; the link is open and nobody else is at it."""

    @abstractmethod
    def _release(self) -> None:
        """Lets go of everything, once."""

    def receive(self, most: int = RECEIVE) -> Arrival | None:
        """See `Link.receive`. OSError (EBADF) after `close`."""
        with self._lock:
            self._must_be_open()
            return self._take(most)

    def send(self, data: bytes | memoryview) -> int:
        """See `Link.send`. OSError (EBADF) after `close`."""
        with self._lock:
            self._must_be_open()
            return self._put(data)

    def close(self) -> None:
        """See `Link.close`."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._waker.wake()
            self._release()

    def wake(self) -> None:
        """See `Link.wake`."""
        self._waker.wake()

    def is_connected(self) -> bool:
        """False once it is closed."""
        return not self._closed

    def reason(self, error: OSError) -> tuple[Reason, str]:
        """See `Link.reason`."""
        return (Reason.CLOSED, "closed by this side") if self._closed else super().reason(error)

    def _must_be_open(self) -> None:
        if self._closed:
            raise closed_here()

    def _for(self, fd: int, until: float | None, *, write: bool = False) -> Wait:
        """A wait for a descriptor of this link."""
        return Wait(fd, write=write, until=until, wake=self._waker.fileno())

    def _pause(self, seconds: float, until: float | None) -> Wait:
        """A wait of that many seconds, for what has to be looked at again and again."""
        soon = time.monotonic() + seconds
        return Wait(until=soon if until is None else min(soon, until), wake=self._waker.fileno())

    def _forever(self, until: float | None) -> Wait:
        """A wait for nothing but the time or the end of the link."""
        return Wait(until=until, wake=self._waker.fileno())


class DescriptorLink(LocalLink):
    """A link that reads one descriptor and writes another, or the same. Both do not block."""

    def __init__(self, name: str, reads: int, writes: int) -> None:
        super().__init__(name)
        self._reads = reads
        self._writes = writes

    def fileno(self) -> int:
        """The descriptor that is read."""
        return self._reads

    def readable(self, until: float | None) -> Wait | None:
        """See `Link.readable`."""
        return None if self._closed else self._for(self._reads, until)

    def writable(self, until: float | None) -> Wait | None:
        """See `Link.writable`."""
        return None if self._closed else self._for(self._writes, until, write=True)

    def _take(self, most: int) -> Arrival | None:
        try:
            data = os.read(self._reads, most)
        except BlockingIOError:
            return None
        return Arrival(data) if data else self._nothing()

    def _nothing(self) -> Arrival | None:
        """What it means that an empty read came back: the end, if nothing else."""
        return Arrival(b"", ends=True)

    def _put(self, data: bytes | memoryview) -> int:
        try:
            return os.write(self._writes, data)
        except BlockingIOError:
            return 0

    def _release(self) -> None:
        for fd in {self._reads, self._writes}:
            os.close(fd)


def is_ready(fd: int, *, write: bool = False) -> bool:
    """Whether a descriptor is ready at this moment, or in a state that waiting would not change."""
    poll = select.poll()
    poll.register(fd, select.POLLOUT if write else select.POLLIN)
    return bool(poll.poll(0))
