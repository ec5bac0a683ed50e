"""Rows of labelled boxes with brackets underneath, in characters: the drawing of a byte layout.

    >>> cells = [Cell(("B5 62", "marker"), "0", 2), Cell(("payload", "n bytes"), "2", 8, loose=True)]
    >>> for line in draw(cells, [Bracket("length", "size", 1, 1)], 40, "2+n"):
    ...     print(plain(line))
    offset    0        2               2+n
              ┌────────┬╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┐
              │ B5 62  │    payload    │
              │ marker │    n bytes    │
              └────────┴╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┘
    length             ├───── size ────┤

Pure: values in, lines out. A line is a list of segments `(text, role)`, so that whoever prints it chooses the colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

Line = list[tuple[str, str]]
"""Segments of text, each with its role."""

GUTTER = 10
"""Characters left of the boxes, for the words that say what a row shows."""
_SCALES = (6, 5, 4, 3, 2, 0)
"""Characters a byte, the widest that fits being taken; 0 gives every box the width of its label."""
_WEIGHT_MOST = 8
"""Bytes from which on a box grows no wider."""


@dataclass(frozen=True)
class Cell:
    """One box: its lines of text, the offset at its left edge, how wide it wants to be; `loose` if its size varies."""

    label: tuple[str, ...]
    above: str
    weight: int
    loose: bool = False
    role: str = "field"

    @property
    def need(self) -> int:
        """Characters between its borders that hold the label with a blank on either side."""
        return max(map(len, self.label), default=1) + 2


@dataclass(frozen=True)
class Bracket:
    """A span below the boxes, from cell `first` to cell `last`."""

    gutter: str
    text: str
    first: int
    last: int
    role: str = "length"


def draw(
    cells: Sequence[Cell], brackets: Sequence[Bracket], width: int, closing: str = "", ruler: str = "offset"
) -> list[Line]:
    """The boxes in as few rows as `width` characters allow, each row with the brackets that touch it."""
    room = max(width - GUTTER, 16)
    widths, rows = _arranged([min(cell.need, room - 2) for cell in cells], [cell.weight for cell in cells], room)
    lines: list[Line] = []
    for number, (first, last) in enumerate(rows):
        if number:
            lines.append([])
        edges = [GUTTER]
        for size in widths[first : last + 1]:
            edges.append(edges[-1] + size + 1)
        shown = cells[first : last + 1]
        lines.append(_ruler(shown, edges, closing if last + 1 == len(cells) else "", ruler, width))
        lines += _boxes(shown, edges)
        lines += [
            _bracket(each, first, last, edges, width) for each in brackets if each.first <= last and each.last >= first
        ]
    return lines


def plain(line: Line) -> str:
    """The text of a line."""
    return "".join(text for text, _ in line)


# --- how wide, and where rows end ------------------------------------------------------------------------------------


def _arranged(needs: list[int], weights: list[int], room: int) -> tuple[list[int], list[tuple[int, int]]]:
    """The inner width of each cell, and the first and last cell of each row."""
    for scale in _SCALES:
        widths = [max(need, min(weight, _WEIGHT_MOST) * scale - 1) for need, weight in zip(needs, weights, strict=True)]
        if sum(widths) + len(widths) + 1 <= room:
            return widths, [(0, len(widths) - 1)]
    fewest = len(_rows(needs, room))
    narrowest = next(limit for limit in range(max(needs) + 2, room + 1) if len(_rows(needs, limit)) == fewest)
    rows = _rows(needs, narrowest)
    widths = list(needs)
    full = max(_taken(widths, row) for row in rows)
    for first, last in rows:
        order = sorted(range(first, last + 1), key=lambda index: -min(weights[index], _WEIGHT_MOST))
        for step in range(full - _taken(widths, (first, last))):
            widths[order[step % len(order)]] += 1
    return widths, rows


def _rows(needs: list[int], room: int) -> list[tuple[int, int]]:
    rows: list[tuple[int, int]] = []
    first, taken = 0, 1
    for index, need in enumerate(needs):
        if taken + need + 1 > room and index > first:
            rows.append((first, index - 1))
            first, taken = index, 1
        taken += need + 1
    return [*rows, (first, len(needs) - 1)]


def _taken(widths: list[int], row: tuple[int, int]) -> int:
    return sum(size + 1 for size in widths[row[0] : row[1] + 1]) + 1


# --- one row ---------------------------------------------------------------------------------------------------------


class _Canvas:
    """One line under construction: a character and its role at each column."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.roles: list[str] = []

    def put(self, at: int, text: str, role: str) -> None:
        lacking = at + len(text) - len(self.text)
        self.text += [" "] * lacking
        self.roles += [""] * lacking
        self.text[at : at + len(text)] = text
        self.roles[at : at + len(text)] = [role] * len(text)

    def line(self) -> Line:
        marked = zip(self.text, self.roles, strict=True)
        return [("".join(c for c, _ in run), role) for role, run in groupby(marked, key=lambda each: each[1])]


def _ruler(cells: Sequence[Cell], edges: list[int], closing: str, word: str, width: int) -> Line:
    canvas = _Canvas()
    canvas.put(0, word, "gutter")
    free = 0
    for edge, text in zip(edges, [*(cell.above for cell in cells), closing], strict=True):
        at = min(edge, width - len(text))
        if text and at >= free:
            canvas.put(at, text, "offset")
            free = at + len(text) + 1
    return canvas.line()


def _boxes(cells: Sequence[Cell], edges: list[int]) -> list[Line]:
    height = max(len(cell.label) for cell in cells)
    lines = [_edge(cells, edges, "┌┬┐")]
    for row in range(height):
        canvas = _Canvas()
        for cell, left, right in zip(cells, edges, edges[1:], strict=False):
            inner = right - left - 1
            text = cell.label[row] if row < len(cell.label) else ""
            canvas.put(left, "│", "edge")
            canvas.put(left + 1, cropped(text, inner).center(inner), cell.role if row == 0 else "type")
        canvas.put(edges[-1], "│", "edge")
        lines.append(canvas.line())
    return [*lines, _edge(cells, edges, "└┴┘")]


def _edge(cells: Sequence[Cell], edges: list[int], corners: str) -> Line:
    canvas = _Canvas()
    for index, cell in enumerate(cells):
        canvas.put(edges[index], corners[1] if index else corners[0], "edge")
        canvas.put(edges[index] + 1, ("╌" if cell.loose else "─") * (edges[index + 1] - edges[index] - 1), "edge")
    canvas.put(edges[-1], corners[2], "edge")
    return canvas.line()


def _bracket(each: Bracket, first: int, last: int, edges: list[int], width: int) -> Line:
    left, right = edges[max(each.first, first) - first], edges[min(each.last, last) - first + 1]
    canvas = _Canvas()
    canvas.put(0, each.gutter, "gutter")
    canvas.put(left, "├" if each.first >= first else "◄", each.role)
    canvas.put(left + 1, "─" * (right - left - 1), each.role)
    canvas.put(right, "┤" if each.last <= last else "►", each.role)
    if len(each.text) + 4 <= right - left - 1:
        canvas.put(left + 1, f" {each.text} ".center(right - left - 1, "─"), each.role)
    elif right + 2 + len(each.text) <= width:
        canvas.put(right + 2, each.text, each.role)
    elif left - 1 - len(each.text) >= GUTTER:
        canvas.put(left - 1 - len(each.text), each.text, each.role)
    else:
        canvas.put(left + 1, cropped(each.text, right - left - 1), each.role)
    return canvas.line()


def cropped(text: str, width: int) -> str:
    """The text, or its beginning and an ellipsis where it is longer than `width`."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"[:width]
