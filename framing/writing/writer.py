"""From fields and a payload to the bytes of one frame.

Constants, lengths, checksums, `equals` fields and stuffing are filled in. Values given for lengths and checksums are
accepted and computed anew, so that `encode(payload, **frame.fields)` re-encodes a frame with another payload.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from framing.errors import EncodeError, near_miss
from framing.markers import Pattern
from framing.model.checks import Blocks, Checksum, Implied
from framing.model.data import Data
from framing.model.expressions import Expression, ExpressionError
from framing.model.lookups import Lookup
from framing.model.numbers import Bit, Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.sizes import values_of
from framing.model.traits import names_of, static_size
from framing.plan import Plan
from framing.probing.probe import whole
from framing.reading.reader import find_end


def write(plan: Plan, payload: bytes | None, given: Mapping[str, Any], counters: dict[str, int] | None = None) -> bytes:
    """One frame. `payload` goes to the payload part, `given` to the parts of those names. Raises `EncodeError`.

    `counters` holds what each counter field says next; it moves on when the frame is made.
    """
    writer = _Writer(plan, payload, given, counters or {})
    raw = writer.frame()
    if counters is not None:
        counters.update(writer.counted)
    return raw


class _Writer(Mapping[str, Any]):
    """As a mapping, the values of the parts that are present, each worked out when an expression asks for it; and the tables."""

    def __init__(self, plan: Plan, payload: bytes | None, given: Mapping[str, Any], counters: Mapping[str, int]) -> None:
        self.plan = plan
        self.given = dict(given)
        self.counters = counters
        self.computed = {name for each in plan.stored.values() for name in each.names}
        self.counted: dict[str, int] = {}  # and what they say after this frame
        self.known: dict[int, Any] = {}
        self.presence: dict[int, bool] = {}
        self.busy: set[int] = set()
        self._take_payload(payload)
        for name in self.given:
            if name not in plan.labels or name not in names_of(plan.parts[plan.labels[name]]):
                known = [name for part in plan.parts for name in names_of(part)]
                near = near_miss(name, known)
                hint = f"did you mean {near!r}?" if near else f"known are {', '.join(known) or 'none'}"
                raise EncodeError(name, "unknown field", hint)

    def _take_payload(self, payload: bytes | None) -> None:
        if self.plan.payload is None:
            if payload:
                raise EncodeError("payload", f"{len(payload)} bytes given", "this format carries no data")
            return
        name = self.plan.parts[self.plan.payload].name
        if payload is not None and name in self.given:
            raise EncodeError(name, "given twice, as the payload and by name", "give it once")
        if name not in self.given and (payload or self._present(self.plan.payload)):
            self.given[name] = b"" if payload is None else payload

    # --- the mapping that expressions see ---------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Any:
        if name in self.plan.scope:
            return self.plan.scope[name]
        index = self.plan.labels[name]
        if not self._present(index):
            raise KeyError(name)
        part = self.plan.parts[index]
        if not isinstance(part, Bits):
            return self._value(index)
        if part.length in (None, name):
            return self._value(index)[name]
        return self._bit(next(bit for bit in part.bits if bit.name == name))  # what its length counts may depend on it

    def __iter__(self) -> Iterator[str]:  # pragma: no cover - expressions only look names up
        return iter(self.plan.labels)

    def __len__(self) -> int:  # pragma: no cover
        return len(self.plan.labels)

    def _evaluate(self, used: Expression, name: str) -> Any:
        try:
            return used.evaluate(self)
        except ExpressionError as error:
            raise EncodeError(name, f"{used} has no value: {error}") from None

    def _present(self, index: int) -> bool:
        if index not in self.presence:
            part = self.plan.parts[index]
            self.presence[index] = part.if_ is None or bool(self._evaluate(part.if_, part.name))
        return self.presence[index]

    def _value(self, index: int) -> Any:
        if index not in self.known:
            part = self.plan.parts[index]
            if index in self.busy:
                raise EncodeError(part.name, "its value depends on itself", "give the fields it depends on")
            self.busy.add(index)
            self.known[index] = self._worked_out(index, part)
            if isinstance(part, (Field, Bits, Length)) and part.valid is not None and not self._evaluate(part.valid, part.name):
                raise EncodeError(part.name, "what is given is not valid", f"{part.valid} must hold")
        return self.known[index]

    def _worked_out(self, index: int, part: Part) -> Any:
        match part:
            case Sync():
                return self._constant(part, part.sync[0], part.pattern.stands)
            case End():
                return self._constant(part, part.end[0], part.end.__contains__)
            case Field():
                return self._field(part)
            case Bits():
                return self._bits(index, part)
            case Length():
                return self._length(index, part.name)
            case Data():
                return self._data(part)
            case Checksum():
                return 0

    # --- one part ---------------------------------------------------------------------------------------------------

    def _constant(self, part: Sync | End, usual: bytes, stands: Callable[[bytes], bool]) -> bytes:
        value = self.given.get(part.as_, usual) if part.as_ else usual
        if not isinstance(value, (bytes, bytearray)) or not stands(bytes(value)):
            choices = part.sync if isinstance(part, Sync) else part.end
            raise EncodeError(part.name, f"{value!r} does not stand there", f"one of {', '.join(c.hex(' ') for c in choices)}")
        return bytes(value)

    def _field(self, part: Field) -> Any:
        name = part.name
        value = self.given.get(name)
        if isinstance(value, str) and part.enum is not None:
            if value not in part.enum:
                raise EncodeError(name, f"unknown name {value!r}", f"one of {', '.join(part.enum)}")
            value = part.enum[value]
        if part.equals is not None:
            right = self._evaluate(part.equals, name)
            if value is not None and value != right:
                raise EncodeError(name, f"{value} given", f"{part.equals} is {right}")
            value = right
        if value is None and part.counter:
            value = self.counters.get(name, part.first)
        if value is None:
            value = part.const if part.const is not None else part.default
        if value is None:
            raise EncodeError(name, "no value given", part.limits)
        self._encoded(part, name, value)
        if not part.accepts(part.on_the_wire(value)):
            raise EncodeError(name, f"{value} is not allowed", part.limits)
        if part.counter:
            self.counted[name] = part.after(int(value))
        return value

    def _bits(self, index: int, part: Bits) -> dict[str, int]:
        return {
            bit.name: self._bit(bit, self._length(index, bit.name) if bit.name == part.length else None) for bit in part.bits
        }

    def _bit(self, bit: Bit, stated: int | None = None) -> int:
        value = self.given.get(bit.name, bit.const or 0) if stated is None else stated
        if bit.name in self.computed:
            value = 0
        limit = (1 << bit.width) - 1
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limit:
            raise EncodeError(bit.name, f"{value!r} does not fit {bit.width} bits", f"{bit.name} is 0 to {limit}")
        if bit.const is not None and value != bit.const:
            raise EncodeError(bit.name, f"{value} given", f"{bit.name} is always {bit.const}")
        return value

    def _length(self, index: int, name: str) -> int:
        equation = next(each for each in self.plan.equations if each.part == index)
        size = 0
        for k in range(equation.first, equation.last + 1):
            part = self.plan.parts[k]
            if k == index and self.plan.parts[k].type.size is None:  # type: ignore[union-attr]
                raise EncodeError(name, "a variable length cannot count itself")
            if self._present(k) and not (equation.wire and self.plan.in_area(k)):
                size += self._size(k, part)
        if equation.wire:
            size += len(self._stuffed_area())
        value, rest = divmod(size - equation.bias, equation.unit)
        if rest:
            raise EncodeError(name, f"{size} bytes are no whole number of units", f"{equation.unit} bytes each")
        low, high = values_of(self.plan, equation)
        if not low <= value <= high:
            raise EncodeError(name, f"{size} bytes do not fit", f"{name} is {low} to {high}")
        return value

    def _stuffed_area(self) -> bytes:
        """The stuffed bytes of a span without checksums."""
        assert self.plan.area is not None and self.plan.stuffing is not None
        inside = range(self.plan.area[0], self.plan.area[1] + 1)
        parts = ((self.plan.parts[k], k) for k in inside if self._present(k))
        return self.plan.stuffing.encode(b"".join(self._encoded(part, part.name, self._value(k)) for part, k in parts))

    def _size(self, index: int, part: Part) -> int:
        """The logical bytes of a part, block checksums left out."""
        if isinstance(part, (Field, Bits, Length, Checksum)) and part.type.size is not None:
            return part.type.size
        if isinstance(part, Data):
            return len(self._value(index))
        return len(self._encoded(part, part.name, self._value(index)))

    def _data(self, part: Data) -> bytes:
        value = self.given.get(part.name)
        if value is None and part.size is not None and self._stated_size(part, part.size) == 0:
            value = b""
        if value is None:
            raise EncodeError(part.name, "no bytes given", "bytes")
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise EncodeError(part.name, f"{value!r} given", "bytes")
        raw = bytes(value)
        sized = next((each for each in self.plan.equations if each.sizes == self.plan.labels[part.name]), None)
        if sized is not None and not self._present(sized.part):
            raise EncodeError(part.name, f"{len(raw)} bytes given", f"{sized.name}, which would size it, is absent here")
        if part.size is not None and self.plan.labels[part.name] != self.plan.taught:  # learnt by who reads it
            size = self._stated_size(part, part.size)
            if len(raw) != size:
                raise EncodeError(part.name, f"{len(raw)} bytes given", f"{part.name} has {size} bytes")
        if part.charset is not None:
            wrong = next((at for at, byte in enumerate(raw) if byte not in part.charset.bytes), None)
            if wrong is not None:
                raise EncodeError(part.name, f"byte {raw[wrong]:02X} at {wrong}", f"its characters are {part.charset}")
        return raw

    def _stated_size(self, part: Data, size: Expression | Lookup) -> Any:
        if isinstance(size, Expression):
            return self._evaluate(size, part.name)
        return self._looked_up(part.name, size)

    def _looked_up(self, name: str, lookup: Lookup) -> int:
        entry = self._evaluate(lookup.by, name)
        table = self.plan.tables[lookup.table]
        if entry not in table:
            raise EncodeError(name, f"table {lookup.table} has no entry {entry}", f"by {lookup.by}")
        return table[entry]

    def _encoded(self, part: Part, name: str, value: Any) -> bytes:
        if isinstance(part, (Sync, End)):
            return bytes(value)
        if isinstance(part, Data):
            return blocked(part.blocks, value) if part.blocks else bytes(value)
        if isinstance(part, Bits):
            packed = 0
            for bit in part.bits:
                packed = packed << bit.width | value[bit.name]
            return part.type.write(packed)
        try:
            return part.type.write(value)
        except ValueError as error:
            limits = part.limits if isinstance(part, Field) else part.type.limits
            raise EncodeError(name, str(error), limits) from None

    # --- the whole --------------------------------------------------------------------------------------------------

    def frame(self) -> bytes:
        plan = self.plan
        logical = bytearray()
        spans: dict[int, tuple[int, int]] = {}
        edges: list[int] = []
        for index, part in enumerate(plan.parts):
            edges.append(len(logical))
            if self._present(index):
                start = len(logical)
                logical += self._encoded(part, part.name, self._value(index))
                spans[index] = (start, len(logical))
            else:
                self._refuse_absent(part)
        edges.append(len(logical))
        for own in self._checksums(spans):
            self._fill_checksum(own, logical, spans, edges)
        self._check_stops(logical, spans)
        raw = self._stuffed(bytes(logical), edges)
        if len(raw) > plan.max_size:
            raise EncodeError("frame", f"{len(raw)} bytes", f"max_size is {plan.max_size}")
        self._check_alternatives(raw, bytes(logical), spans, edges)
        self._check_end(raw)
        return raw

    def _check_end(self, raw: bytes) -> None:
        """Refuses a frame that ends by what follows it, and too early by what stands in it."""
        searched = self.plan.searched
        if searched is not None and whole(self.plan, raw).end != len(raw):
            name = self.plan.parts[searched.data].name
            raise EncodeError(name, "a shorter frame stands in it", "bytes in which the frame does not end too early")

    def _refuse_absent(self, part: Part) -> None:
        for name in names_of(part):
            if name in self.given and self.given[name] != b"":
                raise EncodeError(name, "this part is absent here", f"it is there if {part.if_}")

    def _checksums(self, present: Iterable[int]) -> list[int]:
        """The checksums that are present, each behind those that it covers."""
        waiting = [own for own in self.plan.overs if own in present]
        ordered: list[int] = []
        while waiting:
            free = [own for own in waiting if not any(self._covers(own, other) for other in waiting if other != own)]
            if not free:
                names = " and ".join(self.plan.parts[own].name for own in waiting)
                raise EncodeError(self.plan.parts[waiting[0]].name, f"{names} cover each other", "checksums without a circle")
            ordered += free
            waiting = [own for own in waiting if own not in free]
        return ordered

    def _covers(self, own: int, other: int) -> bool:
        return self.plan.covers_sum(own, other)

    def _fill_checksum(
        self, own: int, logical: bytearray, spans: Mapping[int, tuple[int, int]], edges: list[int]
    ) -> None:
        part = self.plan.parts[own]
        assert isinstance(part, Checksum)
        first, last = self.plan.overs[own]
        start, end = spans[own]
        logical[start:end] = bytes(end - start)
        covered = bytes(logical[edges[first] : edges[last + 1]])
        if own in self.plan.pieces:
            covered = b"".join(self._piece(part, piece, logical, edges) for piece in self.plan.pieces[own])
        if part.extra:
            entry = self._looked_up(part.name, part.extra)
            if not 0 <= entry <= 0xFF:
                raise EncodeError(part.name, f"extra {entry} is not one byte", "0 to 255")
            covered += bytes([entry])
        computed = part.algorithm.compute(covered)
        if own in self.plan.stored:
            self._fill_members(own, computed, logical, spans)
        else:
            logical[start:end] = part.type.write(computed)

    def _fill_members(self, own: int, value: int, logical: bytearray, spans: Mapping[int, tuple[int, int]]) -> None:
        for name, member in self.plan.stored[own].members(value).items():
            index = self.plan.values[name]
            part, (start, end) = self.plan.parts[index], spans[index]
            assert isinstance(part, Bits)
            members = part.unpack(part.type.read(bytes(logical[start:end]))) | {name: member}
            packed = 0
            for bit in part.bits:
                packed = packed << bit.width | members[bit.name]
            logical[start:end] = part.type.write(packed)

    def _piece(self, part: Checksum, piece: tuple[int, int] | Implied, logical: bytearray, edges: list[int]) -> bytes:
        """One of several things that a checksum covers."""
        plan = self.plan
        if isinstance(piece, Implied):
            try:
                return piece.type.write(self._evaluate(piece.value, part.name))
            except ValueError as error:
                raise EncodeError(part.name, f"{piece.value}: {error}", piece.type.limits) from None
        begin, end = edges[piece[0]], edges[piece[1] + 1]
        if not part.wire or plan.area is None or plan.stuffing is None:
            return bytes(logical[begin:end])
        enter, leave = (min(max(begin, edges[index]), end) for index in (plan.area[0], plan.area[1] + 1))
        inside = plan.stuffing.encode(bytes(logical[enter:leave])) if enter < leave else b""  # COBS makes a byte of none
        return bytes(logical[begin:enter]) + inside + bytes(logical[leave:end])

    def _check_stops(self, logical: bytearray, spans: Mapping[int, tuple[int, int]]) -> None:
        """Refuses open data in which the end pattern would be found too early."""
        for each in self.plan.opens:
            if each.stop is None or self.plan.in_area(each.data) or each.data not in spans:
                continue
            stop = self.plan.parts[each.stop]
            assert isinstance(stop, End)
            start, _ = spans[each.data]
            expected, end = spans[each.stop]
            room = len(logical)
            if self.plan.area is None:  # an alternative that would exceed max_size does not count
                room = min(room, self.plan.max_size - self.plan.least_wire_after(each.stop))
            if room >= end and find_end(stop, bytes(logical), start, room) != (expected, end - expected):
                name = self.plan.parts[each.data].name
                raise EncodeError(name, "contains the end pattern", " or ".join(e.hex(" ") for e in stop.end))

    def _check_alternatives(
        self, raw: bytes, logical: bytes, spans: Mapping[int, tuple[int, int]], edges: list[int]
    ) -> None:
        """Refuses a marker or an end that, by the bytes behind it, reads as another of its alternatives."""
        plan = self.plan
        for index, (start, end) in spans.items():
            part = plan.parts[index]
            if not isinstance(part, (Sync, End)) or static_size(part) is not None:
                continue
            buffer, at = raw, start
            if plan.area is not None and plan.in_area(index):
                buffer = logical[: edges[plan.area[1] + 1]]
            elif plan.area is not None and index > plan.area[1]:
                at += len(raw) - len(logical)
            choices = part.sync if isinstance(part, Sync) else part.longest_first
            if isinstance(part, End) and buffer is raw:
                room = plan.max_size - plan.least_wire_after(index) - at
                choices = tuple(each for each in choices if len(each) <= room)
            pattern = Pattern(choices, part.mask, part.errors) if isinstance(part, Sync) else Pattern(choices)
            if pattern.match(buffer, at, len(buffer), final=True)[0] != end - start:
                written = logical[start:end].hex(" ")
                raise EncodeError(part.name, f"{written} reads as another alternative here", "one that is no part of another")

    def _stuffed(self, logical: bytes, edges: list[int]) -> bytes:
        plan = self.plan
        if plan.area is None or plan.stuffing is None:
            return logical
        start, end = edges[plan.area[0]], edges[plan.area[1] + 1]
        stuffed = plan.stuffing.encode(logical[start:end])
        if not stuffed and plan.delimited:
            raise EncodeError("frame", "an empty frame is idle fill", "at least one byte")
        self._refuse_marker(stuffed)
        return logical[:start] + stuffed + (plan.delimiter or b"") + logical[end:]

    def _refuse_marker(self, stuffed: bytes) -> None:
        """Where no delimiter closes the area, a marker in it would be taken for the next frame's."""
        marker = self.plan.marker
        if not self.plan.watches_marker or marker is None:
            return
        for size in {len(each) for each in marker.alternatives}:
            for at in range(len(stuffed) - size + 1):
                if marker.stands(stuffed[at : at + size]):
                    found = stuffed[at : at + size].hex(" ")
                    raise EncodeError("frame", f"the marker {found} stands in the stuffed bytes", "bytes without it")


def blocked(blocks: Blocks, data: bytes) -> bytes:
    """Data cut into blocks, each followed by its checksum."""
    cut = (data[at : at + blocks.size] for at in range(0, len(data), blocks.size))
    return b"".join(block + blocks.type.write(blocks.checksum.compute(block)) for block in cut)
