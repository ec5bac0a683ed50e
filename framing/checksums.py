"""Checksums: CRCs by their name in the RevEng catalogue, sums, and definitions of one's own.

`algorithm` turns a name or an inline definition into an `Algorithm`, whose `compute` maps bytes to an integer. That
call is in the innermost loop of a decoder, so `compute` is the cheapest function that was found for the algorithm,
without a layer around it where none is needed. Figures beside the choices are ns a call for 16, 64 and 1024 bytes on
CPython 3.11; what matters is their ratio.

Names count without regard to case and punctuation. The part of a catalogue name behind the slash will do where only one
algorithm has it (`mcrf4xx`). A name that different people use for different algorithms (`crc16-ccitt`) is refused with
a list of what it may mean, unless the catalogue has that very spelling (`CRC-16/CCITT`).

What an algorithm computes is also kept as data (`crc`, `words`, `fletcher`). All of these have a prefix form: from the
running state at two offsets follows the checksum of the bytes between them. A decoder can then check many overlapping
candidates at a cost linear in the input. A registered function has no such data and costs a pass for each candidate.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from itertools import accumulate
from types import MappingProxyType
from typing import Any, Final, TypeAlias
from zlib import adler32, crc32

from crcmod import mkCrcFun

from framing.crc_catalogue import AMBIGUOUS, CATALOGUE, CATALOGUE_ALIASES, COMMON_ALIASES
from framing.errors import SpecError, near_miss

__all__ = ["Algorithm", "Buffer", "CrcModel", "FletcherModel", "WordModel", "algorithm", "aliases", "names", "register"]

Buffer: TypeAlias = bytes | bytearray | memoryview
"""What `compute` takes. A memoryview must be contiguous and of single bytes (format `B`)."""

Compute: TypeAlias = Callable[[Buffer], int]

_CHECK_DATA: Final = b"123456789"
_MAX_WIDTH: Final = 128


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

    `word` is u8, u16le, u16be, u32le or u32be. Zero bytes fill up the last word. `negate` is the two's complement.
    """

    op: str
    width: int
    word: str = "u8"
    init: int = 0
    negate: bool = False
    xorout: int = 0


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
    `crc`, `words` and `fletcher` says how the result comes about. `compute` takes no part in comparison.

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


# --- CRC -------------------------------------------------------------------------------------------------------------


def _reflect(value: int, width: int) -> int:
    return int(f"{value:0{width}b}"[::-1], 2)


@lru_cache(maxsize=256)  # a table takes 0.3 ms to build
def _crc(model: CrcModel) -> Compute:
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
    """Any width. A register narrower than a byte rides in the high bits of one."""
    width, refin, refout, xorout = model.width, model.refin, model.refout, model.xorout
    spare = max(0, 8 - width)
    top = width + spare - 8
    rest = (1 << top) - 1
    start = model.init << spare
    poly = model.poly << spare | 256 << top  # with its top term, which clears the bit that is shifted out

    def shifted(value: int) -> int:
        for _ in range(8):
            value = value << 1 ^ (poly if value >> top & 0x80 else 0)
        return value

    table = [shifted(byte << top) for byte in range(256)]
    order = [_reflect(byte, 8) if refin else byte for byte in range(256)]

    def compute(data: Buffer) -> int:
        value = start
        for byte in data:
            value = (value & rest) << 8 ^ table[value >> top ^ order[byte]]
        value >>= spare
        return (_reflect(value, width) if refout else value) ^ xorout

    return compute


# --- Sums ------------------------------------------------------------------------------------------------------------

_WORDS: Final = {"u8": (1, "<B"), "u16le": (2, "<H"), "u16be": (2, ">H"), "u32le": (4, "<I"), "u32be": (4, ">I")}

# Up to this many bytes, the first sum of Adler-32 is below its modulus 65521, and so is the plain sum of the bytes.
_ADLER_EXACT: Final = 256


def _unpack(data: Buffer, word: str) -> Sequence[int]:
    size, code = _WORDS[word]
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
    size, _ = _WORDS[word]
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


@lru_cache(maxsize=256)
def _words(model: WordModel) -> Compute:
    if model.op == "xor":
        return _word_xor(model)
    return _byte_sum(model) if model.word == "u8" else _word_sum(model)


def _fletcher_8(data: Buffer) -> int:
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
        sums = _fletcher_8(piece)
        second += (sums >> 8) + first * len(piece)
        first += sums & 0xFF
    return first & 0xFF | (second & 0xFF) << 8


def _fletcher(model: FletcherModel) -> Compute:
    word, modulus, shift, first = model.word, model.modulus, model.shift, model.first

    def compute(data: Buffer) -> int:
        words = _unpack(data, word)
        second = sum(accumulate(words)) + first * len(words)
        return second % modulus << shift | (first + sum(words)) % modulus

    return compute


def _internet(data: Buffer) -> int:
    """RFC 1071. A number modulo 65535 is the ones' complement sum of its 16-bit words.

    sum, fold        984  1457  10729
    this             317   421   2630
    """
    number = int.from_bytes(data, "big") << 8 * (len(data) % 2)
    return -number % 0xFFFF if number else 0xFFFF  # only zeros sum up to +0


# --- Names -----------------------------------------------------------------------------------------------------------


def _algorithm(name: str, width: int, compute: Compute, **data: Any) -> Algorithm:
    return Algorithm(name, width, compute(_CHECK_DATA), compute, **data)


def _crc_algorithm(name: str, model: CrcModel) -> Algorithm:
    return _algorithm(name, model.width, _crc(model), crc=model)


def _word_algorithm(name: str, model: WordModel) -> Algorithm:
    return _algorithm(name, model.width, _words(model), words=model)


def _fletcher_algorithm(name: str, model: FletcherModel, compute: Compute | None = None) -> Algorithm:
    return _algorithm(name, 2 * model.shift, compute or _fletcher(model), fletcher=model)


# Canonical name -> what makes the algorithm. Tables are built when they are first asked for.
_makers: dict[str, Callable[[], Algorithm]] = {
    **{entry.name: partial(_crc_algorithm, entry.name, CrcModel(*entry[1:7])) for entry in CATALOGUE},
    **{f"sum-{width}": partial(_word_algorithm, f"sum-{width}", WordModel("sum", width)) for width in (8, 15, 16, 32)},
    "lrc-8": partial(_word_algorithm, "lrc-8", WordModel("sum", 8, negate=True)),
    "xor-8": partial(_word_algorithm, "xor-8", WordModel("xor", 8)),
    "fletcher-8": partial(_fletcher_algorithm, "fletcher-8", FletcherModel(256, 8), _fletcher_8),
    "fletcher-16": partial(_fletcher_algorithm, "fletcher-16", FletcherModel(255, 8)),
    "fletcher-32": partial(_fletcher_algorithm, "fletcher-32", FletcherModel(65535, 16, "u16le")),
    "adler-32": partial(_fletcher_algorithm, "adler-32", FletcherModel(65521, 16, first=1), adler32),
    "internet": partial(_algorithm, "internet", 16, _internet),
}
_exact: dict[str, str] = {}  # every spelling, case aside -> canonical name
_loose: dict[str, str] = {}  # the same without punctuation
_aliases: dict[str, str] = {}


def _letters(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


_unclear: dict[str, tuple[str, ...]] = {_letters(name): meant for name, meant in AMBIGUOUS.items()}


def _enter(canonical: str, *others: str) -> None:
    for name in (canonical, *others):
        _exact[name.casefold()] = _loose[_letters(name)] = canonical
    _aliases.update(dict.fromkeys(others, canonical))


def _enter_all() -> None:
    for canonical in _makers:
        _enter(canonical, *CATALOGUE_ALIASES.get(canonical, ()))
    for alias, canonical in COMMON_ALIASES.items():
        _enter(canonical, alias)
    tails: dict[str, dict[str, None]] = {}
    for name, canonical in _exact.items():
        tails.setdefault(name.partition("/")[2], {})[canonical] = None
    for tail, owners in tails.items():
        if len(tail) < 3 or _letters(tail) in _loose or _letters(tail) in _unclear:
            continue
        if len(owners) == 1:
            _enter(*owners, tail)
        else:
            _unclear[_letters(tail)] = tuple(owners)


_enter_all()


@cache
def _named(canonical: str) -> Algorithm:
    return _makers[canonical]()


def _described(canonical: str) -> str:
    found = _named(canonical)
    return f"{canonical} (check 0x{found.check:0{-(-found.width // 4)}X})"


def algorithm(definition: str | Mapping[str, object] | Algorithm) -> Algorithm:
    """The algorithm of that name, or as defined; an `Algorithm` is returned as it is.

    >>> algorithm("X25").name, algorithm("crc-32").name, algorithm("mcrf4xx").name
    ('CRC-16/IBM-SDLC', 'CRC-32/ISO-HDLC', 'CRC-16/MCRF4XX')
    >>> hex(algorithm("xor-8").compute(b"GPGLL,5300.97914,N,00259.98174,E,125926,A"))
    '0x28'

    A mapping defines a CRC (`width`, `poly`; `init`, `refin`, `refout`, `xorout`, as in `CrcModel`; `refout` is as
    `refin` unless given) or a sum or xor of words (`sum` or `xor`, the bits of the result; `word`, `init`, `negate`,
    `xorout`, as in `WordModel`):

    >>> algorithm({"width": 16, "poly": 0x1021, "init": 0xFFFF}).compute(b"123456789") == 0x29B1
    True
    >>> algorithm({"sum": 16, "word": "u16le"}).compute(bytes([1, 0, 2, 0, 3]))
    6

    Besides CRCs there are `sum-8`, `sum-15` (the low 15 bits, as in SiRF binary), `sum-16`, `sum-32` of bytes; `lrc-8`,
    the negated `sum-8` of Modbus ASCII; `xor-8`; `fletcher-8`, both sums modulo 256 as in u-blox UBX, the first being
    the low byte, so that as u16le it stands on the wire as CK_A CK_B; `fletcher-16` of bytes modulo 255; `fletcher-32`
    of u16le words modulo 65535; `adler-32`; and `internet`, RFC 1071.

    Raises `SpecError` for what is unknown, ambiguous or malformed.
    """
    if isinstance(definition, Algorithm):
        return definition
    if isinstance(definition, Mapping):
        return _inline(definition)
    if not isinstance(definition, str):
        raise SpecError(f"{type(definition).__name__} is no checksum algorithm", expected="a name or a table")
    loose = _letters(definition)
    canonical = _exact.get(definition.casefold())
    if canonical is None and loose in _unclear:
        meant = ", ".join(map(_described, _unclear[loose]))
        raise SpecError(f"{definition!r} is ambiguous: {meant}", expected="one of these names")
    canonical = canonical or _loose.get(loose)
    if canonical is None:
        raise SpecError(
            f"no checksum algorithm is called {definition!r}",
            expected="a name from the RevEng catalogue of CRC algorithms, or such as 'sum-8', 'xor-8', 'fletcher-16'",
            near=near_miss(definition, (*_makers, *_aliases)),
        )
    return _named(canonical)


def names() -> tuple[str, ...]:
    """All canonical names: CRCs by width, then sums, then what was registered.

    >>> names()[0], names()[112:115]
    ('CRC-3/GSM', ('CRC-82/DARC', 'sum-8', 'sum-15'))
    """
    return tuple(_makers)


def aliases() -> Mapping[str, str]:
    """Other names, each with the canonical name. Spellings that differ in case and punctuation only are not listed.

    >>> aliases()["CRC-B"], aliases()["crc-24q"]
    ('CRC-16/IBM-SDLC', 'CRC-24/LTE-A')
    """
    return MappingProxyType(_aliases)


def register(
    name: str, compute: Compute, width: int, *, check: int | None = None, aliases: Iterable[str] = ()
) -> Algorithm:
    """Makes a function known under a name, until the program ends.

    `compute` takes the covered bytes and returns an integer of `width` bits. `check` is its result over `123456789`; if
    given, it is verified. Raises `ValueError` if it is wrong, or if a name is taken.

    >>> double = register("doc-double", lambda data: 2 * sum(data) & 0xFF, 8, check=0xBA)
    >>> algorithm("DOC-DOUBLE") is double
    True
    """
    if not callable(compute):
        raise TypeError("compute must be callable")
    if isinstance(aliases, str):
        raise TypeError("aliases must be a collection of names, not one name")
    if width < 1:
        raise ValueError(f"width is {width}, but must be at least 1")
    spellings = (name, *aliases)
    taken = {"", *_loose, *_unclear}
    for spelling in spellings:
        if _letters(spelling) in taken:
            raise ValueError(f"the name {spelling!r} is empty or taken")
        taken.add(_letters(spelling))
    if check is not None and (found := compute(_CHECK_DATA)) != check:
        raise ValueError(f"check is {check:#x}, but {name!r} gives {found:#x}")
    made = Algorithm(name, width, check, compute)
    _makers[name] = lambda: made
    _enter(*spellings)
    return made


# --- Inline definitions ----------------------------------------------------------------------------------------------

_WORD_KEYS: Final = {"word": "u8", "init": 0, "negate": False, "xorout": 0}
_KEYS: Final[dict[str, dict[str, Any]]] = {
    "width": {"poly": None, "init": 0, "refin": False, "refout": False, "xorout": 0},
    "sum": _WORD_KEYS,
    "xor": _WORD_KEYS,
}


def _inline(definition: Mapping[str, object]) -> Algorithm:
    kinds = [kind for kind in _KEYS if kind in definition]
    known = [key for kind in (kinds if len(kinds) == 1 else _KEYS) for key in (kind, *_KEYS[kind])]
    for key in definition:
        if key not in known:
            expected = "one of " + ", ".join(dict.fromkeys(known))
            raise SpecError("unknown key", path=str(key), expected=expected, near=near_miss(str(key), known))
    if len(kinds) != 1:
        raise SpecError("not a checksum definition", expected="one of the keys width, sum and xor")
    kind = kinds[0]
    width = _checked(kind, definition[kind], 1, 1, _MAX_WIDTH)
    defaults = _KEYS[kind]
    if kind == "width":
        defaults = {**defaults, "refout": definition.get("refin", False)}
    values = {
        key: _checked(key, definition.get(key, default), default, 0, (1 << width) - 1)
        for key, default in defaults.items()
    }
    given = (f"{key} = {_toml(value)}" for key, value in values.items() if value != defaults[key])
    name = f"{{ {', '.join([f'{kind} = {width}', *given])} }}"
    if kind == "width":
        return _crc_algorithm(name, CrcModel(width, **values))
    return _word_algorithm(name, WordModel(kind, width, **values))


def _checked(key: str, value: Any, default: Any, low: int, high: int) -> Any:
    """`value`, if it is of the type of `default` (None: an integer that must be given)."""
    if isinstance(default, bool):
        fits, expected = isinstance(value, bool), "true or false"
    elif isinstance(default, str):
        fits, expected = isinstance(value, str) and value in _WORDS, "one of " + ", ".join(_WORDS)
    else:
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        expected = f"an integer from {low:#x} to {high:#x}"
    if not fits:
        raise SpecError("missing" if value is None else f"{_toml(value):.40} does not fit", path=key, expected=expected)
    return value


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:#x}" if isinstance(value, int) else repr(value)
