"""IP fragments: in any order, with what is missing counted, and never without limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from framing.transports.fragments import Fragments


@given(st.binary(min_size=1, max_size=200), st.randoms(use_true_random=False))
def test_pieces_in_any_order_and_twice(data: bytes, dice: object) -> None:
    pieces = [(start, start + 8 < len(data), data[start : start + 8]) for start in range(0, len(data), 8)]
    dice.shuffle(pieces)  # type: ignore[attr-defined]
    fragments = Fragments()
    found = []
    for piece in pieces:
        if len(pieces) > 1 and piece is not pieces[-1]:
            assert fragments.add("a", *piece) is None
        found.append(fragments.add("a", *piece))
    assert [each for each in found if each is not None] == [data]
    assert not fragments.pending


def test_datagrams_are_kept_apart_and_the_oldest_is_given_up() -> None:
    fragments = Fragments(most=2)
    for key in "abc":
        assert fragments.add(key, 0, True, b"12345678") is None
    assert (fragments.pending, fragments.lost) == (2, 1)
    assert fragments.add("c", 8, False, b"9") == b"123456789"
    assert fragments.add("a", 8, False, b"9") is None
    assert fragments.pending == 2


def test_a_fragment_beyond_the_largest_datagram_is_nothing() -> None:
    fragments = Fragments()
    assert fragments.add("a", 65_528, False, bytes(8)) is None
    assert not fragments.pending
