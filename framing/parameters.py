"""What the user of a spec supplies: Avro's random marker, a key, a number of bytes.

A spec declares its parameters and writes `"$marker"` where a value stands; an integer may also stand within an expression,
a bit field and a type: `"2 * $count + 1"`, `"id:$width"`, `"u${bits}le"`. Loading puts the values there before the model is
built, so that the model knows nothing of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framing.errors import SpecError, near_miss
from framing.model.declared import (
    NAME_SCHEMA,
    Declared,
    FrozenMap,
    key,
    shown,
    to_bytes,
    to_declared,
    to_int,
    to_name,
    to_text,
    wrong_type,
)

SIZE_MOST = 65_536
"""Bytes of a parameter at most."""
_USE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_WITHIN = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
_MIXED = ("if", "equals", "valid", "size", "by", "value", "bits", "type")
"""The keys whose strings may have parameters among other things; elsewhere a `$` is only itself."""
_TAKEN = ("file",)


@dataclass(frozen=True)
class Parameter(Declared):
    """A value that the user of the spec supplies: `size` bytes, or an integer.

    >>> Parameter(size=2).value("AB CD"), Parameter(type="int").value(7)
    (b'\\xab\\xcd', 7)
    """

    size: int | None = key(
        to_int(1, SIZE_MOST), {"type": "integer", "minimum": 1, "maximum": SIZE_MOST}, "its bytes", default=None
    )
    type: str | None = key(lambda value: _to_kind(value), {"type": "string", "enum": ["int"]}, "int", default=None)
    default: bytes | int | None = key(
        lambda value: value, {"type": ["string", "integer"]}, "its value unless the user gives one", default=None
    )
    title: str = key(to_text, {"type": "string"}, "what it is, for people", default="")

    def check(self) -> None:
        if (self.size is None) == (self.type is None):
            raise SpecError("a parameter is bytes or an integer", expected="either size or type = 'int'")
        if self.default is not None:
            try:
                object.__setattr__(self, "default", self.value(self.default))
            except SpecError as error:
                raise error.within("default") from None

    def value(self, given: Any) -> bytes | int:
        """What `given` is for this parameter: bytes or their hex digits, or an integer. Raises `SpecError`."""
        if self.size is None:
            number: int = to_int()(given)
            return number
        raw = to_bytes(given)
        if len(raw) != self.size:
            raise SpecError(f"{len(raw)} bytes given", expected=f"{self.size} bytes")
        return raw

    def from_text(self, text: str) -> bytes | int:
        """The value that `text` spells, as on a command line: hex digits, or a number such as 12 or 0x0C."""
        if self.size is not None:
            return self.value(text)
        try:
            return int(text, 0)
        except ValueError:
            raise SpecError(f"{shown(text)} is no number", expected="a number such as 12 or 0x0C") from None

    @property
    def wanted(self) -> str:
        """What to give, in words."""
        return "an integer" if self.size is None else f"{self.size} bytes, as bytes or hex digits"


def _to_kind(value: Any) -> str:
    if value != "int":
        raise SpecError(f"unknown type {shown(value)}", expected="'int', or size for bytes")
    return "int"


def to_parameters(value: Any) -> FrozenMap[str, Parameter]:
    """The `parameters` of a spec."""
    if not isinstance(value, Mapping):
        raise wrong_type(value, "a table for each parameter")
    found = {}
    for name, table in value.items():
        try:
            to_name(name)
            if name in _TAKEN:
                raise SpecError(f"{name!r} cannot be given to `parse`", expected="another name")
            found[name] = to_declared(Parameter)(table)
        except SpecError as error:
            raise error.within(str(name)) from None
    return FrozenMap(found)


PARAMETERS_SCHEMA = {
    "type": "object",
    "propertyNames": NAME_SCHEMA,
    "additionalProperties": {"$ref": "#/$defs/Parameter"},
}


def resolved(declared: Mapping[str, Parameter], given: Mapping[str, Any], name: str) -> dict[str, bytes | int]:
    """The value of every declared parameter; `name` is the spec's. Raises `SpecError` for an unknown, missing or unfit one."""
    for word in given:
        if word not in declared:
            expected = f"one of {', '.join(declared)}" if declared else "none, as this spec has no parameters"
            raise SpecError(
                f"unknown parameter {word!r}", path="parameters", expected=expected, near=near_miss(word, declared)
            )
    values: dict[str, bytes | int] = {}
    for word, parameter in declared.items():
        if word in given:
            try:
                values[word] = parameter.value(given[word])
            except SpecError as error:
                raise error.within(f"parameters.{word}") from None
        elif parameter.default is not None:
            values[word] = parameter.default
        else:
            raise SpecError(
                f"parameter {word!r} is not given",
                path=f"parameters.{word}",
                expected=f"load({name!r}, {word}=...) with {parameter.wanted}",
            )
    return values


def filled_in(value: Any, values: Mapping[str, bytes | int], at: str = "") -> Any:
    """`value`, which stands at the key `at`, with its parameters replaced. Raises `SpecError` for an unknown name.

    >>> filled_in({"sync": "$marker", "size": "2 * $n"}, {"marker": b"AB", "n": 3})
    {'sync': b'AB', 'size': '2 * 3'}
    """
    if isinstance(value, str):
        use = _USE.fullmatch(value)
        if use is not None:
            return _known(use[1], values)
        return _WITHIN.sub(lambda found: _number(found[1] or found[2], values), value) if at in _MIXED else value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for name, item in items:
        try:
            found.append((name, filled_in(item, values, at if isinstance(value, list) else str(name))))
        except SpecError as error:
            raise error.within(f"[{name}]" if isinstance(value, list) else str(name)) from None
    if isinstance(value, dict):
        return dict(found)
    return [item for _, item in found] if isinstance(value, list) else value


def _known(name: str, values: Mapping[str, bytes | int]) -> bytes | int:
    if name not in values:
        expected = f"one of {', '.join('$' + each for each in values)}" if values else "a parameter under `parameters`"
        near = near_miss(f"${name}", [f"${each}" for each in values])
        raise SpecError(f"unknown parameter '${name}'", expected=expected, near=near)
    return values[name]


def _number(name: str, values: Mapping[str, bytes | int]) -> str:
    """An integer as it stands among other things."""
    value = _known(name, values)
    if not isinstance(value, int):
        raise SpecError(f"parameter '${name}' is bytes", expected="an integer among other things; bytes stand alone")
    return str(value) if value >= 0 else f"({value})"


def uses(value: Any, at: str = "") -> set[str]:
    """The names of all parameters that stand in `value`, which stands at the key `at`."""
    if isinstance(value, str):
        if at in _MIXED:
            return {found[1] or found[2] for found in _WITHIN.finditer(value)}
        use = _USE.fullmatch(value)
        return {use[1]} if use else set()
    if isinstance(value, dict):
        return set().union(*(uses(item, str(name)) for name, item in value.items()))
    return set().union(*(uses(item, at) for item in value)) if isinstance(value, list) else set()
