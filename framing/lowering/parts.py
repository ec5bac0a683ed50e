"""A plan made into a program for the compiled engine, part by part.

`Unsupported` names what a format needs and C has not got; the engine then asks the Python prober for that format. What
goes beyond 64 bits only in some frame (a product, a `u64` above 2^63) is found when it happens: that candidate alone is
put to the Python prober.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from framing.errors import Reason
from framing.layout import FrameFormat
from framing.lowering.arithmetic import Unsupported
from framing.lowering.assembling import index_in
from framing.lowering.program import NONE, Check, Program, number_type
from framing.lowering.settling import Settling
from framing.model.checks import BitsChecksum, Blocks, Checksum
from framing.model.data import Data
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.traits import static_size
from framing.model.values import EndedDigitsType, FloatType, IntegerType, ValueType
from framing.planning.facts import Open
from framing.stuffing import Cobs, Stuffing

VARYING = ("uleb128", "zigzag", "vlq", "utf8", "dec", "hex")
"""Types of varying size, in the order of their numbers in C."""

LONG_DELIMITER = "a delimiter of several bytes (`bits` with `run`)"

__all__ = ["LONG_DELIMITER", "Unsupported", "program"]


def program(definition: FrameFormat) -> Program:
    """The format as numbers. Raises `Unsupported` with what is in the way."""
    return _Lowering(definition.plan).run()


class _Lowering(Settling):
    """Emits the operations that take the parts."""

    def run(self) -> Program:
        plan, out = self.plan, self.out
        if plan.follow is not None:
            raise Unsupported("what has to follow the frame (`next`)")
        if plan.taught is not None:
            raise Unsupported("a size that is learnt (`learn`)")
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
        elif isinstance(part, BitsChecksum):
            self.flush()
        else:
            self.number(index, part)
        size = static_size(part) if part.if_ is None else None
        if jump is not None:
            self.flush()
            self.land(jump)
        self.offset = None if self.offset is None or size is None else self.offset + size

    # --- numbers ----------------------------------------------------------------------------------------------------

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
            number, last, most = self._varying(kind)
            self.emit("VARYING", number, last, slot, most)
        else:
            self.emit("NUMBER", *number_type(kind), slot, int(guarded), x=self.skipped)
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

    @staticmethod
    def _varying(kind: ValueType) -> tuple[int, int, int]:
        """The number of a type of varying size, and of digits what ends them, and how many there may be."""
        if isinstance(kind, EndedDigitsType):
            if kind.highest is None or kind.highest >= 1 << 63:
                raise Unsupported(f"a {kind.name}")
            return VARYING.index("dec" if kind.base == 10 else "hex"), kind.last, kind.most
        return VARYING.index(kind.name), 0, 0

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
            self.emit("ONE_OF", slot, index_in(self.out.sets, sorted({int(each) for each in part.allowed})))
        self.within(slot, part.min, part.max, Reason.FIELD)
        if part.equals is not None:
            self.emit("EQUALS", slot, self.expression(part.equals))

    # --- data -------------------------------------------------------------------------------------------------------

    def data(self, index: int, part: Data) -> None:
        charset = NONE if part.charset is None else index_in(self.out.charsets, bytes(sorted(part.charset.bytes)))
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

    def blocks(self, blocks: Blocks, slot: int, length: int) -> None:
        kind, width = number_type(blocks.type)
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

    # --- transparency -----------------------------------------------------------------------------------------------

    def _transparency(self) -> None:
        plan, out = self.plan, self.out
        if plan.transparency is None or plan.area is None or plan.stuffing is None:
            return
        out.stuffed, out.wired = True, plan.wired is not None
        out.closes = plan.transparency.closes is not False
        if plan.closing > 1:
            raise Unsupported(LONG_DELIMITER)
        out.delimiter = plan.delimiter[0] if plan.delimiter else NONE
        out.least_scale = plan.stuffing.min_encoded(2) - plan.stuffing.min_encoded(1)
        out.least_more = plan.stuffing.min_encoded(1) - out.least_scale
        self._unstuffer(plan.stuffing)
        out.escape_is_marker, out.watch_marker = plan.doubled_opens, plan.watches_marker
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
        no_byte = 256
        out.full_run = NONE if unstuffer.owed < 0 else no_byte if unstuffer.marker is None else unstuffer.marker


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
            rows += entry.to_bytes(4, sys.byteorder)
    return bytes(rows)


def _signed(value: int) -> int:
    """The same 64 bits as a signed number."""
    return value - (1 << 64) if value >> 63 else value
