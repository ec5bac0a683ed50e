"""Connected stream sockets, as TCP and Unix links have them: dialling, receiving and sending, and the door that peers come by."""

from __future__ import annotations

import errno
import os
import select
import socket
from collections.abc import Callable
from typing import Any

from framing.transports.links import Arrival
from framing.transports.socket_link import NO_SIGNAL, SocketLink, closed_here
from framing.transports.steps import Steps, Wait, Waker

_UNDER_WAY = {errno.EINPROGRESS, errno.EINTR, getattr(errno, "WSAEWOULDBLOCK", errno.EINPROGRESS)}
_CAME_AND_WENT = {errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.ENETDOWN, errno.EHOSTUNREACH, errno.ENETUNREACH}
"""Errors of `accept` that belong to the peer that was to be accepted, not to the door."""

# What `poll` tells without being asked to wait: broken, closed, or the peer has ended its direction, unread bytes or not.
_ENDED: int | None = (
    select.POLLRDHUP | select.POLLHUP | select.POLLERR | select.POLLNVAL if hasattr(select, "POLLRDHUP") else None
)


class StreamLink(SocketLink):
    """A connected stream socket.

    Each direction ends by itself. When the peer has ended its own (it closed, or shut down its writing side), `receive`
    says so after the last byte, and `is_connected` is False from the moment this machine knows; `send` still works for as
    long as the peer takes bytes, and breaks with RESET when it does not. After an error the link stays broken: both
    directions give that same error, whichever met it first.
    """

    def __init__(self, sock: socket.socket, name: str, broken: OSError | None = None) -> None:
        super().__init__(sock, name)
        self._broken = broken

    def _receive(self, most: int) -> Arrival | None:
        try:
            data = self._socket.recv(most)
        except (BlockingIOError, InterruptedError):
            raise
        except OSError as error:
            self._broken = error
            raise
        if not data and self._broken:  # the system tells an error once, then it says the end
            raise OSError(*self._broken.args)
        return Arrival(data, ends=not data)

    def _send(self, data: bytes | memoryview) -> int:
        try:
            return self._socket.send(data, NO_SIGNAL)
        except (BlockingIOError, InterruptedError):
            raise
        except BrokenPipeError:  # what comes after the true error, or after a peer that ended well and now refuses
            if self._broken:
                raise OSError(*self._broken.args) from None
            raise
        except OSError as error:
            self._broken = error
            raise

    def send_eof(self) -> None:
        with self._lock:
            self._check_open()
            self._socket.shutdown(socket.SHUT_WR)

    def is_connected(self) -> bool:
        """False once the other side has ended its direction, or the connection broke. Takes neither bytes nor errors away.

        A peer that vanished without a word counts as there until a timer says otherwise: keep-alive or TCP_USER_TIMEOUT.
        """
        with self._lock:
            if self._closed or self._broken:
                return False
            if _ENDED is None:
                return self._peeked()
            poll = select.poll()
            poll.register(self._socket, _ENDED)
            return not poll.poll(0)

    def _peeked(self) -> bool:
        """The same where `poll` cannot tell: an end behind unread bytes is not seen."""
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except (BlockingIOError, InterruptedError):
            return True
        except OSError as error:
            self._broken = error
            return False

    def _wake(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:  # not connected any more: then nobody waits
            pass


def dial(sock: socket.socket, where: Any, until: float | None) -> Steps[OSError | None]:
    """The steps that connect a socket that does not block. OSError; TimeoutError at the monotonic time `until`.

    The result is the error of a connection that came about and was reset before anybody looked: what it brought until then
    can still be received.
    """
    number = sock.connect_ex(where)
    if number in _UNDER_WAY:
        if not (yield Wait(sock.fileno(), write=True, until=until)):
            raise TimeoutError(errno.ETIMEDOUT, "no answer in time")
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number == errno.ECONNRESET:  # nobody there is ECONNREFUSED
            return OSError(number, os.strerror(number))
    if number:
        raise OSError(number, os.strerror(number))
    return None


class Door:
    """A listening socket that is made when it is first needed, and those who wait at it."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._waker: Waker | None = None
        self._closed = False

    def open(self, make: Callable[[], socket.socket], backlog: int) -> socket.socket:
        """The listening socket, which `make` binds the first time. OSError, also after `close`."""
        if self._closed:
            raise closed_here()
        if self._socket is None:
            sock = make()
            try:
                sock.setblocking(False)
                sock.listen(backlog)
            except OSError:
                sock.close()
                raise
            self._socket, self._waker = sock, Waker()
        return self._socket

    @property
    def name(self) -> Any:
        """What the socket is bound to, as the system tells it; None while there is none."""
        return None if self._socket is None or self._closed else self._socket.getsockname()

    def accept(self, until: float | None) -> Steps[tuple[socket.socket, Any]]:
        """The steps to the next peer: its socket, which does not block, and its address.

        OSError, TimeoutError at the monotonic time `until`. Peers that gave up before their turn are passed over.
        """
        while not self._closed:
            assert self._socket and self._waker
            try:
                sock, peer = self._socket.accept()
            except (BlockingIOError, InterruptedError):
                wait = Wait(self._socket.fileno(), until=until, wake=self._waker.fileno())
                if wait.fd != -1 and not (yield wait):
                    raise TimeoutError(errno.ETIMEDOUT, "nobody connected in time") from None
            except OSError as error:
                if not self._closed and error.errno not in _CAME_AND_WENT:
                    raise
            else:
                sock.setblocking(False)
                return sock, peer
        raise closed_here()

    def close(self) -> None:
        """Closes for good; whoever waits in `accept` gets the error that this side closed. May be called again."""
        self._closed = True
        if self._socket and self._waker:
            self._waker.wake()
            self._socket.close()
