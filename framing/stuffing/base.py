"""What every kind of stuffing has: its two ways to decode, and the error of both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

BYTES = tuple(bytes([value]) for value in range(256))
"""Each byte by its value."""


class StuffingError(ValueError):
    """A byte sequence that the stuffing cannot produce.

    `offset` is the index in the area's wire bytes of the byte that decided it, or their number where the end came too
    early. `marker` is True where that byte completes a raw frame marker (kind `run`: one more byte of a full run).
    """

    def __init__(self, offset: int, message: str, marker: bool = False) -> None:
        super().__init__(offset, message, marker)
        self.offset = offset
        self.marker = marker

    def __str__(self) -> str:
        return f"{self.args[1]} at offset {self.offset}"


States = tuple[dict[int, tuple[bytes, int]], ...]
"""A state maps each wire byte that may come to the logical bytes it completes and the next state. State 0 is the first."""


@dataclass(slots=True, eq=False)
class Unstuffer:
    """Decodes one stuffed area byte by byte. `Stuffing.unstuffer` makes one for each area; after an error it is spent.

    >>> from framing.stuffing import make
    >>> unstuffer = make("slip").unstuffer()
    >>> unstuffer.push(0x41), unstuffer.push(0xDB), unstuffer.inside, unstuffer.push(0xDC), unstuffer.finish()
    (b'A', b'', True, b'\\xc0', b'')
    """

    states: States = ()
    first_inside: int = 1  # from this state on, an escape sequence has begun
    marker: int | None = None  # the byte that makes a marker of the full run before it
    owed: int = -1  # the state behind a full run, where nothing else has begun
    _state: int = 0
    _at: int = 0

    def push(self, byte: int) -> bytes:
        """The logical byte that this wire byte (0 to 255) completes, or b"". `StuffingError` where it cannot stand."""
        self._at += 1
        step = self.states[self._state].get(byte)
        if step is None:
            raise StuffingError(self._at - 1, f"{byte:02X} cannot stand", byte == self.marker)
        plain, self._state = step
        return plain

    def finish(self) -> bytes:
        """The area ends here: the logical byte still held back (only COBS/R has one), or b"", or `StuffingError`."""
        if self.inside:
            raise StuffingError(self._at, "the end inside an escape sequence")
        return b""

    @property
    def inside(self) -> bool:
        """The next wire byte belongs to an escape sequence that has begun, so no end pattern can start there."""
        return self._state >= self.first_inside

    @property
    def owing(self) -> bool:
        """A wire byte is due that no logical byte will come of: the one inserted behind a full run."""
        return self._state == self.owed


@dataclass(frozen=True, slots=True)
class Stuffing(ABC):
    """One kind of byte stuffing with its parameters, built by `make`. Equal parameters make equal, hashable objects.

    `delimiter` are the bytes that close a stuffed area on the wire and never stand in it; None where the kind has none.
    """

    kind: str
    delimiter: bytes | None

    @abstractmethod
    def encode(self, data: bytes) -> bytes:
        """The wire bytes of `data`, without delimiter."""

    @abstractmethod
    def decode(self, data: bytes) -> bytes:
        """The logical bytes of a whole stuffed area, given without its delimiter. Raises `StuffingError`."""

    @abstractmethod
    def unstuffer(self) -> Unstuffer:
        """A decoder of one area, byte by byte, with the same results as `decode`."""

    @property
    def by_byte(self) -> bool:
        """Whether each logical byte stands for itself on the wire, whatever its neighbours are."""
        return False

    @property
    def doubles(self) -> bytes:
        """The escape that is sent twice; no bytes where the kind has none."""
        return b""

    @property
    def tells_marker(self) -> bool:
        """Whether the kind itself says of what cannot stand that it is a marker, so that nobody has to look for one."""
        return False

    def reach(self, wire: bytes, count: int) -> int:
        """How many of a right area's wire bytes it takes to give its first `count` logical bytes."""
        unstuffer, at = self.unstuffer(), 0
        while count > 0:
            count -= len(unstuffer.push(wire[at]))
            at += 1
        return at

    def max_encoded(self, n: int) -> int:
        """The most wire bytes that decode to `n` logical bytes; this encoder may write fewer."""
        return 2 * n

    def min_encoded(self, n: int) -> int:
        """The fewest wire bytes that decode to `n` logical bytes."""
        return n

    @property
    def unit(self) -> int:
        """The bytes of the stream that are the size of one: 8 where it has a byte for each bit."""
        return 1

    def _byte_by_byte(self, data: bytes) -> bytes:
        unstuffer = self.unstuffer()
        return b"".join(map(unstuffer.push, data)) + unstuffer.finish()
