"""Who takes part in the scoreboard: each is given a stream and says which frames it gave out, and when.

A receiver gives `Report`s: the bytes of each frame, how many bytes of the stream had arrived when it came out, and how often it
raised an exception. Who is fed gets one byte at a time for that; who reads for itself is asked how far it has read. `run` decodes
the whole stream once, in pieces of 64 KiB where it is fed, for the clock.

Everybody verifies checksums here, and goes on after an error as its documentation has it. After an exception it is called
again with what follows, as a program would that catches it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Protocol

from frames import MAVLINK, crc_mavlink, crc_rtcm, fletcher
from simple import Shape, SkipOnError, StateMachine

FEED = 1 << 16
CRASHES_MOST = 1000
"""Exceptions after which a receiver is given up."""
OURS = {"ubx": "ubx", "mavlink": "mavlink", "rtcm3": "rtcm3", "sbp": "sbp"}
"""The shipped specs."""


class Missing(Exception):
    """The receiver cannot take part; the text says why."""


@dataclass
class Report:
    """What came of a stream: each frame with the bytes arrived by then, and the exceptions."""

    frames: list[tuple[bytes, int]] = field(default_factory=list)
    crashes: int = 0
    first_crash: str = ""

    def crashed(self, error: Exception) -> None:
        self.crashes += 1
        self.first_crash = self.first_crash or f"{type(error).__name__}: {error}"[:100]
        if self.crashes > CRASHES_MOST:
            raise error


class Receiver(Protocol):
    """One who decodes."""

    def report(self, data: bytes) -> Report: ...

    def run(self, data: bytes) -> object: ...


class Fed:
    """A decoder that is given chunks: `make` gives the call that takes one and gives frames, and the one that ends it."""

    def __init__(self, make: Callable[[], tuple[Callable[[bytes], list[bytes]], Callable[[], list[bytes]]]]) -> None:
        self.make = make

    def report(self, data: bytes) -> Report:
        feed, close = self.make()
        report = Report()
        for at in range(len(data)):
            try:
                report.frames += [(raw, at + 1) for raw in feed(data[at : at + 1])]
            except Exception as error:  # that it raises is what is counted
                report.crashed(error)
        report.frames += [(raw, len(data)) for raw in close()]
        return report

    def run(self, data: bytes) -> object:
        feed, close = self.make()
        for at in range(0, len(data), FEED):
            try:
                feed(data[at : at + FEED])
            except Exception:  # noqa: S112 - `report` has counted it
                continue
        return close()


class Reading:
    """A decoder that reads for itself: `make` gives an iterator of the bytes of frames over a stream."""

    def __init__(self, make: Callable[[BytesIO], Iterator[bytes]]) -> None:
        self.make = make

    def report(self, data: bytes) -> Report:
        source = BytesIO(data)
        report = Report()
        while True:
            try:
                for raw in self.make(source):
                    report.frames.append((raw, source.tell()))
                return report
            except Exception as error:  # that it raises is what is counted
                report.crashed(error)

    def run(self, data: bytes) -> object:
        return self.report(data)


# --- this project ----------------------------------------------------------------------------------------------------


def ours(kind: str, order: Any) -> Receiver:
    import framing

    protocol = framing.load(OURS[kind])

    def make() -> tuple[Callable[[bytes], list[bytes]], Callable[[], list[bytes]]]:
        decoder = framing.Decoder(protocol, order=order)
        return (
            lambda chunk: [event.raw for event in decoder.feed(chunk) if isinstance(event, framing.Frame)],
            lambda: [event.raw for event in decoder.close() if isinstance(event, framing.Frame)],
        )

    return Fed(make)


# --- by hand ---------------------------------------------------------------------------------------------------------


def _mavlink_holds(raw: bytes) -> bool:
    known = MAVLINK.get(int.from_bytes(raw[7:10], "little"))
    if known is None:
        return False
    end = 10 + raw[1]
    return crc_mavlink(raw[1:end] + bytes([known[1]])) == int.from_bytes(raw[end : end + 2], "little")


def _sbp_holds(raw: bytes) -> bool:
    from binascii import crc_hqx

    return crc_hqx(raw[1:-2], 0) == int.from_bytes(raw[-2:], "little")


SHAPES = {
    "ubx": Shape(b"\xb5\x62", 6, lambda h: 8 + int.from_bytes(h[4:6], "little"), lambda raw: fletcher(raw[2:-2]) == raw[-2:]),
    "mavlink": Shape(b"\xfd", 3, lambda h: 12 + h[1] + (13 if h[2] & 1 else 0), _mavlink_holds),
    "rtcm3": Shape(
        b"\xd3", 3, lambda h: 6 + (int.from_bytes(h[1:3], "big") & 1023),
        lambda raw: crc_rtcm(raw[:-3]) == int.from_bytes(raw[-3:], "big"),
    ),
    "sbp": Shape(b"\x55", 6, lambda h: 8 + h[5], _sbp_holds),
}  # fmt: skip


def by_hand(kind: str, decoder: type[SkipOnError] | type[StateMachine]) -> Receiver:
    def make() -> tuple[Callable[[bytes], list[bytes]], Callable[[], list[bytes]]]:
        return decoder(SHAPES[kind]).feed, list

    return Fed(make)


# --- peers -----------------------------------------------------------------------------------------------------------


def pymavlink() -> Receiver:
    """`MAVLink.parse_buffer`, robust parsing, dialect common."""
    os.environ["MAVLINK20"] = "1"
    from pymavlink.dialects.v20 import common

    def make() -> tuple[Callable[[bytes], list[bytes]], Callable[[], list[bytes]]]:
        parser = common.MAVLink(None)
        parser.robust_parsing = True

        def feed(chunk: bytes) -> list[bytes]:
            messages = parser.parse_buffer(chunk) or ()
            return [bytes(message.get_msgbuf()) for message in messages if message.get_type() != "BAD_DATA"]

        return feed, list

    return Fed(make)


def pyubx2() -> Receiver:
    """`UBXReader`, checksums verified, messages parsed, errors ignored."""
    from pyubx2 import ERR_IGNORE, UBX_PROTOCOL, VALCKSUM, UBXReader

    def make(source: BytesIO) -> Iterator[bytes]:
        reader = UBXReader(source, protfilter=UBX_PROTOCOL, quitonerror=ERR_IGNORE, validate=VALCKSUM)
        return (raw for raw, parsed in reader if parsed is not None)

    return Reading(make)


def pyrtcm() -> Receiver:
    """`RTCMReader`, checksums verified, messages parsed, errors ignored."""
    from pyrtcm import ERR_IGNORE, VALCKSUM, RTCMReader

    def make(source: BytesIO) -> Iterator[bytes]:
        reader = RTCMReader(source, quitonerror=ERR_IGNORE, validate=VALCKSUM)
        return (raw for raw, parsed in reader if parsed is not None)

    return Reading(make)


def sbp() -> Receiver:
    """`Framer`, without metadata and without reading the payload's fields."""
    from sbp.client.framer import Framer

    def make(source: BytesIO) -> Iterator[bytes]:
        def driver(size: int) -> bytes:
            """As its file driver: the end of the stream is an IOError."""
            data = source.read(size)
            if not data:
                raise OSError
            return data

        framer = Framer(driver, None, dispatcher=lambda message: message, skip_metadata=True)
        return (message.pack() for message, _ in framer)

    return Reading(make)


PEERS: dict[str, tuple[str, Callable[[], Receiver]]] = {
    "ubx": ("pyubx2", pyubx2),
    "mavlink": ("pymavlink", pymavlink),
    "rtcm3": ("pyrtcm", pyrtcm),
    "sbp": ("sbp", sbp),
}
STRICT, EARLY, SKIP, MACHINE = "framing, strict", "framing, early", "skip on error", "state machine"
PEER = "peer"
"""How the column of the peers is called, each in the rows of its format."""


def receivers(kind: str) -> dict[str, Receiver]:
    """All who can take part in streams of that kind, by label."""
    found = {
        STRICT: ours(kind, "strict"),
        EARLY: ours(kind, "early"),
        SKIP: by_hand(kind, SkipOnError),
        MACHINE: by_hand(kind, StateMachine),
    }
    name, make = PEERS[kind]
    try:
        found[name] = make()
    except ImportError:
        pass  # `recovery.py` says who is missing
    return found
