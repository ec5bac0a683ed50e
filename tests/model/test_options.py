"""`framing.model.options`: stuffing and confirmation as declared; where frames start, and learning, are in the tests of their rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from framing.errors import SpecError
from framing.model.options import Lock, Transparency


def message(make: Callable[[], Any]) -> str:
    with pytest.raises(SpecError) as caught:
        make()
    return str(caught.value)


@pytest.mark.parametrize(
    "keys, delimiter",
    [
        ({"kind": "cobs"}, b"\0"),
        ({"kind": "slip"}, b"\xc0"),
        ({"kind": "hdlc", "closes": True}, b"\x7e"),
        ({"kind": "bits", "order": "lsb", "run": 5}, b"\0\1\1\1\1\1\1\0"),
        ({"kind": "bits", "order": "msb"}, None),
        ({"kind": "hdlc", "closes": False, "special": "7E 7D 11 13"}, None),
        ({"kind": "dle"}, None),
        ({"kind": "doubled", "escape": "1A"}, None),
        ({"kind": "run", "run": 3, "special": "AA", "escape": 0x55}, None),
    ],
)
def test_transparency(keys: dict[str, Any], delimiter: bytes | None) -> None:
    made = Transparency(**keys)
    assert made.delimiter == delimiter
    assert made.stuffing.kind == keys["kind"]


@pytest.mark.parametrize(
    "keys, expected",
    [
        (
            {"kind": "slp"},
            "kind: unknown stuffing 'slp'; expected cobs, cobs-r, slip, kiss, hdlc, dle, doubled, hex, run, bits; did you mean 'slip'?",
        ),
        ({"kind": 5}, "kind: 5 is an integer; expected a string"),
        ({"kind": "dle", "closes": True}, "closes: dle has no delimiter; expected an `end` part, or closes = false"),
        ({"kind": "cobs", "closes": False}, "closes: cobs ends by its delimiter only; expected closes = true"),
        ({"kind": "hdlc", "escape": "7D 7D"}, "escape: '7D 7D' is not one byte; expected one byte such as '7D'"),
        ({"kind": "hdlc", "run": 0}, "run: 0 is out of range; expected 1 to 255"),
    ],
)
def test_wrong_transparency(keys: dict[str, Any], expected: str) -> None:
    assert message(lambda: Transparency(**keys)) == expected


def test_parameters_that_a_stuffing_lacks_are_refused() -> None:
    with pytest.raises(SpecError) as caught:
        Transparency("slip", escape="7D")
    assert caught.value.path == "escape"


def test_lock() -> None:
    assert (Lock(4).confirm, Lock(4).misses, Lock(0, 2).misses) == (4, 0, 2)
    assert message(lambda: Lock(1025)) == "confirm: 1025 is out of range; expected 0 to 1024"
