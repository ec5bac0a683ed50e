"""Expressions: any text is one or a `SpecError`; its value is Python's own, or an `ExpressionError`; engines agree on it."""

from __future__ import annotations

from typing import Any

from dice import Dice
from framing import Data, Field, FrameFormat, SpecError, Sync
from framing.model.expressions import ExpressionError, expression
from targets.decoding import alike

NAMES = ("a", "b", "payload", "t")
TABLE = {0: 3, 1: 0, 2: 255, 3: -1}
BINARY = ("+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>", "==", "!=", "<", "<=", ">", ">=", "and", "or")
NUMBERS = ("0", "1", "2", "3", "7", "8", "255", "256", "0x10", "65535", "4294967295", "4294967296", "9223372036854775807", "18446744073709551616")


def run(data: bytes) -> None:
    """The first byte picks: any text, or one that the grammar makes."""
    dice = Dice(data)
    if dice.take(1) % 8 == 0:
        text = dice.rest().decode("latin-1")
        values: dict[str, Any] = {"a": 1, "b": 2, "payload": b"\x00\xff", "t": TABLE}
    else:
        values = {"a": dice.take(1), "b": dice.take(1), "payload": dice.randbytes(dice.take(1) % 4), "t": TABLE}
        text = made(dice, dice.take(1) % 5)
    try:
        used = expression(text)
    except SpecError as error:
        assert str(error)
        return
    like_python(used.text, values)
    if used.names <= {"a", "b", "payload", "t"} and len(text) < 200:
        in_a_format(text, values)


def made(dice: Dice, depth: int) -> str:
    """A text by the grammar."""
    way = dice.take(1) % 12 if depth else dice.take(1) % 4
    if way < 2:
        return ("a", "b", "a", "t[a]", "t[b]", "len(payload)", "payload[0]", "sum(payload)")[dice.take(1) % 8]
    if way < 4:
        return NUMBERS[dice.take(1) % len(NUMBERS)]
    one, two = made(dice, depth - 1), made(dice, depth - 1)
    if way < 9:
        return f"({one} {BINARY[dice.take(1) % len(BINARY)]} {two})"
    if way == 9:
        return f"({('-', '+', '~', 'not ')[dice.take(1) % 4]}{one})"
    if way == 10:
        forms = ("{0} if {1} else a", "min({0}, {1})", "max({0}, {1}, 3)", "{0} in ({1}, 2)", "{0} not in ({1}, 0x3)", "0 < {0} <= {1}", "t[{0}]", "{0} in t")
        return f"({forms[dice.take(1) % len(forms)].format(one, two)})"
    return f"({one} < {two} < b)"


def like_python(text: str, values: dict[str, Any]) -> None:
    """A value that we give, Python gives too."""
    used = expression(text)
    try:
        value = used.evaluate(values)
    except ExpressionError as error:
        assert str(error) is not None
        return
    if any(name not in NAMES for name in used.names):
        return
    functions = {"sum": sum, "min": min, "max": max, "len": len, "__builtins__": {}}
    wanted = eval(text.strip(), functions, values)  # noqa: S307 - our whitelist has let it pass, and its value is known to be small
    assert value == wanted or value != value, f"{text}: {value}, Python says {wanted} for {values}"


def in_a_format(text: str, values: dict[str, Any]) -> None:
    """As a condition, a value and a size; every engine decides alike."""
    stream = bytes([0xAA, values["a"], values["b"], 1, 0, 0xAA, 1, 2, 3, 4, 0xAA, 0, 0, 0, 0, 0xAA, 255, 255, 255, 255])
    for keys in ({"valid": text}, {"if_": text}, {"equals": text}, None):
        layout: list[Any] = [Sync("AA"), Field("a", "u8"), Field("b", "u8")]
        layout.append(Data("payload", size=text) if keys is None else Field("c", "u8", **keys))
        try:
            each = FrameFormat("x", layout, tables={"t": TABLE}, max_size=40)
        except SpecError:
            continue
        alike([each], [stream[:3], stream[3:]])
