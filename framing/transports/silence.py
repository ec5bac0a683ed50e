"""When a line has been silent long enough to mean something: in seconds, or in times of a character on it.

    >>> length("3.5 characters", baud=1000, bits=10)
    0.035
    >>> length(0.25)
    0.25

Pure numbers; whoever owns a clock tells the time.
"""

from __future__ import annotations

import re

EXPECTED = "a number of seconds, or a text such as '3.5 characters'"


def stated(idle: float | str) -> tuple[float, bool]:
    """The number that `idle=` states, and whether it counts characters instead of seconds. Raises `ValueError`."""
    if isinstance(idle, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(characters?|chars?|seconds?|s)?\s*", idle)
        if not found:
            raise ValueError(f"idle={idle!r}: expected {EXPECTED}")
        number, characters = float(found[1]), (found[2] or "").startswith("char")
    elif isinstance(idle, (int, float)) and not isinstance(idle, bool):
        number, characters = float(idle), False
    else:
        raise TypeError(f"idle is {EXPECTED}, not {idle!r}")
    if not 0 < number < float("inf"):
        raise ValueError(f"idle={idle!r}: expected more than nothing")
    return number, characters


def length(idle: float | str, *, baud: int | None = None, bits: float = 10, link: str = "this link") -> float:
    """Seconds of silence that `idle=` asks for, on a line of that many bits a second and a character.

    Raises `ValueError` where characters are counted and the line has no rate.
    """
    number, characters = stated(idle)
    if not characters:
        return number
    if not baud:
        raise ValueError(f"idle={idle!r}: {link} has no rate that character times follow from; give seconds")
    return number * bits / baud


class Silence:
    """Which streams have been silent for `seconds`. Each silence is told once; all times are from one clock."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._heard: dict[str, float] = {}  # those whose silence is yet to be told, longest silent first

    def heard(self, stream: str, now: float) -> None:
        """Something came: a silence may begin now."""
        self._heard.pop(stream, None)
        self._heard[stream] = now

    @property
    def due(self) -> float | None:
        """When the next silence will be long enough; None where there is none to wait for."""
        for at in self._heard.values():
            return at + self.seconds
        return None

    def over(self, now: float) -> list[str]:
        """The streams whose silence is long enough by now and was not told yet, longest silent first."""
        found = []
        for stream, at in self._heard.items():
            if at + self.seconds > now:
                break
            found.append(stream)
        for stream in found:
            del self._heard[stream]
        return found
