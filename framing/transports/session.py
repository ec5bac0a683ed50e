"""A session: a transport, the link it made, the decoders behind it; connecting again, silence and recording, as steps.

It is written once for threads (`connection`) and event loops (`aio`). At most one caller receives and at most one sends at a
time; those above see to it. `close` may be called at any time and from any thread.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from framing.decoder import GAP_LIMIT, WITNESSES, Decoder
from framing.engines import Formats, Order
from framing.spec import load
from framing.stats import Stats
from framing.transports import silence
from framing.transports.connecting import Connector, earliest
from framing.transports.encoding import Encoders
from framing.transports.links import Arrival, Connected, Disconnected, Link, NotSent, Reason, Transport
from framing.transports.reconnect import Reconnect, policy
from framing.transports.steps import Call, Steps, Wait
from framing.transports.streams import Happening, Streams
from framing.transports.turns import Role, Turns

if TYPE_CHECKING:
    from framing.transports.tape import Tape

FormatLike: TypeAlias = Formats | str | os.PathLike[str]
"""A protocol or format, the name of a shipped spec, or the path of a `.toml` file."""

MOMENT = 0.02
"""Seconds after which a sender looks again whether the receiver has a new link, and the other way round."""


class Session:
    """Everything between a URL's transport and events.

    `protocols` may be objects, names of shipped specs or paths; `order`, `gap_limit` and `witnesses` are the decoder's.
    `reconnect`: whether a link that broke is connected again, and how patiently. `idle`: how long a silence settles the
    decoder, in seconds or as "3.5 characters". `record`: a file for all raw bytes with their times. `announce`: whether
    `Connected` and `Disconnected` stand among the events. `connect_timeout` bounds each attempt, in seconds.

    Raises `TypeError` and `ValueError` for arguments that are none. Nothing is opened before `open`.
    """

    def __init__(
        self,
        transport: Transport,
        *protocols: FormatLike,
        order: Order = "strict",
        gap_limit: int = GAP_LIMIT,
        witnesses: int = WITNESSES,
        reconnect: Reconnect | bool | None = False,
        idle: float | str | None = None,
        record: str | os.PathLike[str] | None = None,
        announce: bool = False,
        connect_timeout: float | None = 10,
    ) -> None:
        formats = [load(each) if isinstance(each, (str, os.PathLike)) else each for each in protocols]
        self.transport = transport
        self.announce = announce
        self.stream = ""
        """The stream of the events last returned."""
        self.time: float | None = None
        """When the last bytes arrived, in seconds since 1970, where a recording tells; None: now."""
        if idle is not None:
            silence.stated(idle)
        self._idle = idle
        self._record = record
        self._tape: Tape | None = None
        self._streams = Streams(
            lambda: Decoder(*formats, gap_limit=gap_limit, order=order, witnesses=witnesses), announce
        )
        self._encoders = Encoders(formats)
        self._connector = Connector(transport, policy(reconnect), connect_timeout)
        self._turns = Turns(self._let_go)
        self._link: Link | None = None
        self._bytes_before = 0  # taken before there was this link
        self._refused: tuple[Link, OSError] | None = None  # what a link last raised on sending
        self._told_times = False  # arrivals have their times with them; then silence goes by those, not by the clock
        self._over = False
        self._error: OSError | None = None  # to be raised when everything is said

    def open(self) -> Steps[None]:
        """The first connection, tried once; a listener takes its address and waits for nobody yet.

        Raises OSError, TimeoutError after `connect_timeout`, ValueError where `idle` counts characters on a link without
        a rate. Who stops these steps half-way, or gets an error, calls `close`.
        """
        if self._record is not None:
            from framing.transports.tape import Tape  # asks for a library that only those need who record

            self._tape = Tape(self._record)
        if self.transport.listens:
            yield Call(self.transport.listen)
            return
        if not self._turns.enter(Role.RECEIVE):
            raise RuntimeError("it is being opened, or open already")
        try:
            link = yield from self._connector.advance(None, self._closing)
            if link is not None:
                self._up(link)
        finally:
            self._turns.leave(Role.RECEIVE)

    def receive(self, until: float | None) -> Steps[Sequence[Happening] | None]:
        """At least one event, all of one `stream`; empty when the monotonic time `until` has come; None when all is over.

        A link that broke, and is not connected again, gives its last events, then raises its OSError once, then None; one
        that ended in good order gives None. Steps that are stopped at a wait lose nothing. RuntimeError where somebody
        else is receiving.
        """
        while not self._turns.enter(Role.RECEIVE):
            if not self._turns.helped:
                raise RuntimeError("two read at once: one at a time can read from a link")
            if _passed(until):
                return []
            yield Wait(until=earliest(until, time.monotonic() + MOMENT))
        try:
            ready = self._streams.ready
            while True:
                if self._turns.closing:
                    self._settle()
                if ready:
                    self.stream, happened = ready.popleft()
                    return happened
                link = self._link
                if self._tape is not None and (lapse := self._tape.lapse()) is not None:
                    raise lapse
                if self._over:
                    self._last_word()
                    return None
                if link is None:
                    yield from self._connect(until)
                    if self._link is None and not self._over and _passed(until) and not ready:
                        return []
                    continue
                events = self._read(link)
                if events:
                    self.stream = self._streams.latest
                    return events
                if events is None:
                    going = yield from self._quiet(link, until)
                else:
                    going = until is None or not _passed(until)
                if not going and not ready and not self._over:
                    return []
        finally:
            self._turns.leave(Role.RECEIVE)

    def send(self, data: bytes | bytearray | memoryview, until: float | None) -> Steps[None]:
        """All the bytes, or TimeoutError at the monotonic time `until` that says how many were taken.

        While the link is down it waits for the next one, and sees to it where nobody receives. Where a link breaks under
        the bytes its OSError is raised: the rest never goes to another link. RuntimeError where somebody else is sending.
        """
        if not self._turns.enter(Role.SEND):
            raise RuntimeError("two write at once: one at a time can write to a link")
        try:
            link = yield from self._linked(until)
            view, sent = memoryview(data).cast("B"), 0
            while sent < len(view):
                taken = self._hand_over(link, view[sent:], sent)
                sent += taken
                if not taken:
                    yield from self._room(link, until, f"{sent:,} of {len(view):,} bytes were sent")
        finally:
            self._turns.leave(Role.SEND)

    def settle(self) -> None:
        """Nothing more is received: the last events come from `receive`, and then it says that all is over.

        Unlike those of `close`, each list of them has its stream. RuntimeError where somebody is receiving.
        """
        if not self._turns.enter(Role.RECEIVE):
            raise RuntimeError("somebody is reading: the last events are his")
        try:
            self._settle()
        finally:
            self._turns.leave(Role.RECEIVE)

    def count_only(self, on: bool) -> None:
        """Whether bytes that arrive from now on are only counted in `stats` and give no events. Not while somebody receives."""
        self._streams.count_only(on)

    def close(self) -> list[Happening]:
        """Settles the decoders and lets go of everything; returns the last events. May be called again.

        Who is receiving or sending meanwhile, in another thread or a suspended task, is woken; then the last events are
        the receiver's, and the link is let go when the last one has left. Who waits for a link looks up within 0.25 s.
        """
        last: list[Happening] = []

        def settle() -> None:
            self._settle()
            while self._streams.ready:
                last.extend(self._streams.ready.popleft()[1])

        self._turns.close(settle, self._wake)
        return last

    def encode(self, payload: bytes | None = None, /, format: Formats | str | None = None, **fields: Any) -> bytes:  # noqa: A002
        """One frame, counters running on. `format` names a protocol or a format where there are several.

        Raises `EncodeError`, and `ValueError` where no one format is meant.
        """
        return self._encoders.encode(payload, format, fields)

    @property
    def link(self) -> Link | None:
        """The link of this moment; None while it is down, and before somebody has come to a listener."""
        return self._link

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._turns.closing

    @property
    def stats(self) -> Stats:
        """What the decoders of all streams have given so far."""
        return self._streams.stats

    @property
    def engine(self) -> str:
        """The engine that decodes, as `Decoder.engine` names it."""
        return self._streams.engine

    def is_connected(self) -> bool:
        """Whether there is a link, and the other side is still there as far as this machine knows. Consumes no bytes."""
        link = None if self._turns.closing else self._link
        return link is not None and link.is_connected()

    # --- receiving -------------------------------------------------------------------------------------------------

    def _read(self, link: Link) -> Sequence[Happening] | None:
        """The events of what has arrived; empty where none are settled or they wait in `ready`; None if nothing has."""
        try:
            arrival = link.receive()
        except OSError as error:
            self._down(link, error)
            return ()
        if arrival is None:
            return None
        self.time = arrival.time
        if self._tape is not None:
            self._tape.received(link, arrival)
        now = 0.0 if self._streams.silence is None else self._time_of(arrival)
        events = self._streams.take(arrival, now)
        if arrival.ends and not arrival.stream:
            self._down(link, None)
        return events or ()

    def _time_of(self, arrival: Arrival) -> float:
        if arrival.time is None:
            return time.monotonic()
        self._told_times = True
        self._streams.silent(arrival.time)
        return arrival.time

    def _quiet(self, link: Link, until: float | None) -> Steps[bool]:
        """Nothing has arrived: waits for something. False when the time is up."""
        silence = self._streams.silence
        due = None if silence is None or self._told_times else silence.due
        wait = link.readable(until if due is None else earliest(until, due))
        if wait is not None and (yield wait):
            return True
        now = time.monotonic()
        if wait is not None and due is not None and now >= due:
            self._streams.silent(now)
        return until is None or now < until

    def _last_word(self) -> None:
        """All events are said: raises what broke the link, once."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    # --- links that come and go ------------------------------------------------------------------------------------

    def _connect(self, until: float | None) -> Steps[None]:
        """Works on the next link until the time has come; gives up as the policy says. Only for who has the receiver's role."""
        try:
            link = yield from self._connector.advance(until, self._closing)
        except OSError as error:
            self._over, self._error = True, error
            return
        if link is not None:
            self._encoders.idle()
            self._up(link)

    def _up(self, link: Link) -> None:
        self._link = link
        self._told_times = False
        self._bytes_before = self.stats.bytes_in
        if self._idle is not None:
            seconds = silence.length(self._idle, baud=link.baud, bits=link.bits, link=link.name)
            self._streams.silence = silence.Silence(seconds)
        if self.announce:
            self._streams.say([Connected(link.name, self._connector.attempt)])

    def _down(self, link: Link, error: OSError | None) -> None:
        """The link broke by that error, or came to its end; or sending showed it, and that error says more."""
        if self._turns.closing:
            self._settle()
            return
        if self._refused is not None and self._refused[0] is link:
            error = error or self._refused[1]
        again = self._connector.repeats and self._connector.again(self.stats.bytes_in > self._bytes_before)
        if again:
            self._streams.idle()
        else:
            self._streams.close()
        if self.announce:
            self._streams.say([Disconnected(*(link.reason(error) if error is not None else (Reason.END, "")))])
        if again:
            if self._tape is not None:
                self._tape.broke(link)
            self._link = None
            self._turns.drop(link)
        else:
            self._over, self._error = True, error  # the link stays open: the other side may have ended its half only

    def _closing(self) -> bool:
        return self._turns.closing

    def _settle(self) -> None:
        """This side closed: the last events."""
        if not self._over:
            self._over = True
            self._streams.close()
            if self.announce and self._link is not None:
                self._streams.say([Disconnected(Reason.CLOSED)])

    def _wake(self) -> None:
        if self._link is not None:
            self._link.wake()

    def _let_go(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
        self._connector.close()
        self.transport.close()
        if self._tape is not None:
            self._tape.close()

    # --- sending ---------------------------------------------------------------------------------------------------

    def _linked(self, until: float | None) -> Steps[Link]:
        """A link to send on. Where it is down and nobody receives, who sends sees to it."""
        while True:
            link = self._turns.hold(lambda: self._link)
            self._raise_if_closed()
            refused = self._refused[1] if self._refused is not None and self._refused[0] is link else None
            if link is not None and refused is None:
                return link
            if self._over:
                raise _again(refused) if refused else BrokenPipeError(errno.EPIPE, "the link is down for good")
            if not (refused is None or self._connector.repeats):
                raise _again(refused)
            if self._turns.enter(Role.RECEIVE, helping=True):
                try:
                    if link is not None:
                        self._bury(link)
                    yield from self._connect(until)
                finally:
                    self._turns.leave(Role.RECEIVE)
            elif refused is not None:
                raise _again(refused)
            else:
                yield Wait(until=earliest(until, time.monotonic() + MOMENT))
            if self._link is None and not self._over and _passed(until):
                raise TimeoutError(errno.ETIMEDOUT, "the time was up before there was a link; nothing was sent")

    def _bury(self, link: Link) -> None:
        """The link does not take bytes any more: what it has still delivered is kept for who receives next."""
        self._turns.hold(lambda: None)
        while self._link is link and not self._over:
            events = self._read(link)
            if events is None:
                self._down(link, None)
            elif events:
                self._streams.say(events, self._streams.latest)

    def _hand_over(self, link: Link, data: memoryview, before: int) -> int:
        """Gives the link what it takes; `before` so many bytes were taken already."""
        try:
            taken = link.send(data)
        except NotSent:
            raise
        except OSError as error:
            self._raise_if_closed()
            self._refused = link, error
            error.add_note(f"{before:,} of {before + len(data):,} bytes were taken before")
            raise
        if taken and self._tape is not None:
            self._tape.sent(link, data[:taken])
        return taken

    def _room(self, link: Link, until: float | None, progress: str) -> Steps[None]:
        """Waits until the link may take more. Raises TimeoutError, and ConnectionError where the link was given up."""
        wait = link.writable(until)
        room = wait is not None and (yield wait)
        self._raise_if_closed()
        if self._link is not link:
            raise ConnectionResetError(errno.ECONNRESET, f"the link broke; {progress}")
        if not room and _passed(until):
            raise TimeoutError(errno.ETIMEDOUT, f"the time is up; {progress}")

    def _raise_if_closed(self) -> None:
        if self._turns.closing:
            raise OSError(errno.EBADF, "closed by this side")


def _passed(until: float | None) -> bool:
    return until is not None and time.monotonic() >= until


def _again(error: OSError) -> OSError:
    """The same error to be raised once more, without what is attached to the first."""
    return type(error)(*error.args)
