"""Packages that speak receivers' protocols read what this project writes, and what they write is read here."""

from __future__ import annotations

import random

import pytest

import framing
from framing import Frame
from framing.checksums import algorithm

COUNT = 250


def test_skytraq_datalog_both_ways() -> None:
    gps = pytest.importorskip("skytraq.gps", reason="skytraq-datalog is not installed")
    skytraq = framing.load("skytraq")
    dice = random.Random(1)
    payloads = [dice.randbytes(dice.randrange(1, 300)) for _ in range(COUNT)]

    theirs = [gps.build_packet(payload) for payload in payloads]
    ours = [skytraq.encode(payload[1:], id=payload[0]) for payload in payloads]
    assert ours == theirs
    assert all(gps.verify_packet_checksum(raw) for raw in ours)
    frames = framing.decode(b"\xa0".join(theirs), skytraq)
    assert [bytes([each["id"]]) + each.payload for each in frames if isinstance(each, Frame)] == payloads


def test_pyunigps_both_ways() -> None:
    pyunigps = pytest.importorskip("pyunigps", reason="pyunigps is not installed")
    unicore = framing.load("unicore")
    dice = random.Random(2)
    test12 = 65_512
    """The message of the package's own tests whose payload is nothing but numbers."""
    for _ in range(COUNT):
        payload = dice.randbytes(5)
        week, milliseconds, version = dice.randrange(65_536), dice.randrange(1 << 32), dice.randrange(1 << 32)
        idle, reference, status, leap, delay = (dice.randrange(256) for _ in range(5))
        theirs = pyunigps.UNIMessage(
            test12, 5, idle, reference, status, week, milliseconds, version, leap, delay, payload=payload
        ).serialize()
        ours = unicore.encode(
            payload,
            cpu_idle=idle,
            id=test12,
            time_reference=reference,
            time_status=status,
            week=week,
            milliseconds=milliseconds,
            version=version,
            reserved=0,
            leap_seconds=leap,
            delay=delay,
        )
        assert ours == theirs
        assert unicore.decode(theirs).payload == payload
        assert pyunigps.UNIReader.parse(ours).serialize() == ours


def header_crc(kind: int, size: int, crc_type: int) -> int:
    """The CRC of SPARTN's header, put together by hand."""
    header = (kind << 17 | size << 7 | crc_type << 4).to_bytes(3, "big")
    return algorithm({"width": 4, "poly": 9, "refin": True}).compute(header)


@pytest.mark.parametrize("crc_type", range(4))
def test_pyspartn_reads_what_is_written_here(crc_type: int) -> None:
    pyspartn = pytest.importorskip("pyspartn", reason="pyspartn is not installed")
    spartn = framing.load("spartn")
    dice = random.Random(crc_type)
    for number in range(COUNT):
        wide = number % 2
        payload = dice.randbytes(dice.randrange(1, 1024))
        told = {
            "type": dice.randrange(128),
            "encrypted": 0,
            "crc_type": crc_type,
            "subtype": dice.randrange(16),
            "time_tag": dice.randrange(1 << (32 if wide else 16)),
            "solution": dice.randrange(128),
            "processor": dice.randrange(16),
        }
        raw = spartn.encode(payload, format="tag32" if wide else "tag16", **told)
        read = pyspartn.SPARTNReader.parse(raw, decode=False)  # which checks the CRC
        assert (read.msgType, read.nData, read.crcType, read.frameCrc) == (
            told["type"],
            len(payload),
            crc_type,
            header_crc(told["type"], len(payload), crc_type),
        )
        assert (read.msgSubtype, read.timeTagtype, read.gnssTimeTag) == (told["subtype"], wide, told["time_tag"])
        assert (read.solutionId, read.solutionProcId) == (told["solution"], told["processor"])
        assert spartn.decode(raw).payload == payload
