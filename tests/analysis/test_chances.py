"""`framing.analysis.chances`: false frames in random bytes, computed and counted."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import framing
from framing import Bits, Blocks, Checksum, Data, Decoder, End, Field, FrameFormat, Length, Sync, compiled
from framing.analysis.chances import chance, matches
from framing.markers import Pattern

SIZE = 1_500_000 if compiled.usable else 150_000

FORMATS = [
    FrameFormat("marker", [Sync("AA 55"), Field("n", "u8")]),
    FrameFormat("sum", [Sync("A0", mask="F0"), Length("n", "u8", of="payload", max=63), Data("payload"), Checksum("c", "u8", "sum-8", "n..payload")]),
    FrameFormat("either", [Sync(["AA", "BB", "AA BB"]), Bits(["_:4:1", "x:4"], "u8"), Field("m", "u8", min=3, max=130)]),
    FrameFormat("damaged", [Sync("AA 55", errors=1), Field("n", "u8", allowed=[1, 2, 3, 4])]),
    FrameFormat("masked", [Sync("A0 50", mask="F0 F0"), Bits(["_:6:1", "x:2"], "u8")]),
    FrameFormat("hex", [Sync("20", mask="F0"), Data("payload", size=2), Checksum("c", "hex1", {"xor": 4}, "payload")]),
    FrameFormat("text", [Sync("20", mask="F0"), Data("payload", charset="0B-8A"), End("0A")], max_size=60),
    FrameFormat("line", [Sync("24 24"), Data("payload"), End("0A")], max_size=100),
    FrameFormat("blocks", [Length("n", "u8", of="payload", min=1, max=6), Data("payload", blocks=Blocks(4, "sum-8", "u8"))]),
    FrameFormat("digits", [Sync("24"), Length("n", "dec1", of="payload"), Data("payload", charset="00-7F")]),
]


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.name)
def test_random_bytes_look_like_frames_as_often_as_computed(each: FrameFormat) -> None:
    found = chance(each)
    assert found.assumed == ()
    decoder = Decoder(each)
    decoder.skim(random.Random(each.name).randbytes(SIZE))
    decoder.close()
    frames, taken = sum(decoder.stats.frames.values()), decoder.stats.frame_bytes
    expected = found.rate * (SIZE - taken + frames)  # where a frame lies, no other begins
    if expected <= 5 and framing.engine_name() != "native":
        pytest.skip("too rare to be counted in the little that this engine gets through")
    assert expected > 5, "too rare to be counted"
    assert abs(frames - expected) < 4 * math.sqrt(expected) + 3, f"{frames} frames, {expected:.1f} expected"


@pytest.mark.parametrize(("pattern", "expected"), [
    (Pattern((b"\xaa",)), 1 / 256),
    (Pattern((b"\xaa", b"\xaa\xbb")), 1 / 256),
    (Pattern((b"\xaa\xbb", b"\xaa")), 1 / 256),
    (Pattern((b"\xaa\x55",), b"\xff\x0f"), 2**-12),
    (Pattern((b"\xaa",), errors=1), 9 / 256),
])  # fmt: skip
def test_alternatives_count_once(pattern: Pattern, expected: float) -> None:
    assert math.isclose(matches(pattern), expected)


@pytest.mark.parametrize(("more", "word"), [
    (dict(transparency={"kind": "dle", "over": "payload..c"}), "stuffing is always right"),
    (dict(block=64), "no frame leaves its block"),
])  # fmt: skip
def test_what_is_not_counted_is_said(more: dict[str, Any], word: str) -> None:
    layout = [Sync("AA"), Data("payload", size=2), Checksum("c", "u8", "sum-8", "payload")]
    assert word in chance(FrameFormat("x", layout, **more)).assumed


def test_a_condition_is_said_and_bounds() -> None:
    each = FrameFormat("x", [Sync("AA"), Field("n", "u8", valid="n % 2"), Field("o", "u8", const=1, if_="n > 3")])
    found = chance(each)
    assert found.assumed == ("n is always valid", "o is always absent")
    assert found.rate == 1 / 256
