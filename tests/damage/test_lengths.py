"""Lengths that claim more: where they stand, and that nothing else changes."""

from __future__ import annotations

import random

import pytest

import framing
from framing.damage.lengths import inflated
from framing.layout import FrameFormat

CASES = {
    "ubx": (4, 6),
    "sbp": (5, 6),
    "rtcm3": (1, 3),
    "modbus-tcp": (4, 6),
    "dynamixel2": (5, 7),
}


def definition(name: str) -> FrameFormat:
    return next(iter(framing.load(name)))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", range(5))
def test_the_length_grows_and_nothing_else(name: str, seed: int) -> None:
    protocol = framing.load(name)
    raw = next(each.raw for each in protocol.examples)
    found = inflated(protocol[protocol.decode(raw).format], raw, random.Random(seed))
    assert found is not None
    offset, new = found
    start, end = CASES[name]
    assert (offset, offset + len(new)) == (start, end)
    with pytest.raises(framing.FrameError) as caught:
        protocol.decode(raw[:offset] + new + raw[offset + len(new) :])
    assert caught.value.reason in (framing.Reason.TRUNCATED, framing.Reason.CHECKSUM)


def test_bits_beside_the_length_stay() -> None:
    """RTCM 3 has six reserved zeros and ten bits of length in one integer."""
    [rtcm] = framing.load("rtcm3")
    raw = rtcm.encode(bytes(20))
    for seed in range(50):
        found = inflated(rtcm, raw, random.Random(seed))
        assert found is not None
        assert 20 < int.from_bytes(found[1], "big") < 1024


def test_a_claim_is_one_that_the_format_allows_while_there_is_one() -> None:
    small = FrameFormat(
        "small",
        [
            framing.Sync("AA"),
            framing.Length("n", "u8", of="payload", max=4),
            framing.Data("payload"),
            framing.Checksum("c", "u8", "sum-8", over="payload"),
        ],
    )
    claims = {inflated(small, small.encode(b"xy"), random.Random(seed)) for seed in range(50)}
    assert claims == {(1, b"\x03"), (1, b"\x04")}
    beyond = inflated(small, small.encode(b"four"), random.Random(1))
    assert beyond is not None
    assert beyond[1][0] > 4


@pytest.mark.parametrize("name", ["cobs-crc16", "nmea", "slip"])
def test_formats_without_a_length_on_the_wire_have_none(name: str) -> None:
    protocol = framing.load(name)
    assert inflated(definition(name), protocol.encode(b"GPGLL,1"), random.Random(1)) is None
