"""`framing.analysis.report`: what is told agrees with what the formats do."""

from __future__ import annotations

import json

import pytest

import framing
from framing import Checksum, Data, FrameFormat, Length, Lock, Sync, Transparency
from framing.analysis.report import analyze, overheads, text

TOY = FrameFormat("toy", [Sync("AA 55"), Length("n", "u8", of="payload"), Data("payload"), Checksum("c", "u16le", "CRC-16/XMODEM", "n..payload")])


@pytest.mark.parametrize("each", [
    TOY,
    FrameFormat("slip", [Data("payload"), Checksum("c", "u8", "sum-8", "payload")], transparency=Transparency("slip"), max_size=5000),
    FrameFormat("cobs", [Data("payload"), Checksum("c", "u8", "sum-8", "payload")], transparency=Transparency("cobs"), max_size=5000),
], ids=lambda each: each.name)  # fmt: skip
@pytest.mark.parametrize("byte", [b"\x00", b"\xc0", b"\x41"])
def test_frames_have_the_overhead_that_is_told(each: FrameFormat, byte: bytes) -> None:
    told = dict(overheads(each))
    assert len(told) >= 4
    for size, (least, most) in told.items():
        if each.name == "toy" or 0 < size < 1500:
            assert least <= len(each.encode(byte * size)) - size <= most


def test_a_stream_of_bits_is_told_of_in_bits() -> None:
    ais = framing.load("ais")["ais"]
    (found,) = analyze([ais])["formats"]
    assert found["unit"] == "bit"
    shortest, *_, longest = found["errors"]
    assert shortest["frame_bytes"] == ais.min_size and longest["frame_bytes"] == ais.max_size
    assert longest["covered_bytes"] <= ais.max_size // 8 - 3  # its FCS and a flag
    told = dict(overheads(ais))
    raw = ais.encode(bytes(64))
    assert told[64][0] <= len(raw) - 8 * 64 <= told[64][1]
    assert f"ais: {ais.min_size:,} to {ais.max_size:,} bits" in text(analyze([ais]))


def test_each_shipped_spec_can_be_told_of() -> None:
    for name in framing.shipped():
        wanted = framing.spec.describe(name).parameters
        given = {word: 1 if one.size is None else bytes(one.size) for word, one in wanted.items() if one.default is None}
        protocol = framing.load(name, **given)
        for each in protocol:
            if each.max_size <= 300:
                found = analyze([each])
                assert text(found).startswith(f"{each.full_name}: ")
                assert json.loads(json.dumps(found)) == found


def test_lock_makes_a_stall_longer_and_false_frames_rarer() -> None:
    plain = FrameFormat("x", [Sync("AA 55"), Data("payload", size=4)])
    locked = FrameFormat("x", [Sync("AA 55"), Data("payload", size=4)], lock=Lock(2, 1))
    [one], [other] = analyze([plain])["formats"], analyze([locked])["formats"]
    assert (one["longest_stall_bytes"], other["longest_stall_bytes"]) == (6, 24)
    assert other["false_frames_per_random_byte"] == one["false_frames_per_random_byte"] ** 3


def test_look_alikes_are_told_with_what_tells_them_apart() -> None:
    other = FrameFormat("other", [Sync("AA 55"), Data("payload", size=4)])
    [pair] = analyze([TOY, other])["mistakable"]
    assert pair["formats"] == ["toy", "other"]
    assert pair["told_apart_by"] == "the checksum of toy alone, one time in 65,536 not; other has none"
    assert "toy and other look alike" in text(analyze([TOY, other]))


def test_no_bit_errors_nothing_missed() -> None:
    rows = analyze([TOY], ber=0.0)["formats"][0]["errors"]
    assert rows
    assert all(row["undetected_per_frame"] == 0 for row in rows)
    assert "misses one in no end of frames at 0" in text(analyze([TOY], ber=0.0))
