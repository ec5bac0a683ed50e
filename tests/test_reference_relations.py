"""`framing.reference_relations`: expressions, lengths and checksums between the parts of one frame."""

from __future__ import annotations

import pytest

from framing import FrameFormat
from framing.errors import Reason
from framing.model.expressions import Expression
from framing.reference import Stream
from framing.reference_bytes import Rejected
from framing.reference_relations import Relations
from rules import TOY, toy


def relations(raw: bytes, each: FrameFormat = TOY) -> Relations:
    """Marker and length of a toy frame, and nothing more."""
    one = Relations(each.plan, Stream(raw, (each,), True), 0)
    one.take(2)
    one.frame += raw[:2]
    one.starts, one.where, one.values = [0, 1], {0: (0, 1), 1: (1, 2)}, {"n": raw[1]}
    return one


def test_a_length_sizes_what_it_counts() -> None:
    one = relations(toy(b"hello"))
    one.apply_length(TOY.plan.equations[0], 1)
    assert one.sizes == {2: 5}
    assert one.least_end(1) == 8


@pytest.mark.parametrize(("change", "right"), [(0, True), (1, False)])
def test_a_checksum_is_that_of_the_parts_it_covers(change: int, right: bool) -> None:
    raw = toy(b"hello")
    one = relations(raw)
    one.frame += raw[2:]
    one.starts += [2, 7]
    one.where |= {2: (2, 7), 3: (7, 8)}
    one.values["sum"] = raw[7] ^ change
    if right:
        one.verify(3)
    else:
        with pytest.raises(Rejected) as caught:
            one.verify(3)
        assert caught.value.args == (Reason.CHECKSUM,)
    assert one.checked is right


def test_an_expression_without_a_value_refuses_the_frame() -> None:
    one = relations(toy(b""))
    assert one.value_of(Expression("n + 1")) == 1
    with pytest.raises(Rejected) as caught:
        one.value_of(Expression("1 // n"))
    assert caught.value.args == (Reason.FIELD,)
