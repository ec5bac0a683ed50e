"""What a decoder has given so far, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from framing.errors import Reason
from framing.events import Event, Gap


class Totals(NamedTuple):
    """Events and bytes: `frames` by full format name, `rejects` by reason; gaps and their bytes without fill."""

    frames: dict[str, int]
    frame_bytes: int
    gap_bytes: int
    fill_bytes: int
    gaps: int
    rejects: dict[str, int]

    def since(self, earlier: Totals) -> Totals:
        """What came since then: those are counts of the same stream, taken earlier."""
        frames = dict(Counter(self.frames) - Counter(earlier.frames))
        rejects = dict(Counter(self.rejects) - Counter(earlier.rejects))
        return Totals(
            frames,
            self.frame_bytes - earlier.frame_bytes,
            self.gap_bytes - earlier.gap_bytes,
            self.fill_bytes - earlier.fill_bytes,
            self.gaps - earlier.gaps,
            rejects,
        )


class Tally:
    """Counts what is given. Sizes are in bytes."""

    __slots__ = ("_rejects", "fill_bytes", "frame_bytes", "frames", "gap_bytes", "gaps")

    def __init__(self) -> None:
        self.frames: dict[str, int] = {}
        self.frame_bytes = self.gap_bytes = self.fill_bytes = self.gaps = 0
        self._rejects: Counter[Reason] = Counter()

    def add_frames(self, name: str, number: int, size: int) -> None:
        """So many frames of one format, `size` bytes together."""
        self.frames[name] = self.frames.get(name, 0) + number
        self.frame_bytes += size

    def add_gap(self, size: int, fill: bool, reasons: Mapping[Reason, int]) -> None:
        """A gap, and how many rejects there were in it for each reason."""
        if fill:
            self.fill_bytes += size
        else:
            self.gaps += 1
            self.gap_bytes += size
        if reasons:
            self._rejects.update(reasons)

    def add(self, events: Iterable[Event]) -> None:
        """Events that nobody has counted yet."""
        for event in events:
            if isinstance(event, Gap):
                self.add_gap(len(event.raw), event.reason is Reason.FILL, event.reasons)
            else:
                self.add_frames(event.format, 1, len(event.raw))

    def totals(self) -> Totals:
        """What has been counted."""
        rejects = {reason.value: number for reason, number in self._rejects.items()}
        return Totals(dict(self.frames), self.frame_bytes, self.gap_bytes, self.fill_bytes, self.gaps, rejects)


class Stats:
    """What a decoder has given so far, always up to date. Counts are of events, sizes are in bytes."""

    def __init__(self, totals: Callable[[], Totals], taken: Callable[[], int]) -> None:
        self._totals = totals
        self._taken = taken

    @property
    def bytes_in(self) -> int:
        """Bytes that the decoder has taken."""
        return self._taken()

    @property
    def pending(self) -> int:
        """Bytes taken that no event covers yet."""
        totals = self._totals()
        return self._taken() - totals.frame_bytes - totals.gap_bytes - totals.fill_bytes

    @property
    def frames(self) -> Counter[str]:
        """How many frames there were of each format, by its full name."""
        return Counter(self._totals().frames)

    @property
    def frame_bytes(self) -> int:
        """The bytes of all frames."""
        return self._totals().frame_bytes

    @property
    def gaps(self) -> int:
        """How many gaps there were, fill not counted."""
        return self._totals().gaps

    @property
    def gap_bytes(self) -> int:
        """The bytes of all gaps, fill not counted."""
        return self._totals().gap_bytes

    @property
    def fill_bytes(self) -> int:
        """The bytes of all fill."""
        return self._totals().fill_bytes

    @property
    def rejects(self) -> Counter[str]:
        """How many places were rejected for each reason, by the reason's value."""
        return Counter(self._totals().rejects)

    def as_dict(self) -> dict[str, object]:
        """As `framing stats --json` prints it."""
        return self._totals()._asdict()
