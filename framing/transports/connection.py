"""`framing.open`: a URL and some formats become a connection, for threads.

    >>> with open("exec:cat", "ubx") as echo:
    ...     frame = echo.request(b"", timeout=30, **{"class": 6, "id": 1})
    >>> frame.kind
    (6, 1)
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

from framing.decoder import GAP_LIMIT, WITNESSES
from framing.engines import Formats, Order
from framing.events import Frame
from framing.stats import Stats
from framing.transports import urls
from framing.transports.connecting import earliest
from framing.transports.links import Link, Transport, deadline
from framing.transports.reconnect import Reconnect
from framing.transports.session import FormatLike, Session
from framing.transports.steps import run
from framing.transports.streams import Happening

PORTIONS = 64
"""Portions that are read off a link before a question is asked: what arrived earlier is no answer."""
GLANCE = 0.5
"""Seconds after which who waits for an answer looks whether the link that the question went out on is still the one."""


class OneReader:
    """A lock that is never waited for: who comes second gets an error."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise RuntimeError("two threads read from one connection: one at a time can iterate, read or request")

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class Connection:
    """An open link as frames and gaps. Made by `framing.open`; a context manager that closes at the end.

    Iterating gives events, and what happened to the link where `announce` asks for it. It ends when the link does; where a
    link broke and is not connected again, it raises its OSError after the last event. One thread reads (iterates, `read`,
    `request`) while any others write; a second reader gets a `RuntimeError`. Any thread may close.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stream = ""
        self._rest: Iterator[Happening] = iter(())  # of the list that is being iterated over
        self._later: deque[tuple[str, Sequence[Happening]]] = deque()  # what came while an answer was waited for
        self._reader = OneReader()
        self._writing = threading.Lock()

    # --- reading ---------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Happening]:
        return chain.from_iterable(self._rests())

    def _rests(self) -> Iterator[Iterator[Happening]]:
        while (events := self._next(None)) is not None:
            self._rest = iter(events)
            yield self._rest  # whoever stops in the middle, or reads on in another way, finds the rest there

    def read(self, timeout: float | None = None) -> list[Happening]:
        """At least one event, all of one stream; none where `timeout` seconds have passed.

        A timeout settles nothing: half a frame goes on with the next read. Raises `EOFError` when all is over, OSError
        where the link broke.
        """
        events = self._next(deadline(timeout))
        if events is None:
            raise EOFError("the link has ended, and all events were read")
        return list(events)

    def request(
        self,
        payload: bytes | None = None,
        /,
        format: Formats | str | None = None,  # noqa: A002
        *,
        match: Callable[[Frame], object] | None = None,
        timeout: float | None = None,
        **fields: Any,
    ) -> Frame:
        """Writes a frame and returns the next one that `match` accepts, any where it is None. `timeout` in seconds for both.

        What had arrived before the question is no answer. All other events are kept, in order, for the next read. Raises
        TimeoutError, `EOFError` where the link ends and OSError where it breaks before the answer.
        """
        until = deadline(timeout)
        with self._reader:
            self._read_off()
            self.write(payload, format, timeout=timeout, **fields)
            link, kept = self._session.link, 0
            while True:
                events = run(self._session.receive(earliest(until, time.monotonic() + GLANCE)))
                if events is None:
                    raise EOFError("the link ended before the answer came")
                answer = self._picked(events, match)
                if answer is not None:
                    return answer
                kept += len(events)
                if self._session.link is not link:
                    raise ConnectionResetError(errno.ECONNRESET, "the link broke before the answer came")
                if until is not None and time.monotonic() >= until:
                    others = f"; {kept} other event{'s' * (kept != 1)} came, and can be read" if kept else ""
                    raise TimeoutError(errno.ETIMEDOUT, f"no answer within {timeout:g} s{others}")

    def _next(self, until: float | None) -> Sequence[Happening] | None:
        """The next events, none where the time comes first. None when all is over."""
        with self._reader:
            if rest := list(self._rest):
                return rest
            if self._later:
                self._stream, kept = self._later.popleft()
                return kept
            events = run(self._session.receive(until))
            if events:
                self._stream = self._session.stream
            return events

    def _read_off(self) -> None:
        now = time.monotonic()
        for _ in range(PORTIONS):
            events = run(self._session.receive(now))
            if not events:
                break
            self._later.append((self._session.stream, events))

    def _picked(self, events: Sequence[Happening], match: Callable[[Frame], object] | None) -> Frame | None:
        """The answer among these events. The others are kept, all of them where `match` raises."""
        others = list(events)
        try:
            for at, event in enumerate(events):
                if isinstance(event, Frame) and (match is None or match(event)):
                    del others[at]
                    return event
        finally:
            if others:
                self._later.append((self._session.stream, others))
        return None

    # --- writing ---------------------------------------------------------------------------------------------------

    def write(
        self,
        payload: bytes | None = None,
        /,
        format: Formats | str | None = None,  # noqa: A002
        *,
        timeout: float | None = None,
        **fields: Any,
    ) -> None:
        """Writes one frame with this payload and these fields; `format` where there are several, by name.

        Returns when the link has taken all of it. Frames of several threads never mix. Raises `EncodeError`; TimeoutError
        after `timeout` seconds, which says how much was sent; OSError where the link breaks or is closed.
        """
        until = deadline(timeout)
        with self._writer(timeout):
            run(self._session.send(self._session.encode(payload, format, **fields), until))

    def write_raw(self, data: bytes | bytearray | memoryview, timeout: float | None = None) -> None:
        """Writes bytes as they are. Raises as `write` does."""
        until = deadline(timeout)
        with self._writer(timeout):
            run(self._session.send(data, until))

    @contextlib.contextmanager
    def _writer(self, timeout: float | None) -> Iterator[None]:
        if not self._writing.acquire(timeout=-1 if timeout is None else max(timeout, 0)):
            raise TimeoutError(errno.ETIMEDOUT, "the time was up before others had written theirs; nothing was sent")
        try:
            yield
        finally:
            self._writing.release()

    # --- closing, and what there is to know ------------------------------------------------------------------------

    def close(self) -> None:
        """Closes the link. May be called from any thread, and again. What was undecided is decided and can still be read."""
        last = self._session.close()
        if last:
            self._later.append((self._session.stream, last))

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def is_connected(self) -> bool:
        """Whether the other side is still there as far as this machine knows. Consumes no bytes."""
        return self._session.is_connected()

    @property
    def closed(self) -> bool:
        """Whether this side has closed."""
        return self._session.closed

    @property
    def stream(self) -> str:
        """Which stream the events last given belong to, where a link carries several: a peer's address, a direction."""
        return self._stream

    @property
    def stats(self) -> Stats:
        """What was decoded, over all streams, as `Decoder.stats` has it."""
        return self._session.stats

    @property
    def engine(self) -> str:
        """The engine that decodes, as `Decoder.engine` names it."""
        return self._session.engine

    @property
    def link(self) -> Link | None:
        """The link of this moment; None while there is none."""
        return self._session.link

    @property
    def transport(self) -> Transport:
        """What the URL said."""
        return self._session.transport

    def __repr__(self) -> str:
        state = "closed" if self.closed else "down" if self.link is None else self.link.name
        return f"<Connection {state}>"


def open(  # noqa: A001 # users say framing.open
    url: str | Transport,
    *formats: FormatLike,
    order: Order = "strict",
    gap_limit: int = GAP_LIMIT,
    witnesses: int = WITNESSES,
    reconnect: Reconnect | bool | None = False,
    idle: float | str | None = None,
    record: str | os.PathLike[str] | None = None,
    announce: bool = False,
    connect_timeout: float | None = 10,
) -> Connection:
    """Opens what a URL names and decodes it by these formats: objects, names of shipped specs, or paths of `.toml` files.

    `order`, `gap_limit` and `witnesses` are those of `Decoder`. `reconnect`: connect again after a link broke, True or a
    `Reconnect` that says how patiently; half a frame of one link never joins bytes of the next. `idle`: how long a silence
    ends a frame, in seconds or as "3.5 characters" at the line's rate. `record`: a pcapng file for all raw bytes with their
    times. `announce`: have `Connected` and `Disconnected` stand among the events. `connect_timeout`: seconds for one
    attempt. The first attempt is not repeated; a listener returns at once and waits for its peer while it is read.

    Raises `UrlError`, `SpecError`, OSError, and TimeoutError where connecting takes too long.
    """
    session = Session(
        url if isinstance(url, Transport) else urls.transport(url),
        *formats,
        order=order,
        gap_limit=gap_limit,
        witnesses=witnesses,
        reconnect=reconnect,
        idle=idle,
        record=record,
        announce=announce,
        connect_timeout=connect_timeout,
    )
    try:
        run(session.open())
    except BaseException:
        session.close()
        raise
    return Connection(session)
