"""The stream as it is cut: the bytes at hand, the gap that is open, and the events that come out, which are counted.

Both orders of decoding write here. What is written is final: frames and gap bytes in stream order, each byte once.
"""

from __future__ import annotations

from collections import Counter

from framing.errors import Reason
from framing.events import REJECTS_KEPT, Event, Frame, Reject, gap
from framing.layout import FrameFormat
from framing.probing.intake import Window
from framing.stats import Tally

SMALL = 4096
"""Bytes: chunks below this, or below what is left over, are appended to a buffer that grows in place; larger ones are joined to it."""


class Tiling:
    """Everything before `at` is settled; the gap that is open begins at `begin` and reaches up to `at`."""

    __slots__ = ("at", "before", "begin", "events", "fill", "limit", "reasons", "rejects", "tally", "window")

    def __init__(self, gap_limit: int, origin: int, tally: Tally | None = None, before: int = 1) -> None:
        self.limit = gap_limit
        self.before = before
        self.tally = tally or Tally()
        self.window = Window(b"", origin)
        self.at = self.begin = origin
        self.fill = False
        self.rejects: list[Reject] = []
        self.reasons: Counter[Reason] = Counter()
        self.events: list[Event] = []

    def append(self, chunk: bytes) -> None:
        """More of the stream."""
        window = self.window
        buffer = window.buffer
        if not buffer:
            window.buffer = chunk
        elif len(chunk) >= SMALL and len(chunk) >= len(buffer):
            window.buffer = bytes(buffer) + chunk
        else:
            if buffer.__class__ is not bytearray:
                buffer = window.buffer = bytearray(buffer)
            buffer += chunk
        window.end += len(chunk)

    def drop_settled(self) -> None:
        """Lets go of the bytes that nobody will ask for again; those before `at` may decide whether a frame may start."""
        window = self.window
        keep = min(self.begin, self.at - self.before)
        settled = keep - window.base
        if settled <= 0:
            return
        buffer = window.buffer
        if isinstance(buffer, bytearray):
            del buffer[:settled]
        else:
            window.buffer = buffer[settled:]
        window.base = keep

    def take(self) -> list[Event]:
        """The events since the last call."""
        events, self.events = self.events, []
        return events

    def gap(self, end: int, fill: bool, rejects: list[Reject]) -> None:
        """The bytes up to `end` belong to no frame."""
        if fill is not self.fill:
            if self.begin < self.at:
                self.flush()
            self.fill = fill
        if rejects:
            self.rejects += rejects[: REJECTS_KEPT - len(self.rejects)]
            self.reasons.update(each.reason for each in rejects)
        self.at = end
        while self.at - self.begin >= self.limit:
            self._emit(self.begin + self.limit)

    def frame(self, definition: FrameFormat, start: int, end: int, suspect: bool = False) -> None:
        """A frame of the format stands at `at`."""
        if self.begin < self.at:
            self.flush()
        window = self.window
        raw = window.buffer[start - window.base : end - window.base]
        self.events.append(Frame(definition, start, raw if raw.__class__ is bytes else bytes(raw), suspect))
        self.tally.add_frames(definition.full_name, 1, end - start)
        self.at = self.begin = end

    def frames(self, definition: FrameFormat, number: int, end: int) -> None:
        """So many frames of the format, the events of which are there already, stand back to back from `at` up to `end`."""
        self.tally.add_frames(definition.full_name, number, end - self.at)
        self.at = self.begin = end

    def flush(self) -> None:
        """Emits the open gap."""
        if self.begin < self.at:
            self._emit(self.at)

    def _emit(self, end: int) -> None:
        base = self.window.base
        raw = bytes(self.window.buffer[self.begin - base : end - base])
        self.events.append(gap(self.begin, raw, self.fill, tuple(self.rejects), self.reasons))
        self.tally.add_gap(end - self.begin, self.fill, self.reasons)
        self.begin = end
        if self.rejects:
            self.rejects = []
            self.reasons = Counter()
