"""Where the fields of a format stand in the raw bytes of its frames, as far as that is always the same place.

A place is counted from the frame's start; where something in front varies, from the frame's end, or from the payload's end if
a length alone tells that. Other fields, one that may be absent, and one in a stuffed area have none: those take reading the
frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from framing.errors import near_miss
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.numbers import Bits, Field, Length
from framing.model.values import FloatType, IntegerType, ValueType, value_type
from framing.plan import Plan
from framing.planning.facts import Equation

_UNSIGNED = (("B", 8), ("H", 16), ("I", 32), ("Q", 64))
_SIGNED = (("b", 7), ("h", 15), ("i", 31), ("q", 63))


@dataclass(frozen=True, slots=True)
class Place:
    """A value that begins `offset` bytes behind the frame's start, the frame's end (negative then), or the payload's end.

    Written as `type` says. Of a member of `bits`, `mask` is not 0: it is `value >> shift & mask`.
    """

    anchor: Literal["start", "end", "payload"]
    offset: int
    type: ValueType
    shift: int = 0
    mask: int = 0


def place_of(plan: Plan, name: str) -> Place | None:
    """The place of a field; None where it is not the same in every frame. Raises `KeyError` for a name that is none.

    >>> from framing.layout import FrameFormat
    >>> toy = FrameFormat("toy", [{"sync": "AA"}, {"bits": ["version:4", "size:12"], "type": "u16le", "length": "size",
    ...                   "of": "payload"}, {"data": "payload"}, {"checksum": "sum", "type": "u8", "algorithm": "sum-8",
    ...                   "over": "size..payload"}])
    >>> place_of(toy.plan, "version")
    Place(anchor='start', offset=2, type=value_type('u8'), shift=4, mask=15)
    >>> place_of(toy.plan, "sum")
    Place(anchor='end', offset=-1, type=value_type('u8'), shift=0, mask=0)
    """
    index = index_of(plan, name)
    part = plan.parts[index]
    if part.if_ is not None or not isinstance(part, (Field, Bits, Length, Checksum)) or part.type.size is None:
        return None
    anchored = _anchored(plan, index, part.type.size)
    if anchored is None:
        return None
    if isinstance(part, Bits):
        more, kind, shift, mask = _member(part, name)
        return Place(anchored.anchor, anchored.offset + more, kind, shift, mask)
    return Place(anchored.anchor, anchored.offset, part.type)


@dataclass(frozen=True, slots=True)
class _Anchored:
    anchor: Literal["start", "end", "payload"]
    offset: int


def _anchored(plan: Plan, index: int, size: int) -> _Anchored | None:
    """Where a part of that size stands."""
    before, behind = bytes_before(plan, index), bytes_behind(plan, index)
    if before is not None:
        return _Anchored("start", before)
    if behind is not None:
        return _Anchored("end", -behind - size)
    payload = plan.payload
    if payload is None or payload > index or payload_length(plan) is None or not (plan.area is None or index < plan.area[0]):
        return None
    between = _fixed(plan, range(payload + 1, index))
    return None if between is None else _Anchored("payload", between)


def _member(part: Bits, name: str) -> tuple[int, ValueType, int, int]:
    """The bytes that a member has bits in, which may be fewer than the part has: the first, their type; shift and mask."""
    assert part.type.size is not None
    shift, width = _bits_of(part, name)
    first, last = shift // 8, (shift + width - 1) // 8  # counted from the least significant byte
    little = part.type.name.endswith("le")
    more = first if little else part.type.size - 1 - last
    return more, _unsigned(last - first + 1, little), shift - 8 * first, (1 << width) - 1


def _unsigned(size: int, little: bool) -> ValueType:
    return value_type("u8" if size == 1 else f"u{8 * size}{'le' if little else 'be'}")


def _bits_of(part: Bits, name: str) -> tuple[int, int]:
    """How far a member is shifted, and how many bits it has."""
    shift = sum(bit.width for bit in part.bits)
    for bit in part.bits:
        shift -= bit.width
        if bit.name == name:
            return shift, bit.width
    raise AssertionError(name)


def index_of(plan: Plan, name: str) -> int:
    """The part that brings this name into the fields. Raises `KeyError`."""
    if name not in plan.values:
        near = near_miss(name, plan.values)
        hint = f"did you mean {near!r}?" if near else f"known are {', '.join(plan.values)}"
        raise KeyError(f"unknown field {name!r}; {hint}")
    return plan.values[name]


def bytes_before(plan: Plan, index: int) -> int | None:
    """The raw bytes between the frame's start and a part, where they are always as many."""
    if plan.area is not None and index >= plan.area[0]:
        return None
    return _fixed(plan, range(index))


def bytes_behind(plan: Plan, index: int) -> int | None:
    """The raw bytes between a part and the frame's end, where they are always as many."""
    if plan.area is not None and index <= plan.area[1]:
        return None
    return _fixed(plan, range(index + 1, len(plan.parts)))


def _fixed(plan: Plan, indices: range) -> int | None:
    sizes = [plan.sizes[index] for index in indices]
    return sum(low for low, _ in sizes) if all(low == high for low, high in sizes) else None


def payload_length(plan: Plan) -> Equation | None:
    """The length that says by itself where the payload ends: at a fixed place, of a payload that begins at one."""
    index = plan.payload
    if index is None or plan.parts[index].if_ is not None or bytes_before(plan, index) is None:
        return None
    part = plan.parts[index]
    if isinstance(part, Data) and part.blocks is not None:
        return None
    found = next((each for each in plan.equations if each.sizes == each.first == each.last == index), None)
    if found is None or found.part > index:  # all that stands in front of the payload is of fixed size, so the length is too
        return None
    length = plan.parts[found.part]
    assert isinstance(length, (Bits, Length))
    return found if _integer_code(*_range_of(length, found.name), None) else None


def gathers(plan: Plan, name: str) -> bool:
    """Whether a name is that of an integer of up to 64 bits at a place that is the same in every frame."""
    if name not in plan.values:
        return False
    place = place_of(plan, name)
    return place is not None and isinstance(place.type, IntegerType) and place.type.size is not None and place.type.size <= 8


def optional(plan: Plan, name: str) -> bool:
    """Whether a frame may lack the field."""
    return plan.parts[index_of(plan, name)].if_ is not None


def typecode(plan: Plan, name: str, also: float | None = None) -> str:
    """The type code of `array` that holds every value of a field, and `also`. Raises `KeyError`, or `ValueError` where none does.

    The smallest integer that does (`uleb128`: 64 bits), or a float of the same size.
    """
    part = plan.parts[index_of(plan, name)]
    if isinstance(part, (Field, Bits, Length, Checksum)):
        if isinstance(part.type, FloatType):
            return "f" if part.type.size == 4 else "d"
        found = _integer_code(*_range_of(part, name), also)
        if found is not None:
            return found
        if also is not None:
            raise ValueError(f"{name}: no integer of 64 bits holds every {part.type.name} and {also!r} too")
        raise ValueError(f"{name}: the values of {part.type.name} do not fit 64 bits; the frame's `fields` has them")
    raise ValueError(f"{name}: a column holds numbers, not bytes; `payload` tells where payloads stand")


def _range_of(part: Field | Bits | Length | Checksum, name: str) -> tuple[int, int]:
    if isinstance(part, Bits):
        return 0, (1 << _bits_of(part, name)[1]) - 1
    low, high = part.type.lowest or 0, part.type.highest or 0
    if part.type.size is None:  # as far as 64 bits go
        return max(low, -(1 << 63)), min(high, (1 << (64 if low >= 0 else 63)) - 1)
    return low, high


def _integer_code(low: int, high: int, also: float | None) -> str | None:
    if isinstance(also, int):
        low, high = min(low, also), max(high, also)
    elif also is not None:
        return None
    if low >= 0:
        return next((code for code, bits in _UNSIGNED if high < 1 << bits), None)
    return next((code for code, bits in _SIGNED if -(1 << bits) <= low and high < 1 << bits), None)


def payload_index(plan: Plan) -> int:
    """The payload's part. Raises `ValueError` where the payload is no run of raw bytes."""
    index = plan.payload
    if index is None:
        raise ValueError("frames of this format have no payload")
    part = plan.parts[index]
    if plan.in_area(index):
        raise ValueError(f"{part.name} is stuffed on the wire; the frame's `payload` has its bytes")
    if isinstance(part, Data) and part.blocks is not None:
        raise ValueError(f"{part.name} is cut into blocks on the wire; the frame's `payload` has its bytes")
    return index
