"""The decoding rules, whole buffer, naive: the executable definition of what this library does.

Read it to learn what a decoder gives for which bytes. It asks of every place what every format says there, from scratch and
byte by byte, and cares for nothing but being obviously right. The engines are held equal to it by property tests. They
share the model with it (which part sizes which, `FrameFormat.plan`), and the pure checksum and stuffing functions, but no
code that decides.

Three layers, top down:

- `decode` cuts a stream into events: `_strict` or `_early` say which places are frames, `_assemble` makes gaps of the rest;
- `judge` says what one format thinks of one place;
- `probe` walks the parts of one frame.

`closed` says that nothing follows the data. Without it, what more bytes could still change is *undecided*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from framing.errors import Reason
from framing.events import REJECTS_KEPT, Event, Frame, Reject, gap
from framing.expressions import Expression, ExpressionError
from framing.layout import FrameFormat, Protocol
from framing.parts import Bits, Checksum, Data, End, Field, Length, Lookup, Part, Sync
from framing.plan import names_of
from framing.stuffing import StuffingError
from framing.values import ULEB128_MOST, BadDigits

GAP_LIMIT = 65_536


def decode(
    data: bytes,
    protocols: Sequence[Protocol | FrameFormat],
    *,
    order: Literal["strict", "early"] = "strict",
    witnesses: int = 2,
    gap_limit: int = GAP_LIMIT,
    closed: bool = True,
    origin: int = 0,
) -> list[Event]:
    """The events of a stream that begins with `data`; `origin` is the stream offset of its first byte."""
    stream = Stream(bytes(data), tuple(protocols), closed)
    marks = _strict(stream) if order == "strict" else _early(stream, witnesses)
    return _assemble(stream, marks, gap_limit, origin)


# --- what a place turned out to be -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Accepted:
    """A frame `[start, end)`."""

    format: FrameFormat
    start: int
    end: int
    suspect: bool = False
    checked: bool = False


@dataclass(frozen=True)
class GapByte:
    """A byte that belongs to no frame, and who rejected it for what."""

    offset: int
    fill: bool
    rejects: tuple[tuple[FrameFormat, Reason], ...]


Mark = Accepted | GapByte


@dataclass(frozen=True, eq=False)
class Stream:
    """The data, and who looks at it."""

    data: bytes
    protocols: tuple[Protocol | FrameFormat, ...]
    closed: bool
    formats: tuple[FrameFormat, ...] = field(init=False)

    def __post_init__(self) -> None:
        formats = [each for one in self.protocols for each in members(one)]
        object.__setattr__(self, "formats", tuple(formats))


def members(one: Protocol | FrameFormat) -> tuple[FrameFormat, ...]:
    """The formats of a protocol; a lone format is its own protocol."""
    return tuple(one) if isinstance(one, Protocol) else (one,)


class Undecided(Exception):
    """More bytes could still change the answer."""


# --- strict order ----------------------------------------------------------------------------------------------------


def _strict(stream: Stream) -> list[Mark]:
    """Each place in turn; at a place each format in turn; the first that accepts gets it."""
    marks: list[Mark] = []
    at = 0
    try:
        while at < len(stream.data):
            mark = _settle(stream, at, marks)
            marks.append(mark)
            at = mark.end if isinstance(mark, Accepted) else at + 1
    except Undecided:
        pass
    return marks


def _settle(stream: Stream, at: int, marks: list[Mark]) -> Mark:
    rejects: list[tuple[FrameFormat, Reason]] = []
    for protocol in stream.protocols:
        for each in members(protocol):
            verdict = judge(stream, each, at)
            reason = verdict.reason
            if verdict.end is not None:
                if _in_lock(protocol, marks) or _confirmed(stream, protocol, each, verdict.end):
                    return Accepted(each, at, verdict.end, checked=verdict.checked)
                reason = Reason.UNCONFIRMED
            if reason is not None:
                rejects.append((each, reason))
    ridden = _flywheel(stream, at, marks)
    if isinstance(ridden, Accepted):
        return ridden
    if ridden is not None:
        rejects.append(ridden)
        rejects.sort(key=lambda one: stream.formats.index(one[0]))
    return GapByte(at, _is_fill(stream, at, marks), tuple(rejects))


def _last_frame(marks: list[Mark]) -> Accepted | None:
    """The last event, where it is a frame."""
    return marks[-1] if marks and isinstance(marks[-1], Accepted) else None


def _in_lock(protocol: Protocol | FrameFormat, marks: list[Mark]) -> bool:
    last = _last_frame(marks)
    return last is not None and any(last.format is each for each in members(protocol))


def _confirmed(stream: Stream, protocol: Protocol | FrameFormat, each: FrameFormat, end: int) -> bool:
    """Whether as many intact frames follow as `lock` asks for, or the stream ends with a frame before."""
    for _ in range(each.lock.confirm if each.lock else 0):
        if end == len(stream.data):
            if stream.closed:
                return True
            raise Undecided
        follow = None
        for other in members(protocol):
            follow = judge(stream, other, end).end
            if follow is not None:
                break
        if follow is None:
            return False
        end = follow
    return True


def _flywheel(stream: Stream, at: int, marks: list[Mark]) -> Accepted | tuple[FrameFormat, Reason] | None:
    """Rides through a damaged marker: None where there is nothing to ride on."""
    last = _last_frame(marks)
    if last is None or last.format.lock is None or not last.format.lock.misses:
        return None
    each, size, marker = last.format, last.format.plan.fixed_size, last.format.plan.marker
    if size is None or marker is None or marker.match(stream.data, at, len(stream.data), stream.closed)[0] > 0:
        return None
    verdict = _Probe(each, stream, at).run(trust_marker=True)
    if verdict.reason is not None:
        return each, verdict.reason
    damaged = 0
    for mark in reversed(marks):
        if not isinstance(mark, Accepted) or not mark.suspect:
            break
        damaged += 1
    for ahead in range(1, each.lock.misses - damaged + 1 if each.lock else 0):
        place = at + ahead * size
        if place == len(stream.data) and stream.closed:
            return Accepted(each, at, at + size, suspect=True)
        length, _ = marker.match(stream.data, place, len(stream.data), stream.closed)
        if length < 0:
            raise Undecided
        if length:
            return Accepted(each, at, at + size, suspect=True)
    return each, Reason.MARKER


def _is_fill(stream: Stream, at: int, marks: list[Mark]) -> bool:
    """A delimiter that closes nothing, where its format may start or directly behind a frame."""
    return any(
        each.plan.delimited and stream.data[at] == each.plan.delimiter and (_may_start(stream, each, at) or _last_frame(marks))
        for each in stream.formats
    )


# --- early order -----------------------------------------------------------------------------------------------------


def _early(stream: Stream, witnesses: int) -> list[Mark]:
    """Time is counted in bytes read. `known(s, i, t)` is what the decoding that begins with format `i` at place `s` has
    settled once `t` bytes are there (one more than there are: and the stream has ended).

    A pair (place, format) that is decided only by byte `read` is a leader until then. It is overtaken if the decoding
    behind it, which is `known(s, i + 1, ...)`, has settled `witnesses` frames back to back one byte before.
    """
    size = len(stream.data)

    @lru_cache(maxsize=None)
    def known(start: int, first: int, time: int, behind_frame: bool) -> tuple[Mark, ...]:
        marks: list[Mark] = []
        rejects: list[tuple[FrameFormat, Reason]] = []
        at, number = start, first
        while at < min(time, size):
            if number == len(stream.formats):
                after = behind_frame if not marks and at == start else _last_frame(marks) is not None
                pretend: list[Mark] = [Accepted(stream.formats[0], at, at)] if after else []
                marks.append(GapByte(at, _is_fill(stream, at, pretend), tuple(rejects)))
                at, number, rejects = at + 1, 0, []
                continue
            each = stream.formats[number]
            try:
                verdict = judge(stream, each, at)
                read = verdict.read if verdict.read <= size else size + 1
            except Undecided:
                verdict, read = Verdict(None, None, 0), size + 2
            behind = behind_frame if not marks and at == start else _last_frame(marks) is not None
            if read - 1 > at and _witnessed(known(at, number + 1, min(read - 1, time), behind), witnesses):
                rejects.append((each, Reason.OVERTAKEN))
                number += 1
            elif read > time:
                break
            elif verdict.end is not None:
                marks.append(Accepted(each, at, verdict.end, checked=verdict.checked))
                at, number, rejects = verdict.end, 0, []
            else:
                if verdict.reason is not None:
                    rejects.append((each, verdict.reason))
                number += 1
        return tuple(marks)

    return list(known(0, 0, size + 1 if stream.closed else size, False))


def _witnessed(marks: Sequence[Mark], witnesses: int) -> bool:
    """Whether `witnesses` frames with a checksum stand back to back, fill between them not counting."""
    row = 0
    for mark in marks:
        if isinstance(mark, Accepted):
            row = row + 1 if mark.checked else 0
            if row == witnesses:
                return True
        elif not mark.fill:
            row = 0
    return False


# --- events ----------------------------------------------------------------------------------------------------------


def _assemble(stream: Stream, marks: Sequence[Mark], gap_limit: int, origin: int) -> list[Event]:
    """Frames as they are; the bytes between them as gaps of one kind, in pieces of `gap_limit`."""
    events: list[Event] = []
    run: list[GapByte] = []

    def flush(everything: bool) -> None:
        while len(run) >= gap_limit or (everything and run):
            piece = run[:gap_limit]
            del run[:gap_limit]
            found = [Reject(origin + b.offset, f.full_name, reason) for b in piece for f, reason in b.rejects]
            raw = bytes(stream.data[b.offset] for b in piece)
            reasons = Counter(each.reason for each in found)
            events.append(gap(origin + piece[0].offset, raw, piece[0].fill, tuple(found[:REJECTS_KEPT]), reasons))

    for mark in marks:
        if isinstance(mark, Accepted):
            flush(everything=True)
            events.append(Frame(mark.format, origin + mark.start, stream.data[mark.start : mark.end], mark.suspect))
            continue
        if run and run[-1].fill != mark.fill:
            flush(everything=True)
        run.append(mark)
    flush(everything=stream.closed)
    return events


# --- one format at one place -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """`end` of an accepted frame, or the `reason` of a reject, or neither: no frame of the format starts here.

    `read`: how many bytes of the stream it took to know; one more than there are where their end decided.
    """

    end: int | None
    reason: Reason | None
    read: int
    checked: bool = False


def judge(stream: Stream, each: FrameFormat, at: int) -> Verdict:
    """What a format says of a place. Raises `Undecided`."""
    if not _may_start(stream, each, at):
        return Verdict(None, None, at)
    if each.plan.delimited and at < len(stream.data) and stream.data[at] == each.plan.delimiter:
        return Verdict(None, None, at + 1)  # closes nothing: fill, which is no reject
    return _Probe(each, stream, at).run()


def _may_start(stream: Stream, each: FrameFormat, at: int) -> bool:
    """Whether the place is a candidate as far as the bytes before it tell. A marker is looked for by the probe."""
    return not each.plan.delimited or at == 0 or stream.data[at - 1] == each.plan.delimiter


class _Rejected(Exception):
    pass


class _NoMarker(Exception):
    pass


def probe(each: FrameFormat, data: bytes, at: int = 0, closed: bool = True) -> Verdict:
    """Probes for a frame at offset `at`. Raises `Undecided`."""
    return _Probe(each, Stream(data, (each,), closed), at).run()


class _Probe:
    """Walks the parts in wire order, one byte at a time; the first thing that does not hold is the reason."""

    def __init__(self, each: FrameFormat, stream: Stream, start: int) -> None:
        self.plan = each.plan
        self.stream = stream
        self.start = start
        self.at = start
        self.read = start
        self.ahead: list[int] = []  # logical bytes that are known but belong to a later part
        self.frame = bytearray()  # logical bytes of the parts so far
        self.where: dict[int, tuple[int, int]] = {}
        self.starts: list[int] = []
        self.values: dict[str, Any] = {}
        self.sizes: dict[int, int] = {}
        self.checked = False
        self.unstuffer: Any = None
        self.area_start = 0
        self.area_closed = False

    def run(self, trust_marker: bool = False) -> Verdict:
        try:
            for index, part in enumerate(self.plan.parts):
                self.part(index, part, trust_marker and index == 0)
            if self.unstuffer is not None:
                self.leave_area()
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
        if self.at - self.start >= self.plan.max_size:
            raise _Rejected(Reason.TOO_LONG)
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
        if stop is not None and not self.unstuffer.inside and self.end_at(stop):
            self.area_closed = True
        else:
            byte = self.wire()
            if byte != self.plan.delimiter:
                return self.pushed(byte)
            self.area_closed = True
        try:
            return bytes(self.unstuffer.finish())
        except StuffingError:
            raise _Rejected(Reason.ESCAPE) from None

    def pushed(self, byte: int) -> bytes:
        transparency, marker = self.plan.transparency, self.plan.marker
        assert transparency is not None
        escape_doubles = transparency.kind in ("dle", "doubled")
        if transparency.closes is False and marker is not None and not escape_doubles and transparency.kind != "run":
            for size in map(len, marker.alternatives):
                tail = self.stream.data[self.at - size : self.at]
                if self.at - size >= self.area_start and marker.stands(tail):
                    raise _Rejected(Reason.MARKER)
        try:
            return bytes(self.unstuffer.push(byte))
        except StuffingError as error:
            raw_marker = error.marker
            if transparency.closes is False and escape_doubles and marker is not None:
                escape = 0x10 if transparency.escape is None else transparency.escape
                raw_marker = any(each[0] == escape for each in marker.alternatives)
            raise _Rejected(Reason.MARKER if raw_marker else Reason.ESCAPE) from None

    def take(self, size: int) -> bytes:
        if self.unstuffer is None and self.at + size - len(self.ahead) - self.start > self.plan.max_size:
            raise _Rejected(Reason.TOO_LONG)
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
        room = self.start + self.plan.max_size - self.plan.least_wire_after(index) - self.at
        possible = [each for each in end.end if len(each) <= room]
        if not possible:
            raise _Rejected(Reason.TOO_LONG)
        length = 0
        depth = 0
        while any(len(each) > depth for each in possible):
            byte = self.look(self.at + depth)
            if byte is None:
                break
            possible = [each for each in possible if len(each) > depth and each[depth] == byte]
            depth += 1
            if any(len(each) == depth for each in possible):
                length = depth
        return length

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
            length = self.end_at(index) if self.unstuffer is None else self.unstuffed_length(part.longest_first)
            if length == 0:
                raise _Rejected(Reason.FIELD)
            return self.take(length)
        if isinstance(part, Data):
            opened = next((each for each in self.plan.opens if each.data == index), None)
            if opened is not None:
                return self.open_data(part, opened.tail, opened.stop)
            return self.sized_data(index, part)
        if part.type.size is not None:
            return self.take(part.type.size)
        raw = self.take(1)
        while raw[-1] & 0x80:
            if len(raw) == ULEB128_MOST:
                raise _Rejected(Reason.FIELD)
            raw += self.take(1)
        return raw

    def marker_length(self, part: Sync, opening: bool) -> int:
        if self.unstuffer is not None:
            length = self.unstuffed_length(part.sync, part)
        else:
            data = self.stream.data
            length, read = part.pattern.match(data, self.at, len(data), self.stream.closed)
            if length < 0:
                raise Undecided
            self.read = max(self.read, self.at + read)
        if length == 0:
            raise _NoMarker if opening else _Rejected(Reason.MARKER)
        return length

    def unstuffed_length(self, alternatives: Sequence[bytes], sync: Sync | None = None) -> int:
        """The length of the first alternative that stands in the unstuffed bytes, 0 where none does."""
        mask, errors = (sync.mask, sync.errors) if sync else (b"", 0)
        for each in alternatives:
            wrong = depth = 0
            while depth < len(each) and wrong <= errors:
                while len(self.ahead) <= depth and not self.area_closed:
                    self.ahead += self.unstuffed()
                if len(self.ahead) <= depth:
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
            elif not isinstance(part, Data):
                value = self.values[part.name] = part.type.read(raw)
                if isinstance(part, Field):
                    if not part.accepts(value) or (part.equals is not None and value != self.value_of(part.equals)):
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

    def value_of(self, used: Expression) -> Any:
        try:
            return used.evaluate(self.values)
        except ExpressionError:
            raise _Rejected(Reason.FIELD) from None

    def looked_up(self, lookup: Lookup) -> int:
        entry = self.value_of(lookup.by)
        table = self.plan.tables[lookup.table]
        if not isinstance(entry, (int, float)) or entry not in table:
            raise _Rejected(Reason.LENGTH)
        return table[int(entry)]

    # data

    def data_size(self, index: int, part: Data) -> int:
        if part.size is None:
            size: Any = self.sizes.get(index)
        else:
            size = self.looked_up(part.size) if isinstance(part.size, Lookup) else self.value_of(part.size)
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
                raise _Rejected(Reason.FIELD)

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
        while self.plan.delimiter is not None and not self.area_closed and not self.ahead:
            self.ahead += self.unstuffed()
        while self.unstuffer.owing and not self.area_closed:
            self.ahead += self.unstuffed()
        if self.ahead:
            raise _Rejected(Reason.FIELD)
        self.unstuffer = None

    # lengths and checksums

    def apply_length(self, equation: Any, index: int) -> None:
        stated = self.values[equation.name] * equation.unit + equation.bias
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
            if self.least_end(index) - self.start > self.plan.max_size:
                raise _Rejected(Reason.TOO_LONG)

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
        return end + sum(least.values()) + (1 if self.plan.delimiter is not None else 0)

    def verify(self, own: int) -> None:
        part = self.plan.parts[own]
        assert isinstance(part, Checksum)
        first, last = self.plan.overs[own]
        start, end = self.where[own]
        frame = bytes(self.frame[:start]) + bytes(end - start) + bytes(self.frame[end:])
        stop = self.starts[last + 1] if last + 1 < len(self.starts) else len(frame)
        covered = frame[self.starts[first] : stop]
        if part.extra is not None:
            extra = self.looked_up(part.extra)
            if not 0 <= extra <= 0xFF:
                raise _Rejected(Reason.LENGTH)
            covered += bytes([extra])
        if part.algorithm.compute(covered) != self.values[part.name]:
            raise _Rejected(Reason.CHECKSUM)
        self.checked = True
