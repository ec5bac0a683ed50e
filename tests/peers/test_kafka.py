"""kafka-python reads the record batches that are written here, and writes batches and requests that are read here."""

from __future__ import annotations

import random
from typing import Any

import pytest

import framing
from framing import Frame

pytest.importorskip("kafka", reason="kafka-python is not installed")

from kafka.protocol.metadata import ApiVersionsRequest
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

COUNT = 250
NOBODY = dict(producer_id=-1, producer_epoch=-1, base_sequence=-1)


def some_batch(rolls: random.Random) -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=rolls.randrange(2), is_transactional=0, batch_size=1 << 20, **NOBODY
    )
    for offset in range(rolls.randrange(1, 6)):
        value = rolls.randbytes(rolls.randrange(300))
        builder.append(offset, timestamp=1_700_000_000_000 + offset, key=b"key", value=value, headers=[("header", b"1")])
    return bytes(builder.build())


def frames_of(data: bytes, spec: str) -> list[Frame]:
    events = framing.decode(data, framing.load(spec))
    assert all(isinstance(event, Frame) for event in events)
    return [event for event in events if isinstance(event, Frame)]


def test_batches() -> None:
    rolls = random.Random(1)
    sent = [some_batch(rolls) for _ in range(COUNT)]
    found = frames_of(b"".join(sent), "kafka-batch")
    assert [frame.raw for frame in found] == sent
    protocol = framing.load("kafka-batch")
    for frame in found:
        batch: Any = DefaultRecordBatch(protocol.encode(frame.payload, **frame.fields))
        assert batch.validate_crc()
        assert (batch.crc, batch.base_offset, batch.compression_type) == (frame["crc"], frame["offset"], frame["compression"])
        assert len(list(batch)) == frame["count"]


def test_requests() -> None:
    rolls = random.Random(2)
    stream, sent = b"", []
    for number in range(COUNT):
        version, client = rolls.randrange(3), "c" * rolls.randrange(30)
        request = ApiVersionsRequest[version]()
        request.with_header(correlation_id=number, client_id=client)
        stream += bytes(request.encode(header=True, framed=True))
        sent.append((18, version, number, client.encode()))
    found = frames_of(stream, "kafka-request")
    assert [(each["api"], each["version"], each["correlation"], each["client"]) for each in found] == sent
    protocol = framing.load("kafka-request")
    assert b"".join(protocol.encode(each.payload, **each.fields) for each in found) == stream
