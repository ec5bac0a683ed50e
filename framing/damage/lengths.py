"""Where the length of a frame stands on the wire, and what it looks like when it claims more."""

from __future__ import annotations

from random import Random

from framing.layout import FrameFormat
from framing.model.numbers import Bits, Length
from framing.model.parts import AnyPart
from framing.model.sizes import values_of
from framing.planning.facts import Equation
from framing.reading.reader import walk


def inflated(definition: FrameFormat, raw: bytes, rnd: Random) -> tuple[int, bytes] | None:
    """The offset of the frame's first length that can claim more, and its bytes when it does; None where there is none.

    The claim is any that the format allows, where it allows a larger one than this; else any that the field can hold. A length
    of varying size, and one within stuffed bytes, is left alone: there a larger number is more than other bytes in its place.
    """
    plan = definition.plan
    values, spans = walk(plan, raw)
    for equation in plan.equations:
        if equation.part not in spans or (plan.area is not None and equation.part >= plan.area[0]):
            continue
        start, end = spans[equation.part]
        now = int(values[equation.name])
        highest = _highest(plan.parts[equation.part], equation)
        allowed = values_of(plan, equation)[1]
        if highest is None or now >= max(highest, allowed):
            continue
        top = allowed if now < allowed else highest
        new = _written(plan.parts[equation.part], equation, raw[start:end], rnd.randint(now + 1, top))
        return start, new
    return None


def _highest(part: AnyPart, equation: Equation) -> int | None:
    """The largest number that the field can hold; None where its size varies."""
    if isinstance(part, Bits):
        return (1 << _bit(part, equation)[1]) - 1
    return part.type.highest if isinstance(part, Length) and part.type.size is not None else None


def _written(part: AnyPart, equation: Equation, raw: bytes, value: int) -> bytes:
    if isinstance(part, Bits):
        shift, width = _bit(part, equation)
        packed = int(part.type.read(raw)) & ~((1 << width) - 1 << shift)
        return part.type.write(packed | value << shift)
    assert isinstance(part, Length)
    return part.type.write(value)


def _bit(part: Bits, equation: Equation) -> tuple[int, int]:
    """How many bits stand behind the member that is the length, and how many are its own."""
    shift = 0
    for bit in reversed(part.bits):
        if bit.name == equation.name:
            return shift, bit.width
        shift += bit.width
    raise AssertionError(equation.name)
