"""`framing.early`: what the rules' tests do not see: how levels are joined, and what is kept."""

from __future__ import annotations

import random

from framing import Data, End, FrameFormat, Protocol, Sync
from framing.early import EarlyEngine
from framing.streams.candidates import compiled
from rules import BARE, PAIR, SLIP, TOY, plain, toy

X, Y, Z = toy(b"x"), toy(b"y"), toy(b"z")


def engine(*formats: FrameFormat | Protocol, witnesses: int = 2, gap_limit: int = 1000, origin: int = 0) -> EarlyEngine:
    return EarlyEngine(compiled(formats), gap_limit, origin, witnesses)


def test_it_counts_from_its_origin() -> None:
    early = engine(TOY, SLIP, origin=50)
    assert plain(early.feed(b"\xc0" + X + b"\x11")) == [("fill", 50, 51), ("toy", 51, 55)]
    assert early.end == 56
    assert plain(early.close()) == [("noise", 55, 56)]


def test_a_short_level_is_joined_to_a_long_one_and_the_other_way_round() -> None:
    """Many frames in front of an inner leader, few behind it; and few in front, many behind."""
    for before, behind in ((9, 1), (1, 9)):
        early = engine(TOY, PAIR, witnesses=100)
        pairs = b"\xcc\x01"
        inner = bytes([0xAA, 2 * behind + 1]) + pairs * behind + b"\x00"  # completes in the middle, with a wrong checksum
        data = b"\xaa\xff" + pairs * before + inner + b"\x00"
        events = early.feed(data) + early.close()
        assert b"".join(event.raw for event in events) == data
        found = plain(events)
        assert found[0] == ("truncated", 0, 2, "toy@0 truncated")
        assert [event for event in found if event[0] == "pair"] == (
            [("pair", 2 + 2 * k, 4 + 2 * k) for k in range(before)]
            + [("pair", 4 + 2 * (before + k), 6 + 2 * (before + k)) for k in range(behind)]
        )


def test_witnesses_count_across_a_joint() -> None:
    """One witness before an inner leader that fails at once, one directly behind it: not back to back."""
    early = engine(TOY)
    data = b"\xaa\x20" + X + b"\xaa\x01\x00\x00" + Y
    assert early.feed(data) == []
    assert plain(early.close())[0] == ("truncated", 0, 2, "toy@0 truncated")


def test_witnesses_at_the_joint_of_the_same_offset() -> None:
    """An earlier format is rejected at the place where the second witness stands: the row goes on."""
    wide = FrameFormat("wide", [Sync("AA 01"), Data("payload", size=2, charset="78-78")])
    early = engine(wide, TOY)
    events = plain(early.feed(b"\xaa\x20" + X + Y))
    assert events == [("overtaken", 0, 2, "toy@0 overtaken"), ("toy", 2, 6), ("toy", 6, 10)]


def test_a_row_grows_backwards_over_a_rejected_leader() -> None:
    """The frames behind a rejected leader at a frame's end count from that frame on."""
    text = FrameFormat("text", [Sync("AA 01"), Data("payload", charset="00-7F"), End("0A")], max_size=30)
    early = engine(text, TOY, witnesses=3)
    assert early.feed(b"\xaa\x20" + X + Y + Z) == []  # the text at the last one is undecided
    assert plain(early.feed(b"\xaa")) == [
        ("overtaken", 0, 2, "toy@0 overtaken"), ("toy", 2, 6), ("toy", 6, 10), ("toy", 10, 14),
    ]  # fmt: skip


def test_dropped_leaders_are_never_asked_again() -> None:
    early = engine(TOY)
    whole = toy(b"\xaa\x40\x00\xaa\x50")
    assert plain(early.feed(whole)) == [("toy", 0, len(whole))]
    assert plain(early.feed(X * 60)) == [("toy", 8 + 4 * k, 12 + 4 * k) for k in range(60)]
    assert early.close() == []


def test_fill_and_noise_inside_a_level() -> None:
    early = engine(TOY, SLIP, BARE)
    data = X + b"\xaa\x30" + X + b"\xc0\xc0\x11" + Y
    assert plain(early.feed(data)) == [("toy", 0, 4)]
    found = plain(early.close())
    assert found[:4] == [
        ("truncated", 4, 6, "toy@4 truncated"), ("toy", 6, 10), ("fill", 10, 12), ("truncated", 12, 13, "slip@12 truncated"),
    ]  # fmt: skip


def test_it_keeps_no_more_than_the_outermost_leader_needs() -> None:
    dice = random.Random(5)
    early = engine(TOY, BARE, gap_limit=50)
    for _ in range(3000):
        early.feed(bytes([dice.choice([0xAA, 0xBB, 0xFF, 0x01])]))
        assert len(early.tiling.window.buffer) <= 50 + 258 + 2
        assert len(early.waiting.heap) <= 4 * 258
