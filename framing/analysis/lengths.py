"""Which sizes a part may have when the length that states it is random."""

from __future__ import annotations

from framing.layout import FrameFormat
from framing.model.numbers import Bits, Length
from framing.model.sizes import values_of
from framing.model.traits import static_size
from framing.model.values import IntegerType

VALUES_MOST = 4096
"""Values of a length that are looked at one by one; of more, as many, evenly spread."""


def lengths(each: FrameFormat, index: int) -> list[tuple[int, float]] | None:
    """Sizes in bytes of data part `index` with their shares of all values of its length; None where no length states it.

    Values out of range, and frames above `max_size`, have no share, so that shares may sum up to less than 1.
    """
    plan = each.plan
    part = plan.parts[index]
    fixed = static_size(part)
    equation = next((one for one in plan.equations if one.sizes == index), None)
    if equation is None:
        return None if fixed is None or getattr(part, "blocks", None) else [(fixed, 1.0)]
    owner = plan.parts[equation.part]
    if isinstance(owner, Bits):
        values = 1 << next(bit.width for bit in owner.bits if bit.name == equation.name)
        readable = 1.0
    else:
        assert isinstance(owner, Length)
        if owner.type.size is None or owner.type.highest is None:
            return None
        values = owner.type.highest - (owner.type.lowest or 0) + 1
        readable = 1.0 if isinstance(owner.type, IntegerType) else (len(owner.type.alphabet) / 256.0) ** owner.type.size
    low, high = values_of(plan, equation)
    step = max(1, (high - low + 1) // VALUES_MOST)
    others = sum(plan.sizes[k][0] for k in range(equation.first, equation.last + 1) if k != index)
    around = sum(least for k, (least, _) in enumerate(plan.sizes) if k != index) + plan.closing
    blocks = getattr(part, "blocks", None)
    found = []
    for value in range(low, high + 1, step):
        size = value * equation.unit + equation.bias - others
        if size >= 0 and around + (blocks.wire(size) if blocks else size) <= each.max_size:
            found.append((size, step * readable / values))
    return found
