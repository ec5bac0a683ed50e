"""Replaying: the same bytes, when they are due, as fast as asked for, and awake when somebody closes."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

import framing
from framing import Frame
from framing.transports import connection, replay
from framing.transports.links import Arrival
from framing.transports.recording import Recorder
from framing.transports.replay import ReplayLink
from framing.transports.steps import Wait, run
from framing.transports.steps import ready as waited_for
from framing.transports.urls import UrlError, transport
from made_captures import DOWN, UP, arrivals, conversation, datagram, pcap, streams

START = 1_700_000_000.0


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 500.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(replay, "time", clock)
    return clock


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "made.pcapng"
    recorder = Recorder(path)
    recorder.write(b"first", "in", START, "link")
    recorder.write(b"mine", "out", START + 1, "link")
    recorder.write(b"second", "in", START + 4, "link", broken=True)
    recorder.write(b"clock set back", "in", START - 1000, "link")
    recorder.write(b"last", "in", START + 6, "link")
    recorder.close()
    return path


def opened(path: Path, query: str = "") -> ReplayLink:
    link = run(transport(f"replay:{path}{query}").connect())
    assert isinstance(link, ReplayLink)
    return link


def due(link: ReplayLink) -> float:
    """When the link says that it has something; asking again and again does not change it."""
    assert link.receive() is None and link.receive() is None
    wait = link.readable(None)
    assert isinstance(wait, Wait) and wait.until is not None
    return wait.until


@pytest.mark.parametrize("speed", [1, 2, 0.5])
def test_each_arrival_comes_when_it_is_due(recorded: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, speed: float) -> None:
    link = opened(recorded, f"?speed={speed}")
    monkeypatch.setattr("framing.transports.descriptors.time", clock)
    assert link.receive() == Arrival(b"first", "link", START)
    assert due(link) == pytest.approx(500 + 4 / speed)
    clock.now += 4 / speed - 0.001
    assert link.receive() is None
    clock.now += 0.002
    assert link.receive() == Arrival(b"second", "link", START + 4, broken=True)
    assert link.receive() == Arrival(b"clock set back", "link", START - 1000)
    assert due(link) == pytest.approx(500 + 6 / speed)
    clock.now += 100
    assert link.receive() == Arrival(b"last", "link", START + 6)
    assert link.receive() == Arrival(b"", time=START + 6, ends=True)
    link.close()


def test_as_fast_as_possible(recorded: Path) -> None:
    found = arrivals(f"replay:{recorded}?speed=0")
    assert [each.data for each in found] == [b"first", b"second", b"clock set back", b"last"]
    assert [each.time for each in found] == [START, START + 4, START - 1000, START + 6]


@pytest.mark.parametrize(
    "direction, names", [("", ["link"]), ("&direction=sent", ["link sent"]), ("&direction=both", ["link", "link sent"])]
)
def test_directions(recorded: Path, direction: str, names: list[str]) -> None:
    assert [*streams(arrivals(f"replay:{recorded}?speed=0{direction}"))] == names


def test_any_capture_with_the_same_filters(tmp_path: Path) -> None:
    path = pcap(tmp_path / "made.pcap", [*conversation(b"question", b"answer"), datagram(b"x")])
    assert streams(arrivals(f"replay:{path}?speed=0&tcp=4028")) == {DOWN: [b"answer"]}
    assert streams(arrivals(f"replay:{path}?speed=0&udp=all&direction=both")) == {f"udp {UP}": [b"x"]}


def test_real_time(tmp_path: Path) -> None:
    path = tmp_path / "made.pcapng"
    recorder = Recorder(path)
    for number in range(5):
        recorder.write(b"x", "in", START + number / 50, "link")
    recorder.close()
    link = opened(path)
    came = []
    while True:
        arrival = link.receive()
        if arrival is None:
            wait = link.readable(None)
            if wait is not None:
                waited_for(wait)
        elif arrival.ends:
            break
        else:
            came.append(time.monotonic())
    link.close()
    assert all(late - came[0] >= number / 50 - 0.001 for number, late in enumerate(came)) and len(came) == 5


def test_closing_wakes_who_waits(tmp_path: Path) -> None:
    path = tmp_path / "made.pcapng"
    recorder = Recorder(path)
    for moment in (START, START + 3600):
        recorder.write(b"x", "in", moment, "link")
    recorder.close()
    link = opened(path)
    assert link.receive() is not None and link.receive() is None
    wait = link.readable(None)
    assert wait is not None
    waiting = threading.Thread(target=waited_for, args=(wait,))
    waiting.start()
    link.close()
    waiting.join(30)
    assert not waiting.is_alive()


def test_years_between_two_arrivals(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """No system waits that long at a time."""
    path = tmp_path / "made.pcapng"
    recorder = Recorder(path)
    for moment in (START, START + 1e8):
        recorder.write(b"x", "in", moment, "link")
    recorder.close()
    link = opened(path)
    monkeypatch.setattr("framing.transports.descriptors.time", clock)
    assert link.receive() is not None
    assert due(link) == 500 + 86_400
    clock.now += 1e8
    assert link.receive() == Arrival(b"x", "link", START + 1e8)
    link.close()


@pytest.mark.parametrize("query, count", [("speed=0", 12), ("speed=20&tcp=4028", 2), ("speed=0&direction=both", 12)])
def test_a_session_recorded_and_played_again(tmp_path: Path, query: str, count: int) -> None:
    """A capture through `framing.open`, which records it; the recording gives the same frames."""
    ubx = framing.load("ubx")
    one = ubx.encode(b"payload", **{"class": 1, "id": 2})
    path = pcap(tmp_path / "made.pcap", conversation(one * 10, one * 2, 7))
    kept = tmp_path / "kept.pcapng"
    with connection.open(f"pcap:{path}", ubx, record=kept) as link:
        assert sum(isinstance(each, Frame) for each in link) == 12
    with connection.open(f"replay:{path if 'tcp' in query else kept}?{query}", ubx) as link:
        assert sum(isinstance(each, Frame) for each in link) == count


def test_a_deadline_comes_first(recorded: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    link = opened(recorded)
    monkeypatch.setattr("framing.transports.descriptors.time", clock)
    assert link.receive() is not None and link.receive() is None
    assert link.readable(500.25) == Wait(until=500.25, wake=link.readable(None).wake)  # type: ignore[union-attr]
    link.close()


@pytest.mark.parametrize("query", ["speed=-1", "speed=nan", "speed=inf", "speed=fast", "direction=up"])
def test_options_that_are_none(query: str) -> None:
    with pytest.raises(UrlError, match="expected"):
        transport(f"replay:file.pcapng?{query}")
