"""`framing bridge`, between real links."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from subprocess import Popen
from typing import Any

import framing

from .conftest import Run
from .processes import LONG, connected, finished, line_with, on_terminal, reset, started

UBX = framing.load("ubx")
FRAMES = [UBX.encode(bytes(n), **{"class": 1, "id": n}) for n in range(9)]


def exactly(peer: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := peer.recv(size - len(data))):
        data += more
    return data


@contextmanager
def bridged(*options: object, **more: Any) -> Iterator[tuple[Popen[bytes], socket.socket, socket.socket]]:
    """The command, and the peers at its first and its second side."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LONG)
        far = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        command = started("bridge", "tcp-listen://127.0.0.1:0", far, "-f", "ubx", *options, **more)
        with command as process, server.accept()[0] as second, connected(process) as first:
            second.settimeout(LONG)
            yield process, first, second


def test_bytes_pass_both_ways_as_they_come_and_frames_are_shown() -> None:
    with bridged("--json", "--gaps") as (process, first, second):
        first.sendall(FRAMES[8][:5])
        assert exactly(second, 5) == FRAMES[8][:5]  # nobody waits for a whole frame
        first.sendall(FRAMES[8][5:])
        assert exactly(second, 11) == FRAMES[8][5:]
        there = json.loads(line_with(process.stdout, '"frame"'))
        second.sendall(FRAMES[1])
        assert exactly(first, 9) == FRAMES[1]
        back = json.loads(line_with(process.stdout, '"frame"'))
        assert there["fields"]["id"] == 8 and back["fields"]["id"] == 1
        assert there["link"] != back["link"]
        assert (there["start"], back["start"]) == (0, 0)
        first.close()
        second.close()
        assert finished(process)[0] == 0


def test_anything_passes_unchanged_whatever_it_is() -> None:
    data = Random(1).randbytes(3_000_000)
    with bridged(stdout=subprocess.DEVNULL) as (process, first, second):
        first.setblocking(False)
        sent, heard = 0, b""
        while len(heard) < len(data):
            try:
                sent += first.send(data[sent : sent + 65_536])
            except BlockingIOError:
                pass
            more = second.recv(65_536)
            assert more, "the connection was closed"
            heard += more
        assert heard == data
        first.close()
        second.close()
        assert finished(process)[0] == 0


def test_the_end_of_one_side_is_passed_on_and_the_other_may_answer() -> None:
    with bridged("--linger", 30) as (process, first, second):
        first.sendall(FRAMES[2])
        first.shutdown(socket.SHUT_WR)
        assert exactly(second, 1000) == FRAMES[2]
        second.sendall(FRAMES[3])
        second.close()
        assert exactly(first, 1000) == FRAMES[3]
        status, out, err = finished(process)
    assert status == 0
    assert [line.split()[1:3] for line in out.splitlines()] == [
        ["->", "up"],
        ["<-", "up"],
        ["->", "ubx"],
        ["<-", "ubx"],
        ["->", "down"],
        ["<-", "down"],
    ]
    assert err.splitlines() == [
        "-> 1 frame, 10 bytes (ubx 1); 0 gaps, 0 bytes",
        "<- 1 frame, 11 bytes (ubx 1); 0 gaps, 0 bytes",
    ]


def test_one_side_ends_and_the_other_is_silent() -> None:
    with bridged("--linger", "0.05") as (process, first, _):
        first.shutdown(socket.SHUT_WR)
        assert finished(process)[0] == 0


def test_back_pressure_passes_through() -> None:
    """A side that takes nothing stops the other: what is held in between has a bound."""
    with bridged(stdout=subprocess.DEVNULL) as (process, first, second):
        first.settimeout(1)
        sent = 0
        block = FRAMES[8] * 4096
        try:
            while sent < 200_000_000:
                sent += first.send(block)
        except TimeoutError:
            pass
        assert sent < 100_000_000
        first.setblocking(True)
        held = sent
        heard = 0
        while heard < held:
            more = second.recv(1_000_000)
            assert more, "the connection was closed"
            heard += len(more)
        assert heard == held
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 0


def test_a_side_that_breaks() -> None:
    with bridged("--json", "--gaps") as (process, first, second):
        second.sendall(FRAMES[8][:5])
        assert exactly(first, 5) == FRAMES[8][:5]
        reset(second)
        status, out, err = finished(process)
    assert status == 1
    ends = [json.loads(line) for line in out.splitlines()][-3:]
    assert sorted((each["type"], each["reason"]) for each in ends) == [
        ("disconnected", "closed"),
        ("disconnected", "reset"),
        ("gap", "truncated"),
    ]
    assert err.splitlines()[-1].endswith("Connection reset by peer")


def test_a_program_that_reads_nothing_is_heard_to_its_end(run: Run, stream: Path) -> None:
    for number in range(10):
        outcome = run(
            "bridge", f"exec:cat {stream}", f"exec:{sys.executable} -c 'print(1)'", "-f", "ubx", "--linger", 5
        )
        assert outcome.status in (0, 1), number
        assert "-> 2 frames, 18 bytes" in outcome.err


def test_both_directions_are_recorded(run: Run, stream: Path, tmp_path: Path) -> None:
    path = tmp_path / "both.pcapng"
    outcome = run(
        "bridge", f"exec:cat {stream}", "exec:echo answer", "-f", "ubx", "--record", path, "-q", "--linger", 5
    )
    assert outcome.status in (0, 1)
    found = [
        json.loads(line)
        for line in run(
            "listen", f"replay:{path}?speed=0", "-f", "ubx", "--json", "--gaps", "--raw", "-q"
        ).out.splitlines()
    ]
    raws: dict[str, str] = {}
    for each in found:
        if "raw" in each:
            raws[each["stream"]] = raws.get(each["stream"], "") + each["raw"]
    assert raws == {f"exec cat {stream}": stream.read_bytes().hex(), "exec echo answer": b"answer\n".hex()}


def test_links_of_one_name_are_told_apart(run: Run) -> None:
    outcome = run("bridge", "exec:echo a", "exec:echo a", "-f", "ubx", "--json", "-q", "--linger", 5)
    links = [json.loads(line)["link"] for line in outcome.out.splitlines()]
    assert set(links) == {"exec echo a", "exec echo a (2)"}


def test_silence_settles_half_a_frame() -> None:
    with bridged("--json", "--gaps", "--idle", "0.05") as (process, first, _):
        first.sendall(FRAMES[3][:5])
        assert json.loads(line_with(process.stdout, "gap"))["reason"] == "truncated"


def test_the_view_shows_both_directions() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        urls = [f"tcp://127.0.0.1:{each.getsockname()[1]}" for each in (one, other)]
        command = on_terminal("bridge", *urls, "-f", "ubx", columns=120, rows=40)
        with command as (process, terminal), one.accept()[0] as first, other.accept()[0] as second:
            first.sendall(FRAMES[1])
            second.sendall(FRAMES[2])
            terminal.until("in all 1 frame, 9 bytes")
            terminal.until("in all 1 frame, 10 bytes")
            terminal.until("<- ")
            process.send_signal(signal.SIGINT)
            terminal.until("\x1b[?1049l")
            assert process.wait(LONG) == 0


def test_misuse_and_links_that_cannot_be_had(misuse: Callable[..., str], run: Run, stream: Path) -> None:
    assert "did you mean 'tcp'" in misuse("bridge", "exec:cat", "tpc://a:1", "-f", "ubx")
    assert "no format given" in misuse("bridge", "exec:cat", "exec:cat")
    assert "add --json" in misuse("bridge", "exec:cat", "exec:cat", "-f", "ubx", "--kind")
    assert "no rate" in misuse("bridge", "exec:cat", "exec:cat", "-f", "ubx", "--idle", "3.5 characters")
    assert "/nowhere/r" in misuse("bridge", "exec:cat", "exec:cat", "-f", "ubx", "--record", "/nowhere/r")
    outcome = run("bridge", f"file:{stream}", "file:/nowhere/f", "-f", "ubx")
    assert (outcome.status, outcome.err) == (1, "framing: file:/nowhere/f: No such file or directory\n")


def test_a_time_to_end(run: Run) -> None:
    assert run("bridge", "exec:sleep 60", "exec:sleep 60", "-f", "ubx", "--timeout", "0.1").status == 0
