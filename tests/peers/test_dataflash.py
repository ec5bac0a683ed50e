"""pymavlink's reader of DataFlash logs: it finds the messages that we find in a log that we wrote."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import framing
from framing import Frame, Gap

dfreader: Any = pytest.importorskip("pymavlink.DFReader", reason="pymavlink is not installed")

FORMATS = {
    0x80: (b"FMT", "BBnNZ", "<BB4s16s64s", b"Type,Length,Name,Format,Columns"),
    0x81: (b"GPS", "QBL", "<QBi", b"TimeUS,Status,Lat"),
    0x82: (b"ATT", "Qff", "<Qff", b"TimeUS,Roll,Pitch"),
    0x83: (b"MSG", "QZ", "<Q64s", b"TimeUS,Message"),
}


def told(log: framing.Protocol, kind: int) -> bytes:
    """The FMT message of a type."""
    name, letters, packed, columns = FORMATS[kind]
    fields: dict[str, Any] = {"type": kind, "length": 3 + struct.calcsize(packed), "name": name.ljust(4, b"\0")}
    return log["fmt"].encode(columns.ljust(64, b"\0"), **fields, format=letters.encode().ljust(16, b"\0"))


def written(dice: random.Random) -> list[bytes]:
    log = framing.load("ardupilot-dataflash")
    parts = [told(log, kind) for kind in FORMATS]
    for number in range(300):
        kind = dice.choice([0x81, 0x82, 0x83])
        values: list[Any] = [number * 1000]
        values += {0x81: [3, number], 0x82: [number / 4, -number / 8], 0x83: [b"a message"]}[kind]
        parts.append(log.encode(struct.pack(FORMATS[kind][2], *values), format="message", type=kind))
    return parts


def of_peer(path: Path, data: bytes) -> Iterator[bytes]:
    """The bytes of each message that pymavlink finds."""
    path.write_bytes(data)
    reader = dfreader.DFReader_binary(str(path))
    try:
        while (message := reader.recv_msg()) is not None:
            yield message.get_msgbuf()
    finally:
        reader.filehandle.close()


def frames(data: bytes) -> list[bytes]:
    return [each.raw for each in framing.decode(data, framing.load("ardupilot-dataflash")) if isinstance(each, Frame)]


def test_both_find_the_same_messages(tmp_path: Path) -> None:
    parts = written(random.Random(1))
    assert frames(b"".join(parts)) == parts
    assert list(of_peer(tmp_path / "log.bin", b"".join(parts))) == parts


def test_behind_damage_messages_are_found_again() -> None:
    parts = written(random.Random(2))
    damaged = b"".join(parts[:40]) + parts[40][:-3] + b"".join(parts[41:])
    events = framing.decode(damaged, framing.load("ardupilot-dataflash"))
    assert frames(damaged)[:40] == parts[:40]
    assert frames(damaged)[-len(parts) + 42 :] == parts[42:]
    assert sum(len(each.raw) for each in events if isinstance(each, Gap)) < 100
