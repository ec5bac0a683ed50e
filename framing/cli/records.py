"""Events as JSON objects, one a line. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framing.errors import FrameError
from framing.events import Frame, Gap
from framing.messages.values import plain as plain_value

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode


@dataclass(frozen=True)
class Shape:
    """What a frame's object has beside the fields that it always has."""

    raw: bool = False
    kind: bool = False
    message: bool = False


def plain(value: Any) -> Any:
    """`value` as JSON can say it: bytes as hex digits, floats that are no numbers as `"NaN"` and `"-Infinity"`."""
    return value if type(value) is int else plain_value(value)  # nearly all are


def frame_record(frame: Frame, shape: Shape) -> dict[str, Any]:
    """A frame as `framing decode` prints it."""
    record: dict[str, Any] = {"type": "frame", "format": frame.format, "start": frame.start, "end": frame.end}
    record["fields"] = {name: plain(value) for name, value in frame.fields.items()}
    record["payload"] = frame.payload.hex()
    if shape.kind:
        record["kind"] = plain(frame.kind)
    if shape.message:
        try:
            message = frame.message
        except FrameError as error:
            record |= {"message_name": frame.message_name, "message": None, "message_error": str(error)}
        else:
            if message is not None:
                record |= {"message_name": frame.message_name, "message": plain(message)}
    if shape.raw:
        record["raw"] = frame.raw.hex()
    if frame.suspect:
        record["suspect"] = True
    return record


def gap_record(gap: Gap, shape: Shape) -> dict[str, Any]:
    """A gap as `framing decode --gaps` prints it."""
    record: dict[str, Any] = {"type": "gap", "start": gap.start, "end": gap.end, "reason": gap.reason.value}
    if gap.rejected:
        record["rejects"] = [
            {"offset": offset, "format": name, "reason": reason.value} for offset, name, reason in gap.rejects
        ]
        record["rejected"] = gap.rejected
    if shape.raw:
        record["raw"] = gap.raw.hex()
    return record


def line(record: Mapping[str, Any]) -> str:
    """One line of JSON, without blanks."""
    return _encode(record) + "\n"
