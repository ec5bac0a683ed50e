"""Results as text: one table for the terminal, the same for Markdown, and the table of goals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import median

from goals import Goal
from measure import Result, ratio
from races import Race

HEAD = ("stream", "who", "recovered", "of", "others", "ns/frame", "spread", "ns/byte", "MB/s", "times")
GOALS_HEAD = ("goal", "limit", "seen", "")
Row = tuple[str, ...]


def rows(race: Race, results: Sequence[Result]) -> Iterator[Row]:
    """One for each entry. `times` is the time for a byte as a multiple of that of the race's base."""
    base = next((result.per_byte() for result in results if result.entry.label == race.base), [])
    for result in results:
        yield _row(race.title if result is results[0] else "", result, base)


def _row(title: str, result: Result, base: list[float]) -> Row:
    if result.missing:
        return (title, result.entry.label, result.missing, *[""] * 7)
    frame, byte = result.per_frame(), result.per_byte()
    middle = median(frame) if frame else 0.0
    hostile = result.entry.stream.startswith(("hostile", "every-byte"))  # its frames are not what takes the time
    times = ratio(byte, base)
    return (
        title,
        result.entry.label,
        f"{result.recovered:,}",
        f"{result.intact:,}",
        f"+{result.others}" if result.others else "",
        "" if hostile else _number(middle),
        f"-{(1 - min(byte) / median(byte)) * 100:.0f} % +{(max(byte) / median(byte) - 1) * 100:.0f} %",
        _number(median(byte)),
        _number(1e3 / median(byte)),
        f"{times:,.2f}" if times is not None else "",
    )


def _number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 99.5 else f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"


def plain(lines: Sequence[Row], left: int = 2) -> str:
    """Columns that line up; the first `left` to the left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def markdown(machine: str, chart: str, tables: Sequence[tuple[Race, Sequence[Result]]], goals: Sequence[Goal], notes: str) -> str:
    """The whole page."""
    parts = ["# Benchmarks", "Written by `python benchmarks/run.py`; do not edit.", machine, notes]
    if chart:
        parts.append(f"![Time for a frame relative to plain C, this project beside its peers]({chart})")
    parts += ["## Goals", _grid([GOALS_HEAD, *(goal.cells() for goal in goals)], 1)]
    for race, results in tables:
        base = f"`times`: the time for a byte, relative to “{race.base}”."
        lines = [row[1:] for row in rows(race, results)]
        parts += [f"## {race.title}", base, _grid([HEAD[1:], *lines], 1)]
    return "\n\n".join(parts) + "\n"


def _grid(lines: Sequence[Row], left: int) -> str:
    head, *body = [[re.sub(r"\|", "\\|", cell) for cell in line] for line in lines]
    rule = ["---" if place < left else "---:" for place in range(len(head))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *body))
