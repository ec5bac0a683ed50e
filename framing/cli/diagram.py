"""A frame format as a picture in text, and in words: boxes for parts, brackets for lengths, checksums, stuffing.

Pure: a `FrameFormat` in, lines and rows out. `boxes` does the drawing; here is what stands in the boxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from framing.cli import words
from framing.cli.boxes import Bracket, Cell, Line, draw
from framing.layout import FrameFormat
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.numbers import Bit, Bits, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.traits import static_size
from framing.plan import Plan

_LETTERS = "nmkjhg"
"""Names of unknown sizes, in wire order."""
_ALTERNATIVES_MOST = 3
_NAMES_MOST = 3
_NAMES_WIDTH = 20


class Row(NamedTuple):
    """One part in words: where it begins, its bytes, its name, its type, what holds for it."""

    offset: str
    size: str
    name: str
    type: str
    meaning: str
    role: str


def draw_format(each: FrameFormat, width: int) -> list[Line]:
    """The layout of a format in boxes, at most `width` characters wide (at least 26)."""
    plan = each.plan
    sizes = _sizes(plan)
    offsets = _offsets(plan, sizes)
    cells = [
        Cell(
            (_head(part), _foot(plan, index, part, sizes[index])),
            offsets[index],
            _weight(plan, index),
            _loose(plan, index),
            role(part),
        )
        for index, part in enumerate(plan.parts)
    ]
    if plan.delimiter is not None:
        cells.append(Cell((words.hexed(plan.delimiter), "delimiter"), offsets[len(plan.parts)], plan.closing, role="marker"))
        offsets = [*offsets, _plus(offsets[-1], plan.closing)]
    return draw(cells, list(_brackets(plan)), width, offsets[-1])


def draw_bits(part: Bits, width: int) -> list[Line]:
    """The members of a bit field in boxes, the most significant bit first."""
    cells = []
    left = sum(bit.width for bit in part.bits)
    for bit in part.bits:
        left -= bit.width
        first = left + bit.width - 1
        above = str(first) if bit.width == 1 else f"{first}–{left}"
        cells.append(Cell((_bit_name(bit), _count(bit.width, "bit")), above, bit.width, role=_bit_role(part, bit)))
    return draw(cells, [], width, ruler="bits")


def rows(each: FrameFormat) -> list[Row]:
    """The parts of a format in words, in wire order."""
    plan = each.plan
    sizes = _sizes(plan)
    offsets = _offsets(plan, sizes)
    found = [
        Row(
            offsets[index],
            _range(plan, index, sizes[index]),
            name(part),
            words.kind(part),
            words.meaning(plan, index),
            role(part),
        )
        for index, part in enumerate(plan.parts)
    ]
    if plan.delimiter is not None:
        found.append(
            Row(offsets[-1], str(plan.closing), "", words.hexed(plan.delimiter), "the delimiter, which closes the frame", "marker")
        )
    return found


def role(part: Part) -> str:
    """What a part is, for the choice of a colour."""
    if isinstance(part, (Sync, End)):
        return "marker"
    if isinstance(part, Length) or (isinstance(part, Bits) and part.length is not None):
        return "length"
    return {Data: "data", Checksum: "checksum"}.get(type(part), "field")


# --- sizes and offsets -----------------------------------------------------------------------------------------------


def _sizes(plan: Plan) -> list[str | int]:
    """The logical bytes of each part: a number, or a letter where it varies."""
    letters = iter(_LETTERS)
    return [low if low == high else next(letters, "…") for low, high in plan.sizes]


def _offsets(plan: Plan, sizes: list[str | int]) -> list[str]:
    """The offset of each part, and of the frame's end."""
    offsets = ["0"]
    for size in sizes:
        offsets.append(_plus(offsets[-1], size))
    return offsets


def _plus(offset: str, size: str | int) -> str:
    """`8+n` and 2 is `10+n`; `8+n` and m is `8+n+m`."""
    if offset == "…" or size == "…":
        return "…"
    number, *letters = offset.split("+")
    if isinstance(size, int):
        return "+".join([str(int(number) + size), *letters])
    return "+".join([number, *letters, size])


def _loose(plan: Plan, index: int) -> bool:
    low, high = plan.sizes[index]
    return low != high


def _weight(plan: Plan, index: int) -> int:
    low, high = plan.sizes[index]
    return high if high is not None and high == low else max(low, 4)


def _range(plan: Plan, index: int, size: str | int) -> str:
    low, high = plan.sizes[index]
    if low == high:
        return f"{low:,}"
    return f"{size}: {words.between(low, high, f'{low:,} or more')}"


# --- what stands in a box --------------------------------------------------------------------------------------------


def _head(part: Part) -> str:
    if isinstance(part, (Sync, End)):
        return words.alternatives(part, _ALTERNATIVES_MOST)
    return name(part)


def name(part: Part) -> str:
    """What a part is called: its name, for a bit field those of its members as far as they are few."""
    if not isinstance(part, Bits):
        return part.name
    names = [bit.name for bit in part.bits if bit.name != "_"] or ["_"]
    joined = " ".join(names)
    if len(names) <= _NAMES_MOST and len(joined) <= _NAMES_WIDTH:
        return joined
    main = part.length or names[0]
    return f"{main} …" if main == names[0] else f"… {main} …"


def _foot(plan: Plan, index: int, part: Part, size: str | int) -> str:
    optional = "" if part.if_ is None else ", if"
    if isinstance(part, (Sync, End)):
        what = part.name if part.as_ else ("marker" if isinstance(part, Sync) else "end")
        return what + optional
    if not isinstance(part, Data):
        return part.type.name + optional
    low, high = plan.sizes[index]
    if high is not None and (low == high or (part.if_ is not None and _same(plan, index, high))):
        return _count(high, "byte") + optional
    return f"{size} bytes{optional}"


def _same(plan: Plan, index: int, high: int) -> bool:
    """Whether an optional part has `high` bytes wherever it is there."""
    return static_size(plan.parts[index]) == high


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def _bit_name(bit: Bit) -> str:
    if bit.name != "_":
        return bit.name if bit.const is None else f"{bit.name} = {bit.const}"
    return "unused" if bit.const is None else f"{bit.const:0{bit.width}b}" if bit.width <= 8 else f"{bit.const}"


def _bit_role(part: Bits, bit: Bit) -> str:
    if bit.name == "_":
        return "type"
    return "length" if bit.name == part.length else "field"


# --- what stands under the boxes -------------------------------------------------------------------------------------


def _brackets(plan: Plan) -> Iterator[Bracket]:
    for equation in sorted(plan.equations, key=lambda each: each.part):
        yield Bracket("length", words.equation(equation, short=True), equation.first, equation.last, "length")
    for index, (first, last) in plan.overs.items():
        part = plan.parts[index]
        assert isinstance(part, Checksum)
        yield Bracket("checksum", f"{part.name}: {words.short(part.algorithm)}", first, last, "checksum")
    if plan.area is not None and plan.transparency is not None:
        yield Bracket("stuffed", plan.transparency.kind, *plan.area, "stuffing")
