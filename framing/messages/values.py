"""What the numbers of a message mean: names, flags and scales; and numbers that remember how they were written.

A named number is an `int` in every way, a scaled one an `int` or a `float`: whoever wants to compute needs to know no more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from framing.errors import near_miss

SCALED_BITS = 52
"""Bits of a scaled number at most: a float tells so many apart."""
DIGITS_MOST = 40
"""Characters of a number in text at most."""


class Word(int):
    """A number that has a name in its field's `enum`: `word` says it.

    >>> Word(3, "3D"), Word(3, "3D") == 3, str(Word(3, "3D"))
    (Word(3, '3D'), True, '3D')
    """

    word: str

    def __new__(cls, number: int, word: str) -> Word:
        made = super().__new__(cls, number)
        made.word = word
        return made

    def __getnewargs__(self) -> Any:
        return int(self), self.word

    def __repr__(self) -> str:
        return f"Word({int(self)}, {self.word!r})"

    def __str__(self) -> str:
        return self.word


class Flags(int):
    """A number whose bits have names in its field's `flags`: `words` are those that are set, `rest` the bits without a name.

    >>> Flags(0x81, ("armed",), 1).words
    ('armed',)
    """

    words: tuple[str, ...]
    rest: int

    def __new__(cls, number: int, words: tuple[str, ...], rest: int) -> Flags:
        made = super().__new__(cls, number)
        made.words = words
        made.rest = rest
        return made

    def __getnewargs__(self) -> Any:
        return int(self), self.words, self.rest

    def __repr__(self) -> str:
        return f"Flags({int(self)}, {self.words!r}, {self.rest})"

    def __str__(self) -> str:
        return "|".join([*self.words, *([str(self.rest)] if self.rest or not self.words else [])])

    def __contains__(self, word: object) -> bool:
        return word in self.words


class WrittenInt(int):
    """A whole number that stood there with more than its digits, as `007`: `text` is what stood there."""

    text: str

    def __new__(cls, number: int, text: str) -> WrittenInt:
        made = super().__new__(cls, number)
        made.text = text
        return made

    def __getnewargs__(self) -> Any:
        return int(self), self.text


class WrittenFloat(float):
    """A decimal number that stood there with more than its digits, as `01131.000`: `text` is what stood there."""

    text: str

    def __new__(cls, number: float, text: str) -> WrittenFloat:
        made = super().__new__(cls, number)
        made.text = text
        return made

    def __getnewargs__(self) -> Any:
        return float(self), self.text


NAMED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""Floats that JSON has no number for."""


def plain(value: Any) -> Any:
    """A value of a message as JSON says it: words, flags as a list, bytes as hex digits, floats that are no numbers by name."""
    if isinstance(value, Word):
        return value.word
    if isinstance(value, Flags):
        return [*value.words, *([value.rest] if value.rest else [])]
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return "NaN" if math.isnan(value) else next(name for name, each in NAMED.items() if each == value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items() if not str(name).startswith("_")}  # construct keeps its own there
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


class Meaning:
    """From the integer on the wire to the value of a message, and back."""

    def __init__(self, enum: Mapping[str, int] | None, flags: Mapping[str, int] | None, scale: float | None) -> None:
        self.enum = enum or {}
        self.flags = flags or {}
        self.factor = None if scale is None else factor_of(scale)
        self._words = {number: Word(number, word) for word, number in [*self.enum.items()][::-1]}

    def value(self, raw: Any) -> Any:
        """What an integer, or a float, means."""
        if self.factor is not None:
            whole = raw * self.factor.numerator
            return whole if self.factor.denominator == 1 else whole / self.factor.denominator  # rounded correctly
        if self.flags:
            words = tuple(word for word, mask in self.flags.items() if raw & mask == mask)
            rest = raw
            for word in words:
                rest &= ~self.flags[word]
            return Flags(raw, words, rest)
        return self._words.get(raw, raw) if self._words else raw

    def raw(self, value: Any) -> Any:
        """The integer for a value, the nearest for a scaled one. Raises `ValueError`."""
        if self.flags and isinstance(value, (str, list, tuple)):
            return self._masks(value)
        if self.enum and isinstance(value, str):
            return self._number(value, self.enum)
        if self.factor is None:
            return value
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
            raise ValueError(f"{value!r} is no finite number")
        return round(Fraction(value) / self.factor)

    def _masks(self, value: Any) -> int:
        found = 0
        for each in value.split("|") if isinstance(value, str) else value:
            if isinstance(each, str):
                found |= int(each, 0) if re.fullmatch(r"0|[1-9][0-9]{0,39}|0x[0-9A-Fa-f]{1,40}", each) else self._number(each, self.flags)
            elif isinstance(each, int):
                found |= each
            else:
                raise ValueError(f"{each!r} is no flag")
        return found

    @staticmethod
    def _number(word: str, known: Mapping[str, int]) -> int:
        if word not in known:
            near = near_miss(word, known)
            hint = f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
            raise ValueError(f"unknown word {word!r}; {hint}")
        return known[word]


def factor_of(scale: float) -> Fraction:
    """The scale as the exact number that was meant: 0.1 is a tenth, a power of two is that.

    >>> factor_of(1e-7), factor_of(2.0**-5)
    (Fraction(1, 10000000), Fraction(1, 32))
    """
    return Fraction(scale) if math.frexp(scale)[0] == 0.5 else Fraction(str(scale))


NUMBERS = {
    "integer": re.compile(r"[+-]?[0-9]+"),
    "decimal": re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"),
    "hex": re.compile(r"[0-9A-Fa-f]+"),
}
"""How numbers are spelled in text."""


def number_of(text: str, form: str, digits: int, decimals: int | None) -> int | float:
    """The number that a text spells; it remembers the text where we would write it otherwise. Raises `ValueError`."""
    if len(text) > DIGITS_MOST or not NUMBERS[form].fullmatch(text):
        raise ValueError(f"{text[:DIGITS_MOST]!r} is no {form} number")
    number: int | float = float(text) if form == "decimal" else int(text, 16 if form == "hex" else 10)
    if spelled(number, form, digits, decimals) == text:
        return number
    return WrittenFloat(number, text) if isinstance(number, float) else WrittenInt(number, text)


def spelled(value: Any, form: str, digits: int, decimals: int | None) -> str:
    """The text of a number: as it stood there where it was read, else with at least `digits` digits in front of the point.

    Raises `ValueError`.
    """
    text = getattr(value, "text", value)
    if isinstance(text, str):
        if len(text) > DIGITS_MOST or not NUMBERS[form].fullmatch(text):
            raise ValueError(f"{text[:DIGITS_MOST]!r} is no {form} number")
        return text if text is not value else _padded(text, digits)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no {form} number")
    if form == "decimal":
        exact = Decimal(repr(value))
        text = f"{exact:f}".removesuffix(".0") if decimals is None else f"{exact:.{decimals}f}"
    elif isinstance(value, float):
        raise ValueError(f"{value!r} is no {form} number")
    elif form == "hex" and value < 0:
        raise ValueError(f"{value} is below 0")
    else:
        text = f"{value:X}" if form == "hex" else str(int(value))
    made = _padded(text, digits)
    if len(made) > DIGITS_MOST:
        raise ValueError(f"{value} has too many digits; at most {DIGITS_MOST} characters")
    return made


def _padded(text: str, digits: int) -> str:
    sign = text[:1] if text[:1] in "+-" else ""
    whole, point, rest = text[len(sign) :].partition(".")
    return sign + whole.zfill(digits) + point + rest
