"""USB out of captures: bulk and interrupt transfers, a stream for each endpoint and direction.

Linux's usbmon and USBPcap of Windows. Control and isochronous transfers are left out: they carry no byte stream. What a chip
adds to the bytes of a serial line, as FTDI's two status bytes before each packet, stays in.
"""

from __future__ import annotations

import struct

from framing.transports.capture_files import Packet, Payload

USBMON = 189
USBMON_LONG = 220
USBPCAP = 249

_INTERRUPT, _BULK = 1, 3
_IN = 0x80


def usbmon(packet: Packet) -> Payload | None:
    """The bytes that a packet of usbmon carries, if any. `struct.error` where it is too short to be one."""
    order = "<" if packet.little else ">"
    event, transfer, endpoint, device, bus, _, no_data = struct.unpack_from(order + "8xBBBBHBb", packet.data)
    (kept,) = struct.unpack_from(order + "I", packet.data, 36)
    done = event == ord("C")
    if transfer not in (_INTERRUPT, _BULK) or no_data or event not in b"SC" or done != bool(endpoint & _IN):
        return None
    start = 64 if packet.link == USBMON_LONG else 48
    return _payload(packet, bus, device, endpoint, start, kept)


def usbpcap(packet: Packet) -> Payload | None:
    """The bytes that a packet of USBPcap carries, if any. `struct.error` where it is too short to be one."""
    start, info, bus, device, endpoint, transfer, size = struct.unpack_from("<H14xBHHBBI", packet.data)
    done = bool(info & 1)
    if transfer not in (_INTERRUPT, _BULK) or not size or done != bool(endpoint & _IN):
        return None
    return _payload(packet, bus, device, endpoint, start, size)


def _payload(packet: Packet, bus: int, device: int, endpoint: int, start: int, size: int) -> Payload | None:
    data = packet.data[start : start + size]
    if not size:
        return None
    way = "in" if endpoint & _IN else "out"
    return Payload(
        "usb",
        f"usb {bus}.{device} {way} {endpoint & 0x7F}",
        data,
        (bus, device, endpoint),
        sent=not endpoint & _IN,
        time=packet.time,
        short=len(data) < size or len(packet.data) < packet.length,
    )
