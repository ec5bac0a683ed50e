"""Parameters: declared in a spec, given by its user, put in place of "$name"."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.errors import FrameError, SpecError
from framing.parameters import Parameter, filled_in, resolved, to_parameters, uses
from framing.spec import parse

MARKER = Parameter(size=2)
COUNT = Parameter(type="int", default=4)
CALL = "load('toy', marker=...) with 2 bytes, as bytes or hex digits"
DECLARED = {"marker": MARKER, "count": COUNT}


def message(caught: pytest.ExceptionInfo[SpecError]) -> str:
    return str(caught.value)


@pytest.mark.parametrize("given", [b"\xab\xcd", "AB CD", "abcd", bytearray(b"\xab\xcd"), memoryview(b"\xab\xcd")])
def test_bytes(given: Any) -> None:
    assert MARKER.value(given) == b"\xab\xcd"


@pytest.mark.parametrize(
    "parameter, given, expected",
    [
        (MARKER, b"a", "1 bytes given; expected 2 bytes"),
        (MARKER, "ABC", "'ABC' is not hexadecimal; expected pairs of hex digits such as 'B5 62'"),
        (MARKER, 5, "5 is an integer; expected hex digits such as 'B5 62'"),
        (COUNT, "5", "'5' is a string; expected an integer"),
        (COUNT, True, "true is a boolean; expected an integer"),
    ],
)
def test_a_value_that_does_not_fit(parameter: Parameter, given: Any, expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        parameter.value(given)
    assert message(caught) == expected


def test_values_in_text() -> None:
    assert MARKER.from_text("ab cd") == b"\xab\xcd"
    assert COUNT.from_text("0x10") == 16
    assert COUNT.from_text("-3") == -3
    with pytest.raises(SpecError, match="'many' is no number; expected a number such as 12 or 0x0C"):
        COUNT.from_text("many")


def test_what_is_wanted() -> None:
    assert MARKER.wanted == "2 bytes, as bytes or hex digits"
    assert COUNT.wanted == "an integer"


@pytest.mark.parametrize(
    "table, expected",
    [
        (3, "3 is an integer; expected a table for each parameter"),
        ({"a": 3}, "a: 3 is an integer; expected a table with size, type, default, title"),
        ({"a": {}}, "a: a parameter is bytes or an integer; expected either size or type = 'int'"),
        ({"a": {"type": "float"}}, "a.type: unknown type 'float'; expected 'int', or size for bytes"),
        ({"a": {"size": 0}}, "a.size: 0 is out of range; expected 1 to 65536"),
        ({"a": {"size": 2, "default": "00"}}, "a.default: 1 bytes given; expected 2 bytes"),
        ({"a": {"type": "int", "default": "00"}}, "a.default: '00' is a string; expected an integer"),
        ({"file": {"type": "int"}}, "file: 'file' cannot be given to `parse`; expected another name"),
        ({"a-b": {"type": "int"}}, "a-b: 'a-b' is no name; expected letters, digits and underscores, no digit first"),
    ],
)
def test_wrong_declarations(table: Any, expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        to_parameters(table)
    assert message(caught) == expected


def test_declarations() -> None:
    found = to_parameters({"marker": {"size": 2}, "count": {"type": "int", "default": 4}})
    assert found == DECLARED
    assert Parameter(size=2, default="AB CD") == Parameter(size=2, default=b"\xab\xcd")


def test_resolving() -> None:
    assert resolved(DECLARED, {"marker": "00 01"}, "toy") == {"marker": b"\0\1", "count": 4}
    assert resolved(DECLARED, {"marker": "00 01", "count": 7}, "toy") == {"marker": b"\0\1", "count": 7}


@pytest.mark.parametrize(
    "declared, given, expected",
    [
        (
            DECLARED,
            {},
            f"parameters.marker: parameter 'marker' is not given; expected {CALL}",
        ),
        (
            DECLARED,
            {"markr": 1},
            "parameters: unknown parameter 'markr'; expected one of marker, count; did you mean 'marker'?",
        ),
        ({}, {"x": 1}, "parameters: unknown parameter 'x'; expected none, as this spec has no parameters"),
        (DECLARED, {"marker": "00"}, "parameters.marker: 1 bytes given; expected 2 bytes"),
    ],
)
def test_wrong_values(declared: dict[str, Parameter], given: dict[str, Any], expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolved(declared, given, "toy")
    assert message(caught) == expected


def test_filling_in() -> None:
    table = {"sync": ["$marker", "00"], "nested": [{"size": "$count", "title": "$count of them", "x": 1.5}]}
    filled = filled_in(table, {"marker": b"AB", "count": 4})
    assert filled == {"sync": [b"AB", "00"], "nested": [{"size": 4, "title": "$count of them", "x": 1.5}]}
    assert uses(table) == {"marker", "count"}


def test_integers_among_other_things() -> None:
    part = {"bits": ["id:$width", "rest:${rest}:0"], "type": "u${bits}le", "valid": "id != $taken and id < 1 << $width", "title": "$width bits"}
    values = {"width": 5, "rest": 11, "bits": 16, "taken": -1}
    filled = filled_in({"layout": [part]}, values)
    assert filled["layout"] == [
        {"bits": ["id:5", "rest:11:0"], "type": "u16le", "valid": "id != (-1) and id < 1 << 5", "title": "$width bits"}
    ]
    assert uses({"layout": [part]}) == set(values)
    with pytest.raises(SpecError, match=r"size: parameter '\$m' is bytes; expected an integer among other things"):
        filled_in({"size": "2 * $m"}, {"m": b"A"})
    with pytest.raises(SpecError, match=r"if: unknown parameter '\$m'; expected a parameter"):
        filled_in({"if": "1 + $m"}, {})


SPEC = """
name = "toy"
max_size = "$largest"
layout = [
  { sync = "AA" },
  { bits = ["id:$width", "rest:$rest"], type = "u${bits}be", valid = "id <= $most" },
  { data = "payload", size = "2 * rest + $extra" },
  { length = "n", type = "u8", of = "more", unit = "$unit", bias = "$extra", max = "$most" },
  { data = "more" },
]
[parameters]
width = { type = "int" }
rest = { type = "int" }
bits = { type = "int", default = 16 }
most = { type = "int", default = 2 }
extra = { type = "int", default = 1 }
unit = { type = "int", default = 4 }
largest = { type = "int", default = 64 }
"""


def test_parameters_in_a_spec() -> None:
    toy = parse(SPEC, width=3, rest=13)
    raw = toy.encode(b"a", id=2, rest=0, more=b"12345")
    assert raw.hex() == "aa400061" + "01" + b"12345".hex()
    assert toy.decode(raw)["more"] == b"12345"
    with pytest.raises(FrameError, match="field at offset 2"):
        toy.decode(b"\xaa\x60" + raw[2:])
    wide = parse(SPEC, width=3, rest=21, bits=24)
    assert wide.decode(b"\xaa\x40\x00\x00a\x00z").payload == b"a"
    with pytest.raises(SpecError, match="17 bits in u16be"):
        parse(SPEC, width=4, rest=13)


def test_an_unknown_name_says_where() -> None:
    with pytest.raises(SpecError) as caught:
        filled_in({"layout": [{"sync": "$markr"}]}, {"marker": b"AB"})
    assert message(caught) == (
        "layout[0].sync: unknown parameter '$markr'; expected one of $marker; did you mean '$marker'?"
    )


VALUES = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text(max_size=5), st.just("$a")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=10,
)


@given(VALUES)
def test_only_whole_strings_are_replaced(value: Any) -> None:
    names = uses(value)
    if names <= {"a"}:
        assert repr(filled_in(value, {"a": "?"})) == repr(value).replace("'$a'", "'?'")
    else:
        with pytest.raises(SpecError):
            filled_in(value, {"a": "?"})
