"""`pcap:` as a transport: arrivals of real captures and made ones, its options, and what it says of a damaged file."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
from pathlib import Path

import pytest

import framing
from framing import Decoder, Frame
from framing.transports.links import Arrival, Reason
from framing.transports.pcap import CaptureLink
from framing.transports.steps import run
from framing.transports.urls import UrlError, transport
from made_captures import DOWN, SYN, UP, arrivals, capturing, conversation, datagram, followed, pcap, segment, streams

FOLDER = Path(os.environ.get("FRAMING_CAPTURES", Path(__file__).resolve().parents[3] / "shared" / "captures"))


def opened(path: object, query: str = "") -> CaptureLink:
    link = run(transport(f"pcap:{path}{query}").connect())
    assert isinstance(link, CaptureLink)
    return link


def test_both_directions_of_a_connection(tmp_path: Path) -> None:
    path = pcap(tmp_path / "a b.pcap", conversation(bytes(range(250)), b"answer"))
    assert streams(arrivals(f"pcap:{path}?tcp=4028")) == {UP: [bytes(range(250))], DOWN: [b"answer"]}
    assert streams(arrivals(f"pcap://{str(path).replace(' ', '%20')}?direction=sent&tcp=4028")) == {UP: [bytes(range(250))]}


def test_arrivals_carry_stream_time_breaks_and_ends(tmp_path: Path) -> None:
    packets = conversation(b"abcdef", size=2)
    del packets[5]  # the second segment
    found = arrivals(f"pcap:{pcap(tmp_path / 'made.pcap', packets, every=1)}")
    assert [(each.data, each.broken, each.ends) for each in found] == [
        (b"ab", False, False),
        (b"ef", True, False),
        (b"", False, True),
    ]
    assert {each.stream for each in found} == {UP}
    assert found[0].time == 1_700_000_003


def test_an_arrival_is_no_larger_than_asked_for(tmp_path: Path) -> None:
    packets = [segment(seq=0, flags=SYN), segment(bytes(100), 2), segment(b"x", 1), segment(b"y", 102)]
    found = arrivals(f"pcap:{pcap(tmp_path / 'made.pcap', packets)}", most=40)
    assert [(len(each.data), each.broken) for each in found] == [(40, False), (40, False), (21, False), (1, False), (0, False)]
    assert streams(found) == {UP: [b"x" + bytes(100) + b"y"]}


def test_frames_come_out_of_any_segmentation(tmp_path: Path) -> None:
    """A known stream in segments out of order and repeated: the frames of the stream itself, without a gap."""
    ubx = framing.load("ubx")
    data = b"".join(ubx.encode(bytes([number]) * number, **{"class": 1, "id": number}) for number in range(100))
    roll = random.Random(3)
    packets = conversation(data, size=37)
    body = packets[3:-3]
    for start in range(0, len(body), 8):
        part = body[start : start + 8]
        roll.shuffle(part)
        body[start : start + 8] = part
    body += [roll.choice(body) for _ in range(30)]
    found = arrivals(f"pcap:{pcap(tmp_path / 'made.pcap', packets[:3] + body + packets[-3:])}")
    assert framing.decode(b"".join(each.data for each in found), ubx) == framing.decode(data, ubx)
    assert not any(each.broken for each in found)


RECORDED = [
    ("ics/icsnpp_C37.118_2PMUsInSync_TCP.s2c.derived.bin", "c37-118", 3004),
    ("ics/icsnpp_dnp3_example.c2s.derived.bin", "dnp3", 558),
    ("ics/zeek_iec104.s2c.derived.bin", "iec104", 85),
    ("ics/zeek_modbusBig.c2s.derived.bin", "modbus-tcp", 2774),
]


@pytest.mark.parametrize("name, spec, count", RECORDED)
def test_recorded_streams_of_real_devices(tmp_path: Path, name: str, spec: str, count: int) -> None:
    """Put into packets of all sizes: the frames that an independent scan found in the stream."""
    if not (FOLDER / name).is_file():
        pytest.skip(f"there is no {name} at {FOLDER}; FRAMING_CAPTURES tells where recordings are")
    data = (FOLDER / name).read_bytes()
    decoder = Decoder(framing.load(spec))
    events = []
    for arrival in arrivals(f"pcap:{pcap(tmp_path / 'made.pcap', conversation(data, size=531))}?tcp=4028"):
        events += decoder.feed(arrival.data)
    events += decoder.close()
    assert len(events) == sum(isinstance(each, Frame) for each in events) == count


# --- real captures ---------------------------------------------------------------------------------------------------


def exchanged(port: int, listener: socket.socket, up: bytes, down: bytes) -> None:
    """A real connection that carries these bytes, written in pieces of all sizes."""

    def answer() -> None:
        with listener.accept()[0] as peer:
            while peer.recv(4096):
                pass
            peer.sendall(down)

    thread = threading.Thread(target=answer)
    thread.start()
    with socket.create_connection(("127.0.0.1", port)) as client:
        roll, start = random.Random(2), 0
        while start < len(up):
            size = roll.randrange(1, 2000)
            client.sendall(up[start : start + size])
            start += size
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            pass
    thread.join()


@pytest.mark.parametrize(
    "options", [("-i", "lo"), ("-i", "any", "-y", "LINUX_SLL"), ("-i", "any", "-y", "LINUX_SLL2")], ids=lambda each: each[-1]
)
def test_a_live_capture_and_what_wireshark_makes_of_it(tmp_path: Path, options: tuple[str, ...]) -> None:
    path, roll = tmp_path / "live.pcapng", random.Random(1)
    up, down = roll.randbytes(20_000), roll.randbytes(30_000)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with capturing(path, f"tcp port {port}", *options):
            exchanged(port, listener, up, down)
    found = streams(arrivals(f"pcap:{path}?tcp={port}"))
    assert followed(path) == [(up, down)]
    assert found == {name: [up if name.endswith(f"> 127.0.0.1:{port}") else down] for name in found} and len(found) == 2


# --- options and damage ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["tcp=0", "tcp=65536", "udp=x", "tcp=", "tcp=1,", "usb=1.2.3.4", "usb=x", "usb=-1", "direction=up"])
def test_options_that_are_none(query: str) -> None:
    with pytest.raises(UrlError, match="expected"):
        transport(f"pcap:file.pcap?{query}")


def test_an_option_that_is_misspelt() -> None:
    with pytest.raises(UrlError, match="did you mean 'direction'"):
        transport("pcap:file.pcap?directon=sent")
    with pytest.raises(UrlError, match="no path"):
        transport("pcap:")


def test_a_file_that_is_not_there_or_no_capture(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        opened(tmp_path / "nowhere.pcap")
    (tmp_path / "text").write_text("hello, world")
    with pytest.raises(OSError, match="neither pcap nor pcapng"):
        opened(tmp_path / "text")


def test_a_file_that_is_cut_short_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = pcap(tmp_path / "made.pcap", [datagram(b"one"), datagram(b"two")])
    path.write_bytes(path.read_bytes()[:-1])
    link = opened(path)
    with caplog.at_level(logging.WARNING, "framing.transports"):
        found = [link.receive(), link.receive(), link.receive()]
    end = Arrival(b"", time=1_700_000_000.0, ends=True)
    assert found == [Arrival(b"one", f"udp {UP}", 1_700_000_000.0), end, end]
    assert link.notes == ["the file ends inside a packet, which lacks 1 bytes, after 1 packets"]
    assert [each.getMessage() for each in caplog.records] == [f"pcap {path}: {link.notes[0]}"]
    link.close()


def test_a_link_that_is_closed(tmp_path: Path) -> None:
    link = opened(pcap(tmp_path / "made.pcap", [datagram(b"one"), datagram(b"two")]))
    assert link.readable(None) is None and link.writable(None) is None
    with pytest.raises(OSError, match="takes no bytes"):
        link.send(b"x")
    link.close()
    link.close()
    with pytest.raises(OSError, match="closed") as caught:
        link.receive()
    assert link.reason(caught.value)[0] is Reason.CLOSED
