"""Checksums: ours in Python and compiled against a bit by bit register, zlib, binascii and fastcrc; spans against whole passes."""

from __future__ import annotations

import binascii
import zlib
from functools import cache
from typing import Any

import fastcrc

from dice import Dice
from framing import SpecError, checksums, compiled
from framing.sums.algorithms import Algorithm, CrcModel
from framing.sums.prefixes import Prefixes, form

WORDS = ("u8", "u16le", "u16be", "u32le", "u32be")


@cache
def theirs() -> dict[str, Any]:
    """fastcrc's functions by the names of the catalogue."""
    names = {}
    for width in (8, 16, 32, 64):
        module = getattr(fastcrc, f"crc{width}")
        for name in dir(module):
            if not name.startswith("_") and callable(getattr(module, name)):
                names[f"crc{width}" + name.replace("_", "")] = getattr(module, name)
    return names


def run(data: bytes) -> None:
    """A catalogue entry or a definition, and bytes."""
    dice = Dice(data)
    if dice.take(1) & 1:
        names = checksums.names()
        used = checksums.algorithm(names[dice.take(1) % len(names)])
    else:
        try:
            used = checksums.algorithm(defined(dice))
        except SpecError as error:
            assert str(error)
            return
    cut = dice.take(2)
    raw = dice.rest()
    value = used.compute(raw)
    assert 0 <= value < 1 << used.width
    assert used.compute(bytearray(raw)) == used.compute(memoryview(raw)) == value
    by_others(used, raw, value)
    compiled_gives(used, raw, value)
    spans(used, raw, cut)


def defined(dice: Dice) -> dict[str, Any]:
    """An inline definition, right or nearly so."""
    kind = ("width", "sum", "xor")[dice.take(1) % 3]
    width = dice.take(1) % 130
    given: dict[str, Any] = {kind: width}
    if kind == "width":
        given |= {"poly": dice.getrandbits(max(width, 1)), "init": dice.getrandbits(max(width, 1)), "xorout": dice.getrandbits(max(width, 1))}
        given |= {"refin": bool(dice.take(1) & 1), "refout": bool(dice.take(1) & 1)}
    else:
        given |= {"word": WORDS[dice.take(1) % 5], "negate": bool(dice.take(1) & 1), "init": dice.getrandbits(max(width, 1))}
        if kind == "xor" and dice.take(1) & 1:
            given["turn"] = dice.take(1)
    if dice.take(1) & 1:
        given |= {"rotate": dice.take(1) % max(width, 1), "add": dice.take(1), "bits": 1 + dice.take(1) % 129}
    return given


def by_others(used: Algorithm, raw: bytes, value: int) -> None:
    """The same by means that share no code with ours."""
    if used.crc is not None and used.finished is None:
        assert value == bitwise(used.crc, raw), used
    if used.name == "CRC-32/ISO-HDLC":
        assert value == zlib.crc32(raw)
    if used.name == "adler-32":
        assert value == zlib.adler32(raw)
    if used.name == "CRC-16/XMODEM":
        assert value == binascii.crc_hqx(raw, 0)
    other = theirs().get("".join(each for each in used.name.casefold() if each.isalnum()))
    if other is not None:
        assert value == other(raw), used.name


def bitwise(model: CrcModel, raw: bytes) -> int:
    """A CRC as its definition says, a bit at a time."""
    register, top, mask = model.init, 1 << model.width - 1, (1 << model.width) - 1
    for byte in raw:
        for place in range(8):
            bit = byte >> (place if model.refin else 7 - place) & 1
            out = bool(register & top) ^ bool(bit)
            register = (register << 1 ^ (model.poly if out else 0)) & mask
    return (int(f"{register:0{model.width}b}"[::-1], 2) if model.refout else register) ^ model.xorout


def compiled_gives(used: Algorithm, raw: bytes, value: int) -> None:
    """The compiled kernel, with and without wide instructions."""
    if not compiled.usable:
        return
    from framing._sums import Summer

    for simd in (True, False):
        try:
            summer = Summer(used, simd=simd)
        except ValueError:
            return
        assert summer.compute(raw) == value, (used, simd, raw.hex())
        half = len(raw) // 2
        assert summer.compute_segments([raw[:half], raw[half:]]) == value, (used, simd, raw.hex())


def spans(used: Algorithm, raw: bytes, cut: int) -> None:
    """Any span from running states."""
    kind = form(used)
    if kind is None or not raw:
        return
    begin, end = sorted((cut % (len(raw) + 1), (cut >> 8) % (len(raw) + 1)))
    assert Prefixes(kind, 0).checksum(raw, 0, begin, end) == used.compute(raw[begin:end]), (used, begin, end)
    if not compiled.usable:
        return
    from framing import _sums

    try:
        made = _sums.Prefixes(_sums.Summer(used))
    except ValueError:
        return
    made.cover(raw, 0, 0, len(raw))
    assert made.compute(raw, 0, begin, end) == used.compute(raw[begin:end]), (used, begin, end)
