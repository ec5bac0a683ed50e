"""How the model declares itself: every key of the spec language is one dataclass field with its meaning beside it.

`key(...)` states a field's name in TOML, its JSON Schema, its sentence of documentation and the function that turns what
was written into what the model holds. Constructors, the TOML loader, the schema and the docs all read the same entry.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from framing.bits import from_digits
from framing.errors import SpecError, near_miss
from framing.model.expressions import RESERVED, Expression, expression
from framing.model.values import ValueType, value_type

Schema = dict[str, Any]
Convert = Callable[[Any], Any]
Hex = str | bytes
"""Bytes, or their hexadecimal digits."""
_K = TypeVar("_K")
_V = TypeVar("_V")


_In = TypeVar("_In", contravariant=True)
_Out = TypeVar("_Out", covariant=True)

if TYPE_CHECKING:

    class Given(Generic[_In, _Out]):
        """The type of a key: what a constructor takes, and what the object then holds."""

        @overload
        def __get__(self, instance: None, owner: type) -> Any: ...
        @overload
        def __get__(self, instance: object, owner: type) -> _Out: ...
        def __get__(self, instance: Any, owner: type) -> Any: ...
        def __set__(self, instance: Any, value: _In) -> None: ...

else:  # only type checkers see the difference; at run time the keys are ordinary dataclass fields
    Given = dict


def key(
    convert: Convert, schema: Schema, doc: str, *, name: str | None = None, default: Any = dataclasses.MISSING
) -> Any:
    """A dataclass field that is a key of the spec language.

    `convert` normalises a given value or raises `SpecError`; a value equal to `default` is left as it is. `name` is the
    key in TOML where it differs from the attribute (`if` is a Python keyword).
    """
    return dataclasses.field(default=default, metadata={"convert": convert, "schema": schema, "doc": doc, "name": name})


@dataclasses.dataclass(frozen=True)
class Key:
    """One key of a declared class, as `keys_of` lists them."""

    attribute: str
    name: str
    schema: Schema
    doc: str
    convert: Convert
    required: bool
    default: Any


def keys_of(declared: type[Any]) -> list[Key]:
    """The keys of a declared class, in order."""
    return [
        Key(
            attribute=field.name,
            name=field.metadata["name"] or field.name,
            schema=field.metadata["schema"],
            doc=field.metadata["doc"],
            convert=field.metadata["convert"],
            required=field.default is dataclasses.MISSING,
            default=field.default,
        )
        for field in dataclasses.fields(declared)
        if "convert" in field.metadata
    ]


class Declared:
    """Base of the model's classes: converts and checks every key on construction."""

    def __post_init__(self) -> None:
        for entry in keys_of(type(self)):
            value = getattr(self, entry.attribute)
            if not entry.required and value is entry.default:
                continue
            try:
                object.__setattr__(self, entry.attribute, entry.convert(value))
            except SpecError as error:
                raise error.within(entry.name) from None
        self.check()

    def check(self) -> None:
        """Raises `SpecError` where keys contradict each other."""


class FrozenMap(Mapping[_K, _V]):
    """A mapping that cannot change, and so can be hashed."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[_K, _V]) -> None:
        self._items = dict(items)

    def __getitem__(self, name: _K) -> _V:
        return self._items[name]

    def __iter__(self) -> Iterator[_K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)


# --- converters: what was written -> what the model holds ------------------------------------------------------------

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NAME_SCHEMA: Schema = {"type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9_]*$"}
HEX_SCHEMA: Schema = {"type": "string", "pattern": r"^(\s*[0-9A-Fa-f]{2})+\s*$|^\s*bits(\s*[01])+\s*$|^\$[A-Za-z_]\w*$"}
BYTE_SCHEMA: Schema = {
    "anyOf": [
        {"type": "string", "pattern": r"^\s*[0-9A-Fa-f]{2}\s*$|^\$[A-Za-z_]\w*$"},
        {"type": "integer", "minimum": 0, "maximum": 255},
    ]
}
LABEL_SCHEMA: Schema = {"type": "string", "pattern": r"^[A-Za-z0-9_-]+$"}
INT_SCHEMA: Schema = {"type": "integer"}
EXPRESSION_SCHEMA: Schema = {"type": ["string", "integer"], "minLength": 1, "maxLength": 500}
SHOWN_MOST = 60
"""Characters of a wrong value that an error message shows."""


def shown(value: Any) -> str:
    """A value for an error message, shortened."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= SHOWN_MOST else f"{text[:SHOWN_MOST]} …"


def wrong_type(value: Any, expected: str) -> SpecError:
    """The error for a value of another type than the key takes."""
    return SpecError(f"{shown(value)} is {_described(value)}", expected=expected)


def _described(value: Any) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a float", str: "a string", list: "an array", dict: "a table"}
    return names.get(type(value), f"of type {type(value).__name__}")


def to_each(value: Any, convert: Callable[[Any], _V]) -> tuple[_V, ...]:
    """Every item of a list converted; an error says which one it is about."""
    found = []
    for index, item in enumerate(value):
        try:
            found.append(convert(item))
        except SpecError as error:
            raise error.within(f"[{index}]") from None
    return tuple(found)


def to_entries(value: Any, convert: Callable[[Any], _V], expected: str) -> FrozenMap[str, _V]:
    """Every value of a table converted; an error says which one it is about."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise wrong_type(value, expected)
    found = {}
    for name, item in value.items():
        try:
            found[name] = convert(item)
        except SpecError as error:
            raise error.within(name) from None
    return FrozenMap(found)


def to_name(value: Any) -> str:
    """A part's name: letters, digits and underscores, no word of the expression language."""
    if not isinstance(value, str):
        raise wrong_type(value, "a name")
    if not NAME.fullmatch(value):
        raise SpecError(f"{shown(value)} is no name", expected="letters, digits and underscores, no digit first")
    if value in RESERVED:
        raise SpecError(f"{value!r} is a word of the expression language", expected="another name")
    return value


def to_label(value: Any) -> str:
    text = to_text(value)
    if not text or not all(c.isalnum() or c in "-_" for c in text) or not text.isascii():
        raise SpecError(f"{shown(value)} is no format name", expected="letters, digits, '-' and '_'")
    return text


def to_text(value: Any) -> str:
    """Free text."""
    if not isinstance(value, str):
        raise wrong_type(value, "a string")
    return value


def to_flag(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise wrong_type(value, "true or false")
    return value


def from_text(text: str) -> bytes:
    """Bytes as specs write them: hex digits, or `bits 0111 1110`, a byte 00 or 01 for each bit. Raises `ValueError`."""
    raw = from_digits(text)
    return bytes.fromhex(text) if raw is None else raw


def to_bytes(value: Any) -> bytes:
    """Bytes, or their hexadecimal digits; at least one."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        raw = bytes(value)
    elif isinstance(value, str):
        try:
            raw = from_text(value)
        except ValueError:
            raise SpecError(f"{shown(value)} is not hexadecimal", expected="pairs of hex digits such as 'B5 62'") from None
    else:
        raise wrong_type(value, "hex digits such as 'B5 62'")
    if not raw:
        raise SpecError("no bytes", expected="at least one byte such as 'B5'")
    return raw


def to_byte(value: Any) -> int:
    """One byte, as hex digits, bytes, or an integer."""
    if isinstance(value, int) and not isinstance(value, bool):
        if 0 <= value <= 0xFF:
            return value
    else:
        raw = to_bytes(value)
        if len(raw) == 1:
            return raw[0]
    raise SpecError(f"{shown(value)} is not one byte", expected="one byte such as '7D'")


def to_alternatives(value: Any) -> tuple[bytes, ...]:
    """One byte string or several."""
    if isinstance(value, (list, tuple)):
        found = to_each(value, to_bytes)
        if not found:
            raise SpecError("no alternative", expected="at least one")
        if len(set(found)) < len(found):
            raise SpecError("the same alternative twice", expected="each once")
        return found
    return (to_bytes(value),)


def to_int(low: int | None = None, high: int | None = None) -> Convert:
    """An integer within limits."""

    def convert(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type(value, "an integer")
        if (low is not None and value < low) or (high is not None and value > high):
            wanted = f"{low} to {high}" if high is not None else f"at least {low}"
            raise SpecError(f"{shown(value)} is out of range", expected=wanted)
        return value

    return convert


def to_number(value: Any) -> int | float:
    """An integer or a float."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise wrong_type(value, "a number")
    if isinstance(value, float) and math.isnan(value):
        raise SpecError("nan equals nothing", expected="a number")
    return value


def to_numbers(value: Any) -> tuple[int | float, ...]:
    """A list of numbers, at least one."""
    if not isinstance(value, (list, tuple)) or not value:
        raise wrong_type(value, "a list of numbers, at least one")
    return to_each(value, to_number)


def to_type(value: Any) -> ValueType:
    """A value type by its name."""
    if isinstance(value, ValueType):
        return value
    if not isinstance(value, str):
        raise wrong_type(value, "a type such as 'u16le'")
    return value_type(value)


def to_expression(value: Any) -> Expression:
    """An expression; a lone integer is one too."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return expression(str(value))
    if not isinstance(value, str):
        raise wrong_type(value, "an integer, or an expression in a string")
    return expression(value)


def to_expressions(value: Any) -> tuple[Expression, ...]:
    """A list of expressions."""
    if not isinstance(value, (list, tuple)):
        raise wrong_type(value, "a list of expressions")
    return to_each(value, to_expression)


def to_declared(declared: type[_V]) -> Callable[[Any], _V]:
    """A table with the keys of a declared class, or an instance of it."""

    def convert(value: Any) -> _V:
        if isinstance(value, declared):
            return value
        if not isinstance(value, Mapping):
            raise wrong_type(value, f"a table with {', '.join(entry.name for entry in keys_of(declared))}")
        return build(declared, value)

    return convert


def build(declared: type[_V], table: Mapping[str, Any]) -> _V:
    """An instance of `declared` from a table of its keys. Unknown and missing keys are `SpecError`s."""
    entries = {entry.name: entry for entry in keys_of(declared)}
    for name in table:
        if name not in entries:
            raise SpecError("unknown key", path=str(name), expected=_one_of(entries), near=near_miss(str(name), entries))
    for name, entry in entries.items():
        if entry.required and name not in table:
            raise missing(entry)
    return declared(**{entries[name].attribute: value for name, value in table.items()})


def missing(entry: Key) -> SpecError:
    """The error for a required key that is not there."""
    return SpecError(f"{entry.name!r} is missing", expected=f"{entry.name} = ..., {entry.doc}")


def _one_of(names: Mapping[str, Any]) -> str:
    return "one of " + ", ".join(names)
