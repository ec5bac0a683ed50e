"""What checks that failed have learned about a stream, so that the next candidate need not look at the same bytes again.

A false marker may claim the longest frame, and the next one six bytes later as much again. Checking each claim from its start
makes hostile streams quadratic. A `Memory` answers the three questions that cost a pass over the claim, each for any span, at
a cost that is linear in the stream altogether: what is the checksum of these bytes; which of them is the first outside a
character set; where does the first end pattern, or the first broken block, stand.

Remembering costs more than looking once. So there is none on a stream that is mostly intact: the `Guard` counts what failed
checks have cost, and starts a memory when it becomes too much. Verdicts are the same with and without.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from framing.markers import Pattern
from framing.model.checks import Blocks
from framing.model.values import BadDigits
from framing.sums.algorithms import Algorithm
from framing.sums.prefixes import Prefixes, form

if TYPE_CHECKING:
    from framing.probing.intake import Window

ALLOWED = 65_536
"""Bytes that checks may have looked at in vain, beyond `PAID` for each byte settled, before a memory starts."""
PAID = 2
SHORT = 256
"""Bytes of a span up to which its checksum is computed directly: that is as fast."""
_PIECE = 4096

Buffer = bytes | bytearray
Search = Callable[[Buffer, int, int], Iterable[int]]


class Guard:
    """Starts the memory of a window when failed checks become too dear, and drops it when the stream is intact again.

    What failed checks cost is a debt, which each settled byte reduces. With a memory they cost next to nothing, but what they
    would have cost without one counts up to a limit: thus the memory lasts for some intact bytes, and no longer.
    """

    __slots__ = ("at", "debt", "window")

    def __init__(self, window: Window) -> None:
        self.window = window
        self.at = window.base  # settled up to here when `debt` was reckoned
        self.debt = 0
        self._switch()

    def failed(self, at: int, cost: int) -> None:
        """A check looked at `cost` bytes and failed; everything before `at` is settled."""
        self._reckon(at)
        if self.window.memory is None:
            self.debt += cost
        else:
            self.debt = max(self.debt, min(self.debt + cost, 2 * ALLOWED))
        self._switch()

    def settled(self, at: int) -> None:
        """Everything before `at` is settled. Worth telling only while there is a memory."""
        self._reckon(at)
        self._switch()

    def forget(self, at: int) -> None:
        """The bytes before `at` go."""
        self.settled(at)
        if self.window.memory is not None:
            self.window.memory.forget(at)

    def _reckon(self, at: int) -> None:
        self.debt = max(0, self.debt - PAID * (at - self.at))
        self.at = at

    def _switch(self) -> None:
        window = self.window
        if self.debt <= ALLOWED:
            window.memory = None
        elif window.memory is None:
            window.memory = Memory(window, self.at)


class Memory:
    """Remembers about the stream of a window. All offsets are those of the stream; none lies before `floor`."""

    __slots__ = ("floor", "places", "prefixes", "trimmed", "window")

    def __init__(self, window: Window, floor: int) -> None:
        self.window = window
        self.floor = self.trimmed = floor
        self.prefixes: dict[Any, Prefixes | None] = {}
        self.places: dict[Any, Places] = {}

    def forget(self, floor: int) -> None:
        """Nothing before `floor` will be asked for, and the bytes before it go."""
        self.floor = floor
        for prefixes in self.prefixes.values():
            if prefixes is not None:
                prefixes.forget(self.window.buffer, self.window.base, floor)
        if floor - self.trimmed >= _PIECE:
            self.trimmed = floor
            self.places = {key: places for key, places in self.places.items() if places.known > floor}
            for places in self.places.values():
                places.trim(floor)

    def checksum(self, used: Algorithm, begin: int, end: int, hole: tuple[int, int] | None = None, more: bytes = b"") -> int:
        """The checksum of `[begin, end)` and `more` behind it; the bytes of `hole` count as zero."""
        window = self.window
        buffer, base = window.buffer, window.base
        if end - begin >= SHORT:
            try:
                prefixes = self.prefixes[used.compute]
            except KeyError:
                prefix_form = form(used)
                prefixes = self.prefixes[used.compute] = Prefixes(prefix_form, self.floor) if prefix_form else None
            if prefixes is not None:
                return prefixes.checksum(buffer, base, begin, end, hole, more)
        return used.compute(covered(buffer, begin - base, end - base, hole and (hole[0] - base, hole[1] - base), more))

    def checksum_over(self, used: Algorithm, pieces: Sequence[tuple[int, int] | bytes]) -> int:
        """The checksum of spans and other bytes, one behind the other."""
        buffer, base = self.window.buffer, self.window.base
        prefix_form = form(used)
        if prefix_form is None or prefix_form.word > 1 or sum(end - begin for begin, end in _spans(pieces)) < SHORT:
            return used.compute(b"".join(joined(buffer, base, pieces)))
        prefixes = self.prefixes.get(used.compute)
        if prefixes is None:
            prefixes = self.prefixes[used.compute] = Prefixes(prefix_form, self.floor)
        return prefixes.over(buffer, base, pieces)

    def illegal(self, allowed: frozenset[int], begin: int, end: int) -> int:
        """The first byte of `[begin, end)` that is not allowed; `end` where all are."""
        return self._places(allowed, _outside, allowed).next(self.window, begin, end)

    def pattern(self, alternatives: tuple[bytes, ...], begin: int, end: int) -> int:
        """The first place where one of the patterns stands, all of it in `[begin, end)`; `end` where none does."""
        whole = end - max(map(len, alternatives)) + 1  # from here on there is room for some of them only
        if begin < whole:
            place = self._places(alternatives, _standing, alternatives).next(self.window, begin, whole)
            if place < whole:
                return place
        buffer, base = self.window.buffer, self.window.base
        for place in range(max(begin, whole), end):
            if any(buffer.startswith(each, place - base, end - base) for each in alternatives):
                return place
        return end

    def standing(self, pattern: Pattern, begin: int, end: int) -> int:
        """The first place in `[begin, end)` where a marker stands; `end` where none does. All of them are whole."""
        return self._places(pattern, standing, pattern).next(self.window, begin, end)

    def bad_block(self, blocks: Blocks, begin: int, end: int) -> int:
        """The first of the whole blocks in `[begin, end)` whose checksum is wrong; `end` where none is."""
        phase = begin % (blocks.size + (blocks.type.size or 0))
        return self._places((id(blocks), phase), self._bad_blocks, blocks, phase).next(self.window, begin, end)

    def lone_escape(self, escape: int, begin: int, end: int) -> int:
        """Where doubled escape bytes, read from `begin` on, come to one that is not doubled, followed by another byte; else `end`."""
        runs_end = self.last_other(escape, end) + 1  # what a run that reaches `end` will be is not known
        behind = self.illegal(frozenset({escape}), begin, end)
        if behind >= runs_end:
            return end
        if (behind - begin) % 2:
            return behind - 1
        start = self._places((escape, "odd"), _odd_runs, escape).next(self.window, behind, runs_end)
        return self.illegal(frozenset({escape}), start, end) - 1 if start < runs_end else end

    def last_other(self, byte: int, end: int) -> int:
        """The last place before `end` where another byte stands; one before the first known place where none does."""
        return self._places(frozenset({byte}), _outside, frozenset({byte})).last(self.window, end)

    def _bad_blocks(self, blocks: Blocks, phase: int) -> Search:
        width = blocks.type.size or 0
        step = blocks.size + width

        def search(buffer: Buffer, begin: int, end: int) -> Iterable[int]:
            base = self.window.base
            for place in range(begin + (phase - begin - base) % step, end, step):
                stated = buffer[place + blocks.size : place + step]
                try:
                    holds = blocks.type.read(bytes(stated)) == self.checksum(blocks.checksum, base + place, base + place + blocks.size)
                except BadDigits:
                    holds = False
                if not holds:
                    yield place

        return search

    def _places(self, key: Any, search: Callable[..., Search], *arguments: Any) -> Places:
        places = self.places.get(key)
        if places is None:
            places = self.places[key] = Places(self.floor, search(*arguments))
        return places


class Places:
    """The places of one kind in a stream, in order. Each is searched for once, and no further than it is asked for.

    `search(buffer, begin, end)` gives those in `[begin, end)` of the buffer; it may look at bytes behind `end`.
    """

    __slots__ = ("found", "known", "search")

    def __init__(self, floor: int, search: Search) -> None:
        self.search = search
        self.known = floor  # all before this offset are known
        self.found = array("q")

    def next(self, window: Window, begin: int, end: int) -> int:
        """The first place in `[begin, end)`, stream offsets; `end` where there is none."""
        found, base = self.found, window.base
        self.known = max(self.known, base)
        index = bisect_left(found, begin)
        while index == len(found) and self.known < end:
            piece = min(end, self.known + _PIECE)
            found.extend(base + place for place in self.search(window.buffer, self.known - base, piece - base))
            self.known = piece
            index = bisect_left(found, begin, index)
        return min(found[index], end) if index < len(found) else end

    def last(self, window: Window, end: int) -> int:
        """The last place before `end`."""
        while self.known < end:
            self.next(window, self.known, end)
        index = bisect_left(self.found, end)
        return self.found[index - 1] if index else window.base - 1

    def trim(self, floor: int) -> None:
        """Nothing before `floor` will be asked for."""
        del self.found[: bisect_left(self.found, floor)]


def joined(buffer: Buffer, base: int, pieces: Sequence[tuple[int, int] | bytes]) -> Iterable[bytes]:
    """The bytes of each piece: a span of the stream, or what it is itself."""
    for piece in pieces:
        yield piece if isinstance(piece, bytes) else bytes(buffer[piece[0] - base : piece[1] - base])


def _spans(pieces: Sequence[tuple[int, int] | bytes]) -> Iterable[tuple[int, int]]:
    return (piece for piece in pieces if isinstance(piece, tuple))


def covered(buffer: Buffer, begin: int, end: int, hole: tuple[int, int] | None, more: bytes) -> bytes:
    """What a checksum covers: `buffer[begin:end]`, the bytes of `hole` as zeros, and `more`."""
    if hole is None:
        return bytes(buffer[begin:end]) + more
    return bytes(buffer[begin : hole[0]]) + bytes(hole[1] - hole[0]) + bytes(buffer[hole[1] : end]) + more


@lru_cache(maxsize=256)
def _outside(allowed: frozenset[int]) -> Search:
    odd = [byte for byte in range(256) if byte not in allowed]
    if not odd:
        return lambda buffer, begin, end: ()
    find = re.compile(b"[" + b"".join(b"\\x%02x" % byte for byte in odd) + b"]").finditer
    return lambda buffer, begin, end: [match.start() for match in find(buffer, begin, end)]


@lru_cache(maxsize=256)
def standing(pattern: Pattern) -> Search:
    """Finds where a marker stands, bit errors included."""
    if pattern.errors:
        begun = re.compile(b"[" + b"".join(b"\\x%02x" % byte for byte in sorted(pattern.first_bytes())) + b"]").finditer

        def search(buffer: Buffer, begin: int, end: int) -> Iterable[int]:
            places = (match.start() for match in begun(buffer, begin, end))
            return (place for place in places if pattern.match(buffer, place, len(buffer))[0] > 0)

        return search
    find = re.compile(b"(?=" + b"|".join(_masked(each, pattern.mask) for each in pattern.alternatives) + b")", re.DOTALL).finditer
    beyond = pattern.longest - 1
    return lambda buffer, begin, end: (match.start() for match in find(buffer, begin, end + beyond) if match.start() < end)


def _masked(alternative: bytes, mask: bytes) -> bytes:
    """A regular expression for the bytes that are equal in the bits that count."""
    if not mask:
        return re.escape(alternative)
    choices = ([byte for byte in range(256) if (byte ^ one) & bits == 0] for one, bits in zip(alternative, mask, strict=True))
    return b"".join(b"[" + b"".join(b"\\x%02x" % byte for byte in each) + b"]" for each in choices)


@lru_cache(maxsize=256)
def _standing(alternatives: tuple[bytes, ...]) -> Search:
    find = re.compile(b"(?=" + b"|".join(map(re.escape, alternatives)) + b")").finditer
    beyond = max(map(len, alternatives)) - 1
    return lambda buffer, begin, end: [match.start() for match in find(buffer, begin, end + beyond) if match.start() < end]


@lru_cache(maxsize=256)
def _odd_runs(byte: int) -> Search:
    """Where runs of an odd number of such bytes begin."""
    run = re.compile(b"\\x%02x+" % byte)

    def search(buffer: Buffer, begin: int, end: int) -> Iterable[int]:
        for match in run.finditer(buffer, begin, end):
            start, behind = match.span()
            if start > 0 and buffer[start - 1] == byte:
                continue  # it has begun before
            if behind == end:
                whole = run.match(buffer, start)
                behind = whole.end() if whole is not None else behind
            if (behind - start) % 2:
                yield start

    return search
