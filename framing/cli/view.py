"""The live view of a board as lines of text, for a terminal of any size. Pure: no clock, no terminal.

Columns have fixed widths, and lines that may come and go keep their place, so that nothing jumps while numbers change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from framing.cli.board import Board, Key, Lane, Last, Sample
from framing.cli.happenings import Row, clock
from framing.cli.units import amount, duration, rate

STALL = 1.0
"""Seconds of silence, or of bytes without a decision, that are worth a word."""
STREAM = 32
"""Characters of a stream's name that are shown, where there are several."""
DIM = "bright_black"
BAD = "red"
WARNING = "yellow"


@dataclass(frozen=True)
class Count:
    """A line of a table: what is counted, and how many there were in a sample; bytes too where that is known."""

    lane: Lane
    name: str
    kind: str
    count: Callable[[Sample], float]
    size: Callable[[Sample], float] | None
    style: str = ""
    first: bool = False
    """Whether it is shown before those that count more."""


def view(board: Board, width: int, height: int, now: float) -> Text:
    """The screen at the time `now`, in seconds of the board's clock."""
    head = [_title(board, width, now)]
    for lane in board.lanes:
        head += [_link(lane, now), _flow(lane), _stall(lane, now)]
    if board.note:
        head.append(Text(board.note, style=WARNING))
    kinds, errors = _kinds(board), _errors(board)
    room = max(height - len(head) - 5, 0)  # three headings, two empty lines
    for_errors = min(len(errors), max(room // 5, 3))
    for_kinds = min(len(kinds), max(room - for_errors - max(room // 3, 4), 1))
    lines = [*head, *_table(board, "format", kinds, for_kinds), Text()]
    lines += [*_table(board, "errors", errors, for_errors), Text()]
    lines += _newest(board, max(height - len(lines) - 1, 0))
    for line in lines:
        line.no_wrap = True
        line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines[:height])


def _title(board: Board, width: int, now: float) -> Text:
    age = f"{duration(now - board.began):>10}"
    title = Text(board.title, style="bold", no_wrap=True)
    title.truncate(max(width - len(age) - 2, 0), overflow="ellipsis", pad=True)
    return Text.assemble(title, "  ", (age, DIM))


def _link(lane: Lane, now: float) -> Text:
    line = Text(f"{lane.arrow} " if lane.arrow else "")
    age = duration(now - lane.since)
    if lane.up:
        line.append(f"up {age:<12}", "green")
    elif lane.links:
        line.append(f"down {age:<10}", BAD).append(f"{lane.why}; connecting again  ", BAD)
    else:
        line.append(lane.waiting, WARNING)
    if lane.links > 1:
        line.append(f"{lane.links} links so far  ", DIM)
    return line.append(lane.link)


def _flow(lane: Lane) -> Text:
    last = lane.latest
    many = sum(last.totals.frames.values())
    frames = lane.rate(lambda each: sum(each.totals.frames.values()))
    size = lane.rate(lambda each: each.size)
    return Text.assemble(
        (f"{rate(frames)} frames/s {amount(size, 'B/s')}", "bold"),
        (f"   in all {many:,} frame{'s' * (many != 1)}, {last.size:,} bytes", DIM),
    )


def _stall(lane: Lane, now: float) -> Text:
    """What does not go on; empty where all does."""
    said = []
    if lane.unsent and now - lane.arrived >= STALL:
        said.append(f"{lane.unsent:,} bytes wait for the other side to take them, for {duration(now - lane.arrived)}")
    elif lane.up and now - lane.arrived >= STALL:
        said.append(f"nothing arrived for {duration(now - lane.arrived)}")
    if lane.held is not None and now - lane.held >= STALL:
        said.append(f"{lane.pending:,} bytes pending in the decoder for {duration(now - lane.held)}")
    return Text("  ".join(said), style=WARNING)


# --- tables ----------------------------------------------------------------------------------------------------------


def _kinds(board: Board) -> list[Count]:
    """One line a format, and one for each of its kinds."""
    found = []
    for lane in board.lanes:
        keys = sorted(lane.latest.kinds, key=lambda key: _natural(key[1]))
        for name in lane.formats:
            mine = [key for key in keys if key[0] == name]
            found.append(Count(lane, name, "", _of_format(name), _of_kinds(mine, 1), first=True))
            if any(kind for _, kind in mine):
                found += [Count(lane, "", key[1], _of_kinds([key], 0), _of_kinds([key], 1)) for key in mine]
    return found


def _of_format(name: str) -> Callable[[Sample], float]:
    return lambda sample: sample.totals.frames.get(name, 0)


def _of_kinds(keys: Sequence[Key], which: int) -> Callable[[Sample], float]:
    return lambda sample: sum(sample.kinds[key][which] for key in keys if key in sample.kinds)


def _natural(kind: str) -> tuple[tuple[bool, int, str], ...]:
    """Order of kinds: numbers by value."""
    parts = kind.split(", ")
    return tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)


def _errors(board: Board) -> list[Count]:
    found = []
    for lane in board.lanes:
        now = lane.latest.totals
        if now.gaps:
            found.append(
                Count(lane, "gaps", "", lambda each: each.totals.gaps, lambda each: each.totals.gap_bytes, BAD, True)
            )
        found += [Count(lane, f"  {reason}", "", _rejected(reason), None, BAD) for reason in now.rejects]
        if now.fill_bytes:
            found.append(Count(lane, "fill", "", lambda each: 0, lambda each: each.totals.fill_bytes, DIM))
    return found


def _rejected(reason: str) -> Callable[[Sample], float]:
    return lambda sample: sample.totals.rejects.get(reason, 0)


def _widths(board: Board) -> tuple[int, int]:
    """Of the columns for formats and kinds: as wide as anything in them has been so far."""
    names = [name for lane in board.lanes for name in lane.formats]
    kinds = [kind for lane in board.lanes for _, kind in lane.seen]
    return max([12, *map(len, names)]), min(max([12, *map(len, kinds)]), 24)


def _table(board: Board, title: str, counts: Sequence[Count], most: int) -> Iterator[Text]:
    """The heading and at most so many lines; what has no room is summed up in the last one."""
    names, kinds = _widths(board)
    arrows = max(len(lane.arrow) for lane in board.lanes)
    pad = " " * (arrows + 1) if arrows else ""
    second = "kind" if title == "format" else ""
    unit = "frames/s" if title == "format" else "a second"
    columns = f"{second:<{kinds}} {unit:>8} {'bytes/s':>10} {'count':>13} {'bytes':>8}"
    yield Text(f"{pad}{title:<{names}} {columns}", style=DIM)
    if not counts:
        yield Text(f"{pad}{'-' if title == 'format' else 'none'}", style=DIM)
    shown = _largest(counts, most)
    for each in shown:
        arrow = f"{each.lane.arrow:<{arrows}} " if arrows else ""
        mark = "~" if each.lane.skipped and each.kind else ""
        yield Text.assemble(
            arrow,
            (f"{each.name:<{names}}", each.style or "bold"),
            (f" {_cut(each.kind, kinds):<{kinds}}", "cyan"),
            f" {rate(each.lane.rate(each.count)):>8}" if each.name != "fill" else " " * 9,
            " " * 11 if each.size is None else f" {amount(each.lane.rate(each.size), 'B/s')}",
            f" {mark + format(round(each.count(each.lane.latest)), ','):>13}" if each.name != "fill" else " " * 14,
            "" if each.size is None else f" {amount(each.size(each.lane.latest))}",
        )
    left = len(counts) - len(shown)
    if left:
        yield Text(f"{pad}and {left} more", style=DIM)


def _largest(counts: Sequence[Count], most: int) -> list[Count]:
    """As many as there is room for, those that count most, in their order."""
    if len(counts) <= most:
        return list(counts)
    order = sorted(
        range(len(counts)), key=lambda index: (not counts[index].first, -counts[index].count(counts[index].lane.latest))
    )
    return [counts[index] for index in sorted(order[: max(most - 1, 0)])]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


# --- the last frames -------------------------------------------------------------------------------------------------


def _newest(board: Board, most: int) -> Iterator[Text]:
    yield Text("last frames and gaps", style=DIM)
    names, kinds = _widths(board)
    several = len(board.streams) > 1
    for each, row in board.newest(most):
        yield _line(each, row, names, kinds, _cut(each.stream, STREAM) if several else "")


def _line(each: Last, row: Row, names: int, kinds: int, stream: str) -> Text:
    start = "".join(f"{part} " for part in (clock(each.at), each.lane.arrow, stream) if part)
    style = BAD if row.bad else ""
    return Text.assemble(
        (start, DIM),
        (f"{row.what:<{names}}", style or "bold"),
        (f" {_cut(row.kind, kinds):<{kinds}}", style or "cyan"),
        (f" {row.size:>6,} B  ", style),
        (row.preview, DIM),
    )
