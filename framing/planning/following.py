"""What follows a frame: whether it is needed to tell the frame's end, and whether that is sure."""

from __future__ import annotations

from collections.abc import Iterable

from framing.errors import SpecError
from framing.planning.coverage import Coverage
from framing.planning.facts import Open
from framing.planning.outline import Outline


def searched(outline: Outline, opens: Iterable[Open]) -> Open | None:
    """The open data that ends where the frame does, by what follows; None where the frame's end is told from within."""
    if outline.follow is None:
        return None
    return next((each for each in opens if each.stop is None and not outline.in_area(each.data)), None)


def check_follow(outline: Outline, found: Open | None, coverage: Coverage) -> None:
    """Refuses `next` where it tells nothing, or where nothing could tell a wrong end: `found` is the open data it ends."""
    if outline.follow is None:
        return
    if outline.delimiter is not None:
        raise SpecError(
            "the delimiter closes the frame",
            path=f"layout[{len(outline.parts)}].next",
            expected="no `next`, or closes = false",
        )
    if found is None or outline.follow.pattern is None:
        return
    if not any(outline.parts[own].if_ is None and coverage.covers(own, found.data) for own in coverage.overs):
        name = outline.parts[found.data].name
        raise SpecError(
            f"nothing tells whether {name!r} ends here",
            path=f"layout[{len(outline.parts)}].next",
            expected=f"a checksum that covers {name!r}",
        )
