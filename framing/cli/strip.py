"""A stream as a strip of coloured cells: every frame and gap as wide as it is long, with its name in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from framing.cli.boxes import cropped
from framing.events import Event, Frame

EDGE = "▏"
"""What each event begins with, so that neighbours of one colour stay apart."""


class Cell(NamedTuple):
    """One character, and what it belongs to: a format's name or a gap's reason."""

    text: str
    what: str
    gap: bool


def strip(
    events: Sequence[Event], width: int, rows: int, notes: Mapping[int, str], plain: bool = False
) -> list[tuple[int, list[Cell]]]:
    """Rows of cells, each with the stream offset of its first byte.

    At most `rows` rows of `width` cells, unless there are more events than that: short ones keep one cell, so that
    nothing is invisible. `notes` adds words to the event that starts at an offset. `plain` fills frames and gaps with
    characters of their own, for a terminal without colours.
    """
    sizes = [event.end - event.start for event in events]
    counts = _counts(sizes, max(width * rows, len(sizes)))
    cells: list[Cell] = []
    offsets: list[int] = []
    for event, size, count in zip(events, sizes, counts, strict=True):
        gap = not isinstance(event, Frame)
        what = event.format if isinstance(event, Frame) else event.reason.value
        fill = (" " if not plain else "░" if gap else "─") * count
        labels = [f"{what}: {notes[event.start]}", what] if event.start in notes else [what]
        text = _labelled(fill, labels, width - len(cells) % width, width)
        cells += [Cell(char, what, gap) for char in text]
        offsets += [event.start + index * size // count for index in range(count)]
    return [(offsets[at], cells[at : at + width]) for at in range(0, len(cells), width)]


def _counts(sizes: list[int], room: int) -> list[int]:
    """The cells of each event, `room` at most in all."""
    each = sum(sizes) / room
    while True:
        counts = [max(1, round(size / each)) for size in sizes]
        if sum(counts) <= room:
            return counts
        each *= 1.01


def _labelled(fill: str, labels: Sequence[str], room: int, width: int) -> str:
    """The fill with an edge and the first label that fits; where a row ends in it, on the side that has more room."""
    text = EDGE + fill[1:]
    before, behind = min(len(text), room) - 1, min(len(text) - room, width)
    at, place = (1, before) if before >= behind else (room, behind)
    label = next((label for label in labels if len(label) <= place), "")
    if not label and place > 2:
        label = cropped(labels[-1], place)
    return text[:at] + label + text[at + len(label) :]
