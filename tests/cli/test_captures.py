"""Capture files on the command line: each stream by itself, named; all of them, or those that a URL asks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import framing
from made_captures import DOWN, UP, conversation, datagram, pcap

from .conftest import Run, process

UBX = framing.load("ubx")
ONE, TWO = (UBX.encode(text, **{"class": 1, "id": 2}) for text in (b"one", b"second"))


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Six frames up with noise between, one down, its first half lost; one as a datagram."""
    packets = conversation(ONE * 3 + b"noise" + TWO * 3, ONE + b"lost" + TWO, 11)
    down = [number for number, packet in enumerate(packets) if packet.data.sport == 4028 and packet.data.data]
    del packets[down[1]]
    return pcap(tmp_path / "some capture.PCAP", [*packets, datagram(ONE)])


def records(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_decode_names_the_stream_and_the_time_of_each_frame(run: Run, capture: Path) -> None:
    outcome = run("decode", "-f", "ubx", capture)
    found = records(outcome.out)
    assert [(each["stream"], each["payload"]) for each in found] == [
        *((UP, text.hex()) for text in [b"one"] * 3 + [b"second"] * 3),
        (DOWN, b"one".hex()),
        (f"udp {UP}", b"one".hex()),
    ]
    assert [each["start"] for each in found][:2] == [0, 11]
    assert found[0]["time"] == 1_700_000_000.003
    assert "8 frames" in outcome.err


def test_gaps_cover_what_no_frame_does(run: Run, capture: Path) -> None:
    found = records(run("decode", "-f", "ubx", "--gaps", "--raw", capture).out)
    for stream, data in ((UP, ONE * 3 + b"noise" + TWO * 3), (f"udp {UP}", ONE), (DOWN, ONE + (b"lost" + TWO)[11:])):
        assert b"".join(bytes.fromhex(str(each["raw"])) for each in found if each["stream"] == stream) == data


@pytest.mark.parametrize("query, names", [("tcp=4028", {UP, DOWN}), ("udp=4028", {f"udp {UP}"}), ("direction=sent&tcp=4028", {UP})])
def test_a_url_asks_for_some_streams(run: Run, capture: Path, query: str, names: set[str]) -> None:
    assert {each["stream"] for each in records(run("decode", "-f", "ubx", f"pcap:{capture}?{query}").out)} == names


def test_stats_as_json(run: Run, capture: Path) -> None:
    found = json.loads(run("stats", "--json", "-f", "ubx", capture).out)
    assert found["frames"] == {"ubx": 8}
    assert {name: each["frames"] for name, each in found["streams"].items()} == {
        UP: {"ubx": 6},
        DOWN: {"ubx": 1},
        f"udp {UP}": {"ubx": 1},
    }
    assert found["gap_bytes"] == sum(each["gap_bytes"] for each in found["streams"].values()) > 5


def test_stats_as_tables(run: Run, capture: Path) -> None:
    out = run("stats", "-f", "ubx", "--top", "1", capture).out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    size = len(ONE * 3 + b"noise" + TWO * 3)
    assert f"{UP} {size} 6 {size - 5} 1" in lines
    assert any(line.startswith("2 more ") for line in lines)


def test_fail_on_looks_at_all_streams(run: Run, capture: Path) -> None:
    assert run("stats", "--json", "-f", "ubx", "--fail-on", "gap", capture).status == 1
    assert run("decode", "-f", "ubx", "--fail-on", "gap", f"pcap:{capture}?udp=all").status == 0


def test_the_bytes_of_a_capture_as_they_are(run: Run, capture: Path) -> None:
    found = records(run("decode", "-f", "ubx", "-", stdin=capture.read_bytes()).out)
    assert found and "stream" not in found[0]


def test_misuse(misuse: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "text.pcap").write_text("hello")
    assert "neither pcap nor pcapng" in misuse("decode", "-f", "ubx", tmp_path / "text.pcap")
    assert "No such file" in misuse("stats", "-f", "ubx", tmp_path / "nowhere.pcapng")
    assert "did you mean 'tcp'" in misuse("decode", "-f", "ubx", "pcap:x?tpc=1")
    assert "no format given" in misuse("decode", tmp_path / "text.pcap")


def test_what_is_missing_is_said(capture: Path) -> None:
    capture.write_bytes(capture.read_bytes()[:-3])
    done = process("decode", "-q", "-f", "ubx", capture)
    assert done.returncode == 0
    assert b"the file ends inside a packet, which lacks 3 bytes" in done.stderr
    assert done.stderr.count(b"\n") == 1
