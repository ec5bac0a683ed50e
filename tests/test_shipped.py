"""What shipped specs give on streams, where their examples cannot show it."""

from __future__ import annotations

import random

import pytest

import framing
from framing import Decoder, Event, Frame, Gap
from rules import plain

pytestmark = pytest.mark.usefixtures("engine")


def frames_in(events: list[Event]) -> list[bytes]:
    return [event.raw for event in events if isinstance(event, Frame)]


def bytewise(data: bytes, *protocols: framing.Protocol) -> list[tuple[int, Event]]:
    """Each event with the number of bytes after which it came, and what the end brings."""
    decoder = Decoder(*protocols)
    came = [(at + 1, event) for at in range(len(data)) for event in decoder.feed(data[at : at + 1])]
    return came + [(len(data) + 1, event) for event in decoder.close()]


# --- Modbus RTU ------------------------------------------------------------------------------------------------------

MOST = 256
"""Bytes of the largest frame."""


def conversation(rnd: random.Random) -> list[bytes]:
    """Requests and their responses."""
    modbus = framing.load("modbus-rtu")
    found = []
    for _ in range(12):
        unit, count = rnd.randrange(1, 9), rnd.randrange(1, 6)
        place = rnd.randrange(200).to_bytes(2, "big") + count.to_bytes(2, "big")
        found.append(modbus.encode(format="request", address=unit, function=3, head=place))
        found.append(modbus.encode(rnd.randbytes(2 * count), format="response", address=unit, function=3, head=b""))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_modbus_frames_are_found_in_noise_without_any_silence(seed: int) -> None:
    """As in a recording: nothing intact is lost, and nothing waits longer than the largest frame takes."""
    rnd = random.Random(seed)
    modbus, sent, ends, stream = framing.load("modbus-rtu"), conversation(rnd), {}, b""
    for raw in sent:
        stream += rnd.randbytes(rnd.choice([0, 0, 0, 1, 5, 30])) + raw
        ends[len(stream)] = raw
    came = bytewise(stream, modbus)
    assert frames_in([event for _, event in came]) == sent
    for count, event in came:
        if isinstance(event, Frame):
            assert ends[event.end] == event.raw
            assert count <= event.end + MOST


def test_modbus_frames_of_known_functions_come_at_once_where_nothing_is_damaged() -> None:
    sent = conversation(random.Random(1))
    came = bytewise(b"".join(sent), framing.load("modbus-rtu"))
    assert [(count, event.raw) for count, event in came if isinstance(event, Frame)] == [
        (sum(map(len, sent[: number + 1])), raw) for number, raw in enumerate(sent)
    ]


def test_silence_tells_the_size_of_modbus_frames_of_unknown_functions() -> None:
    modbus = framing.load("modbus-rtu")
    unknown = modbus.encode(b"\x01\x02\x03", format="other", address=17, function=65)
    known = modbus.encode(format="request", address=17, function=3, head=bytes(4))
    decoder = Decoder(modbus)
    assert decoder.feed(unknown) == []
    assert plain(decoder.idle()) == [("modbus-rtu.other", 0, 7)]
    assert plain(decoder.feed(known + unknown)) == [("modbus-rtu.request", 7, 15)], "chained"
    assert plain(decoder.idle()) == [("modbus-rtu.other", 15, 22)]
    [gap] = decoder.feed(b"\x00" + unknown) + decoder.idle()
    assert isinstance(gap, Gap), "it stands neither behind silence nor behind a frame"


def test_what_could_be_of_an_unknown_function_holds_modbus_up_for_256_bytes_at_most() -> None:
    modbus = framing.load("modbus-rtu")
    known = modbus.encode(format="request", address=17, function=3, head=bytes(4))
    came = bytewise(b"\x11\x41" + 40 * known, modbus)
    assert isinstance(came[0][1], Gap)
    assert [(count, event.start) for count, event in came[1:3]] == [(MOST + 1, 2), (MOST + 1, 10)]
    assert len(came) == 41


def test_a_damaged_modbus_frame_of_a_known_function_is_not_taken_for_another() -> None:
    modbus = framing.load("modbus-rtu")
    with pytest.raises(framing.EncodeError, match="function: what is given is not valid"):
        modbus.encode(b"", format="other", address=1, function=3)
    decoder = Decoder(modbus)
    raw = modbus.encode(format="request", address=17, function=3, head=bytes(4))
    events = decoder.feed(raw + raw[:-1] + b"\x00") + decoder.idle()
    assert plain(events)[0] == ("modbus-rtu.request", 0, 8)
    assert isinstance(events[1], Gap) and len(events) == 2


# --- Hadoop SequenceFile ---------------------------------------------------------------------------------------------

MARKER = bytes(range(1, 17))
HEADER = b"SEQ\x06\x19org.apache.hadoop.io.Text\x19org.apache.hadoop.io.Text\x00\x00\x00\x00\x00\x00" + MARKER


def test_records_of_a_sequence_file() -> None:
    """Behind the header's marker, behind each other, and behind a sync escape, which they are found at after damage."""
    sequence = framing.load("sequencefile", marker=MARKER)
    records = [sequence.encode(bytes(n), format="record", key=b"key") for n in range(5)]
    escape = sequence.encode(format="sync")
    data = HEADER + b"".join(records) + escape + b"".join(records)
    assert data[(at := data.index(4 * b"\xff") + 4) : at + 16] == MARKER
    gap, *frames = framing.decode(data, sequence)
    assert isinstance(gap, Gap) and gap.raw == HEADER
    assert [each.raw for each in frames] == [*records, escape, *records]
    short = HEADER + b"".join(records[:2]) + records[2][:-1] + escape + b"".join(records)
    found = frames_in(framing.decode(short, sequence))
    assert found[:2] == records[:2] and found[-5:] == records
