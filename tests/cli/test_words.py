"""Parts and formats in words."""

from __future__ import annotations

from typing import Any

import pytest

import framing
from framing.cli import words
from framing.layout import FrameFormat
from framing.messages.message import Message
from framing.model.checks import Blocks, Checksum
from framing.model.data import Data
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.options import Lock, Transparency
from framing.model.patterns import End, Sync
from framing.protocols import Protocol


def said(*parts: Any, at: int = 0, **more: Any) -> str:
    return words.meaning(FrameFormat("x", list(parts), **more).plan, at)


BYTE = Field("z", "u8")


@pytest.mark.parametrize(
    ("part", "meaning"),
    [
        (Field("a", "u8"), ""),
        (Field("a", "u8", const=7), "always 7"),
        (Field("a", "u8", const=42), "always 0x2A"),
        (Field("a", "f32le", const=1.5), "always 1.5"),
        (Field("a", "u8", allowed=(1, 2, 3, 7)), "one of 1 to 3, 7"),
        (Field("a", "u8", min=3), "at least 3"),
        (Field("a", "u8", max=9), "at most 9"),
        (Field("a", "u8", min=3, max=9), "3 to 9"),
        (Field("a", "u8", counter=True), "counts up"),
        (Field("a", "u8", default=4), "4 unless told"),
        (Field("a", "u8", enum={"on": 1, "off": 0}), "1 on, 0 off"),
        (
            Field("a", "u8", enum={f"w{n}": n for n in range(10)}),
            ", ".join(f"{n} w{n}" for n in range(8)) + " and 2 more",
        ),
        (Bits(["a:4", "_:4:0"], "u8"), "a:4 _:4:0"),
        (Field("a", "u8", valid="a & 1"), "valid if a & 1"),
    ],
)
def test_fields(part: Any, meaning: str) -> None:
    assert said(part) == meaning


def test_parts_that_lean_on_others() -> None:
    assert said(BYTE, Field("a", "u8", equals="z ^ 255", if_="z"), at=1) == "only if z; equals z ^ 255"
    assert said(Sync("AA"), BYTE) == "the marker"
    assert said(Sync("AA BB", mask="FF F0", errors=2), BYTE) == "the marker; under the mask FF F0; up to 2 wrong bits"
    assert said(Sync("AA BB", errors=1), BYTE) == "the marker; up to 1 wrong bit"
    assert said(BYTE, Sync("AA"), at=1) == "a marker again"
    assert said(BYTE, End("AA"), BYTE.__class__("y", "u8"), at=1) == "always there"
    assert said(BYTE, End("AA"), at=1) == "ends the frame"
    assert said(Sync("AA"), Data("text", charset="digits"), End("2A"), BYTE, at=2) == "ends text"


def test_lengths() -> None:
    rest = [Data("payload"), Checksum("c", "u8", "sum-8", over="payload")]
    assert said(Length("n", "u8", of="payload", min=2), *rest) == "n = bytes of payload; at least 2"
    assert said(Length("n", "u8", of="n..c", unit=4, bias=8), *rest) == "n * 4 + 8 = bytes of the frame"
    assert said(Length("n", "u8", of="payload..c", bias=2, max=9), *rest) == "n + 2 = bytes of payload..c; at most 9"
    blocks = Data("payload", blocks=Blocks(16, "CRC-16/DNP", "u16le"))
    assert said(Length("n", "u8", of="payload"), blocks) == "n = bytes of payload, block checksums not counted"


def test_data() -> None:
    length = Length("n", "u8", of="payload")
    assert said(length, Data("payload"), at=1) == ""
    assert said(length, Data("payload", charset="printable"), at=1) == "bytes of printable"
    assert said(Length("n", "u8", of="body"), Data("body"), at=1) == "the payload"
    assert said(BYTE, Data("payload", size="z * 2"), at=1) == "size is z * 2"
    assert said(BYTE, Data("payload", size=3), at=1) == ""
    lookup = Data("payload", size=Lookup("z", "sizes"))
    assert said(BYTE, lookup, at=1, tables={"sizes": {1: 2}}) == "size from table sizes by z"
    blocks = Data("payload", blocks=Blocks(16, "CRC-16/DNP", "u16le"))
    assert said(length, blocks, at=1) == "blocks of 16 bytes, CRC-16/DNP u16le behind each"
    assert said(Sync("AA"), Data("payload"), End("0D 0A"), at=1) == "up to the end pattern 0D 0A"
    tail = [Data("payload"), Field("c", "hex2"), End(["0D", "0A"])]
    assert said(Sync("AA"), *tail, at=1) == "up to c before the end pattern 0D|0A"
    assert said(Data("payload"), transparency=Transparency("slip")) == "up to the delimiter"


def test_checksums() -> None:
    assert said(BYTE, Checksum("c", "u8", "sum-8", over="z"), at=1) == "sum-8 over z"
    assert (
        said(BYTE, Checksum("c", "u8", "sum-8", over="frame"), at=1)
        == "sum-8 over the frame; its own bytes counting as zero"
    )
    extra = Checksum("c", "u8", "sum-8", over="z", extra=Lookup("z", "t"))
    assert said(BYTE, extra, at=1, tables={"t": {1: 2}}) == "sum-8 over z; then one byte from table t by z"


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [
        ("CRC-16/DNP", "CRC-16/DNP"),
        ({"width": 16, "poly": 0x1234}, "16-bit CRC"),
        ({"sum": 16, "word": "u16le"}, "16-bit sum"),
        ({"xor": 32, "word": "u32le"}, "32-bit xor"),
    ],
)
def test_short_names_of_algorithms(algorithm: Any, name: str) -> None:
    part = Checksum("c", "u32le", algorithm, over="z")
    each = FrameFormat("x", [BYTE, part])
    assert [words.short(one) for one in words.algorithms(each)] == [name]


def test_extents() -> None:
    found = {
        name: words.extent(next(iter(framing.load(name)))) for name in ("ubx", "nmea", "slip", "ccsds-cadu", "tsip")
    }
    assert found == {
        "ubx": "length",
        "nmea": "end pattern",
        "slip": "delimiter",
        "ccsds-cadu": "fixed",
        "tsip": "end pattern",
    }
    assert words.markers(next(iter(framing.load("nmea")))) == ["24", "21"]
    assert words.markers(next(iter(framing.load("slip")))) == []
    assert [one.name for one in words.algorithms(next(iter(framing.load("dnp3"))))] == ["CRC-16/DNP"]


def notes(*parts: Any, **more: Any) -> dict[str, str]:
    return dict(words.notes(FrameFormat("x", list(parts), **more)))


def test_notes_on_where_a_frame_starts() -> None:
    assert notes(BYTE)["starts"] == "anywhere: it has no marker"
    assert notes(Sync(["AA", "BB"]), BYTE)["starts"] == "at the marker AA or BB"
    assert notes(Sync(["AA", "BB", "CC", "DD", "EE"]), BYTE)["starts"] == "at the marker AA or BB or CC or DD …"
    slip = Transparency("slip")
    assert notes(Data("payload"), transparency=slip)["starts"] == "behind a delimiter C0, or where the stream begins"


def test_notes_on_what_is_in_front_of_a_frame() -> None:
    assert notes(BYTE, behind=["AA BB", "CC"])["starts"] == "behind AA BB or CC"
    behind = {"sync": "F8", "mask": "FC"}
    assert notes(BYTE, behind=behind, start="chained")["starts"] == "directly behind a frame of its protocol, or behind F8 under the mask FC"
    assert notes(BYTE, block=32_768)["block"] == "no frame leaves its block of 32,768 bytes, counted from where the stream begins"
    opened = notes(Data("payload"), transparency=Transparency("slip", opens=True))["stuffing"]
    assert "an encoder opens each frame with a delimiter" in opened


def test_notes_on_where_a_frame_ends() -> None:
    assert notes(BYTE)["ends"] == "at its fixed size"
    assert notes(BYTE)["size"] == "1 byte on the wire"
    assert notes(BYTE, BYTE.__class__("y", "u8"))["size"] == "2 bytes on the wire"
    assert notes(Length("n", "u8", of="payload"), Data("payload"))["ends"] == "where its header says (n)"
    assert notes(BYTE, Data("payload", size="z + 1"))["ends"] == "where its header says (z + 1)"
    lookup = Data("payload", size=Lookup("z", "t"))
    assert notes(BYTE, lookup, tables={"t": {1: 2, 2: 3}})["ends"] == "where its header says (table t by z)"
    assert notes(Sync("AA"), Data("payload"), End(["0D", "0A"]))["ends"] == "at the end pattern 0D|0A"
    assert notes(BYTE, Field("a", "u8", if_="z"))["ends"] == "behind its last part"
    slip = Transparency("slip")
    assert notes(Data("payload"), transparency=slip)["ends"] == "at the delimiter C0, which belongs to it"


def test_notes_on_an_end_pattern_in_the_middle() -> None:
    found = notes(Sync("AA"), Data("text", charset="digits"), End("2A"), Field("check", "hex2"))
    assert found["ends"] == "behind check, which the end pattern 2A leads to"


def test_notes_on_the_rest() -> None:
    stuffed = notes(Sync("AA"), Data("payload"), transparency=Transparency("hdlc", special="7E 7D"))
    assert stuffed["stuffing"] == "HDLC over payload, special 7E 7D; offsets and sizes count unstuffed bytes"
    assert notes(BYTE, kind=["z", "z >> 4"])["kind"] == "z, z >> 4"
    assert notes(Sync("47"), BYTE, lock=Lock(4))["lock"] == "4 more intact frames confirm the first"
    assert notes(Sync("47"), BYTE, lock=Lock(1, 2))["lock"] == (
        "1 more intact frame confirms the first; up to 2 damaged markers in a row are ridden through"
    )
    message = Message("fix", (), [{"field": "a", "type": "u8"}])
    each = next(iter(Protocol("p", [FrameFormat("x", [BYTE])], messages=(message,))))
    assert dict(words.notes(each))["messages"] == "fix"


def test_every_kind_of_stuffing_has_a_name() -> None:
    from framing.stuffing import kinds

    for kind in kinds():
        assert words.stuffing(kind)
    assert words.stuffing("new") == "new"
