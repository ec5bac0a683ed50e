"""`framing demo`."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import framing
from framing.cli import demo, scene

from .conftest import Run


def test_the_picture(run: Run) -> None:
    outcome = run("demo")
    assert (outcome.status, outcome.err) == (0, "")
    assert "38 frames of three formats" in outcome.out
    assert "4 flipped bits, 3 lost bytes, 4 bursts of noise, a length claiming 60 KiB" in outcome.out
    assert "30 of 30 intact frames recovered; 30 frames and " in outcome.out
    assert "claims 60 KiB" in outcome.out
    lines = [line.split() for line in outcome.out.splitlines()]
    assert ["all", "38", "8", "30", "30"] in lines


def test_the_same_seed_gives_the_same_picture(run: Run) -> None:
    assert run("demo", "--seed", 7) == run("demo", "--seed", 7)
    assert run("demo", "--seed", 7) != run("demo", "--seed", 8)


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert max(map(len, run("demo").out.splitlines())) <= width


def test_svg(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "demo.svg"
    assert run("demo", "--svg", path).status == 0
    assert ET.parse(path).getroot().tag.endswith("svg")
    assert "recovered" in path.read_text()


def test_save(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stream.bin"
    outcome = run("demo", "--seed", "3", "--save", path)
    assert f"framing decode -f ubx -f nmea -f rtcm3 {path}" in " ".join(outcome.out.split())
    protocols = {name: framing.load(name) for name in scene.FORMATS}
    assert path.read_bytes() == scene.build(3, protocols).stream


def test_files_that_cannot_be_written(misuse: Any, tmp_path: Path) -> None:
    assert misuse("demo", "--save", tmp_path) == f"{tmp_path}: Is a directory"
    assert misuse("demo", "--svg", tmp_path / "no" / "x.svg").endswith("No such file or directory")
    assert "no integer" in misuse("demo", "--seed", "x")


class _Forgetful(framing.Decoder):
    """Loses the first frame that it finds; with `whole`, hands its bytes out as a gap."""

    whole = True
    lost = False

    def feed(self, chunk: Any) -> list[framing.Event]:
        events = super().feed(chunk)
        for index, event in enumerate(events):
            if isinstance(event, framing.Frame) and not self.lost:
                self.lost = True
                events[index : index + 1] = (
                    [framing.Gap(event.start, event.raw, framing.Reason.NOISE)] if self.whole else []
                )
                break
        return events


def _forgetful(names: Sequence[str], *_: object) -> framing.Decoder:
    return _Forgetful(*map(framing.load, names))


def test_it_fails_loudly_if_an_intact_frame_is_lost(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "decoder_for", _forgetful)
    outcome = run("demo")
    assert outcome.status == 1
    assert outcome.err == "framing: demo: an intact frame was lost: nmea at 0\n"
    assert "29 of 30 intact frames recovered" in outcome.out


def test_it_fails_loudly_if_bytes_are_lost(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "decoder_for", _forgetful)
    monkeypatch.setattr(_Forgetful, "whole", False)
    outcome = run("demo")
    assert outcome.status == 1
    assert outcome.err == "framing: demo: the events do not give the stream back\n"


def test_every_gap_says_what_caused_it() -> None:
    protocols = {name: framing.load(name) for name in scene.FORMATS}
    for seed in range(1, 30):
        built = scene.build(seed, protocols)
        events = framing.decode(built.stream, *protocols.values())
        notes = demo._notes(built, events)
        assert set(notes) == {event.start for event in events if isinstance(event, framing.Gap)}
        assert sum("60 KiB" in note for note in notes.values()) == 1
