"""Groups of fields, and whole payloads, as `construct` objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import construct

from framing.errors import near_miss
from framing.messages.bodies import BODIES, Body, octets, read_value, written_value
from framing.messages.checks import is_open, size_of
from framing.messages.fields import Measure, Number, Octets, Packed, Repeat, Text, field_names
from framing.messages.streams import Chunks, Octet, Separated, Unfit, counted, worth
from framing.model.expressions import Expression


class _Repeat(Body):
    """`tail`: how many texts at the end are not for it."""

    def __init__(self, part: Repeat, separator: bytes, tail: int) -> None:
        super().__init__(part, separator)
        self.tail = tail
        self.item = Group(part.fields, separator) if part.fields else _body(part.each, separator)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found = construct.ListContainer()
        count = None if self.part.count is None else counted(self.part.count, context)
        while len(found) < count if count is not None else stream.left() > self.tail:
            with self._placed(len(found), stream):
                found.append(self.item._parse(stream, context, path))
        return found

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        if obj is None:
            raise Unfit("no value is given")
        if not isinstance(obj, (list, tuple)):
            raise Unfit(f"{obj!r} is no list")
        count = None if self.part.count is None else counted(self.part.count, context)
        if count is not None and len(obj) != count:
            raise Unfit(f"{len(obj)} given, {self.part.count} is {count}")
        found = construct.ListContainer()
        for each in obj:
            with self._placed(len(found), None):
                found.append(self.item._build(each, stream, context, path))
        return found

    @contextmanager
    def _placed(self, index: int, stream: Any) -> Iterator[None]:
        place = stream.place() if stream is not None else None
        try:
            yield
        except Unfit as error:
            error.within(f"[{index}]")
            error.place = place if error.place is None else error.place
            raise


def _body(part: Any, separator: bytes, tail: int = 0) -> Body:
    return _Repeat(part, separator, tail) if isinstance(part, Repeat) else BODIES[type(part)](part, separator)


class Group(construct.Construct):  # type: ignore[misc]
    """Fields one behind the other, as a `Container`; absent ones have the value None."""

    def __init__(self, fields: tuple[Any, ...], separator: bytes = b"") -> None:
        super().__init__()
        self.members = [(part, _body(part, separator, len(fields) - index - 1)) for index, part in enumerate(fields)]
        self.tails = {} if separator else {part.name: size_of(fields[index + 1 :]) for index, part in enumerate(fields) if is_open(part)}
        self.names = [name for part in fields for name in field_names(part)]
        self.measures = {part.of: part for part in fields if isinstance(part, Measure)}
        # Counts that are a field's value can be filled in: that field's name, and the list's or the text's.
        self.told = {part.count.text: part.name for part in fields if isinstance(part, Repeat) and part.count is not None}
        self.told |= {part.size.text: part.name for part in fields if isinstance(part, Octets) and isinstance(part.size, Expression)}

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found = construct.Container()
        names = construct.Container(_=context)
        for part, body in self.members:
            place = stream.place()
            try:
                values = self._values(part, body, stream, names)
                found.update(values)
                names.update(values)
                _check_valid(part, names)
            except Unfit as error:
                _located(error, part, place)
                raise
        return found

    def _values(self, part: Any, body: Body, stream: Any, names: Any) -> dict[str, Any]:
        if (part.optional and not stream.left()) or (part.if_ is not None and not worth(part.if_, names)):
            return dict.fromkeys(field_names(part))
        if isinstance(part, Measure):
            kind: Any = part.type
            value = read_value(stream, kind)
            _check_measure(part, value)
            return {part.name: value}
        measure = self.measures.get(part.name)
        if measure is not None and names[measure.name] is not None:
            size = names[measure.name] * measure.unit + measure.bias
            if size < 0:
                raise Unfit(f"{measure.name} leaves {size} bytes for it")
            place = stream.place()
            stream = Octet(stream.take(size), place)
        elif self.tails.get(part.name):
            place = stream.place()
            stream = Octet(stream.take(max(0, stream.left() - self.tails[part.name])), place)
        value = body._parse(stream, names, "")
        return value if isinstance(part, Packed) else {part.name: value}

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        if not isinstance(obj, Mapping):
            raise Unfit(f"{obj!r} is no table of values")
        self._check_known(obj)
        names = construct.Container(_=context)
        pending: dict[str, int] = {}  # the place in `stream` of each length that is still to be written
        ended = None
        for part, body in self.members:
            given = {name: obj.get(name) for name in field_names(part)}
            if isinstance(part, Text) and not part.optional and part.as_ != "string" and given[part.name] is None and part.name in obj:
                given[part.name] = ""  # read as empty, which is not the same as left out
            if isinstance(part, Number) and given[part.name] is None and part.name in self.told:
                given[part.name] = self._count(obj, self.told[part.name], part)
            try:
                absent = part.if_ is not None and not worth(part.if_, names)
                missing = part.optional and all(value is None for value in given.values())
                if absent or missing or isinstance(part, Measure):
                    if absent and any(value is not None for value in given.values()):
                        raise Unfit(f"a value is given, but {part.if_} does not hold")
                    ended = part.name if missing and not absent else ended
                    names.update(dict.fromkeys(given))
                    if isinstance(part, Measure) and not absent:
                        pending[part.of] = len(stream)
                        stream.write(b"")
                    continue
                if ended is not None:
                    raise Unfit(f"a value is given, but none for {ended!r} in front of it")
                names.update(self._write(part, body, given, stream, names, pending))
                _check_valid(part, names)
            except Unfit as error:
                _located(error, part, None)
                raise
        return construct.Container({name: names[name] for name in self.names})

    def _write(self, part: Any, body: Body, given: dict[str, Any], stream: Chunks, names: Any, pending: dict[str, int]) -> dict[str, Any]:
        begin = len(stream)
        value = body._build(given if isinstance(part, Packed) else given[part.name], stream, names, "")
        made = value if isinstance(part, Packed) else {part.name: value}
        if part.name in pending:
            measure = self.measures[part.name]
            size = sum(map(len, stream[begin:])) - measure.bias
            if size % measure.unit:
                raise Unfit(f"{size + measure.bias} bytes cannot be told by {measure.name}, in units of {measure.unit}")
            kind: Any = measure.type
            stream[pending.pop(part.name)] = written_value(kind, size // measure.unit)
            _check_measure(measure, size // measure.unit)
            made = {measure.name: size // measure.unit, **made}
        return made

    def _count(self, obj: Mapping[str, Any], told: str, part: Number) -> int | None:
        value = obj.get(told)
        if part.scale is not None or part.enum is not None or part.flags is not None or value is None:
            return None
        return len(octets(value)) if isinstance(value, str) else len(value) if isinstance(value, (list, tuple, bytes, bytearray)) else None

    def _check_known(self, obj: Mapping[str, Any]) -> None:
        for name in obj:
            if name not in self.names and not (isinstance(name, str) and name == "_io"):
                near = near_miss(str(name), self.names)
                hint = f"did you mean {near!r}?" if near else f"known are {', '.join(self.names)}"
                raise Unfit(f"unknown field {name!r}; {hint}")


def _check_valid(part: Any, names: Any) -> None:
    used = getattr(part, "valid", None)
    if used is not None and all(names[name] is not None for name in field_names(part)) and not worth(used, names):
        said = ", ".join(f"{name} is {names[name]}" for name in field_names(part))
        raise Unfit(f"{used} does not hold; {said}")


def _check_measure(part: Measure, value: int) -> None:
    kind: Any = part.type
    low = kind.lowest if part.min is None else part.min
    high = kind.highest if part.max is None else part.max
    if low is not None and high is not None and not low <= value <= high:
        raise Unfit(f"{value} is not allowed; {part.name} is {low} to {high}")


def _located(error: Unfit, part: Any, place: int | None) -> None:
    if not (isinstance(part, Packed) and error.path_inside):
        error.within(part.name)
    if error.place is None:
        error.place = place


class Payload(construct.Construct):  # type: ignore[misc]
    """A whole payload: `separator` between its fields, `cut` the byte that its sender cuts from the end, `size` its full size."""

    def __init__(self, fields: tuple[Any, ...], separator: bytes, cut: int | None, size: int | None) -> None:
        super().__init__()
        self.group = Group(fields, separator)
        self.separator = separator
        self.cut = cut
        self.size = size

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        raw = stream.read()
        if self.cut is not None and self.size is not None:
            raw = raw.ljust(self.size, bytes([self.cut]))
        return self.group._parse(Separated(raw, self.separator) if self.separator else Octet(raw), context, path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        chunks = Chunks()
        self.group._build(obj, chunks, context, path)
        raw = self.separator.join(chunks)
        if self.cut is not None:
            raw = raw[:1] + raw[1:].rstrip(bytes([self.cut]))
        construct.stream_write(stream, raw, len(raw), path)
        return obj
