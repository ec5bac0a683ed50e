"""Values from tables, as a part names them."""

from __future__ import annotations

from dataclasses import dataclass

from framing.model.declared import (
    EXPRESSION_SCHEMA,
    NAME_SCHEMA,
    Declared,
    Given,
    key,
    to_expression,
    to_name,
)
from framing.model.expressions import Expression


@dataclass(frozen=True)
class Lookup(Declared):
    """A value from a table: `{ by = "msgid", table = "crc_extra" }`."""

    by: Given[Expression | str | int, Expression] = key(to_expression, EXPRESSION_SCHEMA, "the expression that picks the entry")
    table: str = key(to_name, NAME_SCHEMA, "a table under `tables`")
