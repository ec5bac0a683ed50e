"""What a session records: all raw bytes of its link with their times. A recording that fails stops; the link goes on."""

from __future__ import annotations

import os
import time
from typing import Literal

from framing.transports.links import Arrival, Link
from framing.transports.recording import Recorder


class Tape:
    """A recording at that path (see `recording.Recorder`), on which a reader and a writer may be at work at once."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._recorder: Recorder | None = Recorder(path)
        self._lapse: OSError | None = None

    def received(self, link: Link, arrival: Arrival) -> None:
        """What came from the link."""
        self._write(link, arrival, "in")

    def sent(self, link: Link, data: bytes | memoryview) -> None:
        """What the link took."""
        self._write(link, Arrival(bytes(data)), "out")

    def broke(self, link: Link) -> None:
        """What comes from a link of that name later does not continue what came before."""
        self._write(link, Arrival(b"", broken=True), "in")

    def lapse(self) -> OSError | None:
        """What ended the recording, told once; whoever records wants to know."""
        error, self._lapse = self._lapse, None
        return error

    def close(self) -> None:
        """Ends the recording. May be called again."""
        if self._recorder is not None:
            self._recorder.close()

    def _write(self, link: Link, what: Arrival, way: Literal["in", "out"]) -> None:
        recorder = self._recorder
        if recorder is None:
            return
        name = f"{link.name} {what.stream}" if what.stream else link.name
        at = time.time() if what.time is None else what.time
        try:
            recorder.write(what.data, way, at, name, broken=what.broken, ends=what.ends)
        except OSError as error:
            error.add_note("the recording stops here; the link goes on")
            self._recorder, self._lapse = None, error
            recorder.close()
