"""Fields of messages in words."""

from __future__ import annotations

from typing import Any

import pytest

from framing.cli.message_words import rows
from framing.messages.message import Message
from framing.spec import describe, load, shipped


@pytest.mark.parametrize(
    "field, row",
    [
        ({"field": "a", "type": "u8", "min": 1, "max": 9, "unit": "m"}, ("a", "u8", "m", "min 1; max 9")),
        ({"field": "a", "type": "u8", "const": 0}, ("a", "u8", "", "const 0")),
        ({"field": "a", "type": "u8", "enum": {"off": 0, "on": 1}, "default": 1}, ("a", "u8", "", "default 1; 0 off, 1 on")),
        ({"field": "a", "type": "u8", "flags": {"x": 4}, "optional": True}, ("a", "u8", "", "4 x; may be missing")),
        ({"bits": ["a:i7", "_:1"]}, ("a", "7 bits", "", "signed")),
        ({"text": "a", "size": 5}, ("a", "string, 5 bytes", "", "")),
        ({"text": "a", "as": "hex", "allowed": [1, 2]}, ("a", "hex", "", "one of 1, 2")),
        ({"data": "a", "charset": "ascii"}, ("a", "data", "", "charset ascii")),
        ({"data": "a", "size": 4, "if": 1}, ("a", "4 bytes", "", "if 1")),
        ({"choice": "a", "by": 1, "types": {"1": "u8", "2": "i8", "3": "u8"}}, ("a", "u8|i8", "", "by 1")),
        ({"repeat": "a", "each": {"field": "x", "type": "u8"}}, ("a", "list of u8", "", "to the end")),
    ],
)
def test_a_row_says_all_there_is(field: dict[str, Any], row: tuple[str, ...]) -> None:
    assert rows(Message("m", [], [field])) == [row]


def test_groups_and_lengths() -> None:
    group = {"repeat": "r", "count": 2, "fields": [{"length": "n", "type": "u8", "of": "d"}, {"data": "d"}]}
    assert rows(Message("m", [], [group])) == [("r", "list", "", "2 times"), ("  n", "u8", "", "bytes of d"), ("  d", "data", "", "")]


@pytest.mark.parametrize("name", [name for name in shipped() if all(each.default is not None for each in describe(name).parameters.values())])
def test_every_shipped_message_has_rows(name: str) -> None:
    for message in load(name).messages:
        assert len(rows(message)) >= len(message.names)
