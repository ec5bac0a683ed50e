"""Bluetooth HCI out of captures: what L2CAP channels carry, a stream for each channel and direction.

H4 with the pseudo-header that tells the direction, and without. Only asynchronous data (ACL). Channels whose opening is in
the capture and that carry RFCOMM, the serial port of classic Bluetooth, are taken apart further: a stream for each of its
channels. Everything else is the plain L2CAP payload, as that of the attribute protocol (channel 4) of Low Energy, whose
operations and handles are still in it. L2CAP's retransmission modes and RFCOMM's checksums are not looked at.
"""

from __future__ import annotations

import struct
from collections import OrderedDict

from framing.transports.capture_files import Packet, Payload

H4 = 187
H4_DIRECTED = 201

_ACL = 2
_CONTINUES = 1
_SIGNALLING = 1
_RFCOMM = 3
_UIH, _UIH_CREDIT = 0xEF, 0xFF
_MOST = 64
"""Payloads in pieces, questions for channels, and channels that are kept in mind at a time."""

_Way = tuple[int, bool | None]
"""A connection's handle, and the direction."""


class Hci:
    """Takes HCI packets, gives what their channels carry."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[_Way, bytearray] = OrderedDict()
        self._asked: OrderedDict[tuple[int, bool | None, int], int] = OrderedDict()
        """The service that was asked for, by who asked and the channel that the asker gave it."""
        self._rfcomm: OrderedDict[tuple[int, bool | None, int], None] = OrderedDict()
        """The channels that carry RFCOMM, by the direction of the bytes."""

    def take(self, packet: Packet) -> list[Payload]:
        """What this packet completes. `struct.error` where it is too short to be one."""
        data, sent = packet.data, packet.sent
        if packet.link == H4_DIRECTED:
            (received,) = struct.unpack_from(">I", data)
            data, sent = data[4:], not received & 1
        if not data or data[0] != _ACL:
            return []
        flags, size = struct.unpack_from("<HH", data, 1)
        way, data = (flags & 0x0FFF, sent), data[5 : 5 + size]
        if flags >> 12 & 3 != _CONTINUES:
            lost = self._cut(way, packet.time)
            self._pieces[way] = bytearray()
            if len(self._pieces) > _MOST:
                self._pieces.popitem(last=False)
        elif way not in self._pieces:
            return []
        else:
            lost = []
        whole = self._pieces[way]
        whole += data
        if len(whole) < 4 or len(whole) < 4 + int.from_bytes(whole[:2], "little"):
            return lost
        del self._pieces[way]
        length, channel = struct.unpack_from("<HH", whole)
        return lost + self._channel(way, channel, bytes(whole[4 : 4 + length]), packet.time)

    def _cut(self, way: _Way, time: float | None) -> list[Payload]:
        """What is there of a payload whose other pieces never came."""
        pieces = self._pieces.pop(way, b"")
        if len(pieces) < 4:
            return []
        channel = int.from_bytes(pieces[2:4], "little")
        if channel == _SIGNALLING or (*way, channel) in self._rfcomm:
            return []
        return [_payload(way, f"channel 0x{channel:04x}", bytes(pieces[4:]), time, short=True)]

    def _channel(self, way: _Way, channel: int, data: bytes, time: float | None) -> list[Payload]:
        if channel == _SIGNALLING:
            self._signal(way, data)
            return []
        if (*way, channel) not in self._rfcomm:
            return [_payload(way, f"channel 0x{channel:04x}", data, time)]
        if len(data) < 4 or data[1] not in (_UIH, _UIH_CREDIT) or not data[0] >> 2:
            return []
        start = (3 if data[2] & 1 else 4) + (data[1] == _UIH_CREDIT)
        return [_payload(way, f"rfcomm {data[0] >> 3}", data[start:-1], time)] if len(data) > start + 1 else []

    def _signal(self, way: _Way, data: bytes) -> None:
        """Learns which channels carry RFCOMM from their opening."""
        handle, sent = way
        if sent is None:
            return
        while len(data) >= 8:
            code, _, size, first, second = struct.unpack_from("<BBHHH", data)
            if code == 2:  # a question: the service, and the channel at the side of who asks
                self._asked[handle, sent, second] = first
            elif code == 3 and data[8:10] == b"\0\0":  # the answer: the channel at its own side, that of who asked
                if self._asked.pop((handle, not sent, second), None) == _RFCOMM:
                    self._rfcomm[handle, not sent, first] = None
                    self._rfcomm[handle, sent, second] = None
            elif code == 6:  # closed: the channel at the side of who is told, the teller's own
                self._rfcomm.pop((handle, sent, first), None)
                self._rfcomm.pop((handle, not sent, second), None)
            data = data[4 + size :]
        for known in (self._asked, self._rfcomm):
            while len(known) > _MOST:
                known.popitem(last=False)


def _payload(way: _Way, what: str, data: bytes, time: float | None, short: bool = False) -> Payload:
    handle, sent = way
    words = {True: " sent", False: " received", None: ""}
    return Payload("bluetooth", f"bluetooth 0x{handle:03x} {what}{words[sent]}", data, (), sent, time, short=short)
