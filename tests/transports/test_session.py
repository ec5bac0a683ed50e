"""Whole scenarios of a session in a world where nothing waits (see `scripted`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

import framing
from framing import Connected, Disconnected, Frame, Gap
from framing.transports.links import Arrival, Reason
from framing.transports.reconnect import Reconnect
from framing.transports.session import Session
from framing.transports.steps import Steps
from transports.scripted import END, EPOCH, ScriptedLink, ScriptedTransport, World, everything, opened

UBX = framing.load("ubx")
FRAMES = [UBX.encode(bytes([n] * n), **{"class": 1, "id": n}) for n in range(20)]
STEADY = Reconnect(first=1, factor=2, most=8, jitter=0)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def reset() -> OSError:
    return ConnectionResetError(104, "Connection reset by peer")


def raws(events: Sequence[Any], kind: type = Frame) -> list[bytes]:
    return [each.raw for each in events if isinstance(each, kind)]


def session_of(world: World, *outcomes: Any, again: bool = True, listens: bool = False, **options: Any) -> Session:
    """A session that is open; each outcome is a list of things that a link gives, or what `ScriptedTransport` knows."""
    made = [(lambda script=each: ScriptedLink(world, *script)) if isinstance(each, list) else each for each in outcomes]
    session = Session(ScriptedTransport(world, *made, again=again, listens=listens), UBX, **options)
    world.run(session.open())
    return session


# --- receiving -------------------------------------------------------------------------------------------------------


def test_frames_come_out_however_they_were_cut(world: World) -> None:
    data = b"".join(FRAMES)
    session = opened(world, *(data[at : at + 3] for at in range(0, len(data), 3)), END)
    assert raws(everything(world, session)) == FRAMES
    assert session.stats.frames == {"ubx": len(FRAMES)} and session.stats.bytes_in == len(data)


def test_the_events_of_one_arrival_are_one_list(world: World) -> None:
    session = opened(world, b"".join(FRAMES[:3]), FRAMES[3])
    assert len(world.run(session.receive(None)) or ()) == 3
    assert len(world.run(session.receive(None)) or ()) == 1


def test_time_that_is_up_gives_nothing_and_settles_nothing(world: World) -> None:
    session = opened(world, FRAMES[5][:4], (10.0, FRAMES[5][4:]))
    start = world.now
    assert world.run(session.receive(start + 3)) == []
    assert world.now == start + 3
    assert raws(world.run(session.receive(None)) or ()) == [FRAMES[5]]


def test_time_that_is_past_still_takes_what_is_there(world: World) -> None:
    session = opened(world, FRAMES[0])
    assert raws(world.run(session.receive(0.0)) or ()) == [FRAMES[0]]
    assert world.run(session.receive(0.0)) == []


def test_bytes_without_events_do_not_outstay_the_time(world: World) -> None:
    session = opened(world, *((1.0, b"\xb5b\x01\x02\xff\xff"[n : n + 1]) for n in range(6)), *[(1.0, b"x")] * 100)
    start = world.now
    assert world.run(session.receive(start + 20)) == []
    assert world.now <= start + 21


def test_steps_that_are_stopped_at_a_wait_lose_nothing(world: World) -> None:
    session = opened(world, FRAMES[5][:4], (1.0, FRAMES[5][4:]))
    steps = session.receive(None)
    next(steps)
    steps.close()
    assert raws(world.run(session.receive(None)) or ()) == [FRAMES[5]]


def test_a_second_receiver_is_told(world: World) -> None:
    session = opened(world, (1.0, FRAMES[0]))
    steps = session.receive(None)
    next(steps)
    with pytest.raises(RuntimeError, match="two read at once"):
        world.run(session.receive(None))
    assert raws(world.run(resumed(steps)) or ()) == [FRAMES[0]]


def resumed(steps: Steps[Any]) -> Steps[Any]:
    """Steps that wait already, until they are ready."""
    try:
        wanted = steps.send(True)
        while True:
            wanted = steps.send((yield wanted))
    except StopIteration as end:
        return end.value


# --- ends ------------------------------------------------------------------------------------------------------------


def test_the_end_settles_and_is_quiet(world: World) -> None:
    session = opened(world, FRAMES[1] + FRAMES[2][:5], END, announce=True)
    events = everything(world, session)
    assert raws(events) == [FRAMES[1]] and raws(events, Gap) == [FRAMES[2][:5]]
    assert events[0] == Connected("scripted") and events[-1] == Disconnected(Reason.END)
    assert world.run(session.receive(None)) is None


def test_a_reset_gives_the_last_events_then_raises_once(world: World) -> None:
    session = opened(world, FRAMES[1] + FRAMES[2][:5], reset(), announce=True)
    found: list[Any] = []
    with pytest.raises(ConnectionResetError):
        while True:
            found += world.run(session.receive(None)) or ()
    assert raws(found) == [FRAMES[1]] and raws(found, Gap) == [FRAMES[2][:5]]
    assert found[-1] == Disconnected(Reason.RESET, "Connection reset by peer")
    assert world.run(session.receive(None)) is None


def test_nothing_is_announced_unasked(world: World) -> None:
    assert everything(world, opened(world, FRAMES[0], END)) == framing.decode(FRAMES[0], UBX)


def test_the_bytes_that_come_with_the_end_count(world: World) -> None:
    assert raws(everything(world, opened(world, Arrival(FRAMES[3], ends=True)))) == [FRAMES[3]]


def test_closing_settles_and_lets_go_once(world: World) -> None:
    session = session_of(world, [FRAMES[4] + FRAMES[5][:6], (9.0, b"never")], announce=True)
    link, transport = session.link, session.transport
    assert isinstance(link, ScriptedLink) and isinstance(transport, ScriptedTransport)
    world.run(session.receive(None))
    world.run(session.receive(None))
    assert session.is_connected()
    last = session.close()
    assert raws(last, Gap) == [FRAMES[5][:6]] and last[-1] == Disconnected(Reason.CLOSED)
    assert session.close() == []
    assert (link.closed, transport.closed, session.closed, session.is_connected()) == (1, 1, True, False)
    assert world.run(session.receive(None)) is None
    with pytest.raises(OSError, match="closed by this side"):
        world.run(session.send(b"x", None))


def test_closing_while_somebody_receives_leaves_him_the_last_events(world: World) -> None:
    session = opened(world, FRAMES[5][:6], announce=True)
    link = session.link
    assert isinstance(link, ScriptedLink)
    assert world.run(session.receive(None)) == [Connected("scripted")]
    closing: list[Any] = []
    world.later(5, lambda: closing.append((session.close(), link.woken, link.closed)))
    last = world.run(session.receive(None)) or ()
    assert closing == [([], True, 0)]
    assert raws(last, Gap) == [FRAMES[5][:6]] and last[-1] == Disconnected(Reason.CLOSED)
    assert link.closed == 1
    assert world.run(session.receive(None)) is None


# --- connecting again ------------------------------------------------------------------------------------------------


def test_half_a_frame_never_joins_the_next_connection(world: World) -> None:
    half = FRAMES[9]
    session = session_of(world, [half[:7], reset()], [half[7:] + FRAMES[3], END], reconnect=STEADY, announce=True)
    found: list[Any] = []
    while len(raws(found)) < 1:
        found += world.run(session.receive(None)) or ()
    assert found[:3] == [Connected("scripted"), framing.decode(half[:7], UBX)[0], Disconnected(Reason.RESET, "Connection reset by peer")]
    assert found[3] == Connected("scripted", 1)
    assert raws(found) == [FRAMES[3]]
    assert found[-1].start == len(half), "offsets go on"


def test_a_frame_that_was_complete_but_waited_comes_out_when_the_link_breaks(world: World) -> None:
    inflated = b"\xb5b\x01\x02\xff\xff" + FRAMES[6]
    session = session_of(world, [inflated, reset()], [FRAMES[7]], reconnect=STEADY)
    assert raws(world.run(session.receive(None)) or ()) == [FRAMES[6]]
    assert raws(world.run(session.receive(None)) or ()) == [FRAMES[7]]


def test_attempts_come_later_and_later_until_one_works(world: World) -> None:
    refused = [ConnectionRefusedError(111, "refused") for _ in range(3)]
    session = session_of(world, [FRAMES[0], END], *refused, [FRAMES[1]], reconnect=STEADY, announce=True)
    start = world.now
    found: list[Any] = []
    while len(raws(found)) < 2:
        found += world.run(session.receive(None)) or ()
    assert found == [
        Connected("scripted"),
        *framing.decode(FRAMES[0], UBX),
        Disconnected(Reason.END),
        Connected("scripted", 4),
        found[-1],
    ]
    assert world.now - start == pytest.approx(1 + 2 + 4 + 8)


def test_links_that_break_without_a_byte_count_as_failures(world: World) -> None:
    session = session_of(world, [END], [END], [END], [FRAMES[0]], reconnect=STEADY)
    start = world.now
    assert raws(world.run(session.receive(None)) or ()) == [FRAMES[0]]
    assert world.now - start == pytest.approx(1 + 2 + 4)


def test_after_a_link_that_worked_the_waits_begin_anew(world: World) -> None:
    session = session_of(world, [FRAMES[0], END], [FRAMES[1], END], [FRAMES[2]], reconnect=STEADY)
    start = world.now
    assert [raws(world.run(session.receive(None)) or ()) for _ in range(3)] == [[each] for each in FRAMES[:3]]
    assert world.now - start == pytest.approx(1 + 1)


def test_giving_up_raises_what_the_last_attempt_raised(world: World) -> None:
    refused = [ConnectionRefusedError(111, "refused"), TimeoutError(110, "timed out")]
    session = session_of(world, [FRAMES[0], END], *refused, reconnect=Reconnect(first=1, jitter=0, attempts=2))
    assert raws(world.run(session.receive(None)) or ()) == [FRAMES[0]]
    with pytest.raises(TimeoutError):
        world.run(session.receive(None))
    assert world.run(session.receive(None)) is None


def test_a_read_that_times_out_while_the_link_is_down_goes_on_with_the_attempt(world: World) -> None:
    session = session_of(world, [END], 5.0, [FRAMES[0]], reconnect=STEADY)
    start = world.now
    for second in range(1, 6):
        assert world.run(session.receive(start + second)) == []
        assert world.now == start + second
    assert raws(world.run(session.receive(start + 100)) or ()) == [FRAMES[0]]
    assert world.now == pytest.approx(start + 6)
    transport = session.transport
    assert isinstance(transport, ScriptedTransport) and len(transport.untils) == 2


def test_a_recording_is_not_connected_again(world: World) -> None:
    session = session_of(world, [FRAMES[0], END], [FRAMES[1]], again=False, reconnect=True)
    assert raws(everything(world, session)) == [FRAMES[0]]


def test_each_attempt_has_its_own_time(world: World) -> None:
    session = session_of(world, [END], 50.0, 0.5, [FRAMES[0]], reconnect=STEADY, connect_timeout=10)
    start = world.now
    assert raws(world.run(session.receive(None)) or ()) == [FRAMES[0]]
    assert world.now == pytest.approx(start + 1 + 10 + 2 + 0.5)


def test_closing_gives_up_the_attempt_under_way(world: World) -> None:
    session = session_of(world, [END], 50.0, [b""], reconnect=STEADY, connect_timeout=None)
    transport = session.transport
    assert isinstance(transport, ScriptedTransport)
    world.later(20, session.close)
    start = world.now
    assert world.run(session.receive(None)) is None
    assert world.now <= start + 20.5 and (transport.given_up, transport.closed) == (1, 1)


# --- opening ---------------------------------------------------------------------------------------------------------


def test_the_first_attempt_is_tried_once_within_its_time(world: World) -> None:
    with pytest.raises(ConnectionRefusedError):
        session_of(world, ConnectionRefusedError(111, "refused"), [FRAMES[0]], reconnect=STEADY)
    start = world.now
    with pytest.raises(TimeoutError):
        session_of(world, 50.0, [FRAMES[0]], connect_timeout=4)
    assert world.now == start + 4


def test_a_listener_takes_its_address_and_waits_while_it_is_read(world: World) -> None:
    session = session_of(world, 100.0, [FRAMES[0], END], 100.0, [FRAMES[1], END], listens=True, connect_timeout=1)
    transport = session.transport
    assert isinstance(transport, ScriptedTransport) and transport.listened == 1
    start = world.now
    assert session.link is None and not session.is_connected()
    assert world.run(session.receive(start + 10)) == []
    assert raws(world.run(session.receive(None)) or ()) == [FRAMES[0]]
    assert world.now == start + 100
    assert world.run(session.receive(None)) is None, "without reconnect one peer is all"


def test_a_listener_that_reconnects_takes_the_next_peer_without_a_pause(world: World) -> None:
    session = session_of(world, [FRAMES[0] + FRAMES[9][:8], END], [FRAMES[1], END], listens=True, reconnect=STEADY)
    start = world.now
    found: list[Any] = []
    while len(raws(found)) < 2:
        found += world.run(session.receive(None)) or ()
    assert raws(found) == FRAMES[:2] and world.now == start


@pytest.mark.parametrize("options", [dict(idle="never"), dict(order="late"), dict(reconnect=7), dict(gap_limit=0)])
def test_wrong_arguments_open_nothing(world: World, options: dict[str, Any]) -> None:
    transport = ScriptedTransport(world)
    with pytest.raises((TypeError, ValueError)):
        Session(transport, UBX, **options)
    assert transport.untils == []


def test_formats_go_by_name_path_and_object(world: World, tmp_path: Any) -> None:
    path = tmp_path / "toy.toml"
    path.write_text('name = "toy"\nlayout = [{ sync = "AA" }, { data = "payload", size = 1 }, { sync = "55", as = "end" }]')
    toy = framing.load(path)
    for given in ("nmea", framing.load("nmea"), path, str(path)):
        session = opened(world, toy.encode(b"x"), framing.load("nmea").encode(b"GPTXT,01"), END, formats=(given,))
        assert len(raws(everything(world, session))) == 1
    with pytest.raises(framing.SpecError, match="nmea"):
        opened(world, formats=("nmeaa",))
    with pytest.raises(TypeError, match="at least one"):
        opened(world, formats=())


# --- silence ---------------------------------------------------------------------------------------------------------


def test_silence_settles_even_when_nothing_follows(world: World) -> None:
    session = opened(world, (1.0, FRAMES[5][:6]), idle=0.5)
    start = world.now
    assert raws(world.run(session.receive(None)) or (), Gap) == [FRAMES[5][:6]]
    assert world.now == start + 1.5
    waits = len(world.waits)
    assert world.run(session.receive(start + 100)) == []
    assert len(world.waits) == waits + 1, "one silence is told once"


def test_a_frame_that_pauses_shorter_goes_on_and_longer_does_not(world: World) -> None:
    first, second = FRAMES[5], FRAMES[6]
    session = opened(world, first[:6], (0.4, first[6:]), second[:6], (0.6, second[6:]), FRAMES[7], idle=0.5)
    found: list[Any] = []
    while len(raws(found)) < 2:
        found += world.run(session.receive(None)) or ()
    assert raws(found) == [first, FRAMES[7]]


def test_a_read_that_times_out_is_no_silence(world: World) -> None:
    session = opened(world, FRAMES[5][:6], (3.0, FRAMES[5][6:]), idle=5)
    start = world.now
    assert [world.run(session.receive(start + second)) for second in (1, 2)] == [[], []]
    assert raws(world.run(session.receive(None)) or ()) == [FRAMES[5]]


def test_a_slow_reader_makes_no_silence_of_bytes_that_are_there(world: World) -> None:
    session = opened(world, FRAMES[5][:6], (0.1, FRAMES[5][6:]), idle=0.5)
    assert world.run(session.receive(world.now)) == []
    world.now += 60
    assert raws(world.run(session.receive(None)) or ()) == [FRAMES[5]]


def test_character_times_follow_from_the_line(world: World) -> None:
    def link() -> ScriptedLink:
        return ScriptedLink(world, FRAMES[5][:6], baud=1000)

    session = Session(ScriptedTransport(world, link), UBX, idle="3.5 characters")
    world.run(session.open())
    start = world.now
    assert raws(world.run(session.receive(None)) or (), Gap) == [FRAMES[5][:6]]
    assert world.now == pytest.approx(start + 0.035)
    with pytest.raises(ValueError, match="scripted has no rate"):
        opened(world, b"", idle="3.5 characters")


def test_silence_in_a_recording_goes_by_its_own_times(world: World) -> None:
    first, second = FRAMES[5], FRAMES[6]
    arrivals = [Arrival(first[:6], time=10.0), Arrival(first[6:], time=10.4), Arrival(second[:6], time=10.5), Arrival(second[6:], time=11.5)]
    slow = opened(world, *((9.0, each) for each in arrivals), END, idle=0.5)
    events = everything(world, slow)
    assert raws(events) == [first]
    assert raws(events, Gap) == [second[:6], second[6:]], "the pause in the recording, and no other"


def test_bytes_that_do_not_continue_are_not_joined(world: World) -> None:
    half = FRAMES[9]
    session = opened(world, half[:7], Arrival(half[7:], broken=True), FRAMES[1], END)
    events = everything(world, session)
    assert raws(events) == [FRAMES[1]]
    assert b"".join(each.raw for each in events) == half + FRAMES[1]


# --- several streams -------------------------------------------------------------------------------------------------


def test_streams_are_decoded_apart_and_named(world: World) -> None:
    data = {"a": FRAMES[5] + FRAMES[6], "b": FRAMES[7] + FRAMES[8]}
    mixed = [Arrival(data[name][at : at + 5], name) for at in range(0, 60, 5) for name in "ab" if data[name][at : at + 5]]
    session = opened(world, *mixed, END)
    found: dict[str, list[Any]] = {"a": [], "b": [], "": []}
    while (events := world.run(session.receive(None))) is not None:
        found[session.stream] += events
    assert {name: b"".join(raws(found[name])) for name in "ab"} == data
    assert session.stats.frames == {"ubx": 4}


def test_a_stream_that_ends_is_settled_and_begins_anew(world: World) -> None:
    session = opened(world, Arrival(FRAMES[5][:6], "a"), Arrival(b"", "a", ends=True), Arrival(FRAMES[4], "a"), END)
    assert raws(world.run(session.receive(None)) or (), Gap) == [FRAMES[5][:6]]
    assert session.stream == "a"
    frame = (world.run(session.receive(None)) or ())[0]
    assert isinstance(frame, Frame) and frame.start == 0
    assert session.stats.bytes_in == 6 + len(FRAMES[4])


# --- sending ---------------------------------------------------------------------------------------------------------


def sending(world: World, *room: int | OSError | float, **options: Any) -> tuple[Session, ScriptedLink]:
    link = ScriptedLink(world, room=room)
    session = Session(ScriptedTransport(world, lambda: link), UBX, **options)
    world.run(session.open())
    return session, link


def test_all_of_it_is_sent_however_little_fits(world: World) -> None:
    session, link = sending(world, 3, 2.0, 1, 1.0, 4)
    start = world.now
    world.run(session.send(b"0123456789", None))
    assert link.sent == b"0123456789" and world.now == start + 3


def test_a_send_that_takes_too_long_says_how_far_it_came(world: World) -> None:
    session, link = sending(world, 3, 20.0)
    with pytest.raises(TimeoutError, match="3 of 10 bytes were sent"):
        world.run(session.send(b"0123456789", world.now + 5))
    assert link.sent == b"012"


def test_a_link_that_breaks_under_the_bytes_raises_what_it_raised(world: World) -> None:
    session, _ = sending(world, 4, BrokenPipeError(32, "Broken pipe"))
    with pytest.raises(BrokenPipeError) as caught:
        world.run(session.send(b"0123456789", None))
    assert "4 of 10 bytes" in caught.value.__notes__[0]
    with pytest.raises(BrokenPipeError):
        world.run(session.send(b"more", None))


def test_the_reader_prefers_what_the_sender_learned_of_the_end(world: World) -> None:
    link = ScriptedLink(world, (1.0, END), room=[TimeoutError(110, "timed out")])
    session = Session(ScriptedTransport(world, lambda: link), UBX, announce=True)
    world.run(session.open())
    with pytest.raises(TimeoutError):
        world.run(session.send(b"x", None))
    assert world.run(session.receive(None)) == [Connected("scripted")]
    assert world.run(session.receive(None)) == [Disconnected(Reason.TIMEOUT, "timed out")]
    with pytest.raises(TimeoutError):
        world.run(session.receive(None))


def test_a_sender_alone_connects_again_and_keeps_what_the_old_link_gave(world: World) -> None:
    first = ScriptedLink(world, FRAMES[3], END, room=[BrokenPipeError(32, "Broken pipe")])
    second = ScriptedLink(world)
    session = Session(ScriptedTransport(world, lambda: first, lambda: second), UBX, reconnect=STEADY, announce=True)
    world.run(session.open())
    with pytest.raises(BrokenPipeError):
        world.run(session.send(b"lost", None))
    world.run(session.send(b"kept", None))
    assert second.sent == b"kept" and first.closed == 1
    assert list(world.run(session.receive(None)) or ()) == [
        Connected("scripted"),
        *framing.decode(FRAMES[3], UBX),
        Disconnected(Reason.RESET, "Broken pipe"),
        Connected("scripted", 1),
    ]


def test_a_sender_waits_for_a_link_as_long_as_he_may(world: World) -> None:
    link = ScriptedLink(world, END)
    session = Session(ScriptedTransport(world, lambda: link, 1e9, lambda: link), UBX, reconnect=STEADY, connect_timeout=None)
    world.run(session.open())
    assert world.run(session.receive(world.now)) == []
    start = world.now
    with pytest.raises(TimeoutError, match="nothing was sent"):
        world.run(session.send(b"x", start + 30))
    assert world.now == pytest.approx(start + 30)


def test_a_sender_who_waits_for_room_is_told_that_the_link_was_given_up(world: World) -> None:
    link = ScriptedLink(world, (5.0, END), room=[2, 1e6])
    session = Session(ScriptedTransport(world, lambda: link, lambda: ScriptedLink(world)), UBX, reconnect=STEADY)
    world.run(session.open())
    world.later(6, lambda: world.run(session.receive(world.now)))
    with pytest.raises(ConnectionResetError, match="2 of 5 bytes were sent"):
        world.run(session.send(b"01234", None))
    assert link.sent == b"01" and link.closed == 1


def test_closing_wakes_a_sender(world: World) -> None:
    session, link = sending(world, 2, 1e6)
    closed: list[int] = []
    world.later(1, lambda: (session.close(), closed.append(link.closed)))
    with pytest.raises(OSError, match="closed by this side"):
        world.run(session.send(b"01234", None))
    assert closed == [0] and link.closed == 1, "not under his hands"


def test_a_second_sender_is_told(world: World) -> None:
    session, _ = sending(world, 1, 5.0)
    steps = session.send(b"ab", None)
    next(steps)
    with pytest.raises(RuntimeError, match="two write at once"):
        world.run(session.send(b"c", None))
    steps.close()
    world.run(session.send(b"c", None))


def test_sending_goes_on_when_the_other_side_has_ended_its_half(world: World) -> None:
    session = opened(world, END)
    link = session.link
    assert isinstance(link, ScriptedLink)
    assert everything(world, session) == []
    world.run(session.send(b"still", None))
    assert link.sent == b"still"


def test_delimited_frames_are_opened_anew_on_a_new_link(world: World) -> None:
    session = Session(
        ScriptedTransport(world, lambda: ScriptedLink(world, END), lambda: ScriptedLink(world)), "slip", reconnect=STEADY
    )
    world.run(session.open())
    assert [session.encode(b"a"), session.encode(b"b")] == [b"\xc0a\xc0", b"b\xc0"]
    assert world.run(session.receive(world.now + 60)) == []
    assert session.encode(b"c") == b"\xc0c\xc0"


# --- recording -------------------------------------------------------------------------------------------------------


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was written to a recording instead of a file."""
    pytest.importorskip("dpkt")
    from framing.transports import tape

    written: list[tuple[Any, ...]] = []

    class Recorder:
        def __init__(self, path: object) -> None:
            written.append(("open", path))

        def write(self, data: bytes, way: str, at: float, name: str, *, broken: bool, ends: bool) -> None:
            if data == b"full":
                raise OSError(28, "No space left on device")
            written.append((data, way, at, name, broken, ends))

        def close(self) -> None:
            written.append(("close",))

    monkeypatch.setattr(tape, "Recorder", Recorder)
    return written


def test_raw_bytes_of_both_ways_are_recorded_with_their_times(world: World, recorded: list[Any]) -> None:
    start = EPOCH + world.now
    session = session_of(world, [(1.0, b"noise"), END], [Arrival(b"x", "peer", 7.0)], reconnect=STEADY, record="a.pcapng")
    world.run(session.send(b"sent", None))
    world.run(session.receive(world.now + 10))
    world.run(session.receive(world.now + 10))
    session.close()
    assert recorded == [
        ("open", "a.pcapng"),
        (b"sent", "out", start, "scripted", False, False),
        (b"noise", "in", start + 1, "scripted", False, False),
        (b"", "in", start + 1, "scripted", False, True),
        (b"", "in", start + 1, "scripted", True, False),
        (b"x", "in", 7.0, "scripted peer", False, False),
        ("close",),
    ]


def test_a_recording_that_fails_is_told_and_the_link_goes_on(world: World, recorded: list[Any]) -> None:
    session = opened(world, b"full", FRAMES[0], END, record="a.pcapng")
    with pytest.raises(OSError, match="No space left") as caught:
        world.run(session.receive(None))
    assert caught.value.__notes__ == ["the recording stops here; the link goes on"]
    assert raws(everything(world, session)) == [FRAMES[0]]
    assert recorded == [("open", "a.pcapng"), ("close",)]


# --- ending from above, and counting only ----------------------------------------------------------------------------


def test_settling_gives_the_last_events_with_their_streams(world: World) -> None:
    session = opened(world, Arrival(FRAMES[1][:4], "a"), Arrival(FRAMES[2][:4], "b"), Arrival(FRAMES[3], "b", time=5.0), announce=True)
    while world.run(session.receive(world.now + 1)):
        pass
    assert session.time == 5.0
    session.settle()
    found = []
    while (events := world.run(session.receive(None))) is not None:
        found += [(session.stream, type(each).__name__) for each in events]
    assert ("a", "Gap") in found and found[-1] == ("", "Disconnected")
    session.close()


def test_nobody_settles_what_another_one_reads(world: World) -> None:
    session = opened(world, (5.0, FRAMES[1]))
    reading = session.receive(None)
    next(reading)
    with pytest.raises(RuntimeError, match="reading"):
        session.settle()
    reading.close()
    session.close()


def test_counting_only(world: World) -> None:
    session = opened(world, FRAMES[1], (1.0, FRAMES[2]), (1.0, Arrival(FRAMES[3], "other")), (1.0, Arrival(FRAMES[4], "other")), END)
    assert world.run(session.receive(None))
    session.count_only(True)
    assert world.run(session.receive(world.now + 2.5)) == []
    assert session.stats.frames == {"ubx": 3}
    session.count_only(False)
    assert [each.raw for each in world.run(session.receive(None)) or ()] == [FRAMES[4]]  # type: ignore[union-attr]
    session.close()
