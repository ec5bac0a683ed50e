"""Bytes by their position, put together as they come: out of order, repeated, overlapping. The first copy of a byte wins.

    >>> runs = Runs()
    >>> runs.add(4, b"efgh")
    >>> runs.add(0, b"abc")
    >>> runs.add(2, b"CDEF")
    >>> runs.take()
    (0, b'abcDefgh')
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter

PIECE = 256
"""What a piece counts for beside its bytes, so that many tiny pieces reach a limit as soon as they fill memory."""

_start = attrgetter("start")


class _Run:
    """Bytes without a hole, `[start, end)`, as pieces in order."""

    __slots__ = ("end", "pieces", "start")

    def __init__(self, start: int, end: int, pieces: list[bytes]) -> None:
        self.start = start
        self.end = end
        self.pieces = pieces


class Runs:
    """Stretches of bytes with holes between them. `cost` is about what they take of memory, in bytes."""

    __slots__ = ("_runs", "cost")

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self.cost = 0

    def __bool__(self) -> bool:
        return bool(self._runs)

    @property
    def start(self) -> int:
        """The position of the first byte that is held."""
        return self._runs[0].start

    @property
    def end(self) -> int:
        """The position behind the first stretch without a hole."""
        return self._runs[0].end

    def add(self, start: int, data: bytes) -> None:
        """Keeps of these bytes what is not held yet."""
        if not data:
            return
        stop = start + len(data)
        first = bisect_right(self._runs, start, key=_start)
        if first and self._runs[first - 1].end >= start:
            first -= 1
        else:
            self._runs.insert(first, _Run(start, start, []))
        run = self._runs[first]
        last = first + 1
        while run.end < stop:
            following = self._runs[last] if last < len(self._runs) else None
            until = stop if following is None else min(stop, following.start)
            if run.end < until:
                self._append(run, data[run.end - start : until - start])
            if following is None or following.start > run.end:
                break
            run.pieces += following.pieces
            run.end = following.end
            last += 1
        if last < len(self._runs) and self._runs[last].start == run.end:
            run.pieces += self._runs[last].pieces
            run.end = self._runs[last].end
            last += 1
        del self._runs[first + 1 : last]

    def _append(self, run: _Run, data: bytes) -> None:
        run.pieces.append(data)
        run.end += len(data)
        self.cost += len(data) + PIECE

    def take(self) -> tuple[int, bytes]:
        """The first stretch and its position; it is held no more."""
        run = self._runs.pop(0)
        self.cost -= run.end - run.start + PIECE * len(run.pieces)
        return run.start, b"".join(run.pieces)
