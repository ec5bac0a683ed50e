"""COBS: blocks between zeros, a code in front of each; plain or reduced."""

from __future__ import annotations

from dataclasses import dataclass

from framing.stuffing.base import BYTES, Stuffing, StuffingError, Unstuffer


@dataclass(frozen=True, slots=True)
class Cobs(Stuffing):
    """Consistent Overhead Byte Stuffing, plain or reduced.

    `cobs`: S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Trans. Networking 7(2) (1999),
    section III. The data, a zero put behind it, is cut behind each zero and behind 254 bytes without one. A code opens
    each block, one more than the bytes that follow; the zero is dropped. FF means that there was none.

        data  45 00 00 2C 4C 79 00 00 40 06 4F 37
        wire  02 45 01 04 2C 4C 79 01 05 40 06 4F 37

    Data that ends with a full block has no `01` behind it; the program in the paper writes one, and it is understood.
    No data is `01`. An empty area (delimited framing takes it for fill) decodes to no data too, but is no encoding.

    `cobs-r`: C. McQueen, "Consistent Overhead Byte Stuffing - Reduced (COBS/R)", documentation of the package cobs.
    A last data byte that is not less than the last code takes its place.

    >>> from framing.stuffing import make
    >>> make("cobs-r").encode(bytes.fromhex("2FA200927326")).hex(" ")
    '03 2f a2 26 92 73'
    """

    reduced: bool

    def encode(self, data: bytes) -> bytes:
        blocks: list[bytes] = []
        *closed, last = data.split(b"\0")
        for block in closed:
            while len(block) >= 254:
                blocks += b"\xff", block[:254]
                block = block[254:]
            blocks += BYTES[len(block) + 1], block
        while len(last) > 254:  # not >=: at the very end nothing has to stand behind a full block
            blocks += b"\xff", last[:254]
            last = last[254:]
        if self.reduced and last and last[-1] > len(last):
            blocks += last[-1:], last[:-1]
        else:
            blocks += BYTES[len(last) + 1], last
        return b"".join(blocks)

    def decode(self, data: bytes) -> bytes:
        if data.find(0) >= 0:
            raise StuffingError(data.find(0), "a zero byte")
        blocks: list[bytes] = []
        start, end = 0, len(data)
        while start < end:
            code = data[start]
            blocks.append(data[start + 1 : start + code])
            start += code
            if start < end and code < 255:
                blocks.append(b"\0")
        if start > end:
            if not self.reduced:
                raise StuffingError(end, "the end inside a block")
            blocks.append(BYTES[code])
        return b"".join(blocks)

    def unstuffer(self) -> Unstuffer:
        return _CobsUnstuffer(_reduced=self.reduced)

    def max_encoded(self, n: int) -> int:
        return n + n // 254 + 1

    def min_encoded(self, n: int) -> int:
        return n if self.reduced and n else n + 1


@dataclass(slots=True, eq=False)
class _CobsUnstuffer(Unstuffer):
    _reduced: bool = False
    _code: int = 255  # as behind a full block, no zero comes before the first block
    _left: int = 0

    def push(self, byte: int) -> bytes:
        self._at += 1
        if byte == 0:
            raise StuffingError(self._at - 1, "a zero byte")
        if self._left:
            self._left -= 1
            return BYTES[byte]
        full, self._code = self._code == 255, byte
        self._left = byte - 1
        return b"" if full else b"\0"

    def finish(self) -> bytes:
        if self._left and not self._reduced:
            raise StuffingError(self._at, "the end inside a block")
        return BYTES[self._code] if self._left else b""
