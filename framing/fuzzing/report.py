"""Everything that `framing fuzz` finds out about a format, in one go and as one value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from framing import damage
from framing.decoder import Decoder
from framing.engines import Formats, formats_of
from framing.events import Frame
from framing.fuzzing import hearing, recovery, work
from framing.fuzzing.laws import BrokenError, frame_comes_back
from framing.making import LARGEST, Chance
from framing.strategies import makers

BITS_PER_BYTE = 10
"""On a serial line, with start and stop bit."""
NOISE = 4000
"""Beginnings of frames in the noise that false frames are looked for in."""


@dataclass
class Report:
    """`frames` were made, of `mean` bytes; `clean` of them are found when they stand side by side, undamaged.

    `largest`: bytes of the largest frame that the formats allow, which is what a broken length can claim.
    """

    formats: list[str]
    frames: int
    mean: float
    clean: int
    largest: int
    verdicts: list[hearing.Verdict] = field(default_factory=list)
    work: work.Work | None = None
    recoveries: list[recovery.Recovery] = field(default_factory=list)
    no_early: str = ""
    accepts: recovery.Accepts | None = None

    @property
    def passed(self) -> bool:
        """Whether every property holds, and nothing was lost without a cause."""
        lost = any(each.lost[recovery.UNCAUSED] for each in self.recoveries)
        slow = self.work is not None and not self.work.linear
        return not lost and not slow and not any(each.broken for each in self.verdicts)

    def stall(self, order: str) -> tuple[int, str] | None:
        """The longest stall in bytes, and the model that brought it; None where that order was not tried."""
        found = [(each.stall, each.model) for each in self.recoveries if each.order == order]
        return max(found, default=None)


@dataclass(frozen=True)
class Made:
    """Frames that were made of a format, and the streams of them."""

    frames: list[Frame]
    stream: bytes
    targets: list[damage.Target]

    @property
    def mean(self) -> float:
        return len(self.stream) / len(self.frames)


def make(
    protocols: Sequence[Formats], count: int, dice: int, examples: Sequence[bytes] = (), largest: int = LARGEST
) -> Made:
    """`count` frames, of all formats in turn, side by side. Raises ValueError where none come about."""
    rnd = Random(dice)  # noqa: S311 - dice
    each = makers(*protocols, examples=examples, largest=largest)
    frames = [each[number % len(each)].frame(Chance(rnd)) for number in range(count)]
    rnd.shuffle(frames)
    stream = b"".join(frame.raw for frame in frames)
    return Made(frames, stream, damage.targets(stream, *protocols))


def fuzz(
    protocols: Sequence[Formats],
    made: Made,
    cases: int,
    dice: int,
    seconds: float,
    examples: Sequence[bytes] = (),
    largest: int = LARGEST,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Hears the properties, then measures. `seconds`: about as much for each property."""
    formats = formats_of(protocols)
    report = Report(
        [each.full_name for each in formats],
        len(made.frames),
        made.mean,
        _found(made),
        max(each.max_size for each in formats),
    )
    report.verdicts = hearing.hear(protocols, made.mean, cases, dice, seconds, examples, largest, say)
    _round_trips(protocols, made, report)
    say("work is linear")
    definitions = {each.full_name: each for each in formats}
    first = {frame.format: frame for frame in made.frames}
    report.work = work.measure(protocols, [(definitions[name], frame) for name, frame in first.items()])
    report.no_early = _no_early(protocols)
    for model in recovery.models_for(made.mean):
        say(f"recovery from {model.name}")
        if made.targets:
            report.recoveries.append(recovery.recover(protocols, made.stream, made.targets, model, "strict", dice))
            if not report.no_early:
                report.recoveries.append(recovery.recover(protocols, made.stream, made.targets, model, "early", dice))
    say("false accepts")
    report.accepts = recovery.false_accepts(protocols, made.frames, NOISE, dice)
    return report


def _found(made: Made) -> int:
    """How many of the frames that stand side by side are found as they were made."""
    places, at = set(), 0
    for frame in made.frames:
        places.add((at, at + len(frame.raw)))
        at += len(frame.raw)
    return sum((each.start, each.end) in places for each in made.targets)


def _round_trips(protocols: Sequence[Formats], made: Made, report: Report) -> None:
    """The seventh property, on every frame that was made."""
    definitions = {each.full_name: each for each in formats_of(protocols)}
    for index, verdict in enumerate(report.verdicts):
        if verdict.number == 7 and not verdict.broken:
            try:
                for frame in made.frames:
                    frame_comes_back(definitions[frame.format], frame)
            except BrokenError as error:
                report.verdicts[index] = hearing.Verdict(7, verdict.title, verdict.cases, str(error))


def _no_early(protocols: Sequence[Formats]) -> str:
    """Why early order is refused, empty where it is not."""
    try:
        Decoder(*protocols, order="early")
    except ValueError as error:
        return str(error)
    return ""
