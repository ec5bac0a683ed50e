"""`framing.streams.tiling`: the bytes at hand, the open gap, the events."""

from __future__ import annotations

from framing.errors import Reason
from framing.events import Reject
from framing.streams.tiling import SMALL, Tiling
from rules import TOY, plain, toy


def rejected(*offsets: int) -> list[Reject]:
    return [Reject(offset, "toy", Reason.CHECKSUM) for offset in offsets]


def test_gaps_grow_until_a_frame_follows() -> None:
    tiling = Tiling(100, 0)
    tiling.append(b"\x11\x22" + toy(b"x"))
    tiling.gap(1, False, [])
    tiling.gap(2, False, rejected(1))
    assert tiling.take() == []
    tiling.frame(TOY, 2, 6)
    events = tiling.take()
    assert plain(events) == [("checksum", 0, 2, "toy@1 checksum"), ("toy", 2, 6)]
    assert [event.raw for event in events] == [b"\x11\x22", toy(b"x")]
    assert tiling.take() == []


def test_a_gap_of_the_other_kind_ends_it() -> None:
    tiling = Tiling(100, 0)
    tiling.append(bytes(5))
    tiling.gap(2, True, [])
    tiling.gap(4, False, [])
    tiling.gap(5, True, [])
    tiling.flush()
    assert plain(tiling.take()) == [("fill", 0, 2), ("noise", 2, 4), ("fill", 4, 5)]


def test_pieces_of_the_limit() -> None:
    tiling = Tiling(3, 0)
    tiling.append(bytes(10))
    tiling.gap(2, False, rejected(0))
    tiling.gap(10, False, rejected(2))
    assert plain(tiling.take()) == [("checksum", 0, 3, "toy@0 checksum", "toy@2 checksum"), ("noise", 3, 6), ("noise", 6, 9)]
    tiling.flush()
    tiling.flush()
    assert plain(tiling.take()) == [("noise", 9, 10)]


def test_sixteen_rejects_are_kept_and_all_counted() -> None:
    tiling = Tiling(100, 0)
    tiling.append(bytes(20))
    for at in range(20):
        tiling.gap(at + 1, False, rejected(at))
    tiling.flush()
    [event] = tiling.take()
    assert len(event.rejects) == 16  # type: ignore[union-attr]
    assert event.reasons == {Reason.CHECKSUM: 20}  # type: ignore[union-attr]


def test_offsets_count_from_the_origin() -> None:
    tiling = Tiling(100, 1000)
    tiling.append(b"\x11" + toy(b"x"))
    tiling.gap(1001, False, [])
    tiling.frame(TOY, 1001, 1005, suspect=True)
    assert plain(tiling.take()) == [("noise", 1000, 1001), ("toy", 1001, 1005, "suspect")]


def test_what_is_settled_is_let_go_but_for_one_byte() -> None:
    tiling = Tiling(100, 0)
    tiling.append(toy(b"x") + b"\x11\x22")
    tiling.frame(TOY, 0, 4)
    tiling.drop_settled()
    assert (tiling.window.base, bytes(tiling.window.buffer), tiling.window.end) == (3, toy(b"x")[3:] + b"\x11\x22", 6)
    tiling.drop_settled()
    assert tiling.window.base == 3
    tiling.gap(6, False, [])
    tiling.drop_settled()
    assert tiling.window.base == 4  # the gap is still open
    tiling.flush()
    tiling.append(b"\x33")
    tiling.drop_settled()
    assert (tiling.window.base, bytes(tiling.window.buffer)) == (5, b"\x22\x33")


def test_small_and_large_chunks_make_one_buffer() -> None:
    tiling = Tiling(10 * SMALL, 0)
    whole = b""
    for size in (3, 4, SMALL, 5, SMALL + 1, SMALL, 1, 2):
        chunk = bytes(index & 0xFF for index in range(size))
        tiling.append(chunk)
        whole += chunk
    assert bytes(tiling.window.buffer) == whole
    assert tiling.window.end == len(whole)
    tiling.gap(2, True, [])
    tiling.gap(len(whole), False, [])
    tiling.drop_settled()
    assert bytes(tiling.window.buffer) == whole[2:]
