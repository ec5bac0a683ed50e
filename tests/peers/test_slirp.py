"""slirp, a PPP peer in user space (Debian package `slirp`), on a pseudo terminal.

Real HDLC-like framing of another's making: its LCP frames are decoded, and it acknowledges a Configure-Request of ours.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from driven import arrival, connected, give
from framing import Decoder, Frame
from framing.spec import load

SLIRP = shutil.which("slirp-fullbolt")

if SLIRP is None:
    pytest.skip("there is no slirp-fullbolt (Debian package slirp)", allow_module_level=True)

PPP = load("ppp")["full"]  # as it is before anything is negotiated

LCP = 0xC021
CONFIGURE_REQUEST, CONFIGURE_ACK, TERMINATE_REQUEST, TERMINATE_ACK, ECHO_REQUEST, ECHO_REPLY = 1, 2, 5, 6, 9, 10


def packet(code: int, number: int, data: bytes = b"") -> bytes:
    """A packet of the link control protocol: RFC 1661, section 5."""
    return bytes([code, number]) + (4 + len(data)).to_bytes(2, "big") + data


class Peer:
    """slirp at the other end of a line."""

    def __init__(self) -> None:
        self.link: Any = connected("pty:")
        terminal = os.open(self.link.peer, os.O_RDWR | os.O_NOCTTY)
        try:
            self.process = subprocess.Popen([str(SLIRP), "ppp"], stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True)
        finally:
            os.close(terminal)
        banner = b""
        while b"SLiRP Ready" not in banner:
            banner += arrival(self.link).data
        self.decoder = Decoder(PPP)
        self._frames: list[Frame] = []

    def send(self, code: int, number: int, data: bytes = b"") -> None:
        give(self.link, PPP.encode(packet(code, number, data), protocol=LCP))

    def next(self) -> tuple[int, int, bytes]:
        """The next LCP packet: code, number, data."""
        while True:
            while not self._frames:
                self._frames += [each for each in self.decoder.feed(arrival(self.link).data) if isinstance(each, Frame)]
            frame = self._frames.pop(0)
            if frame["protocol"] == LCP:
                payload = bytes(frame.payload)
                length = int.from_bytes(payload[2:4], "big")
                assert length == len(payload)
                return payload[0], payload[1], payload[4:]

    def answer(self, code: int, number: int) -> bytes:
        """The data of the packet with that code and number; what else comes is passed over, and requests are granted."""
        while True:
            found, which, data = self.next()
            if found == CONFIGURE_REQUEST:
                self.send(CONFIGURE_ACK, which, data)
            if (found, which) == (code, number):
                return data

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.link.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def options(data: bytes) -> dict[int, bytes]:
    """The options of a Configure packet."""
    found = {}
    while data:
        found[data[0]] = data[2 : data[1]]
        data = data[data[1] :]
    return found


def test_it_acknowledges_our_request_and_its_own_decodes(peer: Peer) -> None:
    magic = b"\x05" + b"\x06" + b"\x7e\x7d\x11\x00"  # whatever has to be escaped
    peer.send(CONFIGURE_REQUEST, 1, magic)
    seen = {}
    while not {CONFIGURE_REQUEST, CONFIGURE_ACK} <= set(seen):
        code, number, data = peer.next()
        seen[code] = number, data
    assert seen[CONFIGURE_ACK] == (1, magic)
    theirs = options(seen[CONFIGURE_REQUEST][1])
    assert len(theirs[5]) == 4  # its own magic number
    peer.send(CONFIGURE_ACK, *seen[CONFIGURE_REQUEST])


def test_an_opened_link_echoes_and_ends(peer: Peer) -> None:
    peer.send(CONFIGURE_REQUEST, 7, b"\x05\x06abcd")
    code, number, data = peer.next()
    while code != CONFIGURE_REQUEST:
        code, number, data = peer.next()
    peer.send(CONFIGURE_ACK, number, data)
    for number in range(20):
        peer.send(ECHO_REQUEST, number, b"abcd" + bytes([number, 0x7E, 0x7D]))
        assert peer.answer(ECHO_REPLY, number)[4:] == bytes([number, 0x7E, 0x7D])
    peer.send(TERMINATE_REQUEST, 99)
    peer.answer(TERMINATE_ACK, 99)
    assert not peer.decoder.stats.rejects.get("checksum")
