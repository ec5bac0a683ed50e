"""A frame format as boxes and rows."""

from __future__ import annotations

import pytest

import framing
from framing.cli.boxes import plain
from framing.cli.diagram import draw_bits, draw_format, rows
from framing.layout import FrameFormat
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.numbers import Bits, Field, Length
from framing.model.options import Transparency
from framing.model.patterns import End, Sync
from framing.spec import shipped


def drawn(each: FrameFormat, width: int = 100) -> str:
    return "\n".join(plain(line).rstrip() for line in draw_format(each, width))


def test_a_delimiter_has_a_box() -> None:
    each = FrameFormat(
        "x", [Data("payload"), Checksum("crc", "u16le", "CRC-16/MODBUS", over="payload")], Transparency("cobs")
    )
    lines = drawn(each).splitlines()
    assert lines[0].split() == ["offset", "0", "0+n", "2+n", "3+n"]
    assert lines[2].split() == ["│", "payload", "│", "crc", "│", "00", "│"]
    assert lines[-1].startswith("stuffed   ├──")
    assert " cobs " in lines[-1]
    assert rows(each)[-1][:5] == ("2+n", "1", "", "00", "the delimiter, which closes the frame")


def test_optional_parts_are_dashed_and_say_so() -> None:
    each = FrameFormat(
        "x",
        [
            Field("flags", "u8"),
            Field("a", "u16le", if_="flags & 1"),
            Data("b", size=13, if_="flags & 2"),
            Data("c", size="flags", if_="flags & 4"),
            Data("payload", size="flags"),
        ],
    )
    text = drawn(each)
    assert "u16le, if" in text
    assert "13 bytes, if" in text
    assert "k bytes, if" in text
    assert "j bytes" in text
    assert text.splitlines()[0].split() == ["offset", "0", "1", "1+n", "1+n+m", "1+n+m+k", "1+n+m+k+j"]
    assert [row.size for row in rows(each)] == ["1", "n: 0 to 2", "m: 0 to 13", "k: 0 to 255", "j: 0 to 255"]


def test_more_sizes_than_letters() -> None:
    each = FrameFormat(
        "x", [Field("f", "u8"), *(Field(f"a{index}", "u8", if_="f") for index in range(8)), Field("z", "u8")]
    )
    assert [row.offset for row in rows(each)][-3:] == ["1+n+m+k+j+h+g", "…", "…"]
    assert rows(each)[2].offset == "1+n"


def test_names_of_bit_fields() -> None:
    def box(*bits: str) -> str:
        each = FrameFormat("x", [Bits(list(bits), "u8"), Data("payload", size=300)])
        return drawn(each).splitlines()[2].split("│")[1].strip()

    assert box("a:4", "b:4") == "a b"
    assert box("_:8") == "_"
    assert box("a:2", "b:2", "c:2", "d:2") == "a …"


def test_the_length_among_many_bits_is_named() -> None:
    part = Bits(["a:1", "b:1", "c:1", "n:5"], "u8", length="n", of="payload")
    each = FrameFormat("x", [part, Data("payload")])
    assert "… n …" in drawn(each)
    assert rows(each)[0].meaning == "a:1 b:1 c:1 n:5; n = bytes of payload"


def test_bits() -> None:
    part = Bits(["_:6:0", "size:10"], "u16be", length="size", of="payload")
    assert [plain(line).rstrip() for line in draw_bits(part, 60)] == [
        "bits      15–10             9–0",
        "          ┌─────────────────┬───────────────────────┐",
        "          │      000000     │          size         │",
        "          │      6 bits     │        10 bits        │",
        "          └─────────────────┴───────────────────────┘",
    ]
    odd = Bits(["_:12:5", "_:2", "v:1:1", "w:1"], "u16be")
    text = "\n".join(plain(line) for line in draw_bits(odd, 80))
    assert " 5 " in text
    assert "unused" in text
    assert "v = 1" in text
    assert "1 bit " in text


def test_brackets_cover_what_they_say() -> None:
    each = FrameFormat(
        "x",
        [
            Sync(["AA", "BB", "CC", "DD"], as_="start"),
            Length("n", "u8", of="frame", unit=2, bias=-4),
            Data("payload"),
            Checksum("ck", "u8", "sum-8", over="n..payload"),
            Checksum("own", "u16le", {"width": 16, "poly": 0x1234}, over="frame"),
            End("0D 0A"),
        ],
    )
    lines = drawn(each).splitlines()
    edges = [index for index, char in enumerate(lines[1]) if char in "┌┬┐"]
    assert "AA|BB|CC|…" in lines[2]
    length, ck, own = lines[5:8]
    assert (length.index("├"), length.rindex("┤")) == (edges[0], edges[6])
    assert "n * 2 - 4" in length
    assert (ck.index("├"), ck.rindex("┤")) == (edges[1], edges[3])
    assert (own.index("├"), own.rindex("┤")) == (edges[0], edges[6])
    assert "own: 16-bit CRC" in own


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("name", [name for name in shipped() if not framing.spec.describe(name).parameters])
def test_every_part_of_every_spec_is_there(name: str, width: int) -> None:
    for each in framing.load(name):
        lines = draw_format(each, width)
        assert max(len(plain(line)) for line in lines) <= width
        boxes = sum(plain(line).count("┌") + plain(line).count("┬") for line in lines if "┌" in plain(line))
        assert boxes == len(each.plan.parts) + (each.plan.delimiter is not None)
        listed = rows(each)
        assert len(listed) == boxes
        assert all(row.role for row in listed)
