"""Does a frame start here? The exact, incremental answer, one format and one place at a time.

`probe` is a generator. It walks the parts in wire order, checks each when its last byte is there, and suspends where it
needs more bytes: it yields the stream offset up to which it wants them. It never looks at a byte twice, so that an
undecided frame costs nothing while the stream trickles in. What it returns depends on the bytes alone, never on how they
arrived: besides the outcome it tells `read`, the stream offset behind the last byte that it took to know.

The engines run it wherever their short cuts do not apply; `reference.py` says the same thing in plainer words.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from functools import lru_cache
from typing import Any, NamedTuple

from framing.errors import Reason
from framing.expressions import Expression, ExpressionError
from framing.markers import ABSENT, UNDECIDED, Pattern
from framing.parts import Bits, Checksum, Data, End, Field, Length, Lookup, Part, Sync
from framing.plan import Equation, Open, Plan
from framing.stuffing import StuffingError
from framing.traits import names_of
from framing.values import ULEB128_MOST, BadDigits


class Window:
    """The part of the stream that is at hand: `buffer[0]` is the byte at stream offset `base`, `end` lies behind the last.

    `final` says that nothing follows `end`.
    """

    __slots__ = ("base", "buffer", "end", "final")

    def __init__(self, buffer: bytes | bytearray = b"", base: int = 0, final: bool = False) -> None:
        self.buffer = buffer
        self.base = base
        self.end = base + len(buffer)
        self.final = final


class Verdict(NamedTuple):
    """`end` of the accepted frame, or why not: `reason`; None in both where no frame could start here (no marker).

    `read` is the stream offset behind the last byte that it took to know (one more at the stream's end where the end itself
    decided); `checked` whether a checksum was verified.
    """

    end: int | None
    reason: Reason | None
    read: int
    checked: bool = False


class _Rejected(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason


Steps = Generator[int, None, Any]


def probe(plan: Plan, window: Window, start: int, ride: bool = False) -> Generator[int, None, Verdict]:
    """Probes for a frame of `plan` at stream offset `start`; `ride` takes the marker on trust (flywheel)."""
    return _Probe(plan, window, start).run(ride)


class _Probe:
    def __init__(self, plan: Plan, window: Window, start: int) -> None:
        self.plan = plan
        self.window = window
        self.start = start
        self.limit = start + plan.max_size
        self.at = start  # the next wire byte
        self.seen = start  # behind the last wire byte looked at
        self.logical = bytearray()
        self.taken = 0  # logical bytes given to parts so far
        self.names: dict[str, Any] = {}
        self.sizes: dict[int, int] = {}
        self.edges: list[int] = []
        self.spans: dict[int, tuple[int, int]] = {}
        self.checked = False
        self.unstuffer = plan.stuffing.unstuffer() if plan.stuffing else None
        self.inside = False
        self.closed = False
        self.area_start = 0  # where the stuffed area begins on the wire
        self.area_taken = 0  # and in the logical bytes
        self.stop: int | None = None  # the end pattern that closes the stuffed area

    def run(self, ride: bool) -> Generator[int, None, Verdict]:
        try:
            if self.plan.marker is not None:
                present = yield from self._marker(self.plan.marker, ride)
                if not present:
                    return Verdict(None, None, self.seen)
            for index in range(1 if self.plan.marker is not None else 0, len(self.plan.parts)):
                yield from self._part(index)
                self._settle(index)
            if self.inside:
                yield from self._leave_area()
        except _Rejected as rejected:
            return Verdict(None, rejected.reason, self.seen)
        return Verdict(self.at, None, self.seen, self.checked)

    # --- bytes ------------------------------------------------------------------------------------------------------

    def _want(self, end: int) -> Steps:
        """Waits until the bytes up to `end` are there."""
        while self.window.end < end:
            if self.window.final:
                self.seen = self.window.end + 1
                raise _Rejected(Reason.TRUNCATED)
            yield end
        self.seen = max(self.seen, end)

    def _raw(self, size: int) -> Steps:
        """Takes `size` wire bytes as they are."""
        if self.at + size > self.limit:
            raise _Rejected(Reason.TOO_LONG)
        yield from self._want(self.at + size)
        offset = self.at - self.window.base
        self.logical += self.window.buffer[offset : offset + size]
        self.at += size

    def _take(self, size: int) -> Steps:
        """The next `size` logical bytes."""
        if self.inside:
            while len(self.logical) - self.taken < size:
                more = yield from self._unstuffed()
                if not more:
                    raise _Rejected(Reason.TRUNCATED)
        elif len(self.logical) - self.taken < size:
            yield from self._raw(size - (len(self.logical) - self.taken))
        begin = self.taken
        self.taken += size
        return bytes(self.logical[begin : self.taken])

    def _unstuffed(self) -> Steps:
        """Takes one wire byte of the stuffed area; False once the area has ended."""
        assert self.unstuffer is not None
        if self.closed:
            return False
        if self.stop is not None and not self.unstuffer.inside:
            length = yield from self._stands(self.stop)
            if length:
                self.closed = True
                self._finish()
                return False
        if self.at + 1 > self.limit:
            raise _Rejected(Reason.TOO_LONG)
        yield from self._want(self.at + 1)
        byte = self.window.buffer[self.at - self.window.base]
        self.at += 1
        if byte == self.plan.delimiter:
            self.closed = True
            self._finish()
            return True
        self._refuse_marker()
        try:
            self.logical += self.unstuffer.push(byte)
        except StuffingError as error:
            raise _Rejected(self._stuffing_reason(error)) from None
        return True

    def _finish(self) -> None:
        assert self.unstuffer is not None
        try:
            self.logical += self.unstuffer.finish()
        except StuffingError:
            raise _Rejected(Reason.ESCAPE) from None

    def _stuffing_reason(self, error: StuffingError) -> Reason:
        transparency, marker = self.plan.transparency, self.plan.marker
        assert transparency is not None
        if error.marker:
            return Reason.MARKER
        doubled = transparency.closes is False and transparency.kind in ("dle", "doubled") and marker is not None
        if doubled and marker is not None:
            byte = bytes([transparency.escape if transparency.escape is not None else 0x10])
            if any(alternative.startswith(byte) for alternative in marker.alternatives):
                return Reason.MARKER
        return Reason.ESCAPE

    def _refuse_marker(self) -> None:
        """Rejects where a raw marker ends with the wire byte just taken, all of it inside the stuffed area."""
        transparency, marker = self.plan.transparency, self.plan.marker
        assert transparency is not None
        if transparency.closes is not False or marker is None or transparency.kind in ("dle", "doubled", "run"):
            return
        base = self.window.base
        for alternative in marker.alternatives:
            begin = self.at - len(alternative)
            if begin >= self.area_start and marker.stands(bytes(self.window.buffer[begin - base : self.at - base])):
                raise _Rejected(Reason.MARKER)

    # --- patterns ---------------------------------------------------------------------------------------------------

    def _marker(self, marker: Pattern, ride: bool) -> Steps:
        if ride:
            yield from self._raw(marker.shortest)
        else:
            length = yield from self._matched(marker)
            if length == ABSENT:
                return False
            self.at += length
            offset = self.start - self.window.base
            self.logical += self.window.buffer[offset : offset + length]
        self.taken = len(self.logical)
        self._store(0, self.plan.parts[0], bytes(self.logical))
        self._settle(0)
        return True

    def _matched(self, pattern: Pattern) -> Steps:
        """The length of the marker that stands at `at`, ABSENT where none does."""
        while True:
            window = self.window
            length, read = pattern.match(window.buffer, self.at - window.base, len(window.buffer), window.final)
            if length != UNDECIDED:
                self.seen = max(self.seen, self.at + read)
                return length
            yield window.end + 1

    def _stands(self, index: int) -> Steps:
        """The length of the end pattern (part `index`) that stands at `at`, the longest that fits; 0 where none does.

        Rejects where none would fit any more.
        """
        room = self.limit - self.plan.least_wire_after(index) - self.at
        left = [each for each in self._ends(index) if len(each) <= room]
        if not left:
            raise _Rejected(Reason.TOO_LONG)
        length = depth = 0
        while True:
            length = depth if any(len(each) == depth for each in left) else length
            left = [each for each in left if len(each) > depth]
            if not left:
                return length
            if self.window.end > self.at + depth:
                byte = self.window.buffer[self.at + depth - self.window.base]
                left = [each for each in left if each[depth] == byte]
                depth += 1
                self.seen = max(self.seen, self.at + depth)
            elif self.window.final:
                self.seen = self.window.end + 1
                return length
            else:
                yield self.at + depth + 1

    def _ends(self, index: int) -> tuple[bytes, ...]:
        end = self.plan.parts[index]
        assert isinstance(end, End)
        return end.end

    # --- parts ------------------------------------------------------------------------------------------------------

    def _part(self, index: int) -> Steps:
        plan, part = self.plan, self.plan.parts[index]
        if plan.area is not None:
            if index == plan.area[0]:
                self._enter_area()
            elif index == plan.area[1] + 1:
                yield from self._leave_area()
        if part.if_ is not None and not self._evaluated(part.if_):
            return
        match part:
            case Sync():
                length = yield from self._inner_pattern(self._matched(part.pattern))
                if length == 0:
                    raise _Rejected(Reason.MARKER)
                taken = yield from self._take(length)
            case End():
                length = yield from self._inner_pattern(self._stands(index))
                if length == 0:
                    raise _Rejected(Reason.FIELD)
                taken = yield from self._take(length)
            case Data():
                yield from self._data(index, part)
                return
            case _:
                if part.type.size is None:
                    taken = yield from self._uleb128()
                else:
                    taken = yield from self._take(part.type.size)
        self._store(index, part, taken)

    def _inner_pattern(self, raw: Steps) -> Steps:
        """A pattern at a known place: as it stands on the wire, or in the unstuffed bytes."""
        if self.inside:
            raw.close()
            return (yield from self._unstuffed_pattern())
        return (yield from raw)

    def _unstuffed_pattern(self) -> Steps:
        part = self.plan.parts[len(self.edges)]
        assert isinstance(part, (Sync, End))
        pattern = part.pattern if isinstance(part, Sync) else Pattern(part.longest_first)
        while True:
            length, _ = pattern.match(self.logical, self.taken, len(self.logical), self.closed)
            if length != UNDECIDED:
                return length
            more = yield from self._unstuffed()
            if not more and not self.closed:  # pragma: no cover - the area only ends by closing
                return 0

    def _uleb128(self) -> Steps:
        taken = bytearray()
        while not taken or taken[-1] & 0x80:
            if len(taken) == ULEB128_MOST:
                raise _Rejected(Reason.FIELD)
            taken += yield from self._take(1)
        return bytes(taken)

    def _store(self, index: int, part: Part, taken: bytes) -> None:
        """Reads, checks and keeps the value of a part whose last byte is there."""
        self.spans[index] = (self.taken - len(taken), self.taken)
        try:
            match part:
                case Sync() | End():
                    if part.as_:
                        self.names[part.as_] = taken
                case Data():
                    self.names[part.name] = taken
                case Bits():
                    value = part.type.read(taken)
                    members = part.unpack(value)
                    self.names.update((name, members[name]) for name in names_of(part))
                    if not part.constants_hold(value):
                        raise _Rejected(Reason.FIELD)
                case Field():
                    value = self.names[part.name] = part.type.read(taken)
                    if not part.accepts(value):
                        raise _Rejected(Reason.FIELD)
                    if part.equals is not None and value != self._evaluated(part.equals):
                        raise _Rejected(Reason.FIELD)
                case Length() | Checksum():
                    self.names[part.name] = part.type.read(taken)
        except BadDigits:
            raise _Rejected(Reason.FIELD) from None
        for equation in self.plan.equations:
            if equation.part == index:
                self._check_limits(equation)
        if isinstance(part, (Field, Bits, Length)) and part.valid is not None and not self._evaluated(part.valid):
            raise _Rejected(Reason.FIELD)

    def _check_limits(self, equation: Equation) -> None:
        value = self.names[equation.name]
        if (equation.min is not None and value < equation.min) or (equation.max is not None and value > equation.max):
            raise _Rejected(Reason.LENGTH)

    def _evaluated(self, used: Expression) -> Any:
        try:
            return used.evaluate(self.names)
        except ExpressionError:
            raise _Rejected(Reason.FIELD) from None

    # --- data -------------------------------------------------------------------------------------------------------

    def _data(self, index: int, part: Data) -> Steps:
        for each in self.plan.opens:
            if each.data == index:
                taken = yield from self._open(each, part)
                self._store(index, part, taken)
                return
        size = self._data_size(index, part)
        if part.blocks is None:
            taken = yield from self._take(size)
            data = taken
        else:
            taken, data = yield from self._blocks(part, size)
        if part.charset is not None and not part.charset.bytes.issuperset(data):
            raise _Rejected(Reason.FIELD)
        self._store(index, part, taken)
        self.names[part.name] = data

    def _data_size(self, index: int, part: Data) -> int:
        """The data bytes of a sized part."""
        size: Any = self.sizes.get(index)
        if isinstance(part.size, Expression):
            size = self._evaluated(part.size)
        elif isinstance(part.size, Lookup):
            size = self._looked_up(part.size)
        if not isinstance(size, int) or size < 0:
            raise _Rejected(Reason.LENGTH)
        return size

    def _looked_up(self, lookup: Lookup) -> int:
        try:
            return self.plan.tables[lookup.table][self._evaluated(lookup.by)]
        except (KeyError, TypeError):
            raise _Rejected(Reason.LENGTH) from None

    def _blocks(self, part: Data, size: int) -> Steps:
        blocks = part.blocks
        assert blocks is not None and blocks.type.size is not None
        wire, data = bytearray(), bytearray()
        while len(data) < size:
            count = min(blocks.size, size - len(data))
            taken = yield from self._take(count + blocks.type.size)
            self._compare(blocks.type, taken[count:], blocks.checksum.compute(taken[:count]))
            wire += taken
            data += taken[:count]
        return bytes(wire), bytes(data)

    def _compare(self, value_type: Any, raw: bytes, expected: int) -> None:
        try:
            stated = value_type.read(raw)
        except BadDigits:
            raise _Rejected(Reason.FIELD) from None
        if stated != expected:
            raise _Rejected(Reason.CHECKSUM)
        self.checked = True

    def _open(self, each: Open, part: Data) -> Steps:
        """Open data: byte by byte up to its end. A byte is known to be data once the tail's bytes stand behind it."""
        tail = sum(self._tail_size(index) for index in each.tail)
        begin = self.taken
        checked = begin  # logical bytes up to here are in the character set
        allowed = part.charset.bytes if part.charset else None
        legal = bytes(allowed or ())
        raw = None if self.inside else each.stop
        while True:
            if allowed is not None:
                known = max(checked, len(self.logical) - tail)
                if self.logical[checked:known].translate(None, legal):
                    raise _Rejected(Reason.FIELD)
                checked = known
            if raw is None:
                if allowed is None:
                    self._unstuff_run()
                more = yield from self._unstuffed()
                if not more:
                    break
            else:
                if self._skip(raw, allowed, tail, checked):
                    continue
                if (yield from self._stands(raw)):
                    break
                yield from self._raw(1)
        size = len(self.logical) - begin - tail
        if size < 0:
            raise _Rejected(Reason.TRUNCATED)
        if allowed is not None and self.logical[checked : begin + size].translate(None, legal):
            raise _Rejected(Reason.FIELD)
        self.taken = begin + size
        return bytes(self.logical[begin : self.taken])

    def _skip(self, stop: int, allowed: frozenset[int] | None, tail: int, checked: int) -> bool:
        """Takes at once the bytes at hand that can neither begin the end pattern nor show a byte outside `allowed`.

        Tells whether there were any. Logical bytes before `checked` are known to be allowed; one that is not shows when `tail` bytes follow it.
        """
        window, ends = self.window, self._ends(stop)
        room = self.limit - self.plan.least_wire_after(stop) - min(map(len, ends))
        offset = self.at - window.base
        last = min(room + 1, window.end) - window.base
        if allowed is not None and tail:
            odd = _dull((), allowed).match(window.buffer, offset - (len(self.logical) - checked), last)
            if odd is not None and odd.end() < last:
                last = min(last, odd.end() + tail + 1)
        if offset >= last:
            return False
        match = _dull(ends, None if tail else allowed).match(window.buffer, offset, last)
        assert match is not None
        self.logical += match[0]
        self.at = window.base + match.end()
        self.seen = max(self.seen, self.at)
        return bool(match[0])

    def _unstuff_run(self) -> None:
        """Unstuffs the bytes at hand, up to the delimiter; the last one is left to `_unstuffed`, which knows every case."""
        plan, window, unstuffer = self.plan, self.window, self.unstuffer
        assert unstuffer is not None
        if self.closed or plan.delimiter is None or self.stop is not None:
            return
        begin, end = self.at - window.base, min(window.end, self.limit) - window.base
        found = window.buffer.find(plan.delimiter, begin, end)
        try:
            for byte in window.buffer[begin : (found if found >= 0 else end) - 1]:
                self.at += 1
                self.logical += unstuffer.push(byte)
        except StuffingError:
            raise _Rejected(Reason.ESCAPE) from None
        finally:
            self.seen = max(self.seen, self.at)

    def _tail_size(self, index: int) -> int:
        """The size of a part between open data and its end."""
        part = self.plan.parts[index]
        if part.if_ is not None and not self._evaluated(part.if_):
            return 0
        if isinstance(part, Data):
            size = self._data_size(index, part)
            return part.blocks.wire(size) if part.blocks else size
        return self.plan.sizes[index][1] or 0

    # --- the stuffed area -------------------------------------------------------------------------------------------

    def _enter_area(self) -> None:
        self.inside = True
        self.area_start, self.area_taken = self.at, self.taken
        self.stop = self.plan.stop_behind_area

    def _leave_area(self) -> Steps:
        """The area's parts are complete: nothing may be left in it."""
        assert self.unstuffer is not None
        if self.plan.delimiter is not None:
            while not self.closed and len(self.logical) == self.taken:
                yield from self._unstuffed()
        while self.unstuffer.owing and not self.closed:
            yield from self._unstuffed()
        if len(self.logical) != self.taken:
            raise _Rejected(Reason.FIELD)
        self.inside = False

    # --- what follows from a part -----------------------------------------------------------------------------------

    def _settle(self, index: int) -> None:
        """Applies the lengths and verifies the checksums that part `index` completes."""
        self.edges.append(self.taken)
        for equation in self.plan.equations_ready(index):
            self._apply(equation, index)
        for own in self.plan.checksums_ready(index):
            if own in self.spans:
                self._verify(own)

    def _apply(self, equation: Equation, index: int) -> None:
        if equation.part not in self.spans:
            return
        stated = self.names[equation.name] * equation.unit + equation.bias
        known, target = 0, None
        for k in range(equation.first, equation.last + 1):
            if k in self.spans:
                known += self._data_bytes(k)
            elif k > index and self._is_present(k):
                if k == equation.sizes:
                    target = k
                else:
                    part = self.plan.parts[k]
                    known += self._data_size(k, part) if isinstance(part, Data) else self.plan.sizes[k][1] or 0
        if target is None:
            if stated != known:
                raise _Rejected(Reason.LENGTH)
            return
        if stated < known:
            raise _Rejected(Reason.LENGTH)
        self.sizes[target] = stated - known
        if self._least_end(index) > self.limit:
            raise _Rejected(Reason.TOO_LONG)

    def _data_bytes(self, index: int) -> int:
        part = self.plan.parts[index]
        if isinstance(part, Data):
            return len(self.names[part.name])
        start, end = self.spans[index]
        return end - start

    def _is_present(self, index: int) -> bool:
        condition = self.plan.parts[index].if_
        return condition is None or bool(self._evaluated(condition))

    def _least_end(self, index: int) -> int:
        """Where the frame ends at the earliest, by the sizes known behind part `index`."""
        plan = self.plan
        raw = int(plan.delimiter is not None)
        stuffed = self.taken - self.area_taken if self.inside else 0
        for k in range(index + 1, len(plan.parts)):
            part = plan.parts[k]
            size = self.sizes.get(k)
            if size is None:
                least = plan.sizes[k][0]
            else:
                least = part.blocks.wire(size) if isinstance(part, Data) and part.blocks else size
            if plan.in_area(k):
                stuffed += least
            else:
                raw += least
        if plan.stuffing is not None and plan.area is not None and index < plan.area[1]:
            raw += plan.stuffing.min_encoded(stuffed)
            return (self.area_start if self.inside else self.at) + raw
        return self.at + raw

    def _verify(self, own: int) -> None:
        part = self.plan.parts[own]
        assert isinstance(part, Checksum)
        first, last = self.plan.overs[own]
        begin = self.edges[first - 1] if first else 0
        covered = self.logical[begin : self.edges[last]]
        start, end = self.spans[own]
        if first <= own <= last:
            covered[start - begin : end - begin] = bytes(end - start)
        if part.extra is not None:
            extra = self._looked_up(part.extra)
            if not 0 <= extra <= 0xFF:
                raise _Rejected(Reason.LENGTH)
            covered.append(extra)
        if part.algorithm.compute(covered) != self.names[part.name]:
            raise _Rejected(Reason.CHECKSUM)
        self.checked = True


@lru_cache(maxsize=256)
def _dull(ends: tuple[bytes, ...], allowed: frozenset[int] | None) -> re.Pattern[bytes]:
    """Matches the run of bytes that are allowed (None: all are) and begin none of `ends`."""
    begins = {each[0] for each in ends}
    dull = [byte for byte in range(256) if byte not in begins and (allowed is None or byte in allowed)]
    if not dull:
        return re.compile(b"")
    return re.compile(b"[" + b"".join(b"\\x%02x" % byte for byte in dull) + b"]*")
