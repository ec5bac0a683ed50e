"""Capture files as tests need them, and what an independent program reads in them."""

from __future__ import annotations

import shutil
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from dpkt.ethernet import ETH_TYPE_IP, ETH_TYPE_IP6, Ethernet
from dpkt.ip import IP
from dpkt.ip6 import IP6
from dpkt.pcap import Writer
from dpkt.tcp import TCP
from dpkt.udp import UDP

from framing.transports.capture_files import Packet
from framing.transports.links import Arrival
from framing.transports.steps import run
from framing.transports.urls import transport
from framing.transports.usb import USBMON, USBMON_LONG

FIN, SYN, RST, ACK = 1, 2, 4, 16
PSH_URG = 40
CLIENT, SERVER = ("10.0.0.1", 5000), ("10.0.0.2", 4028)
UP, DOWN = "10.0.0.1:5000 > 10.0.0.2:4028", "10.0.0.2:4028 > 10.0.0.1:5000"
"""The names of the two directions between those."""


def ip(inner: TCP | UDP | bytes, source: str = CLIENT[0], target: str = SERVER[0], **more: int) -> IP | IP6:
    """An IP packet of the version that the addresses are of."""
    protocol = more.pop("p", {TCP: 6, UDP: 17}.get(type(inner), 0))
    if ":" in source:
        ends = dict(src=socket.inet_pton(socket.AF_INET6, source), dst=socket.inet_pton(socket.AF_INET6, target))
        return IP6(nxt=protocol, plen=len(inner), data=inner, hlim=64, **ends, **more)
    ends = dict(src=socket.inet_aton(source), dst=socket.inet_aton(target))
    return IP(p=protocol, len=20 + len(inner), data=inner, **ends, **more)


def segment(
    data: bytes = b"", seq: int = 0, ack: int | None = None, flags: int = 0, *, back: bool = False, v6: bool = False
) -> IP | IP6:
    """An IP packet with a TCP segment from the client to the server, or `back`."""
    hosts = ("fd00::1", "fd00::2") if v6 else (CLIENT[0], SERVER[0])
    ports = (CLIENT[1], SERVER[1])
    if back:
        hosts, ports = hosts[::-1], ports[::-1]
    tcp = TCP(sport=ports[0], dport=ports[1], seq=seq % 2**32, ack=ack or 0, flags=flags | (ACK if ack is not None else 0))
    tcp.data = data
    return ip(tcp, *hosts)


def datagram(data: bytes, *, back: bool = False) -> IP | IP6:
    """An IP packet with a datagram from the client to the server, or `back`."""
    one, other = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    return ip(UDP(sport=one[1], dport=other[1], ulen=8 + len(data), data=data), one[0], other[0])


def ethernet(inner: IP | IP6) -> bytes:
    """The packet on Ethernet."""
    return bytes(Ethernet(type=ETH_TYPE_IP6 if isinstance(inner, IP6) else ETH_TYPE_IP, data=inner))


def conversation(up: bytes, down: bytes = b"", size: int = 100) -> list[IP | IP6]:
    """A whole connection that carries these bytes in segments of that size, from its SYN to its FINs."""
    packets = [segment(seq=999, flags=SYN), segment(seq=4999, ack=1000, flags=SYN, back=True), segment(seq=1000, ack=5000)]
    for start in range(0, len(up), size):
        packets.append(segment(up[start : start + size], 1000 + start, 5000))
        packets.append(segment(seq=5000, ack=1000 + len(up[: start + size]), back=True))
    for start in range(0, len(down), size):
        packets.append(segment(down[start : start + size], 5000 + start, 1000 + len(up), back=True))
        packets.append(segment(seq=1000 + len(up), ack=5000 + len(down[: start + size])))
    packets.append(segment(seq=1000 + len(up), ack=5000 + len(down), flags=FIN))
    packets.append(segment(seq=5000 + len(down), ack=1001 + len(up), flags=FIN, back=True))
    packets.append(segment(seq=1001 + len(up), ack=5001 + len(down)))
    return packets


def pcap(path: Path, packets: Iterable[bytes | IP | IP6], link: int = 1, every: float = 0.001) -> Path:
    """Writes a pcap file; IP packets are put on Ethernet. Times go up from 1,700,000,000 in steps of `every` seconds."""
    with path.open("wb") as file:
        writer = Writer(file, linktype=link, snaplen=262_144)
        for number, packet in enumerate(packets):
            raw = packet if isinstance(packet, bytes) else ethernet(packet)
            writer.writepkt_time(raw, 1_700_000_000 + number * every)
    return path


def usbmon(event: str, transfer: int, endpoint: int, data: bytes, long: bool = True, order: str = "<", size: int = -1) -> Packet:
    """A packet of Linux's usbmon, of device 4 on bus 1. `size`: the transfer's bytes, where the capture kept fewer."""
    size = len(data) if size < 0 else size
    no_data = 0 if data else ord("<")
    head = struct.pack(order + "QBBBBHBbqiiII", 1, ord(event), transfer, endpoint, 4, 1, ord("-"), no_data, 0, 0, 0, size, size)
    raw = head + bytes(24 if long else 8) + data
    return Packet(raw, len(raw), 1.5, USBMON_LONG if long else USBMON, little=order == "<")


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A block of pcapng."""
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order: str = "<") -> bytes:
    """The block that opens a section of pcapng."""
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def options(values: Sequence[tuple[int, bytes]], order: str = "<") -> bytes:
    """Options of a block, with their end."""
    text = b"".join(
        struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4) for code, value in values
    )
    return text + bytes(4) if values else b""


def interface(link: int, *values: tuple[int, bytes], order: str = "<") -> bytes:
    """The block that describes an interface."""
    return block(1, struct.pack(order + "HHI", link, 0, 0) + options(values, order), order)


def enhanced(number: int, ticks: int, data: bytes, *values: tuple[int, bytes], order: str = "<", length: int = 0) -> bytes:
    """A packet's block. `length`: its bytes on the wire, where the capture kept fewer."""
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), length or len(data))
    return block(6, head + data + b"\0" * (-len(data) % 4) + options(values, order), order)


# --- what is read ----------------------------------------------------------------------------------------------------


def arrivals(url: str, most: int = 65_536) -> list[Arrival]:
    """Everything that a link which never waits gives, but for the end of all."""
    link = run(transport(url).connect())
    found: list[Arrival] = []
    try:
        while True:
            arrival = link.receive(most)
            if arrival is None:
                continue
            if arrival.ends and not arrival.stream:
                return found
            found.append(arrival)
    finally:
        link.close()


def streams(found: Iterable[Arrival]) -> dict[str, list[bytes]]:
    """The bytes of each stream, cut where they are broken."""
    out: dict[str, list[bytes]] = {}
    for arrival in found:
        pieces = out.setdefault(arrival.stream, [b""])
        if arrival.broken and pieces != [b""]:
            pieces.append(b"")
        pieces[-1] += arrival.data
    return out


def program(name: str) -> str:
    """The path of a program, or the test is skipped."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: tshark)")
    return found


def tshark(*arguments: object) -> str:
    """What tshark prints."""
    done = subprocess.run([program("tshark"), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def followed(path: Path, count: int = 1) -> list[tuple[bytes, bytes]]:
    """What Wireshark's own reassembly makes of TCP connections: the bytes of the side that spoke first, of the other."""
    asked = [word for number in range(count) for word in ("-z", f"follow,tcp,raw,{number}")]
    found: dict[int, tuple[bytes, bytes]] = {}
    for text in tshark("-r", path, "-q", *asked).split("Follow: tcp,raw")[1:]:
        head, *lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("=", "Node"))]
        number = int(head.rpartition(" ")[2])
        back = b"".join(bytes.fromhex(line) for line in lines if line.startswith("\t"))
        found[number] = b"".join(bytes.fromhex(line) for line in lines if not line.startswith("\t")), back
    return [found[number] for number in range(count)]


@contextmanager
def capturing(path: Path, rule: str, *options: str) -> Iterator[None]:
    """Captures on the loopback interface while the block runs, all of it. Skips the test where that is not allowed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        last.bind(("127.0.0.1", 0))
        rule = f"({rule}) or udp port {last.getsockname()[1]}"
        command = [program("tshark"), *(options or ("-i", "lo")), "-f", rule, "-w", str(path), "-P", "-l", "-a", "duration:60"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None and process.stderr is not None
            said = list(_until("Capture started", process.stderr))
            if "Capture started" not in said[-1]:
                pytest.skip(f"tshark captures nothing here: {said[-1]}")
            drain = threading.Thread(target=process.stderr.read)
            drain.start()
            try:
                yield
                last.sendto(b"that was all", last.getsockname())
                assert " UDP " in [*_until(" UDP ", process.stdout)][-1]
            finally:
                process.send_signal(signal.SIGINT)
                process.stdout.read()
                drain.join()


def _until(words: str, lines: Iterable[str]) -> Iterator[str]:
    """The lines up to the one that has the words in it."""
    yield "it said nothing"
    for line in lines:
        yield line
        if words in line:
            return
