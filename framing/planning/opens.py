"""Open data: where data of no stated size ends, and what stands between it and its end."""

from __future__ import annotations

from framing.errors import SpecError
from framing.model.data import Data
from framing.model.patterns import End
from framing.planning.facts import Open
from framing.planning.lengths import Lengths, settled
from framing.planning.outline import Outline
from framing.planning.stops import check_stop


def opens_of(outline: Outline, lengths: Lengths) -> tuple[Open, ...]:
    """The open data of a layout. Raises `SpecError` where nothing tells its end, or not surely."""
    opens = []
    for index, part in enumerate(outline.parts):
        if not isinstance(part, Data) or part.size is not None or index in lengths.sized:
            continue
        if part.blocks:
            raise SpecError(
                f"the size of {part.name!r} is not known", path=f"layout[{index}].blocks", expected="a length for it"
            )
        opens.append(_opened(outline, lengths, index))
    return tuple(opens)


def _opened(outline: Outline, lengths: Lengths, index: int) -> Open:
    tail: list[int] = []
    for behind in range(index + 1, len(outline.parts)):
        part = outline.parts[behind]
        if lengths.wired is not None and outline.in_area(index) and not outline.in_area(behind):
            return Open(index, tuple(tail), None)
        if outline.in_area(index) != outline.in_area(behind) and not (outline.in_area(index) and isinstance(part, End)):
            raise SpecError(
                f"{outline.parts[index].name!r} has no size, and the stuffed span has its border in front of its end",
                path="transparency.over",
                expected="the open data and all up to its end on one side",
            )
        if isinstance(part, End) and part.if_ is None:
            check_stop(outline, index, behind)
            return Open(index, tuple(tail), behind)
        _check_tail(outline, lengths, index, behind)
        tail.append(behind)
    if lengths.wired is None or not outline.in_area(index):
        _check_frame_end(outline, index)
    return Open(index, tuple(tail), None)


def _check_tail(outline: Outline, lengths: Lengths, index: int, behind: int) -> None:
    """Refuses a part between open data and its end whose size follows only from that end."""
    name, part = outline.parts[index].name, outline.parts[behind]
    if isinstance(part, Data) and part.size is None and behind not in lengths.sized:
        raise SpecError(
            f"{name!r} and {part.name!r} both have no size", path=f"layout[{behind}]", expected="a size or an end"
        )
    if settled(outline, lengths.sized, behind) >= index:
        raise SpecError(
            f"{name!r} has no size, and what follows it neither",
            path=f"layout[{behind}]",
            expected="parts of known size between open data and its end",
        )


def _check_frame_end(outline: Outline, index: int) -> None:
    """Refuses open data up to the end of the frame where nothing tells that."""
    if outline.delimiter is not None:
        return
    name = outline.parts[index].name
    if outline.follow is None:
        raise SpecError(
            f"nothing tells where {name!r} ends",
            path=f"layout[{index}]",
            expected="`size`, a length that covers it, an `end` or `next` part behind it, or a delimiter",
        )
    if outline.in_area(index):
        raise SpecError(
            "what follows cannot be searched inside byte stuffing",
            path=f"layout[{len(outline.parts)}].next",
            expected="a length for the stuffed data, or an `end` behind it",
        )
    if outline.parts[index].if_ is not None:
        raise SpecError(
            f"{name!r} may be absent, and nothing but what follows tells where it ends",
            path=f"layout[{index}].if",
            expected="no `if`",
        )
