from __future__ import annotations

from typing import Any

import framing
from framing import Disconnected
from framing.stats import Totals
from framing.transports.links import Arrival, Reason
from framing.transports.silence import Silence
from framing.transports.streams import STREAMS_MOST, Streams, sum_of

UBX = framing.load("ubx")
FRAME = UBX.encode(b"hello", **{"class": 1, "id": 2})


def streams(said: bool = False) -> Streams:
    return Streams(lambda: framing.Decoder(UBX), said)


def drained(some: Streams) -> list[tuple[str, list[Any]]]:
    found = [(name, list(events)) for name, events in some.ready]
    some.ready.clear()
    return found


def test_the_plain_case_gives_its_events_at_once() -> None:
    some = streams()
    assert some.take(Arrival(FRAME[:4]), 0) == []
    assert some.take(Arrival(FRAME[4:]), 0) == framing.decode(FRAME, UBX)
    assert not some.ready


def test_what_came_before_is_given_before() -> None:
    some = streams()
    some.take(Arrival(FRAME[:4], "a"), 0)
    assert some.take(Arrival(FRAME, "a", broken=True), 0) is None
    ((name, events),) = drained(some)
    assert name == "a" and [each.raw for each in events] == [FRAME[:4], FRAME]
    some.say([1, 2], "b")  # type: ignore[list-item]
    assert some.take(Arrival(FRAME, "a"), 0) is None
    assert [name for name, _ in drained(some)] == ["b", "a"]


def test_lists_of_one_stream_join_and_never_mix() -> None:
    some = streams()
    for stream, what in (("a", 1), ("a", 2), ("b", 3), ("a", 4)):
        some.say([what], stream)  # type: ignore[list-item]
    some.say([], "c")
    assert drained(some) == [("a", [1, 2]), ("b", [3]), ("a", [4])]


def test_too_many_streams_close_the_one_quiet_for_longest_and_say_so() -> None:
    some = streams(said=True)
    for number in range(STREAMS_MOST - 1):
        some.take(Arrival(FRAME[:4], f"s{number}"), 0)
    some.take(Arrival(FRAME[4:6], "s0"), 0)
    assert not some.ready
    some.take(Arrival(b"x", "new"), 0)
    ((name, events),) = drained(some)
    assert name == "s1" and events[0].raw == FRAME[:4]
    assert events[1] == Disconnected(Reason.CLOSED, f"s1: only {STREAMS_MOST} streams are kept")
    assert some.take(Arrival(FRAME[6:], "s0"), 0) == framing.decode(FRAME, UBX)
    some.take(Arrival(FRAME[4:], "s1"), 0)
    assert some.stats.bytes_in == 4 * (STREAMS_MOST - 1) + 2 + 1 + len(FRAME) - 6 + len(FRAME) - 4


def test_unasked_nothing_is_said_of_it() -> None:
    some = streams()
    for number in range(STREAMS_MOST + 10):
        some.take(Arrival(FRAME, f"s{number}"), 0)
    assert not any(isinstance(each, Disconnected) for _, events in some.ready for each in events)
    assert some.stats.frames == {"ubx": STREAMS_MOST + 10}


def test_silence_is_each_streams_own() -> None:
    some = streams()
    some.silence = Silence(2)
    some.take(Arrival(FRAME[:4], "a"), 10)
    some.take(Arrival(FRAME[:4], "b"), 11)
    some.silent(12)
    assert [name for name, _ in drained(some)] == ["a"]
    assert some.take(Arrival(FRAME[4:], "b"), 12) == framing.decode(FRAME, UBX)


def test_a_stream_that_has_ended_has_no_silence() -> None:
    some = streams()
    some.silence = Silence(2)
    some.take(Arrival(FRAME[:4], "a"), 10)
    some.take(Arrival(b"", "a", ends=True), 10)
    drained(some)
    some.silent(100)
    assert not some.ready


def test_idle_goes_on_and_close_does_not() -> None:
    some = streams()
    some.take(Arrival(FRAME[:4]), 0)
    some.idle()
    assert some.take(Arrival(FRAME), 0) is None
    assert [each.start for _, events in drained(some) for each in events] == [0, 4]
    some.take(Arrival(FRAME[:4]), 0)
    some.close()
    some.close()
    assert [len(events) for _, events in drained(some)] == [1]


def test_sums_of_totals() -> None:
    one, two = Totals({"a": 1, "b": 2}, 10, 1, 2, 3, {"noise": 1}), Totals({"b": 5}, 20, 2, 3, 4, {"noise": 2, "field": 1})
    assert sum_of((one, two)) == Totals({"a": 1, "b": 7}, 30, 3, 5, 7, {"noise": 3, "field": 1})
