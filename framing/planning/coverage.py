"""What the checksums of a layout cover, and where those stand that take no bytes of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from framing.errors import SpecError
from framing.model.checks import BitsChecksum, Checksum, Implied
from framing.model.numbers import Bits
from framing.model.traits import implied_by
from framing.planning.facts import Pieces, Stored
from framing.planning.names import Names, used_names
from framing.planning.outline import Outline
from framing.sums.algorithms import Algorithm


@dataclass(frozen=True, slots=True)
class Coverage:
    """All checksums of a layout, each by its part."""

    overs: Mapping[int, tuple[int, int]]
    """The parts that each checksum covers, from the first to the last."""
    pieces: Mapping[int, Pieces]
    """The same of a checksum that covers anything but one run of unstuffed parts, whole."""
    stored: Mapping[int, Stored]
    """Of the checksums that stand in bits, where."""

    def covers(self, own: int, index: int) -> bool:
        """Whether a checksum covers a part."""
        pieces = self.pieces.get(own, (self.overs[own],))
        return any(piece[0] <= index <= piece[1] for piece in pieces if isinstance(piece, tuple))


def covered(outline: Outline) -> Coverage:
    """What the checksums of a layout cover. Raises `SpecError` where one cannot cover what it says, or stand where it says."""
    overs: dict[int, tuple[int, int]] = {}
    pieces: dict[int, Pieces] = {}
    stored: dict[int, Stored] = {}
    for index, part in enumerate(outline.parts):
        if not isinstance(part, Checksum):
            continue
        spans = spans_of(outline.names, part, index)
        if all(span == (index, index) for span in spans):
            raise SpecError("this checksum covers only itself", path=f"layout[{index}].over", expected="other parts")
        overs[index] = min(first for first, _ in spans), max(last for _, last in spans)
        _check_implied(outline, index, part)
        if isinstance(part, BitsChecksum):
            taken = {name for each in stored.values() for name in each.names}
            stored[index] = _stored(outline, index, part, spans, taken)
        if not isinstance(part.over, str) or part.wire or (index in stored and stored[index].masks):
            pieces[index] = _pieces(part, spans)
        if part.wire:
            _check_wire(outline, index, spans)
    return Coverage(overs, pieces, stored)


def spans_of(names: Names, part: Checksum, index: int) -> list[tuple[int, int]]:
    """The spans that the checksum in part `index` covers."""
    if isinstance(part.over, str):
        return [names.span(part.over, index, "over")]
    texts = [(place, each) for place, each in enumerate(part.over) if isinstance(each, str)]
    if not texts:
        raise SpecError("only implied values are covered", path=f"layout[{index}].over", expected="a part of the frame")
    return [names.span(each, index, f"over[{place}]") for place, each in texts]


def covers_area_whole(area: tuple[int, int], index: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether no span of the checksum in part `index` begins or ends within the stuffed area, and it is verified behind that."""
    begin, end = area
    split = any(begin < first <= end or begin <= last < end for first, last in spans)
    return not split and (max(index, *(last for _, last in spans)) > end or all(last < begin for _, last in spans))


def _pieces(part: Checksum, spans: Sequence[tuple[int, int]]) -> Pieces:
    rest = iter(spans)
    over = (part.over,) if isinstance(part.over, str) else part.over
    return tuple(each if isinstance(each, Implied) else next(rest) for each in over)


def _check_implied(outline: Outline, index: int, part: Checksum) -> None:
    """Refuses implied values that need a checksum."""
    values = outline.names.values
    for place, implied in implied_by(part):
        for name in sorted(implied.value.names & values.keys()):
            if isinstance(outline.parts[values[name]], Checksum):
                path = f"layout[{index}].over[{place}].value"
                raise SpecError(f"{name!r} is a checksum", path=path, expected="a value that does not follow from others")


def _stored(
    outline: Outline, index: int, part: BitsChecksum, spans: Sequence[tuple[int, int]], taken: set[str]
) -> Stored:
    """Where a checksum in bits stands; `taken` are the members that hold checksums already, and gets these."""
    widths: list[int] = []
    masks: list[tuple[int, int, int]] = []
    used = used_names(outline.parts)
    for number, name in enumerate(part.in_):
        where = f"layout[{index}].in[{number}]"
        at = outline.names.values.get(name, index)
        bits = outline.parts[at]
        bit = next((each for each in bits.bits if each.name == name), None) if isinstance(bits, Bits) else None
        if at >= index or bit is None or not isinstance(bits, Bits):
            raise SpecError(f"{name!r} is no member of earlier bits", path=where, expected="a name that stands in `bits`")
        if bits.if_ is not None or bit.const is not None or name == bits.length or name in used or name in taken:
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


def _check_wire(outline: Outline, index: int, spans: Sequence[tuple[int, int]]) -> None:
    """Refuses a checksum over stuffed bytes where these do not fall into parts as it says."""
    where = f"layout[{index}].wire"
    if outline.area is None or outline.stuffing is None:
        raise SpecError("nothing is stuffed here", path=where, expected="no `wire`, or transparency")
    if not outline.stuffing.by_byte and not covers_area_whole(outline.area, index, spans):
        raise SpecError(
            f"with {outline.stuffing.kind}, the wire has no bytes of single parts",
            path=where,
            expected="the stuffed span covered whole, and the checksum behind it; or another stuffing",
        )
    if any(first <= index <= last for first, last in spans):
        raise SpecError(
            "the stuffed bytes of the checksum itself cannot be covered",
            path=f"layout[{index}].over",
            expected="parts without the checksum",
        )
