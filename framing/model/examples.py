"""Frames that a spec brings along: examples, known to be valid, and counterexamples, with the reason that they are not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from framing.errors import Reason, SpecError, near_miss
from framing.model.declared import (
    LABEL_SCHEMA,
    Declared,
    FrozenMap,
    Given,
    Hex,
    Schema,
    from_text,
    key,
    shown,
    to_flag,
    to_label,
    to_text,
    wrong_type,
)

RAW_SCHEMA: Schema = {"type": "string", "pattern": r"^(\s*[0-9A-Fa-f]{2})*\s*$|^\s*bits(\s*[01])+\s*$"}
BYTES_AS_TEXT_SCHEMA: Schema = {"type": "string", "pattern": r"^[\u0000-\u00ff]*$"}


@dataclasses.dataclass(frozen=True)
class Example(Declared):
    """A frame that is known to be valid, and what it holds; `framing check` decodes and encodes it."""

    source: str = key(to_text, {"type": "string", "minLength": 1}, "where this frame is published, or what made it")
    hex: Given[Hex | None, bytes | None] = key(lambda value: _to_raw(value), RAW_SCHEMA, "the frame in hex digits", default=None)
    text: str | None = key(to_text, BYTES_AS_TEXT_SCHEMA, "the frame as ASCII text", default=None)
    format: str | None = key(to_label, LABEL_SCHEMA, "the format, where there are several", default=None)
    fields: Given[Mapping[str, Any], FrozenMap[str, Any]] = key(
        lambda value: _to_values(value), {"type": "object"}, "fields that it must have", default=FrozenMap({})
    )
    payload: Given[Hex | None, bytes | None] = key(lambda value: _to_raw(value), RAW_SCHEMA, "its payload in hex digits", default=None)
    message: Given[Mapping[str, Any] | None, FrozenMap[str, Any] | None] = key(
        lambda value: _to_values(value), {"type": "object"}, "fields that its message must have", default=None
    )
    parameters: Given[Mapping[str, Any], FrozenMap[str, Any]] = key(
        lambda value: _to_values(value), {"type": "object"}, "the protocol's parameters", default=FrozenMap({})
    )
    encode: bool = key(to_flag, {"type": "boolean"}, "whether our encoder writes the same bytes", default=True)
    hand_built: bool = key(to_flag, {"type": "boolean"}, "built by hand from the field table", default=False)

    def check(self) -> None:
        _one_of_hex_and_text(self)

    @property
    def raw(self) -> bytes:
        """The frame's bytes."""
        return self.hex if self.hex is not None else (self.text or "").encode("latin-1")


@dataclasses.dataclass(frozen=True)
class Counterexample(Declared):
    """Bytes that are not a valid frame, and why: `reason` as `Protocol.decode` reports it."""

    reason: Given[Reason | str, Reason] = key(
        lambda value: _to_reason(value), {"type": "string", "enum": [each.value for each in Reason]}, "as `decode` reports it"
    )
    hex: Given[Hex | None, bytes | None] = key(lambda value: _to_raw(value), RAW_SCHEMA, "the bytes in hex digits", default=None)
    text: str | None = key(to_text, BYTES_AS_TEXT_SCHEMA, "the bytes as ASCII text", default=None)
    format: str | None = key(to_label, LABEL_SCHEMA, "the format whose reason it is, where there are several; no other may accept it either", default=None)
    title: str = key(to_text, {"type": "string"}, "what is wrong with it", default="")
    source: str = key(to_text, {"type": "string"}, "where it comes from", default="")
    parameters: Given[Mapping[str, Any], FrozenMap[str, Any]] = key(
        lambda value: _to_values(value), {"type": "object"}, "the protocol's parameters", default=FrozenMap({})
    )

    def check(self) -> None:
        _one_of_hex_and_text(self)

    @property
    def raw(self) -> bytes:
        """The bytes."""
        return self.hex if self.hex is not None else (self.text or "").encode("latin-1")


def _one_of_hex_and_text(given: Example | Counterexample) -> None:
    if (given.hex is None) == (given.text is None):
        found = "there is neither hex nor text" if given.hex is None else "there are both hex and text"
        raise SpecError(found, expected="one of the two")
    if given.text is not None and any(ord(c) > 255 for c in given.text):
        raise SpecError("text holds characters that are no bytes", path="text", expected="hex for those")


def _to_raw(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return from_text(to_text(value))
    except ValueError:
        raise SpecError(f"{shown(value)} is not hexadecimal", expected="pairs of hex digits such as 'B5 62'") from None


def _to_values(value: Any) -> FrozenMap[str, Any]:
    if not isinstance(value, Mapping):
        raise wrong_type(value, "a table of values")
    return FrozenMap({name: _frozen(item) for name, item in value.items()})


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return FrozenMap({name: _frozen(item) for name, item in value.items()})
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


def _to_reason(value: Any) -> Reason:
    try:
        return Reason(value)
    except ValueError:
        names = [each.value for each in Reason]
        near = near_miss(str(value), names)
        raise SpecError(f"unknown reason {value!r}", expected=", ".join(names), near=near) from None
