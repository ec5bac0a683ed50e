"""The kinds of stuffing by their names, and their parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from framing.errors import SpecError, near_miss
from framing.stuffing.base import Stuffing
from framing.stuffing.bits import bitwise
from framing.stuffing.cobs import Cobs
from framing.stuffing.escapes import broken_runs, doubled, hdlc, slip
from framing.stuffing.hex import Hex

# The parameters of these functions are those of the kinds, with their defaults.
_KINDS: dict[str, Callable[..., Stuffing]] = {
    "cobs": lambda: Cobs("cobs", b"\0", reduced=False),
    "cobs-r": lambda: Cobs("cobs-r", b"\0", reduced=True),
    "slip": lambda: slip("slip"),
    "kiss": lambda: slip("kiss"),
    "hdlc": hdlc,
    "dle": lambda *, escape=0x10: doubled("dle", escape),
    "doubled": lambda *, escape=None: doubled("doubled", escape),
    "hex": lambda: Hex("hex", None),
    "run": broken_runs,
    "bits": bitwise,
}


def kinds() -> tuple[str, ...]:
    """The names that `make` knows."""
    return tuple(_KINDS)


def make(
    kind: str,
    *,
    escape: int | bytes | None = None,
    xor: int | None = None,
    special: bytes | None = None,
    run: int | None = None,
    delimiter: int | None = None,
    order: str | None = None,
) -> Stuffing:
    """The stuffing called `kind`. A parameter that is None takes the kind's default.

    `escape`, `xor` and `delimiter` are 0 to 255, `run` is 1 to 255, `order` is "lsb" or "msb"; the escape of `doubled` may be
    several bytes. Raises `SpecError` for an unknown kind, a parameter that the kind does not have or lacks, a value out of
    range, and values that contradict each other.

    >>> make("doubled", escape=0x1A).decode(bytes.fromhex("31 1A 1A")).hex(" ")
    '31 1a'
    """
    if kind not in _KINDS:
        expected = "one of " + ", ".join(_KINDS)
        raise SpecError(f"unknown kind {kind!r}", path="kind", expected=expected, near=near_miss(kind, _KINDS))
    known = inspect.signature(_KINDS[kind]).parameters
    values = {"escape": escape, "xor": xor, "special": special, "run": run, "delimiter": delimiter, "order": order}
    given = {name: value for name, value in values.items() if value is not None}
    for name, value in given.items():
        if name not in known:
            raise SpecError(f"{kind} has no such parameter", path=name, expected=", ".join(known) or "none")
        least = 1 if name == "run" else 0
        if name == "escape" and isinstance(value, bytes) and kind != "doubled":
            raise SpecError(f"{value.hex(' ').upper()!r} is not one byte", path=name, expected="one byte such as '7D'")
        if isinstance(value, int) and not least <= value <= 255:
            raise SpecError(f"{value} is out of range", path=name, expected=f"{least} to 255")
    return _KINDS[kind](**given)
