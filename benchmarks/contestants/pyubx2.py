"""pyubx2: `UBXReader` over the whole stream, raw frames only (it then verifies no checksum), errors ignored."""

from __future__ import annotations

from collections import deque
from io import BytesIO
from typing import Any

from pyubx2 import ERR_IGNORE, GET, NMEA_PROTOCOL, UBX_PROTOCOL, UBXMessage, UBXReader

from contestants import Job, Pass


class Decoding:
    def __init__(self, job: Job) -> None:
        self.data = job.stream.data
        self.protocol = NMEA_PROTOCOL if job.stream.name.startswith("nmea") else UBX_PROTOCOL

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        self._read(deque(maxlen=0))

    def found(self) -> list[bytes]:
        frames: deque[Any] = deque()
        self._read(frames)
        return [raw for raw, _ in frames]

    def _read(self, frames: deque[Any]) -> None:
        reader = UBXReader(BytesIO(self.data), protfilter=self.protocol, quitonerror=ERR_IGNORE, parsing=False)
        while True:
            try:
                frames.extend(reader)
                return
            except UnicodeDecodeError:  # noise that begins like NMEA
                continue


class Encoding:
    """`UBXMessage(class, id, mode, payload=...).serialize()` for each message."""

    def __init__(self, job: Job) -> None:
        self.messages = [(raw[2:3], raw[3:4], raw[6:-2]) for raw in job.frames]

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        for group, number, payload in self.messages:
            UBXMessage(group, number, GET, payload=payload).serialize()

    def found(self) -> list[bytes]:
        return [UBXMessage(group, number, GET, payload=payload).serialize() for group, number, payload in self.messages]
