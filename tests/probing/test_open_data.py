"""`framing.probing.open_data`: what a probe listens for in open data, and at how many places it looks whether the frame ends."""

from __future__ import annotations

from framing import Checksum, Data, FrameFormat, Next, Sync
from framing.probing.intake import Window
from framing.probing.probe import Probe, Verdict
from rules import TEXT

CHAIN = FrameFormat("chain", [Sync("AA"), Data("payload"), Checksum("sum", "u8", "sum-8", over="payload"), Next("AA")], max_size=30)


def suspended(each: FrameFormat, data: bytes) -> tuple[Probe, int]:
    """The probe that has seen so many bytes of a stream that goes on, and what it waits for."""
    probe = Probe(each.plan, Window(data, 50), 50)
    return probe, next(probe.run())


def decided(each: FrameFormat, data: bytes) -> tuple[Probe, Verdict]:
    probe = Probe(each.plan, Window(data, 50, final=True), 50)
    try:
        next(probe.run())
    except StopIteration as stop:
        return probe, stop.value
    raise AssertionError("nothing is left to wait for")


def test_it_listens_for_the_ends_of_its_data() -> None:
    probe, wanted = suspended(TEXT, b"$abc")
    assert probe.listening == ((b"\x0a", b"\x0a\x0b"), None)
    assert (probe.unsure, wanted) == (54, 55)
    assert probe.gives_up == 50 + 20


def test_at_the_end_it_listens_no_more() -> None:
    probe, _ = suspended(TEXT, b"$abc\x0a")
    assert probe.unsure == 54
    probe, verdict = decided(TEXT, b"$abc\x0a")
    assert (probe.listening, verdict.end) == (None, 55)


def test_what_follows_is_listened_for_too() -> None:
    probe, _ = suspended(CHAIN, b"\xaa\x01\x02")
    assert probe.listening == ((b"\xaa",), None)
    assert probe.gives_up == 50 + 30 + 1


def test_each_place_before_what_could_follow_is_tried_once() -> None:
    probe, verdict = decided(CHAIN, b"\xaa\x01\xaa\xaa\x55\xaa")
    assert (probe.tried, verdict.end) == (2, 55)
    assert probe.spans == {0: (0, 1), 1: (1, 4), 2: (4, 5)}
