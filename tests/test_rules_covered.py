"""What checksums cover beyond one run of unstuffed parts: several things in any order, implied values, bytes as they are stuffed."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import pytest

from framing import (
    Bits,
    BitsChecksum,
    Checksum,
    Data,
    Decoder,
    EncodeError,
    End,
    Field,
    Frame,
    FrameError,
    FrameFormat,
    Length,
    Lookup,
    SpecError,
    Sync,
    Transparency,
)
from framing.checksums import algorithm
from framing.model.checks import Implied
from rules import check, unhex

pytestmark = pytest.mark.usefixtures("engine")

# The type stands behind the length on the wire, but in front of it in the sum; an address goes in that is not sent.
ORDERED = FrameFormat(
    "ordered",
    [
        Sync("AA"),
        Length("n", "u8", of="payload"),
        Field("type", "u8"),
        Data("payload"),
        Checksum("sum", "u16be", {"sum": 16, "word": "u16be"}, over=[{"value": 0x0102, "type": "u16be"}, "type", "payload", "n"]),
    ],
)


def test_spans_come_in_the_order_given() -> None:
    raw = ORDERED.encode(unhex("05 06"), type=7)
    # words 0102, 0705, 0602
    assert raw == unhex("AA 02 07 05 06 0E 09")
    check(raw + unhex("AA 00 01 02 03"), [("ordered", 0, 7), ("checksum", 7, 12, "ordered@7 checksum")], ORDERED)


def test_a_pseudo_header_of_computed_values() -> None:
    """As UDP has it: the length once more, wider than it is sent."""
    each = FrameFormat(
        "pseudo",
        [Sync("AA"), Length("n", "u8", of="payload"), Checksum("ck", "u32le", "CRC-32", over=[Implied("len(payload) + n", "u32be"), "payload"]), Data("payload")],
    )
    raw = each.encode(b"hey")
    assert raw == b"\xaa\x03" + crc32(b"\0\0\0\x06hey").to_bytes(4, "little") + b"hey"
    check(raw, [("pseudo", 0, 9)], each)


def test_an_implied_value_that_does_not_fit_rejects() -> None:
    each = FrameFormat("wide", [Sync("AA"), Field("a", "u8"), Checksum("ck", "u8", "sum-8", over=["a", Implied("a + 250", "u8")])])
    check(unhex("AA 05 04 AA 06 06"), [("wide", 0, 3), ("field", 3, 6, "wide@3 field")], each)
    with pytest.raises(EncodeError, match=r"ck: a \+ 250: 256 is out of range"):
        each.encode(a=6)


def test_its_own_bytes_count_as_zero_in_each_span() -> None:
    each = FrameFormat("own", [Sync("AA"), Field("a", "u8"), Checksum("ck", "u8", "sum-8", over=["frame", "a..ck"])])
    assert each.encode(a=3) == unhex("AA 03 B0")
    check(unhex("AA 03 B0"), [("own", 0, 3)], each)


def test_an_extra_byte_stands_behind_all() -> None:
    each = FrameFormat(
        "extra", [Sync("AA"), Field("a", "u8"), Field("b", "u8"), Checksum("ck", "u8", {"xor": 8, "turn": 1}, over=["b", "a"], extra=Lookup("a", "t"))],
        tables={"t": {1: 0x10}},
    )  # fmt: skip
    # turned before each byte: b = 02, then 04 ^ 01 = 05, then 0A ^ 10 = 1A
    check(unhex("AA 01 02 1A"), [("extra", 0, 4)], each)
    check(unhex("AA 02 02 1A"), [("length", 0, 4, "extra@0 length")], each)


STUFFED = FrameFormat(
    "stuffed",
    [Sync("AA"), Field("id", "u8"), Data("payload"), Checksum("sum", "u8", "sum-8", over="sync..payload", wire=True)],
    transparency=Transparency("hdlc", closes=True),
)


def test_bytes_as_they_stand_on_the_wire() -> None:
    raw = STUFFED.encode(unhex("7E 01"), id=0x7D)
    # AA, 7D 5D, 7D 5E, 01 and their sum 60
    assert raw == unhex("AA 7D 5D 7D 5E 01 60 7E")
    check(raw, [("stuffed", 0, 8)], STUFFED)
    assert STUFFED.decode(raw).payload == unhex("7E 01")


def test_escapes_that_need_not_be_count_as_they_are_sent() -> None:
    """01 sent as 7D 21; HDLC may escape any byte."""
    raw = unhex("AA 07 7D 21 4F 7E")
    check(raw, [("stuffed", 0, 6)], STUFFED)
    assert STUFFED.decode(raw).payload == b"\x01"


def test_a_checksum_behind_the_stuffed_span() -> None:
    each = FrameFormat(
        "behind",
        [Sync("AA"), Length("n", "u8", of="payload"), Data("payload"), Checksum("sum", "u8", "sum-8", over="payload", wire=True)],
        transparency=Transparency("slip", over="n..payload", closes=False),
    )
    raw = each.encode(unhex("C0 02"))
    assert raw == unhex("AA 02 DB DC 02 B9")
    check(raw, [("behind", 0, 6)], each)


def test_a_stuffed_span_as_a_whole_and_what_stands_behind_it() -> None:
    """As SML has it: 1B 1B 1B 1B in the payload twice, and the sum over marker, stuffed payload, end and number of fill bytes."""
    each = FrameFormat(
        "sml",
        [Sync("1B 1B 01"), Data("payload"), End("1B 1B 1A"), Field("fill", "u8"), Checksum("sum", "u8", "sum-8", over="sync..fill", wire=True)],
        transparency=Transparency("doubled", escape="1B 1B", over="payload"),
    )
    raw = each.encode(unhex("1B 1B 1A 1B"), fill=0)
    assert raw == unhex("1B 1B 01 1B 1B 1B 1B 1A 1B 1B 1B 1A 00") + bytes([sum(unhex("1B 1B 01 1B 1B 1B 1B 1A 1B 1B 1B 1A")) & 0xFF])
    check(raw, [("sml", 0, 14)], each)
    assert each.decode(raw).payload == unhex("1B 1B 1A 1B")
    check(raw[:-1] + b"\0", [("checksum", 0, 14, "sml@0 checksum")], each)
    # What is escaped once only: the end of another frame, and a marker.
    check(unhex("1B 1B 01 41 1B 1B 02"), [("escape", 0, 7, "sml@0 escape")], each)
    assert not Decoder(each).fallbacks


def test_an_inserted_byte_at_the_end_of_the_span_is_covered() -> None:
    each = FrameFormat(
        "run",
        [Sync("FF FD 00"), Length("n", "u8", of="payload"), Data("payload"), Checksum("sum", "u8", "xor-8", over="payload", wire=True)],
        transparency=Transparency("run", special="FF FD", run=1, escape=0xFD, over="payload", closes=False),
    )
    raw = each.encode(unhex("01 FF FD"))
    assert raw == unhex("FF FD 00 03 01 FF FD FD FE")
    check(raw, [("run", 0, 9)], each)
    check(unhex("FF FD 00 03 01 FF FD 00"), [("marker", 0, 8, "run@0 marker", "run@5 truncated")], each)


NIBBLES = FrameFormat(
    "nibbles",
    [Bits(["a:4:10", "low:4"], "u8"), Bits(["b:4:5", "high:4"], "u8"), Data("payload", size=2), BitsChecksum("ck", in_=["high", "low"], algorithm="xor-8", over="payload")],
)  # fmt: skip
HEADER = FrameFormat(
    "header",
    [
        Sync("73"),
        Bits(["kind:6", "n:6", "crc:4"], "u16le", length="n", of="payload"),
        BitsChecksum("crc", in_="crc", algorithm={"width": 4, "poly": 3}, over="kind..n"),
        Data("payload"),
        Checksum("sum", "u8", "sum-8", over="sync..payload"),
    ],
)


def test_a_checksum_split_over_two_members_of_bits() -> None:
    raw = NIBBLES.encode(unhex("12 34"))
    assert raw == unhex("A6 52 12 34")
    check(raw + raw, [("nibbles", 0, 4), ("nibbles", 4, 8)], NIBBLES)
    assert dict(NIBBLES.decode(raw).fields) == {"a": 10, "low": 6, "b": 5, "high": 2}
    assert NIBBLES.encode(unhex("12 34"), low=1, high=1) == raw  # computed anew
    with pytest.raises(FrameError, match="checksum at offset 3"):
        NIBBLES.decode(unhex("A2 56 12 34"))
    assert (NIBBLES.plan.fixed_size, dict(Decoder(NIBBLES).fallbacks)) == (4, {})


def test_a_checksum_in_the_bits_that_it_covers() -> None:
    raw = HEADER.encode(b"hi", kind=9)
    word = int.from_bytes(raw[1:3], "little")
    assert word >> 4 == 9 << 6 | 2
    assert word & 15 == algorithm({"width": 4, "poly": 3}).compute((word & 0xFFF0).to_bytes(2, "little"))
    assert raw[-1] == sum(raw[:-1]) & 0xFF  # another checksum takes them as they are
    check(raw, [("header", 0, 6)], HEADER)
    damaged = raw[:1] + bytes([raw[1] ^ 1]) + raw[2:]
    check(damaged[:3], [("checksum", 0, 3, "header@0 checksum")], HEADER)  # before the payload is there
    assert not Decoder(HEADER).fallbacks
    assert HEADER.construct().parse(raw).payload == b"hi"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"in_": "x"}, r"layout\[3\].in\[0\]: 'x' is no member of earlier bits"),
        ({"in_": "a"}, "'a' is no member of earlier bits"),
        ({"in_": "later"}, "'later' is no member of earlier bits"),
        ({"in_": "fixed"}, "'fixed' cannot hold a checksum"),
        ({"in_": "used"}, "'used' cannot hold a checksum"),
        ({"in_": ["free", "free"]}, "'free' cannot hold a checksum"),
        ({"in_": "free"}, "3 bits for the 4 of"),
        ({"in_": "free", "if_": "a"}, "a checksum in bits is always there"),
        ({"in_": "free", "wire": True}, "a checksum in bits is always there"),
    ],
)
def test_bits_that_cannot_hold_a_checksum(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        layout = [Field("a", "u8"), Bits(["fixed:2:1", "used:3", "free:3"], "u8"), Data("d", size="used")]
        half = BitsChecksum("ck", algorithm={"width": 4, "poly": 3}, over="a", **keys)
        FrameFormat("x", [*layout, half, Bits(["later:8"], "u8")])


COUNTED = FrameFormat(
    "counted",
    [Sync("FF FD 00"), Length("n", "u8", of="id..sum", wire=True), Field("id", "u8"), Data("payload"), Checksum("sum", "u8", "xor-8", over="id..payload", wire=True)],
    transparency=Transparency("run", special="FF FD", run=1, escape=0xFD, over="id..payload", closes=False),
)  # fmt: skip


def test_a_length_counts_what_is_stuffed_in() -> None:
    raw = COUNTED.encode(unhex("FF FD"), id=1)
    assert raw == unhex("FF FD 00 05 01 FF FD FD FE")
    check(raw + raw, [("counted", 0, 9), ("counted", 9, 18)], COUNTED)
    assert (COUNTED.decode(raw).payload, COUNTED.decode(raw)["n"]) == (unhex("FF FD"), 5)
    assert (COUNTED.min_size, COUNTED.max_size) == (6, 259)
    assert not Decoder(COUNTED).fallbacks
    assert COUNTED.construct().parse(unhex("FF FD 00 05 01 FF FD FE")).payload == unhex("FF FD")
    with pytest.raises(EncodeError, match="n: 256 bytes do not fit"):
        COUNTED.encode(unhex("FF FD") * 84 + b"\0\0", id=1)


def test_a_length_on_the_wire_that_does_not_agree() -> None:
    check(unhex("FF FD 00 01 01"), [("length", 0, 5, "counted@0 length")], COUNTED)  # no room for the id
    check(unhex("FF FD 00 04 01 FF FD FE"), [("escape", 0, 8, "counted@0 escape")], COUNTED)  # the area ends where a byte is due
    check(unhex("FF FD 00 06 01 FF FD FD"), [("truncated", 0, 8, "counted@0 truncated")], COUNTED)
    fixed = FrameFormat(
        "fixed", [Sync("AA"), Length("n", "u8", of="payload", wire=True), Data("payload", size=2), Field("z", "u8")],
        transparency=Transparency("doubled", escape=1, over="payload"),
    )  # fmt: skip
    assert fixed.encode(unhex("01 02"), z=7) == unhex("AA 03 01 01 02 07")
    check(unhex("AA 03 01 01 02 07"), [("fixed", 0, 6)], fixed)
    check(unhex("AA 02 01 01 07"), [("truncated", 0, 5, "fixed@0 truncated")], fixed)  # one byte of data where two are wanted
    check(unhex("AA 03 02 03 04 07"), [("field", 0, 6, "fixed@0 field")], fixed)  # and three


@pytest.mark.parametrize(
    ("more", "stuffed", "message"),
    [
        ({}, None, "nothing is stuffed here"),
        ({}, {"kind": "slip", "over": "payload..ck"}, "the delimiter ends the stuffed span"),
        ({"of": "payload"}, {"kind": "doubled", "escape": 1, "over": "payload..other"}, "does not tell where the stuffed span ends"),
        ({"if_": "1"}, {"kind": "doubled", "escape": 1, "over": "payload"}, "does not tell where the stuffed span ends"),
        ({}, {"kind": "doubled", "escape": 1, "over": "n..payload"}, "does not tell where the stuffed span ends"),
        ({}, {"kind": "doubled", "escape": 1, "over": "payload..ck"}, "how many bytes a checksum takes when stuffed is known too late"),
    ],
)
def test_lengths_on_the_wire_that_are_refused(more: dict[str, Any], stuffed: Any, message: str) -> None:
    length = Length("n", "u8", **{"of": "payload..ck", "wire": True, **more})
    with pytest.raises(SpecError, match=message):
        FrameFormat("x", [Sync("AA"), length, Data("payload"), Field("other", "u8"), Checksum("ck", "u8", "sum-8", over="payload")], transparency=stuffed)


def test_what_the_compiled_engine_leaves_to_the_prober(native_engine: None) -> None:
    assert dict(Decoder(ORDERED).fallbacks) == {"ordered": "what sum covers"}
    turned = FrameFormat("turned", [Sync("AA"), Field("a", "u8"), Checksum("ck", "u8", {"xor": 8, "turn": 2}, over="a")])
    assert dict(Decoder(turned).fallbacks) == {"turned": "the checksum { xor = 8, turn = 0x2 }"}
    masked = FrameFormat("masked", [Sync("AA"), Field("a", "u8"), Checksum("ck", "u32le", {"name": "CRC-32/ISCSI", "rotate": 15, "add": 1}, over="a")])
    assert not Decoder(masked).fallbacks
    assert [type(event) for event in Decoder(masked).feed(masked.encode(a=9))] == [Frame]


PARTS = [Sync("AA"), Field("a", "u8"), Bits(["b:4", "c:4"], "u8")]


@pytest.mark.parametrize(
    ("layout", "more", "message"),
    [
        ([*PARTS, Checksum("ck", "u8", "sum-8", over=[Implied(1, "u8")])], {}, "only implied values are covered"),
        ([*PARTS, Checksum("ck", "u8", "sum-8", over=["ck"])], {}, "covers only itself"),
        ([*PARTS, Checksum("ck", "u8", "sum-8", over=["a", "x"])], {}, r"layout\[3\].over\[1\]: unknown part 'x'"),
        ([*PARTS, Checksum("ck", "u8", "sum-8", over=["a", Implied("later", "u8")]), Field("later", "u8")], {}, "not known before"),
        ([*PARTS, Checksum("one", "u8", "sum-8", over="a"), Checksum("ck", "u8", "sum-8", over=["a", Implied("one", "u8")])], {}, "'one' is a checksum"),
        ([*PARTS, Checksum("ck", "u8", "sum-8", over="a", wire=True)], {}, "nothing is stuffed here"),
        ([*PARTS, Checksum("ck", "u8", "sum-8", over="a", wire=True)], {"transparency": {"kind": "cobs"}}, "with cobs"),
        ([*PARTS, Checksum("ck", "u8", "sum-8", over="a..ck", wire=True)], {"transparency": {"kind": "slip"}}, "cannot be covered"),
    ],
)
def test_what_cannot_be_covered_is_refused(layout: list[object], more: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        FrameFormat("x", layout, **more)  # type: ignore[arg-type]
