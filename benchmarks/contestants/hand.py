"""Python that one writes by hand for one format."""

from __future__ import annotations

from functools import partial
from itertools import accumulate
from struct import Struct
from typing import Any

from by_hand import ByHand
from contestants import Job, Pass
from frames import MAVLINK, crc_mavlink, mavlink_messages


class Decoding:
    """The frames with CRC-16: `by_hand.py`."""

    def __init__(self, job: Job) -> None:
        self.data, self.chunks = job.stream.data, job.chunks

    def fresh(self) -> Pass:
        return partial(self._decode, ByHand())

    def _decode(self, decoder: ByHand) -> None:
        feed = decoder.feed
        for chunk in self.chunks:
            feed(chunk)
        decoder.close()

    def found(self) -> list[bytes]:
        decoder = ByHand()
        frames = [frame for chunk in self.chunks for frame in decoder.feed(chunk)] + decoder.close()
        return [self.data[start : start + 8 + len(payload)] for start, _, _, payload in frames]


class EncodingUbx:
    """A header packed, the two sums, joined."""

    def __init__(self, job: Job) -> None:
        self.messages = [(raw[2], raw[3], raw[6:-2]) for raw in job.frames]
        self.header = Struct("<BBH").pack

    def encode(self, group: int, number: int, payload: bytes) -> bytes:
        inner = self.header(group, number, len(payload)) + payload
        sums = list(accumulate(inner))
        return b"\xb5\x62%b%c%c" % (inner, sums[-1] & 255, sum(sums) & 255)

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        for message in self.messages:
            self.encode(*message)

    def found(self) -> list[bytes]:
        return [self.encode(*message) for message in self.messages]


class EncodingMavlink:
    """Header and payload packed, the checksum by crcmod-plus, joined."""

    def __init__(self, job: Job) -> None:
        self.messages = [
            (sequence, system, component, number, bytes([MAVLINK[number][1]]), Struct(layout).pack, values)
            for sequence, system, component, number, values, layout in mavlink_messages(job.frames)
        ]
        self.header = Struct("<6BHB").pack
        self.check = Struct("<H").pack

    def encode(self, sequence: int, system: int, component: int, number: int, extra: bytes, pack: Any, values: Any) -> bytes:
        payload = pack(*values)
        inner = self.header(len(payload), 0, 0, sequence, system, component, number, 0) + payload
        return b"\xfd" + inner + self.check(crc_mavlink(inner + extra))

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        for message in self.messages:
            self.encode(*message)

    def found(self) -> list[bytes]:
        return [self.encode(*message) for message in self.messages]
