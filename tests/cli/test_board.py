"""What the live view knows."""

from __future__ import annotations

import framing
from framing.cli import board as module
from framing.cli.board import Board, Lane
from framing.transports.links import Connected, Disconnected, Reason

UBX = framing.load("ubx")


def frames(*ids: int) -> bytes:
    return b"".join(UBX.encode(bytes(2), **{"class": 1, "id": each}) for each in ids)


class Watched:
    """A board beside a decoder."""

    def __init__(self) -> None:
        self.lane = Lane(["ubx"], "connecting")
        self.board = Board("t", [self.lane], 0.0)
        self.decoder = framing.Decoder(UBX)
        self.tick(0.0)

    def feed(self, data: bytes, now: float) -> None:
        self.board.show(self.lane, self.decoder.feed(data), "", now, now)

    def tick(self, now: float) -> None:
        self.board.tick(now, [self.decoder.stats])

    def frame_rate(self) -> float:
        return self.lane.rate(lambda each: each.totals.frames.get("ubx", 0))


def test_rates_are_those_of_the_window() -> None:
    watched = Watched()
    for second in range(1, 11):
        watched.feed(frames(1, 2), float(second))
        watched.tick(float(second))
    assert watched.frame_rate() == 2
    for second in range(11, 17):
        watched.tick(float(second))
    assert watched.frame_rate() == 0
    assert watched.lane.latest.totals.frames == {"ubx": 20}
    assert len(watched.lane.samples) <= module.WINDOW + 2


def test_kinds_are_counted_one_by_one_below_a_flood() -> None:
    watched = Watched()
    watched.feed(frames(1, 2, 2), 0.1)
    watched.tick(0.2)
    assert watched.lane.latest.kinds == {("ubx", "1, 1"): (1, 10), ("ubx", "1, 2"): (2, 20)}
    assert not watched.lane.skipped


def test_in_a_flood_kinds_are_estimated_from_those_looked_at() -> None:
    watched = Watched()
    flood = frames(1, 2, 2, 2) * 1000
    watched.feed(flood, 0.1)
    assert watched.lane.sated
    watched.decoder.skim(flood)
    watched.tick(0.2)
    assert watched.lane.skipped and not watched.lane.sated
    kinds = watched.lane.latest.kinds
    assert sum(count for count, _ in watched.lane.seen.values()) == module.LOOKED
    assert kinds["ubx", "1, 1"] == (2000, 20_000)
    assert kinds["ubx", "1, 2"] == (6000, 60_000)


def test_a_bound_on_kinds(monkeypatch: object) -> None:
    watched = Watched()
    for now in range(5):
        watched.feed(b"".join(UBX.encode(b"", **{"class": 2 + now, "id": n}) for n in range(200)), now)
        watched.tick(now)
    assert len(watched.lane.seen) == module.KINDS_MOST + 1
    assert watched.lane.seen["ubx", module.OTHER][0] == 500


def test_silence_and_what_is_held() -> None:
    watched = Watched()
    watched.board.show(watched.lane, [Connected("tcp a")], "", 0, 1.0)
    assert (watched.lane.up, watched.lane.link, watched.lane.arrived) == (True, "tcp a", 1.0)
    watched.feed(frames(1) + frames(2)[:-1], 2.0)
    watched.tick(2.0)
    watched.tick(5.0)
    assert (watched.lane.arrived, watched.lane.held, watched.lane.pending) == (2.0, 2.0, 9)
    watched.feed(frames(2)[-1:] + b"\xb5", 6.0)
    watched.tick(6.0)
    assert (watched.lane.arrived, watched.lane.held, watched.lane.pending) == (6.0, 6.0, 1)
    watched.feed(frames(3)[1:], 7.0)
    watched.tick(7.0)
    assert watched.lane.held is None


def test_links_that_come_and_go() -> None:
    watched = Watched()
    watched.board.show(
        watched.lane, [Connected("a"), Disconnected(Reason.RESET, "by peer"), Connected("b\x1b")], "", 0, 3.0
    )
    assert (watched.lane.up, watched.lane.link, watched.lane.links, watched.lane.since) == (True, "b?", 2, 3.0)
    watched.board.show(watched.lane, [Disconnected(Reason.END)], "", 0, 4.0)
    assert (watched.lane.up, watched.lane.why, watched.lane.since) == (False, "end", 4.0)


def test_the_last_events_without_fill() -> None:
    watched = Watched()
    watched.feed(frames(*range(100)) + b"noise" + frames(1), 0.1)
    newest = watched.board.newest(3)
    assert [row.what for _, row in newest] == ["ubx", "gap", "ubx"]
    slip = framing.decode(b"\xc0\xc0\xc0", framing.load("slip"))
    watched.board.show(watched.lane, slip, "", 0, 1.0)
    assert [row.what for _, row in watched.board.newest(1)] == ["ubx"]
