"""pyrtcm: `RTCMReader` over the whole stream, raw frames only (it then verifies no checksum), errors ignored."""

from __future__ import annotations

from io import BytesIO

from pyrtcm import ERR_IGNORE, RTCMReader

from contestants import Job, Pass


class Decoding:
    def __init__(self, job: Job) -> None:
        self.data = job.stream.data

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        for _ in self._reader():
            pass

    def found(self) -> list[bytes]:
        return [raw for raw, _ in self._reader()]

    def _reader(self) -> RTCMReader:
        return RTCMReader(BytesIO(self.data), quitonerror=ERR_IGNORE, parsed=0)
