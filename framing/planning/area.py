"""The stuffed area: what may stand in front of it and behind it, and that its end is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from framing.errors import SpecError
from framing.model.patterns import End, Sync
from framing.model.sizes import Range
from framing.model.traits import static_size
from framing.planning.facts import Equation, Open
from framing.planning.outline import Outline


def stop_behind(outline: Outline, opens: Iterable[Open]) -> int | None:
    """The `end` part that closes the stuffed area, recognised outside stuffing; None where sizes tell its end."""
    return next((each.stop for each in opens if outline.in_area(each.data)), None)


def check_around(outline: Outline, stop: int | None) -> None:
    """Refuses parts around the stuffed area with which its border is not known; `stop` is the end that closes it."""
    if outline.area is None:
        return
    if outline.marker is None and outline.delimiter is not None and outline.area[0] > 0:
        raise SpecError("a delimited frame is stuffed whole", path="transparency.over", expected="no `over`, or a marker")
    for index in range(outline.area[1] + 1, len(outline.parts)):
        part = outline.parts[index]
        if index != stop and (static_size(part) is None or part.if_ is not None):
            raise SpecError(
                f"{part.name!r} behind the stuffed span has no fixed size",
                path=f"layout[{index}]",
                expected="parts of fixed size there",
            )


def check_end(outline: Outline, stop: int | None, wired: Equation | None, sizes: Sequence[Range]) -> None:
    """Refuses a pattern whose choice takes bytes behind the stuffed area: there is nothing to unstuff.

    That is so where neither a delimiter nor the end in part `stop` nor the length `wired` tells where the area ends.
    """
    if outline.area is None or outline.delimiter is not None or stop is not None or wired is not None:
        return
    for index in range(outline.area[0], outline.area[1] + 1):
        part = outline.parts[index]
        if not isinstance(part, (Sync, End)):
            continue
        behind = sum(low for low, _ in sizes[index + 1 : outline.area[1] + 1])
        choices = part.sync if isinstance(part, Sync) else part.end
        if max(map(len, choices)) - min(map(len, choices)) > behind:
            key = "sync" if isinstance(part, Sync) else "end"
            raise SpecError(
                "nothing tells where the stuffed bytes end",
                path=f"layout[{index}].{key}",
                expected="alternatives of one size at the end of the stuffed span, or it behind the span",
            )
