"""Two decoders as one finds them everywhere, for any format with a marker and a length in its head.

Both are right on clean streams and cheap to write. They differ in what they do with the bytes of a frame that turns out to be none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

BUFFER = 1024
"""Bytes of the state machine's buffer; what claims to be larger is given up at once."""


@dataclass(frozen=True)
class Shape:
    """A format: its marker, the bytes from which the size of the frame is known, the size, and whether a frame holds."""

    marker: bytes
    head: int
    size: Callable[[bytes], int]
    holds: Callable[[bytes], bool]


class SkipOnError:
    """Looks for the marker, waits for as many bytes as the length claims, and steps over them whether the checksum holds or not."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.rest = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        shape, rest, frames = self.shape, self.rest, []
        rest += chunk
        while True:
            at = rest.find(shape.marker)
            if at < 0:
                del rest[: max(0, len(rest) - len(shape.marker) + 1)]
                return frames
            del rest[:at]
            if len(rest) < shape.head:
                return frames
            size = shape.size(bytes(rest[: shape.head]))
            if len(rest) < size:
                return frames
            raw = bytes(rest[:size])
            del rest[:size]
            if shape.holds(raw):
                frames.append(raw)


class StateMachine:
    """Takes byte after byte and never looks back, as firmware does: a wrong byte or checksum means the beginning, from the next byte."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.frame = bytearray()
        self.need = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        return [raw for byte in chunk if (raw := self._push(byte)) is not None]

    def _push(self, byte: int) -> bytes | None:
        shape, frame = self.shape, self.frame
        frame.append(byte)
        size = len(frame)
        if size <= len(shape.marker):
            if byte != shape.marker[size - 1]:
                frame.clear()
            return None
        if size == shape.head:
            self.need = shape.size(bytes(frame))
            if self.need > BUFFER:
                frame.clear()
        elif size > shape.head and size == self.need:
            raw = bytes(frame)
            frame.clear()
            return raw if shape.holds(raw) else None
        return None
