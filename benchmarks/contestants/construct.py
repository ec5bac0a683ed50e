"""construct, compiled: the frames with CRC-16, the markers found and the CRC verified by a loop around it."""

from __future__ import annotations

import struct
from binascii import crc_hqx
from collections.abc import Iterator
from io import BytesIO

from construct import Bytes, Const, Int8ul, Int16ul, Struct, this
from construct.core import ConstructError

from contestants import Job, Pass

MARKER = b"\xb5\x62"


class Decoding:
    def __init__(self, job: Job) -> None:
        self.data = job.stream.data
        frame = Struct(
            "marker" / Const(MARKER),
            "group" / Int8ul,
            "number" / Int8ul,
            "size" / Int16ul,
            "payload" / Bytes(this.size),
            "crc" / Int16ul,
        )
        self.parse = frame.compile().parse_stream

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        for _ in self._places():
            pass

    def found(self) -> list[bytes]:
        return [self.data[start:end] for start, end in self._places()]

    def _places(self) -> Iterator[tuple[int, int]]:
        data, parse = self.data, self.parse
        stream = BytesIO(data)
        at = 0
        while (at := data.find(MARKER, at)) >= 0:
            stream.seek(at)
            try:
                frame = parse(stream)
            except (ConstructError, struct.error):  # the latter where the stream ends in a number
                at += 1
                continue
            end = at + 8 + frame.size
            if crc_hqx(data[at + 2 : end - 2], 0) == frame.crc:
                yield at, end
                at = end
            else:
                at += 1
