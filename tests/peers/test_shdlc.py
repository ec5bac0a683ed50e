"""Sensirion's SHDLC driver reads the answers that are written here, and writes requests that are read here."""

from __future__ import annotations

import random

import pytest

import framing
from framing import Frame

pytest.importorskip("sensirion_shdlc_driver", reason="sensirion-shdlc-driver is not installed")

from sensirion_shdlc_driver.serial_frame_builder import ShdlcSerialMisoFrameBuilder, ShdlcSerialMosiFrameBuilder

COUNT = 300
ESCAPED = bytes.fromhex("7E 7D 11 13")


def some_data(rolls: random.Random) -> bytes:
    """Half of the bytes are to be escaped."""
    return bytes(rolls.choices([*ESCAPED, *range(256)], [64] * 4 + [1] * 256, k=rolls.randrange(256)))


def test_requests_are_read_here() -> None:
    rolls = random.Random(1)
    protocol = framing.load("shdlc")
    sent = [(rolls.randrange(256), rolls.randrange(256), some_data(rolls)) for _ in range(COUNT)]
    raws = [ShdlcSerialMosiFrameBuilder(*each).to_bytes() for each in sent]
    frames = [event for event in framing.decode(b"".join(raws), protocol) if isinstance(event, Frame)]
    assert [(each.format, each["address"], each["command"], each.payload) for each in frames] == [
        ("shdlc.request", *each) for each in sent
    ]
    for raw, (address, command, data) in zip(raws, sent, strict=True):
        assert protocol.encode(data, format="request", address=address, command=command) == raw[1:]


def test_answers_are_read_by_the_driver() -> None:
    rolls = random.Random(2)
    protocol = framing.load("shdlc")
    for _ in range(COUNT):
        fields = {name: rolls.randrange(256) for name in ("address", "command", "state")}
        data = some_data(rolls)
        builder = ShdlcSerialMisoFrameBuilder()
        assert builder.add_data(b"\x7e" + protocol.encode(data, format="answer", **fields))
        assert builder.interpret_data() == (*fields.values(), data)
