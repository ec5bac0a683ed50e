"""`framing.streams.waiting`: whom new bytes wake, and whom they let sleep."""

from __future__ import annotations

import pytest

from framing import Checksum, Data, End, FrameFormat, Sync
from framing.probing.probe import Probe, Verdict
from framing.streams.tiling import Tiling
from framing.streams.waiting import Waiter, Waiting
from rules import TOY

LINE = FrameFormat("line", [Sync("24"), Data("payload"), End("0D 0A")], max_size=20)
TEXT = FrameFormat("text", [Sync("24"), Data("payload", charset="20-7E"), End("0D 0A")], max_size=20)
SUMMED = FrameFormat(
    "summed", [Sync("24"), Data("payload", charset="20-7E"), Checksum("ck", "hex2", "xor-8", over="payload"), End("0A")], max_size=20
)


class Stream:
    """Candidates at given places of one stream; `feed` tells the places of those that are woken, and asks them."""

    def __init__(self) -> None:
        self.tiling = Tiling(1000, 0)
        self.waiting: Waiting[Waiter] = Waiting(self.tiling.window)
        self.verdicts: dict[int, Verdict] = {}

    def begin(self, each: FrameFormat, *places: int) -> None:
        for place in places:
            probe = Probe(each.plan, self.tiling.window, place)
            self.ask(Waiter(probe, place, probe.run()))

    def ask(self, waiter: Waiter) -> None:
        try:
            self.waiting.add(waiter, next(waiter.steps))
        except StopIteration as stop:
            waiter.need = -1
            self.verdicts[waiter.number] = stop.value

    def feed(self, chunk: bytes) -> list[int]:
        self.tiling.append(chunk)
        woken = []
        for waiter in self.waiting.woken():
            woken.append(waiter.number)
            self.ask(waiter)
        return woken


@pytest.fixture
def stream() -> Stream:
    return Stream()


def test_who_waits_for_an_offset_sleeps_until_then(stream: Stream) -> None:
    stream.feed(b"\xaa\x05")
    stream.begin(TOY, 0)
    assert stream.feed(b"abcd") == []
    assert stream.feed(b"e\x00") == [0]
    assert stream.verdicts[0].read == 8


def test_dull_bytes_wake_nobody_in_open_data(stream: Stream) -> None:
    stream.feed(b"$$$")
    stream.begin(LINE, 0, 1, 2)
    assert [stream.feed(bytes([byte])) for byte in b"abc\r\r\n"] == [[], [], [], [], [], [0, 1, 2]]
    assert [(verdict.end, verdict.read) for verdict in stream.verdicts.values()] == [(9, 9)] * 3


def test_an_end_that_has_only_begun_at_the_end_of_a_feed(stream: Stream) -> None:
    stream.feed(b"$ab\r")
    stream.begin(LINE, 0)
    assert stream.feed(b"\n") == [0]
    assert stream.verdicts[0] == (5, None, 5, False)


def test_a_byte_outside_the_character_set_wakes(stream: Stream) -> None:
    stream.feed(b"$$")
    stream.begin(TEXT, 0, 1)
    stream.begin(LINE, 1)
    assert stream.feed(b"abc") == []
    assert stream.feed(b"d\x80") == [0, 1]
    assert {place: verdict.read for place, verdict in stream.verdicts.items()} == {0: 7, 1: 7}


def test_who_needs_more_bytes_to_be_sure_waits_for_each(stream: Stream) -> None:
    """The two bytes before the end may be anything, for all that one knows: they are the checksum."""
    stream.feed(b"$$")
    stream.begin(SUMMED, 0, 1)
    assert stream.feed(b"ab\x80") == [0, 1]
    assert stream.feed(b"c") == [0, 1]
    assert stream.verdicts == {}
    assert stream.feed(b"d") == [0, 1]
    assert {place: verdict.read for place, verdict in stream.verdicts.items()} == {0: 7, 1: 7}


def test_the_largest_size_wakes_each_in_its_time(stream: Stream) -> None:
    stream.feed(b"$$$")
    stream.begin(LINE, 0, 1, 2)
    woken = [stream.feed(b"x") for _ in range(19)]
    assert woken == [[]] * 15 + [[0], [1], [2], []]
    assert [verdict.read for verdict in stream.verdicts.values()] == [19, 20, 21]
    assert all(not room for room in stream.waiting.rooms.values())


def test_who_begins_behind_what_stirs_waits_on(stream: Stream) -> None:
    """The end that stands is the one before it."""
    stream.feed(b"$\r")
    stream.begin(LINE, 0)
    stream.feed(b"\n$")
    stream.begin(LINE, 3)
    assert stream.feed(b"x\n") == []
    assert stream.feed(b"\r\n") == [3]
    assert stream.verdicts[3].end == 8


def test_at_the_end_of_the_stream_all_are_woken(stream: Stream) -> None:
    stream.feed(b"$$\xaa\x05")
    stream.begin(LINE, 0, 1)
    stream.begin(TOY, 2)
    stream.tiling.window.final = True
    assert sorted(stream.feed(b"")) == [0, 1, 2]
    assert len(stream.verdicts) == 3
