"""A plan lowered to numbers: what the compiled engine runs.

`program(format)` turns the validated plan of a format into a straight list of small operations on integers. The compiled
engine copies it into C arrays and knows nothing of parts, names or Python. Each operation is one step of `probing.py`, in
the same order; where bytes are missing the engine stops in front of an operation and later goes on with it.

Two things make it short. Fixed bytes that nobody asks for are skipped together with what follows them. And whatever has a
constant place in the frame is known by that place instead of being noted as the probe goes along.

`Unsupported` names what a format needs and C has not got; the engine then asks the Python prober for that format. What
goes beyond 64 bits only in some frame (a product, a `u64` above 2^63) is found when it happens: that candidate alone is
put to the Python prober.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from framing.algorithms import Algorithm
from framing.arithmetic import Code, Unsupported, lowered
from framing.errors import Reason
from framing.expressions import Expression
from framing.layout import FrameFormat
from framing.markers import Pattern
from framing.parts import Bits, Blocks, Checksum, Data, End, Field, Length, Lookup, Part, Sync
from framing.plan import Equation, Open, Plan
from framing.stuffing import Cobs, Stuffing
from framing.traits import expressions_of, static_size
from framing.values import BcdType, DigitsType, FloatType, IntegerType, ValueType

__all__ = ["Check", "Matcher", "Operation", "Program", "Unsupported", "marker_of", "program"]


@dataclass
class Operation:
    """One step: four small operands and two large ones, whose meaning stands beside its name in `native/structures.pxi`.

    `edge`: note where the taken bytes end now; `check`: verify this checksum then.
    """

    name: str
    a: int = 0
    b: int = 0
    c: int = 0
    d: int = 0
    x: int = 0
    y: int = 0
    edge: int = -1
    check: int = -1


NONE = -1
_TAKING = frozenset({"MARKER", "SKIP", "NUMBER", "ULEB128", "PATTERN", "DATA", "BLOCKS", "OPEN"})
_INT64 = (-(1 << 63), (1 << 63) - 1)


@dataclass(frozen=True)
class Matcher:
    """Byte strings of which any may stand; `ends`: an end pattern, the longest that fits wins."""

    alternatives: tuple[bytes, ...]
    mask: bytes = b""
    errors: int = 0
    ends: bool = False


@dataclass(frozen=True)
class Check:
    """A checksum to verify. `begin`, `end` and `own` are places, see `_Lowering.place`; `size` is 0 where `own` lies outside."""

    algorithm: int
    value: int
    begin: int
    end: int
    own: int
    size: int
    table: int = NONE
    by: int = NONE


@dataclass
class Program:
    """One format for the compiled engine."""

    slots: int = 0
    edges: int = 0
    max_size: int = 0
    min_size: int = 0
    stuffed: bool = False
    delimiter: int = NONE
    """The byte that closes the stuffed area."""
    closes: bool = True
    stop: int = NONE
    """The end pattern behind the stuffed area."""
    stop_least: int = 0
    states: bytes = b""
    """Rows of 256 little-endian 32-bit entries: next state << 16 | has a byte << 8 | the byte; all ones is an error."""
    first_inside: int = 0
    full_run: int = NONE
    cobs: int = 0
    """1: COBS, 2: COBS/R."""
    least_scale: int = 1
    least_more: int = 0
    watch_marker: bool = False
    escape_is_marker: bool = False
    marker: int = NONE
    operations: list[Operation] = field(default_factory=list)
    expressions: list[Code] = field(default_factory=list)
    matchers: list[Matcher] = field(default_factory=list)
    charsets: list[bytes] = field(default_factory=list)
    sets: list[list[int]] = field(default_factory=list)
    tables: list[dict[int, int]] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    algorithms: list[Algorithm] = field(default_factory=list)


def program(definition: FrameFormat) -> Program:
    """The format as numbers. Raises `Unsupported` with what is in the way."""
    return _Lowering(definition.plan).run()


def marker_of(pattern: Pattern) -> Matcher:
    """A sync marker as the compiled engine looks for it."""
    return Matcher(pattern.alternatives, b"" if pattern.exact else pattern.mask, pattern.errors)


def _index(known: list[Any], value: Any) -> int:
    if value not in known:
        known.append(value)
    return known.index(value)


class _Lowering:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.out = Program(max_size=plan.max_size, min_size=plan.min_size)
        self.slots: dict[str, int] = {}
        self.optional: set[int] = set()
        self.sizes: dict[int, int] = {}  # data part -> the slot with its data bytes
        self.settled: dict[int, bool] = {}  # the same part -> whether it surely has a size by now
        self.lengths: dict[int, int] = {}  # data part -> the slot with the bytes it turned out to have
        self.edge_slots: dict[int, int] = {}
        self.offset: int | None = 0  # the logical offset of the next part, where it is the same in all frames
        self.edges: list[int | None] = []  # behind each part, likewise
        self.landed = 0  # the last operation that a jump leads to
        self.skipped = 0  # bytes that nobody asks for, not yet taken
        self.used = {name for part in plan.parts for _, used in expressions_of(part) for name in used.names}
        self.wanted_edges = set(self._wanted_edges())

    def run(self) -> Program:
        plan, out = self.plan, self.out
        self._transparency()
        for index, part in enumerate(plan.parts):
            if plan.area is not None and index == plan.area[0]:
                self.flush()
                self.emit("ENTER")
            if plan.area is not None and index == plan.area[1] + 1:
                self.flush()
                self.emit("LEAVE")
            self.part(index, part)
            self.settle(index)
        self.flush()
        if plan.area is not None and plan.area[1] + 1 == len(plan.parts):
            self.emit("LEAVE")
        self.emit("DONE")
        out.slots = len(self.slots) + 1
        out.edges = len(self.edge_slots)
        out.marker = 0 if plan.marker is not None else NONE
        return out

    # --- building blocks --------------------------------------------------------------------------------------------

    def emit(self, name: str, a: int = 0, b: int = 0, c: int = 0, d: int = 0, x: int = 0, y: int = 0) -> int:
        for value in (x, y):
            if not _INT64[0] <= value <= _INT64[1]:
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

    def slot(self, name: str) -> int:
        return self.slots.setdefault(name, len(self.slots))

    def fresh(self) -> int:
        return self.slot(f"#{len(self.slots)}")

    def expression(self, used: Expression) -> int:
        return _index(self.out.expressions, lowered(used, self._operand))

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

    def place(self, index: int) -> int:
        """The logical place behind part `index` (-1: the start): an edge slot, or `-1 - offset` where it is constant."""
        if index < 0:
            return -1
        known = self.edges[index]
        return -1 - known if known is not None else self.edge_slots[index]

    def _wanted_edges(self) -> Iterator[int]:
        for own, (first, last) in self.plan.overs.items():
            yield from (first - 1, last, own - 1, own)
        for equation in self.plan.equations:
            for index in range(equation.first, min(equation.last, equation.ready) + 1):
                yield from (index - 1, index)

    # --- parts ------------------------------------------------------------------------------------------------------

    def part(self, index: int, part: Part) -> None:
        opening = index == 0 and self.plan.marker is not None
        jump = None
        if part.if_ is not None:
            self.flush()
            jump = self.emit("BRANCH", b=self.expression(part.if_))
        if opening:
            assert isinstance(part, Sync)
            self.emit("MARKER", self._matcher(part))
        elif isinstance(part, (Sync, End)):
            self.flush()
            least = self.plan.least_wire_after(index)
            self.emit("PATTERN", self._matcher(part), int(isinstance(part, End)), x=least)
        elif isinstance(part, Data):
            self.data(index, part)
        else:
            self.number(index, part)
        size = static_size(part) if part.if_ is None else None
        if jump is not None:
            self.flush()
            self.land(jump)
        self.offset = None if self.offset is None or size is None else self.offset + size

    def _matcher(self, part: Sync | End) -> int:
        if isinstance(part, End):
            return _index(self.out.matchers, Matcher(part.longest_first, ends=True))
        return _index(self.out.matchers, marker_of(part.pattern))

    def number(self, index: int, part: Field | Bits | Length | Checksum) -> None:
        kind = part.type
        wanted = self._is_wanted(index, part)
        if not wanted and isinstance(kind, (IntegerType, FloatType)):
            self.pass_over(index, kind.size or 0)
            return
        slot = self.slot(f"${index}" if isinstance(part, Bits) else part.name) if wanted else NONE
        guarded = self._may_pass_63_bits(part)
        if kind.size is None:
            self.flush()
            self.emit("ULEB128", c=slot)
        else:
            self.emit("NUMBER", *_number_type(kind), slot, int(guarded), x=self.skipped)
            self.skipped = 0
        if isinstance(part, Bits):
            self.bits(part, slot)
        elif isinstance(part, Field):
            self.conditions(part, slot)
        for equation in self.plan.equations:
            if equation.part == index:
                self.within(self.slot(equation.name), equation.min, equation.max, Reason.LENGTH)
        if not isinstance(part, Checksum) and part.valid is not None:
            self.emit("VALID", b=self.expression(part.valid))

    def _may_pass_63_bits(self, part: Field | Bits | Length | Checksum) -> bool:
        """Whether a value could look negative to those who use it; checksums are compared bit by bit."""
        if isinstance(part, Bits):
            return any(bit.width == 64 for bit in part.bits)
        unsigned = isinstance(part.type, IntegerType) and part.type.size == 8 and not part.type.signed
        return unsigned and (not isinstance(part, Checksum) or part.name in self.used)

    def _is_wanted(self, index: int, part: Field | Bits | Length | Checksum) -> bool:
        """Whether anything depends on the value, or is to be decided once it is there."""
        if not isinstance(part, Checksum) and part.valid is not None:
            return True
        if isinstance(part, Bits):
            return any(bit.const is not None or bit.name in self.used or bit.name == part.length for bit in part.bits)
        if isinstance(part, Field):
            limits = (part.const, part.allowed, part.min, part.max, part.equals)
            return part.name in self.used or any(limit is not None for limit in limits)
        return True

    def pass_over(self, index: int, size: int) -> None:
        """Bytes that are taken unseen, with what follows them unless something hangs on their being there."""
        behind = None if self.offset is None else self.offset + size
        self.skipped += size
        limited = behind is None or behind > self.plan.max_size or self.plan.area is not None
        if limited or self.plan.equations_ready(index) or self.plan.checksums_ready(index):
            self.flush()

    def bits(self, part: Bits, slot: int) -> None:
        left = sum(bit.width for bit in part.bits)
        mask = wanted = 0
        for bit in part.bits:
            left -= bit.width
            if bit.const is not None:
                mask |= (1 << bit.width) - 1 << left
                wanted |= bit.const << left
            if bit.name != "_" and (bit.name in self.used or bit.name == part.length):
                self.emit("BITS", slot, c=self.slot(bit.name), x=left, y=_signed((1 << bit.width) - 1))
        if mask:
            self.emit("CONSTANT_BITS", slot, x=_signed(mask), y=_signed(wanted))

    def conditions(self, part: Field, slot: int) -> None:
        if not part.type.integral and slot != NONE:
            raise Unsupported(f"a condition on a float ({part.name})")
        if part.const is not None:
            self.within(slot, part.const, part.const, Reason.FIELD)
        if part.allowed is not None:
            self.emit("ONE_OF", slot, _index(self.out.sets, sorted({int(each) for each in part.allowed})))
        self.within(slot, part.min, part.max, Reason.FIELD)
        if part.equals is not None:
            self.emit("EQUALS", slot, self.expression(part.equals))

    def within(self, slot: int, low: Any, high: Any, reason: Reason) -> None:
        if low is None and high is None:
            return
        low, high = (_INT64[0] if low is None else int(low)), (_INT64[1] if high is None else int(high))
        self.emit("RANGE", slot, _reason(reason), x=low, y=high)

    # --- data -------------------------------------------------------------------------------------------------------

    def data(self, index: int, part: Data) -> None:
        charset = NONE if part.charset is None else _index(self.out.charsets, bytes(sorted(part.charset.bytes)))
        if part.name in self.used or part.blocks is not None:
            self.lengths.setdefault(index, self.slot(f"len({part.name})"))
        length = self.lengths.get(index, NONE)
        opened = next((each for each in self.plan.opens if each.data == index), None)
        if opened is not None:
            self.flush()
            self.open(opened, charset, length)
            return
        size = self._constant(part)
        if size is not None and charset == length == NONE and part.blocks is None and part.if_ is None:
            self.pass_over(index, size)
            return
        self.flush()
        slot = self.data_size(index, part)
        if part.blocks is None:
            self.emit("DATA", slot, charset, length)
        else:
            self.blocks(part.blocks, slot, length)
            if charset != NONE:
                raise Unsupported(f"a charset of data in blocks ({part.name})")

    @staticmethod
    def _constant(part: Data) -> int | None:
        """The data bytes where the declaration alone tells."""
        return static_size(part) if part.blocks is None else None

    def data_size(self, index: int, part: Data) -> int:
        """Emits what computes the size of a sized data part; the slot that holds it."""
        if index in self.sizes:
            if not self.settled[index]:
                self.emit("GIVEN", self.sizes[index], _reason(Reason.LENGTH))
            return self.sizes[index]
        slot = self.fresh()
        if isinstance(part.size, Lookup):
            self.emit("LOOKUP", self._table(part.size), self.expression(part.size.by), slot)
            self.emit("RANGE", slot, _reason(Reason.LENGTH), x=0, y=_INT64[1])
        elif part.size is not None:
            self.emit("SIZE", b=self.expression(part.size), c=slot)
        else:
            self.emit("FAIL", _reason(Reason.LENGTH))  # its length is an optional part that an equation never used
        return slot

    def _table(self, lookup: Lookup) -> int:
        table = dict(self.plan.tables[lookup.table])
        if any(not _INT64[0] <= each <= _INT64[1] for pair in table.items() for each in pair):
            raise Unsupported("a table with numbers beyond 64 bits")
        return _index(self.out.tables, table)

    def blocks(self, blocks: Blocks, slot: int, length: int) -> None:
        kind, width = _number_type(blocks.type)
        check = Check(self._algorithm(blocks.checksum), kind, 0, 0, 0, width)
        self.out.checks.append(check)
        self.emit("BLOCKS", slot, len(self.out.checks) - 1, length, x=blocks.size)

    def open(self, each: Open, charset: int, length: int) -> None:
        stop, least = NONE, 0
        if each.stop is not None and not self.plan.in_area(each.data):
            part = self.plan.parts[each.stop]
            assert isinstance(part, End)
            stop, least = self._matcher(part), self.plan.least_wire_after(each.stop)
        sizes = [self.plan.sizes[index] for index in each.tail if self.plan.parts[index].if_ is None]
        if len(sizes) == len(each.tail) and all(low == high for low, high in sizes):
            self.emit("OPEN", stop, charset, length, NONE, x=least, y=sum(low for low, _ in sizes))
            return
        tail = self.fresh()
        self.emit("SET", tail)
        for index in each.tail:
            part = self.plan.parts[index]
            jump = self.emit("BRANCH", b=self.expression(part.if_)) if part.if_ is not None else None
            if isinstance(part, Data):
                self.add(tail, part, self.data_size(index, part))
            else:
                self.emit("ADD", tail, NONE, x=self.plan.sizes[index][1] or 0)
            if jump is not None:
                self.land(jump)
        self.emit("OPEN", stop, charset, length, tail, x=least)

    def add(self, total: int, part: Data, size: int, sign: int = 1, wire: bool = True) -> None:
        """Adds the bytes of a data part of `size` bytes, with the checksums of its blocks where they count."""
        block, width = (part.blocks.size, part.blocks.type.size or 0) if part.blocks and wire else (0, 0)
        self.emit("ADD", total, size, sign, width, y=block)

    # --- what follows from a part -----------------------------------------------------------------------------------

    def settle(self, index: int) -> None:
        self.edges.append(self.offset)
        if self.offset is None and index in self.wanted_edges:
            self.flush()
            self.edge_slots[index] = len(self.edge_slots)
            self.after("EDGE", self.edge_slots[index])
        for equation in self.plan.equations_ready(index):
            self.equation(equation, index)
        for own in self.plan.checksums_ready(index):
            self.checksum(own)

    def equation(self, equation: Equation, index: int) -> None:
        self.flush()
        length = self.plan.parts[equation.part]
        jump = self.emit("PRESENT", b=self.slot(equation.name)) if length.if_ is not None else None
        total, target_there, known = self.fresh(), NONE, 0
        linear = self.emit("LINEAR", total, self.slot(equation.name))
        for k in range(equation.first, equation.last + 1):
            part = self.plan.parts[k]
            if k <= index:
                known += self._passed(total, k, part)
            elif k == equation.sizes:
                if part.if_ is not None:
                    target_there = self.fresh()
                    self.emit("TRUTH", target_there, self.expression(part.if_))
            else:
                known += self._ahead(total, k, part)
        if not _INT64[0] <= equation.bias - known <= _INT64[1]:
            raise Unsupported("a number beyond 64 bits")
        self.out.operations[linear].x, self.out.operations[linear].y = equation.unit, equation.bias - known
        if equation.sizes is None:
            self.emit("RANGE", total, _reason(Reason.LENGTH))
        else:
            self._size_of(equation.sizes, total, target_there, index, certain=jump is None)
        if jump is not None:
            self.land(jump)

    def _passed(self, total: int, k: int, part: Part) -> int:
        """The bytes of a part that has been taken, if it was there: returned where they are constant, else subtracted."""
        if isinstance(part, Data) and part.blocks is not None:
            self.add(total, part, self.lengths[k], -1, wire=False)
            return 0
        if part.if_ is None and not isinstance(part, Data):
            size = static_size(part)
            if size is not None:
                return size
        self.emit("SPAN", total, self.place(k - 1), self.place(k))
        return 0

    def _ahead(self, total: int, k: int, part: Part) -> int:
        """The same for a part that is still to come."""
        jump = self.emit("BRANCH", b=self.expression(part.if_)) if part.if_ is not None else None
        constant = 0
        if isinstance(part, Data):
            self.add(total, part, self.data_size(k, part), -1, wire=False)
        elif jump is not None:
            self.emit("ADD", total, NONE, x=-(self.plan.sizes[k][1] or 0))
        else:
            constant = self.plan.sizes[k][1] or 0
        if jump is not None:
            self.land(jump)
        return constant

    def _size_of(self, target: int, total: int, there: int, index: int, certain: bool) -> None:
        over = []
        if there != NONE:  # a part that is absent is not sized: the others must agree
            absent = self.emit("HOLDS", b=there)
            over.append(absent)
        self.emit("RANGE", total, _reason(Reason.LENGTH), x=0, y=_INT64[1])
        slot = self.sizes.get(target)
        if slot is None:
            slot = self.sizes[target] = self.fresh()
        self.settled[target] = certain and there == NONE
        self.emit("MOVE", slot, total)
        self._room(index)
        if there != NONE:
            behind = self.emit("JUMP")
            self.land(*over)
            self.emit("RANGE", total, _reason(Reason.LENGTH))
            self.land(behind)

    def _room(self, index: int) -> None:
        """Rejects, as soon as a size is known, what cannot end within `max_size`."""
        plan = self.plan
        most = sum(plan.max_size + 1 if high is None else high for _, high in plan.sizes)
        if plan.area is None and not plan.opens and most <= plan.max_size:
            return
        raw, stuffed = self.fresh(), self.fresh()
        self.emit("SET", raw, x=int(plan.delimiter is not None))
        self.emit("SET", stuffed)
        for k in range(index + 1, len(plan.parts)):
            part, total = plan.parts[k], stuffed if plan.in_area(k) else raw
            if k in self.sizes:
                assert isinstance(part, Data)
                jump = self.emit("PRESENT", b=self.sizes[k])
                self.add(total, part, self.sizes[k])
                behind = self.emit("JUMP")
                self.land(jump)
                self.emit("ADD", total, NONE, x=plan.sizes[k][0])
                self.land(behind)
            else:
                self.emit("ADD", total, NONE, x=plan.sizes[k][0])
        before_end = plan.area is not None and index < plan.area[1]
        self.emit("ROOM", raw, stuffed, int(before_end))

    def checksum(self, own: int) -> None:
        part = self.plan.parts[own]
        assert isinstance(part, Checksum)
        self.flush()
        first, last = self.plan.overs[own]
        jump = self.emit("PRESENT", b=self.slot(part.name)) if part.if_ is not None else None
        table = by = NONE
        if part.extra is not None:
            table, by = self._table(part.extra), self.expression(part.extra.by)
        inside = first <= own <= last
        if part.type.size is None and inside:
            raise Unsupported("a checksum of variable size within its own span")
        self.out.checks.append(
            Check(
                self._algorithm(part.algorithm),
                self.slot(part.name),
                self.place(first - 1),
                self.place(last),
                self.place(own - 1) if inside else NONE,
                (part.type.size or 0) if inside else 0,
                table,
                by,
            )
        )
        self.after("VERIFY", len(self.out.checks) - 1)
        if jump is not None:
            self.land(jump)

    def _algorithm(self, algorithm: Algorithm) -> int:
        return _index(self.out.algorithms, algorithm)

    # --- transparency -----------------------------------------------------------------------------------------------

    def _transparency(self) -> None:
        plan, out = self.plan, self.out
        if plan.transparency is None or plan.area is None or plan.stuffing is None:
            return
        kind, marker = plan.transparency.kind, plan.marker
        out.stuffed = True
        out.closes = plan.transparency.closes is not False
        out.delimiter = NONE if plan.delimiter is None else plan.delimiter
        out.least_scale = plan.stuffing.min_encoded(2) - plan.stuffing.min_encoded(1)
        out.least_more = plan.stuffing.min_encoded(1) - out.least_scale
        self._unstuffer(plan.stuffing)
        if not out.closes and marker is not None:
            if kind in ("dle", "doubled"):
                escape = 0x10 if plan.transparency.escape is None else plan.transparency.escape
                out.escape_is_marker = any(each[0] == escape for each in marker.alternatives)
            else:
                out.watch_marker = kind != "run"
        if plan.stop_behind_area is not None:
            part = plan.parts[plan.stop_behind_area]
            assert isinstance(part, End)
            # The opening marker has the first place among the patterns.
            if isinstance(plan.parts[0], Sync):
                self._matcher(plan.parts[0])
            out.stop, out.stop_least = self._matcher(part), plan.least_wire_after(plan.stop_behind_area)

    def _unstuffer(self, stuffing: Stuffing) -> None:
        out = self.out
        if isinstance(stuffing, Cobs):
            out.cobs = 2 if stuffing.reduced else 1
            return
        unstuffer = stuffing.unstuffer()
        out.states, out.first_inside = _rows(unstuffer.states), unstuffer.first_inside
        out.full_run = NONE if unstuffer.marker is None else unstuffer.marker


def _rows(states: Sequence[Mapping[int, tuple[bytes, int]]]) -> bytes:
    """The state tables as they stand in `Program.states`."""
    rows = bytearray()
    for state in states:
        for byte in range(256):
            step = state.get(byte)
            if step is None:
                entry = 0xFFFFFFFF
            else:
                plain, following = step
                entry = following << 16 | (0x100 | plain[0] if plain else 0)
            rows += entry.to_bytes(4, "little")
    return bytes(rows)


def _signed(value: int) -> int:
    """The same 64 bits as a signed number."""
    return value - (1 << 64) if value >> 63 else value


def _reason(reason: Reason) -> int:
    return tuple(Reason).index(reason)


_ORDERS = {("little", False): 0, ("little", True): 1, ("big", False): 2, ("big", True): 3}
_HEX, _DECIMAL, _BCD, _BCD_LITTLE = 4, 5, 6, 7


def _number_type(kind: ValueType) -> tuple[int, int]:
    """How the compiled engine reads a number: its kind, and its bytes."""
    size = kind.size or 0
    if isinstance(kind, IntegerType):
        if size > 8:
            raise Unsupported(f"the value of a {kind.name}")
        return _ORDERS[kind.order, kind.signed], size
    if isinstance(kind, DigitsType):
        if size > 15:
            raise Unsupported(f"{size} digits ({kind.name})")
        return (_HEX if kind.base == 16 else _DECIMAL), size
    if isinstance(kind, BcdType):
        if size > 9:
            raise Unsupported(f"{2 * size} digits ({kind.name})")
        return (_BCD_LITTLE if kind.little else _BCD), size
    raise Unsupported(f"the value of a {kind.name}")
