"""Confirmation and flywheel: each sentence of the rules with an example by hand."""

from __future__ import annotations

import pytest

from framing import Data, Decoder, Field, Frame, FrameFormat, Lock, Protocol, SpecError, Sync, Transparency
from rules import BARE, SLIP, arrivals, check, locked, plain, unhex

pytestmark = pytest.mark.usefixtures("engine")

# --- confirmation ----------------------------------------------------------------------------------------------------


def frames(*numbers: int) -> bytes:
    """Frames of `locked` with these numbers in them."""
    return b"".join(bytes([0xDD, 0xEE, number]) for number in numbers)


def places(start: int, count: int) -> list[tuple[str, int, int]]:
    return [("lock", start + 3 * k, start + 3 * k + 3) for k in range(count)]


def test_a_frame_is_accepted_once_as_many_follow() -> None:
    came = arrivals(frames(1, 2, 3) + b"\xf0", locked(2))
    assert came == [(9, ("lock", 0, 3)), (9, ("lock", 3, 6)), (9, ("lock", 6, 9)), (11, ("noise", 9, 10))]


def test_in_lock_no_confirmation_is_needed() -> None:
    came = arrivals(frames(1, 2, 3, 4) + b"\xf0", locked(2))
    assert came[3] == (12, ("lock", 9, 12))


def test_fewer_suffice_only_if_the_stream_ends_exactly_behind_one_of_them() -> None:
    check(frames(1), places(0, 1), locked(2))
    check(frames(1, 2), places(0, 2), locked(2))
    check(frames(1, 2) + b"\xdd", [
        ("unconfirmed", 0, 7, "lock@0 unconfirmed", "lock@3 unconfirmed"),
    ], locked(2))  # fmt: skip
    check(frames(1) + b"\xf0" + frames(2), [("unconfirmed", 0, 4, "lock@0 unconfirmed"), ("lock", 4, 7)], locked(2))


def test_a_gap_loses_the_lock() -> None:
    data = frames(1, 2, 3, 4) + b"\xf0" + frames(5) + b"\xf1"
    check(data, [*places(0, 4), ("unconfirmed", 12, 17, "lock@13 unconfirmed")], locked(2))


def test_every_piece_of_a_gap_loses_it() -> None:
    data = frames(1, 2) + b"\xf0\xf1" + frames(3) + b"\xf2"
    check(data, [
        *places(0, 2), ("noise", 6, 7), ("noise", 7, 8),
        ("unconfirmed", 8, 9, "lock@8 unconfirmed"), ("noise", 9, 10), ("noise", 10, 11), ("noise", 11, 12),
    ], locked(1), gap_limit=1)  # fmt: skip


def test_a_frame_of_another_protocol_loses_it() -> None:
    data = frames(1, 2) + b"\xbb\x00" + frames(3) + b"\xf0"
    check(data, [*places(0, 2), ("bare", 6, 8), ("unconfirmed", 8, 12, "lock@8 unconfirmed")], locked(1), BARE)


def test_fill_loses_it_too() -> None:
    data = frames(1, 2) + b"\xc0" + frames(3) + b"\xf0\xc0"
    check(data, [*places(0, 2), ("fill", 6, 7), ("slip", 7, 12)], locked(1), SLIP)
    check(data[:6] + data[7:], [*places(0, 3), ("noise", 9, 11)], locked(1), SLIP)


def test_other_protocols_are_not_asked_for_confirmation() -> None:
    check(frames(1) + b"\xbb\x00", [("unconfirmed", 0, 3, "lock@0 unconfirmed"), ("bare", 3, 5)], locked(1), BARE)


def test_any_format_of_the_protocol_confirms_the_first_that_does_not_reject() -> None:
    short = FrameFormat("short", [Sync("EE"), Field("y", "u8")])
    both = Protocol("both", [FrameFormat("long", [Sync("DD EE"), Field("x", "u8", max=9)]), short], lock=Lock(1))
    check(unhex("DD EE 01 EE 02 F0"), [("both.long", 0, 3), ("both.short", 3, 5), ("noise", 5, 6)], both)
    check(unhex("DD EE 01 F0"), [  # at 1 the short one is unconfirmed as well
        ("unconfirmed", 0, 4, "both.long@0 unconfirmed", "both.short@1 unconfirmed"),
    ], both)  # fmt: skip


def test_the_lock_of_a_protocol_holds_for_all_its_formats() -> None:
    one = FrameFormat("one", [Sync("D1"), Field("x", "u8")])
    two = FrameFormat("two", [Sync("D2"), Field("x", "u8")])
    both = Protocol("both", [one, two], lock=Lock(1))
    check(unhex("D1 01 D2 02 D1 03 F0"), [("both.one", 0, 2), ("both.two", 2, 4), ("both.one", 4, 6), ("noise", 6, 7)], both)


def test_idle_loses_it() -> None:
    decoder = Decoder(locked(1))
    assert plain(decoder.feed(frames(1, 2))) == places(0, 2)
    assert decoder.idle() == []
    assert decoder.feed(frames(3)) == []
    assert plain(decoder.feed(b"\xf0\xf1") + decoder.close()) == [("unconfirmed", 6, 11, "lock@6 unconfirmed")]


def test_a_lock_is_refused_for_delimited_formats() -> None:
    with pytest.raises(SpecError, match="delimited"):
        FrameFormat("bad", [Data("payload")], transparency=Transparency("slip"), lock=Lock(1))
    with pytest.raises(SpecError):
        Protocol("bad", [SLIP], lock=Lock(1))


def test_no_confirmation_at_all() -> None:
    check(frames(1) + b"\xf0", [("lock", 0, 3), ("noise", 3, 4)], locked(0))


# --- flywheel --------------------------------------------------------------------------------------------------------


def test_a_damaged_marker_is_ridden_through_where_the_next_one_stands_again() -> None:
    data = frames(1) + unhex("D0 EE 02") + frames(3)
    expected = [("lock", 0, 3), ("lock", 3, 6, "suspect"), ("lock", 6, 9)]
    check(data, expected, locked(0, misses=1))
    assert [count for count, _ in arrivals(data, locked(0, misses=1))] == [3, 8, 9]


def test_the_other_parts_are_verified_first() -> None:
    data = frames(1) + unhex("D0 EE FF") + frames(3)
    check(data, [("lock", 0, 3), ("field", 3, 6, "lock@3 field"), ("lock", 6, 9)], locked(0, misses=1))


def test_within_the_misses_the_marker_must_stand_again() -> None:
    data = frames(1) + unhex("D0 EE 02 D0 EE 03") + frames(4)
    check(data, [("lock", 0, 3), ("marker", 3, 9, "lock@3 marker"), ("lock", 9, 12)], locked(0, misses=1))
    check(data, [
        ("lock", 0, 3), ("lock", 3, 6, "suspect"), ("lock", 6, 9, "suspect"), ("lock", 9, 12),
    ], locked(0, misses=2))  # fmt: skip


def test_damaged_frames_in_a_row_use_the_misses_up() -> None:
    data = frames(1) + unhex("D0 EE 02 D0 EE 03 D0 EE 04") + frames(5)
    check(data, [("lock", 0, 3), ("marker", 3, 12, "lock@3 marker"), ("lock", 12, 15)], locked(0, misses=2))
    mended = frames(1) + unhex("D0 EE 02") + frames(3) + unhex("D0 EE 04") + frames(5)
    expected = [("lock", 0, 3), ("lock", 3, 6, "suspect"), ("lock", 6, 9), ("lock", 9, 12, "suspect"), ("lock", 12, 15)]
    check(mended, expected, locked(0, misses=1))


def test_the_stream_may_end_exactly_there_instead() -> None:
    check(frames(1) + unhex("D0 EE 02"), [("lock", 0, 3), ("lock", 3, 6, "suspect")], locked(0, misses=1))
    check(frames(1) + unhex("D0 EE 02 DD"), [("lock", 0, 3), ("marker", 3, 7, "lock@3 marker")], locked(0, misses=1))
    check(frames(1) + unhex("D0 EE 02 D0 EE 03"), [
        ("lock", 0, 3), ("lock", 3, 6, "suspect"), ("lock", 6, 9, "suspect"),
    ], locked(0, misses=2))  # fmt: skip


def test_a_frame_that_is_cut_short_is_not_ridden_through() -> None:
    check(frames(1) + unhex("D0 EE"), [("lock", 0, 3), ("truncated", 3, 5, "lock@3 truncated")], locked(0, misses=1))


def test_only_directly_behind_the_last_frame() -> None:
    data = frames(1) + b"\xf0" + unhex("D0 EE 02") + frames(3)
    events = plain(Decoder(locked(0, misses=1)).feed(data))
    assert [event for event in events if "suspect" in event] == []


def test_only_after_every_format_has_rejected_there() -> None:
    other = FrameFormat("other", [Sync("D0"), Field("x", "u8")])
    data = frames(1) + unhex("D0 EE 02") + frames(3)
    check(data, [("lock", 0, 3), ("other", 3, 5), ("noise", 5, 6), ("lock", 6, 9)], locked(0, misses=1), other)


def test_a_frame_whose_marker_stands_is_judged_once() -> None:
    data = frames(1) + unhex("DD EE FF") + frames(3)
    check(data, [("lock", 0, 3), ("field", 3, 6, "lock@3 field"), ("lock", 6, 9)], locked(0, misses=1))


def test_only_a_format_of_fixed_size_rides() -> None:
    free = FrameFormat("free", BARE.layout, lock=Lock(0, 1))
    data = unhex("BB 01 41 B0 01 42 BB 01 43")
    check(data, [("free", 0, 3), ("noise", 3, 6), ("free", 6, 9)], free)


def test_the_fields_of_a_suspect_frame_are_read() -> None:
    events = Decoder(locked(0, misses=1)).feed(frames(1) + unhex("D0 EE 07") + frames(3))
    suspect = events[1]
    assert isinstance(suspect, Frame)
    assert (suspect.suspect, suspect["x"], suspect.raw) == (True, 7, unhex("D0 EE 07"))


def test_confirmation_is_not_asked_of_what_follows_a_suspect_frame() -> None:
    data = frames(1, 2) + unhex("D0 EE 03") + frames(4) + b"\xf0\xf1\xf2"
    check(data, [
        *places(0, 2), ("lock", 6, 9, "suspect"), ("lock", 9, 12), ("field", 12, 15, "lock@12 field"),
    ], locked(1, misses=1))  # fmt: skip


def test_the_lost_flywheel_stands_among_the_rejects_in_the_order_of_the_formats() -> None:
    first = FrameFormat("first", [Sync("D0"), Field("x", "u8", const=1)])
    last = FrameFormat("last", [Sync("D0"), Field("x", "u8", const=2)])
    data = frames(1) + unhex("D0 EE 02 F0")
    check(data, [
        ("lock", 0, 3), ("field", 3, 7, "first@3 field", "lock@3 marker", "last@3 field"),
    ], first, locked(0, misses=1), last)  # fmt: skip


def test_a_damaged_marker_that_begins_with_a_delimiter_is_ridden_through_all_the_same() -> None:
    data = frames(1) + unhex("C0 EE 02") + frames(3)
    check(data, [("lock", 0, 3), ("lock", 3, 6, "suspect"), ("lock", 6, 9)], locked(0, misses=1), SLIP)


def test_behind_a_run_of_frames_another_protocol_still_needs_its_confirmation() -> None:
    """What comes first in the list counts, also where the same byte begins a format of the protocol that has just been heard."""
    heard = Protocol("heard", [FrameFormat("one", [Sync("EE"), Field("x", "u8")]), FrameFormat("two", [Sync("DD"), Field("x", "u8")])])
    data = unhex("EE 01 EE 02 DD EE 05 00")
    check(data, [("heard.one", 0, 2), ("heard.one", 2, 4), ("heard.two", 4, 6), ("noise", 6, 8)], locked(1), heard)
