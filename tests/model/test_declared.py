"""Declared classes: keys with their meaning, converters with clear errors."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.errors import SpecError
from framing.model import declared
from framing.model.declared import (
    Declared,
    FrozenMap,
    build,
    key,
    keys_of,
    to_bytes,
    to_declared,
    to_int,
    to_name,
    to_text,
)
from framing.model.expressions import Expression
from framing.model.values import value_type


@dataclasses.dataclass(frozen=True)
class Toy(Declared):
    """A toy."""

    name: str = key(to_name, {"type": "string"}, "its name", name="toy")
    size: int = key(to_int(1, 9), {"type": "integer"}, "its size", default=0)
    if_: bytes | None = key(to_bytes, {}, "its condition", name="if", default=None)
    unlisted: str = dataclasses.field(default="", compare=False)

    def check(self) -> None:
        if self.name == "bad":
            raise SpecError("a bad toy", path="toy")


def message(convert: Callable[[Any], Any], value: Any) -> str:
    with pytest.raises(SpecError) as caught:
        convert(value)
    return str(caught.value)


# --- classes ---------------------------------------------------------------------------------------------------------


def test_keys_are_listed_in_order_with_their_meaning() -> None:
    name, size, condition = keys_of(Toy)
    assert (name.attribute, name.name, name.required, name.doc) == ("name", "toy", True, "its name")
    assert (size.attribute, size.name, size.required, size.default) == ("size", "size", False, 0)
    assert (condition.attribute, condition.name, condition.schema) == ("if_", "if", {})


def test_values_are_converted_and_defaults_left_alone() -> None:
    assert Toy("a", 3, "B5").if_ == b"\xb5"
    assert Toy("a").size == 0
    assert Toy("a", 3) == build(Toy, {"toy": "a", "size": 3}) == to_declared(Toy)({"size": 3, "toy": "a"})
    toy = Toy("a")
    assert to_declared(Toy)(toy) is toy


@pytest.mark.parametrize(
    "table, expected",
    [
        ({"toy": "a", "size": 10}, "size: 10 is out of range; expected 1 to 9"),
        ({"toy": "a", "if": "B"}, "if: 'B' is not hexadecimal; expected pairs of hex digits such as 'B5 62'"),
        ({"toy": "bad"}, "toy: a bad toy"),
        ({"toy": "a", "sise": 1}, "sise: unknown key; expected one of toy, size, if; did you mean 'size'?"),
        ({"size": 1}, "'toy' is missing; expected toy = ..., its name"),
        ({"name": "a"}, "name: unknown key; expected one of toy, size, if"),
        ("toy", "'toy' is a string; expected a table with toy, size, if"),
    ],
)
def test_wrong_tables(table: Any, expected: str) -> None:
    assert message(to_declared(Toy), table) == expected


def test_the_base_class_checks_nothing() -> None:
    Declared().check()


def test_frozen_maps() -> None:
    one: FrozenMap[str, int] = FrozenMap({"a": 1, "b": 2})
    assert dict(one) == {"a": 1, "b": 2} == one
    assert (len(one), one["b"], list(one), repr(one)) == (2, 2, ["a", "b"], "{'a': 1, 'b': 2}")
    assert hash(one) == hash(FrozenMap({"b": 2, "a": 1}))
    assert one == FrozenMap({"b": 2, "a": 1})


# --- converters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "convert, value, converted",
    [
        (to_name, "a_1", "a_1"),
        (to_name, "_", "_"),
        (to_name, "class", "class"),
        (to_text, "", ""),
        (declared.to_flag, True, True),
        (to_bytes, "b5 62", b"\xb5\x62"),
        (to_bytes, bytearray(b"a"), b"a"),
        (to_bytes, memoryview(b"a"), b"a"),
        (declared.to_byte, 0x7D, 0x7D),
        (declared.to_byte, "7D", 0x7D),
        (declared.to_byte, b"}", 0x7D),
        (declared.to_alternatives, "AA", (b"\xaa",)),
        (declared.to_alternatives, b"ab", (b"ab",)),
        (declared.to_alternatives, ["AA", b"b"], (b"\xaa", b"b")),
        (to_int(), -(10**30), -(10**30)),
        (to_int(0), 5, 5),
        (declared.to_number, 1.5, 1.5),
        (declared.to_number, float("inf"), float("inf")),
        (declared.to_numbers, (1, 2.5), (1, 2.5)),
        (declared.to_type, "u16le", value_type("u16le")),
        (declared.to_type, value_type("u8"), value_type("u8")),
        (declared.to_expression, 5, Expression("5")),
        (declared.to_expression, "a + 1", Expression("a + 1")),
        (declared.to_expression, Expression("a"), Expression("a")),
        (declared.to_expressions, ["a", 1], (Expression("a"), Expression("1"))),
        (declared.to_expressions, [], ()),
    ],
)
def test_what_is_taken(convert: Callable[[Any], Any], value: Any, converted: Any) -> None:
    assert convert(value) == converted


HEX = "pairs of hex digits such as 'B5 62'"


@pytest.mark.parametrize(
    "convert, value, expected",
    [
        (to_name, 5, "5 is an integer; expected a name"),
        (to_name, "", "'' is no name; expected letters, digits and underscores, no digit first"),
        (to_name, "1a", "'1a' is no name; expected letters, digits and underscores, no digit first"),
        (to_name, "ä", "'ä' is no name; expected letters, digits and underscores, no digit first"),
        (to_name, "a\n", "'a\\n' is no name; expected letters, digits and underscores, no digit first"),
        (to_name, "in", "'in' is a word of the expression language; expected another name"),
        (to_text, None, "None is of type NoneType; expected a string"),
        (to_text, datetime.date(2020, 1, 1), "datetime.date(2020, 1, 1) is of type date; expected a string"),
        (to_text, ["x"] * 1000, f"{str(['x'] * 20)[:60]} … is an array; expected a string"),
        (declared.to_flag, 1, "1 is an integer; expected true or false"),
        (to_bytes, "", "no bytes; expected at least one byte such as 'B5'"),
        (to_bytes, b"", "no bytes; expected at least one byte such as 'B5'"),
        (to_bytes, "B5 6", f"'B5 6' is not hexadecimal; expected {HEX}"),
        (to_bytes, "x", f"'x' is not hexadecimal; expected {HEX}"),
        (to_bytes, 1.0, "1.0 is a float; expected hex digits such as 'B5 62'"),
        (declared.to_byte, 256, "256 is not one byte; expected one byte such as '7D'"),
        (declared.to_byte, -1, "-1 is not one byte; expected one byte such as '7D'"),
        (declared.to_byte, "7D 7E", "'7D 7E' is not one byte; expected one byte such as '7D'"),
        (declared.to_byte, True, "true is a boolean; expected hex digits such as 'B5 62'"),
        (declared.to_alternatives, [], "no alternative; expected at least one"),
        (declared.to_alternatives, ["AA", "aa"], "the same alternative twice; expected each once"),
        (declared.to_alternatives, ["AA", ""], "[1]: no bytes; expected at least one byte such as 'B5'"),
        (to_int(), "5", "'5' is a string; expected an integer"),
        (to_int(), False, "false is a boolean; expected an integer"),
        (to_int(1), 0, "0 is out of range; expected at least 1"),
        (to_int(1, 2), 3, "3 is out of range; expected 1 to 2"),
        (declared.to_number, "5", "'5' is a string; expected a number"),
        (declared.to_number, True, "true is a boolean; expected a number"),
        (declared.to_number, float("nan"), "nan equals nothing; expected a number"),
        (declared.to_numbers, [], "[] is an array; expected a list of numbers, at least one"),
        (declared.to_numbers, [1, "2"], "[1]: '2' is a string; expected a number"),
        (declared.to_type, 8, "8 is an integer; expected a type such as 'u16le'"),
        (declared.to_expression, 1.5, "1.5 is a float; expected an integer, or an expression in a string"),
        (declared.to_expression, True, "true is a boolean; expected an integer, or an expression in a string"),
        (declared.to_expressions, "a", "'a' is a string; expected a list of expressions"),
        (declared.to_expressions, ["a", {}], "[1]: {} is a table; expected an integer, or an expression in a string"),
    ],
)
def test_what_is_refused(convert: Callable[[Any], Any], value: Any, expected: str) -> None:
    assert message(convert, value) == expected


def test_tables_of_entries() -> None:
    def convert(value: Any) -> FrozenMap[str, int]:
        return declared.to_entries(value, to_int(), "a table of integers")

    assert convert({"a": 1}) == {"a": 1}
    assert message(convert, {"a": "1"}) == "a: '1' is a string; expected an integer"
    assert message(convert, {1: 1}) == "{1: 1} is a table; expected a table of integers"
    assert message(convert, [1]) == "[1] is an array; expected a table of integers"


# --- schemas ---------------------------------------------------------------------------------------------------------

ANYTHING = st.one_of(
    st.integers(-5, 300),
    st.booleans(),
    st.text(alphabet="0123456789aAfFgG _x$\t", max_size=6),
    st.lists(st.text(alphabet="0aF ", max_size=4), max_size=2),
)
SCHEMAS = [
    (to_name, declared.NAME_SCHEMA),
    (to_bytes, declared.HEX_SCHEMA),
    (declared.to_byte, declared.BYTE_SCHEMA),
    (to_int(), declared.INT_SCHEMA),
    (declared.to_expression, declared.EXPRESSION_SCHEMA),
]


def allows(schema: dict[str, Any], value: Any) -> bool:
    if "anyOf" in schema:
        return any(allows(each, value) for each in schema["anyOf"])
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kinds = {"string": str, "integer": int}
    if isinstance(value, bool) or not any(isinstance(value, kinds[each]) for each in types):
        return False
    if isinstance(value, str):
        return bool(re.search(schema.get("pattern", ""), value)) and len(value) >= schema.get("minLength", 0)
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


@given(st.sampled_from(SCHEMAS), ANYTHING)
def test_what_a_converter_takes_its_schema_takes(pair: tuple[Callable[[Any], Any], dict[str, Any]], value: Any) -> None:
    convert, schema = pair
    try:
        convert(value)
    except SpecError:
        return
    assert allows(schema, value)
