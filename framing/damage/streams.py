"""A stream that is being damaged: its bytes as they are now, and which of them are still those that were sent.

What a model does is said in pieces: a range of the stream as it is, or bytes that come in its stead. From them follows where
each byte that was sent stands now, however many models come one after the other.

    >>> stream = Stream.of(b"abcdef")
    >>> cut = stream.rebuilt([(0, 2), b"?", (3, 6)])
    >>> cut.data, cut.places(3, 6), cut.places(1, 4)
    (b'ab?def', (3,), ())
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from framing.layout import FrameFormat

Piece = tuple[int, int] | bytes
"""A range `[start, end)` of the stream as it is, or new bytes."""


@dataclass(frozen=True)
class Target:
    """A frame as it was sent: `[start, end)` of the stream before the damage, and its format."""

    definition: FrameFormat
    start: int
    end: int


@dataclass(frozen=True)
class Run:
    """`size` bytes from `origin` on of what was sent; they stand, unchanged, from `at` on."""

    at: int
    origin: int
    size: int


@dataclass(frozen=True)
class Stream:
    """`data` as it is now, and the `runs` of it that are still what was sent, in order of their places."""

    data: bytes
    runs: tuple[Run, ...]

    @classmethod
    def of(cls, data: bytes) -> Stream:
        """The stream before any damage."""
        return cls(data, (Run(0, 0, len(data)),) if data else ())

    def rebuilt(self, pieces: Iterable[Piece]) -> Stream:
        """The stream that these pieces make."""
        out: list[bytes] = []
        runs: list[Run] = []
        at = 0
        for piece in pieces:
            if isinstance(piece, bytes):
                out.append(piece)
                at += len(piece)
                continue
            start, end = piece
            for run in self._within(start, end):
                moved = Run(run.at - start + at, run.origin, run.size)
                before = runs[-1] if runs else None
                if before and before.at + before.size == moved.at and before.origin + before.size == moved.origin:
                    runs[-1] = Run(before.at, before.origin, before.size + moved.size)
                else:
                    runs.append(moved)
            out.append(self.data[start:end])
            at += end - start
        return Stream(b"".join(out), tuple(runs))

    def _within(self, start: int, end: int) -> Iterator[Run]:
        """The runs in a range, cut to it."""
        number = max(bisect_right(self.runs, start, key=attrgetter("at")) - 1, 0)
        while number < len(self.runs) and self.runs[number].at < end:
            run = self.runs[number]
            first, last = max(run.at, start), min(run.at + run.size, end)
            if first < last:
                yield Run(first, run.origin + first - run.at, last - first)
            number += 1

    def places(self, start: int, end: int) -> tuple[int, ...]:
        """Where the bytes sent as `[start, end)` stand now, unchanged and side by side; more than once if they were repeated."""
        by_origin, longest = self._by_origin
        found = []
        for number in range(bisect_right(by_origin, start, key=attrgetter("origin")) - 1, -1, -1):
            run = by_origin[number]
            if run.origin + longest < end:
                break
            if run.origin + run.size >= end:
                found.append(run.at + start - run.origin)
        return tuple(sorted(found))

    @cached_property
    def _by_origin(self) -> tuple[list[Run], int]:
        """The runs by what they were, and the size of the longest."""
        return sorted(self.runs, key=attrgetter("origin")), max((run.size for run in self.runs), default=0)

    def standing(self, target: Target) -> tuple[int, ...]:
        """Where a frame stands intact.

        That is where all its bytes stand, those that were sent, unchanged and side by side; and if a delimiter ends frames of its
        format, where also a delimiter stands in front of it, or nothing: a frame of such a format starts nowhere else.
        """
        found = self.places(target.start, target.end)
        delimiter = target.definition.plan.delimiter if target.definition.plan.delimited else None
        if delimiter is None:
            return found
        return tuple(at for at in found if at == 0 or self.data.endswith(delimiter, 0, at))


def kept(ranges: Iterable[tuple[int, int, bytes]], size: int) -> Iterator[Piece]:
    """The pieces of a stream of `size` bytes in which each range `(start, end, new)`, in order, is replaced by new bytes.

    A byte that is replaced by its like at the same place is not kept: say only what changes.
    """
    at = 0
    for start, end, new in ranges:
        if start > at:
            yield at, start
        if new:
            yield new
        at = end
    if size > at:
        yield at, size


def changed(start: int, old: bytes, new: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The ranges in which `new` differs from the `old` bytes from `start` on, for `kept`."""
    at = 0
    while at < len(old):
        if old[at] == new[at]:
            at += 1
            continue
        end = at + 1
        while end < len(old) and old[end] != new[end]:
            end += 1
        yield start + at, start + end, new[at:end]
        at = end
