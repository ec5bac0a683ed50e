"""Does a frame start here? The exact, incremental answer, one format and one place at a time.

`probe` is a generator. It walks the parts in wire order, checks each when its last byte is there, and suspends where it
needs more bytes: it yields the stream offset up to which it wants them. It never looks at a byte twice, so that an
undecided frame costs nothing while the stream trickles in. What it returns depends on the bytes alone, never on how they
arrived: besides the outcome it tells `read`, the stream offset behind the last byte that it took to know.

The engines run it wherever their short cuts do not apply; `reference.py` says the same thing in plainer words.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

from framing.errors import Reason
from framing.markers import ABSENT, UNDECIDED, Pattern
from framing.model.checks import Blocks
from framing.model.data import Data
from framing.model.patterns import End, Sync
from framing.model.values import BadDigits, ValueType
from framing.plan import Plan
from framing.planning.facts import Open
from framing.probing.checksums import verify
from framing.probing.intake import Rejected, Steps, Window
from framing.probing.lengths import apply_length
from framing.probing.memory import Memory
from framing.probing.open_data import OpenData


class Verdict(NamedTuple):
    """`end` of the accepted frame, or why not: `reason`; None in both where no frame could start here (no marker).

    `read` is the stream offset behind the last byte that it took to know (one more at the stream's end where the end itself
    decided); `checked` whether a checksum was verified.
    """

    end: int | None
    reason: Reason | None
    read: int
    checked: bool = False


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


class Probe(OpenData):
    """Walks the parts of one frame in wire order; each is taken, noted, and settles what it completes."""

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
                    yield from self._search(searched, self._ends_at)
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
        self._store(0, self.plan.parts[0], self.logical_bytes(0, self.have))
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
        if part.if_ is not None and not self.evaluated(part.if_):
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
            known = self.logical_bytes(self.taken, min(self.have, self.taken + pattern.longest))
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

    def _settle(self, index: int) -> None:
        """Applies the lengths and verifies the checksums that part `index` completes."""
        self.edges.append(self.taken)
        for equation in self.plan.equations_ready(index):
            apply_length(self, equation, index)
        for own in self.plan.checksums_ready(index):
            if own in self.spans:
                verify(self, own)

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

    # --- data -------------------------------------------------------------------------------------------------------

    def _data(self, index: int, part: Data) -> Steps:
        begin = self.taken
        each = next((each for each in self.plan.opens if each.data == index), None)
        if each is not None:
            yield from self._open(each, part)
            size = self.taken - begin
        else:
            size = self.data_size(index, part)
            yield from self._pass(size) if part.blocks is None else self._blocks(part, size)
            if part.charset is not None and self._is_illegal(part, part.charset.bytes, begin, self.taken):
                raise Rejected(Reason.FIELD)
        self._keep(index, part, begin, size)

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
