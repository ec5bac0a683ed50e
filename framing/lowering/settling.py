"""What follows from a part that has been taken: sizes of parts to come, out of lengths, and checksums that can be verified now."""

from __future__ import annotations

from framing.errors import Reason
from framing.lowering.arithmetic import Unsupported
from framing.lowering.assembling import Assembler
from framing.lowering.program import INT64, NONE, Check, reason_number
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.expressions import Expression
from framing.model.lookups import Lookup
from framing.model.parts import Part
from framing.model.traits import static_size
from framing.planning.facts import Equation, Stored


class Settling(Assembler):
    """Emits what is due behind each part."""

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

    def checksum(self, own: int) -> None:
        part = self.plan.parts[own]
        assert isinstance(part, Checksum)
        stored = self.plan.stored.get(own)
        if own in self.plan.pieces and not (self._on_the_wire(own, part) or (stored is not None and isinstance(part.over, str))):
            raise Unsupported(f"what {part.name} covers")
        self.flush()
        first, last = self.plan.overs[own]
        jump = self.emit("PRESENT", b=self.slot(part.name)) if part.if_ is not None else None
        table = by = NONE
        if part.extra is not None:
            table, by = self._table(part.extra), self.expression(part.extra.by)
        inside = first <= own <= last and stored is None
        if part.type.size is None and inside:
            raise Unsupported("a checksum of variable size within its own span")
        self.out.checks.append(
            Check(
                self._algorithm(part.algorithm),
                self.slot(part.name) if stored is None else self._stated(stored),
                self.place(first - 1),
                self.place(last),
                self.place(own - 1) if inside else NONE,
                (part.type.size or 0) if inside else 0,
                table,
                by,
                part.wire,
                () if stored is None else tuple((self.place(at - 1), offset, mask) for at, offset, mask in sorted(stored.masks)),
            )
        )
        self.after("VERIFY", len(self.out.checks) - 1)
        if jump is not None:
            self.land(jump)

    def _stated(self, stored: Stored) -> int:
        """The slot with what the members of bits say together."""
        if len(stored.names) == 1:
            return self.slot(stored.names[0])
        text = stored.names[0]
        for name, width in zip(stored.names[1:], stored.widths[1:], strict=True):
            text = f"({text}) << {width} | {name}"
        slot = self.fresh()
        self.emit("SIZE", b=self.expression(Expression(text)), c=slot)
        return slot

    def _on_the_wire(self, own: int, part: Checksum) -> bool:
        """Whether what it covers is one run of the stream's bytes, none of its borders within the stuffed area."""
        spans = self.plan.pieces[own]
        return part.wire and isinstance(part.over, str) and self.plan.covers_area_whole(own, [self.plan.overs[own]]) and len(spans) == 1

    # --- sizes ------------------------------------------------------------------------------------------------------

    def equation(self, equation: Equation, index: int) -> None:
        self.flush()
        if equation.wire:
            self._wire_area(equation)
            return
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
        if not INT64[0] <= equation.bias - known <= INT64[1]:
            raise Unsupported("a number beyond 64 bits")
        self.out.operations[linear].x, self.out.operations[linear].y = equation.unit, equation.bias - known
        if equation.sizes is None:
            self.emit("RANGE", total, reason_number(Reason.LENGTH))
        else:
            self._size_of(equation.sizes, total, target_there, index, certain=jump is None)
        if jump is not None:
            self.land(jump)

    def _wire_area(self, equation: Equation) -> None:
        """Where the stuffed area ends, by a length that counts it as it stands on the wire."""
        plan, total = self.plan, self.fresh()
        assert plan.area is not None and plan.stuffing is not None
        begin, end = plan.area
        known = sum(low for low, _ in plan.sizes[end + 1 : equation.last + 1])
        linear = self.emit("LINEAR", total, self.slot(equation.name))
        if equation.first < begin:
            self.emit("SPAN", total, self.place(equation.first - 1), self.place(begin - 1))
        least = plan.stuffing.min_encoded(sum(low for low, _ in plan.sizes[begin : end + 1]))
        if not INT64[0] <= equation.bias - known <= INT64[1]:
            raise Unsupported("a number beyond 64 bits")
        self.out.operations[linear].x, self.out.operations[linear].y = equation.unit, equation.bias - known
        self.emit("RANGE", total, reason_number(Reason.LENGTH), x=least, y=INT64[1])
        self.emit("AREA", total)
        raw, none = self.fresh(), self.fresh()
        self.emit("SET", raw, x=sum(low for low, _ in plan.sizes[end + 1 :]))
        self.emit("SET", none)
        self.emit("ADD", raw, total, 1)
        self.emit("ROOM", raw, none)

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
        self.emit("RANGE", total, reason_number(Reason.LENGTH), x=0, y=INT64[1])
        slot = self.sizes.get(target)
        if slot is None:
            slot = self.sizes[target] = self.fresh()
        self.settled[target] = certain and there == NONE
        self.emit("MOVE", slot, total)
        self._room(index)
        if there != NONE:
            behind = self.emit("JUMP")
            self.land(*over)
            self.emit("RANGE", total, reason_number(Reason.LENGTH))
            self.land(behind)

    def _room(self, index: int) -> None:
        """Rejects, as soon as a size is known, what cannot end within `max_size`."""
        plan = self.plan
        most = sum(plan.max_size + 1 if high is None else high for _, high in plan.sizes)
        if plan.area is None and not plan.opens and most <= plan.max_size and plan.block is None:
            return
        raw, stuffed = self.fresh(), self.fresh()
        self.emit("SET", raw, x=plan.closing)
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

    def data_size(self, index: int, part: Data) -> int:
        """Emits what computes the size of a sized data part; the slot that holds it."""
        if index in self.sizes:
            if not self.settled[index]:
                self.emit("GIVEN", self.sizes[index], reason_number(Reason.LENGTH))
            return self.sizes[index]
        slot = self.fresh()
        if isinstance(part.size, Lookup):
            self.emit("LOOKUP", self._table(part.size), self.expression(part.size.by), slot)
            self.emit("RANGE", slot, reason_number(Reason.LENGTH), x=0, y=INT64[1])
        elif part.size is not None:
            self.emit("SIZE", b=self.expression(part.size, is_size=True), c=slot)
        else:
            self.emit("FAIL", reason_number(Reason.LENGTH))  # its length is an optional part that an equation never used
        return slot
