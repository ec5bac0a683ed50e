"""Strategies for hypothesis, made from a format: valid frames, and damaged streams of them, for tests of your own.

    >>> import framing
    >>> from hypothesis import given
    >>> from framing.strategies import frames
    >>> ubx = framing.load("ubx")
    >>> @given(frames(ubx))
    ... def test_my_parser(frame):
    ...     assert len(frame.raw) == 8 + len(frame.payload)
    >>> test_my_parser()

Values are drawn within what the format declares, so that its conditions hold; the examples of its spec lend theirs. What fails
shrinks: to fewer frames, shorter payloads, smaller numbers. Needs hypothesis: `pip install 'framing-codec[fuzz]'`.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

try:
    from hypothesis import strategies as st
except ImportError as error:  # pragma: no cover - the tests need it themselves
    raise ImportError("framing.strategies needs hypothesis: pip install 'framing-codec[fuzz]'") from error

from framing.damage import Damaged, Model, Target, apply
from framing.engines import Formats, formats_of
from framing.events import Frame
from framing.making import LARGEST, Chance, Maker, NoFrameError
from framing.protocols import Protocol

T = TypeVar("T")
BYTES_DRAWN = 256
"""Bytes of data up to which hypothesis draws each; more come from a number that it draws."""
SURE = 20
"""Frames that are made beforehand, to see whether any come about."""


class _Drawn:
    """The dice of hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def pick(self, choices: Sequence[T]) -> T:
        return self._draw(st.sampled_from(choices))

    def blob(self, size: int) -> bytes:
        if size <= BYTES_DRAWN:
            return self._draw(st.binary(min_size=size, max_size=size))
        return Random(self._draw(st.integers(0, 1 << 32))).randbytes(size)  # noqa: S311 - dice

    def number(self, low: float, high: float, double: bool) -> float:
        return self._draw(st.floats(low, high, width=64 if double else 32))


def makers(*protocols: Formats, examples: Sequence[bytes] = (), largest: int = LARGEST) -> list[Maker]:
    """What draws frames, one for each format. Raises ValueError for a format of which no frame comes about."""
    if not protocols:
        raise TypeError("at least one protocol or format is needed")
    known = list(examples)
    known += [each.raw for one in protocols if isinstance(one, Protocol) for each in one.examples]
    found = [Maker(each, known, largest) for each in formats_of(protocols)]
    for maker in found:
        for seed in range(SURE):
            maker.frame(Chance(Random(seed)))  # noqa: S311 - dice
    return found


def frames(*protocols: Formats, examples: Sequence[bytes] = (), largest: int = LARGEST) -> st.SearchStrategy[Frame]:
    """Valid frames of any of the formats, as `decode` gives them: `raw`, `fields`, `payload`.

    `examples`: frames known to be valid, whose values are drawn, too; those in the specs are known already. `largest`: bytes of
    data in one part, exceeded only where the format asks for more. Raises ValueError for a format of which no frame comes about.
    """
    made = makers(*protocols, examples=examples, largest=largest)

    @st.composite
    def one(draw: st.DrawFn) -> Frame:
        maker = made[0] if len(made) == 1 else draw(st.sampled_from(made))
        try:
            return maker.frame(_Drawn(draw))
        except NoFrameError:
            # Small numbers again and again can be against it, which those of `random` never are for long.
            return maker.frame(Chance(Random(draw(st.integers(0, SURE - 1)))))  # noqa: S311 - dice

    return one()


def streams(
    *protocols: Formats,
    models: Sequence[Model] = (),
    examples: Sequence[bytes] = (),
    most: int = 5,
    largest: int = LARGEST,
) -> st.SearchStrategy[Damaged]:
    """Streams of up to `most` frames after damage by some of the `models`; with the truth of what stayed intact.

    >>> import framing
    >>> from framing import damage
    >>> damaged = streams(framing.load("sbp"), models=[damage.Bits(rate=0.01), damage.Truncated(rate=0.5)])
    """
    each = frames(*protocols, examples=examples, largest=largest)
    definitions = {one.full_name: one for one in formats_of(protocols)}
    some = st.lists(st.sampled_from(list(models)), max_size=2) if models else st.just([])

    @st.composite
    def one(draw: st.DrawFn) -> Damaged:
        data, targets = b"", []
        for frame in draw(st.lists(each, min_size=1, max_size=most)):
            targets.append(Target(definitions[frame.format], len(data), len(data) + len(frame.raw)))
            data += frame.raw
        return apply(data, draw(some), targets, draw(st.integers(0, 1 << 16)))

    return one()
