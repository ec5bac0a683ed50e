"""digi-xbee reads the API frames that are written here, and writes what is read here, in both modes."""

from __future__ import annotations

import random

import pytest

import framing
from framing import Frame

pytest.importorskip("digi.xbee", reason="digi-xbee is not installed")

from digi.xbee.models.mode import OperatingMode
from digi.xbee.packets.base import UnknownXBeePacket, XBeePacket

MODES = {"xbee": OperatingMode.API_MODE, "xbee-api2": OperatingMode.ESCAPED_API_MODE}
ESCAPED = bytes.fromhex("7E 7D 11 13")

both_modes = pytest.mark.parametrize("spec", MODES)


def some_frames(seed: int) -> list[tuple[int, bytes]]:
    """Types that it does not know, and data in which half of the bytes are to be escaped."""
    rolls = random.Random(seed)
    mixed = [rolls.choices([*ESCAPED, *range(256)], [64] * 4 + [1] * 256, k=rolls.randrange(1, 80)) for _ in range(300)]
    return [(rolls.randrange(0xF0, 0xFF), bytes(data)) for data in mixed]


@both_modes
def test_digi_xbee_reads_what_is_written_here(spec: str) -> None:
    """It takes the escapes away before it looks at a frame, as its reader does."""
    protocol = framing.load(spec)
    for number, data in some_frames(1):
        raw = bytearray(protocol.encode(data, type=number))
        if MODES[spec] is OperatingMode.ESCAPED_API_MODE:
            raw = XBeePacket.unescape_data(raw)
        packet = UnknownXBeePacket.create_packet(raw, MODES[spec])
        assert (packet.get_frame_type_value(), bytes(packet.output()[4:-1])) == (number, data)


@both_modes
def test_what_digi_xbee_writes_is_read_here(spec: str) -> None:
    escaped = MODES[spec] is OperatingMode.ESCAPED_API_MODE
    sent = some_frames(2)
    line = b"".join(
        bytes(UnknownXBeePacket(number, bytearray(data), MODES[spec]).output(escaped=escaped)) for number, data in sent
    )
    events = framing.decode(line, framing.load(spec))
    assert [(event["type"], event.payload) for event in events if isinstance(event, Frame)] == sent
    assert len(events) == len(sent)
