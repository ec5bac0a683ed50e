"""The single fields of messages as `construct` objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import construct

from framing.messages.fields import Choice, Measure, Number, Octets, Packed, Text
from framing.messages.streams import Octet, Unfit, counted, worth
from framing.messages.values import NAMED, Meaning, number_of, spelled
from framing.model.values import BadDigits, ValueType


class Body(construct.Construct):  # type: ignore[misc]
    """A field as a construct. Its values are those that a message has; building gives them back as they will be read."""

    def __init__(self, part: Any, separator: bytes) -> None:
        super().__init__()
        self.part = part
        self.separator = separator
        self.flagbuildnone = True


def read_value(stream: Octet, kind: ValueType) -> Any:
    raw = stream.take(kind.size if kind.size is not None else 1)
    try:
        while kind.size is None and (more := kind.more(raw)):
            raw += stream.take(more)
        return kind.read(raw)
    except BadDigits as error:
        raise Unfit(str(error)) from None


def written_value(kind: ValueType, value: Any) -> bytes:
    try:
        return kind.write(NAMED.get(value, value) if isinstance(value, str) and not kind.integral else value)
    except ValueError as error:
        hint = f"; {kind.limits}" if "out of range" in str(error) else ""
        raise Unfit(f"{error}{hint}") from None


def _raw(meaning: Meaning, value: Any) -> Any:
    try:
        return meaning.raw(value)
    except ValueError as error:
        raise Unfit(str(error)) from None


class _Number(Body):
    def __init__(self, part: Number, separator: bytes) -> None:
        super().__init__(part, separator)
        self.meaning = Meaning(part.enum, part.flags, part.scale)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        raw = read_value(stream, self.part.type)
        self._check(raw, self._equal(context))
        return self.meaning.value(raw)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        part, equal = self.part, self._equal(context)
        raw = None if obj is None else _raw(self.meaning, obj)
        for usual in (part.const, equal, part.default):
            raw = usual if raw is None else raw
        if raw is None:
            raise Unfit("no value is given")
        written = written_value(part.type, raw)
        self._check(raw, equal)
        stream.write(written)
        return self.meaning.value(part.type.read(written))

    def _equal(self, context: Any) -> Any:
        return None if self.part.equals is None else worth(self.part.equals, context)

    def _check(self, raw: Any, equal: Any) -> None:
        if equal is not None and raw != equal:
            raise Unfit(f"{raw!r} where {self.part.equals} is {equal}")
        if not self.part.accepts(raw):
            raise Unfit(f"{raw} is not allowed; {self.part.limits}")


class _Choice(Body):
    def _kind(self, context: Any) -> ValueType:
        by = worth(self.part.by, context)
        kind = self.part.types.get(by)
        if kind is None:
            raise Unfit(f"no type for {by!r}, which {self.part.by} is; known are {', '.join(map(str, self.part.types))}")
        return kind  # type: ignore[no-any-return]

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return read_value(stream, self._kind(context))

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        kind = self._kind(context)
        if obj is None:
            raise Unfit("no value is given")
        raw = written_value(kind, obj)
        stream.write(raw)
        return kind.read(raw)


class _Packed(Body):
    """Gives and takes a mapping of its members."""

    def __init__(self, part: Packed, separator: bytes) -> None:
        super().__init__(part, separator)
        self.meanings = [Meaning(bit.enum, bit.flags, bit.scale) for bit in part.bits]

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        whole = int.from_bytes(stream.take(self.part.size), self.part.order)
        left = 8 * self.part.size
        found = {}
        for bit, meaning in zip(self.part.bits, self.meanings, strict=True):
            left -= bit.width
            raw = whole >> left & (1 << bit.width) - 1
            raw -= 1 << bit.width if raw > bit.highest else 0
            if bit.const is not None and raw != bit.const:
                raise Unfit(f"{bit.name} is {raw}, but always {bit.const}")
            if bit.name != "_":
                found[bit.name] = meaning.value(raw)
        return found

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        whole = 0
        found = {}
        for bit, meaning in zip(self.part.bits, self.meanings, strict=True):
            raw = self._raw_of(bit, meaning, obj.get(bit.name))
            whole = whole << bit.width | raw & (1 << bit.width) - 1
            if bit.name != "_":
                found[bit.name] = meaning.value(raw)
        stream.write(whole.to_bytes(self.part.size, self.part.order))
        return found

    @staticmethod
    def _raw_of(bit: Any, meaning: Meaning, value: Any) -> int:
        usual = bit.const if bit.const is not None else bit.default or 0
        try:
            raw = usual if value is None else _raw(meaning, value)
            if not isinstance(raw, int) or isinstance(raw, bool):
                raise Unfit(f"{raw!r} is not an integer")
            if bit.const is not None and raw != bit.const:
                raise Unfit(f"{raw} is not allowed; {bit.name} is always {bit.const}")
            if not bit.lowest <= raw <= bit.highest:
                raise Unfit(f"{raw} is out of range; {bit.name} is {bit.lowest} to {bit.highest}")
        except Unfit as error:
            error.path_inside = bit.name
            raise
        return raw


class _Octets(Body):
    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        raw = stream.read() if self.part.size is None else stream.take(counted(self.part.size, context))
        self._check(raw)
        return raw

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        raw = octets(obj)
        size = None if self.part.size is None else counted(self.part.size, context)
        if size is not None and len(raw) != size:
            raise Unfit(f"{len(raw)} bytes given, {size} wanted")
        self._check(raw)
        stream.write(raw)
        return raw

    def _check(self, raw: bytes) -> None:
        charset = self.part.charset
        if charset is not None and not charset.bytes.issuperset(raw):
            raise Unfit(f"{raw!r} has bytes that are not allowed; allowed are {charset}")


def octets(value: Any) -> bytes:
    """Bytes, or their hex digits. Raises `Unfit`."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if value is None:
        raise Unfit("no value is given")
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        raise Unfit(f"{value!r} is neither bytes nor hex digits") from None


class _Text(Body):
    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        part = self.part
        raw = stream.text(part, None if part.size is None else counted(part.size, context))
        if part.padding is not None:
            raw = raw.rstrip(bytes([part.padding]))
        value = self._value(raw)
        self._check(value)
        return value

    def _value(self, raw: bytes) -> Any:
        part = self.part
        if part.charset is not None and not part.charset.bytes.issuperset(raw):
            raise Unfit(f"{raw!r} has bytes that are not allowed; allowed are {part.charset}")
        try:
            text = raw.decode(part.encoding)
        except UnicodeDecodeError:
            raise Unfit(f"{raw!r} is no {part.encoding} text") from None
        if part.as_ == "string":
            return text
        try:
            return number_of(text, part.as_, part.digits, part.decimals) if text else "" if part.optional else None
        except ValueError as error:
            raise Unfit(str(error)) from None

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        part = self.part
        for usual in (part.const, part.default):
            obj = usual if obj is None else obj
        raw = self._text_of(obj)
        size = None if part.size is None else counted(part.size, context)
        if part.padding is not None and size is not None:
            if raw.endswith(bytes([part.padding])):
                raise Unfit(f"{obj!r} ends like the padding behind it")
            raw = raw.ljust(size, bytes([part.padding]))
        if size is not None and len(raw) != size:
            raise Unfit(f"{obj!r} takes {len(raw)} bytes, there {'is' if size == 1 else 'are'} {size}")
        end = part.end or self.separator
        if end and end in raw + end[:-1]:
            raise Unfit(f"{obj!r} contains {end.hex(' ').upper()}, which ends it")
        value = self._value(raw if part.padding is None else raw.rstrip(bytes([part.padding])))
        self._check(value)
        stream.write(raw + part.end)
        return value

    def _text_of(self, obj: Any) -> bytes:
        part = self.part
        if obj is None and part.as_ == "string":
            if self.separator:
                return b""
            raise Unfit("no value is given")
        if part.as_ != "string":
            try:
                obj = "" if obj is None or obj == "" else spelled(obj, part.as_, part.digits, part.decimals)
            except ValueError as error:
                raise Unfit(str(error)) from None
        elif not isinstance(obj, str):
            raise Unfit(f"{obj!r} is no string")
        try:
            raw: bytes = obj.encode(part.encoding)
        except UnicodeEncodeError:
            raise Unfit(f"{obj!r} has characters that {part.encoding} lacks") from None
        return raw

    def _check(self, value: Any) -> None:
        part = self.part
        if part.const is not None and value != part.const:
            raise Unfit(f"{value!r} is not allowed; {part.name} is always {part.const!r}")
        if part.allowed is not None and value not in part.allowed:
            raise Unfit(f"{value!r} is not allowed; {part.name} is one of {', '.join(map(repr, part.allowed))}")


BODIES: dict[type[Any], Callable[[Any, bytes], Body]] = {
    Number: _Number,
    Choice: _Choice,
    Packed: _Packed,
    Octets: _Octets,
    Text: _Text,
    Measure: Body,
}
"""The construct of each kind of field but repeats; a length is read and written by its group."""
