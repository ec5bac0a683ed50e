"""The decoding rules, whole buffer, naive: the executable definition of what this library does.

Read it to learn what a decoder gives for which bytes. It asks of every place what every format says there, from scratch and
byte by byte, and cares for nothing but being obviously right. The engines are held equal to it by property tests. They
share the model with it (which part sizes which, `FrameFormat.plan`), and the pure checksum and stuffing functions, but no
code that decides.

Three layers, top down:

- `decode` cuts a stream into events: `_strict` or `_early` say which places are frames, `_assemble` makes gaps of the rest;
- `judge` says what one format thinks of one place;
- `Probe` (in `reference_probe.py`) walks the parts of one frame, on top of what parts say of each other
  (`reference_relations.py`) and of the bytes (`reference_bytes.py`).

`closed` says that nothing follows the data. Without it, what more bytes could still change is *undecided*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from framing.errors import Reason
from framing.events import REJECTS_KEPT, Event, Frame, Reject, gap
from framing.layout import FrameFormat
from framing.model.options import Table
from framing.protocols import Protocol
from framing.reference_bytes import Undecided
from framing.reference_probe import Probe, Verdict

GAP_LIMIT = 65_536


def decode(
    data: bytes,
    protocols: Sequence[Protocol | FrameFormat],
    *,
    order: Literal["strict", "early"] = "strict",
    witnesses: int = 2,
    gap_limit: int = GAP_LIMIT,
    closed: bool = True,
    origin: int = 0,
) -> list[Event]:
    """The events of a stream that begins with `data`; `origin` is the stream offset of its first byte."""
    stream = Stream(bytes(data), tuple(protocols), closed)
    marks = _strict(stream) if order == "strict" else _early(stream, witnesses)
    return _assemble(stream, marks, gap_limit, origin)


# --- what a place turned out to be -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Accepted:
    """A frame `[start, end)`."""

    format: FrameFormat
    start: int
    end: int
    suspect: bool = False
    checked: bool = False


Rejects = tuple[tuple[FrameFormat, Reason], ...]


@dataclass(frozen=True)
class GapByte:
    """A byte that belongs to no frame, and who rejected it for what."""

    offset: int
    fill: bool
    rejects: Rejects


Mark = Accepted | GapByte


@dataclass(frozen=True, eq=False)
class Stream:
    """The data, and who looks at it."""

    data: bytes
    protocols: tuple[Protocol | FrameFormat, ...]
    closed: bool
    formats: tuple[FrameFormat, ...] = field(init=False)
    learnt: dict[str, dict[int, int]] = field(init=False, default_factory=dict)
    """What the frames so far have added to tables that learn."""

    def __post_init__(self) -> None:
        formats = [each for one in self.protocols for each in members(one)]
        object.__setattr__(self, "formats", tuple(formats))


def members(one: Protocol | FrameFormat) -> tuple[FrameFormat, ...]:
    """The formats of a protocol; a lone format is its own protocol."""
    return tuple(one) if isinstance(one, Protocol) else (one,)


# --- strict order ----------------------------------------------------------------------------------------------------


def _strict(stream: Stream) -> list[Mark]:
    """Each place in turn; at a place each format in turn; the first that accepts gets it."""
    marks: list[Mark] = []
    at = filled = 0
    try:
        while at < len(stream.data):
            found = _settle(stream, at, marks)
            if isinstance(found, Accepted):
                marks.append(found)
                _learn(stream, found)
                at, filled = found.end, 0
            else:
                filled = max(filled, _filled(stream, at, _last_frame(marks) is not None)[0])
                marks.append(GapByte(at, at < filled, found))
                at += 1
    except Undecided:
        pass
    return marks


def _learn(stream: Stream, mark: Accepted) -> None:
    """What a frame adds to tables counts behind it."""
    values: Mapping[str, Any] | None = None
    for name, table in mark.format.tables.items():
        if isinstance(table, Table) and table.learn is not None and table.learn.format == mark.format.name:
            if values is None:
                prober = Probe(mark.format, stream, mark.start)
                prober.run(trust_marker=mark.suspect)
                values = prober.values
            if table.learn.key_ in values and table.learn.value in values:
                known = stream.learnt.setdefault(f"{mark.format.plan.protocol}.{name}", {})
                known[values[table.learn.key_]] = values[table.learn.value]


def _settle(stream: Stream, at: int, marks: list[Mark]) -> Accepted | Rejects:
    rejects: list[tuple[FrameFormat, Reason]] = []
    for protocol in stream.protocols:
        for each in members(protocol):
            verdict = judge(stream, each, at, _in_lock(protocol, marks))
            reason = verdict.reason
            if verdict.end is not None:
                if _in_lock(protocol, marks) or _confirmed(stream, protocol, each, verdict.end):
                    return Accepted(each, at, verdict.end, checked=verdict.checked)
                reason = Reason.UNCONFIRMED
            if reason is not None:
                rejects.append((each, reason))
    ridden = _flywheel(stream, at, marks)
    if isinstance(ridden, Accepted):
        return ridden
    if ridden is not None:
        rejects.append(ridden)
        rejects.sort(key=lambda one: stream.formats.index(one[0]))
    return tuple(rejects)


def _last_frame(marks: list[Mark]) -> Accepted | None:
    """The last event, where it is a frame."""
    return marks[-1] if marks and isinstance(marks[-1], Accepted) else None


def _in_lock(protocol: Protocol | FrameFormat, marks: list[Mark]) -> bool:
    last = _last_frame(marks)
    return last is not None and any(last.format is each for each in members(protocol))


def _confirmed(stream: Stream, protocol: Protocol | FrameFormat, each: FrameFormat, end: int) -> bool:
    """Whether as many intact frames follow as `lock` asks for, or the stream ends with a frame before."""
    for _ in range(each.lock.confirm if each.lock else 0):
        if end == len(stream.data):
            if stream.closed:
                return True
            raise Undecided
        follow = None
        for other in members(protocol):
            follow = judge(stream, other, end, chained=True).end
            if follow is not None:
                break
        if follow is None:
            return False
        end = follow
    return True


def _flywheel(stream: Stream, at: int, marks: list[Mark]) -> Accepted | tuple[FrameFormat, Reason] | None:
    """Rides through a damaged marker: None where there is nothing to ride on."""
    last = _last_frame(marks)
    if last is None or last.format.lock is None or not last.format.lock.misses:
        return None
    each, size, marker = last.format, last.format.plan.fixed_size, last.format.plan.marker
    if size is None or marker is None or not _may_start(stream, each, at, chained=True):
        return None
    if marker.match(stream.data, at, len(stream.data), stream.closed)[0] > 0:
        return None
    verdict = Probe(each, stream, at).run(trust_marker=True)
    if verdict.reason is not None:
        return each, verdict.reason
    for ahead in range(1, last.format.lock.misses + 1):
        place = at + ahead * size
        if place == len(stream.data) and stream.closed:
            return Accepted(each, at, at + size, suspect=True)
        length, _ = marker.match(stream.data, place, len(stream.data), stream.closed)
        if length < 0:
            raise Undecided
        if length:
            return Accepted(each, at, at + size, suspect=True)
    return each, Reason.MARKER


def _filled(stream: Stream, at: int, behind_frame: bool) -> tuple[int, int]:
    """Where a delimiter ends that closes nothing at a place, where its format may start or directly behind a frame; `at`
    where there is none. And up to where one has to look to know that, as `Verdict.read`."""
    end = read = at
    for each in stream.formats:
        if each.plan.delimited and (behind_frame or _may_start(stream, each, at)):
            size, seen = _fill_size(stream, each, at)
            end, read = max(end, at + size), max(read, seen)
    return end, read


def _fill_size(stream: Stream, each: FrameFormat, at: int) -> tuple[int, int]:
    """The bytes of a delimiter that stands at a place, 0 where none does; and up to where one has to look to know.

    Directly behind another delimiter the first bytes may be those with which that one ends; then the others count.
    """
    delimiter = each.plan.delimiter
    assert delimiter is not None
    read = at
    for shared in range(len(delimiter)):
        if shared and not (stream.data[:at].endswith(delimiter) and delimiter.endswith(delimiter[:shared])):
            continue
        rest = delimiter[shared:]
        for depth, expected in enumerate(rest):
            read = max(read, at + depth + 1)
            if at + depth >= len(stream.data):
                if not stream.closed:
                    raise Undecided
                break
            if stream.data[at + depth] != expected:
                break
        else:
            return len(rest), read
    return 0, read


# --- early order -----------------------------------------------------------------------------------------------------


def _early(stream: Stream, witnesses: int) -> list[Mark]:
    """Time is counted in bytes read. `known(s, i, t)` is what the decoding that begins with format `i` at place `s` has
    settled once `t` bytes are there (one more than there are: and the stream has ended).

    A pair (place, format) that is decided only by byte `read` is a leader until then. It is overtaken if the decoding
    behind it, which is `known(s, i + 1, ...)`, has settled `witnesses` frames back to back one byte before.
    """
    size = len(stream.data)

    @cache
    def known(start: int, first: int, time: int, behind_frame: bool, filled: int) -> tuple[Mark, ...]:
        marks: list[Mark] = []
        rejects: list[tuple[FrameFormat, Reason]] = []
        at, number = start, first
        while at < min(time, size):
            behind = behind_frame if not marks and at == start else _last_frame(marks) is not None
            if number == len(stream.formats):
                try:
                    end, read = _filled(stream, at, behind)
                except Undecided:
                    break
                if read > time:
                    break
                filled = max(filled, end)
                marks.append(GapByte(at, at < filled, tuple(rejects)))
                at, number, rejects = at + 1, 0, []
                continue
            each = stream.formats[number]
            try:
                verdict = judge(stream, each, at)
                read = verdict.read if verdict.read <= size else size + 1
            except Undecided:
                verdict, read = Verdict(None, None, 0), size + 2
            if read - 1 > at and _witnessed(known(at, number + 1, min(read - 1, time), behind, filled), witnesses):
                rejects.append((each, Reason.OVERTAKEN))
                number += 1
            elif read > time:
                break
            elif verdict.end is not None:
                marks.append(Accepted(each, at, verdict.end, checked=verdict.checked))
                at, number, rejects, filled = verdict.end, 0, [], 0
            else:
                if verdict.reason is not None:
                    rejects.append((each, verdict.reason))
                number += 1
        return tuple(marks)

    return list(known(0, 0, size + 1 if stream.closed else size, False, 0))


def _witnessed(marks: Sequence[Mark], witnesses: int) -> bool:
    """Whether `witnesses` frames with a checksum stand back to back, fill between them not counting."""
    row = 0
    for mark in marks:
        if isinstance(mark, Accepted):
            row = row + 1 if mark.checked else 0
            if row == witnesses:
                return True
        elif not mark.fill:
            row = 0
    return False


# --- events ----------------------------------------------------------------------------------------------------------


def _assemble(stream: Stream, marks: Sequence[Mark], gap_limit: int, origin: int) -> list[Event]:
    """Frames as they are; the bytes between them as gaps of one kind, in pieces of `gap_limit`."""
    events: list[Event] = []
    run: list[GapByte] = []

    def flush(everything: bool) -> None:
        while len(run) >= gap_limit or (everything and run):
            piece = run[:gap_limit]
            del run[:gap_limit]
            found = [Reject(origin + b.offset, f.full_name, reason) for b in piece for f, reason in b.rejects]
            raw = bytes(stream.data[b.offset] for b in piece)
            reasons = Counter(each.reason for each in found)
            events.append(gap(origin + piece[0].offset, raw, piece[0].fill, tuple(found[:REJECTS_KEPT]), reasons))

    for mark in marks:
        if isinstance(mark, Accepted):
            flush(everything=True)
            events.append(Frame(mark.format, origin + mark.start, stream.data[mark.start : mark.end], mark.suspect))
            continue
        if run and run[-1].fill != mark.fill:
            flush(everything=True)
        run.append(mark)
    flush(everything=stream.closed)
    return events


# --- one format at one place -----------------------------------------------------------------------------------------


def judge(stream: Stream, each: FrameFormat, at: int, chained: bool = False) -> Verdict:
    """What a format says of a place, directly behind a frame of its protocol if `chained`. Raises `Undecided`."""
    if not _may_start(stream, each, at, chained):
        return Verdict(None, None, at)
    if each.plan.delimited:
        size, read = _fill_size(stream, each, at)
        if size:
            return Verdict(None, None, read)  # closes nothing: fill, which is no reject
    return Probe(each, stream, at).run()


def _may_start(stream: Stream, each: FrameFormat, at: int, chained: bool = False) -> bool:
    """Whether the place is a candidate as far as what is before it tells. A marker is looked for by the probe."""
    plan = each.plan
    if plan.block is not None and plan.block - at % plan.block < plan.min_size:
        return False
    if plan.delimited:
        return at == 0 or stream.data[:at].endswith(plan.delimiter or b"")
    if each.behind is not None:
        ends = (stream.data[max(at - len(one), 0) : at] for one in each.behind.sync)
        if any(each.behind.pattern.stands(end) for end in ends):
            return True
    return "anywhere" in each.places or ("silence" in each.places and at == 0) or ("chained" in each.places and chained)


def probe(each: FrameFormat, data: bytes, at: int = 0, closed: bool = True) -> Verdict:
    """Probes for a frame at offset `at`. Raises `Undecided`."""
    return Probe(each, Stream(data, (each,), closed), at).run()
