"""Bits: each byte as eight, one for a bit; with a zero put in behind so many ones in a row, or without."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from framing import bits
from framing.errors import SpecError
from framing.stuffing.base import BYTES, States, Stuffing, Unstuffer


@dataclass(frozen=True, slots=True)
class Bits(Stuffing):
    """Each byte is eight bytes 00 or 01, its bits: see `framing.bits`.

    With `run`, a zero is inserted behind so many ones in a row, at the very end too, and a flag closes the area: a zero, one
    more one than that, a zero. ISO/IEC 13239:2002, 4.3.1; AX.25 2.2, sections 3.6 and 3.1: with run 5 it is 7E. More ones
    than in a flag abort the frame.

    >>> from framing.stuffing import make
    >>> make("bits", order="lsb", run=5).encode(b"\x3f").hex(" ")
    '01 01 01 01 01 00 01 00 00'
    """

    order: str
    run: int | None

    @property
    def by_byte(self) -> bool:
        return self.run is None

    def encode(self, data: bytes) -> bytes:
        plain = bits.unpack(data, self.order)
        return plain if self.run is None else bits.inserted(plain, self.run)

    def decode(self, data: bytes) -> bytes:
        plain = data if self.run is None else bits.removed(data, self.run)
        if self.run is not None and bits.inserted(plain, self.run) != data:
            return self._byte_by_byte(data)
        try:
            return bits.pack(plain, self.order)
        except ValueError:
            return self._byte_by_byte(data)

    def unstuffer(self) -> Unstuffer:
        states = _bit_states(self.order, self.run or 0)
        return Unstuffer(states, max(1, self.run or 0), None, self.run or -1)

    def max_encoded(self, n: int) -> int:
        return 8 * n if self.run is None else 8 * n + 8 * n // self.run

    def min_encoded(self, n: int) -> int:
        return 8 * n

    @property
    def unit(self) -> int:
        return 8


@lru_cache(maxsize=16)
def _bit_states(order: str, run: int) -> States:
    """States are what stands behind them: ones in a row (not counted without `run`), bits of the byte begun, their value.

    First come those in which no byte has begun, by the ones; the last of these is the full run.
    """
    places = {(ones, 0, 0): ones for ones in range(run + 1)}
    states: list[dict[int, tuple[bytes, int]]] = []
    for ones, count, value in (pending := list(places)):
        steps = {}
        for bit in (0, 1):
            plain, behind = b"", (0, count, value)
            if not run or ones < run:
                value_now = value | bit << count if order == "lsb" else value << 1 | bit
                whole = count == 7
                plain = BYTES[value_now] if whole else b""
                behind = (ones + 1 if run and bit else 0, 0 if whole else count + 1, 0 if whole else value_now)
            elif bit:
                continue
            if behind not in places:
                places[behind] = len(places)
                pending.append(behind)
            steps[bit] = plain, places[behind]
        states.append(steps)
    return tuple(states)


def bitwise(*, order: str | None = None, run: int | None = None) -> Stuffing:
    """A byte for each bit. Raises `SpecError` where the order of bits is missing or unknown."""
    if order not in bits.ORDERS:
        problem = "bits has no default for it" if order is None else f"{order!r} is no order of bits"
        raise SpecError(problem, path="order", expected="lsb or msb: which bit of a byte comes first")
    return Bits("bits", None if run is None else bits.flag(run), order, run)
