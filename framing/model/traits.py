"""What a part alone tells: its names, its expressions, its size, the bytes it may consist of."""

from __future__ import annotations

from framing.model.checks import BitsChecksum, Checksum, Implied
from framing.model.data import Data
from framing.model.expressions import Expression, ExpressionError
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import AnyPart, Part
from framing.model.patterns import End, Next, Sync
from framing.model.values import BadDigits


def names_of(part: AnyPart) -> list[str]:
    """The names that a part brings into the frame's fields."""
    if isinstance(part, (Next, BitsChecksum)):
        return []
    if isinstance(part, Bits):
        return [bit.name for bit in part.bits if bit.name != "_"]
    if isinstance(part, (Sync, End)):
        return [part.as_] if part.as_ else []
    return [part.name]


def lookups_of(part: AnyPart) -> list[tuple[str, Lookup]]:
    """The table look-ups of a part, by key."""
    if isinstance(part, Data) and isinstance(part.size, Lookup):
        return [("size", part.size)]
    if isinstance(part, Checksum) and part.extra:
        return [("extra", part.extra)]
    return []


def expressions_of(part: Part) -> list[tuple[str, Expression]]:
    """The expressions of a part, by key."""
    found: list[tuple[str, Expression | None]] = [("if", part.if_)]
    if isinstance(part, Field):
        found.append(("equals", part.equals))
    if isinstance(part, (Field, Bits, Length)):
        found.append(("valid", part.valid))
    if isinstance(part, Data) and isinstance(part.size, Expression):
        found.append(("size", part.size))
    if isinstance(part, Checksum):
        found += [(f"over[{index}].value", each.value) for index, each in implied_by(part)]
    found += [(f"{key}.by", lookup.by) for key, lookup in lookups_of(part)]
    return [(key, used) for key, used in found if used is not None]


def implied_by(part: Checksum) -> list[tuple[int, Implied]]:
    """The implied values among what a checksum covers, each with its place in the list."""
    return [(index, each) for index, each in enumerate(part.over) if isinstance(each, Implied)]


def static_size(part: Part) -> int | None:
    """The bytes of a part where its declaration alone tells, `if` aside; block checksums included."""
    if isinstance(part, (Sync, End)):
        lengths = {len(each) for each in (part.sync if isinstance(part, Sync) else part.end)}
        return lengths.pop() if len(lengths) == 1 else None
    if isinstance(part, Data):
        if isinstance(part.size, Expression) and not part.size.names:
            try:
                size = part.size.evaluate({})
            except ExpressionError:
                return None
            if isinstance(size, int) and size >= 0:
                return part.blocks.wire(size) if part.blocks else size
        return None
    return part.type.size


def may_contain(part: Part, pattern: bytes) -> bool:
    """Whether the bytes of a part could include `pattern`."""
    if isinstance(part, (Sync, End)):
        loose = isinstance(part, Sync) and not part.pattern.exact
        return loose or any(pattern in each for each in (part.sync if isinstance(part, Sync) else part.end))
    if isinstance(part, Field) and part.const is not None:
        return pattern in part.type.write(part.const)
    if isinstance(part, Data):
        size = static_size(part)
        fits = size is None or size >= len(pattern)
        return fits and (part.blocks is not None or part.charset is None or set(pattern) <= part.charset.bytes)
    size = part.type.size
    if size == len(pattern) and isinstance(part, (Field, Bits)):
        try:
            value = part.type.read(pattern)
        except BadDigits:
            return False
        return part.accepts(value) if isinstance(part, Field) else part.constants_hold(value)
    return (size is None or size >= len(pattern)) and set(pattern) <= part.type.alphabet


