"""Gaps, their pieces, their rejects and reasons: each sentence of the rules with an example by hand."""

from __future__ import annotations

import pytest

from framing import Decoder, Field, FrameFormat, Gap, Reason, Sync
from rules import PAIR, SLIP, TOY, arrivals, check, plain, toy, unhex

pytestmark = pytest.mark.usefixtures("engine")


def test_a_gap_is_emitted_when_a_frame_follows() -> None:
    assert arrivals(b"\x11\x22" + toy(b""), TOY) == [(5, ("noise", 0, 2)), (5, ("toy", 2, 5))]


def test_a_gap_is_emitted_when_a_gap_of_the_other_kind_follows() -> None:
    came = arrivals(unhex("DB 00 C0 C0 41"), SLIP)
    assert came[0] == (4, ("escape", 0, 3, "slip@0 escape"))
    assert came[1:] == [(6, ("fill", 3, 4)), (6, ("truncated", 4, 5, "slip@4 truncated"))]


def test_a_gap_is_emitted_at_the_end() -> None:
    assert arrivals(b"\x11\x22", TOY) == [(3, ("noise", 0, 2))]


def test_a_gap_is_emitted_in_pieces_of_exactly_gap_limit() -> None:
    data = bytes(10)
    pieces = [("noise", 0, 4), ("noise", 4, 8), ("noise", 8, 10)]
    check(data, pieces, TOY, gap_limit=4)
    assert [count for count, _ in arrivals(data, TOY, gap_limit=4)] == [4, 8, 11]


def test_pieces_are_counted_from_the_start_of_the_gap() -> None:
    data = toy(b"x") + bytes(5)
    check(data, [("toy", 0, 4), ("noise", 4, 7), ("noise", 7, 9)], TOY, gap_limit=3)
    check(unhex("11") + data, [("noise", 0, 1), ("toy", 1, 5), ("noise", 5, 8), ("noise", 8, 10)], TOY, gap_limit=3)


def test_a_gap_of_exactly_gap_limit_is_one_piece() -> None:
    check(bytes(4) + toy(b""), [("noise", 0, 4), ("toy", 4, 7)], TOY, gap_limit=4)


def test_fill_comes_in_pieces_too() -> None:
    check(unhex("C0 C0 C0 41 C0"), [("fill", 0, 2), ("fill", 2, 3), ("slip", 3, 5)], SLIP, gap_limit=2)


def test_each_piece_has_the_rejects_whose_offset_lies_in_it() -> None:
    data = unhex("11 CC 00 CC 00 22 33 CC 00")
    check(data, [
        ("field", 0, 3, "pair@1 field"), ("field", 3, 6, "pair@3 field"), ("field", 6, 9, "pair@7 field"),
    ], PAIR, gap_limit=3)  # fmt: skip
    check(data, [("field", 0, 9, "pair@1 field", "pair@3 field", "pair@7 field")], PAIR)


def test_a_piece_without_rejects_is_noise() -> None:
    check(unhex("CC 00 11 22 33"), [("field", 0, 2, "pair@0 field"), ("noise", 2, 4), ("noise", 4, 5)], PAIR, gap_limit=2)


def test_the_limit_does_not_cut_what_a_reject_claims() -> None:
    """A reject belongs to the piece of its offset, though the bytes that decided it lie in a later one."""
    check(unhex("11 11 AA 01 00 00"), [
        ("noise", 0, 2), ("checksum", 2, 4, "toy@2 checksum"), ("noise", 4, 6),
    ], TOY, gap_limit=2)  # fmt: skip


def test_the_first_sixteen_rejects_are_named_and_all_are_counted() -> None:
    decoder = Decoder(PAIR)
    [gap] = decoder.feed(unhex("CC 00") * 20) + decoder.close()
    assert isinstance(gap, Gap)
    assert [reject.offset for reject in gap.rejects] == list(range(0, 32, 2))
    assert gap.rejected == 20
    assert gap.reasons == {Reason.FIELD: 20}


def test_rejects_stand_by_offset_then_by_format() -> None:
    odd = FrameFormat("odd", [Sync("CC"), Field("one", "u8", min=5)])
    check(unhex("CC 00 CC 02"), [
        ("field", 0, 4, "odd@0 field", "pair@0 field", "odd@2 field", "pair@2 field"),
    ], odd, PAIR)  # fmt: skip


def test_the_sixteen_may_end_in_the_middle_of_a_place() -> None:
    three = [FrameFormat(name, [Sync("CC"), Field("one", "u8", const=1)]) for name in "abc"]
    decoder = Decoder(*three)
    [gap] = decoder.feed(unhex("CC 00") * 6) + decoder.close()
    assert isinstance(gap, Gap)
    assert [f"{each.format}{each.offset}" for each in gap.rejects][-2:] == ["c8", "a10"]
    assert gap.rejected == 18


def test_the_reason_is_that_of_the_first_reject_in_it() -> None:
    check(unhex("11 AA 01 00 00 CC 00"), [("checksum", 0, 7, "toy@1 checksum", "pair@5 field")], TOY, PAIR)


def test_rejects_where_a_frame_stands_are_not_reported() -> None:
    other = FrameFormat("other", [Sync("AA"), Field("x", "u8", const=0)])
    decoder = Decoder(other, TOY)
    events = decoder.feed(b"\x11" + toy(b"x") + b"\x22") + decoder.close()
    assert plain(events) == [("noise", 0, 1), ("toy", 1, 5), ("noise", 5, 6)]
    assert decoder.stats.rejects == {}


def test_stats_count_what_the_events_tell() -> None:
    decoder = Decoder(TOY, SLIP)
    decoder.feed(unhex("C0 AA 01 00 00 C0") + toy(b"x") + b"\xc0\x11")
    assert (decoder.stats.bytes_in, decoder.stats.pending) == (12, 2)
    decoder.close()
    assert decoder.stats.pending == 0
    assert decoder.stats.as_dict() == {
        "frames": {"slip": 1, "toy": 1},
        "frame_bytes": 9,
        "gap_bytes": 1,
        "fill_bytes": 2,
        "gaps": 1,
        "rejects": {"truncated": 1},
    }


@pytest.mark.parametrize("chunk", [bytes(8), bytearray(8), memoryview(bytes(16))[::2]])
def test_the_default_limit(chunk: bytes) -> None:
    decoder = Decoder(TOY)
    for _ in range(8191):
        assert decoder.feed(bytes(8) if decoder.engine == "python" else b"") == []
    if decoder.engine == "python":
        assert plain(decoder.feed(chunk)) == [("noise", 0, 65_536)]
