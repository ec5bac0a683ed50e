"""Layouts as `construct` objects, and expressions as constructs know them.

`construct_of` gives a frame's unstuffed layout as a `construct.Struct`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import construct

from framing.model.checks import BitsChecksum, Checksum
from framing.model.data import Data
from framing.model.expressions import Expression, ExpressionError
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.traits import static_size
from framing.model.values import BadDigits, ValueType
from framing.plan import Plan
from framing.reading.reader import find_end

COUNT_MOST = 1 << 31
"""Bytes of a data field, and repetitions of a group, at most."""

Context = Mapping[str, Any]
Tables = Mapping[str, Mapping[int, int]]


class Typed(construct.Construct):  # type: ignore[misc]
    """A value type as a construct."""

    def __init__(self, value_type: ValueType) -> None:
        super().__init__()
        self.value_type = value_type

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        size = self.value_type.size
        raw = construct.stream_read(stream, size, path) if size is not None else construct.stream_read(stream, 1, path)
        try:
            while size is None and (more := self.value_type.more(raw)):
                raw += construct.stream_read(stream, more, path)
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
            raise construct.SizeofError(f"{self.value_type.name} has no fixed size", path=path)
        return self.value_type.size


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


def evaluated(used: Expression, tables: Tables = MappingProxyType({})) -> Callable[[Context], Any]:
    def evaluate(context: Context) -> Any:
        try:
            return used.evaluate({**tables, **_flat(context)})
        except ExpressionError as error:
            raise construct.CheckError(f"{used}: {error}") from None

    return evaluate


def counted(used: Expression, tables: Tables = MappingProxyType({})) -> Callable[[Context], int]:
    """A size or a count: a whole number, and none that no payload could have."""
    value_in = evaluated(used, tables)

    def count(context: Context) -> int:
        value = value_in(context)
        if not isinstance(value, int) or value < 0:
            raise construct.CheckError(f"{used} is {value!r}, no number of bytes or times")
        if value > COUNT_MOST:
            raise construct.StreamError(f"{used} is {value}")
        return value

    return count


def optional(condition: Expression | None, member: Any, tables: Tables = MappingProxyType({})) -> Any:
    if condition is None:
        return member
    made = construct.If(evaluated(condition, tables), member)
    made.flagbuildnone = True  # where it is absent, its value need not be given
    return made


def _flat(context: Context) -> dict[str, Any]:
    """The names of this level and of the levels around it, bit members lifted out of their groups."""
    found = _flat(context["_"]) if isinstance(context.get("_"), Mapping) else {}
    for name, value in context.items():
        if isinstance(name, str) and not name.startswith("_"):
            found.update(value if isinstance(value, Mapping) else {name: value})
    return found


def bits_of(part: Bits) -> Any:
    members = []
    for bit in part.bits:
        integer = construct.BitsInteger(bit.width)
        member = integer if bit.const is None else construct.Const(bit.const, integer)
        padding = construct.Padding(bit.width) if bit.const is None else member
        members.append(padding if bit.name == "_" else bit.name / member)
    struct = construct.BitStruct(*members)
    return construct.ByteSwapped(struct) if part.type.name.endswith("le") else struct


def construct_of(plan: Plan) -> Any:
    """The unstuffed layout of a plan as a `construct.Struct`; members of `bits` are grouped under the first one's name."""
    members = []
    for index, part in enumerate(plan.parts):
        member = optional(part.if_, _member(plan, index, part), plan.scope)
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
            return bits_of(part)
        case Field(const=const) if const is not None:
            return construct.Const(const, Typed(part.type))
        case BitsChecksum():
            return construct.Pass
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
            behind = range(plan.area[1] + 1, len(plan.parts)) if plan.area is not None and plan.wired is not None else ()
            tail = sum(plan.sizes[k][1] or 0 for k in (*each.tail, *behind))
            return _OpenBytes(stop if isinstance(stop, End) else None, tail)
    blocks = part.blocks
    size = _size(plan, index, part)
    return construct.Bytes(lambda context: blocks.wire(size(context)) if blocks else size(context))


def _size(plan: Plan, index: int, part: Data) -> Callable[[Context], int]:
    if isinstance(part.size, Lookup):
        return _looked_up(plan, part.size)
    if part.size is not None:
        return counted(part.size, plan.scope)
    equation = next(each for each in plan.equations if each.sizes == index)
    others = [k for k in range(equation.first, equation.last + 1) if k != index]

    def size(context: Context) -> int:
        names = _flat(context)
        known = sum(_present_size(plan, k, names, context) for k in others)
        return int(names[equation.name]) * equation.unit + equation.bias - known

    return size


def _looked_up(plan: Plan, lookup: Lookup) -> Callable[[Context], int]:
    table, by = plan.tables[lookup.table], evaluated(lookup.by, plan.scope)

    def size(context: Context) -> int:
        try:
            return table[by(context)]
        except KeyError as error:
            raise construct.MappingError(f"table {lookup.table} has no entry {error.args[0]}") from None

    return size


def _present_size(plan: Plan, index: int, names: Context, context: Context) -> int:
    part = plan.parts[index]
    if part.if_ is not None and not part.if_.evaluate({**plan.scope, **names}):
        return 0
    fixed = static_size(part)
    if fixed is not None:
        return fixed
    return _size(plan, index, part)(context) if isinstance(part, Data) else len(part.type.write(names[part.name]))  # type: ignore[union-attr]
