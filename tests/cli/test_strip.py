"""The strip of coloured cells."""

from __future__ import annotations

from framing.cli.strip import EDGE, strip
from framing.errors import Reason
from framing.events import Event, Frame, Gap
from framing.layout import FrameFormat
from framing.model.data import Data
from framing.model.patterns import Sync

BYTE = FrameFormat("byte", [Sync("AA"), Data("payload", size=9)])


def frame(start: int) -> Frame:
    return Frame(BYTE, start, bytes(10))


def gap(start: int, size: int) -> Gap:
    return Gap(start, bytes(size), Reason.NOISE)


def drawn(events: list[Event], width: int, rows: int, plain: bool = False, **notes: str) -> list[str]:
    noted = {int(at[1:]): note for at, note in notes.items()}
    return ["".join(cell.text for cell in cells) for _, cells in strip(events, width, rows, noted, plain)]


def test_as_wide_as_long() -> None:
    assert drawn([frame(0), gap(10, 5), frame(15)], 25, 1) == ["▏byte     ▏noi…▏byte     "]
    assert drawn([frame(0), gap(10, 5), frame(15)], 25, 1, plain=True) == ["▏byte─────▏noi…▏byte─────"]


def test_labels_fit_or_are_cropped() -> None:
    assert drawn([gap(0, 10)], 10, 1, plain=True) == ["▏noise░░░░"]
    assert drawn([gap(0, 10)], 4, 1, plain=True) == ["▏no…"]
    assert drawn([gap(0, 10)], 3, 1, plain=True) == ["▏░░"]


def test_notes_are_shown_where_there_is_room() -> None:
    assert drawn([gap(0, 20)], 20, 1, plain=True, _0="lost byte") == ["▏noise: lost byte░░░"]
    assert drawn([gap(0, 20)], 12, 1, plain=True, _0="lost byte") == ["▏noise░░░░░░"]


def test_a_label_goes_to_the_roomier_side_of_a_row_end() -> None:
    assert drawn([frame(0), frame(10)], 12, 2, plain=True) == ["▏byte───────", "▏byte───────"]
    assert drawn([gap(0, 20), gap(20, 20), gap(40, 20)], 45, 1, plain=True) == [
        "▏noise░░░░░░░░░▏noise░░░░░░░░░▏noise░░░░░░░░░"
    ]
    assert drawn([gap(0, 8), gap(8, 12)], 10, 2, plain=True) == ["▏noise░░▏░", "noise░░░░░"]


def test_offsets_and_the_longest_rows() -> None:
    rows = strip([frame(100), frame(110)], 5, 4, {}, False)
    assert [offset for offset, _ in rows] == [100, 105, 110, 115]
    assert all(len(cells) <= 5 for _, cells in rows)


def test_short_events_keep_a_cell() -> None:
    events: list[Event] = [gap(0, 1000), frame(1000), gap(1010, 1000)]
    cells = [cell for _, row in strip(events, 10, 1, {}) for cell in row]
    assert len(cells) == 9
    assert [cell.what for cell in cells].count("byte") == 1
    many: list[Event] = [gap(at, 1) for at in range(50)]
    assert sum(len(row) for _, row in strip(many, 10, 1, {})) == 50


def test_nothing() -> None:
    assert strip([], 10, 3, {}) == []
    assert len(EDGE) == 1
