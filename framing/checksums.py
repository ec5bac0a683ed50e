"""Checksums by name: the RevEng catalogue of CRCs, sums, inline definitions, and functions of one's own.

`algorithm` turns a name or an inline definition into an `Algorithm`, whose `compute` maps bytes to an integer.

Names count without regard to case and punctuation. The part of a catalogue name behind the slash will do where only one
algorithm has it (`mcrf4xx`). A name that different people use for different algorithms (`crc16-ccitt`) is refused with
a list of what it may mean, unless the catalogue has that very spelling (`CRC-16/CCITT`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache, partial
from types import MappingProxyType
from typing import Any, Final
from zlib import adler32

from framing.errors import SpecError, near_miss
from framing.sums import algorithms
from framing.sums.algorithms import (
    CHECK_DATA,
    MAX_WIDTH,
    WORD_TYPES,
    Algorithm,
    Buffer,
    Compute,
    CrcModel,
    Finish,
    FletcherModel,
    WordModel,
)
from framing.sums.crc_catalogue import AMBIGUOUS, CATALOGUE, CATALOGUE_ALIASES, COMMON_ALIASES

__all__ = ["Algorithm", "Buffer", "CrcModel", "FletcherModel", "WordModel", "algorithm", "aliases", "names", "register"]

# --- Names -----------------------------------------------------------------------------------------------------------


def _algorithm(name: str, width: int, compute: Compute, **data: Any) -> Algorithm:
    return Algorithm(name, width, compute(CHECK_DATA), compute, **data)


def _crc_algorithm(name: str, model: CrcModel) -> Algorithm:
    return _algorithm(name, model.width, algorithms.crc_function(model), crc=model)


def _word_algorithm(name: str, model: WordModel) -> Algorithm:
    return _algorithm(name, model.width, algorithms.words_function(model), words=model)


def _fletcher_algorithm(name: str, model: FletcherModel, compute: Compute | None = None) -> Algorithm:
    return _algorithm(name, 2 * model.shift, compute or algorithms.fletcher_function(model), fletcher=model)


# Canonical name -> what makes the algorithm. Tables are built when they are first asked for.
_makers: dict[str, Callable[[], Algorithm]] = {
    **{entry.name: partial(_crc_algorithm, entry.name, CrcModel(*entry[1:7])) for entry in CATALOGUE},
    **{f"sum-{width}": partial(_word_algorithm, f"sum-{width}", WordModel("sum", width)) for width in (8, 15, 16, 32)},
    "lrc-8": partial(_word_algorithm, "lrc-8", WordModel("sum", 8, negate=True)),
    "xor-8": partial(_word_algorithm, "xor-8", WordModel("xor", 8)),
    "fletcher-8": partial(_fletcher_algorithm, "fletcher-8", FletcherModel(256, 8), algorithms.fletcher_8),
    "fletcher-16": partial(_fletcher_algorithm, "fletcher-16", FletcherModel(255, 8)),
    "fletcher-32": partial(_fletcher_algorithm, "fletcher-32", FletcherModel(65535, 16, "u16le")),
    "adler-32": partial(_fletcher_algorithm, "adler-32", FletcherModel(65521, 16, first=1), adler32),
    "internet": partial(_algorithm, "internet", 16, algorithms.internet, internet=True),
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
    `xorout`, `turn`, as in `WordModel`), or takes one by its `name`. Besides, `rotate`, `add` and `bits` may say what is done to
    the result at last, as in `Finish`; `bits` is as many as it had unless given:

    >>> algorithm({"width": 16, "poly": 0x1021, "init": 0xFFFF}).compute(b"123456789") == 0x29B1
    True
    >>> algorithm({"sum": 16, "word": "u16le"}).compute(bytes([1, 0, 2, 0, 3]))
    6
    >>> hex(algorithm({"name": "CRC-32/ISCSI", "rotate": 15, "add": 0xA282EAD8}).compute(b"123456789"))  # as LevelDB masks it
    '0xc78ab0e5'

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
    if check is not None and (found := compute(CHECK_DATA)) != check:
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
    "xor": {**_WORD_KEYS, "turn": 0},
    "name": {},
}
_FINISH_KEYS: Final = ("rotate", "add", "bits")


def _inline(definition: Mapping[str, object]) -> Algorithm:
    kinds = [kind for kind in _KEYS if kind in definition]
    known = [key for kind in (kinds if len(kinds) == 1 else _KEYS) for key in (kind, *_KEYS[kind])] + [*_FINISH_KEYS]
    for key in definition:
        if key not in known:
            expected = "one of " + ", ".join(dict.fromkeys(known))
            raise SpecError("unknown key", path=str(key), expected=expected, near=near_miss(str(key), known))
    if len(kinds) != 1:
        raise SpecError("not a checksum definition", expected="one of the keys width, sum, xor and name")
    core = {key: value for key, value in definition.items() if key not in _FINISH_KEYS}
    made = _core(kinds[0], core)
    if len(core) == len(definition):
        return made
    return _finished(made, definition)


def _finished(made: Algorithm, definition: Mapping[str, object]) -> Algorithm:
    """The algorithm with what is done to its result at last."""
    bits = _checked("bits", definition.get("bits", made.width), 0, 1, MAX_WIDTH)
    rotate = _checked("rotate", definition.get("rotate", 0), 0, 0, made.width - 1)
    finish = Finish(made.width, rotate, _checked("add", definition.get("add", 0), 0, 0, (1 << bits) - 1), bits)
    given = {"rotate": rotate, "add": finish.add} | ({"bits": bits} if bits != made.width else {})
    said = [f"{key} = {_toml(value)}" for key, value in given.items() if value]
    plain = made.name[2:-2] if made.name.startswith("{") else f"name = {made.name!r}"
    name = f"{{ {', '.join([plain, *said])} }}"
    compute = algorithms.finished_function(made.compute, finish)
    check = None if made.check is None else compute(CHECK_DATA)
    return replace(made, name=name, width=bits, check=check, compute=compute, finished=finish)


def _core(kind: str, definition: Mapping[str, object]) -> Algorithm:
    if kind == "name":
        given = definition["name"]
        if not isinstance(given, str):
            raise SpecError(f"{_toml(given):.40} does not fit", path="name", expected="a name")
        return algorithm(given)
    width = _checked(kind, definition[kind], 1, 1, MAX_WIDTH)
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
    model = WordModel(kind, width, **values)
    if model.turn and width != 8 * WORD_TYPES[model.word][0]:
        raise SpecError(f"a register of {width} bits is turned by words of {model.word}", path="turn", expected="words as wide as it is")
    return _word_algorithm(name, model)


def _checked(key: str, value: Any, default: Any, low: int, high: int) -> Any:
    """`value`, if it is of the type of `default` (None: an integer that must be given)."""
    if isinstance(default, bool):
        fits, expected = isinstance(value, bool), "true or false"
    elif isinstance(default, str):
        fits, expected = isinstance(value, str) and value in WORD_TYPES, "one of " + ", ".join(WORD_TYPES)
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
