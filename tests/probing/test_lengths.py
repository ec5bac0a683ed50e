"""`framing.probing.lengths`: what a stated length leaves for the part that it sizes, or refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from framing import Data, FrameFormat, Length, Sync
from framing.errors import Reason
from framing.probing.intake import Rejected, Window
from framing.probing.known import Known
from framing.probing.lengths import apply_length
from rules import TOY

SHORT = replace(TOY, max_size=10)
WHOLE = FrameFormat("x", [Sync("AA"), Length("n", "u8", of="frame"), Data("payload")])
BOTH = FrameFormat("x", [Sync("AA"), Length("n", "u8", of="payload"), Data("payload", size=3)])


def stated(each: FrameFormat, value: int) -> Known:
    """A frame with marker and length, and what follows from it."""
    frame = Known(each.plan, Window(bytes([0xAA, value])), 0)
    frame.at = frame.have = frame.taken = 2
    frame.spans, frame.edges = {0: (0, 1), 1: (1, 2)}, [1, 2]
    frame.names["n"] = value
    apply_length(frame, each.plan.equations[0], 1)
    return frame


def refused(each: FrameFormat, value: int) -> Reason:
    with pytest.raises(Rejected) as caught:
        stated(each, value)
    return caught.value.reason


def test_it_sizes_what_it_counts_less_what_is_there() -> None:
    assert stated(TOY, 5).sizes == {2: 5}
    assert stated(WHOLE, 5).sizes == {2: 3}
    assert stated(WHOLE, 2).sizes == {2: 0}


def test_less_than_what_is_there_already_is_wrong() -> None:
    assert refused(WHOLE, 1) is Reason.LENGTH


def test_the_parts_behind_count_in_what_is_too_long() -> None:
    assert stated(SHORT, 7).sizes == {2: 7}
    assert refused(SHORT, 8) is Reason.TOO_LONG


def test_one_that_sizes_nothing_has_to_agree() -> None:
    assert stated(BOTH, 3).sizes == {}
    assert refused(BOTH, 4) is Reason.LENGTH
