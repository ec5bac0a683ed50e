"""Lines behind an RFC 2217 server, which is pyserial's own on a pseudo terminal, and loops."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from driven import PATIENCE, arrival, connected, give, take, until_true
from framing.transports import urls
from framing.transports.links import Reason
from framing.transports.serial_remote import RemoteLink
from framing.transports.steps import ready, run

serial = pytest.importorskip("serial", reason="pyserial is not installed")
rfc2217 = pytest.importorskip("serial.rfc2217")

# pyserial 3.5 names its threads in the old way.
pytestmark = pytest.mark.filterwarnings(r"ignore:set(Daemon|Name)\(\) is deprecated")


# --- a loop ----------------------------------------------------------------------------------------------------------


def test_a_loop_gives_back_what_is_sent() -> None:
    link = connected("loop://?baud=1200&parity=odd")
    every = bytes(range(256))
    give(link, every)
    assert take(link, 256) == every
    assert link.receive() is None
    assert (link.baud, link.bits, link.name) == (1200, 11, "loop 1200 8O1")
    link.close()
    assert not link.is_connected()


def test_a_full_loop_does_not_stop_the_sender() -> None:
    link = connected("loop://")
    sent = 0
    while taken := link.send(bytes(1000)):
        sent += taken
    wait = link.writable(0.0)
    assert wait and not ready(wait)
    assert take(link, sent) == bytes(sent)
    link.close()


# --- a server that only passes bytes --------------------------------------------------------------------------------


def test_a_server_without_settings_is_a_tcp_link_with_a_rate() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        where = f"127.0.0.1:{door.getsockname()[1]}"
        link = connected(f"socket://{where}?baud=19200&bits=11")
        plain = connected(f"socket://{where}?nodelay=no")
        peer, _ = door.accept()
    with peer:
        peer.sendall(b"hello")
        assert take(link, 5) == b"hello"
        assert (link.baud, link.bits, plain.baud) == (19_200, 11, None)
    assert arrival(link).ends
    link.close()
    plain.close()


# --- a server that speaks RFC 2217 ------------------------------------------------------------------------------------------------------


class Port(serial.Serial):  # type: ignore[misc] # pyserial has no types
    """A pseudo terminal's end that pretends to have the control lines of a real port, and cannot be parity-checked."""

    lines: Any

    cts = dsr = cd = True
    ri = False

    def _update_rts_state(self) -> None:
        self.lines = {**vars(self).get("lines", {}), "rts": self._rts_state}

    def _update_dtr_state(self) -> None:
        self.lines = {**vars(self).get("lines", {}), "dtr": self._dtr_state}


class Server:
    """One client at a time of a serial port, over RFC 2217."""

    def __init__(self, path: str) -> None:
        self.port = Port(path, timeout=0.02)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.where = f"127.0.0.1:{self._door.getsockname()[1]}"
        self._lock = threading.Lock()
        self.client: socket.socket | None = None
        self.over = threading.Event()
        self._threads = [threading.Thread(target=self._serve), threading.Thread(target=self._pass_on)]
        for thread in self._threads:
            thread.start()

    def write(self, data: bytes) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self.client:
                self.client.sendall(data)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while not self.over.is_set():
                self.client, _ = self._door.accept()
                with self.client:
                    self.manager = rfc2217.PortManager(self.port, self)
                    while data := self.client.recv(1024):
                        self.port.write(b"".join(self.manager.filter(data)))

    def _pass_on(self) -> None:
        while not self.over.is_set():
            data = self.port.read(self.port.in_waiting or 1)
            if data and self.client:
                self.write(b"".join(self.manager.escape(data)))

    def hang_up(self) -> None:
        assert self.client
        self.client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.over.set()
        for sock in (self.client, self._door):
            with contextlib.suppress(OSError):
                if sock:
                    sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        self._door.close()
        self.port.close()


@pytest.fixture
def device() -> Iterator[Any]:
    """What hangs at the server's port."""
    if os.name != "posix":
        pytest.skip("this system has no pseudo terminals")
    device = connected("pty:")
    yield device
    device.close()


@pytest.fixture
def server(device: Any) -> Iterator[Server]:
    server = Server(device.peer)
    yield server
    server.close()


def opened(server: Server, options: str = "") -> RemoteLink:
    link = connected(f"rfc2217://{server.where}{options}")
    assert isinstance(link, RemoteLink)
    return link


def test_every_byte_passes_both_ways(server: Server, device: Any) -> None:
    link = opened(server)
    every = bytes(range(256)) * 8 + b"\xff" * 50
    give(device, every)
    assert take(link, len(every)) == every
    assert link.receive() is None
    give(link, every)
    assert take(device, len(every)) == every
    link.close()


def test_settings_are_made_at_the_server(server: Server) -> None:
    link = opened(server, "?baud=57600&stopbits=2&rtscts=yes&dtr=no")
    assert (server.port.baudrate, server.port.stopbits, server.port.rtscts) == (57_600, 2, True)
    assert server.port.lines["dtr"] is False
    assert (link.baud, link.bits, link.name) == (57_600, 11, f"rfc2217 {server.where} 57600 8N2")
    link.close()


def test_what_came_before_the_server_left_is_not_lost(server: Server, device: Any) -> None:
    link = opened(server)
    assert link.is_connected()
    give(device, b"last words")
    until_true(lambda: link.port.in_waiting >= 10, "nothing came")
    server.hang_up()
    until_true(lambda: not link.is_connected(), "the end was not seen")
    assert link.receive(4) == (b"last", "", None, False, False)
    assert take(link, 6) == b" words"
    for _ in range(2):
        with pytest.raises(OSError, match="the server closed the connection") as caught:
            arrival(link)
        assert link.reason(caught.value)[0] is Reason.GONE
    link.close()


def test_closing_ends_thread_and_socket(server: Server) -> None:
    before = set(threading.enumerate())
    link = opened(server)
    sock = link._socket
    assert set(threading.enumerate()) - before
    link.close()
    link.close()
    assert not set(threading.enumerate()) - before  # of those before, one that another test has left may end meanwhile
    assert sock.fileno() == -1
    opened(server).close()  # and the server has a place for the next one


def test_closing_wakes_who_waits(server: Server) -> None:
    link = opened(server)
    wait = link._forever(time.monotonic() + PATIENCE)
    woken: list[bool] = []
    waiting = threading.Thread(target=lambda: woken.append(ready(wait)))
    waiting.start()
    link.close()
    waiting.join(PATIENCE)
    assert woken == [True]


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        where = f"127.0.0.1:{door.getsockname()[1]}"
    with pytest.raises(ConnectionRefusedError, match=where):
        connected(f"rfc2217://{where}")


def test_a_server_that_speaks_something_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        answers: list[socket.socket] = []
        listening = threading.Thread(target=lambda: answers.append(door.accept()[0]))
        listening.start()
        where = f"127.0.0.1:{door.getsockname()[1]}"
        with pytest.raises(OSError, match="does not seem to support RFC2217"):
            run(urls.transport(f"rfc2217://{where}").connect(time.monotonic() + 0.5))
        listening.join(PATIENCE)
        answers[0].close()
