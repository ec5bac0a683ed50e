"""Whole buffers as columns: where each frame and each gap starts and ends, and of what format it is, with no object a frame.

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

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from types import TracebackType
from typing import TYPE_CHECKING

from framing import engines
from framing.columns import places
from framing.columns.column import Column, gather
from framing.decoder import GAP_LIMIT, WITNESSES
from framing.engines import GAP, REASONS, Formats, Order
from framing.errors import Reason, near_miss
from framing.layout import FrameFormat
from framing.reading.reader import walk
from framing.stats import Stats, Totals

if TYPE_CHECKING:
    from typing_extensions import Buffer

_FILL = REASONS.index(Reason.FILL)


class Spans:
    """The frames and gaps of a buffer as columns, one row for each event that `framing.decode` would give, in that order.

    Attributes: `start` and `end`, offsets in bytes (int64); `format`, the number of the format in `names`, or -1 for a gap
    (int16); `reason`, a number in `reasons` (uint8): a gap's reason, 0 for a frame, or that of MARKER for a suspect one;
    `names`, the formats' full names in their order; `reasons`, None and then every `Reason`; `nbytes`, the buffer's size.

    The buffer is held, not copied: it cannot be closed or change its size, and should not change at all, until `release`, or
    the end of a `with` block, gives it back. The columns stay.
    """

    def __init__(
        self,
        view: memoryview,
        formats: Sequence[FrameFormat],
        rows: Sequence[Column],
        totals: Totals,
    ) -> None:
        self.start, self.end, self.format, self.reason = rows
        self.names = tuple(each.full_name for each in formats)
        self.reasons = REASONS
        self.nbytes = len(view)
        self._view: memoryview | None = view
        self._formats = tuple(formats)
        self.stats = Stats(lambda: totals, lambda: self.nbytes)
        """The counts that a decoder's `stats` would hold after all of it."""

    # --- rows -------------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.start)

    def frames(self, format: str | None = None) -> Column:  # noqa: A002
        """The rows that are frames, or frames of one format. Raises `KeyError` for a format that is none."""
        return Column("q", compress(range(len(self)), self._chosen(None if format is None else self._number(format))))

    def raw(self, row: int) -> memoryview:
        """The bytes of a row, not copied. Raises `IndexError`, or `ValueError` where the buffer was released."""
        return self._buffer()[self.start[row] : self.end[row]]

    def _chosen(self, number: int | None) -> Iterator[bool]:
        """For each row whether it is a frame of that format, or any frame."""
        return map(GAP.__ne__ if number is None else number.__eq__, self.format)

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

    def _gathered(self, number: int, place: places.Place, code: str) -> Column:
        """A field at a fixed place."""
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
        view = self._buffer()
        for row in compress(range(len(self)), self._chosen(number)):
            start = self.start[row]
            yield start, bytes(view[start : self.end[row]])

    def payload(self, format: str) -> tuple[Column, Column]:  # noqa: A002
        """Where the payloads of a format start and end in the buffer, in bytes, in the order of `frames(format)`.

        An absent payload is empty, where it would have stood. Raises `KeyError` for an unknown format, and `ValueError` where
        there is no payload, or it is stuffed or cut into blocks, so that its bytes do not stand side by side.
        """
        number = self._number(format)
        plan = self._formats[number].plan
        index = places.payload_index(plan)
        before, behind = places.bytes_before(plan, index), places.bytes_behind(plan, index)
        if before is not None and (behind is not None or places.payload_length(plan) is not None):
            starts = Column("q", (start + before for start in compress(self.start, self._chosen(number))))
            return starts, self._payload_ends(number, starts)
        found = [self._payload_of(number, index, start, raw) for start, raw in self._raws(number)]
        return Column("q", (first for first, _ in found)), Column("q", (last for _, last in found))

    def _payload_ends(self, number: int, starts: Iterable[int]) -> Column:
        """The payloads' ends, where those lie at a fixed distance from the frames' ends or a length alone tells."""
        each = self._formats[number]
        assert each.plan.payload is not None
        behind = places.bytes_behind(each.plan, each.plan.payload)
        if behind is not None:
            return Column("q", (end - behind for end in compress(self.end, self._chosen(number))))
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


def scan(
    data: Buffer, *protocols: Formats, gap_limit: int = GAP_LIMIT, order: Order = "strict", witnesses: int = WITNESSES
) -> Spans:
    """What `framing.decode` finds in a whole buffer, as columns.

    `data` is anything contiguous with the buffer protocol: bytes, a memoryview, an mmap, a numpy array. It is held until the
    `Spans` is released. The other arguments are those of `decode`. Raises `TypeError` and `ValueError` for wrong arguments, and
    `ValueError` where two different formats have the same name; data never raises.
    """
    engine = engines.engine(protocols, gap_limit, order, witnesses)
    formats = engines.formats_of(protocols)
    first = {each.full_name: each for each in reversed(formats)}
    for each in formats:
        if each != first[each.full_name]:
            raise ValueError(f"two formats are called {each.full_name!r}; a column needs names that tell them apart")
    view = _bytes_view(data)
    rows = [Column(code) for code in "qqhB"]
    engine.scan(view, *rows)
    return Spans(view, formats, rows, engine.totals())


def _bytes_view(data: Buffer) -> memoryview:
    """The buffer's bytes, to be read only."""
    try:
        view = memoryview(data)
    except (TypeError, ValueError):  # numpy's dates have the one without the other
        raise TypeError(f"a bytes-like object is needed, not {type(data).__name__}") from None
    if not view.c_contiguous:
        raise TypeError("the buffer's bytes do not stand side by side; a copy, such as bytes(data), would do")
    return view.cast("B").toreadonly() if view.nbytes else memoryview(b"")
