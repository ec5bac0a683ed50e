"""Where frames may start: the next place of interest in a buffer, and which formats to ask there.

Built once for the formats of a decoder. `by_byte[b]` lists the formats that a frame beginning with byte `b` can have, in
their order; markers are searched with one compiled regular expression, or with `bytes.find` where there is only one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from framing.layout import FrameFormat
from framing.markers import Pattern, idle
from framing.model.options import ANYWHERE, Learn, Table
from framing.model.patterns import End, Sync
from framing.plan import Plan
from framing.probing.intake import Window
from framing.protocols import Protocol
from framing.shortcuts.shortcut import Guarded, Run, Shortcut, guarded, run, shortcut

Found = Callable[[bytes | bytearray, int, int], int]
"""`find(buffer, begin, end)`: the first place of interest, `end` where there is none."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One format of a decoder. `group` numbers its protocol, `rank` its place in the order of all formats."""

    format: FrameFormat
    rank: int
    group: int
    shortcut: Shortcut | None
    delimiter: bytes | None
    lone: int | None  # the delimiter where it is one byte
    teaches: tuple[tuple[str, Learn], ...]  # the tables to which its frames add entries
    free: bool  # nothing but a marker or the bytes themselves tell whether a frame may start at a place
    places: tuple[str, ...]  # else where: anywhere, silence, chained
    behind: Pattern | None  # and behind which bytes
    marker: int  # bytes of the longest alternative of its marker; 0 without
    prompt: bool  # what the short cut accepts is decided by the frame's last byte, and holds a checksum
    confirm: int
    misses: int

    @cached_property
    def guarded(self) -> Guarded | None:
        """The short cut for streams with a memory; made when it is first needed."""
        return guarded(self.format.plan)

    def accept(self, window: Window, at: int) -> int:
        """What the short cut says of a place, as offsets in the window's buffer; 0 where there is none."""
        offset, size, memory = at - window.base, len(window.buffer), window.memory
        if memory is not None:
            return self.guarded(window.buffer, offset, size, memory) if self.guarded is not None else 0
        return self.shortcut(window.buffer, offset, size) if self.shortcut is not None else 0


@dataclass(frozen=True, eq=False)
class Formats:
    """All formats of a decoder, compiled."""

    entries: tuple[Entry, ...]
    groups: tuple[tuple[Entry, ...], ...]
    by_byte: tuple[tuple[Entry, ...], ...]
    delimiters: frozenset[bytes]
    opening: frozenset[int]
    """Bytes with which a delimiter can begin that closes nothing."""
    closing: frozenset[int]
    """Bytes with which a delimiter ends."""
    always_fill: frozenset[int]
    """Delimiters of one byte with which no frame can begin: where any delimited format may start, they are fill."""
    placed: bool
    """Whether some formats start only where the stream does, or behind frames."""
    before: int
    """Bytes in front of a place that may tell whether a frame may start there."""
    runs: tuple[Run | None, ...]
    """For each format the loop over its frames back to back; None where another format may have to be asked first."""
    find: Found
    find_begun: Found
    """The same as `find`, but a place where a marker has only begun is one of interest too."""


def compiled(protocols: Sequence[Protocol | FrameFormat]) -> Formats:
    """The formats of these protocols in their order; a lone format is a protocol of its own."""
    entries: list[Entry] = []
    groups: list[tuple[Entry, ...]] = []
    for number, one in enumerate(protocols):
        group = []
        for each in one if isinstance(one, Protocol) else (one,):
            plan, lock = each.plan, each.lock
            delimiter = plan.delimiter if plan.delimited else None
            confirm, misses = (lock.confirm, lock.misses) if lock else (0, 0)
            marker = plan.marker.longest if plan.marker is not None else 0
            free = delimiter is None and each.places == ANYWHERE and plan.block is None
            behind = each.behind.pattern if each.behind is not None else None
            teaches = lessons(each)
            quick, prompt = None if teaches else shortcut(plan), _is_prompt(plan)
            lone = delimiter[0] if delimiter is not None and len(delimiter) == 1 else None
            entry = Entry(
                each, len(entries), number, quick, delimiter, lone, teaches, free, each.places, behind, marker, prompt, confirm, misses
            )
            group.append(entry)
            entries.append(entry)
        groups.append(tuple(group))
    firsts = [_first_bytes(entry) for entry in entries]
    by_byte = tuple(
        tuple(entry for entry, first in zip(entries, firsts, strict=True) if byte in first) for byte in range(256)
    )
    delimiters = frozenset(entry.delimiter for entry in entries if entry.delimiter is not None)
    opening = frozenset(rest[0] for each in delimiters for rest in idle(each, shared=True).alternatives)
    closing = frozenset(each[-1] for each in delimiters)
    marked = any(entry.lone != only for only in closing for byte in closing for entry in by_byte[byte])
    always_fill = frozenset() if marked else closing
    runs = tuple(
        run(entry.format) if entry.free and not entry.teaches and not delimiters and all(by_byte[byte][0] is entry for byte in first) else None
        for entry, first in zip(entries, firsts, strict=True)
    )
    finders = _finder(entries, whole=True), _finder(entries, whole=False)
    placed = any(word in entry.places for entry in entries for word in ("silence", "chained"))
    before = max(entry.behind.longest if entry.behind is not None else len(entry.delimiter or b" ") for entry in entries)
    return Formats(
        tuple(entries), tuple(groups), by_byte, delimiters, opening, closing, always_fill, placed, before, runs, *finders
    )


def lessons(each: FrameFormat) -> tuple[tuple[str, Learn], ...]:
    """The tables (`protocol.table`) to which frames of a format add entries."""
    return tuple(
        (f"{each.plan.protocol}.{name}", table.learn)
        for name, table in each.tables.items()
        if isinstance(table, Table) and table.learn is not None and table.learn.format == each.name
    )


def _is_prompt(plan: Plan) -> bool:
    for part in plan.parts:
        several = part.sync if isinstance(part, Sync) else part.end if isinstance(part, End) else ()
        if any(one is not other and one.startswith(other) for one in several for other in several):
            return False
    return any(plan.parts[own].if_ is None for own in plan.overs)


def _first_bytes(entry: Entry) -> frozenset[int]:
    marker = entry.format.plan.marker
    return marker.first_bytes() if marker is not None else frozenset(range(256))


def _finder(entries: Sequence[Entry], whole: bool) -> Found:
    markers = [entry.format.plan.marker for entry in entries]
    anywhere = (entry.delimiter is None and entry.places == ANYWHERE for entry in entries)
    if any(marker is None and free for free, marker in zip(anywhere, markers, strict=True)):
        return lambda buffer, begin, end: begin
    patterns = [_begun(marker, whole) for marker in markers if marker is not None]
    delimiters = sorted({entry.delimiter for entry in entries if entry.delimiter is not None})
    if delimiters:
        patterns.append(_behind(Pattern(tuple(delimiters))))
    patterns += [_behind(entry.behind) for entry in entries if entry.behind is not None and entry.format.plan.marker is None]
    if not patterns:
        return lambda buffer, begin, end: end
    search = re.compile(b"|".join(dict.fromkeys(patterns)), re.DOTALL).search

    def find(buffer: bytes | bytearray, begin: int, end: int) -> int:
        match = search(buffer, begin, end)
        return match.start() if match else end

    only = [alternative for marker in markers if marker and marker.exact for alternative in marker.alternatives]
    if whole and len(patterns) == 1 and len(only) == 1:
        return _single(only[0])
    return find


def _single(marker: bytes) -> Found:
    """One exact marker: `bytes.find` is several times as fast as a regular expression."""

    def find(buffer: bytes | bytearray, begin: int, end: int) -> int:
        found = buffer.find(marker, begin)
        if found >= 0:
            return found
        for size in range(min(len(marker) - 1, end - begin), 0, -1):
            if buffer.endswith(marker[:size], begin):
                return end - size
        return end

    return find


def _begun(marker: Pattern, whole: bool) -> bytes:
    """A regular expression for the marker, or for its beginning: at the end of the buffer, or (not `whole`) anywhere."""
    if not marker.exact or not whole:
        return b"[" + b"".join(map(_escaped, sorted(marker.first_bytes()))) + b"]"
    return b"|".join(map(_nested, marker.alternatives))


def _behind(pattern: Pattern) -> bytes:
    """A regular expression for the places behind the pattern, as near as can be told at a glance."""
    if not pattern.exact:
        return b"(?<=[" + b"".join(map(_escaped, sorted(pattern.last_bytes()))) + b"])"
    return b"|".join(b"(?<=" + re.escape(each) + b")" for each in pattern.alternatives)


def _nested(rest: bytes) -> bytes:
    first = _escaped(rest[0])
    return first if len(rest) == 1 else first + b"(?:" + _nested(rest[1:]) + rb"|\Z)"


def _escaped(byte: int) -> bytes:
    return b"\\x%02x" % byte
