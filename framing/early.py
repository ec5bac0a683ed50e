"""The early order, incremental: a broken length must not stall the stream.

Time is counted in bytes of the stream. An undecided pair (place, format) is a *leader*; behind it decoding goes on in a
*level* of its own, where further leaders may arise. The levels form a stack. Exactly one thing happens next in time:

- the deepest level settles something that needs no byte beyond the earliest decision of any leader, or
- that leader is decided. Accepted, it drops the levels behind it. Rejected, the level behind it becomes part of its own.

When a level has settled `witnesses` frames back to back, the leader in front of it is overtaken, which is a reject.

Bytes are probed once per pair: a leader keeps its suspended probe, and what was found behind a rejected leader stands.
Levels are joined the smaller into the larger, so that nested rejects cost a logarithm and not a square.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from framing.errors import Reason
from framing.events import Event, Reject
from framing.markers import UNDECIDED
from framing.model.options import ANYWHERE
from framing.probing.memory import Guard
from framing.probing.probe import Probe, Verdict
from framing.stats import Tally
from framing.streams.candidates import Entry, Formats
from framing.streams.tiling import Tiling
from framing.streams.waiting import Waiter, Waiting


@dataclass(slots=True, eq=False)
class _Leader(Waiter):
    """An undecided pair; `level` is the decoding that it belongs to, None once it is decided or dropped. Outer ones have lower numbers."""

    entry: Entry
    level: _Level | None
    verdict: Verdict | None = None


@dataclass(slots=True)
class _Gap:
    start: int
    end: int
    fill: bool
    rejects: list[Reject]


@dataclass(slots=True)
class _Found:
    entry: Entry
    start: int
    end: int


@dataclass(slots=True, eq=False)
class _Level:
    """One decoding: the pair it looks at, and what it has settled before that.

    `outer` is the level whose leader it stands behind, `inner` the one behind its own leader.
    """

    at: int
    number: int
    behind_frame: bool  # whether a frame ends at `at`
    filled: int  # where the delimiter ends that closes nothing at `at`, if that is behind it
    outer: _Level | None
    inner: _Level | None = None
    leader: _Leader | None = None
    rejects: list[Reject] = field(default_factory=list)  # at `at`, by the formats before `number`
    marks: deque[_Gap | _Found] = field(default_factory=deque)
    row: int = 0  # witnesses back to back up to `at`
    head: int = 0  # the same from the level's start on
    whole: bool = True  # nothing has broken that first row yet
    met: bool = False  # whether a row has been long enough


class EarlyEngine:
    """Decodes one stream from `origin` on, in early order; `tally` counts."""

    name = "python"

    def __init__(self, formats: Formats, gap_limit: int, origin: int = 0, witnesses: int = 2, tally: Tally | None = None) -> None:
        self.formats = formats
        self.origin = origin
        self.witnesses = witnesses
        self.tiling = Tiling(gap_limit, origin, tally, formats.before)
        self.guard = Guard(self.tiling.window)
        self.serial = count()
        self._begin(origin, False, origin)

    def _begin(self, at: int, behind_frame: bool, filled: int) -> None:
        self.outermost = self.deepest = _Level(at, 0, behind_frame, filled, None)
        self.waiting: Waiting[_Leader] = Waiting(self.tiling.window)
        self.decided: list[tuple[int, int, _Leader]] = []  # by the time of their decision

    @property
    def end(self) -> int:
        """The stream offset behind the last byte taken."""
        return self.tiling.window.end

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that these bytes settle."""
        self.tiling.append(chunk)
        self._decode()
        if self.tiling.window.memory is not None:
            self.guard.forget(self.tiling.at)
        self.tiling.drop_settled()
        return self.tiling.take()

    def close(self) -> list[Event]:
        """Nothing follows: the rest of the events."""
        self.tiling.window.final = True
        self._decode()
        self.tiling.flush()
        return self.tiling.take()

    def _decode(self) -> None:
        try:
            self._run()
        except BaseException:  # out of a checksum function of the user's: the next call asks again
            self.tiling.window.final = False
            self._begin(self.outermost.at, self.outermost.behind_frame, self.outermost.filled)
            raise

    def _run(self) -> None:
        window = self.tiling.window
        now = window.end + window.final
        for leader in self.waiting.woken():
            if leader.level is not None:
                self._ask(leader)
        while True:
            horizon = self._horizon()
            if self.deepest.at < min(horizon - 1, window.end) and self._look(self.deepest, min(horizon - 1, now)):
                continue
            if horizon <= now:
                self._decide(heapq.heappop(self.decided)[2])
            else:
                break

    def _horizon(self) -> int:
        """When the next leader is decided, as far as known: the stream offset behind the byte that decides it."""
        while self.decided and self.decided[0][2].level is None:
            heapq.heappop(self.decided)
        return self.decided[0][0] if self.decided else self.tiling.window.end + 2

    # --- the deepest level ------------------------------------------------------------------------------------------

    def _look(self, level: _Level, time: int) -> bool:
        """Settles the pair that the deepest level looks at, or makes it a leader. `time` bounds what it may settle: False
        where that takes longer."""
        window, entries = self.tiling.window, self.formats.entries
        at = level.at
        byte = window.buffer[at - window.base]
        if level.number == 0 and not (level.behind_frame and byte in self.formats.opening) and not self._is_start(at):
            place = window.base + self.formats.find_begun(window.buffer, at - window.base, len(window.buffer))
            if place > at:
                fill = at < level.filled
                self._gap(level, min(place, time, window.end, level.filled if fill else place), fill, [])
                return True
        if level.number == len(entries):
            return self._pass_over(level, time)
        self._try(level, entries[level.number], byte)
        return True

    def _pass_over(self, level: _Level, time: int) -> bool:
        """No format takes the place; False where it is not known in time whether it is fill."""
        at, window, filled = level.at, self.tiling.window, level.filled
        for entry in self.formats.entries:
            if entry.delimiter is not None and (level.behind_frame or self._may_start(entry, at)):
                size, read = entry.format.plan.fill_at(window.buffer, at - window.base, len(window.buffer), window.final)
                if size == UNDECIDED or at + read > time:
                    return False
                filled = max(filled, at + size)
        rejects, level.rejects, level.number, level.filled = level.rejects, [], 0, filled
        self._gap(level, at + 1, at < filled, rejects)
        return True

    def _try(self, level: _Level, entry: Entry, byte: int) -> None:
        """Settles a pair, or makes it a leader."""
        window, at = self.tiling.window, level.at
        if byte == entry.lone or not (entry.free or self._may_start(entry, at)):
            level.number += 1
            return
        probe = Probe(entry.format.plan, window, at)
        leader = _Leader(probe, next(self.serial), probe.run(), entry, level)
        behind = 0
        if entry.shortcut is not None and entry.prompt and entry in self.formats.by_byte[byte]:
            behind = entry.accept(window, at)
        if behind > 0:
            leader.verdict = Verdict(window.base + behind, None, window.base + behind, True)
            if self._is_undisturbed(leader.verdict.read - 1, at, level.number, byte):
                self._decide(leader)
                return
            heapq.heappush(self.decided, (leader.verdict.read, leader.number, leader))
        else:
            self._ask(leader)
        if leader.verdict is not None and leader.verdict.read - 1 <= at:  # no byte is left in which it could be overtaken
            self._decide(leader)
            return
        level.leader = leader
        level.inner = self.deepest = _Level(at, level.number + 1, level.behind_frame, level.filled, level)

    def _is_undisturbed(self, end: int, at: int, number: int, byte: int) -> bool:
        """Whether no other frame can begin between a place and `end`, nor another format at the place itself; no leader
        that waits is decided earlier then."""
        window = self.tiling.window
        if end >= self._horizon() - 1 or any(entry.rank > number for entry in self.formats.by_byte[byte]):
            return False
        offset = at + 1 - window.base
        return window.base + self.formats.find_begun(window.buffer, offset, len(window.buffer)) >= end

    def _is_start(self, at: int) -> bool:
        window = self.tiling.window
        delimiters = self.formats.delimiters
        if at == self.origin:
            return bool(delimiters) or self.formats.placed
        return any(window.buffer.endswith(each, 0, at - window.base) for each in delimiters)

    def _may_start(self, entry: Entry, at: int) -> bool:
        window, plan = self.tiling.window, entry.format.plan
        if plan.block is not None and plan.block - (at - self.origin) % plan.block < plan.min_size:
            return False
        if entry.delimiter is not None:
            return at == self.origin or window.buffer.endswith(entry.delimiter, 0, at - window.base)
        if entry.behind is not None and entry.behind.ends(window.buffer, at - window.base):
            return True
        return entry.places == ANYWHERE or ("silence" in entry.places and at == self.origin)

    def _ask(self, leader: _Leader) -> None:
        """Resumes a probe: it either waits for more bytes, or its decision is known."""
        seen = leader.probe.seen
        try:
            self.waiting.add(leader, next(leader.steps))
        except StopIteration as stop:
            leader.need, leader.verdict = -1, stop.value
            heapq.heappush(self.decided, (stop.value.read, leader.number, leader))
        self.guard.failed(self.tiling.at, leader.probe.seen - seen)

    # --- decisions --------------------------------------------------------------------------------------------------

    def _decide(self, leader: _Leader) -> None:
        level, verdict = leader.level, leader.verdict
        assert level is not None and verdict is not None
        if verdict.end is None:
            self._reject(level, leader, verdict.reason)
        else:
            self._drop_inner(level)
            leader.level = level.leader = None
            self._frame(level, leader.entry, verdict.end, verdict.checked)
        while level.met and level.outer is not None:
            level = level.outer
            assert level.leader is not None
            self._reject(level, level.leader, Reason.OVERTAKEN)

    def _drop_inner(self, level: _Level) -> None:
        inner, level.inner, self.deepest = level.inner, None, level
        while inner is not None:
            if inner.leader is not None:
                inner.leader.level = None
            inner = inner.inner

    def _reject(self, level: _Level, leader: _Leader, reason: Reason | None) -> None:
        """What was found behind the leader stands: joins the level behind it to its own."""
        leader.level = level.leader = None
        if reason is not None:
            level.rejects.append(Reject(level.at, leader.entry.format.full_name, reason))
        level.number += 1
        behind = level.inner
        if behind is None:
            return
        self._adopt(level, behind)
        if not behind.marks:
            level.rejects += behind.rejects
        else:
            first = behind.marks[0]
            if isinstance(first, _Gap):
                first.rejects[:0] = level.rejects
            level.rejects = behind.rejects
            self._join(level, behind)
        level.at, level.number, level.behind_frame = behind.at, behind.number, behind.behind_frame
        level.filled = behind.filled

    def _adopt(self, level: _Level, behind: _Level) -> None:
        """Takes the level `behind` out of the stack; its leader and the levels further in now belong to `level`."""
        level.inner, level.leader = behind.inner, behind.leader
        if behind.leader is not None:
            behind.leader.level = level
        if behind.inner is not None:
            behind.inner.outer = level
        if self.deepest is behind:
            self.deepest = level

    def _join(self, level: _Level, behind: _Level) -> None:
        across = level.row + behind.head
        level.met = level.met or behind.met or across >= self.witnesses
        level.row = across if behind.whole else behind.row
        if level.whole:
            level.head, level.whole = across, behind.whole
        if level is self.outermost:
            for mark in behind.marks:
                self._emit(mark)
        elif len(behind.marks) > len(level.marks):
            behind.marks.extendleft(reversed(level.marks))
            level.marks = behind.marks
        else:
            level.marks.extend(behind.marks)

    # --- marks ------------------------------------------------------------------------------------------------------

    def _gap(self, level: _Level, end: int, fill: bool, rejects: list[Reject]) -> None:
        start, level.at, level.behind_frame = level.at, end, False
        if not fill:
            level.row, level.whole = 0, False
        last = level.marks[-1] if level.marks else None
        if isinstance(last, _Gap) and last.fill is fill and not rejects:
            last.end = end
        else:
            self._keep(level, _Gap(start, end, fill, rejects))

    def _frame(self, level: _Level, entry: Entry, end: int, witness: bool) -> None:
        self._keep(level, _Found(entry, level.at, end))
        level.at, level.number, level.rejects, level.behind_frame, level.filled = end, 0, [], True, end
        if witness:
            level.row += 1
            level.met = level.met or level.row >= self.witnesses
        else:
            level.row, level.whole = 0, False
        if level.whole:
            level.head = level.row

    def _keep(self, level: _Level, mark: _Gap | _Found) -> None:
        if level is self.outermost:
            self._emit(mark)
        else:
            level.marks.append(mark)

    def _emit(self, mark: _Gap | _Found) -> None:
        """Marks at the outermost level are final. The rejects of a gap are those of its first byte."""
        if isinstance(mark, _Found):
            self.tiling.frame(mark.entry.format, mark.start, mark.end)
            return
        self.tiling.gap(mark.start + 1, mark.fill, mark.rejects)
        if mark.end > mark.start + 1:
            self.tiling.gap(mark.end, mark.fill, [])
