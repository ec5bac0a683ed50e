"""A process's TCP sockets: held against a real process whose sockets are known, and against lines as the kernel writes them."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

psutil = pytest.importorskip("psutil")

from framing import sockets  # noqa: E402 # needs psutil
from framing.sockets import TcpSocket, Timer, tcp_sockets  # noqa: E402

PATIENCE = 30.0
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc/net/tcp")

# Listens, connects to itself, leaves 123 bytes unread at one end and is stuck writing at the other; says its ports.
KNOWN = """
import os, socket, sys
door = socket.create_server(("127.0.0.1", 0))
ours = socket.create_connection(door.getsockname())
theirs, _ = door.accept()
waiting = socket.create_connection(door.getsockname())
ours.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 500)
ours.sendall(bytes(123))
theirs.setblocking(False)
sent = 0
try:
    while True:
        sent += theirs.send(bytes(100_000))
except BlockingIOError:
    pass
again = os.dup(ours.fileno())
print(*(sock.fileno() for sock in (door, ours, theirs, waiting)), again, sent)
print(*(sock.getsockname()[1] for sock in (door, ours, waiting)), flush=True)
sys.stdin.read()
"""


@contextmanager
def running(*command: str) -> Iterator[tuple[int, Callable[[], list[int]]]]:
    """A process, and a function for the numbers in its next line."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        out = process.stdout
        assert out
        yield process.pid, lambda: [int(word) for word in out.readline().split()]


def looked(pid: int, enough: Callable[[dict[int, TcpSocket]], Any]) -> dict[int, TcpSocket]:
    """The sockets by their first descriptor, as soon as they are as wanted."""
    until = time.monotonic() + PATIENCE
    while True:
        found = {each.fds[0]: each for each in tcp_sockets(pid).sockets}
        if enough(found) or time.monotonic() > until:
            return found


@linux
def test_a_process_whose_sockets_are_known() -> None:
    with running(sys.executable, "-c", KNOWN) as (pid, numbers):
        door, ours, theirs, waiting, again, sent = numbers()
        door_port, our_port, waiting_port = numbers()
        found = looked(pid, lambda each: each[ours].timer and each[theirs].receive_queue == 123)
        here, there, late = (f"127.0.0.1:{port}" for port in (door_port, our_port, waiting_port))
        name = psutil.Process(pid).name()
        assert set(found) == {door, ours, theirs, waiting}
        assert found[door] == TcpSocket(pid, name, (door,), here, None, "listen", 1, 0, None)
        assert found[waiting] == TcpSocket(pid, name, (waiting,), late, here, "established", 0, 0, None)
        reader, writer = found[ours], found[theirs]
        assert (reader.fds, reader.local, reader.remote) == ((ours, again), there, here)
        assert (writer.fds, writer.local, writer.remote) == ((theirs,), here, there)
        assert reader.state == writer.state == "established"
        assert writer.receive_queue == 123
        assert reader.receive_queue is not None and writer.send_queue is not None
        assert reader.receive_queue > 0
        assert reader.receive_queue + writer.send_queue >= sent
        assert reader.timer and writer.timer
        assert reader.timer.kind == "keep-alive"
        assert 400 < reader.timer.seconds <= 500
        assert writer.timer.kind in ("window probe", "retransmit")


@linux
def test_all_processes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        found, hidden = tcp_sockets()
        mine = [each for each in found if each.local == f"127.0.0.1:{door.getsockname()[1]}"]
        assert [(each.pid, each.fds, each.state) for each in mine] == [(os.getpid(), (door.fileno(),), "listen")]
        assert [each.pid for each in found] == sorted(each.pid for each in found)
        assert hidden >= 0


@linux
def test_half_closed_ones() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname()) as ours:
        theirs, _ = door.accept()
        with theirs:
            theirs.shutdown(socket.SHUT_WR)
            found = looked(os.getpid(), lambda each: each[theirs.fileno()].state == "fin-wait2")
            assert found[ours.fileno()].state == "close-wait"
            assert found[theirs.fileno()].state == "fin-wait2"


@linux
def test_a_process_in_a_network_of_its_own() -> None:
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespaces here")
    code = "import socket, sys; d = socket.create_server(('', 0)); print(d.getsockname()[1], flush=True); sys.stdin.read()"
    with running(unshare, "-n", sys.executable, "-c", code) as (pid, numbers):
        [port] = numbers()
        assert [each.local for each in tcp_sockets(pid).sockets] == [f"0.0.0.0:{port}"]


def test_there_is_no_such_process() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    with pytest.raises(ProcessLookupError, match=f"no process {process.pid}"):
        tcp_sockets(process.pid)


@linux
def test_processes_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(folder: Path) -> dict[int, list[int]]:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(sockets, "_inodes", denied)
    found, hidden = tcp_sockets()
    assert found == []
    assert hidden >= 1
    with pytest.raises(PermissionError, match=f"process {os.getpid()} is not yours to look at"):
        tcp_sockets(os.getpid())


@linux
def test_processes_that_end_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(folder: Path) -> dict[int, list[int]]:
        raise FileNotFoundError(2, "No such file or directory", str(folder))

    monkeypatch.setattr(sockets, "_inodes", gone)
    assert tcp_sockets() == ([], 0)
    with pytest.raises(ProcessLookupError, match=f"process {os.getpid()} has ended"):
        tcp_sockets(os.getpid())


def test_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sockets, "PROC", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname()) as ours:
        found = {each.fds[0]: each for each in tcp_sockets(os.getpid()).sockets}
        listening, connected = found[door.fileno()], found[ours.fileno()]
        here = f"127.0.0.1:{door.getsockname()[1]}"
        assert (listening.local, listening.remote, listening.state) == (here, None, "listen")
        assert (connected.remote, connected.state) == (here, "established")
        assert (connected.receive_queue, connected.send_queue, connected.timer) == (None, None, None)


# --- lines as the kernel writes them ---------------------------------------------------------------------------------


def digits(address: str, port: int) -> str:
    """An address as the kernel of this machine writes it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    return "".join(f"{word:08X}" for word in struct.unpack(f"={len(packed) // 4}I", packed)) + f":{port:04X}"


def row(local: str, remote: str, state: int = 1, timer: str = "00:00000000", retransmits: int = 0, probes: int = 0) -> Any:
    line = f"  0: {local} {remote} {state:02X} 0000000A:00000B00 {timer} {retransmits:08X}  1000  {probes} 4711 1 0 20 4"
    return sockets._row(line)


def test_addresses() -> None:
    found = row(digits("192.0.2.1", 4028), digits("198.51.100.7", 65_535))
    assert (found.inode, found.local, found.remote) == (4711, "192.0.2.1:4028", "198.51.100.7:65535")
    found = row(digits("2001:db8::1", 1), digits("::ffff:192.0.2.1", 80))
    assert (found.local, found.remote) == ("[2001:db8::1]:1", "192.0.2.1:80")
    assert row(digits("::", 4028), digits("::", 0), 10)[1:4] == ("[::]:4028", None, "listen")


@pytest.mark.skipif(sys.byteorder != "little", reason="written on a little-endian machine")
def test_a_line_from_a_real_table() -> None:
    assert sockets._address("0100007F:0FBC") == ("127.0.0.1", 4028)
    assert sockets._address("00000000000000000000000001000000:0016") == ("::1", 22)


def test_queues_and_states() -> None:
    found = row(digits("192.0.2.1", 1), digits("192.0.2.2", 2), 8)
    assert (found.unsent, found.received, found.state) == (0x0A, 0xB00, "close-wait")
    assert [row(digits("1.1.1.1", 1), digits("1.1.1.1", 1), each).state for each in (1, 2, 6, 10, 12)] == [
        "established",
        "syn-sent",
        "time-wait",
        "listen",
        "syn-recv",
    ]


def test_timers() -> None:
    def timer(text: str, **numbers: int) -> Timer | None:
        found: Timer | None = row(digits("1.1.1.1", 1), digits("1.1.1.1", 1), timer=text, **numbers).timer
        return found

    second = os.sysconf("SC_CLK_TCK")
    assert timer("00:00000000") is None
    assert timer(f"01:{second // 2:08X}", retransmits=3, probes=9) == Timer("retransmit", 0.5, 3)
    assert timer(f"02:{second * 7200:08X}", retransmits=3, probes=2) == Timer("keep-alive", 7200, 2)
    assert timer(f"04:{second:08X}", probes=1) == Timer("window probe", 1, 1)
    assert timer("02:FFFFFFFFFFFFFFFF") == Timer("keep-alive", 0, 0)


@linux
def test_every_line_of_this_machine_can_be_read() -> None:
    """While others connect and close as fast as they can."""
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname()):
                pass

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(20):
            assert all(each.state in sockets.STATES for each in tcp_sockets(os.getpid()).sockets)
    finally:
        stop.set()
        thread.join()
