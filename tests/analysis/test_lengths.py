"""`framing.analysis.lengths`: which sizes a random length states."""

from __future__ import annotations

import math

from framing import Bits, Data, FrameFormat, Length, Sync
from framing.analysis.lengths import lengths


def test_values_out_of_range_have_no_share() -> None:
    each = FrameFormat("x", [Sync("AA"), Length("n", "u8", of="payload", unit=2, bias=-2, max=3), Data("payload")])
    assert lengths(each, 2) == [(0, 1 / 256), (2, 1 / 256), (4, 1 / 256)]  # 0 would be -2


def test_frames_that_are_too_long_have_none() -> None:
    each = FrameFormat("x", [Bits(["k:4", "n:4"], "u8", length="n", of="payload"), Data("payload")], max_size=4)
    assert lengths(each, 1) == [(size, 1 / 16) for size in range(4)]


def test_a_fixed_size_has_all_and_an_expression_cannot_be_told() -> None:
    assert lengths(FrameFormat("x", [Sync("AA"), Data("payload", size=3)]), 1) == [(3, 1.0)]
    assert lengths(FrameFormat("x", [Length("n", "u8", of="payload", max=1), Data("payload"), Data("more", size="n")]), 2) is None


def test_of_many_values_as_many_are_looked_at_as_bear_it() -> None:
    found = lengths(FrameFormat("x", [Length("n", "u16le", of="payload"), Data("payload")]), 1)
    assert found is not None
    assert len(found) <= 4096
    assert math.isclose(sum(share for _, share in found), 1)
