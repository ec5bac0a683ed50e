"""`framing.sums.prefixes`: the checksum of any span, from running states, is what `compute` gives."""

from __future__ import annotations

import random

import pytest

from framing import checksums
from framing.sums.algorithms import Algorithm
from framing.sums.prefixes import STEP, Prefixes, form

INLINE = (
    {"sum": 16, "word": "u16le"},
    {"sum": 32, "word": "u32be", "negate": True, "xorout": 5, "init": 7},
    {"sum": 64, "word": "u32le"},
    {"xor": 16, "word": "u16be", "init": 3},
    {"xor": 32, "word": "u32le", "negate": True},
    {"width": 16, "poly": 0x1021, "refin": True, "refout": False, "init": 0x1234},
    {"width": 5, "poly": 0x15, "init": 3},
    {"width": 128, "poly": 0x87, "init": 99, "xorout": 1},
    {"xor": 8, "turn": 2, "rotate": 6, "init": 9},
    {"xor": 16, "word": "u16be", "turn": 5, "negate": True},
    {"name": "CRC-32/ISCSI", "rotate": 15, "add": 0xA282EAD8},
    {"name": "fletcher-8", "add": 0x20, "bits": 9},
)
ALGORITHMS = [checksums.algorithm(each) for each in (*checksums.names(), *INLINE)]
every = pytest.mark.parametrize("algorithm", [each for each in ALGORITHMS if form(each)], ids=lambda each: each.name)


def prefixes(algorithm: Algorithm, floor: int = 0) -> Prefixes:
    used = form(algorithm)
    assert used is not None
    return Prefixes(used, floor)


def test_all_but_registered_functions_have_a_prefix_form() -> None:
    without = {each.name for each in ALGORITHMS if form(each) is None}
    assert not without & {name for name in checksums.names() if name.startswith(("CRC", "sum", "xor", "fletcher", "adler", "internet"))}
    assert form(Algorithm("own", 8, None, len)) is None


@every
def test_any_span_whatever_its_alignment(algorithm: Algorithm) -> None:
    dice = random.Random(algorithm.name)
    data = dice.randbytes(3000)
    known = prefixes(algorithm)
    for _ in range(30):
        begin = dice.randrange(3000)
        end = dice.choice([dice.randrange(begin, 3001), min(3000, begin + dice.randrange(9))])
        assert known.checksum(data, 0, begin, end) == algorithm.compute(data[begin:end])


@every
def test_a_hole_counts_as_zeros_and_more_bytes_may_follow(algorithm: Algorithm) -> None:
    dice = random.Random(algorithm.name)
    data = dice.randbytes(600)
    known = prefixes(algorithm)
    for _ in range(30):
        begin, low, high, end = sorted(dice.randrange(601) for _ in range(4))
        high = min(high, low + 4)
        more = dice.choice([b"", b"\x07"])
        covered = data[begin:low] + bytes(high - low) + data[high:end] + more
        assert known.checksum(data, 0, begin, end, (low, high), more) == algorithm.compute(covered)


@every
def test_spans_and_other_bytes_one_behind_the_other(algorithm: Algorithm) -> None:
    used = form(algorithm)
    if used is None or used.word > 1:
        pytest.skip("words of several bytes need not begin where a span does")
    dice = random.Random(algorithm.name)
    data = dice.randbytes(900)
    known = prefixes(algorithm, floor=50)
    for _ in range(20):
        first, second = (tuple(sorted(dice.randrange(50, 901) for _ in range(2))) for _ in range(2))
        covered = data[first[0] : first[1]] + b"\x01\x02" + data[second[0] : second[1]]
        assert known.over(data, 0, [first, b"\x01\x02", second]) == algorithm.compute(covered)


@every
def test_it_goes_on_where_earlier_bytes_are_forgotten(algorithm: Algorithm) -> None:
    """As an engine does it: the bytes come in pieces, spans begin ever later, and what is settled goes."""
    dice = random.Random(algorithm.name)
    data = dice.randbytes(2000)
    known = prefixes(algorithm, floor=100)
    base, floor = 90, 100
    for end in range(200, 2001, 150):
        at_hand = data[base:end]
        for _ in range(4):
            begin = dice.randrange(floor, end)
            behind = dice.randrange(begin, end + 1)
            assert known.checksum(at_hand, base, begin, behind) == algorithm.compute(data[begin:behind])
        floor = dice.randrange(floor, end + 1)
        known.forget(at_hand, base, floor)
        base = max(base, floor - dice.randrange(2))


def test_each_byte_is_led_through_once() -> None:
    led = 0

    class Counted(type(form(checksums.algorithm("CRC-16/XMODEM")))):  # type: ignore[misc]
        def lead(self, state: int, data: bytes) -> int:
            nonlocal led
            led += len(data)
            return super().lead(state, data)

    algorithm = checksums.algorithm("CRC-16/XMODEM")
    known = Prefixes(Counted(algorithm.crc), 0)
    data = bytes(70_000)
    for begin in range(0, 5000, 5):
        known.checksum(data, 0, begin, begin + 65_000)
    assert led < 70_000 + 2 * STEP * 1000
