"""A layout made flat: which part has which size, who sizes whom, where the frame ends, what is checked when.

A `Plan` is made once from the parts of a format. The prober, the engines, the encoder and the reader all run it. Making it
is also what refuses impossible layouts: everything a decoder relies on is settled here, so that data can never surprise it.

Two layers of bytes: *wire* bytes are what the stream carries; *logical* bytes are what they are once the stuffed area is
unstuffed. Without transparency they are the same. Sizes, spans and checksums speak of logical bytes, `max_size` of wire
bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from framing.errors import SpecError, near_miss
from framing.markers import Buffer, Pattern, idle
from framing.model.checks import BitsChecksum, Checksum, Implied
from framing.model.data import Data
from framing.model.expressions import Expression
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Length
from framing.model.options import Table, Transparency
from framing.model.parts import AnyPart, Part
from framing.model.patterns import End, Next, Sync
from framing.model.sizes import frame_size, part_sizes
from framing.model.traits import expressions_of, implied_by, lookups_of, may_contain, names_of, static_size
from framing.stuffing import Stuffing
from framing.sums.algorithms import Algorithm

PARTS_MOST = 256
"""Parts of one layout at most."""
_COMBINATIONS = 4096

Range = tuple[int, int | None]
"""Least and greatest; None is unbounded."""


@dataclass(frozen=True, slots=True)
class Equation:
    """What a length field says: the value of part `length` (its member `name`) * unit + bias = bytes of parts first..last.

    `sizes` is the data part whose size follows from it, None where it only has to agree. `ready` is the part behind which
    everything else in the span is known.
    """

    name: str
    part: int
    first: int
    last: int
    unit: int
    bias: int
    min: int | None
    max: int | None
    sizes: int | None
    ready: int
    wire: bool = False
    """It counts bytes of the wire, the whole stuffed area among them, which ends by it."""


@dataclass(frozen=True, slots=True)
class Open:
    """Open data: part `data` runs up to part `stop` (None: the end of the frame), the parts `tail` standing just before that."""

    data: int
    tail: tuple[int, ...]
    stop: int | None


@dataclass(frozen=True, slots=True)
class Stored:
    """Where the value of a checksum in bits stands: in the members `names`, the most significant first, of so many bits each.

    `masks`: what is kept of the bytes that it covers itself, by part and byte in it: `(part, byte, mask)`.
    """

    names: tuple[str, ...]
    widths: tuple[int, ...]
    masks: tuple[tuple[int, int, int], ...]

    def value(self, values: Mapping[str, int]) -> int:
        """The checksum that the members state."""
        whole = 0
        for name, width in zip(self.names, self.widths, strict=True):
            whole = whole << width | values[name]
        return whole

    def members(self, value: int) -> dict[str, int]:
        """The members that state a checksum."""
        found = {}
        for name, width in zip(reversed(self.names), reversed(self.widths), strict=True):
            found[name] = value & (1 << width) - 1
            value >>= width
        return found


Pieces = tuple["tuple[int, int] | Implied", ...]
"""What a checksum covers, one behind the other: spans of parts `(first, last)`, and implied values."""


@dataclass(frozen=True, slots=True)
class Follow:
    """What stands behind the frame: `pattern`, or in its stead the end of the stream; with None, only that.

    `tries`: places that one candidate tries where open data ends by it.
    """

    pattern: Pattern | None
    tries: int


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
        self.parts, following = _apart(parts)
        self.tables = tables
        self.compiled: object = None
        """What the compiled engine made of it, once it did."""
        if not 1 <= len(self.parts) <= PARTS_MOST:
            raise SpecError(f"{len(self.parts)} parts", path="layout", expected=f"1 to {PARTS_MOST}")
        self.labels = self._labelled()
        self.marker = self._marker()
        self.follow = self._follow(following)
        """What must stand behind a frame; None where anything may."""
        self.transparency = transparency
        self.stuffing: Stuffing | None = transparency.stuffing if transparency else None
        self.delimiter = transparency.delimiter if transparency else None
        """The bytes that close the stuffed area; None where no delimiter does."""
        self.fill = idle(self.delimiter, shared=False) if self.delimiter else None
        self.fill_behind = idle(self.delimiter, shared=True) if self.delimiter else None
        """A delimiter that closes nothing, and the same directly behind another, with which it may share its first bytes."""
        self.area = self._stuffed_area()
        self.scope: dict[str, Mapping[int, int]] = {}
        """The tables that expressions know by name, as `evaluate` wants them beside the values."""
        self._check_expressions()
        self.wired: Equation | None = None
        """The length that tells where the stuffed area ends, on the wire."""
        self.equations = self._equations()
        self.opens = self._opens()
        self.overs: dict[int, tuple[int, int]] = {}
        """The parts that each checksum covers, from the first to the last."""
        self.pieces: dict[int, Pieces] = {}
        """The same of a checksum that covers anything but one run of unstuffed parts, whole."""
        self.stored: dict[int, Stored] = {}
        """Of the checksums that stand in bits, where."""
        for index, part in enumerate(self.parts):
            if isinstance(part, Checksum):
                self._cover(index, part)
        self._check_area()
        self._check_follow()
        self.protocol = protocol
        """Whose frames add to tables that learn."""
        self.learnt = frozenset(name for name, table in tables.items() if isinstance(table, Table) and table.learn is not None)
        """The tables that learn."""
        self.taught = self._taught()
        """The data part whose size a learnt entry gives; None where there is none."""
        self.sizes = part_sizes(self)
        self._check_area_end()
        self.block = block
        """Bytes of the blocks of the stream none of which a frame may leave; None where there are no blocks."""
        self.min_size, self.max_size = frame_size(self, min(max_size or block, block) if block else max_size)
        self.payload = self._payload()
        self._checksums_ready = [
            [own for own, (_, last) in self.overs.items() if max(own, last) == index] for index in range(len(self.parts))
        ]
        self._equations_ready = [
            [equation for equation in self.equations if equation.ready == index] for index in range(len(self.parts))
        ]

    # --- what engines ask -------------------------------------------------------------------------------------------

    @cached_property
    def used_names(self) -> frozenset[str]:
        """The names that expressions read."""
        return frozenset(name for part in self.parts for _, used in expressions_of(part) for name in used.names)

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

    @property
    def stop_behind_area(self) -> int | None:
        """The `end` part that closes the stuffed area, recognised outside stuffing; None where sizes tell its end."""
        return next((each.stop for each in self.opens if self.in_area(each.data)), None)

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

    @property
    def searched(self) -> Open | None:
        """The open data that ends where the frame does, by what follows; None where the frame's end is told from within."""
        if self.follow is None:
            return None
        return next((each for each in self.opens if each.stop is None and not self.in_area(each.data)), None)

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

    # --- names and spans --------------------------------------------------------------------------------------------

    def _labelled(self) -> dict[str, int]:
        labels: dict[str, int] = {}
        unnamed: dict[str, list[int]] = {}
        named: dict[str, list[int]] = {}  # their kind tells them too where there is but one of it
        for index, part in enumerate(self.parts):
            if isinstance(part, (Sync, End)):
                (named if part.as_ else unnamed).setdefault("sync" if isinstance(part, Sync) else "end", []).append(index)
            for name in names_of(part):
                if name in labels:
                    raise SpecError(
                        f"{name!r} is the name of layout[{labels[name]}] too", path=f"layout[{index}]", expected="each name once"
                    )
                labels[name] = index
        self.values = dict(labels)
        self._repeated = {name: indices for name, indices in unnamed.items() if len(indices) > 1}
        for name, indices in (named | unnamed).items():
            if len(indices) == 1:
                labels.setdefault(name, indices[0])
        return labels

    def _marker(self) -> Pattern | None:
        first = self.parts[0]
        if not isinstance(first, Sync):
            return None
        if first.if_ is not None:
            raise SpecError("the opening marker cannot be optional", path="layout[0].if", expected="no `if`")
        return first.pattern

    def _follow(self, following: Next | None) -> Follow | None:
        if following is None:
            return None
        where = f"layout[{len(self.parts)}].next"
        if following.next == "marker" and self.marker is None:
            raise SpecError("this format has no marker", path=where, expected="bytes, or a sync that opens the layout")
        return Follow(following.pattern(self.marker), following.tries)

    def _check_follow(self) -> None:
        if self.follow is None:
            return
        where = f"layout[{len(self.parts)}].next"
        if self.delimiter is not None:
            raise SpecError("the delimiter closes the frame", path=where, expected="no `next`, or closes = false")
        searched = self.searched
        if searched is None or self.follow.pattern is None:
            return
        if not any(self.parts[own].if_ is None and self.covers(own, searched.data) for own in self.overs):
            name = self.parts[searched.data].name
            raise SpecError(f"nothing tells whether {name!r} ends here", path=where, expected=f"a checksum that covers {name!r}")

    def _index(self, name: str, where: str) -> int:
        if name not in self.labels and name in self._repeated:
            which = " and ".join(f"layout[{index}]" for index in self._repeated[name])
            raise SpecError(f"{name!r} may be {which}", path=where, expected="a name for one of them with `as`")
        if name not in self.labels:
            raise SpecError(
                f"unknown part {name!r}",
                path=where,
                expected=f"one of {', '.join(self.labels)}",
                near=near_miss(name, self.labels),
            )
        return self.labels[name]

    def _span(self, text: str, index: int, key: str) -> tuple[int, int]:
        where = f"layout[{index}].{key}"
        if text == "frame" and "frame" not in self.labels:
            return 0, len(self.parts) - 1
        first, dots, last = text.partition("..")
        span = self._index(first, where), self._index(last if dots else first, where)
        if span[0] > span[1]:
            raise SpecError(f"{text!r} runs backwards", path=where, expected="the earlier part first")
        return span

    def _check_expressions(self) -> None:
        for index, part in enumerate(self.parts):
            for key, used in expressions_of(part):
                last = index if key == "valid" else index - 1
                if isinstance(part, Checksum) and key != "if":  # the extra byte is needed when all else is there
                    last = max(index, *(last for _, last in self._spans(part, index)))
                known = [name for name, at in self.values.items() if at <= last and (at != index or key == "valid")]
                for name in sorted(used.names):
                    if name not in self.values and name in self.tables:
                        self._enter_table(name, used, f"layout[{index}].{key}")
                    elif name not in known:
                        later = name in self.values
                        raise SpecError(
                            f"{name!r} is not known before this part" if later else f"unknown part {name!r}",
                            path=f"layout[{index}].{key}",
                            expected=f"one of {', '.join(known)}" if known else "names of earlier parts, and there are none",
                            near=None if later else near_miss(name, known),
                        )
            for key, lookup in lookups_of(part):
                if lookup.table not in self.tables:
                    raise SpecError(
                        f"unknown table {lookup.table!r}",
                        path=f"layout[{index}].{key}.table",
                        expected=f"one of {', '.join(self.tables)}" if self.tables else f"a table [tables.{lookup.table}]",
                        near=near_miss(lookup.table, self.tables),
                    )

    def _enter_table(self, name: str, used: Expression, where: str) -> None:
        if name in used.values:
            raise SpecError(f"{name!r} is a table", path=where, expected=f"an entry of it, such as {name}[1]")
        self.scope[name] = dict(self.tables[name])

    def _taught(self) -> int | None:
        found = None
        for index, part in enumerate(self.parts):
            used = {name for _, each in expressions_of(part) for name in each.names} | {each.table for _, each in lookups_of(part)}
            learnt = sorted(used & self.learnt - self.values.keys())
            if not learnt:
                continue
            others = [each for k, each in enumerate(self.parts) if k != index]
            alone = all(static_size(each) is not None and each.if_ is None for each in others)
            plain = isinstance(part, Data) and part.if_ is None and part.blocks is None
            told = {name for key, each in expressions_of(part) if key.partition(".")[0] != "size" for name in each.names}
            if not (plain and alone and self.area is None and not told & self.learnt):
                raise SpecError(
                    f"{learnt[0]!r} learns, and a frame of this layout does not tell by its own bytes what it learnt",
                    path=f"layout[{index}]",
                    expected="it in the `size` of one data part, all other parts of fixed size and always there, no stuffing",
                )
            found = index
        return found

    def tables_after(self, learnt: Mapping[str, Mapping[int, int]]) -> dict[str, Mapping[int, int]]:
        """The tables with what has been learnt: by name, `protocol.table`."""
        more = {name: learnt.get(f"{self.protocol}.{name}", {}) for name in self.learnt}
        return {name: {**table, **more[name]} if more.get(name) else table for name, table in self.tables.items()}

    def _known_behind(self, used: Iterable[Expression | None]) -> int:
        """The last part that the expressions need."""
        return max((self.values.get(name, -1) for each in used if each for name in each.names), default=-1)

    # --- who sizes whom ---------------------------------------------------------------------------------------------

    def _equations(self) -> tuple[Equation, ...]:
        drafts = []
        for index, part in enumerate(self.parts):
            if isinstance(part, Length) or (isinstance(part, Bits) and part.length is not None):
                assert part.of is not None
                first, last = self._span(part.of, index, "of")
                if isinstance(part, Length) and part.wire:
                    self._count_wire(index, part, first, last)
                    continue
                if first == last == index:
                    raise SpecError("this length covers nothing but itself", path=f"layout[{index}].of", expected="what it counts")
                drafts.append((index, part, first, last))
        sized: dict[int, int] = {}  # in the order in which one size follows from the others
        pending = list(range(len(drafts)))
        while True:
            for number in pending:
                index, _, first, last = drafts[number]
                unknown = [k for k in range(max(first, index + 1), last + 1) if self._unsized(k) and k not in sized]
                if len(unknown) == 1:
                    sized[unknown[0]] = number
                    pending.remove(number)
                    break
            else:
                break
        self._sized_by = sized
        sizes = {number: index for index, number in sized.items()}
        for number in pending:
            index, _, first, last = drafts[number]
            unknown = [k for k in range(first, last + 1) if self._unsized(k) and k not in sized]
            if len(unknown) > 1:
                names = ", ".join(str(self.parts[k].name) for k in unknown)
                raise SpecError(
                    f"this length cannot size {names} at once", path=f"layout[{index}].of", expected="one part without a size"
                )
        self._ready: dict[int, int] = {}
        equations = []
        for number in [*sized.values(), *pending]:
            index, part, first, last = drafts[number]
            target = sizes.get(number)
            ready = max(index, *(self._settled(k, target, index) for k in range(first, last + 1)))
            if target is not None:
                if ready >= target:
                    raise SpecError(
                        f"the size of {self.parts[target].name!r} is not known where it begins",
                        path=f"layout[{index}].of",
                        expected="parts of known size around it",
                    )
                self._ready[target] = ready
            name = part.length if isinstance(part, Bits) else part.name
            assert name is not None
            equations.append(
                Equation(name, index, first, last, part.unit, part.bias, part.min, part.max, target, ready)
            )
        if self.wired is not None:
            equations.append(self.wired)
        return tuple(sorted(equations, key=lambda equation: equation.ready))  # stable: in that order where ready at once

    def _count_wire(self, index: int, part: Length, first: int, last: int) -> None:
        """A length that counts stuffed bytes."""
        where = f"layout[{index}].wire"
        if self.area is None:
            raise SpecError("nothing is stuffed here", path=where, expected="no `wire`, or transparency")
        if self.delimiter is not None:
            raise SpecError("the delimiter ends the stuffed span", path=where, expected="no `wire`, or closes = false")
        begin, end = self.area
        if index >= begin or first > begin or last < end or part.if_ is not None:
            raise SpecError(
                "this length does not tell where the stuffed span ends",
                path=where,
                expected="it in front of the stuffed span, always there, and the whole of that in `of`",
            )
        if self.wired is not None:
            raise SpecError("two lengths tell where the stuffed span ends", path=where, expected="one of them")
        for inside in range(begin, end + 1):
            if isinstance(self.parts[inside], Checksum):
                raise SpecError(
                    "how many bytes a checksum takes when stuffed is known too late",
                    path=f"layout[{inside}]",
                    expected="it behind the stuffed span, or a length of unstuffed bytes",
                )
        self.wired = Equation(part.name, index, first, last, part.unit, part.bias, part.min, part.max, None, begin - 1, True)

    def _unsized(self, index: int) -> bool:
        part = self.parts[index]
        return isinstance(part, Data) and part.size is None

    def _settled(self, index: int, target: int | None, length: int) -> int:
        """The part behind which the size of part `index` is known, as far as an equation for `target` cares."""
        part = self.parts[index]
        condition = self._known_behind([part.if_])
        if index == target or index <= length:
            return condition
        if static_size(part) is not None:
            return condition
        if isinstance(part, Data) and part.size is not None:
            used = part.size.by if isinstance(part.size, Lookup) else part.size
            return max(condition, self._known_behind([used]))
        if index in self._ready:
            return max(condition, self._ready[index])
        return index

    def _opens(self) -> tuple[Open, ...]:
        opens = []
        for index, part in enumerate(self.parts):
            if not isinstance(part, Data) or part.size is not None or index in self._sized_by:
                continue
            if part.blocks:
                raise SpecError(
                    f"the size of {part.name!r} is not known", path=f"layout[{index}].blocks", expected="a length for it"
                )
            opens.append(self._stopped(index))
        return tuple(opens)

    def _stopped(self, index: int) -> Open:
        tail: list[int] = []
        name = str(self.parts[index].name)
        for behind in range(index + 1, len(self.parts)):
            part = self.parts[behind]
            if self.wired is not None and self.in_area(index) and not self.in_area(behind):
                return Open(index, tuple(tail), None)
            if self.in_area(index) != self.in_area(behind) and not (self.in_area(index) and isinstance(part, End)):
                raise SpecError(
                    f"{name!r} has no size, and the stuffed span has its border in front of its end",
                    path="transparency.over",
                    expected="the open data and all up to its end on one side",
                )
            if isinstance(part, End) and part.if_ is None:
                self._check_stop(index, behind)
                return Open(index, tuple(tail), behind)
            if isinstance(part, Data) and part.size is None and behind not in self._sized_by:
                raise SpecError(
                    f"{name!r} and {part.name!r} both have no size", path=f"layout[{behind}]", expected="a size or an end"
                )
            if self._settled(behind, None, -1) >= index:
                raise SpecError(
                    f"{name!r} has no size, and what follows it neither",
                    path=f"layout[{behind}]",
                    expected="parts of known size between open data and its end",
                )
            tail.append(behind)
        if self.wired is not None and self.in_area(index):
            return Open(index, tuple(tail), None)
        if self.follow is not None and self.delimiter is None:
            if self.in_area(index):
                raise SpecError(
                    "what follows cannot be searched inside byte stuffing",
                    path=f"layout[{len(self.parts)}].next",
                    expected="a length for the stuffed data, or an `end` behind it",
                )
            if self.parts[index].if_ is not None:
                raise SpecError(
                    f"{name!r} may be absent, and nothing but what follows tells where it ends",
                    path=f"layout[{index}].if",
                    expected="no `if`",
                )
        elif self.delimiter is None:
            raise SpecError(
                f"nothing tells where {name!r} ends",
                path=f"layout[{index}]",
                expected="`size`, a length that covers it, an `end` or `next` part behind it, or a delimiter",
            )
        return Open(index, tuple(tail), None)

    def _check_stop(self, data: int, stop: int) -> None:
        """Refuses an end pattern that a part in front of it could contain."""
        end = self.parts[stop]
        assert isinstance(end, End)
        if self.in_area(stop):
            raise SpecError(
                "an end pattern cannot be searched inside byte stuffing", path=f"layout[{stop}]", expected="the end behind it"
            )
        start = max((k for k in range(data) if isinstance(self.parts[k], End)), default=0 if self.marker else -1)
        for index in range(start + 1, stop):
            part = self.parts[index]
            if index == data and not self.in_area(index):
                continue
            for alternative in end.end:
                if self.in_area(index):
                    if not self._stuffing_excludes(alternative):
                        raise SpecError(
                            f"the stuffed bytes may contain {alternative.hex(' ').upper()}",
                            path=f"layout[{stop}].end",
                            expected="a pattern that the stuffing cannot produce",
                        )
                elif may_contain(part, alternative):
                    raise SpecError(
                        f"{part.name!r} may contain {alternative.hex(' ').upper()}, which would end the frame",
                        path=f"layout[{stop}].end",
                        expected=f"a type, constant or charset of {part.name!r} that excludes it",
                    )

    def _stuffing_excludes(self, pattern: bytes) -> bool:
        assert self.transparency is not None
        kind = self.transparency.kind
        if kind == "hex":
            return not set(pattern) <= set(b"0123456789ABCDEFabcdef")
        if kind == "bits":
            run = self.transparency.run
            return max(pattern) > 1 or (run is not None and b"\1" * (run + 1) in pattern)
        if self.stuffing is not None and self.stuffing.doubles:
            escape = self.stuffing.doubles
            return pattern.startswith(escape) and pattern[len(escape) : len(escape) + 1] not in escape
        return kind != "run" and pattern[0] in self._escaped()

    def _escaped(self) -> set[int]:
        """The bytes that never stand raw in an escaped area."""
        assert self.stuffing is not None
        return {byte for byte in range(256) if byte not in self.stuffing.encode(bytes([byte]))}

    # --- the stuffed area -------------------------------------------------------------------------------------------

    def _stuffed_area(self) -> tuple[int, int] | None:
        if self.transparency is None:
            return None
        last = len(self.parts) - 1
        if self.transparency.over is not None:
            try:
                area = self._span(self.transparency.over, 0, "over")
            except SpecError as error:
                raise SpecError(
                    error.message, path="transparency.over", expected=error.expected, near=error.near
                ) from None
        else:
            trailing = last - (self.delimiter is None and last > 0 and isinstance(self.parts[last], End))
            area = (1 if self.marker else 0, trailing)
        if area[0] > area[1] or (area[0] == 0 and self.marker):
            raise SpecError("nothing to stuff behind the marker", path="transparency", expected="parts behind the marker")
        if self.delimiter is not None and area[1] != last:
            raise SpecError(
                "the delimiter closes the frame, but parts follow the stuffed span",
                path="transparency.over",
                expected="a span up to the last part, or closes = false",
            )
        return area

    def _check_area(self) -> None:
        if self.area is None:
            return
        if self.marker is None and self.delimiter is not None and self.area[0] > 0:
            raise SpecError("a delimited frame is stuffed whole", path="transparency.over", expected="no `over`, or a marker")
        for index in range(self.area[1] + 1, len(self.parts)):
            part = self.parts[index]
            searched = index == self.stop_behind_area
            if not searched and (static_size(part) is None or part.if_ is not None):
                raise SpecError(
                    f"{part.name!r} behind the stuffed span has no fixed size",
                    path=f"layout[{index}]",
                    expected="parts of fixed size there",
                )

    def _check_area_end(self) -> None:
        """Refuses a pattern whose choice takes bytes behind the stuffed span: there is nothing to unstuff."""
        if self.area is None or self.delimiter is not None or self.stop_behind_area is not None or self.wired is not None:
            return
        for index in range(self.area[0], self.area[1] + 1):
            part = self.parts[index]
            if not isinstance(part, (Sync, End)):
                continue
            behind = sum(low for low, _ in self.sizes[index + 1 : self.area[1] + 1])
            choices = part.sync if isinstance(part, Sync) else part.end
            if max(map(len, choices)) - min(map(len, choices)) > behind:
                key = "sync" if isinstance(part, Sync) else "end"
                raise SpecError(
                    "nothing tells where the stuffed bytes end",
                    path=f"layout[{index}].{key}",
                    expected="alternatives of one size at the end of the stuffed span, or it behind the span",
                )

    def _spans(self, part: Checksum, index: int) -> list[tuple[int, int]]:
        """The spans that a checksum covers."""
        if isinstance(part.over, str):
            return [self._span(part.over, index, "over")]
        texts = [(place, each) for place, each in enumerate(part.over) if isinstance(each, str)]
        if not texts:
            raise SpecError("only implied values are covered", path=f"layout[{index}].over", expected="a part of the frame")
        return [self._span(each, index, f"over[{place}]") for place, each in texts]

    def _cover(self, index: int, part: Checksum) -> None:
        spans = self._spans(part, index)
        if all(span == (index, index) for span in spans):
            raise SpecError("this checksum covers only itself", path=f"layout[{index}].over", expected="other parts")
        self.overs[index] = min(first for first, _ in spans), max(last for _, last in spans)
        for place, implied in implied_by(part):
            for name in sorted(implied.value.names & self.values.keys()):
                if isinstance(self.parts[self.values[name]], Checksum):
                    path = f"layout[{index}].over[{place}].value"
                    raise SpecError(f"{name!r} is a checksum", path=path, expected="a value that does not follow from others")
        if isinstance(part, BitsChecksum):
            self.stored[index] = self._stored(index, part, spans)
        if not isinstance(part.over, str) or part.wire or (index in self.stored and self.stored[index].masks):
            rest = iter(spans)
            over = (part.over,) if isinstance(part.over, str) else part.over
            self.pieces[index] = tuple(each if isinstance(each, Implied) else next(rest) for each in over)
        if part.wire:
            self._check_wire(index, spans)

    def _stored(self, index: int, part: BitsChecksum, spans: Sequence[tuple[int, int]]) -> Stored:
        widths: list[int] = []
        masks: list[tuple[int, int, int]] = []
        taken = {name for each in self.stored.values() for name in each.names}
        for number, name in enumerate(part.in_):
            where = f"layout[{index}].in[{number}]"
            at = self.values.get(name, index)
            bits = self.parts[at]
            bit = next((each for each in bits.bits if each.name == name), None) if isinstance(bits, Bits) else None
            if at >= index or bit is None or not isinstance(bits, Bits):
                raise SpecError(f"{name!r} is no member of earlier bits", path=where, expected="a name that stands in `bits`")
            if bits.if_ is not None or bit.const is not None or name == bits.length or name in self.used_names or name in taken:
                expected = "a member without constant, always there, that no expression, length or other checksum uses"
                raise SpecError(f"{name!r} cannot hold a checksum", path=where, expected=expected)
            taken.add(name)
            widths.append(bit.width)
            if not any(first <= at <= last for first, last in spans):
                continue
            left = sum(each.width for each in bits.bits[bits.bits.index(bit) + 1 :])
            mask = bits.type.write((1 << bit.width) - 1 << left)
            masks += [(at, offset, byte ^ 0xFF) for offset, byte in enumerate(mask) if byte]
        algorithm = part.algorithm
        assert isinstance(algorithm, Algorithm)
        if sum(widths) != algorithm.width:
            message = f"{sum(widths)} bits for the {algorithm.width} of {algorithm.name}"
            raise SpecError(message, path=f"layout[{index}].in", expected="members that hold it")
        return Stored(part.in_, tuple(widths), tuple(masks))

    def _check_wire(self, index: int, spans: Sequence[tuple[int, int]]) -> None:
        where = f"layout[{index}].wire"
        if self.area is None or self.stuffing is None:
            raise SpecError("nothing is stuffed here", path=where, expected="no `wire`, or transparency")
        if not self.stuffing.by_byte and not self.covers_area_whole(index, spans):
            raise SpecError(
                f"with {self.stuffing.kind}, the wire has no bytes of single parts",
                path=where,
                expected="the stuffed span covered whole, and the checksum behind it; or another stuffing",
            )
        if any(first <= index <= last for first, last in spans):
            raise SpecError(
                "the stuffed bytes of the checksum itself cannot be covered",
                path=f"layout[{index}].over",
                expected="parts without the checksum",
            )

    def covers_sum(self, own: int, other: int) -> bool:
        """Whether a checksum covers the bytes in which another one stands."""
        stored = self.stored.get(other)
        return self.covers(own, other) if stored is None else any(self.covers(own, self.values[name]) for name in stored.names)

    def covers(self, own: int, index: int) -> bool:
        """Whether a checksum covers a part."""
        pieces = self.pieces.get(own, (self.overs[own],))
        return any(piece[0] <= index <= piece[1] for piece in pieces if isinstance(piece, tuple))

    def covers_area_whole(self, index: int, spans: Sequence[tuple[int, int]]) -> bool:
        """Whether no span of a checksum begins or ends within the stuffed area, and it is verified behind that."""
        assert self.area is not None
        begin, end = self.area
        split = any(begin < first <= end or begin <= last < end for first, last in spans)
        return not split and (max(index, *(last for _, last in spans)) > end or all(last < begin for _, last in spans))

    def _payload(self) -> int | None:
        data = [index for index, part in enumerate(self.parts) if isinstance(part, Data)]
        named = [index for index in data if self.parts[index].name == "payload"]
        found = named or data[-1:]
        return found[0] if found else None


def _apart(layout: Sequence[AnyPart]) -> tuple[tuple[Part, ...], Next | None]:
    """The parts that take bytes, and what follows them."""
    parts = tuple(part for part in layout if not isinstance(part, Next))
    for index, part in enumerate(layout):
        if isinstance(part, Next) and index < len(layout) - 1:
            raise SpecError("`next` is not the last part", path=f"layout[{index}]", expected="it behind all others")
    last = layout[-1] if layout else None
    return parts, last if isinstance(last, Next) else None
