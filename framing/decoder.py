"""The decoder that users hold: bytes in, events out, no I/O.

Contract. `feed` takes any bytes-like object and copies what it needs. Each call returns the events that are settled by then,
in stream order; what is still undecided comes with a later call, at the latest with `close`. The outcome depends on the
bytes alone, never on how they were cut. Data never raises.
"""

from __future__ import annotations

from collections.abc import Mapping

from framing import engines
from framing.engines import Chunk, Formats, Order
from framing.events import Event
from framing.stats import Stats

GAP_LIMIT = 65_536
"""Bytes after which a gap is emitted in pieces, unless told otherwise."""
WITNESSES = 2
"""Early order: frames back to back that overtake a leader, unless told otherwise."""


class Decoder:
    """Cuts a stream into frames and gaps, by any number of protocols or formats, earlier ones tried first.

    `gap_limit`: bytes after which a gap is emitted in pieces. `order`: `strict` finds every intact frame; `early` does not
    let a broken length hold up a live link, at the price of a valid frame that contains `witnesses` valid frames.

        >>> from framing.layout import FrameFormat
        >>> from framing.model.checks import Checksum
        >>> from framing.model.data import Data
        >>> from framing.model.numbers import Length
        >>> from framing.model.patterns import Sync
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
        self._engine = engine = engines.engine(protocols, gap_limit, order, witnesses)
        self._closed = False
        self._feed = engine.feed
        self.stats = Stats(engine.totals, lambda: engine.end)
        if type(self).feed is Decoder.feed:
            self.feed = self._feed  # type: ignore[method-assign] # one call less for each byte that trickles in

    @property
    def engine(self) -> str:
        """The name of the engine that does the work; `native, python for …` where some formats are not for it."""
        some = ", ".join(self._engine.fallbacks)
        return f"{self._engine.name}, python for {some}" if some and self._engine.name != "python" else self._engine.name

    @property
    def fallbacks(self) -> Mapping[str, str]:
        """Formats that the compiled engine leaves to the Python prober, each with the reason."""
        return self._engine.fallbacks

    def feed(self, chunk: Chunk) -> list[Event]:
        """Takes the next bytes of the stream; returns the events that are settled. Raises ValueError after `close`."""
        return self._feed(chunk)

    def skim(self, chunk: Chunk) -> None:
        """Takes the next bytes and only counts in `stats` what they settle: for those who want no events.

        Raises ValueError after `close`.
        """
        if self._closed:
            raise ValueError("skim after close: the stream has ended")
        self._engine.skim(chunk)

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
        events = self._settle()
        self._closed = True
        self._feed = _closed
        if "feed" in vars(self):
            self.feed = _closed  # type: ignore[method-assign]
        return events

    def _settle(self) -> list[Event]:
        events = self._engine.close()
        self._engine.restart(self._engine.end)
        return events


def _closed(chunk: Chunk) -> list[Event]:
    raise ValueError("feed after close: the stream has ended")


def decode(
    data: Chunk, *protocols: Formats, gap_limit: int = GAP_LIMIT, order: Order = "strict", witnesses: int = WITNESSES
) -> list[Event]:
    """The events of a whole buffer."""
    decoder = Decoder(*protocols, gap_limit=gap_limit, order=order, witnesses=witnesses)
    return decoder.feed(data) + decoder.close()
