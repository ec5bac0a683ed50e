"""sbp: `Framer` over the whole stream, without metadata and without reading the payload's fields."""

from __future__ import annotations

from io import BytesIO

from sbp.client.framer import Framer
from sbp.msg import SBP

from contestants import Job, Pass


class Decoding:
    def __init__(self, job: Job) -> None:
        self.data = job.stream.data

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        for _ in self._framer():
            pass

    def found(self) -> list[bytes]:
        return [message.pack() for message, _ in self._framer()]

    def _framer(self) -> Framer:
        read = BytesIO(self.data).read

        def driver(size: int) -> bytes:
            """As its file driver: the end of the stream is an IOError."""
            data = read(size)
            if not data:
                raise OSError
            return data

        return Framer(driver, None, dispatcher=_as_it_is, skip_metadata=True)


def _as_it_is(message: SBP) -> SBP:
    return message
