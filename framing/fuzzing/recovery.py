"""How a format stands a bad line: what is recovered, how long a decoder keeps silent, what passes by accident.

Streams are a few hundred frames, damaged so that one frame in ten or so is hit whatever its size. They are fed byte by byte, so that
it is known after how many bytes each frame came out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from framing import damage, reference
from framing.damage import Damaged, Model, Target
from framing.decoder import Decoder, decode
from framing.engines import Formats, Order, formats_of
from framing.errors import Reason
from framing.events import Frame, Gap
from framing.layout import FrameFormat
from framing.model.checks import Checksum

HIT = 0.1
"""The share of frames that is meant to be hit."""
UNDER, ALONE, UNCONFIRMED, UNCAUSED = "under another frame", "missing neighbours", "unconfirmed", "without a cause"
"""Why strict order loses an intact frame: another one that passed its checks lies above it; what must stand around it is gone; too few
frames follow it to confirm it. Nothing may be lost without a cause."""


@dataclass
class Recovery:
    """One model in one order. `stall`: the most bytes that arrived behind an intact frame until it came out."""

    model: str
    order: Order
    intact: int = 0
    recovered: int = 0
    invented: int = 0
    stall: int = 0
    lost: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Accepts:
    """False frames in so many bytes of noise.

    `checked`: how many places came as far as a checksum, the `passed` included; `bits`: the least of the checksums' widths, so that
    `expected` of them pass at most, if the bytes are random. `unchecked`: false frames of formats without a checksum.
    """

    bytes: int
    checked: int
    passed: int
    bits: int
    unchecked: int

    @property
    def expected(self) -> float:
        return self.checked / (1 << self.bits) if self.bits else 0.0


def models_for(mean: float) -> list[Model]:
    """All models, so strong that one frame in ten or so is hit, for frames of so many bytes."""
    rate = min(1.0, HIT / mean)
    return [
        damage.Bits(rate=rate / 8),
        damage.Burst(every=8 / rate, length=16),
        damage.Lost(rate=rate),
        damage.Inserted(rate=rate, run=2),
        damage.Doubled(rate=rate),
        damage.Swapped(rate=rate),
        damage.Truncated(rate=HIT),
        damage.Inflated(rate=HIT),
        damage.Stuck(rate=rate, run=16),
        damage.Console(rate=HIT),
        damage.Spliced(run=10 * mean),
    ]


def recover(
    protocols: Sequence[Formats], clean: bytes, targets: Sequence[Target], model: Model, order: Order, dice: int
) -> Recovery:
    """What an order makes of a stream after a model."""
    broken = damage.apply(clean, [model], targets, dice)
    decoder = Decoder(*protocols, order=order)
    came: dict[tuple[int, int], int] = {}
    frames: list[Frame] = []
    for at in range(len(broken.data) + 1):
        for event in decoder.feed(broken.data[at : at + 1]) if at < len(broken.data) else decoder.close():
            if isinstance(event, Frame):
                came[event.start, event.end] = min(at + 1, len(broken.data))
                frames.append(event)
    sent = {clean[each.start : each.end] for each in targets}
    intact = broken.intact
    result = Recovery(model.name, order, len(intact))
    result.recovered = sum(place in came for place in intact)
    result.invented = sum((frame.start, frame.end) not in set(intact) and frame.raw not in sent for frame in frames)
    result.stall = max((came[place] - place[1] for place in intact if place in came), default=0)
    if order == "strict":
        result.lost = _causes(protocols, broken, frames, came)
    return result


def _causes(
    protocols: Sequence[Formats], broken: Damaged, frames: Sequence[Frame], came: Mapping[tuple[int, int], int]
) -> Counter[str]:
    """Why each lost frame is lost."""
    stream = reference.Stream(broken.data, tuple(protocols), closed=True)
    formats = {each.full_name: each for each in formats_of(protocols)}
    causes: Counter[str] = Counter()
    for sent in broken.sent:
        for at in sent.places:
            end = at + sent.end - sent.start
            if (at, end) not in came:
                causes[_cause(stream, formats[sent.format], at, end, frames)] += 1
    return causes


def _cause(stream: reference.Stream, definition: FrameFormat, at: int, end: int, frames: Sequence[Frame]) -> str:
    if any(frame.start < end and at < frame.end for frame in frames):
        return UNDER
    if reference.judge(stream, definition, at).end != end:
        return ALONE
    return UNCONFIRMED if definition.lock is not None else UNCAUSED


def false_accepts(protocols: Sequence[Formats], frames: Sequence[Frame], count: int, dice: int) -> Accepts:
    """Beginnings of frames that go on with random bytes: how many pass all checks?"""
    rnd = Random(dice)  # noqa: S311 - dice
    noise = bytearray()
    for _ in range(count):
        raw = rnd.choice(frames).raw
        kept = rnd.randrange(1, max(2, len(raw) * 2 // 3))
        noise += raw[:kept] + rnd.randbytes(len(raw) - kept)
    known = {frame.raw for frame in frames}
    widths = {each.full_name: _width(each) for each in formats_of(protocols)}
    found: Counter[bool] = Counter()
    checked = 0
    for event in decode(bytes(noise), *protocols):
        if isinstance(event, Gap):
            checked += event.reasons.get(Reason.CHECKSUM, 0)
        elif not any(
            raw.startswith(event.raw) for raw in known
        ):  # a shorter frame in the part that was kept is a real one
            found[widths[event.format] > 0] += 1
    least = min(filter(None, widths.values()), default=0)
    return Accepts(len(noise), checked + found[True], found[True], least, found[False])


def _width(definition: FrameFormat) -> int:
    """The bits of the narrowest checksum that is always there; 0 where there is none."""
    found = [part.algorithm.width for part in definition.plan.parts if isinstance(part, Checksum) and part.if_ is None]
    return min(found, default=0)
