"""`framing.open` as threads use it: scripted where the order of things matters, on real sockets where threads do."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

import framing
from framing import Connected, Connection, Disconnected, EncodeError, Frame, Gap, UrlError
from framing.transports import connection as module
from framing.transports import urls
from framing.transports.links import Arrival, Reason
from framing.transports.reconnect import Reconnect
from framing.transports.session import Session
from framing.transports.steps import Call, ready
from framing.transports.tcp import TcpListen
from transports.faults import wait_until_acknowledged
from transports.scripted import END, ScriptedLink, ScriptedTransport, World

UBX, NMEA = framing.load("ubx"), framing.load("nmea")
FRAMES = [UBX.encode(bytes([n] * n), **{"class": 1, "id": n}) for n in range(20)]
STEADY = Reconnect(first=0.01, most=0.02)
LONG = 30.0
"""Seconds that nothing takes where all goes well."""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(monkeypatch)
    monkeypatch.setattr(module, "time", made)
    monkeypatch.setattr(module, "run", made.run)
    return made


def opened(world: World, *script: Any, **options: Any) -> Connection:
    return framing.open(ScriptedTransport(world, lambda: ScriptedLink(world, *script)), UBX, **options)


def link_of(connection: Connection) -> ScriptedLink:
    assert isinstance(connection.link, ScriptedLink)
    return connection.link


def raws(events: Any) -> list[bytes]:
    return [each.raw for each in events]


# --- reading ---------------------------------------------------------------------------------------------------------


def test_iterating_gives_all_events_and_ends_with_the_link(world: World) -> None:
    with opened(world, b"".join(FRAMES[:7]), b"".join(FRAMES[7:]), END) as connection:
        assert raws(connection) == FRAMES
        assert list(connection) == []


def test_who_stops_iterating_loses_nothing(world: World) -> None:
    with opened(world, b"".join(FRAMES[:6]), b"".join(FRAMES[6:9]), END) as connection:
        assert raws(islice(connection, 2)) == FRAMES[:2]
        assert raws(connection.read()) == FRAMES[2:6]
        for event in connection:
            assert event.raw == FRAMES[6]  # type: ignore[union-attr]
            break
        assert raws(connection) == FRAMES[7:9]


def test_reading_on_within_a_loop_takes_what_the_loop_has_left(world: World) -> None:
    found = []
    with opened(world, b"".join(FRAMES[:5]), FRAMES[5], END) as connection:
        for event in connection:
            found.append([event.raw])  # type: ignore[union-attr]
            if len(found) == 1:
                found.append(raws(connection.read()))
    assert found == [[FRAMES[0]], FRAMES[1:5], [FRAMES[5]]]


def test_read_gives_nothing_when_the_time_is_up_and_says_when_all_is_over(world: World) -> None:
    with opened(world, (5.0, FRAMES[0]), END) as connection:
        start = world.now
        assert connection.read(timeout=2) == [] and world.now == start + 2
        assert raws(connection.read(timeout=0)) == []
        assert raws(connection.read()) == [FRAMES[0]]
        for _ in range(2):
            with pytest.raises(EOFError, match="ended"):
                connection.read(timeout=1)


def test_a_link_that_breaks_raises_after_its_last_event(world: World) -> None:
    found: list[Any] = []
    with opened(world, FRAMES[0] + FRAMES[1][:4], ConnectionResetError(104, "reset"), announce=True) as connection:  # noqa: SIM117
        with pytest.raises(ConnectionResetError):
            gather(found, connection)
    assert isinstance(found[-2], Gap) and found[-1] == Disconnected(Reason.RESET, "reset")


def gather(found: list[Any], connection: Connection) -> None:
    """Adds the events one by one, so that they are there when an error ends them."""
    while True:
        try:
            found += connection.read()
        except EOFError:
            return


def test_the_stream_belongs_to_the_events_last_given(world: World) -> None:
    arrivals = [Arrival(FRAMES[0] + FRAMES[1], "a"), Arrival(FRAMES[2], "b"), Arrival(FRAMES[3], "a"), END]
    with opened(world, *arrivals) as connection:
        assert [(connection.stream, each.raw) for each in connection] == [  # type: ignore[union-attr]
            ("a", FRAMES[0]),
            ("a", FRAMES[1]),
            ("b", FRAMES[2]),
            ("a", FRAMES[3]),
        ]


def test_what_closing_settles_can_still_be_read(world: World) -> None:
    connection = opened(world, FRAMES[0] + FRAMES[1][:4], (9.0, b""))
    assert raws(connection.read()) == [FRAMES[0]]
    connection.close()
    connection.close()
    assert connection.closed and not connection.is_connected()
    assert raws(connection) == [FRAMES[1][:4]]
    with pytest.raises(EOFError):
        connection.read()
    with pytest.raises(OSError, match="closed by this side"):
        connection.write_raw(b"x")


def test_what_there_is_to_know(world: World) -> None:
    with opened(world, FRAMES[0], (9.0, b"")) as connection:
        connection.read()
        assert connection.stats.frames == {"ubx": 1} and connection.stats.bytes_in == len(FRAMES[0])
        assert connection.engine == framing.Decoder(UBX).engine
        assert connection.is_connected() and isinstance(connection.transport, ScriptedTransport)
        assert repr(connection) == "<Connection scripted>"
    assert repr(connection) == "<Connection closed>"


# --- questions and answers -------------------------------------------------------------------------------------------


def ask(connection: Connection, **options: Any) -> Frame:
    return connection.request(b"?", **{"class": 1, "id": 0}, **options)


def test_a_request_gives_the_next_frame(world: World) -> None:
    with opened(world, (1.0, b"noise" + FRAMES[3] + FRAMES[4]), END) as connection:
        assert ask(connection).raw == FRAMES[3]
        assert link_of(connection).sent == UBX.encode(b"?", **{"class": 1, "id": 0})
        assert raws(connection) == [b"noise", FRAMES[4]]


def test_what_had_arrived_before_the_question_is_no_answer(world: World) -> None:
    with opened(world, FRAMES[1], FRAMES[2], (1.0, FRAMES[3])) as connection:
        assert ask(connection).raw == FRAMES[3]
        assert raws(connection.read()) + raws(connection.read()) == FRAMES[1:3]


def test_match_picks_and_everything_else_is_kept_in_order(world: World) -> None:
    arrivals = [Arrival(FRAMES[1], "a"), Arrival(FRAMES[2] + FRAMES[7] + FRAMES[3], "b"), Arrival(FRAMES[4], "a"), END]
    with opened(world, FRAMES[0], *((1.0, each) for each in arrivals)) as connection:
        first = iter(connection)
        answer = ask(connection, match=lambda frame: frame["id"] == 7)
        assert answer.raw == FRAMES[7]
        assert [(connection.stream, each.raw) for each in first] == [  # type: ignore[union-attr]
            ("", FRAMES[0]),
            ("a", FRAMES[1]),
            ("b", FRAMES[2]),
            ("b", FRAMES[3]),
            ("a", FRAMES[4]),
        ]


def test_no_answer_in_time_says_so_and_keeps_the_rest(world: World) -> None:
    with opened(world, (1.0, FRAMES[1]), (1.0, FRAMES[2])) as connection:
        start = world.now
        with pytest.raises(TimeoutError, match=r"no answer within 5 s; 2 other events came"):
            ask(connection, match=lambda frame: frame["id"] == 7, timeout=5)
        assert world.now == pytest.approx(start + 5)
        assert raws(connection.read()) + raws(connection.read()) == FRAMES[1:3]
        with pytest.raises(TimeoutError, match=r"no answer within 5 s$"):
            ask(connection, timeout=5)


def test_the_timeout_bounds_the_question_too(world: World) -> None:
    transport = ScriptedTransport(world, lambda: ScriptedLink(world, room=[2, 1e6]))
    with framing.open(transport, UBX) as connection:
        start = world.now
        with pytest.raises(TimeoutError, match="2 of 9 bytes were sent"):
            ask(connection, timeout=3)
        assert world.now == start + 3


def test_an_end_before_the_answer_says_so(world: World) -> None:
    with opened(world, (1.0, FRAMES[1]), END) as connection:
        with pytest.raises(EOFError, match="before the answer"):
            ask(connection, match=lambda frame: False)
        assert raws(connection) == [FRAMES[1]]


def test_a_link_that_breaks_before_the_answer_says_so_at_once(world: World) -> None:
    def first() -> ScriptedLink:
        return ScriptedLink(world, FRAMES[0], (3.0, END))

    transport = ScriptedTransport(world, first, 1000.0, lambda: ScriptedLink(world))
    with framing.open(transport, UBX, reconnect=True, connect_timeout=None) as connection:
        start = world.now
        with pytest.raises(ConnectionResetError, match="before the answer"):
            ask(connection)
        assert world.now <= start + 5
        assert raws(connection.read()) == [FRAMES[0]]


def test_a_match_that_raises_loses_nothing(world: World) -> None:
    with opened(world, (1.0, FRAMES[1] + FRAMES[2]), END) as connection:
        with pytest.raises(ZeroDivisionError):
            ask(connection, match=lambda frame: 1 / 0)
        assert raws(connection) == FRAMES[1:3]


# --- writing ---------------------------------------------------------------------------------------------------------


def test_write_encodes_by_the_format_that_is_named(world: World) -> None:
    link = ScriptedLink(world)
    with framing.open(ScriptedTransport(world, lambda: link), "ubx", NMEA) as connection:
        connection.write(b"GPTXT,01", "nmea")
        connection.write(b"hi", format="ubx", **{"class": 6, "id": 1})
        connection.write_raw(b"raw")
        assert link.sent == NMEA.encode(b"GPTXT,01") + UBX.encode(b"hi", **{"class": 6, "id": 1}) + b"raw"
        with pytest.raises(ValueError, match="several formats"):
            connection.write(b"hi")


def test_what_cannot_be_encoded_sends_nothing(world: World) -> None:
    with opened(world, (9.0, b"")) as connection:
        with pytest.raises(EncodeError):
            connection.write(b"", **{"class": 256, "id": 1})
        assert link_of(connection).sent == b""


def test_the_timeout_bounds_the_whole_write(world: World) -> None:
    link = ScriptedLink(world, room=[1, 2.0, 1, 2.0, 1, 2.0, 1])
    with framing.open(ScriptedTransport(world, lambda: link), UBX) as connection:
        start = world.now
        with pytest.raises(TimeoutError, match="3 of 8 bytes"):
            connection.write(timeout=5, **{"class": 6, "id": 1})
        assert world.now == start + 5


# --- opening ---------------------------------------------------------------------------------------------------------


def test_a_url_that_names_nothing_is_told() -> None:
    with pytest.raises(UrlError, match="did you mean 'tcp'"):
        framing.open("tpc://localhost:1", "ubx")


def test_a_format_that_is_none_opens_nothing(world: World) -> None:
    transport = ScriptedTransport(world)
    with pytest.raises(framing.SpecError, match="ubxx"):
        framing.open(transport, "ubxx")
    assert not transport.untils


def test_what_was_opened_is_let_go_when_opening_fails(world: World) -> None:
    link = ScriptedLink(world)
    transport = ScriptedTransport(world, lambda: link)
    with pytest.raises(ValueError, match="no rate"):
        framing.open(transport, "ubx", idle="3.5 characters")
    assert (link.closed, transport.closed) == (1, 1)


# --- real sockets and threads ----------------------------------------------------------------------------------------


class Peer:
    """The other side: a listening socket, and what was accepted on it."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(LONG)
        self.url = f"tcp://127.0.0.1:{self.socket.getsockname()[1]}"

    def accept(self) -> socket.socket:
        sock, _ = self.socket.accept()
        sock.settimeout(LONG)
        return sock


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    with made.socket:
        yield made


@contextlib.contextmanager
def thread(work: Callable[[], object]) -> Iterator[list[BaseException]]:
    """Work in another thread, joined at the end; what it raised is in the list then."""
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    running = threading.Thread(target=guarded)
    running.start()
    try:
        yield raised
    finally:
        running.join(LONG)
        assert not running.is_alive()


def hard_close(sock: socket.socket) -> None:
    """Closes with a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_both_ways_over_tcp(peer: Peer) -> None:
    with framing.open(peer.url, "ubx") as connection, peer.accept() as sock:
        connection.write(b"hi", **{"class": 6, "id": 1})
        assert UBX.decode(sock.recv(100)).payload == b"hi"
        sock.sendall(FRAMES[5][:4])
        assert connection.read(timeout=0.01) == []
        sock.sendall(FRAMES[5][4:] + FRAMES[6])
        assert raws(islice(connection, 2)) == FRAMES[5:7]
        assert connection.is_connected()
        sock.close()
        assert list(connection) == [] and not connection.is_connected()


def test_an_end_and_a_reset_are_told_apart(peer: Peer) -> None:
    with framing.open(peer.url, "ubx", announce=True) as connection:
        with peer.accept() as sock:
            sock.sendall(FRAMES[5])
        events = list(connection)
        assert isinstance(events[0], Connected) and events[-1] == Disconnected(Reason.END)
    with framing.open(peer.url, "ubx", announce=True) as connection:
        sock = peer.accept()
        sock.sendall(FRAMES[5])
        found = connection.read(LONG) + connection.read(LONG)
        hard_close(sock)
        with pytest.raises(ConnectionResetError):
            gather(found, connection)
        assert found[-1].reason is Reason.RESET


def test_a_connection_that_is_reset_before_anybody_looks_gives_what_it_brought(peer: Peer) -> None:
    session = Session(urls.transport(peer.url), UBX, announce=True)
    steps = session.open()
    wanted = next(steps)
    while isinstance(wanted, Call):
        wanted = steps.send(wanted.function())
    sock = peer.accept()
    sock.sendall(FRAMES[5])
    wait_until_acknowledged(sock)
    hard_close(sock)
    with contextlib.suppress(StopIteration):
        steps.send(ready(wanted))
    found: list[Any] = []
    with Connection(session) as connection, pytest.raises(ConnectionResetError):
        gather(found, connection)
    assert found[1].raw == FRAMES[5] and found[-1].reason is Reason.RESET


def test_nobody_there_is_told_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            framing.open(f"tcp://127.0.0.1:{unused.getsockname()[1]}", "ubx", reconnect=True)


def test_half_a_frame_never_joins_the_next_connection(peer: Peer) -> None:
    def device() -> None:
        with peer.accept() as sock:
            sock.sendall(FRAMES[1] + FRAMES[9][:8])
        with peer.accept() as sock:
            sock.sendall(FRAMES[9][8:] + FRAMES[2])
            sock.recv(1)

    with thread(device) as raised, framing.open(peer.url, "ubx", reconnect=STEADY, announce=True) as connection:
        events = (each for each in connection if isinstance(each, Frame))
        assert raws(islice(events, 2)) == [FRAMES[1], FRAMES[2]]
    assert not raised


def test_a_listener_serves_one_peer_after_the_other() -> None:
    with framing.open("tcp-listen://127.0.0.1:0", "ubx", reconnect=True) as connection:
        assert isinstance(connection.transport, TcpListen) and connection.transport.address is not None
        for frame in FRAMES[:3]:
            with socket.create_connection(connection.transport.address, LONG) as sock:
                sock.sendall(frame)
                assert raws(connection.read(LONG)) == [frame]
                connection.write_raw(b"thanks")
                assert sock.recv(10) == b"thanks"


def test_threads_write_while_one_reads_and_frames_never_mix(peer: Peer) -> None:
    writers, each = 6, 40

    def echo() -> None:
        with peer.accept() as sock:
            while data := sock.recv(1000):
                sock.sendall(data)

    def write(number: int) -> None:
        for count in range(each):
            connection.write(bytes([count]) * (500 * number), **{"class": number, "id": count})

    with thread(echo) as raised, framing.open(f"{peer.url}?nodelay=no", "ubx") as connection:
        threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
        for one in threads:
            one.start()
        frames = list(islice(connection, writers * each))
        for one in threads:
            one.join(LONG)
    assert not raised
    assert all(isinstance(frame, Frame) for frame in frames)
    assert Counter(frame["class"] for frame in frames) == dict.fromkeys(range(writers), each)  # type: ignore[index]
    for number in range(writers):
        assert [frame["id"] for frame in frames if frame["class"] == number] == list(range(each))  # type: ignore[index]


def test_two_readers_are_an_error_that_says_so(peer: Peer) -> None:
    with framing.open(peer.url, "ubx") as connection, peer.accept() as sock:
        found: list[Any] = []
        with thread(lambda: found.append(connection.read())) as raised:
            with pytest.raises(RuntimeError, match="two threads read"):
                while not found:
                    connection.read(timeout=0)
            sock.sendall(FRAMES[1])
        assert not raised and raws(found[0]) == [FRAMES[1]]


def test_closing_from_another_thread_wakes_the_reader(peer: Peer) -> None:
    with framing.open(peer.url, "ubx", announce=True) as connection, peer.accept() as sock:
        sock.sendall(FRAMES[0] + FRAMES[1][:5])
        found: list[Any] = []
        inside = threading.Event()

        def read() -> None:
            for event in connection:
                found.append(event)
                if isinstance(event, Frame):
                    inside.set()

        with thread(read) as raised:
            assert inside.wait(LONG)
            connection.close()
        assert not raised
        assert raws(found[1:-1]) == [FRAMES[0], FRAMES[1][:5]] and found[-1] == Disconnected(Reason.CLOSED)
        assert sock.recv(1) == b""


def test_closing_from_another_thread_wakes_a_writer(peer: Peer) -> None:
    with framing.open(peer.url, "ubx") as connection, peer.accept() as sock:
        with thread(lambda: connection.write_raw(bytes(1 << 26))) as raised:
            assert sock.recv(1) == b"\0"
            connection.close()
        assert [type(each) for each in raised] == [OSError] and "closed by this side" in str(raised[0])


def test_closing_ends_the_wait_for_a_peer() -> None:
    with framing.open("tcp-listen://127.0.0.1:0", "ubx") as connection:
        with thread(lambda: list(connection)) as raised:
            connection.close()
        assert not raised


def test_a_write_that_finds_no_room_says_how_far_it_came(peer: Peer) -> None:
    with framing.open(peer.url, "ubx") as connection, peer.accept():
        with pytest.raises(TimeoutError, match=r"[\d,]+ of 67,108,864 bytes were sent"):
            connection.write_raw(bytes(1 << 26), timeout=0.2)
        with thread(lambda: connection.write_raw(bytes(1 << 26))):
            pass_the_lock(connection)
            connection.close()


def pass_the_lock(connection: Connection) -> None:
    """Until the other thread writes, and who comes then waits for his turn no longer than told."""
    with pytest.raises(TimeoutError, match=r"nothing was sent|0 of 1 bytes were sent"):
        connection.write_raw(b"x", timeout=0.05)


def test_questions_and_answers_over_tcp(peer: Peer) -> None:
    def device() -> None:
        with peer.accept() as sock:
            decoder = framing.Decoder(UBX)
            while data := sock.recv(1000):
                for event in decoder.feed(data):
                    assert isinstance(event, Frame)
                    sock.sendall(FRAMES[1] + UBX.encode(event.payload, **{"class": 2, "id": event["id"]}))

    with thread(device) as raised, framing.open(peer.url, "ubx") as connection:
        for number in range(50):
            answer = connection.request(
                bytes(number), timeout=LONG, match=lambda frame: frame["class"] == 2, **{"class": 1, "id": number}
            )
            assert (answer["id"], answer.payload) == (number, bytes(number))
        assert raws(connection.read(0)) + raws(islice(connection, 49)) == [FRAMES[1]] * 50
    assert not raised


def test_a_session_can_be_held_directly(world: World) -> None:
    session = Session(ScriptedTransport(world, lambda: ScriptedLink(world, FRAMES[0], END)), UBX)
    world.run(session.open())
    with Connection(session) as connection:
        assert raws(connection) == [FRAMES[0]]
