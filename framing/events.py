"""What a decoder gives: frames, and the gaps between them.

Events tile the stream. Each carries its bytes (`raw`) and where they stand (`start`, `end`: offsets in bytes from the
first byte of the stream, counted from 0), so that joining every event's `raw` gives the input back.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from framing import compiled
from framing.errors import Reason

if TYPE_CHECKING:
    from framing.layout import FrameFormat


class Frame:
    """One verified frame: `[start, end)` of the stream.

    Only the place and the bytes are kept; `fields`, `payload`, `kind` and `message` are read out of them when asked for.

    Attributes: `format`, the full name of its format (`ubx`, `mbus.long`); `start`, `end`, stream offsets in bytes; `raw`,
    the bytes on the wire; `suspect`, True where a flywheel carried it through a damaged marker.
    """

    __slots__ = ("_definition", "_view", "raw", "start", "suspect")

    start: int
    raw: bytes
    suspect: bool
    _view: tuple[Mapping[str, Any], bytes]

    def __init__(self, definition: FrameFormat, start: int, raw: bytes, suspect: bool = False) -> None:
        self.start = start
        self.raw = raw
        self.suspect = suspect
        self._definition = definition

    @property
    def end(self) -> int:
        """The stream offset behind the frame's last byte."""
        return self.start + len(self.raw)

    @property
    def format(self) -> str:
        """The full name of the frame's format."""
        return self._definition.full_name

    def _read(self) -> tuple[Mapping[str, Any], bytes]:
        try:
            return self._view
        except AttributeError:  # not read before
            fields, payload = self._definition.reader(self.raw)
            self._view = (MappingProxyType(fields), payload)
            return self._view

    @property
    def fields(self) -> Mapping[str, Any]:
        """The values of all named parts but the payload, in wire order; a part whose `if` was false is absent."""
        return self._read()[0]

    @property
    def payload(self) -> bytes:
        """The unstuffed bytes of the part named `payload`, else of the last data part; empty where there is none."""
        return self._read()[1]

    @property
    def kind(self) -> tuple[Any, ...]:
        """What the format's `kind` expressions give for this frame, as `(class, id)` does for UBX."""
        return self._definition.kind_of(self.fields, self.payload)

    @property
    def message(self) -> Any:
        """The payload as a `construct` Container, by the message schema for this kind; None where the spec has none.

        Raises `FrameError` where the payload does not fit its schema; its offset counts in the payload.
        """
        return self._definition.message_of(self.fields, self.payload)

    @property
    def message_name(self) -> str | None:
        """The name of the message that the payload is; None where the spec has no schema for it."""
        schema = self._definition.schema_of(self.fields, self.payload)
        return None if schema is None else schema.name

    def __getitem__(self, name: str) -> Any:
        if name in self.fields:
            return self.fields[name]
        if name == self._definition.payload_name:
            return self.payload
        raise KeyError(name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Frame):
            return NotImplemented
        return (self.format, self.start, self.raw, self.suspect) == (
            other.format,
            other.start,
            other.raw,
            other.suspect,
        )

    def __hash__(self) -> int:
        return hash((self.format, self.start, self.raw))

    def __repr__(self) -> str:
        suspect = " suspect" if self.suspect else ""
        return f"<Frame {self.format} [{self.start}, {self.end}){suspect} {_shown(self.raw)}>"


class Reject(NamedTuple):
    """A place where a frame of `format` could have started and did not: `offset` in stream bytes, and why."""

    offset: int
    format: str
    reason: Reason


class Gap:
    """Stream bytes `[start, end)` that belong to no valid frame.

    Attributes: `start`, `end`, `raw`; `reason`, FILL for idle filler, else the reason of the first reject in it, else
    NOISE; `rejects`, the first 16 rejects in it by offset, then by the order of the formats; `rejected`, how many there
    were; `reasons`, how many there were for each reason.
    """

    __slots__ = ("end", "raw", "reason", "reasons", "rejected", "rejects", "start")

    def __init__(
        self,
        start: int,
        raw: bytes,
        reason: Reason,
        rejects: tuple[Reject, ...] = (),
        reasons: Mapping[Reason, int] = MappingProxyType({}),
    ) -> None:
        self.start = start
        self.end = start + len(raw)
        self.raw = raw
        self.reason = reason
        self.rejects = rejects
        self.reasons = reasons
        self.rejected = sum(reasons.values())

    def _key(self) -> tuple[object, ...]:
        return (self.start, self.raw, self.reason, self.rejects, dict(self.reasons))

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Gap) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.start, self.raw, self.reason, self.rejects))

    def __repr__(self) -> str:
        rejected = f" {self.rejected} rejected" if self.rejected else ""
        return f"<Gap [{self.start}, {self.end}) {self.reason.value}{rejected} {_shown(self.raw)}>"


if not TYPE_CHECKING and compiled.usable:
    from framing._events import Frame, Gap  # the same in C

Event = Frame | Gap

REJECTS_KEPT = 16
"""How many rejects a gap names one by one; the rest are only counted."""


def gap(start: int, raw: bytes, fill: bool, rejects: tuple[Reject, ...], reasons: Mapping[Reason, int]) -> Gap:
    """A gap with its reason derived from what was rejected in it."""
    reason = Reason.FILL if fill else rejects[0].reason if rejects else Reason.NOISE
    return Gap(start, raw, reason, rejects, MappingProxyType(dict(reasons)))


def _shown(raw: bytes) -> str:
    return raw[:12].hex(" ") + (f" … {len(raw)} bytes" if len(raw) > 12 else "")
