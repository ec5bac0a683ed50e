"""Where events go."""

from __future__ import annotations

import io
import sys

import pytest

import framing
from framing.cli import displays
from framing.cli.board import Board, Lane
from framing.cli.displays import Lines, Live, on_terminal, summary_of
from framing.cli.records import Shape
from framing.cli.tally import Tally
from framing.transports.links import Connected

UBX = framing.load("ubx")
DATA = b"noise" + UBX.encode(b"", **{"class": 1, "id": 2}) + UBX.encode(b"x", **{"class": 1, "id": 2})[:-1] + b"\xff"


def test_lines_count_what_they_do_not_print(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(False, Shape(), ("there", "back"))
    lines.show(framing.decode(DATA, UBX), "s", 1.0, 1)
    lines.show([Connected("a")], lane=0)
    out = capsys.readouterr().out.splitlines()
    assert [('"frame"' in line, '"link":"back"' in line) for line in out] == [(True, True), (False, False)]
    assert lines.summary()[1].startswith("back 1 frame, 8 bytes (ubx 1); 2 gaps, 14 bytes")
    lines.note("something")
    assert capsys.readouterr().err == "framing: something\n"


def test_the_summary_from_counts_is_that_from_events() -> None:
    decoder, tally = framing.Decoder(UBX), Tally()
    tally.add(decoder.feed(DATA) + decoder.close())
    assert summary_of(decoder.stats) == tally.summary()


class Clock:
    """Time that passes while something is drawn."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 100.0, step

    def monotonic(self) -> float:
        self.now += self.step
        return self.now

    def time(self) -> float:
        return self.now


@pytest.mark.parametrize(("step", "pause"), [(0.0, displays.PERIOD), (0.5, 5.0)])
def test_drawing_takes_a_bounded_share_of_the_time(monkeypatch: pytest.MonkeyPatch, step: float, pause: float) -> None:
    clock = Clock(step)
    monkeypatch.setattr(displays, "time", clock)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    decoder = framing.Decoder(UBX)
    lane = Lane(["ubx"], "connecting")
    with Live(Board("t", [lane], clock.now), lambda: [decoder.stats]) as live:
        assert live.due is not None
        assert live.due - (clock.now - step) == pytest.approx(pause)
        samples = len(lane.samples)
        clock.step = 0.0
        live.tick()
        assert len(lane.samples) == samples
        clock.now = live.due
        live.tick()
        assert len(lane.samples) == samples + 1


def test_the_view_is_sated_until_the_next_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    decoder = framing.Decoder(UBX)
    with Live(Board("t", [Lane(["ubx"], "")], 0.0), lambda: [decoder.stats]) as live:
        live.show(decoder.feed(UBX.encode(b"", **{"class": 1, "id": 2}) * 5000))
        assert live.sated()
        live.due = 0.0
        live.tick()
        assert not live.sated()
        live.unsent(0, 5)
        live.note("odd")
    assert live.summary() == ["framing: odd", "5,000 frames, 40,000 bytes (ubx 5,000); 0 gaps, 0 bytes"]


def test_a_buffer_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert not on_terminal()
