"""What all links on a socket share: one lock around its calls, and closing while others use it."""

from __future__ import annotations

import errno
import socket
import threading
from abc import abstractmethod

from framing.transports.links import RECEIVE, Arrival, Link
from framing.transports.steps import Wait

NO_SIGNAL: int = getattr(socket, "MSG_NOSIGNAL", 0)
"""Flag for send: a closed other side is an error, never a SIGPIPE that ends the process."""


def closed_here() -> OSError:
    """The error of whoever uses what this side has closed (`Reason.CLOSED`)."""
    return OSError(errno.EBADF, "closed by this side")


class SocketLink(Link):
    """A link on a socket that does not block.

    Several threads may use it at once. The lock keeps an error with the call that it is for, and the number of the
    descriptor this socket's until the call is done. Nothing waits while it is held.
    """

    def __init__(self, sock: socket.socket, name: str) -> None:
        self.name = name
        self._socket = sock
        self._lock = threading.Lock()
        self._closed = False
        sock.setblocking(False)

    def receive(self, most: int = RECEIVE) -> Arrival | None:
        with self._lock:
            self._check_open()
            try:
                return self._receive(most)
            except (BlockingIOError, InterruptedError):
                return None

    def send(self, data: bytes | memoryview) -> int:
        with self._lock:
            self._check_open()
            try:
                return self._send(data)
            except (BlockingIOError, InterruptedError):
                return 0

    @abstractmethod
    def _receive(self, most: int) -> Arrival | None:
        """`receive` of an open socket; may raise BlockingIOError."""

    @abstractmethod
    def _send(self, data: bytes | memoryview) -> int:
        """`send` on an open socket; may raise BlockingIOError."""

    def readable(self, until: float | None) -> Wait | None:
        return None if self._closed else self._wait(False, until)

    def writable(self, until: float | None) -> Wait | None:
        return None if self._closed else self._wait(True, until)

    def _wait(self, write: bool, until: float | None) -> Wait:
        return Wait(self.fileno(), write=write, until=until)

    def fileno(self) -> int:
        return self._socket.fileno()

    def wake(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._wake()

    def close(self) -> None:
        self.wake()
        with self._lock:
            self._socket.close()

    @abstractmethod
    def _wake(self) -> None:
        """Ends the waits of others, now and later. Called once."""

    def _check_open(self) -> None:
        if self._closed:
            raise closed_here()
