"""Sending frames while whatever comes back is read, so that a peer that answers is never stuck."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from framing.cli.common import Failed
from framing.cli.linking import LOOK, first_frames, words
from framing.transports.links import deadline
from framing.transports.steps import run

if TYPE_CHECKING:
    from framing.cli.displays import Display
    from framing.cli.stopping import Stop
    from framing.transports.session import Session
    from framing.transports.streams import Happening

LINGER = 1.0
"""Seconds that the other side has to close when all is sent: who closes first, with bytes unread, may undo what it sent."""


class Sender:
    """Sends on a session, and has a thread that reads it, in a `with` block. `display`: where what comes is shown; None: nowhere.

    `most`: how many frames are wanted back at most; None for all.
    """

    def __init__(self, session: Session, stop: Stop, display: Display | None = None, most: int | None = None) -> None:
        self.frames = self.size = self.came = 0
        self._session = session
        self._stop = stop
        self._display = display
        self._most = most
        self._next = 0.0
        self._enough = threading.Event()  # nothing more is to be waited for
        self._failure: Exception | None = None
        self._reader = threading.Thread(target=self._read, name="framing send: reading")

    def __enter__(self) -> Sender:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
        self._reader.join()

    def send(self, raw: bytes, timeout: float, interval: float) -> bool:
        """One frame, `interval` seconds behind the start of the last one at least; False where nothing more is to be sent.

        Failed where the link breaks or does not take it within `timeout` seconds.
        """
        self._wait(self._next - time.monotonic(), time.sleep)
        if self._stop.asked:
            return False
        self._next = time.monotonic() + interval
        try:
            run(self._session.send(raw, deadline(timeout)))
        except OSError as error:
            raise Failed(words(error)) from None
        self.frames += 1
        self.size += len(raw)
        return True

    def await_answers(self, seconds: float) -> None:
        """Waits until that time is up, all answers are there, the link ended, or this process is to end."""
        self._wait(seconds, self._enough.wait)

    def finish(self) -> None:
        """Says that nothing more is sent, where the link knows how, and has the other side close first. Raises what broke it."""
        self._display = None
        link = self._session.link
        if link is not None and not self._stop.asked:
            with contextlib.suppress(OSError):
                link.send_eof()
                self._wait(LINGER, self._gone)
        if self._failure is not None and not self._stop.asked:
            raise self._failure

    def summary(self) -> str:
        """What was sent, in words."""
        return f"{self.frames:,} frame{'s' * (self.frames != 1)}, {self.size:,} bytes sent"

    def _gone(self, seconds: float) -> bool:
        self._reader.join(seconds)
        return not self._reader.is_alive()

    def _wait(self, seconds: float, until: Callable[[float], bool | None]) -> None:
        """At most so long, in portions that `until` waits for; it says True when that is enough."""
        over = time.monotonic() + seconds
        while not self._stop.asked and (left := over - time.monotonic()) > 0:
            if until(min(left, LOOK)):
                return

    def _read(self) -> None:
        while True:
            try:
                events = run(self._session.receive(None))
            except OSError as error:
                self._failure = Failed(words(error))
                continue
            if events is None:
                break
            if self._display is not None and not self._enough.is_set():
                self._show(self._display, events)
        self._enough.set()

    def _show(self, display: Display, events: Sequence[Happening]) -> None:
        events, found = first_frames(events, -1 if self._most is None else self._most - self.came)
        try:
            display.show(events, self._session.stream, self._session.time)
        except OSError as error:  # nobody reads standard output any more
            self._failure, self._display = error, None
            self._enough.set()
        self.came += found
        if self.came == self._most:
            self._enough.set()
