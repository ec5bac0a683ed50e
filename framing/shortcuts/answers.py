"""What a short cut says of a place, in one integer.

Above 0 it is the offset behind the frame that certainly stands there; 0 means nothing but "ask the prober"; below 0 it is,
negated, the offset up to which bytes must be there before more can be said; far below 0 it is a certain reject, with its reason
and what it cost.
"""

from __future__ import annotations

from typing import Final

from framing.errors import Reason

COST: Final = 32
"""What a reject's answer goes down by for each byte that was looked at: room for the reasons."""
_REJECTED = -(1 << 62)
_REASONS = tuple(Reason)


def rejected(reason: Reason) -> int:
    """The answer for a certain reject that cost nothing."""
    return _REJECTED - _REASONS.index(reason)


def reason_of(answer: int) -> Reason | None:
    """The reason of a certain reject, None for any other answer."""
    return _REASONS[(_REJECTED - answer) % COST] if answer <= _REJECTED else None


def cost_of(answer: int) -> int:
    """How many bytes were looked at before a certain reject; 0 where they are too few to count."""
    return (_REJECTED - answer) // COST
