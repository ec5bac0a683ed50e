"""What a plan says of a layout, as data: lengths, open data, checksums in bits, and what follows the frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from framing.markers import Pattern
from framing.model.checks import Implied


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
