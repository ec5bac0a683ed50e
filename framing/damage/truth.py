"""Damage with its truth: which frames came through, where they stand now, and which model broke the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from framing.damage.models import Frames, Model
from framing.damage.streams import Stream, Target
from framing.decoder import decode
from framing.engines import Formats, formats_of
from framing.events import Frame


@dataclass(frozen=True)
class Sent:
    """A frame that was sent: `[start, end)` of the stream before the damage.

    `places` are the offsets in the damaged stream at which it stands intact, usually one; none if it is broken. Intact means:
    all its bytes stand there, the very ones that were sent, unchanged and side by side; and where a delimiter ends the
    frames of its format, a delimiter stands directly in front, or nothing does. (Bytes that come to equal those of a broken frame
    by accident do not count.) `by` is the name of the model that broke it, else empty.

    What else a decoder may ask of the neighbourhood is not looked at: followers that confirm a frame (`lock`), what must
    follow it (`next`), silence in front (`start`), blocks (`block`).
    """

    format: str
    start: int
    end: int
    places: tuple[int, ...]
    by: str = ""

    @property
    def intact(self) -> bool:
        """Whether it came through."""
        return bool(self.places)


@dataclass(frozen=True)
class Damaged:
    """The damaged stream, and every frame that was sent, in order."""

    data: bytes
    sent: tuple[Sent, ...]

    @property
    def intact(self) -> list[tuple[int, int]]:
        """`(start, end)` of the intact frames in the damaged stream, in order, one that was repeated as often as it stands there."""
        return sorted((at, at + each.end - each.start) for each in self.sent for at in each.places)


def targets(data: bytes, *protocols: Formats) -> list[Target]:
    """The frames of a stream, as a decoder in strict order finds them."""
    definitions = {each.full_name: each for each in formats_of(protocols)}
    events = decode(data, *protocols)
    return [Target(definitions[each.format], each.start, each.end) for each in events if isinstance(each, Frame)]


def apply(data: bytes, models: Sequence[Model], frames: Sequence[Target] = (), seed: int = 0) -> Damaged:
    """The stream after all models, one after the other. Equal arguments give equal damage.

    Raises ValueError where a model needs frames and none are given.
    """
    for each in models:
        if each.needs_frames and not frames:
            raise ValueError(f"{each.name} happens to frames, and there are none")
    rnd = Random(seed)  # noqa: S311 - dice, no secret
    stream = Stream.of(bytes(data))
    sent = [Sent(each.definition.full_name, each.start, each.end, stream.standing(each)) for each in frames]
    if any(not each.intact for each in sent):
        broken = next(each for each in sent if not each.intact)
        raise ValueError(f"no frame of {broken.format} can stand at {broken.start} of this stream")
    for each in models:
        stream = stream.rebuilt(each.pieces(stream, _standing(frames, sent), rnd))
        sent = [_after(stream, frame, before, each) for frame, before in zip(frames, sent, strict=True)]
    return Damaged(stream.data, tuple(sent))


def _standing(frames: Sequence[Target], sent: Sequence[Sent]) -> Frames:
    """The frames that stand, and where."""
    found = [(frame, at) for frame, each in zip(frames, sent, strict=True) for at in each.places]
    return sorted(found, key=lambda pair: pair[1])


def _after(stream: Stream, frame: Target, before: Sent, model: Model) -> Sent:
    """What a model has made of a frame. A delimiter that comes to stand in front of one repairs it."""
    places = stream.standing(frame)
    return replace(before, places=places, by="" if places else before.by or model.name)
