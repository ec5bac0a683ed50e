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
    to_each,
    to_expression,
    to_name,
    to_text,
    wrong_type,
)
from framing.errors import EncodeError, FrameError, Reason, SpecError, near_miss
from framing.expressions import Expression, ExpressionError
from framing.parts import Bits, Checksum, Data, End, Field, Length, Lookup, Part, Sync
from framing.plan import Plan, expressions_of, names_of, static_size
from framing.reading import find_end
from framing.values import ULEB128_MOST, BadDigits, ValueType

MESSAGE_FIELDS_MOST = 512
"""Fields of a message schema, or of one repeated group in it, at most."""
COUNT_MOST = 1 << 31
"""Bytes of a data field, and repetitions of a group, at most."""

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


class _Value(Typed):
    """A field of a message: its limits hold, and it is filled in where they leave no choice."""

    def __init__(self, part: Field) -> None:
        super().__init__(part.type)
        self.part = part
        self.flagbuildnone = any(each is not None for each in (part.const, part.equals, part.default))

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        value = super()._parse(stream, context, path)
        self._check(value, self._equal(context), path)
        return value

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        equal = self._equal(context)
        value = self.part.enum.get(obj, obj) if self.part.enum and isinstance(obj, str) else obj
        for usual in (self.part.const, equal, self.part.default):
            value = usual if value is None else value
        self._check(value, equal, path)
        return super()._build(value, stream, context, path)

    def _equal(self, context: Any) -> Any:
        return None if self.part.equals is None else _evaluated(self.part.equals)(context)

    def _check(self, value: Any, equal: Any, path: str) -> None:
        if equal is not None and value != equal:
            raise construct.ValidationError(f"{value!r} where {self.part.equals} is {equal}", path=path)
        if isinstance(value, (int, float)) and not self.part.accepts(value):
            raise construct.ValidationError(f"{value} is not allowed; {self.part.limits}", path=path)


class _OpenBytes(construct.Construct):  # type: ignore[misc]
    """Bytes up to an end pattern, or to the end of the stream, less the tail of fixed size in front of that."""

    def __init__(self, end: End | None, tail: int) -> None:
        super().__init__()
        self.end = end
        self.tail = tail

    def _parse(self, stream: Any, context: Any, path: str) -> bytes:
        begin = stream.tell()
        rest = stream.read()
        size = len(rest) if self.end is None else find_end(self.end, rest, 0, len(rest))[0]
        size -= self.tail
        stream.seek(begin)
        raw: bytes = construct.stream_read(stream, max(size, 0), path)
        return raw

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        construct.stream_write(stream, obj, len(obj), path)
        return obj


class _ToEnd(construct.Subconstruct):  # type: ignore[misc]
    """A group over and over, up to the end; unlike `construct.GreedyRange`, one that fails is an error."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found = construct.ListContainer()
        while not construct.stream_iseof(stream):
            found.append(self.subcon._parsereport(stream, context, path))
        return found

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        for each in obj:
            self.subcon._build(each, stream, context, path)
        return obj


def _evaluated(used: Expression) -> Callable[[Context], Any]:
    def evaluate(context: Context) -> Any:
        try:
            return used.evaluate(_flat(context))
        except ExpressionError as error:
            raise construct.CheckError(f"{used}: {error}") from None

    return evaluate


def _counted(used: Expression) -> Callable[[Context], int]:
    """A size or a count: a whole number, and none that no payload could have."""
    evaluated = _evaluated(used)

    def count(context: Context) -> int:
        value = evaluated(context)
        if not isinstance(value, int) or value < 0:
            raise construct.CheckError(f"{used} is {value!r}, no number of bytes or times")
        if value > COUNT_MOST:
            raise construct.StreamError(f"{used} is {value}")
        return value

    return count


def _optional(condition: Expression | None, member: Any) -> Any:
    if condition is None:
        return member
    made = construct.If(_evaluated(condition), member)
    made.flagbuildnone = True  # where it is absent, its value need not be given
    return made


def _flat(context: Context) -> dict[str, Any]:
    """The names of this level and of the levels around it, bit members lifted out of their groups."""
    found = _flat(context["_"]) if isinstance(context.get("_"), Mapping) else {}
    for name, value in context.items():
        if isinstance(name, str) and not name.startswith("_"):
            found.update(value if isinstance(value, Mapping) else {name: value})
    return found


def _bits(part: Bits) -> Any:
    members = []
    for bit in part.bits:
        integer = construct.BitsInteger(bit.width)
        member = integer if bit.const is None else construct.Const(bit.const, integer)
        padding = construct.Padding(bit.width) if bit.const is None else member
        members.append(padding if bit.name == "_" else bit.name / member)
    struct = construct.BitStruct(*members)
    return construct.ByteSwapped(struct) if part.type.name.endswith("le") else struct


# --- the layout of a frame -------------------------------------------------------------------------------------------


def construct_of(plan: Plan) -> Any:
    """The unstuffed layout of a plan as a `construct.Struct`; members of `bits` are grouped under the first one's name."""
    members = []
    for index, part in enumerate(plan.parts):
        member = _optional(part.if_, _member(plan, index, part))
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
            return _OpenBytes(stop if isinstance(stop, End) else None, tail)
    blocks = part.blocks
    size = _size(plan, index, part)
    return construct.Bytes(lambda context: blocks.wire(size(context)) if blocks else size(context))


def _size(plan: Plan, index: int, part: Data) -> Callable[[Context], int]:
    if isinstance(part.size, Lookup):
        return _looked_up(plan, part.size)
    if part.size is not None:
        return _counted(part.size)
    equation = next(each for each in plan.equations if each.sizes == index)
    others = [k for k in range(equation.first, equation.last + 1) if k != index]

    def size(context: Context) -> int:
        names = _flat(context)
        known = sum(_present_size(plan, k, names, context) for k in others)
        return int(names[equation.name]) * equation.unit + equation.bias - known

    return size


def _looked_up(plan: Plan, lookup: Lookup) -> Callable[[Context], int]:
    table, by = plan.tables[lookup.table], _evaluated(lookup.by)

    def size(context: Context) -> int:
        try:
            return table[by(context)]
        except KeyError as error:
            raise construct.MappingError(f"table {lookup.table} has no entry {error.args[0]}") from None

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
    return [_message_member(part), _optional(part.if_, construct.Check(_evaluated(part.valid)))]


def _message_member(part: Field | Bits | Data | Repeat) -> Any:
    if isinstance(part, Repeat):
        group = _struct(part.fields)
        body = _ToEnd(group) if part.count is None else construct.Array(_counted(part.count), group)
        return part.name / body
    member: Any
    if isinstance(part, Bits):
        member = _bits(part)
    elif isinstance(part, Data):
        member = construct.Bytes(_counted(part.size)) if isinstance(part.size, Expression) else construct.GreedyBytes
        if part.charset is not None:
            member = construct.ExprValidator(member, lambda raw, _, allowed=part.charset.bytes: allowed.issuperset(raw))
    else:
        member = _Value(part)
    return part.name / _optional(part.if_, member)
