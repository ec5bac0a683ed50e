"""USB captures of Linux and Windows: the bytes of bulk and interrupt transfers, each once."""

from __future__ import annotations

import struct

import pytest

from framing.transports.capture_files import Packet, Payload
from framing.transports.packets import Contents
from framing.transports.usb import USBMON, USBMON_LONG, USBPCAP
from made_captures import usbmon

INTERRUPT, CONTROL, BULK = 1, 2, 3


def usbpcap(done: bool, transfer: int, endpoint: int, data: bytes) -> Packet:
    head = struct.pack("<HQIHBHHBBI", 27, 1, 0, 9, int(done), 2, 7, endpoint, transfer, len(data))
    return Packet(head + data, len(head) + len(data), 2.5, USBPCAP)


def taken(packet: Packet) -> list[Payload]:
    contents = Contents()
    found = list(contents.take(packet))
    assert not contents.unreadable
    assert all(isinstance(each, Payload) for each in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("long", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
def test_usbmon(long: bool, order: str) -> None:
    assert taken(usbmon("C", BULK, 0x81, b"in", long, order)) == [Payload("usb", "usb 1.4 in 1", b"in", (1, 4, 0x81), False, 1.5)]
    assert taken(usbmon("S", INTERRUPT, 2, b"out", long, order)) == [Payload("usb", "usb 1.4 out 2", b"out", (1, 4, 2), True, 1.5)]


def test_usbpcap() -> None:
    assert taken(usbpcap(True, BULK, 0x83, b"in")) == [Payload("usb", "usb 2.7 in 3", b"in", (2, 7, 0x83), False, 2.5)]
    assert taken(usbpcap(False, INTERRUPT, 3, b"out")) == [Payload("usb", "usb 2.7 out 3", b"out", (2, 7, 3), True, 2.5)]


@pytest.mark.parametrize(
    "packet",
    [
        usbmon("S", BULK, 0x81, b""),
        usbmon("C", BULK, 2, b""),
        usbmon("C", CONTROL, 0x80, b"x"),
        usbmon("E", BULK, 0x81, b"x"),
        usbpcap(False, BULK, 0x81, b""),
        usbpcap(True, BULK, 2, b""),
        usbpcap(True, CONTROL, 0x80, b"x"),
    ],
)
def test_what_carries_no_stream(packet: Packet) -> None:
    assert taken(packet) == []


def test_a_transfer_of_which_only_the_beginning_was_kept() -> None:
    assert [(each.data, each.short) for each in taken(usbmon("C", BULK, 0x81, b"begin", size=500))] == [(b"begin", True)]


def test_a_header_that_is_cut_is_counted() -> None:
    contents = Contents()
    for link in (USBMON, USBMON_LONG, USBPCAP):
        assert not contents.take(Packet(bytes(20), 20, None, link))
    assert contents.unreadable == 3
