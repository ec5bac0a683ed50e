"""A plan lowered to numbers: what the compiled engine runs.

A `Program` is a straight list of small operations on integers, and the values that they name. The compiled engine copies it
into C arrays and knows nothing of parts, names or Python. Each operation is one step of `probing/probe.py`, in the same order; where
bytes are missing the engine stops in front of an operation and later goes on with it. `lowering/parts.py` makes it from a plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from framing.errors import Reason
from framing.lowering.arithmetic import Code, Unsupported
from framing.markers import Pattern
from framing.model.values import BcdType, DigitsType, IntegerType, ValueType
from framing.sums.algorithms import Algorithm

NONE = -1
INT64 = (-(1 << 63), (1 << 63) - 1)


@dataclass
class Operation:
    """One step: four small operands and two large ones, whose meaning stands beside its name in `native/structures.pxi`.

    `edge`: note where the taken bytes end now; `check`: verify this checksum then.
    """

    name: str
    a: int = 0
    b: int = 0
    c: int = 0
    d: int = 0
    x: int = 0
    y: int = 0
    edge: int = -1
    check: int = -1


@dataclass(frozen=True)
class Matcher:
    """Byte strings of which any may stand; `ends`: an end pattern, the longest that fits wins."""

    alternatives: tuple[bytes, ...]
    mask: bytes = b""
    errors: int = 0
    ends: bool = False


@dataclass(frozen=True)
class Check:
    """A checksum to verify. `begin`, `end` and `own` are places, see `Assembler.place`; `size` is 0 where `own` lies outside."""

    algorithm: int
    value: int
    begin: int
    end: int
    own: int
    size: int
    table: int = NONE
    by: int = NONE
    wire: bool = False
    """It covers the bytes of the stream between the two places."""
    masks: tuple[tuple[int, int, int], ...] = ()
    """Bytes of which only some bits count, in their order: a place, how many bytes behind it, and the mask."""


@dataclass
class Program:
    """One format for the compiled engine."""

    slots: int = 0
    edges: int = 0
    max_size: int = 0
    min_size: int = 0
    block: int = 0
    """Bytes of the blocks of the stream none of which a frame may leave; 0 without."""
    stuffed: bool = False
    delimiter: int = NONE
    """The byte that closes the stuffed area."""
    closes: bool = True
    wired: bool = False
    """A length tells where the stuffed area ends."""
    stop: int = NONE
    """The end pattern behind the stuffed area."""
    stop_least: int = 0
    states: bytes = b""
    """Rows of 256 entries of 32 bits, in the order of the machine: next state << 16 | has a byte << 8 | the byte; all ones is an error."""
    first_inside: int = 0
    full_run: int = NONE
    cobs: int = 0
    """1: COBS, 2: COBS/R."""
    least_scale: int = 1
    least_more: int = 0
    watch_marker: bool = False
    escape_is_marker: bool = False
    marker: int = NONE
    operations: list[Operation] = field(default_factory=list)
    expressions: list[Code] = field(default_factory=list)
    matchers: list[Matcher] = field(default_factory=list)
    charsets: list[bytes] = field(default_factory=list)
    sets: list[list[int]] = field(default_factory=list)
    tables: list[dict[int, int]] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    algorithms: list[Algorithm] = field(default_factory=list)


def marker_of(pattern: Pattern) -> Matcher:
    """A sync marker as the compiled engine looks for it."""
    return Matcher(pattern.alternatives, b"" if pattern.exact else pattern.mask, pattern.errors)


def reason_number(reason: Reason) -> int:
    """How the compiled engine calls a reason."""
    return tuple(Reason).index(reason)


_ORDERS = {("little", False): 0, ("little", True): 1, ("big", False): 2, ("big", True): 3}
_HEX, _DECIMAL, _BCD, _BCD_LITTLE = 4, 5, 6, 7


def number_type(kind: ValueType) -> tuple[int, int]:
    """How the compiled engine reads a number: its kind, and its bytes."""
    size = kind.size or 0
    if isinstance(kind, IntegerType):
        if size > 8:
            raise Unsupported(f"the value of a {kind.name}")
        return _ORDERS[kind.order, kind.signed], size
    if isinstance(kind, DigitsType):
        if size > 15:
            raise Unsupported(f"{size} digits ({kind.name})")
        return (_HEX if kind.base == 16 else _DECIMAL), size
    if isinstance(kind, BcdType):
        if size > 9:
            raise Unsupported(f"{2 * size} digits ({kind.name})")
        return (_BCD_LITTLE if kind.little else _BCD), size
    raise Unsupported(f"the value of a {kind.name}")
