"""What commands that open URLs share."""

from __future__ import annotations

import errno
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import framing
from framing.cli.common import Failed, Misuse
from framing.cli.displays import Display
from framing.cli.linking import (
    first_frames,
    follow,
    listening,
    names_of,
    recorded,
    session_for,
    shape_for,
    told,
    transport_for,
    words,
)
from framing.cli.stopping import Stop
from framing.transports import tape
from framing.transports.tcp import TcpListen

UBX = framing.load("ubx")
FRAME = UBX.encode(b"", **{"class": 1, "id": 2})


class Kept(Display):
    """Keeps what it is shown; sated after so many lists."""

    def __init__(self, enough: int = 1_000_000) -> None:
        self.events: list[Any] = []
        self.notes: list[str] = []
        self.lists = 0
        self.enough = enough

    def show(self, events: Sequence[Any], stream: str = "", at: float | None = None, lane: int = 0) -> None:
        self.events += events
        self.lists += 1

    def sated(self, lane: int = 0) -> bool:
        return self.lists >= self.enough

    def note(self, text: str) -> None:
        self.notes.append(text)

    def summary(self) -> list[str]:
        return []


@pytest.fixture
def many(tmp_path: Path) -> str:
    path = tmp_path / "many.bin"
    path.write_bytes(FRAME * 50_000)
    return f"file:{path}"


def test_everything_is_followed_to_the_end(many: str) -> None:
    display = Kept()
    with session_for(many, [UBX], Stop()) as session:
        follow(session, display, Stop())
    assert len(display.events) == 50_000


def test_who_has_seen_enough_gets_counts(many: str) -> None:
    display = Kept(enough=1)
    with session_for(many, [UBX], Stop()) as session:
        follow(session, display, Stop())
        assert session.stats.frames == {"ubx": 50_000}
    assert 0 < len(display.events) < 50_000


def test_no_more_frames_than_were_asked_for(many: str) -> None:
    display = Kept()
    with session_for(many, [UBX], Stop()) as session:
        assert follow(session, display, Stop(), count=12_345) == 12_345
    assert len(display.events) == 12_345


def test_being_stopped_gives_the_last_events() -> None:
    display, stop = Kept(), Stop()
    with session_for("loop://", [UBX], stop, announce=True) as session:
        assert session.link is not None
        session.link.send(FRAME[:5])
        stop.asked = True
        follow(session, display, stop)
    assert str(display.events[-1].reason) == "closed"


def test_a_recording_that_fails_is_told_while_the_link_goes_on(
    many: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(tape.Recorder):
        def write(self, *_: Any, **__: Any) -> None:
            raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(tape, "Recorder", Full)
    display = Kept()
    with (
        session_for(many, [UBX], Stop(), record=str(tmp_path / "r")) as session,
        pytest.raises(Failed, match="no space"),
    ):
        follow(session, display, Stop())
    assert display.notes == ["no space; the recording stops here; the link goes on"]
    assert len(display.events) == 50_000


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="file:/nowhere: No such file"), session_for("file:/nowhere", [UBX], Stop()):
        pass
    with (
        pytest.raises(FileNotFoundError, match="/nowhere/r"),
        session_for("loop://", [UBX], Stop(), record="/nowhere/r"),
    ):
        pass
    with pytest.raises(Misuse, match="no rate"), session_for("exec:cat", [UBX], Stop(), idle="3 characters"):
        pass


def test_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from framing.transports import urls

    def missing(_: str) -> None:
        raise ImportError("serial lines need pyserial")

    monkeypatch.setattr(urls, "transport", missing)
    with pytest.raises(Misuse, match="serial:///dev/x: serial lines need pyserial"):
        transport_for("serial:///dev/x")
    monkeypatch.setitem(__import__("sys").modules, "framing.transports.tape", None)
    with pytest.raises(Misuse, match="--record"), recorded("r"):
        pass


def test_first_frames() -> None:
    events = framing.decode(b"?" + FRAME + b"?" + FRAME + b"?", UBX)
    assert first_frames(events, 1) == (events[:2], 1)
    assert first_frames(events, 2) == (events[:4], 2)
    assert first_frames(events, 3) == (events, 2)
    assert first_frames(events, -1) == (events, 2)


def test_names_and_shapes_and_words() -> None:
    assert names_of([UBX, framing.load("mbus")["ack"], framing.load("mbus")])[:3] == ["ubx", "mbus.ack", "mbus.long"]
    assert shape_for(False, False, False, False) is None
    with pytest.raises(Misuse, match="add --json"):
        shape_for(False, False, True, False)
    error = OSError(5, "it broke")
    error.add_note("3 of 4 bytes were taken before")
    assert words(error) == "it broke; 3 of 4 bytes were taken before"


def test_where_listeners_wait() -> None:
    transport = TcpListen("127.0.0.1", 0)
    try:
        host, port = transport.listen()
        assert listening(transport) == f"{host}:{port}"
    finally:
        transport.close()
    assert listening(transport_for("exec:cat")) is None


def test_what_transports_say_goes_where_it_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    said: list[str] = []
    log = logging.getLogger("framing.transports")
    with told(said.append):
        log.warning("%s was cut", "x.log")
    log.warning("later")
    assert said == ["x.log was cut"]
    assert caplog.messages == ["later"]
