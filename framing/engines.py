"""The engines behind one interface, and which of them is in use.

An engine decodes one stream. `Counted` makes one of those that only give events, in Python, and counts what they give; the
compiled engine counts by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal
from typing import Protocol as Interface

from framing import candidates, compiled, reference
from framing.compiled import ENGINES
from framing.early import EarlyEngine
from framing.engine import StrictEngine
from framing.events import Event
from framing.intake import bytes_of
from framing.layout import FrameFormat, Protocol
from framing.stats import Tally, Totals

Order = Literal["strict", "early"]
Formats = Protocol | FrameFormat
Chunk = bytes | bytearray | memoryview


class Engine(Interface):
    """What decodes one stream; each of its starts begins at a stream offset, its origin."""

    name: str
    fallbacks: Mapping[str, str]
    """Formats that it leaves to the Python prober, each with the reason."""

    @property
    def end(self) -> int:
        """The stream offset behind the last byte taken."""
        ...

    def feed(self, chunk: Chunk) -> list[Event]:
        """The events that these bytes settle."""
        ...

    def close(self) -> list[Event]:
        """Nothing follows: the rest of the events."""
        ...

    def restart(self, origin: int) -> None:
        """Forgets everything but the counts; the next byte is a start of stream at this offset."""
        ...

    def totals(self) -> Totals:
        """What it has given since it was made."""
        ...


class EventSource(Interface):
    """What decodes a stream from one start to the next."""

    @property
    def end(self) -> int: ...

    def feed(self, chunk: bytes) -> list[Event]: ...

    def close(self) -> list[Event]: ...


class Counted:
    """An engine made of one that only gives events; `fresh(origin)` makes the latter."""

    fallbacks: Mapping[str, str] = MappingProxyType({})

    def __init__(self, name: str, fresh: Callable[[int], EventSource]) -> None:
        self.name = name
        self._fresh = fresh
        self._tally = Tally()
        self.restart(0)

    def restart(self, origin: int) -> None:
        self._source = self._fresh(origin)
        self._feed = self._source.feed

    @property
    def end(self) -> int:
        return self._source.end

    def feed(self, chunk: Chunk) -> list[Event]:
        events = self._feed(chunk if chunk.__class__ is bytes else bytes_of(chunk))
        if events:
            self._tally.add(events)
        return events

    def close(self) -> list[Event]:
        events = self._source.close()
        self._tally.add(events)
        return events

    def totals(self) -> Totals:
        return self._tally.totals()


class ReferenceEngine:
    """The reference as an engine: decodes everything again with each chunk. For tests and for the curious."""

    def __init__(
        self, protocols: Sequence[Formats], gap_limit: int, origin: int, order: Order, witnesses: int
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
    if forced == "native" and not compiled.usable:
        raise ValueError(f"FRAMING_ENGINE=native: the compiled engine is not there: {compiled.missing}")
    return forced or ("native" if compiled.usable else "python")


def engine(protocols: Sequence[Formats], gap_limit: int, order: Order, witnesses: int) -> Engine:
    """An engine of the kind in use, at the start of a stream."""
    name = engine_name()
    if name == "native" and order == "strict":
        from framing import _engine

        return _engine.StrictEngine(_engine.Formats([list(one) if isinstance(one, Protocol) else [one] for one in protocols]), gap_limit)
    if name == "reference":
        return Counted(name, lambda origin: ReferenceEngine(protocols, gap_limit, origin, order, witnesses))
    formats = candidates.compiled(protocols)
    if order == "early":
        return Counted(name, lambda origin: EarlyEngine(formats, gap_limit, origin, witnesses))
    return Counted(name, lambda origin: StrictEngine(formats, gap_limit, origin))
