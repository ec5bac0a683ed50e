"""Where bytes stand after damage: held against a stream of bytes that each carry their origin."""

from __future__ import annotations

import random

import pytest

import framing
from framing.damage.streams import Piece, Stream, Target, changed, kept


def some_pieces(rnd: random.Random, size: int) -> list[Piece]:
    """Ranges in any order, new bytes, nothing at all."""
    out: list[Piece] = []
    for _ in range(rnd.randrange(7)):
        start = rnd.randint(0, size)
        out.append(rnd.choice([rnd.randbytes(rnd.randrange(3)), (start, rnd.randint(start, size))]))
    return out


@pytest.mark.parametrize("seed", range(200))
def test_places_are_where_each_byte_s_origin_says(seed: int) -> None:
    rnd = random.Random(seed)
    size = rnd.randrange(1, 14)
    stream = Stream.of(rnd.randbytes(size))
    slow: list[tuple[int, int | None]] = [(byte, at) for at, byte in enumerate(stream.data)]
    for _ in range(3):
        pieces = some_pieces(rnd, len(stream.data))
        stream = stream.rebuilt(pieces)
        slow = [
            each
            for piece in pieces
            for each in ([(byte, None) for byte in piece] if isinstance(piece, bytes) else slow[piece[0] : piece[1]])
        ]
        assert stream.data == bytes(byte for byte, _ in slow)
        origins = [origin for _, origin in slow]
        for start in range(size):
            for end in range(start + 1, size + 1):
                wanted = list(range(start, end))
                found = tuple(at for at in range(len(slow)) if origins[at : at + end - start] == wanted)
                assert stream.places(start, end) == found


def test_what_is_not_replaced_is_kept() -> None:
    assert list(kept([(1, 2, b"?"), (3, 3, b"+"), (4, 5, b"")], 6)) == [(0, 1), b"?", (2, 3), b"+", (3, 4), (5, 6)]
    assert list(kept([], 0)) == []


def test_equal_bytes_are_not_changed() -> None:
    assert list(changed(10, b"abcde", b"aXYdZ")) == [(11, 13, b"XY"), (14, 15, b"Z")]
    assert list(changed(0, b"\0\0", b"\0\0")) == []


def test_a_frame_of_a_delimited_format_stands_behind_a_delimiter_or_at_the_start() -> None:
    cobs = framing.load("cobs-crc16")
    [definition] = cobs
    raw = cobs.encode(b"hello")
    stream = Stream.of(raw + raw)
    second = Target(definition, len(raw), 2 * len(raw))
    assert stream.standing(second) == (len(raw),)
    assert stream.rebuilt([(len(raw), 2 * len(raw))]).standing(second) == (0,), "at the very start"
    lost = stream.rebuilt([(0, len(raw) - 1), (len(raw), 2 * len(raw))])
    assert lost.places(second.start, second.end) == (len(raw) - 1,)
    assert lost.standing(second) == (), "the delimiter in front is lost"
    assert stream.rebuilt([b"noise", (len(raw), 2 * len(raw))]).standing(second) == ()
    assert stream.rebuilt([b"noise\0", (len(raw), 2 * len(raw))]).standing(second) == (6,)
