"""`framing.lowering.ordinary`: which layouts are ordinary, and that the short cut made of one decides as the reference does."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import framing
import generate
import laws
from framing import (
    Bits,
    Blocks,
    Checksum,
    Data,
    Decoder,
    End,
    Field,
    FrameFormat,
    Length,
    Lookup,
    Sync,
    compiled,
    reference,
)
from framing.lowering.ordinary import Limit, Number, Option, Shape, Word, ordinary, words
from rules import PAIR, SLIP, TEXT, TOY, plain

MARK = Sync("AA")
SIZE = Length("n", "u8", of="payload", max=20)
PAYLOAD = Data("payload")
SUM = Checksum("ck", "u8", "sum-8", over="n..payload")


def shape(*layout: Any, **more: Any) -> Shape | None:
    return ordinary(FrameFormat("x", list(layout), **more).plan)


def the(*layout: Any, **more: Any) -> Shape:
    found = shape(*layout, **more)
    assert found is not None
    return found


# --- shapes ----------------------------------------------------------------------------------------------------------


def test_marker_length_data_checksum() -> None:
    found = ordinary(TOY.plan)
    assert found is not None
    assert (found.marker, found.header, found.tail, found.unit, found.constant) == (b"\xaa", 2, 1, 1, 0)
    assert found.length == Number((0, 1), 1, 2)
    (one,) = found.sums
    assert (one.begin, one.end, one.stated, one.by) == (1, (1, 0), Number((1, 0), 1, 2), None)


def test_a_length_that_counts_other_parts_too() -> None:
    found = the(MARK, Length("n", "u16le", of="n..z", unit=2, bias=1), PAYLOAD, Field("z", "u8"), max_size=100)
    assert (found.unit, found.constant, found.header, found.tail) == (2, 1 - 2 - 1, 3, 1)
    limited = the(MARK, Length("n", "u8", of="payload", min=2, max=9), PAYLOAD)
    assert limited.limits == [Limit(Number((0, 1), 1, 2), 2, 9)]


def test_a_frame_of_fixed_size_is_all_header() -> None:
    found = ordinary(PAIR.plan)
    assert found is not None
    assert (found.header, found.tail, found.length, found.open) == (2, 0, None, False)
    assert found.limits == [Limit(Number((0, 1), 1, 2), 1, 1)]


def test_open_data_ends_at_a_byte_or_a_delimiter() -> None:
    line = the(Sync(["24", "21"]), Data("payload", charset="20-7E"), End("2A"), Checksum("ck", "hex2", "xor-8", over="payload"), End(["0D 0A", "0A"]))
    assert (line.marker, line.open, line.stop, line.ends) == (b"$", True, 0x2A, (b"\r\n", b"\n"))
    assert line.charset == bytes(range(0x20, 0x7F))
    assert line.sums[0].stated == Number((1, 1), 2, 4)
    slip = ordinary(SLIP.plan)
    assert slip is not None
    assert (slip.marker, slip.open, slip.stop, slip.stuffed) == (b"", True, -1, True)


def test_members_of_bits_are_shifted_and_masked() -> None:
    found = the(MARK, Bits(["v:4:5", "n:12"], "u16be", length="n", of="payload"), PAYLOAD)
    assert found.length == Number((0, 1), 2, 2, 0, 0xFFF)
    assert found.limits == [Limit(Number((0, 1), 2, 2, 12, 0xF), 5, 5)]


def test_what_is_always_the_same_in_a_header_makes_words_of_8_bytes() -> None:
    found = the(
        Sync("AA 55"),
        Field("flags", "u8", allowed=[0, 1]),
        Field("version", "u16be", const=0x0203),
        Field("any", "u8"),
        Field("kind", "u8", min=4, max=7),
        Field("count", "u8", min=3, max=9),
        Field("far", "u32le", const=0x0A0B0C0D),
        SIZE,
        PAYLOAD,
    )
    count = Limit(Number((0, 7), 1, 2), 3, 9)
    size = Limit(Number((0, 12), 1, 2), 0, 20)
    assert words(found) == (
        [Word(1, 0xFF_00_FC_00_FF_FF_FE_FF, 0x0D_00_04_00_03_02_00_55), Word(9, 0xFF_FF_FF, 0x0A_0B_0C)],
        [count, size],
    )


def test_limits_that_contradict_each_other_stay_limits() -> None:
    found = the(Sync("AA"), Field("a", "u8", const=5), SIZE, PAYLOAD)
    no = Limit(found.limits[0].number, 6, 6)
    found.limits.append(no)
    assert words(found) == ([Word(1, 0xFF, 5)], [Limit(Number((0, 2), 1, 2), 0, 20), no])


def test_options_at_the_end() -> None:
    found = the(MARK, Field("flags", "u8"), SIZE, PAYLOAD, Field("a", "u32le", if_="flags & 1"), Data("b", size=2, if_="flags & 1"), Data("c", size=3, if_="flags"))
    flags = Number((0, 1), 1, 2)
    assert found.options == [Option(Number((0, 1), 1, 2, mask=1), 6), Option(flags, 3)]


def test_a_table_gives_the_checksum_one_more_byte() -> None:
    (v1, _) = framing.load("mavlink")
    found = ordinary(v1.plan)
    assert found is not None
    assert found.sums[0].by == Number((0, 5), 1, 2)
    assert found.sums[0].table[0] == 50


OTHERS: dict[str, list[Any]] = {
    "long markers to choose from": [Sync(["AA BB", "AA CC"]), SIZE, PAYLOAD],
    "a marker with wrong bits": [Sync("AA BB", errors=1), SIZE, PAYLOAD],
    "no marker": [Field("a", "u8", const=1), SIZE, PAYLOAD],
    "a condition between values": [MARK, Field("a", "u8"), Field("b", "u8", equals="a"), SIZE, PAYLOAD],
    "valid": [MARK, Field("a", "u8", valid="a != 2"), SIZE, PAYLOAD],
    "values with holes": [MARK, Field("a", "u8", allowed=[1, 3]), SIZE, PAYLOAD],
    "an option in front of the data": [MARK, Field("a", "u8"), Field("b", "u8", if_="a"), SIZE, PAYLOAD],
    "an option that is not a bit test": [MARK, Field("a", "u8"), SIZE, PAYLOAD, Field("b", "u8", if_="a > 1")],
    "an option with limits": [MARK, Field("a", "u8"), SIZE, PAYLOAD, Field("b", "u8", if_="a", max=3)],
    "two lots of data": [MARK, SIZE, Length("m", "u8", of="more"), PAYLOAD, Data("more")],
    "data in blocks": [MARK, SIZE, Data("payload", blocks=Blocks(2, "sum-8", "u8"))],
    "sized data with a character set": [MARK, SIZE, Data("payload", charset="00-0F")],
    "a checksum that covers itself": [MARK, SIZE, PAYLOAD, Checksum("ck", "u8", "sum-8", over="frame")],
    "a size from a table": [MARK, Field("a", "u8"), Data("payload", size=Lookup("a", "t"))],
    "a wide constant": [MARK, Field("a", "u64le", const=1), SIZE, PAYLOAD],
    "ends of several bytes": [MARK, PAYLOAD, End("0D 0A")],
    "a uleb128": [MARK, Length("n", "uleb128", of="payload"), PAYLOAD],
}


@pytest.mark.parametrize("layout", OTHERS.values(), ids=OTHERS)
def test_what_is_not_ordinary(layout: list[Any]) -> None:
    assert shape(*layout, max_size=50, tables={"t": {1: 1}}) is None


def test_neither_are_stuffed_areas_behind_a_marker_nor_ends_that_begin_each_other() -> None:
    assert shape(MARK, PAYLOAD, transparency={"kind": "slip"}) is None
    assert ordinary(TEXT.plan) is None


# --- decisions -------------------------------------------------------------------------------------------------------

ORDINARY: dict[str, tuple[FrameFormat, list[bytes]]] = {
    "toy": (TOY, [TOY.encode(b"hi"), TOY.encode(b"")]),
    "fixed": (PAIR, [PAIR.encode(one=1)]),
    "limits": (
        FrameFormat("x", [MARK, Field("a", "i8", min=-3, max=5), SIZE, PAYLOAD, Checksum("ck", "u16be", "CRC-16/XMODEM", over="a..payload"), Sync("0D 0A")]),
        [b"\xaa\xfd\x00\xd5\xe8\r\n"],
    ),
    "options": (
        FrameFormat("x", [MARK, Field("flags", "u8", max=3), SIZE, PAYLOAD, SUM, Field("a", "u16le", if_="flags & 1"), Data("b", size=1, if_="flags & 2")]),
        [bytes.fromhex("AA 00 01 41 42"), bytes.fromhex("AA 01 01 41 42 07 08"), bytes.fromhex("AA 03 00 00 01 02 AA")],
    ),
    "lines": (
        FrameFormat("x", [Sync(["24", "21"]), Data("payload", charset="20-7E"), End("2A"), Checksum("ck", "hex2", "xor-8", over="payload"), End(["0D 0A", "0A"])], max_size=12),
        [b"$AB*03\r\n", b"!A*41\n", b"$*00\r\n"],
    ),
    "bits": (
        FrameFormat("x", [MARK, Bits(["v:4:5", "n:4"], "u8", length="n", of="payload", unit=2, bias=-1), PAYLOAD, Checksum("ck", "u24be", "CRC-24/LTE-A", over="payload")]),
        [],
    ),
    "table": (
        FrameFormat("x", [MARK, Field("id", "u8"), SIZE, PAYLOAD, Checksum("ck", "u8", "sum-8", over="id..payload", extra=Lookup("id", "t"))], tables={"t": {1: 7, 2: 250, 3: 300}}),
        [bytes.fromhex("AA 01 01 41 4A"), bytes.fromhex("AA 02 00 FC"), bytes.fromhex("AA 03 00 03")],
    ),
    "cobs": (
        FrameFormat("x", [PAYLOAD, Checksum("ck", "u8", "xor-8", over="payload")], transparency={"kind": "cobs"}, max_size=14),
        [bytes.fromhex("03 41 41 00"), bytes.fromhex("01 02 07 02 07 00")],
    ),
    "slip": (FrameFormat("x", [Field("a", "u8", max=9), PAYLOAD], transparency={"kind": "slip"}, max_size=9), [b"\x05\xdb\xdc\xc0", b"\x01\xc0"]),
}  # fmt: skip


def around(frame: bytes) -> list[bytes]:
    """The frame, cut at every place, and with each byte changed a little."""
    changed = [frame[:at] + bytes([(frame[at] + step) % 256]) + frame[at + 1 :] for at in range(len(frame)) for step in (-1, 1, 2, 0x80)]
    return [frame, *(frame[:at] for at in range(1, len(frame))), *changed]


@pytest.mark.parametrize("name", ORDINARY)
def test_the_short_cut_decides_as_the_reference(name: str, native_engine: None) -> None:
    made, frames = ORDINARY[name]
    assert ordinary(made.plan) is not None
    frames = frames or [made.encode(bytes(range(5)))]
    for frame in frames:
        for one in around(frame):
            for stream in (one, one + frames[0] * 2, frames[-1] + one + frames[0]):
                decoder = Decoder(made, gap_limit=50)
                assert decoder.feed(stream) == reference.decode(stream, [made], gap_limit=50, closed=False), stream.hex(" ")
                assert decoder.engine == "native"


def test_a_stuffed_frame_of_no_bytes_is_no_short_one(native_engine: None) -> None:
    """01 00 is the COBS frame without a byte: it has no room for a length."""
    made = FrameFormat("x", [SIZE, PAYLOAD], transparency={"kind": "cobs"})
    assert plain(framing.decode(b"\x01\x00\x02\x00\x00", made)) == [
        ("truncated", 0, 4, "x@0 truncated", "x@2 escape"), ("fill", 4, 5),
    ]  # fmt: skip


def test_an_end_pattern_is_verified_wherever_it_stands(native_engine: None) -> None:
    made = FrameFormat("x", [End("0A")], transparency={"kind": "hdlc"}, max_size=3)
    assert plain(framing.decode(b"\x0b\x7e\x0a\x7e", made)) == [("field", 0, 2, "x@0 field"), ("x", 2, 4)]


def test_digits_that_are_none_are_no_wrong_checksum(native_engine: None) -> None:
    made, _ = ORDINARY["lines"]
    assert plain(framing.decode(b"$A*4G\n$A*40\n", made)) == [("field", 0, 12, "x@0 field", "x@6 checksum")]


@pytest.mark.parametrize("name", ORDINARY)
def test_two_formats_that_begin_alike_are_both_asked(name: str, native_engine: None) -> None:
    made, frames = ORDINARY[name]
    other = FrameFormat("other", [Sync([f"{byte:02X}" for byte in range(256)]), Field("a", "u8", max=0x50)])
    for stream in around(b"".join(frames)):
        for formats in ([made, other], [other, made]):
            assert Decoder(*formats).feed(stream) == reference.decode(stream, formats, closed=False)


@settings(max_examples=settings().max_examples)
@given(st.integers(0, 1_000_000))
def test_random_ordinary_formats(seed: int) -> None:
    """Few of the random formats of `test_properties.py` are ordinary ones, and their streams are seldom fed whole."""
    if not compiled.usable:
        pytest.skip(compiled.missing)
    dice = random.Random(seed)
    formats: list[FrameFormat] = []
    while len(formats) < 2:
        made = generate.frame_format(dice, f"x{len(formats)}")
        if ordinary(made.plan) is not None:
            formats.append(made)
    formats = formats[: dice.choice([1, 1, 2])]
    data = generate.stream(dice, formats, 60)
    for chunks in ([data], generate.chunks(dice, data)):
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("FRAMING_ENGINE", "native")
            laws.engine_is_reference(laws.Case(formats, data, chunks))
