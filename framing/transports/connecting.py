"""How a session comes by a link: attempts, the waits between them, and all of it in portions.

Who reads with a timeout stops waiting when the time is up, but the attempt under way goes on with the next read: its steps
are kept with what they wait for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from framing.transports.links import Link, Transport, deadline
from framing.transports.reconnect import Reconnect
from framing.transports.steps import Call, Steps, Wait

LOOK = 0.25
"""Seconds after which whoever waits for a link looks whether it is still wanted."""


def earliest(*times: float | None) -> float | None:
    """The first of some times, None being never."""
    return min((each for each in times if each is not None), default=None)


class Connector:
    """Makes links of a transport, one after the other. `timeout` bounds one attempt, in seconds; a listener has none."""

    def __init__(self, transport: Transport, policy: Reconnect | None, timeout: float | None) -> None:
        self.transport = transport
        self.attempt = 1
        """The number of the attempt under way, counted from 1 since there was a link last."""
        self._policy = policy
        self._timeout = None if transport.listens else timeout
        self._steps: Steps[Link] | None = None
        self._wanted: Wait | Call = Wait(until=0.0)
        self._delays: Iterator[float] | None = None
        self._at = 0.0

    @property
    def repeats(self) -> bool:
        """Whether a link that broke is followed by another one."""
        return self._policy is not None and self.transport.again

    def again(self, worked: bool) -> bool:
        """A link broke: another attempt is due, later and later unless the link `worked`. False if there is to be none."""
        if worked or self._delays is None:
            self.attempt = 0
            self._delays = self._waits()
        return self._next()

    def advance(self, until: float | None, stopped: Callable[[], bool]) -> Steps[Link | None]:
        """Goes on until there is a link. None where the monotonic time `until` came first, or `stopped` says so.

        Raises what the last attempt raised when no further one is to be made.
        """
        while not stopped():
            try:
                link = yield from self._further(until)
            except OSError:
                if not self._next():
                    raise
                continue
            if link is not None or (until is not None and time.monotonic() >= until):
                return link
        return None

    def close(self) -> None:
        """Gives up an attempt under way."""
        if self._steps is not None:
            self._steps.close()
            self._steps = None

    def _waits(self) -> Iterator[float]:
        if self._policy is None:
            return iter(())
        return iter(lambda: 0.0, None) if self.transport.listens else self._policy.delays()

    def _next(self) -> bool:
        delay = None if self._delays is None else next(self._delays, None)
        if delay is None:
            return False
        self.attempt += 1
        self._at = time.monotonic() + delay
        return True

    def _further(self, until: float | None) -> Steps[Link | None]:
        if self._steps is not None:
            return (yield from self._portion(until))
        now = time.monotonic()
        if now >= self._at:
            return self._begin()
        yield Wait(until=earliest(self._at, until, now + LOOK))
        return None

    def _begin(self) -> Link | None:
        self._steps = self.transport.connect(deadline(self._timeout))
        return self._resume(self._steps.send, None)

    def _portion(self, until: float | None) -> Steps[Link | None]:
        assert self._steps is not None
        wanted = self._wanted
        if isinstance(wanted, Call):
            try:
                answer = yield wanted
            except Exception as error:
                return self._resume(self._steps.throw, error)
            return self._resume(self._steps.send, answer)
        ready = yield replace(wanted, until=earliest(wanted.until, until, time.monotonic() + LOOK))
        if not ready and (wanted.until is None or time.monotonic() < wanted.until):
            return None
        return self._resume(self._steps.send, ready)

    def _resume(self, go_on: Callable[[Any], Wait | Call], what: object) -> Link | None:
        """Lets the steps go on; the link where they are through."""
        try:
            self._wanted = go_on(what)
        except StopIteration as end:
            self._steps = None
            link: Link = end.value
            return link
        except BaseException:
            self._steps = None
            raise
        return None
