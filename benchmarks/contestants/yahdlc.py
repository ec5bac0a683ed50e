"""yahdlc (package python4yahdlc, a binding of C): split at the flags, `get_data` for each piece."""

from __future__ import annotations

from collections.abc import Iterator

from yahdlc import FCSError, MessageError, get_data

from contestants import Job, Pass


class Decoding:
    def __init__(self, job: Job) -> None:
        self.chunks = job.chunks

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        for _ in self._pieces():
            pass

    def found(self) -> list[bytes]:
        return [piece + b"~" for piece in self._pieces()]

    def _pieces(self) -> Iterator[bytes]:
        rest = b""
        for chunk in self.chunks:
            *pieces, rest = (rest + chunk).split(b"~")
            for piece in pieces:
                if piece:
                    try:
                        get_data(b"~%b~" % piece)
                    except (FCSError, MessageError):
                        continue
                    yield piece
