"""Serial lines that are none of this machine: behind an RFC 2217 server or one that only passes bytes, or just a loop.

The scheme `socket` is pyserial's name for the second kind. Nothing but its baud rate tells such a link from TCP, so it is one.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from dataclasses import dataclass
from queue import Empty
from typing import Any, ClassVar

from framing.transports.links import Arrival, Link
from framing.transports.serial_line import REFUSALS, Line, PolledLink
from framing.transports.steps import Call, Steps, Wait
from framing.transports.tcp import Tcp
from framing.transports.urls import YES_NO, host_port, option, whole

CHUNK = 2048
"""Bytes that go to an RFC 2217 server at a time: doubled by escaping they still fit where a socket is writable."""


@dataclass(frozen=True)
class Loop(Line):
    """A line that receives what is sent on it."""

    form = "loop://"

    def connect(self, until: float | None = None) -> Steps[Link]:
        """See `Transport.connect`."""
        link: Link = yield Call(self._open)
        return link

    def _open(self) -> Link:
        port = self._unopened("loop://", timeout=0)
        self._switch(port)
        port.open()
        link = LoopLink(f"loop {self.words}", port)
        link.baud, link.bits = self.baud, self.bits
        return link

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        """See `Transport.at`."""
        if where:
            raise ValueError("nothing stands behind loop://")
        return super().at("loop://", scheme)


class LoopLink(PolledLink):
    """A loop. pyserial would wait for room in its buffer, so no more is put there than fits."""

    def _put(self, data: bytes | memoryview) -> int:
        room = self.port.buffer_size - self.port.in_waiting
        return int(self.port.write(bytes(data[:room]))) if room > 0 else 0


@dataclass(frozen=True)
class Rfc2217(Line):
    """A serial device behind a server that speaks RFC 2217: baud rate and the like are set over the network."""

    form = "rfc2217://host:port?baud=115200"

    ignore_control: bool = option(
        False, YES_NO, "Do not wait for answers about control lines, for servers that give none."
    )

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        """See `Transport.at`."""
        host_port(where)
        return super().at(where, scheme)

    def connect(self, until: float | None = None) -> Steps[Link]:
        """See `Transport.connect`. The server gets until then, 3 seconds at most, to answer each setting."""
        link: Link = yield Call(lambda: self._open(3 if until is None else until - time.monotonic()))
        return link

    def _open(self, left: float) -> Link:
        if left <= 0:
            raise TimeoutError(errno.ETIMEDOUT, f"no time was left to reach {self.port}")
        url = f"rfc2217://{self.port}?timeout={min(left, 3)}" + ("&ign_set_control" if self.ignore_control else "")
        port = self._unopened(url)
        self._switch(port)
        try:
            port.open()
        except REFUSALS as error:
            raise self._refused(error) from error
        link = RemoteLink(f"rfc2217 {self.port} {self.words}", port)
        link.baud, link.bits = self.baud, self.bits
        return link

    def _refused(self, error: Exception) -> OSError:
        cause = error.__context__
        if isinstance(cause, OSError) and cause.errno is not None:
            return OSError(cause.errno, f"{self.port}: {cause.strerror}")
        return OSError(errno.EPROTO, f"{self.port}: {error}")


class RemoteLink(PolledLink):
    """A line behind an RFC 2217 server. A thread of pyserial's (3.5) reads the socket and fills a queue of bytes.

    The queue is read here directly, as `read` would lose what is in it once the server has closed the connection.
    """

    def __init__(self, name: str, port: Any) -> None:
        super().__init__(name, port)
        self._socket: socket.socket = port._socket
        self._queue = port._read_buffer

    def writable(self, until: float | None) -> Wait | None:
        """Until the socket has room."""
        return None if self._closed else self._for(self._socket.fileno(), until, write=True)

    def is_connected(self) -> bool:
        """Whether the server has not closed the connection."""
        reads = self.port._thread
        return super().is_connected() and reads is not None and reads.is_alive()

    def _take(self, most: int) -> Arrival | None:
        data = bytearray()
        over = False
        while len(data) < most and not over:
            try:
                byte = self._queue.get_nowait()
            except Empty:
                break
            over = byte is None
            data += byte or b""
        if over:
            self._queue.put(None)  # it stands for the end; the next look shall find it too
            if not data:
                raise OSError(errno.ENODEV, f"{self.name}: the server closed the connection")
        return Arrival(bytes(data)) if data else None

    def _put(self, data: bytes | memoryview) -> int:
        _, room, _ = select.select([], [self._socket], [], 0)
        return int(self.port.write(bytes(data[:CHUNK]))) if room else 0

    def _release(self) -> None:
        # The reading thread first, or pyserial would wait 0.3 s, and forget a socket whose other end has closed.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.port._thread.join()
        self.port._thread = None
        self.port.close()
        self._socket.close()


@dataclass(frozen=True)
class Passed(Tcp):
    """A serial device behind a server that passes its bytes over TCP as they are. The settings are the server's affair."""

    form: ClassVar[str] = "socket://host:port?baud=9600"

    baud: int | None = option(None, whole(1, 20_000_000), "The device's bits a second, to reckon character times from.")
    bits: int = option(10, whole(7, 12), "The device's bits for one character, start, stop and parity bits included.")

    def connect(self, until: float | None = None) -> Steps[Link]:
        """See `Transport.connect`."""
        link = yield from super().connect(until)
        link.baud, link.bits = self.baud, self.bits
        return link
