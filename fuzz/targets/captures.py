"""Capture files: any bytes give arrivals and notes, or one OSError at the start; nothing else is raised."""

from __future__ import annotations

import io

from dice import Dice
from framing.transports.capture_files import packets
from framing.transports.capture_streams import CaptureStreams, Selection

SELECTIONS = (
    Selection(),
    Selection(tcp=frozenset({4028})),
    Selection(tcp=frozenset(), direction="received"),
    Selection(udp=frozenset(), boundary="datagram"),
    Selection(usb=()),
    Selection(usb=(1, 2, 3)),
    Selection(stream="10.0", direction="sent"),
)


def run(data: bytes) -> None:
    """A byte picks what is asked for; the rest is the file."""
    dice = Dice(data)
    selection = SELECTIONS[dice.take(1) % len(SELECTIONS)]
    raw = dice.rest()
    notes: list[str] = []
    try:
        found = packets(io.BytesIO(raw), "file", notes)
    except OSError as error:
        assert error.strerror
        return
    given = 0
    for arrival in CaptureStreams(found, selection, notes).arrivals():
        if arrival is not None:
            assert isinstance(arrival.data, bytes)
            given += len(arrival.data)
    assert given <= 8 * len(raw) + 64, f"{given} bytes out of {len(raw)}"
    assert all(isinstance(note, str) and note for note in notes)
