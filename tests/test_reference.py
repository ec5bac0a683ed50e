"""`framing.reference`: the whole of the rules on a few streams; the rules' own tests run on it too."""

from __future__ import annotations

from framing import reference
from rules import SLIP, TOY, locked, plain, toy


def test_offsets_count_from_the_origin() -> None:
    events = reference.decode(b"\x11" + toy(b"x"), [TOY], origin=100)
    assert plain(events) == [("noise", 100, 101), ("toy", 101, 105)]


def test_an_open_stream_holds_back_what_is_undecided() -> None:
    assert reference.decode(b"\x11" + toy(b"x")[:3], [TOY], closed=False) == []
    assert plain(reference.decode(toy(b"x") + b"\xc0", [TOY, SLIP], closed=False)) == [("toy", 0, 4)]


def test_strict_and_early_order() -> None:
    data = b"\xaa\x0a" + toy(b"x") + toy(b"y")
    assert plain(reference.decode(data, [TOY], closed=False)) == []
    early = reference.decode(data, [TOY], order="early", closed=False)
    assert plain(early) == [("overtaken", 0, 2, "toy@0 overtaken"), ("toy", 2, 6), ("toy", 6, 10)]


def test_lock_and_flywheel() -> None:
    data = bytes.fromhex("DD EE 01 DD EE 02 D0 EE 03 DD EE 04")
    assert plain(reference.decode(data, [locked(1, misses=1)])) == [
        ("lock", 0, 3), ("lock", 3, 6), ("lock", 6, 9, "suspect"), ("lock", 9, 12),
    ]  # fmt: skip
    assert reference.decode(data[:4], [locked(1)], closed=False) == []
    assert plain(reference.decode(data[:9], [locked(1, misses=1)], closed=False)) == [("lock", 0, 3), ("lock", 3, 6)]
