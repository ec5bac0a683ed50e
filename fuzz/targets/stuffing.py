"""Byte stuffing: round trips, whole against byte by byte, and independent packages for COBS, COBS/R, SLIP and HDLC."""

from __future__ import annotations

from typing import Any

from cobs import cobs, cobsr
from sliplib import decode as slip_decode
from sliplib import encode as slip_encode

from dice import Dice
from framing import SpecError, stuffing
from framing.stuffing import Stuffing, StuffingError


def run(data: bytes) -> None:
    """The first bytes pick kind and parameters, the rest is once data and once wire."""
    dice = Dice(data)
    kind = stuffing.kinds()[dice.take(1) % len(stuffing.kinds())]
    given: dict[str, Any] = {}
    if dice.take(1) & 1:
        given = {"escape": dice.take(1), "xor": dice.take(1), "special": dice.randbytes(dice.take(1) % 5), "run": dice.take(1)}
        given = {name: value for name, value in given.items() if dice.take(1) & 1}
    if kind in ("doubled", "run") and dice.take(1) & 1:
        given["escape"] = dice.randbytes(1 + dice.take(1) % 4)
    if kind == "bits":
        run = {"run": 1 + dice.take(1) % 7} if dice.take(1) & 1 else {}
        given = {"order": ("lsb", "msb")[dice.take(1) & 1], **run}
    try:
        made = stuffing.make(kind, **given)
    except SpecError as error:
        assert str(error)
        return
    raw = dice.rest()
    comes_back(made, raw)
    whole_as_by_byte(made, raw)
    if not given:
        as_others_do(kind, made, raw)


def comes_back(made: Stuffing, raw: bytes) -> None:
    """What is encoded decodes to the same; sizes are as promised; the delimiter never stands in it."""
    wire = made.encode(raw)
    assert made.decode(wire) == raw
    assert made.min_encoded(len(raw)) <= len(wire) <= made.max_encoded(len(raw)), (made, len(raw), len(wire))
    assert made.delimiter is None or made.delimiter not in wire
    if made.kind == "run":
        return
    held = made.kind == "cobs-r"
    for count in {0, 1, len(raw) // 2, len(raw) - 1 - held} & set(range(max(0, len(raw) - held))):
        at = made.reach(wire, count)
        assert 0 <= at <= len(wire)


def whole_as_by_byte(made: Stuffing, wire: bytes) -> None:
    """`decode` and the unstuffer agree, also on where an error is."""
    outcomes: list[Any] = []
    for way in (made.decode, lambda data: by_byte(made, data)):
        try:
            outcomes.append(way(wire))
        except StuffingError as error:
            assert 0 <= error.offset <= len(wire)
            outcomes.append((error.offset, error.marker))
    assert outcomes[0] == outcomes[1], (made, wire.hex(), outcomes)


def by_byte(made: Stuffing, wire: bytes) -> bytes:
    """Through the unstuffer."""
    unstuffer = made.unstuffer()
    return b"".join([unstuffer.push(byte) for byte in wire]) + unstuffer.finish()


def as_others_do(kind: str, made: Stuffing, raw: bytes) -> None:
    """The packages `cobs` and `sliplib` encode and decode the same."""
    if kind in ("cobs", "cobs-r"):
        other = cobs if kind == "cobs" else cobsr
        assert made.encode(raw) == other.encode(raw)
        try:
            theirs = other.decode(raw)
        except other.DecodeError:
            theirs = None
        try:
            ours = made.decode(raw)
        except StuffingError:
            ours = None
        assert ours == theirs or not raw, (kind, raw.hex(), ours, theirs)
    elif kind in ("slip", "kiss"):
        assert made.encode(raw) == slip_encode(raw)
        assert slip_decode(made.encode(raw)) == raw
    elif kind == "hdlc":
        plain = b"".join(bytes([0x7D, byte ^ 0x20]) if byte in (0x7D, 0x7E) else bytes([byte]) for byte in raw)
        assert made.encode(raw) == plain
