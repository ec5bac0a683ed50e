"""The properties, heard on a format: hypothesis looks for a stream that breaks one, and makes it small."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, HypothesisWarning, Unsatisfiable

from framing import damage
from framing.damage import Model
from framing.engines import Formats, formats_of
from framing.fuzzing.laws import LAWS, BrokenError, Case
from framing.making import LARGEST
from framing.strategies import streams

SIZE = 600
"""Bytes that a stream is meant to have: the reference decoder, which asks of every place what every format says, is slow."""
MODELS: tuple[Model, ...] = (
    damage.Bits(rate=0.01),
    damage.Lost(rate=0.02),
    damage.Inserted(rate=0.02, run=3),
    damage.Doubled(rate=0.02, run=2),
    damage.Swapped(rate=0.02),
    damage.Truncated(rate=0.4),
    damage.Inflated(rate=0.4),
    damage.Spliced(run=20),
)


@dataclass(frozen=True)
class Verdict:
    """How a property fared: on `cases` streams; `broken` says what was wrong, `case` is a small stream that shows it."""

    number: int
    title: str
    cases: int
    broken: str = ""
    case: Case | None = None


def hear(
    protocols: Sequence[Formats],
    mean: float,
    cases: int,
    dice: int,
    seconds: float,
    examples: Sequence[bytes] = (),
    largest: int = LARGEST,
    say: Callable[[str], None] = lambda _: None,
) -> list[Verdict]:
    """All properties but the sixth, each on up to `cases` streams, and for about so many seconds each. `mean`: bytes of a frame."""
    drawn = streams_of(protocols, mean, examples, largest)
    verdicts = []
    for number, (title, law) in LAWS.items():
        say(title)
        verdicts.append(_heard(number, title, law, drawn, cases, dice, seconds))
    return verdicts


def streams_of(
    protocols: Sequence[Formats], mean: float, examples: Sequence[bytes] = (), largest: int = LARGEST
) -> st.SearchStrategy[Case]:
    """Streams of damaged frames, now and then with bytes between them, and how they are cut."""
    confirm = max((each.lock.confirm + each.lock.misses + 1 for each in formats_of(protocols) if each.lock), default=0)
    most = max(2, min(6, int(SIZE / mean))) + min(confirm, 6)
    damaged = streams(*protocols, models=MODELS, examples=examples, most=most, largest=largest)
    noise = st.binary(max_size=12)

    @st.composite
    def one(draw: st.DrawFn) -> Case:
        data = draw(noise) + draw(damaged).data + draw(noise)
        cuts = draw(st.lists(st.integers(0, len(data)), max_size=4))
        return Case(tuple(protocols), data, tuple(cuts), draw(st.sampled_from([64, 1, 7, 65_536])))

    return one()


def _heard(
    number: int,
    title: str,
    law: Callable[[Case], None],
    drawn: st.SearchStrategy[Case],
    most: int,
    dice: int,
    seconds: float,
) -> Verdict:
    until = time.monotonic() + seconds
    tried = 0
    shown: Case | None = None

    @seed(dice)
    @settings(
        max_examples=most,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(drawn)
    def held(case: Case) -> None:
        nonlocal tried, shown
        if shown is None and time.monotonic() > until:
            return
        tried += 1
        try:
            law(case)
        except BrokenError:
            shown = case
            raise

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HypothesisWarning)  # that the formats of a case are long to show
            held()
    except (BrokenError, Flaky) as error:
        return Verdict(number, title, tried, str(error).splitlines()[0], shown)
    except Unsatisfiable:
        pass
    return Verdict(number, title, tried)
