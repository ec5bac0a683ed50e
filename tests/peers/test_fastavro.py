"""fastavro: its files are read by its blocks, and blocks of ours by it."""

from __future__ import annotations

import io
from typing import Any

import pytest

import framing
from framing import Frame, Gap

fastavro: Any = pytest.importorskip("fastavro", reason="fastavro is not installed")

SCHEMA = {"type": "record", "name": "row", "fields": [{"name": "n", "type": "long"}, {"name": "text", "type": "string"}]}
ROWS = [{"n": n * n - 50, "text": n * "ab"} for n in range(400)]


def written(codec: str) -> bytes:
    file = io.BytesIO()
    fastavro.writer(file, SCHEMA, ROWS, codec=codec, sync_interval=300)
    return file.getvalue()


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_its_files_are_a_header_and_blocks(codec: str) -> None:
    data = written(codec)
    blocks = list(fastavro.block_reader(io.BytesIO(data)))
    header, *frames = framing.decode(data, framing.load("avro", marker=data[-16:]))
    assert isinstance(header, Gap) and len(blocks) > 10
    assert [(each["count"], each.start, len(each.raw)) for each in frames if isinstance(each, Frame)] == [
        (block.num_records, block.offset, block.size) for block in blocks
    ]


def test_behind_damage_the_blocks_go_on() -> None:
    data = written("null")
    avro = framing.load("avro", marker=data[-16:])
    intact = [each for each in framing.decode(data, avro) if isinstance(each, Frame)]
    damaged = intact[3].start
    found = framing.decode(data[:damaged] + b"\xfe\x01" + data[damaged + 2 :], avro)
    assert [each for each in found if isinstance(each, Frame)] == intact[:3] + intact[4:]


def test_it_reads_blocks_of_ours() -> None:
    data = written("null")
    avro = framing.load("avro", marker=data[-16:])
    header, *frames = framing.decode(data, avro)
    blocks = [avro.encode(each.payload, count=each["count"]) for each in frames if isinstance(each, Frame)]
    assert list(fastavro.reader(io.BytesIO(header.raw + b"".join(blocks[::2] + blocks[1::2])))) != ROWS
    assert list(fastavro.reader(io.BytesIO(header.raw + b"".join(blocks)))) == ROWS
