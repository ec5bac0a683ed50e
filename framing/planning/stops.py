"""Which end patterns are safe: what stands in front of one must not be able to contain it."""

from __future__ import annotations

from framing.errors import SpecError
from framing.model.options import Transparency
from framing.model.patterns import End
from framing.model.traits import may_contain
from framing.planning.outline import Outline
from framing.stuffing import Stuffing


def check_stop(outline: Outline, data: int, stop: int) -> None:
    """Refuses the end in part `stop`, up to which part `data` runs, where a part in front of it could contain it."""
    end = outline.parts[stop]
    assert isinstance(end, End)
    if outline.in_area(stop):
        raise SpecError(
            "an end pattern cannot be searched inside byte stuffing", path=f"layout[{stop}]", expected="the end behind it"
        )
    start = max((k for k in range(data) if isinstance(outline.parts[k], End)), default=0 if outline.marker else -1)
    for index in range(start + 1, stop):
        part = outline.parts[index]
        if index == data and not outline.in_area(index):
            continue
        for alternative in end.end:
            if outline.in_area(index):
                assert outline.transparency is not None and outline.stuffing is not None
                if not _excludes(outline.transparency, outline.stuffing, alternative):
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


def _excludes(transparency: Transparency, stuffing: Stuffing, pattern: bytes) -> bool:
    """Whether a pattern never stands in stuffed bytes."""
    kind = transparency.kind
    if kind == "hex":
        return not set(pattern) <= set(b"0123456789ABCDEFabcdef")
    if kind == "bits":
        run = transparency.run
        return max(pattern) > 1 or (run is not None and b"\1" * (run + 1) in pattern)
    if stuffing.doubles:
        escape = stuffing.doubles
        return pattern.startswith(escape) and pattern[len(escape) : len(escape) + 1] not in escape
    return kind != "run" and pattern[0] in _escaped(stuffing)


def _escaped(stuffing: Stuffing) -> set[int]:
    """The bytes that never stand raw in an escaped area."""
    return {byte for byte in range(256) if byte not in stuffing.encode(bytes([byte]))}
