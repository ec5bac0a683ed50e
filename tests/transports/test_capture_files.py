"""Capture files: both formats, all byte orders and clocks, mixed link types, and damage that is said."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from dpkt.pcap import UniversalReader
from hypothesis import example, given
from hypothesis import strategies as st

from framing.transports.capture_files import BREAK, Packet, packets
from made_captures import block, enhanced, interface, options, section


def read(data: bytes) -> tuple[list[Packet], list[str]]:
    notes: list[str] = []
    return list(packets(io.BytesIO(data), "made", notes)), notes


def pcap_file(order: str = "<", magic: int = 0xA1B2C3D4, link: int = 1, *records: tuple[int, int, bytes]) -> bytes:
    head = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 65_535, link)
    return head + b"".join(struct.pack(order + "IIII", sec, part, len(data), len(data) + 3) + data for sec, part, data in records)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic, part", [(0xA1B2C3D4, 250_000), (0xA1B23C4D, 250_000_000)])
def test_pcap(order: str, magic: int, part: int) -> None:
    found, notes = read(pcap_file(order, magic, 0x1000_0001, (7, part, b"one"), (8, 0, b"")))
    assert found == [
        Packet(b"one", 6, 7.25, 1, little=order == "<"),
        Packet(b"", 3, 8.0, 1, little=order == "<"),
    ]
    assert not notes


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng(order: str) -> None:
    flags = struct.pack(order + "I", 2)
    offset = struct.pack(order + "q", -100)
    data = (
        section(order)
        + interface(1, (2, b"eth0"), (9, b"\x09"), order=order)
        + block(5, bytes(8), order)  # statistics
        + interface(101, (9, b"\x83"), (14, offset), order=order)
        + enhanced(0, 1_500_000_000, b"one", (1, b"\xff"), (2, flags), order=order, length=9)
        + enhanced(1, 8 * 200 + 4, b"four", (1, BREAK.encode()), order=order)
        + block(2, struct.pack(order + "HHIIII", 0, 9, 0, 5, 2, 2) + b"ok\0\0", order)
        + block(3, struct.pack(order + "I", 5) + b"plain", order)
        + section("<" if order == ">" else ">")
        + interface(147, order="<" if order == ">" else ">")
        + enhanced(0, 3_000_000, b"else", order="<" if order == ">" else ">")
    )
    found, notes = read(data)
    little = order == "<"
    assert found == [
        Packet(b"one", 9, 1.5, 1, "eth0", True, little, "\ufffd"),
        Packet(b"four", 4, 100.5, 101, "", None, little, BREAK),
        Packet(b"ok", 2, 5e-9, 1, "eth0", None, little),
        Packet(b"plain", 5, None, 1, "eth0", None, little),
        Packet(b"else", 4, 3.0, 147, "", None, not little),
    ]
    assert not notes


def whole() -> list[tuple[bytes, int]]:
    """Files of both formats, and where their last packet starts."""
    old = pcap_file("<", 0xA1B2C3D4, 1, (1, 0, b"first"))
    new = section() + interface(1) + enhanced(0, 1, b"first")
    return [(old + old[24:], len(old)), (new + enhanced(0, 2, b"second"), len(new))]


@pytest.mark.parametrize("data, last", whole(), ids=["pcap", "pcapng"])
def test_a_file_that_ends_inside_a_packet_says_so(data: bytes, last: int) -> None:
    for end in range(last, len(data)):
        found, notes = read(data[:end])
        assert len(found) == 1
        if end == last:
            assert not notes
        else:
            assert notes and notes[0].startswith("the file ends inside a packet") and notes[0].endswith("after 1 packets")


def test_what_dpkt_itself_makes_of_that() -> None:
    """Why the walk is ours: dpkt takes a packet that is cut short for a whole one, and the first link type for that of all."""
    data, _ = whole()[0]
    assert len(list(UniversalReader(io.BytesIO(data[:-2])))) == 2
    mixed = section() + interface(1) + interface(101) + enhanced(1, 1, b"x")
    reader = UniversalReader(io.BytesIO(mixed))
    assert (reader.datalink(), [data for _, data in reader]) == (1, [b"x"])
    assert [each.link for each in read(mixed)[0]] == [101]


@pytest.mark.parametrize(
    "damage, word",
    [
        (struct.pack("<IIII", 1, 0, 1 << 30, 1), "claims 1,073,741,824 bytes"),
        (struct.pack("<IIII", 1, 0, 4000, 4000) + b"abc", "lacks 3,997 bytes"),
    ],
)
def test_damage_in_pcap(damage: bytes, word: str) -> None:
    found, notes = read(pcap_file("<", 0xA1B2C3D4, 1, (1, 0, b"good")) + damage)
    assert [each.data for each in found] == [b"good"]
    assert len(notes) == 1 and word in notes[0]


@pytest.mark.parametrize(
    "damage, word",
    [
        (enhanced(0, 0, b"x")[:-4] + b"\0\0\0\0", "the two lengths of a block differ"),
        (struct.pack("<II", 6, 7), "a block claims 7 bytes"),
        (struct.pack("<II", 6, 0xFFFFFFF0), "a block claims 4,294,967,280 bytes"),
        (enhanced(5, 0, b"x"), "interface 5"),
        (block(6, struct.pack("<IIIII", 0, 0, 0, 99, 99)), "larger than its block"),
        (block(6, b""), "too short"),
        (block(3, b""), "too short"),
        (block(1, b""), "no description"),
        (struct.pack("<III", 0x0A0D0D0A, 28, 5), "no byte order"),
    ],
)
def test_damage_in_pcapng(damage: bytes, word: str) -> None:
    found, notes = read(section() + interface(1) + enhanced(0, 0, b"good") + damage)
    assert [each.data for each in found] == [b"good"]
    assert len(notes) == 1 and word in notes[0]


@pytest.mark.parametrize("data, word", [(b"", "empty"), (b"\x1f\x8b\x08\0\0", "compressed"), (b"noise", "neither"), (b"ab", "neither")])
def test_what_is_no_capture(data: bytes, word: str) -> None:
    with pytest.raises(OSError, match=word):
        packets(io.BytesIO(data), "made", [])


good = section() + interface(1, (2, b"eth0"), (9, b"\x06")) + enhanced(0, 5, b"data", (1, b"note"))


@given(st.lists(st.tuples(st.integers(4, len(good) - 1), st.integers(0, 255)), max_size=4), st.binary(max_size=40))
@example([(len(section() + interface(1)) + 16, 0xFF)], b"")
def test_damage_never_raises(changes: list[tuple[int, int]], rest: bytes) -> None:
    data = bytearray(good + rest)
    for at, byte in changes:
        data[at] = byte
    read(bytes(data))
    read(pcap_file("<", 0xA1B2C3D4, 1, (1, 0, b"good")) + rest)


def test_options_without_an_end(tmp_path: Path) -> None:
    body = struct.pack("<HHI", 1, 0, 0) + options([(2, b"eth0")])[:-4]
    found, notes = read(section() + block(1, body) + enhanced(0, 5, b"data"))
    assert (found[0].interface, notes) == ("eth0", [])
