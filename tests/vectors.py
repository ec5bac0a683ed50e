"""Layouts of every kind, each with a frame put together by hand, what it holds, and bytes that are no such frame.

The prober, the reference, the reader, the writer and the short cuts are all held against this one table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from framing import (
    Bits,
    Blocks,
    Checksum,
    Data,
    End,
    Field,
    FrameFormat,
    Length,
    Lookup,
    Sync,
    Transparency,
)


@dataclass(frozen=True)
class Vector:
    """`raw` is a frame of `format`; `bad` lists bytes with the reason for which they are refused and the deciding offset."""

    format: FrameFormat
    raw: bytes
    fields: dict[str, Any]
    payload: bytes = b""
    bad: Sequence[tuple[bytes, str, int]] = ()
    canonical: bool = True
    also: Sequence[bytes] = field(default=())  # further frames

    @property
    def id(self) -> str:
        return self.format.name


def vector(
    name: str,
    layout: list[Any],
    raw: str,
    fields: dict[str, Any],
    payload: str = "",
    bad: Sequence[tuple[str, str, int]] = (),
    canonical: bool = True,
    also: Sequence[str] = (),
    **more: Any,
) -> Vector:
    """A vector written in hex."""
    each = FrameFormat(name, layout, **more)
    refused = [(bytes.fromhex(text), reason, offset) for text, reason, offset in bad]
    return Vector(
        each, bytes.fromhex(raw), fields, bytes.fromhex(payload), refused, canonical, [bytes.fromhex(text) for text in also]
    )


def summed(over: str, name: str = "sum", **more: Any) -> Checksum:
    return Checksum(name, "u8", "sum-8", over, **more)


N = Length("n", "u8", of="payload")
PAYLOAD = Data("payload")

VECTORS = [
    vector(
        "toy",
        [Sync("AA"), N, PAYLOAD, summed("n..payload")],
        "AA 02 68 69 D3", {"n": 2, "sum": 0xD3}, "68 69",
        [("AA 02 68 69 D4", "checksum", 4), ("AA 02 68", "truncated", 3), ("AA", "truncated", 1)],
        also=["AA 00 00", "AA 01 FF 00"],
    ),
    vector(
        "types",
        [
            Sync("AA"), Field("a", "i8", min=-2), Field("b", "u16le", allowed=[1, 256]), Field("f", "f32le"),
            Field("v", "uleb128", max=300), Field("d", "dec2"), Field("h", "hex2"), Field("c", "bcd2", equals="d"),
            Field("o", "u8", if_="a < 0"), Field("t", "u24be", const=7),
        ],
        "AA FF 00 01 00 00 80 3F AC 02 31 32 37 46 12 05 00 00 07",
        {"a": -1, "b": 256, "f": 1.0, "v": 300, "d": 12, "h": 0x7F, "c": 12, "o": 5, "t": 7}, "",
        [
            ("AA FD", "field", 1),
            ("AA FF 02 00", "field", 3),
            ("AA FF 00 01 00 00 80 3F AD 02", "field", 9),
            ("AA FF 00 01 00 00 80 3F" + " 80" * 11, "field", 17),
            ("AA FF 00 01 00 00 80 3F 01 41 32", "field", 10),
            ("AA FF 00 01 00 00 80 3F 01 31 32 37 47", "field", 12),
            ("AA FF 00 01 00 00 80 3F 01 31 32 37 46 13", "field", 13),
            ("AA 01 01 00 00 00 80 3F 01 31 32 37 46 12 00 00 08", "field", 16),
        ],
        canonical=False,
        also=["AA 01 01 00 00 00 80 3F 01 31 32 37 66 12 00 00 07"],
    ),
    vector(
        "bits",
        [Sync("D3"), Bits(["_:6:0", "size:10"], "u16be", length="size", of="payload"), PAYLOAD,
         Checksum("crc", "u24be", "CRC-24Q", over="sync..payload")],
        "D3 00 00 47 EA 4B", {"size": 0, "crc": 0x47EA4B}, "",
        [("D3 04 00 47 EA 4B", "field", 2), ("D3 00 00 47 EA 4C", "checksum", 5)],
    ),
    vector(
        "members",
        [Sync("AA"), Bits(["x:3", "y:1:1", "_:4"], "u8"), Field("z", "u8", equals="x + y"), Field("w", "u8", valid="w & x")],
        "AA B0 06 01", {"x": 5, "y": 1, "z": 6, "w": 1}, "",
        [("AA A0", "field", 1), ("AA B0 05", "field", 2), ("AA B0 06 02", "field", 3)],
        canonical=False,
        also=["AA BF 06 04"],
    ),
    vector(
        "front",
        [Sync("AA"), summed("n..payload"), Length("n", "u8", of="frame", unit=2, bias=1, max=4), PAYLOAD],
        "AA 32 02 10 20", {"sum": 0x32, "n": 2}, "10 20",
        [("AA 00 00", "length", 2), ("AA 00 05", "length", 2), ("AA 33 02 10 20", "checksum", 4)],
    ),
    vector(
        "nested",
        [Sync("AA"), Length("h", "u8", of="sync..rest", min=3), Length("n", "u8", of="payload"), Data("rest"), PAYLOAD],
        "AA 04 02 99 01 02", {"h": 4, "n": 2, "rest": b"\x99"}, "01 02",
        [("AA 02 00", "length", 1), ("AA 04 02 99 01", "truncated", 5)],
        also=["AA 03 00"],
    ),
    vector(
        "agrees",
        [Sync("AA"), Data("payload", size=2), Length("n", "u8", of="payload")],
        "AA 01 02 02", {"n": 2}, "01 02",
        [("AA 01 02 03", "length", 3), ("AA 01 02 01", "length", 3)],
    ),
    vector(
        "ahead",
        [Sync("AA"), Field("k", "u8"), Length("n", "u8", of="payload..tail"), PAYLOAD, Field("o", "u8", if_="k"),
         Data("more", size="k & 1"), Data("tail", size=1)],
        "AA 01 04 01 07 02 03", {"k": 1, "n": 4, "o": 7, "more": b"\x02", "tail": b"\x03"}, "01",
        [("AA 01 02 01", "length", 2), ("AA 01 04 01 02 03", "truncated", 6)],
        also=["AA 00 03 01 02 03", "AA 02 03 01 02 03"],
    ),
    vector(
        "table",
        [Sync("AA"), Field("k", "u8"), Data("payload", size=Lookup("k", "sizes"), charset="61-7A")],
        "AA 01 61 62", {"k": 1}, "61 62",
        [("AA 03 61", "length", 1), ("AA 04", "length", 1), ("AA 01 61 7B", "field", 3)],
        also=["AA 02"],
        tables={"sizes": {1: 2, 2: 0, 4: -1}},
    ),
    vector(
        "expression",
        [Sync("AA"), Field("k", "u8"), Data("payload", size="4 // k if k < 5 else 3 - k"), Field("z", "u8", if_="len(payload) > 1")],
        "AA 02 61 62 07", {"k": 2, "z": 7}, "61 62",
        [("AA 00 61", "field", 1), ("AA 06 61", "length", 1)],
        also=["AA 03 61"],
        max_size=20,
    ),
    vector(
        "blocks",
        [Sync("AA"), N, Data("payload", blocks=Blocks(2, "sum-8", "u8"))],
        "AA 03 01 02 03 05 05", {"n": 3}, "01 02 05",
        [("AA 03 01 02 04 05 05", "checksum", 4), ("AA 03 01 02 03 05 06", "checksum", 6), ("AA 03 01 02 03 05", "truncated", 6)],
        also=["AA 00", "AA 02 01 02 03"],
    ),
    vector(
        "digits",
        [Sync("AA"), N, Data("payload", blocks=Blocks(2, "sum-8", "hex2"), charset="00-0F")],
        "AA 02 01 02 30 33", {"n": 2}, "01 02",
        [("AA 02 01 02 30 47", "field", 5), ("AA 02 01 12 31 33", "field", 5)],
    ),
    vector(
        "line",
        [Sync(["24", "21"], as_="start"), Data("payload", charset="61-7A"), Field("star", "u8", const=0x2A),
         Checksum("ck", "hex2", "xor-8", over="payload"), End(["0D 0A", "0A"])],
        "24 61 62 2A 30 33 0D 0A", {"start": b"\x24", "star": 0x2A, "ck": 3}, "61 62",
        [
            ("24 61 62 2A 30 34 0D 0A", "checksum", 7), ("24 61 5F 2A 33 45 0A", "field", 5), ("24 0D 0A", "truncated", 2),
            ("24 61 62 2A 30 33", "truncated", 6), ("24 61 62 2B 30 33 0A", "field", 6), ("24 61 62 2A 30 47 0A", "field", 6),
        ],
        canonical=False,
        also=["21 61 62 2A 30 33 0A", "24 2A 30 30 0A"],
    ),
    vector(
        "lines",
        [Sync("24"), Data("line", charset="61-7A"), End("0A"), PAYLOAD, End(["0B", "0B 0B"], as_="eol"), Field("z", "u8")],
        "24 61 0A 62 63 0B 07", {"line": b"a", "eol": b"\x0b", "z": 7}, "62 63",
        [("24 61 62 FF", "field", 3), ("24 61 0A 62 63 0B", "truncated", 6)],
        also=["24 0A 0B 0B 0B", "24 0A 0B 00"],
        max_size=20,
    ),
    vector(
        "optional-end",
        [Sync("AA"), Field("k", "u8"), Sync(["B1", "B2 02"], as_="m", if_="k & 1"), End(["0A", "0A 0B"], as_="e", if_="k & 2"),
         Field("z", "u8")],
        "AA 03 B2 02 0A 0B 07", {"k": 3, "m": b"\xb2\x02", "e": b"\x0a\x0b", "z": 7}, "",
        [("AA 01 B3", "marker", 2), ("AA 01 B2 03", "marker", 3), ("AA 02 0B", "field", 2)],
        also=["AA 00 07", "AA 02 0A 07", "AA 01 B1 07"],
    ),
    vector(
        "masked",
        [Sync("A0 05", mask="F0 FF"), Field("x", "u8"), Sync("B0", errors=1), Field("y", "u8")],
        "A0 05 01 B0 02", {"x": 1, "y": 2}, "",
        [("A7 05 01 B3 02", "marker", 3)],
        canonical=False,
        also=["AF 05 01 B1 02"],
    ),
    vector(
        "anywhere",
        [Field("a", "u8", max=9), Field("b", "u8", equals="a + 1"), Data("payload", size=1)],
        "01 02 41", {"a": 1, "b": 2}, "41",
        [("01 03 41", "field", 1), ("0A 0B 41", "field", 0)],
    ),
    vector(
        "extra",
        [Sync("FE"), Field("k", "u8"), Checksum("ck", "u8", "sum-8", over="k", extra=Lookup("k", "extra"))],
        "FE 01 08", {"k": 1, "ck": 8}, "",
        [("FE 01 09", "checksum", 2), ("FE 02 09", "length", 2), ("FE 03 09", "length", 2)],
        tables={"extra": {1: 7, 3: 300}},
    ),
    vector(
        "zeros",
        [Sync("01"), Checksum("ck", "u16le", "sum-16", over="frame"), Data("payload", size=2)],
        "01 08 00 03 04", {"ck": 8}, "03 04",
        [("01 09 00 03 04", "checksum", 4)],
    ),
    vector(
        "optional-sum",
        [Sync("AA"), Field("k", "u8"), summed("k", if_="k & 1"), Checksum("all", "hex2", "xor-8", over="frame")],
        "AA 01 01 41 41", {"k": 1, "sum": 1, "all": 0xAA}, "",
        [("AA 01 02 41 39", "checksum", 2), ("AA 01 01 41 42", "checksum", 4), ("AA 00 41 5A", "field", 3)],
        also=["AA 00 41 41"],
    ),
    vector(
        "slip",
        [Field("t", "u8"), PAYLOAD, Checksum("ck", "u8", "xor-8", over="payload")],
        "01 41 DB DC 81 C0", {"t": 1, "ck": 0x81}, "41 C0",
        [
            ("01 C0", "truncated", 1), ("01 41 DB 41 C0", "escape", 3), ("01 41 42 C0", "checksum", 3), ("01 41", "truncated", 2),
            ("01 41 DB C0", "escape", 3),
        ],
        transparency=Transparency("slip"),
    ),
    vector(
        "fixed-slip",
        [Field("t", "u8"), Field("u", "u8")],
        "01 DB DD C0", {"t": 1, "u": 0xDB}, "",
        [("01 02 03 C0", "field", 2), ("01 C0", "truncated", 1), ("01 02 DB", "truncated", 3)],
        transparency=Transparency("slip"),
    ),
    vector(
        "cobs",
        [PAYLOAD, Checksum("ck", "u8", "xor-8", over="payload")],
        "02 41 03 42 03 00", {"ck": 3}, "41 00 42",
        [("05 41 03 00", "escape", 3)],
        canonical=False,
        transparency=Transparency("cobs"),
    ),
    vector(
        "cobs-r",
        [Data("payload", charset="00-7F")],
        "02 41 42 00", {}, "41 00 42",
        [("41 80 00", "field", 1)],
        canonical=False,
        transparency=Transparency("cobs-r"),
    ),
    vector(
        "flag",
        [Sync("7A"), Field("k", "u8"), Sync(["B1", "B2 02"], as_="m"), End(["0A", "0A 0B"]), Data("payload", charset="41-5A")],
        "7A 01 B2 02 0A 0B 41 7E", {"k": 1, "m": b"\xb2\x02"}, "41",
        [
            ("7A 01 B3 7E", "marker", 2), ("7A 01 B1 0B 7E", "field", 3), ("7A 01 B2 7E", "truncated", 3), ("7A 01 B1 0A 40 7E", "field", 4),
            ("7A 7E", "truncated", 1), ("7A 01 B1 0A 7D 7E", "escape", 5),
        ],
        canonical=False,
        transparency=Transparency("hdlc"),
        also=["7A 01 B1 0A 7E", "7A 01 B1 0A 7D 61 7E"],
    ),
    vector(
        "span",
        [Sync("AA"), N, PAYLOAD, Field("z", "u8")],
        "AA 02 10 10 05 07", {"n": 2, "z": 7}, "10 05",
        [("AA 02 10 05", "escape", 3), ("AA 02 10", "truncated", 3)],
        transparency=Transparency("dle", over="payload"),
    ),
    vector(
        "xbee",
        [Sync("7E"), Length("n", "u16be", of="payload"), PAYLOAD,
         Checksum("ck", "u8", {"sum": 8, "word": "u8", "xorout": 255}, over="payload")],
        "7E 00 02 23 7D 31 CB", {"n": 2, "ck": 0xCB}, "23 11",
        [("7E 00 02 23 7E", "marker", 4), ("7E 00 02 23 7D 31 CC", "checksum", 6)],
        canonical=False,
        transparency=Transparency("hdlc", special="7E 7D 11 13", closes=False),
        max_size=64,
    ),
    vector(
        "run",
        [Sync("AA AA AA"), N, PAYLOAD, summed("n..payload"), End("55")],
        "AA AA AA 02 AA AA 55 56 55", {"n": 2, "sum": 0x56}, "AA AA",
        [("AA AA AA 02 AA AA AA", "marker", 6), ("AA AA AA 02 AA AA 56", "escape", 6), ("AA AA AA 02 AA 01 AD 54", "field", 7)],
        transparency=Transparency("run", special="AA", escape=0x55, run=2, closes=False, over="n..sum"),
    ),
    vector(
        "dle",
        [Sync("10"), Field("id", "u8", min=4, max=15), PAYLOAD, summed("id..payload"), End("10 03")],
        "10 05 10 10 41 56 10 03", {"id": 5, "sum": 0x56}, "10 41",
        [("10 03", "field", 1), ("10 05 10 41", "escape", 3), ("10 05 10 03", "truncated", 3), ("10 05 41 47 10 03", "checksum", 5)],
        transparency=Transparency("dle"),
    ),
    vector(
        "doubled",
        [Sync("01 02"), N, PAYLOAD],
        "01 02 02 01 01 05", {"n": 2}, "01 05",
        [("01 02 02 01 02", "marker", 4), ("01 02 02 05", "truncated", 4)],
        transparency=Transparency("doubled", escape=1, closes=False),
    ),
    vector(
        "hex",
        [Sync("3A"), Field("a", "u8"), PAYLOAD, Checksum("lrc", "u8", "lrc-8", over="a..payload"), End("0D 0A")],
        "3A 30 31 30 32 46 44 0D 0A", {"a": 1, "lrc": 0xFD}, "02",
        [("3A 30 31 30 47", "escape", 4), ("3A 30 31 30 32 46 45 0D 0A", "checksum", 8), ("3A 30 31 30 0D 0A", "escape", 4)],
        canonical=False,
        also=["3A 30 31 30 32 66 64 0D 0A"],
        transparency=Transparency("hex"),
    ),
    vector(
        "short",
        [Sync("24"), Field("k", "u8", const=1), N, PAYLOAD, summed("payload")],
        "24 01 04 01 01 01 01 04", {"k": 1, "n": 4, "sum": 4}, "01 01 01 01",
        [("24 01 05 01", "too_long", 2)],
        max_size=8,
    ),
    vector(
        "short-slip",
        [N, PAYLOAD],
        "02 41 42 C0", {"n": 2}, "41 42",
        [("03 41 42 43 C0", "too_long", 0), ("02 DB DC 41 C0", "too_long", 3)],
        max_size=4,
        transparency=Transparency("slip"),
    ),
    vector(
        "short-text",
        [Sync("24"), PAYLOAD, End(["0A", "0A 0B"]), Field("z", "u8")],
        "24 61 0A 07", {"z": 7}, "61",
        [("24 61 61 61 0A 07", "too_long", 2)],
        also=["24 0A 0B 07", "24 61 0A 0B"],
        max_size=4,
        canonical=False,
    ),
]  # fmt: skip
