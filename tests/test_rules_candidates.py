"""Where frames may start, how they end, and when a probe is decided: each sentence of the rules with an example by hand."""

from __future__ import annotations

import pytest

from framing import Bits, Checksum, Data, Decoder, End, Field, FrameFormat, Length, SpecError, Sync, Transparency
from rules import BARE, PAIR, SLIP, TEXT, TOY, arrivals, check, check_inside, plain, toy, unhex

pytestmark = pytest.mark.usefixtures("engine")

# --- tiling ----------------------------------------------------------------------------------------------------------


def test_a_stream_of_frames_has_no_gaps() -> None:
    check_inside(toy(b"hi") + toy(b""), [("toy", 0, 5), ("toy", 5, 8)], TOY)


def test_what_is_no_frame_is_a_gap() -> None:
    check_inside(b"\x11\x22" + toy(b"hi") + b"\x33" + toy(b""), [
        ("noise", 0, 2), ("toy", 2, 7), ("noise", 7, 8), ("toy", 8, 11),
    ], TOY)  # fmt: skip


def test_nothing_gives_no_events() -> None:
    check(b"", [], TOY)


# --- the probe: parts in wire order, each when its last byte is there ------------------------------------------------

HEADER = FrameFormat(
    "head",
    [
        Sync("AA"),
        Field("version", "u8", const=1),
        Length("n", "u8", of="payload", max=4),
        Checksum("header_sum", "u8", "sum-8", over="version..n"),
        Data("payload", charset="61-7A"),
        Checksum("sum", "u8", "xor-8", over="payload"),
    ],
)


@pytest.mark.parametrize(
    ("data", "reason", "after"),
    [
        ("AA 02", "field", 2),
        ("AA 01 05", "length", 3),
        ("AA 01 04 04", "checksum", 4),
        ("AA 01 04 05 61 62 63 64 00", "checksum", 9),
    ],
    ids=["constant", "length out of range", "header checksum", "checksum"],
)
def test_the_first_failure_is_the_reason_and_comes_with_its_last_byte(data: str, reason: str, after: int) -> None:
    came = arrivals(unhex(data) + bytes(9), HEADER, gap_limit=1)
    assert came[0] == (after, (reason, 0, 1, f"head@0 {reason}"))


@pytest.mark.parametrize("members", [["n:4", "more:4"], ["more:4", "n:4"]], ids=["first", "last"])
def test_a_length_among_bits_is_held_to_its_own_bounds(members: list[str]) -> None:
    each = FrameFormat("head", [Sync("AA"), Bits(members, "u8", length="n", of="payload", min=1, max=2), Data("payload")])

    def head(n: int, more: int) -> bytes:
        return bytes([n << 4 | more if members[0] == "n:4" else more << 4 | n])

    check_inside(b"\xaa" + head(1, 15) + b"a" + b"\xaa" + head(2, 0) + b"ab", [("head", 0, 3), ("head", 3, 7)], each)
    for n, more in ((0, 1), (3, 1)):
        check(b"\xaa" + head(n, more) + b"abc", [("length", 0, 5, "head@0 length")], each)


def test_sized_data_is_checked_when_its_last_byte_is_there() -> None:
    came = arrivals(unhex("AA 01 04 05 61 FF 63 64 00"), HEADER, gap_limit=1)
    assert came[0] == (8, ("field", 0, 1, "head@0 field"))


def test_open_data_is_checked_byte_by_byte() -> None:
    text = FrameFormat("text", [Sync("24"), Data("payload", charset="61-7A"), End("0A")])
    assert arrivals(unhex("24 61 FF 61"), text, gap_limit=1)[0] == (3, ("field", 0, 1, "text@0 field"))


def test_stuffing_is_checked_byte_by_byte() -> None:
    came = arrivals(unhex("41 DB 11 42 C0"), SLIP, gap_limit=1)
    assert came[0] == (3, ("escape", 0, 1, "slip@0 escape"))


def test_a_length_that_claims_more_than_max_size_is_refused_at_once() -> None:
    short = FrameFormat("short", TOY.layout, max_size=10)
    assert arrivals(unhex("AA 08 00"), short, gap_limit=1)[0] == (2, ("too_long", 0, 1, "short@0 too_long"))
    check_inside(toy(b"1234567"), [("short", 0, 10)], short)


def test_open_data_is_too_long_when_no_end_fits_any_more() -> None:
    came = arrivals(b"\x24" + b"a" * 30, TEXT, gap_limit=1)
    assert came[0] == (20, ("too_long", 0, 1, "text@0 too_long"))


# --- markers ---------------------------------------------------------------------------------------------------------


def test_any_alternative_opens_a_frame() -> None:
    either = FrameFormat("either", [Sync(["24", "21"]), Field("x", "u8")])
    check_inside(unhex("24 01 21 02"), [("either", 0, 2), ("either", 2, 4)], either)


def test_of_alternatives_the_first_listed_wins() -> None:
    short = FrameFormat("short", [Sync(["AA", "AA BB"]), Field("x", "u8")])
    long = FrameFormat("long", [Sync(["AA BB", "AA"]), Field("x", "u8")])
    check(unhex("AA BB 01"), [("short", 0, 2), ("noise", 2, 3)], short)
    check_inside(unhex("AA BB 01 AA 02"), [("long", 0, 3), ("long", 3, 5)], long)


def test_an_alternative_that_could_still_win_is_waited_for() -> None:
    long = FrameFormat("long", [Sync(["AA BB", "AA"]), Field("x", "u8", max=2)])
    assert arrivals(unhex("AA 01 F0"), long) == [(2, ("long", 0, 2)), (4, ("noise", 2, 3))]
    check(unhex("AA"), [("truncated", 0, 1, "long@0 truncated")], long)


def test_masked_bits_do_not_count() -> None:
    masked = FrameFormat("masked", [Sync("A0 05", mask="F0 0F"), Field("x", "u8")])
    check(unhex("A7 F5 01 B7 F5 02"), [("masked", 0, 3), ("noise", 3, 6)], masked)


def test_up_to_errors_bits_may_be_wrong() -> None:
    noisy = FrameFormat("noisy", [Sync("AA AA", errors=2), Field("x", "u8")])
    check_inside(unhex("AB AE 01 A9 AA 02"), [("noisy", 0, 3), ("noisy", 3, 6)], noisy)
    check(unhex("A9 AB 01"), [("noise", 0, 3)], noisy)


def test_matches_may_overlap() -> None:
    twice = FrameFormat("twice", [Sync("AA AA"), Field("x", "u8", max=9)])
    check_inside(unhex("AA AA AA 05"), [("field", 0, 1, "twice@0 field"), ("twice", 1, 4)], twice)


def test_a_marker_that_has_only_begun_is_undecided() -> None:
    long = FrameFormat("long", [Sync("AA BB CC"), Field("x", "u8")])
    assert arrivals(unhex("11 AA BB 22"), long, gap_limit=1) == [
        (1, ("noise", 0, 1)), (4, ("noise", 1, 2)), (4, ("noise", 2, 3)), (4, ("noise", 3, 4)),
    ]  # fmt: skip


def test_a_marker_that_does_not_stand_is_no_reject() -> None:
    check(unhex("11 22"), [("noise", 0, 2)], TOY, BARE, PAIR)


def test_a_marker_again_inside_the_frame_must_stand_there() -> None:
    again = FrameFormat("again", [Sync("68"), Field("x", "u8"), Sync("68"), Field("y", "u8")])
    check_inside(unhex("68 01 68 02"), [("again", 0, 4)], again)
    check(unhex("68 01 67 02"), [("marker", 0, 4, "again@0 marker")], again)


# --- delimiters ------------------------------------------------------------------------------------------------------


def test_a_delimited_format_starts_at_the_start_of_the_stream() -> None:
    check(unhex("41 C0"), [("slip", 0, 2)], SLIP)


def test_it_starts_behind_its_delimiter_which_belongs_to_the_frame_that_it_closes() -> None:
    check(unhex("41 C0 42 C0"), [("slip", 0, 2), ("slip", 2, 4)], SLIP)


def test_it_starts_behind_its_delimiter_whatever_frame_that_belongs_to() -> None:
    check(toy(b"\xbf") + unhex("41 C0"), [("toy", 0, 4), ("slip", 4, 6)], TOY, SLIP)  # the checksum is C0


def test_it_never_starts_merely_because_another_frame_ended_there() -> None:
    check(toy(b"x") + unhex("41 C0 42 C0"), [("toy", 0, 4), ("noise", 4, 6), ("slip", 6, 8)], TOY, SLIP)


def test_it_starts_at_an_idle() -> None:
    decoder = Decoder(TOY, SLIP)
    assert plain(decoder.feed(toy(b"x"))) == [("toy", 0, 4)]
    assert decoder.idle() == []
    assert plain(decoder.feed(unhex("41 C0"))) == [("slip", 4, 6)]


def test_damage_costs_one_delimited_frame() -> None:
    check(unhex("41 DB 00 C0 42 C0"), [("escape", 0, 4, "slip@0 escape"), ("slip", 4, 6)], SLIP)


def test_a_marker_makes_a_format_with_a_delimiter_start_anywhere() -> None:
    marked = FrameFormat("marked", [Sync("7A"), Data("payload")], transparency=Transparency("hdlc"))
    check_inside(unhex("11 7A 41 7E 22 7A 7E"), [
        ("noise", 0, 1), ("marked", 1, 4), ("noise", 4, 5), ("marked", 5, 7),
    ], marked)  # fmt: skip


def test_each_format_has_its_own_delimiter() -> None:
    cobs = FrameFormat("cobs", [Data("payload")], transparency=Transparency("cobs"))
    check(unhex("02 41 00 42 C0"), [("cobs", 0, 3), ("truncated", 3, 5, "cobs@3 truncated")], cobs, SLIP)


# --- anywhere --------------------------------------------------------------------------------------------------------


def test_a_format_without_marker_or_delimiter_starts_anywhere() -> None:
    anywhere = FrameFormat("any", [Field("a", "u8", max=1), Field("b", "u8", equals="a + 1")])
    check(unhex("07 01 01 02 00 01"), [
        ("field", 0, 2, "any@0 field", "any@1 field"), ("any", 2, 4), ("any", 4, 6),
    ], anywhere)  # fmt: skip


# --- ends ------------------------------------------------------------------------------------------------------------


def test_the_end_that_starts_earliest_ends_the_frame() -> None:
    ends = FrameFormat("ends", [Sync("24"), Data("payload"), End(["0B 0C", "0A"])])
    check_inside(unhex("24 61 0A 24 0B 0C"), [("ends", 0, 3), ("ends", 3, 6)], ends)


def test_at_one_place_the_longest_end_counts() -> None:
    check_inside(unhex("24 61 0A 0B"), [("text", 0, 4)], TEXT)
    check_inside(unhex("24 61 0A 24 0A 0B"), [("text", 0, 3), ("text", 3, 6)], TEXT)


def test_an_end_that_can_still_grow_is_waited_for_and_complete_at_the_end() -> None:
    assert arrivals(unhex("24 61 0A"), TEXT) == [(4, ("text", 0, 3))]
    assert arrivals(unhex("24 61 0A F0"), TEXT) == [(4, ("text", 0, 3)), (5, ("noise", 3, 4))]
    assert arrivals(unhex("24 61 0A 0B"), TEXT) == [(4, ("text", 0, 4))]


def test_an_end_that_would_exceed_max_size_does_not_count() -> None:
    tight = FrameFormat("tight", TEXT.layout, max_size=3)
    assert arrivals(unhex("24 61 0A 0B"), tight) == [(3, ("tight", 0, 3)), (5, ("noise", 3, 4))]
    check(unhex("24 61 62 0A"), [("too_long", 0, 4, "tight@0 too_long")], tight)


def test_an_end_is_looked_for_outside_stuffing() -> None:
    layout = [Sync("10"), Field("id", "u8", min=4, max=15), Data("payload"), End("10 03")]
    dle = FrameFormat("dle", layout, transparency=Transparency("dle"))
    check_inside(unhex("10 05 10 10 03 10 03"), [("dle", 0, 7)], dle)
    assert dle.decode(unhex("10 05 10 10 03 10 03")).payload == unhex("10 03")


def test_an_end_at_a_known_place_is_only_a_constant() -> None:
    fixed = FrameFormat("fixed", [Sync("AA"), Field("x", "u8"), End("0A")])
    check_inside(unhex("AA 0A 0A"), [("fixed", 0, 3)], fixed)
    check(unhex("AA 0A 0B"), [("field", 0, 3, "fixed@0 field")], fixed)


def test_a_part_that_could_contain_the_searched_end_is_refused() -> None:
    with pytest.raises(SpecError, match="may contain"):
        FrameFormat("bad", [Sync("AA"), Field("x", "u8"), Data("payload"), End("0A")])
    FrameFormat("good", [Sync("AA"), Field("x", "u8", const=7), Data("payload"), End("0A")])


def test_parts_of_known_size_stand_just_before_the_end() -> None:
    line = FrameFormat(
        "line", [Sync("24"), Data("payload"), Field("star", "u8", const=0x2A), Checksum("ck", "hex2", "xor-8", "payload"), End("0A")]
    )
    raw = b"$a*b*%02X\n" % (ord("a") ^ ord("*") ^ ord("b"))
    check_inside(raw, [("line", 0, len(raw))], line)
    assert line.decode(raw).payload == b"a*b"
