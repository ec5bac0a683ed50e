"""`replay:FILE?speed=2`: a recording again, with its timing. Our own recordings, or any capture as `pcap:` reads it.

Each arrival comes when as much time has passed since the first as lies between them in the record, divided by `speed`;
`Arrival.time` is always that of the record. Where the record's clock goes back, what follows comes at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from framing.transports.links import Arrival, Link, Transport
from framing.transports.pcap import DIRECTION, DIRECTION_DOC, CaptureLink, Pcap
from framing.transports.steps import Wait
from framing.transports.urls import Reader, option


def _speed(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1_000_000:
        raise ValueError
    return value


_LONGEST = 86_400.0
"""Seconds to wait at a time: systems take no more than some weeks. Who waits looks again."""
SPEED = Reader(_speed, "how many times as fast as it was, 0 for as fast as possible")


@dataclass(frozen=True)
class Replay(Pcap):
    """A recording that is played. Unless told otherwise it gives what the link gave: the bytes received."""

    form = "replay:FILE or replay:///FILE"

    speed: float = option(1.0, SPEED, "How many times as fast as it was; 0 as fast as possible.")
    direction: str = option("received", DIRECTION, DIRECTION_DOC)

    def _open(self) -> Link:
        name = f"replay {self.path}"
        return self._opened(lambda file, notes: ReplayLink(name, file, self._arrivals(file, notes), notes, self.speed))


class ReplayLink(CaptureLink):
    """A capture that is played."""

    def __init__(
        self, name: str, file: BinaryIO, arrivals: Iterator[Arrival | None], notes: list[str], speed: float
    ) -> None:
        super().__init__(name, file, arrivals, notes)
        self._speed = speed
        self._zero: float | None = None
        """What the monotonic clock shows when the record's shows 0."""
        self._due = 0.0

    def readable(self, until: float | None) -> Wait | None:
        """Until the next arrival is due; None while that is not known."""
        left = self._due - time.monotonic()
        return self._pause(min(left, _LONGEST), until) if self._next is not None and left > 0 else None

    def _take(self, most: int) -> Arrival | None:
        if self._next is None:
            self._next = self._read()
            if self._next is not None:
                self._due = self._when(self._next)
        if self._due > time.monotonic():
            return None
        return super()._take(most)

    def _when(self, arrival: Arrival) -> float:
        """The monotonic time at which the arrival is to be given."""
        now = time.monotonic()
        if not self._speed or arrival.time is None:
            return now
        if self._zero is None:
            self._zero = now - arrival.time / self._speed
        return max(self._zero + arrival.time / self._speed, self._due)


SCHEMES: dict[str, type[Transport]] = {"replay": Replay}
