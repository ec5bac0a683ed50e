"""Bytes for a probe: off the wire, out of the stuffed area, up to an end pattern.

The base of the prober. What it takes it never looks at again; where bytes are missing it suspends, yielding the stream
offset up to which it wants them. It notes in `seen` how far it has looked, which is what decides when something was known.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from functools import lru_cache
from typing import Any

from framing.errors import Reason
from framing.markers import UNDECIDED, Pattern
from framing.model.patterns import End
from framing.plan import Plan
from framing.probing.memory import Memory
from framing.stuffing import StuffingError

Steps = Generator[int, None, Any]


def bytes_of(chunk: bytes | bytearray | memoryview) -> bytes:
    """A copy of any bytes-like object. Raises `TypeError`."""
    if isinstance(chunk, (bytes, bytearray)):
        return bytes(chunk)
    try:
        return memoryview(chunk).tobytes()
    except TypeError:
        raise TypeError(f"a bytes-like object is needed, not {type(chunk).__name__}") from None


class Window:
    """The part of the stream that is at hand: `buffer[0]` is the byte at stream offset `base`, `end` lies behind the last.

    `origin` is where the stream began; `final` says that nothing follows `end`. `memory` is what is known about the bytes at hand, while that pays;
    `learnt` the entries that the frames given so far have added to tables (`protocol.table`).
    """

    __slots__ = ("base", "buffer", "end", "final", "learnt", "memory", "origin")

    def __init__(self, buffer: bytes | bytearray = b"", base: int = 0, final: bool = False) -> None:
        self.buffer = buffer
        self.base = self.origin = base
        self.end = base + len(buffer)
        self.final = final
        self.memory: Memory | None = None
        self.learnt: dict[str, dict[int, int]] = {}


class Rejected(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason


class Intake:
    """Takes the bytes of one frame in wire order: `at` is the next wire byte; `have` logical bytes are known by then.

    Where nothing is stuffed, the logical bytes are those of the window from `start` on; no byte is copied unless a part reads it.
    """

    def __init__(self, plan: Plan, window: Window, start: int) -> None:
        self.plan = plan
        self.window = window
        self.start = start
        self.limit, self.beyond = start + plan.max_size, Reason.TOO_LONG
        if plan.block is not None:
            block_end = start + plan.block - (start - window.origin) % plan.block
            if block_end <= self.limit:
                self.limit, self.beyond = block_end, Reason.LENGTH
        self.at = start  # the next wire byte
        self.seen = start  # behind the last wire byte looked at
        self.plain = plan.area is None
        self.logical = bytearray()  # unless `plain`
        self.have = 0
        self.taken = 0  # logical bytes given to parts so far
        self.unstuffer = plan.stuffing.unstuffer() if plan.stuffing else None
        self.watches = plan.watches_marker
        self.inside = False
        self.closed = False
        self.cut = False  # the stream ended where a pattern had begun, or could have
        self.area_start = 0  # where the stuffed area begins on the wire
        self.area_taken = plan.max_size  # and in the logical bytes, once it has begun
        self.area_left: tuple[int, int] | None = None  # where it ended, in the same two ways
        self.area_end: int | None = None  # where it has to end on the wire, where a length tells
        self.stop: int | None = None  # the end pattern that closes the stuffed area

    # --- bytes ------------------------------------------------------------------------------------------------------

    def _want(self, end: int) -> Steps:
        """Waits until the bytes up to `end` are there."""
        while self.window.end < end:
            if self.window.final:
                self.seen = self.window.end + 1
                raise Rejected(Reason.TRUNCATED)
            yield end
        self.seen = max(self.seen, end)

    def _raw(self, size: int) -> Steps:
        """Takes `size` wire bytes as they are."""
        if self.at + size > self.limit:
            raise Rejected(self.beyond)
        yield from self._want(self.at + size)
        self._advance(self.at + size)

    def _advance(self, at: int) -> None:
        """The wire bytes up to `at` are logical bytes too."""
        if not self.plain:
            base = self.window.base
            self.logical += self.window.buffer[self.at - base : at - base]
        self.have += at - self.at
        self.at = at

    def logical_bytes(self, begin: int, end: int) -> bytes:
        """The logical bytes `[begin, end)`."""
        if self.plain:
            offset = self.start - self.window.base
            return bytes(self.window.buffer[offset + begin : offset + end])
        return bytes(self.logical[begin:end])

    def wire_place(self, logical: int) -> int:
        """Where on the wire the first so many logical bytes of the frame end."""
        if logical <= self.area_taken or self.plan.stuffing is None:
            return self.start + logical
        if self.area_left is not None and logical >= self.area_left[1]:
            return self.area_left[0] + logical - self.area_left[1]
        wire = bytes(self.window.buffer[self.area_start - self.window.base : self.at - self.window.base])
        return self.area_start + self.plan.stuffing.reach(wire, logical - self.area_taken)

    def _pass(self, size: int) -> Steps:
        """Goes on behind the next `size` logical bytes."""
        if self.inside:
            while self.have - self.taken < size:
                more = yield from self._unstuffed()
                if not more:
                    raise Rejected(Reason.TRUNCATED)
        elif self.have - self.taken < size:
            yield from self._raw(size - (self.have - self.taken))
        self.taken += size

    def _take(self, size: int) -> Steps:
        """The next `size` logical bytes."""
        yield from self._pass(size)
        return self.logical_bytes(self.taken - size, self.taken)

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
        if self.at == self.area_end:
            self.closed = True
            self._finish()
            return False
        if (yield from self._delimiter_stands()):
            self.at += self.plan.closing
            self.closed = True
            self._finish()
            return True
        byte = self.window.buffer[self.at - self.window.base]
        self.at += 1
        self._refuse_marker()
        try:
            self._append(self.unstuffer.push(byte))
        except StuffingError as error:
            raise Rejected(self._stuffing_reason(error)) from None
        return True

    def _delimiter_stands(self) -> Steps:
        """Waits for the next wire byte, and tells whether the delimiter stands there, looking as far as it takes."""
        delimiter, depth = self.plan.delimiter or b"", 0
        if self.at + max(1, len(delimiter)) > self.limit:
            raise Rejected(self.beyond)
        while True:
            yield from self._want(self.at + depth + 1)
            if not delimiter or self.window.buffer[self.at + depth - self.window.base] != delimiter[depth]:
                return False
            depth += 1
            if depth == len(delimiter):
                return True

    def _append(self, plain: bytes) -> None:
        self.logical += plain
        self.have = len(self.logical)

    def _finish(self) -> None:
        assert self.unstuffer is not None
        try:
            self._append(self.unstuffer.finish())
        except StuffingError:
            raise Rejected(Reason.ESCAPE) from None

    def _stuffing_reason(self, error: StuffingError) -> Reason:
        return Reason.MARKER if error.marker or self.plan.doubled_opens else Reason.ESCAPE

    def _refuse_marker(self) -> None:
        """Rejects where a raw marker ends with the wire byte just taken, all of it inside the stuffed area."""
        marker = self.plan.marker
        if not self.watches or marker is None:
            return
        base = self.window.base
        for alternative in marker.alternatives:
            begin = self.at - len(alternative)
            if begin >= self.area_start and marker.stands(bytes(self.window.buffer[begin - base : self.at - base])):
                raise Rejected(Reason.MARKER)

    def _skip(self, stop: int, allowed: frozenset[int] | None, tail: int, checked: int) -> bool:
        """Takes at once the bytes at hand that can neither begin the end pattern nor show a byte outside `allowed`.

        Tells whether there were any. Logical bytes before `checked` are known to be allowed; one that is not shows when `tail` bytes follow it.
        """
        window, ends = self.window, self._ends(stop)
        room = self.limit - self.plan.least_wire_after(stop) - min(map(len, ends))
        last = min(room + 1, window.end)
        if allowed is not None and tail:
            last = min(last, self._illegal(allowed, self.at - (self.have - checked), last) + tail + 1)
        if self.at >= last:
            return False
        if window.memory is not None and self.plain:
            # A place that only begins a pattern is looked at byte by byte: how far that looks is part of the verdict.
            behind = window.memory.pattern(ends, self.at, last)
            if allowed is not None and not tail:
                behind = window.memory.illegal(allowed, self.at, behind)
            behind = max(self.at, behind - max(map(len, ends)) + 1)
        else:
            match = _dull(ends, None if tail else allowed).match(window.buffer, self.at - window.base, last - window.base)
            assert match is not None
            behind = window.base + match.end()
        if behind == self.at:
            return False
        self._advance(behind)
        self.seen = max(self.seen, self.at)
        return True

    def _illegal(self, allowed: frozenset[int], begin: int, end: int) -> int:
        """The first wire byte of `[begin, end)` that is not allowed, `end` where all are."""
        window = self.window
        if window.memory is not None:
            return window.memory.illegal(allowed, begin, end)
        match = _dull((), allowed).match(window.buffer, begin - window.base, end - window.base)
        return end if match is None else window.base + match.end()

    def _unstuff_run(self) -> None:
        """Unstuffs the bytes at hand, up to the delimiter; the last ones are left to `_unstuffed`, which knows every case."""
        plan, window, unstuffer = self.plan, self.window, self.unstuffer
        assert unstuffer is not None
        if self.closed or plan.delimiter is None or self.stop is not None:
            return
        first, begin, end = self.at, self.at - window.base, min(window.end, self.limit) - window.base
        found = window.buffer.find(plan.delimiter, begin, end)
        try:
            for byte in window.buffer[begin : found - 1 if found >= 0 else max(begin, end - plan.closing)]:
                self.at += 1
                self._append(unstuffer.push(byte))
        except StuffingError:
            raise Rejected(Reason.ESCAPE) from None
        finally:
            near = range(max(first, self.at - plan.closing), self.at)
            self.seen = max(self.seen, *(place + self._alike(place) + 1 for place in near), self.at)

    def _alike(self, place: int) -> int:
        """How many wire bytes from a place on are those of a delimiter that does not stand there."""
        delimiter, depth = self.plan.delimiter or b"", 0
        while self.window.buffer[place + depth - self.window.base] == delimiter[depth]:
            depth += 1
        return depth

    def _leap(self) -> None:
        """In data whose escape bytes are doubled, and which comes to no good end: goes on at the bad one, or just before.

        What is leapt over is not unstuffed, but nothing will read it. Left to find out is what is wrong, and where it shows.
        """
        window, stuffing, unstuffer = self.window, self.plan.stuffing, self.unstuffer
        assert stuffing is not None and unstuffer is not None
        memory = window.memory
        if memory is None or self.stop is None or len(stuffing.doubles) != 1 or self.closed or unstuffer.inside:
            return
        escape, ends = stuffing.doubles[0], self._ends(self.stop)
        end, longest = min(window.end, self.limit), max(map(len, ends))
        place = memory.lone_escape(escape, self.at, end)
        if place < end:
            if any(window.buffer.startswith(each, place - window.base) for each in ends):
                return
            decided = window.final or window.end >= place + longest
        else:
            place = end - longest - self.plan.least_wire_after(self.stop) - 2
            decided = window.final or window.end >= self.limit
        if decided and place > self.at:
            start = max(self.at, memory.last_other(escape, place) + 1)
            self.at = place - (place - start) % 2  # not between the two of a pair
            self.seen = max(self.seen, self.at)

    # --- patterns ---------------------------------------------------------------------------------------------------

    def _matched(self, pattern: Pattern) -> Steps:
        """The length of the marker that stands at `at`, ABSENT where none does."""
        while True:
            window = self.window
            length, read = pattern.match(window.buffer, self.at - window.base, len(window.buffer), window.final)
            if length != UNDECIDED:
                self.seen = max(self.seen, self.at + read)
                self.cut = self.at + read > window.end
                return length
            yield window.end + 1

    def _stands(self, index: int) -> Steps:
        """The length of the end pattern (part `index`) that stands at `at`, the longest that fits; 0 where none does.

        Rejects where none would fit any more.
        """
        room = self.limit - self.plan.least_wire_after(index) - self.at
        left = [each for each in self._ends(index) if len(each) <= room]
        if not left:
            raise Rejected(self.beyond)
        length = depth = 0
        self.cut = False
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
                self.cut = True
                return length
            else:
                yield self.at + depth + 1

    def _ends(self, index: int) -> tuple[bytes, ...]:
        end = self.plan.parts[index]
        assert isinstance(end, End)
        return end.end

    # --- the stuffed area -------------------------------------------------------------------------------------------

    def _enter_area(self) -> None:
        self.inside = True
        self.area_start, self.area_taken = self.at, self.taken
        self.stop = self.plan.stop_behind_area

    def _leave_area(self) -> Steps:
        """The area's parts are complete: nothing may be left in it."""
        assert self.unstuffer is not None
        if self.plan.delimiter is not None or self.area_end is not None:
            while not self.closed and self.have == self.taken:
                yield from self._unstuffed()
        while self.unstuffer.owing and not self.closed:
            yield from self._unstuffed()
        if self.have != self.taken:
            raise Rejected(Reason.FIELD)
        self.inside = False
        self.area_left = self.at, self.taken


@lru_cache(maxsize=256)
def _dull(ends: tuple[bytes, ...], allowed: frozenset[int] | None) -> re.Pattern[bytes]:
    """Matches the run of bytes that are allowed (None: all are) and begin none of `ends`."""
    begins = {each[0] for each in ends}
    dull = [byte for byte in range(256) if byte not in begins and (allowed is None or byte in allowed)]
    if not dull:
        return re.compile(b"")
    return re.compile(b"[" + b"".join(b"\\x%02x" % byte for byte in dull) + b"]*")
