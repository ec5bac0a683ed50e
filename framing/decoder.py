"""The decoder that users hold: bytes in, events out, no I/O.

Contract. `feed` takes any bytes-like object and copies what it needs. Each call returns the events that are settled by then,
in stream order; what is still undecided comes with a later call, at the latest with `close`. The outcome depends on the
bytes alone, never on how they were cut. Data never raises.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal
from typing import Protocol as Interface

from framing import candidates, reference
from framing.early import EarlyEngine
from framing.engine import StrictEngine
from framing.errors import Reason
from framing.events import Event, Frame, Gap
from framing.intake import bytes_of
from framing.layout import FrameFormat, Protocol

GAP_LIMIT = 65_536
"""Bytes after which a gap is emitted in pieces, unless told otherwise."""
WITNESSES = 2
"""Early order: frames back to back that overtake a leader, unless told otherwise."""
FORMATS_MOST = 256
"""Formats of one decoder at most."""
ENGINES = ("native", "python", "reference")

Order = Literal["strict", "early"]
Formats = Protocol | FrameFormat
Chunk = bytes | bytearray | memoryview


class Engine(Interface):
    """What decodes one stream, from one start to the next."""

    name: str

    @property
    def end(self) -> int:
        """The stream offset behind the last byte taken."""
        ...

    def feed(self, chunk: bytes) -> list[Event]: ...

    def close(self) -> list[Event]: ...


class ReferenceEngine:
    """The reference as an engine: decodes everything again with each chunk. For tests and for the curious."""

    name = "reference"

    def __init__(
        self, protocols: Sequence[Formats], gap_limit: int, origin: int, order: Order = "strict", witnesses: int = WITNESSES
    ) -> None:
        self.protocols = protocols
        self.gap_limit, self.origin, self.order, self.witnesses = gap_limit, origin, order, witnesses
        self.data = bytearray()
        self.given = 0

    @property
    def end(self) -> int:
        """The stream offset behind the last byte taken."""
        return self.origin + len(self.data)

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that these bytes settle."""
        self.data += chunk
        return self._new(closed=False)

    def close(self) -> list[Event]:
        """The rest of the events."""
        return self._new(closed=True)

    def _new(self, closed: bool) -> list[Event]:
        events = reference.decode(
            bytes(self.data),
            self.protocols,
            order=self.order,
            witnesses=self.witnesses,
            gap_limit=self.gap_limit,
            closed=closed,
            origin=self.origin,
        )
        new, self.given = events[self.given :], len(events)
        return new


def engine_name() -> str:
    """The engine in use: what `FRAMING_ENGINE` forces (`native`, `python`, `reference`), else the fastest there is."""
    forced = os.environ.get("FRAMING_ENGINE", "")
    if forced and forced not in ENGINES:
        raise ValueError(f"FRAMING_ENGINE={forced}: expected one of {', '.join(ENGINES)}")
    if forced == "native":
        raise ValueError("FRAMING_ENGINE=native: this build has no compiled engine; expected python or reference")
    return forced or "python"


class Stats:
    """What a decoder has given so far. Counts are of events, sizes are in bytes.

    `bytes_in`; `pending`, bytes that no event covers yet; `frames` by format; `frame_bytes`; `gaps` and `gap_bytes`, fill not
    counted; `fill_bytes`; `rejects` by reason.
    """

    def __init__(self, taken: Callable[[], int]) -> None:
        self._taken = taken
        self.frames: Counter[str] = Counter()
        self.frame_bytes = 0
        self.gap_bytes = 0
        self.fill_bytes = 0
        self.gaps = 0
        self.rejects: Counter[str] = Counter()

    @property
    def bytes_in(self) -> int:
        """Bytes that the decoder has taken."""
        return self._taken()

    @property
    def pending(self) -> int:
        """Bytes taken that no event covers yet."""
        return self.bytes_in - self.frame_bytes - self.gap_bytes - self.fill_bytes

    def count(self, events: Sequence[Event]) -> None:
        """Takes adjacent events into account."""
        gaps = [event for event in events if isinstance(event, Gap)]
        self.frames.update([event.format for event in events if isinstance(event, Frame)])
        covered = events[-1].end - events[0].start if events else 0
        for event in gaps:
            size = event.end - event.start
            covered -= size
            if event.reason is Reason.FILL:
                self.fill_bytes += size
            else:
                self.gaps += 1
                self.gap_bytes += size
            if event.rejected:
                self.rejects.update({reason.value: number for reason, number in event.reasons.items()})
        self.frame_bytes += covered

    def as_dict(self) -> dict[str, object]:
        """As `framing stats --json` prints it."""
        return {
            "frames": dict(self.frames),
            "frame_bytes": self.frame_bytes,
            "gap_bytes": self.gap_bytes,
            "fill_bytes": self.fill_bytes,
            "gaps": self.gaps,
            "rejects": dict(self.rejects),
        }


class Decoder:
    """Cuts a stream into frames and gaps, by any number of protocols or formats, earlier ones tried first.

    `gap_limit`: bytes after which a gap is emitted in pieces. `order`: `strict` finds every intact frame; `early` does not
    let a broken length hold up a live link, at the price of a valid frame that contains `witnesses` valid frames.

        >>> from framing.layout import FrameFormat
        >>> from framing.parts import Checksum, Data, Length, Sync
        >>> toy = FrameFormat("toy", [Sync("AA"), Length("n", "u8", of="payload"), Data("payload"),
        ...                           Checksum("sum", "u8", "sum-8", over="n..payload")])
        >>> decoder = Decoder(toy)
        >>> decoder.feed(b"noise" + toy.encode(b"hi")[:3])
        []
        >>> decoder.feed(toy.encode(b"hi")[3:])
        [<Gap [0, 5) noise 6e 6f 69 73 65>, <Frame toy [5, 10) aa 02 68 69 d3>]
    """

    def __init__(
        self, *protocols: Formats, gap_limit: int = GAP_LIMIT, order: Order = "strict", witnesses: int = WITNESSES
    ) -> None:
        self._protocols = _checked(protocols, gap_limit, order, witnesses)
        self._gap_limit, self._order, self._witnesses = gap_limit, order, witnesses
        self._name = engine_name()
        self._compiled = candidates.compiled(self._protocols) if self._name == "python" else None
        self._closed = False
        self.stats = Stats(lambda: self._engine.end)
        self._begin(0)

    @property
    def engine(self) -> str:
        """The name of the engine that does the work."""
        return self._engine.name

    def _begin(self, origin: int) -> None:
        """A start of stream at this offset."""
        self._engine = self._fresh(origin)
        self._feed = self._engine.feed

    def _fresh(self, origin: int) -> Engine:
        if self._compiled is None:
            return ReferenceEngine(self._protocols, self._gap_limit, origin, self._order, self._witnesses)
        if self._order == "early":
            return EarlyEngine(self._compiled, self._gap_limit, origin, self._witnesses)
        return StrictEngine(self._compiled, self._gap_limit, origin)

    def feed(self, chunk: Chunk) -> list[Event]:
        """Takes the next bytes of the stream; returns the events that are settled. Raises ValueError after `close`."""
        events = self._feed(chunk if chunk.__class__ is bytes else bytes_of(chunk))
        if events:
            self.stats.count(events)
        return events

    def idle(self) -> list[Event]:
        """The line went silent: settles everything, forgets any lock; what follows is a start of stream.

        Not a read timeout: call it where silence itself means the end of a frame, or the connection is another one.
        """
        if self._closed:
            raise ValueError("idle after close: the stream has ended")
        return self._settle()

    def close(self) -> list[Event]:
        """Nothing follows: settles everything. Calling it again returns nothing."""
        if self._closed:
            return []
        self._closed = True
        events = self._settle()
        self._feed = _closed
        return events

    def _settle(self) -> list[Event]:
        events = self._engine.close()
        self._begin(self._engine.end)
        self.stats.count(events)
        return events


def _closed(chunk: bytes) -> list[Event]:
    raise ValueError("feed after close: the stream has ended")


def decode(
    data: Chunk, *protocols: Formats, gap_limit: int = GAP_LIMIT, order: Order = "strict", witnesses: int = WITNESSES
) -> list[Event]:
    """The events of a whole buffer."""
    decoder = Decoder(*protocols, gap_limit=gap_limit, order=order, witnesses=witnesses)
    return decoder.feed(data) + decoder.close()


def _checked(protocols: Sequence[Formats], gap_limit: int, order: str, witnesses: int) -> tuple[Formats, ...]:
    if not protocols:
        raise TypeError("at least one protocol or format is needed")
    for each in protocols:
        if not isinstance(each, (Protocol, FrameFormat)):
            hint = f"; framing.load({each!r}) gives one" if isinstance(each, str) else ""
            raise TypeError(f"{each!r} is no Protocol or FrameFormat{hint}")
    formats = [each for one in protocols for each in (one if isinstance(one, Protocol) else (one,))]
    if len(formats) > FORMATS_MOST:
        raise ValueError(f"{len(formats)} formats; at most {FORMATS_MOST} are possible")
    for name, value in (("gap_limit", gap_limit), ("witnesses", witnesses)):
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name} is a number of {'bytes' if name == 'gap_limit' else 'frames'}, not {value!r}")
        if value < 1:
            raise ValueError(f"{name} is {value}; at least 1 is needed")
    if order not in ("strict", "early"):
        raise ValueError(f"order is {order!r}; expected 'strict' or 'early'")
    locked = next((each.full_name for each in formats if each.lock is not None), None)
    if order == "early" and locked is not None:
        raise ValueError(f"{locked} asks for confirmation (lock), which early order cannot give")
    return tuple(protocols)
