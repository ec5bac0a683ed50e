"""`framing.shortcuts.answers`: one integer tells them all apart."""

from __future__ import annotations

import pytest

from framing.errors import Reason
from framing.shortcuts.answers import COST, cost_of, reason_of, rejected


@pytest.mark.parametrize("cost", [0, 1, 66, 1 << 31])
@pytest.mark.parametrize("reason", Reason)
def test_a_reject_tells_its_reason_and_what_it_cost(reason: Reason, cost: int) -> None:
    answer = rejected(reason) - COST * cost
    assert reason_of(answer) is reason
    assert cost_of(answer) == cost


@pytest.mark.parametrize("answer", [0, 1, 1 << 61, -1, -(1 << 61)])
def test_nothing_else_is_a_reject(answer: int) -> None:
    assert reason_of(answer) is None
