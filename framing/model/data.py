"""Runs of bytes: how many, which, and in which blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framing.errors import SpecError
from framing.model.checks import Blocks
from framing.model.declared import (
    EXPRESSION_SCHEMA,
    NAME_SCHEMA,
    Declared,
    Given,
    key,
    to_declared,
    to_expression,
    to_name,
    to_text,
)
from framing.model.expressions import Expression
from framing.model.keys import if_key
from framing.model.lookups import Lookup
from framing.model.values import Charset

Size = Expression | Lookup | None


def _to_size(value: Any) -> Expression | Lookup:
    if isinstance(value, (Mapping, Lookup)):
        return to_declared(Lookup)(value)
    if isinstance(value, int) and not isinstance(value, bool) and value < 0:
        raise SpecError(f"{value} is out of range", expected="at least 0")
    return to_expression(value)


@dataclass(frozen=True)
class Data(Declared):
    """A run of bytes: sized by a `Length`, by `size`, or open up to the end pattern or delimiter."""

    name: str = key(to_name, NAME_SCHEMA, "the part's name", name="data")
    size: Given[Size | int | str | Mapping[str, Any], Size] = key(
        _to_size,
        {"anyOf": [{"type": "integer", "minimum": 0}, EXPRESSION_SCHEMA | {"type": "string"}, {"$ref": "#/$defs/Lookup"}]},
        "bytes: a number, an expression, or a table look-up",
        default=None,
    )
    charset: Given[Charset | str | None, Charset | None] = key(
        lambda value: value if isinstance(value, Charset) else Charset(to_text(value)),
        {"type": "string", "pattern": Charset.PATTERN},
        "the bytes it may consist of: names (ascii, printable, digits, hex, alnum) and ranges such as '20-7E'",
        default=None,
    )
    blocks: Given[Blocks | Mapping[str, Any] | None, Blocks | None] = key(
        to_declared(Blocks), {"$ref": "#/$defs/Blocks"}, "blocks with a checksum each", default=None
    )
    if_: Given[Expression | str | int | None, Expression | None] = if_key()
