"""This project: events, columns, several formats. The environment says which engine."""

from __future__ import annotations

from functools import partial
from struct import Struct

import framing
from contestants import Job, Missing, Pass
from frames import mavlink_messages
from streams import apart, format_of

NEVER = 1 << 62
"""Bytes that failed checksums never cost."""


def check_engine() -> None:
    """Raises `Missing` where the engine that the environment asks for is not there."""
    try:
        framing.engine_name()
    except ValueError as error:
        raise Missing("not built") from error


class Objects:
    """`Decoder.feed` for each chunk, then `close`."""

    def __init__(self, job: Job) -> None:
        check_engine()
        self.data = job.stream.data
        self.formats = [format_of(name) for name in job.options.get("formats", job.stream.formats)]
        self.chunks = job.chunks

    def fresh(self) -> Pass:
        return partial(self._decode, framing.Decoder(*self.formats))

    def _decode(self, decoder: framing.Decoder) -> None:
        feed = decoder.feed
        for chunk in self.chunks:
            feed(chunk)
        decoder.close()

    def found(self) -> list[bytes]:
        decoder = framing.Decoder(*self.formats)
        events = [event for chunk in self.chunks for event in decoder.feed(chunk)] + decoder.close()
        return [self.data[event.start : event.end] for event in events if event.__class__ is not framing.Gap]


class ReadOut(Objects):
    """The same, and the fields and the payload of each frame are read."""

    def _decode(self, decoder: framing.Decoder) -> None:
        for chunk in (*self.chunks, None):
            for event in decoder.close() if chunk is None else decoder.feed(chunk):
                if event.__class__ is not framing.Gap:
                    event.fields, event.payload  # noqa: B018


class Guarded(Objects):
    """Objects of the compiled engine, with the guard against hostile streams or without."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)  # checks that the engine is there
        from framing import _engine

        self.guard_from = _engine.guard_from
        usual = self.guard_from(NEVER)
        self.guard_from(usual)
        self.spent = usual if job.options["guarded"] else NEVER

    def _decode(self, decoder: framing.Decoder) -> None:
        self.guard_from(self.spent)  # of all streams of the process, which the other one's are too
        super()._decode(decoder)


class Columns:
    """`scan`: the whole stream at once, the places of the frames as columns."""

    def __init__(self, job: Job) -> None:
        check_engine()
        if not hasattr(framing, "scan"):
            raise Missing("not there yet")
        self.data = job.stream.data
        self.formats = [format_of(name) for name in job.stream.formats]

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        framing.scan(self.data, *self.formats)

    def found(self) -> list[bytes]:
        spans = framing.scan(self.data, *self.formats)
        columns = zip(spans.start, spans.end, spans.format, strict=True)
        return [self.data[start:end] for start, end, form in columns if form >= 0]


class Apart:
    """The frames of the stream `eight`, sorted: eight streams, each decoded by itself for its one format."""

    def __init__(self, job: Job) -> None:
        check_engine()
        self.parts = [Objects(Job(part, job.feed)) for part in apart(job.stream)]

    def fresh(self) -> Pass:
        return partial(_one_by_one, [part.fresh() for part in self.parts])

    def found(self) -> list[bytes]:
        return [raw for part in self.parts for raw in part.found()]


def _one_by_one(passes: list[Pass]) -> None:
    for each in passes:
        each()


class EncodingUbx:
    """`encode` for each message: payload, class, id."""

    def __init__(self, job: Job) -> None:
        check_engine()
        self.encode = format_of(job.stream.formats[0]).encode
        self.messages = [(raw[6:-2], {"class": raw[2], "id": raw[3]}) for raw in job.frames]

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        encode = self.encode
        for payload, fields in self.messages:
            encode(payload, **fields)

    def found(self) -> list[bytes]:
        return [self.encode(payload, **fields) for payload, fields in self.messages]


class EncodingMavlink:
    """The payload packed of its fields, then `encode`."""

    def __init__(self, job: Job) -> None:
        check_engine()
        self.encode = format_of(job.stream.formats[0]).encode
        self.messages = [
            (Struct(layout).pack, values, {"seq": sequence, "sysid": system, "compid": component, "msgid": number})
            for sequence, system, component, number, values, layout in mavlink_messages(job.frames)
        ]

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> None:
        encode = self.encode
        for pack, values, fields in self.messages:
            encode(pack(*values), **fields)

    def found(self) -> list[bytes]:
        return [self.encode(pack(*values), **fields) for pack, values, fields in self.messages]
