"""Quick readers: for most formats, a generated function that gives the fields and the payload of a whole frame.

At most one part of most layouts is of variable size. All parts before it then stand at fixed distances from the start of the
frame, all parts behind it at fixed distances from its end, whatever the lengths in it say: the frame has been verified. An end
pattern of several lengths may come on top where it was searched: the frame then ends with the longest that it can end with.
Reading is one expression a part: 0.9 us a UBX frame, where walking the parts takes 16.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from framing.model.data import Data
from framing.model.numbers import Bits
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.traits import names_of, static_size
from framing.model.values import IntegerType
from framing.plan import Plan
from framing.reading.reader import Fields, unblocked

Reader = Callable[[bytes], tuple[Fields, bytes]]


def reader(plan: Plan) -> Reader | None:
    """The quick reader of a plan; None where several parts vary or depend on conditions."""
    sizes = [_size(part) for part in plan.parts]
    last = plan.parts[-1]
    ends = last.longest_first if isinstance(last, End) and sizes[-1] is None and plan.area is None else None
    varying = [index for index, size in enumerate(sizes) if size is None and not (ends and index == len(sizes) - 1)]
    stuffed = plan.area is not None
    if len(varying) > 1 or plan.stored or any(part.if_ is not None for part in plan.parts) or (stuffed and plan.delimiter is None):
        return None
    variable = varying[0] if varying else len(sizes)
    if plan.area is not None and variable < plan.area[0]:
        return None  # where the stuffed area begins varies
    searched = any(each.data == variable for each in plan.opens)
    if ends and not (searched and all(one.endswith(other) for one, other in pairwise(ends))):
        return None
    if any(isinstance(part, (Sync, End)) for part in plan.parts[variable : variable + 1]):
        return None
    return _Source(plan, sizes, variable, ends).build()


def _size(part: Part) -> int | None:
    if isinstance(part, Data) and part.blocks is not None:
        return None
    return static_size(part)


class _Source:
    def __init__(self, plan: Plan, sizes: list[int | None], variable: int, ends: tuple[bytes, ...] | None) -> None:
        self.plan, self.sizes, self.variable, self.ends = plan, sizes, variable, ends
        self.known: dict[str, Any] = {}

    def const(self, value: Any) -> str:
        name = f"C{len(self.known)}"
        self.known[name] = value
        return name

    def build(self) -> Reader:
        plan = self.plan
        lines = []
        if plan.area is not None and plan.stuffing is not None:
            fixed = sum(self.sizes[index] or 0 for index in range(plan.area[0]))
            prefix = f"r[:{fixed}] + " if fixed else ""
            lines.append(f"r = {prefix}{self.const(plan.stuffing.decode)}(r[{fixed}:-{plan.closing}])")
        lines.append("n = len(r)")
        if self.ends:
            *longer, shortest = self.ends
            tests = "".join(f"{len(one)} if r.endswith({self.const(one)}) else " for one in longer)
            lines.append(f"n -= {tests}{len(shortest)}")
        payload = 'b""'
        fields = []
        for index, part in enumerate(plan.parts):
            begin, end = self.span(index)
            if isinstance(part, Bits):
                lines.append(f"w{index} = {self.value(part, begin, end)}")
                fields += self.members(part, f"w{index}")
            elif index == plan.payload:
                payload = self.value(part, begin, end)
            elif names_of(part):
                fields.append(f"{names_of(part)[0]!r}: {self.value(part, begin, end)}")
        lines.append(f"return {{{', '.join(fields)}}}, {payload}")
        source = "def read(r):\n" + "".join(f"    {line}\n" for line in lines)
        exec(compile(source, "<reader>", "exec"), self.known)  # noqa: S102 - made from the validated plan, never from spec text
        read: Reader = self.known["read"]
        return read

    def span(self, index: int) -> tuple[str, str]:
        """Where a part begins and ends in `r`, as source."""
        before = sum(size or 0 for size in self.sizes[:index])
        here = self.sizes[index]
        if index < self.variable:
            return str(before), "" if here is None else str(before + here)
        behind = sum(size or 0 for size in self.sizes[index + 1 :])
        end = f"n - {behind}" if behind else "n"
        if index == self.variable:
            return str(before), end
        if here is None:  # the end pattern, of several lengths
            return "n", ""
        return f"n - {behind + here}", end

    def value(self, part: Part, begin: str, end: str) -> str:
        taken = f"r[{begin}:{end}]"
        if isinstance(part, (Sync, End)):
            return taken
        if isinstance(part, Data):
            return taken if part.blocks is None else f"{self.const(unblocked)}({self.const(part.blocks)}, {taken})"
        kind = part.type
        if isinstance(kind, IntegerType) and not kind.signed and kind.size is not None and kind.size <= 2:
            places = [f"r[{begin} + {k}]" if k else f"r[{begin}]" for k in range(kind.size)]
            places = places if kind.order == "little" else places[::-1]
            return places[0] if len(places) == 1 else f"{places[0]} | {places[1]} << 8"
        return f"{self.const(kind.read)}({taken})"

    @staticmethod
    def members(part: Bits, whole: str) -> list[str]:
        found, left = [], sum(bit.width for bit in part.bits)
        for bit in part.bits:
            left -= bit.width
            if bit.name != "_":
                found.append(f"{bit.name!r}: {whole} >> {left} & {(1 << bit.width) - 1}")
        return found
