"""Streams damaged on purpose, with the truth of what came through: what real lines do to bytes, repeatable from a seed.

    >>> import framing
    >>> from framing import damage
    >>> ubx = framing.load("ubx")
    >>> sent = b"".join(ubx.encode(bytes(20), **{"class": 1, "id": number}) for number in range(100))
    >>> broken = damage.apply(sent, [damage.Lost(rate=0.001)], damage.targets(sent, ubx), seed=1)
    >>> len(broken.sent), sum(each.intact for each in broken.sent)
    (100, 98)
    >>> first = next(each for each in broken.sent if not each.intact)
    >>> first.by
    'lost'

A model is a value (`Bits(rate=1e-5)`) or a text (`model("bits:rate=1e-5")`). Several are applied one after the other, each to
what the one before has left.
"""

from framing.damage.models import (
    MODELS,
    Bits,
    Burst,
    Console,
    Doubled,
    Inflated,
    Inserted,
    Lost,
    Model,
    Spliced,
    Stuck,
    Swapped,
    Truncated,
)
from framing.damage.streams import Stream, Target
from framing.damage.truth import Damaged, Sent, apply, targets
from framing.damage.words import model

__all__ = [
    "MODELS",
    "Bits",
    "Burst",
    "Console",
    "Damaged",
    "Doubled",
    "Inflated",
    "Inserted",
    "Lost",
    "Model",
    "Sent",
    "Spliced",
    "Stream",
    "Stuck",
    "Swapped",
    "Target",
    "Truncated",
    "apply",
    "model",
    "targets",
]
