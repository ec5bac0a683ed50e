"""`framing.shortcuts.parts`: constants, limits and patterns, held against the prober at every place."""

from __future__ import annotations

import pytest

from framing import Bits, Data, End, Field, FrameFormat, Length, Sync
from framing.errors import Reason
from framing.model.parts import Part
from framing.shortcuts.answers import reason_of
from framing.shortcuts.shortcut import shortcut
from prober import holds

BYTES = bytes.fromhex("AA 01 02 AA BB 03 04 0D 0A AA 21 80 00 00 AA 0A 42 AA BB CC 05 0D AA")

LAYOUTS: dict[str, list[Part]] = {
    "one marker": [Sync("AA"), Field("a", "u8")],
    "alternatives": [Sync(["AA BB", "AA 01"]), Field("a", "u8")],
    "alternatives of several lengths": [Sync(["AA BB CC", "AA", "AA BB"]), Field("a", "u8")],
    "masked": [Sync("AA 00", mask="FF F0"), Field("a", "u8")],
    "kept": [Sync(["AA 01", "AA 21"], as_="m"), Field("a", "u8", valid="sum(m) == 0xAB")],
    "constant": [Sync("AA"), Field("a", "u8", const=1), Field("b", "u8")],
    "constant that is read": [Sync("AA"), Field("a", "u8", const=1), Field("b", "u8", equals="a + 1")],
    "allowed": [Sync("AA"), Field("a", "u8", allowed=[1, 0x21])],
    "range": [Sync("AA"), Field("a", "i8", min=-5, max=0x20)],
    "digits": [Sync("AA"), Field("a", "dec1", max=7), Field("b", "hex2")],
    "real": [Sync("AA"), Field("a", "f32le", min=0.0)],
    "bits": [Sync("AA"), Bits(["a:4:2", "_:3", "b:1"], "u8")],
    "length in bits": [Sync("AA"), Bits(["a:4", "n:4"], "u8", length="n", of="payload", max=3), Data("payload")],
    "length": [Sync("AA"), Length("n", "u8", of="payload", min=1, max=3), Data("payload")],
    "end": [Sync("AA"), Field("a", "u8"), End(["0D 0A", "04"])],
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_it_says_what_the_prober_says(layout: list[Part]) -> None:
    each = FrameFormat("x", layout)
    assert shortcut(each.plan) is not None
    holds(each, BYTES)


@pytest.mark.parametrize(("name", "raw", "reason"), [
    ("constant", "AA 02 00", Reason.FIELD),
    ("allowed", "AA 02", Reason.FIELD),
    ("bits", "AA 30", Reason.FIELD),
    ("length", "AA 04 00 00 00 00", Reason.LENGTH),
])  # fmt: skip
def test_a_wrong_value_is_a_certain_reject(name: str, raw: str, reason: Reason) -> None:
    accept = shortcut(FrameFormat("x", LAYOUTS[name]).plan)
    assert accept is not None
    assert reason_of(accept(bytes.fromhex(raw), 0, len(bytes.fromhex(raw)))) is reason


def test_a_part_of_unknown_size_is_left_to_the_prober() -> None:
    assert shortcut(FrameFormat("x", [Sync("AA"), Field("a", "uleb128")]).plan) is None
