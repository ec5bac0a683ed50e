"""The engines behind one interface, and which of them is in use.

An engine decodes one stream from one start to the next, and counts as it goes. `Counted` makes one of those in Python, which
know one start only: the counts go on.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias
from typing import Protocol as Interface

from framing import compiled, reference
from framing.compiled import ENGINES
from framing.early import EarlyEngine
from framing.engine import StrictEngine
from framing.errors import Reason
from framing.events import Event, Frame
from framing.layout import FrameFormat
from framing.lowering.parts import LONG_DELIMITER
from framing.probing.intake import bytes_of
from framing.protocols import Protocol
from framing.stats import Tally, Totals
from framing.streams import candidates

if TYPE_CHECKING:
    from framing._engine import Formats as NativeFormats

Order = Literal["strict", "early"]
Formats = Protocol | FrameFormat
Chunk = bytes | bytearray | memoryview


FORMATS_MOST = 256
"""Formats of one decoder at most."""
PIECE = 65_536
"""Bytes of a whole buffer that a Python engine is given at a time."""
GAP = -1
"""Stands among the numbers of formats for a gap."""
REASONS: tuple[Reason | None, ...] = (None, *Reason)
"""What the numbers of reasons count in."""

Numbers: TypeAlias = "array[int]"


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

    def skim(self, chunk: Chunk) -> None:
        """Takes bytes and only counts what they settle."""
        ...

    def scan(
        self, data: memoryview, starts: Numbers, ends: Numbers, formats: Numbers, reasons: Numbers, final: bool = True
    ) -> None:
        """Puts the events that these bytes settle behind what the arrays hold (int64, int64, int16, uint8), one row for each.

        A gap has the format GAP, a suspect frame the reason MARKER. `final`: nothing follows, the stream is at its end then.
        """
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
    """An engine made of one that knows one start only: `fresh(origin, tally)` makes it for each. All count in one tally."""

    def __init__(
        self,
        name: str,
        names: Sequence[str],
        fresh: Callable[[int, Tally], EventSource],
        fallbacks: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.name = name
        self.fallbacks = fallbacks
        self._numbers = {each: number for number, each in reversed(list(enumerate(names)))}
        self._fresh = fresh
        self._tally = Tally()
        self.restart(0)

    def restart(self, origin: int) -> None:
        self._source = self._fresh(origin, self._tally)
        self._feed = self._source.feed

    @property
    def end(self) -> int:
        return self._source.end

    def feed(self, chunk: Chunk) -> list[Event]:
        return self._feed(chunk if chunk.__class__ is bytes else bytes_of(chunk))

    def close(self) -> list[Event]:
        return self._source.close()

    def skim(self, chunk: Chunk) -> None:
        self.feed(chunk)

    def scan(
        self, data: memoryview, starts: Numbers, ends: Numbers, formats: Numbers, reasons: Numbers, final: bool = True
    ) -> None:
        for event in self._pieces(data, final):
            starts.append(event.start)
            ends.append(event.end)
            if isinstance(event, Frame):
                formats.append(self._numbers[event.format])
                reasons.append(REASONS.index(Reason.MARKER if event.suspect else None))
            else:
                formats.append(GAP)
                reasons.append(REASONS.index(event.reason))

    def _pieces(self, data: memoryview, final: bool) -> Iterator[Event]:
        for at in range(0, len(data), PIECE):
            yield from self.feed(data[at : at + PIECE])
        if final:
            yield from self.close()

    def totals(self) -> Totals:
        return self._tally.totals()


class ReferenceEngine:
    """The reference as an engine: decodes everything again with each chunk. For tests and for the curious."""

    def __init__(
        self, protocols: Sequence[Formats], gap_limit: int, origin: int, order: Order, witnesses: int, tally: Tally
    ) -> None:
        self.protocols = protocols
        self.gap_limit, self.origin, self.order, self.witnesses = gap_limit, origin, order, witnesses
        self.tally = tally
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
        self.tally.add(new)
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
    """An engine of the kind in use, at the start of a stream. Raises `TypeError` and `ValueError` for wrong arguments."""
    _check(protocols, gap_limit, order, witnesses)
    name = engine_name()
    if name == "native":
        return _native(protocols, gap_limit, order, witnesses)
    names = [each.full_name for each in formats_of(protocols)]
    if name == "reference":
        return Counted(name, names, lambda at, tally: ReferenceEngine(protocols, gap_limit, at, order, witnesses, tally))
    return _python(protocols, gap_limit, order, witnesses, {})


def _python(
    protocols: Sequence[Formats], gap_limit: int, order: Order, witnesses: int, fallbacks: Mapping[str, str]
) -> Engine:
    formats, names = candidates.compiled(protocols), [each.full_name for each in formats_of(protocols)]
    if order == "early":
        return Counted("python", names, lambda at, tally: EarlyEngine(formats, gap_limit, at, witnesses, tally), fallbacks)
    return Counted("python", names, lambda at, tally: StrictEngine(formats, gap_limit, at, tally), fallbacks)


def _left(each: FrameFormat) -> str | None:
    """Why a format leaves all of a decoder to the Python engine."""
    if each.plan.learnt:
        return "tables that learn (`learn`)"
    return LONG_DELIMITER if each.plan.closing > 1 else None


NATIVE_KEPT = 16
"""Sets of formats that stay compiled for the next decoder: putting one together takes as long as decoding some hundred kB."""
_native_formats: dict[tuple[tuple[int, ...], ...], NativeFormats] = {}


def _native(protocols: Sequence[Formats], gap_limit: int, order: Order, witnesses: int) -> Engine:
    from framing import _engine

    left = {each.full_name: reason for each in formats_of(protocols) if (reason := _left(each))}
    if left:
        return _python(protocols, gap_limit, order, witnesses, left)
    groups = tuple(tuple(each) if isinstance(each, Protocol) else (each,) for each in protocols)
    formats = _native_formats.get(key := tuple(tuple(map(id, group)) for group in groups))
    if formats is None:
        if len(_native_formats) == NATIVE_KEPT:
            del _native_formats[next(iter(_native_formats))]
        formats = _native_formats[key] = _engine.Formats(groups)  # holds the formats, so that their ids stay theirs
    if order == "early":
        return _engine.EarlyEngine(formats, gap_limit, 0, witnesses)
    return _engine.StrictEngine(formats, gap_limit)


def formats_of(protocols: Sequence[Formats]) -> list[FrameFormat]:
    """The formats of these protocols in their order."""
    return [each for one in protocols for each in (one if isinstance(one, Protocol) else (one,))]


def _check(protocols: Sequence[Formats], gap_limit: int, order: str, witnesses: int) -> None:
    if not protocols:
        raise TypeError("at least one protocol or format is needed")
    for each in protocols:
        if not isinstance(each, (Protocol, FrameFormat)):
            hint = f"; framing.load({each!r}) gives one" if isinstance(each, str) else ""
            raise TypeError(f"{each!r} is no Protocol or FrameFormat{hint}")
    formats = formats_of(protocols)
    if len(formats) > FORMATS_MOST:
        raise ValueError(f"{len(formats)} formats; at most {FORMATS_MOST} are possible")
    for name, value in (("gap_limit", gap_limit), ("witnesses", witnesses)):
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name} is a number of {'bytes' if name == 'gap_limit' else 'frames'}, not {value!r}")
        if value < 1:
            raise ValueError(f"{name} is {value}; at least 1 is needed")
    if order not in ("strict", "early"):
        raise ValueError(f"order is {order!r}; expected 'strict' or 'early'")
    known: dict[str, Formats] = {}
    for one in protocols:
        if any(each.plan.learnt for each in formats_of([one])):
            name = formats_of([one])[0].plan.protocol
            if known.setdefault(name, one) != one:
                raise ValueError(f"two protocols are called {name}, and one of them learns")
    refused = next((each for each in formats if each.strict_only), None)
    if order == "early" and refused is not None:
        raise ValueError(f"{refused.full_name} {refused.strict_only}")
