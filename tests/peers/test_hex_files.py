"""IntelHex and bincopy read the records that are written here, and write what is read here."""

from __future__ import annotations

import io
import random

import pytest

import framing
from framing import Frame

COUNT = 300


def lines(data: bytes, spec: str) -> list[Frame]:
    events = framing.decode(data, framing.load(spec))
    assert all(isinstance(event, Frame) for event in events)
    return [event for event in events if isinstance(event, Frame)]


def some_memory(seed: int) -> dict[int, bytes]:
    """Pieces of memory, none of which touches another."""
    rolls = random.Random(seed)
    return {0x100 * at: rolls.randbytes(rolls.randrange(1, 17)) for at in range(COUNT)}


@pytest.mark.parametrize(("style", "name"), [("native", "lf"), ("CRLF", "crlf")])
def test_what_intelhex_writes_is_read_here(style: str, name: str) -> None:
    intelhex = pytest.importorskip("intelhex", reason="intelhex is not installed")
    memory = some_memory(1)
    image = intelhex.IntelHex()
    for address, data in memory.items():
        image.puts(0x10000 + address, data)
    text = io.StringIO(newline="")
    image.write_hex_file(text, eolstyle=style)
    records = lines(text.getvalue().encode(), "intel-hex")
    found: dict[int, bytes] = {}
    high = 0
    for record in records:
        assert record.format == f"intel-hex.{name}"
        if record["type"] == 4:
            high = int.from_bytes(record.payload, "big") << 16
        elif record["type"] == 0:
            found[high + record["address"]] = record.payload
    assert {0x10000 + address: data for address, data in memory.items()} == found
    assert [record["type"] for record in records][-1] == 1


def test_intelhex_reads_what_is_written_here() -> None:
    intelhex = pytest.importorskip("intelhex", reason="intelhex is not installed")
    protocol = framing.load("intel-hex")
    memory = some_memory(2)
    text = b"".join(protocol.encode(data, format="lf", address=at & 0xFFFF, type=0) for at, data in memory.items() if at < 0x10000)
    image = intelhex.IntelHex(io.StringIO((text + protocol.encode(b"", format="lf", address=0, type=1)).decode()))
    for at, data in memory.items():
        if at < 0x10000:
            assert image.gets(at, len(data)) == data


def test_intel_hex_and_bincopy() -> None:
    bincopy = pytest.importorskip("bincopy", reason="bincopy is not installed")
    rolls = random.Random(3)
    protocol = framing.load("intel-hex")
    for _ in range(COUNT):
        kind, address, data = rolls.randrange(6), rolls.randrange(0x10000), rolls.randbytes(rolls.randrange(256))
        line = bincopy.pack_ihex(kind, address, len(data), data)
        assert protocol.encode(data, format="lf", address=address, type=kind) == f"{line}\n".encode()
        [record] = lines(f"{line}\r\n".encode(), "intel-hex")
        assert (record["type"], record["address"], record.payload) == (kind, address, data)
        assert bincopy.unpack_ihex(record.raw[:-2].decode()) == (kind, address, len(data), data)


def test_s_records_and_bincopy() -> None:
    bincopy = pytest.importorskip("bincopy", reason="bincopy is not installed")
    rolls = random.Random(4)
    protocol = framing.load("srecord")
    for _ in range(COUNT):
        kind = rolls.choice("012356789")
        width = {"2": 3, "6": 3, "8": 3, "3": 4, "7": 4}.get(kind, 2)
        address, data = rolls.randbytes(width), rolls.randbytes(rolls.randrange(255 - width))
        line = bincopy.pack_srec(kind, int.from_bytes(address, "big"), len(data), data)
        written = protocol.encode(data, format="lf", type=b"S" + kind.encode(), address=address)
        assert written == f"{line}\n".encode()
        [record] = lines(written, "srecord")
        assert (record.kind, record["address"], record.payload) == ((int(kind),), address, data)
        assert bincopy.unpack_srec(line) == (kind, int.from_bytes(address, "big"), len(data), data)
