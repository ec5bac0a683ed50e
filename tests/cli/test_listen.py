"""`framing listen`, with real links."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import framing

from .conftest import Run
from .processes import LONG, address_of, connected, finished, line_with, on_terminal, reset, started

UBX = framing.load("ubx")
FRAMES = [UBX.encode(bytes(n), **{"class": 1, "id": n}) for n in range(9)]
HERE = "tcp-listen://127.0.0.1:0"


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# --- what is printed -------------------------------------------------------------------------------------------------


def test_lines_for_people(run: Run, stream: Path) -> None:
    outcome = run("listen", f"file:{stream}", "-f", "ubx", "-f", "nmea", "--gaps")
    assert outcome.status == 0
    lines = [line.split(None, 1)[1] for line in outcome.out.splitlines()]
    assert lines == [
        f"up                               file {stream}",
        "ubx      5, 1              10 B  01 02",
        "gap      checksum          10 B  b5 62 05 01 02 00 01 02 0b 2e",
        "ubx      6, 0               8 B",
        "gap      noise              5 B  noise",
        "nmea     GPGLL             13 B  GPGLL,1",
        "down     end",
    ]
    assert outcome.err == "3 frames, 31 bytes (ubx 2, nmea 1); 2 gaps, 15 bytes (checksum 1 rejected)\n"


def test_json_is_that_of_decode_with_stream_and_time_and_the_link(run: Run, stream: Path) -> None:
    options = ["-f", "ubx", "-f", "nmea", "--gaps", "--raw", "--kind"]
    found = records(run("listen", f"file:{stream}", "--json", *options).out)
    times = [each.pop("time") for each in found]
    assert times == sorted(times)
    assert {each.pop("stream") for each in found} == {""}
    assert found[0] == {"type": "connected", "link": f"file {stream}", "attempt": 1}
    assert found[-1] == {"type": "disconnected", "reason": "end", "detail": ""}
    assert found[1:-1] == records(run("decode", *options, stream).out)


def test_a_count_of_frames_ends_it(run: Run, stream: Path) -> None:
    outcome = run("listen", f"file:{stream}", "-f", "ubx", "--gaps", "--json", "--count", 2)
    assert [each["type"] for each in records(outcome.out)] == ["connected", "frame", "gap", "frame"]
    assert outcome.status == 0
    fewer = run("listen", f"file:{stream}", "-f", "ubx", "-q", "--count", 3)
    assert fewer.status == 1
    assert fewer.err == f"framing: file:{stream}: 2 of 3 frames came\n"


def test_a_recording_plays_again(run: Run, stream: Path, tmp_path: Path) -> None:
    options = ["-f", "ubx", "-f", "nmea", "--gaps", "--json", "-q"]
    first = records(run("listen", f"file:{stream}", *options, "--record", tmp_path / "r.pcapng").out)
    again = records(run("listen", f"replay:{tmp_path / 'r.pcapng'}?speed=0", *options).out)
    for one, other in zip(first[1:-1], again[1:-1], strict=True):
        assert abs(one.pop("time") - other.pop("time")) < 1  # that of the record
        assert (one.pop("stream"), other.pop("stream")) == ("", f"file {stream}")
        assert one == other


def test_quiet(run: Run, stream: Path) -> None:
    assert run("listen", f"file:{stream}", "-f", "ubx", "-q").err == ""


# --- links that come, go and are silent ------------------------------------------------------------------------------


def test_a_peer_that_comes_and_ends() -> None:
    with started("listen", HERE, "-f", "ubx", "--json") as process:
        with connected(process) as peer:
            peer.sendall(FRAMES[3] + FRAMES[4])
            assert json.loads(line_with(process.stdout, "frame"))["fields"]["id"] == 3  # at once, while the link lives
        status, out, err = finished(process)
    assert status == 0
    assert [each["type"] for each in records(out)] == ["frame", "disconnected"]
    assert err.startswith("2 frames")


def test_a_link_that_breaks_ends_with_its_last_events_and_status_1() -> None:
    with started("listen", HERE, "-f", "ubx", "--json", "--gaps") as process:
        peer = connected(process)
        peer.sendall(FRAMES[3] + FRAMES[4][:5])
        line_with(process.stdout, "frame")
        reset(peer)
        status, out, err = finished(process)
    assert status == 1
    assert [(each["type"], each["reason"]) for each in records(out)] == [
        ("gap", "truncated"),
        ("disconnected", "reset"),
    ]
    assert err.splitlines()[1:] == [f"framing: {HERE}: Connection reset by peer"]


def test_reconnecting_never_joins_halves_and_sigterm_is_a_good_end() -> None:
    with started("listen", HERE, "-f", "ubx", "--json", "--gaps", "--reconnect") as process:
        address = address_of(process)
        for half in (FRAMES[8][:9], FRAMES[8][9:] + FRAMES[1]):
            with socket.create_connection(address, timeout=LONG) as peer:
                peer.sendall(half)
                peer.shutdown(socket.SHUT_WR)
                found = [json.loads(line_with(process.stdout, "type"))]
                while found[-1]["type"] != "disconnected":
                    found.append(json.loads(line_with(process.stdout, "type")))
        assert [each["type"] for each in found] == ["connected", "gap", "frame", "disconnected"]
        process.send_signal(signal.SIGTERM)
        status, _, err = finished(process)
    assert status == 0
    assert err.startswith("1 frame, 9 bytes (ubx 1); 2 gaps, 16 bytes")


def test_silence_settles_half_a_frame() -> None:
    with (
        started("listen", HERE, "-f", "ubx", "--json", "--gaps", "--idle", "0.05") as process,
        connected(process) as peer,
    ):
        peer.sendall(FRAMES[3][:5])
        assert json.loads(line_with(process.stdout, "gap"))["reason"] == "truncated"


def test_a_time_to_end(run: Run) -> None:
    outcome = run("listen", HERE, "-f", "ubx", "--timeout", "0.05")
    assert (outcome.status, outcome.out) == (0, "")


def test_a_recording_that_fails_is_told_and_the_link_goes_on(run: Run, stream: Path) -> None:
    outcome = run("listen", f"file:{stream}", "-f", "ubx", "--record", "/dev/full")
    assert outcome.status in (1, 2)
    assert "No space left on device" in outcome.err


def test_nobody_reads_the_lines(tmp_path: Path) -> None:
    path = tmp_path / "many.bin"
    path.write_bytes(FRAMES[8] * 20_000)
    with started("listen", f"file:{path}", "-f", "ubx", "--json") as process:
        line_with(process.stdout, "frame")
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        status, _, err = finished(process)
    assert status == 0
    assert "frames" in err and err.count("\n") == 1


def test_it_ends_though_its_output_is_stuck(tmp_path: Path) -> None:
    path = tmp_path / "many.bin"
    path.write_bytes(FRAMES[8] * 20_000)
    with started("listen", f"file:{path}", "-f", "ubx", "--json") as process:
        line_with(process.stdout, "frame")
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) in (0, 130)  # 130 where it was already waiting for the pipe


# --- the view --------------------------------------------------------------------------------------------------------


def test_the_view_follows_the_link_and_ctrl_c_leaves_a_summary() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = on_terminal("listen", f"tcp://127.0.0.1:{server.getsockname()[1]}", "-f", "ubx")
        with command as (process, terminal), server.accept()[0] as peer:
            peer.sendall(b"".join(FRAMES) + FRAMES[8][:-1] + b"x" + FRAMES[1])
            terminal.until("in all 10 frames, 133 bytes")
            terminal.until("checksum")
            terminal.until("nothing arrived for")
            peer.sendall(FRAMES[2][:-1])
            terminal.until("9 bytes pending in the decoder for")
            process.send_signal(signal.SIGINT)
            terminal.until("\x1b[?1049l")
            assert process.wait(LONG) == 0
            assert process.stderr is not None
            assert process.stderr.read().decode().startswith("10 frames, 117 bytes (ubx 10); 2 gaps")


def test_a_flood_is_counted_to_the_last_frame(tmp_path: Path) -> None:
    path = tmp_path / "flood.bin"
    path.write_bytes(FRAMES[8] * 300_000)
    with on_terminal("listen", f"file:{path}", "-f", "ubx") as (process, terminal):
        drain = threading.Thread(target=terminal.until, args=["\x1b[?1049l"])
        drain.start()
        assert process.wait(LONG) == 0
        drain.join()
        assert process.stderr is not None
        assert process.stderr.read().decode().startswith("300,000 frames, 4,800,000 bytes (ubx 300,000); 0 gaps")


# --- misuse ----------------------------------------------------------------------------------------------------------


def test_misuse(misuse: Callable[..., str], stream: Path) -> None:
    url = f"file:{stream}"
    assert "did you mean 'tcp'?" in misuse("listen", "tcpp://127.0.0.1:1", "-f", "ubx")
    assert "did you mean 'follow'?" in misuse("listen", f"{url}?folow=1", "-f", "ubx")
    assert misuse("listen", url) == "no format given; name one with -f, `framing formats` lists them"
    assert "add --json" in misuse("listen", url, "-f", "ubx", "--raw")
    assert "expected strict or early" in misuse("listen", url, "-f", "ubx", "--order", "erly")
    assert "no rate" in misuse("listen", url, "-f", "ubx", "--idle", "3.5 characters")
    assert "idle" in misuse("listen", url, "-f", "ubx", "--idle", "soon")
    assert "/nowhere/r: No such file" in misuse("listen", url, "-f", "ubx", "--record", "/nowhere/r")
    assert "no number of seconds" in misuse("listen", url, "-f", "ubx", "--timeout", "soon")


def test_a_link_that_cannot_be_had(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    outcome = run("listen", f"tcp://127.0.0.1:{port}", "-f", "ubx")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == f"framing: tcp://127.0.0.1:{port}: 127.0.0.1:{port}: Connection refused\n"
