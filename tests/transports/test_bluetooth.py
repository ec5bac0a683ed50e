"""Bluetooth HCI captures: L2CAP payloads put together by channel, and RFCOMM where its opening was seen."""

from __future__ import annotations

import struct

from framing.transports.bluetooth import H4, H4_DIRECTED
from framing.transports.capture_files import Packet, Payload
from framing.transports.packets import Contents

START, MORE = 2, 1


def acl(data: bytes, sent: bool | None = True, part: int = START, handle: int = 0x40) -> Packet:
    raw = struct.pack("<BHH", 2, handle | part << 12, len(data)) + data
    if sent is not None:
        raw = struct.pack(">I", not sent) + raw
    return Packet(raw, len(raw), 1.0, H4 if sent is None else H4_DIRECTED)


def l2cap(channel: int, data: bytes) -> bytes:
    return struct.pack("<HH", len(data), channel) + data


def all_of(*packets: Packet) -> list[Payload]:
    contents = Contents()
    found = [each for packet in packets for each in contents.take(packet)]
    assert not contents.unreadable
    return found  # type: ignore[return-value]


def shown(*packets: Packet) -> list[tuple[str, bytes]]:
    return [(each.stream, each.data) for each in all_of(*packets)]


def test_a_payload_in_pieces_beside_others() -> None:
    whole = l2cap(4, b"attribute")
    found = shown(
        acl(whole[:6]),
        acl(l2cap(0x41, b"other"), sent=False),
        acl(whole[6:9], part=MORE),
        acl(l2cap(5, b"third"), handle=0x41),
        acl(whole[9:], part=MORE),
    )
    assert found == [
        ("bluetooth 0x040 channel 0x0041 received", b"other"),
        ("bluetooth 0x041 channel 0x0005 sent", b"third"),
        ("bluetooth 0x040 channel 0x0004 sent", b"attribute"),
    ]


def test_without_the_pseudo_header_nothing_tells_the_direction() -> None:
    assert [(each.stream, each.sent) for each in all_of(acl(l2cap(4, b"x"), sent=None))] == [("bluetooth 0x040 channel 0x0004", None)]


def test_a_payload_whose_pieces_are_lost_is_short() -> None:
    found = all_of(acl(l2cap(4, b"incomplete")[:8]), acl(l2cap(4, b"next")))
    assert [(each.data, each.short) for each in found] == [(b"inco", True), (b"next", False)]
    assert shown(acl(b"a piece whose start was not seen", part=MORE)) == []


def test_commands_events_and_voice_are_passed_over() -> None:
    assert all_of(*(Packet(struct.pack(">I", 0) + bytes([kind, 1, 2, 3]), 8, None, H4_DIRECTED) for kind in (1, 3, 4))) == []


def signal(code: int, *values: int) -> bytes:
    body = struct.pack(f"<{len(values)}H", *values)
    return l2cap(1, struct.pack("<BBH", code, 1, len(body)) + body)


def test_rfcomm_behind_its_opening() -> None:
    opening = [
        acl(signal(2, 3, 0x50)),  # asked for RFCOMM, from our channel 0x50
        acl(signal(3, 0x61, 0x50, 1, 0), sent=False),  # pending
        acl(signal(3, 0x61, 0x50, 0, 0), sent=False),  # granted, to their channel 0x61
    ]
    setup = l2cap(0x61, bytes([3, 0x3F, 1, 0x1C]))
    data = l2cap(0x61, bytes([4 << 3 | 3, 0xEF, 5 << 1 | 1]) + b"hello" + b"\x9a")
    credit = l2cap(0x50, bytes([4 << 3 | 1, 0xFF, 3 << 1, 0, 7]) + b"you" + b"\x9a")
    frames = [acl(setup), acl(data), acl(credit, sent=False)]
    assert shown(*opening, *frames) == [("bluetooth 0x040 rfcomm 4 sent", b"hello"), ("bluetooth 0x040 rfcomm 4 received", b"you")]
    closed = [acl(signal(6, 0x61, 0x50))]
    assert shown(*opening, *closed, acl(data))[0][0] == "bluetooth 0x040 channel 0x0061 sent"
    assert [name for name, _ in shown(*frames)][1] == "bluetooth 0x040 channel 0x0061 sent"


def test_memory_is_bounded() -> None:
    contents = Contents()
    for handle in range(0x1000):
        contents.take(acl(l2cap(4, bytes(60_000))[:30_000], handle=handle))
        contents.take(acl(signal(2, 3, handle), handle=handle))
    hci = contents._hci
    assert len(hci._pieces) <= 64 and len(hci._asked) <= 64
