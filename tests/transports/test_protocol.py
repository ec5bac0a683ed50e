"""Frames in an asyncio protocol, over transports that asyncio made and over one that is only played."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

import framing
from framing import Frame, Gap
from framing.transports.links import Connected, Disconnected, Reason
from framing.transports.protocol import FrameProtocol

TOY = framing.parse("""
name = "toy"
layout = [
  { sync = "AA 55" },
  { field = "id", type = "u8" },
  { length = "size", type = "u16le", of = "payload" },
  { data = "payload" },
  { checksum = "crc", type = "u16le", algorithm = "CRC-16/XMODEM", over = "id..payload" },
]
""")
PATIENCE = 30


def toy(number: int, payload: bytes = b"") -> bytes:
    return TOY.encode(payload, id=number)


class Played(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self, **extra: Any) -> None:
        super().__init__(extra)
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))


class Told:
    """What a protocol has told, in order."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.streams: list[str] = []
        self._more = asyncio.Event()

    def __call__(self, protocol: FrameProtocol, event: Any) -> None:
        self.events.append(event)
        self.streams.append(protocol.stream)
        self._more.set()

    async def until(self, number: int) -> list[Any]:
        """The events, as soon as there are that many."""
        while len(self.events) < number:
            self._more.clear()
            await self._more.wait()
        return self.events


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Runs a test in an event loop, in which nothing may go wrong unseen."""
    problems: list[dict[str, Any]] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
        await asyncio.wait_for(test(), PATIENCE)

    asyncio.run(main())
    assert problems == []


def echo(protocol: FrameProtocol, event: Any) -> None:
    protocol.write(event)


def test_events_are_told_as_they_settle_and_the_last_ones_at_the_end() -> None:
    async def test() -> None:
        told = Told()
        protocol = FrameProtocol(TOY, on_event=told)
        protocol.connection_made(Played())
        protocol.data_received(b"noise" + toy(1)[:3])
        assert told.events == []
        protocol.data_received(toy(1)[3:] + toy(2)[:4])
        assert [event.raw for event in told.events] == [b"noise", toy(1)]
        protocol.connection_lost(None)
        assert [event.raw for event in told.events] == [b"noise", toy(1), toy(2)[:4]]
        assert protocol.stats.frames == {"toy": 1}

    run(test)


def test_frames_go_both_ways_over_tcp() -> None:
    async def test() -> None:
        loop, told = asyncio.get_running_loop(), Told()
        server = await loop.create_server(lambda: FrameProtocol(TOY, on_event=echo), "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        transport, protocol = await loop.create_connection(lambda: FrameProtocol(TOY, on_event=told, announce=True), *address)
        assert transport is protocol.transport
        for number in range(100):
            protocol.write(b"x" * number, id=number)
        events = await told.until(101)
        assert isinstance(events[0], Connected)
        assert [(event["id"], len(event.payload)) for event in events[1:]] == [(number, number) for number in range(100)]
        protocol.close()
        events = await told.until(102)
        assert events[-1] == Disconnected(Reason.END)
        with pytest.raises(ConnectionResetError):
            protocol.write(b"", id=1)
        with pytest.raises(ConnectionResetError):
            await protocol.drain()
        server.close()
        await server.wait_closed()

    run(test)


def test_a_reset_is_told_with_its_reason() -> None:
    async def test() -> None:
        told = Told()
        protocol = FrameProtocol(TOY, on_event=told, announce=True)
        protocol.connection_made(Played())
        protocol.data_received(toy(1)[:3])
        protocol.connection_lost(ConnectionResetError(104, "reset"))
        connected, gap, disconnected = told.events
        assert isinstance(connected, Connected) and isinstance(gap, Gap)
        assert disconnected == Disconnected(Reason.RESET, "reset")

    run(test)


def test_an_event_that_fails_goes_to_the_loop_and_the_next_ones_are_told() -> None:
    async def main() -> list[dict[str, Any]]:
        problems: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
        told = Told()

        def fail(protocol: FrameProtocol, event: Any) -> None:
            told(protocol, event)
            if event["id"] == 1:
                raise RuntimeError("as asked")

        protocol = FrameProtocol(TOY, on_event=fail)
        protocol.connection_made(Played())
        protocol.data_received(toy(1) + toy(2))
        assert [event["id"] for event in told.events] == [1, 2]
        protocol.connection_lost(None)
        return problems

    (problem,) = asyncio.run(main())
    assert isinstance(problem["exception"], RuntimeError)
    assert isinstance(problem["protocol"], FrameProtocol)


def test_who_sends_waits_while_the_transport_is_full() -> None:
    async def test() -> None:
        transport = Played()
        protocol = FrameProtocol(TOY, on_event=echo)
        protocol.connection_made(transport)
        await protocol.send(b"", id=1)
        protocol.pause_writing()
        sending = [asyncio.ensure_future(protocol.send(b"", id=number)) for number in (2, 3, 4)]
        await asyncio.sleep(0)
        assert transport.written == [toy(1)]
        sending.pop().cancel()
        protocol.resume_writing()
        await asyncio.gather(*sending)
        assert transport.written == [toy(1), toy(2), toy(3)]
        protocol.pause_writing()
        last = asyncio.ensure_future(protocol.send(b"", id=5))
        await asyncio.sleep(0)
        protocol.connection_lost(BrokenPipeError(32, "broken"))
        with pytest.raises(BrokenPipeError):
            await last

    run(test)


def test_a_real_transport_that_fills_up_holds_the_sender() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        one, other = socket.socketpair()
        other.setblocking(False)
        with other:
            _, protocol = await loop.create_connection(lambda: FrameProtocol(TOY, on_event=echo), sock=one)
            sent = []

            async def flood() -> None:
                for _ in range(500):
                    await protocol.send(bytes(60_000), id=1)
                    sent.append(1)
                protocol.close()

            flooding = asyncio.ensure_future(flood())
            while not protocol.paused:
                await asyncio.sleep(0)
            assert len(sent) < 100
            received = 0
            while data := await loop.sock_recv(other, 1 << 20):
                received += len(data)
            await flooding
            assert received == 500 * len(toy(1, bytes(60_000)))

    run(test)


def test_what_cannot_be_written() -> None:
    async def test() -> None:
        protocol = FrameProtocol(TOY, on_event=echo)
        with pytest.raises(ConnectionResetError):
            protocol.write(b"", id=1)
        protocol.connection_made(Played())
        with pytest.raises(framing.EncodeError):
            protocol.write(b"", id=256)
        with pytest.raises(TypeError, match="as it came"):
            protocol.write(TOY.decode(toy(1)), id=2)
        with pytest.raises(ValueError, match="no format"):
            protocol.write(b"", "other", id=2)
        protocol.connection_lost(None)

    run(test)


def test_silence_settles_what_stands_half_once() -> None:
    async def test() -> None:
        told = Told()
        protocol = FrameProtocol(TOY, on_event=told, idle=0.02)
        protocol.connection_made(Played())
        protocol.data_received(toy(1)[:4])
        assert [event.raw for event in await told.until(1)] == [toy(1)[:4]]
        protocol.data_received(toy(1)[4:])
        assert [event.raw for event in await told.until(2)] == [toy(1)[:4], toy(1)[4:]]
        protocol.data_received(toy(2))
        assert isinstance((await told.until(3))[2], Frame)
        protocol.connection_lost(None)

    run(test)


def test_silence_in_characters_needs_a_serial_port() -> None:
    async def test() -> None:
        port = SimpleNamespace(baudrate=9600, bytesize=8, parity="E", stopbits=1)
        told = Told()
        protocol = FrameProtocol(TOY, on_event=told, idle="3.5 characters")
        protocol.connection_made(Played(serial=port))
        protocol.data_received(toy(1)[:4])
        assert len(await told.until(1)) == 1
        protocol.connection_lost(None)
        with pytest.raises(ValueError, match="rate"):
            FrameProtocol(TOY, on_event=told, idle="3.5 characters").connection_made(Played())
        with pytest.raises(ValueError, match="idle"):
            FrameProtocol(TOY, on_event=told, idle="soon")

    run(test)


def test_datagrams_are_a_stream_for_each_peer_and_answers_find_their_way() -> None:
    async def test() -> None:
        loop, told = asyncio.get_running_loop(), Told()
        heard = Told()

        def answer(protocol: FrameProtocol, event: Any) -> None:
            heard(protocol, event)
            protocol.write(event)

        server, _ = await loop.create_datagram_endpoint(lambda: FrameProtocol(TOY, on_event=answer), ("127.0.0.1", 0))
        address = server.get_extra_info("sockname")
        clients = [
            await loop.create_datagram_endpoint(lambda: FrameProtocol(TOY, on_event=told), remote_addr=address) for _ in range(2)
        ]
        raw = toy(1), toy(2)
        for half in (slice(0, 4), slice(4, None)):  # halves of two peers never join
            for (transport, _), frame in zip(clients, raw, strict=True):
                transport.sendto(frame[half])
        events = await told.until(2)
        assert sorted(event["id"] for event in events) == [1, 2]
        assert sorted(heard.streams) == sorted(str(transport.get_extra_info("sockname")) for transport, _ in clients)
        for transport, protocol in clients:
            protocol.write(b"", id=3)
            protocol.error_received(OSError())
            await told.until(len(told.events) + 1)
            transport.close()
        assert [event["id"] for event in told.events[2:]] == [3, 3]
        server.close()

    run(test)
