"""Numbers at a glance; their widths are what matters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.cli.units import amount, duration, rate


@given(st.floats(0, 9e17), st.sampled_from(["B", "B/s"]))
def test_amounts_have_one_width_and_are_what_they_say(size: float, unit: str) -> None:
    text = amount(size, unit)
    assert len(text) == 7 + len(unit)
    number, prefixed = text.split()
    power = " kMGTPE".index(prefixed[0]) if prefixed != unit else 0
    assert abs(float(number) * 1000**power - size) <= max(0.0501 * 1000**power, 0.501 if not power else 0)


@given(st.floats(0, 9e8))
def test_rates_have_one_width(value: float) -> None:
    assert len(rate(value)) == 7


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0 s"), (59.94, "59.9 s"), (59.96, "0:59 min"), (60, "1:00 min"), (3600, "1:00:00 h")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
