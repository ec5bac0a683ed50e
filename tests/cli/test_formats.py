"""`framing formats`."""

from __future__ import annotations

import json

import pytest

import framing
from framing.spec import shipped

from .conftest import Run


def test_json_has_every_shipped_spec(run: Run) -> None:
    outcome = run("formats", "--json")
    assert (outcome.status, outcome.err) == (0, "")
    found = {each["name"]: each for each in json.loads(outcome.out)}
    assert set(found) == set(shipped())
    assert found["ubx"] == {
        "name": "ubx",
        "title": "u-blox UBX",
        "family": "gnss",
        "source": framing.load("ubx").source,
        "parameters": {},
        "formats": [
            {
                "name": "ubx",
                "title": "",
                "extent": "length",
                "stuffing": None,
                "marker": ["B5 62"],
                "delimiter": None,
                "checksum": ["fletcher-8"],
                "min_size": 8,
                "max_size": 65_543,
                "messages": ["NAV-PVT", "NAV-SAT", "MON-VER", "CFG-VALSET", "CFG-VALGET-POLL", "CFG-VALGET"],
            }
        ],
    }
    assert found["slip"]["formats"][0]["delimiter"] == "C0"


def test_every_format_has_a_row(run: Run) -> None:
    outcome = run("formats")
    assert (outcome.status, outcome.err) == (0, "")
    rows = {line.split()[0] for line in outcome.out.splitlines() if line.startswith("  ") and line.strip()}
    for name in shipped():
        assert name in rows
    assert {".long", ".short", ".ack"} <= rows
    assert outcome.out.splitlines()[-1].startswith(f"{len(shipped())} specs, ")


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_it_fits(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run("formats").out.splitlines()
    assert max(map(len, lines)) <= width
    row = next(line for line in lines if line.startswith("  ubx"))
    assert row.split()[-4:] == ["length", "B562", "fletcher-8", "65,543"]


def test_messages_are_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    lines = run("formats").out.splitlines()
    assert any("GGA, RMC, GSV" in line for line in lines)
    found = {each["name"]: each["formats"] for each in json.loads(run("formats", "--json").out)}
    assert [each["messages"] for each in found["modbus-rtu"] if each["name"].endswith("request")] == [["READ-HOLDING-REGISTERS-REQUEST"]]
