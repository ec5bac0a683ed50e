"""Events in words and as JSON objects."""

from __future__ import annotations

import framing
from framing.cli.happenings import harmless, kind_words, line, preview, record, row
from framing.cli.records import Shape
from framing.events import Gap
from framing.transports.links import Connected, Disconnected, Reason

UBX = framing.load("ubx")
FRAME = framing.decode(UBX.encode(b"hi", **{"class": 5, "id": 1}), UBX)[0]
GAP = Gap(3, b"\x00\x01", framing.Reason.NOISE)


def test_objects_say_where_and_when() -> None:
    found = record(FRAME, Shape(kind=True), "peer", 1.23456789, "tcp a")
    assert list(found) == ["type", "format", "start", "end", "fields", "payload", "kind", "link", "stream", "time"]
    assert (found["link"], found["stream"], found["time"]) == ("tcp a", "peer", 1.234568)
    assert "link" not in record(GAP, Shape(), "", 1.0)
    assert record(Connected("tcp a", 3), Shape(), "", 1.0) == {
        "type": "connected",
        "link": "tcp a",
        "attempt": 3,
        "stream": "",
        "time": 1.0,
    }
    down = record(Disconnected(Reason.RESET, "reset by peer"), Shape(), "", 1.0)
    assert (down["type"], down["reason"], down["detail"]) == ("disconnected", "reset", "reset by peer")


def test_lines_for_people() -> None:
    assert line(FRAME, "peer", 0.25, "->").split(None, 1)[1] == "-> peer  ubx      5, 1              10 B  hi\n"
    assert line(FRAME, "", 0.25)[8:14] == ".250  "
    assert line(GAP, "", 0)[14:] == "gap      noise              2 B  00 01\n"
    assert line(Connected("tcp a", 2), "", 0).endswith("tcp a, attempt 2\n")


def test_what_is_bad_and_what_is_not() -> None:
    assert [
        row(each).bad for each in (FRAME, GAP, Connected("a"), Disconnected(Reason.END), Disconnected(Reason.RESET))
    ] == [False, True, False, False, True]


def test_payloads_are_text_where_they_can_be_and_never_long() -> None:
    assert preview(b"GPGLL,1\r\n") == "GPGLL,1"
    assert preview(b"\x1b[2J") == "1b 5b 32 4a"
    assert preview(b"\r\n") == "0d 0a"
    assert preview(b"") == ""
    assert len(preview(bytes(1000))) < 80


def test_nothing_moves_the_cursor() -> None:
    assert harmless("a\x1b[2Jb\n") == "a?[2Jb?"
    assert "\x1b" not in line(FRAME, "\x1b[2J", 0)
    assert kind_words(FRAME) == "5, 1"  # type: ignore[arg-type]
