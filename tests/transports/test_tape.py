from __future__ import annotations

from pathlib import Path

import pytest

from framing.transports.links import Arrival
from transports.scripted import ScriptedLink, World

dpkt = pytest.importorskip("dpkt")
from framing.transports.tape import Tape  # noqa: E402


def packets(path: Path) -> list[tuple[float, bytes]]:
    with path.open("rb") as file:
        return list(dpkt.pcapng.Reader(file))


def test_both_ways_are_on_it_with_their_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    tape, link = Tape(tmp_path / "a.pcapng"), ScriptedLink(world)
    tape.received(link, Arrival(b"now"))
    world.now += 2
    tape.sent(link, memoryview(b"later"))
    tape.received(link, Arrival(b"then", "peer", 7.5))
    tape.close()
    tape.close()
    assert [(float(at), raw) for at, raw in packets(tmp_path / "a.pcapng")] == [
        (world.time() - 2, b"now"),
        (world.time(), b"later"),
        (7.5, b"then"),
    ]
    assert tape.lapse() is None


def test_a_broken_link_is_marked_so_that_nothing_joins(tmp_path: Path) -> None:
    tape, link = Tape(tmp_path / "a.pcapng"), ScriptedLink(World())
    tape.received(link, Arrival(b"half"))
    tape.broke(link)
    tape.received(link, Arrival(b"other"))
    tape.close()
    assert [raw for _, raw in packets(tmp_path / "a.pcapng")] == [b"half", b"", b"other"]


def test_a_full_disk_stops_it_and_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tape, link = Tape(tmp_path / "a.pcapng"), ScriptedLink(World())

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    assert tape._recorder is not None
    monkeypatch.setattr(tape._recorder, "write", full)
    tape.received(link, Arrival(b"lost"))
    tape.received(link, Arrival(b"not even tried"))
    error = tape.lapse()
    assert error is not None and error.errno == 28 and "recording stops" in error.__notes__[0]
    assert tape.lapse() is None
    tape.close()
