"""Parts that hold numbers: fields, bits and lengths.

    >>> Length("size", "u16le", of="payload")
    Length(name='size', type=value_type('u16le'), of='payload', unit=1, bias=0, min=None, max=None, wire=False, valid=None, if_=None)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framing.errors import SpecError, near_miss
from framing.model.declared import (
    EXPRESSION_SCHEMA,
    INT_SCHEMA,
    NAME_SCHEMA,
    Declared,
    FrozenMap,
    Given,
    Schema,
    key,
    shown,
    to_each,
    to_entries,
    to_expression,
    to_flag,
    to_int,
    to_name,
    to_number,
    to_numbers,
    to_text,
    to_type,
    wrong_type,
)
from framing.model.expressions import Expression
from framing.model.keys import INTEGER_SCHEMA, SPAN_SCHEMA, TYPE_SCHEMA, check_integral, if_key, valid_key
from framing.model.values import ValueType

_NUMBERS_SCHEMA: Schema = {"type": "array", "items": {"type": "number"}, "minItems": 1}


@dataclass(frozen=True)
class Field(Declared):
    """A header field: one value of a type."""

    name: str = key(to_name, NAME_SCHEMA, "the field's name", name="field")
    type: Given[ValueType | str, ValueType] = key(to_type, TYPE_SCHEMA, "how it is written")
    const: int | float | None = key(to_number, {"type": "number"}, "the only value it may have", default=None)
    allowed: Given[Sequence[int | float] | None, tuple[int | float, ...] | None] = key(to_numbers, _NUMBERS_SCHEMA, "the values it may have", default=None)
    min: int | float | None = key(to_number, {"type": "number"}, "the least value", default=None)
    max: int | float | None = key(to_number, {"type": "number"}, "the greatest value", default=None)
    equals: Given[Expression | str | int | None, Expression | None] = key(to_expression, EXPRESSION_SCHEMA, "what its value must be", default=None)
    enum: Given[Mapping[str, int] | None, FrozenMap[str, int] | None] = key(
        lambda value: to_enum(value),
        {"type": "object", "additionalProperties": INT_SCHEMA, "minProperties": 1},
        "names for values, which the encoder understands",
        default=None,
    )
    default: int | float | None = key(to_number, {"type": "number"}, "what the encoder writes unless told", default=None)
    counter: bool = key(to_flag, {"type": "boolean"}, "an `Encoder` counts it up, frame by frame", default=False)
    valid: Given[Expression | str | int | None, Expression | None] = valid_key()
    if_: Given[Expression | str | int | None, Expression | None] = if_key()

    def check(self) -> None:
        for entry in ("const", "min", "max", "default"):
            value = getattr(self, entry)
            if value is not None:
                self._fits(entry, value)
                object.__setattr__(self, entry, self.on_the_wire(value))
        for index, value in enumerate(self.allowed or ()):
            self._fits(f"allowed[{index}]", value)
        if self.allowed is not None:
            object.__setattr__(self, "allowed", tuple(self.on_the_wire(value) for value in self.allowed))
        for word, value in (self.enum or {}).items():
            self._fits(f"enum.{word}", value)
        if self.min is not None and self.max is not None and self.min > self.max:
            raise SpecError(f"min {self.min} is above max {self.max}", path="min", expected="min <= max")
        if self.const is not None:
            for other in ("allowed", "min", "max", "equals", "default"):
                if getattr(self, other) is not None:
                    raise SpecError(f"both const and {other}", path=other, expected="one of the two")
        if self.counter and not (self.type.integral and self.const is None and self.equals is None):
            raise SpecError("only a free integer field can count", path="counter", expected="an integer type, no const, no equals")
        if self.default is not None and not self.accepts(self.default):
            raise SpecError(f"{self.default} is not allowed", path="default", expected=self.limits.partition(" is ")[2])

    def _fits(self, entry: str, value: Any) -> None:
        try:
            self.type.write(value)
        except ValueError as error:
            expected = f"{self.type.lowest} to {self.type.highest}" if self.type.integral else "a number"
            raise SpecError(str(error), path=entry, expected=f"{expected}, as {self.type.name} holds") from None

    def on_the_wire(self, value: Any) -> Any:
        """The value as it comes back: `f32` keeps 24 bits of it."""
        return value if self.type.integral else self.type.read(self.type.write(value))

    @property
    def first(self) -> int:
        """Where a counter begins: its default, else the least value that it may have, else 0."""
        if self.default is not None:
            return int(self.default)
        return int(min(self.allowed) if self.allowed else self.min or 0)

    def after(self, value: int) -> int:
        """What a counter says next; behind its greatest value it begins anew with the least."""
        if self.allowed:
            return int(min((each for each in self.allowed if each > value), default=min(self.allowed)))
        lowest = self.min if self.min is not None else self.type.lowest
        highest = self.max if self.max is not None else self.type.highest
        assert lowest is not None and highest is not None
        return value + 1 if value < highest else int(lowest)

    def accepts(self, value: Any) -> bool:
        """Whether const, allowed, min and max let the value pass."""
        return (
            (self.const is None or value == self.const)
            and (self.allowed is None or value in self.allowed)
            and (self.min is None or value >= self.min)
            and (self.max is None or value <= self.max)
        )

    @property
    def limits(self) -> str:
        """What it can carry, in words."""
        if self.const is not None:
            return f"{self.name} is always {self.const}"
        if self.allowed is not None:
            return f"{self.name} is one of {', '.join(map(str, self.allowed))}"
        if self.type.integral:
            low = self.type.lowest if self.min is None else self.min
            high = self.type.highest if self.max is None else self.max
            return f"{self.name} is {low} to {high}"
        return self.type.limits


def to_enum(value: Any) -> FrozenMap[str, int]:
    """Names for numbers, from a table of them."""
    found = to_entries(value, to_int(), "a table of names and integers")
    if not found:
        raise SpecError("no entry", expected="a table of names and integers")
    return found


@dataclass(frozen=True)
class Bit:
    """One member of a bit field: `name:width[:const]`; the name `_` is padding."""

    name: str
    width: int
    const: int | None = None

    def __str__(self) -> str:
        return f"{self.name}:{self.width}" + ("" if self.const is None else f":{self.const}")


def _to_bit(value: Any) -> Bit:
    if isinstance(value, Bit):
        return value
    words = to_text(value).split(":")
    expected = "'name:width' or 'name:width:const'"
    if len(words) not in (2, 3):
        raise SpecError(f"{shown(value)} is no bit field", expected=expected)
    try:
        numbers = [int(word, 0) for word in words[1:]]
    except ValueError:
        raise SpecError(f"{shown(value)} is no bit field", expected=expected) from None
    bit = Bit(to_name(words[0].strip()), numbers[0], numbers[1] if len(numbers) > 1 else None)
    if not 1 <= bit.width <= 128:
        raise SpecError(f"{value!r} is {bit.width} bits wide", expected="1 to 128")
    if bit.const is not None and not 0 <= bit.const < 1 << bit.width:
        raise SpecError(f"{bit.const} does not fit {bit.width} bits", expected=f"0 to {(1 << bit.width) - 1}")
    return bit


def _to_bits(value: Any) -> tuple[Bit, ...]:
    if not isinstance(value, (list, tuple)) or not value:
        raise wrong_type(value, "a list of 'name:width', at least one")
    return to_each(value, _to_bit)


@dataclass(frozen=True)
class Bits(Declared):
    """Several values in the bits of one integer, most significant first; one may be a length."""

    bits: Given[Sequence[Bit | str], tuple[Bit, ...]] = key(
        _to_bits,
        {"type": "array", "items": {"type": "string", "pattern": r"^\s*\w+\s*:\s*\$?\w+(\s*:\s*\$?\w+)?$"}, "minItems": 1},
        "'name:width' or 'name:width:const', most significant first",
    )
    type: Given[ValueType | str, ValueType] = key(to_type, INTEGER_SCHEMA, "the integer that holds them")
    length: str | None = key(to_name, NAME_SCHEMA, "the member that is a length", default=None)
    of: str | None = key(to_text, SPAN_SCHEMA, "what that length measures: a part, `a..b`, or `frame`", default=None)
    unit: int = key(to_int(1, 1 << 20), {"type": "integer", "minimum": 1}, "bytes that one unit counts for", default=1)
    bias: int = key(to_int(), INT_SCHEMA, "bytes to add to value * unit", default=0)
    min: int | None = key(to_int(), INT_SCHEMA, "the length's least value", default=None)
    max: int | None = key(to_int(), INT_SCHEMA, "the length's greatest value", default=None)
    valid: Given[Expression | str | int | None, Expression | None] = valid_key()
    if_: Given[Expression | str | int | None, Expression | None] = if_key()

    def check(self) -> None:
        check_integral(self.type)
        assert self.type.size is None or self.type.size > 0
        if self.type.size is None or self.type.lowest != 0 or (self.type.highest or 0) + 1 != 1 << 8 * self.type.size:
            raise SpecError(f"type {self.type.name} has no fixed bits", path="type", expected="u8, u16le, u16be …")
        width = sum(bit.width for bit in self.bits)
        if width != 8 * self.type.size:
            raise SpecError(f"{width} bits in {self.type.name}", path="bits", expected=f"{8 * self.type.size} bits in all")
        names = [bit.name for bit in self.bits if bit.name != "_"]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise SpecError(f"{twice!r} stands twice", path="bits", expected="each name once")
        if self.length is not None and self.length not in names:
            raise SpecError(
                f"{self.length!r} is no member", path="length", expected=", ".join(names), near=near_miss(self.length, names)
            )
        if (self.length is None) != (self.of is None):
            raise SpecError("length and of go together", path="of" if self.of is None else "length", expected="both")
        for entry in ("unit", "bias", "min", "max"):
            if self.length is None and getattr(self, entry) != getattr(type(self), entry):
                raise SpecError(f"{entry} without a length", path=entry, expected="the member that is a length in `length`")
        length = next((bit.width for bit in self.bits if bit.name == self.length), 0)
        _check_limits(self.min, self.max, 0, (1 << length) - 1)

    @property
    def name(self) -> str:
        """The first member's name; spans may use any member's."""
        return next((bit.name for bit in self.bits if bit.name != "_"), "_")

    def unpack(self, value: int) -> dict[str, int]:
        """The members of an integer."""
        found = {}
        left = sum(bit.width for bit in self.bits)
        for bit in self.bits:
            left -= bit.width
            found[bit.name] = value >> left & (1 << bit.width) - 1
        return found

    def constants_hold(self, value: int) -> bool:
        """Whether every constant member of the integer has its value."""
        left = sum(bit.width for bit in self.bits)
        for bit in self.bits:
            left -= bit.width
            if bit.const is not None and value >> left & (1 << bit.width) - 1 != bit.const:
                return False
        return True


@dataclass(frozen=True)
class Length(Declared):
    """A length field: value * `unit` + `bias` = logical bytes of the span `of`; with `wire`, stuffed ones."""

    name: str = key(to_name, NAME_SCHEMA, "the field's name", name="length")
    type: Given[ValueType | str, ValueType] = key(to_type, INTEGER_SCHEMA, "how it is written")
    of: str = key(to_text, SPAN_SCHEMA, "what it measures: a part, `a..b`, or `frame`")
    unit: int = key(to_int(1, 1 << 20), {"type": "integer", "minimum": 1}, "bytes that one unit counts for", default=1)
    bias: int = key(to_int(), INT_SCHEMA, "bytes to add to value * unit", default=0)
    min: int | None = key(to_int(), INT_SCHEMA, "the least value", default=None)
    max: int | None = key(to_int(), INT_SCHEMA, "the greatest value", default=None)
    wire: bool = key(
        to_flag, {"type": "boolean"}, "it counts the bytes as they stand on the wire, and so tells where the stuffed span ends", default=False
    )
    valid: Given[Expression | str | int | None, Expression | None] = valid_key()
    if_: Given[Expression | str | int | None, Expression | None] = if_key()

    def check(self) -> None:
        check_integral(self.type)
        _check_limits(self.min, self.max, self.type.lowest or 0, self.type.highest or 0)


def _check_limits(least: int | None, most: int | None, low: int, high: int) -> None:
    """Refuses limits of a length that its type cannot reach, or that leave nothing."""
    for name, limit in (("min", least), ("max", most)):
        if limit is not None and not low <= limit <= high:
            raise SpecError(f"{limit} is out of range", path=name, expected=f"{low} to {high}")
    if least is not None and most is not None and least > most:
        raise SpecError(f"min {least} is above max {most}", path="min", expected="min <= max")
