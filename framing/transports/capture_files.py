"""Capture files, pcap and pcapng, to packets.

Headers and blocks are dpkt's. The walk from one to the next is here, for dpkt's own readers take the first link type
for that of the whole file, know neither sections nor directions, and accept a pcap file that ends inside a packet. (Of the
others, python-pcapng reads no pcap, raises DeprecationWarnings and takes four times as long; scapy is under the GPL.)

A file that is damaged or cut short gives what stands before; what is wrong goes into the notes, in words.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

import dpkt.pcap as pcap  # type: ignore[import-untyped]
import dpkt.pcapng as pcapng  # type: ignore[import-untyped]

BREAK = "framing: bytes are missing before this"
"""A packet's comment in our recordings: its bytes do not continue those before."""
END = "framing: the stream ends"
"""A packet's comment in our recordings: nothing of its stream follows."""

FLAGS_OPTION = 2
_SECTION = pcapng.PCAPNG_BT_SHB.to_bytes(4, "big")
INBOUND, OUTBOUND = 1, 2
"""Directions in a packet's flags, as seen by who captures."""
_USB = (pcap.DLT_USB_LINUX, pcap.DLT_USB_LINUX_MMAPPED, pcap.DLT_USBPCAP)
_LARGEST_USB = 1 << 27
_LARGEST = 1 << 20
"""Bytes of the largest packet that is believed, of USB and of all else: more is damage, not a packet."""


class Packet(NamedTuple):
    """A captured packet, whatever it holds."""

    data: bytes
    length: int
    """Bytes on the wire; the capture may have kept fewer."""
    time: float | None
    """Seconds since 1970."""
    link: int
    """The link type, as tcpdump.org lists them."""
    interface: str = ""
    """The name of the interface, where the file has one."""
    sent: bool | None = None
    """Whether it left the capturing side, where the file tells."""
    little: bool = True
    """The byte order of the capturing machine, which some link types use."""
    comment: str = ""


class Payload(NamedTuple):
    """Bytes of a stream out of a packet, of anything but TCP."""

    kind: str
    """`udp`, `usb`, `bluetooth`, or `link` for a recording of a link."""
    stream: str
    data: bytes
    address: tuple[int, ...] = ()
    """Ports of UDP; bus, device and endpoint of USB."""
    sent: bool | None = None
    """Whether it went out; None where nothing tells."""
    time: float | None = None
    broken: bool = False
    """These bytes do not continue those before."""
    short: bool = False
    """Bytes are missing behind these: the capture did not keep them."""
    ends: bool = False


class _Damage(Exception):
    """What is wrong with the file from here on, in words."""


def packets(file: BinaryIO, name: str, notes: list[str]) -> Iterator[Packet]:
    """The packets of an open file. What is wrong with it is appended to `notes` when the reading gets there.

    Raises OSError at once where it is no capture file.
    """
    magic = file.read(4)
    if magic == _SECTION:
        return _noted(_Blocks(file).packets(), notes)
    kind = pcap.MAGIC_TO_PKT_HDR.get(int.from_bytes(magic, "big")) if len(magic) == 4 else None
    if kind is None:
        what = "is empty" if not magic else "is neither pcap nor pcapng"
        if magic[:2] == b"\x1f\x8b":
            what = "is compressed, gunzip it first"
        raise OSError(errno.EINVAL, f"this file {what}", name)
    return _noted(_pcap(file, magic, kind), notes)


def _noted(source: Iterator[Packet], notes: list[str]) -> Iterator[Packet]:
    count = 0
    try:
        for packet in source:
            yield packet
            count += 1
    except _Damage as damage:
        notes.append(f"{damage}, after {count:,} packets")


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise _Damage(f"the file ends inside a packet, which lacks {size - len(data):,} bytes")
    return data


# --- pcap ------------------------------------------------------------------------------------------------------------


def _pcap(file: BinaryIO, magic: bytes, kind: Any) -> Iterator[Packet]:
    little = issubclass(kind, (pcap.LEPktHdr, pcap.LEPktModHdr))
    header = (pcap.LEFileHdr if little else pcap.FileHdr)(magic + _exactly(file, pcap.FileHdr.__hdr_len__ - 4))
    link = header.linktype & 0xFFFF  # above it, how long a checksum each packet has behind it
    nano = header.magic == pcap.TCPDUMP_MAGIC_NANO
    largest = _LARGEST_USB if link in _USB else _LARGEST
    while first := file.read(1):
        record = kind(first + _exactly(file, kind.__hdr_len__ - 1))
        if record.caplen > largest:
            raise _Damage(f"the file is damaged, a packet claims {record.caplen:,} bytes")
        data = _exactly(file, record.caplen)
        ticks = record.tv_sec * 10**9 + record.tv_usec * (1 if nano else 1000)
        yield Packet(data, max(record.len, len(data)), ticks / 10**9, link, little=little)


# --- pcapng ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Interface:
    link: int
    snap: int = 0
    name: str = ""
    ticks: int = 10**6
    """Of its clock, in a second."""
    offset: int = 0
    """Seconds to add."""


@dataclass
class _Blocks:
    """A pcapng file behind its first four bytes, block by block."""

    file: BinaryIO
    little: bool = True
    interfaces: list[_Interface] = field(default_factory=list)

    def packets(self) -> Iterator[Packet]:
        kind = _SECTION
        while kind:
            block = self._block(kind)
            number = self._int(kind)
            if kind == _SECTION:
                self.interfaces = []
            elif number == pcapng.PCAPNG_BT_IDB:
                self.interfaces.append(self._interface(block))
            elif number in (pcapng.PCAPNG_BT_EPB, pcapng.PCAPNG_BT_PB):
                yield self._packet(block, number == pcapng.PCAPNG_BT_PB)
            elif number == pcapng.PCAPNG_BT_SPB:
                yield self._simple(block)
            kind = self.file.read(4)
            if kind and len(kind) < 4:
                raise _Damage(f"the file ends inside a packet, which lacks at least {12 - len(kind)} bytes")

    def _int(self, data: bytes) -> int:
        return int.from_bytes(data, "little" if self.little else "big")

    def _block(self, kind: bytes) -> bytes:
        """The whole block whose first four bytes are `kind`."""
        head = kind + _exactly(self.file, 4)
        if kind == _SECTION:  # it tells the byte order, also that of its own length
            head += _exactly(self.file, 4)
            orders = {pcapng.BYTE_ORDER_MAGIC: False, pcapng.BYTE_ORDER_MAGIC_LE: True}
            order = orders.get(int.from_bytes(head[8:], "big"))
            if order is None:
                raise _Damage("the file is damaged, a section has no byte order")
            self.little = order
        length = self._int(head[4:8])
        if length < 12 or length % 4 or length > _LARGEST_USB + _LARGEST:
            raise _Damage(f"the file is damaged, a block claims {length:,} bytes")
        block = head + _exactly(self.file, length - len(head))
        if block[-4:] != block[4:8]:
            raise _Damage("the file is damaged, the two lengths of a block differ")
        return block

    def _options(self, block: bytes, at: int) -> Iterator[tuple[int, bytes]]:
        """Code and value of each option that starts at `at` or behind."""
        while at + 4 <= len(block) - 4:
            code, size = self._int(block[at : at + 2]), self._int(block[at + 2 : at + 4])
            if code == pcapng.PCAPNG_OPT_ENDOFOPT:
                return
            yield code, block[at + 4 : min(at + 4 + size, len(block) - 4)]
            at += 4 + size + -size % 4

    def _interface(self, block: bytes) -> _Interface:
        idb = pcapng.InterfaceDescriptionBlockLE() if self.little else pcapng.InterfaceDescriptionBlock()
        if len(block) < idb.__hdr_len__:
            raise _Damage("the file is damaged, an interface has no description")
        idb.unpack_hdr(block)
        found: dict[str, Any] = {}
        for code, value in self._options(block, idb.__hdr_len__ - 4):
            if code == pcapng.PCAPNG_OPT_IF_NAME:
                found["name"] = value.rstrip(b"\0").decode(errors="replace")
            elif code == pcapng.PCAPNG_OPT_IF_TSRESOL and value:
                found["ticks"] = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
            elif code == pcapng.PCAPNG_OPT_IF_TSOFFSET and len(value) == 8:
                found["offset"] = int.from_bytes(value, "little" if self.little else "big", signed=True)
        return _Interface(idb.linktype, idb.snaplen, **found)

    def _packet(self, block: bytes, old: bool) -> Packet:
        names = ("PacketBlock" if old else "EnhancedPacketBlock") + ("LE" if self.little else "")
        epb = getattr(pcapng, names)()
        start = epb.__hdr_len__ - 4
        if len(block) < epb.__hdr_len__:
            raise _Damage("the file is damaged, a block is too short for a packet")
        epb.unpack_hdr(block)
        if start + epb.caplen > len(block) - 4:
            raise _Damage("the file is damaged, a packet is larger than its block")
        interface = self._of(epb.iface_id)
        sent, comment = None, ""
        for code, value in self._options(block, start + epb.caplen + -epb.caplen % 4):
            if code == FLAGS_OPTION:
                sent = {INBOUND: False, OUTBOUND: True}.get(self._int(value) & 3)
            elif code == pcapng.PCAPNG_OPT_COMMENT:
                comment = value.decode(errors="replace")
        return Packet(
            block[start : start + epb.caplen],
            max(epb.pkt_len, epb.caplen),
            interface.offset + (epb.ts_high << 32 | epb.ts_low) / interface.ticks,
            interface.link,
            interface.name,
            sent,
            self.little,
            comment,
        )

    def _simple(self, block: bytes) -> Packet:
        if len(block) < 16:
            raise _Damage("the file is damaged, a block is too short for a packet")
        interface = self._of(0)
        (length,) = struct.unpack_from("<I" if self.little else ">I", block, 8)
        kept = min(length, interface.snap or length, len(block) - 16)
        return Packet(block[12 : 12 + kept], length, None, interface.link, interface.name, little=self.little)

    def _of(self, number: int) -> _Interface:
        if number >= len(self.interfaces):
            raise _Damage(f"the file is damaged, a packet is of interface {number:,}, which was not described")
        return self.interfaces[number]
