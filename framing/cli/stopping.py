"""Ending in good order: Ctrl-C and SIGTERM are answered at the next opportunity, so that what has arrived is still shown."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

GRACE = 1.0
"""Seconds after which a process that was asked to end does so wherever it is, be it in a write that nobody reads."""


class Stop:
    """`asked` becomes True when somebody wants this process to end. Whoever works in a loop looks at it."""

    def __init__(self) -> None:
        self.asked = False
        self._at_once = False

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """In here being asked raises KeyboardInterrupt: for what takes long, and may be dropped half-way."""
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    def _ask(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, GRACE)
        if again or self._at_once:
            raise KeyboardInterrupt


@contextlib.contextmanager
def stoppable() -> Iterator[Stop]:
    """Signals are for the `Stop` in here. A second one, and each second that passes, raise KeyboardInterrupt."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    numbers = [signal.SIGINT, signal.SIGTERM, *([signal.SIGALRM] if hasattr(signal, "SIGALRM") else [])]
    before = {number: signal.signal(number, stop._ask) for number in numbers}
    try:
        yield stop
    except KeyboardInterrupt:
        from framing.cli.main import silenced

        silenced()  # what is still to be written might be what it hangs on
        raise
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
