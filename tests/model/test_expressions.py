"""Expressions mean what they mean in Python, and nothing else gets through."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from framing.errors import SpecError
from framing.model.expressions import (
    EXPECTED,
    MOST_BITS,
    MOST_CHARACTERS,
    Expression,
    ExpressionError,
    NoEntry,
    expression,
)

NAMES: dict[str, Any] = {"a": 3, "b": 0, "c": -7, "f": 1.5, "raw": b"\x01\x02\xff", "class": 5}


def value(text: str, **names: Any) -> Any:
    return Expression(text).evaluate(NAMES | names)


# --- against Python --------------------------------------------------------------------------------------------------

ATOMS = st.one_of(
    st.integers(0, 300).map(str), st.integers(0, 0xFFFF).map(hex), st.sampled_from(["a", "b", "c", "raw[0]", "raw[-1]"])
)
BINARY = ["+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>"]
COMPARE = ["==", "!=", "<", "<=", ">", ">="]


def deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def joined(*parts: Any) -> st.SearchStrategy[str]:
        return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)

    binary, compare = st.sampled_from(BINARY), st.sampled_from(COMPARE)
    return st.one_of(
        joined("(", inner, " ", binary, " ", inner, ")"),
        joined("(", inner, " ", binary, " ", inner, " ", binary, " ", inner, ")"),
        joined("(", inner, " ", compare, " ", inner, " ", compare, " ", inner, ")"),
        joined("(", st.sampled_from(["-", "+", "~", "not "]), inner, ")"),
        joined("(", inner, st.sampled_from([" and ", " or "]), inner, st.sampled_from([" and ", " or "]), inner, ")"),
        joined("(", inner, " if ", inner, " else ", inner, ")"),
        joined("(", inner, st.sampled_from([" in ", " not in "]), "(", inner, ", ", inner, "))"),
        joined(st.sampled_from(["max", "min"]), "(", inner, ", ", inner, ")"),
        joined("sum((", inner, ", ", inner, "))"),
        joined("len(raw[", inner, ":", inner, "])"),
    )


@given(st.recursive(ATOMS, deeper, max_leaves=12))
def test_a_generated_expression_has_the_value_that_python_gives_it(text: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of ~ on a truth
            expected: Any = eval(text, {"__builtins__": {"max": max, "min": min, "sum": sum, "len": len}}, dict(NAMES))
    except (ArithmeticError, ValueError, TypeError, IndexError, MemoryError):
        expected = ExpressionError
    refused = ""
    found: Any = ExpressionError
    try:
        compiled = Expression(text)
        assert compiled.names <= set(NAMES)
        found = compiled.evaluate(NAMES)
    except (SpecError, ExpressionError) as error:
        refused = str(error)
    if not re.search("of [0-9]+ characters|too deep|shift by [0-9-]+ bits|more than 4096 bits", refused):
        assert (found, type(found)) == (expected, type(expected))


@given(
    st.one_of(st.text(max_size=30), st.text(alphabet="ab01()[]{}+-*/%&|^~<>=!,:. '\"ifelsandort_#@\\\n\0", max_size=40))
)
@example("{" + "-" * 480 + "1}")
@example("(" * 250)
@example("1 if 2")
@example("a\0b")
def test_arbitrary_text_is_refused_or_has_a_value_or_none(text: str) -> None:
    try:
        compiled = Expression(text)
    except SpecError:
        return
    try:
        compiled.evaluate(NAMES)
    except ExpressionError:
        pass


@pytest.mark.parametrize(
    "text, expected",
    [
        ("class << 4 | a", 83),
        ("1 < a <= 3", True),
        ("1 < a < 3", False),
        ("a in (1, 3)", True),
        ("a not in [1, 3]", False),
        ("255 in raw", True),
        ("raw[1:]", b"\x02\xff"),
        ("raw[:1]", b"\x01"),
        ("raw[:]", b"\x01\x02\xff"),
        ("raw[0] << 8 | raw[1]", 0x102),
        ("len(raw)", 3),
        ("sum(raw)", 258),
        ("max(raw)", 255),
        ("f + 1", 2.5),
        ("a and b", 0),
        ("b or a or c", 3),
        ("not a", False),
        ("a if b else c", -7),
        ("  0x10\n", 16),
        ("1_000", 1000),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


def test_only_the_branch_that_is_taken_is_evaluated() -> None:
    assert value("1 if a else missing") == 1
    assert value("b and missing") == 0
    assert value("a or missing") == 3
    assert value("1 > 2 > missing") is False


def test_entries_of_tables() -> None:
    known = {"rates": {0: 96, 5: 48}, "at": 5}
    assert Expression("rates[at] // 2").evaluate(known) == 24
    assert Expression("rates[0] if at - 5 in rates else 1").evaluate(known) == 96
    assert Expression("at not in rates").evaluate(known) is False
    with pytest.raises(NoEntry, match="no entry 6"):
        Expression("rates[at + 1]").evaluate(known)


def test_a_name_that_only_stands_for_a_table_is_told_apart() -> None:
    used = Expression("rates[at] in sizes and other + raw[0] and class[1]")
    assert used.names == {"rates", "at", "sizes", "other", "raw", "class"}
    assert used.values == {"at", "other"}
    assert Expression("rates[1:2] + len(sizes)").values == {"rates", "sizes"}


# --- what has no value -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, message",
    [
        ("a // b", "integer division or modulo by zero"),
        ("a % b", "zero"),
        ("missing + 1", "missing is absent"),
        ("class", "class is absent"),
        ("raw[3]", "index out of range"),
        ("raw[a:b][0]", "index out of range"),
        ("1 << 257", "shift by 257 bits; 0 to 256 are possible"),
        ("1 >> -1", "shift by -1 bits"),
        ("1 << f", "unsupported operand"),
        ("raw + raw", "arithmetic on what is not a number"),
        ("raw * 1000000", "arithmetic on what is not a number"),
        ("(1, 2) * 3", "arithmetic on what is not a number"),
        ("items * 1000000000", "arithmetic on what is not a number"),
        ("a < raw", "not supported"),
        ("a in 5", "not iterable"),
        ("300 in raw", "range"),
        ("max(())", "empty"),
        ("max(raw, 3)", "not supported"),
        ("len(a)", "has no len"),
        ("-raw", "bad operand"),
        ("~f", "bad operand"),
        ("raw[f]", "indices must be"),
        ("raw[1, 2]", "indices must be"),
        ("a[0]", "not subscriptable"),
        (" << ".join(["1"] + ["256"] * 17), f"a number of more than {MOST_BITS} bits"),
        (" * ".join(["(1 << 256)"] * 17), f"a number of more than {MOST_BITS} bits"),
        ("(1 << 256) * (1 << 256) * (1 << 256) * (1 << 256) * f", "too large"),
    ],
)
def test_what_has_no_value(text: str, message: str) -> None:
    names = {name: given for name, given in NAMES.items() if name != "class"}
    with pytest.raises(ExpressionError, match=re.escape(message)):
        Expression(text).evaluate(names | {"items": [1, 2]})


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a.b",
        "a ** 2",
        "a / 2",
        "a @ b",
        "'x'",
        "b'x'",
        "1.5",
        "1j",
        "...",
        "f'{a}'",
        "{1, 2}",
        "{1: 2}",
        "[x for x in a]",
        "(x for x in a)",
        "(*a,)",
        "max(*a)",
        "a[::2]",
        "(a := 1)",
        "max(key=a)",
        "max()",
        "a[0](1)",
        "sum(raw).x",
    ],
)
def test_what_is_not_in_the_language(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        Expression(text)
    assert caught.value.expected in (EXPECTED, "sum, min, max or len")


@pytest.mark.parametrize(
    "text",
    ["", " ", "1 +", "a b", "a = 1", "a; b", "1\n2", "lambda: 1", "a is b", "await a", "(", ")", "0x", "a\0"],
)
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        Expression(text)


@pytest.mark.parametrize(
    "text, message",
    [
        ("summ(raw)", "unknown function 'summ'; expected sum, min, max or len; did you mean 'sum'?"),
        ("open(raw)", "unknown function 'open'; expected sum, min, max or len"),
        ("a / 2", f"'a / 2' is not possible in an expression; expected {EXPECTED}; did you mean '//'?"),
        ("class.x", f"'class.x' is not possible in an expression; expected {EXPECTED}"),
        ("{" + "-" * 480 + "1}", f"'...' is not possible in an expression; expected {EXPECTED}"),
        ("-" * 40 + "1", "expression nested too deep; expected at most 32 levels"),
        ("1+" * 250 + "1", "expression of 501 characters; expected at most 500"),
    ],
)
def test_messages(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        Expression(text)
    assert str(caught.value) == message


def test_the_longest_expression() -> None:
    text = "1" + " " * (MOST_CHARACTERS - 2) + "1"
    with pytest.raises(SpecError, match="cannot be read"):
        Expression(text)
    assert value(" " * (MOST_CHARACTERS - 1) + "1") == 1


# --- as an object ----------------------------------------------------------------------------------------------------


def test_expressions_are_equal_where_their_texts_are() -> None:
    assert expression("a + 1") is expression("a + 1")
    assert Expression("a + 1") == Expression("a + 1")
    assert Expression("a + 1") != Expression("a+1")
    assert Expression("1") != 1
    assert len({Expression("a"), Expression("a"), Expression("b")}) == 2
    assert (str(Expression("a + 1")), repr(Expression("a + 1"))) == ("a + 1", "Expression('a + 1')")


def test_names() -> None:
    assert Expression("class + len(raw[a:]) if b else max(c, 1)").names == {"class", "raw", "a", "b", "c"}
    assert Expression("1 + 2").names == frozenset()


@pytest.mark.parametrize(("text", "value"), [("~(not a)", -2), ("~(a > 3)", -1), ("~a", -1), ("~(a == 0 and not a)", -2)])
def test_a_truth_is_inverted_as_a_number(text: str, value: int) -> None:
    """Without Python's warning, which some of its versions give."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Expression(text).evaluate({"a": 0}) == value


@pytest.mark.parametrize("wrong", [1.5, b"a"])
def test_only_integers_are_inverted(wrong: Any) -> None:
    with pytest.raises(ExpressionError):
        Expression("~a").evaluate({"a": wrong})
