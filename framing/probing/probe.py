"""Does a frame start here? The exact, incremental answer, one format and one place at a time.

`probe` is a generator. It walks the parts in wire order, checks each when its last byte is there, and suspends where it
needs more bytes: it yields the stream offset up to which it wants them. It never looks at a byte twice, so that an
undecided frame costs nothing while the stream trickles in. What it returns depends on the bytes alone, never on how they
arrived: besides the outcome it tells `read`, the stream offset behind the last byte that it took to know.

The engines run it wherever their short cuts do not apply; `reference.py` says the same thing in plainer words.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from framing.errors import Reason
from framing.markers import ABSENT, UNDECIDED, Pattern
from framing.model.checks import BitsChecksum, Blocks, Checksum, Implied
from framing.model.data import Data
from framing.model.expressions import Expression, ExpressionError, NoEntry
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.traits import names_of
from framing.model.values import BadDigits, ValueType
from framing.plan import Plan
from framing.planning.facts import Equation, Follow, Open
from framing.probing.intake import Intake, Rejected, Steps, Window
from framing.probing.memory import Memory, covered, joined, standing
from framing.reading.reader import unblocked
from framing.sums.algorithms import Algorithm
from framing.sums.prefixes import Prefixes, form


class Verdict(NamedTuple):
    """`end` of the accepted frame, or why not: `reason`; None in both where no frame could start here (no marker).

    `read` is the stream offset behind the last byte that it took to know (one more at the stream's end where the end itself
    decided); `checked` whether a checksum was verified.
    """

    end: int | None
    reason: Reason | None
    read: int
    checked: bool = False


SHORT = 64
"""Bytes up to which a checksum is computed anew for each place at which a frame could end."""

Signs = tuple[tuple[bytes, ...], frozenset[int] | None]
"""What ends open data: an end pattern that stands, or a byte outside a character set (None: there is none)."""


def probe(plan: Plan, window: Window, start: int, ride: bool = False) -> Generator[int, None, Verdict]:
    """Probes for a frame of `plan` at stream offset `start`; `ride` takes the marker on trust (flywheel)."""
    return Probe(plan, window, start).run(ride)


def whole(plan: Plan, raw: bytes, start: int = 0) -> Verdict:
    """The verdict on `raw[start:]`, behind which nothing follows."""
    steps = probe(plan, Window(raw, 0, final=True), start)
    try:
        next(steps)
    except StopIteration as stop:
        verdict: Verdict = stop.value
        return verdict
    raise AssertionError("a final window leaves nothing to wait for")


class Probe(Intake):
    """Walks the parts of one frame; the bytes come from `Intake`."""

    def __init__(self, plan: Plan, window: Window, start: int) -> None:
        super().__init__(plan, window, start)
        self.names: dict[str, Any] = dict(plan.scope)  # the values so far, and the tables
        self.tables = plan.tables
        if plan.taught is not None and window.learnt:
            self.tables = plan.tables_after(window.learnt)
            self.names.update((name, self.tables[name]) for name in plan.scope)
        self.sizes: dict[int, int] = {}  # of data parts to come
        self.data_sizes: dict[int, int] = {}  # of those taken, without the checksums of blocks
        self.edges: list[int] = []
        self.spans: dict[int, tuple[int, int]] = {}
        self.checked = False
        self.listening: Signs | None = None  # what ends the open data that it is in
        self.unsure = self.gives_up = start  # from where that has not been looked for in vain; where `max_size` decides
        self.tried = 0  # places at which the frame could have ended
        self.prefixes: dict[Any, Prefixes | None] = {}  # once several have been tried

    def run(self, ride: bool = False) -> Generator[int, None, Verdict]:
        try:
            if self.plan.marker is not None:
                present = yield from self._marker(self.plan.marker, ride)
                if not present:
                    return Verdict(None, None, self.seen)
            elif self.plan.delimiter is not None:
                idle = yield from self._closes_nothing()
                if idle:
                    return Verdict(None, None, self.seen)
            searched = self.plan.searched
            for index in range(1 if self.plan.marker is not None else 0, len(self.plan.parts)):
                if searched is not None and index == searched.data:
                    yield from self._search(searched)
                    break
                yield from self._part(index)
                self._settle(index)
            else:
                if self.inside:
                    yield from self._leave_area()
                if self.plan.follow is not None:
                    yield from self._followed(self.plan.follow)
        except Rejected as rejected:
            return Verdict(None, rejected.reason, self.seen)
        return Verdict(self.at, None, self.seen, self.checked)

    def _marker(self, marker: Pattern, ride: bool) -> Steps:
        if ride:
            yield from self._raw(marker.shortest)
        else:
            length = yield from self._matched(marker)
            if length == ABSENT:
                return False
            if self.at + length > self.limit:
                raise Rejected(self.beyond)
            self._advance(self.at + length)
        self.taken = self.have
        self._store(0, self.plan.parts[0], self._bytes(0, self.have))
        self._settle(0)
        return True

    def _closes_nothing(self) -> Steps:
        """Whether a delimiter stands here, which would close an empty frame: it is fill."""
        while True:
            window = self.window
            length, read = self.plan.fill_at(window.buffer, self.at - window.base, len(window.buffer), window.final)
            if length != UNDECIDED:
                self.seen = max(self.seen, self.at + read)
                return length != ABSENT
            yield window.end + 1

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
                    raise Rejected(Reason.TRUNCATED if self.cut else Reason.MARKER)
                taken = yield from self._take(length)
            case End():
                length = yield from self._inner_pattern(self._stands(index))
                if length == 0:
                    raise Rejected(Reason.TRUNCATED if self.cut else Reason.FIELD)
                taken = yield from self._take(length)
            case Data():
                yield from self._data(index, part)
                return
            case _:
                if part.type.size is None:
                    taken = yield from self._varying(part.type)
                else:
                    taken = yield from self._take(part.type.size)
        self._store(index, part, taken)

    def _inner_pattern(self, raw: Steps) -> Steps:
        """A pattern at a known place: as it stands on the wire, or in the unstuffed bytes."""
        if self.inside or self.have > self.taken:
            raw.close()
            return (yield from self._unstuffed_pattern())
        return (yield from raw)

    def _unstuffed_pattern(self) -> Steps:
        part = self.plan.parts[len(self.edges)]
        assert isinstance(part, (Sync, End))
        pattern = part.pattern if isinstance(part, Sync) else Pattern(part.longest_first)
        while True:
            final = self.closed or not self.inside
            known = self._bytes(self.taken, min(self.have, self.taken + pattern.longest))
            length, read = pattern.match(known, 0, len(known), final)
            if length != UNDECIDED:
                self.cut = self.taken + read > self.have
                return length
            more = yield from self._unstuffed()
            if not more and not self.closed:  # pragma: no cover - the area only ends by closing
                return 0

    def _varying(self, kind: ValueType) -> Steps:
        """The bytes of a number that tells by itself how many it has."""
        taken: bytes = yield from self._take(1)
        try:
            while more := kind.more(taken):
                taken += yield from self._take(more)
        except BadDigits:
            raise Rejected(Reason.FIELD) from None
        return taken

    def _store(self, index: int, part: Part, taken: bytes) -> None:
        """Reads, checks and keeps the value of a part whose last byte is there."""
        self.spans[index] = (self.taken - len(taken), self.taken)
        try:
            match part:
                case Sync() | End():
                    if part.as_:
                        self.names[part.as_] = taken
                case Bits():
                    value = part.type.read(taken)
                    members = part.unpack(value)
                    self.names.update((name, members[name]) for name in names_of(part))
                    if not part.constants_hold(value):
                        raise Rejected(Reason.FIELD)
                case Field():
                    value = self.names[part.name] = part.type.read(taken)
                    if not part.accepts(value):
                        raise Rejected(Reason.FIELD)
                    if part.equals is not None and value != self._evaluated(part.equals):
                        raise Rejected(Reason.FIELD)
                case BitsChecksum():
                    pass
                case Length() | Checksum():
                    self.names[part.name] = part.type.read(taken)
        except BadDigits:
            raise Rejected(Reason.FIELD) from None
        for equation in self.plan.equations:
            if equation.part == index:
                self._check_limits(equation)
        if isinstance(part, (Field, Bits, Length)) and part.valid is not None and not self._evaluated(part.valid):
            raise Rejected(Reason.FIELD)

    def _check_limits(self, equation: Equation) -> None:
        value = self.names[equation.name]
        if (equation.min is not None and value < equation.min) or (equation.max is not None and value > equation.max):
            raise Rejected(Reason.LENGTH)

    def _evaluated(self, used: Expression, no_entry: Reason = Reason.FIELD) -> Any:
        try:
            return used.evaluate(self.names)
        except NoEntry:
            raise Rejected(no_entry) from None
        except ExpressionError:
            raise Rejected(Reason.FIELD) from None

    # --- data -------------------------------------------------------------------------------------------------------

    def _data(self, index: int, part: Data) -> Steps:
        begin = self.taken
        each = next((each for each in self.plan.opens if each.data == index), None)
        if each is not None:
            yield from self._open(each, part)
            size = self.taken - begin
        else:
            size = self._data_size(index, part)
            yield from self._pass(size) if part.blocks is None else self._blocks(part, size)
            if part.charset is not None and self._is_illegal(part, part.charset.bytes, begin, self.taken):
                raise Rejected(Reason.FIELD)
        self._keep(index, part, begin, size)

    def _keep(self, index: int, part: Part, begin: int, size: int) -> None:
        """Notes where data stands that has been taken."""
        assert isinstance(part, Data)
        self.spans[index] = (begin, self.taken)
        self.data_sizes[index] = size
        if part.name in self.plan.used_names:
            self.names[part.name] = self._data_of(part, begin, self.taken)

    def _data_of(self, part: Data, begin: int, end: int) -> bytes:
        wire = self._bytes(begin, end)
        return wire if part.blocks is None else unblocked(part.blocks, wire)

    def _is_illegal(self, part: Data, allowed: frozenset[int], begin: int, end: int) -> bool:
        """Whether one of the logical bytes `[begin, end)` of a part's data is outside its character set."""
        if self.plain and part.blocks is None:
            return self._illegal(allowed, self.start + begin, self.start + end) < self.start + end
        return not allowed.issuperset(self._data_of(part, begin, end))

    def _data_size(self, index: int, part: Data) -> int:
        """The data bytes of a sized part."""
        size: Any = self.sizes.get(index)
        if isinstance(part.size, Expression):
            size = self._evaluated(part.size, Reason.LENGTH)
        elif isinstance(part.size, Lookup):
            size = self._looked_up(part.size)
        if not isinstance(size, int) or size < 0:
            raise Rejected(Reason.LENGTH)
        return size

    def _looked_up(self, lookup: Lookup) -> int:
        try:
            return self.tables[lookup.table][self._evaluated(lookup.by)]
        except (KeyError, TypeError):
            raise Rejected(Reason.LENGTH) from None

    def _blocks(self, part: Data, size: int) -> Steps:
        blocks = part.blocks
        assert blocks is not None and blocks.type.size is not None
        left = size
        while left > 0:
            if self.plain and self.window.memory is not None:
                left -= self._known_blocks(self.window.memory, blocks, left // blocks.size)
            count = min(blocks.size, left)
            if count:
                taken = yield from self._take(count + blocks.type.size)
                self._compare(blocks.type, taken[count:], blocks.checksum.compute(taken[:count]))
                left -= count

    def _known_blocks(self, memory: Memory, blocks: Blocks, most: int) -> int:
        """Passes over the good ones of the next whole blocks that are at hand; gives their data bytes."""
        step = blocks.wire(blocks.size)
        most = min(most, (min(self.window.end, self.limit) - self.at) // step)
        good = (memory.bad_block(blocks, self.at, self.at + most * step) - self.at) // step if most > 0 else 0
        if good:
            self._advance(self.at + good * step)
            self.taken = self.have
            self.seen = max(self.seen, self.at)
            self.checked = True
        return good * blocks.size

    def _compare(self, value_type: Any, raw: bytes, expected: int) -> None:
        try:
            stated = value_type.read(raw)
        except BadDigits:
            raise Rejected(Reason.FIELD) from None
        if stated != expected:
            raise Rejected(Reason.CHECKSUM)
        self.checked = True

    def _open(self, each: Open, part: Data) -> Steps:
        """Open data: byte by byte up to its end. A byte is known to be data once the tail's bytes stand behind it."""
        tail = sum(self._tail_size(index) for index in each.tail)
        begin = self.taken
        checked = begin  # logical bytes up to here are in the character set
        allowed = part.charset.bytes if part.charset else None
        raw = None if self.inside else each.stop
        if raw is not None:
            ends = self._ends(raw)
            self.listening = ends, allowed
            self.gives_up = self.limit - self.plan.least_wire_after(raw) - min(map(len, ends)) + 1
        while True:
            if allowed is not None:
                known = max(checked, self.have - tail)
                if self._is_illegal(part, allowed, checked, known):
                    raise Rejected(Reason.TRUNCATED if self.cut else Reason.FIELD)
                checked = known
            self.unsure = self.at - (self.have - checked) if allowed is not None else self.at
            if raw is None:
                if allowed is None:
                    self._unstuff_run()
                    self._leap()
                more = yield from self._unstuffed()
                if not more:
                    break
            else:
                if self._skip(raw, allowed, tail, checked):
                    continue
                if (yield from self._stands(raw)):
                    break
                yield from self._raw(1)
        self.listening = None
        size = self.have - begin - tail
        if size < 0:
            raise Rejected(Reason.TRUNCATED)
        if allowed is not None and self._is_illegal(part, allowed, checked, begin + size):
            raise Rejected(Reason.TRUNCATED if self.cut else Reason.FIELD)
        self.taken = begin + size

    def _tail_size(self, index: int) -> int:
        """The size of a part between open data and its end."""
        part = self.plan.parts[index]
        if part.if_ is not None and not self._evaluated(part.if_):
            return 0
        if isinstance(part, Data):
            size = self._data_size(index, part)
            return part.blocks.wire(size) if part.blocks else size
        return self.plan.sizes[index][1] or 0

    # --- what follows the frame -------------------------------------------------------------------------------------

    def _followed(self, follow: Follow) -> Steps:
        """Rejects unless the frame may end here, by what stands behind it."""
        while True:
            stands = self._may_end(follow.pattern, self.at)
            if stands != UNDECIDED:
                break
            yield self.window.end + 1
        if not stands:
            raise Rejected(Reason.FIELD)

    def _may_end(self, pattern: Pattern | None, place: int) -> int:
        """Whether the frame may end at a place: UNDECIDED where more bytes can tell, ABSENT where it may not."""
        window = self.window
        if pattern is None or (window.final and place == window.end):
            if place == window.end and not window.final:
                return UNDECIDED
            self.seen = max(self.seen, place + 1)
            return int(place == window.end)
        length, read = pattern.match(window.buffer, place - window.base, len(window.buffer), window.final)
        if length != UNDECIDED:
            self.seen = max(self.seen, place + read)
        return length

    def _search(self, each: Open) -> Steps:
        """Ends the frame at the first place where what follows stands and all that remains of the frame holds."""
        part, follow, tail = self.plan.parts[each.data], self.plan.follow, sum(self._tail_size(index) for index in each.tail)
        assert isinstance(part, Data) and follow is not None
        pattern, charset = follow.pattern, part.charset
        begin, place = self.at, self.at + tail
        first, known = place, begin  # the first place to try; data bytes before `known` are in the character set
        longest = pattern.longest if pattern else 1
        self.listening = _signs(pattern), charset.bytes if charset else None
        self.gives_up = self.limit + 1
        if place > self.limit:
            raise Rejected(self.beyond)
        yield from self._want(place)
        while True:
            ahead = min(self._next_end(pattern, place), self.limit + 1)
            if charset is not None:
                if ahead - tail > known:
                    known = self._illegal(charset.bytes, known, ahead - tail)
                ahead = min(ahead, max(place, known + tail + 1))
            if ahead > place:
                place = ahead
                self.seen = max(self.seen, place)
                if charset is not None and place > known + tail:
                    self._look_back(pattern, max(first, place - longest), place)
                    raise Rejected(Reason.FIELD)
                if place > self.limit:
                    self._look_back(pattern, max(first, place - longest), place)
                    raise Rejected(self.beyond)
            stands = self._may_end(pattern, place)
            if stands == UNDECIDED:
                self.unsure = place - tail if charset else place
                yield self.limit + 1 if pattern is None and charset is None else self.window.end + 1
                continue
            if stands:
                self._look_back(pattern, max(first, place - longest), place)
                reason = self._ends_at(each, begin, place - tail)
                if reason is None:
                    return
                self.tried += 1
                if self.window.final and place == self.window.end:
                    raise Rejected(reason)
                if self.tried == follow.tries:
                    raise Rejected(Reason.TOO_LONG)
            if charset is not None and self.window.buffer[place - tail - self.window.base] not in charset.bytes:
                self._look_back(pattern, max(first, place - longest), place)
                raise Rejected(Reason.FIELD)
            place += 1
            if place > self.limit:
                self._look_back(pattern, max(first, place - longest), place)
                raise Rejected(self.beyond)

    def _next_end(self, pattern: Pattern | None, place: int) -> int:
        """The next place from `place` on where the frame may end, or where that cannot be told at a glance."""
        window = self.window
        if pattern is None:
            return window.end
        behind = window.end - pattern.longest + 1  # the places before this one can be told
        if place >= behind:
            return place
        if window.memory is not None:
            return window.memory.standing(pattern, place, behind)
        found = next(iter(standing(pattern)(window.buffer, place - window.base, behind - window.base)), None)
        return behind if found is None else window.base + found

    def _look_back(self, pattern: Pattern | None, begin: int, end: int) -> None:
        """Notes how far one had to look to pass over the places `[begin, end)`."""
        for place in range(begin, end):
            self._may_end(pattern, place)

    def _ends_at(self, each: Open, begin: int, end: int) -> Reason | None:
        """Takes the rest of the frame, whose open data is `[begin, end)` of the stream; or says why it does not end there."""
        names, spans, sizes, data_sizes = self.names.copy(), self.spans.copy(), self.sizes.copy(), self.data_sizes.copy()
        checked, edges, have, taken = self.checked, len(self.edges), self.have, self.taken
        part = self.plan.parts[each.data]
        try:
            self._advance(end)
            self.taken = self.have
            self._keep(each.data, part, taken, self.taken - taken)
            self._settle(each.data)
            for index in each.tail:
                for _ in self._part(index):
                    raise AssertionError("all bytes of the frame are there")
                self._settle(index)
        except Rejected as rejected:
            self.names, self.spans, self.sizes, self.data_sizes = names, spans, sizes, data_sizes
            self.checked, self.at, self.have, self.taken = checked, begin, have, taken
            del self.edges[edges:], self.logical[have:]
            return rejected.reason
        return None

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
        if equation.wire:
            self._apply_wire(equation, stated)
            return
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
                raise Rejected(Reason.LENGTH)
            return
        if stated < known:
            raise Rejected(Reason.LENGTH)
        self.sizes[target] = stated - known
        if self._least_end(index) > self.limit:
            raise Rejected(self.beyond)

    def _apply_wire(self, equation: Equation, stated: int) -> None:
        """What a length of stuffed bytes leaves for the stuffed area, which begins here."""
        plan = self.plan
        assert plan.area is not None and plan.stuffing is not None
        sizes = [low for low, _ in plan.sizes]
        begin, end = plan.area
        size = stated - sum(sizes[end + 1 : equation.last + 1])
        size -= sum(stop - start for index, (start, stop) in self.spans.items() if index >= equation.first)
        if size < plan.stuffing.min_encoded(sum(sizes[begin : end + 1])):
            raise Rejected(Reason.LENGTH)
        self.area_end = self.at + size
        if self.area_end + sum(sizes[end + 1 :]) > self.limit:
            raise Rejected(self.beyond)

    def _data_bytes(self, index: int) -> int:
        part = self.plan.parts[index]
        if isinstance(part, Data):
            return self.data_sizes[index]
        start, end = self.spans[index]
        return end - start

    def _is_present(self, index: int) -> bool:
        condition = self.plan.parts[index].if_
        return condition is None or bool(self._evaluated(condition))

    def _least_end(self, index: int) -> int:
        """Where the frame ends at the earliest, by the sizes known behind part `index`."""
        plan = self.plan
        raw = plan.closing
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
        begin, end = self.edges[first - 1] if first else 0, self.edges[last]
        hole = self.spans[own] if first <= own <= last else None
        more = b""
        if part.extra is not None:
            extra = self._looked_up(part.extra)
            if not 0 <= extra <= 0xFF:
                raise Rejected(Reason.LENGTH)
            more = bytes([extra])
        if own in self.plan.pieces:
            computed = self._checksum_over(part, own, more)
        else:
            computed = self._checksum(part.algorithm, begin, end, hole, more)
        stored = self.plan.stored.get(own)
        if computed != (self.names[part.name] if stored is None else stored.value(self.names)):
            raise Rejected(Reason.CHECKSUM)
        self.checked = True

    def _checksum_over(self, part: Checksum, own: int, more: bytes) -> int:
        """The checksum of several things one behind the other."""
        places: list[tuple[int, int] | bytes] = []  # spans of the stream where it has the bytes as they are
        for piece in self.plan.pieces[own]:
            if isinstance(piece, Implied):
                places.append(self._implied(piece))
                continue
            begin, end = self.edges[piece[0] - 1] if piece[0] else 0, self.edges[piece[1]]
            if own in self.plan.stored:
                places += self._masked(own, begin, end)
            elif part.wire:
                places.append((self._wire_place(begin), self._wire_place(end)))
            elif piece[0] <= own <= piece[1]:
                places.append(covered(self._bytes(0, end), begin, end, self.spans[own], b""))
            elif self.plain:
                places.append((self.start + begin, self.start + end))
            else:
                places.append(self._bytes(begin, end))
        places.append(more)
        if self.window.memory is not None:
            return self.window.memory.checksum_over(part.algorithm, places)
        return part.algorithm.compute(b"".join(joined(self.window.buffer, self.window.base, places)))

    def _masked(self, own: int, begin: int, end: int) -> Iterator[tuple[int, int] | bytes]:
        """The logical bytes `[begin, end)`, the members that hold the checksum itself taken for zero."""
        for part, offset, mask in sorted(self.plan.stored[own].masks):
            at = self.spans[part][0] + offset
            if begin <= at < end:
                yield (self.start + begin, self.start + at) if self.plain else self._bytes(begin, at)
                yield bytes([self._bytes(at, at + 1)[0] & mask])
                begin = at + 1
        yield (self.start + begin, self.start + end) if self.plain else self._bytes(begin, end)

    def _implied(self, implied: Implied) -> bytes:
        try:
            return implied.type.write(self._evaluated(implied.value))
        except ValueError:
            raise Rejected(Reason.FIELD) from None

    def _checksum(self, used: Algorithm, begin: int, end: int, hole: tuple[int, int] | None, more: bytes) -> int:
        start, memory = self.start, self.window.memory
        if not self.plain:
            return used.compute(covered(self.logical, begin, end, hole, more))
        if memory is not None:
            return memory.checksum(used, start + begin, start + end, hole and (start + hole[0], start + hole[1]), more)
        if self.tried and end - begin >= SHORT:
            prefixes = self._prefixes(used)
            if prefixes is not None:
                where = hole and (start + hole[0], start + hole[1])
                return prefixes.checksum(self.window.buffer, self.window.base, start + begin, start + end, where, more)
        offset = start - self.window.base
        return used.compute(covered(self.window.buffer, offset + begin, offset + end, hole and (offset + hole[0], offset + hole[1]), more))

    def _prefixes(self, used: Algorithm) -> Prefixes | None:
        """Running states of a checksum from the candidate on, as its span is tried with several ends."""
        if used.compute not in self.prefixes:
            prefix_form = form(used)
            self.prefixes[used.compute] = Prefixes(prefix_form, self.start) if prefix_form else None
        return self.prefixes[used.compute]


@lru_cache(maxsize=256)
def _signs(pattern: Pattern | None) -> tuple[bytes, ...]:
    """What has to turn up for the pattern to stand somewhere."""
    if pattern is None:
        return ()
    return pattern.alternatives if pattern.exact else tuple(bytes([byte]) for byte in sorted(pattern.first_bytes()))
