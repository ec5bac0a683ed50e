"""Keys that parts of several kinds have: `if`, `valid`, and how types and spans are written."""

from __future__ import annotations

from typing import Any

from framing.errors import SpecError
from framing.model.declared import (
    EXPRESSION_SCHEMA,
    Schema,
    key,
    to_expression,
)
from framing.model.values import INTEGER_PATTERN, PATTERN, ValueType

_USES = r"|^[a-z]+\$\{[A-Za-z_]\w*\}(le|be)?$"  # a parameter in the name of a type
TYPE_SCHEMA: Schema = {"type": "string", "pattern": PATTERN + _USES}
"""A type of values."""
INTEGER_SCHEMA: Schema = {"type": "string", "pattern": INTEGER_PATTERN + _USES}
"""A type of integers."""
SPAN_SCHEMA: Schema = {"type": "string", "pattern": r"^[A-Za-z_]\w*(\.\.[A-Za-z_]\w*)?$"}
"""What a length measures or a checksum covers: a part, `a..b`, or `frame`."""


def if_key() -> Any:
    """The key `if` of a part that may be absent."""
    return key(to_expression, EXPRESSION_SCHEMA, "the part is there only where this holds", name="if", default=None)


def valid_key() -> Any:
    """The key `valid` of a part with a value."""
    return key(
        to_expression, EXPRESSION_SCHEMA, "what must hold of the values up to and including this part", default=None
    )


def check_integral(value: ValueType) -> None:
    """Refuses a type whose values are not integers."""
    if not value.integral:
        raise SpecError(f"type {value.name} is no integer", path="type", expected="an integer type such as 'u16le'")
