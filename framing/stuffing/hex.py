"""Hex: each byte as two digits."""

from __future__ import annotations

import binascii
import string
from dataclasses import dataclass

from framing.stuffing.base import BYTES, States, Stuffing, Unstuffer

_DIGITS = {ord(digit): int(digit, 16) for digit in string.hexdigits}
_HEX_STATES: States = (
    {digit: (b"", 1 + high) for digit, high in _DIGITS.items()},
    *({digit: (BYTES[16 * high + low], 0) for digit, low in _DIGITS.items()} for high in range(16)),
)


@dataclass(frozen=True, slots=True)
class Hex(Stuffing):
    """Each byte is two ASCII hex digits (RFC 4648, section 8): upper case when written, either case when read."""

    @property
    def by_byte(self) -> bool:
        return True

    def encode(self, data: bytes) -> bytes:
        return binascii.hexlify(data).upper()

    def decode(self, data: bytes) -> bytes:
        try:
            return binascii.unhexlify(data)  # bytes.fromhex would skip blanks
        except binascii.Error:
            return self._byte_by_byte(data)

    def unstuffer(self) -> Unstuffer:
        return Unstuffer(_HEX_STATES)

    def min_encoded(self, n: int) -> int:
        return 2 * n
