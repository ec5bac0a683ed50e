"""The eight properties that decoding keeps, as functions that raise `BrokenError` where a case breaks one.

They are the list in the design of this library; its own tests hold them on random formats. Here they are held on one format that
somebody has written, with streams made of its frames.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from framing import compiled, reference
from framing.decoder import Decoder
from framing.engines import Formats, formats_of
from framing.errors import EncodeError, FrameError, Reason
from framing.events import Event, Frame, Gap
from framing.layout import FrameFormat
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.numbers import Bits, Length
from framing.model.patterns import End, Sync
from framing.model.traits import names_of


class BrokenError(Exception):
    """A property does not hold; the text says what is wrong."""


def must(holds: bool, what: str) -> None:
    """Raises `BrokenError`. (No `assert`: it must also speak where Python leaves those out.)"""
    if not holds:
        raise BrokenError(what)


@dataclass(frozen=True)
class Case:
    """What a decoder is given: a stream, and the offsets at which it is cut."""

    protocols: Sequence[Formats]
    data: bytes
    cuts: Sequence[int] = ()
    gap_limit: int = 64

    @property
    def chunks(self) -> list[bytes]:
        edges = [0, *sorted(min(cut, len(self.data)) for cut in self.cuts), len(self.data)]
        return [self.data[start:end] for start, end in pairwise(edges)]

    def decoder(self) -> Decoder:
        return Decoder(*self.protocols, gap_limit=self.gap_limit)


def run(decoder: Decoder, chunks: Sequence[bytes]) -> list[Event]:
    """All events of a stream."""
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close()


@contextmanager
def using(engine: str) -> Iterator[None]:
    """Decoders made within this use the engine of that name."""
    before = os.environ.get("FRAMING_ENGINE")
    os.environ["FRAMING_ENGINE"] = engine
    try:
        yield
    finally:
        if before is None:
            del os.environ["FRAMING_ENGINE"]
        else:
            os.environ["FRAMING_ENGINE"] = before


def chunking_is_invisible(case: Case) -> None:
    """However a stream is cut, it gives the same events."""
    whole = run(case.decoder(), [case.data])
    must(run(case.decoder(), case.chunks) == whole, "cut otherwise, it gives other events")
    must(run(case.decoder(), [bytes([byte]) for byte in case.data]) == whole, "byte by byte it gives other events")


def events_tile(case: Case) -> None:
    """Frames and gaps are adjacent, in order, and together the stream."""
    at = 0
    for event in run(case.decoder(), case.chunks):
        must(event.start == at < event.end, f"at {at} follows {event!r}")
        must(event.raw == case.data[event.start : event.end], f"{event!r} has other bytes than the stream")
        must(isinstance(event, Frame) or event.end - event.start <= case.gap_limit, f"{event!r} is over the limit")
        at = event.end
    must(at == len(case.data), f"the events end at {at} of {len(case.data)}")


def engines_agree(case: Case) -> None:
    """Every engine gives what the reference decoder gives."""
    wanted = reference.decode(case.data, case.protocols, gap_limit=case.gap_limit)
    for name in ("native", "python") if compiled.usable else ("python",):
        with using(name):
            must(run(case.decoder(), case.chunks) == wanted, f"the {name} engine gives other events than the reference")


def nothing_raises(case: Case) -> None:
    """No bytes make the decoder raise, nor the reading of what it gives."""
    try:
        for event in run(case.decoder(), case.chunks):
            if isinstance(event, Frame):
                event.fields, event.payload, event.kind  # noqa: B018 - reading them is what is tried
    except Exception as error:
        raise BrokenError(f"{type(error).__name__}: {error}") from error


def memory_is_bounded(case: Case) -> None:
    """What a decoder holds back is a gap, and the frames that it takes to decide one."""
    bound = case.gap_limit + window(formats_of(case.protocols)) + 1
    decoder = case.decoder()
    for byte in case.data:
        decoder.feed(bytes([byte]))
        pending = decoder.stats.pending
        must(pending <= bound, f"{pending} bytes are held back, {bound} at most should be")


def window(formats: Sequence[FrameFormat]) -> int:
    """Bytes that it may take to decide a frame of these formats, and what follows it."""
    return max(
        (each.lock.confirm + each.lock.misses + 1 if each.lock else 1)
        * max(other.max_size for other in formats if other.protocol == each.protocol)
        + (each.plan.follow.pattern.longest if each.plan.follow and each.plan.follow.pattern else 0)
        for each in formats
    )


def encoding_comes_back(case: Case) -> None:
    """Each frame, encoded anew from its fields and payload, is the same frame; where the format is canonical, the same bytes."""
    definitions = {each.full_name: each for each in formats_of(case.protocols)}
    for event in run(case.decoder(), [case.data]):
        if isinstance(event, Frame) and not event.suspect:
            frame_comes_back(definitions[event.format], event)


def frame_comes_back(each: FrameFormat, frame: Frame) -> None:
    """The same of one frame."""
    exact = is_canonical(each)
    try:
        raw = each.encode(frame.payload, **frame.fields)
        again = each.decode(raw)
    except (EncodeError, FrameError) as error:
        circle = any(words in str(error) for words in ("depends on itself", "cover each other"))
        must(circle or not exact, f"{frame!r} cannot be encoded again: {error}")
        return
    must(not exact or raw == frame.raw, f"{frame!r} encodes to {raw.hex(' ')}")
    must(again.payload == frame.payload, f"{frame!r} comes back with another payload")
    derived = {
        name for part in each.layout if isinstance(part, (Length, Checksum, Bits)) for name in derived_names(part)
    }
    derived |= {name for stored in each.plan.stored.values() for name in stored.names}
    for name, value in frame.fields.items():
        must(name in derived or repr(again.fields[name]) == repr(value), f"{frame!r} comes back with another {name}")


def derived_names(part: Length | Checksum | Bits) -> list[str]:
    """The names of values that the encoder works out."""
    return [name for name in names_of(part) if not isinstance(part, Bits) or name == part.length]


def is_canonical(each: FrameFormat) -> bool:
    """Whether equal fields and payload can only stand for equal bytes."""
    kind = each.transparency.kind if each.transparency else "slip"
    return kind in ("slip", "kiss", "dle", "doubled", "run") and all(_is_canonical(part) for part in each.plan.parts)


def _is_canonical(part: object) -> bool:
    if isinstance(part, Sync):
        return part.as_ is not None or (len(part.sync) == 1 and part.pattern.exact)
    if isinstance(part, End):
        return part.as_ is not None or len(part.end) == 1
    if isinstance(part, Bits):
        return all(bit.name != "_" or bit.const is not None for bit in part.bits)
    if isinstance(part, Data):
        return part.blocks is None or _is_canonical(part.blocks)
    value_type = part.type  # type: ignore[attr-defined]
    return value_type.size is not None and not value_type.name.startswith("hex")


def nothing_intact_is_lost(case: Case) -> None:
    """In strict order, what a format accepts where it may start is emitted, or overlaps what is, or is not confirmed."""
    events = run(case.decoder(), [case.data])
    frames = [event for event in events if isinstance(event, Frame)]
    unconfirmed = any(Reason.UNCONFIRMED in event.reasons for event in events if isinstance(event, Gap))
    stream = reference.Stream(case.data, tuple(case.protocols), closed=True)
    for each in stream.formats:
        for at in range(len(case.data)):
            end = reference.judge(stream, each, at).end
            if end is not None and not any(frame.start < end and at < frame.end for frame in frames):
                must(each.lock is not None and unconfirmed, f"{each.full_name} at [{at}, {end}) is lost")


LAWS: dict[int, tuple[str, Callable[[Case], None]]] = {
    1: ("chunking never changes the events", chunking_is_invisible),
    2: ("events tile the input", events_tile),
    3: ("every engine gives what the reference gives", engines_agree),
    4: ("no input raises", nothing_raises),
    5: ("memory is bounded", memory_is_bounded),
    7: ("what is decoded encodes to the same", encoding_comes_back),
    8: ("no intact frame is lost", nothing_intact_is_lost),
}
"""By the number in the design. The sixth, that work is linear, is measured: see `work.py`."""
