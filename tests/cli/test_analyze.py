"""`framing analyze`: text, JSON, and misuse."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from .conftest import Run


def test_text_tells_of_each_format(run: Run) -> None:
    outcome = run("analyze", "mbus.short", "sbus")
    assert outcome.status == 0
    assert "mbus.short: 5 bytes" in outcome.out
    assert "false frames   one in 1.678e+07 random bytes" in outcome.out
    assert "sbus: 25 bytes" in outcome.out


def test_json_tells_the_same(run: Run) -> None:
    found = json.loads(run("analyze", "mbus.short", "--json", "--ber", "1e-3").out)
    assert found["ber"] == 1e-3
    assert found["formats"][0]["format"] == "mbus.short"
    assert found["formats"][0]["false_frames_per_random_byte"] == 2**-24


@pytest.mark.parametrize(("words", "line"), [
    ([], "no spec given; name one or more"),
    (["nosuch"], "no shipped spec is called 'nosuch'"),
    (["ubx", "--ber", "2"], "2 is no bit error rate; it is 0 to 0.5"),
    (["ubx", "--ber", "often"], "'often' is no number"),
])  # fmt: skip
def test_misuse_is_one_line(words: list[str], line: str, misuse: Callable[..., str]) -> None:
    assert line in misuse("analyze", *words)
