"""Where data ends that no length measures: at an end pattern, with its stuffed area, or where what follows the frame stands.

In the first two cases the first end is the end. In the third each place where the frame may end is put to trial, until all that
remains of the frame holds at one. In the open, a probe says what it listens for: who has many that are suspended need not ask
each of them about every byte.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from framing.errors import Reason
from framing.markers import UNDECIDED, Pattern
from framing.model.data import Data
from framing.plan import Plan
from framing.planning.facts import Follow, Open
from framing.probing.intake import Rejected, Steps, Window
from framing.probing.known import Known
from framing.probing.memory import standing

Signs = tuple[tuple[bytes, ...], frozenset[int] | None]
"""What ends open data: an end pattern that stands, or a byte outside a character set (None: there is none)."""

Trial = Callable[[Open, int, int], Reason | None]
"""Takes the rest of a frame whose open data is `[begin, end)` of the stream; or says why it does not end there."""


class OpenData(Known):
    """Finds the end of open data, and remembers how far it has looked."""

    def __init__(self, plan: Plan, window: Window, start: int) -> None:
        super().__init__(plan, window, start)
        self.listening: Signs | None = None  # what ends the open data that it is in
        self.unsure = self.gives_up = start  # from where that has not been looked for in vain; where `max_size` decides

    # --- up to an end pattern, or with the stuffed area -------------------------------------------------------------

    def _open(self, each: Open, part: Data) -> Steps:
        """Takes open data byte by byte up to its end. A byte is known to be data once the tail's bytes stand behind it."""
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
        if part.if_ is not None and not self.evaluated(part.if_):
            return 0
        if isinstance(part, Data):
            size = self.data_size(index, part)
            return part.blocks.wire(size) if part.blocks else size
        return self.plan.sizes[index][1] or 0

    # --- by what follows the frame ----------------------------------------------------------------------------------

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

    def _search(self, each: Open, ends_at: Trial) -> Steps:
        """Ends the frame at the first place where what follows stands and all that remains of the frame holds, as `ends_at` tells."""
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
                reason = ends_at(each, begin, place - tail)
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


@lru_cache(maxsize=256)
def _signs(pattern: Pattern | None) -> tuple[bytes, ...]:
    """What has to turn up for the pattern to stand somewhere."""
    if pattern is None:
        return ()
    return pattern.alternatives if pattern.exact else tuple(bytes([byte]) for byte in sorted(pattern.first_bytes()))
