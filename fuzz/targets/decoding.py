"""What the targets share: all engines on the same bytes, held against the reference and against each other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from framing import Decoder, FrameFormat, Protocol, compiled, reference
from framing.events import Event, Frame

Several = Sequence[Protocol | FrameFormat]
ENGINES = ("native", "python") if compiled.usable else ("python",)


def decoder(engine: str, protocols: Several, **options: Any) -> Decoder:
    """A decoder on that engine, whatever the environment says."""
    before = os.environ.get("FRAMING_ENGINE")
    os.environ["FRAMING_ENGINE"] = engine
    try:
        return Decoder(*protocols, **options)
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
    return events


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
