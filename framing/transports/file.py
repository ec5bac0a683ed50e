"""Files, and this process's own standard input and output.

`file:PATH` reads a file to its end; `?follow=1` stays there and looks every `interval` seconds whether it has grown. Where
the file was cut (it is shorter than what was read) reading goes on at its new start; where another file stands at its path
(rotation) the old one is read to its end first, then the new one from its start. Either way the first bytes behind that place
are marked as broken, so that no half frame joins them, and the logger `framing.transports` says what happened. Not to be
seen is a file that was cut and has outgrown its old length between two looks.

`?mode=append` and `?mode=write` send to a file instead. `stdin:` reads standard input and sends to standard output. All of
them take whatever there is: regular files, pipes, terminals, devices.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import stat
import sys
from dataclasses import dataclass
from typing import Any

from framing.transports.descriptors import DescriptorLink, LocalLink, is_ready
from framing.transports.links import Arrival, Link, Transport
from framing.transports.steps import Call, Steps, Wait
from framing.transports.urls import YES_NO, Reader, choice, option, place, seconds

LOG = logging.getLogger("framing.transports")
INTERVAL = 0.2
"""Seconds between looks at a growing file, unless told otherwise: quick to the eye, nothing to the machine."""
PIPE_ROOM: int = getattr(select, "PIPE_BUF", 512)
"""Bytes that a pipe which says it is writable takes without blocking."""


def _flag(name: str) -> int:
    """A flag of `os.open` where the system has it."""
    return int(getattr(os, name, 0))


FLAGS = os.O_RDONLY | _flag("O_BINARY") | _flag("O_NOCTTY") | _flag("O_NONBLOCK")
"""How all is opened that is read: without waiting for the other end of a pipe, and never becoming this process's terminal."""


def _offset(text: str) -> int | None:
    return None if text == "end" else int(text, 0)


OFFSET = Reader(_offset, "a number of bytes, negative from the end of the file, or end")


@dataclass(frozen=True)
class File(Transport):
    """A file that is read, or one that is written."""

    form = "file:PATH or file:///PATH"
    again = False

    path: str = place("where the file is")
    follow: bool = option(False, YES_NO, "Whether reading waits at the end for more.")
    interval: float = option(INTERVAL, seconds(0.001, 3600), "Seconds between looks at a file that is followed.")
    offset: int | None = option(0, OFFSET, "Where reading starts, in bytes; negative from the end; `end` for its end.")
    mode: str = option("read", choice("read", "append", "write"), "Whether it is read, or what is sent goes into it.")

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        """See `Transport.at`."""
        if not where:
            raise ValueError("no path")
        return {"path": where}

    def __post_init__(self) -> None:
        if self.mode != "read" and (self.follow or self.offset != 0):
            raise ValueError(f"follow and offset are for reading, not for mode={self.mode}")

    def connect(self, until: float | None = None) -> Steps[Link]:
        """See `Transport.connect`. OSError as `open` raises it."""
        link: Link = yield Call(self._open if self.mode == "read" else self._create)
        return link

    def _open(self) -> Link:
        fd = os.open(self.path, FLAGS)
        try:
            mode = os.fstat(fd).st_mode
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self.path)
            if not stat.S_ISREG(mode):
                if self.follow or self.offset != 0:
                    raise OSError(errno.ESPIPE, "only a regular file can be followed or read from an offset", self.path)
                return DeviceLink(f"file {self.path}", fd)
            return FileLink(self, fd)
        except BaseException:
            os.close(fd)
            raise

    def _create(self) -> Link:
        how = os.O_APPEND if self.mode == "append" else os.O_TRUNC
        fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | how | _flag("O_BINARY") | _flag("O_NOCTTY"), 0o666)
        return WrittenLink(f"file {self.path}", fd)


class FileLink(LocalLink):
    """A regular file that is read, perhaps while it grows. It is always ready: what follows it looks again and again."""

    def __init__(self, what: File, fd: int) -> None:
        super().__init__(f"file {what.path}")
        self._what = what
        self._fd = fd
        self._place = self._start(os.fstat(fd).st_size)
        self._waits = False
        self._broken = False
        os.lseek(fd, self._place, os.SEEK_SET)

    def fileno(self) -> int:
        """The descriptor that is read."""
        return self._fd

    def readable(self, until: float | None) -> Wait | None:
        """None while there is something to read; at the end of a file that is followed, a pause."""
        return self._pause(self._what.interval, until) if self._waits and not self._closed else None

    def writable(self, until: float | None) -> Wait | None:
        """None: `send` refuses at once."""
        return None

    def _start(self, size: int) -> int:
        offset = self._what.offset
        if offset is None:
            return size
        return min(offset, size) if offset >= 0 else max(size + offset, 0)

    def _take(self, most: int) -> Arrival | None:
        data = os.read(self._fd, most)
        if not data and not self._what.follow:
            return Arrival(b"", ends=True)
        if not data and self._changed():
            data = os.read(self._fd, most)
        self._waits = not data
        if not data:
            return None
        self._place += len(data)
        broken, self._broken = self._broken, False
        return Arrival(data, broken=broken)

    def _changed(self) -> bool:
        """At the end of what there was: whether there is something else to be read now."""
        if os.fstat(self._fd).st_size < self._place:
            return self._restart("was cut; it is read from its start")
        try:
            there = os.stat(self._what.path)
            if not stat.S_ISREG(there.st_mode) or os.path.samestat(there, os.fstat(self._fd)):
                return False
            new = os.open(self._what.path, FLAGS)
        except OSError:
            return False  # away, but its writer may still have it open; perhaps another one comes
        if os.fstat(self._fd).st_size > self._place:  # written between the last read and its replacement
            os.close(new)
            return True
        os.close(self._fd)
        self._fd = new
        return self._restart("was replaced; the new file is read from its start")

    def _restart(self, what: str) -> bool:
        LOG.warning("%s %s", self.name, what)
        os.lseek(self._fd, 0, os.SEEK_SET)
        self._place = 0
        self._broken = True
        return True

    def _put(self, data: bytes | memoryview) -> int:
        raise only_read(self.name)

    def _release(self) -> None:
        os.close(self._fd)


class DeviceLink(DescriptorLink):
    """A pipe, terminal or device that is read by its path. A pipe that nobody has opened yet is waited for."""

    def __init__(self, name: str, fd: int) -> None:
        super().__init__(name, fd, fd)
        self._waitable = waitable(fd)

    def readable(self, until: float | None) -> Wait | None:
        """None for a device that is always ready, such as /dev/zero."""
        return super().readable(until) if self._waitable else None

    def _nothing(self) -> Arrival | None:
        # An empty read of a pipe is its end only if it had a writer, which is what a hang-up tells.
        if stat.S_ISFIFO(os.fstat(self._reads).st_mode) and not is_ready(self._reads):
            return None
        return super()._nothing()

    def _put(self, data: bytes | memoryview) -> int:
        raise only_read(self.name)


class WrittenLink(DescriptorLink):
    """A file that takes what is sent. Nothing ever arrives from it, and it does not end."""

    def __init__(self, name: str, fd: int) -> None:
        super().__init__(name, fd, fd)
        self._waitable = waitable(fd)

    def readable(self, until: float | None) -> Wait | None:
        """Until the time or the end of the link."""
        return None if self._closed else self._forever(until)

    def writable(self, until: float | None) -> Wait | None:
        """None for a regular file, which is always ready."""
        return super().writable(until) if self._waitable else None

    def _take(self, most: int) -> Arrival | None:
        return None

    def _put(self, data: bytes | memoryview) -> int:
        return put(self._writes, data, self._waitable)


@dataclass(frozen=True)
class Stdin(Transport):
    """Standard input; what is sent goes to standard output."""

    form = "stdin:"
    again = False

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        """See `Transport.at`."""
        if where not in ("", "-"):
            raise ValueError("nothing stands behind stdin:")
        return {}

    def connect(self, until: float | None = None) -> Steps[Link]:
        """See `Transport.connect`. OSError where standard input is closed."""
        link: Link = yield Call(lambda: StandardLink(0, 1))
        return link


class StandardLink(DescriptorLink):
    """Descriptors that others use too: they are neither switched to non-blocking nor closed, only asked before each use."""

    def __init__(self, reads: int, writes: int) -> None:
        self._reads_wait = waitable(reads)  # first: where it is closed, the next descriptor that is made has its number
        super().__init__("stdin", reads, writes)
        self._writes_wait: bool | None = None

    def readable(self, until: float | None) -> Wait | None:
        """None where standard input is a file."""
        return super().readable(until) if self._reads_wait else None

    def writable(self, until: float | None) -> Wait | None:
        """None where standard output is a file."""
        return super().writable(until) if self._writes_wait else None

    def _take(self, most: int) -> Arrival | None:
        if self._reads_wait and not is_ready(self._reads):
            return None
        return super()._take(most)

    def _put(self, data: bytes | memoryview) -> int:
        if self._writes_wait is None:
            self._writes_wait = waitable(self._writes)
            if sys.stdout is not None:
                sys.stdout.flush()  # what was printed before comes first
        return put(self._writes, data, self._writes_wait)

    def _release(self) -> None:
        pass


def only_read(name: str) -> OSError:
    """The error of who sends to what is read."""
    return OSError(errno.EPERM, f"{name} is opened for reading; mode=append or mode=write sends to it")


def put(fd: int, data: bytes | memoryview, waits: bool) -> int:
    """Writes what surely does not block to a descriptor that may be a blocking one; 0 if it must be waited for."""
    if not waits:
        return os.write(fd, data)
    if not is_ready(fd, write=True):
        return 0
    try:
        return os.write(fd, data[:PIPE_ROOM])
    except BlockingIOError:
        return 0


def waitable(fd: int) -> bool:
    """Whether a descriptor can be waited for: a pipe, a terminal, a socket. A file is always ready, and epoll refuses it.

    OSError where the descriptor is none.
    """
    if stat.S_ISREG(os.fstat(fd).st_mode) or not hasattr(select, "poll"):
        return False
    if not hasattr(select, "epoll"):
        return True
    with select.epoll() as asked:
        try:
            asked.register(fd, select.EPOLLIN)
        except PermissionError:
            return False
    return True


SCHEMES: dict[str, type[Transport]] = {"file": File, "stdin": Stdin}
