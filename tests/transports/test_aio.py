"""Frames in asyncio and trio: one at a time or by the portion, cancelled at any moment, held back, served."""

from __future__ import annotations

import gc
import logging
import random
import socket
import struct
import subprocess
import sys
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import (
    BrokenResourceError,
    BusyResourceError,
    ClosedResourceError,
    EndOfStream,
    create_task_group,
    fail_after,
    wait_all_tasks_blocked,
)
from anyio.abc import ByteStream, SocketAttribute
from anyio.lowlevel import checkpoint

import framing
from framing import Frame, Gap
from framing.transports import aio
from framing.transports.aio import FrameStream, FrameStreamAttribute
from framing.transports.given import Given
from framing.transports.links import RECEIVE, Connected, Disconnected, Reason
from framing.transports.reconnect import Reconnect
from framing.transports.session import Session
from framing.transports.steps import run
from framing.transports.stream_socket import StreamLink
from framing.transports.urls import UrlError

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("patience")]

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
LISTEN = "tcp-listen://127.0.0.1:0"


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def patience() -> AsyncIterator[None]:
    """No test waits for ever."""
    with fail_after(60):
        yield


def toy(number: int, payload: bytes = b"") -> bytes:
    return TOY.encode(payload, id=number)


def ids(events: Any) -> list[int]:
    """The frames by their ids; nothing else is among the events."""
    assert all(isinstance(event, Frame) for event in events), events
    return [event["id"] for event in events]


def stream_of(sock: socket.socket, **options: Any) -> FrameStream:
    session = Session(Given(StreamLink(sock, "socket")), TOY, **options)
    run(session.open())
    return FrameStream(session)


@asynccontextmanager
async def paired(**options: Any) -> AsyncIterator[tuple[FrameStream, socket.socket]]:
    """A stream of frames, and the other end as a socket that does not block."""
    one, other = socket.socketpair()
    other.setblocking(False)
    with other:
        async with stream_of(one, **options) as stream:
            yield stream, other


@asynccontextmanager
async def ends() -> AsyncIterator[tuple[FrameStream, FrameStream]]:
    one, other = socket.socketpair()
    async with stream_of(one) as first, stream_of(other) as second:
        yield first, second


# --- receiving -------------------------------------------------------------------------------------------------------


async def test_events_come_one_at_a_time_and_then_the_end() -> None:
    async with paired() as (stream, peer):
        peer.send(b"noise" + toy(1, b"abc") + toy(2)[:4])
        peer.close()
        assert isinstance(gap := await stream.receive(), Gap) and gap.raw == b"noise"
        assert isinstance(frame := await stream.receive(), Frame) and frame.payload == b"abc"
        assert isinstance(gap := await stream.receive(), Gap) and gap.reason is framing.Reason.TRUNCATED
        for _ in range(2):
            with pytest.raises(EndOfStream):
                await stream.receive()
        assert [event async for event in stream] == []


async def test_iterating_can_stop_and_go_on() -> None:
    async with paired() as (stream, peer):
        peer.send(b"".join(map(toy, range(5))))
        peer.close()
        async for event in stream:
            assert ids([event]) == [0]
            break
        assert ids([event async for event in stream]) == [1, 2, 3, 4]


async def test_read_gives_all_that_is_there() -> None:
    async with paired() as (stream, peer):
        peer.send(toy(1) + toy(2) + toy(3)[:2])
        assert ids([await stream.receive()]) == [1]
        assert ids(await stream.read()) == [2]
        assert await stream.read(timeout=0) == []
        assert await stream.read(timeout=0.01) == []
        peer.send(toy(3)[2:])
        assert ids(await stream.read(timeout=30)) == [3]


async def test_a_reset_is_a_broken_resource_and_stays_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with await aio.open("tcp://{}:{}".format(*server.getsockname()), TOY) as stream:
            peer, _ = server.accept()
            peer.send(toy(1))
            assert ids([await stream.receive()]) == [1]
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
            for _ in range(2):
                with pytest.raises(BrokenResourceError) as info:
                    await stream.receive()
                assert isinstance(info.value.__cause__, ConnectionResetError)
            with pytest.raises(BrokenResourceError):
                await stream.send(b"", id=1)


async def test_who_waits_when_it_is_closed_is_told_so() -> None:
    async with paired() as (stream, peer):
        peer.send(toy(1) + toy(2))
        assert ids([await stream.receive()]) == [1]

        async def wait() -> None:
            assert ids([await stream.receive()]) == [2]
            with pytest.raises(ClosedResourceError):
                await stream.receive()

        async with create_task_group() as tasks:
            tasks.start_soon(wait)
            await wait_all_tasks_blocked()
            await stream.aclose()
        for again in (stream.receive(), stream.read(0), stream.send(b"", id=1), stream.send_eof(), stream.send_raw(b"x")):
            with pytest.raises(ClosedResourceError):
                await again
        await stream.aclose()
        assert peer.recv(1) == b""


async def test_a_sender_that_waits_when_it_is_closed_is_told_so() -> None:
    async with paired() as (stream, _peer):

        async def flood() -> None:
            with pytest.raises(ClosedResourceError):
                while True:
                    await stream.send(bytes(60_000), id=1)

        async with create_task_group() as tasks:
            tasks.start_soon(flood)
            await wait_all_tasks_blocked()
            await stream.aclose()


async def test_one_task_receives_at_a_time_and_one_sends() -> None:
    async with paired() as (stream, _peer):

        async def flood() -> None:
            while True:
                await stream.send(bytes(60_000), id=1)

        async with create_task_group() as tasks:
            tasks.start_soon(stream.receive)
            tasks.start_soon(flood)
            await wait_all_tasks_blocked()
            for second in (stream.receive(), stream.read(), stream.request(id=1), stream.send(b"", id=1), stream.send_eof()):
                with pytest.raises(BusyResourceError):
                    await second
            tasks.cancel_scope.cancel()


async def test_silence_settles_what_stands_half_even_if_nothing_follows() -> None:
    async with paired(idle=0.05) as (stream, peer):
        peer.send(toy(1)[:5])
        event = await stream.receive()
        assert isinstance(event, Gap) and event.raw == toy(1)[:5]
        peer.send(toy(1)[5:] + toy(2))
        assert (await stream.receive()).raw == toy(1)[5:]
        assert ids([await stream.receive()]) == [2]


async def test_after_a_reconnect_half_a_frame_does_not_join() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = "tcp://{}:{}".format(*server.getsockname())
        async with await aio.open(url, TOY, announce=True, reconnect=Reconnect(first=0.01)) as stream:
            server.settimeout(30)
            peer, _ = server.accept()
            peer.send(toy(1) + toy(2)[:3])
            peer.close()
            told: list[Any] = []

            async def listen() -> None:
                while not (told and ids_in(told) == [1, 3]):
                    told.append(await stream.receive())

            async with create_task_group() as tasks:
                tasks.start_soon(listen)
                peer, _ = await anyio.to_thread.run_sync(server.accept)
                with peer:
                    peer.send(toy(2)[3:] + toy(3))
    kinds = [type(event).__name__ for event in told]
    assert kinds == ["Connected", "Frame", "Gap", "Disconnected", "Connected", "Gap", "Frame"]
    assert isinstance(told[3], Disconnected) and told[3].reason is Reason.END
    assert isinstance(told[4], Connected)
    assert told[2].raw == toy(2)[:3] and told[5].raw == toy(2)[3:]


def ids_in(events: list[Any]) -> list[int]:
    """The frames among the events by their ids."""
    return [event["id"] for event in events if isinstance(event, Frame)]


# --- asking ----------------------------------------------------------------------------------------------------------


async def test_an_answer_is_picked_and_the_rest_stays_in_order() -> None:
    async with ends() as (stream, peer):
        for number in (1, 2, 3):
            await peer.send(b"", id=number)
        assert ids([await stream.receive()]) == [1]

        async def answer() -> None:
            question = await peer.receive()
            for number in (4, 9, 5):
                await peer.send(question.payload, id=number)

        async with create_task_group() as tasks:
            tasks.start_soon(answer)
            found = await stream.request(b"what", id=0, match=lambda frame: frame["id"] in (2, 9), timeout=30)
        assert (found["id"], found.payload) == (9, b"what")
        assert ids([await stream.receive() for _ in range(4)]) == [2, 3, 4, 5]


async def test_no_answer_is_a_timeout_and_what_came_instead_stays() -> None:
    async with paired() as (stream, peer):

        async def others() -> None:
            peer.send(toy(1))

        async with create_task_group() as tasks:
            tasks.start_soon(others)
            with pytest.raises(TimeoutError, match="no answer"):
                await stream.request(id=1, match=lambda _: False, timeout=0.2)
        assert ids(await stream.read()) == [1]


async def test_a_link_that_ends_before_the_answer() -> None:
    async with paired() as (stream, peer):
        peer.shutdown(socket.SHUT_WR)
        with pytest.raises(EndOfStream):
            await stream.request(id=1, timeout=30)


# --- sending ---------------------------------------------------------------------------------------------------------


async def test_payloads_are_encoded_and_events_go_out_as_they_came() -> None:
    async with ends() as (stream, peer):
        await stream.send(b"abc", id=7)
        await stream.send_raw(b"..")
        await stream.send_eof()
        events = [event async for event in peer]
        assert [event.raw for event in events] == [toy(7, b"abc"), b".."]
        for event in events:
            await peer.send(event)
        await peer.aclose()
        assert [event.raw async for event in stream] == [toy(7, b"abc"), b".."]
        assert stream.stats.bytes_in == len(toy(7, b"abc")) + 2


async def test_what_cannot_be_sent() -> None:
    async with ends() as (stream, peer):
        with pytest.raises(framing.EncodeError):
            await stream.send(b"", id=256)
        await stream.send(b"", id=1)
        frame = await peer.receive()
        with pytest.raises(TypeError, match="as it came"):
            await peer.send(frame, id=2)
        with pytest.raises(ValueError, match="no format"):
            await peer.send(b"", "other", id=2)


async def test_a_link_that_knows_no_end_of_one_direction() -> None:
    async with await aio.open("loop://", TOY) as stream:
        with pytest.raises(BrokenResourceError):
            await stream.send_eof()


# --- back-pressure ---------------------------------------------------------------------------------------------------


async def test_who_does_not_receive_makes_the_sender_wait() -> None:
    """Nothing is read ahead, so that no more is under way than the system's buffers hold."""
    frames = 2_000
    async with ends() as (receiver, sender):
        sent = 0

        async def flood() -> None:
            nonlocal sent
            for number in range(frames):
                await sender.send(bytes(10_000), id=number % 256)
                sent += 1
            await sender.send_eof()

        async with create_task_group() as tasks:
            tasks.start_soon(flood)
            await wait_all_tasks_blocked()
            assert sent < frames / 2
            assert receiver.stats.bytes_in == 0
            first = await receiver.receive()
            await wait_all_tasks_blocked()
            assert receiver.stats.bytes_in <= RECEIVE
            assert sent < frames / 2
            rest = [event async for event in receiver]
        assert ids([first, *rest]) == [number % 256 for number in range(frames)]


# --- cancelling ------------------------------------------------------------------------------------------------------


async def drip(send: Any, data: bytes, dice: random.Random) -> None:
    for byte in data:
        await send(bytes([byte]))
        for _ in range(dice.randrange(3)):
            await checkpoint()


async def received(stream: FrameStream, dice: random.Random) -> tuple[list[Any], int]:
    """All events, while every receive is cancelled again and again: after some turns of the event loop, or some time."""
    events: list[Any] = []
    cancelled = 0
    ended = False

    async def receive() -> None:
        nonlocal ended
        try:
            events.append(await stream.receive())
        except EndOfStream:
            ended = True

    while not ended:
        with anyio.CancelScope() as scope:
            async with create_task_group() as tasks:
                if dice.random() < 0.2:
                    scope.deadline = anyio.current_time() + dice.random() * 0.0005
                else:
                    tasks.start_soon(cancel_after, scope, dice.randrange(12))
                await receive()
                tasks.cancel_scope.cancel()
        cancelled += scope.cancelled_caught
    return events, cancelled


async def cancel_after(scope: anyio.CancelScope, turns: int) -> None:
    for _ in range(turns):
        await checkpoint()
    scope.cancel()


@pytest.mark.parametrize("seed", range(3))
async def test_cancelled_receives_lose_nothing_and_double_nothing(seed: int) -> None:
    dice = random.Random(seed)
    sent = b"".join(toy(number, dice.randbytes(dice.randrange(6))) for number in range(100))
    async with paired() as (stream, peer):

        async def put(data: bytes) -> None:
            peer.send(data)

        async with create_task_group() as tasks:
            tasks.start_soon(drip_and_close, peer, put, sent, dice)
            events, cancelled = await received(stream, random.Random(seed + 100))
    assert ids(events) == list(range(100))
    assert b"".join(event.raw for event in events) == sent
    assert cancelled > 20


async def drip_and_close(peer: socket.socket, put: Any, data: bytes, dice: random.Random) -> None:
    await drip(put, data, dice)
    peer.close()


@pytest.mark.parametrize("seed", range(3))
async def test_cancelled_receives_over_a_byte_stream_lose_nothing(seed: int) -> None:
    dice = random.Random(seed)
    sent = b"".join(toy(number, dice.randbytes(dice.randrange(6))) for number in range(100))
    async with streams() as (one, other), FrameStream.over(one, TOY) as stream:

        async def peer() -> None:
            await drip(other.send, sent, dice)
            await other.aclose()

        async with create_task_group() as tasks:
            tasks.start_soon(peer)
            events, cancelled = await received(stream, random.Random(seed + 100))
    assert b"".join(event.raw for event in events) == sent
    assert ids(events) == list(range(100))
    assert cancelled > 20


async def test_timeouts_of_read_lose_nothing() -> None:
    dice = random.Random(5)
    sent = b"".join(toy(number) for number in range(100))
    async with paired() as (stream, peer):

        async def put(data: bytes) -> None:
            peer.send(data)

        events: list[Any] = []
        async with create_task_group() as tasks:
            tasks.start_soon(drip_and_close, peer, put, sent, dice)
            with pytest.raises(EndOfStream):
                while True:
                    events += await stream.read(timeout=dice.choice([0, dice.random() * 0.0005]))
    assert ids(events) == list(range(100))


async def test_a_request_that_is_cancelled_keeps_what_came() -> None:
    async with paired() as (stream, peer):
        seen = anyio.Event()
        async with create_task_group() as tasks:
            tasks.start_soon(partial(stream.request, id=1, match=lambda _: seen.set()))
            await wait_all_tasks_blocked()
            peer.send(toy(1) + toy(2)[:3])
            await seen.wait()
            tasks.cancel_scope.cancel()
        peer.send(toy(2)[3:])
        assert ids(await stream.read()) == [1]
        assert ids(await stream.read()) == [2]


async def test_an_opening_that_is_cancelled_leaves_nothing_behind() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        url = "tcp://{}:{}".format(*server.getsockname())
        async with create_task_group() as tasks:  # nobody accepts: from the second on they wait
            for _ in range(3):
                tasks.start_soon(aio_open_and_close, url)
            await wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()


async def aio_open_and_close(url: str) -> None:
    async with await aio.open(url, TOY):
        pass


# --- over what anyio has opened --------------------------------------------------------------------------------------


@asynccontextmanager
async def streams() -> AsyncIterator[tuple[ByteStream, ByteStream]]:
    """Both ends of a TCP connection as anyio has them."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    accepted: list[ByteStream] = []
    arrived = anyio.Event()

    async def handle(stream: ByteStream) -> None:
        accepted.append(stream)
        arrived.set()
        await anyio.sleep_forever()

    async with listener, create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        port = listener.extra(SocketAttribute.local_port)
        async with await anyio.connect_tcp("127.0.0.1", port) as one:
            await arrived.wait()
            async with accepted[0]:
                yield one, accepted[0]
        tasks.cancel_scope.cancel()


async def test_frames_both_ways_over_byte_streams() -> None:
    async with streams() as (one, other), FrameStream.over(one, TOY) as first, FrameStream.over(other, "ubx", TOY) as second:
        await first.send(bytes(300_00), id=1)
        await first.send(b"x", id=2)
        assert ids([await second.receive(), await second.receive()]) == [1, 2]
        await second.send(b"", format="toy", id=3)
        assert ids([await first.receive()]) == [3]
        assert first.extra(SocketAttribute.remote_port) == second.extra(SocketAttribute.local_port)
        await first.send_eof()
        with pytest.raises(EndOfStream):
            await second.receive()
        await second.aclose()
        with pytest.raises(EndOfStream):
            await first.receive()


async def test_silence_counts_over_byte_streams_too() -> None:
    async with streams() as (one, other), FrameStream.over(one, TOY, idle=0.05) as stream:
        await other.send(toy(1)[:5])
        assert (await stream.receive()).raw == toy(1)[:5]


async def test_a_byte_stream_that_is_closed_under_it() -> None:
    async with streams() as (one, _other), FrameStream.over(one, TOY) as stream:
        await one.aclose()
        with pytest.raises(BrokenResourceError):
            await stream.receive()


async def test_a_stream_that_is_over_leaves_no_circles_behind() -> None:
    gc.collect()
    gc.disable()
    try:
        async with paired() as (stream, peer):
            peer.send(toy(1))
            assert ids([await stream.receive()]) == [1]
            assert stream.stats.frames == {"toy": 1}
        over = weakref.ref(stream._session._streams)
        del stream
        await checkpoint()
        assert over() is None
    finally:
        gc.enable()


async def test_extra_attributes() -> None:
    async with paired() as (stream, peer):
        link = stream.extra(FrameStreamAttribute.link)
        assert link is not None and link.name == "socket"
        peer.send(toy(1))
        await stream.receive()
        assert stream.extra(FrameStreamAttribute.stats).frames == {"toy": 1}
        assert isinstance(stream.extra(FrameStreamAttribute.transport), Given)
        assert stream.is_connected()
        peer.close()
        assert not stream.is_connected()
        assert stream.extra(SocketAttribute.local_port, None) is None


# --- serving ---------------------------------------------------------------------------------------------------------


async def echo(stream: FrameStream) -> None:
    async for event in stream:
        if isinstance(event, Frame) and event.payload == b"fail":
            raise RuntimeError("as asked")
        await stream.send(event)


@asynccontextmanager
async def served(url: str, handler: aio.Handler, **options: Any) -> AsyncIterator[Any]:
    """The address of a server."""
    async with create_task_group() as tasks:
        yield await tasks.start(partial(aio.serve, url, TOY, handler, **options))
        tasks.cancel_scope.cancel()


async def to(address: tuple[str, int]) -> FrameStream:
    return await aio.open(f"tcp://{address[0]}:{address[1]}", TOY)


async def test_each_connection_has_its_own_stream() -> None:
    async with served(LISTEN, echo) as address, await to(address) as one, await to(address) as other:
        for number in range(10):
            await one.send(b"one", id=number)
            await other.send(b"other", id=number)
        for number in range(10):
            first, second = await one.receive(), await other.receive()
            assert (first["id"], first.payload) == (second["id"], b"one") == (number, b"one")
            assert second.payload == b"other"


async def test_a_handler_that_fails_is_logged_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    async with served(LISTEN, echo) as address:
        async with await to(address) as one, await to(address) as other:
            await one.send(b"fail", id=1)
            with pytest.raises((EndOfStream, BrokenResourceError)):
                await one.receive()
            await other.send(b"still", id=2)
            assert (await other.receive()).payload == b"still"
        async with await to(address) as third:
            await third.send(b"here", id=3)
            assert (await third.receive()).payload == b"here"
    records = [record for record in caplog.records if record.name == "framing.transports.aio"]
    assert [record.levelno for record in records] == [logging.ERROR]
    assert "failed" in records[0].getMessage()
    assert records[0].exc_info is not None and isinstance(records[0].exc_info[1], RuntimeError)


async def test_a_peer_that_breaks_off_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "framing.transports.aio")
    async with served(LISTEN, echo) as address:
        with socket.create_connection(address) as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        while not caplog.records:
            await anyio.sleep(0.001)
    assert [(record.levelno, record.exc_info) for record in caplog.records] == [(logging.INFO, None)]


async def test_no_more_than_the_limit_at_once() -> None:
    inside = most = 0

    async def handler(stream: FrameStream) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await echo(stream)
        inside -= 1

    async def client(address: tuple[str, int], number: int) -> None:
        async with await to(address) as stream:
            assert ids([await stream.request(id=number, timeout=30)]) == [number]
            await checkpoint()

    async with served(LISTEN, handler, limit=2) as address, create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(client, address, number)
    assert most == 2


async def test_cancelling_the_server_closes_what_it_serves() -> None:
    async with served(LISTEN, echo) as address:
        stream = await to(address)
        await stream.send(b"", id=1)
        assert ids([await stream.receive()]) == [1]
    with pytest.raises((EndOfStream, BrokenResourceError)):
        await stream.receive()
    await stream.aclose()
    with pytest.raises(OSError, match="refused"):
        await to(address)


async def test_a_server_on_a_unix_socket(tmp_path: Path) -> None:
    async with served(f"unix-listen:{tmp_path}/socket", echo) as address:
        assert address == f"{tmp_path}/socket"
        async with await aio.open(f"unix:{address}", TOY) as stream:
            assert ids([await stream.request(id=5, timeout=30)]) == [5]


async def test_a_server_of_datagrams_answers_who_asked_and_survives_its_handler() -> None:
    async with served("udp-listen://127.0.0.1:0", echo) as (host, port):
        url = f"udp://{host}:{port}"
        async with await aio.open(url, TOY) as one, await aio.open(url, TOY) as other:
            for number in range(5):
                assert ids([await one.request(b"", id=number, timeout=30)]) == [number]
                assert ids([await other.request(b"", id=number + 100, timeout=30)]) == [number + 100]
            await one.send(b"fail", id=1)
            answered = False
            while not answered:  # a datagram between two handlers is lost, as datagrams may be
                await other.send(b"", id=9)
                answered = bool(await other.read(timeout=0.1))


async def test_what_is_no_server() -> None:
    with pytest.raises(UrlError, match="listen"):
        await aio.serve("tcp://127.0.0.1:9", TOY, echo)
    with pytest.raises(ValueError, match="record"):
        await aio.serve(LISTEN, TOY, echo, record="file")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        await aio.serve("tcp-listen://{}:{}".format(*taken.getsockname()), TOY, echo)


async def test_a_server_that_runs_out_of_descriptors_waits(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from framing.transports.tcp import TcpListen

    connect, failures = TcpListen.connect, [OSError(24, "Too many open files")]

    def scarce(self: TcpListen, until: float | None = None) -> Any:
        if failures:
            raise failures.pop()
        return (yield from connect(self, until))

    monkeypatch.setattr(TcpListen, "connect", scarce)
    async with served(LISTEN, echo) as address, await to(address) as stream:
        assert ids([await stream.request(id=5, timeout=30)]) == [5]
    assert "Too many open files" in caplog.text


# --- the benchmark ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_many_connections_at_once_lose_nothing(anyio_backend: str) -> None:
    script = Path(__file__).parents[2] / "benchmarks" / "connections.py"
    command = [sys.executable, str(script), "--seconds", "0.3", "--rounds", "1", "--connections", "50", "--ways", "frames", "events"]
    done = await anyio.run_process(command, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout.decode()
    assert done.stdout.count(b"lost 0 of") == 3
