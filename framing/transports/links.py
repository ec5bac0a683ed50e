"""What every link is to those above it: a `Transport` (what a URL says) makes a `Link` (one open pipe of bytes).

Nothing here blocks and nothing here knows of frames. A link answers at once; whoever must wait yields what the link says to
wait for (see `steps`). So each kind of link is written once, for threads and for event loops.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any, ClassVar, NamedTuple

from framing.transports.steps import Steps, Wait

RECEIVE = 65_536
"""Bytes that are asked of a link at a time."""


class Arrival(NamedTuple):
    """Bytes that came, and what is known about them."""

    data: bytes
    """May be empty, for an arrival that only ends its stream or breaks it."""
    stream: str = ""
    """Which stream they belong to where one link carries several: a peer's address, a direction of a connection."""
    time: float | None = None
    """When they arrived, in seconds since 1970, where a recording tells; None: now."""
    broken: bool = False
    """These bytes do not continue those before them: bytes are missing, or the line was silent."""
    ends: bool = False
    """Nothing of this stream follows these bytes."""


class Reason(StrEnum):
    """Why a link is no more. The value is the lower-case name."""

    END = auto()
    """The other side closed in good order, or the input is at its end."""
    RESET = auto()
    """The other side is there and refuses to go on: connection reset, broken pipe."""
    TIMEOUT = auto()
    """The other side is silent or unreachable: keep-alive or TCP_USER_TIMEOUT ran out, or connecting took too long."""
    REFUSED = auto()
    """Nobody listens there."""
    UNREACHABLE = auto()
    """No route, no such host, or the network is down."""
    GONE = auto()
    """The device, file or process went away."""
    CLOSED = auto()
    """This side closed."""
    ERROR = auto()
    """Something else; `detail` says what."""


class NotSent(OSError):
    """These bytes cannot be sent, such as those of a datagram that is too long; the link is as good as before."""


@dataclass(frozen=True)
class Connected:
    """A link is up. `link` names it for people; `attempt` counts from 1."""

    link: str
    attempt: int = 1


@dataclass(frozen=True)
class Disconnected:
    """A link is down. What followed on another connection is another stream to the decoder."""

    reason: Reason
    detail: str = ""


class Link(ABC):
    """One open pipe of bytes. Its methods never wait; OSError says that it broke (`reason` tells how), `NotSent` apart."""

    name: str
    """For people: `tcp 192.0.2.1:4028`, `serial /dev/ttyUSB0 115200 8N1`."""
    baud: int | None = None
    """Bits a second where the line has such a rate: character times are reckoned from it."""
    bits: float = 10
    """Bits on the line for one character, start, stop and parity bits included."""

    @abstractmethod
    def receive(self, most: int = RECEIVE) -> Arrival | None:
        """What has arrived, at most `most` bytes; None if nothing has; an arrival that `ends` stream "" when all is over."""

    @abstractmethod
    def send(self, data: bytes | memoryview) -> int:
        """Takes as many of the bytes as fit now and returns their number, 0 if it must be waited for."""

    def send_eof(self) -> None:
        """Tells the other side that nothing more is sent, while receiving goes on. OSError where a link knows no such end."""
        import errno

        raise OSError(errno.EOPNOTSUPP, f"{self.name} has no end of one direction")

    @abstractmethod
    def close(self) -> None:
        """Lets go of everything. May be called again, and from another thread while one waits: that one wakes up."""

    def wake(self) -> None:
        """Wakes whoever waits, before the link is closed: it does no more good. Where that needs closing, it closes."""
        self.close()

    def readable(self, until: float | None) -> Wait | None:
        """What to wait for until `receive` may have something, at most until the given monotonic time; None: do not wait."""
        return Wait(self.fileno(), until=until)

    def writable(self, until: float | None) -> Wait | None:
        """What to wait for until `send` may take something; None: do not wait."""
        return Wait(self.fileno(), write=True, until=until)

    @abstractmethod
    def fileno(self) -> int:
        """The descriptor that is waited on."""

    def is_connected(self) -> bool:
        """Whether the other side is still there as far as this machine knows. Consumes no bytes."""
        return True

    def reason(self, error: OSError) -> tuple[Reason, str]:
        """How the link broke, by the error that `receive`, `send` or connecting raised."""
        return explain(error)


class Transport(ABC):
    """What a URL says: where the link goes and how. A frozen dataclass whose fields are the options (see `urls`)."""

    form: ClassVar[str]
    """How its URL looks, for help and errors: `tcp://host:port`."""
    raw: ClassVar[bool] = False
    """Whether all behind the scheme is the place, question marks included, and there are no options."""
    again: ClassVar[bool] = True
    """Whether connecting again after the end makes sense: a socket yes, a recording no."""
    listens: ClassVar[bool] = False
    """Whether `connect` waits for somebody to come, as often as it is called."""

    @classmethod
    @abstractmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        """The fields that come out of the place in a URL of that scheme. ValueError says in a few words what is wrong."""

    @abstractmethod
    def connect(self, until: float | None = None) -> Steps[Link]:
        """The steps to an open link. Raises OSError, TimeoutError at the monotonic time `until`."""

    def listen(self) -> Any:
        """Where `listens`: binds, unless that is done, and says the address: `(host, port)` or a path. Raises OSError."""
        raise NotImplementedError(f"{self.form} does not listen")

    def close(self) -> None:  # noqa: B027 # most have nothing
        """Lets go of what outlives a link, such as a listening socket."""


def explain(error: OSError) -> tuple[Reason, str]:
    """The reason behind an error of the operating system, and its words."""
    import errno
    import socket

    reasons = {
        errno.ECONNRESET: Reason.RESET,
        errno.EPIPE: Reason.RESET,
        errno.ECONNABORTED: Reason.RESET,
        errno.ETIMEDOUT: Reason.TIMEOUT,
        errno.ECONNREFUSED: Reason.REFUSED,
        errno.ENETUNREACH: Reason.UNREACHABLE,
        errno.EHOSTUNREACH: Reason.UNREACHABLE,
        errno.ENETDOWN: Reason.UNREACHABLE,
        errno.EADDRNOTAVAIL: Reason.UNREACHABLE,
        errno.ENOENT: Reason.GONE,
        errno.ENODEV: Reason.GONE,
        errno.ENXIO: Reason.GONE,
        errno.EIO: Reason.GONE,
        errno.EBADF: Reason.CLOSED,
    }
    if isinstance(error, socket.gaierror):
        return Reason.UNREACHABLE, error.strerror or str(error)
    if isinstance(error, TimeoutError):
        return Reason.TIMEOUT, error.strerror or str(error)
    return reasons.get(error.errno or 0, Reason.ERROR), error.strerror or str(error)


def deadline(seconds: float | None) -> float | None:
    """The monotonic time that many seconds from now; None for no limit."""
    return None if seconds is None else time.monotonic() + seconds
