"""From the bytes of an accepted frame to its fields and its payload.

Nothing is verified here, that is the prober's work; this only walks the parts of a frame that is known to be whole.
"""

from __future__ import annotations

from typing import Any

from framing.model.checks import BitsChecksum, Blocks, Checksum
from framing.model.data import Data
from framing.model.expressions import Expression
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.traits import names_of
from framing.plan import Plan
from framing.planning.facts import Open

Fields = dict[str, Any]


def read(plan: Plan, raw: bytes) -> tuple[Fields, bytes]:
    """The fields of a whole frame in wire order, and its payload.

    The payload's own part is not among the fields.
    """
    values, _ = walk(plan, raw)
    payload_name = plan.parts[plan.payload].name if plan.payload is not None else None
    payload = values.pop(payload_name, b"") if payload_name is not None else b""
    return values, payload


def walk(plan: Plan, raw: bytes) -> tuple[Fields, dict[int, tuple[int, int]]]:
    """The values of all named parts, and where each part that is present stands in the logical bytes."""
    return _Walk(plan, raw).run()


class _Walk:
    def __init__(self, plan: Plan, raw: bytes) -> None:
        self.plan = plan
        self.raw = raw
        self.logical = raw
        self.at = 0
        self.values: Fields = {}
        self.spans: dict[int, tuple[int, int]] = {}
        self.sizes: dict[int, int] = {}
        self.area_end: int | None = None

    def run(self) -> tuple[Fields, dict[int, tuple[int, int]]]:
        plan = self.plan
        for index, part in enumerate(plan.parts):
            if plan.area is not None and index == plan.area[0]:
                self._unstuff()
            if self._present(part):
                size = self._size(index, part)
                taken = self.logical[self.at : self.at + size]
                self.spans[index] = (self.at, self.at + size)
                self.at += size
                self._store(part, taken)
            for equation in plan.equations_ready(index):
                if equation.sizes is not None:
                    self._apply(equation.name, equation.first, equation.last, equation.unit, equation.bias, equation.sizes)
        return self.values, self.spans

    def _evaluated(self, used: Expression) -> Any:
        return used.evaluate(self.plan.scope | self.values if self.plan.scope else self.values)

    def _present(self, part: Part) -> bool:
        return part.if_ is None or bool(self._evaluated(part.if_))

    def _unstuff(self) -> None:
        """Replaces the stuffed rest of the frame by its logical bytes; what stands behind the area stays as it is."""
        plan = self.plan
        assert plan.area is not None and plan.stuffing is not None
        behind = 0
        if plan.delimiter is not None:
            behind = plan.closing
        else:
            for index in range(plan.area[1] + 1, len(plan.parts)):
                part = plan.parts[index]
                if index == plan.stop_behind_area and isinstance(part, End):
                    rest = sum(plan.sizes[k][0] for k in range(index + 1, len(plan.parts)))
                    head = self.raw[: len(self.raw) - rest]
                    behind += next(len(each) for each in part.longest_first if head.endswith(each))
                else:
                    behind += plan.sizes[index][0]
        end = len(self.raw) - behind
        plain = plan.stuffing.decode(self.raw[self.at : end])
        self.area_end = self.at + len(plain)
        self.logical = self.raw[: self.at] + plain + (b"" if plan.delimiter is not None else self.raw[end:])

    def _size(self, index: int, part: Part) -> int:
        if isinstance(part, Sync):
            return self._sync_size(part)
        if isinstance(part, End):
            return self._end_size(index, part)
        if isinstance(part, Data):
            return self._data_size(index, part)
        if part.type.size is not None:
            return part.type.size
        size = 1
        while more := part.type.more(self.logical[self.at : self.at + size]):
            size += more
        return size

    def _end_size(self, index: int, part: End) -> int:
        """The longest alternative that stands here and leaves room for what follows."""
        room = len(self.logical) - self.at
        if not self.plan.in_area(index):
            room -= self.plan.least_wire_after(index) - self.plan.closing
        return next((len(each) for each in part.longest_first if self.logical.startswith(each, self.at) and len(each) <= room), 0)

    def _sync_size(self, part: Sync) -> int:
        length, _ = part.pattern.match(self.logical, self.at, len(self.logical), final=True)
        return length if length > 0 else part.pattern.shortest

    def _data_size(self, index: int, part: Data) -> int:
        if index in self.sizes:
            return part.blocks.wire(self.sizes[index]) if part.blocks else self.sizes[index]
        if index == self.plan.taught:  # all else is of fixed size
            return len(self.logical) - self.at - sum(low for low, _ in self.plan.sizes[index + 1 :])
        if part.size is None:
            return self._open_size(next(each for each in self.plan.opens if each.data == index))
        size = self._sized(part.size)
        return part.blocks.wire(size) if part.blocks else size

    def _sized(self, size: Expression | Lookup) -> int:
        if isinstance(size, Lookup):
            return self.plan.tables[size.table][self._evaluated(size.by)]
        return int(self._evaluated(size))

    def _open_size(self, each: Open) -> int:
        tail = sum(self._ahead(index) for index in each.tail)
        if self.area_end is not None:
            return self.area_end - self.at - tail
        if each.stop is None:
            return len(self.logical) - self.at - tail
        stop = self.plan.parts[each.stop]
        assert isinstance(stop, End)
        room = len(self.logical) - self.plan.least_wire_after(each.stop)
        return find_end(stop, self.logical, self.at, room)[0] - self.at - tail

    def _ahead(self, index: int) -> int:
        """The size of a part that stands further on, as far as it is present."""
        part = self.plan.parts[index]
        if not self._present(part):
            return 0
        low, high = self.plan.sizes[index]
        if high is not None and (low == high or (part.if_ is not None and not isinstance(part, Data))):
            return high
        assert isinstance(part, Data)
        return self._data_size(index, part)

    def _apply(self, name: str, first: int, last: int, unit: int, bias: int, target: int) -> None:
        part = self.plan.parts[target]
        if name not in self.values or not self._present(part):
            return
        others = 0
        for index in range(first, last + 1):
            if index in self.spans:
                start, end = self.spans[index]
                others += self._logical_size(index, end - start)
            elif index > max(self.spans) and index != target:
                others += self._logical_size(index, self._ahead(index))
        self.sizes[target] = self.values[name] * unit + bias - others

    def _logical_size(self, index: int, size: int) -> int:
        part = self.plan.parts[index]
        blocks = part.blocks if isinstance(part, Data) else None
        return size if blocks is None else unblocked_size(blocks, size)

    def _store(self, part: Part, taken: bytes) -> None:
        if isinstance(part, (Sync, End)):
            if part.as_:
                self.values[part.as_] = taken
        elif isinstance(part, Bits):
            members = part.unpack(part.type.read(taken))
            self.values.update((name, members[name]) for name in names_of(part))
        elif isinstance(part, Data):
            self.values[part.name] = unblocked(part.blocks, taken) if part.blocks else taken
        elif isinstance(part, (Field, Length, Checksum)) and not isinstance(part, BitsChecksum):
            self.values[part.name] = part.type.read(taken)


def find_end(stop: End, logical: bytes, start: int, room: int) -> tuple[int, int]:
    """Where the end pattern stands that starts earliest from `start` on: `(offset, length)`; the longest at one place.

    Only alternatives that end within `room` count. `(-1, 0)` where there is none.
    """
    best = (-1, 0)
    for alternative in stop.longest_first:
        limit = room if best[0] < 0 else min(room, best[0] + len(alternative) - 1)
        found = logical.find(alternative, start, limit)
        if found >= 0:
            best = (found, len(alternative))
    return best


def unblocked(blocks: Blocks, wire: bytes) -> bytes:
    """The data bytes of blocks, their checksums left out."""
    assert blocks.type.size is not None
    step = blocks.size + blocks.type.size
    kept = (wire[at : at + step][: min(blocks.size, len(wire) - at - blocks.type.size)] for at in range(0, len(wire), step))
    return b"".join(kept)


def unblocked_size(blocks: Blocks, wire: int) -> int:
    """How many data bytes stand in `wire` bytes of blocks."""
    assert blocks.type.size is not None
    return wire - -(-wire // (blocks.size + blocks.type.size)) * blocks.type.size
