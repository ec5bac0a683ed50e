"""`pcap:FILE?tcp=4028`: the streams of a capture file, as fast as they can be read.

pcap and pcapng; see `packets` for what is understood of their packets, `reassembly` for how TCP is put together, and
`capture_streams` for what a stream is. A file that is cut short or damaged gives what is there; the link's `notes` and the
logger `framing.transports` then say what is missing.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from framing.transports.capture_files import packets
from framing.transports.capture_streams import PORTS, USB, CaptureStreams, Selection
from framing.transports.descriptors import LocalLink
from framing.transports.links import Arrival, Link, Transport
from framing.transports.steps import Call, Steps, Wait
from framing.transports.urls import TEXT, choice, option, place

LOG = logging.getLogger("framing.transports")
DIRECTION = choice("received", "sent", "both")
DIRECTION_DOC = "`sent` to the port named, the device, or by the side that captured; `received` all else."


@dataclass(frozen=True)
class Pcap(Transport):
    """A capture file that is read to its end."""

    form = "pcap:FILE or pcap:///FILE"
    again = False

    path: str = place("where the file is")
    tcp: frozenset[int] | None = option(None, PORTS, "TCP connections with these ports at either end.")
    udp: frozenset[int] | None = option(None, PORTS, "Datagrams with these ports at either end.")
    usb: tuple[int, ...] | None = option(None, USB, "Transfers of this bus, device and endpoint.")
    stream: str = option("", TEXT, "Only streams whose name has this text in it, as an address.")
    direction: str = option("both", DIRECTION, DIRECTION_DOC)
    boundary: str = option("stream", choice("stream", "datagram"), "Whether frames may go on in the next datagram.")

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        """See `Transport.at`."""
        if not where:
            raise ValueError("no path")
        return {"path": where}

    def connect(self, until: float | None = None) -> Steps[Link]:
        """See `Transport.connect`. OSError as `open` raises it, or where the file is no capture."""
        link: Link = yield Call(self._open)
        return link

    def _open(self) -> Link:
        return self._opened(
            lambda file, notes: CaptureLink(f"pcap {self.path}", file, self._arrivals(file, notes), notes)
        )

    def _opened(self, make: Callable[[BinaryIO, list[str]], Link]) -> Link:
        file = open(self.path, "rb")  # noqa: SIM115 # the link closes it
        try:
            return make(file, [])
        except BaseException:
            file.close()
            raise

    def _arrivals(self, file: BinaryIO, notes: list[str]) -> Iterator[Arrival | None]:
        selection = Selection(self.tcp, self.udp, self.usb, self.stream, self.direction, self.boundary)
        return CaptureStreams(packets(file, self.path, notes), selection, notes).arrivals()


class CaptureLink(LocalLink):
    """A capture that is read. Never waits."""

    notes: list[str]
    """What is missing or was passed over, in words; complete when all is read."""

    def __init__(self, name: str, file: BinaryIO, arrivals: Iterator[Arrival | None], notes: list[str]) -> None:
        super().__init__(name)
        self.notes = notes
        self._file = file
        self._arrivals = arrivals
        self._next: Arrival | None = None
        """What was read and is not given yet, or not the whole of it."""
        self._ended = False
        self._time: float | None = None

    def fileno(self) -> int:
        """The descriptor of the file."""
        return self._file.fileno()

    def readable(self, until: float | None) -> Wait | None:
        """None: there is always more, or the end."""
        return None

    def writable(self, until: float | None) -> Wait | None:
        """None: `send` refuses at once."""
        return None

    def _take(self, most: int) -> Arrival | None:
        arrival = self._next or self._read()
        if arrival is None:
            return None
        self._next = None
        if len(arrival.data) > most:
            self._next = arrival._replace(data=arrival.data[most:], broken=False)
            arrival = arrival._replace(data=arrival.data[:most], ends=False)
        return arrival

    def _read(self) -> Arrival | None:
        """The next arrival out of the file, the last one ends all; None where there was nothing in a long stretch."""
        try:
            arrival = next(self._arrivals)
        except StopIteration:
            if not self._ended:
                for note in self.notes:
                    LOG.warning("%s: %s", self.name, note)
            self._ended = True
            return Arrival(b"", time=self._time, ends=True)
        if arrival is not None:
            self._time = arrival.time
        return arrival

    def _put(self, data: bytes | memoryview) -> int:
        raise OSError(errno.EROFS, "a recording takes no bytes")

    def _release(self) -> None:
        self._arrivals = iter(())
        self._file.close()


SCHEMES: dict[str, type[Transport]] = {"pcap": Pcap}
