"""What numbers of messages mean, and how numbers are spelled in text."""

from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.messages.values import (
    SCALED_BITS,
    Flags,
    Meaning,
    Word,
    WrittenFloat,
    factor_of,
    number_of,
    plain,
    spelled,
)

MODES = Meaning({"off": 0, "on": 1, "also_on": 1}, None, None)
BITS = Meaning(None, {"a": 1, "b": 2, "both": 3}, None)


def test_named_numbers_are_numbers() -> None:
    on = MODES.value(1)
    assert (on, on.word, str(on), on + 1) == (1, "on", "on", 2)
    assert type(MODES.value(7)) is int
    assert [MODES.raw(each) for each in ("on", "also_on", 1, on)] == [1, 1, 1, 1]
    with pytest.raises(ValueError, match="unknown word 'onn'; did you mean 'on'"):
        MODES.raw("onn")
    with pytest.raises(ValueError, match="unknown word 'x'; known are off, on, also_on"):
        MODES.raw("x")


def test_flags() -> None:
    found = BITS.value(0b1011)
    assert (found, found.words, found.rest) == (11, ("a", "b", "both"), 8)
    assert "a" in found and "c" not in found
    assert str(found) == "a|b|both|8" and str(BITS.value(0)) == "0"
    assert [BITS.raw(each) for each in (found, "a|0x8", ["b", 8], ("a",), "8", 9)] == [11, 9, 10, 1, 8, 9]
    with pytest.raises(ValueError, match="unknown word 'c'; known are a, b, both"):
        BITS.raw("a|c")
    with pytest.raises(ValueError, match=r"1\.5 is no flag"):
        BITS.raw([1.5])


@given(st.integers(0, 255))
def test_flags_and_their_words_say_the_same(raw: int) -> None:
    assert BITS.raw(plain(BITS.value(raw))) == raw


@pytest.mark.parametrize("value", [Word(3, "three"), Flags(3, ("a",), 2), number_of("007", "integer", 1, None), number_of("1.50", "decimal", 1, None)])
def test_values_are_copied_whole(value: Any) -> None:
    for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert (type(again), again, vars(again)) == (type(value), value, vars(value))


def test_values_in_json() -> None:
    values = {"w": Word(3, "three"), "f": Flags(5, ("a",), 4), "n": [1.5, math.nan, -math.inf, math.inf], "b": b"\1", "_io": object()}
    assert plain(values) == {"w": "three", "f": ["a", 4], "n": [1.5, "NaN", "-Infinity", "Infinity"], "b": "01"}
    assert repr(Word(3, "three")) == "Word(3, 'three')" and repr(Flags(5, ("a",), 4)) == "Flags(5, ('a',), 4)"


# --- scales ----------------------------------------------------------------------------------------------------------

SCALES = st.one_of(
    st.sampled_from([1e-7, 0.01, 0.1, 1 / 128, 2.0**-31, 0.5, 10, 1000, -0.1, 1 / 3]),
    st.floats(1e-9, 1e9, allow_nan=False),
)


@given(st.integers(-(1 << SCALED_BITS - 1), (1 << SCALED_BITS - 1) - 1), SCALES)
def test_a_scaled_number_comes_back(raw: int, scale: float) -> None:
    meaning = Meaning(None, None, scale)
    assert meaning.raw(meaning.value(raw)) == raw


def test_scales_are_what_was_meant() -> None:
    assert Meaning(None, None, 1e-7).value(473900123) == 47.3900123
    assert Meaning(None, None, 10).value(3) == 30 and type(Meaning(None, None, 10).value(3)) is int
    assert factor_of(0.1) == Fraction(1, 10) and factor_of(2.0**-31) == Fraction(1, 1 << 31)
    assert Meaning(None, None, 0.1).raw(0.26) == 3


@pytest.mark.parametrize("value", [math.nan, math.inf, "1", None, True])
def test_what_cannot_be_scaled(value: Any) -> None:
    with pytest.raises(ValueError, match="is no finite number"):
        Meaning(None, None, 0.1).raw(value)


# --- numbers in text -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, form, value",
    [
        ("12", "integer", 12),
        ("007", "integer", 7),
        ("-3", "integer", -3),
        ("+3", "integer", 3),
        ("4807.038", "decimal", 4807.038),
        ("01131.000", "decimal", 1131.0),
        ("-.5", "decimal", -0.5),
        ("5.", "decimal", 5.0),
        ("-0", "integer", 0),
        ("0a", "hex", 10),
    ],
)
def test_numbers_remember_how_they_stood_there(text: str, form: str, value: float) -> None:
    found = number_of(text, form, 1, None)
    assert found == value
    assert spelled(found, form, 1, None) == text


@given(st.from_regex(r"[+-]?[0-9]{1,12}(\.[0-9]{0,8})?", fullmatch=True), st.integers(1, 6), st.sampled_from([None, 0, 3]))
def test_any_number_is_written_as_it_stood_there(text: str, digits: int, decimals: int | None) -> None:
    assert spelled(number_of(text, "decimal", digits, decimals), "decimal", digits, decimals) == text


@pytest.mark.parametrize(
    "value, form, digits, decimals, text",
    [
        (7, "integer", 3, None, "007"),
        ("7", "integer", 3, None, "007"),
        ("-7.50", "decimal", 3, 1, "-007.50"),
        (-7, "integer", 3, None, "-007"),
        (1131.5, "decimal", 5, 3, "01131.500"),
        (1131.5, "decimal", 5, None, "01131.5"),
        (3.0, "decimal", 1, None, "3"),
        (3, "decimal", 1, 2, "3.00"),
        (1e-7, "decimal", 1, None, "0.0000001"),
        (255, "hex", 4, None, "00FF"),
    ],
)
def test_new_numbers_have_the_digits_that_are_wanted(value: float, form: str, digits: int, decimals: int | None, text: str) -> None:
    assert spelled(value, form, digits, decimals) == text


@pytest.mark.parametrize("text, form", [("1e5", "decimal"), ("nan", "decimal"), ("1_0", "integer"), ("1" * 41, "integer"), ("x", "hex"), ("٣", "integer"), ("1.5", "integer")])
def test_texts_that_are_no_numbers(text: str, form: str) -> None:
    with pytest.raises(ValueError, match=f"is no {form} number"):
        number_of(text, form, 1, None)
    with pytest.raises(ValueError, match=f"is no {form} number"):
        spelled(text, form, 1, None)


@pytest.mark.parametrize("value, form", [(1.5, "integer"), (math.nan, "decimal"), (True, "integer"), (None, "decimal"), (-1, "hex"), (10**45, "integer"), (1e300, "decimal")])
def test_values_that_cannot_be_spelled(value: Any, form: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are told above
        spelled(value, form, 1, None)


def test_a_written_number_is_not_written_where_it_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"'1\.50' is no integer number"):
        spelled(WrittenFloat(1.5, "1.50"), "integer", 1, None)
