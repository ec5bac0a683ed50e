"""The types of single values on the wire: `u16le`, `f32be`, `uleb128`, `utf8`, `hex2`, `dec3`, `dec6:3A`, `bcd4`.

A `ValueType` reads a value out of its bytes and writes it back. It is made from its name, so that a spec, the model and
the documentation speak of one thing.
"""

from __future__ import annotations

import re
import struct
from functools import lru_cache
from typing import Any, ClassVar

from framing.errors import SpecError, near_miss

Value = Any
"""An int, or a float for `f32`/`f64`."""

ULEB128_MOST = 10
"""Bytes of the longest `uleb128`, `zigzag` and `vlq` that is accepted: 70 bits."""
UTF8_MOST = 7
"""Bytes of the longest `utf8`: 36 bits."""

_DIGITS = frozenset(b"0123456789")
_HEX_DIGITS = frozenset(b"0123456789ABCDEFabcdef")
_ANY = frozenset(range(256))
_BCD = frozenset(high << 4 | low for high in range(10) for low in range(10))


class BadDigits(ValueError):
    """Bytes that are no value of the type: a letter among decimal digits, an endless `uleb128`."""


class ValueType:
    """One way to put a number on the wire.

    `size` is its length in bytes, None where it varies (`longest` at most); `lowest` and `highest` bound its values (None for floats);
    `alphabet` is the set of bytes that it can consist of.
    """

    __slots__ = ("alphabet", "highest", "lowest", "name", "size")

    def __init__(
        self, name: str, size: int | None, lowest: int | None, highest: int | None, alphabet: frozenset[int]
    ) -> None:
        self.name = name
        self.size = size
        self.lowest = lowest
        self.highest = highest
        self.alphabet = alphabet

    def read(self, raw: bytes) -> Value:
        """The value of exactly `size` bytes. Raises `BadDigits`."""
        raise NotImplementedError

    def write(self, value: Value) -> bytes:
        """The bytes of `value`. Raises `ValueError` where it does not fit."""
        raise NotImplementedError

    @property
    def shortest(self) -> int:
        """The least bytes that a value takes."""
        return 1 if self.size is None else self.size

    @property
    def longest(self) -> int:
        """The most bytes that a value takes."""
        assert self.size is not None
        return self.size

    def more(self, taken: bytes) -> int:
        """How many bytes must follow those taken, at least one, before one can say more; 0 where the value is complete.

        Raises `BadDigits` where no value begins like this.
        """
        return 0

    @property
    def integral(self) -> bool:
        """Whether the values are integers."""
        return self.highest is not None

    @property
    def limits(self) -> str:
        """The range in words, for error messages."""
        return f"{self.name} holds {self.lowest} to {self.highest}" if self.integral else f"{self.name} holds a number"

    def _checked(self, value: Value) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{value!r} is not an integer")
        if self.lowest is None or self.highest is None or not self.lowest <= value <= self.highest:
            raise ValueError(f"{value} is out of range")
        return value

    def __eq__(self, other: object) -> bool:
        return self.name == other.name if isinstance(other, ValueType) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"value_type({self.name!r})"


class IntegerType(ValueType):
    """Two's complement or unsigned, any whole number of bytes, either byte order."""

    __slots__ = ("order", "signed")

    def __init__(self, name: str, size: int, signed: bool, little: bool) -> None:
        bits = 8 * size
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        super().__init__(name, size, low, high, _ANY)
        self.order: Any = "little" if little else "big"
        self.signed = signed

    def read(self, raw: bytes) -> int:
        return int.from_bytes(raw, self.order, signed=self.signed)

    def write(self, value: Value) -> bytes:
        assert self.size is not None
        return self._checked(value).to_bytes(self.size, self.order, signed=self.signed)


class FloatType(ValueType):
    """IEEE 754 binary32 or binary64."""

    __slots__ = ("_struct", "little")

    def __init__(self, name: str, size: int, little: bool) -> None:
        super().__init__(name, size, None, None, _ANY)
        self.little = little
        self._struct = struct.Struct(("<" if little else ">") + ("f" if size == 4 else "d"))

    def read(self, raw: bytes) -> float:
        return float(self._struct.unpack(raw)[0])

    def write(self, value: Value) -> bytes:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise ValueError(f"{value!r} is not a number")
        try:
            return self._struct.pack(value)
        except (OverflowError, struct.error):
            raise ValueError(f"{value} is out of range") from None


class Base128Type(ValueType):
    """Seven bits a byte, the top bit set on all bytes but the last.

    `uleb128` (DWARF 5, section 7.6): least significant first. `zigzag` (Protocol Buffers, Avro): the same of 2n for n >= 0 and
    -2n - 1 for n < 0. `vlq` (MIDI files, ASN.1 object identifiers): most significant first.
    """

    __slots__ = ()

    def __init__(self, name: str) -> None:
        bits = 7 * ULEB128_MOST
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if name == "zigzag" else (0, (1 << bits) - 1)
        super().__init__(name, None, low, high, _ANY)

    @property
    def longest(self) -> int:
        return ULEB128_MOST

    def more(self, taken: bytes) -> int:
        if taken[-1] < 0x80:
            return 0
        if len(taken) == ULEB128_MOST:
            raise BadDigits(f"a {self.name} of more than {ULEB128_MOST} bytes")
        return 1

    def read(self, raw: bytes) -> int:
        groups = raw[::-1] if self.name == "vlq" else raw
        value = sum((byte & 0x7F) << 7 * index for index, byte in enumerate(groups))
        return value >> 1 ^ -(value & 1) if self.name == "zigzag" else value

    def write(self, value: Value) -> bytes:
        rest = self._checked(value)
        if self.name == "zigzag":
            rest = 2 * rest if rest >= 0 else -2 * rest - 1
        groups = [rest & 0x7F]
        while rest := rest >> 7:
            groups.append(rest & 0x7F)
        if self.name == "vlq":
            groups.reverse()
        return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


class Utf8Type(ValueType):
    """Coded as UTF-8 once coded a character, up to 36 bits in seven bytes: the sample or frame number of FLAC (RFC 9639, 9.1.5)."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("utf8", None, 0, (1 << 36) - 1, _ANY)

    @property
    def longest(self) -> int:
        return UTF8_MOST

    def more(self, taken: bytes) -> int:
        ones = 8 - (taken[0] ^ 0xFF).bit_length()
        if ones in (1, 8):
            raise BadDigits(f"{taken[0]:02X} begins no number")
        return max(ones, 1) - len(taken)

    def read(self, raw: bytes) -> int:
        if any(byte & 0xC0 != 0x80 for byte in raw[1:]):
            raise BadDigits(f"{bytes(raw).hex()} is no number coded like a character")
        value = raw[0] if len(raw) == 1 else raw[0] & 0x7F >> len(raw)
        for byte in raw[1:]:
            value = value << 6 | byte & 0x3F
        return value

    def write(self, value: Value) -> bytes:
        rest = self._checked(value)
        if rest < 0x80:
            return bytes([rest])
        behind: list[int] = []
        while rest > 0x3F >> len(behind):
            behind.append(rest & 0x3F | 0x80)
            rest >>= 6
        return bytes([0xFF << 7 - len(behind) & 0xFF | rest, *reversed(behind)])


class DigitsType(ValueType):
    """ASCII digits, most significant first: hexadecimal (either case read, upper case written) or decimal."""

    __slots__ = ("base",)

    def __init__(self, name: str, size: int, base: int) -> None:
        super().__init__(name, size, 0, base**size - 1, _HEX_DIGITS if base == 16 else _DIGITS)
        self.base = base

    def read(self, raw: bytes) -> int:
        if not self.alphabet.issuperset(raw):
            raise BadDigits(f"{bytes(raw)!r} are not digits of base {self.base}")
        return int(bytes(raw), self.base)

    def write(self, value: Value) -> bytes:
        return format(self._checked(value), f"0{self.size}{'X' if self.base == 16 else 'd'}").encode("ascii")


class EndedDigitsType(ValueType):
    """ASCII digits, as many as it takes up to a number of them, and a byte that ends them and belongs to the value.

    `dec6:3A` is one to six decimal digits and a colon, as a netstring begins. Leading zeros are read and not written.
    """

    __slots__ = ("base", "last", "most")

    def __init__(self, name: str, most: int, base: int, last: int) -> None:
        super().__init__(name, None, 0, base**most - 1, (_HEX_DIGITS if base == 16 else _DIGITS) | {last})
        self.base, self.most, self.last = base, most, last

    @property
    def shortest(self) -> int:
        return 2

    @property
    def longest(self) -> int:
        return self.most + 1

    def more(self, taken: bytes) -> int:
        ended, digits = taken[-1] == self.last, len(taken) - 1
        if taken[-1] not in self.alphabet or (digits == 0 if ended else digits == self.most):
            raise BadDigits(f"{bytes(taken)!r} are not 1 to {self.most} digits of base {self.base} and {self.last:02X}")
        return 0 if ended else 1

    def read(self, raw: bytes) -> int:
        return int(bytes(raw[:-1]), self.base)

    def write(self, value: Value) -> bytes:
        return format(self._checked(value), "X" if self.base == 16 else "d").encode("ascii") + bytes([self.last])


class BcdType(ValueType):
    """Two decimal digits a byte; most significant byte first, or last with `le`."""

    __slots__ = ("little",)

    def __init__(self, name: str, digits: int, little: bool) -> None:
        super().__init__(name, digits // 2, 0, 10**digits - 1, _BCD)
        self.little = little

    def read(self, raw: bytes) -> int:
        if not self.alphabet.issuperset(raw):
            raise BadDigits(f"{bytes(raw).hex()} are not decimal digits")
        return int((bytes(raw[::-1]) if self.little else bytes(raw)).hex())

    def write(self, value: Value) -> bytes:
        assert self.size is not None
        raw = bytes.fromhex(format(self._checked(value), f"0{2 * self.size}d"))
        return raw[::-1] if self.little else raw


class NoBytes(ValueType):
    """What stands elsewhere: it takes no bytes here."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("in bits", 0, 0, 0, frozenset())

    def read(self, raw: bytes) -> int:
        return 0

    def write(self, value: Value) -> bytes:
        return b""


_NAME = re.compile(r"(?P<kind>[uif])(?P<bits>\d+)(?P<order>le|be)?|(?P<digits>hex|dec|bcd)(?P<count>\d+)((?P<last>le)|:(?P<end>[0-9A-Fa-f]{2}))?")
_COMMON = ["u8", "i8", *(f"{k}{b}{o}" for k in "ui" for b in (16, 24, 32, 64) for o in ("le", "be"))]
_COMMON += ["f32le", "f32be", "f64le", "f64be", "uleb128", "zigzag", "vlq", "utf8", "hex2", "hex4", "dec2", "dec3", "bcd2", "bcd4"]
EXPECTED = "u8, i8, u16le … u64be, f32le …, uleb128, zigzag, vlq, utf8, hexN, decN, decN:XX or bcdN"
INTEGER_PATTERN = r"^(u|i)(8|[1-9][0-9]*(le|be))$|^(uleb128|zigzag|vlq|utf8)$|^(hex|dec)[1-9][0-9]*(:[0-9A-Fa-f]{2})?$|^bcd[1-9][0-9]*(le)?$"
PATTERN = INTEGER_PATTERN + r"|^f(32|64)(le|be)$"
"""The type names as regular expressions, for the JSON Schema."""


@lru_cache(maxsize=512)
def value_type(name: str) -> ValueType:
    """The type of that name. Raises `SpecError` for a name that is none.

    >>> value_type("u24be").read(b"\\x01\\x02\\x03")
    66051
    """
    if name in ("uleb128", "zigzag", "vlq"):
        return Base128Type(name)
    if name == "utf8":
        return Utf8Type()
    match = _NAME.fullmatch(name) if len(name) <= 12 else None
    made = _made(match) if match else None
    if made is None:
        ordered = _NAME.fullmatch(f"{name}le") if len(name) <= 12 else None
        if ordered and ordered["order"] and _made(ordered):
            raise SpecError(f"type {name!r} lacks its byte order", expected=f"{name}le or {name}be")
        if match and match["bits"] and match["kind"] != "f" and int(match["bits"]) > 128:
            raise SpecError(f"type {name!r} is too wide", expected="integers of 8 to 128 bits; wider ones are data, or several parts")
        raise SpecError(f"unknown type {name[:40]!r}", expected=EXPECTED, near=_meant(name))
    return made


def _meant(name: str) -> str | None:
    """The type that a C programmer's or a sloppy spelling stands for."""
    plain = re.sub(r"_t$|_", "", name.casefold())
    match = re.fullmatch(r"(?=[a-z])(u?)(?:int|i|s)?(8|16|24|32|64)(le|be)?|(?:float|f)(32|64)(le|be)?", plain)
    if match is None:
        return near_miss(plain, _COMMON)
    if match[4]:
        return f"f{match[4]}{match[5] or 'le'}"
    return f"{'u' if match[1] else 'i'}{match[2]}" + ("" if match[2] == "8" else match[3] or "le")


def _made(match: re.Match[str]) -> ValueType | None:
    name = match[0]
    if match["digits"]:
        count = int(match["count"])
        if not 1 <= count <= 32 or (match["last"] and match["digits"] != "bcd") or (match["end"] and match["digits"] == "bcd"):
            return None
        base = 16 if match["digits"] == "hex" else 10
        if match["end"]:
            last = int(match["end"], 16)
            digits = _HEX_DIGITS if base == 16 else _DIGITS
            return None if last in digits else EndedDigitsType(f"{match['digits']}{count}:{last:02X}", count, base, last)
        if match["digits"] == "bcd":
            return BcdType(name, count, bool(match["last"])) if count % 2 == 0 else None
        return DigitsType(name, count, base)
    bits, order = int(match["bits"]), match["order"]
    if match["kind"] == "f":
        return FloatType(name, bits // 8, order == "le") if bits in (32, 64) and order else None
    if bits % 8 or not 8 <= bits <= 128 or (order is None) != (bits == 8):
        return None
    return IntegerType(name, bits // 8, match["kind"] == "i", order == "le")


class Charset:
    """A set of bytes, from names and hexadecimal bytes or ranges: `alnum 2C 2E`, `20-29 2B-7E`.

    Named sets: `ascii` (00-7F), `printable` (20-7E), `digits`, `hex` (either case), `alnum`. Equal where the sets are.
    """

    __slots__ = ("bytes", "text")

    NAMED: ClassVar[dict[str, frozenset[int]]] = {
        "ascii": frozenset(range(0x80)),
        "printable": frozenset(range(0x20, 0x7F)),
        "digits": _DIGITS,
        "hex": _HEX_DIGITS,
        "alnum": frozenset(byte for byte in range(0x80) if chr(byte).isalnum()),
    }
    _RANGE = re.compile(r"([0-9A-Fa-f]{2})(?:-([0-9A-Fa-f]{2}))?")
    _ONE = rf"({'|'.join(NAMED)}|[0-9A-Fa-f]{{2}}(-[0-9A-Fa-f]{{2}})?)"
    PATTERN = rf"^\s*{_ONE}(\s+{_ONE})*\s*$"

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        self.bytes = frozenset(byte for word in self.text.split() for byte in self._word(word))
        if not self.bytes:
            raise SpecError("empty character set", expected=self._expected())

    @classmethod
    def _expected(cls) -> str:
        return f"{', '.join(cls.NAMED)}, or hexadecimal bytes and ranges such as '20-7E 0D'"

    @classmethod
    def _word(cls, word: str) -> frozenset[int]:
        if word in cls.NAMED:
            return cls.NAMED[word]
        match = cls._RANGE.fullmatch(word)
        if not match:
            raise SpecError(f"unknown characters {word!r}", expected=cls._expected(), near=near_miss(word, cls.NAMED))
        first, last = int(match[1], 16), int(match[2] or match[1], 16)
        if first > last:
            raise SpecError(f"range {word} runs backwards", expected="the lower byte first")
        return frozenset(range(first, last + 1))

    def __eq__(self, other: object) -> bool:
        return self.bytes == other.bytes if isinstance(other, Charset) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.bytes)

    def __repr__(self) -> str:
        return f"Charset({self.text!r})"

    def __str__(self) -> str:
        return self.text
