"""pyubx2 at the other end of a TCP connection: it reads what this project writes, and what it writes is read here."""

from __future__ import annotations

import random
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import framing
from driven import PATIENCE
from framing import Frame

pytest.importorskip("pyubx2", reason="pyubx2 is not installed")

from pynmeagps import GET, NMEAMessage
from pyubx2 import ERR_RAISE, NMEA_PROTOCOL, POLL, UBX_PROTOCOL, UBXMessage, UBXReader

COUNT = 500
NAV_POSLLH = 1, 2
CFG_RATE = 6, 8


def some_messages(seed: int) -> list[UBXMessage | NMEAMessage]:
    """Positions with all kinds of numbers, in both protocols."""
    rolls = random.Random(seed)
    messages: list[UBXMessage | NMEAMessage] = []
    for number in range(COUNT):
        lat, lon = rolls.uniform(-89, 89), rolls.uniform(-179, 179)
        messages.append(
            UBXMessage("NAV", "NAV-POSLLH", GET, iTOW=number, lat=lat, lon=lon, height=rolls.randrange(9000))
        )
        messages.append(NMEAMessage("GN", "GLL", GET, lat=lat, lon=lon, status="A", posMode="D"))
    return messages


def test_pyubx2_reads_what_is_written_here() -> None:
    sent = some_messages(1)

    def read(sock: socket.socket) -> list[tuple[bytes, str]]:
        # It waits for the first bytes as soon as it is made.
        reader = UBXReader(sock, protfilter=UBX_PROTOCOL | NMEA_PROTOCOL, quitonerror=ERR_RAISE)
        return [(raw, parsed.identity) for raw, parsed in reader]

    with framing.open("tcp-listen://127.0.0.1:0", "ubx", "nmea") as link, ThreadPoolExecutor() as pool:
        transport: Any = link.transport
        with socket.create_connection(transport.address, PATIENCE) as sock:
            reading = pool.submit(read, sock)
            for message in sent:
                if isinstance(message, UBXMessage):
                    kind = {"class": message.msg_cls[0], "id": message.msg_id[0]}
                    link.write(message.payload, "ubx", timeout=PATIENCE, **kind)
                else:
                    talker_and_all_between = message.serialize()[1:-5]
                    link.write(talker_and_all_between, "nmea", timeout=PATIENCE)
            link.close()
            assert reading.result() == [(message.serialize(), message.identity) for message in sent]


def test_what_pyubx2_writes_is_read_here() -> None:
    sent = some_messages(2)
    with framing.open("tcp-listen://127.0.0.1:0", "ubx", "nmea") as link:
        transport: Any = link.transport
        with socket.create_connection(transport.address, PATIENCE) as sock:
            for message in sent:
                sock.sendall(message.serialize())
        frames = [event for event in link if isinstance(event, Frame)]
    assert [frame.raw for frame in frames] == [message.serialize() for message in sent]
    assert [frame.format for frame in frames] == ["ubx", "nmea"] * COUNT
    assert {frame.kind for frame in frames} == {NAV_POSLLH, ("GNGLL",)}
    assert link.stats.gap_bytes == 0


def test_a_receiver_made_with_pyubx2_is_asked() -> None:
    """A poll, which has no payload, is answered with the setting, between the positions that come all the time."""
    rate = UBXMessage("CFG", "CFG-RATE", GET, measRate=200, navRate=1, timeRef=1)
    position = some_messages(3)[0].serialize()

    def receiver(sock: socket.socket) -> None:
        _, asked = UBXReader(sock, msgmode=POLL, quitonerror=ERR_RAISE).read()
        assert asked.identity == "CFG-RATE" and asked.length == 0
        sock.sendall(position + rate.serialize() + position)

    with framing.open("tcp-listen://127.0.0.1:0", "ubx") as link:
        transport: Any = link.transport
        with socket.create_connection(transport.address, PATIENCE) as sock, ThreadPoolExecutor() as pool:
            sock.sendall(position)
            served = pool.submit(receiver, sock)
            question = {"class": CFG_RATE[0], "id": CFG_RATE[1]}
            answer = link.request(b"", match=lambda frame: frame.kind == CFG_RATE, timeout=PATIENCE, **question)
            served.result()
        assert UBXReader.parse(answer.raw).measRate == 200
        assert [event.raw for event in link] == [position] * 3  # kept, in order
