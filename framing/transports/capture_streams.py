"""The streams that a capture holds, as far as they are asked for: packets in, arrivals out.

A stream is one direction of a TCP connection, the datagrams from one UDP socket to another, a direction of a USB endpoint or
of a Bluetooth channel, or a direction of a recorded link.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from framing.transports.capture_files import Packet, Payload
from framing.transports.links import Arrival
from framing.transports.packets import Contents, TcpPacket
from framing.transports.reassembly import Reassembler
from framing.transports.urls import Reader

MOST = 20_000
"""Streams whose direction, or whose missing bytes, are kept in mind."""
PAUSE = 1_000
"""Packets without anything asked for after which the reader may look up."""


def _ports(text: str) -> frozenset[int]:
    if text == "all":
        return frozenset()
    ports = frozenset(int(word) for word in text.split(","))
    if not all(0 < port < 65_536 for port in ports):
        raise ValueError
    return ports


def _usb(text: str) -> tuple[int, ...]:
    numbers = () if text == "all" else tuple(int(word, 0) for word in text.split("."))
    if len(numbers) > 3 or any(number < 0 for number in numbers):
        raise ValueError
    return numbers


PORTS = Reader(_ports, "a port, several with commas, or all")
USB = Reader(_usb, "bus, bus.device or bus.device.endpoint in numbers, or all")


@dataclass(frozen=True)
class Selection:
    """Which streams are asked for. With none of `tcp`, `udp` and `usb` everything is, else what one of them names."""

    tcp: frozenset[int] | None = None
    udp: frozenset[int] | None = None
    """Ports, of either side; empty for all; None where that kind is not asked for."""
    usb: tuple[int, ...] | None = None
    """Bus, device, endpoint as far as they are given. An endpoint below 16 means both its directions."""
    stream: str = ""
    """What the stream's name has in it."""
    direction: str = "both"
    """`sent`: to the port named, to the device, out of the side that captured. `received`: all else. Or `both`."""
    boundary: str = "stream"
    """`datagram`: no frame goes across datagrams or transfers."""

    def has(self, item: TcpPacket | Payload) -> bool:
        """Whether the kind and the address are asked for."""
        if self.tcp is None and self.udp is None and self.usb is None:
            return True
        if isinstance(item, TcpPacket):
            return self.tcp is not None and (not self.tcp or not self.tcp.isdisjoint(item.ports))
        if item.kind == "udp":
            return self.udp is not None and (not self.udp or not self.udp.isdisjoint(item.address))
        return item.kind == "usb" and self.usb is not None and self._has_usb(item.address)

    def _has_usb(self, address: tuple[int, ...]) -> bool:
        wanted = self.usb or ()
        if len(wanted) == 3 and wanted[2] < 16:
            address = (*address[:2], address[2] & 0x7F)
        return address[: len(wanted)] == wanted

    def goes(self, item: TcpPacket | Payload) -> bool:
        """Whether the direction is asked for."""
        if self.direction == "both":
            return True
        ports = item.ports if isinstance(item, TcpPacket) else item.address[:2]
        wanted = self.tcp if isinstance(item, TcpPacket) else self.udp if item.kind == "udp" else None
        sent = item.sent
        if wanted and (ports[0] in wanted) != (ports[1] in wanted):
            sent = ports[1] in wanted
        return bool(sent) == (self.direction == "sent")


class CaptureStreams:
    """What a selection lets through of the packets. `notes` gets what was passed over, in words, at the end."""

    def __init__(self, packets: Iterable[Packet], selection: Selection, notes: list[str]) -> None:
        self._packets = packets
        self._selection = selection
        self._notes = notes
        self._contents = Contents()
        self._tcp = Reassembler()
        self._unwanted: OrderedDict[str, None] = OrderedDict()
        """Directions of TCP that are only read for their acknowledgements."""
        self._torn: OrderedDict[str, None] = OrderedDict()
        """Streams whose next bytes do not continue those before."""

    def arrivals(self) -> Iterator[Arrival | None]:
        """All arrivals in the order of the packets; None now and then, where much is passed over."""
        silent, found = 0, False
        for packet in self._packets:
            silent += 1
            for item in self._contents.take(packet):
                if not self._selection.has(item):
                    continue
                for arrival in self._segment(item) if isinstance(item, TcpPacket) else self._payload(item):
                    yield arrival
                    silent, found = 0, True
            if silent >= PAUSE:
                yield None
                silent = 0
        for arrival in self._wanted(self._tcp.close()):
            yield arrival
            found = True
        self._notes += self._contents.notes()
        if not found:
            self._notes.append("nothing in it is what was asked for")

    def _segment(self, item: TcpPacket) -> Iterator[Arrival]:
        if not self._selection.goes(item):
            _remember(self._unwanted, f"{item.segment.source} > {item.segment.target}")
        return self._wanted(self._tcp.take(item.segment))

    def _wanted(self, arrivals: list[Arrival]) -> Iterator[Arrival]:
        for arrival in arrivals:
            name = arrival.stream
            if name.partition(" #")[0] not in self._unwanted and self._selection.stream in name:
                yield arrival

    def _payload(self, item: Payload) -> Iterator[Arrival]:
        if not self._selection.goes(item) or self._selection.stream not in item.stream:
            return
        broken = item.broken or item.stream in self._torn
        self._torn.pop(item.stream, None)
        if item.short:
            _remember(self._torn, item.stream)
        if self._selection.boundary == "datagram" and item.kind != "link":
            broken = True
        yield Arrival(item.data, item.stream, item.time, broken, item.ends)


def _remember(names: OrderedDict[str, None], name: str) -> None:
    names[name] = None
    names.move_to_end(name)
    if len(names) > MOST:
        names.popitem(last=False)
