"""Random formats, random streams, random chunks: every engine gives what the reference gives, and the laws hold."""

from __future__ import annotations

import framing
import generate
import laws
from dice import Dice
from targets.decoding import ENGINES, alike, decoder


def run(data: bytes) -> None:
    """The bytes decide on the formats first, then on the stream and its cut; or what is left of them is the stream."""
    dice = Dice(data)
    mode = dice.choice(["strict", "lock", "early"])
    protocols = generate.protocols(dice, lock=mode == "lock", state=mode != "early")
    formats = generate.formats_of(protocols)
    options = {"gap_limit": dice.choice(laws.GAP_LIMITS), "order": "early" if mode == "early" else "strict", "witnesses": dice.choice([2, 1, 3])}
    stream = dice.rest()[:48] if generate.chance(dice, 3) else generate.stream(dice, formats, 30 if mode == "early" else 48)
    chunks = generate.chunks(dice, stream)
    events = alike(protocols, chunks, **options)
    counted(protocols, stream, events, options)
    case = laws.Case(protocols, stream, chunks, **options)
    dice.choice([laws.frames_are_what_was_probed, laws.idle_starts_afresh, laws.nothing_intact_is_lost])(case)


def counted(protocols: object, stream: bytes, events: list[framing.Event], options: dict[str, object]) -> None:
    """A count gives the same."""
    for engine in ENGINES:
        one = decoder(engine, protocols, **options)  # type: ignore[arg-type]
        one.skim(stream)
        one.close()
        two = decoder(engine, protocols, **options)  # type: ignore[arg-type]
        two.feed(stream)
        two.close()
        assert one._engine.totals() == two._engine.totals()
        assert sum(two.stats.frames.values()) == sum(isinstance(event, framing.Frame) for event in events)
