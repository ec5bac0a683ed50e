"""What the targets share: all engines on the same bytes, held against the reference and against each other."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from framing import Decoder, FrameFormat, Protocol, Reason, Scanner, Spans, compiled, reference
from framing.events import Event, Frame

Made = TypeVar("Made")

Several = Sequence[Protocol | FrameFormat]
ENGINES = ("native", "python") if compiled.usable else ("python",)


def decoder(engine: str, protocols: Several, **options: Any) -> Decoder:
    """A decoder on that engine, whatever the environment says."""
    return _on(engine, lambda: Decoder(*protocols, **options))


def _on(engine: str, make: Callable[[], Made]) -> Made:
    before = os.environ.get("FRAMING_ENGINE")
    os.environ["FRAMING_ENGINE"] = engine
    try:
        return make()
    finally:
        if before is None:
            del os.environ["FRAMING_ENGINE"]
        else:
            os.environ["FRAMING_ENGINE"] = before


def alike(protocols: Several, chunks: Sequence[bytes], **options: Any) -> list[Event]:
    """The events, which are the same on every engine after every chunk, those of the reference at the end, and tile the input."""
    data = b"".join(chunks)
    found = [decoder(engine, protocols, **options) for engine in ENGINES]
    events: list[Event] = []
    for number in range(len(chunks) + 1):
        steps = [each.feed(chunks[number]) if number < len(chunks) else each.close() for each in found]
        for engine, step in zip(ENGINES[1:], steps[1:], strict=True):
            assert step == steps[0], f"at step {number} {engine} gives {step}, {ENGINES[0]} {steps[0]}: {told(protocols, chunks)}"
        events += steps[0]
    assert b"".join(event.raw for event in events) == data, f"no tiling: {events} {told(protocols, chunks)}"
    wanted = reference.decode(data, list(protocols), **options)
    assert events == wanted, f"{ENGINES[0]} gives {events}, reference {wanted}: {told(protocols, chunks)}"
    for event in events:
        if isinstance(event, Frame):
            look_at(event)
    columns_alike(protocols, chunks, events, **options)
    return events


def columns_alike(protocols: Several, chunks: Sequence[bytes], events: Sequence[Event], **options: Any) -> None:
    """The rows of a `Scanner` are those events, chunk by chunk, on every engine; so are its kinds, fields, payloads and counts."""
    for engine in ENGINES:
        scanner = _on(engine, lambda: Scanner(*protocols, **options))
        left = list(events)
        for spans in [*(scanner.feed(chunk) for chunk in chunks), scanner.close()]:
            here, left = left[: len(spans)], left[len(spans) :]
            rows = [(spans.start[row], bytes(spans.raw(row)), spans.format[row] >= 0, spans.reasons[spans.reason[row]]) for row in range(len(spans))]
            wanted = [(each.start, each.raw, isinstance(each, Frame), _reason(each)) for each in here]
            assert rows == wanted, f"{engine}: rows {rows}, events {wanted}: {told(protocols, chunks)}"
            assert sum(number for number, _ in spans.counts().values()) == len(here)
            for name in spans.names:
                gathered(spans, name, [each for each in here if isinstance(each, Frame) and each.format == name])
        assert not left


def _reason(event: Event) -> Reason | None:
    if isinstance(event, Frame):
        return Reason.MARKER if event.suspect else None
    return event.reason


def gathered(spans: Spans, name: str, frames: Sequence[Frame]) -> None:
    """What columns say of the frames of one format."""
    assert spans.kinds(name) == Counter(frame.kind for frame in frames)
    for field in {field for frame in frames for field in frame.fields}:
        wanted = [frame.fields.get(field, -1) for frame in frames]
        try:
            found = spans.column(name, field, absent=-1).tolist()
        except (KeyError, ValueError):  # bytes, or more than 64 bits
            continue
        assert found == wanted, f"{name}.{field}: column {found}, fields {wanted}"


def look_at(frame: Frame) -> None:
    """Reads all that a frame has; none of it may raise."""
    list(frame.fields.items())
    assert isinstance(frame.payload, bytes)
    assert isinstance(frame.kind, tuple)
    repr(frame)


def told(protocols: Several, chunks: Sequence[bytes]) -> str:
    """Formats and chunks, to be written down in a test."""
    formats = [each for one in protocols for each in (one if isinstance(one, Protocol) else (one,))]
    said = "\n".join(f"{each.full_name}: {each.layout}, {each.transparency}, {each.max_size}, {each.lock}, {each.start}, {each.block}" for each in formats)
    return f"\n{said}\nchunks {[chunk.hex() for chunk in chunks]}"
