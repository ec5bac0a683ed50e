"""Bits of a line, one to a byte: 00 or 01, as demodulators pass them on.

A line that sends frames at any bit, not at whole bytes, is decoded as a stream of such bytes: offsets count bits then.
`unpack` makes one of packed bytes, `pack` the reverse. `order` says which bit of a byte comes first on the line: "lsb",
the least significant (HDLC, AX.25, UART), or "msb", the most significant (CCSDS, MPEG).

`inserted` and `removed` are the zero insertion of HDLC: ISO/IEC 13239:2002, 4.3.1 (run 5).

    >>> unpack(b"\\x7e\\x01", "lsb").hex()
    '00010101010101000100000000000000'
"""

from __future__ import annotations

__all__ = ["ORDERS", "flag", "from_digits", "inserted", "nrzi_decode", "nrzi_encode", "pack", "removed", "unpack"]

ORDERS = ("lsb", "msb")

_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_DIGITS = bytes.maketrans(b"\0\1", b"01")
_BITS = bytes.maketrans(b"01", b"\0\1")


def unpack(data: bytes, order: str) -> bytes:
    """Each bit of `data` as one byte, in the order of the line. Needs nothing of what came before: works in pieces."""
    _check(order)
    if order == "lsb":
        data = data.translate(_TURNED)
    one = int.from_bytes(b"\1" + data)  # the leading one keeps the zeros
    return f"{one:b}".encode().translate(_BITS)[1:]


def pack(bits: bytes, order: str, pad: int | None = None) -> bytes:
    """The bytes that these bits make. Raises `ValueError` for a byte other than 00 and 01, and for bits that are left over.

    With `pad` (0 or 1) as many such bits are added as fill the last byte.
    """
    _check(order)
    if bits.translate(None, b"\0\1"):
        raise ValueError("a byte that is no bit: 00 and 01 are")
    left = len(bits) % 8
    if left:
        if pad is None:
            raise ValueError(f"{len(bits)} bits are no whole number of bytes; {left} left over")
        bits += bytes([pad]) * (8 - left)
    if not bits:
        return b""
    data = int(bits.translate(_DIGITS), 2).to_bytes(len(bits) // 8)
    return data.translate(_TURNED) if order == "lsb" else data


def _check(order: str) -> None:
    if order not in ORDERS:
        raise ValueError(f"order is {order!r}; expected 'lsb' or 'msb'")


def from_digits(text: str) -> bytes | None:
    """The bytes of `bits 0111 1110`, as it stands in specs: one for each digit, in the order of the line. None for other texts.

    Raises `ValueError` where it begins so, and goes on otherwise.
    """
    digits = "".join(text.split())
    if not digits.startswith("bits"):
        return None
    raw = digits[4:].encode()
    if not raw or raw.translate(None, b"01"):
        raise ValueError("not binary")
    return raw.translate(_BITS)


def flag(run: int) -> bytes:
    """What stands between frames whose ones never exceed `run` in a row: one more of them between two zeros."""
    return b"\0" + b"\1" * (run + 1) + b"\0"


def inserted(bits: bytes, run: int) -> bytes:
    """The bits with a zero behind each run of ones, where the count begins anew."""
    ones = b"\1" * run
    return bits.replace(ones, ones + b"\0")


def removed(bits: bytes, run: int) -> bytes:
    """The bits without the inserted zeros. What `inserted` cannot have made comes out as something else than went in."""
    ones = b"\1" * run
    return bits.replace(ones + b"\0", ones)


def nrzi_decode(levels: bytes, before: int = 1) -> bytes:
    """The bits of a line where a zero is a change of level and a one is none (NRZI-S: AX.25, AIS, USB).

    `levels` are bytes 00 and 01, `before` is the level in front of them: the last one of the piece before, else any; only
    the first bit depends on it.
    """
    if not levels:
        return b""
    size = len(levels)
    ahead = int.from_bytes(levels)
    changed = ahead ^ (before << 8 * (size - 1) | ahead >> 8)
    return (changed ^ int.from_bytes(b"\1" * size)).to_bytes(size)


def nrzi_encode(bits: bytes, before: int = 1) -> bytes:
    """The levels for these bits, the reverse of `nrzi_decode`; `before` is the level of the line in front of them."""
    levels = bytearray()
    for bit in bits:
        before ^= bit ^ 1
        levels.append(before)
    return bytes(levels)
