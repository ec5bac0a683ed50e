"""What random cases have found, each by its name."""

from __future__ import annotations

import pytest

from framing import (
    Blocks,
    Checksum,
    Data,
    Decoder,
    End,
    Field,
    FrameFormat,
    Length,
    Lookup,
    SpecError,
    Sync,
    Transparency,
)
from rules import check, plain, unhex


def test_a_part_behind_open_data_may_be_missing_at_the_end(engine: str) -> None:
    """A short cut took a frame whose last, unconstrained part was cut off."""
    each = FrameFormat("cut", [Sync("24"), Data("payload"), End("0A"), Field("z", "u16le")], max_size=40)
    check(unhex("24 61 0A 07"), [("truncated", 0, 4, "cut@0 truncated")], each)
    assert Decoder(each).feed(unhex("24 61 0A 07")) == []


def test_open_data_with_a_tail_and_a_character_set_is_refused_with_the_deciding_byte(engine: str) -> None:
    each = FrameFormat(
        "tail", [Field("k", "u8"), Data("payload", charset="00-0F"), Checksum("ck", "u8", "sum-8", "payload", if_="k > 1"), End("03 03")]
    )
    decoder = Decoder(each, gap_limit=1)
    assert plain(decoder.feed(unhex("24 62 E7"))) == [("field", 0, 1, "tail@0 field")]


def test_the_extra_byte_is_looked_up_before_what_is_implied(engine: str) -> None:
    """The reference worked the implied value out first."""
    layout = [
        Field("n", "u8"),
        Checksum("ck", "u8", "sum-8", over=["n", {"value": 256, "type": "u8"}], extra=Lookup("n", "extra")),
    ]
    each = FrameFormat("x", layout, tables={"extra": {1: 1}})
    check(unhex("02 00 01 00"), [("length", 0, 4, "x@0 length", "x@1 length", "x@2 field", "x@3 truncated")], each)


def test_a_checksum_in_front_covers_one_behind() -> None:
    """The encoder filled in the covering one first."""
    each = FrameFormat(
        "front", [Sync("AA"), Checksum("all", "u8", "sum-8", "payload..own"), Data("payload", size=1), Checksum("own", "u8", "xor-8", "payload")]
    )
    assert each.decode(each.encode(b"\x05")).payload == b"\x05"


def test_an_end_read_with_the_room_that_the_prober_left(engine: str) -> None:
    """The reader took the longer alternative where max_size had excluded it."""
    each = FrameFormat("room", [Sync("AA"), Field("x", "u8"), End(["03", "03 03"], as_="e"), Field("z", "u8")], max_size=4)
    [frame] = Decoder(each).feed(unhex("AA 01 03 03"))
    assert dict(frame.fields) == {"x": 1, "e": b"\x03", "z": 3}  # type: ignore[union-attr]


def test_an_extra_byte_from_behind_the_checksum_is_refused() -> None:
    """The checksum is verified before the field is there that picks the extra byte: every frame is a FIELD reject."""
    layout = [Sync("AA"), Checksum("ck", "u8", "sum-8", "sync", extra=Lookup("k", "extra")), Field("k", "u8")]
    with pytest.raises(SpecError):
        FrameFormat("late", layout, tables={"extra": {1: 7}})


def test_open_data_in_a_stuffed_area_that_nothing_closes_is_refused() -> None:
    layout = [Sync("AA"), Data("payload"), Field("z", "u8", const=7), End("10 03")]
    with pytest.raises(SpecError):
        FrameFormat("open", layout, transparency=Transparency("dle", over="payload"))


def test_an_end_at_a_known_place_behind_a_stuffed_area_is_only_a_constant() -> None:
    each = FrameFormat(
        "min", [Sync("AA AA AA"), Length("n", "u8", of="payload"), Data("payload"), End("55")],
        transparency=Transparency("run", special="AA", escape=0x55, run=2, closes=False, over="n..payload"),
    )  # fmt: skip
    assert each.decode(each.encode(b"\x01\x55")).payload == b"\x01\x55"


def test_an_optional_part_must_be_valid_too(engine: str) -> None:
    """A short cut did not ask what `valid` says of a part that has an `if`."""
    each = FrameFormat("maybe", [Sync("AA"), Field("k", "u8"), Field("o", "u8", if_="k > 1", valid="o not in (1, 3)")])
    check(unhex("AA 02 02 AA 02 03 AA 00"), [("maybe", 0, 3), ("field", 3, 6, "maybe@3 field"), ("maybe", 6, 8)], each)


def test_the_digits_of_an_optional_part_are_looked_at(engine: str) -> None:
    """A short cut passed over optional BCD unseen; the frame was accepted, and its fields could not be read."""
    each = FrameFormat("bcd", [Sync("AA"), Field("k", "u8"), Field("o", "bcd2", if_="k")])
    check(unhex("AA 01 7E AA 01 19"), [("field", 0, 3, "bcd@0 field"), ("bcd", 3, 6)], each)


def test_what_stands_in_front_of_the_stuffed_span_is_not_stuffed() -> None:
    """A checksum of wire bytes that covers nothing stuffed was encoded with the byte that COBS makes of nothing."""
    sum_ = Checksum("ck", "u8", "xor-8", over="sync", wire=True)
    each = FrameFormat("x", [Sync("01 02"), Data("payload", size=1), sum_], transparency=Transparency("cobs"))
    assert each.decode(each.encode(b"a"))["ck"] == 3


def test_block_checksums_count_for_max_size(engine: str) -> None:
    """A short cut left them out, and so came to the header checksum before it saw that the frame is too long."""
    layout = [Sync("AA"), Length("n", "u8", of="payload"), Checksum("head", "u8", "sum-8", "n"), Data("payload", blocks=Blocks(1, "sum-8", "u8"))]
    each = FrameFormat("blocks", layout, max_size=7)
    check(unhex("AA 02 02 05 05 06 06"), [("blocks", 0, 7)], each)
    check(unhex("AA 03 00 05 05 06 06 07 07"), [("too_long", 0, 9, "blocks@0 too_long")], each)


def test_a_marker_that_the_end_has_cut_says_nothing_of_later_patterns(engine: str) -> None:
    """The reference kept in mind that a longer alternative of the opening marker was cut off by the end of the stream."""
    layout = [Sync(["03 01 03", "03"]), Sync("02"), Data("payload", size=1)]
    each = FrameFormat("cut", layout, transparency=Transparency("slip", closes=False))
    check(unhex("03 01"), [("marker", 0, 2, "cut@0 marker")], each)
    plain_ = FrameFormat("plain", [Sync(["03 01 03", "03"]), End("02"), Field("x", "u8")])
    check(unhex("03 01"), [("field", 0, 2, "plain@0 field")], plain_)


def test_an_optional_part_within_a_length_leaves_its_bytes_to_the_data() -> None:
    """The largest size was counted as if the optional part were always there: too small for blocks, which grow on the wire."""
    made = FrameFormat(
        "x",
        [
            Field("flag", "u8", max=1),
            Length("size", "u8", of="payload..more", max=3),
            Data("payload", blocks=Blocks(1, "sum-8", "u8")),
            Data("more", size=2, if_="flag"),
        ],
    )
    raw = made.encode(b"abc", flag=0)
    assert (len(raw), made.decode(raw).payload) == (8, b"abc")


@pytest.mark.parametrize("asked", ["a == 3", "a == 3 and b < 9"])
def test_a_condition_on_other_parts_waits_for_its_own(asked: str, engine: str) -> None:
    """The compiled engine forgot it where nothing else asks for the part's value."""
    each = FrameFormat("other", [Sync("AA"), Field("a", "u8"), Field("b", "u8", valid=asked)])
    check(unhex("AA 03 01 AA 04 01 AA 03 02"), [("other", 0, 3), ("field", 3, 6, "other@3 field"), ("other", 6, 9)], each)
    check(unhex("AA 04"), [("truncated", 0, 2, "other@0 truncated")], each)


def test_a_stuffed_area_behind_a_part_of_varying_size_is_read_where_it_begins() -> None:
    """The quick reader took the area to begin one byte earlier."""
    layout = [Sync("01"), Field("v", "uleb128"), Data("payload", size=2), Checksum("ck", "u8", "xor-8", "payload")]
    each = FrameFormat("late", layout, transparency=Transparency("cobs-r", over="payload..ck"))
    assert each.decode(each.encode(b"\x01\x02", v=2)).payload == b"\x01\x02"


def test_a_marker_that_the_end_of_the_stream_cuts_is_no_candidate(engine: str) -> None:
    """The compiled engine noted it as a frame cut short."""
    each = FrameFormat("one", [Sync("AA 55"), Field("a", "u8"), Length("n", "u8", of="payload"), Data("payload"), Checksum("ck", "u8", "xor-8", "payload")])
    check(unhex("01 AA"), [("noise", 0, 2)], each)
    check(unhex("01 AA 55"), [("truncated", 0, 3, "one@1 truncated")], each)


def test_the_choice_of_a_pattern_takes_no_bytes_behind_the_stuffed_span() -> None:
    """What was encoded did not decode: to rule out the longer end, a byte was unstuffed that was not there."""
    ends = ["01 03", "01 03 03"]
    with pytest.raises(SpecError, match="nothing tells where the stuffed bytes end"):
        FrameFormat("x", [End(ends)], transparency=Transparency("dle", escape=1))
    each = FrameFormat("x", [End(ends), Field("z", "u8")], transparency=Transparency("dle", escape=1))
    assert each.decode(each.encode(z=7)).raw == unhex("01 01 03 07")


def test_a_checksum_behind_the_stuffed_span_covers_what_is_unstuffed(engine: str) -> None:
    """A short cut summed bytes of the wire, from the start of its buffer: a frame with that sum was accepted (DF1, by fuzzing)."""
    layout = [Sync("10 02"), Data("payload"), End("10 03"), Checksum("ck", "u8", "sum-8", "payload")]
    each = FrameFormat("df", layout, transparency=Transparency("dle", over="payload"), max_size=40)
    check(unhex("10 02 10 10 04 10 03 14"), [("df", 0, 8)], each)
    check(unhex("10 02 10 10 04 10 03 24"), [("checksum", 0, 8, "df@0 checksum")], each)
