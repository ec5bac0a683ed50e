"""Whether a stored checksum is that of the bytes it covers.

The bytes are taken from where they are at hand: from the stream where nothing is stuffed, out of the frame's logical bytes
where something is. What has been added up before is not added up again, be it by the stream's memory or, where several ends
of a frame are tried, by the frame itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from framing.errors import Reason
from framing.model.checks import Checksum, Implied
from framing.probing.intake import Rejected
from framing.probing.known import Known
from framing.probing.memory import covered, joined
from framing.sums.algorithms import Algorithm
from framing.sums.prefixes import Prefixes, form

SHORT = 64
"""Bytes up to which a checksum is computed anew for each place at which a frame could end."""


def verify(frame: Known, own: int) -> None:
    """Computes the checksum of part `own`, and raises `Rejected` where another one is stored."""
    part = frame.plan.parts[own]
    assert isinstance(part, Checksum)
    first, last = frame.plan.overs[own]
    begin, end = frame.edges[first - 1] if first else 0, frame.edges[last]
    hole = frame.spans[own] if first <= own <= last else None
    more = b""
    if part.extra is not None:
        extra = frame.looked_up(part.extra)
        if not 0 <= extra <= 0xFF:
            raise Rejected(Reason.LENGTH)
        more = bytes([extra])
    if own in frame.plan.pieces:
        computed = _checksum_over(frame, part, own, more)
    else:
        computed = _checksum(frame, part.algorithm, begin, end, hole, more)
    stored = frame.plan.stored.get(own)
    if computed != (frame.names[part.name] if stored is None else stored.value(frame.names)):
        raise Rejected(Reason.CHECKSUM)
    frame.checked = True


def _checksum_over(frame: Known, part: Checksum, own: int, more: bytes) -> int:
    """The checksum of several things one behind the other."""
    places: list[tuple[int, int] | bytes] = []  # spans of the stream where it has the bytes as they are
    for piece in frame.plan.pieces[own]:
        if isinstance(piece, Implied):
            places.append(_implied(frame, piece))
            continue
        begin, end = frame.edges[piece[0] - 1] if piece[0] else 0, frame.edges[piece[1]]
        if own in frame.plan.stored:
            places += _masked(frame, own, begin, end)
        elif part.wire:
            places.append((frame.wire_place(begin), frame.wire_place(end)))
        elif piece[0] <= own <= piece[1]:
            places.append(covered(frame.logical_bytes(0, end), begin, end, frame.spans[own], b""))
        elif frame.plain:
            places.append((frame.start + begin, frame.start + end))
        else:
            places.append(frame.logical_bytes(begin, end))
    places.append(more)
    if frame.window.memory is not None:
        return frame.window.memory.checksum_over(part.algorithm, places)
    return part.algorithm.compute(b"".join(joined(frame.window.buffer, frame.window.base, places)))


def _masked(frame: Known, own: int, begin: int, end: int) -> Iterator[tuple[int, int] | bytes]:
    """The logical bytes `[begin, end)`, the members that hold the checksum itself taken for zero."""
    for part, offset, mask in sorted(frame.plan.stored[own].masks):
        at = frame.spans[part][0] + offset
        if begin <= at < end:
            yield (frame.start + begin, frame.start + at) if frame.plain else frame.logical_bytes(begin, at)
            yield bytes([frame.logical_bytes(at, at + 1)[0] & mask])
            begin = at + 1
    yield (frame.start + begin, frame.start + end) if frame.plain else frame.logical_bytes(begin, end)


def _implied(frame: Known, implied: Implied) -> bytes:
    """The bytes of a value that is covered but not sent."""
    try:
        return implied.type.write(frame.evaluated(implied.value))
    except ValueError:
        raise Rejected(Reason.FIELD) from None


def _checksum(frame: Known, used: Algorithm, begin: int, end: int, hole: tuple[int, int] | None, more: bytes) -> int:
    """The checksum of the logical bytes `[begin, end)`, those of `hole` taken for zero, and of `more`."""
    start, memory = frame.start, frame.window.memory
    if not frame.plain:
        return used.compute(covered(frame.logical, begin, end, hole, more))
    if memory is not None:
        return memory.checksum(used, start + begin, start + end, hole and (start + hole[0], start + hole[1]), more)
    if frame.tried and end - begin >= SHORT:
        prefixes = _prefixes(frame, used)
        if prefixes is not None:
            where = hole and (start + hole[0], start + hole[1])
            return prefixes.checksum(frame.window.buffer, frame.window.base, start + begin, start + end, where, more)
    offset = start - frame.window.base
    return used.compute(covered(frame.window.buffer, offset + begin, offset + end, hole and (offset + hole[0], offset + hole[1]), more))


def _prefixes(frame: Known, used: Algorithm) -> Prefixes | None:
    """Running states of a checksum from the candidate on, as its span is tried with several ends."""
    if used.compute not in frame.prefixes:
        prefix_form = form(used)
        frame.prefixes[used.compute] = Prefixes(prefix_form, frame.start) if prefix_form else None
    return frame.prefixes[used.compute]
