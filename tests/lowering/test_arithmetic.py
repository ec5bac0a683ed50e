"""`framing.lowering.arithmetic`: expressions as instructions, which give the value that the expression has, or none where it has none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framing import Decoder, Event, Field, Frame, FrameFormat, Gap, Reason, Sync, compiled
from framing.lowering.arithmetic import Unsupported, lowered
from framing.model.expressions import ExpressionError, expression

SLOTS = {"a": (0, False), "b": (1, False), "maybe": (2, True)}


def code(text: str) -> list[str]:
    """The instructions, each as a word or two."""

    def operand(name: str, as_length: bool) -> tuple[int, bool]:
        return (9, False) if as_length else SLOTS[name]

    def entries(name: str) -> int:
        if name != "table":
            raise Unsupported(f"bytes ({name}) in an expression")
        return 7

    plain = {"PUSH", "LOAD", "LOAD_OPTIONAL", "KEEP_FALSE", "KEEP_TRUE", "JUMP_FALSE", "GO", "IS_CONSTANT", "REPLACE"}
    plain |= {"ENTRY", "HAS_ENTRY"}
    return [f"{name} {value}" if name in plain else name for name, value in lowered(expression(text), operand, entries)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", "PUSH 7"),
        ("a + 1", "LOAD 0, PUSH 1, PLUS"),
        ("-a // ~b", "LOAD 0, NEGATE, LOAD 1, INVERT, DIVIDED"),
        ("maybe", "LOAD_OPTIONAL 2"),
        ("len(b)", "LOAD 9"),
        ("a < b <= 3", "LOAD 0, LOAD 1, LT, KEEP_FALSE 7, LOAD 1, PUSH 3, LE"),
        ("a and b and 3", "LOAD 0, KEEP_FALSE 5, LOAD 1, KEEP_FALSE 5, PUSH 3"),
        ("a or b", "LOAD 0, KEEP_TRUE 3, LOAD 1"),
        ("1 if a else b", "LOAD 0, JUMP_FALSE 4, PUSH 1, GO 5, LOAD 1"),
        ("a in (1, 2)", "LOAD 0, IS_CONSTANT 7, PUSH 1, IS_CONSTANT 7, PUSH 2, REPLACE 0, GO 8, PUSH 1"),
        ("a not in (5,)", "LOAD 0, IS_CONSTANT 5, PUSH 5, REPLACE 1, GO 6, PUSH 0"),
        ("max(a, b, 3)", "LOAD 0, LOAD 1, MOST, PUSH 3, MOST"),
        ("min((a, b))", "LOAD 0, LOAD 1, LEAST"),
        ("sum([a, b, 1])", "LOAD 0, LOAD 1, PLUS, PUSH 1, PLUS"),
        ("table[a + 1] - 4", "LOAD 0, PUSH 1, PLUS, ENTRY 7, PUSH 4, MINUS"),
        ("a in table", "LOAD 0, HAS_ENTRY 7"),
        ("a not in table", "LOAD 0, HAS_ENTRY 7, NOT"),
    ],
)
def test_instructions(text: str, expected: str) -> None:
    assert ", ".join(code(text)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("18446744073709551615", "a number beyond 64 bits"),
        ("a[0]", "bytes (a) in an expression"),
        ("table[1:2]", "bytes in an expression"),
        ("a == (1, 2)", "bytes in an expression"),
        ("a in b", "bytes (b) in an expression"),
        ("a in (1, b)", "`in` of anything but constants"),
        ("sum(a)", "sum() of bytes"),
        ("max(a)", "max() of bytes"),
        ("sum((a, 1), 2)", "sum() of bytes"),
        (f"max({', '.join('a' * 17)})", "max() of 17 values"),
        ("min(())", "min() of 0 values"),
        ("len((1, 2))", "len() of 2 values"),
    ],
)
def test_what_has_no_instructions(text: str, message: str) -> None:
    with pytest.raises(Unsupported) as found:
        code(text)
    assert str(found.value) == message


# --- values ----------------------------------------------------------------------------------------------------------

EDGES = [0, 1, 2, 3, 7, 8, 63, 64, 255, 256, (1 << 31) - 1, 1 << 32, (1 << 62) + 1, (1 << 63) - 1, -(1 << 63), -1, -2, -64]
VALUES = st.one_of(st.sampled_from(EDGES), st.integers(-(1 << 63), (1 << 63) - 1))
CONSTANTS = st.sampled_from([str(each) for each in EDGES if each >= 0])


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(["+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>", "and", "or", "==", "!=", "<", "<=", ">", ">="])
    several = st.lists(inner, min_size=2, max_size=4).map(", ".join)
    return st.one_of(
        st.builds("({} {} {})".format, inner, binary, inner),
        st.builds("({}{})".format, st.sampled_from(["-", "~", "+", "not "]), inner),
        st.builds("({} < {} <= {})".format, inner, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("({} {} ({}, {}))".format, inner, st.sampled_from(["in", "not in"]), CONSTANTS, CONSTANTS),
        st.builds("{}(({}))".format, st.sampled_from(["min", "max", "sum"]), several),
        st.builds("max({})".format, several),
    )


EXPRESSIONS = st.recursive(st.one_of(st.sampled_from(["a", "b", "maybe"]), CONSTANTS), _combined, max_leaves=7)


def judged(text: str, a: int, b: int, maybe: int | None, result: int) -> tuple[Event, ...]:
    """What a frame with these values comes to whose last field has to equal the expression."""
    made = FrameFormat(
        "x",
        [
            Sync("AA"),
            Field("a", "i64le"),
            Field("b", "i64le"),
            Field("there", "u8", max=1),
            Field("maybe", "i64le", if_="there"),
            Field("result", "i64le", equals=text),
        ],
    )
    numbers = [(a, 8), (b, 8), (int(maybe is not None), 1), *([] if maybe is None else [(maybe, 8)]), (result, 8)]
    raw = b"\xaa" + b"".join(value.to_bytes(size, "little", signed=True) for value, size in numbers)
    decoder = Decoder(made)
    assert not decoder.fallbacks
    return (*decoder.feed(raw), *decoder.close())


@settings(max_examples=max(300, settings().max_examples))
@given(EXPRESSIONS, VALUES, VALUES, st.none() | VALUES, st.integers(0, 99))
def test_the_compiled_engine_gives_the_value_of_the_expression(text: str, a: int, b: int, maybe: int | None, wrong: int) -> None:
    if not compiled.usable:
        pytest.skip(compiled.missing)
    known = {"a": a, "b": b, "there": int(maybe is not None)} | ({} if maybe is None else {"maybe": maybe})
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FRAMING_ENGINE", "native")
        try:
            value = int(expression(text).evaluate(known))
        except ExpressionError:
            value = None
        if value is None or not -(1 << 63) <= value < 1 << 63:
            first, *_ = judged(text, a, b, maybe, wrong)
            assert isinstance(first, Gap)
            assert first.rejects[0][1:] == ("x", Reason.FIELD)
            return
        assert [type(event) for event in judged(text, a, b, maybe, value)] == [Frame]
        other = wrong if wrong != value else wrong + 1
        assert isinstance(judged(text, a, b, maybe, other)[0], Gap)


@pytest.mark.parametrize("text", ["a", "not a", "a > 2 or 1 // a", "1 // (a - 1)", "a << 300", "a - 3 and a"])
def test_conditions_go_by_truth(engine: str, text: str) -> None:
    """As `if` and as `valid`; an expression without a value rejects."""
    optional = FrameFormat("x", [Sync("AA"), Field("a", "u8"), Field("b", "u8", if_=text), Field("c", "u8", const=0xCC)])
    valid = FrameFormat("x", [Sync("AA"), Field("a", "u8", valid=text)])
    for a in range(5):
        try:
            holds = bool(expression(text).evaluate({"a": a}))
        except ExpressionError:
            for made in (optional, valid):
                decoder = Decoder(made)
                first = (decoder.feed(bytes([0xAA, a, 0xCC])) + decoder.close())[0]
                assert isinstance(first, Gap) and first.rejects[0].reason is Reason.FIELD
            continue
        raw = bytes([0xAA, a, *([0x55] if holds else []), 0xCC])
        assert [event.raw for event in Decoder(optional).feed(raw) if isinstance(event, Frame)] == [raw]
        found: Any = Decoder(valid).feed(bytes([0xAA, a]))
        assert [type(event) for event in found] == ([Frame] if holds else [])


@pytest.mark.parametrize("text", ["(1 + " * 31 + "a" + ")" * 31, "max(1, " * 15 + "a" + ")" * 15, "a and " * 60 + "a"])
def test_deep_expressions(native_engine: None, text: str) -> None:
    made = FrameFormat("x", [Sync("AA"), Field("a", "u8"), Field("b", "u8", equals=text)])
    decoder = Decoder(made)
    assert not decoder.fallbacks
    assert len(decoder.feed(bytes([0xAA, 5, expression(text).evaluate({"a": 5})]))) == 1
