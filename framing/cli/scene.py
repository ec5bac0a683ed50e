"""A stream with known damage: what `framing demo` sends, breaks and decodes. Pure, and the same for the same seed.

Only what is certain counts as truth: a frame is intact if none of its bytes was touched, and recovered if the decoder
gave exactly its bytes at exactly its place.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from framing.events import Event, Frame
from framing.protocols import Protocol

FORMATS = ("ubx", "nmea", "rtcm3")
"""The shipped specs whose frames are mixed."""
FRAMES = 38
FLIPPED, LOST, BURSTS = 4, 3, 4
CLAIMED = 61_440
"""Bytes that the inflated length claims: more than the whole stream has."""
FLIPPED_BIT, LOST_BYTE, INFLATED = "flipped bit", "lost byte", "inflated length"
_UNTOUCHED = 6
"""Bytes at either end of a frame that damage spares: there it could mean nothing (`*5D` and `*5d` are the same)."""


@dataclass(frozen=True)
class Sent:
    """One frame as it was sent; `start` is its offset in the damaged stream, `damage` what was done to it."""

    format: str
    raw: bytes
    start: int
    damage: str = ""


@dataclass(frozen=True)
class Scene:
    """A damaged stream and the truth about it."""

    stream: bytes
    sent: tuple[Sent, ...]
    bursts: int

    def damage(self) -> Counter[str]:
        """How often each kind of damage was done to a frame."""
        return Counter(each.damage for each in self.sent if each.damage)


@dataclass(frozen=True)
class Score:
    """One row of the balance: frames of a format."""

    format: str
    sent: int
    intact: int
    recovered: int


def build(seed: int, protocols: dict[str, Protocol]) -> Scene:
    """The stream of this seed."""
    rng = random.Random(seed)
    names = [FORMATS[index % len(FORMATS)] for index in range(FRAMES)]
    rng.shuffle(names)
    # An early frame gets the length: everything behind it lies within what it claims.
    inflated = names.index("ubx")
    others = [index for index in range(FRAMES) if index != inflated]
    chosen = rng.sample(others, FLIPPED + LOST)
    ways = (
        {inflated: INFLATED} | dict.fromkeys(chosen[:FLIPPED], FLIPPED_BIT) | dict.fromkeys(chosen[FLIPPED:], LOST_BYTE)
    )
    noisy = set(rng.sample(range(1, FRAMES), BURSTS))
    stream = bytearray()
    sent = []
    for index, name in enumerate(names):
        way = ways.get(index, "")
        if index in noisy:
            stream += _noise(rng)
        raw = _frame(rng, name, protocols[name], long=way == INFLATED)
        sent.append(Sent(name, raw, len(stream), way))
        stream += _damaged(rng, raw, way)
    return Scene(bytes(stream), tuple(sent), len(noisy))


def _frame(rng: random.Random, name: str, protocol: Protocol, long: bool) -> bytes:
    if name == "nmea":
        return protocol.encode(_sentence(rng).encode("ascii"))
    if name == "rtcm3":
        number, size = rng.choice([(1005, 19), (1077, rng.randrange(60, 120)), (1087, rng.randrange(50, 90))])
        return protocol.encode((number << 4).to_bytes(2, "big") + rng.randbytes(size - 2))
    identifier, size = (
        (0x07, 92) if long else rng.choice([(0x07, 92), (0x03, 16), (0x35, 8 + 12 * rng.randrange(2, 6))])
    )
    return protocol.encode(rng.randbytes(size), **{"class": 1, "id": identifier})


def _sentence(rng: random.Random) -> str:
    time = f"{rng.randrange(24):02}{rng.randrange(60):02}{rng.randrange(60):02}.00"
    place = f"{4700 + rng.random() * 60:.5f},N,{800 + rng.random() * 60:09.5f},E"
    if rng.random() < 0.5:
        return f"GNGGA,{time},{place},1,{rng.randrange(4, 12):02},0.9,{rng.uniform(200, 600):.1f},M,48.0,M,,"
    return f"GNRMC,{time},A,{place},{rng.uniform(0, 9):.3f},,230626,,,A"


def _damaged(rng: random.Random, raw: bytes, way: str) -> bytes:
    at = rng.randrange(_UNTOUCHED, len(raw) - _UNTOUCHED)
    broken = bytearray(raw)
    if way == FLIPPED_BIT:
        broken[at] ^= 1 << rng.randrange(8)
    elif way == LOST_BYTE:
        del broken[at]
    elif way == INFLATED:
        broken[4:6] = CLAIMED.to_bytes(2, "little")
    return bytes(broken)


def _noise(rng: random.Random) -> bytes:
    """Random bytes; often with the start of a frame among them that was never sent."""
    false = rng.choice([b"", b"\xb5\x62\x01\x07", b"\xd3\x00\x40", b"$GN"])
    return rng.randbytes(rng.randrange(8, 32)) + false + rng.randbytes(rng.randrange(2, 16))


def pieces(seed: int, stream: bytes) -> Iterator[bytes]:
    """The stream in pieces of random sizes, as a serial port would give it."""
    rng = random.Random(seed)
    at = 0
    while at < len(stream):
        size = rng.randrange(1, 400)
        yield stream[at : at + size]
        at += size


def balance(scene: Scene, events: Iterable[Event]) -> tuple[list[Score], list[Sent]]:
    """What was sent and recovered, by format; and the intact frames that were lost."""
    given = {(event.format, event.start, event.raw) for event in events if isinstance(event, Frame)}
    lost = [each for each in scene.sent if not each.damage and (each.format, each.start, each.raw) not in given]
    scores = []
    for name in FORMATS:
        own = [each for each in scene.sent if each.format == name]
        intact = sum(not each.damage for each in own)
        scores.append(Score(name, len(own), intact, intact - sum(each.format == name for each in lost)))
    return scores, lost
