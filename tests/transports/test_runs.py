"""Bytes by position: the first copy wins, stretches join, what they cost is counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from framing.transports.runs import PIECE, Runs

PIECES = st.lists(st.tuples(st.integers(0, 40), st.binary(min_size=0, max_size=12)), max_size=30)


@given(PIECES)
def test_each_byte_is_that_of_its_first_copy(pieces: list[tuple[int, bytes]]) -> None:
    runs, known = Runs(), dict[int, int]()
    for start, data in pieces:
        runs.add(start, data)
        for at, byte in enumerate(data, start):
            known.setdefault(at, byte)
    found: dict[int, int] = {}
    before = -1
    while runs:
        first, end = runs.start, runs.end
        start, data = runs.take()
        assert (start, start + len(data)) == (first, end)
        assert start > before, "a stretch that touches another is one with it"
        before = end
        found |= dict(enumerate(data, start))
    assert found == known
    assert runs.cost == 0


def test_a_piece_costs_more_than_its_bytes() -> None:
    runs = Runs()
    runs.add(0, b"ab")
    runs.add(1, b"bc")
    assert runs.cost == 3 + 2 * PIECE
    runs.add(0, b"abc")
    assert runs.cost == 3 + 2 * PIECE
