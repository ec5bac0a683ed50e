"""The fields of messages in words, a row each. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from framing.messages.fields import BitField, Choice, Measure, Number, Octets, Packed, Repeat, Text
from framing.messages.message import Message

Row = tuple[str, str, str, str]
"""A field's name, its type, its unit, and what holds of it."""


def rows(message: Message) -> list[Row]:
    """A row for each field of a message, those of groups indented.

    >>> rows(Message("m", [1], [{"field": "lat", "type": "i32le", "scale": 1e-7, "unit": "deg"}]))
    [('lat', 'i32le', 'deg', 'times 1e-07')]
    """
    return [row for part in message.fields for row in _rows(part, "")]


def _rows(part: Any, indent: str) -> Iterator[Row]:
    if isinstance(part, Packed):
        for bit in part.bits:
            if bit.name != "_":
                yield indent + bit.name, f"{bit.width} bit{'s' * (bit.width > 1)}", bit.unit, _meaning(bit, part)
        return
    unit = "" if isinstance(part, Measure) else getattr(part, "unit", "")  # a length counts in units of bytes
    yield indent + part.name, _type(part), unit, _meaning(part, part)
    if isinstance(part, Repeat):
        for each in part.fields:
            yield from _rows(each, indent + "  ")


def _type(part: Any) -> str:
    if isinstance(part, (Number, Measure)):
        kind: Any = part.type
        return str(kind.name)
    if isinstance(part, Choice):
        return "|".join(dict.fromkeys(each.name for each in part.types.values()))
    if isinstance(part, Text):
        return part.as_ if part.size is None else f"{part.as_}, {part.size} bytes"
    if isinstance(part, Octets):
        return "data" if part.size is None else f"{part.size} bytes"
    if part.each is not None:
        return f"list of {_type(part.each)}"
    return "list"


def _meaning(part: Any, whole: Any) -> str:
    """`whole`: the field that a bit is in; else the field itself."""
    said = []
    for word in ("const", "min", "max", "default", "equals", "charset"):
        value = getattr(part, word, None)
        if value is not None:
            said.append(f"{word} {value}")
    if getattr(part, "scale", None) is not None:
        said.append(f"times {part.scale:g}")
    names = getattr(part, "enum", None) or getattr(part, "flags", None)
    if names:
        said.append(", ".join(f"{number} {name}" for name, number in names.items()))
    if getattr(part, "allowed", None):
        said.append("one of " + ", ".join(repr(each) if isinstance(each, str) else str(each) for each in part.allowed))
    if isinstance(part, BitField) and part.signed:
        said.append("signed")
    if isinstance(part, Measure):
        said.append(f"bytes of {part.of}")
    if isinstance(part, Choice):
        said.append(f"by {part.by}")
    if isinstance(part, Repeat):
        said.append(f"{part.count} times" if part.count is not None else "to the end")
    if whole.if_ is not None:
        said.append(f"if {whole.if_}")
    if whole.optional:
        said.append("may be missing")
    return "; ".join(said)
