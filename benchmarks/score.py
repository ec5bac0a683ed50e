"""What a receiver's report is worth, held against the truth. Pure.

The truth is where the intact frames stand. A receiver only gives bytes; they are matched with the intact frames in order, so that
frames which look alike are counted as often as they were sent.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from receivers import Report

Place = tuple[int, int]


@dataclass
class Score:
    """Of one stream, or of several added up.

    `invented`: frames given out whose bytes were never sent as a frame. `revived`: those that were sent, and come out though the
    truth has them broken, as other bytes than the lost ones have come to stand in for them.

    `waits`: for each place of damage, the bytes beyond the next intact frame that had to arrive until some intact frame behind the
    damage came out. `missed`: for each, the intact frames behind it that were lost until then.
    """

    intact: int = 0
    recovered: int = 0
    invented: int = 0
    revived: int = 0
    crashes: int = 0
    first_crash: str = ""
    seconds: float = 0.0
    size: int = 0
    waits: list[int] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)

    def __iadd__(self, other: Score) -> Score:
        for name in ("intact", "recovered", "invented", "revived", "crashes", "seconds", "size", "waits", "missed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.first_crash = self.first_crash or other.first_crash
        return self

    @property
    def share(self) -> float:
        """Recovered of the intact frames, in percent."""
        return 100 * self.recovered / self.intact if self.intact else 100.0


def episodes(intact: Sequence[Place], size: int) -> list[int]:
    """For each place of damage the number of the intact frame behind it; damage at the end has none."""
    found = []
    behind = 0
    for number, (start, end) in enumerate(intact):
        if start > behind:
            found.append(number)
        behind = max(behind, end)
    return found


def arrivals(data: bytes, intact: Sequence[Place], report: Report) -> tuple[list[int | None], list[bytes]]:
    """When each intact frame came out, in bytes arrived, None if never; and what came out besides.

    Of frames that look alike, the first that has arrived is the one that came out.
    """
    waiting: defaultdict[bytes, deque[int]] = defaultdict(deque)
    for number, (start, end) in enumerate(intact):
        waiting[data[start:end]].append(number)
    came: list[int | None] = [None] * len(intact)
    others = []
    for raw, arrived in report.frames:
        numbers = waiting.get(raw)
        if numbers and intact[numbers[0]][1] <= arrived:
            came[numbers.popleft()] = arrived
        else:
            others.append(raw)
    return came, others


def score(data: bytes, intact: Sequence[Place], sent: frozenset[bytes], report: Report, seconds: float = 0.0) -> Score:
    """The score of one report; `sent` are the bytes of all frames that were sent, whatever became of them."""
    came, others = arrivals(data, intact, report)
    recovered = [number for number, arrived in enumerate(came) if arrived is not None]
    revived = sum(raw in sent for raw in others)
    made = Score(
        len(intact), len(recovered), len(others) - revived, revived,
        report.crashes, report.first_crash, seconds, len(data),
    )  # fmt: skip
    soonest: list[int] = [len(data)] * (len(came) + 1)  # when some frame from this one on came out
    for number in range(len(came) - 1, -1, -1):
        soonest[number] = min(soonest[number + 1], came[number] if came[number] is not None else len(data))  # type: ignore[type-var]
    for number in episodes(intact, len(data)):
        made.waits.append(max(0, soonest[number] - intact[number][1]))
        place = bisect_left(recovered, number)
        made.missed.append((recovered[place] if place < len(recovered) else len(intact)) - number)
    return made
