"""The decoders of one link: one for each stream that it carries, and what they gave that nobody has taken yet.

No I/O and no clock. Lists of events wait in `ready`, each with the name of its stream; a list never mixes streams.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from framing.decoder import Decoder
from framing.events import Event
from framing.stats import Stats, Totals
from framing.transports.links import Arrival, Connected, Disconnected, Reason
from framing.transports.silence import Silence

STREAMS_MOST = 256
"""Streams of one link that are kept; where more come, the one that was quiet for longest is closed."""

Happening: TypeAlias = Event | Connected | Disconnected
"""What comes out of a link: events of the decoder, and what happened to the link for those who ask."""


class Streams:
    """Decoders by stream, each made by `make` when the stream begins. The stream "" is always there.

    `said`: whether a `Disconnected` tells of a stream that was closed because there are too many.
    """

    def __init__(self, make: Callable[[], Decoder], said: bool = False) -> None:
        self._make = make
        self._said = said
        self._decoders = {"": make()}  # quiet for longest first
        self.latest = ""
        """The stream of the last arrival."""
        self._counts = False
        self._feed: Callable[[bytes], list[Event] | None] = self._decoders[""].feed
        self._before = Totals({}, 0, 0, 0, 0, {})  # of decoders that are no more
        self._bytes_before = 0
        self.ready: deque[tuple[str, Sequence[Happening]]] = deque()
        self.silence: Silence | None = None
        """Set where silence means something, by whoever knows how long it is on this link."""
        self.engine = self._decoders[""].engine

    @property
    def stats(self) -> Stats:
        """What the decoders of all streams have given so far."""
        return Stats(self._totals, self._bytes_in)  # not kept: decoders in a circle would stay until it is collected

    def take(self, arrival: Arrival, now: float) -> list[Event] | None:
        """What came at that time. The events of its stream where nothing waits before them, else None: see `ready`."""
        data, stream, _, broken, ends = arrival
        if stream != self.latest:
            self._turn_to(stream)
        silence = self.silence
        if silence is not None and data:
            silence.heard(stream, now)
        if not broken and not ends and not self.ready:
            return self._feed(data)
        if broken:
            self.say(self._decoders[stream].idle(), stream)
        if data:
            self.say(self._feed(data), stream)
        if ends and stream:
            self._close(stream)
        return None

    def count_only(self, on: bool) -> None:
        """Whether what follows is only counted in `stats` and gives no events, for while nobody looks at them."""
        self._counts = on
        self._feed = self._way(self._decoders[self.latest])

    def say(self, happened: Sequence[Happening] | None, stream: str = "") -> None:
        """Puts a list behind what is ready; events of the stream of the last list join it."""
        if not happened:
            return
        if self.ready and self.ready[-1][0] == stream:
            stream, before = self.ready.pop()
            happened = [*before, *happened]
        self.ready.append((stream, happened))

    def silent(self, now: float) -> None:
        """The time is `now`: streams that have been silent for long enough are told so."""
        for stream in self.silence.over(now) if self.silence is not None else ():
            if stream in self._decoders:
                self.say(self._decoders[stream].idle(), stream)

    def idle(self) -> None:
        """All streams: what follows is another connection."""
        for stream, decoder in self._decoders.items():
            self.say(decoder.idle(), stream)

    def close(self) -> None:
        """All streams: nothing follows."""
        for stream, decoder in self._decoders.items():
            self.say(decoder.close(), stream)

    def _turn_to(self, stream: str) -> None:
        decoder = self._decoders.pop(stream, None)
        if decoder is None:
            if len(self._decoders) >= STREAMS_MOST:
                self._make_room()
            decoder = self._make()
        self._decoders[stream] = decoder
        self.latest, self._feed = stream, self._way(decoder)

    def _way(self, decoder: Decoder) -> Callable[[bytes], list[Event] | None]:
        return decoder.skim if self._counts else decoder.feed

    def _make_room(self) -> None:
        quiet = next(stream for stream in self._decoders if stream)
        self._close(quiet)
        if self._said:
            self.say([Disconnected(Reason.CLOSED, f"{quiet}: only {STREAMS_MOST} streams are kept")], quiet)

    def _close(self, stream: str) -> None:
        decoder = self._decoders.pop(stream)
        self.say(decoder.close(), stream)
        self._before = sum_of((self._before, Totals(**decoder.stats.as_dict())))  # type: ignore[arg-type]
        self._bytes_before += decoder.stats.bytes_in
        if stream == self.latest:
            self._turn_to("")

    def _totals(self) -> Totals:
        now = [Totals(**each.stats.as_dict()) for each in list(self._decoders.values())]  # type: ignore[arg-type]
        return sum_of((self._before, *now))

    def _bytes_in(self) -> int:
        return self._bytes_before + sum(each.stats.bytes_in for each in list(self._decoders.values()))


def sum_of(totals: Sequence[Totals]) -> Totals:
    """Totals of several decoders together."""
    frames: Counter[str] = Counter()
    rejects: Counter[str] = Counter()
    for each in totals:
        frames.update(each.frames)
        rejects.update(each.rejects)
    return Totals(
        dict(frames),
        sum(each.frame_bytes for each in totals),
        sum(each.gap_bytes for each in totals),
        sum(each.fill_bytes for each in totals),
        sum(each.gaps for each in totals),
        dict(rejects),
    )
