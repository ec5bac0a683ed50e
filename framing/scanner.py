"""From bytes to columns: `scan` for a whole buffer, `Scanner` for a stream that comes in chunks.

    >>> import framing
    >>> ubx = framing.load("ubx")
    >>> raw = b"".join(ubx.encode(b"hello", **{"class": 6, "id": each}) for each in (1, 2, 3))
    >>> scanner = framing.Scanner(ubx)
    >>> scanner.feed(b"noise" + raw[:20])
    <Spans 1 frame (ubx 1), 1 gap, 18 bytes>
    >>> spans = scanner.feed(raw[20:])
    >>> spans.start.tolist(), spans.column("ubx", "id")
    ([18, 31], Column('B', [2, 3]))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from framing import engines
from framing.columns.column import Column
from framing.decoder import GAP_LIMIT, WITNESSES
from framing.engines import Chunk, Formats, Order
from framing.layout import FrameFormat
from framing.probing.intake import bytes_of
from framing.spans import Spans
from framing.stats import Stats

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Scanner:
    """What `Decoder` is, with columns instead of events: for streams and recordings of any length.

    Each call returns the rows that are settled by then; offsets count from the first byte of the stream, and the bytes of the
    rows can be asked for as long as the `Spans` lives. Takes the arguments of `Decoder`. Raises `TypeError` and `ValueError` for
    wrong ones, and `ValueError` where two different formats have the same name; data never raises. What a checksum function of
    yours raises goes through, and ends the scanner.
    """

    def __init__(
        self, *protocols: Formats, gap_limit: int = GAP_LIMIT, order: Order = "strict", witnesses: int = WITNESSES
    ) -> None:
        self._engine = engine = engines.engine(protocols, gap_limit, order, witnesses)
        self._formats = _told_apart(engines.formats_of(protocols))
        self._kept = bytearray()
        """The bytes that no row covers yet, from `_base` on."""
        self._base = 0
        self._ended = ""
        """What ended it."""
        self._before = engine.totals()
        self.stats = Stats(engine.totals, lambda: engine.end)

    def feed(self, chunk: Chunk) -> Spans:
        """Takes the next bytes of the stream; returns the rows that are settled. Raises `ValueError` after `close`."""
        if self._ended:
            raise ValueError(f"feed after {self._ended}: the stream has ended")
        return self._rows(bytes_of(chunk), final=False)

    def idle(self) -> Spans:
        """The line went silent: settles everything, as `Decoder.idle` does. Raises `ValueError` after `close`."""
        if self._ended:
            raise ValueError(f"idle after {self._ended}: the stream has ended")
        spans = self._rows(b"", final=True)
        self._engine.restart(self._engine.end)
        return spans

    def close(self) -> Spans:
        """Nothing follows: settles everything. Calling it again returns no rows."""
        if self._ended:
            return self._spans(memoryview(b""), _columns())
        spans = self.idle()
        self._ended = "close"
        return spans

    def _rows(self, data: bytes, final: bool) -> Spans:
        columns = _columns()
        try:
            self._engine.scan(memoryview(data), *columns, final)
        except BaseException:
            self._ended = "an error"
            raise
        ends = columns[1]
        size = ends[-1] - self._base if ends else 0
        if not self._kept:
            view = memoryview(data)[:size]
            self._kept += memoryview(data)[size:]
        else:
            self._kept += data
            with memoryview(self._kept) as kept:
                view = memoryview(bytes(kept[:size]))
            del self._kept[:size]
        return self._spans(view, columns)

    def _spans(self, view: memoryview, columns: Columns) -> Spans:
        before, self._before = self._before, self._engine.totals()
        base, self._base = self._base, self._base + len(view)
        return Spans(view, self._formats, columns, self._before.since(before), base)


def scan(
    data: Buffer, *protocols: Formats, gap_limit: int = GAP_LIMIT, order: Order = "strict", witnesses: int = WITNESSES
) -> Spans:
    """What `framing.decode` finds in a whole buffer, as columns.

    `data` is anything contiguous with the buffer protocol: bytes, a memoryview, an mmap, a numpy array. It is held until the
    `Spans` is released. The other arguments are those of `decode`. Raises `TypeError` and `ValueError` for wrong arguments, and
    `ValueError` where two different formats have the same name; data never raises.
    """
    engine = engines.engine(protocols, gap_limit, order, witnesses)
    formats = _told_apart(engines.formats_of(protocols))
    view, columns = _bytes_view(data), _columns()
    engine.scan(view, *columns)
    return Spans(view, formats, columns, engine.totals())


Columns = tuple[Column, Column, Column, Column]
"""Starts, ends, formats and reasons."""


def _columns() -> Columns:
    return Column("q"), Column("q"), Column("h"), Column("B")


def _told_apart(formats: list[FrameFormat]) -> list[FrameFormat]:
    """The same formats. Raises `ValueError` where two that differ have the same name."""
    first = {each.full_name: each for each in reversed(formats)}
    for each in formats:
        if each != first[each.full_name]:
            raise ValueError(f"two formats are called {each.full_name!r}; a column needs names that tell them apart")
    return formats


def _bytes_view(data: Buffer) -> memoryview:
    """The buffer's bytes, to be read only."""
    try:
        view = memoryview(data)
    except (TypeError, ValueError):  # numpy's dates have the one without the other
        raise TypeError(f"a bytes-like object is needed, not {type(data).__name__}") from None
    if not view.c_contiguous:
        raise TypeError("the buffer's bytes do not stand side by side; a copy, such as bytes(data), would do")
    return view.cast("B").toreadonly() if view.nbytes else memoryview(b"")
