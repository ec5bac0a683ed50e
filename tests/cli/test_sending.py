"""Sending while what comes back is read."""

from __future__ import annotations

import socket
import threading

import pytest

import framing
from framing.cli import sending
from framing.cli.common import Failed
from framing.cli.linking import session_for
from framing.cli.sending import Sender
from framing.cli.stopping import Stop

from .test_linking import Kept

UBX = framing.load("ubx")
FRAME = UBX.encode(b"", **{"class": 1, "id": 2})


def test_what_comes_is_shown_up_to_the_number_that_was_asked_for() -> None:
    display, stop = Kept(), Stop()
    with session_for("exec:cat", [UBX], stop) as session, Sender(session, stop, display, 2) as sender:
        for _ in range(5):
            assert sender.send(FRAME, 30, 0)
        sender.await_answers(30)
        sender.finish()
    assert (sender.came, len(display.events)) == (2, 2)
    assert sender.summary() == "5 frames, 40 bytes sent"


def test_a_wait_between_frames_ends_when_it_is_to_end() -> None:
    stop = Stop()
    with session_for("exec:cat", [UBX], stop) as session, Sender(session, stop) as sender:
        assert sender.send(FRAME, 30, 3600)
        threading.Timer(0.05, lambda: setattr(stop, "asked", True)).start()
        assert not sender.send(FRAME, 30, 3600)
        sender.finish()
    assert sender.summary() == "1 frame, 8 bytes sent"


def test_the_end_is_passed_on_and_waited_for() -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    theirs.close()
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = Stop()
        with (
            session_for(f"tcp://127.0.0.1:{server.getsockname()[1]}", [UBX], stop) as session,
            server.accept()[0] as peer,
        ):
            peer.settimeout(30)
            with Sender(session, stop) as sender:
                sender.send(FRAME, 30, 0)
                closer = threading.Thread(target=lambda: (peer.recv(100), peer.recv(100), peer.close()))
                closer.start()
                sender.finish()
                closer.join()
                assert not sender._reader.is_alive()


def test_who_does_not_close_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LINGER", 0.01)
    stop = Stop()
    with session_for("exec:sleep 60", [UBX], stop) as session, Sender(session, stop) as sender:
        sender.send(FRAME, 30, 0)
        sender.finish()


def test_a_link_that_breaks_is_told_and_not_where_it_was_stopped() -> None:
    for asked in (False, True):
        stop = Stop()
        with session_for("exec:false", [UBX], stop) as session, Sender(session, stop) as sender:
            sender._reader.join(30)
            stop.asked = asked
            if asked:
                sender.finish()
            else:
                with pytest.raises(Failed, match="exit status 1"):
                    sender.finish()


def test_nobody_reads_what_came() -> None:
    class Closed(Kept):
        def show(self, *_: object) -> None:  # type: ignore[override]
            raise BrokenPipeError

    stop = Stop()
    with session_for("exec:cat", [UBX], stop) as session, Sender(session, stop, Closed()) as sender:
        sender.send(FRAME, 30, 0)
        sender.await_answers(30)
        with pytest.raises(BrokenPipeError):
            sender.finish()
