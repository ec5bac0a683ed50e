"""What a stream held, counted: for the summary of `decode` and the tables of `stats`. Pure."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from framing.errors import Reason
from framing.events import Event, Frame, Gap

if TYPE_CHECKING:
    from framing.spans import Spans

SHOWN_BYTES = 8
"""Bytes of a large gap that are kept to be shown."""


class Span(NamedTuple):
    """A stretch of the stream without a frame: its pieces, as far as they lie side by side, put together."""

    size: int
    start: int
    reason: str
    head: bytes


@dataclass
class Tally:
    """Counts of events. `kinds` is kept only if asked for: reading a frame's fields costs more than finding it."""

    most: int = 10
    with_kinds: bool = False
    frames: Counter[str] = field(default_factory=Counter)
    frame_bytes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, tuple[Any, ...]]] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)
    gap_bytes: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    suspect: int = 0
    _largest: list[Span] = field(default_factory=list)
    _open: Span | None = None

    def turn(self) -> None:
        """What follows is of another stream."""
        self._keep()

    def add(self, events: Iterable[Event]) -> None:
        """Takes events into account, in stream order."""
        for event in events:
            if isinstance(event, Frame):
                self._add_frame(event)
            else:
                self._add_gap(event)

    def add_spans(self, spans: Spans) -> None:
        """The same of columns, which come in stream order; `rejects` is left to whoever made them, they do not tell it."""
        for (name, reason), (number, size) in spans.counts().items():
            if name is None:
                assert reason is not None
                self.gaps[reason.value] += number
                self.gap_bytes[reason.value] += size
            else:
                self.frames[name] += number
                self.frame_bytes[name] += size
                self.suspect += number if reason is not None else 0
        for row in spans.gaps():
            reason = spans.reasons[spans.reason[row]]
            assert reason is not None
            start = spans.start[row]
            self._add_place(spans.end[row] - start, start, reason, spans.raw(row))
        if self.with_kinds:
            for name in dict.fromkeys(spans.names):
                for kind, number in spans.kinds(name).items():
                    self.kinds[name, kind] += number

    def _add_frame(self, frame: Frame) -> None:
        self.frames[frame.format] += 1
        self.frame_bytes[frame.format] += frame.end - frame.start
        self.suspect += frame.suspect
        if self.with_kinds:
            self.kinds[frame.format, frame.kind] += 1

    def _add_gap(self, gap: Gap) -> None:
        size, reason = gap.end - gap.start, gap.reason.value
        self.gaps[reason] += 1
        self.gap_bytes[reason] += size
        for why, number in gap.reasons.items():
            self.rejects[why.value] += number
        self._add_place(size, gap.start, gap.reason, gap.raw)

    def _add_place(self, size: int, start: int, reason: Reason, raw: bytes | memoryview) -> None:
        """For the largest gaps."""
        if reason is Reason.FILL:
            return
        last = self._open
        if last is not None and last.start + last.size == start:
            self._open = last._replace(size=last.size + size)
            return
        self._keep()
        self._open = Span(size, start, reason.value, bytes(raw[:SHOWN_BYTES]))

    def _keep(self) -> None:
        if self._open is not None:
            push = heapq.heappush if len(self._largest) < self.most else heapq.heappushpop
            push(self._largest, self._open)
            self._open = None

    def largest(self) -> list[Span]:
        """The largest gaps, fill left out, the largest first."""
        self._keep()
        return sorted(self._largest, key=lambda span: (-span.size, span.start))

    def found(self) -> set[str]:
        """What `--fail-on` may ask for, as far as the stream had it."""
        reasons = {*self.gaps, *self.rejects}
        if any(reason != Reason.FILL for reason in self.gaps):
            reasons.add("gap")
        if self.suspect:
            reasons.add("suspect")
        return reasons

    def summary(self) -> str:
        """One line."""
        frames, gaps = self.frames.total(), self.gaps.total() - self.gaps[Reason.FILL]
        text = f"{_count(frames, 'frame')}, {self.frame_bytes.total():,} bytes{_each(self.frames)}"
        text += f"; {_count(gaps, 'gap')}, {self.gap_bytes.total() - self.gap_bytes[Reason.FILL]:,} bytes"
        text += _each(self.rejects, " rejected")
        if self.gap_bytes[Reason.FILL]:
            text += f"; {self.gap_bytes[Reason.FILL]:,} bytes of fill"
        if self.suspect:
            text += f"; {self.suspect:,} suspect"
        return text


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _each(counts: Counter[str], what: str = "") -> str:
    found = [f"{name} {number:,}" for name, number in counts.items() if number]
    return f" ({', '.join(found)}{what})" if found else ""
