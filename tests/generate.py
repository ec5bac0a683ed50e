"""Random formats of every kind, random frames of them, random damage: the raw material of the property tests.

Everything is drawn from a `random.Random`, which hypothesis can supply and shrink (`st.randoms()`), and a plain loop too.
Alphabets are tiny, so that markers, lengths and delimiters turn up by accident all the time.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from framing.errors import EncodeError, SpecError
from framing.layout import FrameFormat, Protocol
from framing.parts import Bits, Blocks, Checksum, Data, End, Field, Length, Lock, Lookup, Sync, Transparency
from framing.plan import names_of

ALPHABET = b"\x00\x01\x02\x03"
SUMS = ["sum-8", "xor-8", "lrc-8", "CRC-8/SMBUS", "CRC-16/XMODEM", "fletcher-8", "CRC-5/USB"]


def some_bytes(rnd: random.Random, low: int, high: int, alphabet: bytes = ALPHABET) -> bytes:
    return bytes(rnd.choice(alphabet) for _ in range(rnd.randint(low, high)))


def chance(rnd: random.Random, one_in: int) -> bool:
    return rnd.randrange(one_in) == 0


def _sync(rnd: random.Random) -> Sync:
    alternatives: list[bytes] = []
    for _ in range(rnd.choice([1, 1, 1, 2, 3])):
        each = some_bytes(rnd, 1, rnd.choice([1, 2, 3, 6]))
        if each not in alternatives:
            alternatives.append(each)
    extra: dict[str, Any] = {}
    if len({len(each) for each in alternatives}) == 1 and chance(rnd, 6):
        extra["mask"] = bytes([rnd.choice([0x01, 0x03, 0xFF])] * len(alternatives[0]))
    if chance(rnd, 8):
        extra["errors"] = 1
    if chance(rnd, 4):
        extra["as_"] = "mark"
    return Sync(alternatives, **extra)


def _condition(rnd: random.Random, known: Sequence[str]) -> str | None:
    if known and chance(rnd, 6):
        name = rnd.choice(list(known))
        return rnd.choice([f"{name} & 1", f"{name} == 1", f"{name} > 1", f"not {name}", f"{name} % ({name} - 2)"])
    return None


def _field(rnd: random.Random, name: str, known: Sequence[str]) -> Field:
    kind = rnd.choice(["u8", "u8", "u8", "u8", "i8", "u16le", "u16be", "uleb128", "dec1", "hex1", "bcd2"])
    limits: dict[str, Any] = {}
    choice = rnd.randrange(6)
    if choice == 0:
        limits["const"] = rnd.randrange(3)
    elif choice == 1:
        limits["allowed"] = sorted({rnd.randrange(4) for _ in range(2)})
    elif choice == 2:
        limits["min"] = rnd.randrange(2)
    elif choice == 3:
        limits["max"] = rnd.randrange(1, 4)
    elif choice == 4 and known:
        limits["equals"] = rnd.choice([f"{known[-1]}", f"({known[-1]} + 1) & 3", f"{known[-1]} // 2"])
    return Field(name, kind, if_=_condition(rnd, known), **limits)


def _checksum(rnd: random.Random, name: str, over: str, extra: Lookup | None) -> Checksum:
    algorithm = rnd.choice(SUMS)
    wide = algorithm in ("CRC-16/XMODEM", "fletcher-8")
    kind = rnd.choice(["u16le", "u16be", "hex4"] if wide else ["u8", "u8", "hex2", "u16be"])
    return Checksum(name, kind, algorithm, over, extra=extra)


def _transparency(rnd: random.Random, marked: bool) -> Transparency:
    kind = rnd.choice(["cobs", "cobs-r", "slip", "kiss", "hdlc", "dle", "doubled", "hex", "run"])
    if kind == "doubled":
        return Transparency(kind, escape=1, closes=rnd.choice([None, False]))
    if kind == "dle":
        return Transparency(kind, escape=rnd.choice([1, 0x10]))
    if kind == "run":
        return Transparency(kind, special=b"\x01", escape=2, run=rnd.choice([1, 2]), closes=False)
    if kind in ("slip", "kiss", "hdlc") and marked and chance(rnd, 2):
        return Transparency(kind, closes=False)
    return Transparency(kind)


def layout_of(rnd: random.Random) -> dict[str, Any]:
    """Arguments of a `FrameFormat`, which may refuse them."""
    parts: list[Any] = []
    known: list[str] = []
    tables: dict[str, dict[int, int]] = {"sizes": {0: 0, 1: 2, 2: 1}, "extra": {0: 7, 1: 1, 3: 2}}
    if not chance(rnd, 4):
        parts.append(_sync(rnd))
    transparency = _transparency(rnd, bool(parts)) if chance(rnd, 2) else None
    for number in range(rnd.randrange(3)):
        name = f"f{number}"
        if chance(rnd, 5):
            members = rnd.choice([["a:4", "b:4"], ["_:6:0", "a:2"], ["a:6", "b:2:1"]])
            parts.append(Bits([f"{m.split(':')[0]}{number}:{':'.join(m.split(':')[1:])}" if m[0] != "_" else m for m in members], "u8"))
            known.append(f"a{number}")
        else:
            parts.append(_field(rnd, name, known))
            if parts[-1].type.name != "uleb128" or chance(rnd, 2):
                known.append(name)
    first = next((names_of(part)[0] for part in parts if names_of(part)), "payload")
    shape = rnd.choice(["length", "length", "fixed", "open", "open", "expression", "table", "none", "two"])
    blocks = Blocks(2, "sum-8", "u8") if chance(rnd, 5) else None
    charset = rnd.choice(["00-01", "01-03", "00-0F"]) if chance(rnd, 4) else None
    more = dict(charset=charset, blocks=blocks)
    if shape == "length":
        kind = rnd.choice(["u8", "u8", "u16le", "dec1", "uleb128"])
        of = rnd.choice(["payload", "payload", f"{first}..payload", "payload..tail", "frame", "size..payload"])
        limits = {"max": rnd.choice([3, 6, 12])} if chance(rnd, 2) else {}
        length = Length("size", kind, of, unit=rnd.choice([1, 1, 1, 2]), bias=rnd.choice([0, 0, 1, -1, 2]), **limits)
        if chance(rnd, 4):
            parts.append(Bits(["flag:5", "size:3"], "u8", length="size", of=of.replace("size", "flag") if of != "payload" else of))
        else:
            parts.append(length)
        if chance(rnd, 5):
            parts.append(_checksum(rnd, "head", f"{first}..size", None))
        parts.append(Data("payload", if_=_condition(rnd, known), **more))
    elif shape == "two":
        parts += [Length("size", "u8", "payload", max=3), Length("rest", "u8", "tail_data", max=3)]
        parts += [Data("payload", **more), Data("tail_data")]
    elif shape == "fixed":
        parts.append(Data("payload", size=rnd.randrange(4), if_=_condition(rnd, known), **more))
    elif shape == "open":
        more["blocks"] = None
        parts.append(Data("payload", **more))
    elif shape == "expression" and known:
        name = rnd.choice(known)
        parts.append(Data("payload", size=rnd.choice([f"{name} & 3", f"3 - {name}", f"2 * ({name} % 2)"]), **more))
    elif shape == "table" and known:
        parts.append(Data("payload", size={"by": rnd.choice(known), "table": "sizes"}, **more))
    if chance(rnd, 5):
        parts.append(Field("tail", rnd.choice(["u8", "hex2"]), if_=_condition(rnd, known)))
    if not chance(rnd, 4):
        last = next((names_of(part)[-1] for part in reversed(parts) if names_of(part)), "frame")
        over = rnd.choice([f"{first}..{last}", last, "frame", f"sync..{last}", f"{first}..ck"])
        extra = Lookup(rnd.choice(known), "extra") if known and chance(rnd, 6) else None
        parts.insert(len(parts) if chance(rnd, 2) or not parts else rnd.randrange(len(parts)), _checksum(rnd, "ck", over, extra))
        if parts[0].__class__ is Checksum and len(parts) > 1 and isinstance(parts[1], Sync):
            parts[0], parts[1] = parts[1], parts[0]
    escape = transparency.stuffing if transparency and transparency.kind in ("dle", "doubled") else None
    if shape == "open" or chance(rnd, 3):
        ends = [some_bytes(rnd, 1, 2, b"\x03\x0a") for _ in range(rnd.choice([1, 1, 2]))]
        if escape is not None and transparency is not None:
            ends = [bytes([transparency.escape if transparency.escape is not None else 0x10]) + b"\x03"]
        if transparency is not None and transparency.delimiter is not None and chance(rnd, 2):
            ends = []
        if ends:
            parts.append(End(list(dict.fromkeys(ends)), as_="eol" if chance(rnd, 3) else None))
    if chance(rnd, 12):
        parts.append(Sync(some_bytes(rnd, 1, 2), as_="again"))
    arguments: dict[str, Any] = dict(layout=parts, transparency=transparency, tables=tables)
    if chance(rnd, 3):
        arguments["max_size"] = rnd.choice([4, 6, 8, 12, 20])
    elif shape == "open" or transparency is not None:
        arguments["max_size"] = rnd.choice([10, 16, 40])
    return arguments


def frame_format(rnd: random.Random, name: str = "x", lock: bool = False) -> FrameFormat:
    """A random format that passes validation."""
    while True:
        try:
            arguments = layout_of(rnd)
            if lock:
                arguments["lock"] = Lock(rnd.randrange(4), rnd.choice([0, 0, 1, 2]))
            return FrameFormat(name, **arguments)
        except SpecError:
            continue


def protocols(rnd: random.Random, lock: bool = False) -> list[Protocol | FrameFormat]:
    """One to three of them, now and then several formats in one protocol."""
    found: list[Protocol | FrameFormat] = []
    for number in range(rnd.choice([1, 1, 2, 3])):
        if chance(rnd, 4):
            locked = lock and chance(rnd, 2)
            formats = [frame_format(rnd, f"{letter}{number}") for letter in "ab"]
            if locked and not any(each.plan.delimited for each in formats):
                lock_ = Lock(rnd.randrange(3), rnd.choice([0, 1, 2]))
                found.append(Protocol(f"p{number}", formats, lock=lock_))
            else:
                found.append(Protocol(f"p{number}", formats))
        else:
            found.append(frame_format(rnd, f"x{number}", lock and chance(rnd, 2)))
    return found


def formats_of(several: Sequence[Protocol | FrameFormat]) -> list[FrameFormat]:
    return [each for one in several for each in (one if isinstance(one, Protocol) else (one,))]


def values_for(rnd: random.Random, each: FrameFormat) -> tuple[bytes | None, dict[str, Any]]:
    """A payload and fields that may or may not fit."""
    fields: dict[str, Any] = {}
    for part in each.layout:
        if isinstance(part, Field) and part.const is None and part.equals is None:
            if part.if_ is None or chance(rnd, 2):
                fields[part.name] = rnd.choice(list(part.allowed or range(4)))
        elif isinstance(part, Bits):
            fields.update({bit.name: rnd.randrange(1 << min(bit.width, 2)) for bit in part.bits if bit.name != "_" and bit.const is None})
        elif isinstance(part, Data) and part.name == "tail_data":
            fields[part.name] = some_bytes(rnd, 0, 3)
        elif isinstance(part, (Sync, End)) and part.as_ and chance(rnd, 2):
            fields[part.as_] = rnd.choice(part.sync if isinstance(part, Sync) else part.end)
    payload = some_bytes(rnd, 0, 5) if each.plan.payload is not None else None
    return payload, fields


def frame(rnd: random.Random, each: FrameFormat, tries: int = 8) -> bytes:
    """An encoded frame, or nothing where the dice were against it."""
    for _ in range(tries):
        payload, fields = values_for(rnd, each)
        try:
            return each.encode(payload, **fields)
        except EncodeError:
            continue
    return b""


def damaged(rnd: random.Random, raw: bytes) -> bytes:
    if not raw:
        return raw
    at = rnd.randrange(len(raw))
    match rnd.randrange(5):
        case 0:
            return raw[:at] + bytes([raw[at] ^ 1 << rnd.randrange(2)]) + raw[at + 1 :]
        case 1:
            return raw[:at] + raw[at + 1 :]
        case 2:
            return raw[:at] + some_bytes(rnd, 1, 2) + raw[at:]
        case 3:
            return raw[:at]
        case _:
            return raw[at:]


def stream(rnd: random.Random, formats: Sequence[FrameFormat], most: int = 48) -> bytes:
    """Frames, damaged frames and noise."""
    alphabet = ALPHABET + bytes(
        each.plan.delimiter for each in formats if each.plan.delimiter is not None
    )
    out = b""
    for _ in range(rnd.randrange(1, 8)):
        kind = rnd.randrange(8)
        if kind < 5:
            raw = frame(rnd, rnd.choice(list(formats)))
            if chance(rnd, 3):
                raw = damaged(rnd, raw)
            elif chance(rnd, 6):
                raw = raw[:2] + frame(rnd, rnd.choice(list(formats))) * 2 + raw[2:]
            out += raw * rnd.choice([1, 1, 1, 2, 3])
        else:
            out += some_bytes(rnd, 0, 5, alphabet)
    return out[:most]


def chunks(rnd: random.Random, data: bytes) -> list[bytes]:
    """A random cut, now and then byte by byte."""
    if chance(rnd, 3):
        return [bytes([byte]) for byte in data]
    out = []
    while data:
        size = rnd.randint(1, len(data))
        out.append(data[:size])
        data = data[size:]
    return out
