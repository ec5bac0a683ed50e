"""The live view, without a terminal."""

from __future__ import annotations

import re

import pytest

import framing
from framing.cli.board import Board, Lane
from framing.cli.view import view
from framing.transports.links import Connected, Disconnected, Reason

UBX, NMEA = framing.load("ubx"), framing.load("nmea")
SIZES = [(80, 24), (120, 40), (40, 10), (20, 3)]


def frame(number: int, size: int = 2) -> bytes:
    return UBX.encode(bytes(size), **{"class": 1, "id": number})


class Shown:
    """A board with a lane a link, and what it looks like."""

    def __init__(self, *arrows: str) -> None:
        self.lanes = [Lane(["ubx", "nmea"], "waiting for somebody", arrow) for arrow in arrows or ("",)]
        self.board = Board("framing listen somewhere", self.lanes, 0.0)
        self.decoders = [framing.Decoder(UBX, NMEA) for _ in self.lanes]

    def at(self, now: float, *data: bytes, stream: str = "") -> Shown:
        for lane, decoder, each in zip(self.lanes, self.decoders, data, strict=False):
            self.board.show(lane, decoder.feed(each), stream, now, now)
        self.board.tick(now, [decoder.stats for decoder in self.decoders])
        return self

    def link(self, *events: Connected | Disconnected, now: float = 0.0, lane: int = 0) -> Shown:
        self.board.show(self.lanes[lane], events, "", now, now)
        return self

    def lines(self, now: float, width: int = 80, height: int = 24) -> list[str]:
        return view(self.board, width, height, now).plain.splitlines()


def test_a_quiet_beginning() -> None:
    lines = Shown().at(0.0).lines(0.0)
    assert lines[0].rstrip().endswith("0.0 s")
    assert lines[1] == "waiting for somebody"
    assert " ".join(lines[2].split()) == "0.0 frames/s 0 B/s in all 0 frames, 0 bytes"
    assert lines[3] == ""
    assert "none" in lines


def test_rates_by_format_and_kind() -> None:
    shown = Shown().link(Connected("tcp a")).at(0.0)
    lines = shown.at(2.0, frame(1) + frame(10) + frame(2) + frame(2) + NMEA.encode(b"GPGLL,1")).lines(2.0)
    table = [
        line.split()
        for line in lines[lines.index(next(line for line in lines if "frames/s" in line and "kind" in line)) + 1 :]
    ]
    assert [" ".join(each) for each in table[:6]] == [
        "ubx 2.0 20 B/s 4 40 B",
        "1, 1 0.5 5 B/s 1 10 B",
        "1, 2 1.0 10 B/s 2 20 B",
        "1, 10 0.5 5 B/s 1 10 B",
        "nmea 0.5 6 B/s 1 13 B",
        "GPGLL 0.5 6 B/s 1 13 B",
    ]


def test_errors_by_reason_and_the_last_of_them() -> None:
    broken = frame(1)[:-1] + b"x"
    lines = Shown().at(0.0).at(1.0, broken + frame(2) + b"??" + frame(3)).lines(1.0)
    assert ["gaps", "2.0", "12", "B/s", "2", "12", "B"] in [line.split() for line in lines]
    assert ["checksum", "1.0", "1"] in [line.split() for line in lines]
    assert [line.split()[1:3] for line in lines[-4:]] == [
        ["gap", "checksum"],
        ["ubx", "1,"],
        ["gap", "noise"],
        ["ubx", "1,"],
    ]


def test_stalls_are_said_in_a_line_that_is_always_there() -> None:
    shown = Shown().link(Connected("tcp a")).at(0.0).at(1.0, frame(1) + frame(2)[:-1])
    before = shown.lines(1.5)
    assert before[3] == ""
    shown.at(5.0)
    after = shown.lines(5.0)
    assert after[3] == "nothing arrived for 4.0 s  9 bytes pending in the decoder for 4.0 s"
    assert len(before) == len(after)
    shown.lanes[0].unsent = 1000
    assert shown.lines(5.0)[3].startswith("1,000 bytes wait for the other side to take them, for 4.0 s")


def test_links_that_come_and_go() -> None:
    shown = Shown().link(Connected("tcp a")).at(0.0)
    assert shown.lines(61.0)[1] == "up 1:01 min    tcp a"
    shown.link(Disconnected(Reason.RESET, "by peer"), now=62.0)
    assert shown.lines(63.0)[1] == "down 1.0 s     reset: by peer; connecting again  tcp a"
    shown.link(Connected("tcp a", 2), now=64.0)
    assert "2 links so far" in shown.lines(64.0)[1]


def test_both_directions_of_a_bridge() -> None:
    shown = (
        Shown("->", "<-")
        .link(Connected("tcp a"))
        .link(Connected("tcp b"), lane=1)
        .at(0.0)
        .at(1.0, frame(1), frame(2, 100))
    )
    lines = shown.lines(1.0)
    assert [line[:2] for line in lines if "up " in line] == ["->", "<-"]
    assert [line.split()[1:5] for line in lines[-2:]] == [["->", "ubx", "1,", "1"], ["<-", "ubx", "1,", "2"]]
    assert "-> ubx" in "\n".join(lines) and "<- ubx" in "\n".join(lines)


def test_streams_are_named_where_there_are_several() -> None:
    shown = Shown().at(0.0).at(1.0, frame(1), stream="10.0.0.1:5")
    assert "10.0.0.1" not in shown.lines(1.0)[-1]
    assert "10.0.0.2:5 ubx" in shown.at(2.0, frame(1), stream="10.0.0.2:5").lines(2.0)[-1]


def test_an_estimate_is_marked() -> None:
    shown = Shown().at(0.0).at(1.0, frame(1) * 5000)
    lines = [line.split() for line in shown.lines(1.0)]
    assert any(line[:1] == ["ubx"] and "5,000" in line for line in lines)
    assert any("~5,000" in line for line in lines)


def test_a_note_is_shown() -> None:
    shown = Shown().at(0.0)
    shown.board.note = "the file was cut"
    assert "the file was cut" in shown.lines(0.0)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("arrows", [(), ("->", "<-")])
def test_it_fits_any_terminal(width: int, height: int, arrows: tuple[str, ...]) -> None:
    shown = Shown(*arrows).link(Connected("tcp " + "a" * 200)).at(0.0)
    for second in range(1, 5):
        noise = b"?" * second + frame(1)[:-1] + b"x"
        shown.at(float(second), b"".join(frame(n, n) for n in range(60)) + noise, frame(1))
        lines = shown.lines(float(second), width, height)
        assert len(lines) <= height
        assert max(map(len, lines)) <= width


def test_columns_do_not_move_while_numbers_grow() -> None:
    shown = Shown().at(0.0)
    places = set()
    for power in range(5):
        shown.at(1.0 + power, frame(1) * 10**power)
        row = next(line for line in shown.lines(1.0 + power) if line.startswith("ubx"))
        places.add(next(found.end() for found in re.finditer(r"[\d.,]+(?= |$)", row)))
        assert len(row) == len(next(line for line in shown.lines(1.0 + power) if "frames/s" in line and "kind" in line))
    assert len(places) == 1
