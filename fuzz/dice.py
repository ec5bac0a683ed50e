"""A `random.Random` that takes its decisions from given bytes, so that a fuzzer which changes bytes changes decisions.

One byte decides among up to 256 choices. When the bytes are used up every decision is the first choice, which is the plainest
in `tests/generate.py`; so shorter inputs are simpler cases.
"""

from __future__ import annotations

import random

SPARE = 20_000
"""Decisions beyond the bytes that are made all the same."""


class OutOfBytes(Exception):
    """An input that goes on deciding without end: a loop that waits for another choice than the first."""


class Dice(random.Random):
    """Decisions out of bytes, front to back."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self.data = data
        self.at = 0

    def take(self, size: int) -> int:
        """A number of so many bytes; zeros stand behind the last one."""
        taken = self.data[self.at : self.at + size]
        self.at += size
        if self.at > len(self.data) + SPARE:
            raise OutOfBytes
        return int.from_bytes(taken, "little")

    def rest(self) -> bytes:
        """All bytes that are left."""
        taken, self.at = self.data[self.at :], max(self.at, len(self.data))
        return taken

    def _randbelow(self, n: int) -> int:
        return self.take(((n - 1).bit_length() + 7) // 8) % n

    def random(self) -> float:
        return self.take(2) / 65_536

    def getrandbits(self, k: int, /) -> int:
        return self.take((k + 7) // 8) & (1 << k) - 1

    def randbytes(self, n: int) -> bytes:
        return self.take(n).to_bytes(n, "little")
