"""What may stand beside a layout: byte stuffing, where frames may start, confirmation, and tables that learn.

Each is frozen and checked on its own here; what holds between them and the parts is checked when a `FrameFormat` puts them together.

    >>> Lock(confirm=2).misses
    0
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framing import stuffing
from framing.bits import ORDERS
from framing.errors import SpecError, near_miss
from framing.model.declared import (
    BYTE_SCHEMA,
    HEX_SCHEMA,
    LABEL_SCHEMA,
    NAME_SCHEMA,
    Declared,
    FrozenMap,
    Given,
    Hex,
    Schema,
    key,
    shown,
    to_byte,
    to_bytes,
    to_declared,
    to_flag,
    to_int,
    to_label,
    to_name,
    to_text,
    wrong_type,
)
from framing.model.keys import SPAN_SCHEMA
from framing.model.patterns import ONE_OR_MORE_HEX, Sync


@dataclass(frozen=True)
class Learn(Declared):
    """Whose frames add entries to a table: `{ format = "fmt", key = "type", value = "length" }`."""

    format: str = key(to_label, LABEL_SCHEMA, "the format, one of the same protocol")
    key_: str = key(to_name, NAME_SCHEMA, "its field that names the entry", name="key")
    value: str = key(to_name, NAME_SCHEMA, "its field that is the entry's value")


class Table(FrozenMap[int, int]):
    """A table of integers; with `learn`, emitted frames add entries to those that it has."""

    __slots__ = ("learn",)

    def __init__(self, items: Mapping[int, int], learn: Learn | None = None) -> None:
        super().__init__(items)
        self.learn = learn

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Table) and self.learn != other.learn:
            return False
        return super().__eq__(other)

    __hash__ = FrozenMap.__hash__


@dataclass(frozen=True)
class Transparency(Declared):
    """Byte stuffing of the frame, or of a span of it."""

    kind: str = key(
        lambda value: _to_stuffing_kind(value), {"type": "string", "enum": sorted(stuffing.kinds())}, "the kind of stuffing"
    )
    over: str | None = key(to_text, SPAN_SCHEMA, "the only span that is stuffed", default=None)
    escape: Given[Hex | int | None, int | bytes | None] = key(
        lambda value: _to_escape(value),
        {"anyOf": [BYTE_SCHEMA, HEX_SCHEMA]},
        "the escape byte (run: the inserted byte; doubled: one byte or several)",
        default=None,
    )
    xor: Given[Hex | int | None, int | None] = key(to_byte, BYTE_SCHEMA, "what an escaped byte is xored with", default=None)
    special: Given[Hex | None, bytes | None] = key(to_bytes, HEX_SCHEMA, "the bytes that are escaped (run: what is repeated)", default=None)
    run: int | None = key(
        to_int(1, 255), {"type": "integer", "minimum": 1}, "how often `special` stands before a byte is inserted (bits: ones before a zero is)", default=None
    )
    order: str | None = key(
        to_text, {"enum": list(ORDERS)}, "kind bits: which bit of a byte comes first, the least or the most significant", default=None
    )
    closes: bool | None = key(
        to_flag, {"type": "boolean"}, "whether the kind's delimiter ends the frame; false: a length inside tells", default=None
    )
    opens: bool = key(
        to_flag,
        {"type": "boolean"},
        "an `Encoder` writes the delimiter in front of each frame, too, where some receivers want it; else of the first only",
        default=False,
    )

    def check(self) -> None:
        made = self.stuffing
        if self.closes and made.delimiter is None:
            raise SpecError(f"{self.kind} has no delimiter", path="closes", expected="an `end` part, or closes = false")
        if self.closes is False and self.kind in ("cobs", "cobs-r"):
            raise SpecError(f"{self.kind} ends by its delimiter only", path="closes", expected="closes = true")

    @property
    def stuffing(self) -> stuffing.Stuffing:
        """The stuffing with these parameters."""
        return stuffing.make(self.kind, escape=self.escape, xor=self.xor, special=self.special, run=self.run, order=self.order)

    @property
    def delimiter(self) -> bytes | None:
        """The bytes that close the frame, None where none do."""
        return None if self.closes is False else self.stuffing.delimiter


def _to_escape(value: Any) -> int | bytes:
    """One byte as a number, several as bytes."""
    if isinstance(value, int):
        return to_byte(value)
    raw = to_bytes(value)
    return raw if len(raw) > 1 else raw[0]


def _to_stuffing_kind(value: Any) -> str:
    if to_text(value) not in stuffing.kinds():
        kinds = stuffing.kinds()
        raise SpecError(f"unknown stuffing {value!r}", expected=", ".join(kinds), near=near_miss(value, kinds))
    return str(value)


ANYWHERE = ("anywhere",)
_PLACES = ("silence", "chained")


def to_starts(value: Any) -> tuple[str, ...]:
    """Where frames may start: anywhere, or one or both of the others, in order."""
    words = (value,) if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not words:
        raise wrong_type(value, "anywhere, silence, chained, or a list of the last two")
    for word in words:
        if word not in (*ANYWHERE, *_PLACES):
            known = (*ANYWHERE, *_PLACES)
            raise SpecError(f"{shown(word)} is no place", expected=", ".join(known), near=near_miss(str(word), known))
    if len(words) > 1 and "anywhere" in words:
        raise SpecError("anywhere goes with no other place", expected="it alone, or a list of silence and chained")
    return tuple(word for word in (*ANYWHERE, *_PLACES) if word in words)


STARTS_SCHEMA: Schema = {
    "anyOf": [{"enum": [*ANYWHERE, *_PLACES]}, {"type": "array", "items": {"enum": list(_PLACES)}, "minItems": 1}]
}


def to_behind(value: Any) -> Sync:
    """What stands in front of a frame: bytes, a list of alternatives, or a table as a sync marker's."""
    found = to_declared(Sync)(value) if isinstance(value, (Mapping, Sync)) else Sync(value)
    for name, given in (("as", found.as_), ("if", found.if_)):
        if given is not None:
            raise SpecError("it is no part of the frame", path=name, expected="sync, mask and errors only")
    return found


BEHIND_SCHEMA: Schema = {"anyOf": [*ONE_OR_MORE_HEX["oneOf"], {"$ref": "#/$defs/Sync"}]}


@dataclass(frozen=True)
class Lock(Declared):
    """Confirmation by following frames, and riding through damaged markers (CCSDS 130.1-G flywheel)."""

    confirm: int = key(
        to_int(0, 1024), {"type": "integer", "minimum": 0, "maximum": 1024}, "intact frames that must follow the first", default=0
    )
    misses: int = key(
        to_int(0, 1024),
        {"type": "integer", "minimum": 0, "maximum": 1024},
        "frames in a row whose marker may be damaged, in lock",
        default=0,
    )
