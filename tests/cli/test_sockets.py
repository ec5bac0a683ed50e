"""`framing sockets`."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("psutil")
if sys.platform != "linux":
    pytest.skip("only Linux tells of queues and timers", allow_module_level=True)

from framing import sockets  # needs psutil
from framing.cli.sockets import short
from framing.sockets import Survey, TcpSocket, Timer

from .conftest import Run


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


LONG = "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535"
FOUND = [
    TcpSocket(4711, "logger", (3,), "0.0.0.0:4028", None, "listen", 2, 0),
    TcpSocket(
        4711, "logger", (14, 15), LONG, LONG, "established", 12_345_678, 999, Timer("retransmit", 0.42, 3)
    ),
    TcpSocket(
        70_000, "sim", (5,), "192.168.100.100:45678", "192.168.100.101:40280", "fin-wait1", 0, 0, Timer("keep-alive", 29.96, 0)
    ),
]


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "tcp_sockets", lambda pid: Survey(FOUND, 3))


def test_a_real_process(run: Run, door: socket.socket) -> None:
    outcome = run("sockets", os.getpid())
    assert (outcome.status, outcome.err) == (0, "")
    rows = [line.split() for line in outcome.out.splitlines()]
    assert any(row[0] == str(os.getpid()) for row in rows if row)
    address = f"127.0.0.1:{door.getsockname()[1]}"
    assert [str(door.fileno()), address, "–", "listen", "–", "–", "0", "waiting"] in rows


def test_json_has_an_object_a_line(run: Run, door: socket.socket) -> None:
    outcome = run("sockets", "--json", os.getpid())
    assert (outcome.status, outcome.err) == (0, "")
    found = {each["fds"][0]: each for each in map(json.loads, outcome.out.splitlines())}
    mine = found[door.fileno()]
    assert mine.pop("process")
    assert mine == {
        "pid": os.getpid(),
        "fds": [door.fileno()],
        "local": f"127.0.0.1:{door.getsockname()[1]}",
        "remote": None,
        "state": "listen",
        "receive_queue": 0,
        "send_queue": 0,
        "timer": None,
    }


def test_json_of_a_timer(run: Run, made_up: None) -> None:
    lines = [json.loads(line) for line in run("sockets", "--json").out.splitlines()]
    assert [line["timer"] for line in lines] == [
        None,
        {"kind": "retransmit", "seconds": 0.42, "tries": 3},
        {"kind": "keep-alive", "seconds": 29.96, "tries": 0},
    ]


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_it_fits_and_nothing_is_cut(run: Run, made_up: None, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run("sockets").out.splitlines()
    assert max(map(len, lines)) <= width
    assert lines[-1] == "3 TCP sockets; 3 processes are not yours to look at."
    assert "…" not in "".join(lines)
    columns = [lines[0].index(name) for name in ("local", "remote", "state")]
    local = "".join(line[columns[0] : columns[1]].strip() for line in lines[2:-1])
    remote = "".join(line[columns[1] : columns[2]].strip() for line in lines[2:-1])
    assert local == f"logger0.0.0.0:4028{LONG}sim192.168.100.100:45678"
    assert remote == f"–{LONG}192.168.100.101:40280"
    words = " ".join("".join(lines).split())
    for word in ("14,15", "established", "fin-wait1", "waiting", "retransmit", "unanswered", "keep-alive", "30.0 s"):
        assert word in words


def test_numbers_in_full_where_there_is_room(run: Run, made_up: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "12.3M" in run("sockets").out
    monkeypatch.setenv("COLUMNS", "200")
    out = run("sockets").out
    assert "12,345,678" in out
    assert "retransmit in 0.4\N{NO-BREAK SPACE}s, 3 unanswered" in out


def test_short_numbers() -> None:
    sizes = (0, 999, 1000, 12_999, 999_999, 13_400_000, 5_000_000_000)
    assert [short(size) for size in sizes] == ["0", "999", "1.0k", "12.9k", "999.9k", "13.4M", "5.0G"]


def test_what_is_not_told_is_a_dash(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = [TcpSocket(1, "x", (3,), "a:1", "b:2", "established"), TcpSocket(1, "x", (4,), "a:1", None, "listen")]
    monkeypatch.setattr(sockets, "tcp_sockets", lambda pid: Survey(bare, 0))
    rows = [line.split() for line in run("sockets").out.splitlines()]
    assert ["3", "a:1", "b:2", "established", "–", "–", "–"] in rows
    assert ["4", "a:1", "–", "listen", "–", "–", "–"] in rows


@pytest.mark.parametrize(("found", "words"), [([], "no TCP sockets."), (FOUND[:1], "1 TCP socket.")])
def test_few(run: Run, monkeypatch: pytest.MonkeyPatch, found: list[TcpSocket], words: str) -> None:
    monkeypatch.setattr(sockets, "tcp_sockets", lambda pid: Survey(found, 0))
    assert run("sockets").out.splitlines()[-1] == words
    assert len(run("sockets", "--json").out.splitlines()) == len(found)


def test_no_such_process(misuse: Callable[..., str]) -> None:
    assert misuse("sockets", 999_999_999) == "there is no process 999999999"
    assert "integer" in misuse("sockets", "init")


def test_it_needs_psutil(misuse: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert misuse("sockets") == "`framing sockets` needs psutil: pip install psutil"
