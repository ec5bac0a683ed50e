"""Frames and gaps as columns: where each starts and ends, and of what format it is, with no object a frame.

    >>> import framing
    >>> ubx = framing.load("ubx")
    >>> data = b"noise" + b"".join(ubx.encode(b"hello", **{"class": 6, "id": each}) for each in (1, 2, 3))
    >>> spans = framing.scan(data, ubx)
    >>> spans
    <Spans 3 frames (ubx 3), 1 gap, 44 bytes>
    >>> spans.start.tolist(), spans.end.tolist(), spans.format.tolist()
    ([0, 5, 18, 31], [5, 18, 31, 44], [-1, 0, 0, 0])
    >>> spans.reasons[spans.reason[0]]
    <Reason.NOISE: 'noise'>
    >>> spans.column("ubx", "id")
    Column('B', [1, 2, 3])
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import compress, repeat
from operator import not_
from types import TracebackType
from typing import Any

from framing.columns import places, rows
from framing.columns.column import Column, gather
from framing.columns.kinds import Sources, sources
from framing.engines import GAP, REASONS
from framing.errors import Reason, near_miss
from framing.layout import FrameFormat
from framing.reading.reader import walk
from framing.stats import Stats, Totals


class Spans:
    """Frames and gaps as columns, one row for each event that a decoder would give, in that order.

    Attributes: `start` and `end`, offsets in the stream in bytes (int64); `format`, the number of the format in `names`, or -1
    for a gap (int16); `reason`, a number in `reasons` (uint8): a gap's reason, 0 for a frame, or that of MARKER for a suspect
    one; `names`, the formats' full names in their order; `reasons`, None and then every `Reason`; `base`, the offset in the
    stream where the rows begin, 0 for a whole buffer; `nbytes`, how many bytes they cover.

    The buffer is held, not copied: it cannot be closed or change its size, and should not change at all, until `release`, or
    the end of a `with` block, gives it back. The columns stay.
    """

    def __init__(
        self, view: memoryview, formats: Sequence[FrameFormat], columns: Sequence[Column], totals: Totals, base: int = 0
    ) -> None:
        self.start, self.end, self.format, self.reason = columns
        self.names = tuple(each.full_name for each in formats)
        self.reasons = REASONS
        self.base = base
        self.nbytes = len(view)
        self._view: memoryview | None = view
        self._formats = tuple(formats)
        self.stats = Stats(lambda: totals, lambda: self.nbytes)
        """The counts of these rows, as a decoder's `stats` has them."""

    # --- rows -------------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.start)

    def frames(self, format: str | None = None) -> Column:  # noqa: A002
        """The rows that are frames, or frames of one format. Raises `KeyError` for a format that is none."""
        return rows.chosen(self.format, GAP, others=True) if format is None else self._rows(self._number(format))

    def gaps(self) -> Column:
        """The rows that are gaps, fill among them."""
        return self._rows(GAP)

    def counts(self) -> dict[tuple[str | None, Reason | None], tuple[int, int]]:
        """By format (None: a gap) and reason (None: a frame that is not suspect), how many rows there are and their bytes."""
        found: dict[tuple[str | None, Reason | None], tuple[int, int]] = {}
        for (number, reason), counted in rows.counts(self.start, self.end, self.format, self.reason).items():
            found[None if number == GAP else self.names[number], self.reasons[reason]] = counted
        return found

    def raw(self, row: int) -> memoryview:
        """The bytes of a row, not copied. Raises `IndexError`, or `ValueError` where the buffer was released."""
        return self._buffer()[self.start[row] - self.base : self.end[row] - self.base]

    def _rows(self, number: int) -> Column:
        return rows.chosen(self.format, number)

    def _number(self, name: str) -> int:
        if name not in self.names:
            near = near_miss(str(name), self.names)
            hint = f"did you mean {near!r}?" if near else f"known are {', '.join(self.names)}"
            raise KeyError(f"unknown format {name!r}; {hint}")
        return self.names.index(name)

    # --- fields -----------------------------------------------------------------------------------------------------

    def column(self, format: str, field: str, absent: float | None = None) -> Column:  # noqa: A002
        """One field of all frames of a format, in the order of `frames(format)`.

        The type is the smallest that holds every value of the field's type; an f32 or f64 stays one. `absent` stands where a
        frame lacks the field (`if`), and widens the type as far as it takes. A field that is not at the same place in all
        frames, behind a part of varying size or stuffed, is read frame by frame, which takes far longer.

        Raises `KeyError` for an unknown format or field; `ValueError` for bytes, for integers of more than 64 bits, where a
        frame lacks the field and `absent` is not given, and where the buffer was released.
        """
        number = self._number(format)
        plan = self._formats[number].plan
        code = places.typecode(plan, field, absent if places.optional(plan, field) else None)
        place = places.place_of(plan, field)
        if place is None:
            return self._read(number, field, code, absent)
        return self._gathered(number, place, code)

    def kinds(self, format: str) -> Counter[tuple[Any, ...]]:  # noqa: A002
        """How many frames of a format there are of each kind, as `Frame.kind` says it.

        Kinds made of numbers at fixed places, or of the first bytes of a part at one, are evaluated once for all frames that agree in
        these; others take reading each frame, which takes far longer. Raises `KeyError` for an unknown format, and `ValueError` where
        the buffer was released.
        """
        number = self._number(format)
        each, chosen = self._formats[number], self._rows(number)
        known = sources(each.plan, each.kind)
        starts, ends = list(map(self.start.__getitem__, chosen)), map(self.end.__getitem__, chosen)
        enough = math.inf if known is None else known.enough
        told = [end - start >= enough for start, end in zip(starts, ends, strict=True)] if enough else [True] * len(starts)
        found = Counter(each.kind_of(*each.reader(bytes(self.raw(row)))) for row in compress(chosen, map(not_, told)))
        if known is not None:
            for values, frames in Counter(compress(self._values(each, known, starts), told)).items():
                names = dict(zip(known.names, values, strict=True))
                found[each.kind_of(names, names.get(str(each.payload_name), b""))] += frames
        return found

    def _values(self, each: FrameFormat, known: Sources, starts: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """What the kinds of these frames are made of, one tuple for each; of those that are too small, whatever stands there."""
        columns: list[Iterable[Any]] = [self.column(each.full_name, name) for name in known.numbers]
        columns += (front.of(self._buffer(), self.base, starts) for front in known.fronts)
        return zip(*columns, strict=True) if columns else repeat((), len(starts))

    def _gathered(self, number: int, place: places.Place, code: str) -> Column:
        """A field at a fixed place."""
        place = replace(place, offset=place.offset - self.base)
        if place.anchor == "payload":
            origins = self.payload(self.names[number])[1]
            return gather(self._buffer(), origins, Column("h", [number] * len(origins)), number, place, code)
        origins = self.start if place.anchor == "start" else self.end
        return gather(self._buffer(), origins, self.format, number, place, code)

    def _read(self, number: int, field: str, code: str, absent: float | None) -> Column:
        """A field that takes reading each frame."""
        each, made = self._formats[number], Column(code)
        for start, raw in self._raws(number):
            value = each.reader(raw)[0].get(field, absent)
            if value is None:
                raise ValueError(f"{field}: the frame at offset {start} has none; `absent` gives a value to put there")
            try:
                made.append(value)
            except OverflowError:
                raise ValueError(f"{field}: {value} in the frame at offset {start} does not fit 64 bits") from None
        return made

    def _raws(self, number: int) -> Iterator[tuple[int, bytes]]:
        for row in self._rows(number):
            yield self.start[row], bytes(self.raw(row))

    def payload(self, format: str) -> tuple[Column, Column]:  # noqa: A002
        """Where the payloads of a format start and end in the stream, in bytes, in the order of `frames(format)`.

        An absent payload is empty, where it would have stood. Raises `KeyError` for an unknown format, and `ValueError` where
        there is no payload, or it is stuffed or cut into blocks, so that its bytes do not stand side by side.
        """
        number = self._number(format)
        plan = self._formats[number].plan
        index = places.payload_index(plan)
        before, behind = places.bytes_before(plan, index), places.bytes_behind(plan, index)
        if before is not None and (behind is not None or places.payload_length(plan) is not None):
            starts = Column("q", (self.start[row] + before for row in self._rows(number)))
            return starts, self._payload_ends(number, starts)
        found = [self._payload_of(number, index, start, raw) for start, raw in self._raws(number)]
        return Column("q", (first for first, _ in found)), Column("q", (last for _, last in found))

    def _payload_ends(self, number: int, starts: Iterable[int]) -> Column:
        """The payloads' ends, where those lie at a fixed distance from the frames' ends or a length alone tells."""
        each = self._formats[number]
        assert each.plan.payload is not None
        behind = places.bytes_behind(each.plan, each.plan.payload)
        if behind is not None:
            return Column("q", (self.end[row] - behind for row in self._rows(number)))
        length = places.payload_length(each.plan)
        assert length is not None
        sizes = self.column(each.full_name, length.name)
        return Column("q", (start + size * length.unit + length.bias for start, size in zip(starts, sizes, strict=True)))

    def _payload_of(self, number: int, index: int, start: int, raw: bytes) -> tuple[int, int]:
        """The place of a payload that takes reading the frame."""
        plan = self._formats[number].plan
        _, parts = walk(plan, raw)
        front = max((last for part, (_, last) in parts.items() if part < index), default=0)
        first, last = parts.get(index, (front, front))
        behind = places.bytes_behind(plan, index)
        end = start + (last if behind is None else len(raw) - behind)
        return end - (last - first), end

    # --- the buffer -------------------------------------------------------------------------------------------------

    def _buffer(self) -> memoryview:
        if self._view is None:
            raise ValueError("the buffer was released; only the columns are left")
        return self._view

    def release(self) -> None:
        """Gives the buffer back, so that an mmap can be closed. Views that `raw` gave hold it too, as long as they live."""
        if self._view is not None:
            self._view.release()
            self._view = None

    def __enter__(self) -> Spans:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    # --- the whole --------------------------------------------------------------------------------------------------

    def _columns(self) -> dict[str, Column]:
        return {"start": self.start, "end": self.end, "format": self.format, "reason": self.reason}

    def __arrow_c_schema__(self) -> object:
        """The Arrow type, as a PyCapsule: a struct of the four columns."""
        from framing.columns import arrow

        return arrow.struct_schema(self._columns())

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """The Arrow type and array, as PyCapsules, without a copy: a struct of the four columns for each row."""
        from framing.columns import arrow

        return arrow.exported_struct(self._columns())

    def __repr__(self) -> str:
        frames = self.stats.frames
        each = ", ".join(f"{name} {number:,}" for name, number in frames.items())
        counted = _count(frames.total(), "frame") + (f" ({each})" if each else "")
        return f"<Spans {counted}, {_count(self.stats.gaps, 'gap')}, {_count(self.nbytes, 'byte')}>"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
