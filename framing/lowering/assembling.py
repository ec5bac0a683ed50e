"""Puts the operations of a program together: slots for values, jumps, places, and the bytes that nobody asks for.

Two things make a program short. Fixed bytes that nobody asks for are skipped together with what follows them. And whatever has
a constant place in the frame is known by that place instead of being noted as the probe goes along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from framing.errors import Reason
from framing.lowering.arithmetic import Unsupported, lowered
from framing.lowering.program import INT64, NONE, Matcher, Operation, Program, marker_of, reason_number
from framing.model.data import Data
from framing.model.expressions import Expression
from framing.model.lookups import Lookup
from framing.model.numbers import Bits
from framing.model.patterns import End, Sync
from framing.model.traits import expressions_of
from framing.plan import Plan
from framing.sums.algorithms import Algorithm

_TAKING = frozenset({"MARKER", "SKIP", "NUMBER", "VARYING", "PATTERN", "DATA", "BLOCKS", "OPEN"})


class Assembler:
    """A program in the making, and what is known of it so far."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.out = Program(max_size=plan.max_size, min_size=plan.min_size, block=plan.block or 0)
        self.slots: dict[str, int] = {}
        self.sizes: dict[int, int] = {}  # data part -> the slot with its data bytes
        self.settled: dict[int, bool] = {}  # the same part -> whether it surely has a size by now
        self.lengths: dict[int, int] = {}  # data part -> the slot with the bytes it turned out to have
        self.edge_slots: dict[int, int] = {}
        self.offset: int | None = 0  # the logical offset of the next part, where it is the same in all frames
        self.edges: list[int | None] = []  # behind each part, likewise
        self.landed = 0  # the last operation that a jump leads to
        self.skipped = 0  # bytes that nobody asks for, not yet taken
        self.used = {name for part in plan.parts for _, used in expressions_of(part) for name in used.names}
        self.used |= {name for stored in plan.stored.values() for name in stored.names}
        self.wanted_edges = set(self._wanted_edges())

    # --- operations -------------------------------------------------------------------------------------------------

    def emit(self, name: str, a: int = 0, b: int = 0, c: int = 0, d: int = 0, x: int = 0, y: int = 0) -> int:
        for value in (x, y):
            if not INT64[0] <= value <= INT64[1]:
                raise Unsupported("a number beyond 64 bits")
        self.out.operations.append(Operation(name, a, b, c, d, x, y))
        return len(self.out.operations) - 1

    def land(self, *jumps: int) -> None:
        """Lets the jumps lead to the next operation."""
        for at in jumps:
            self.out.operations[at].a = len(self.out.operations)
        self.landed = len(self.out.operations)

    def after(self, name: str, number: int) -> None:
        """Has an edge noted, or a checksum verified, along with the operation before where that takes bytes."""
        last = self.out.operations[-1]
        joins = last.name in _TAKING and self.landed < len(self.out.operations) and last.check == NONE
        if joins and name == "VERIFY":
            last.check = number
        elif joins and last.edge == NONE:
            last.edge = number
        else:
            self.emit(name, number)

    def flush(self) -> None:
        """Takes the bytes that were passed over."""
        if self.skipped:
            self.emit("SKIP", x=self.skipped)
            self.skipped = 0

    def within(self, slot: int, low: Any, high: Any, reason: Reason) -> None:
        if low is None and high is None:
            return
        low, high = (INT64[0] if low is None else int(low)), (INT64[1] if high is None else int(high))
        self.emit("RANGE", slot, reason_number(reason), x=low, y=high)

    def add(self, total: int, part: Data, size: int, sign: int = 1, wire: bool = True) -> None:
        """Adds the bytes of a data part of `size` bytes, with the checksums of its blocks where they count."""
        block, width = (part.blocks.size, part.blocks.type.size or 0) if part.blocks and wire else (0, 0)
        self.emit("ADD", total, size, sign, width, y=block)

    # --- what operations name ---------------------------------------------------------------------------------------

    def slot(self, name: str) -> int:
        return self.slots.setdefault(name, len(self.slots))

    def fresh(self) -> int:
        return self.slot(f"#{len(self.slots)}")

    def expression(self, used: Expression, is_size: bool = False) -> int:
        return index_in(self.out.expressions, lowered(used, self._operand, lambda name: self._entries(name) << 1 | is_size))

    def _operand(self, name: str, as_length: bool) -> tuple[int, bool]:
        """The slot of a name in an expression, and whether the part may be absent."""
        index = self.plan.values[name]
        part = self.plan.parts[index]
        if isinstance(part, Data) and as_length:
            slot = self.lengths.setdefault(index, self.slot(f"len({name})"))
        elif isinstance(part, (Data, Sync, End)) or as_length:
            raise Unsupported(f"bytes ({name}) in an expression")
        elif not isinstance(part, Bits) and not part.type.integral:
            raise Unsupported(f"a float ({name}) in an expression")
        else:
            slot = self.slot(name)
        return slot, part.if_ is not None

    def _matcher(self, part: Sync | End) -> int:
        if isinstance(part, End):
            return index_in(self.out.matchers, Matcher(part.longest_first, ends=True))
        return index_in(self.out.matchers, marker_of(part.pattern))

    def _table(self, lookup: Lookup) -> int:
        return self._numbers(self.plan.tables[lookup.table])

    def _entries(self, name: str) -> int:
        """The table of that name in an expression."""
        if name not in self.plan.scope:
            raise Unsupported(f"bytes ({name}) in an expression")
        return self._numbers(self.plan.scope[name])

    def _numbers(self, entries: Mapping[int, int]) -> int:
        table = dict(entries)
        if any(not INT64[0] <= each <= INT64[1] for pair in table.items() for each in pair):
            raise Unsupported("a table with numbers beyond 64 bits")
        return index_in(self.out.tables, table)

    def _algorithm(self, algorithm: Algorithm) -> int:
        return index_in(self.out.algorithms, algorithm)

    # --- places -----------------------------------------------------------------------------------------------------

    def place(self, index: int) -> int:
        """The logical place behind part `index` (-1: the start): an edge slot, or `-1 - offset` where it is constant."""
        if index < 0:
            return -1
        known = self.edges[index]
        return -1 - known if known is not None else self.edge_slots[index]

    def _wanted_edges(self) -> Iterator[int]:
        for own, (first, last) in self.plan.overs.items():
            yield from (first - 1, last, own - 1, own)
            yield from (part - 1 for part, _, _ in self.plan.stored[own].masks) if own in self.plan.stored else ()
        for equation in self.plan.equations:
            if equation.wire and equation.first <= equation.ready:
                yield from (equation.first - 1, equation.ready)
            for index in range(equation.first, min(equation.last, equation.ready) + 1):
                yield from (index - 1, index)


def index_in(known: list[Any], value: Any) -> int:
    """Where a value stands in a list; at its end if it was not there."""
    if value not in known:
        known.append(value)
    return known.index(value)
