"""What the parts of a frame say of each other, for the reference: by expressions, lengths and checksums."""

from __future__ import annotations

from typing import Any

from framing.errors import Reason
from framing.model.checks import Checksum, Implied
from framing.model.data import Data
from framing.model.expressions import Expression, ExpressionError, NoEntry
from framing.model.lookups import Lookup
from framing.plan import Plan
from framing.planning.facts import Equation
from framing.reference_bytes import Bytes, Intake, Rejected


class Relations(Intake):
    """The parts so far, their values and where they stand; what follows from these for the others."""

    def __init__(self, plan: Plan, stream: Bytes, start: int) -> None:
        super().__init__(plan, stream, start)
        self.frame = bytearray()  # logical bytes of the parts so far
        self.where: dict[int, tuple[int, int]] = {}
        self.starts: list[int] = []
        self.values: dict[str, Any] = {}
        self.sizes: dict[int, int] = {}
        self.checked = False
        self.area_end: tuple[int, int] | None = None  # on the wire and in the frame, once it is left
        self.tables = self.plan.tables_after(stream.learnt)
        self.scope = {name: self.tables[name] for name in self.plan.scope}

    # expressions

    def value_of(self, used: Expression, no_entry: Reason = Reason.FIELD) -> Any:
        """The value; an entry that a table has not got rejects with the reason `no_entry`, anything else with FIELD."""
        try:
            return used.evaluate({**self.scope, **self.values})
        except NoEntry:
            raise Rejected(no_entry) from None
        except ExpressionError:
            raise Rejected(Reason.FIELD) from None

    def looked_up(self, lookup: Lookup) -> int:
        """The entry of a table, with what the stream has taught it."""
        entry = self.value_of(lookup.by)
        table = self.tables[lookup.table]
        if not isinstance(entry, (int, float)) or entry not in table:
            raise Rejected(Reason.LENGTH)
        return table[int(entry)]

    # lengths

    def data_size(self, index: int, part: Data) -> int:
        """The data bytes of a sized part."""
        if part.size is None:
            size: Any = self.sizes.get(index)
        elif isinstance(part.size, Lookup):
            size = self.looked_up(part.size)
        else:
            size = self.value_of(part.size, Reason.LENGTH)
        if not isinstance(size, int) or size < 0:
            raise Rejected(Reason.LENGTH)
        return size

    def size_ahead(self, index: int) -> int:
        """The bytes of a part that is still to come."""
        part = self.plan.parts[index]
        if part.if_ is not None and not self.value_of(part.if_):
            return 0
        if isinstance(part, Data):
            size = self.data_size(index, part)
            return part.blocks.wire(size) if part.blocks else size
        return self.plan.sizes[index][1] or 0

    def apply_length(self, equation: Equation, index: int) -> None:
        """Once part `index` is there, a length tells the size of one part to come, or has to agree with those there are."""
        stated = self.values[equation.name] * equation.unit + equation.bias
        if equation.wire:
            self.apply_wire(equation, stated)
            return
        target = None
        for k in range(equation.first, equation.last + 1):
            part = self.plan.parts[k]
            if k > index and (part.if_ is None or self.value_of(part.if_)):
                if k == equation.sizes:
                    target = k
                else:
                    stated -= self.data_size(k, part) if isinstance(part, Data) else self.plan.sizes[k][1] or 0
            elif k in self.where:
                start, end = self.where[k]
                stated -= len(self.values[part.name]) if isinstance(part, Data) else end - start
        if stated < 0 or (target is None and stated):
            raise Rejected(Reason.LENGTH)
        if target is not None:
            self.sizes[target] = stated
            if self.least_end(index) - self.start > self.most:
                raise Rejected(self.beyond)

    def apply_wire(self, equation: Equation, stated: int) -> None:
        """The stuffed area, which begins now, has the wire bytes that the other parts leave of the length."""
        assert self.plan.area is not None and self.plan.stuffing is not None
        begin, end = self.plan.area
        for k in range(equation.first, equation.last + 1):
            if k in self.where:
                stated -= self.where[k][1] - self.where[k][0]
            elif k > end:
                stated -= self.plan.sizes[k][0]
        if stated < self.plan.stuffing.min_encoded(sum(self.plan.sizes[k][0] for k in range(begin, end + 1))):
            raise Rejected(Reason.LENGTH)
        self.area_bytes = stated
        if self.at - self.start + stated + sum(low for low, _ in self.plan.sizes[end + 1 :]) > self.most:
            raise Rejected(self.beyond)

    def least_end(self, index: int) -> int:
        """Where the frame ends at the earliest: every part behind `index` at its least, stuffed bytes never escaped."""
        least: dict[int, int] = {}
        for k in range(index + 1, len(self.plan.parts)):
            part = self.plan.parts[k]
            if k in self.sizes:
                least[k] = part.blocks.wire(self.sizes[k]) if isinstance(part, Data) and part.blocks else self.sizes[k]
            else:
                least[k] = self.plan.sizes[k][0]
        end = self.at
        area = self.plan.area
        if area is not None and index < area[1]:
            assert self.plan.stuffing is not None
            inside = sum(least.pop(k) for k in list(least) if area[0] <= k <= area[1])
            if index >= area[0]:
                inside += len(self.frame) - self.starts[area[0]]
                end = self.area_start
            end += self.plan.stuffing.min_encoded(inside)
        return end + sum(least.values()) + self.plan.closing

    # checksums

    def verify(self, own: int) -> None:
        """The checksum of part `own` has to be that of the bytes it covers; its own bytes count as zero."""
        part = self.plan.parts[own]
        assert isinstance(part, Checksum)
        first, last = self.plan.overs[own]
        start, end = self.where[own]
        frame = bytearray(bytes(self.frame[:start]) + bytes(end - start) + bytes(self.frame[end:]))
        stored = self.plan.stored.get(own)
        for index, offset, mask in stored.masks if stored else ():
            frame[self.where[index][0] + offset] &= mask
        stop = self.starts[last + 1] if last + 1 < len(self.starts) else len(frame)
        covered, more = bytes(frame[self.starts[first] : stop]), b""
        if part.extra is not None:
            extra = self.looked_up(part.extra)
            if not 0 <= extra <= 0xFF:
                raise Rejected(Reason.LENGTH)
            more = bytes([extra])
        if own in self.plan.pieces:
            covered = b"".join(self.piece(part, piece, bytes(frame)) for piece in self.plan.pieces[own])
        stated = self.values[part.name] if stored is None else stored.value(self.values)
        if part.algorithm.compute(covered + more) != stated:
            raise Rejected(Reason.CHECKSUM)
        self.checked = True

    def piece(self, part: Checksum, piece: Any, frame: bytes) -> bytes:
        """One of several things that a checksum covers: parts as they stand in the frame or on the wire, or an implied value."""
        if isinstance(piece, Implied):
            try:
                return piece.type.write(self.value_of(piece.value))
            except ValueError:
                raise Rejected(Reason.FIELD) from None
        first, last = piece
        begin, end = self.starts[first], self.starts[last + 1] if last + 1 < len(self.starts) else len(frame)
        return self.stream.data[self.wire_place(begin) : self.wire_place(end)] if part.wire else frame[begin:end]

    def wire_place(self, logical: int) -> int:
        """Where on the wire the first so many logical bytes end."""
        assert self.plan.area is not None and self.plan.stuffing is not None
        before = self.starts[self.plan.area[0]] if self.plan.area[0] < len(self.starts) else logical
        if logical <= before:
            return self.start + logical
        if self.area_end is not None and logical >= self.area_end[1]:
            return self.area_end[0] + logical - self.area_end[1]
        return self.area_start + self.plan.stuffing.reach(self.stream.data[self.area_start :], logical - before)
