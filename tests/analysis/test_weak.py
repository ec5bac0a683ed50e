"""`framing.analysis.weak`: each kind of weak choice is found, and what is not weak is left alone."""

from __future__ import annotations

import pytest

from framing import Checksum, Data, Field, FrameFormat, Length, Sync, Transparency
from framing.analysis.weak import alike, covered, overlaps, weaknesses

GOOD = FrameFormat(
    "good",
    [
        *(Sync("B5 62 1C DF"), Length("n", "u16le", of="payload", max=2000), Data("payload")),
        Checksum("c", "u32le", "CRC-32/ISCSI", "n..payload"),
    ],
)


def said(each: FrameFormat) -> str:
    return "\n".join(one.what for one in weaknesses(each))


def test_nothing_is_said_of_a_good_format() -> None:
    assert said(GOOD) == ""


@pytest.mark.parametrize(("each", "word"), [
    (FrameFormat("x", [Sync("B5 62 1C DF"), Data("payload", size=3)]), "no checksum: "),
    (FrameFormat("x", [Sync("B5"), Data("payload", size=3), Checksum("c", "u8", "sum-8", "payload")]), "once in 65,536 bytes"),
    (FrameFormat("x", [Sync("B5 62 1C"), Length("n", "u8", of="payload"), Data("payload"), Checksum("c", "u8", "xor-8", "n..payload")]), "xor-8 over up to 256 bytes misses some errors of 2 bits"),
    (FrameFormat("x", [Sync("B5 62 1C"), Length("n", "u8", of="payload"), Data("payload"), Checksum("c", "u8", "CRC-8/SMBUS", "n..payload")]), "CRC-8/SMBUS over up to 256 bytes misses some errors of 2 bits"),
    (FrameFormat("x", [Sync("B5 62 1C"), Length("n", "u8", of="payload"), Data("payload"), Checksum("c", "u16le", "CRC-16/XMODEM", "payload")]), "no checksum covers the length 'n'"),
    (FrameFormat("x", [Sync("B5 62 1C"), Length("n", "u8", of="payload"), Checksum("c", "u16le", "CRC-16/XMODEM", "n"), Data("payload")]), "no checksum covers 'payload'"),
    (FrameFormat("x", [Sync("B5 62 1C"), Length("n", "u16le", of="payload"), Data("payload"), Checksum("c", "u32le", "CRC-32/ISCSI", "n..payload")]), "a damaged 'n' holds up to 65,544 bytes"),
    (FrameFormat("x", [Sync("AA BB AA"), Data("payload", size=3), Checksum("c", "u32le", "CRC-32/ISCSI", "payload")]), "the marker AA BB AA ends as AA BB AA begins, in 1 bytes"),
])  # fmt: skip
def test_each_kind_is_found(each: FrameFormat, word: str) -> None:
    assert word in said(each)
    assert all(one.proposal for one in weaknesses(each))


def test_a_header_checksum_ends_the_stall() -> None:
    layout = [Sync("B5 62 1C"), Length("n", "u16le", of="payload"), Checksum("h", "u8", "CRC-8/SMBUS", "n"), Data("payload"), Checksum("c", "u32le", "CRC-32/ISCSI", "n..payload")]
    assert "holds up" not in said(FrameFormat("x", layout))


def test_overlaps_within_and_between_alternatives() -> None:
    assert overlaps(FrameFormat("x", [Sync("AA AA"), Field("n", "u8")])) == [("AA AA", "AA AA", 1)]
    assert overlaps(FrameFormat("x", [Sync(["AA BB", "BB CC"]), Field("n", "u8")])) == [("AA BB", "BB CC", 1)]
    assert overlaps(FrameFormat("x", [Sync("AA BB"), Field("n", "u8")])) == []


def test_what_a_checksum_covers_grows_with_the_frame() -> None:
    assert covered(GOOD, 3, 4 + 2 + 10 + 4) == 12


@pytest.mark.parametrize(("one", "other", "expected"), [
    ([Sync("AA 55"), Field("n", "u8")], [Sync("AA"), Field("n", "u8")], True),
    ([Sync("AA 55"), Field("n", "u8")], [Sync("AA 56"), Field("n", "u8")], False),
    ([Sync("AA"), Field("n", "u8", const=1)], [Sync("AA"), Field("n", "u8", const=2)], False),
    ([Sync("AA"), Field("n", "u8", max=4)], [Sync("AA"), Field("n", "u8", min=4)], True),
    ([Sync("AA"), Field("n", "u8", max=3)], [Sync("AA"), Field("n", "u8", min=4)], False),
    ([Sync("A0", mask="F0")], [Sync("AA"), Field("n", "u8")], True),
    ([Sync("AA"), Field("n", "dec2")], [Sync("AA"), Field("n", "u8", const=1)], False),
])  # fmt: skip
def test_formats_that_look_alike(one: list[object], other: list[object], expected: bool) -> None:
    made = FrameFormat("one", one), FrameFormat("other", other)  # type: ignore[arg-type]
    assert alike(*made) is expected
    assert alike(*reversed(made)) is expected


def test_a_delimited_format_is_no_marked_one() -> None:
    slip = FrameFormat("slip", [Data("payload")], transparency=Transparency("slip"))
    assert not alike(slip, GOOD)
    assert alike(slip, FrameFormat("kiss", [Data("payload")], transparency=Transparency("kiss")))
