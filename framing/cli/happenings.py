"""What comes out of a link, as JSON objects and as lines for people. Pure.

Frames and gaps are as `framing decode` prints them, with `stream` and `time`; what happens to the link stands between them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from framing.cli.records import Shape, frame_record, gap_record, plain
from framing.events import Frame, Gap
from framing.transports.links import Connected

if TYPE_CHECKING:
    from framing.transports.streams import Happening

PREVIEW = 24
"""Bytes of a payload that a line shows at most."""


class Row(NamedTuple):
    """A frame, gap or link event in words."""

    what: str
    """The format, `gap`, `up` or `down`."""
    kind: str
    """The kind of frame, or the reason."""
    size: int
    """Bytes on the wire."""
    preview: str
    bad: bool


def record(event: Happening, shape: Shape, stream: str, at: float, link: str | None = None) -> dict[str, Any]:
    """An event as a JSON object. `at`: seconds since 1970. `link`: where it came from, for those who have several."""
    found: dict[str, Any]
    if isinstance(event, Frame):
        found = frame_record(event, shape)
    elif isinstance(event, Gap):
        found = gap_record(event, shape)
    elif isinstance(event, Connected):
        found = {"type": "connected", "link": event.link, "attempt": event.attempt}
    else:
        found = {"type": "disconnected", "reason": event.reason.value, "detail": event.detail}
    if link is not None:
        found["link"] = link
    found["stream"] = stream
    found["time"] = round(at, 6)
    return found


def row(event: Happening) -> Row:
    """An event in words."""
    if isinstance(event, Frame):
        return Row(event.format, kind_words(event), len(event.raw), preview(event.payload), event.suspect)
    if isinstance(event, Gap):
        return Row("gap", event.reason.value, len(event.raw), preview(event.raw), True)
    if isinstance(event, Connected):
        again = f", attempt {event.attempt}" if event.attempt > 1 else ""
        return Row("up", "", 0, f"{event.link}{again}", False)
    return Row("down", event.reason.value, 0, event.detail, event.reason not in ("end", "closed"))


def line(event: Happening, stream: str, at: float, arrow: str = "", widths: Sequence[int] = (8, 12)) -> str:
    """An event as one line: when, from where, what, kind, size, and the beginning of the payload."""
    what, kind, size, shown, _ = row(event)
    many = f"{size:>7,} B" if isinstance(event, (Frame, Gap)) else " " * 9
    start = " ".join(part for part in (clock(at), arrow, harmless(stream)) if part)
    return f"{start}  {what:<{widths[0]}} {kind:<{widths[1]}} {many}  {shown}".rstrip() + "\n"


def kind_words(frame: Frame) -> str:
    """What the spec tells frames apart by: `1, 7`."""
    return harmless(", ".join("-" if value is None else str(value) for value in plain(frame.kind)))


def preview(data: bytes) -> str:
    """The beginning of some bytes: as text where they are plain text, else in hex."""
    shown = data[:PREVIEW]
    text = shown.rstrip(b"\r\n")
    if text and all(32 <= each < 127 for each in text):
        return text.decode("ascii")
    return shown.hex(" ")


def harmless(text: str) -> str:
    """The text without what moves a terminal's cursor."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def clock(at: float) -> str:
    """The local time of day, to a millisecond."""
    return f"{time.strftime('%H:%M:%S', time.localtime(at))}.{int(at % 1 * 1000):03}"
