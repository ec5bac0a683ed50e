"""Work is measured on beginnings of frames; what grows with the stream is told."""

from __future__ import annotations

from typing import Any

import pytest

import framing
from framing.fuzzing import work
from framing.fuzzing.work import TIMES, Work, beginnings, measure

UBX = framing.load("ubx")
[FORMAT] = UBX
FRAME = FORMAT.decode(FORMAT.encode(bytes(10), **{"class": 1, "id": 2}))


def test_hostile_streams_repeat_beginnings() -> None:
    found = list(beginnings([(FORMAT, FRAME), (FORMAT, FRAME)]))
    assert found[:3] == [FRAME.raw[:9], FRAME.raw[:-1], b"\xb5\x62"]
    assert int.from_bytes(found[3][4:6], "little") > 10
    assert len(found) == len(set(found))


def test_the_stream_that_grows_most_is_the_one_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def nanoseconds(_: Any, repeated: bytes, size: int) -> float:
        return 100.0 * (size if repeated == b"\xb5\x62" else 1)

    monkeypatch.setattr(work, "_nanoseconds", nanoseconds)
    monkeypatch.setattr(work, "LONG", 1e9)
    found = measure([UBX], [(FORMAT, FRAME)], small=4096)
    assert (found.repeated, found.large / found.small) == (b"\xb5\x62", TIMES)
    assert found.told
    assert not found.linear


def test_what_is_too_slow_to_tell_is_not_held_against_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_nanoseconds", lambda _, __, size: 1e6 * size)
    found = measure([UBX], [(FORMAT, FRAME)], small=65_536)
    assert not found.told
    assert found.linear


@pytest.mark.parametrize(("small", "large", "linear"), [(10, 29, True), (10, 31, False), (0.001, 0.01, True)])
def test_a_byte_may_cost_three_times_as_much(small: float, large: float, linear: bool) -> None:
    assert Work(small, large, b"x", 1 << 30 if large > 1 else 1 << 10, True).linear is linear


def test_it_runs() -> None:
    assert measure([UBX], [(FORMAT, FRAME)], small=2048).large > 0
