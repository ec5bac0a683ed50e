"""The ways in which a line damages a stream. Each is a value that holds its strength.

Bits count from the most significant one of a byte, in the order of the bytes. A `rate` is a chance, from 0 to 1: for each bit,
byte or frame, as its model says. Sizes of runs are means of a geometric distribution (1: always one byte). Where a model
speaks of frames, it means those that stand intact when their turn comes.

Sources: independent errors are the binary symmetric channel (C. E. Shannon, A Mathematical Theory of Communication, Bell System
Technical Journal 27, 1948). The bursts are those of E. N. Gilbert, Capacity of a Burst-Noise Channel, BSTJ 39, 1960, and E. O.
Elliott, Estimates of Error Rates for Codes on Burst-Noise Channels, BSTJ 42, 1963. The others are what serial drivers and
their users meet: overruns (bytes lost), glitches taken for start bits (inserted), a line held low or open (stuck), a kernel or
boot loader that prints to the port of its device (console), and two writers to one port (spliced).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any, ClassVar

from framing.damage.lengths import inflated
from framing.damage.streams import Piece, Stream, Target, changed, kept

Frames = Sequence[tuple[Target, int]]
"""Frames that stand intact, and where, in the order of their places."""
Ranges = Iterator[tuple[int, int, bytes]]


def _number(low: float, high: float, doc: str, default: float) -> Any:
    """A parameter of a model, with its limits."""
    return field(default=default, metadata={"low": low, "high": high, "doc": doc})


def _rate(default: float, of: str) -> Any:
    return _number(0, 1, f"chance for each {of}", default)


def _run(default: float) -> Any:
    return _number(1, 1e9, "bytes, in the mean", default)


@dataclass(frozen=True)
class Model:
    """What all models have: `name`, checked parameters, and whether they need to know of frames."""

    name: ClassVar[str]
    needs_frames: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for each in fields(self):
            value, low, high = getattr(self, each.name), each.metadata["low"], each.metadata["high"]
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise ValueError(f"{self.name}: {each.name} is {value!r}; expected {low:,g} to {high:,g}")

    def pieces(self, stream: Stream, frames: Frames, rnd: Random) -> Iterator[Piece]:
        """What becomes of the stream."""
        return kept(self.ranges(stream, frames, rnd), len(stream.data))

    def ranges(self, stream: Stream, frames: Frames, rnd: Random) -> Ranges:
        """The ranges that change, in order, and what comes in their stead."""
        raise NotImplementedError


def _chosen(rnd: Random, count: int, rate: float) -> Iterator[int]:
    """Each of `count` numbers with the same chance, in time that goes with those chosen."""
    if rate <= 0:
        return
    at = -1
    while True:
        gap = 0.0 if rate >= 1 else math.log(1.0 - rnd.random()) / math.log1p(-rate)
        if gap >= count or (at := at + 1 + int(gap)) >= count:
            return
        yield at


def _size(rnd: Random, mean: float) -> int:
    """At least 1, geometric."""
    return 1 if mean <= 1 else 1 + int(math.log(1.0 - rnd.random()) / math.log1p(-1 / mean))


def _runs(rnd: Random, count: int, rate: float, mean: float) -> Iterator[tuple[int, int]]:
    """Ranges that begin at each of `count` bytes with the same chance, and do not overlap."""
    behind = 0
    for at in _chosen(rnd, count, rate):
        if at >= behind:
            behind = min(at + _size(rnd, mean), count)
            yield at, behind


def _flipped(data: bytes, bits: Iterator[int]) -> Ranges:
    """The bytes in which bits flip; `bits` in order."""
    at, mask = -1, 0
    for bit in bits:
        if bit >> 3 != at:
            if mask:
                yield at, at + 1, bytes([data[at] ^ mask])
            at, mask = bit >> 3, 0
        mask |= 0x80 >> (bit & 7)
    if mask:
        yield at, at + 1, bytes([data[at] ^ mask])


def _hit(frames: Frames, rate: float, rnd: Random) -> Iterator[tuple[Target, int, int]]:
    """Each of the frames with the same chance, with where it begins and ends."""
    for number in _chosen(rnd, len(frames), rate):
        target, at = frames[number]
        yield target, at, at + target.end - target.start


@dataclass(frozen=True)
class Bits(Model):
    """Each bit flips by itself: a bit error rate."""

    name = "bits"
    rate: float = _rate(1e-4, "bit")

    def ranges(self, stream: Stream, frames: Frames, rnd: Random) -> Ranges:
        return _flipped(stream.data, _chosen(rnd, 8 * len(stream.data), self.rate))


@dataclass(frozen=True)
class Burst(Model):
    """Gilbert-Elliott: a good and a bad state, each with its own bit error rate; after each bit the state may change."""

    name = "burst"
    every: float = _number(1, 1e15, "bits in the good state, in the mean", 100_000)
    length: float = _number(1, 1e15, "bits in the bad state, in the mean", 32)
    errors: float = _rate(0.5, "bit in the bad state")
    between: float = _rate(0.0, "bit in the good state")

    def ranges(self, stream: Stream, frames: Frames, rnd: Random) -> Ranges:
        return _flipped(stream.data, self._bits(rnd, 8 * len(stream.data)))

    def _bits(self, rnd: Random, count: int) -> Iterator[int]:
        at, bad = 0, rnd.random() < self.length / (self.length + self.every)
        while at < count:
            end = min(at + _size(rnd, self.length if bad else self.every), count)
            for bit in _chosen(rnd, end - at, self.errors if bad else self.between):
                yield at + bit
            at, bad = end, not bad


@dataclass(frozen=True)
class Lost(Model):
    """Bytes are lost, as by an overrun."""

    name = "lost"
    rate: float = _rate(1e-4, "byte")
    run: float = _run(1)

    def ranges(self, stream: Stream, frames: Frames, rnd: Random) -> Ranges:
        return ((start, end, b"") for start, end in _runs(rnd, len(stream.data), self.rate, self.run))


@dataclass(frozen=True)
class Inserted(Model):
    """Random bytes come in between."""

    name = "inserted"
    rate: float = _rate(1e-4, "place between two bytes")
    run: float = _run(1)

    def ranges(self, stream: Stream, frames: Frames, rnd: Random) -> Ranges:
        return ((at, at, rnd.randbytes(_size(rnd, self.run))) for at in _chosen(rnd, len(stream.data) + 1, self.rate))


@dataclass(frozen=True)
class Doubled(Model):
    """Bytes come twice."""

    name = "doubled"
    rate: float = _rate(1e-4, "byte")
    run: float = _run(1)

    def pieces(self, stream: Stream, frames: Frames, rnd: Random) -> Iterator[Piece]:
        at = 0
        for start, end in _runs(rnd, len(stream.data), self.rate, self.run):
            yield at, end
            at = start
        yield at, len(stream.data)


@dataclass(frozen=True)
class Swapped(Model):
    """Two neighbouring bytes change places; nothing happens where they are equal."""

    name = "swapped"
    rate: float = _rate(1e-4, "pair of neighbours")

    def ranges(self, stream: Stream, frames: Frames, rnd: Random) -> Ranges:
        behind = 0
        for at in _chosen(rnd, len(stream.data) - 1, self.rate):
            pair = stream.data[at : at + 2]
            if at >= behind and pair[0] != pair[1]:
                behind = at + 2
                yield at, behind, pair[::-1]


@dataclass(frozen=True)
class Truncated(Model):
    """Frames break off: the tail is never sent, at least a byte of it; what follows comes at once."""

    name = "truncated"
    needs_frames = True
    rate: float = _rate(0.01, "frame")

    def ranges(self, stream: Stream, frames: Frames, rnd: Random) -> Ranges:
        for _, at, end in _hit(frames, self.rate, rnd):
            yield rnd.randrange(min(at + 1, end - 1), end), end, b""


@dataclass(frozen=True)
class Inflated(Model):
    """Lengths of frames claim more bytes than there are, where a format has a length outside stuffed bytes."""

    name = "inflated"
    needs_frames = True
    rate: float = _rate(0.01, "frame")

    def ranges(self, stream: Stream, frames: Frames, rnd: Random) -> Ranges:
        for target, at, end in _hit(frames, self.rate, rnd):
            raw = stream.data[at:end]
            if (found := inflated(target.definition, raw, rnd)) is not None:
                offset, new = found
                yield from changed(at + offset, raw[offset : offset + len(new)], new)


@dataclass(frozen=True)
class Stuck(Model):
    """For a while every bit reads the same."""

    name = "stuck"
    rate: float = _rate(1e-5, "byte")
    run: float = _run(32)
    level: float = _number(0, 1, "the level: 0 gives bytes 00, 1 gives FF", 0)

    def ranges(self, stream: Stream, frames: Frames, rnd: Random) -> Ranges:
        for start, end in _runs(rnd, len(stream.data), self.rate, self.run):
            yield from changed(start, stream.data[start:end], (b"\xff" if self.level >= 0.5 else b"\0") * (end - start))


LINES = (
    "[{time:12.6f}] usb 1-1: new full-speed USB device number {number} using xhci_hcd",
    "[{time:12.6f}] random: crng init done",
    "I ({number}) wifi: state: run -> init (0)",
    "WARNING: queue full, {number} messages dropped",
    "assertion failed: (len <= {number}), function tx_push, line {number}",
    "$ ",
)
"""What consoles print."""


@dataclass(frozen=True)
class Console(Model):
    """A console prints a line of text behind a frame."""

    name = "console"
    needs_frames = True
    rate: float = _rate(0.01, "frame")

    def ranges(self, stream: Stream, frames: Frames, rnd: Random) -> Ranges:
        for _, _, behind in _hit(frames, self.rate, rnd):
            text = rnd.choice(LINES).format(time=rnd.uniform(0, 1e5), number=rnd.randrange(10_000))
            yield behind, behind, text.encode("ascii") + rnd.choice([b"\r\n", b"\n"])


@dataclass(frozen=True)
class Spliced(Model):
    """Two writers on one line: of two streams, runs of one and of the other take turns until both have ended.

    `seam` is the share of the bytes that are the first stream, the rest is the second.
    """

    name = "spliced"
    run: float = _run(256)
    seam: float = _number(0, 1, "where the second stream begins, as a share of the whole", 0.5)

    def pieces(self, stream: Stream, frames: Frames, rnd: Random) -> Iterator[Piece]:
        size = len(stream.data)
        middle = round(size * self.seam)
        at, ends = [0, middle], [middle, size]
        turn = 0
        while at[0] < ends[0] or at[1] < ends[1]:
            end = min(at[turn] + _size(rnd, self.run), ends[turn])
            if end > at[turn]:
                yield at[turn], end
            at[turn] = end
            turn = 1 - turn


MODELS: dict[str, type[Model]] = {
    each.name: each
    for each in (Bits, Burst, Lost, Inserted, Doubled, Swapped, Truncated, Inflated, Stuck, Console, Spliced)
}
"""All models by name."""
