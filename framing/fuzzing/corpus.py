"""A corpus to play at a decoder: damaged streams, one JSON object a line, each with what is to come out of it.

A line has `stream`, the bytes in hex; `frames`, in order: format, `start`, `end` (offsets in bytes), `payload` in hex and `fields`;
`gaps` with their reason; `model` and `seed`, which made it. What is to come out is what strict order gives, the end of the
stream being known: every intact frame. The first line is the stream without damage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from framing import damage
from framing.damage import Model
from framing.decoder import decode
from framing.engines import Formats
from framing.events import Frame

FEW = 4
"""Frames of a stream: so short that one sees what is wrong."""


def lines(
    protocols: Sequence[Formats], frames: Sequence[Frame], models: Sequence[Model], count: int, dice: int
) -> Iterator[dict[str, Any]]:
    """`count` streams, one model after the other, and one without damage before them."""
    rnd = Random(dice)  # noqa: S311 - dice
    yield line(protocols, b"".join(rnd.choice(frames).raw for _ in range(FEW)), "none", dice)
    number = made = 0
    while made < count and number < 40 * count:
        number += 1
        model = models[number % len(models)]
        clean = b"".join(rnd.choice(frames).raw for _ in range(rnd.randint(1, FEW)))
        targets = damage.targets(clean, *protocols)
        if not targets:
            continue
        broken = damage.apply(clean, [model], targets, dice + number).data
        if broken != clean:
            made += 1
            yield line(protocols, broken, model.name, dice + number)


def line(protocols: Sequence[Formats], data: bytes, model: str, dice: int) -> dict[str, Any]:
    """One line, as a dictionary."""
    events = decode(data, *protocols)
    return {
        "model": model,
        "seed": dice,
        "stream": data.hex(),
        "frames": [_frame(event) for event in events if isinstance(event, Frame)],
        "gaps": [
            {"start": event.start, "end": event.end, "reason": event.reason.value}
            for event in events
            if not isinstance(event, Frame)
        ],
    }


def _frame(frame: Frame) -> dict[str, Any]:
    found: dict[str, Any] = {"format": frame.format, "start": frame.start, "end": frame.end}
    fields: Mapping[str, Any] = frame.fields
    found["fields"] = {name: value.hex() if isinstance(value, bytes) else value for name, value in fields.items()}
    found["payload"] = frame.payload.hex()
    return found
