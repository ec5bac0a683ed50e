"""What a selection lets through: kinds, ports, devices, names, directions; and breaks where bytes were not kept."""

from __future__ import annotations

import pytest

from framing.transports.capture_files import Packet
from framing.transports.capture_streams import PAUSE, PORTS, USB, CaptureStreams, Selection
from framing.transports.links import Arrival
from made_captures import DOWN, UP, conversation, datagram, ethernet, ip, streams, usbmon

UDP_UP, UDP_DOWN = f"udp {UP}", f"udp {DOWN}"
PACKETS = [
    *(Packet(ethernet(each), len(ethernet(each)), 1.0, 1) for each in conversation(b"question", b"answer")),
    *(Packet(ethernet(datagram(each, back=back)), 50, 2.0, 1) for each, back in ((b"ping", False), (b"pong", True))),
    usbmon("C", 3, 0x81, b"in"),
    usbmon("S", 3, 2, b"out"),
    Packet(b"heard", 5, 4.0, 147, "serial", False),
    Packet(b"said", 4, 4.0, 147, "serial", True),
]
EVERYTHING = {
    UP: [b"question"],
    DOWN: [b"answer"],
    UDP_UP: [b"ping"],
    UDP_DOWN: [b"pong"],
    "usb 1.4 in 1": [b"in"],
    "usb 1.4 out 2": [b"out"],
    "serial": [b"heard"],
    "serial sent": [b"said"],
}


def selected(selection: Selection, packets: list[Packet] = PACKETS) -> tuple[list[Arrival], list[str]]:
    notes: list[str] = []
    return [each for each in CaptureStreams(packets, selection, notes).arrivals() if each is not None], notes


@pytest.mark.parametrize(
    "selection, names",
    [
        (Selection(), [*EVERYTHING]),
        (Selection(tcp=frozenset([4028])), [UP, DOWN]),
        (Selection(tcp=frozenset()), [UP, DOWN]),
        (Selection(tcp=frozenset([4028]), udp=frozenset([5000])), [UP, DOWN, UDP_UP, UDP_DOWN]),
        (Selection(usb=()), ["usb 1.4 in 1", "usb 1.4 out 2"]),
        (Selection(usb=(1, 4)), ["usb 1.4 in 1", "usb 1.4 out 2"]),
        (Selection(usb=(1, 4, 1)), ["usb 1.4 in 1"]),
        (Selection(usb=(1, 4, 0x81)), ["usb 1.4 in 1"]),
        (Selection(stream="udp"), [UDP_UP, UDP_DOWN]),
        (Selection(stream="> 10.0.0.2"), [UP, UDP_UP]),
        (Selection(tcp=frozenset([4028]), direction="sent"), [UP]),
        (Selection(tcp=frozenset([4028]), direction="received"), [DOWN]),
        (Selection(tcp=frozenset([5000]), direction="received"), [UP]),
        (Selection(udp=frozenset([4028]), direction="sent"), [UDP_UP]),
        (Selection(usb=(), direction="received"), ["usb 1.4 in 1"]),
        (Selection(stream="serial", direction="sent"), ["serial sent"]),
        (Selection(direction="received"), [UP, DOWN, UDP_UP, UDP_DOWN, "usb 1.4 in 1", "serial"]),
    ],
)
def test_selections(selection: Selection, names: list[str]) -> None:
    found, notes = selected(selection)
    assert streams(found) == {name: EVERYTHING[name] for name in names}
    assert not notes


@pytest.mark.parametrize("selection", [Selection(tcp=frozenset([80])), Selection(usb=(2,)), Selection(stream="nowhere")])
def test_a_selection_without_anything_says_so(selection: Selection) -> None:
    assert selected(selection) == ([], ["nothing in it is what was asked for"])


def test_datagrams_join_unless_told_otherwise() -> None:
    packets = [Packet(ethernet(datagram(each)), 50, 2.0, 1) for each in (b"one", b"two")]
    assert streams(selected(Selection(), packets)[0]) == {UDP_UP: [b"onetwo"]}
    assert streams(selected(Selection(boundary="datagram"), packets)[0]) == {UDP_UP: [b"one", b"two"]}


def test_bytes_that_were_not_kept_are_a_break() -> None:
    raw = ethernet(datagram(b"first"))
    packets = [Packet(raw[:-2], len(raw), 1.0, 1), *(Packet(ethernet(datagram(each)), 1, 1.0, 1) for each in (b"b", b"c"))]
    assert streams(selected(Selection(), packets)[0]) == {UDP_UP: [b"fir", b"bc"]}


def test_streams_of_tcp_end_and_with_them_their_times() -> None:
    found, _ = selected(Selection(tcp=frozenset()))
    assert [(each.stream, each.ends, each.time) for each in found if each.ends] == [(UP, True, 1.0), (DOWN, True, 1.0)]


def test_a_reader_of_much_that_is_not_asked_for_may_look_up() -> None:
    arp = Packet(bytes(60), 60, 1.0, 1)
    assert list(CaptureStreams([arp] * (2 * PAUSE + 5), Selection(), []).arrivals()) == [None, None]


def test_notes_of_the_packets_are_passed_on() -> None:
    broken = ip(b"tcp?", p=6)
    _, notes = selected(Selection(), [*PACKETS, Packet(ethernet(broken), 60, 1.0, 1), Packet(b"", 0, None, 105)])
    assert notes == ["1 packets of link type 105 were passed over", "1 packets have broken headers"]


@pytest.mark.parametrize("text, value", [("all", frozenset()), ("80", frozenset([80])), ("1,65535", frozenset([1, 65535]))])
def test_ports(text: str, value: frozenset[int]) -> None:
    assert PORTS.read(text) == value


def test_usb_addresses() -> None:
    assert [USB.read(text) for text in ("all", "1", "1.4", "1.4.0x81")] == [(), (1,), (1, 4), (1, 4, 0x81)]
