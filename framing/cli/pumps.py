"""Two links joined: what arrives at one goes to the other unchanged, at once, and past decoders that only watch.

Everything is done by one thread that never waits for one link alone. A direction whose bytes are not taken does not read on,
so that back-pressure passes through: at most `RECEIVE` bytes are held in each.
"""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Callable, Sequence

from framing.decoder import Decoder
from framing.transports import silence
from framing.transports.links import Arrival, Link
from framing.transports.steps import Wait
from framing.transports.streams import Happening, Streams

Watch = Callable[[Sequence[Happening], str, float | None], None]
"""Is given the events of a direction, their stream, and when they arrived where a recording tells."""


class Broken(Exception):
    """A link failed: which one, and by what."""

    def __init__(self, link: Link, error: OSError) -> None:
        super().__init__(link.name, error)
        self.link = link
        self.error = error


class Pump:
    """One direction, from `source` to `sink`. `heard` is called with what arrives, before anything else sees it.

    `idle`: a silence that settles the decoders, as `framing.open` has it. ValueError where the source has no such time.
    """

    def __init__(
        self,
        source: Link,
        sink: Link,
        make: Callable[[], Decoder],
        watch: Watch,
        heard: Callable[[Link, Arrival], None] | None = None,
        idle: float | str | None = None,
    ) -> None:
        self.source = source
        self.sink = sink
        self.over = False
        """Whether the source came to its end and the sink has all of it."""
        self.refused: OSError | None = None
        """By what the sink takes nothing any more; what it has still to say itself is another matter."""
        self.streams = Streams(make)
        if idle is not None:
            seconds = silence.length(idle, baud=source.baud, bits=source.bits, link=source.name)
            self.streams.silence = silence.Silence(seconds)
        self._watch = watch
        self._heard = heard
        self._left = memoryview(b"")
        self._ended = False
        self._at: float | None = None

    def step(self) -> bool:
        """Does what can be done now; whether that was anything. Broken where the source failed."""
        if self.done:
            return False
        if self._left:
            self._pass_on()
            return not self._left
        if self._ended:
            self._end()
            return True
        try:
            arrival = self.source.receive()
        except OSError as error:
            raise Broken(self.source, error) from error
        if arrival is None:
            return False
        self._left = memoryview(arrival.data)
        self._pass_on()
        self._look_at(arrival)
        return True

    @property
    def unsent(self) -> int:
        """Bytes that the sink has not taken yet."""
        return len(self._left)

    @property
    def done(self) -> bool:
        """Whether nothing more goes this way."""
        return self.over or self.refused is not None

    def wait(self, until: float) -> Wait | None:
        """What to wait for until `step` can do something; None: do not wait."""
        if self.done:
            return Wait(until=until)
        if self._left:
            return self.sink.writable(until)
        due = None if self.streams.silence is None else self.streams.silence.due
        return self.source.readable(until if due is None else min(until, due))

    def look(self) -> None:
        """Time has passed: it may have been a silence."""
        self.streams.silent(time.monotonic())
        self._tell()

    def settle(self) -> None:
        """Nothing follows: the last events."""
        self.streams.close()
        self._tell()

    def _look_at(self, arrival: Arrival) -> None:
        if self._heard is not None:
            self._heard(self.source, arrival)
        self._at = arrival.time
        self._ended = arrival.ends and not arrival.stream
        events = self.streams.take(arrival, time.monotonic())
        if events:
            self._watch(events, self.streams.latest, self._at)
        self._tell()

    def _pass_on(self) -> None:
        try:
            while self._left and (taken := self.sink.send(self._left)):
                self._left = self._left[taken:]
        except OSError as error:
            self.refused, self._left = error, memoryview(b"")

    def _end(self) -> None:
        self._ended, self.over = False, True
        with contextlib.suppress(OSError):  # not every link knows an end of one direction
            self.sink.send_eof()

    def _tell(self) -> None:
        ready = self.streams.ready
        while ready:
            stream, events = ready.popleft()
            self._watch(events, stream, self._at)


def carry(pumps: tuple[Pump, Pump], tick: Callable[[], float], stopped: Callable[[], bool], linger: float) -> None:
    """Works until one way has ended and the other was silent for `linger` seconds behind that, or `stopped` says so.

    `tick` is called again and again, and says by which monotonic time it wants to be called next. Broken where a link
    failed. A link that takes nothing any more is heard to its end first; where that is a good one, all is well.
    """
    ended: float | None = None
    while not stopped():
        moved = [pump.step() for pump in pumps]
        if all(pump.done for pump in pumps):
            break
        now = time.monotonic()
        if ended is None or any(moved):
            ended = now if any(pump.done for pump in pumps) else None
        elif now >= ended + linger:
            break
        until = tick()
        if not any(moved):
            until = until if ended is None else min(until, ended + linger)
            wait_for_any([pump.wait(until) for pump in pumps], until)
            for pump in pumps:
                pump.look()
    for pump, back in zip(pumps, pumps[::-1], strict=True):
        if pump.refused is not None and not back.over:
            raise Broken(pump.sink, pump.refused)


def wait_for_any(waits: Sequence[Wait | None], until: float) -> None:
    """Waits in this thread until one of these is ready, or the monotonic time has come; None does not wait."""
    if None in waits:
        return
    reads: set[int] = set()
    writes: set[int] = set()
    for wait in waits:
        assert wait is not None
        until = until if wait.until is None else min(until, wait.until)
        if wait.wake is not None:
            reads.add(wait.wake)
        if wait.fd is not None:
            (writes if wait.write else reads).add(wait.fd)
    left = max(until - time.monotonic(), 0)
    if not hasattr(select, "poll"):
        if reads or writes:
            select.select(reads, writes, [], left)
        else:
            time.sleep(left)
        return
    poll = select.poll()
    for fd in reads | writes:
        poll.register(fd, select.POLLIN * (fd in reads) | select.POLLOUT * (fd in writes))
    poll.poll(left * 1000)
