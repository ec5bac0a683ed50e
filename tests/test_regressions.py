"""What random cases have found, each by its name."""

from __future__ import annotations

import pytest

from framing import Checksum, Data, Decoder, End, Field, FrameFormat, Length, Lookup, SpecError, Sync, Transparency
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
