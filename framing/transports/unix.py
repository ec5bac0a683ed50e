"""Links on Unix stream sockets: `unix:///run/peer.sock`, `unix-listen:///run/own.sock`; `@name` is in Linux's abstract namespace."""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar

from framing.transports.links import Link, Transport
from framing.transports.steps import Call, Steps, Wait
from framing.transports.stream_socket import Door, StreamLink, dial
from framing.transports.urls import Reader, option, place, seconds, whole

LONGEST = 107 if sys.platform == "linux" else 103
"""Bytes that a path may have."""

CROWDED = 0.02
"""Seconds between two attempts at a socket whose queue of peers is full: the system has nothing to wait for then."""


def _mode(text: str) -> int:
    value = int(text, 8)
    if not 0 <= value <= 0o777:
        raise ValueError
    return value


class _Unix(Transport):
    path: str

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        if not hasattr(socket, "AF_UNIX"):
            raise ValueError("this operating system has no Unix sockets")
        if where in ("", "@"):
            raise ValueError("no path")
        if "\0" in where:
            raise ValueError("a path has no NUL; @name is in the abstract namespace")
        if len(os.fsencode(where)) > LONGEST:
            raise ValueError(f"the path is longer than the {LONGEST} bytes that a Unix socket's may have")
        return {"path": where}

    @property
    def _where(self) -> str:
        return "\0" + self.path[1:] if self.path.startswith("@") else self.path


@dataclass(frozen=True)
class Unix(_Unix):
    """Connects to a Unix stream socket."""

    form: ClassVar[str] = "unix:///path, unix:path or unix:@name"
    path: str = place("the path of the socket, or @ and a name")
    connect_timeout: float = option(10, seconds(0.001, 3600), "Seconds to get in where many wait for being accepted.")

    def connect(self, until: float | None = None) -> Steps[Link]:
        own = time.monotonic() + self.connect_timeout
        until = own if until is None else min(own, until)
        while True:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.setblocking(False)
                broken = yield from dial(sock, self._where, until)
                return StreamLink(sock, f"unix {self.path}", broken)
            except BlockingIOError:  # the queue is full
                sock.close()
            except OSError as error:
                sock.close()
                raise OSError(error.errno, f"{self.path}: {error.strerror}") from None
            except BaseException:
                sock.close()
                raise
            if time.monotonic() >= until:
                raise TimeoutError(errno.ETIMEDOUT, f"{self.path}: too many wait for being accepted")
            yield Wait(until=min(until, time.monotonic() + CROWDED))


@dataclass(frozen=True)
class UnixListen(_Unix):
    """Waits for peers at a path; each `connect` gives the next one. It listens from the first `connect` or `listen` until `close`.

    A socket file that nobody listens at any more is replaced, any other file is not. `close` removes its own.
    """

    form: ClassVar[str] = "unix-listen:///path, unix-listen:path or unix-listen:@name"
    listens: ClassVar[bool] = True
    path: str = place("the path of the socket to be made, or @ and a name")
    mode: int | None = option(
        None,
        Reader(_mode, "octal digits up to 777"),
        "Who may connect, as permissions of the file; else the umask says.",
    )
    backlog: int = option(128, whole(1, 65_535), "Peers that may wait for being accepted.")
    _door: Door = field(default_factory=Door, init=False, repr=False, compare=False)
    _made: list[os.stat_result] = field(default_factory=list, init=False, repr=False, compare=False)

    def listen(self) -> str:
        """Listens, unless that is done, and says where: the path. OSError."""
        self._door.open(self._bind, self.backlog)
        return self.path

    @property
    def address(self) -> str | None:
        """Where it listens; None while it does not."""
        return None if self._door.name is None else self.path

    def connect(self, until: float | None = None) -> Steps[Link]:
        yield Call(self.listen)
        sock, _ = yield from self._door.accept(until)
        return StreamLink(sock, f"unix {self.path}")

    def close(self) -> None:
        """Stops listening for good and removes the file. Links stay as they are; who waits gets `Reason.CLOSED`."""
        self._door.close()
        while self._made:
            made = self._made.pop()
            try:
                if os.path.samestat(made, os.lstat(self.path)):
                    os.unlink(self.path)
            except OSError:  # somebody else removed it
                pass

    def _bind(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._take(sock)
        except OSError as error:
            sock.close()
            raise OSError(error.errno, f"{self.path}: {error.strerror}") from None
        return sock

    def _take(self, sock: socket.socket) -> None:
        try:
            sock.bind(self._where)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not self._abandoned():
                raise
            os.unlink(self.path)
            sock.bind(self._where)
        if self.path.startswith("@"):
            return
        self._made.append(os.lstat(self.path))
        if self.mode is not None:  # nobody can have connected: it does not listen yet
            os.chmod(self.path, self.mode)

    def _abandoned(self) -> bool:
        """Whether the path is a socket at which nobody listens."""
        if self.path.startswith("@") or not stat.S_ISSOCK(os.lstat(self.path).st_mode):
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.setblocking(False)
            return probe.connect_ex(self._where) == errno.ECONNREFUSED


SCHEMES: dict[str, type[Transport]] = {"unix": Unix, "unix-listen": UnixListen}
