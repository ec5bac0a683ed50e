"""Where events go while a command runs: lines on standard output, or a live view of the terminal."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from framing.cli.common import console
from framing.cli.records import Shape
from framing.events import Frame, Gap
from framing.stats import Stats

if TYPE_CHECKING:
    from types import TracebackType

    from framing.cli.board import Board
    from framing.transports.streams import Happening

PERIOD = 0.2
"""Seconds between two redraws, at least."""
SHARE = 10
"""How many times as long as a redraw takes nothing is redrawn: on a slow terminal it never costs more than that share."""


class Display(ABC):
    """Takes what happens. A context manager; inside it the display has what it shows on."""

    due: float | None = None
    """The monotonic time at which it wants a `tick`."""

    @abstractmethod
    def show(self, events: Sequence[Happening], stream: str = "", at: float | None = None, lane: int = 0) -> None:
        """What came by the lane of that number. `at`: when, in seconds since 1970; None: now."""

    def sated(self, lane: int = 0) -> bool:
        """Whether it has seen enough events of a lane until the next `tick`, and counts are all that is wanted."""
        return False

    def tick(self) -> None:  # noqa: B027 # lines do not care
        """Time has passed."""

    def unsent(self, lane: int, size: int) -> None:  # noqa: B027 # lines do not care
        """So many bytes that came by a lane wait for the other side to take them."""

    @abstractmethod
    def note(self, text: str) -> None:
        """Something that happened beside the events."""

    @abstractmethod
    def summary(self) -> list[str]:
        """What there was, one line a lane."""

    def __enter__(self) -> Display:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Lines(Display):
    """A line an event: JSON objects where a `shape` says how, else for people. `gaps`: whether gaps are shown.

    `lanes`: what marks each lane: an arrow in lines for people, the link's name in JSON; "" where there is one lane only.
    """

    def __init__(self, gaps: bool, shape: Shape | None, lanes: Sequence[str] = ("",)) -> None:
        from framing.cli.tally import Tally

        self._gaps = gaps
        self._shape = shape
        self._lanes = lanes
        self._tallies = [Tally() for _ in lanes]

    def show(self, events: Sequence[Happening], stream: str = "", at: float | None = None, lane: int = 0) -> None:
        self._tallies[lane].add(each for each in events if isinstance(each, (Frame, Gap)))
        text = "".join(self._line(each, stream, time.time() if at is None else at, lane) for each in events)
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()

    def _line(self, event: Happening, stream: str, at: float, lane: int) -> str:
        from framing.cli import happenings, records

        if isinstance(event, Gap) and not self._gaps:
            return ""
        mark = self._lanes[lane]
        if self._shape is None:
            return happenings.line(event, stream, at, mark)
        return records.line(happenings.record(event, self._shape, stream, at, mark or None))

    def note(self, text: str) -> None:
        print(f"framing: {text}", file=sys.stderr, flush=True)

    def summary(self) -> list[str]:
        return [_marked(mark, each.summary()) for mark, each in zip(self._lanes, self._tallies, strict=True)]


class Live(Display):
    """A view of the whole terminal that is drawn anew a few times a second. `stats`: of each lane, at any time."""

    def __init__(self, board: Board, stats: Callable[[], Sequence[Stats]]) -> None:
        from rich.live import Live as Screen

        self._board = board
        self._stats = stats
        self._console = console()
        self._screen = Screen(
            console=self._console,
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )
        self._notes: list[str] = []

    def show(self, events: Sequence[Happening], stream: str = "", at: float | None = None, lane: int = 0) -> None:
        wall = time.time() if at is None else at
        self._board.show(self._board.lanes[lane], events, stream, wall, time.monotonic())

    def sated(self, lane: int = 0) -> bool:
        return self._board.lanes[lane].sated

    def tick(self) -> None:
        from framing.cli.view import view

        now = time.monotonic()
        if self.due is not None and now < self.due:
            return
        self._board.tick(now, self._stats())
        width, height = self._console.size
        self._screen.update(view(self._board, width, height, now), refresh=True)
        took = time.monotonic() - now
        self.due = now + max(PERIOD, SHARE * took)

    def unsent(self, lane: int, size: int) -> None:
        self._board.lanes[lane].unsent = size

    def note(self, text: str) -> None:
        self._board.note = text
        self._notes.append(text)

    def summary(self) -> list[str]:
        lanes = zip(self._board.lanes, self._stats(), strict=True)
        said = [_marked(lane.arrow, summary_of(stats)) for lane, stats in lanes]
        return [*(f"framing: {note}" for note in self._notes[-5:]), *said]

    def __enter__(self) -> Display:
        self._screen.start()
        self.tick()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._screen.stop()


def _marked(mark: str, text: str) -> str:
    return f"{mark} {text}" if mark else text


def summary_of(stats: Stats) -> str:
    """One line, as `framing decode` ends with."""
    from framing.cli.tally import Tally

    return Tally(
        frames=stats.frames,
        frame_bytes=Counter(frames=stats.frame_bytes),
        gaps=Counter(gaps=stats.gaps),
        gap_bytes=Counter(gaps=stats.gap_bytes, fill=stats.fill_bytes),
        rejects=stats.rejects,
    ).summary()


def on_terminal() -> bool:
    """Whether standard output is a terminal that a view can be drawn on."""
    out = console()
    return out.is_terminal and not out.is_dumb_terminal and sys.stdout.isatty()
