"""How often random bytes look like a frame: the chance that a format accepts at an offset, part by part.

Parts are taken for independent. What is not taken into account (`assumed`) only lets the format accept more rarely, so that the
chance is then an upper bound: `valid` and `if` expressions, byte stuffing, what must follow, blocks of the stream.
"""

from __future__ import annotations

from dataclasses import dataclass

from framing.analysis.lengths import lengths
from framing.layout import FrameFormat
from framing.markers import Pattern
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.values import DigitsType, IntegerType, ValueType

_HEX_SPELLINGS = (10 + 2 * 6) / 16
"""How many characters mean one hex digit, in the mean: letters have two."""


@dataclass(frozen=True)
class Chance:
    """`accept`: that random bytes at an offset where a frame may start are accepted; `sync`: that a frame may start there.

    Their product is the rate of false frames for each random byte. With `assumed` empty it is exact for independent parts.
    """

    sync: float
    accept: float
    assumed: tuple[str, ...]

    @property
    def rate(self) -> float:
        """False frames for each random byte, while they are rare."""
        return self.sync * self.accept


def chance(each: FrameFormat) -> Chance:
    """Of one format, in a stream of random bytes."""
    plan = each.plan
    sync = 1.0
    if plan.marker is not None:
        sync = matches(plan.marker)
    elif plan.delimited:
        sync = 1 / 256
    assumed: list[str] = []
    accept = 1.0
    for index, part in enumerate(plan.parts):
        if index or not isinstance(part, Sync):
            accept *= _part(part, assumed) if part.if_ is None else 1.0
        if part.if_ is not None:
            assumed.append(f"{part.name} is always absent")
    accept *= _spans(each, assumed)
    if plan.area is not None:
        assumed.append("stuffing is always right")
    if plan.follow is not None:
        assumed.append("what must follow does")
    if plan.block is not None:
        assumed.append("no frame leaves its block")
    if each.lock is not None and each.lock.confirm:
        accept *= (sync * accept) ** each.lock.confirm  # the frames that must follow stand at known places
    return Chance(sync, min(1.0, accept), tuple(assumed))


def matches(pattern: Pattern) -> float:
    """That one of the alternatives stands in random bytes; a bound where several may be damaged."""
    bits = sum(byte.bit_count() for byte in pattern.mask) if pattern.mask else None
    total = 0.0
    for index, one in enumerate(pattern.alternatives):
        if any(one.startswith(other) for other in pattern.alternatives[:index]) and pattern.exact:
            continue
        counted = 8 * len(one) if bits is None else bits
        total += sum(_choose(counted, wrong) for wrong in range(pattern.errors + 1)) / 2.0**counted
    if pattern.exact:  # a longer one that stands in front of its own beginning is no other place
        longer = [one for i, one in enumerate(pattern.alternatives) if any(one != o and one.startswith(o) for o in pattern.alternatives[i + 1 :])]
        total -= sum(256.0 ** -len(one) for one in longer)
    return min(1.0, total)


def _choose(bits: int, wrong: int) -> int:
    found = 1
    for step in range(wrong):
        found = found * (bits - step) // (step + 1)
    return found


def _part(part: Part, assumed: list[str]) -> float:
    """What a part of a known place says about random bytes; spans are dealt with elsewhere."""
    if isinstance(part, (Field, Bits, Length)) and part.valid is not None:
        assumed.append(f"{part.name} is always valid")
    if isinstance(part, Sync):
        return matches(part.pattern)
    if isinstance(part, Field):
        return _field(part)
    if isinstance(part, Bits):
        return 2.0 ** -sum(bit.width for bit in part.bits if bit.const is not None)
    if isinstance(part, Checksum):
        return value_chance(part.type, part.algorithm.width)
    return 1.0


def value_chance(kind: ValueType, width: int) -> float:
    """That random bytes are one certain value, as likely as any other of `width` bits."""
    size = kind.size or 1
    if isinstance(kind, DigitsType) and kind.base == 16:
        return (_HEX_SPELLINGS / 256) ** size
    return 256.0**-size


def _field(part: Field) -> float:
    """That the value is one that the field may have, and its digits are digits."""
    kind = part.type
    low, high = kind.lowest, kind.highest
    if low is None or high is None or kind.size is None:
        return 1.0
    values = high - low + 1
    digits = 1.0 if isinstance(kind, IntegerType) else _digits(kind)
    if part.equals is not None or part.const is not None:
        return digits / values
    if part.allowed is not None:
        return digits * sum(1 for value in set(part.allowed) if part.accepts(value)) / values
    least, most = max(low, low if part.min is None else int(part.min)), min(high, high if part.max is None else int(part.max))
    return digits * max(0, most - least + 1) / values


def _digits(kind: ValueType) -> float:
    """That all bytes are digits."""
    return (len(kind.alphabet) / 256.0) ** (kind.size or 1)


def _spans(each: FrameFormat, assumed: list[str]) -> float:
    """What lengths, character sets, ends and blocks say, over all sizes that a length may state."""
    plan, factor = each.plan, 1.0
    for equation in plan.equations:
        if equation.sizes is None and not equation.wire:
            factor *= 1 / 256.0
    for part in plan.parts:
        if isinstance(part, End) and not any(one.stop == plan.parts.index(part) for one in plan.opens):
            factor *= matches(Pattern(part.end))
    for one in plan.opens:
        if one.stop is None:
            continue
        stop, data = plan.parts[one.stop], plan.parts[one.data]
        assert isinstance(stop, End) and isinstance(data, Data)
        ends = matches(Pattern(stop.end))
        goes_on = 1.0 if data.charset is None else len(data.charset.bytes - {end[0] for end in stop.end}) / 256
        goes_on = min(goes_on, 1 - ends)
        most = max(1, each.max_size - each.min_size + 1)
        factor *= ends * (1 - goes_on**most) / (1 - goes_on)
    return factor * _sized(each, assumed)


def _sized(each: FrameFormat, assumed: list[str]) -> float:
    """Over the sizes that lengths state: that they are allowed, and that the data in them is."""
    plan, factor = each.plan, 1.0
    for index, part in enumerate(plan.parts):
        if not isinstance(part, Data) or any(one.data == index for one in plan.opens):
            continue
        sized = lengths(each, index)
        if sized is None:
            if part.charset is not None or part.blocks is not None:
                assumed.append(f"{part.name} is always right")
            continue
        allowed = 1.0 if part.charset is None else len(part.charset.bytes) / 256
        block = value_chance(part.blocks.type, part.blocks.checksum.width) if part.blocks else 1.0
        per = part.blocks.size if part.blocks else 1
        factor *= sum(share * allowed**size * block ** (-(-size // per)) for size, share in sized)
    return factor
