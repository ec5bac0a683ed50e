"""cobs (its C extension) and crc_hqx: split at the delimiters, unstuff, verify."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterator

from cobs import cobs

from contestants import Job, Pass


class Decoding:
    def __init__(self, job: Job) -> None:
        self.chunks = job.chunks

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        for _ in self._stuffed():
            pass

    def found(self) -> list[bytes]:
        return [stuffed + b"\0" for stuffed in self._stuffed()]

    def _stuffed(self) -> Iterator[bytes]:
        decode, rest = cobs.decode, b""
        for chunk in self.chunks:
            *pieces, rest = (rest + chunk).split(b"\0")
            for stuffed in pieces:
                try:
                    payload = decode(stuffed)
                except cobs.DecodeError:
                    continue
                if len(payload) >= 2 and not crc_hqx(payload, 0xFFFF):
                    yield stuffed
