"""kaitaistruct: the parser that its compiler (0.11) makes of `formats/crc16.ksy`, with a loop around it that finds the
markers and verifies the CRC, neither of which Kaitai does. `kaitai_framed.py` is that compiler's output as it is."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterator
from io import BytesIO

from kaitaistruct import KaitaiStream

from contestants import Job, Pass
from contestants.kaitai_framed import Framed

MARKER = b"\xb5\x62"


class Decoding:
    def __init__(self, job: Job) -> None:
        self.data = job.stream.data

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        for _ in self._places():
            pass

    def found(self) -> list[bytes]:
        return [self.data[start:end] for start, end in self._places()]

    def _places(self) -> Iterator[tuple[int, int]]:
        data = self.data
        stream = KaitaiStream(BytesIO(data))
        at = 0
        while (at := data.find(MARKER, at)) >= 0:
            stream.seek(at)
            try:
                frame = Framed(stream)
            except EOFError:
                at += 1
                continue
            end = at + 8 + frame.len_payload
            if crc_hqx(data[at + 2 : end - 2], 0) == frame.crc:
                yield at, end
                at = end
            else:
                at += 1
