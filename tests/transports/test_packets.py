"""Packets to payloads: every link type, tags, fragments, extension headers; and what cannot be read is counted."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from dpkt.ethernet import Ethernet
from dpkt.ip import IP
from dpkt.ip6 import IP6
from dpkt.tcp import TCP
from dpkt.udp import UDP
from hypothesis import given
from hypothesis import strategies as st

from framing.transports.capture_files import BREAK, END, Packet, Payload
from framing.transports.packets import Contents, TcpPacket
from framing.transports.reassembly import Segment
from made_captures import ACK, CLIENT, FIN, PSH_URG, SYN, datagram, ethernet, ip, pcap, segment, tshark

UDP_UP = "udp 10.0.0.1:5000 > 10.0.0.2:4028"


def packet(data: bytes, link: int = 1, *, length: int = 0, **more: object) -> Packet:
    return Packet(data, length or len(data), 1.5, link, **more)  # type: ignore[arg-type]


def taken(*packets: Packet) -> list[TcpPacket | Payload]:
    contents = Contents()
    found = [each for one in packets for each in contents.take(one)]
    assert not contents.notes()
    return found


def payloads(*packets: Packet) -> list[bytes]:
    return [each.data for each in taken(*packets) if isinstance(each, Payload)]


def test_a_tcp_segment() -> None:
    raw = ethernet(segment(b"data", 7, 9, SYN | FIN))
    expected = Segment("10.0.0.1:5000", "10.0.0.2:4028", 7, b"data", 9, True, True, False, 1.5, 4)
    assert taken(packet(raw)) == [TcpPacket(expected, (5000, 4028), None)]
    raw = ethernet(segment(b"", 2**32 - 1, None, PSH_URG, back=True, v6=True))
    expected = Segment("[fd00::2]:4028", "[fd00::1]:5000", 2**32 - 1, time=1.5, size=0)
    assert taken(packet(raw, sent=True)) == [TcpPacket(expected, (4028, 5000), True)]


AROUND = [
    (0, struct.pack("<I", 2), struct.pack("<I", 30)),
    (108, struct.pack(">I", 2), struct.pack(">I", 24)),
    (12, b"", b""),
    (101, b"", b""),
    (228, b"", None),
    (229, None, b""),
    (113, struct.pack(">HHH8sH", 0, 1, 6, b"", 0x800), struct.pack(">HHH8sH", 0, 1, 6, b"", 0x86DD)),
    (276, struct.pack(">HHiHBB8s", 0x800, 0, 3, 1, 0, 6, b""), struct.pack(">HHiHBB8s", 0x86DD, 0, 3, 1, 0, 6, b"")),
    (1, bytes(12) + b"\x81\0\0\x05\x08\0", bytes(12) + b"\x81\0\0\x05\x86\xdd"),
    (1, bytes(12) + b"\x88\xa8\0\x05\x81\0\0\x06\x08\0", bytes(12) + b"\x88\xa8\0\x05\x81\0\0\x06\x86\xdd"),
    (1, bytes(12) + b"\x88\x64\x11\0\0\0\0\xff\0\x21", bytes(12) + b"\x88\x64\x11\0\0\0\0\xff\0\x57"),
]
"""Link types, and what stands before a packet of IPv4 and of IPv6: plain, tagged once and twice, PPPoE."""
CASES = [(link, v6, head) for link, *heads in AROUND for v6, head in zip((False, True), heads, strict=True) if head is not None]


@pytest.mark.parametrize("link, v6, before", CASES)
def test_link_types(link: int, v6: bool, before: bytes) -> None:
    raw = before + bytes(segment(b"data", 7, v6=v6))
    (found,) = taken(packet(raw, link))
    assert isinstance(found, TcpPacket) and found.segment.data == b"data" and found.segment.size == 4
    assert found.sent is (False if link in (113, 276) else None)


def test_cooked_captures_tell_what_was_sent() -> None:
    raw = struct.pack(">HHH8sH", 4, 1, 6, b"", 0x800) + bytes(datagram(b"x"))
    assert [each.sent for each in taken(packet(raw, 113))] == [True]


def test_datagrams_and_the_padding_behind_them() -> None:
    raw = ethernet(datagram(b"hi")) + bytes(16)
    assert taken(packet(raw)) == [Payload("udp", UDP_UP, b"hi", (5000, 4028), None, 1.5)]
    six = ip(UDP(sport=1, dport=2, ulen=10, data=b"v6"), "fd00::1", "fd00::2")
    assert [each.stream for each in taken(packet(ethernet(six)))] == ["udp [fd00::1]:1 > [fd00::2]:2"]  # type: ignore[union-attr]


def test_tunnels() -> None:
    inner = datagram(b"inside")
    four_in_four = ip(bytes(inner), "192.0.2.1", "192.0.2.2", p=4)
    four_in_six = ip(bytes(inner), "fd00::1", "fd00::2", p=4)
    assert payloads(packet(ethernet(four_in_four)), packet(ethernet(four_in_six))) == [b"inside", b"inside"]


def test_extension_headers() -> None:
    udp = bytes(UDP(sport=1, dport=2, ulen=12, data=b"data"))
    hop_by_hop, for_target, routing = bytes([60, 0, 1, 4, 0, 0, 0, 0]), bytes([43, 0, 1, 4, 0, 0, 0, 0]), bytes([17, *bytes(7)])
    raw = ethernet(ip(hop_by_hop + for_target + routing + udp, "fd00::1", "fd00::2", p=0))
    assert payloads(packet(raw)) == [b"data"]


@pytest.mark.parametrize("v6", [False, True])
def test_fragments_in_any_order(v6: bool) -> None:
    data = bytes(range(200))
    whole = bytes(UDP(sport=5000, dport=4028, ulen=208, data=data))
    pieces = []
    for start in range(0, len(whole), 64):
        part, more = whole[start : start + 64], start + 64 < len(whole)
        if v6:
            header = struct.pack(">BBHI", 17, 0, start | more, 77)
            pieces.append(ethernet(ip(bytes([44, 0, 1, 4, 0, 0, 0, 0]) + header + part, "fd00::1", "fd00::2", p=0)))
        else:
            pieces.append(ethernet(ip(part, p=17, id=77, _flags_offset=start // 8 | more << 13)))
    random.Random(3).shuffle(pieces)
    (found,) = taken(*map(packet, pieces))
    assert isinstance(found, Payload) and found.data == data and found.address == (5000, 4028)


def test_a_fragmented_datagram_that_stays_incomplete_is_said() -> None:
    contents = Contents()
    piece = ip(bytes(UDP(sport=1, dport=2, ulen=100, data=bytes(56))), p=17, id=7, _flags_offset=1 << 13)
    assert not contents.take(packet(ethernet(piece)))
    assert contents.notes() == ["1 fragmented datagrams are incomplete"]


def test_packets_of_which_only_the_beginning_was_kept() -> None:
    raw = ethernet(segment(bytes(100), 7))
    (found,) = taken(packet(raw[:-90], length=len(raw)))
    assert isinstance(found, TcpPacket) and (len(found.segment.data), found.segment.size) == (10, 100)
    raw = ethernet(datagram(bytes(100)))
    (short,) = taken(packet(raw[:-90], length=len(raw)))
    assert isinstance(short, Payload) and (len(short.data), short.short) == (10, True)


def test_packets_that_the_hardware_is_still_to_cut() -> None:
    """Their length field is 0: the sending machine's card makes it."""
    whole = segment(bytes(3000), 7)
    whole.len, whole.sum = 0, 1
    (found,) = taken(packet(ethernet(whole)))
    assert isinstance(found, TcpPacket) and (len(found.segment.data), found.segment.size) == (3000, 3000)


def test_recorded_links() -> None:
    found = taken(
        packet(b"raw", 147, interface="serial x", sent=False),
        packet(b"raw", 147, interface="serial x", sent=True, comment=BREAK),
        packet(b"", 147, comment=END),
    )
    assert found == [
        Payload("link", "serial x", b"raw", (), False, 1.5),
        Payload("link", "serial x sent", b"raw", (), True, 1.5, broken=True),
        Payload("link", "link", b"", (), None, 1.5, ends=True),
    ]


def test_what_carries_nothing_is_passed_over() -> None:
    arp = bytes(Ethernet(type=0x806, data=bytes(28)))
    icmp = ethernet(ip(b"\x03\x03\0\0\0\0\0\0" + bytes(datagram(b"quoted")), p=1))
    assert taken(packet(arp), packet(icmp)) == []


def test_what_cannot_be_read_is_said() -> None:
    contents = Contents()
    for raw, link in ((b"short", 1), (ethernet(ip(b"tcp?", p=6)), 1), (b"", 101), (b"x", 105), (b"y", 105), (b"", 201)):
        assert not contents.take(packet(raw, link))
    assert contents.notes() == ["2 packets of link type 105 were passed over", "4 packets have broken headers"]


def test_a_tower_of_tunnels_ends_nothing() -> None:
    raw = b""
    for _ in range(2000):
        raw = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(raw), 0, 0, 64, 4, 0, b"abcd", b"efgh") + raw
    contents = Contents()
    assert not contents.take(packet(raw, 101))
    assert contents.unreadable == 1


SEEDS = [ethernet(segment(b"data", 7, 9)), ethernet(segment(b"data", v6=True)), ethernet(datagram(b"data"))]


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 53), st.integers(0, 255)), max_size=5), st.integers(0, 80))
def test_no_packet_raises(raw: bytes, changes: list[tuple[int, int]], end: int) -> None:
    changed = bytearray(raw)
    for at, byte in changes:
        changed[at % len(raw)] = byte
    contents = Contents()
    for link in (0, 1, 12, 101, 108, 113, 147, 187, 189, 201, 220, 249, 276):
        contents.take(packet(bytes(changed[:end]), link, length=len(raw)))


def test_tshark_reads_the_same(tmp_path: Path) -> None:
    """Addresses, numbers and sizes of every packet, beside an independent program."""
    roll = random.Random(5)
    packets = []
    for number in range(40):
        data = roll.randbytes(roll.randrange(60))
        flags = roll.choice([0, SYN, FIN, ACK])
        made = segment(data, roll.randrange(2**32), roll.choice([None, 5]), flags, back=number % 2 == 1, v6=number % 3 == 1)
        packets.append(made if number % 5 else datagram(data))
    raw = [ethernet(each) for each in packets]
    wanted = ("ip.src", "ipv6.src", "tcp.srcport", "tcp.seq_raw", "tcp.len", "tcp.payload", "udp.srcport", "udp.payload")
    fields = [word for name in wanted for word in ("-e", name)]
    lines = tshark("-r", pcap(tmp_path / "made.pcap", raw), "-T", "fields", "-E", "separator=;", *fields).splitlines()
    for line, each in zip(lines, taken(*map(packet, raw)), strict=True):
        four, six, port, seq, size, tcp_data, udp_port, udp_data = line.split(";")
        if isinstance(each, TcpPacket):
            source = f"{four}:{port}" if four else f"[{six}]:{port}"
            assert (each.segment.source, each.segment.seq, each.segment.size) == (source, int(seq), int(size))
            assert each.segment.data.hex() == tcp_data
        else:
            assert (each.stream.split()[1], each.data.hex()) == (f"{four}:{udp_port}", udp_data)


def test_the_helpers_make_what_they_say() -> None:
    assert isinstance(segment(), IP) and isinstance(segment(v6=True), IP6) and isinstance(segment().data, TCP)
    assert CLIENT[1] == segment().data.sport
