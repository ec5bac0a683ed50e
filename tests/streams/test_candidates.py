"""`framing.streams.candidates`: the next place of interest, and whom to ask there."""

from __future__ import annotations

import pytest

from framing import Field, FrameFormat, Protocol, Sync
from framing.streams.candidates import compiled
from rules import BARE, PAIR, SLIP, TEXT, TOY, locked

ANYWHERE = FrameFormat("any", [Field("a", "u8")])
LONG = FrameFormat("long", [Sync("AA BB CC"), Field("x", "u8")])
EITHER = FrameFormat("either", [Sync(["AA BB", "CC"]), Field("x", "u8")])
NOISY = FrameFormat("noisy", [Sync("F0 0F", errors=1), Field("x", "u8")])


def test_entries_have_the_order_of_the_formats_and_the_number_of_their_protocol() -> None:
    formats = compiled([TOY, Protocol("two", [BARE, PAIR]), locked(3, misses=2)])
    assert [(entry.format.full_name, entry.rank, entry.group) for entry in formats.entries] == [
        ("toy", 0, 0), ("two.bare", 1, 1), ("two.pair", 2, 1), ("lock", 3, 2),
    ]  # fmt: skip
    assert [len(group) for group in formats.groups] == [1, 2, 1]
    assert [(entry.confirm, entry.misses) for entry in formats.entries] == [(0, 0)] * 3 + [(3, 2)]


def test_a_byte_tells_which_formats_can_begin_with_it() -> None:
    formats = compiled([TOY, SLIP, BARE])
    named = [[entry.format.name for entry in formats.by_byte[byte]] for byte in (0xAA, 0xBB, 0x11)]
    assert named == [["toy", "slip"], ["slip", "bare"], ["slip"]]


def test_delimiters_are_those_of_formats_that_start_behind_them() -> None:
    assert compiled([TOY, SLIP]).delimiters == {b"\xc0"}
    assert compiled([TOY]).delimiters == frozenset()
    assert [entry.delimiter for entry in compiled([TOY, SLIP]).entries] == [None, b"\xc0"]


@pytest.mark.parametrize(
    ("formats", "buffer", "expected"),
    [
        ([TOY], b"\x11\xaa\x22", 1),
        ([TOY], b"\x11\x22", 2),
        ([LONG], b"\xaa\x11\xaa\xbb\xcc", 2),
        ([LONG], b"\xaa\x11\xaa\xbb", 2),
        ([LONG], b"\xaa\x11\xaa\xbb\xdd\xaa", 5),
        ([LONG], b"\xaa\xaa\xaa", 2),
        ([LONG], b"\x11\x22", 2),
        ([EITHER], b"\xaa\xcc", 1),
        ([EITHER], b"\xaa\x11\xaa", 2),
        ([NOISY], b"\x11\xf1\x11", 1),
        ([TOY, BARE], b"\x11\x22\xbb\xaa", 2),
        ([SLIP], b"\x11\xc0\x11", 2),
        ([SLIP], b"\x11\xc0", 2),
        ([SLIP, TOY], b"\x11\xc0\xaa", 2),
        ([ANYWHERE, TOY], b"\x11\xaa", 0),
        ([TEXT], b"\n$a", 1),
    ],
)
def test_find_gives_the_first_place_of_interest(formats: list[FrameFormat], buffer: bytes, expected: int) -> None:
    find = compiled(formats).find
    assert find(buffer, 0, len(buffer)) == expected
    assert find(bytearray(buffer), 0, len(buffer)) == expected


def test_find_begins_where_it_is_told() -> None:
    assert compiled([TOY]).find(b"\xaa\x11\xaa", 1, 3) == 2
    assert compiled([LONG]).find(b"\xaa\xbb\xcc\xaa", 1, 4) == 3
    assert compiled([LONG]).find(b"\xaa\xbb", 1, 2) == 2
    assert compiled([SLIP]).find(b"\xc0\x11", 1, 2) == 1


@pytest.mark.parametrize(("buffer", "expected"), [(b"\x11\xaa\x22", 1), (b"\x11\x22", 2), (b"\xaa", 0)])
def test_find_begun_stops_where_a_marker_has_only_begun(buffer: bytes, expected: int) -> None:
    assert compiled([LONG]).find_begun(buffer, 0, len(buffer)) == expected
