"""`framing stats`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import framing

from .conftest import Run


def test_json_is_one_object_with_these_keys(run: Run, stream: Path) -> None:
    outcome = run("stats", "--json", "-f", "ubx", "-f", "nmea", stream)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.count("\n") == 1
    assert json.loads(outcome.out) == {
        "frames": {"ubx": 2, "nmea": 1},
        "frame_bytes": 31,
        "gap_bytes": 15,
        "fill_bytes": 0,
        "gaps": 2,
        "rejects": {"checksum": 1},
    }


def test_fill_is_no_gap(run: Run) -> None:
    found = json.loads(run("stats", "--json", "-f", "slip", "-", stdin=b"\xc0\xc0a\xc0").out)
    assert (found["gaps"], found["gap_bytes"], found["fill_bytes"]) == (0, 0, 2)


def test_an_empty_stream(run: Run) -> None:
    nothing = {"frames": {}, "frame_bytes": 0, "gap_bytes": 0, "fill_bytes": 0, "gaps": 0, "rejects": {}}
    assert json.loads(run("stats", "--json", "-f", "ubx", "-").out) == nothing
    assert "no frames" in run("stats", "-f", "ubx", "-").out


def test_the_tables(run: Run, stream: Path) -> None:
    outcome = run("stats", "-f", "ubx", "-f", "nmea", "--kinds", stream)
    lines = [" ".join(line.split()) for line in outcome.out.splitlines()]
    assert f"{stream} 46 bytes" in outcome.out.replace("\n", "").replace("  ", " ")
    assert "ubx 2 18 39.1% ████████" in lines
    assert "gaps 2 15 32.6% ███████" in lines
    assert "ubx 5, 1 1" in lines
    assert "nmea GPGLL 1" in lines
    assert "checksum 1 10 1" in lines
    assert "noise 1 5 0" in lines
    assert "checksum 10 10 b5 62 05 01 02 00 01 02" in lines


def test_kinds_and_gaps_are_cut_at_the_top(run: Run) -> None:
    ubx = framing.load("ubx")
    data = b"".join(ubx.encode(b"", **{"class": 1, "id": number}) + b"x" * (number % 3) for number in range(12))
    outcome = run(
        "stats", "-f", "ubx", "--kinds", "--top", "4", "-", stdin=data + ubx.encode(b"", **{"class": 1, "id": 3})
    )
    lines = [" ".join(line.split()) for line in outcome.out.splitlines()]
    assert "ubx 1, 3 2" in lines
    assert "8 more 8" in lines
    assert sum("78 78" in line for line in lines) == 4
    assert "standard input" in outcome.out


def test_kinds_without_a_value(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "k.toml"
    spec.write_text(
        'name = "k"\nkind = ["payload[0]"]\n'
        'layout = [{ sync = "AA" }, { length = "n", type = "u8", of = "payload" }, { data = "payload" }]\n'
    )
    outcome = run("stats", "-f", spec, "--kinds", "-", stdin=b"\xaa\x00\xaa\x01\x05")
    lines = [" ".join(line.split()) for line in outcome.out.splitlines()]
    assert {"k – 1", "k 5 1"} <= set(lines)
    assert "frames by kind" in run("stats", "-f", "slip", "--kinds", "-", stdin=b"a\xc0").out


def test_fill_has_a_row(run: Run) -> None:
    lines = [
        " ".join(line.split()) for line in run("stats", "-f", "slip", "-", stdin=b"\xc0\xc0a\xc0").out.splitlines()
    ]
    assert "fill 1 2 50.0% ██████████" in lines
    assert "fill 1 2 0" in lines


def test_fail_on(run: Run, stream: Path) -> None:
    assert run("stats", "--json", "-f", "ubx", "--fail-on", "checksum", stream).status == 1
    assert run("stats", "--json", "-f", "ubx", "--fail-on", "mac", stream).status == 0


def test_bad_options(misuse: Any) -> None:
    assert "is below 1" in misuse("stats", "-f", "ubx", "--top", "0", "-")
    assert "no format given" in misuse("stats", "-")
