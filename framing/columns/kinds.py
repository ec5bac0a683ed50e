"""What the `kind` of frames takes to be known: numbers at fixed places, and the first bytes of parts that begin at one.

Frames that agree in these are of one kind, so that the expressions are evaluated once for all of them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from framing.columns.places import bytes_before, gathers
from framing.model.data import Data
from framing.model.expressions import Expression, parsed, plain_name
from framing.plan import Plan


@dataclass(frozen=True, slots=True)
class Front:
    """The first `size` bytes of a part, which begins `before` bytes behind the frame's start.

    A frame of `enough` bytes has them for sure; a smaller one may have another part there.
    """

    name: str
    before: int
    size: int
    enough: int

    def of(self, view: memoryview, base: int, starts: Sequence[int]) -> list[bytes]:
        """Those of the frames that start at these offsets; the view's first byte stands at `base`."""
        first, last = self.before - base, self.before + self.size - base
        return [bytes(view[start + first : start + last]) for start in starts]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where what kinds are made of comes from."""

    numbers: tuple[str, ...]
    fronts: tuple[Front, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The numbers' names and then the fronts'."""
        return (*self.numbers, *(front.name for front in self.fronts))

    @property
    def enough(self) -> int:
        """The bytes from which on a frame has all of it."""
        return max((front.enough for front in self.fronts), default=0)


@lru_cache(maxsize=256)
def sources(plan: Plan, kind: tuple[Expression, ...]) -> Sources | None:
    """None where one of the kind's names takes reading the frame.

    >>> from framing import load
    >>> ubx, nmea = load("ubx")["ubx"], load("nmea")["nmea"]
    >>> sources(ubx.plan, ubx.kind)
    Sources(numbers=('class', 'id'), fronts=())
    >>> sources(nmea.plan, nmea.kind)
    Sources(numbers=(), fronts=(Front(name='payload', before=1, size=5, enough=11),))
    """
    names = sorted({name for used in kind for name in used.names})
    numbers = tuple(name for name in names if gathers(plan, name))
    fronts = [_front(plan, kind, name) for name in names if name not in numbers]
    found = tuple(front for front in fronts if front is not None)
    return Sources(numbers, found) if len(found) == len(fronts) else None


def _front(plan: Plan, kind: Sequence[Expression], name: str) -> Front | None:
    index = next((index for index, part in enumerate(plan.parts) if isinstance(part, Data) and part.name == name), None)
    if index is None:
        return None
    part, before = plan.parts[index], bytes_before(plan, index)
    if part.if_ is not None or before is None or plan.in_area(index) or (isinstance(part, Data) and part.blocks is not None):
        return None
    least, most = plan.sizes[index]
    reaches = [_reach(used, name) for used in kind if name in used.names]
    sizes = [reach for reach in reaches if reach is not None]
    if len(sizes) < len(reaches):  # all of the part
        return Front(name, before, least, 0) if least == most else None
    size = max(sizes)
    if least >= size:
        return Front(name, before, size, 0)
    behind = [most for _, most in plan.sizes[index + 1 :]]
    return None if None in behind else Front(name, before, size, before + size + sum(most or 0 for most in behind))


def _reach(used: Expression, name: str) -> int | None:
    """How many of a part's first bytes an expression looks at; None: at more than a constant tells."""
    tree = parsed(used.text)
    reach = 0
    bound: set[ast.expr] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            last = _last(node.slice)
            if last is not None:
                bound.add(node.value)
                reach = max(reach, last if plain_name(node.value) == name else 0)
    free = {plain_name(node) for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in bound}
    return None if name in free else reach


def _last(place: ast.expr) -> int | None:
    """The end of an index or a slice that is constant and counts from the front."""
    match place:
        case ast.Constant(value=int() as index):
            return index + 1
        case ast.Slice(lower=None | ast.Constant(), upper=ast.Constant(value=int() as end), step=None):
            return end
    return None
