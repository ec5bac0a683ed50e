"""Frames in an event loop, asyncio or trio, through anyio: `open`, `FrameStream` and `serve`.

What a link does is written once, as steps (see `steps`); `arun` drives them here as `steps.run` does in a thread.

    >>> import anyio
    >>> async def main():
    ...     async with await open("exec:cat", "ubx") as echo:
    ...         await echo.send(b"", **{"class": 6, "id": 1})
    ...         frame = await echo.receive()
    ...         return frame.kind
    >>> anyio.run(main)
    (6, 1)
"""

from __future__ import annotations

import errno
import logging
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, closing
from functools import partial
from typing import Any, TypedDict, Unpack

import anyio
from anyio import (
    BrokenResourceError,
    ClosedResourceError,
    EndOfStream,
    ResourceGuard,
    TypedAttributeSet,
    typed_attribute,
)
from anyio.abc import AnyByteStream, ByteStream, ObjectStream, TaskStatus
from anyio.lowlevel import checkpoint

from framing.engines import Formats, Order
from framing.events import Frame, Gap
from framing.spec import load
from framing.stats import Stats
from framing.transports import urls
from framing.transports.connecting import earliest
from framing.transports.given import ByteStreamLink, Given
from framing.transports.links import Link, Transport, deadline
from framing.transports.loops import Waits, arun
from framing.transports.reconnect import Reconnect
from framing.transports.session import FormatLike, Session
from framing.transports.steps import Call, Steps, run
from framing.transports.streams import Happening

__all__ = ["FrameStream", "FrameStreamAttribute", "Options", "arun", "open", "serve"]

LIMIT = 1000
"""Connections of one server at once, unless told otherwise."""
PAUSE = 0.1
"""Seconds before a server that has run out of descriptors tries again."""
PORTIONS = 64
"""Portions that are read off a link before a question is asked: what arrived earlier is no answer."""
GLANCE = 0.5
"""Seconds after which who waits for an answer looks whether the link that the question went out on is still the one."""

logger = logging.getLogger(__name__)


class Options(TypedDict, total=False):
    """The options of `framing.open`, which has the words to them."""

    order: Order
    gap_limit: int
    witnesses: int
    reconnect: Reconnect | bool | None
    idle: float | str | None
    record: str | os.PathLike[str] | None
    announce: bool
    connect_timeout: float | None


class FrameStreamAttribute(TypedAttributeSet):
    """What `FrameStream.extra` knows."""

    link: Link | None = typed_attribute()
    """The link that is open now; None while there is none."""
    stats: Stats = typed_attribute()
    """What was decoded, as `Decoder.stats` has it."""
    transport: Transport = typed_attribute()
    """What the URL said."""


class FrameStream(ObjectStream[Any]):
    """Frames, gaps and what happened to the link, one at a time; and frames sent. Made by `open`, `over` and `serve`.

    `receive` and `async for` give one event; `read` gives all that one portion of bytes has settled, which is faster. No more
    than that portion is ever held: who does not receive makes the sender wait. Events that are there already come without a
    checkpoint; each portion has one. A receive that is cancelled loses nothing.

    One task may receive while another sends; two that do the same raise `BusyResourceError`.
    """

    def __init__(self, session: Session, under: AnyByteStream | None = None) -> None:
        self._session = session
        self._under = under
        self._stream = ""
        self._events: deque[Happening] = deque()  # of the portion that is being received
        self._later: deque[tuple[str, Sequence[Happening]]] = deque()  # what came while an answer was waited for
        self._receiving = ResourceGuard("receiving from")
        self._sending = ResourceGuard("sending to")
        self._waits = Waits()
        self._broken: OSError | None = None
        self._closed = False

    @classmethod
    def over(cls, stream: AnyByteStream, *formats: FormatLike, **options: Unpack[Options]) -> FrameStream:
        """Over an anyio byte stream, which is closed with this one. `options` as those of `framing.open`."""
        session = Session(Given(ByteStreamLink(stream)), *formats, **options)
        run(session.open())  # which has nothing to wait for
        return cls(session, stream)

    # --- receiving -------------------------------------------------------------------------------------------------

    def __aiter__(self) -> FrameStream:
        return self

    async def __anext__(self) -> Happening:
        try:
            return self._events.popleft()
        except IndexError:
            pass
        try:
            return await self.receive()
        except EndOfStream:
            raise StopAsyncIteration from None

    async def receive(self) -> Happening:
        """The next event.

        Raises `EndOfStream` where the link has ended, `BrokenResourceError` from the OSError where it broke,
        `ClosedResourceError` where this side has closed, `BusyResourceError` where another task receives.
        """
        while not self._events:
            self._events.extend(await self._portion(None))
        return self._events.popleft()

    async def read(self, timeout: float | None = None) -> list[Happening]:
        """At least one event, all of one stream; none where `timeout` seconds have passed. Raises as `receive` does.

        A timeout settles nothing: half a frame goes on with the next read.
        """
        if not self._events:
            return list(await self._portion(deadline(timeout)))
        events = list(self._events)
        self._events.clear()
        return events

    async def request(
        self,
        payload: bytes | None = None,
        /,
        format: Formats | str | None = None,  # noqa: A002
        *,
        match: Callable[[Frame], object] | None = None,
        timeout: float | None = None,
        **fields: Any,
    ) -> Frame:
        """Sends a frame and returns the next one that `match` accepts, any where it is None.

        What had arrived before the question is no answer. All other events are kept, in order, to be received. Raises
        TimeoutError where no answer came within `timeout` seconds, sending included, else as `receive` and `send` do.
        """
        until = deadline(timeout)
        with self._receiving:
            await self._read_off()
            with anyio.fail_after(timeout):
                await self.send(payload, format, **fields)
            link = self._session.link
            while True:
                events = await self._arrived(earliest(until, time.monotonic() + GLANCE))
                answer = self._picked(events, match)
                if answer is not None:
                    return answer
                if self._session.link is not link:
                    raise BrokenResourceError("the link broke before the answer came")
                if until is not None and time.monotonic() >= until:
                    raise TimeoutError(errno.ETIMEDOUT, f"no answer within {timeout:g} s")

    async def _portion(self, until: float | None) -> Sequence[Happening]:
        """The next events, none where the time came first."""
        with self._receiving:
            if self._later:
                self._stream, events = self._later.popleft()
            else:
                events = await self._arrived(until)
                self._stream = self._session.stream
            return events

    async def _arrived(self, until: float | None) -> Sequence[Happening]:
        """What the session gives next. Nothing is taken before the checkpoint, so nothing is lost by cancelling there."""
        await checkpoint()
        if self._closed:
            raise ClosedResourceError
        events = None
        if self._broken is None:
            try:
                events = await arun(self._session.receive(until), self._waits)
            except OSError as error:
                self._broken = error
        if self._closed:
            raise ClosedResourceError
        if events is not None:
            return events
        if self._broken is not None:
            raise BrokenResourceError(str(self._broken)) from self._broken
        raise EndOfStream

    async def _read_off(self) -> None:
        if self._events:
            self._later.appendleft((self._stream, list(self._events)))
            self._events.clear()
        now = time.monotonic()
        for _ in range(PORTIONS):
            events = await self._arrived(now)
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

    # --- sending ---------------------------------------------------------------------------------------------------

    async def send(
        self,
        item: bytes | Frame | Gap | None = None,
        format: Formats | str | None = None,  # noqa: A002
        **fields: Any,
    ) -> None:
        """Sends one frame with that payload and those fields; a frame or gap that was received goes out as it came.

        Returns when the link has taken all of it, so that who sends too fast waits. Cancelled meanwhile, part of the frame
        may be on its way, and the other side resynchronises behind it. Raises `EncodeError` before anything is sent,
        `BrokenResourceError`, `ClosedResourceError` and `BusyResourceError`.
        """
        with self._sending:
            await checkpoint()
            if not isinstance(item, (Frame, Gap)):
                raw = self._session.encode(item, format, **fields)
            elif format is not None or fields:
                raise TypeError("a frame goes out as it came; send its payload to have fields set")
            else:
                raw = item.raw
            await self._put(self._session.send(raw, None))

    async def send_raw(self, data: bytes | bytearray | memoryview) -> None:
        """Sends bytes as they are. Raises as `send` does."""
        with self._sending:
            await checkpoint()
            await self._put(self._session.send(data, None))

    async def send_eof(self) -> None:
        """Tells the other side that nothing more is sent. `BrokenResourceError` where the link knows no such end."""
        with self._sending:
            await checkpoint()
            if self._closed:
                raise ClosedResourceError
            if isinstance(self._under, ByteStream):
                await self._under.send_eof()
            elif (link := self._session.link) is not None:
                await self._put(_ended(link))

    async def _put(self, steps: Steps[None]) -> None:
        if self._closed:
            raise ClosedResourceError
        try:
            await arun(steps, self._waits)
        except OSError as error:
            if self._closed:
                raise ClosedResourceError from None
            raise BrokenResourceError(str(error)) from error

    # --- closing, and what there is to know ------------------------------------------------------------------------

    async def aclose(self) -> None:
        """Closes the link. Who waits in this stream gets `ClosedResourceError`."""
        if not self._closed:
            self._closed = True
            self._events.clear()
            self._later.clear()
            self._waits.cut()
            self._session.close()
            if self._under is not None:
                await self._under.aclose()
        await checkpoint()

    @property
    def stats(self) -> Stats:
        """What was decoded, over all streams, as `Decoder.stats` has it."""
        return self._session.stats

    @property
    def stream(self) -> str:
        """Which stream the event received last belongs to, where a link carries several: a peer's address, a direction."""
        return self._stream

    def is_connected(self) -> bool:
        """Whether the other side is still there as far as this machine knows. Consumes no bytes."""
        return self._session.is_connected()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """Those of `FrameStreamAttribute`, and those of the stream under it."""
        return {
            **(self._under.extra_attributes if self._under is not None else {}),
            FrameStreamAttribute.link: lambda: self._session.link,
            FrameStreamAttribute.stats: lambda: self._session.stats,
            FrameStreamAttribute.transport: lambda: self._session.transport,
        }


def _ended(link: Link) -> Steps[None]:
    yield from ()
    link.send_eof()


async def open(url: str | Transport, *formats: FormatLike, **options: Unpack[Options]) -> FrameStream:  # noqa: A001
    """Opens what a URL names, as `framing.open` does; it has the words to the options, and the errors."""
    session = Session(url if isinstance(url, Transport) else urls.transport(url), *formats, **options)
    try:
        await arun(session.open())
    except BaseException:
        session.close()
        raise
    return FrameStream(session)


# --- servers ---------------------------------------------------------------------------------------------------------

Handler = Callable[[FrameStream], Awaitable[object]]


async def serve(
    url: str | Transport,
    formats: FormatLike | Sequence[FormatLike],
    handler: Handler,
    *,
    limit: int = LIMIT,
    task_status: TaskStatus[Any] = anyio.TASK_STATUS_IGNORED,
    **options: Unpack[Options],
) -> None:
    """Gives each connection to the handler, in a task of its own, until it is cancelled. It tells `task_status` the address.

    A datagram socket is one connection, in which each peer is a `stream`; what is sent goes to the peer received from last.
    The connection is closed when its handler returns. A handler that raises loses its connection, and others go on: the error
    is logged by the logger `framing.transports.aio`, with its traceback at level ERROR, or at level INFO where it is that the
    peer broke off. `limit` connections are served at once; further ones wait to be accepted. `options` as of `framing.open`.

    Raises `UrlError` where the URL does not listen, OSError where the address cannot be had; ValueError for `record`, as
    one file is for one connection.
    """
    transport = url if isinstance(url, Transport) else urls.transport(url)
    if type(transport).listen is Transport.listen:
        raise urls.UrlError(str(url), "does not listen", expected="tcp-listen:, unix-listen: or udp-listen:")
    if options.get("record") is not None:
        raise ValueError("record: a file is for one connection, and a server has many")
    listed = formats if isinstance(formats, (list, tuple)) else (formats,)
    several = [load(each) if isinstance(each, (str, os.PathLike)) else each for each in listed]  # once for all connections
    make = partial(Session, **options)
    make(transport, *several)  # wrong arguments are told now
    places = anyio.Semaphore(limit if transport.listens else 1)
    with closing(transport):
        address = await arun(_call(transport.listen))
        async with anyio.create_task_group() as tasks:
            task_status.started(address)
            while True:
                await places.acquire()
                link = await _accepted(transport)
                tasks.start_soon(_served, make(Given(link), *several), link.name, handler, places, name=link.name)


def _call(function: Callable[[], Any]) -> Steps[Any]:
    return (yield Call(function))


async def _accepted(transport: Transport) -> Link:
    while True:
        try:
            return await arun(transport.connect())
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                raise
            logger.warning("no connection can be accepted now: %s", error)
            await anyio.sleep(PAUSE)


async def _served(session: Session, name: str, handler: Handler, places: anyio.Semaphore) -> None:
    try:
        async with aclosing(FrameStream(session)) as stream:
            await arun(session.open())
            await handler(stream)
    except BrokenResourceError as error:
        logger.info("%s broke off: %s", name, error)
    except Exception:
        logger.exception("the handler of %s failed", name)
    finally:
        places.release()
