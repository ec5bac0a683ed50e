"""Where a marker stands: constant bytes, alternatives, a mask, and up to `errors` wrong bits.

Pure functions. A `Pattern` tells for one place of a buffer whether it stands there, does not, or has only begun to.
"""

from __future__ import annotations

from dataclasses import dataclass

Buffer = bytes | bytearray | memoryview

UNDECIDED = -1
ABSENT = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """Byte strings of which any may stand, the first listed winning.

    `mask` selects the bits that count (as long as every alternative, empty for all bits); `errors` is the number of
    those bits that may be wrong.
    """

    alternatives: tuple[bytes, ...]
    mask: bytes = b""
    errors: int = 0

    @property
    def shortest(self) -> int:
        """Bytes of the shortest alternative."""
        return min(map(len, self.alternatives))

    @property
    def longest(self) -> int:
        """Bytes of the longest alternative."""
        return max(map(len, self.alternatives))

    @property
    def exact(self) -> bool:
        """Whether every bit counts and none may be wrong."""
        return not self.errors and not self.mask.strip(b"\xff")

    def wrong_at(self, alternative: bytes, buffer: Buffer, at: int, end: int) -> int | None:
        """How many bytes it takes to see that `alternative` does not stand at `at`; None if nothing up to `end` says so.

        >>> Pattern((b"abc",)).wrong_at(b"abc", b"abx", 0, 3)
        3
        """
        wrong = 0
        for index in range(min(len(alternative), end - at)):
            different = alternative[index] ^ buffer[at + index]
            wrong += (different & self.mask[index] if self.mask else different).bit_count()
            if wrong > self.errors:
                return index + 1
        return None

    def match(self, buffer: Buffer, at: int, end: int, final: bool = False) -> tuple[int, int]:
        """What stands at `at` of `buffer[:end]`: `(length, read)`.

        `length` is that of the alternative that stands there, ABSENT, or UNDECIDED where more bytes could still tell;
        `read` is how many bytes from `at` on it took to know. With `final` nothing follows `end`, so that what has only
        begun is absent (`read` is then one more than there are: the end itself decided).
        """
        read = 0
        for alternative in self.alternatives:
            wrong = self.wrong_at(alternative, buffer, at, end)
            if wrong is not None:
                read = max(read, wrong)
            elif at + len(alternative) <= end:
                return len(alternative), max(read, len(alternative))
            elif not final:
                return UNDECIDED, end - at
            else:
                read = end - at + 1
        return ABSENT, read

    def stands(self, raw: bytes) -> bool:
        """Whether `raw` is exactly one of the alternatives, within mask and errors."""
        return any(
            len(alternative) == len(raw) and self.wrong_at(alternative, raw, 0, len(raw)) is None
            for alternative in self.alternatives
        )

    def ends(self, buffer: Buffer, at: int) -> bool:
        """Whether one of the alternatives stands directly in front of `at`, and the buffer holds it."""
        return any(
            size <= at and self.wrong_at(alternative, buffer, at - size, at) is None
            for alternative in self.alternatives
            for size in [len(alternative)]
        )

    def first_bytes(self) -> frozenset[int]:
        """Every byte that a match can begin with."""
        return self._bytes_at(0)

    def last_bytes(self) -> frozenset[int]:
        """Every byte that a match can end with."""
        return self._bytes_at(-1)

    def _bytes_at(self, index: int) -> frozenset[int]:
        mask = self.mask[index] if self.mask else 0xFF
        return frozenset(
            byte
            for byte in range(256)
            for alternative in self.alternatives
            if ((byte ^ alternative[index]) & mask).bit_count() <= self.errors
        )


def idle(delimiter: bytes, shared: bool) -> Pattern:
    """A delimiter that closes nothing; if `shared`, directly behind another one, whose last bytes may be its first.

    >>> [each.hex() for each in idle(b"\\0\\1\\1\\0", shared=True).alternatives]
    ['00010100', '010100']
    """
    common = (size for size in range(1, len(delimiter)) if shared and delimiter.startswith(delimiter[-size:]))
    return Pattern((delimiter, *(delimiter[size:] for size in common)))
