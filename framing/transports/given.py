"""Links that somebody else has opened: one that a server accepted, and anyio's byte streams."""

from __future__ import annotations

import errno
from typing import Any

from anyio import BrokenResourceError, ClosedResourceError, EndOfStream
from anyio.abc import AnyByteStream

from framing.transports.links import RECEIVE, Arrival, Link, Transport
from framing.transports.loops import Await
from framing.transports.steps import Steps, Wait


class Given(Transport):
    """A link that is open already."""

    form = "a link that is open"
    again = False

    def __init__(self, link: Link) -> None:
        self._link = link

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        """There is no such URL."""
        raise ValueError("no URL leads here")

    def connect(self, until: float | None = None) -> Steps[Link]:
        """The link."""
        yield from ()
        return self._link


class ByteStreamLink(Link):
    """An anyio byte stream as a link. It holds one chunk, while that is on its way to the decoder."""

    name = "byte stream"

    def __init__(self, stream: AnyByteStream) -> None:
        self.stream = stream
        self._chunk = b""
        self._ended = False
        self._error: OSError | None = None
        self._offered = b""
        self._taken = 0

    def receive(self, most: int = RECEIVE) -> Arrival | None:
        """The chunk that the stream gave, whatever its size."""
        if self._chunk:
            chunk, self._chunk = self._chunk, b""
            return Arrival(chunk)
        if self._error:
            raise self._error
        return Arrival(b"", ends=True) if self._ended else None

    def readable(self, until: float | None) -> Wait:
        """Until the stream has given a chunk."""
        return Await(until=until, function=self._receive)

    async def _receive(self) -> None:
        try:
            self._chunk = await self.stream.receive()
        except EndOfStream:
            self._ended = True
        except (BrokenResourceError, ClosedResourceError, OSError) as error:
            self._error = _os_error(error)

    def send(self, data: bytes | memoryview) -> int:
        """The number of bytes that the stream took since they were first given here; 0 where they are new."""
        if self._error:
            raise self._error
        if not self._taken:
            self._offered = bytes(data)
        taken, self._taken = self._taken, 0
        return taken

    def writable(self, until: float | None) -> Wait:
        """Until the stream has taken what it is offered, however long that is: half of it could not be told from all."""
        return Await(function=self._send)

    async def _send(self) -> None:
        try:
            await self.stream.send(self._offered)
        except (BrokenResourceError, ClosedResourceError, OSError) as error:
            self._error = _os_error(error)
        else:
            self._taken = len(self._offered)

    def wake(self) -> None:
        """Nobody is woken here: the event loop cuts waits short."""

    def close(self) -> None:
        """Leaves the stream to its owner."""

    def fileno(self) -> int:
        """There is none."""
        return -1


def _os_error(error: Exception) -> OSError:
    cause = error if isinstance(error, OSError) else error.__cause__
    return cause if isinstance(cause, OSError) else ConnectionResetError(errno.ECONNRESET, str(error) or "broken")
