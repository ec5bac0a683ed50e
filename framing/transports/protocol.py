"""Frames for those who have an asyncio transport already: TCP, Unix, TLS, subprocess pipes, pyserial-asyncio, datagrams.

    >>> import asyncio, framing
    >>> async def main():
    ...     ubx, told = framing.load("ubx"), asyncio.Queue()
    ...     server = await asyncio.get_running_loop().create_server(
    ...         lambda: FrameProtocol(ubx, on_event=lambda protocol, event: protocol.write(event)), "127.0.0.1", 0)
    ...     _, client = await asyncio.get_running_loop().create_connection(
    ...         lambda: FrameProtocol(ubx, on_event=lambda _, event: told.put_nowait(event)), *server.sockets[0].getsockname())
    ...     client.write(b"", **{"class": 6, "id": 1})
    ...     print((await told.get()).kind)
    ...     client.close()
    ...     server.close()
    >>> asyncio.run(main())
    (6, 1)
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import Any

from framing.decoder import GAP_LIMIT, WITNESSES, Decoder
from framing.engines import Formats, Order
from framing.events import Frame, Gap
from framing.stats import Stats
from framing.transports import silence
from framing.transports.encoding import Encoders
from framing.transports.links import Arrival, Connected, Disconnected, Reason, explain
from framing.transports.silence import Silence
from framing.transports.streams import Happening, Streams


class FrameProtocol(asyncio.Protocol, asyncio.DatagramProtocol):
    """Tells `on_event(protocol, event)` each event as soon as it is settled, the last ones when the connection is lost.

    `idle`: how long a silence settles the decoder, in seconds or as "3.5 characters", which needs a transport with a serial
    port in it; it also fires when nothing comes at all, once a silence. `announce`: whether `Connected` and `Disconnected`
    stand among the events. `order`, `gap_limit` and `witnesses` are the decoder's. Datagrams: each peer is a stream of its
    own, named in `stream`; at most 256 are kept.

    What `on_event` raises goes to the event loop's exception handler; further events are told all the same.
    """

    def __init__(
        self,
        *formats: Formats,
        on_event: Callable[[FrameProtocol, Happening], object],
        idle: float | str | None = None,
        announce: bool = False,
        order: Order = "strict",
        gap_limit: int = GAP_LIMIT,
        witnesses: int = WITNESSES,
    ) -> None:
        if idle is not None:
            silence.stated(idle)
        self._on_event = on_event
        self._idle = idle
        self._announce = announce
        self._streams = Streams(
            lambda: Decoder(*formats, gap_limit=gap_limit, order=order, witnesses=witnesses), said=announce
        )
        self._encoders = Encoders(formats)
        self._loop: asyncio.AbstractEventLoop
        self._timer: asyncio.TimerHandle | None = None
        self.paused = False
        """Whether the transport has no room: `drain` and `send` wait."""
        self._draining: list[asyncio.Future[None]] = []
        self._peer: Any = None
        self._lost = False
        self.transport: Any = None
        """The transport; None before the connection is made."""
        self.stream = ""
        """The stream of the event that is told: for datagrams the peer's address as text."""

    @property
    def stats(self) -> Stats:
        """What was decoded, as `Decoder.stats` has it."""
        return self._streams.stats

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is there. ValueError where `idle` counts characters and it has no serial port."""
        self._loop = asyncio.get_running_loop()
        self.transport = transport
        if self._idle is not None:
            baud, bits = _rate(transport.get_extra_info("serial"))
            seconds = silence.length(self._idle, baud=baud, bits=bits, link=repr(transport))
            self._streams.silence = Silence(seconds)
            self._streams.silence.heard("", self._loop.time())
            self._set_timer()
        if self._announce:
            self._streams.say([Connected(str(transport.get_extra_info("peername") or transport))])
            self._tell()

    def data_received(self, data: bytes) -> None:
        """Bytes of the stream."""
        self._take(Arrival(data))

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Bytes of one peer's stream."""
        self._peer = addr
        self._take(Arrival(data, stream=str(addr)))

    def error_received(self, exc: Exception) -> None:
        """A datagram could not be sent; it is lost, as datagrams may be."""

    def pause_writing(self) -> None:
        """The transport's buffer is full: `drain` and `send` wait."""
        self.paused = True

    def resume_writing(self) -> None:
        """There is room again."""
        self.paused = False
        self._release(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the last events. Whoever waits to write gets the error, or ConnectionResetError."""
        self._lost = True
        if self._timer:
            self._timer.cancel()
        self._streams.close()
        if self._announce:
            reason = explain(exc) if isinstance(exc, OSError) else (Reason.ERROR if exc else Reason.END, str(exc or ""))
            self._streams.say([Disconnected(*reason)])
        self._tell()
        self._release(exc or _lost())

    # Writing

    def write(self, item: bytes | Frame | Gap | None = None, /, format: str | None = None, **fields: Any) -> None:  # noqa: A002
        """Hands a frame with that payload and those fields to the transport; a frame that was received goes as it came.

        Never waits: the transport's buffer grows. A datagram goes to the peer heard last, unless its socket has one. Raises `EncodeError`; ConnectionResetError after the connection was lost.
        """
        if self._lost or self.transport is None:
            raise _lost()
        if isinstance(item, (Frame, Gap)):
            if format is not None or fields:
                raise TypeError("a frame goes out as it came; write its payload to have fields set")
            raw = item.raw
        else:
            raw = self._encoders.encode(item, format, fields)
        if hasattr(self.transport, "sendto"):
            self.transport.sendto(raw, None if self.transport.get_extra_info("peername") else self._peer)
        else:
            self.transport.write(raw)

    async def send(
        self,
        item: bytes | Frame | Gap | None = None,
        /,
        format: str | None = None,  # noqa: A002
        **fields: Any,
    ) -> None:
        """As `write`, as soon as the transport has room."""
        await self.drain()
        self.write(item, format, **fields)

    async def drain(self) -> None:
        """Waits while the transport has no room. Raises the error that the connection was lost by."""
        if self._lost:
            raise _lost()
        if self.paused:
            room = self._loop.create_future()
            self._draining.append(room)
            try:
                await room
            finally:
                if room in self._draining:
                    self._draining.remove(room)

    def close(self) -> None:
        """Closes the transport, which writes what it holds and then loses the connection."""
        if self.transport is not None:
            self.transport.close()

    # Within

    def _take(self, arrival: Arrival) -> None:
        events = self._streams.take(arrival, self._loop.time())
        if events is None:
            self._tell()
        else:
            self._tell_each(arrival.stream, events)
        if self._timer is None:
            self._set_timer()

    def _tell(self) -> None:
        ready = self._streams.ready
        while ready:
            self._tell_each(*ready.popleft())

    def _tell_each(self, stream: str, events: Any) -> None:
        for event in events:
            self.stream = stream
            try:
                self._on_event(self, event)
            except Exception as error:
                message = {"message": "on_event failed", "exception": error, "protocol": self, "transport": self.transport}
                self._loop.call_exception_handler(message)

    def _set_timer(self) -> None:
        due = None if self._streams.silence is None else self._streams.silence.due
        self._timer = None if due is None or self._lost else self._loop.call_at(due, self._look_around)

    def _look_around(self) -> None:
        self._streams.silent(self._loop.time())
        self._set_timer()
        self._tell()

    def _release(self, error: Exception | None) -> None:
        waiting, self._draining = self._draining, []
        for each in waiting:
            if not each.done():
                each.set_exception(error) if error else each.set_result(None)


def _lost() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, "the connection is lost")


def _rate(port: Any) -> tuple[int | None, float]:
    """Bits a second and a character of a pyserial port; none for what has no such port."""
    if port is None:
        return None, 0
    return port.baudrate, 1 + port.bytesize + (port.parity != "N") + port.stopbits
