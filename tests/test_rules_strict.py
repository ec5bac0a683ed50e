"""Strict order, fill, and the end of a stream: each sentence of the rules with an example by hand."""

from __future__ import annotations

import pytest

from framing import Checksum, Data, Decoder, Field, FrameFormat, Length, Sync, Transparency
from rules import BARE, PAIR, SLIP, TEXT, TOY, arrivals, check, check_inside, plain, toy, unhex

pytestmark = pytest.mark.usefixtures("engine")

# --- strict order ----------------------------------------------------------------------------------------------------

SUMMED = FrameFormat("summed", [Sync("AA"), Data("payload", size=2), Checksum("sum", "u8", "sum-8", over="payload")])
PLAIN = FrameFormat("plain", [Sync("AA"), Field("x", "u8")])


def test_the_first_format_that_accepts_gets_the_offset() -> None:
    check_inside(unhex("AA 01 02 03"), [("summed", 0, 4)], SUMMED, PLAIN)
    check(unhex("AA 01 02 03"), [("plain", 0, 2), ("noise", 2, 4)], PLAIN, SUMMED)


def test_a_later_format_gets_it_only_when_all_earlier_ones_have_rejected_it() -> None:
    assert arrivals(unhex("AA 01 02 04"), SUMMED, PLAIN) == [(4, ("plain", 0, 2)), (5, ("noise", 2, 4))]
    check(unhex("AA 01"), [("plain", 0, 2)], SUMMED, PLAIN)


def test_rejects_where_a_frame_is_emitted_are_not_reported() -> None:
    check(unhex("11 AA 01 02 04"), [("noise", 0, 1), ("plain", 1, 3), ("noise", 3, 5)], SUMMED, PLAIN)


def test_decoding_goes_on_one_byte_behind_a_reject() -> None:
    """A false header claims bytes in which a frame stands."""
    data = unhex("AA 06") + toy(b"x") + unhex("00 00 00")
    check(data, [("checksum", 0, 2, "toy@0 checksum"), ("toy", 2, 6), ("noise", 6, 9)], TOY)


def test_a_frame_inside_a_broken_frame_is_found() -> None:
    outer = bytearray(toy(b"\x01" + toy(b"inside") + b"\x02"))
    outer[-1] ^= 1
    check(bytes(outer), [
        ("checksum", 0, 3, "toy@0 checksum"), ("toy", 3, 12), ("noise", 12, 14),
    ], TOY)  # fmt: skip


def test_a_frame_inside_an_intact_frame_belongs_to_it() -> None:
    raw = toy(toy(b"x") + toy(b"y"))
    check_inside(raw, [("toy", 0, len(raw))], TOY)


def test_nothing_is_emitted_before_the_offset_in_front_of_it_is_decided() -> None:
    data = unhex("AA 06") + toy(b"x")
    assert arrivals(data, TOY) == [
        (7, ("truncated", 0, 2, "toy@0 truncated")), (7, ("toy", 2, 6)),
    ]  # fmt: skip


def test_a_delimited_format_listed_first_holds_the_others_up() -> None:
    assert arrivals(toy(b"x") + b"\xc0", SLIP, TOY) == [(5, ("slip", 0, 5))]
    assert arrivals(toy(b"x") + b"\xc0", TOY, SLIP)[0] == (4, ("toy", 0, 4))


def test_rejects_of_all_formats_are_reported_in_their_order() -> None:
    check(unhex("AA 01 02 05"), [("field", 0, 4, "small@0 field", "summed@0 checksum")], SMALL, SUMMED)
    check(unhex("AA 01 02 05"), [("checksum", 0, 4, "summed@0 checksum", "small@0 field")], SUMMED, SMALL)


SMALL = FrameFormat("small", [Sync("AA"), Field("x", "u8", const=0)])

# --- fill ------------------------------------------------------------------------------------------------------------


def test_a_delimiter_that_closes_nothing_is_fill_where_its_format_may_start() -> None:
    check(unhex("C0 C0 C0 41 C0 C0"), [("fill", 0, 3), ("slip", 3, 5), ("fill", 5, 6)], SLIP)


def test_fill_directly_behind_a_frame_of_another_format() -> None:
    check(toy(b"x") + unhex("C0 41 C0"), [("toy", 0, 4), ("fill", 4, 5), ("slip", 5, 7)], TOY, SLIP)


def test_elsewhere_a_delimiter_is_part_of_the_gap() -> None:
    check(toy(b"x") + unhex("11 C0 C0"), [("toy", 0, 4), ("noise", 4, 6), ("fill", 6, 7)], TOY, SLIP)


def test_a_run_of_fill_is_a_gap_of_its_own() -> None:
    check(unhex("DB 00 C0 C0 C0 DB 00 C0"), [
        ("escape", 0, 3, "slip@0 escape"), ("fill", 3, 5), ("escape", 5, 8, "slip@5 escape"),
    ], SLIP)  # fmt: skip


def test_fill_is_fill_whatever_other_formats_rejected_there() -> None:
    flag = FrameFormat("flag", [Sync("C0"), Field("x", "u8", const=1)])
    check(unhex("C0 C0 41 C0"), [("fill", 0, 2, "flag@0 field", "flag@1 field"), ("slip", 2, 4)], flag, SLIP)
    check(unhex("C0 01 41 C0"), [("flag", 0, 2), ("truncated", 2, 4, "flag@3 truncated")], flag, SLIP)


def test_a_delimiter_directly_behind_a_frame_is_fill_though_others_reject_there() -> None:
    flag = FrameFormat("flag", [Sync("C0"), Field("x", "u8", const=1)])
    check(toy(b"x") + unhex("C0 02 C0"), [
        ("toy", 0, 4), ("fill", 4, 5, "flag@4 field"), ("slip", 5, 7),
    ], TOY, flag, SLIP)  # fmt: skip


def test_fill_is_no_reject() -> None:
    decoder = Decoder(SLIP)
    [gap] = decoder.feed(unhex("C0 C0")) + decoder.close()
    assert (gap.reason, gap.rejects, gap.rejected) == ("fill", (), 0)


def test_where_one_format_sees_fill_another_may_see_a_frame() -> None:
    cobs = FrameFormat("cobs", [Data("payload")], transparency=Transparency("cobs"))
    check(unhex("00 00 02 41 00"), [("fill", 0, 2), ("cobs", 2, 5)], cobs)
    check(unhex("00 C0 00"), [("slip", 0, 2), ("fill", 2, 3, "slip@2 truncated")], cobs, SLIP)


# --- the end of the stream -------------------------------------------------------------------------------------------


def test_what_still_lacks_bytes_is_truncated_and_frames_behind_it_come_out() -> None:
    data = unhex("AA 40") + toy(b"x") + unhex("AA 20") + toy(b"y")
    check(data, [
        ("truncated", 0, 2, "toy@0 truncated"), ("toy", 2, 6),
        ("truncated", 6, 8, "toy@6 truncated"), ("toy", 8, 12),
    ], TOY)  # fmt: skip


def test_a_marker_that_has_only_begun_is_no_candidate_at_the_end() -> None:
    long = FrameFormat("long", [Sync("AA BB"), Field("x", "u8")])
    check(unhex("11 AA"), [("noise", 0, 2)], long)
    check(unhex("11 AA BB"), [("truncated", 0, 3, "long@1 truncated")], long)


def test_a_delimited_frame_without_its_delimiter_is_truncated() -> None:
    check(unhex("C0 41 42"), [("fill", 0, 1), ("truncated", 1, 3, "slip@1 truncated")], SLIP)


def test_idle_flushes_the_gap_and_offsets_go_on() -> None:
    decoder = Decoder(TOY)
    assert plain(decoder.feed(b"\x11\x22")) == []
    assert plain(decoder.idle()) == [("noise", 0, 2)]
    assert plain(decoder.feed(b"\x33" + toy(b"x"))) == [("noise", 2, 3), ("toy", 3, 7)]
    assert decoder.idle() == []
    assert decoder.idle() == []


def test_idle_ends_what_was_begun() -> None:
    decoder = Decoder(TOY, TEXT)
    assert decoder.feed(toy(b"hello")[:4]) == []
    assert plain(decoder.idle()) == [("truncated", 0, 4, "toy@0 truncated")]
    assert plain(decoder.feed(toy(b"x") + b"$a\n")) == [("toy", 4, 8)]
    assert plain(decoder.idle()) == [("text", 8, 11)]
    assert plain(decoder.feed(toy(b""))) == [("toy", 11, 14)]
    assert decoder.close() == []


def test_a_lone_delimiter_behind_an_idle_is_fill() -> None:
    decoder = Decoder(TOY, SLIP)
    decoder.feed(b"\x11\x22")
    assert plain(decoder.idle()) == [("truncated", 0, 2, "slip@0 truncated")]
    assert decoder.feed(b"\xc0") == []
    assert plain(decoder.close()) == [("fill", 2, 3)]


def test_feeding_nothing_does_nothing() -> None:
    decoder = Decoder(TOY, SLIP)
    assert decoder.feed(b"") == []
    assert plain(decoder.feed(b"A")) == []
    assert decoder.feed(b"") == []
    assert plain(decoder.feed(b"\xc0")) == [("slip", 0, 2)]
    assert decoder.stats.bytes_in == 2


def test_nothing_can_be_fed_behind_the_end() -> None:
    decoder = Decoder(TOY)
    assert decoder.close() == []
    assert decoder.close() == []
    with pytest.raises(ValueError, match="close"):
        decoder.feed(b"x")
    with pytest.raises(ValueError, match="close"):
        decoder.feed(b"")
    with pytest.raises(ValueError, match="close"):
        decoder.idle()


def test_a_length_may_be_broken_in_every_frame() -> None:
    data = (unhex("AA 30") + toy(b"abc")) * 3
    came = arrivals(data, TOY)
    assert [event for _, event in came if event[0] == "toy"] == [("toy", 2, 8), ("toy", 10, 16), ("toy", 18, 24)]
    assert {at for at, _ in came} == {25}


def test_formats_of_one_stream_alternate() -> None:
    data = toy(b"x") + b"\xcc\x01" + b"$text\n\x0b" + b"\xbb\x01\x00" + toy(b"")
    check_inside(data, [("toy", 0, 4), ("pair", 4, 6), ("text", 6, 13), ("bare", 13, 16), ("toy", 16, 19)], TOY, PAIR, TEXT, BARE)


def test_length_of_the_whole_frame_counts_marker_and_trailer() -> None:
    whole = FrameFormat("whole", [Sync("AA"), Length("n", "u8", of="frame"), Data("payload"), Checksum("s", "u8", "sum-8", "payload")])
    check_inside(unhex("AA 05 01 02 03"), [("whole", 0, 5)], whole)
    check(unhex("AA 02 01"), [("length", 0, 3, "whole@0 length")], whole)
