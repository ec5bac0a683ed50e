"""Is work linear in the input? Measured on streams that are made to cost time: beginnings of frames, over and over.

The time for a byte must not grow with the stream. It is compared between a stream and one of eight times the size, by processor
time, the best of three. Streams must exceed the largest frame for that to say anything, up to a bound, as a quadratic decoder
would keep one waiting for the rest of the day.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from framing.damage.lengths import inflated
from framing.decoder import Decoder
from framing.engines import Formats
from framing.events import Frame
from framing.layout import FrameFormat

SMALL = 65_536
"""Bytes of the smaller stream; less where these would take long."""
LONG = 0.25
"""Seconds that the smaller stream may take."""
TIMES = 8
GROWTH = 3.0
"""How much more a byte may cost in the larger stream: with quadratic work it is eight times as much."""
WORTH = 0.02
"""Seconds for the larger stream below which nothing is concluded: then there is nothing to fear either."""


@dataclass(frozen=True)
class Work:
    """Nanoseconds a byte for the small and the large stream (of `size` bytes), for the stream that grew most.

    `told`: whether the small one was long enough to tell anything; decoding may be so slow that it could not be.
    """

    small: float
    large: float
    repeated: bytes
    size: int
    told: bool

    @property
    def linear(self) -> bool:
        """Whether a byte costs about the same, however long the stream; True where that was not told."""
        return not self.told or self.large < GROWTH * self.small or self.large * self.size < WORTH * 1e9


def measure(protocols: Sequence[Formats], frames: Sequence[tuple[FrameFormat, Frame]], small: int = SMALL) -> Work:
    """The work on the stream whose costs grow most."""
    worst: Work | None = None
    for repeated in beginnings(frames):
        size = small
        while (first := _nanoseconds(protocols, repeated, min(size, 2048))) * size > LONG * 1e9 and size > 2048:
            size //= 4
        first = _nanoseconds(protocols, repeated, size)
        work = Work(first, _nanoseconds(protocols, repeated, TIMES * size), repeated, TIMES * size, size == small)
        if worst is None or work.large / work.small > worst.large / worst.small:
            worst = work
    assert worst is not None
    return worst


def beginnings(frames: Sequence[tuple[FrameFormat, Frame]]) -> Iterator[bytes]:
    """What hostile streams repeat: the marker alone, half of a frame, all but its end, and one that claims more than it has."""
    rnd = Random(1)  # noqa: S311 - dice
    seen = set()
    for definition, frame in frames:
        raw = frame.raw
        found = [raw[: max(1, len(raw) // 2)], raw[: max(1, len(raw) - 1)]]
        if definition.plan.marker is not None:
            found.append(definition.plan.marker.alternatives[0])
        if (claim := inflated(definition, raw, rnd)) is not None:
            at, new = claim
            found.append(raw[:at] + new)
        for each in found:
            if each not in seen:
                seen.add(each)
                yield each


def _nanoseconds(protocols: Sequence[Formats], repeated: bytes, size: int) -> float:
    data = (repeated * (size // len(repeated) + 1))[:size]
    best = float("inf")
    for _ in range(3):
        decoder = Decoder(*protocols)
        began = time.process_time_ns()
        decoder.skim(data)
        decoder.close()
        best = min(best, time.process_time_ns() - began)
        if best > LONG * 1e9:
            break  # it is no noise that makes it so slow
    return max(best, 1.0) / size
