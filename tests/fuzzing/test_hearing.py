"""Properties are heard on streams of a format; what breaks one is made small."""

from __future__ import annotations

from typing import Any

import pytest

import framing
from framing.fuzzing import hearing, laws
from framing.fuzzing.laws import LAWS, BrokenError, Case

UBX = framing.load("ubx")


def heard(**more: Any) -> list[hearing.Verdict]:
    return hearing.hear([UBX], 30, 20, 1, 60, **more)


def test_all_properties_but_the_sixth_hold() -> None:
    said: list[str] = []
    verdicts = heard(say=said.append)
    assert [each.number for each in verdicts] == [1, 2, 3, 4, 5, 7, 8]
    assert all(not each.broken and each.cases == 20 for each in verdicts)
    assert said == [each.title for each in verdicts]


def test_what_breaks_a_property_is_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    def law(case: Case) -> None:
        laws.must(b"\xb5\x62" not in case.data, "a marker")

    monkeypatch.setattr(hearing, "LAWS", {2: ("no markers", law)})
    [verdict] = heard()
    assert verdict.broken == "a marker"
    assert verdict.case is not None
    assert len(verdict.case.data) == 8, "one frame without payload, and nothing around it"
    with pytest.raises(BrokenError):
        law(verdict.case)


def test_the_same_seed_hears_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[bytes]] = []

    def law(case: Case) -> None:
        seen[-1].append(case.data)

    monkeypatch.setattr(hearing, "LAWS", {2: ("listening", law)})
    for _ in range(2):
        seen.append([])
        heard()
    assert seen[0] == seen[1]


def test_when_time_is_up_no_more_streams_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "LAWS", {1: LAWS[1]})
    [verdict] = hearing.hear([UBX], 30, 50, 1, 0)
    assert (verdict.cases, verdict.broken) == (0, "")
