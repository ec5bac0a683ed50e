"""Layouts and payloads as `construct` objects.

`construct_of` gives a frame's unstuffed layout as a `construct.Struct`. A `Message` is the schema of a payload, declared in
the spec for frames of one kind; it parses to a `construct.Container` and builds from a dict.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import construct

from framing.declared import (
    EXPRESSION_SCHEMA,
    NAME_SCHEMA,
    Declared,
    build,
    key,
    to_expression,
    to_name,
    to_text,
    wrong_type,
)
from framing.errors import EncodeError, FrameError, Reason, SpecError
from framing.expressions import Expression, ExpressionError
from framing.parts import Bits, Checksum, Data, End, Field, Length, Lookup, Part, Sync
from framing.plan import Plan, static_size
from framing.reading import find_end
from framing.values import ULEB128_MOST, BadDigits, ValueType

MESSAGE_FIELDS_MOST = 512
"""Fields of one message schema at most, those of repeated groups included."""

Context = Mapping[str, Any]


class Typed(construct.Construct):  # type: ignore[misc]
    """A value type as a construct."""

    def __init__(self, value_type: ValueType) -> None:
        super().__init__()
        self.value_type = value_type

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        size = self.value_type.size
        if size is not None:
            raw = construct.stream_read(stream, size, path)
        else:
            raw = construct.stream_read(stream, 1, path)
            while raw[-1] & 0x80 and len(raw) < ULEB128_MOST:
                raw += construct.stream_read(stream, 1, path)
        try:
            return self.value_type.read(raw)
        except BadDigits as error:
            raise construct.ValidationError(str(error), path=path) from None

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        try:
            raw = self.value_type.write(obj)
        except ValueError as error:
            raise construct.FormatFieldError(str(error), path=path) from None
        construct.stream_write(stream, raw, len(raw), path)
        return obj

    def _sizeof(self, context: Any, path: str) -> int:
        if self.value_type.size is None:
            raise construct.SizeofError("uleb128 has no fixed size", path=path)
        return self.value_type.size


class _OpenBytes(construct.Construct):  # type: ignore[misc]
    """Bytes up to an end pattern, or to the end of the stream, less the tail of fixed size in front of that."""

    def __init__(self, end: End | None, tail: Callable[[Any], int]) -> None:
        super().__init__()
        self.end = end
        self.tail = tail

    def _parse(self, stream: Any, context: Any, path: str) -> bytes:
        begin = stream.tell()
        rest = stream.read()
        size = len(rest) if self.end is None else find_end(self.end, rest, 0, len(rest))[0]
        size -= self.tail(context)
        stream.seek(begin)
        raw: bytes = construct.stream_read(stream, max(size, 0), path)
        return raw

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        construct.stream_write(stream, obj, len(obj), path)
        return obj


def _evaluated(used: Expression) -> Callable[[Context], Any]:
    def evaluate(context: Context) -> Any:
        try:
            return used.evaluate(_flat(context))
        except ExpressionError as error:
            raise construct.CheckError(f"{used}: {error}") from None

    return evaluate


def _flat(context: Context) -> dict[str, Any]:
    """The names of this level and of the levels around it, bit members lifted out of their groups."""
    found = _flat(context["_"]) if isinstance(context.get("_"), Mapping) else {}
    for name, value in context.items():
        if isinstance(name, str) and not name.startswith("_"):
            found.update(value if isinstance(value, Mapping) else {name: value})
    return found


def _bits(part: Bits) -> Any:
    members = [
        construct.Padding(bit.width) if bit.name == "_" and not bit.const
        else construct.Const(bit.const, construct.BitsInteger(bit.width)) if bit.name == "_"
        else bit.name / construct.BitsInteger(bit.width)
        for bit in part.bits
    ]
    struct = construct.BitStruct(*members)
    return construct.ByteSwapped(struct) if part.type.name.endswith("le") else struct


# --- the layout of a frame -------------------------------------------------------------------------------------------


def construct_of(plan: Plan) -> Any:
    """The unstuffed layout of a plan as a `construct.Struct`; members of `bits` are grouped under the first one's name."""
    members = []
    for index, part in enumerate(plan.parts):
        member = _member(plan, index, part)
        if part.if_ is not None:
            member = construct.If(_evaluated(part.if_), member)
        label = f"{part.name}_{index}" if plan.labels.get(part.name) != index else part.name
        members.append(label / member)
    return construct.Struct(*members)


def _member(plan: Plan, index: int, part: Part) -> Any:
    match part:
        case Sync():
            return _constant(part.sync if part.pattern.exact else (), part.pattern.shortest)
        case End():
            return _constant(part.longest_first, 0)
        case Bits():
            return _bits(part)
        case Field(const=const) if const is not None:
            return construct.Const(const, Typed(part.type))
        case Field() | Length() | Checksum():
            return Typed(part.type)
        case Data():
            return _data(plan, index, part)


def _constant(alternatives: tuple[bytes, ...], size: int) -> Any:
    if not alternatives:
        return construct.Bytes(size)
    constants = [construct.Const(each) for each in alternatives]
    return constants[0] if len(constants) == 1 else construct.Select(*constants)


def _data(plan: Plan, index: int, part: Data) -> Any:
    for each in plan.opens:
        if each.data == index:
            stop = plan.parts[each.stop] if each.stop is not None else None
            tail = sum(plan.sizes[k][1] or 0 for k in each.tail)
            return _OpenBytes(stop if isinstance(stop, End) else None, lambda _: tail)
    blocks = part.blocks
    size = _size(plan, index, part)
    return construct.Bytes(lambda context: blocks.wire(size(context)) if blocks else size(context))


def _size(plan: Plan, index: int, part: Data) -> Callable[[Context], int]:
    if isinstance(part.size, Lookup):
        table, by = plan.tables[part.size.table], _evaluated(part.size.by)
        return lambda context: table[by(context)]
    if part.size is not None:
        return _evaluated(part.size)
    equation = next(each for each in plan.equations if each.sizes == index)
    others = [k for k in range(equation.first, equation.last + 1) if k != index]

    def size(context: Context) -> int:
        names = _flat(context)
        known = sum(_present_size(plan, k, names, context) for k in others)
        return int(names[equation.name]) * equation.unit + equation.bias - known

    return size


def _present_size(plan: Plan, index: int, names: Context, context: Context) -> int:
    part = plan.parts[index]
    if part.if_ is not None and not part.if_.evaluate(names):
        return 0
    fixed = static_size(part)
    if fixed is not None:
        return fixed
    return _size(plan, index, part)(context) if isinstance(part, Data) else len(part.type.write(names[part.name]))  # type: ignore[union-attr]


# --- payload schemas -------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Repeat(Declared):
    """A group of fields that stands several times: `count` times, or to the payload's end."""

    name: str = key(to_name, NAME_SCHEMA, "the list's name", name="repeat")
    fields: tuple[Any, ...] = key(
        lambda value: to_fields(value), {"type": "array", "items": {"$ref": "#/$defs/MessageField"}, "minItems": 1}, "the group"
    )
    count: Expression | None = key(to_expression, EXPRESSION_SCHEMA, "how many times", default=None)


def to_fields(value: Any) -> tuple[Any, ...]:
    """The fields of a message: tables as for a layout's `field`, `bits` and `data`, and `repeat`."""
    if not isinstance(value, (list, tuple)) or not value:
        raise wrong_type(value, "a list of fields")
    if len(value) > MESSAGE_FIELDS_MOST:
        raise SpecError(f"{len(value)} fields", expected=f"at most {MESSAGE_FIELDS_MOST}")
    kinds: dict[str, type[Any]] = {"repeat": Repeat, "bits": Bits, "field": Field, "data": Data}
    fields = []
    for index, item in enumerate(value):
        if isinstance(item, (Repeat, Bits, Field, Data)):
            fields.append(item)
            continue
        kind = next((kinds[name] for name in kinds if isinstance(item, Mapping) and name in item), None)
        if kind is None:
            raise SpecError(f"{item!r} is no field", path=f"[{index}]", expected="a table with field, bits, data or repeat")
        try:
            fields.append(build(kind, item))
        except SpecError as error:
            raise error.within(f"[{index}]") from None
    return tuple(fields)


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
        object.__setattr__(self, "_struct", _struct(self.fields))

    def fits(self, kind: tuple[Any, ...]) -> bool:
        """Whether frames of `kind` carry this message."""
        return kind == self.kind

    def parse(self, payload: bytes) -> Any:
        """The payload's fields as a Container; bytes behind the last field are left alone. Raises `FrameError`."""
        try:
            return self._struct.parse(payload)  # type: ignore[attr-defined]
        except construct.StreamError as error:
            raise FrameError(Reason.TRUNCATED, len(payload), f"{self.name}: {error.path}: the payload is too short") from None
        except construct.ConstructError as error:
            raise FrameError(Reason.FIELD, 0, f"{self.name}: {error}") from None

    def build(self, values: Mapping[str, Any]) -> bytes:
        """The payload with these values. Raises `EncodeError`."""
        try:
            raw: bytes = self._struct.build(dict(values))  # type: ignore[attr-defined]
        except construct.ConstructError as error:
            raise EncodeError(self.name, str(error).splitlines()[0]) from None
        except KeyError as error:
            raise EncodeError(self.name, f"no value for {error.args[0]!r}") from None
        return raw


def _to_kind(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, (int, str)) for item in value):
        raise wrong_type(value, "a list of numbers or strings")
    return tuple(value)


def _struct(fields: tuple[Any, ...]) -> Any:
    return construct.Struct(*(_message_member(each) for each in fields))


def _message_member(part: Field | Bits | Data | Repeat) -> Any:
    if isinstance(part, Repeat):
        group = _struct(part.fields)
        body = construct.GreedyRange(group) if part.count is None else construct.Array(_evaluated(part.count), group)
        return part.name / body
    member: Any
    if isinstance(part, Bits):
        member = _bits(part)
    elif isinstance(part, Data):
        if isinstance(part.size, Lookup):
            raise SpecError(f"{part.name!r} in a message has its size in a table", path="size", expected="an expression")
        member = construct.GreedyBytes if part.size is None else construct.Bytes(_evaluated(part.size))
    else:
        member = construct.Const(part.const, Typed(part.type)) if part.const is not None else Typed(part.type)
        if part.default is not None:
            member = construct.Default(member, part.default)
    if part.if_ is not None:
        member = construct.If(_evaluated(part.if_), member)
    return part.name / member
