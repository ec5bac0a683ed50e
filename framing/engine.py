"""The strict order, incremental: each place is settled before anything behind it is looked at.

The common case, an intact frame behind the last one, takes one look at its first byte and one call of a short cut.
Everything else is settled by a generator that asks the formats in their order and suspends where bytes are missing; it is
resumed where it stood, so that bytes are looked at once however they trickle in, and not before there are as many as it
asked for.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Literal

from framing.errors import Reason
from framing.events import Event, Frame, Reject
from framing.markers import UNDECIDED
from framing.model.options import ANYWHERE
from framing.probing.memory import Guard
from framing.probing.probe import Verdict, probe
from framing.shortcuts.answers import cost_of, reason_of
from framing.stats import Tally
from framing.streams.candidates import Entry, Formats
from framing.streams.tiling import Tiling

Settled = tuple[Entry, int, bool] | list[Reject]
"""The frame's format, its end, and whether it is suspect; or why there is none."""

Steps = Generator[int, None, Settled]

AGAIN = 4096
"""Bytes behind a place up to which its short cut is tried again once the prober waits: it looks at all of them again."""
Order = Literal["strict", "early"]


class StrictEngine:
    """Decodes one stream from `origin` on (a stream offset, where formats that need a start may start); `tally` counts."""

    name = "python"

    def __init__(self, formats: Formats, gap_limit: int, origin: int = 0, tally: Tally | None = None) -> None:
        self.formats = formats
        self.origin = origin
        self.tiling = Tiling(gap_limit, origin, tally, formats.before)
        self.guard = Guard(self.tiling.window)
        self.need = origin + 1  # nothing can be settled before the stream reaches this offset
        self.steps: Steps | None = None
        self.last: Entry | None = None  # the format of the last frame
        self.last_end = -1  # where it ended
        self.filled = origin  # where the delimiter ends that closes nothing here

    @property
    def end(self) -> int:
        """The stream offset behind the last byte taken."""
        return self.tiling.window.end

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that these bytes settle."""
        self.tiling.append(chunk)
        if self.tiling.window.end < self.need:
            return []
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
            self.steps, self.need, self.tiling.window.final = None, self.origin, False
            raise

    def _run(self) -> None:
        tiling, formats = self.tiling, self.formats
        window = tiling.window
        buffer, base, end = window.buffer, window.base, window.end
        size = len(buffer)
        by_byte, find, delimiters = formats.by_byte, formats.find, formats.delimiters
        while True:
            at = tiling.at
            if self.steps is None:
                if at >= end:
                    self.need = end + 1
                    return
                byte = buffer[at - base]
                starts = delimiters and self._starts(at, byte)
                if starts and byte in formats.always_fill and not self._rides(at):
                    tiling.gap(at + 1, True, [])
                    continue
                placed = formats.placed and (at == self.origin or at == self.last_end)
                entries = by_byte[byte]
                if entries and self._asks_shortcut(entries[0], at, byte):
                    entry = entries[0]
                    assert entry.shortcut is not None
                    if window.memory is None:
                        behind = entry.shortcut(buffer, at - base, size)
                    else:
                        behind = self._guarded(entry, at)
                    if behind > 0:
                        tiling.frame(entry.format, at, base + behind)
                        self.last, self.filled = entry, at
                        if behind < size and not delimiters and window.memory is None:
                            behind = self._frames_from(entry, behind)
                        self.last_end = base + behind
                        continue
                    if behind < 0:
                        reason = self._reject(entry, at, behind)
                        if reason is None and not window.final:
                            self.need = base - behind
                            return
                        if reason is not None and len(entries) == 1 and not delimiters and not self._rides(at):
                            tiling.gap(at + 1, False, [Reject(at, entry.format.full_name, reason)])
                            continue
                if not starts and not placed:
                    place = base + find(buffer, at - base, size)
                    if place > at and not self._rides(at):
                        fill = at < self.filled
                        tiling.gap(min(place, self.filled) if fill else place, fill, [])
                        continue
                self.steps = self._settle(at, by_byte[byte])
            try:
                self.need = next(self.steps)
                return
            except StopIteration as stop:
                self.steps = None
                self._apply(at, stop.value)

    def _frames_from(self, entry: Entry, begin: int) -> int:
        """Writes the frames that stand back to back from `buffer[begin]` on, beginning with one of `entry`; gives their end."""
        tiling, by_byte, runs = self.tiling, self.formats.by_byte, self.formats.runs
        window = tiling.window
        buffer, base, events = window.buffer, window.base, tiling.events
        size = len(buffer)
        while True:
            run = runs[entry.rank]
            if run is None:
                break
            before = len(events)
            try:
                behind = run(buffer, begin, size, base, events.append)
            except BaseException:
                del events[before:]
                self.last_end = base + begin
                raise
            if behind == begin:
                break
            tiling.frames(entry.format, len(events) - before, base + behind)
            begin, self.last = behind, entry
            if begin == size:
                break
            entries = by_byte[buffer[begin]]
            if not entries or (entries[0].confirm and entries[0].group != entry.group):
                break
            entry = entries[0]
        return begin

    def _starts(self, at: int, byte: int) -> bool:
        """Whether a delimited format may start here, or a delimiter stands directly behind a frame."""
        formats, window = self.formats, self.tiling.window
        if at == self.origin or (at == self.last_end and byte in formats.opening):
            return True
        offset = at - window.base
        return window.buffer[offset - 1] in formats.closing and any(window.buffer.endswith(each, 0, offset) for each in formats.delimiters)

    def _asks_shortcut(self, entry: Entry, at: int, byte: int) -> bool:
        """Whether the first format that may start here can be accepted without asking any other."""
        if entry.shortcut is None or byte == entry.lone or not (entry.free or self._may_start(entry, at)):
            return False
        return not entry.confirm or self._is_chained(entry, at)

    def _rides(self, at: int) -> bool:
        """Whether a flywheel may carry the last format through a damaged marker here."""
        return at == self.last_end and self.last is not None and self.last.misses > 0

    def _may_start(self, entry: Entry, at: int, chained: bool | None = None) -> bool:
        """Whether what is before a place lets a format start there; `chained`: a frame of its protocol is, None to find out."""
        if entry.free:
            return True
        window, plan = self.tiling.window, entry.format.plan
        if plan.block is not None and plan.block - (at - self.origin) % plan.block < plan.min_size:
            return False
        if entry.delimiter is not None:
            return at == self.origin or window.buffer.endswith(entry.delimiter, 0, at - window.base)
        places = entry.places
        if "chained" in places and (self._is_chained(entry, at) if chained is None else chained):
            return True
        if entry.behind is not None and entry.behind.ends(window.buffer, at - window.base):
            return True
        return places == ANYWHERE or ("silence" in places and at == self.origin)

    def _is_chained(self, entry: Entry, at: int) -> bool:
        """Whether the last frame is one of the same protocol, and ends there."""
        return at == self.last_end and self.last is not None and self.last.group == entry.group

    def _apply(self, at: int, settled: Settled) -> None:
        tiling = self.tiling
        if isinstance(settled, list):
            tiling.gap(at + 1, at < self.filled, settled)
            return
        entry, end, suspect = settled
        tiling.frame(entry.format, at, end, suspect)
        if entry.teaches:
            self._learn(entry)
        self.last, self.last_end, self.filled = entry, end, end

    def _learn(self, entry: Entry) -> None:
        """What the last frame adds to tables counts behind it."""
        frame = self.tiling.events[-1]
        assert isinstance(frame, Frame)
        for table, learn in entry.teaches:
            if learn.key_ in frame.fields and learn.value in frame.fields:
                self.tiling.window.learnt.setdefault(table, {})[frame.fields[learn.key_]] = frame.fields[learn.value]

    # --- one place --------------------------------------------------------------------------------------------------

    def _settle(self, at: int, entries: Sequence[Entry]) -> Steps:
        rejects: list[Reject] = []
        asked: Entry | None = None
        for entry in entries:
            verdict = yield from self._judge(entry, at)
            reason = verdict.reason
            if verdict.end is not None:
                confirmed = yield from self._confirmed(entry, at, verdict.end)
                if confirmed:
                    return entry, verdict.end, False
                reason = Reason.UNCONFIRMED
            if reason is not None:
                rejects.append(Reject(at, entry.format.full_name, reason))
            if entry is self.last and reason is not None:
                asked = entry
        last = self.last
        if last is not None and asked is None and self._rides(at):
            ridden = yield from self._flywheel(last, at)
            if ridden is None:
                return last, at + (last.format.plan.fixed_size or 0), True
            if ridden is not Reason.NOISE:
                rejects.append(Reject(at, last.format.full_name, ridden))
                ranks = {entry.format.full_name: entry.rank for entry in reversed(self.formats.entries)}
                rejects.sort(key=lambda each: ranks[each.format])
        for entry in self.formats.entries:
            if entry.delimiter is not None and (at == self.last_end or self._may_start(entry, at)):
                size = yield from self._fill_size(entry, at)
                self.filled = max(self.filled, at + size)
        return rejects

    def _fill_size(self, entry: Entry, at: int) -> Generator[int, None, int]:
        """The bytes of a delimiter that stands here and closes nothing; 0 where none does."""
        while True:
            window = self.tiling.window
            size, _ = entry.format.plan.fill_at(window.buffer, at - window.base, len(window.buffer), window.final)
            if size != UNDECIDED:
                return size
            yield window.end + 1

    def _judge(self, entry: Entry, at: int, chained: bool | None = None) -> Generator[int, None, Verdict]:
        window = self.tiling.window
        if not entry.free:
            if not self._may_start(entry, at, chained):
                return Verdict(None, None, at)
            if entry.lone is not None and at < window.end and window.buffer[at - window.base] == entry.lone:
                return Verdict(None, None, at + 1)
        steps = probe(entry.format.plan, window, at)
        waited = False
        while True:
            behind = self._shortcut(entry, at) if not waited or window.end - at <= AGAIN else 0
            if behind > 0:
                return Verdict(window.base + behind, None, window.base + behind, True)
            reason = self._reject(entry, at, behind) if behind < 0 else None
            if reason is not None:
                return Verdict(None, reason, at)
            if behind < 0 and not window.final:
                yield window.base - behind
                continue
            waited = True
            try:
                yield next(steps)
            except StopIteration as stop:
                verdict: Verdict = stop.value
                if verdict.reason is not None:
                    self.guard.failed(self.tiling.at, verdict.read - at)
                return verdict

    def _shortcut(self, entry: Entry, at: int) -> int:
        """What the short cut says of a place."""
        window = self.tiling.window
        if entry.shortcut is None or at >= window.end:
            return 0
        if entry not in self.formats.by_byte[window.buffer[at - window.base]]:
            return 0
        if window.memory is not None:
            return self._guarded(entry, at)
        return entry.shortcut(window.buffer, at - window.base, len(window.buffer))

    def _reject(self, entry: Entry, at: int, answer: int) -> Reason | None:
        """Why a short cut's negative answer rejects a place, None where it does not."""
        reason = reason_of(answer)
        if reason is not None:
            self.guard.failed(self.tiling.at, cost_of(answer))
        elif self.tiling.window.final and self.tiling.window.end - at >= entry.marker:
            return Reason.TRUNCATED  # it waits for bytes behind the marker, and has verified those before
        return reason

    def _guarded(self, entry: Entry, at: int) -> int:
        """The same of a stream with a memory, which may have become intact meanwhile."""
        self.guard.settled(self.tiling.at)
        return entry.accept(self.tiling.window, at)

    def _confirmed(self, entry: Entry, at: int, end: int) -> Generator[int, None, bool]:
        """In lock, or followed by as many intact frames as the protocol asks for, or the stream ends with one before."""
        if not entry.confirm or self._is_chained(entry, at):
            return True
        window = self.tiling.window
        for _ in range(entry.confirm):
            while end >= window.end:
                if window.final:
                    return True
                yield end + 1
            for other in self.formats.groups[entry.group]:
                verdict = yield from self._judge(other, end, chained=True)
                if verdict.end is not None:
                    end = verdict.end
                    break
            else:
                self.guard.failed(self.tiling.at, end - at)
                return False
        return True

    def _flywheel(self, entry: Entry, at: int) -> Generator[int, None, Reason | None]:
        """Rides through a damaged marker: None where it carries, NOISE where there is nothing to ride on."""
        plan, window = entry.format.plan, self.tiling.window
        size, marker = plan.fixed_size, plan.marker
        if size is None or marker is None or not self._may_start(entry, at):
            return Reason.NOISE
        verdict = yield from probe(plan, window, at, ride=True)
        if verdict.reason is not None:
            return verdict.reason
        for ahead in range(1, entry.misses + 1):  # of frames ridden through in a row, the next sees the same marker, nearer
            place = at + ahead * size
            while True:
                if window.final and place == window.end:
                    return None
                if place < window.end or window.final:
                    offset = min(place, window.end) - window.base
                    length, _ = marker.match(window.buffer, offset, len(window.buffer), window.final)
                    if length != UNDECIDED:
                        break
                yield max(place, window.end) + 1
            if length:
                return None
        return Reason.MARKER
