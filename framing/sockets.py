"""The TCP sockets of processes: addresses, state, queues and timers, as the operating system tells them.

Everything but the addresses and the state comes out of Linux's /proc; elsewhere it is None. Sockets that no process holds
any more (such as those in TIME_WAIT) belong to nobody and are not among them. Needs psutil.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from framing.transports.addresses import shown

if TYPE_CHECKING:
    import psutil

PROC = Path("/proc")

STATES = (
    *("established", "syn-sent", "syn-recv", "fin-wait1", "fin-wait2", "time-wait", "close", "close-wait", "last-ack"),
    *("listen", "closing", "syn-recv"),
)
"""The kernel's states, which it counts from 1."""

TIMERS = {1: "retransmit", 2: "keep-alive", 3: "time-wait", 4: "window probe"}
"""The kernel's timers. It tells only the one that comes next: while bytes are under way, that is never keep-alive."""


@dataclass(frozen=True)
class Timer:
    """What the kernel will do next for a socket by itself."""

    kind: str
    """One of `TIMERS`; "keep-alive" also stands for the end of "fin-wait2"."""
    seconds: float
    """Until then."""
    tries: int
    """Times that it was done already without an answer."""


@dataclass(frozen=True)
class TcpSocket:
    """One TCP socket of one process."""

    pid: int
    process: str
    """The name of the process."""
    fds: tuple[int, ...]
    """The process's descriptors for it."""
    local: str
    """The own address, as `192.0.2.1:4028` or `[2001:db8::1]:4028`."""
    remote: str | None
    """The peer's address; None where there is no peer."""
    state: str
    """One of `STATES`."""
    receive_queue: int | None = None
    """Bytes that came and that the process has not read; of a listening socket, peers that wait for being accepted."""
    send_queue: int | None = None
    """Bytes that the process has written and the peer has not acknowledged."""
    timer: Timer | None = None


class Survey(NamedTuple):
    """Sockets by process and descriptor, and how many processes this user may not look at."""

    sockets: list[TcpSocket]
    hidden: int


def tcp_sockets(pid: int | None = None) -> Survey:
    """The TCP sockets of one process, or of all. Raises ProcessLookupError, PermissionError, ImportError without psutil."""
    import psutil

    try:
        processes = list(psutil.process_iter()) if pid is None else [psutil.Process(pid)]
    except psutil.NoSuchProcess:
        raise ProcessLookupError(f"there is no process {pid}") from None
    tables: dict[str, dict[int, _Row]] = {}
    found: list[TcpSocket] = []
    hidden = 0
    for process in sorted(processes, key=lambda each: each.pid):
        try:
            found += sorted(_of(process, tables), key=lambda each: each.fds)
        except (psutil.AccessDenied, PermissionError):
            if pid is not None:
                raise PermissionError(f"process {pid} is not yours to look at") from None
            hidden += 1
        except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            if pid is not None:
                raise ProcessLookupError(f"process {pid} has ended") from None
    return Survey(found, hidden)


def _of(process: psutil.Process, tables: dict[str, dict[int, _Row]]) -> Iterator[TcpSocket]:
    place = PROC / str(process.pid)
    if not (place / "net" / "tcp").exists():
        yield from _without_proc(process)
        return
    held = _inodes(place / "fd")
    if not held:
        return
    namespace = os.readlink(place / "ns" / "net")  # each has a table of its own
    if namespace not in tables:
        tables[namespace] = {row.inode: row for row in _rows(place / "net")}
    name = process.name()
    for inode, fds in held.items():
        row = tables[namespace].get(inode)
        if row is not None:
            yield TcpSocket(
                process.pid, name, tuple(fds), row.local, row.remote, row.state, row.received, row.unsent, row.timer
            )


def _without_proc(process: psutil.Process) -> Iterator[TcpSocket]:
    name = process.name()
    for each in process.net_connections(kind="tcp"):
        remote = shown(each.raddr) if each.raddr else None
        local = shown(each.laddr) if each.laddr else ""
        yield TcpSocket(process.pid, name, (each.fd,), local, remote, each.status.lower().replace("_", "-"))


def _inodes(folder: Path) -> dict[int, list[int]]:
    """The descriptors of each socket that a process holds, by the socket's inode."""
    found: dict[int, list[int]] = {}
    for fd in sorted(map(int, os.listdir(folder))):
        try:
            kind, _, rest = os.readlink(folder / str(fd)).partition(":[")
        except FileNotFoundError:  # closed meanwhile
            continue
        if kind == "socket":
            found.setdefault(int(rest[:-1]), []).append(fd)
    return found


class _Row(NamedTuple):
    inode: int
    local: str
    remote: str | None
    state: str
    received: int
    unsent: int
    timer: Timer | None


def _rows(folder: Path) -> Iterator[_Row]:
    """The kernel's tables of TCP sockets, as `/proc/net/tcp` and `tcp6` have them."""
    for name in ("tcp", "tcp6"):
        try:
            lines = (folder / name).read_text(encoding="ascii").splitlines()
        except FileNotFoundError:  # a kernel without IPv6
            continue
        yield from map(_row, lines[1:])


def _row(line: str) -> _Row:
    _, local, remote, state, queues, timer, retransmits, _, probes, inode, *_ = line.split()
    unsent, received = (int(digits, 16) for digits in queues.split(":"))
    peer = _address(remote)
    return _Row(
        int(inode),
        shown(_address(local)),
        shown(peer) if peer[1] else None,
        STATES[int(state, 16) - 1],
        received,
        unsent,
        _timer(timer, int(retransmits, 16), int(probes)),
    )


def _timer(text: str, retransmits: int, probes: int) -> Timer | None:
    code, ticks = (int(digits, 16) for digits in text.split(":"))
    if code not in TIMERS:
        return None
    if ticks >= 1 << 63:  # due already: a negative number
        ticks = 0
    return Timer(TIMERS[code], ticks / os.sysconf("SC_CLK_TCK"), retransmits if code == 1 else probes)


def _address(text: str) -> tuple[str, int]:
    """`0100007F:0FBC` is 127.0.0.1, port 4028: words of 32 bits in this machine's byte order, then the port."""
    digits, port = text.split(":")
    words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words)), int(port, 16)
