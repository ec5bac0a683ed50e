"""Events as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.cli.records import line, plain

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"\x01\xff", "01ff"),
        (bytearray(b"\x01"), "01"),
        (memoryview(b"\x02"), "02"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (1.5, 1.5),
        (1 << 70, 1 << 70),
        (("a", None, b"\x00"), ["a", None, "00"]),
        ({"_io": object(), "a": {"_x": 1, "b": math.nan}}, {"a": {"b": "NaN"}}),
    ],
)
def test_plain(value: Any, said: Any) -> None:
    assert plain(value) == said


@given(VALUES)
def test_everything_becomes_one_line_of_json(value: Any) -> None:
    text = line({"value": plain(value)})
    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert json.loads(text) == {"value": plain(value)}
