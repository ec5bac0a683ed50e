"""Steps in an event loop, asyncio or trio: `arun` drives them as `steps.run` does in a thread.

    >>> import anyio
    >>> def nap():
    ...     ready = yield Wait(until=0.0)      # a time long past
    ...     return "ready" if ready else "the time is up"
    >>> anyio.run(arun, nap())
    'the time is up'
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import anyio
from anyio import CancelScope, ClosedResourceError, to_thread
from anyio.lowlevel import checkpoint

from framing.transports.steps import Steps, Wait, ready

T = TypeVar("T")

LOOK = 0.25
"""Seconds after which who waits to send looks whether the link was given up meanwhile."""


@dataclass(frozen=True, slots=True)
class Await(Wait):
    """Until a coroutine function has done its work, for links that only an event loop knows."""

    function: Callable[[], Awaitable[None]] | None = None


class Waits:
    """The waits under way in one link, so that they can be cut short."""

    def __init__(self) -> None:
        self._scopes: dict[CancelScope, int | None] = {}

    def cut(self) -> None:
        """Ends all waits, as if their time had come. No descriptor is watched any more, so that it may be closed."""
        for scope, fd in self._scopes.items():
            if fd is not None:
                anyio.notify_closing(fd)
            scope.cancel()

    async def until(self, wait: Wait) -> bool:
        """True as soon as the descriptor is ready, False if the time came first or the wait was cut short."""
        if wait.fd is not None and ready(Wait(wait.fd, wait.write, until=0.0)):
            await checkpoint()  # nobody is kept from working; and what no event loop can watch, as files, is always ready
            return True
        with CancelScope(deadline=math.inf if wait.until is None else _loop_time(wait.until)) as scope:
            self._scopes[scope] = wait.fd
            try:
                await _event(wait)
            finally:
                del self._scopes[scope]
        return not scope.cancelled_caught


async def arun(steps: Steps[T], waits: Waits | None = None) -> T:
    """Drives the steps to their end in the event loop that runs, and returns what they return.

    Cancelled, it stops them where they wait; what they have taken from a link by then is theirs.
    """
    waits = waits or Waits()
    with closing(steps):
        try:
            wanted = next(steps)
            while True:
                if isinstance(wanted, Wait):
                    wanted = steps.send(await waits.until(wanted))
                    continue
                try:
                    result = await to_thread.run_sync(wanted.function, abandon_on_cancel=wanted.droppable)
                except Exception as error:
                    wanted = steps.throw(error)
                else:
                    wanted = steps.send(result)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


async def _event(wait: Wait) -> None:
    if isinstance(wait, Await):
        assert wait.function
        await wait.function()
    elif wait.fd is None:
        if wait.until is None and wait.wake is None:
            raise ValueError("a wait for nothing would never end")
        await anyio.sleep_forever()
    elif not wait.write:
        await _watched(anyio.wait_readable, wait.fd)
    elif wait.wake is None:
        await _watched(anyio.wait_writable, wait.fd)
    else:  # an event loop lets nobody but one wait for a descriptor, and this waker's may be waited for by others
        while not ready(Wait(wait.wake, until=0.0)):
            with anyio.move_on_after(LOOK):
                await _watched(anyio.wait_writable, wait.fd)
                break


async def _watched(watch: Callable[[int], Awaitable[None]], fd: int) -> None:
    with contextlib.suppress(ClosedResourceError):  # it is about to be closed: reason enough to look around
        await watch(fd)


def _loop_time(monotonic: float) -> float:
    """The time of the event loop at that monotonic time; trio's clock is another one."""
    return anyio.current_time() + (monotonic - time.monotonic())
