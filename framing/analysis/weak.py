"""Weak choices in a format, each with a proposal; and formats that can be taken for each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from framing.analysis.chances import chance
from framing.analysis.codes import strength
from framing.layout import FrameFormat
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.numbers import Bits, Field, Length
from framing.model.patterns import Sync
from framing.model.traits import static_size
from framing.model.values import IntegerType

OFTEN = 1e-6
"""False frames for each random byte above which a format is called weak: one in a megabyte."""
LONG = 4096
"""Bytes above which a length without a checksum of its own is called a stall."""
LARGE = 64
"""Bytes above which a sum is called weak."""


@dataclass(frozen=True)
class Weakness:
    """`what` is weak, and a `proposal`."""

    what: str
    proposal: str


def overlaps(each: FrameFormat) -> list[tuple[str, str, int]]:
    """Pairs of marker alternatives of which one ends as the other begins, and in how many bytes."""
    if each.plan.marker is None:
        return []
    several = each.plan.marker.alternatives
    return [
        (one.hex(" ").upper(), other.hex(" ").upper(), size)
        for one in several
        for other in several
        for size in range(1, min(len(one), len(other) + (one != other)))
        if one[-size:] == other[:size] and size < len(one)
    ]


def sums_of(each: FrameFormat) -> list[tuple[int, Checksum]]:
    """The checksums of a format that are always there."""
    return [(own, part) for own, part in enumerate(each.plan.parts) if isinstance(part, Checksum) and part.if_ is None]


def weaknesses(each: FrameFormat) -> Iterator[Weakness]:
    """What could be better, the worst first."""
    plan = each.plan
    sums = sums_of(each)
    if not sums and not any(isinstance(part, Data) and part.blocks for part in plan.parts):
        yield Weakness("no checksum: a damaged frame is taken for an intact one", 'a CRC over all of it, such as algorithm = "CRC-16/IBM-3740"')
    found = chance(each)
    if found.rate > OFTEN:
        confirm = "lock = { confirm = 2 }, or a longer marker, or a wider checksum" if not plan.delimited else "a wider checksum"
        yield Weakness(f"random bytes look like a frame once in {1 / found.rate:,.0f} bytes", confirm)
    yield from _sums(each, sums)
    for index, part in enumerate(plan.parts):
        named = part.length if isinstance(part, Bits) else part.name if isinstance(part, Length) else None
        if sums and named is not None and not any(plan.covers(own, index) for own, _ in sums):
            yield Weakness(f"no checksum covers the length {named!r}", f"`over` from {named!r} on")
        if sums and isinstance(part, Data) and not part.blocks and not any(plan.covers(own, index) for own, _ in sums):
            yield Weakness(f"no checksum covers {part.name!r}", "`over` up to it")
    yield from _stall(each, sums)
    for one, other, size in overlaps(each):
        yield Weakness(f"the marker {one} ends as {other} begins, in {size} bytes: one that follows a stray part of it is found late or twice", "one that does not overlap itself")


def _sums(each: FrameFormat, sums: Sequence[tuple[int, Checksum]]) -> Iterator[Weakness]:
    """Checksums that are too weak for what they cover."""
    for own, part in sums:
        size = covered(each, own, each.max_size)
        known = strength(part.algorithm, size, 8 * (part.type.size or 1))
        if known is None:
            continue
        name = part.algorithm.name
        if part.algorithm.crc is None and size > LARGE:
            yield Weakness(f"{name} over up to {size} bytes misses some errors of {known.distance} bits", _better(size))
        elif part.algorithm.crc is not None and known.exact and known.distance < 4:
            yield Weakness(f"{name} over up to {size} bytes misses some errors of {known.distance} bits", "a smaller max_size, or a wider CRC such as CRC-32/ISCSI")


def _better(size: int) -> str:
    """A CRC whose distance at this size is 4: x^16 + x^12 + x^5 + 1 has it up to 32,767 bits."""
    name = "CRC-16/IBM-3740" if 8 * size + 16 <= 32_767 else "CRC-32/ISCSI"
    return f"{name}, which sees all errors of up to 3 bits there"


def _stall(each: FrameFormat, sums: Sequence[tuple[int, Checksum]]) -> Iterator[Weakness]:
    """A length that may be wrong and is believed for long."""
    plan = each.plan
    for equation in plan.equations:
        early = any(plan.covers(own, equation.part) and max(own, plan.overs[own][1]) < (equation.sizes or 0) for own, _ in sums)
        if equation.sizes is not None and not early and each.max_size > LONG:
            proposal = "a checksum of the header, a `max` for the length, or early order on live links"
            yield Weakness(f"a damaged {equation.name!r} holds up to {each.max_size:,} bytes", proposal)


def covered(each: FrameFormat, own: int, size: int) -> int:
    """Bytes that a checksum covers in a frame of `size` bytes: the frame less the parts outside, its own field not counted."""
    plan = each.plan
    outside = sum(low for index, (low, _) in enumerate(plan.sizes) if index == own or not plan.covers(own, index))
    most = [high for index, (_, high) in enumerate(plan.sizes) if index != own and plan.covers(own, index)]
    here = _logical(each, size) - outside
    return max(1, min([here, *([sum(high or 0 for high in most)] if None not in most else [])]))


def _logical(each: FrameFormat, size: int) -> int:
    """The most bytes that a frame of `size` bytes has once it is unstuffed."""
    plan = each.plan
    plain = plan.closing + sum(least for index, (least, _) in enumerate(plan.sizes) if not plan.in_area(index))
    stuffed = 1 if plan.stuffing is None else plan.stuffing.min_encoded(64) // 64
    return plain - plan.closing + (size - plain) // stuffed


def alike(one: FrameFormat, other: FrameFormat) -> bool:
    """Whether nothing at a place that both have fixed tells their frames apart."""
    if one.plan.delimited != other.plan.delimited or one.plan.delimiter != other.plan.delimiter:
        return False
    return all(mine & theirs for mine, theirs in zip(_front(one), _front(other), strict=False))


def _front(each: FrameFormat) -> list[frozenset[int]]:
    """For each byte at a fixed place, in front of everything that varies or is stuffed, what it may be."""
    found: list[frozenset[int]] = []
    every = frozenset(range(256))
    for index, part in enumerate(each.plan.parts):
        if each.plan.in_area(index) and (each.plan.stuffing is None or not each.plan.stuffing.by_byte or each.plan.stuffing.kind == "hex"):
            break
        size = static_size(part)
        if size is None or part.if_ is not None:
            break
        if isinstance(part, Sync):
            mask = part.mask or b"\xff" * size
            wrong = part.errors
            found += [every if wrong else frozenset(byte for byte in every if any((byte ^ s[at]) & mask[at] == 0 for s in part.sync)) for at in range(size)]
        elif isinstance(part, Field) and part.const is not None and isinstance(part.type, IntegerType):
            found += [frozenset([byte]) for byte in part.type.write(part.const)]
        elif isinstance(part, Field) and part.type.integral and size == 1:
            found.append(frozenset(byte for byte in part.type.alphabet if isinstance(part.type, IntegerType) is False or part.accepts(part.type.read(bytes([byte])))))
        else:
            kind = getattr(part, "type", None)
            found += [kind.alphabet if kind is not None else every] * size
    return found
