"""Packets to what they carry: TCP segments, datagrams, and the bytes of USB, Bluetooth and recorded links.

Headers are read by dpkt. Checksums are not looked at: those of packets that the capturing machine sent are not made yet when
a capture sees them. IP fragments, of version 4 and 6, are put together. Tunnels are followed as far as IP in IP, PPPoE and
MPLS go. What is no payload (ARP, ICMP and the like) is passed over; what cannot be read is counted.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from dpkt.ethernet import Ethernet  # type: ignore[import-untyped]
from dpkt.ip import IP, IP_PROTO_TCP, IP_PROTO_UDP  # type: ignore[import-untyped]
from dpkt.ip6 import IP6, IP6FragmentHeader  # type: ignore[import-untyped]
from dpkt.loopback import Loopback  # type: ignore[import-untyped]
from dpkt.ppp import PPP  # type: ignore[import-untyped]
from dpkt.pppoe import PPPoE  # type: ignore[import-untyped]
from dpkt.sll import SLL  # type: ignore[import-untyped]
from dpkt.sll2 import SLL2  # type: ignore[import-untyped]
from dpkt.tcp import TCP, TH_ACK, TH_FIN, TH_RST, TH_SYN  # type: ignore[import-untyped]
from dpkt.udp import UDP  # type: ignore[import-untyped]

from framing.transports import bluetooth, usb
from framing.transports.capture_files import BREAK, END, Packet, Payload
from framing.transports.fragments import Fragments
from framing.transports.reassembly import Segment

RECORDED = 147
"""LINKTYPE_USER0: the raw bytes of a link, as our own recordings have them."""

_HEADERS = {0: Loopback, 108: Loopback, 1: Ethernet, 113: SLL, 276: SLL2}
_BARE_IP = (12, 14, 101, 228, 229)
_AROUND_IP = (*set(_HEADERS.values()), PPPoE, PPP)
_INNER = {IP_PROTO_TCP: TCP, IP_PROTO_UDP: UDP}
_FROM_US = 4


class TcpPacket(NamedTuple):
    """A segment, and what filters ask for."""

    segment: Segment
    ports: tuple[int, int]
    """Of the source and the target."""
    sent: bool | None


class Contents:
    """Takes packets, gives what they carry. Attributes: `unreadable`, packets whose headers make no sense; `foreign`, how many
    there were of each link type that is not known here; `fragments`, which counts the datagrams that were never complete.
    """

    def __init__(self) -> None:
        self.unreadable = 0
        self.foreign: Counter[int] = Counter()
        self.fragments = Fragments()
        self._hci = bluetooth.Hci()

    def take(self, packet: Packet) -> Sequence[TcpPacket | Payload]:
        """What the packet carries or completes; mostly one thing or nothing."""
        try:
            return self._taken(packet)
        except Exception:  # dpkt lets more than its own errors out, and no packet may stop the reading
            self.unreadable += 1
            return ()

    def notes(self) -> list[str]:
        """What was passed over and may have held frames, in words."""
        said = [
            f"{count:,} packets of link type {link} were passed over" for link, count in sorted(self.foreign.items())
        ]
        if self.unreadable:
            said.append(f"{self.unreadable:,} packets have broken headers")
        if lost := self.fragments.lost + self.fragments.pending:
            said.append(f"{lost:,} fragmented datagrams are incomplete")
        return said

    def _taken(self, packet: Packet) -> Sequence[TcpPacket | Payload]:
        link = packet.link
        if link in _HEADERS:
            layer = _HEADERS[link](packet.data)
            sent = packet.sent
            if sent is None and isinstance(layer, (SLL, SLL2)):
                sent = layer.type == _FROM_US
            return self._within(layer, packet, sent)
        if link in _BARE_IP:
            return self._within((IP6 if packet.data[0] >> 4 == 6 else IP)(packet.data), packet, packet.sent)
        if link == RECORDED:
            return (_recorded(packet),)
        if link in (usb.USBMON, usb.USBMON_LONG, usb.USBPCAP):
            found = usb.usbpcap(packet) if link == usb.USBPCAP else usb.usbmon(packet)
            return (found,) if found else ()
        if link in (bluetooth.H4, bluetooth.H4_DIRECTED):
            return self._hci.take(packet)
        self.foreign[link] += 1
        return ()

    def _within(self, layer: Any, packet: Packet, sent: bool | None) -> Sequence[TcpPacket | Payload]:
        while isinstance(layer, _AROUND_IP):
            layer = layer.data
        while isinstance(layer, (IP, IP6)) and isinstance(layer.data, (IP, IP6)):
            layer = layer.data
        if not isinstance(layer, (IP, IP6)):
            return ()
        kind = _INNER.get(getattr(layer, "p", None))
        if kind is None:
            return ()
        inner, size = layer.data, _size(layer, packet)
        piece = _fragment(layer)
        if piece:
            whole = self.fragments.add(*piece, bytes(inner))
            if whole is None:
                return ()
            inner, size = kind(whole), len(whole)
        if not isinstance(inner, kind):
            self.unreadable += 1
            return ()
        found = _segment(layer, inner, size, packet, sent) if kind is TCP else _datagram(layer, inner, packet, sent)
        return (found,)


def _size(ip: Any, packet: Packet) -> int:
    """The bytes behind the IP header and its extensions as they were on the wire, whatever the capture kept."""
    if isinstance(ip, IP):
        size = ip.len - 4 * (ip._v_hl & 0x0F) if ip.len else 0
    else:
        size = ip.plen - sum(each.length for each in ip.all_extension_headers) if ip.plen else 0
    # No length stands in packets that the capturing machine's own hardware is still to cut into segments.
    return size or len(ip.data) + packet.length - len(packet.data)


def _fragment(ip: Any) -> tuple[tuple[Any, ...], int, bool] | None:
    """What tells the datagram apart, the offset in bytes, whether more follows; None for a whole datagram."""
    if isinstance(ip, IP):
        if not ip._flags_offset & 0x3FFF:
            return None
        return (ip.src, ip.dst, ip.p, ip.id), ip.offset * 8, bool(ip.mf)
    header = next((each for each in ip.all_extension_headers if isinstance(each, IP6FragmentHeader)), None)
    if header is None or not (header.m_flag or header.frag_off):
        return None
    return (ip.src, ip.dst, header.nxt, header.id), header.frag_off * 8, bool(header.m_flag)


def _segment(ip: Any, tcp: Any, size: int, packet: Packet, sent: bool | None) -> TcpPacket:
    offset_flags = tcp._off_flags  # dpkt's names for its parts are a function call each
    flags = offset_flags & 0xFF
    segment = Segment(
        _end(ip.src, tcp.sport),
        _end(ip.dst, tcp.dport),
        tcp.seq,
        bytes(tcp.data),
        tcp.ack if flags & TH_ACK else None,
        bool(flags & TH_SYN),
        bool(flags & TH_FIN),
        bool(flags & TH_RST),
        packet.time,
        max(size - 4 * (offset_flags >> 12), len(tcp.data)),
    )
    return TcpPacket(segment, (tcp.sport, tcp.dport), sent)


def _datagram(ip: Any, udp: Any, packet: Packet, sent: bool | None) -> Payload:
    size = udp.ulen - 8 if udp.ulen >= 8 else len(udp.data)
    data = bytes(udp.data[:size])
    stream = f"udp {_end(ip.src, udp.sport)} > {_end(ip.dst, udp.dport)}"
    return Payload("udp", stream, data, (udp.sport, udp.dport), sent, packet.time, short=len(data) < size)


def _recorded(packet: Packet) -> Payload:
    name = (packet.interface or "link") + (" sent" if packet.sent else "")
    return Payload(
        "link",
        name,
        packet.data,
        (),
        packet.sent,
        packet.time,
        broken=packet.comment == BREAK,
        short=len(packet.data) < packet.length,
        ends=packet.comment == END,
    )


@lru_cache(maxsize=4096)
def _end(address: bytes, port: int) -> str:
    """An end of a connection for people: `10.0.0.1:5000`, `[::1]:5000`."""
    if len(address) == 4:
        return f"{socket.inet_ntop(socket.AF_INET, address)}:{port}"
    return f"[{socket.inet_ntop(socket.AF_INET6, address)}]:{port}"
