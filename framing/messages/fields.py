"""The fields of messages: what may stand in a payload, as the spec declares it.

They are those of layouts (`field`, `bits`, `length`, `data`), with what numbers mean beside them (`enum`, `flags`, `scale`,
`unit`), and `text`, `choice` and `repeat`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from framing.errors import SpecError, near_miss
from framing.messages.values import SCALED_BITS, factor_of
from framing.model.data import Data
from framing.model.declared import (
    BYTE_SCHEMA,
    EXPRESSION_SCHEMA,
    HEX_SCHEMA,
    INT_SCHEMA,
    NAME_SCHEMA,
    Declared,
    FrozenMap,
    build,
    key,
    shown,
    to_byte,
    to_bytes,
    to_each,
    to_entries,
    to_expression,
    to_flag,
    to_int,
    to_name,
    to_number,
    to_text,
    to_type,
    wrong_type,
)
from framing.model.expressions import Expression
from framing.model.keys import if_key, valid_key
from framing.model.lookups import Lookup
from framing.model.numbers import Bit, Bits, Field, Length, to_enum
from framing.model.values import INTEGER_PATTERN, PATTERN, Charset, ValueType

MESSAGE_FIELDS_MOST = 512
"""Fields of a message schema, or of one repeated group in it, at most."""
PACKED_MOST = 4096
"""Bits of one `bits` field at most."""
ENCODINGS = ("utf-8", "ascii", "latin-1")
FORMS = ("string", "integer", "decimal", "hex")

_WORDS = {"type": "object", "additionalProperties": INT_SCHEMA, "minProperties": 1}
_TYPE = {"type": "string", "pattern": PATTERN}
_BIT = re.compile(r"\s*(\w+)\s*:\s*(i?)(\w+)\s*(?::\s*(-?\w+)\s*)?")


def _scale() -> Any:
    return key(to_number, {"type": "number"}, "what one unit on the wire counts for", default=None)


def _unit() -> Any:
    return key(to_text, {"type": "string"}, "the unit of the value, for people", default="")


def _flags() -> Any:
    return key(to_enum, _WORDS, "names for bits, each with its mask", default=None)


def _optional() -> Any:
    return key(to_flag, {"type": "boolean"}, "the payload may end in front of it", default=False)


def _check_meaning(part: Any, bits: int | None) -> None:
    """`bits`: of the integer; None for floats."""
    given = [name for name in ("enum", "flags", "scale") if getattr(part, name) is not None]
    if len(given) > 1:
        raise SpecError(f"both {given[0]} and {given[1]}", path=given[1], expected="one of the two")
    if bits is None and given and given != ["enum"]:
        raise SpecError(f"{given[0]} beside a float", path=given[0], expected="an integer type")
    if part.scale is not None:
        if not 1e-60 <= abs(part.scale) <= 1e60:
            raise SpecError(f"scale {part.scale}", path="scale", expected="a number of a size between 1e-60 and 1e60")
        if bits is not None and bits > SCALED_BITS and factor_of(part.scale).denominator != 1:
            raise SpecError(f"scale on {bits} bits", path="scale", expected=f"at most {SCALED_BITS} bits, as floats keep apart")
    for word, mask in (part.flags or {}).items():
        if bits is not None and not 0 < mask < 1 << bits:
            raise SpecError(f"{mask} has no bits among {bits}", path=f"flags.{word}", expected=f"1 to {(1 << bits) - 1}")


@dataclasses.dataclass(frozen=True)
class Number(Field):
    """One number in a payload."""

    scale: int | float | None = _scale()
    unit: str = _unit()
    flags: FrozenMap[str, int] | None = _flags()
    optional: bool = _optional()

    def check(self) -> None:
        super().check()
        kind: Any = self.type
        high, low = kind.highest, kind.lowest
        _check_meaning(self, None if high is None or low is None else max(high, -low).bit_length() + (low < 0))


@dataclasses.dataclass(frozen=True)
class Octets(Data):
    """Bytes in a payload: `size` of them, or as many as a `length` says, or all that are left."""

    optional: bool = _optional()


@dataclasses.dataclass(frozen=True)
class Measure(Length):
    """How many bytes a field behind it takes; the encoder fills it in."""

    optional = False


@dataclasses.dataclass(frozen=True)
class BitField(Declared):
    """One number among bits."""

    name: str = key(to_name, NAME_SCHEMA, "its name; _ for padding", name="bit")
    width: int = key(to_int(1, 128), {"type": "integer", "minimum": 1, "maximum": 128}, "its bits")
    signed: bool = key(to_flag, {"type": "boolean"}, "whether it is in two's complement", default=False)
    const: int | None = key(to_int(), INT_SCHEMA, "the only value it may have", default=None)
    default: int | None = key(to_int(), INT_SCHEMA, "what the encoder writes unless told; 0 without", default=None)
    enum: FrozenMap[str, int] | None = key(to_enum, _WORDS, "names for values", default=None)
    flags: FrozenMap[str, int] | None = _flags()
    scale: int | float | None = _scale()
    unit: str = _unit()

    def check(self) -> None:
        _check_meaning(self, self.width)
        for entry in ("const", "default"):
            value = getattr(self, entry)
            if value is not None and not self.lowest <= value <= self.highest:
                kind = "signed bits" if self.signed else "bits"
                raise SpecError(f"{value} does not fit {self.width} {kind}", path=entry, expected=f"{self.lowest} to {self.highest}")
        if self.const is not None and self.default is not None:
            raise SpecError("both const and default", path="default", expected="one of the two")

    @property
    def lowest(self) -> int:
        """The least integer that its bits hold."""
        return -(1 << self.width - 1) if self.signed else 0

    @property
    def highest(self) -> int:
        """The greatest integer that its bits hold."""
        return (1 << self.width - self.signed) - 1


def _to_bit_field(value: Any) -> BitField:
    if isinstance(value, BitField):
        return value
    if isinstance(value, Bit):
        return BitField(value.name, value.width, const=value.const)
    if isinstance(value, Mapping):
        return build(BitField, value)
    match = _BIT.fullmatch(to_text(value))
    try:
        if match is None:
            raise ValueError
        width, const = int(match[3], 0), None if match[4] is None else int(match[4], 0)
    except ValueError:
        expected = "'name:width', 'name:width:const', a width such as i38 where it is signed; or a table with bit and width"
        raise SpecError(f"{shown(value)} is no bit field", expected=expected) from None
    return BitField(match[1], width, signed=bool(match[2]), const=const)


def _to_bit_fields(value: Any) -> tuple[BitField, ...]:
    if not isinstance(value, (list, tuple)) or not value:
        raise wrong_type(value, "a list of bit fields, at least one")
    return to_each(value, _to_bit_field)


@dataclasses.dataclass(frozen=True)
class Packed(Declared):
    """Several numbers in bits, most significant first: in one integer, or without `type` in bytes as they come."""

    bits: tuple[BitField, ...] = key(
        _to_bit_fields,
        {
            "type": "array",
            "items": {"anyOf": [{"type": "string", "pattern": r"^\s*\w+\s*:\s*\w+\s*(:\s*-?\w+\s*)?$"}, {"$ref": "#/$defs/BitField"}]},
            "minItems": 1,
        },
        "'name:width', 'name:width:const' or tables, most significant first; a width i38 is signed",
    )
    type: ValueType | None = key(
        to_type, {"type": "string", "pattern": INTEGER_PATTERN}, "the integer that holds them", default=None
    )
    valid: Expression | None = valid_key()
    if_: Expression | None = if_key()
    optional: bool = _optional()

    def check(self) -> None:
        width = sum(bit.width for bit in self.bits)
        if self.type is not None:
            Bits([Bit(f"b{index}", bit.width) for index, bit in enumerate(self.bits)], self.type)
        elif width % 8 or width > PACKED_MOST:
            raise SpecError(f"{width} bits", path="bits", expected=f"whole bytes, at most {PACKED_MOST // 8}")
        names = [bit.name for bit in self.bits if bit.name != "_"]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise SpecError(f"{twice!r} stands twice", path="bits", expected="each name once")

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(bit.width for bit in self.bits) // 8

    @property
    def order(self) -> Any:
        """The byte order."""
        return "little" if self.type is not None and self.type.name.endswith("le") else "big"

    @property
    def name(self) -> str:
        """What it goes by in errors: the first member's name."""
        return next((bit.name for bit in self.bits if bit.name != "_"), "_")


def _one_of(words: tuple[str, ...]) -> Any:
    def convert(value: Any) -> str:
        if to_text(value) not in words:
            raise SpecError(f"unknown word {shown(value)}", expected=", ".join(words), near=near_miss(value, words))
        return str(value)

    return convert


def _to_spelled(value: Any) -> str | int | float:
    return value if isinstance(value, str) else to_number(value)


def _to_all_spelled(value: Any) -> tuple[str | int | float, ...]:
    if not isinstance(value, (list, tuple)) or not value:
        raise wrong_type(value, "a list of strings and numbers, at least one")
    return to_each(value, _to_spelled)


_SPELLED = {"type": ["string", "number"]}


@dataclasses.dataclass(frozen=True)
class Text(Declared):
    """Text: `size` bytes, up to an `end`, up to the message's separator, or all that is left; a string, or a number in digits."""

    name: str = key(to_name, NAME_SCHEMA, "the field's name", name="text")
    as_: str = key(
        _one_of(FORMS), {"enum": list(FORMS)}, "what it spells; a number that is empty has the value None, an optional one that is there an empty string", name="as", default="string"
    )
    size: Expression | None = key(to_expression, EXPRESSION_SCHEMA, "its bytes", default=None)
    padding: int | None = key(to_byte, BYTE_SCHEMA, "the byte that fills up its size from behind", default=None)
    end: bytes = key(to_bytes, HEX_SCHEMA, "the bytes that end it", default=b"")
    encoding: str = key(_one_of(ENCODINGS), {"enum": list(ENCODINGS)}, "how characters are coded", default="utf-8")
    charset: Charset | None = key(
        lambda value: value if isinstance(value, Charset) else Charset(to_text(value)),
        {"type": "string", "pattern": Charset.PATTERN},
        "the bytes it may consist of",
        default=None,
    )
    const: str | int | float | None = key(_to_spelled, _SPELLED, "the only value it may have", default=None)
    allowed: tuple[str | int | float, ...] | None = key(
        _to_all_spelled, {"type": "array", "items": _SPELLED, "minItems": 1}, "the values it may have", default=None
    )
    default: str | int | float | None = key(_to_spelled, _SPELLED, "what the encoder writes unless told", default=None)
    digits: int = key(
        to_int(1, 32), {"type": "integer", "minimum": 1, "maximum": 32}, "digits in front of the point at least", default=1
    )
    decimals: int | None = key(
        to_int(0, 20), {"type": "integer", "minimum": 0, "maximum": 20}, "digits behind the point, for values that were not read", default=None
    )
    unit: str = _unit()
    if_: Expression | None = if_key()
    optional: bool = _optional()

    def check(self) -> None:
        if self.size is not None and self.end:
            raise SpecError("both size and end", path="end", expected="one of the two")
        if self.padding is not None and self.size is None:
            raise SpecError("padding without a size", path="padding", expected="a size to fill up")
        if self.as_ == "string" and self.digits != 1:
            raise SpecError("digits of a string", path="digits", expected=f"as = {', '.join(FORMS[1:])}")
        if self.as_ != "decimal" and self.decimals is not None:
            raise SpecError("decimals of what has none", path="decimals", expected="as = 'decimal'")
        if self.const is not None and (self.allowed is not None or self.default is not None):
            other = "allowed" if self.allowed is not None else "default"
            raise SpecError(f"both const and {other}", path=other, expected="one of the two")
        for entry, value in [("const", self.const), ("default", self.default), *((f"allowed[{index}]", each) for index, each in enumerate(self.allowed or ()))]:
            if value is not None and isinstance(value, str) != (self.as_ == "string"):
                raise SpecError(f"{shown(value)} beside as = {self.as_}", path=entry, expected="a string" if self.as_ == "string" else "a number")


def _to_types(value: Any) -> FrozenMap[int, ValueType]:
    named = to_entries(value, to_type, "a table of types")
    if not named:
        raise SpecError("no entry", expected="a table of types")
    found = {}
    for entry, kind in named.items():
        if not re.fullmatch(CHOICE_KEY, entry):
            raise SpecError(f"key {entry!r} is no integer", path=entry, expected="a number such as 12 or 0x0C")
        number = int(entry, 16 if "x" in entry.lower() else 10)
        if number in found:
            raise SpecError(f"entry {number} stands twice", path=entry, expected="each once")
        found[number] = kind
    return FrozenMap(found)


CHOICE_KEY = r"-?([0-9]{1,40}|0[xX][0-9A-Fa-f]{1,40})"


@dataclasses.dataclass(frozen=True)
class Choice(Declared):
    """A number whose type an earlier field tells."""

    name: str = key(to_name, NAME_SCHEMA, "the field's name", name="choice")
    by: Expression = key(to_expression, EXPRESSION_SCHEMA, "the expression that picks the type")
    types: FrozenMap[int, ValueType] = key(
        lambda value: value if isinstance(value, FrozenMap) else _to_types(value),
        {"type": "object", "additionalProperties": False, "patternProperties": {f"^{CHOICE_KEY}$": _TYPE}, "minProperties": 1},
        "the types by number",
    )
    unit: str = _unit()
    if_: Expression | None = if_key()
    optional: bool = _optional()


@dataclasses.dataclass(frozen=True)
class Repeat(Declared):
    """Fields that stand several times: `count` times, or to the payload's end. `fields` give a list of tables, `each` one of values."""

    name: str = key(to_name, NAME_SCHEMA, "the list's name", name="repeat")
    fields: tuple[Any, ...] = key(
        lambda value: to_fields(value),
        {"type": "array", "items": {"$ref": "#/$defs/MessageField"}, "minItems": 1},
        "the group",
        default=(),
    )
    each: Any = key(
        lambda value: _to_field(value), {"$ref": "#/$defs/MessageField"}, "the only field, whose values stand in the list", default=None
    )
    count: Expression | None = key(
        to_expression, EXPRESSION_SCHEMA, "how many times; without, to the payload's end", default=None
    )
    if_: Expression | None = if_key()

    optional = False

    def check(self) -> None:
        if bool(self.fields) == (self.each is not None):
            found = "there are both fields and each" if self.fields else "there is neither fields nor each"
            raise SpecError(found, path="each" if self.fields else "", expected="one of the two")
        if isinstance(self.each, (Packed, Repeat, Measure)):
            raise SpecError("each is one number, text or data", path="each", expected="fields = [...] for a group")
        if self.each is not None and self.each.if_ is not None:
            raise SpecError("each has a condition", path="each.if", expected="fields = [...] for a group")

    @property
    def group(self) -> tuple[Any, ...]:
        """The fields that are repeated."""
        return self.fields or (self.each,)


MESSAGE_FIELDS: dict[str, type[Any]] = {
    "repeat": Repeat,
    "bits": Packed,
    "field": Number,
    "length": Measure,
    "data": Octets,
    "text": Text,
    "choice": Choice,
}
"""The key that names a field of a message, and its class."""
_FROM_LAYOUT: dict[type[Any], type[Any]] = {Field: Number, Data: Octets, Length: Measure, Bits: Packed}


def to_fields(value: Any) -> tuple[Any, ...]:
    """The fields of a message: tables as for a layout's `field`, `bits`, `length` and `data`, and `text`, `choice`, `repeat`."""
    if not isinstance(value, (list, tuple)) or not value:
        raise wrong_type(value, "a list of fields")
    if len(value) > MESSAGE_FIELDS_MOST:
        raise SpecError(f"{len(value)} fields", expected=f"at most {MESSAGE_FIELDS_MOST}")
    return to_each(value, _to_field)


def _to_field(value: Any) -> Any:
    if type(value) in _FROM_LAYOUT:
        value = _as_field(value)
    elif not isinstance(value, tuple(MESSAGE_FIELDS.values())):
        if not isinstance(value, Mapping):
            raise wrong_type(value, f"a table with {_NAMED}")
        kind = next((MESSAGE_FIELDS[name] for name in MESSAGE_FIELDS if name in value), None)
        if kind is None:
            near = near_miss(str(next(iter(value))), MESSAGE_FIELDS) if value else None
            raise SpecError("this table is no field", expected=f"one with the key {_NAMED}", near=near)
        value = build(kind, value)
    _check_supported(value)
    return value


_NAMED = f"{', '.join(list(MESSAGE_FIELDS)[:-1])} or {list(MESSAGE_FIELDS)[-1]}"


def _as_field(part: Any) -> Any:
    """A layout's part as the field of a message that says the same."""
    if isinstance(part, Bits):
        if part.length is not None:
            raise SpecError("length is for layouts, not for messages", path="length", expected="a field without it")
        return Packed(part.bits, part.type, part.valid, part.if_)  # type: ignore[arg-type]
    given = {each.name: getattr(part, each.name) for each in dataclasses.fields(part)}
    return _FROM_LAYOUT[type(part)](**given)


def _check_supported(part: Any) -> None:
    """Refuses what means something in a frame only."""
    only = {
        "counter": isinstance(part, Field) and part.counter,
        "blocks": isinstance(part, Data) and part.blocks is not None,
        "size": isinstance(part, Data) and isinstance(part.size, Lookup),
    }
    for name, used in only.items():
        if used:
            found = "a table look-up" if name == "size" else name
            raise SpecError(f"{found} is for layouts, not for messages", path=name, expected="a field without it")


def field_names(part: Any) -> list[str]:
    """The names that a field brings into the message."""
    return [bit.name for bit in part.bits if bit.name != "_"] if isinstance(part, Packed) else [part.name]
