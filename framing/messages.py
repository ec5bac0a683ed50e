"""Payload schemas: what the frames of one kind carry, declared in the spec.

A `Message` parses a payload to a `construct.Container` and builds it from a dict.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import construct

from framing.constructs import CheckedValue, ToEnd, bits_of, counted, evaluated, optional
from framing.declared import (
    EXPRESSION_SCHEMA,
    NAME_SCHEMA,
    Declared,
    build,
    key,
    to_each,
    to_expression,
    to_name,
    to_text,
    wrong_type,
)
from framing.errors import EncodeError, FrameError, Reason, SpecError, near_miss
from framing.expressions import Expression
from framing.parts import Bits, Data, Field, Lookup
from framing.traits import expressions_of, names_of, static_size

MESSAGE_FIELDS_MOST = 512
"""Fields of a message schema, or of one repeated group in it, at most."""







@dataclasses.dataclass(frozen=True)
class Repeat(Declared):
    """A group of fields that stands several times: `count` times, or to the payload's end."""

    name: str = key(to_name, NAME_SCHEMA, "the list's name", name="repeat")
    fields: tuple[Any, ...] = key(
        lambda value: to_fields(value), {"type": "array", "items": {"$ref": "#/$defs/MessageField"}, "minItems": 1}, "the group"
    )
    count: Expression | None = key(
        to_expression, EXPRESSION_SCHEMA, "how many times; without, to the payload's end", default=None
    )

    def check(self) -> None:
        if not any(_never_empty(each) for each in self.fields):
            raise SpecError("the group could be empty", path="fields", expected="a field that always takes a byte")


def to_fields(value: Any) -> tuple[Any, ...]:
    """The fields of a message: tables as for a layout's `field`, `bits` and `data`, and `repeat`."""
    if not isinstance(value, (list, tuple)) or not value:
        raise wrong_type(value, "a list of fields")
    if len(value) > MESSAGE_FIELDS_MOST:
        raise SpecError(f"{len(value)} fields", expected=f"at most {MESSAGE_FIELDS_MOST}")
    return to_each(value, _to_field)


def _to_field(value: Any) -> Any:
    kinds: dict[str, type[Any]] = {"repeat": Repeat, "bits": Bits, "field": Field, "data": Data}
    if not isinstance(value, tuple(kinds.values())):
        if not isinstance(value, Mapping):
            raise wrong_type(value, "a table with field, bits, data or repeat")
        kind = next((kinds[name] for name in kinds if name in value), None)
        if kind is None:
            near = near_miss(str(next(iter(value))), kinds) if value else None
            raise SpecError("this table is no field", expected="one with the key field, bits, data or repeat", near=near)
        value = build(kind, value)
    _check_supported(value)
    return value


def _check_supported(part: Any) -> None:
    """Refuses what means something in a frame only."""
    only = {
        "counter": isinstance(part, Field) and part.counter,
        "length": isinstance(part, Bits) and part.length is not None,
        "blocks": isinstance(part, Data) and part.blocks is not None,
        "size": isinstance(part, Data) and isinstance(part.size, Lookup),
    }
    for name, used in only.items():
        if used:
            found = "a table look-up" if name == "size" else name
            raise SpecError(f"{found} is for layouts, not for messages", path=name, expected="a field without it")


def _never_empty(part: Any) -> bool:
    if isinstance(part, Repeat) or part.if_ is not None:
        return False
    return not isinstance(part, Data) or (static_size(part) or 0) > 0


def _check_group(fields: tuple[Any, ...], around: frozenset[str], inner: bool = False) -> None:
    """Each name once in a group, expressions of names that stand before them, and an end to everything but the last."""
    own: set[str] = set()
    for index, part in enumerate(fields):
        endless = part.count is None if isinstance(part, Repeat) else isinstance(part, Data) and part.size is None
        if endless and (inner or index + 1 < len(fields)):
            expected = f"a {'count' if isinstance(part, Repeat) else 'size'}, or the last place in the message"
            raise SpecError(f"nothing tells where {part.name!r} ends", path=f"[{index}]", expected=expected)
        used = {"count": part.count} if isinstance(part, Repeat) else dict(expressions_of(part))
        for entry, each in used.items():
            before = own | around | (set(names_of(part)) if entry == "valid" else set())
            for name in sorted(each.names - before if each else ()):
                known = sorted(before)
                expected = f"one of {', '.join(known)}" if known else "names of earlier fields, and there are none"
                near = near_miss(name, known)
                raise SpecError(f"unknown field {name!r}", path=f"[{index}].{entry}", expected=expected, near=near)
        names = [part.name] if isinstance(part, Repeat) else names_of(part)
        for name in names:
            if name in own:
                raise SpecError(f"{name!r} stands twice", path=f"[{index}]", expected="each name once")
        if isinstance(part, Repeat):
            try:
                _check_group(part.fields, around | own, inner=True)
            except SpecError as error:
                raise error.within("fields").within(f"[{index}]") from None
        own |= set(names)


@dataclasses.dataclass(frozen=True)
class Message(Declared):
    """The schema of a payload, for the frames whose `kind` is this one."""

    name: str = key(to_text, {"type": "string", "minLength": 1}, "the message's name")
    kind: tuple[Any, ...] = key(
        lambda value: _to_kind(value), {"type": "array", "items": {"type": ["integer", "string"]}}, "the frame kind"
    )
    fields: tuple[Any, ...] = key(
        to_fields, {"type": "array", "items": {"$ref": "#/$defs/MessageField"}, "minItems": 1}, "the payload's fields in order"
    )

    def check(self) -> None:
        try:
            _check_group(self.fields, frozenset())
        except SpecError as error:
            raise error.within("fields") from None
        object.__setattr__(self, "_struct", _struct(self.fields))

    def fits(self, kind: tuple[Any, ...]) -> bool:
        """Whether frames of `kind` carry this message."""
        return kind == self.kind

    def parse(self, payload: bytes) -> Any:
        """The payload's fields as a Container; bytes behind the last field are left alone. Raises `FrameError`."""
        try:
            return self._struct.parse(payload)  # type: ignore[attr-defined]
        except construct.StreamError as error:
            place = _told(error).partition(": ")[0]
            raise FrameError(Reason.TRUNCATED, len(payload), f"{self.name}: {place}: the payload is too short") from None
        except construct.ConstructError as error:
            raise FrameError(Reason.FIELD, 0, f"{self.name}: {_told(error)}") from None

    def build(self, values: Mapping[str, Any]) -> bytes:
        """The payload with these values. Raises `EncodeError`."""
        known = [part.name for part in self.fields]
        for name in values:
            if name not in known:
                near = near_miss(name, known)
                hint = f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
                raise EncodeError(self.name, f"unknown field {name!r}", hint)
        try:
            raw: bytes = self._struct.build(dict(values))  # type: ignore[attr-defined]
        except construct.ConstructError as error:
            raise EncodeError(self.name, _told(error)) from None
        except KeyError as error:
            raise EncodeError(self.name, f"no value for {error.args[0]!r}") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise EncodeError(self.name, f"a value of the wrong type: {error}") from None
        return raw


def _told(error: construct.ConstructError) -> str:
    """The error on one line: the field's path and what is wrong with it."""
    place, _, message = str(error).partition("\n")
    path = place.partition(" -> ")[2].replace(" -> ", ".")
    text = " ".join((message or place).split())
    return f"{path}: {text}" if path else text


def _to_kind(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise wrong_type(value, "a list of integers and strings")
    return to_each(value, _to_kind_value)


def _to_kind_value(value: Any) -> int | str:
    if not isinstance(value, (int, str)) or isinstance(value, bool):
        raise wrong_type(value, "an integer or a string")
    return value


def _struct(fields: tuple[Any, ...]) -> Any:
    return construct.Struct(*(member for each in fields for member in _message_members(each)))


def _message_members(part: Field | Bits | Data | Repeat) -> list[Any]:
    if isinstance(part, (Repeat, Data)) or part.valid is None:
        return [_message_member(part)]
    return [_message_member(part), optional(part.if_, construct.Check(evaluated(part.valid)))]


def _message_member(part: Field | Bits | Data | Repeat) -> Any:
    if isinstance(part, Repeat):
        group = _struct(part.fields)
        body = ToEnd(group) if part.count is None else construct.Array(counted(part.count), group)
        return part.name / body
    member: Any
    if isinstance(part, Bits):
        member = bits_of(part)
    elif isinstance(part, Data):
        member = construct.Bytes(counted(part.size)) if isinstance(part.size, Expression) else construct.GreedyBytes
        if part.charset is not None:
            member = construct.ExprValidator(member, lambda raw, _, allowed=part.charset.bytes: allowed.issuperset(raw))
    else:
        member = CheckedValue(part)
    return part.name / optional(part.if_, member)
