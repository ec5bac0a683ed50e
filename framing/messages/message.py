"""Payload schemas: what the frames of one kind carry, declared in the spec.

A `Message` parses a payload to a `construct.Container` and builds it from a dict.

    >>> point = Message("POINT", [1], [{"field": "x", "type": "i16le", "scale": 0.1, "unit": "m"}, {"bits": ["ok:1", "n:7"], "type": "u8"}])
    >>> point.build({"x": -1.5, "n": 3}).hex(" ")
    'f1 ff 03'
    >>> dict(point.parse(bytes.fromhex("f1 ff 03")))
    {'x': -1.5, 'ok': 0, 'n': 3}
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from framing.errors import EncodeError, FrameError, Reason, SpecError
from framing.messages.checks import check_group, fixed_size, size_of
from framing.messages.fields import MESSAGE_FIELDS_MOST, Packed, Repeat, field_names, to_fields
from framing.messages.groups import Payload
from framing.messages.streams import Unfit
from framing.model.declared import (
    BYTE_SCHEMA,
    EXPRESSION_SCHEMA,
    HEX_SCHEMA,
    LABEL_SCHEMA,
    NAME_SCHEMA,
    Declared,
    key,
    to_byte,
    to_bytes,
    to_each,
    to_expression,
    to_label,
    to_name,
    to_text,
    wrong_type,
)
from framing.model.expressions import Expression

__all__ = ["MESSAGE_FIELDS_MOST", "Message", "Repeat"]

ANY = "?"
"""In a string of a kind: any one character."""


@dataclasses.dataclass(frozen=True)
class Message(Declared):
    """The schema of a payload, for the frames whose `kind` is this one."""

    name: str = key(to_text, {"type": "string", "minLength": 1}, "the message's name")
    kind: tuple[Any, ...] = key(
        lambda value: _to_kind(value),
        {"type": "array", "items": {"type": ["integer", "string"]}},
        "the frame kind; in a string, ? is any one character",
    )
    fields: tuple[Any, ...] = key(
        to_fields, {"type": "array", "items": {"$ref": "#/$defs/MessageField"}, "minItems": 1}, "the payload's fields in order"
    )
    title: str = key(to_text, {"type": "string"}, "the message's name for people", default="")
    format: str | None = key(to_label, LABEL_SCHEMA, "the only format whose frames carry it", default=None)
    if_: Expression | None = key(
        to_expression,
        EXPRESSION_SCHEMA,
        "what must hold of the frame's fields and payload for it to be this message",
        name="if",
        default=None,
    )
    of: str | None = key(to_name, NAME_SCHEMA, "the data part that it is the schema of; else the payload", default=None)
    separator: bytes = key(to_bytes, HEX_SCHEMA, "the bytes between its fields, which are texts then", default=b"")
    cut: int | None = key(
        to_byte, BYTE_SCHEMA, "the byte that senders cut from the payload's end, all but its first byte", default=None
    )

    def check(self) -> None:
        if not self.name:
            raise SpecError("an empty name", path="name", expected="a name such as 'REPORT'")
        try:
            check_group(self.fields, bool(self.separator))
        except SpecError as error:
            raise error.within("fields") from None
        if self.cut is None:
            return
        if self.separator:
            raise SpecError("both separator and cut", path="cut", expected="one of the two")
        varying = next((index for index, each in enumerate(self.fields) if fixed_size(each) is None), None)
        if varying is not None:
            expected = "fields of fixed size, so that one knows what was cut"
            raise SpecError("the size of this field varies", path=f"fields[{varying}]", expected=expected)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of its fields."""
        return tuple(name for each in self.fields for name in field_names(each))

    @cached_property
    def members(self) -> dict[str, Any]:
        """Its fields by name; of bits each member."""
        bits = {bit.name: bit for each in self.fields if isinstance(each, Packed) for bit in each.bits if bit.name != "_"}
        return {name: bits.get(name, each) for each in self.fields for name in field_names(each)}

    def fits(self, kind: tuple[Any, ...]) -> bool:
        """Whether frames of `kind` carry this message."""
        return len(kind) == len(self.kind) and all(map(_same, kind, self.kind))

    @cached_property
    def construct(self) -> Any:
        """The payload as a `construct` object, to parse and build with."""
        return Payload(self.fields, self.separator, self.cut, None if self.cut is None else size_of(self.fields))

    def parse(self, payload: bytes) -> Any:
        """The payload's fields as a Container; bytes behind the last field are left alone.

        Raises `FrameError` with the reason TRUNCATED or FIELD; its offset counts in the payload.
        """
        try:
            return self.construct.parse(payload)
        except Unfit as error:
            reason = Reason.TRUNCATED if error.short else Reason.FIELD
            raise FrameError(reason, len(payload) if error.short else error.place or 0, f"{self.name}: {error}") from None

    def build(self, values: Mapping[str, Any]) -> bytes:
        """The payload with these values. Raises `EncodeError`."""
        try:
            raw: bytes = self.construct.build(values)
        except Unfit as error:
            raise EncodeError(self.name, str(error)) from None
        return raw


def _same(value: Any, stated: Any) -> bool:
    if isinstance(stated, str) and isinstance(value, str) and ANY in stated:
        return len(value) == len(stated) and all(one in (other, ANY) for one, other in zip(stated, value, strict=True))
    return bool(value == stated)


def _to_kind(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise wrong_type(value, "a list of integers and strings")
    return to_each(value, _to_kind_value)


def _to_kind_value(value: Any) -> int | str:
    if not isinstance(value, (int, str)) or isinstance(value, bool):
        raise wrong_type(value, "an integer or a string")
    return value
