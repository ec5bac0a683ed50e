"""Reading a stream in pieces, with a progress bar for those who wait."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from framing.cli.common import Misuse, console

CHUNK = 1 << 18
"""Bytes read at a time: large enough that the cost of a read vanishes, small enough to be no memory."""
PATIENCE = 1.0
"""Seconds after which a progress bar is worth looking at."""


@dataclass(frozen=True)
class Source:
    """An open input. `size` in bytes where it is a file; else it is `live`: what was decoded is wanted at once."""

    name: str
    stream: BinaryIO
    size: int | None

    @property
    def live(self) -> bool:
        return self.size is None

    def chunks(self) -> Iterator[bytes]:
        """The bytes, in pieces that arrive."""
        while chunk := self._read():
            yield chunk

    def _read(self) -> bytes:
        try:
            return self.stream.read1(CHUNK)  # type: ignore[attr-defined,no-any-return]
        except OSError as error:
            raise Misuse(f"{self.name}: {error.strerror or error}") from None


@contextmanager
def opened(file: str) -> Iterator[Source]:
    """The input of that name; `-` is standard input."""
    if file == "-":
        if sys.stdin is None:
            raise Misuse("standard input is closed")
        yield Source("standard input", sys.stdin.buffer, _size(sys.stdin.buffer))
        return
    try:
        stream = open(file, "rb")
    except (OSError, ValueError) as error:
        raise Misuse(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    with stream:
        yield Source(file, stream, _size(stream))


def _size(stream: Any) -> int | None:
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def watched(source: Source, beside: bool, clock: Callable[[], float] = time.monotonic) -> Iterator[bytes]:
    """The chunks of a source; a progress bar shows on a terminal once it has taken a second.

    `beside`: standard output is in use meanwhile, so that there is no bar where both go to the same terminal.
    """
    if source.size is None or not sys.stderr.isatty() or (beside and sys.stdout.isatty()):
        yield from source.chunks()
        return
    began = clock()
    done = 0
    chunks = source.chunks()
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        if clock() - began > PATIENCE:
            break
    else:
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(os.path.basename(source.name), total=source.size, completed=done)
        for chunk in chunks:
            yield chunk
            progress.advance(task, len(chunk))
