"""What the length fields of a layout tell: which part each one sizes, and behind which part it can be applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from framing.errors import SpecError
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Length
from framing.model.parts import Part
from framing.model.traits import static_size
from framing.planning.facts import Equation
from framing.planning.outline import Outline


@dataclass(frozen=True, slots=True)
class Lengths:
    """All lengths of a layout."""

    equations: tuple[Equation, ...]
    """In the order in which they can be applied."""
    wired: Equation | None
    """The one that tells where the stuffed area ends, on the wire."""
    sized: Mapping[int, int]
    """The data parts that a length sizes, each with the part behind which its size is known."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A length and the parts it counts, before it is known whether it sizes one of them."""

    index: int
    part: Bits | Length
    first: int
    last: int


def lengths_of(outline: Outline) -> Lengths:
    """Works out the lengths of a layout. Raises `SpecError` where one cannot be applied."""
    drafts, wired = _drafts(outline)
    order = _targets(outline.parts, drafts)
    sized: dict[int, int] = {}
    equations = []
    for draft, target in order:
        ready = max(draft.index, *(settled(outline, sized, k, target, draft.index) for k in range(draft.first, draft.last + 1)))
        if target is not None:
            if ready >= target:
                raise SpecError(
                    f"the size of {outline.parts[target].name!r} is not known where it begins",
                    path=f"layout[{draft.index}].of",
                    expected="parts of known size around it",
                )
            sized[target] = ready
        part = draft.part
        name = part.length if isinstance(part, Bits) else part.name
        assert name is not None
        equations.append(
            Equation(name, draft.index, draft.first, draft.last, part.unit, part.bias, part.min, part.max, target, ready)
        )
    if wired is not None:
        equations.append(wired)
    in_order = tuple(sorted(equations, key=lambda equation: equation.ready))  # stable: as they are where ready at once
    return Lengths(in_order, wired, sized)


def settled(outline: Outline, sized: Mapping[int, int], index: int, target: int | None = None, length: int = -1) -> int:
    """The part behind which the size of part `index` is known, as far as the length in part `length` cares that sizes `target`.

    `sized` are the parts that lengths size, each with the part behind which that is known.
    """
    part = outline.parts[index]
    condition = outline.names.last_needed([part.if_])
    if index == target or index <= length:
        return condition
    if static_size(part) is not None:
        return condition
    if isinstance(part, Data) and part.size is not None:
        used = part.size.by if isinstance(part.size, Lookup) else part.size
        return max(condition, outline.names.last_needed([used]))
    if index in sized:
        return max(condition, sized[index])
    return index


def _drafts(outline: Outline) -> tuple[list[_Draft], Equation | None]:
    """The lengths that count unstuffed bytes, and the one that counts stuffed ones."""
    drafts: list[_Draft] = []
    wired = None
    for index, part in enumerate(outline.parts):
        if not (isinstance(part, Length) or (isinstance(part, Bits) and part.length is not None)):
            continue
        assert part.of is not None
        first, last = outline.names.span(part.of, index, "of")
        draft = _Draft(index, part, first, last)
        if isinstance(part, Length) and part.wire:
            wired = _wired(outline, draft, wired)
            continue
        if first == last == index:
            raise SpecError("this length covers nothing but itself", path=f"layout[{index}].of", expected="what it counts")
        drafts.append(draft)
    return drafts, wired


def _targets(parts: Sequence[Part], drafts: Sequence[_Draft]) -> list[tuple[_Draft, int | None]]:
    """Each length with the part that it sizes, in the order in which one size follows from the others; then those that size none."""
    targets: dict[int, _Draft] = {}
    pending = list(drafts)
    while True:
        for draft in pending:
            unknown = [k for k in range(max(draft.first, draft.index + 1), draft.last + 1) if _unsized(parts[k]) and k not in targets]
            if len(unknown) == 1:
                targets[unknown[0]] = draft
                pending.remove(draft)
                break
        else:
            break
    for draft in pending:
        unknown = [k for k in range(draft.first, draft.last + 1) if _unsized(parts[k]) and k not in targets]
        if len(unknown) > 1:
            names = ", ".join(str(parts[k].name) for k in unknown)
            raise SpecError(
                f"this length cannot size {names} at once", path=f"layout[{draft.index}].of", expected="one part without a size"
            )
    return [*((draft, target) for target, draft in targets.items()), *((draft, None) for draft in pending)]


def _unsized(part: Part) -> bool:
    return isinstance(part, Data) and part.size is None


def _wired(outline: Outline, draft: _Draft, other: Equation | None) -> Equation:
    """A length that counts stuffed bytes; `other` is one that was there before."""
    part = draft.part
    where = f"layout[{draft.index}].wire"
    if outline.area is None:
        raise SpecError("nothing is stuffed here", path=where, expected="no `wire`, or transparency")
    if outline.delimiter is not None:
        raise SpecError("the delimiter ends the stuffed span", path=where, expected="no `wire`, or closes = false")
    begin, end = outline.area
    if draft.index >= begin or draft.first > begin or draft.last < end or part.if_ is not None:
        raise SpecError(
            "this length does not tell where the stuffed span ends",
            path=where,
            expected="it in front of the stuffed span, always there, and the whole of that in `of`",
        )
    if other is not None:
        raise SpecError("two lengths tell where the stuffed span ends", path=where, expected="one of them")
    for inside in range(begin, end + 1):
        if isinstance(outline.parts[inside], Checksum):
            raise SpecError(
                "how many bytes a checksum takes when stuffed is known too late",
                path=f"layout[{inside}]",
                expected="it behind the stuffed span, or a length of unstuffed bytes",
            )
    return Equation(
        part.name, draft.index, draft.first, draft.last, part.unit, part.bias, part.min, part.max, None, begin - 1, True
    )
