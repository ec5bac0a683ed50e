"""Starts the programs that tests talk to, and sees to it that none of them survives its test."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

LIFETIME = 60.0
"""Seconds after which a program is ended in any case."""

Start = Callable[..., "subprocess.Popen[Any]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """`start("gpsd", "-N", …)` runs a program, with options as of Popen."""
    with ExitStack() as stack:

        def started(*command: object, **options: Any) -> subprocess.Popen[Any]:
            process = stack.enter_context(subprocess.Popen([str(each) for each in command], **options))
            stack.callback(process.kill)
            late = threading.Timer(LIFETIME, process.kill)  # who reads its output comes to an end
            stack.callback(late.cancel)
            late.start()
            return process

        yield started


@pytest.fixture
def script(start: Start) -> Callable[..., subprocess.Popen[str]]:
    """`script(source, argument, …)` runs Python of another process, whose lines are read and written as text."""

    def run(source: str, *arguments: object) -> subprocess.Popen[str]:
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        return start(sys.executable, "-c", source, *arguments, **pipes)

    return run


@pytest.fixture
def free_port() -> int:
    """A TCP port that nobody listens at, for programs that cannot choose one themselves."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])
