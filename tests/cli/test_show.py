"""`framing show`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from framing.cli import show
from framing.spec import shipped

from .conftest import Run


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_spec_fits(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    outcome = run("show", name)
    assert (outcome.status, outcome.err) == (0, "")
    assert max(map(len, outcome.out.splitlines())) <= width
    boxes = [line for line in outcome.out.splitlines() if "┌" in line]
    assert boxes
    assert all(line.count("┌") == line.count("┐") == 1 for line in boxes)


def test_ubx(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line.rstrip() for line in run("show", "ubx").out.splitlines()]
    assert lines[3:10] == [
        "offset    0         2       3    4         6                   6+n       8+n",
        "          ┌─────────┬───────┬────┬─────────┬╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┬─────────┐",
        "          │  B5 62  │ class │ id │   size  │      payload      │    ck   │",
        "          │  marker │   u8  │ u8 │  u16le  │      n bytes      │  u16le  │",
        "          └─────────┴───────┴────┴─────────┴╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┴─────────┘",
        "length                                     ├─────── size ──────┤",
        "checksum            ├───────────── ck: fletcher-8 ─────────────┤",
    ]
    assert "     4               2  size     u16le  size = bytes of payload" in lines
    assert "kind      class, id" in lines
    assert lines[0] == "ubx  u-blox UBX"


def test_one_format_of_several(run: Run) -> None:
    outcome = run("show", "mbus.short")
    assert "mbus.short  short frame" in outcome.out
    assert "mbus.long" not in outcome.out
    assert "mbus.long  long frame" in run("show", "mbus").out


def test_parameters_are_told(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "p.toml"
    spec.write_text(
        'name = "p"\nlayout = [{ sync = "$marker" }, { field = "x", type = "u8", max = "$most" }]\n'
        '[parameters.marker]\nsize = 2\ntitle = "random bytes"\n[parameters.most]\ntype = "int"\n'
    )
    outcome = run("show", spec)
    assert "-p marker=…  2 bytes, as bytes or hex digits: random bytes" in outcome.out
    assert "-p most=…  an integer\n" in outcome.out
    assert "00 00" in outcome.out
    assert "AB CD" in run("show", spec, "-p", "marker=abcd").out


def test_a_spec_without_title_and_source(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "p.toml"
    spec.write_text('name = "p"\nlayout = [{ sync = "AA" }]\n')
    assert run("show", spec).out.splitlines()[:2] == ["p", ""]


def test_names_that_are_none(misuse: Any) -> None:
    assert misuse("show", "ubxx").endswith("did you mean 'ubx'?")
    assert misuse("show", "mbus.lnog").startswith("mbus has no format 'lnog', only long, ")
    assert misuse("show", "mbus.lnog").endswith("; did you mean 'long'?")
    assert misuse("show", ".").startswith("no shipped spec is called '.'")


def test_every_role_has_a_colour() -> None:
    from framing import load
    from framing.cli.diagram import draw_bits, draw_format, rows
    from framing.model.numbers import Bits

    roles = {"gutter", "offset", "edge", "type", "stuffing"}
    for name in ("ubx", "mbus", "dnp3", "kiss", "tsip", "adts"):
        for each in load(name):
            drawn = [draw_format(each, 80), *(draw_bits(part, 80) for part in each.layout if isinstance(part, Bits))]
            roles |= {role for lines in drawn for line in lines for _, role in line if role}
            roles |= {row.role for row in rows(each)}
    assert roles <= set(show.STYLES)


def test_the_fields_of_a_message(run: Run, misuse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line.rstrip() for line in run("show", "nmea", "--message", "GSV").out.splitlines()]
    assert lines[0] == "GSV  satellites in view"
    assert "  azimuth    integer  deg" in lines
    assert "HEARTBEAT  of mavlink.v1" in run("show", "mavlink", "--message", "HEARTBEAT").out
    assert "of mavlink.v1" not in run("show", "mavlink.v2", "--message", "HEARTBEAT").out
    assert "--message GVS: there is only GGA, RMC, GSV; did you mean 'GSV'?" in misuse("show", "nmea", "--message", "GVS")
    assert "there is only no message" in misuse("show", "slip", "--message", "x")
