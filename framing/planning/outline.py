"""The outline of a layout: its parts and their names, where frames begin, what is stuffed, what follows a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from framing.errors import SpecError
from framing.markers import Pattern
from framing.model.options import Transparency
from framing.model.parts import AnyPart, Part
from framing.model.patterns import End, Next, Sync
from framing.planning.facts import Follow
from framing.planning.names import Names
from framing.stuffing import Stuffing

PARTS_MOST = 256
"""Parts of one layout at most."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What all other steps of planning go by. All indices are those of `parts`."""

    parts: tuple[Part, ...]
    names: Names
    marker: Pattern | None
    """What opens the frame; None without a marker."""
    follow: Follow | None
    """What must stand behind a frame; None where anything may."""
    transparency: Transparency | None
    stuffing: Stuffing | None
    delimiter: bytes | None
    """The bytes that close the stuffed area; None where no delimiter does."""
    area: tuple[int, int] | None
    """The first and the last part that are stuffed."""

    def in_area(self, index: int) -> bool:
        """Whether a part is stuffed on the wire."""
        return self.area is not None and self.area[0] <= index <= self.area[1]


def outlined(layout: Sequence[AnyPart], transparency: Transparency | None) -> Outline:
    """The outline of a layout. Raises `SpecError` where it has none."""
    parts, following = _apart(layout)
    if not 1 <= len(parts) <= PARTS_MOST:
        raise SpecError(f"{len(parts)} parts", path="layout", expected=f"1 to {PARTS_MOST}")
    names = Names(parts)
    marker = _marker(parts)
    follow = _follow(following, marker, len(parts))
    stuffing = transparency.stuffing if transparency else None
    delimiter = transparency.delimiter if transparency else None
    area = _stuffed_area(parts, names, transparency, has_marker=marker is not None) if transparency else None
    return Outline(parts, names, marker, follow, transparency, stuffing, delimiter, area)


def _apart(layout: Sequence[AnyPart]) -> tuple[tuple[Part, ...], Next | None]:
    """The parts that take bytes, and what follows them."""
    parts = tuple(part for part in layout if not isinstance(part, Next))
    for index, part in enumerate(layout):
        if isinstance(part, Next) and index < len(layout) - 1:
            raise SpecError("`next` is not the last part", path=f"layout[{index}]", expected="it behind all others")
    last = layout[-1] if layout else None
    return parts, last if isinstance(last, Next) else None


def _marker(parts: Sequence[Part]) -> Pattern | None:
    first = parts[0]
    if not isinstance(first, Sync):
        return None
    if first.if_ is not None:
        raise SpecError("the opening marker cannot be optional", path="layout[0].if", expected="no `if`")
    return first.pattern


def _follow(following: Next | None, marker: Pattern | None, index: int) -> Follow | None:
    if following is None:
        return None
    if following.next == "marker" and marker is None:
        raise SpecError(
            "this format has no marker", path=f"layout[{index}].next", expected="bytes, or a sync that opens the layout"
        )
    return Follow(following.pattern(marker), following.tries)


def _stuffed_area(parts: Sequence[Part], names: Names, transparency: Transparency, *, has_marker: bool) -> tuple[int, int]:
    last = len(parts) - 1
    delimited = transparency.delimiter is not None
    if transparency.over is not None:
        try:
            area = names.span(transparency.over, 0, "over")
        except SpecError as error:
            raise SpecError(error.message, path="transparency.over", expected=error.expected, near=error.near) from None
    else:
        trailing = last - (not delimited and last > 0 and isinstance(parts[last], End))
        area = (1 if has_marker else 0, trailing)
    if area[0] > area[1] or (area[0] == 0 and has_marker):
        raise SpecError("nothing to stuff behind the marker", path="transparency", expected="parts behind the marker")
    if delimited and area[1] != last:
        raise SpecError(
            "the delimiter closes the frame, but parts follow the stuffed span",
            path="transparency.over",
            expected="a span up to the last part, or closes = false",
        )
    return area
