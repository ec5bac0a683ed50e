"""The ordinary kind of frame, as a handful of numbers: marker, fixed header, data, checksums, fixed trailer.

Most protocols are of this kind. The data ends by a length, by an end pattern of one byte, or with a stuffed frame at its
delimiter. `ordinary(plan)` gives what it takes to accept such a frame in one go; the compiled
engine tries that first, and puts whatever it does not accept to the exact prober. None where the layout is of another kind.

A place is `(anchor, offset)`: bytes from the frame's start (anchor 0), or from the end of its data (anchor 1); of a stuffed
frame the logical bytes count.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal

from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.expressions import Expression, parsed
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.traits import static_size
from framing.model.values import DigitsType, FloatType, IntegerType, ValueType
from framing.plan import Plan
from framing.sums.algorithms import Algorithm

Place = tuple[int, int]

HIGHEST = (1 << 63) - 1
TABLE_MOST = 1 << 16
"""Keys of a table are below this, so that it can be an array."""


@dataclass(frozen=True)
class Number:
    """An integer at a place, shifted right and masked; `kind` counts little, little signed, big, big signed, hex digits."""

    at: Place
    size: int
    kind: int
    shift: int = 0
    mask: int = (1 << 64) - 1


@dataclass(frozen=True)
class Limit:
    """A number that has to be within limits."""

    number: Number
    low: int
    high: int


@dataclass(frozen=True)
class Word:
    """8 bytes of the header as a little-endian number, of which the bits under the mask are always the same."""

    offset: int
    mask: int
    value: int


@dataclass(frozen=True)
class Option:
    """Bytes at the frame's end that are there where the number is not zero."""

    number: Number
    size: int


@dataclass(frozen=True)
class Sum:
    """A checksum over the bytes from `begin` to `end`; `table` gives one more byte, by the number `by`."""

    algorithm: Algorithm
    begin: int
    end: Place
    stated: Number
    table: dict[int, int] = field(default_factory=dict)
    by: Number | None = None


@dataclass
class Shape:
    """What an ordinary frame looks like. Bytes of data = `length` * `unit` + `constant`; without a length, `constant`.

    `open`: the data takes what is left, up to the byte `stop`, or to the delimiter of a `stuffed` frame, and consists of the
    bytes of `charset`. `ends`: of these, the longest first, one closes the frame.
    """

    marker: bytes
    header: int = 0
    tail: int = 0
    length: Number | None = None
    unit: int = 0
    constant: int = 0
    open: bool = False
    stop: int = -1
    stuffed: bool = False
    charset: bytes = b""
    ends: tuple[bytes, ...] = ()
    limits: list[Limit] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)


def words(shape: Shape) -> tuple[list[Word], list[Limit]]:
    """What the marker and most limits of a header say, 8 bytes at a time, and the limits that cannot be said so.

    The marker's first byte is left out: by it the format was chosen.
    """
    mask, value = dict.fromkeys(range(1, len(shape.marker)), 255), dict(enumerate(shape.marker))
    others = []
    for limit in shape.limits:
        steady = _steady(limit)
        if steady is None or any((value.get(at, 0) ^ own) & mask.get(at, 0) & bits for at, bits, own in steady):
            others.append(limit)  # in the second case it contradicts what is there
            continue
        for at, bits, own in steady:
            mask[at], value[at] = mask.get(at, 0) | bits, value.get(at, 0) | own
    made: list[Word] = []
    for begin in sorted(at for at, bits in mask.items() if bits):
        if not made or begin >= made[-1].offset + 8:
            places = range(begin, begin + 8)
            masked, known = (bytes(each.get(at, 0) for at in places) for each in (mask, value))
            number = int.from_bytes(masked, "little")
            made.append(Word(begin, number, int.from_bytes(known, "little") & number))
    return made, others


def _steady(limit: Limit) -> list[tuple[int, int, int]] | None:
    """Offsets, bits and their values that say the same as the limit of a number in the header; None where there are no such."""
    number = limit.number
    anchor, offset = number.at
    if anchor or number.kind not in (0, 2):
        return None
    most = (1 << 8 * number.size) - 1 >> number.shift & number.mask
    low, high = limit.low, min(limit.high, most)
    free = high - low
    if free < 0 or low < 0 or most & (most + 1) or free & (free + 1) or low & free:
        return None
    order: Literal["little", "big"] = "little" if number.kind == 0 else "big"
    bits, values = ((each << number.shift).to_bytes(number.size, order) for each in (most & ~free, low))
    return list(zip(range(offset, offset + number.size), bits, values, strict=True))


class _Other(Exception):
    """A layout of another kind."""


def ordinary(plan: Plan) -> Shape | None:
    """The shape of a layout's frames, None where it is not an ordinary one."""
    first = plan.parts[0]
    marker = b""
    if plan.follow is not None or plan.pieces or plan.stored or plan.block is not None or plan.taught is not None:
        return None
    if isinstance(first, Sync):
        bytes_only = all(len(each) == 1 for each in first.sync)  # any of them: the first byte tells
        if not first.pattern.exact or plan.area is not None or len(first.sync[0]) > 8:
            return None
        if len(first.sync) > 1 and not bytes_only:
            return None
        marker = first.sync[0]
    elif not plan.delimited:
        return None
    try:
        return _Shaping(plan, marker).run()
    except _Other:
        return None


class _Shaping:
    def __init__(self, plan: Plan, marker: bytes) -> None:
        self.plan = plan
        self.shape = Shape(marker, stuffed=plan.area is not None)
        self.anchor, self.offset = 0, 0
        self.begins: list[Place] = []
        self.numbers: dict[str, Number] = {}
        self.data: int | None = None

    def run(self) -> Shape:
        for part in self.plan.parts:
            self.begins.append((self.anchor, self.offset))
            self.part(len(self.begins) - 1, part)
        shape = self.shape
        if self.anchor == 0:
            shape.header = self.offset
        else:
            shape.tail = self.offset
        for equation in self.plan.equations:
            if equation.sizes is None or equation.sizes != self.data:
                raise _Other
            shape.length = self.numbers[equation.name]
            others = [static_size(self.plan.parts[k]) for k in range(equation.first, equation.last + 1) if k != self.data]
            if any(self.plan.parts[k].if_ is not None for k in range(equation.first, equation.last + 1)):
                raise _Other
            shape.unit, shape.constant = equation.unit, equation.bias - sum(size or 0 for size in others)
            if equation.min is not None or equation.max is not None:
                low, high = equation.min or 0, HIGHEST if equation.max is None else equation.max
                shape.limits.append(Limit(shape.length, low, high))
        for own, (begin, end) in self.plan.overs.items():
            self.sum(own, begin, end)
        return shape

    def part(self, index: int, part: Part) -> None:
        size = static_size(part)
        if part.if_ is not None:
            self.option(part, size)
            return
        if self.shape.options or self.shape.ends:
            raise _Other
        if isinstance(part, Data) and part.size is None and part.blocks is None and self.data is None:
            self.sized(index, part)
            return
        if isinstance(part, End) and index == len(self.plan.parts) - 1 and len(part.end) > 1:
            self.shape.ends = part.longest_first
            return
        if size is None:
            raise _Other
        if isinstance(part, End) or (isinstance(part, Sync) and index > 0):
            self.pattern(part)
        elif isinstance(part, Data) and (part.charset is not None or part.blocks is not None):
            raise _Other
        elif isinstance(part, (Field, Bits, Length, Checksum)):
            self.number(part)
        self.offset += size

    def sized(self, index: int, part: Data) -> None:
        """The data whose size differs from frame to frame."""
        opened = next((each for each in self.plan.opens if each.data == index), None)
        if opened is not None:
            self.shape.open = True
            stop = None if opened.stop is None else self.plan.parts[opened.stop]
            if isinstance(stop, End):
                if len(stop.end) > 1 or len(stop.end[0]) > 1 or opened.tail:
                    raise _Other
                self.shape.stop = stop.end[0][0]
            if part.charset is not None and self.shape.stop >= 0:
                self.shape.charset = bytes(sorted(part.charset.bytes))
        if part.charset is not None and not self.shape.charset:
            raise _Other
        self.data, self.shape.header = index, self.offset
        self.anchor, self.offset = 1, 0

    def pattern(self, part: Sync | End) -> None:
        alternatives = part.sync if isinstance(part, Sync) else part.end
        if len(alternatives) > 1 or len(alternatives[0]) > 7 or (isinstance(part, Sync) and not part.pattern.exact):
            raise _Other
        value = int.from_bytes(alternatives[0], "big")
        self.shape.limits.append(Limit(Number((self.anchor, self.offset), len(alternatives[0]), 2), value, value))

    def number(self, part: Field | Bits | Length | Checksum) -> None:
        if not isinstance(part, Checksum) and part.valid is not None:
            raise _Other
        if isinstance(part.type, FloatType) and isinstance(part, Field) and not _constrained(part):
            return
        whole = self.plain(part, part.type)
        if isinstance(part, Bits):
            self.bits(part, whole)
            return
        self.numbers[part.name] = whole
        if isinstance(part, Field) and _constrained(part):
            if part.equals is not None or part.type.size == 8:
                raise _Other
            self.constrain(part, whole)

    def plain(self, part: Part, kind: ValueType) -> Number:
        if isinstance(kind, DigitsType) and kind.base == 16 and (kind.size or 16) < 16 and isinstance(part, Checksum):
            return Number((self.anchor, self.offset), kind.size or 0, 4)
        if not isinstance(kind, IntegerType) or kind.size is None or kind.size > 8:
            raise _Other
        return Number((self.anchor, self.offset), kind.size, 2 * (kind.order == "big") + kind.signed)

    def constrain(self, part: Field, whole: Number) -> None:
        if part.const is not None:
            self.shape.limits.append(Limit(whole, int(part.const), int(part.const)))
        if part.allowed is not None:
            values = sorted(int(each) for each in part.allowed)
            if values != list(range(values[0], values[-1] + 1)):
                raise _Other
            self.shape.limits.append(Limit(whole, values[0], values[-1]))
        if part.min is not None or part.max is not None:
            low = -HIGHEST if part.min is None else int(part.min)
            self.shape.limits.append(Limit(whole, low, HIGHEST if part.max is None else int(part.max)))

    def bits(self, part: Bits, whole: Number) -> None:
        left = sum(bit.width for bit in part.bits)
        for bit in part.bits:
            left -= bit.width
            member = Number(whole.at, whole.size, whole.kind, left, (1 << bit.width) - 1)
            if bit.width > 63:
                raise _Other
            if bit.const is not None:
                self.shape.limits.append(Limit(member, bit.const, bit.const))
            self.numbers[bit.name] = member

    def option(self, part: Part, size: int | None) -> None:
        free = isinstance(part, Data) and part.charset is None and part.blocks is None
        if isinstance(part, Field):
            free = isinstance(part.type, (IntegerType, FloatType)) and not _constrained(part) and part.valid is None
        if size is None or not free or part.if_ is None:
            raise _Other
        number = self.flag(part.if_)
        if self.shape.options and self.shape.options[-1].number == number:
            size += self.shape.options.pop().size
        self.shape.options.append(Option(number, size))

    def flag(self, used: Expression) -> Number:
        """`name`, or `name & constant`."""
        match parsed(used.text):
            case ast.Name(id=name):
                mask = (1 << 64) - 1
            case ast.BinOp(ast.Name(id=name), ast.BitAnd(), ast.Constant(value=int() as mask)) if 0 <= mask < 1 << 64:
                pass
            case _:
                raise _Other
        number = self.numbers.get(name)
        if number is None or number.at[0] != 0:
            raise _Other
        return Number(number.at, number.size, number.kind, number.shift, number.mask & mask)

    def sum(self, own: int, first: int, last: int) -> None:
        part = self.plan.parts[own]
        assert isinstance(part, Checksum)
        anchor, begin = self.begins[first]
        end = self.begins[last + 1] if last + 1 < len(self.begins) else (self.anchor, self.offset)
        if first <= own <= last or anchor != 0 or any(self.plan.parts[k].if_ is not None for k in range(first, last + 1)):
            raise _Other
        table: dict[int, int] = {}
        by = None
        if part.extra is not None:
            table, by = dict(self.plan.tables[part.extra.table]), self.flag(part.extra.by)
            if not all(0 <= key < TABLE_MOST for key in table) or by.mask.bit_count() < by.size * 8:
                raise _Other
        self.shape.sums.append(Sum(part.algorithm, begin, end, self.numbers[part.name], table, by))


def _constrained(part: Field) -> bool:
    return any(limit is not None for limit in (part.const, part.allowed, part.min, part.max, part.equals))
