"""What plays the devices of the guides: pseudo terminals and TCP servers under the addresses that the pages name.

A later one takes the place of an earlier one at the same address. (In a page's block the address is the earlier one's real one
by then; `Stage` knows it by that too.)
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import socket
import struct
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

PATIENCE = 60
"""Seconds that a stand-in waits for anything."""

TerminalScript = Callable[[bytes | None], bytes | None]
"""Takes what was heard, None as somebody opens the line; gives what is said to that, None to be unplugged and plugged in."""
ServerScript = Callable[[socket.socket, int], object]
"""Plays one connection, the how-manieth it is, from 0. The connection is closed behind it."""


class Stage:
    """The stand-ins of one page. `there` and `back` turn names of the page into real ones, and real ones into the page's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, str] = {}
        self._stack = contextlib.ExitStack()

    def terminal(self, name: str, script: TerminalScript) -> None:
        """A serial device at that path."""
        path = self._folder / Path(name).name
        self._stack.callback(_Terminal(path, script).close)
        self._names[self.back(name)] = str(path)

    def server(self, name: str, script: ServerScript) -> None:
        """A TCP server at that address."""
        server = _Server(script)
        self._stack.callback(server.close)
        self._names[self.back(name)] = f"127.0.0.1:{server.port}"

    def leave_out(self, text: str) -> None:
        """An option that a stand-in does not understand, such as a pseudo terminal parity."""
        self._names[text] = ""

    def there(self, text: str) -> str:
        for name, real in sorted(self._names.items(), key=lambda pair: -len(pair[0])):
            text = text.replace(name, real)
        return text

    def back(self, text: str) -> str:
        for name, real in self._names.items():
            text = text.replace(real, name) if real else text
        return text

    def close(self) -> None:
        self._stack.close()


class _Terminal:
    """A pseudo terminal behind a symbolic link, in packet mode: so it sees that a program opens it and empties its buffer."""

    def __init__(self, path: Path, script: TerminalScript) -> None:
        self._path = path
        self._script = script
        self._stop, self._stopped = socket.socketpair()
        self._plug_in()
        self._thread = threading.Thread(target=self._play, name=f"playing {path.name}")
        self._thread.start()

    def close(self) -> None:
        self._stopped.close()
        self._thread.join(PATIENCE)
        self._unplug()
        self._stop.close()

    def _plug_in(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        fcntl.ioctl(self._ours, termios.TIOCPKT, struct.pack("i", 1))
        fresh = self._path.with_suffix(".new")
        fresh.symlink_to(os.ttyname(self._theirs))
        fresh.replace(self._path)

    def _unplug(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)

    def _play(self) -> None:
        for heard in self._heard():
            said = self._script(heard)
            if said is None:
                self._unplug()
                self._plug_in()
            while said:
                said = said[os.write(self._ours, said) :]

    def _heard(self) -> Iterator[bytes | None]:
        while True:
            ready, _, _ = select.select([self._ours, self._stop.fileno()], [], [], PATIENCE)
            if self._ours not in ready:
                return
            packet = os.read(self._ours, 65_536)
            if packet[0] & termios.TIOCPKT_FLUSHREAD:
                yield None
            elif not packet[0] and packet[1:]:
                yield packet[1:]


class _Server:
    """Connections one after the other, as devices have it."""

    def __init__(self, script: ServerScript) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._now: socket.socket | None = None
        self._thread = threading.Thread(target=self._play, name=f"playing port {self.port}")
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        if self._now is not None:
            with contextlib.suppress(OSError):
                self._now.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        self._listener.close()

    def _play(self) -> None:
        number = 0
        with contextlib.suppress(OSError):  # the listener is shut
            while True:
                self._now, _ = self._listener.accept()
                with self._now, contextlib.suppress(OSError):
                    self._now.settimeout(PATIENCE)
                    self._script(self._now, number)
                number += 1
