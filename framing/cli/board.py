"""What the live view knows: counts, rates, stalls and the last frames of one link, or of the two of a bridge.

No clock and no terminal; whoever has them says what time it is (`now`, in seconds of any steady clock).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from framing.cli.happenings import Row, harmless, kind_words, row
from framing.events import Event, Frame
from framing.stats import Stats, Totals
from framing.transports.links import Connected, Disconnected
from framing.transports.streams import Happening

WINDOW = 5.0
"""Seconds over which rates are taken: long enough that what comes once a second shows a steady rate."""
LOOKED = 800
"""Frames whose kind is read between two redraws: a read takes up to 10 µs. Above that rate kinds are estimated."""
KINDS_MOST = 500
"""Kinds that are told apart; further ones are counted together."""
KEPT = 60
"""Last frames that are kept."""
OTHER = "(others)"

Key = tuple[str, str]
"""A format and a kind in words."""


class Sample(NamedTuple):
    """Counts at a time."""

    now: float
    size: int
    totals: Totals
    kinds: Mapping[Key, tuple[float, float]]


class Last(NamedTuple):
    """One of the last events: `at` in seconds since 1970, the lane it came by."""

    at: float
    lane: Lane
    stream: str
    event: Event


NOTHING = Totals({}, 0, 0, 0, 0, {})


@dataclass(eq=False)
class Lane:
    """One direction of one link. `arrow` marks it where there are two."""

    formats: Sequence[str]
    """Their full names, in the order in which they are to be shown."""
    waiting: str
    """What is said while there is no link yet."""
    arrow: str = ""
    link: str = ""
    up: bool = False
    since: float = 0.0
    """When the link came or went."""
    why: str = ""
    """How the last link ended."""
    links: int = 0
    """Links so far."""
    arrived: float = 0.0
    """When bytes came last, or the link did."""
    held: float | None = None
    """Since when bytes are pending without anything being decided; None where none are."""
    pending: int = 0
    unsent: int = 0
    """Bytes that the other side of a bridge has not taken yet."""
    skipped: bool = False
    """Whether there were frames at which nobody looked, so that kinds are estimated."""
    seen: dict[Key, list[int]] = field(default_factory=dict)
    """Frames looked at and their bytes, by kind."""
    samples: deque[Sample] = field(default_factory=deque)
    _budget: int = LOOKED

    @property
    def latest(self) -> Sample:
        """The counts of the last tick."""
        return self.samples[-1] if self.samples else Sample(0.0, 0, NOTHING, {})

    @property
    def sated(self) -> bool:
        """Whether enough was seen until the next tick: from here on counts do."""
        return self._budget <= 0

    def happened(self, event: Connected | Disconnected, now: float) -> None:
        """The link came or went."""
        if isinstance(event, Connected):
            self.link, self.up, self.links, self.arrived = harmless(event.link), True, self.links + 1, now
        else:
            self.up, self.why = False, harmless(": ".join(part for part in (event.reason.value, event.detail) if part))
        self.since = now

    def see(self, events: Sequence[Event]) -> None:
        """Counts the kinds of as many of these events as there is time for."""
        if len(events) > self._budget:
            self.skipped = True
        for event in events[: max(self._budget, 0)]:
            if not isinstance(event, Frame):
                continue
            key = event.format, kind_words(event)
            if key not in self.seen and len(self.seen) >= KINDS_MOST:
                key = event.format, OTHER
            count = self.seen.setdefault(key, [0, 0])
            count[0] += 1
            count[1] += len(event.raw)
        self._budget -= len(events)

    def tick(self, now: float, stats: Stats) -> None:
        """Takes the counts of this moment. `stats` may count frames that `see` was never given."""
        totals, size = Totals(**stats.as_dict()), stats.bytes_in  # type: ignore[arg-type]
        before = self.latest
        if size != before.size:
            self.arrived = now
        settled = totals.frame_bytes + totals.gap_bytes + totals.fill_bytes
        old = before.totals
        if size == settled:
            self.held = None
        elif self.held is None or settled != old.frame_bytes + old.gap_bytes + old.fill_bytes:
            self.held = now
        self.pending = size - settled
        if sum(totals.frames.values()) > sum(count for count, _ in self.seen.values()) and self.sated:
            self.skipped = True
        self.samples.append(Sample(now, size, totals, self._kinds(totals)))
        while len(self.samples) > 2 and self.samples[1].now <= now - WINDOW:
            self.samples.popleft()
        self._budget = LOOKED

    def _kinds(self, totals: Totals) -> dict[Key, tuple[float, float]]:
        """Frames and bytes by kind: those seen, or the same in proportion to all frames of the format."""
        if not self.skipped:
            return {key: (count, size) for key, (count, size) in self.seen.items()}
        looked: dict[str, int] = {}
        for (name, _), (count, _) in self.seen.items():
            looked[name] = looked.get(name, 0) + count
        share = {name: totals.frames.get(name, 0) / count for name, count in looked.items()}
        sizes = sum(size * share[name] for (name, _), (_, size) in self.seen.items())
        scale = totals.frame_bytes / sizes if sizes else 0.0  # so that together they are the bytes that there were
        return {key: (count * share[key[0]], size * share[key[0]] * scale) for key, (count, size) in self.seen.items()}

    def rate(self, count: Callable[[Sample], float]) -> float:
        """How fast a count grows, a second, over the window."""
        if len(self.samples) < 2:
            return 0.0
        first, last = self.samples[0], self.samples[-1]
        return (count(last) - count(first)) / max(last.now - first.now, 1.0)


@dataclass(eq=False)
class Board:
    """All that is shown. `title` says what was asked for, `began` when."""

    title: str
    lanes: Sequence[Lane]
    began: float
    last: deque[Last] = field(default_factory=lambda: deque(maxlen=KEPT))
    streams: set[str] = field(default_factory=set)
    """Names of streams, of some that there were."""
    note: str = ""
    """What was said meanwhile about the links."""

    def show(self, lane: Lane, events: Sequence[Happening], stream: str, at: float, now: float) -> None:
        """What came by a lane. `at`: when, in seconds since 1970."""
        if not {*map(type, events)}.isdisjoint((Connected, Disconnected)):
            for event in events:
                if isinstance(event, (Connected, Disconnected)):
                    lane.happened(event, now)
            events = [each for each in events if not isinstance(each, (Connected, Disconnected))]
        decoded: Sequence[Event] = events  # type: ignore[assignment]
        lane.see(decoded)
        stream = harmless(stream)
        if decoded and len(self.streams) < 2:
            self.streams.add(stream)
        self.last.extend(Last(at, lane, stream, event) for event in decoded[-KEPT:])

    def tick(self, now: float, stats: Sequence[Stats]) -> None:
        """Takes the counts of this moment, one `Stats` a lane."""
        for lane, each in zip(self.lanes, stats, strict=True):
            lane.tick(now, each)

    def newest(self, most: int) -> list[tuple[Last, Row]]:
        """The last events, the newest at the end; fill is left out."""
        found: list[tuple[Last, Row]] = []
        for each in reversed(self.last):
            if len(found) == most:
                break
            described = row(each.event)
            if described.kind != "fill" or isinstance(each.event, Frame):
                found.append((each, described))
        return found[::-1]
