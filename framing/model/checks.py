"""Checks and what they cover: checksums, those in bits or behind blocks of data, and values that are implied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from framing import checksums
from framing.checksums import Algorithm
from framing.errors import SpecError
from framing.model.declared import (
    EXPRESSION_SCHEMA,
    NAME_SCHEMA,
    Declared,
    Given,
    Schema,
    key,
    to_declared,
    to_each,
    to_expression,
    to_flag,
    to_int,
    to_name,
    to_text,
    to_type,
    wrong_type,
)
from framing.model.expressions import Expression
from framing.model.keys import INTEGER_SCHEMA, SPAN_SCHEMA, check_integral, if_key
from framing.model.lookups import Lookup
from framing.model.values import NoBytes, ValueType

_SUM_SCHEMA: Schema = {"$ref": "#/$defs/Algorithm"}


@dataclass(frozen=True)
class Implied(Declared):
    """A value that a checksum covers though it does not stand there: a constant, or what follows from the fields."""

    value: Given[Expression | str | int, Expression] = key(to_expression, EXPRESSION_SCHEMA, "the value")
    type: Given[ValueType | str, ValueType] = key(to_type, INTEGER_SCHEMA, "how it would be written")

    def check(self) -> None:
        check_integral(self.type)


Over = str | tuple[str | Implied, ...]


def _to_over(value: Any) -> Over:
    if isinstance(value, str):
        return value
    if not isinstance(value, (list, tuple)) or not value:
        raise wrong_type(value, "a span such as 'class..payload', or a list of spans and implied values")
    return to_each(value, lambda each: to_text(each) if isinstance(each, str) else to_declared(Implied)(each))


@dataclass(frozen=True)
class Checksum(Declared):
    """A checksum over bytes of the frame, unstuffed unless told otherwise; its own bytes in a span count as zero."""

    name: str = key(to_name, NAME_SCHEMA, "the field's name", name="checksum")
    type: Given[ValueType | str, ValueType] = key(to_type, INTEGER_SCHEMA, "how it is written")
    algorithm: Given[Algorithm | str | Mapping[str, Any], Algorithm] = key(
        lambda value: checksums.algorithm(value), _SUM_SCHEMA, "a name from the CRC catalogue, a sum, or parameters"
    )
    over: Given[str | Sequence[str | Implied | Mapping[str, Any]], Over] = key(
        _to_over,
        {"oneOf": [SPAN_SCHEMA, {"type": "array", "items": {"anyOf": [SPAN_SCHEMA, {"$ref": "#/$defs/Implied"}]}, "minItems": 1}]},
        "what it covers: a part, `a..b`, or `frame`; or several of these and implied values, one behind the other",
    )
    wire: bool = key(to_flag, {"type": "boolean"}, "it covers the bytes as they stand on the wire, stuffed", default=False)
    extra: Given[Lookup | Mapping[str, Any] | None, Lookup | None] = key(
        to_declared(Lookup), {"$ref": "#/$defs/Lookup"}, "one more byte, behind the span (MAVLink)", default=None
    )
    if_: Given[Expression | str | int | None, Expression | None] = if_key()

    def check(self) -> None:
        _checksum_type(self.type, self.algorithm)


def _to_members(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (to_name(value),)
    if not isinstance(value, (list, tuple)) or not value:
        raise wrong_type(value, "a member of bits, or a list of members")
    return to_each(value, to_name)


@dataclass(frozen=True, kw_only=True)
class BitsChecksum(Checksum):
    """A checksum that stands in members of earlier bits, and takes no bytes of its own; in a span these members count as zero."""

    type: ValueType = field(default=NoBytes(), init=False, repr=False, compare=False)
    in_: Given[str | Sequence[str], tuple[str, ...]] = key(
        _to_members,
        {"oneOf": [NAME_SCHEMA, {"type": "array", "items": NAME_SCHEMA, "minItems": 1}]},
        "the member that has it; or several, the most significant first",
        name="in",
    )

    def check(self) -> None:
        for entry, given in (("wire", self.wire), ("if", self.if_ is not None)):
            if given:
                raise SpecError("a checksum in bits is always there, and over unstuffed bytes", path=entry, expected=f"no `{entry}`")


@dataclass(frozen=True)
class Blocks(Declared):
    """Data cut into blocks, each followed by a checksum of its own (DNP3)."""

    size: int = key(to_int(1, 1 << 20), {"type": "integer", "minimum": 1}, "data bytes of a full block")
    checksum: Given[Algorithm | str | Mapping[str, Any], Algorithm] = key(lambda value: checksums.algorithm(value), _SUM_SCHEMA, "the algorithm")
    type: Given[ValueType | str, ValueType] = key(to_type, INTEGER_SCHEMA, "how the checksum is written")

    def check(self) -> None:
        _checksum_type(self.type, self.checksum)

    def wire(self, data: int) -> int:
        """Bytes that `data` bytes take with their checksums."""
        assert self.type.size is not None
        return data + -(-data // self.size) * self.type.size


def _checksum_type(value: ValueType, algorithm: Algorithm) -> None:
    check_integral(value)
    if value.size is None or value.lowest != 0 or (value.highest or 0) < (1 << algorithm.width) - 1:
        raise SpecError(
            f"type {value.name} does not hold the {algorithm.width} bits of {algorithm.name}",
            path="type",
            expected=f"an unsigned type of at least {algorithm.width} bits",
        )
