"""dpkt reads the PPP packets and TPKT headers that are written here, and writes what is read here."""

from __future__ import annotations

import random

import pytest

import framing
from framing import Frame, stuffing

pytest.importorskip("dpkt", reason="dpkt is not installed")

from dpkt.ppp import PPP
from dpkt.tpkt import TPKT

COUNT = 300
PROTOCOLS = [0x21, 0x57, 0xC021, 0x8021, 0xC223]
"""Numbers of one and of two bytes."""


def frames_of(data: bytes, spec: str) -> list[Frame]:
    events = framing.decode(data, framing.load(spec))
    frames = [event for event in events if isinstance(event, Frame)]
    assert sum(len(frame.raw) for frame in frames) == len(data)
    return frames


@pytest.mark.parametrize("seed", range(2))
def test_ppp(seed: int) -> None:
    """Unstuffed and without FCS, a frame is the packet that dpkt knows: with address and control."""
    rolls = random.Random(seed)
    ppp = framing.load("ppp")
    # A payload of an internet protocol would be taken apart, so the numbers of others come first.
    packets = [PPP(p=rolls.choice(PROTOCOLS[2:]), data=rolls.randbytes(rolls.randrange(200))) for _ in range(COUNT)]
    line = b""
    for packet in packets:
        line += ppp.encode(packet.data, format="full", protocol=packet.p)
    frames = frames_of(line, "ppp")
    assert {frame.format for frame in frames} == {"ppp.full"}
    for frame, packet in zip(frames, packets, strict=True):
        plain = b"\xff\x03" + frame["protocol"].to_bytes(2, "big") + frame.payload
        assert plain == bytes(packet)
        read = PPP(plain)
        assert (read.p, bytes(read.data)) == (packet.p, packet.data) == (frame["protocol"], frame.payload)


@pytest.mark.parametrize("number", PROTOCOLS)
def test_ppp_numbers_of_one_and_two_bytes(number: int) -> None:
    """dpkt compresses small numbers when it writes and reads either."""
    header = PPP(p=number).pack_hdr()
    names = {3: ("pfc", "acfc-pfc"), 4: ("full", "acfc")}[len(header)]
    for prefix, suffix in zip((b"", b"\xff\x03"), names, strict=True):
        [frame] = frames_of(framing.load("ppp").encode(b"", format=suffix, protocol=number), "ppp")
        assert (frame.format, frame.kind) == (f"ppp.{suffix}", (number,))
        assert PPP(prefix + bytes_behind_stuffing(frame)).p == number


def bytes_behind_stuffing(frame: Frame) -> bytes:
    """What the frame says between the flags, without FCS."""
    plain = stuffing.make("hdlc").decode(frame.raw.strip(b"\x7e"))
    return plain[:-2]


def test_tpkt() -> None:
    rolls = random.Random(3)
    tpkt = framing.load("tpkt")
    payloads = [rolls.randbytes(rolls.randrange(3, 2000)) for _ in range(COUNT)]
    for payload in payloads:
        theirs = TPKT(len=4 + len(payload), data=payload)
        assert tpkt.encode(payload) == bytes(theirs)
        read = TPKT(tpkt.encode(payload))
        assert (read.v, read.rsvd, read.len, read.data) == (3, 0, 4 + len(payload), payload)
    stream = b"".join(bytes(TPKT(len=4 + len(payload), data=payload)) for payload in payloads)
    assert [frame.payload for frame in frames_of(stream, "tpkt")] == payloads
