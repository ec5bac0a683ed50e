"""A protocol: the frame formats that belong together on a stream.

    >>> from framing.model.data import Data
    >>> from framing.model.numbers import Length
    >>> from framing.model.patterns import Sync
    >>> toy = FrameFormat("toy", [Sync("AA"), Length("n", "u8", of="payload"), Data("payload")])
    >>> print(Protocol("toys", [toy]))
    toys: AA, n u8, payload; 2 to 257 bytes
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from framing.errors import SpecError, near_miss
from framing.events import Frame
from framing.layout import FrameFormat, decode_one, to_messages, to_tables
from framing.messages.message import Message
from framing.model.declared import (
    LABEL_SCHEMA,
    Declared,
    FrozenMap,
    Given,
    key,
    to_declared,
    to_label,
    to_text,
    wrong_type,
)
from framing.model.examples import Counterexample, Example
from framing.model.options import Learn, Lock, Table


def _to_formats(value: Any) -> tuple[FrameFormat, ...]:
    if isinstance(value, FrameFormat):
        return (value,)
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(item, FrameFormat) for item in value):
        raise wrong_type(value, "at least one FrameFormat")
    return tuple(value)


@dataclasses.dataclass(frozen=True)
class Protocol(Declared):
    """One or more frame formats that belong together on a stream, earlier ones tried first.

    Iterates over its formats; `protocol["long"]` picks one. `lock`, `tables` and `messages` hold for all formats.
    """

    name: str = key(to_label, LABEL_SCHEMA, "the protocol's name")
    formats: Given[FrameFormat | Sequence[FrameFormat], tuple[FrameFormat, ...]] = key(_to_formats, {}, "its frame formats")
    title: str = key(to_text, {}, "the protocol's name for people", default="")
    family: str = key(to_text, {}, "the group it is listed in", default="")
    source: str = key(to_text, {}, "the public document", default="")
    lock: Given[Lock | Mapping[str, Any] | None, Lock | None] = key(to_declared(Lock), {}, "confirmation", default=None)
    tables: Given[Mapping[str, Mapping[int, int]], FrozenMap[str, FrozenMap[int, int]]] = key(to_tables, {}, "tables of integers", default=FrozenMap({}))
    messages: Given[Sequence[Message | Mapping[str, Any]], tuple[Message, ...]] = key(to_messages, {}, "payload schemas by kind", default=())
    examples: Given[Sequence[Example], tuple[Example, ...]] = key(tuple, {}, "valid frames", default=())
    counterexamples: Given[Sequence[Counterexample], tuple[Counterexample, ...]] = key(tuple, {}, "invalid frames", default=())

    def check(self) -> None:
        names = [each.name for each in self.formats]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise SpecError(f"format {twice!r} stands twice", path="formats", expected="each name once")
        several = len(names) > 1
        formats = tuple(
            dataclasses.replace(
                each,
                protocol=self.name if several or each.name != self.name else "",
                alone=not several and each.name != self.name,
                lock=each.lock or self.lock,
                tables=each.tables or self.tables,
                messages=each.messages or self.messages,
            )
            for each in self.formats
        )
        if len({each.lock for each in formats}) > 1:
            raise SpecError("formats differ in their lock", path="lock", expected="one lock for the protocol")
        for each in formats:
            for name, table in each.tables.items():
                if isinstance(table, Table) and table.learn is not None:
                    _check_learn(table.learn, formats, f"tables.{name}.learn")
        for index, message in enumerate(self.messages):
            if message.format is None and all(len(message.kind) != len(each.kind) for each in formats):
                wanted = " or ".join(sorted({str(len(each.kind)) for each in formats}))
                raise SpecError(f"length {len(message.kind)}", path=f"messages[{index}].kind", expected=f"{wanted}, the length of a format's kind")
        object.__setattr__(self, "formats", formats)
        object.__setattr__(self, "lock", formats[0].lock)
        object.__setattr__(self, "tables", FrozenMap({name: each.tables[name] for each in formats for name in each.tables}))
        object.__setattr__(self, "messages", tuple(dict.fromkeys(each for form in formats for each in form.messages)))

    def __iter__(self) -> Iterator[FrameFormat]:
        return iter(self.formats)

    def __len__(self) -> int:
        return len(self.formats)

    def __getitem__(self, name: str) -> FrameFormat:
        for each in self.formats:
            if name in (each.name, each.full_name):
                return each
        raise KeyError(f"{self.name} has no format {name!r}; it has {', '.join(each.name for each in self.formats)}")

    def pick(self, fields: dict[str, Any]) -> FrameFormat:
        """The format that `fields["format"]` names, which is taken out; the only one where there is but one."""
        if len(self.formats) == 1:
            only = self.formats[0]
            if "format" in fields and "format" not in only.plan.values:
                self._named(fields.pop("format"))
            return only
        if "format" not in fields:
            raise ValueError(f"{self.name} has several formats: give format={' or '.join(f.name for f in self.formats)}")
        return self._named(fields.pop("format"))

    def _named(self, name: Any) -> FrameFormat:
        try:
            return self[name]
        except KeyError as error:
            raise ValueError(error.args[0]) from None

    def encode(self, payload: bytes | None = None, /, **fields: Any) -> bytes:
        """One frame with this payload and these fields; `format="long"` where there are several. Raises `EncodeError`."""
        return self.pick(fields).writer(payload, fields)

    def encode_message(self, name: str, values: Mapping[str, Any] | None = None, /, **fields: Any) -> bytes:
        """One frame with this message, as `FrameFormat.encode_message`; `format="long"` where several carry it. Raises `EncodeError`."""
        return self.pick_for(name, fields).encode_message(name, values, **fields)

    def pick_for(self, name: str, fields: dict[str, Any]) -> FrameFormat:
        """The only format that carries this message, else the one that `fields["format"]` names, which is taken out."""
        carrying = [each for each in self.formats if any(one.name == name for one in each.own_messages)]
        if "format" in fields or len(carrying) > 1:
            return self.pick(fields)
        return carrying[0] if carrying else self.formats[0]

    def decode(self, raw: bytes) -> Frame:
        """Exactly one whole frame of any of the formats, fill around it allowed. Raises `FrameError`."""
        return decode_one(self.formats, raw)

    def __str__(self) -> str:
        return "\n".join(str(each) for each in self.formats)


LEARNT_MOST = 65_536
"""Entries that a table may learn."""


def _check_learn(learn: Learn, formats: Sequence[FrameFormat], path: str) -> None:
    teacher = next((each for each in formats if each.name == learn.format), None)
    if teacher is None:
        names = [each.name for each in formats]
        near = near_miss(learn.format, names)
        raise SpecError(f"unknown format {learn.format!r}", path=f"{path}.format", expected=f"one of {', '.join(names)}", near=near)
    for key_name, field_name in (("key", learn.key_), ("value", learn.value)):
        part = teacher.plan.parts[teacher.plan.values[field_name]] if field_name in teacher.plan.values else None
        kind = getattr(part, "type", None)
        if kind is None or not kind.integral:
            raise SpecError(f"{field_name!r} is no number in {teacher.name!r}", path=f"{path}.{key_name}", expected="an integer field")
        if key_name == "key" and not (kind.size is not None and 256**kind.size <= LEARNT_MOST):
            raise SpecError(f"{field_name!r} has too many values", path=f"{path}.key", expected="a field of one or two bytes")
