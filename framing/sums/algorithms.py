"""What checksums compute: CRC models, word sums and Fletcher sums, each as data and as the fastest function for it.

`compute` is in the innermost loop of a decoder, so it is the cheapest function that was found for the algorithm, without a
layer around it where none is needed. Figures beside the choices are ns a call for 16, 64 and 1024 bytes on CPython 3.11;
what matters is their ratio.

What an algorithm computes is also kept as data (`crc`, `words`, `fletcher`, `internet`). All of these have a prefix form:
from the running state at two offsets follows the checksum of the bytes between them (`sums/prefixes.py`). A decoder can then
check many overlapping candidates at a cost linear in the input. A registered function has no such data and costs a pass
for each candidate.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from itertools import accumulate
from math import gcd
from operator import xor
from typing import Final, NamedTuple, TypeAlias
from zlib import adler32, crc32

from crcmod import mkCrcFun

Buffer: TypeAlias = bytes | bytearray | memoryview
"""What `compute` takes. A memoryview must be contiguous and of single bytes (format `B`)."""

Compute: TypeAlias = Callable[[Buffer], int]

CHECK_DATA: Final = b"123456789"
MAX_WIDTH: Final = 128


@dataclass(frozen=True, slots=True)
class CrcModel:
    """A CRC in the notation of the RevEng catalogue.

    `width` is in bits, 1 to 128. `poly` is written most significant term first, without its top term. `init` is written
    as if nothing were reflected. `refin`: the least significant bit of each byte comes first. `refout`: the register is
    reversed before `xorout` is applied.
    """

    width: int
    poly: int
    init: int = 0
    refin: bool = False
    refout: bool = False
    xorout: int = 0


@dataclass(frozen=True, slots=True)
class WordModel:
    """Words added (`op` is `sum`) or xored (`xor`) to `init`, cut to `width` bits, negated if asked, then xored.

    `word` is u8, u16le, u16be, u32le or u32be. Zero bytes fill up the last word. `negate` is the two's complement. `turn`, of
    xors as wide as a word: bits by which the register is rotated left before each word.
    """

    op: str
    width: int
    word: str = "u8"
    init: int = 0
    negate: bool = False
    xorout: int = 0
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Finish:
    """What is done to a result of `width` bits at last: rotated right by `rotate` bits, `add` added, cut to `bits` bits."""

    width: int
    rotate: int = 0
    add: int = 0
    bits: int = 0

    def apply(self, value: int) -> int:
        """The finished result."""
        turned = value >> self.rotate | value << self.width - self.rotate & (1 << self.width) - 1
        return turned + self.add & (1 << self.bits) - 1


@dataclass(frozen=True, slots=True)
class FletcherModel:
    """Two sums modulo `modulus`: of the words, starting at `first`, and of each value the first sum takes on the way.

    The result is `second << shift | first`. `word` is as in `WordModel`. Zero bytes fill up the last word.
    """

    modulus: int
    shift: int
    word: str = "u8"
    first: int = 0


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A checksum algorithm.

    `name` is the canonical name, or the inline definition in TOML. `width` is the number of bits of the result. `check`
    is the result over the nine bytes `123456789`; None if nobody gave it for a registered function. At most one of
    `crc`, `words`, `fletcher` and `internet` (RFC 1071) says how the result comes about, and `finished` what is done to it at
    last. `compute` takes no part in comparison.

    >>> from framing.checksums import algorithm
    >>> modbus = algorithm("crc16-modbus")
    >>> modbus.name, modbus.width, f"{modbus.check:04X}"
    ('CRC-16/MODBUS', 16, '4B37')
    >>> f"{modbus.compute(bytes.fromhex('01 04 02 FF FF')):04X}"
    '80B8'
    """

    name: str
    width: int
    check: int | None
    compute: Compute = field(compare=False, repr=False)
    crc: CrcModel | None = None
    words: WordModel | None = None
    fletcher: FletcherModel | None = None
    internet: bool = False
    finished: Finish | None = None


# --- CRC -------------------------------------------------------------------------------------------------------------


def _reflect(value: int, width: int) -> int:
    return int(f"{value:0{width}b}"[::-1], 2)


@lru_cache(maxsize=256)  # a table takes 0.3 ms to build
def crc_function(model: CrcModel) -> Compute:
    """The cheapest function for a CRC.

    zlib.crc32        68   176    432   its own polynomial only; with a lambda around it 117, 226, 485
    crc_hqx, lambda   97   228   2896   its own polynomial only; crcmod catches up at 300 bytes
    crcmod           171   290   2662   8, 16, 24, 32 or 64 bits; other widths ride in one of these for 257, 373, 2742
    table in Python 2403  6795  92018   any width
    """
    if (model.width, model.poly, model.refin, model.refout) == (32, 0x04C11DB7, True, True):
        return _crc_by_zlib(model)
    if (model.width, model.poly, model.refin, model.refout) == (16, 0x1021, False, False):
        return _crc_by_hqx(model)
    return _crc_by_crcmod(model) if model.width <= 64 else _crc_by_table(model)


def _crc_by_zlib(model: CrcModel) -> Compute:
    seed = _reflect(model.init, 32) ^ 0xFFFFFFFF  # crc32 inverts what it is given and what it returns
    final = model.xorout ^ 0xFFFFFFFF
    if seed == final == 0:
        return crc32
    return lambda data: crc32(data, seed) ^ final


def _crc_by_hqx(model: CrcModel) -> Compute:
    init, xorout = model.init, model.xorout
    return (lambda data: crc_hqx(data, init) ^ xorout) if xorout else (lambda data: crc_hqx(data, init))


def _crc_by_crcmod(model: CrcModel) -> Compute:
    """A narrow register rides in a wider one: in its high bits, or, as reflection turns it round, in the low bits."""
    width, xorout = model.width, model.xorout
    size = next(size for size in (8, 16, 24, 32, 64) if size >= width)
    spare = size - width
    poly = 1 << size | model.poly << spare
    start = _reflect(model.init, width) if model.refin else model.init << spare
    down = 0 if model.refin else spare
    if model.refin == model.refout and down == 0:
        return mkCrcFun(poly, start ^ xorout, model.refin, xorout)  # crcmod's initCrc is a CRC, xorout applied
    register = mkCrcFun(poly, start, model.refin, 0)
    if model.refin == model.refout:
        return lambda data: register(data) >> down ^ xorout
    return lambda data: _reflect(register(data) >> down, width) ^ xorout


def _crc_by_table(model: CrcModel) -> Compute:
    register = _table_register(model)
    lead, start, result = register.lead, register.start, register.result
    return lambda data: result(lead(data, start))


class CrcRegister(NamedTuple):
    """The register of a CRC, of `bits` bits: `lead(data, register)` leads it through bytes, `result` makes it the CRC.

    Leading is linear: `lead(data, a ^ b) == lead(data, a) ^ lead(zeros, b)`, with as many zeros as there are data.
    """

    bits: int
    start: int
    lead: Callable[[Buffer, int], int]
    result: Callable[[int], int]


@lru_cache(maxsize=256)
def crc_register(model: CrcModel) -> CrcRegister:
    """The register of any CRC, led by the same functions in C that compute the CRC."""
    width, xorout = model.width, model.xorout
    if width > 64:
        return _table_register(model)
    size = next(size for size in (8, 16, 24, 32, 64) if size >= width)
    spare = size - width
    lead = mkCrcFun(1 << size | model.poly << spare, 0, model.refin, 0)
    start = _reflect(model.init, width) if model.refin else model.init << spare
    down = 0 if model.refin else spare
    if model.refin == model.refout:
        return CrcRegister(size, start, lead, lambda register: register >> down ^ xorout)
    return CrcRegister(size, start, lead, lambda register: _reflect(register >> down, width) ^ xorout)


def _table_register(model: CrcModel) -> CrcRegister:
    """Any width. A register narrower than a byte rides in the high bits of one."""
    width, refin, refout, xorout = model.width, model.refin, model.refout, model.xorout
    spare = max(0, 8 - width)
    top = width + spare - 8
    rest = (1 << top) - 1
    poly = model.poly << spare | 256 << top  # with its top term, which clears the bit that is shifted out

    def shifted(value: int) -> int:
        for _ in range(8):
            value = value << 1 ^ (poly if value >> top & 0x80 else 0)
        return value

    table = [shifted(byte << top) for byte in range(256)]
    order = [_reflect(byte, 8) if refin else byte for byte in range(256)]

    def lead(data: Buffer, value: int) -> int:
        for byte in data:
            value = (value & rest) << 8 ^ table[value >> top ^ order[byte]]
        return value

    def result(value: int) -> int:
        value >>= spare
        return (_reflect(value, width) if refout else value) ^ xorout

    return CrcRegister(width + spare, model.init << spare, lead, result)


# --- Sums ------------------------------------------------------------------------------------------------------------

WORD_TYPES: Final = {"u8": (1, "<B"), "u16le": (2, "<H"), "u16be": (2, ">H"), "u32le": (4, "<I"), "u32be": (4, ">I")}

# Up to this many bytes, the first sum of Adler-32 is below its modulus 65521, and so is the plain sum of the bytes.
_ADLER_EXACT: Final = 256


def _unpack(data: Buffer, word: str) -> Sequence[int]:
    size, code = WORD_TYPES[word]
    if size == 1:
        return bytes(data)
    if len(data) % size:
        data = bytes(data) + bytes(-len(data) % size)
    return struct.unpack(f"{code[0]}{len(data) // size}{code[1]}", data)


def _long_byte_sum(data: Buffer) -> int:
    view = memoryview(data)
    return sum([adler32(view[at : at + _ADLER_EXACT], 0) & 0xFFFF for at in range(0, len(view), _ADLER_EXACT)])


def _byte_sum(model: WordModel) -> Compute:
    """The sum of bytes, which Adler-32 computes on its way.

    sum(data)        177   421   5198
    adler32          107   119   1934   where nothing follows the sum; else 165, 178, 1996
    """
    mask, xorout = (1 << model.width) - 1, model.xorout
    sign = -1 if model.negate else 1
    start = sign * model.init
    short_mask = mask & 0xFFFF

    def plain(data: Buffer) -> int:
        return adler32(data, 0) & short_mask if len(data) <= _ADLER_EXACT else _long_byte_sum(data) & mask

    def general(data: Buffer) -> int:
        total = adler32(data, 0) & 0xFFFF if len(data) <= _ADLER_EXACT else _long_byte_sum(data)
        return (start + sign * total) & mask ^ xorout

    return general if model.negate or model.init or xorout else plain


def _word_sum(model: WordModel) -> Compute:
    word, mask, xorout = model.word, (1 << model.width) - 1, model.xorout
    sign = -1 if model.negate else 1
    start = sign * model.init
    return lambda data: (start + sign * sum(_unpack(data, word))) & mask ^ xorout


def _word_xor(model: WordModel) -> Compute:
    """The xor of words is a CRC: modulo x^n + 1 every word of n bits is worth the same.

    reduce(xor, data)  433  1210  16607
    crcmod             159   254   2033
    """
    word, width, init, xorout = model.word, model.width, model.init, model.xorout
    size, _ = WORD_TYPES[word]
    fold = _crc_by_crcmod(CrcModel(8 * size, 1, refin=word.endswith("le"), refout=word.endswith("le")))
    if model == WordModel("xor", 8):
        return fold
    mask = (1 << width) - 1
    sign = -1 if model.negate else 1

    def compute(data: Buffer) -> int:
        if len(data) % size:
            data = bytes(data) + bytes(-len(data) % size)
        return sign * (fold(data) ^ init) & mask ^ xorout

    return compute


def _turned_xor(model: WordModel) -> Compute:
    """Words that lie a whole turn of the register apart are turned alike: each group is xored, then turned at once."""
    width, turn, mask = model.width, model.turn, (1 << model.width) - 1
    period = width // gcd(width, turn)
    sign, init, xorout = (-1 if model.negate else 1), model.init, model.xorout

    def turned(value: int, words: int) -> int:
        bits = turn * words % width
        return (value << bits | value >> width - bits) & mask

    def compute(data: Buffer) -> int:
        words = _unpack(data, model.word)
        register = turned(init, len(words))
        for group in range(min(period, len(words))):
            register ^= turned(reduce(xor, words[len(words) - 1 - group :: -period]), group)
        return sign * register & mask ^ xorout

    return compute


@lru_cache(maxsize=256)
def words_function(model: WordModel) -> Compute:
    if model.turn:
        return _turned_xor(model)
    if model.op == "xor":
        return _word_xor(model)
    return _byte_sum(model) if model.word == "u8" else _word_sum(model)


def fletcher_8(data: Buffer) -> int:
    """Both sums modulo 256, exactly, out of two remainders that C computes.

    sum, accumulate  707  2013  27940
    this             193   607   5990

    Adler-32 started at 0 has the same sums modulo 65521. Up to 22 bytes both are exact. Up to 256 bytes the first is,
    and the second lacks fewer than 255 times 65521. How many follows from its remainder modulo 255: read as one number,
    the bytes are first + 255 * (second - first) modulo 255 squared, as 256^k is 1 + 255k there. 91 is 1 / 65521 modulo
    255.
    """
    size = len(data)
    if size <= _ADLER_EXACT:
        sums = adler32(data, 0)
        if size <= 22:
            return sums & 0xFF | sums >> 8 & 0xFF00
        first, second = sums & 0xFFFF, sums >> 16
        turns = ((int.from_bytes(data, "big") % 65025 - first) // 255 + first - second) * 91 % 255
        return first & 0xFF | (second + 65521 * turns & 0xFF) << 8
    view = memoryview(data)
    first = second = 0
    for at in range(0, size, _ADLER_EXACT):
        piece = view[at : at + _ADLER_EXACT]
        sums = fletcher_8(piece)
        second += (sums >> 8) + first * len(piece)
        first += sums & 0xFF
    return first & 0xFF | (second & 0xFF) << 8


def fletcher_function(model: FletcherModel) -> Compute:
    word, modulus, shift, first = model.word, model.modulus, model.shift, model.first

    def compute(data: Buffer) -> int:
        words = _unpack(data, word)
        second = sum(accumulate(words)) + first * len(words)
        return second % modulus << shift | (first + sum(words)) % modulus

    return compute


def internet(data: Buffer) -> int:
    """RFC 1071. A number modulo 65535 is the ones' complement sum of its 16-bit words.

    sum, fold        984  1457  10729
    this             317   421   2630
    """
    number = int.from_bytes(data, "big") << 8 * (len(data) % 2)
    return -number % 0xFFFF if number else 0xFFFF  # only zeros sum up to +0


def finished_function(compute: Compute, finish: Finish) -> Compute:
    """The function with what is done to its result at last."""
    apply = finish.apply
    return lambda data: apply(compute(data))
