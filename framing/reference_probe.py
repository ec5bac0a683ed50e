"""The reference, second half: is there a frame of one format at one place?

`Probe` walks the parts of one frame in wire order, one byte at a time, from scratch each time it is asked; the first thing
that does not hold is the reason. See `reference.py` for what becomes of its verdicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Protocol

from framing.errors import Reason
from framing.layout import FrameFormat
from framing.model.checks import BitsChecksum, Checksum, Implied
from framing.model.data import Data
from framing.model.expressions import Expression, ExpressionError, NoEntry
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.traits import names_of
from framing.model.values import BadDigits
from framing.stuffing import StuffingError


class Undecided(Exception):
    """More bytes could still change the answer."""


class Bytes(Protocol):
    """The stream: its bytes, and whether nothing follows them."""

    @property
    def data(self) -> bytes: ...

    @property
    def closed(self) -> bool: ...

    @property
    def learnt(self) -> dict[str, dict[int, int]]: ...


@dataclass(frozen=True)
class Verdict:
    """`end` of an accepted frame, or the `reason` of a reject, or neither: no frame of the format starts here.

    `read`: how many bytes of the stream it took to know; one more than there are where their end decided.
    """

    end: int | None
    reason: Reason | None
    read: int
    checked: bool = False


class _Rejected(Exception):
    pass


class _NoMarker(Exception):
    pass


class Probe:
    """Walks the parts in wire order, one byte at a time; the first thing that does not hold is the reason."""

    def __init__(self, each: FrameFormat, stream: Bytes, start: int) -> None:
        self.plan = each.plan
        self.stream = stream
        self.start = start
        self.most, self.beyond = self.plan.max_size, Reason.TOO_LONG
        if self.plan.block is not None and self.plan.block - start % self.plan.block <= self.most:
            self.most, self.beyond = self.plan.block - start % self.plan.block, Reason.LENGTH
        self.at = start
        self.read = start
        self.ahead: list[int] = []  # logical bytes that are known but belong to a later part
        self.frame = bytearray()  # logical bytes of the parts so far
        self.where: dict[int, tuple[int, int]] = {}
        self.starts: list[int] = []
        self.values: dict[str, Any] = {}
        self.sizes: dict[int, int] = {}
        self.checked = False
        self.tables = self.plan.tables_after(stream.learnt)
        self.scope = {name: self.tables[name] for name in self.plan.scope}
        self.unstuffer: Any = None
        self.area_start = 0
        self.area_end: tuple[int, int] | None = None  # on the wire and in the frame, once it is left
        self.area_closed = False
        self.area_bytes: int | None = None  # on the wire, where a length tells
        self.cut = False  # the stream, or the area, ended where a pattern had begun or could have

    def run(self, trust_marker: bool = False) -> Verdict:
        searched = self.plan.searched
        try:
            for index, part in enumerate(self.plan.parts):
                if searched is not None and index == searched.data:
                    self.search(searched)
                    return Verdict(self.at, None, self.read, self.checked)
                self.part(index, part, trust_marker and index == 0)
            if self.unstuffer is not None:
                self.leave_area()
            if self.plan.follow is not None and not self.followed(self.at):
                raise _Rejected(Reason.FIELD)
        except _NoMarker:
            return Verdict(None, None, self.read)
        except _Rejected as rejected:
            return Verdict(None, rejected.args[0], self.read)
        return Verdict(self.at, None, self.read, self.checked)

    # wire bytes

    def look(self, at: int) -> int | None:
        """The wire byte at an offset, None where the stream has ended before it."""
        if at < len(self.stream.data):
            self.read = max(self.read, at + 1)
            return self.stream.data[at]
        if not self.stream.closed:
            raise Undecided
        self.read = len(self.stream.data) + 1
        return None

    def wire(self) -> int:
        if self.at - self.start >= self.most:
            raise _Rejected(self.beyond)
        byte = self.look(self.at)
        if byte is None:
            raise _Rejected(Reason.TRUNCATED)
        self.at += 1
        return byte

    # logical bytes

    def next(self) -> int | None:
        """The next logical byte, None where the stuffed area has ended."""
        while not self.ahead:
            if self.unstuffer is None:
                return self.wire()
            if self.area_closed:
                return None
            self.ahead += self.unstuffed()
        return self.ahead.pop(0)

    def unstuffed(self) -> bytes:
        """What the next wire byte of the stuffed area gives."""
        stop = self.plan.stop_behind_area
        told = self.area_bytes is not None and self.at - self.area_start == self.area_bytes
        if told or (stop is not None and not self.unstuffer.inside and self.end_at(stop)):
            self.area_closed = True
        else:
            if not self.delimiter_stands():
                return self.pushed(self.wire())
            self.area_closed = True
            self.at += self.plan.closing
        try:
            return bytes(self.unstuffer.finish())
        except StuffingError:
            raise _Rejected(Reason.ESCAPE) from None

    def delimiter_stands(self) -> bool:
        """Whether the next wire bytes are the delimiter. Only it can end the frame, which therefore lacks bytes where it is cut."""
        delimiter = self.plan.delimiter
        if delimiter is None:
            return False
        if self.at + len(delimiter) - self.start > self.most:
            raise _Rejected(self.beyond)
        for depth, expected in enumerate(delimiter):
            byte = self.look(self.at + depth)
            if byte is None:
                raise _Rejected(Reason.TRUNCATED)
            if byte != expected:
                return False
        return True

    def pushed(self, byte: int) -> bytes:
        marker = self.plan.marker
        if self.plan.watches_marker and marker is not None:
            for size in map(len, marker.alternatives):
                tail = self.stream.data[self.at - size : self.at]
                if self.at - size >= self.area_start and marker.stands(tail):
                    raise _Rejected(Reason.MARKER)
        try:
            return bytes(self.unstuffer.push(byte))
        except StuffingError as error:
            raise _Rejected(Reason.MARKER if error.marker or self.plan.doubled_opens else Reason.ESCAPE) from None

    def take(self, size: int) -> bytes:
        if self.unstuffer is None and self.at + size - len(self.ahead) - self.start > self.most:
            raise _Rejected(self.beyond)
        taken = bytearray()
        while len(taken) < size:
            byte = self.next()
            if byte is None:
                raise _Rejected(Reason.TRUNCATED)
            taken.append(byte)
        return bytes(taken)

    def end_at(self, index: int) -> int:
        """The length of the longest alternative of an `end` that stands at the next wire byte, 0 where none does.

        Alternatives that would exceed `max_size` do not count; where none is left, the frame is too long.
        """
        end = self.plan.parts[index]
        assert isinstance(end, End)
        room = self.start + self.most - self.plan.least_wire_after(index) - self.at
        possible = [each for each in end.end if len(each) <= room]
        if not possible:
            raise _Rejected(self.beyond)
        length = 0
        depth = 0
        self.cut = False
        while any(len(each) > depth for each in possible):
            byte = self.look(self.at + depth)
            if byte is None:
                self.cut = True
                break
            possible = [each for each in possible if len(each) > depth and each[depth] == byte]
            depth += 1
            if any(len(each) == depth for each in possible):
                length = depth
        return length

    # what follows the frame

    def followed(self, place: int) -> bool:
        """Whether the frame may end at a place, by what stands there."""
        assert self.plan.follow is not None
        data, closed, pattern = self.stream.data, self.stream.closed, self.plan.follow.pattern
        if pattern is None or (closed and place == len(data)):
            return self.look(place) is None
        length, read = pattern.match(data, place, len(data), closed)
        if length < 0:
            raise Undecided
        self.read = max(self.read, place + read)
        return length > 0

    def search(self, opened: Any) -> None:
        """Ends the frame at the first place where what follows stands and all that remains of the frame holds."""
        assert self.plan.follow is not None
        begin, tail = self.at, sum(self.size_ahead(index) for index in opened.tail)
        data, charset = self.stream.data, self.plan.parts[opened.data].charset
        place, tried = begin + tail, 0
        while True:
            if place - self.start > self.most:
                raise _Rejected(self.beyond)
            if place > len(data):
                self.look(place)
                raise _Rejected(Reason.TRUNCATED)
            if self.followed(place):
                reason = self.ends_at(opened.data, place, place - tail - begin)
                if reason is None:
                    return
                tried += 1
                if self.stream.closed and place == len(data):
                    raise _Rejected(reason)
                if tried == self.plan.follow.tries:
                    raise _Rejected(Reason.TOO_LONG)
            if charset is not None and data[place - tail] not in charset.bytes:
                raise _Rejected(Reason.FIELD)
            place += 1

    def ends_at(self, first: int, place: int, size: int) -> Reason | None:
        """Takes the rest of the frame, whose open part `first` has `size` bytes; or says why it cannot end there."""
        trial = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, (list, dict, bytearray)):
                setattr(trial, name, value.copy())
        trial.sizes[first] = size
        try:
            for index in range(first, len(self.plan.parts)):
                trial.part(index, self.plan.parts[index], False)
        except _Rejected as rejected:
            reason: Reason = rejected.args[0]
            return reason
        assert trial.at == place
        trial.read = self.read
        vars(self).update(vars(trial))
        return None

    # parts

    def part(self, index: int, part: Part, trust_marker: bool) -> None:
        if self.plan.area is not None and index == self.plan.area[0]:
            assert self.plan.stuffing is not None
            self.unstuffer, self.area_start = self.plan.stuffing.unstuffer(), self.at
        if self.plan.area is not None and index == self.plan.area[1] + 1:
            self.leave_area()
        self.starts.append(len(self.frame))
        if part.if_ is None or self.value_of(part.if_):
            raw = self.bytes_of(index, part, trust_marker)
            self.where[index] = (len(self.frame), len(self.frame) + len(raw))
            self.frame += raw
            self.examine(index, part, raw)
        for equation in self.plan.equations:
            if equation.ready == index and equation.part in self.where:
                self.apply_length(equation, index)
        for own, (_, last) in self.plan.overs.items():
            if max(own, last) == index and own in self.where:
                self.verify(own)

    def bytes_of(self, index: int, part: Part, trust_marker: bool) -> bytes:
        """The logical bytes of a part."""
        if isinstance(part, Sync):
            if trust_marker:
                return self.take(part.pattern.shortest)
            return self.take(self.marker_length(part, opening=index == 0))
        if isinstance(part, End):
            known = self.unstuffer is not None or self.ahead
            length = self.unstuffed_length(part.longest_first) if known else self.end_at(index)
            if length == 0:
                raise _Rejected(Reason.TRUNCATED if self.cut else Reason.FIELD)
            return self.take(length)
        if isinstance(part, Data):
            opened = next((each for each in self.plan.opens if each.data == index), None)
            if opened is not None and opened != self.plan.searched:
                return self.open_data(part, opened.tail, opened.stop)
            return self.sized_data(index, part)
        if part.type.size is not None:
            return self.take(part.type.size)
        raw = self.take(1)
        try:
            while more := part.type.more(raw):
                raw += self.take(more)
        except BadDigits:
            raise _Rejected(Reason.FIELD) from None
        return raw

    def marker_length(self, part: Sync, opening: bool) -> int:
        if self.unstuffer is not None or self.ahead:
            length = self.unstuffed_length(part.sync, part)
        else:
            data = self.stream.data
            length, read = part.pattern.match(data, self.at, len(data), self.stream.closed)
            if length < 0:
                raise Undecided
            self.read = max(self.read, self.at + read)
            self.cut = self.at + read > len(data)
        if length == 0:
            raise _NoMarker if opening else _Rejected(Reason.TRUNCATED if self.cut else Reason.MARKER)
        return length

    def unstuffed_length(self, alternatives: Sequence[bytes], sync: Sync | None = None) -> int:
        """The length of the first alternative that stands in the unstuffed bytes, 0 where none does."""
        mask, errors = (sync.mask, sync.errors) if sync else (b"", 0)
        self.cut = False
        for each in alternatives:
            wrong = depth = 0
            while depth < len(each) and wrong <= errors:
                while len(self.ahead) <= depth and self.unstuffer is not None and not self.area_closed:
                    self.ahead += self.unstuffed()
                if len(self.ahead) <= depth:
                    self.cut = True
                    break
                wrong += ((each[depth] ^ self.ahead[depth]) & (mask[depth] if mask else 0xFF)).bit_count()
                depth += 1
            if depth == len(each) and wrong <= errors:
                return len(each)
        return 0

    def examine(self, index: int, part: Part, raw: bytes) -> None:
        """Reads and checks the value of a part whose last byte is there."""
        try:
            if isinstance(part, (Sync, End)):
                if part.as_:
                    self.values[part.as_] = raw
            elif isinstance(part, Bits):
                members = part.unpack(part.type.read(raw))
                self.values.update({name: members[name] for name in names_of(part)})
                if not part.constants_hold(part.type.read(raw)):
                    raise _Rejected(Reason.FIELD)
            elif not isinstance(part, (Data, BitsChecksum)):
                value = self.values[part.name] = part.type.read(raw)
                if isinstance(part, Field) and not part.accepts(value):
                    raise _Rejected(Reason.FIELD)
                if isinstance(part, Field) and part.equals is not None and value != self.value_of(part.equals):
                    raise _Rejected(Reason.FIELD)
        except BadDigits:
            raise _Rejected(Reason.FIELD) from None
        if isinstance(part, (Length, Bits)):
            name = part.length if isinstance(part, Bits) else part.name
            if name is not None:
                value = self.values[name]
                if (part.min is not None and value < part.min) or (part.max is not None and value > part.max):
                    raise _Rejected(Reason.LENGTH)
        if isinstance(part, (Field, Bits, Length)) and part.valid is not None and not self.value_of(part.valid):
            raise _Rejected(Reason.FIELD)

    def value_of(self, used: Expression, no_entry: Reason = Reason.FIELD) -> Any:
        """The value; an entry that a table has not got rejects with the reason `no_entry`, anything else with FIELD."""
        try:
            return used.evaluate({**self.scope, **self.values})
        except NoEntry:
            raise _Rejected(no_entry) from None
        except ExpressionError:
            raise _Rejected(Reason.FIELD) from None

    def looked_up(self, lookup: Lookup) -> int:
        entry = self.value_of(lookup.by)
        table = self.tables[lookup.table]
        if not isinstance(entry, (int, float)) or entry not in table:
            raise _Rejected(Reason.LENGTH)
        return table[int(entry)]

    # data

    def data_size(self, index: int, part: Data) -> int:
        if part.size is None:
            size: Any = self.sizes.get(index)
        elif isinstance(part.size, Lookup):
            size = self.looked_up(part.size)
        else:
            size = self.value_of(part.size, Reason.LENGTH)
        if not isinstance(size, int) or size < 0:
            raise _Rejected(Reason.LENGTH)
        return size

    def sized_data(self, index: int, part: Data) -> bytes:
        size = self.data_size(index, part)
        if part.blocks is None:
            raw = data = self.take(size)
        else:
            raw = data = b""
            width = part.blocks.type.size
            assert width is not None
            while len(data) < size:
                block = self.take(min(part.blocks.size, size - len(data)) + width)
                raw, data = raw + block, data + block[:-width]
                try:
                    stated = part.blocks.type.read(block[-width:])
                except BadDigits:
                    raise _Rejected(Reason.FIELD) from None
                if stated != part.blocks.checksum.compute(block[:-width]):
                    raise _Rejected(Reason.CHECKSUM)
                self.checked = True
        if part.charset is not None and not set(data) <= part.charset.bytes:
            raise _Rejected(Reason.FIELD)
        self.values[part.name] = data
        return raw

    def open_data(self, part: Data, tail: Sequence[int], stop: int | None) -> bytes:
        """Up to the end pattern or the delimiter. The last bytes before that belong to the tail; so a byte is known to be
        data only once as many have followed it."""
        behind = sum(self.size_ahead(index) for index in tail)
        found: list[int] = []

        def check(index: int) -> None:
            if part.charset is not None and 0 <= index < len(found) and found[index] not in part.charset.bytes:
                raise _Rejected(Reason.TRUNCATED if self.cut else Reason.FIELD)

        while True:
            if self.unstuffer is None:
                assert stop is not None
                if self.end_at(stop):
                    break
            byte = self.next()
            if byte is None:
                break
            found.append(byte)
            check(len(found) - 1 - behind)
        size = len(found) - behind
        if size < 0:
            raise _Rejected(Reason.TRUNCATED)
        self.ahead = found[size:] + self.ahead
        self.values[part.name] = bytes(found[:size])
        return bytes(found[:size])

    def size_ahead(self, index: int) -> int:
        part = self.plan.parts[index]
        if part.if_ is not None and not self.value_of(part.if_):
            return 0
        if isinstance(part, Data):
            size = self.data_size(index, part)
            return part.blocks.wire(size) if part.blocks else size
        return self.plan.sizes[index][1] or 0

    def leave_area(self) -> None:
        """The stuffed area must hold nothing more."""
        told = self.plan.delimiter is not None or self.area_bytes is not None
        while told and not self.area_closed and not self.ahead:
            self.ahead += self.unstuffed()
        while self.unstuffer.owing and not self.area_closed:
            self.ahead += self.unstuffed()
        if self.ahead:
            raise _Rejected(Reason.FIELD)
        self.unstuffer = None
        self.area_end = self.at, len(self.frame)

    # lengths and checksums

    def apply_length(self, equation: Any, index: int) -> None:
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
            raise _Rejected(Reason.LENGTH)
        if target is not None:
            self.sizes[target] = stated
            if self.least_end(index) - self.start > self.most:
                raise _Rejected(self.beyond)

    def apply_wire(self, equation: Any, stated: int) -> None:
        """The stuffed area, which begins now, has the wire bytes that the other parts leave of the length."""
        assert self.plan.area is not None and self.plan.stuffing is not None
        begin, end = self.plan.area
        for k in range(equation.first, equation.last + 1):
            if k in self.where:
                stated -= self.where[k][1] - self.where[k][0]
            elif k > end:
                stated -= self.plan.sizes[k][0]
        if stated < self.plan.stuffing.min_encoded(sum(self.plan.sizes[k][0] for k in range(begin, end + 1))):
            raise _Rejected(Reason.LENGTH)
        self.area_bytes = stated
        if self.at - self.start + stated + sum(low for low, _ in self.plan.sizes[end + 1 :]) > self.most:
            raise _Rejected(self.beyond)

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

    def piece(self, part: Checksum, piece: Any, frame: bytes) -> bytes:
        """One of several things that a checksum covers: parts as they stand in the frame or on the wire, or an implied value."""
        if isinstance(piece, Implied):
            try:
                return piece.type.write(self.value_of(piece.value))
            except ValueError:
                raise _Rejected(Reason.FIELD) from None
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

    def verify(self, own: int) -> None:
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
                raise _Rejected(Reason.LENGTH)
            more = bytes([extra])
        if own in self.plan.pieces:
            covered = b"".join(self.piece(part, piece, bytes(frame)) for piece in self.plan.pieces[own])
        stated = self.values[part.name] if stored is None else stored.value(self.values)
        if part.algorithm.compute(covered + more) != stated:
            raise _Rejected(Reason.CHECKSUM)
        self.checked = True
