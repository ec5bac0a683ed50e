"""`framing.stats`: the counts of what is given, and that they go on over every start of a stream."""

from __future__ import annotations

import framing
from framing.errors import Reason
from framing.events import Frame, Gap
from framing.stats import Stats, Tally
from rules import SLIP, TOY, toy

CHECKSUM, TRUNCATED = Reason.CHECKSUM, Reason.TRUNCATED


def test_frames_are_counted_by_their_format() -> None:
    tally = Tally()
    tally.add_frames("toy", 3, 12)
    tally.add_frames("slip", 1, 2)
    tally.add_frames("toy", 1, 5)
    totals = tally.totals()
    assert totals.frames == {"toy": 4, "slip": 1}
    assert totals.frame_bytes == 19


def test_fill_is_no_gap() -> None:
    tally = Tally()
    tally.add_gap(3, True, {})
    tally.add_gap(5, False, {CHECKSUM: 2, TRUNCATED: 1})
    tally.add_gap(1, False, {CHECKSUM: 1})
    totals = tally.totals()
    assert (totals.fill_bytes, totals.gap_bytes, totals.gaps) == (3, 6, 2)
    assert totals.rejects == {"checksum": 3, "truncated": 1}


def test_events_count_as_what_they_are_made_of() -> None:
    tally = Tally()
    tally.add([Frame(TOY, 0, toy(b"x")), Gap(4, b"\xc0", Reason.FILL, (), {TRUNCATED: 1}), Gap(5, b"abc", CHECKSUM, (), {CHECKSUM: 2})])
    assert tally.totals() == ({"toy": 1}, 4, 3, 1, 1, {"truncated": 1, "checksum": 2})


def test_totals_are_those_of_their_time() -> None:
    tally = Tally()
    tally.add_frames("toy", 1, 4)
    before = tally.totals()
    tally.add_frames("toy", 1, 4)
    assert before.frames == {"toy": 1}


def test_what_no_event_covers_is_pending() -> None:
    tally = Tally()
    stats = Stats(tally.totals, lambda: 20)
    tally.add_frames("toy", 1, 4)
    tally.add_gap(5, False, {CHECKSUM: 1})
    tally.add_gap(1, True, {})
    assert (stats.bytes_in, stats.pending) == (20, 10)
    assert (stats.frames, stats.frame_bytes, stats.gaps, stats.gap_bytes, stats.fill_bytes) == ({"toy": 1}, 4, 1, 5, 1)
    assert stats.rejects == {"checksum": 1}
    assert list(stats.as_dict()) == ["frames", "frame_bytes", "gap_bytes", "fill_bytes", "gaps", "rejects"]


def test_they_go_on_behind_an_idle_line(engine: str) -> None:
    decoder = framing.Decoder(TOY, SLIP)
    for _ in range(2):
        decoder.feed(b"\xc0\x11\x22" + toy(b"x") * 3 + b"\xaa\x05")
        assert decoder.stats.pending > 0
        decoder.idle()
        assert decoder.stats.pending == 0
    assert decoder.stats.frames == {"toy": 6}
    assert (decoder.stats.frame_bytes, decoder.stats.fill_bytes, decoder.stats.gap_bytes) == (24, 2, 8)
    assert decoder.stats.gaps == 4
    assert decoder.stats.rejects["truncated"] >= 2
