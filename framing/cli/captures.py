"""Capture files as input: each stream in them has a decoder of its own, and is named in what is printed.

`pcap:` URLs, with their options, and files named `.pcap` or `.pcapng`. (`- < FILE` reads the bytes of such a file as they
are.) What is missing in a capture, its transport says on standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from framing.cli.common import Misuse

if TYPE_CHECKING:
    from framing.decoder import Decoder
    from framing.events import Event
    from framing.stats import Totals
    from framing.transports.links import Arrival, Link


def is_capture(file: str) -> bool:
    """Whether an input is a capture by its name."""
    return file.startswith("pcap:") or file.lower().endswith((".pcap", ".pcapng"))


class Capture:
    """A capture that is being decoded. `totals`: what each stream gave, with the number of its bytes."""

    def __init__(self, link: Link, make: Callable[[], Decoder]) -> None:
        self._link = link
        self._make = make
        self._decoders: dict[str, Decoder] = {}
        self.totals: dict[str, tuple[Totals, int]] = {}

    def events(self) -> Iterator[tuple[str, float | None, Sequence[Event]]]:
        """Lists of events, each with its stream and the time of the packet that settled them, as they come."""
        moment: float | None = None
        for arrival in self._arrivals():
            moment = arrival.time
            decoder = self._decoders.get(arrival.stream)
            if decoder is None:
                decoder = self._decoders[arrival.stream] = self._make()
            events = decoder.idle() if arrival.broken else []
            events += decoder.feed(arrival.data)
            if arrival.ends:
                events += self._ended(arrival.stream)
            if events:
                yield arrival.stream, moment, events
        for stream in list(self._decoders):
            if events := self._ended(stream):
                yield stream, moment, events

    def _arrivals(self) -> Iterator[Arrival]:
        while True:
            try:
                arrival = self._link.receive()
            except OSError as error:
                raise Misuse(f"{self._link.name}: {error.strerror or error}") from None
            if arrival is not None:
                if arrival.ends and not arrival.stream:
                    return
                yield arrival

    def _ended(self, stream: str) -> list[Event]:
        from framing.stats import Totals
        from framing.transports.streams import sum_of

        decoder = self._decoders.pop(stream)
        events = decoder.close()
        totals, size = Totals(**decoder.stats.as_dict()), decoder.stats.bytes_in  # type: ignore[arg-type]
        if stream in self.totals:
            totals, size = sum_of((self.totals[stream][0], totals)), self.totals[stream][1] + size
        self.totals[stream] = totals, size
        return events


@contextmanager
def captured(file: str, make: Callable[[], Decoder]) -> Iterator[Capture]:
    """The capture of that name or URL; `make` makes the decoder of a stream."""
    from urllib.parse import quote

    from framing.transports.steps import run
    from framing.transports.urls import UrlError, transport

    try:
        link = run(transport(file if file.startswith("pcap:") else f"pcap:{quote(file)}").connect())
    except UrlError as error:
        raise Misuse(str(error)) from None
    except ImportError:
        raise Misuse("capture files need dpkt: pip install 'framing-codec[pcap]'") from None
    except (OSError, ValueError) as error:
        raise Misuse(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    try:
        yield Capture(link, make)
    finally:
        link.close()
