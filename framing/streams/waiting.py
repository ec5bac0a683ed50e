"""Whom the next bytes wake, in early order: candidates that wait for more of the stream.

Most wait for a known offset. One in open data would have to look at every feed, and a hostile stream can have as many of those as
a frame has bytes. But while nothing stirs in the data, that is, no end pattern stands and no byte is outside the character set,
only the largest size can decide, and that is at a known offset too. So those that listen for the same wait in one room. New bytes
are searched once for each room, and wake all who are in it or none.

Being woken too early does no harm: who still lacks bytes waits again. Too late would, since decisions count in stream bytes.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any, Generic, TypeVar

from framing.probing.intake import Window
from framing.probing.open_data import Signs
from framing.probing.probe import Probe, Verdict

W = TypeVar("W", bound="Waiter")
Room = dict[int, Any]


@dataclass(slots=True, eq=False)
class Waiter:
    """A probe that is suspended now and then; `number` tells it from all others, `need` is the stream offset it waits for, or -1."""

    probe: Probe
    number: int
    steps: Generator[int, None, Verdict]
    need: int = field(default=-1, init=False)
    room: Room | None = field(default=None, init=False)


class Waiting(Generic[W]):
    """All who wait on one stream."""

    __slots__ = ("heap", "rooms", "searched", "serial", "window")

    def __init__(self, window: Window) -> None:
        self.window = window
        self.heap: list[tuple[int, int, W]] = []  # by need; where the waiter's is another by now, the entry is void
        self.serial = count()
        self.rooms: dict[Signs, Room] = {}
        self.searched = window.end

    def add(self, waiter: W, need: int) -> None:
        """Wakes it when the stream has the bytes up to `need`, or, in open data, when something stirs."""
        probe = waiter.probe
        if probe.listening is not None and probe.gives_up > self.window.end and not self._stirs(probe.listening, probe.unsure):
            need = probe.gives_up
            waiter.room = self.rooms.setdefault(probe.listening, {})
            waiter.room[waiter.number] = waiter
        if waiter.need != need:
            waiter.need = need
            heapq.heappush(self.heap, (need, next(self.serial), waiter))

    def woken(self) -> Iterator[W]:
        """Those who may go on with the bytes that have come since the last time."""
        for signs, room in list(self.rooms.items()):
            if room and self._stirs(signs, self.searched - max(map(len, signs[0]), default=1) + 1):
                self.rooms[signs] = {}
                for waiter in room.values():
                    waiter.room = None
                    yield waiter
        self.searched = self.window.end
        while self.heap and (self.window.final or self.heap[0][0] <= self.window.end):
            need, _, waiter = heapq.heappop(self.heap)
            if waiter.need == need:
                waiter.need = -1
                if waiter.room is not None:
                    del waiter.room[waiter.number]
                    waiter.room = None
                yield waiter

    def _stirs(self, signs: Signs, begin: int) -> bool:
        window = self.window
        return _sign(signs).search(window.buffer, max(begin - window.base, 0)) is not None


@lru_cache(maxsize=256)
def _sign(signs: Signs) -> re.Pattern[bytes]:
    ends, allowed = signs
    odd = [b"\\x%02x" % byte for byte in range(256) if allowed is not None and byte not in allowed]
    signs_of_life = [*map(re.escape, ends), *([b"[" + b"".join(odd) + b"]"] if odd else [])]
    return re.compile(b"|".join(signs_of_life) if signs_of_life else b"(?!)")
