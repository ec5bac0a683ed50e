"""Parts that are recognised by their bytes: the sync marker, the end, and what follows the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from framing.errors import SpecError
from framing.markers import Pattern
from framing.model.declared import (
    HEX_SCHEMA,
    NAME_SCHEMA,
    Declared,
    Given,
    Hex,
    Schema,
    key,
    to_alternatives,
    to_bytes,
    to_int,
    to_name,
)
from framing.model.expressions import Expression
from framing.model.keys import if_key

ONE_OR_MORE_HEX: Schema = {"oneOf": [HEX_SCHEMA, {"type": "array", "items": HEX_SCHEMA, "minItems": 1}]}
"""One pattern, or several that it may be."""
TRIES = 256
"""Places at which a frame could end that one candidate tries, unless told otherwise."""


@dataclass(frozen=True)
class Sync(Declared):
    """A sync marker: constant bytes that open the frame, or stand again inside it."""

    sync: Given[Hex | Sequence[Hex], tuple[bytes, ...]] = key(to_alternatives, ONE_OR_MORE_HEX, "the marker's bytes, or a list of alternatives")
    mask: Given[Hex, bytes] = key(to_bytes, HEX_SCHEMA, "the bits that count, as long as every alternative", default=b"")
    errors: int = key(to_int(0, 64), {"type": "integer", "minimum": 0, "maximum": 64}, "bits that may be wrong", default=0)
    as_: str | None = key(to_name, NAME_SCHEMA, "the field that gets the matched bytes", name="as", default=None)
    if_: Given[Expression | str | int | None, Expression | None] = if_key()

    def check(self) -> None:
        if self.mask and any(len(alternative) != len(self.mask) for alternative in self.sync):
            raise SpecError(f"mask of {len(self.mask)} bytes", path="mask", expected="as many bytes as each marker")
        bits = sum(byte.bit_count() for byte in self.mask) if self.mask else 8 * self.pattern.shortest
        if self.errors >= bits:
            raise SpecError(f"{self.errors} wrong bits of {bits} match anything", path="errors", expected=f"less than {bits}")

    @property
    def name(self) -> str:
        """The name by which spans speak of it."""
        return self.as_ or "sync"

    @property
    def pattern(self) -> Pattern:
        """What to look for."""
        return Pattern(self.sync, self.mask, self.errors)


@dataclass(frozen=True)
class End(Declared):
    """The bytes that end the frame or its open data; at a known place, a constant."""

    end: Given[Hex | Sequence[Hex], tuple[bytes, ...]] = key(to_alternatives, ONE_OR_MORE_HEX, "the end's bytes, or a list of alternatives")
    as_: str | None = key(to_name, NAME_SCHEMA, "the field that gets the matched bytes", name="as", default=None)
    if_: Given[Expression | str | int | None, Expression | None] = if_key()

    @property
    def name(self) -> str:
        """The name by which spans speak of it."""
        return self.as_ or "end"

    @property
    def longest_first(self) -> tuple[bytes, ...]:
        """The alternatives, the longest first: at one place the longest ends the frame."""
        return tuple(sorted(self.end, key=len, reverse=True))


def _to_next(value: Any) -> tuple[bytes, ...] | str:
    return value if value in ("marker", "silence") else to_alternatives(value)


@dataclass(frozen=True)
class Next(Declared):
    """What stands directly behind the frame without belonging to it; the end of the stream will do as well. The last part.

    Behind open data it tells the end of the frame: that is the first place where it stands and everything in the frame holds.
    """

    next: Given[Hex | Sequence[Hex], tuple[bytes, ...] | str] = key(
        _to_next,
        {"anyOf": [{"enum": ["marker", "silence"]}, *ONE_OR_MORE_HEX["oneOf"]]},
        "its bytes, or a list of alternatives; `marker`: the format's own; `silence`: nothing but the end of the stream",
    )
    mask: Given[Hex, bytes] = key(to_bytes, HEX_SCHEMA, "the bits that count, as long as every alternative", default=b"")
    tries: int = key(
        to_int(1, 65_536),
        {"type": "integer", "minimum": 1, "maximum": 65_536},
        "places at which the frame could end that are tried, behind open data",
        default=TRIES,
    )

    def check(self) -> None:
        if self.mask and isinstance(self.next, str):
            raise SpecError(f"{self.next} has no mask", path="mask", expected="a mask beside bytes only")
        if self.mask and any(len(alternative) != len(self.mask) for alternative in self.next):
            raise SpecError(f"mask of {len(self.mask)} bytes", path="mask", expected="as many bytes as each alternative")

    @property
    def name(self) -> str:
        """What it is called in descriptions; spans cannot speak of it."""
        return "next"

    def pattern(self, marker: Pattern | None) -> Pattern | None:
        """What to look for, where the format's marker is `marker`; None for silence."""
        if isinstance(self.next, str):
            return marker if self.next == "marker" else None
        return Pattern(self.next, self.mask)
