"""A layout made flat: which part has which size, who sizes whom, where the frame ends, what is checked when.

A `Plan` is made once from the parts of a format. The prober, the engines, the encoder and the reader all run it. Making it
is also what refuses impossible layouts: everything a decoder relies on is settled here, so that data can never surprise it.

Two layers of bytes: *wire* bytes are what the stream carries; *logical* bytes are what they are once the stuffed area is
unstuffed. Without transparency they are the same. Sizes, spans and checksums speak of logical bytes, `max_size` of wire
bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from framing.markers import Buffer, idle
from framing.model.data import Data
from framing.model.options import Transparency
from framing.model.parts import AnyPart, Part
from framing.model.sizes import frame_size, part_sizes
from framing.planning import area, following
from framing.planning.coverage import covered, covers_area_whole
from framing.planning.expressions import tables_used
from framing.planning.facts import Equation
from framing.planning.learning import learning, taught
from framing.planning.lengths import lengths_of
from framing.planning.names import used_names
from framing.planning.opens import opens_of
from framing.planning.outline import outlined


class Plan:
    """The flat plan of one layout. All indices are those of `parts`."""

    def __init__(
        self,
        parts: Sequence[AnyPart],
        transparency: Transparency | None,
        max_size: int | None,
        tables: Mapping[str, Mapping[int, int]],
        block: int | None = None,
        protocol: str = "",
    ) -> None:
        outline = outlined(parts, transparency)
        self.parts = outline.parts
        self.tables = tables
        self.compiled: object = None
        """What the compiled engine made of it, once it did."""
        self.labels, self.values = outline.names.labels, outline.names.values
        """The parts by the names that spans may speak of, and by the names of their values."""
        self.marker = outline.marker
        self.follow = outline.follow
        """What must stand behind a frame; None where anything may."""
        self.transparency, self.stuffing, self.area = transparency, outline.stuffing, outline.area
        self.delimiter = outline.delimiter
        """The bytes that close the stuffed area; None where no delimiter does."""
        self.fill = idle(self.delimiter, shared=False) if self.delimiter else None
        self.fill_behind = idle(self.delimiter, shared=True) if self.delimiter else None
        """A delimiter that closes nothing, and the same directly behind another, with which it may share its first bytes."""
        self.scope = tables_used(outline, tables)
        """The tables that expressions know by name, as `evaluate` wants them beside the values."""
        lengths = lengths_of(outline)
        self.equations = lengths.equations
        self.wired = lengths.wired
        """The length that tells where the stuffed area ends, on the wire."""
        self.opens = opens_of(outline, lengths)
        self.stop_behind_area = area.stop_behind(outline, self.opens)
        """The `end` part that closes the stuffed area, recognised outside stuffing; None where sizes tell its end."""
        self.searched = following.searched(outline, self.opens)
        """The open data that ends where the frame does, by what follows; None where the frame's end is told from within."""
        self._coverage = covered(outline)
        self.overs = self._coverage.overs
        """The parts that each checksum covers, from the first to the last."""
        self.pieces = self._coverage.pieces
        """The same of a checksum that covers anything but one run of unstuffed parts, whole."""
        self.stored = self._coverage.stored
        """Of the checksums that stand in bits, where."""
        area.check_around(outline, self.stop_behind_area)
        following.check_follow(outline, self.searched, self._coverage)
        self.protocol = protocol
        """Whose frames add to tables that learn."""
        self.learnt = learning(tables)
        """The tables that learn."""
        self.taught = taught(outline, self.learnt)
        """The data part whose size a learnt entry gives; None where there is none."""
        self.sizes = part_sizes(self)
        area.check_end(outline, self.stop_behind_area, self.wired, self.sizes)
        self.block = block
        """Bytes of the blocks of the stream none of which a frame may leave; None where there are no blocks."""
        self.min_size, self.max_size = frame_size(self, min(max_size or block, block) if block else max_size)
        self.payload = _payload(self.parts)
        """The data part that is the payload: the one of that name, else the last; None where there is none."""
        self._checksums_ready = [
            [own for own, (_, last) in self.overs.items() if max(own, last) == index] for index in range(len(self.parts))
        ]
        self._equations_ready = [
            [equation for equation in self.equations if equation.ready == index] for index in range(len(self.parts))
        ]

    @cached_property
    def used_names(self) -> frozenset[str]:
        """The names that expressions read."""
        return used_names(self.parts)

    @property
    def delimited(self) -> bool:
        """Whether frames start behind a delimiter instead of at a marker."""
        return self.marker is None and self.delimiter is not None

    @property
    def closing(self) -> int:
        """Wire bytes of the delimiter that closes the stuffed area; 0 without."""
        return len(self.delimiter or b"")

    def fill_at(self, buffer: Buffer, at: int, end: int, final: bool) -> tuple[int, int]:
        """The length of a delimiter that closes nothing, at `at` of `buffer[:end]`, and what it took to know, as `Pattern.match`.

        Where that begins with the end of a delimiter directly in front of it, only what is new counts.
        """
        assert self.delimiter is not None and self.fill is not None and self.fill_behind is not None
        behind = bytes(buffer[max(0, at - self.closing) : at]) == self.delimiter
        return (self.fill_behind if behind else self.fill).match(buffer, at, end, final)

    @property
    def fixed_size(self) -> int | None:
        """The frame's size in bytes where it is always the same."""
        return self.min_size if self.min_size == self.max_size and not self.opens and not self.area else None

    @cached_property
    def watches_marker(self) -> bool:
        """Whether a raw marker in the stuffed area is looked for; some kinds tell it by themselves, or a delimiter closes the area."""
        told = self.stuffing is None or self.stuffing.tells_marker or self.marker is None
        return not told and self.transparency is not None and self.transparency.closes is False

    @cached_property
    def doubled_opens(self) -> bool:
        """Whether an escape that is not doubled could begin the marker: a raw marker in the stuffed area."""
        escape = self.stuffing.doubles if self.stuffing else b""
        loose = self.transparency is not None and self.transparency.closes is False
        return bool(escape) and loose and self.marker is not None and any(each.startswith(escape) for each in self.marker.alternatives)

    def in_area(self, index: int) -> bool:
        """Whether a part is stuffed on the wire."""
        return self.area is not None and self.area[0] <= index <= self.area[1]

    def checksums_ready(self, index: int) -> list[int]:
        """The checksums that can be verified once part `index` is there."""
        return self._checksums_ready[index]

    def equations_ready(self, index: int) -> list[Equation]:
        """The lengths that can be applied once part `index` is there."""
        return self._equations_ready[index]

    def least_wire_after(self, index: int) -> int:
        """The fewest wire bytes that the parts behind `index` take."""
        least = sum(low for low, _ in self.sizes[index + 1 :])
        return least + self.closing

    def tables_after(self, learnt: Mapping[str, Mapping[int, int]]) -> dict[str, Mapping[int, int]]:
        """The tables with what has been learnt: by name, `protocol.table`."""
        more = {name: learnt.get(f"{self.protocol}.{name}", {}) for name in self.learnt}
        return {name: {**table, **more[name]} if more.get(name) else table for name, table in self.tables.items()}

    def covers_sum(self, own: int, other: int) -> bool:
        """Whether a checksum covers the bytes in which another one stands."""
        stored = self.stored.get(other)
        return self.covers(own, other) if stored is None else any(self.covers(own, self.values[name]) for name in stored.names)

    def covers(self, own: int, index: int) -> bool:
        """Whether a checksum covers a part."""
        return self._coverage.covers(own, index)

    def covers_area_whole(self, index: int, spans: Sequence[tuple[int, int]]) -> bool:
        """Whether no span of a checksum begins or ends within the stuffed area, and it is verified behind that."""
        assert self.area is not None
        return covers_area_whole(self.area, index, spans)


def _payload(parts: Sequence[Part]) -> int | None:
    data = [index for index, part in enumerate(parts) if isinstance(part, Data)]
    named = [index for index in data if parts[index].name == "payload"]
    found = named or data[-1:]
    return found[0] if found else None
