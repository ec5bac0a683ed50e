"""Programs: the bytes are what a command writes to its standard output, and what is sent goes to its standard input.

The command is split as a shell would (quotes, backslashes) but no shell runs it. Its standard error stays this process's.
When the command has ended and all of its output was read, the link ends; with a status other than 0 it breaks (`GONE`), and
the text says the status. Closing the link ends the command: SIGTERM, and SIGKILL a second later. Processes that the command
started itself are its own business: they find their pipes closed.
"""

from __future__ import annotations

import errno
import os
import shlex
import signal
import subprocess
import threading
from dataclasses import dataclass
from typing import Any

from framing.transports.descriptors import DescriptorLink
from framing.transports.links import Arrival, Link, Reason, Transport
from framing.transports.steps import Call, Steps, Wait
from framing.transports.urls import place

GRACE = 1.0
"""Seconds between SIGTERM and SIGKILL."""
LOOK = 0.02
"""Seconds between looks at a command that closed its output and still runs, where the system has no descriptor for that."""


@dataclass(frozen=True)
class Exec(Transport):
    """A command and its standard streams."""

    form = "exec:command with arguments"
    raw = True

    command: tuple[str, ...] = place("the program and its arguments")

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        """See `Transport.at`."""
        command = tuple(shlex.split(where))
        if not command:
            raise ValueError("no command")
        return {"command": command}

    def connect(self, until: float | None = None) -> Steps[Link]:
        """See `Transport.connect`. FileNotFoundError where there is no such program."""
        link: Link = yield Call(self._open)
        return link

    def _open(self) -> ExecLink:
        if os.name != "posix":
            raise OSError(errno.ENOSYS, "exec: needs a system whose pipes can be waited for")
        try:
            child = subprocess.Popen(self.command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 # the user's own command
        except FileNotFoundError:
            raise FileNotFoundError(errno.ENOENT, "there is no program of that name", self.command[0]) from None
        return ExecLink(child, shlex.join(self.command))


class ExecLink(DescriptorLink):
    """The pipes to a running command. `pid` is its process id."""

    def __init__(self, child: subprocess.Popen[bytes], words: str) -> None:
        assert child.stdin and child.stdout
        super().__init__(f"exec {words}", child.stdout.fileno(), child.stdin.fileno())
        self.pid = child.pid
        self._child = child
        self._ended: int | None = None
        self._silent = False
        os.set_blocking(self._reads, False)
        os.set_blocking(self._writes, False)

    def readable(self, until: float | None) -> Wait | None:
        """Until there is output, or until the command ends where it closed its output before."""
        if self._closed or not self._silent:
            return super().readable(until)
        return self._pause(LOOK, until) if self._ended is None else self._for(self._ended, until)

    def is_connected(self) -> bool:
        """Whether the command runs."""
        return super().is_connected() and self._child.poll() is None

    def reason(self, error: OSError) -> tuple[Reason, str]:
        """See `Link.reason`: a command that failed is behind every error of its pipes."""
        if not self._closed and self._child.poll():
            return Reason.GONE, self._status()
        return super().reason(error)

    def _nothing(self) -> Arrival | None:
        status = self._child.poll()
        if status is None:
            self._await_its_end()
            return None
        if status:
            raise ChildProcessError(errno.ECHILD, self._status())
        return Arrival(b"", ends=True)

    def _await_its_end(self) -> None:
        if not self._silent and hasattr(os, "pidfd_open"):
            self._ended = os.pidfd_open(self.pid)
        self._silent = True

    def _status(self) -> str:
        """How the command ended, in words."""
        status = self._child.returncode
        if status >= 0:
            return f"{self.name}: exit status {status}"
        try:
            return f"{self.name}: killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"{self.name}: killed by signal {-status}"

    def _release(self) -> None:
        assert self._child.stdin and self._child.stdout
        self._child.stdin.close()
        self._child.stdout.close()
        if self._ended is not None:
            os.close(self._ended)
        if self._child.poll() is None:
            self._child.terminate()
            threading.Thread(target=_reap, args=[self._child], name=f"reaping {self.name}").start()


def _reap(child: subprocess.Popen[bytes]) -> None:
    """Waits for the end of a command that was told to end, so that no zombie remains."""
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


SCHEMES: dict[str, type[Transport]] = {"exec": Exec}
