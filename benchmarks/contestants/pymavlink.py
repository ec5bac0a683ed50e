"""pymavlink: `MAVLink.parse_buffer` for each chunk, robust parsing, dialect common."""

from __future__ import annotations

import os
from functools import partial

os.environ["MAVLINK20"] = "1"

from pymavlink.dialects.v20 import common

from contestants import Job, Pass
from frames import mavlink_messages


class Decoding:
    def __init__(self, job: Job) -> None:
        self.chunks = job.chunks

    def fresh(self) -> Pass:
        return partial(self._decode, self._parser())

    def _decode(self, parser: common.MAVLink) -> None:
        parse = parser.parse_buffer
        for chunk in self.chunks:
            parse(chunk)

    def found(self) -> list[bytes]:
        parse = self._parser().parse_buffer
        messages = [message for chunk in self.chunks for message in parse(chunk) or ()]
        return [bytes(message.get_msgbuf()) for message in messages if message.get_type() != "BAD_DATA"]

    @staticmethod
    def _parser() -> common.MAVLink:
        parser = common.MAVLink(None)
        parser.robust_parsing = True
        return parser


class Encoding:
    """The message made of its fields, then `pack`."""

    def __init__(self, job: Job) -> None:
        self.mav = common.MAVLink(None)
        self.messages = []
        for sequence, system, component, number, values, _ in mavlink_messages(job.frames):
            message = common.mavlink_map[number]
            given = (*values, *[0] * (len(message.fieldnames) - len(values)))  # extensions are not sent
            self.messages.append((sequence, system, component, message, [given[place] for place in message.orders]))

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        mav = self.mav
        for sequence, system, component, message, values in self.messages:
            mav.seq, mav.srcSystem, mav.srcComponent = sequence, system, component
            message(*values).pack(mav)

    def found(self) -> list[bytes]:
        mav, frames = self.mav, []
        for sequence, system, component, message, values in self.messages:
            mav.seq, mav.srcSystem, mav.srcComponent = sequence, system, component
            frames.append(bytes(message(*values).pack(mav)))
        return frames
