"""The shipped specs: any bytes, on every engine; `decode` of one frame; what decodes encodes again."""

from __future__ import annotations

from functools import cache

import framing
from dice import Dice
from framing import spec
from targets.decoding import alike, look_at

MOST = 512
"""Bytes of a stream: the reference decodes it anew behind each frame."""


@cache
def protocols() -> list[framing.Protocol]:
    """Those that ship, with parameters made up where they want some."""
    found = []
    for name in framing.shipped():
        wanted = spec.describe(name).parameters
        values = {word: 1 if each.size is None else bytes(each.size) for word, each in wanted.items() if each.default is None}
        found.append(framing.load(name, **values))
    return found


def number_of(name: str) -> int:
    """By which first byte a spec goes."""
    return [each.name for each in protocols()].index(name)


def run(data: bytes) -> None:
    """A byte picks the spec, one the way to cut; the rest is the stream."""
    dice = Dice(data)
    protocol = protocols()[dice.take(1) % len(protocols())]
    cut = dice.take(1)
    stream = dice.rest()[:MOST]
    size = cut or len(stream) or 1
    options = {"order": "early"} if cut & 1 and not any(each.strict_only for each in protocol) else {}
    alike([protocol], [stream[at : at + size] for at in range(0, len(stream), size)], **options)
    one(protocol, stream)


def one(protocol: framing.Protocol, raw: bytes) -> None:
    """`decode` gives a frame or a `FrameError`; a frame's message likewise."""
    try:
        frame = protocol.decode(raw)
    except framing.FrameError as error:
        assert isinstance(error.reason, framing.Reason) and 0 <= error.offset <= len(raw)
        return
    look_at(frame)
    try:
        frame.message  # noqa: B018 - reading it is the test
    except framing.FrameError:
        pass
    try:
        protocol[frame.format].encode(frame.payload, **frame.fields)
    except framing.EncodeError:
        pass
