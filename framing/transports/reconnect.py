"""When to connect again after a link broke: exponential back-off with jitter, and a limit. Pure numbers, no clock.

    >>> list(Reconnect(first=1, most=5, jitter=0, attempts=4).delays())
    [1, 2, 4, 5]
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Reconnect:
    """How often and how long apart. Times are in seconds.

    The wait before the first attempt is `first`; each further one is `factor` times as long, `most` at most. Each is made
    longer or shorter at random by up to the share `jitter`, so that many clients do not come back at the same moment.
    After `attempts` failures in a row it gives up; None goes on for ever. `seed` makes the dice repeat themselves.
    Raises `ValueError` for numbers that make no sense.
    """

    first: float = 0.5
    factor: float = 2
    most: float = 30
    jitter: float = 0.2
    attempts: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.most:
            raise ValueError(f"first={self.first:g}, most={self.most:g}: expected 0 <= first <= most, in seconds")
        if self.factor < 1:
            raise ValueError(f"factor={self.factor:g}: expected 1 or more")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter={self.jitter:g}: expected a share from 0 to 1")
        if self.attempts is not None and self.attempts < 1:
            raise ValueError(f"attempts={self.attempts}: expected 1 or more, or None for no limit")

    def delays(self) -> Iterator[float]:
        """How long to wait before each attempt. It ends where no further attempt is made."""
        dice = random.Random(self.seed)  # noqa: S311 # no secrecy is needed
        delay, made = self.first, 0
        while self.attempts is None or made < self.attempts:
            yield delay * dice.uniform(1 - self.jitter, 1 + self.jitter) if self.jitter else delay
            delay, made = min(delay * self.factor, self.most), made + 1


def policy(reconnect: Reconnect | bool | None) -> Reconnect | None:
    """What `reconnect=` means: True the defaults, False or None that a broken link is the end."""
    if isinstance(reconnect, Reconnect):
        return reconnect
    if reconnect is None or isinstance(reconnect, bool):
        return Reconnect() if reconnect else None
    raise TypeError(f"reconnect is True, False or a Reconnect, not {reconnect!r}")
