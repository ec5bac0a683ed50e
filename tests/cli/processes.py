"""Commands as processes that run while a test talks to them, with an end to all patience."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import socket
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from .conftest import command, environment

LONG = 120.0
"""Seconds that nothing takes where all goes well."""


@contextmanager
def started(*arguments: object, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The command line as a process, its streams piped. It is killed when it takes too long."""
    options = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) | options
    with subprocess.Popen(command(*arguments), **options) as process:
        watchdog = threading.Timer(LONG, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def line_with(stream: IO[bytes] | None, word: str) -> str:
    """The next line that has the word in it."""
    assert stream is not None
    for line in stream:
        if word in line.decode():
            return line.decode().rstrip("\n")
    raise AssertionError(f"no line with {word!r} came")


def address_of(process: subprocess.Popen[bytes]) -> tuple[str, int]:
    """Where a command that was started with tcp-listen://127.0.0.1:0 listens."""
    said = line_with(process.stderr, "listening on")
    host, _, port = said.rpartition(" ")[2].rpartition(":")
    return host, int(port)


def connected(process: subprocess.Popen[bytes]) -> socket.socket:
    """A connection to it."""
    return socket.create_connection(address_of(process), timeout=LONG)


def finished(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    """Its exit status, and what it still says on both streams."""
    out, err = (stream.read().decode() if stream is not None else "" for stream in (process.stdout, process.stderr))
    return process.wait(LONG), out, err


def reset(peer: socket.socket) -> None:
    """Closes a connection the hard way."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


class Terminal:
    """A pseudo terminal of that size; what is written to it is gathered in `text`."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.fd, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.text = ""

    def until(self, word: str) -> None:
        """Reads until the word has come, since the last time."""
        over = time.monotonic() + LONG
        while word not in self.text:
            assert select.select([self.fd], [], [], max(over - time.monotonic(), 0))[0], (
                f"no {word!r} in …{self.text[-300:]!r}"
            )
            self.text += os.read(self.fd, 65_536).decode()
        self.text = self.text.partition(word)[2]

    def close(self) -> None:
        os.close(self.fd)
        os.close(self.theirs)


@contextmanager
def on_terminal(
    *arguments: object, columns: int = 80, rows: int = 24
) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    """The command line on a terminal; standard error is piped."""
    terminal = Terminal(columns, rows)
    env = environment(TERM="xterm")
    env.pop("COLUMNS")
    try:
        with started(*arguments, stdin=terminal.theirs, stdout=terminal.theirs, env=env) as process:
            yield process, terminal
    finally:
        terminal.close()
