"""How large the parts of a plan can be, and its frames: least and greatest bytes, as far as the layout bounds them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from framing.errors import SpecError
from framing.model.data import Data
from framing.model.declared import shown
from framing.model.expressions import Expression, ExpressionError
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync

if TYPE_CHECKING:
    from framing.plan import Plan
    from framing.planning.facts import Equation

STATE_ABOVE = 131_072
"""Bytes above which a format must state its `max_size`."""
SEARCHED_SIZE = 65_536
"""`max_size` in bytes of a format that ends by a delimiter or a pattern and states none."""
_COMBINATIONS = 4096
EVALUATIONS_MOST = 16_384
"""How often the sizes of one format are tried out to learn how large its parts can be."""

Range = tuple[int, int | None]
"""Least and greatest; None is unbounded."""


def part_sizes(plan: Plan) -> list[Range]:
    """Least and greatest bytes of each part, block checksums included."""
    budget = _Budget()
    ranges = [_with_absence(part, _own_size(plan, part, budget)) for part in plan.parts]
    for equation in plan.equations:
        if equation.sizes is None:
            continue
        others = [ranges[k] for k in range(equation.first, equation.last + 1) if k != equation.sizes]
        low, high = values_of(plan, equation)
        most = high * equation.unit + equation.bias - sum(least for least, _ in others)
        least = low * equation.unit + equation.bias - sum(most or 0 for _, most in others)
        if most < 0:
            raise SpecError(
                f"{equation.name!r} is too small for what it covers",
                path=f"layout[{equation.part}].max",
                expected="a larger maximum or bias",
            )
        if any(most is None for _, most in others):
            least = 0
        target = _blocked(plan, equation.sizes, (max(0, least), most))
        ranges[equation.sizes] = _with_absence(plan.parts[equation.sizes], target)
    return ranges


class _Budget:
    """What may still be evaluated for a format: a hostile one could have as many sizes as parts, each of many values."""

    def __init__(self) -> None:
        self.left = EVALUATIONS_MOST

    def allows(self, count: int) -> bool:
        """Takes `count` evaluations off it, if it has them."""
        if count > self.left:
            return False
        self.left -= count
        return True


def _with_absence(part: Part, size: Range) -> Range:
    """A part that may be absent can take no bytes at all."""
    return size if part.if_ is None else (0, size[1])


def _blocked(plan: Plan, index: int, size: Range) -> Range:
    part = plan.parts[index]
    blocks = part.blocks if isinstance(part, Data) else None
    if blocks is None:
        return size
    return blocks.wire(size[0]), None if size[1] is None else blocks.wire(size[1])


def _own_size(plan: Plan, part: Part, budget: _Budget) -> Range:
    if isinstance(part, (Sync, End)):
        lengths = [len(each) for each in (part.sync if isinstance(part, Sync) else part.end)]
        return min(lengths), max(lengths)
    if not isinstance(part, Data):
        return part.type.shortest, part.type.longest
    if part.size is None:
        return 0, None
    if plan.taught == plan.labels[part.name]:
        return 0, None
    if isinstance(part.size, Lookup):
        values = list(plan.tables[part.size.table].values())
        low, high = (max(0, min(values)), max(0, *values)) if values else (0, 0)
        return _blocked(plan, plan.labels[part.name], (low, high))
    return _blocked(plan, plan.labels[part.name], _expression_range(plan, part.size, budget))


def _expression_range(plan: Plan, size: Expression, budget: _Budget) -> Range:
    """Least and greatest value of a size, by trying all values of its fields where those are few; else it is taken for unbounded."""
    names = sorted(size.names - plan.scope.keys())
    domains = [_domain(plan, name) for name in names]
    total = 1
    for domain in domains:
        total *= len(domain) if domain is not None else _COMBINATIONS + 1
    if total > _COMBINATIONS or not budget.allows(total):
        return 0, None
    found = []
    for values in itertools.product(*(domain or () for domain in domains)):
        try:
            found.append(size.evaluate(plan.scope | dict(zip(names, values, strict=True))))
        except ExpressionError:
            continue
    sizes = [value for value in found if isinstance(value, int) and value >= 0]
    return (min(sizes), max(sizes)) if sizes else (0, 0)


def _domain(plan: Plan, name: str) -> Sequence[Any] | None:
    part = plan.parts[plan.labels[name]]
    if isinstance(part, Bits):
        bit = next(bit for bit in part.bits if bit.name == name)
        if bit.const is not None:
            return [bit.const]
        return range(1 << bit.width) if bit.width <= 12 else None
    if isinstance(part, Field) and (part.const is not None or part.allowed is not None):
        return [part.const] if part.const is not None else list(part.allowed or ())
    if isinstance(part, (Field, Length)) and part.type.integral:
        low = part.type.lowest if part.min is None else int(part.min)
        high = part.type.highest if part.max is None else int(part.max)
        assert low is not None and high is not None
        return range(low, high + 1) if high - low < _COMBINATIONS else None
    return None


def values_of(plan: Plan, equation: Equation) -> tuple[int, int]:
    part = plan.parts[equation.part]
    if isinstance(part, Bits):
        bit = next(bit for bit in part.bits if bit.name == equation.name)
        low, high = (0, (1 << bit.width) - 1) if bit.const is None else (bit.const, bit.const)
    else:
        assert isinstance(part, Length)
        low, high = part.type.lowest or 0, part.type.highest or 0
    return max(low, low if equation.min is None else equation.min), min(
        high, high if equation.max is None else equation.max
    )


def frame_size(plan: Plan, stated: int | None) -> tuple[int, int]:
    """The least and the greatest wire bytes of a frame. Raises `SpecError` where `stated` does not fit, or is missing."""
    least, most, logical = 0, 0, 0
    wired = plan.wired
    unbounded = bool(plan.opens) and wired is None
    for inside in (False, True):
        group = [size for index, size in enumerate(plan.sizes) if plan.in_area(index) is inside]
        low, high = sum(low for low, _ in group), sum(high or 0 for _, high in group)
        unbounded = unbounded or (any(high is None for _, high in group) and not (inside and wired is not None))
        logical += high
        if inside and plan.stuffing is not None:
            low, high = plan.stuffing.min_encoded(low), plan.stuffing.max_encoded(high)
        least, most = least + low, most + high
    if wired is not None:
        others = [size for index, size in enumerate(plan.sizes) if not wired.first <= index <= wired.last]
        counted = [limit * wired.unit + wired.bias for limit in values_of(plan, wired)]
        least = max(least, counted[0] + sum(low for low, _ in others))
        most = counted[1] + sum(high or 0 for _, high in others)
        logical = max(logical, most)
    if plan.delimiter is not None:
        least, most = max(least, int(plan.delimited)) + plan.closing, most + plan.closing
    if least < 1:
        raise SpecError("a frame could be empty", path="layout", expected="at least one byte that is always there")
    searched = (bool(plan.opens) and wired is None) or plan.delimiter is not None
    if not unbounded and most < least:
        raise SpecError("the parts leave no room for any frame", path="layout", expected="parts with bytes in them")
    if stated is not None:
        if stated < least:
            raise SpecError(
                f"{stated} bytes are less than the smallest frame", path="max_size", expected=f"at least {shown(least)}"
            )
        return least, stated if unbounded else min(stated, most)
    if searched:
        limit = SEARCHED_SIZE if unbounded else min(most, SEARCHED_SIZE)
        if limit < least:
            raise SpecError(f"the smallest frame has {least} bytes", path="max_size", expected="a max_size for it")
        return least, limit
    if unbounded or logical > STATE_ABOVE:
        allows = "of any size" if unbounded else f"of up to {shown(logical)} bytes"
        raise SpecError(
            f"the layout allows frames {allows}",
            path="max_size",
            expected=f"max_size = ..., which has to be stated above {STATE_ABOVE}",
        )
    return least, most
