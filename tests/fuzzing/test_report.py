"""The whole report, on shipped specs of every sort."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import framing
from framing.fuzzing import recovery, report
from framing.fuzzing.hearing import Verdict
from framing.fuzzing.report import Report, fuzz, make
from framing.fuzzing.work import Work


def reported(*names: str, **options: Any) -> Report:
    protocols = [framing.load(name) for name in names]
    return fuzz(protocols, make(protocols, 40, 1), 6, 1, 30, **options)


@pytest.fixture(autouse=True)
def short_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "NOISE", 200)
    # How long this machine takes is no property of the code.
    monkeypatch.setattr(report.work, "measure", lambda *_: Work(1, 1, b"x", 8, True))


@pytest.mark.parametrize("name", ["ubx", "cobs-crc16", "mbus", "mavlink", "dnp3", "nmea"])
def test_shipped_formats_keep_all_properties(name: str) -> None:
    said: list[str] = []
    found = reported(name, say=said.append)
    assert found.passed, [each for each in found.verdicts if each.broken]
    assert {each.number for each in found.verdicts} == {1, 2, 3, 4, 5, 7, 8}
    assert found.clean == found.frames == 40
    assert {each.model for each in found.recoveries} == set(framing.damage.MODELS)
    assert {each.order for each in found.recoveries} == {"strict", "early"}
    assert found.stall("strict") is not None
    assert found.largest == max(each.max_size for each in framing.load(name))
    assert "work is linear" in said and "false accepts" in said


def test_where_early_order_is_refused_it_says_why() -> None:
    found = reported("modbus-rtu")
    assert "chained" in found.no_early
    assert found.stall("early") is None
    assert found.passed
    assert found.clean < found.frames, "frames of unknown functions end by silence, and there is none"


def test_several_protocols_share_a_stream() -> None:
    found = reported("ubx", "nmea")
    assert found.formats == ["ubx", "nmea"]
    assert found.passed


def bare(**more: Any) -> Report:
    return Report(["x"], 1, 1.0, 1, 1, **more)


def test_anything_broken_fails_it() -> None:
    assert bare().passed
    assert not bare(verdicts=[Verdict(1, "t", 3, "wrong")]).passed
    assert not bare(work=Work(1, 8, b"x", 1 << 30, True)).passed
    lost = recovery.Recovery("bits", "strict", lost=Counter({recovery.UNCAUSED: 1}))
    assert not bare(recoveries=[lost]).passed
    under = recovery.Recovery("bits", "strict", lost=Counter({recovery.UNDER: 1}))
    assert bare(recoveries=[under]).passed


def test_frames_are_the_same_for_the_same_seed() -> None:
    mbus = framing.load("mbus")
    assert make([mbus], 20, 3) == make([mbus], 20, 3)
    assert make([mbus], 20, 3).stream != make([mbus], 20, 4).stream
    assert len({frame.format for frame in make([mbus], 20, 3).frames}) == len(mbus)
