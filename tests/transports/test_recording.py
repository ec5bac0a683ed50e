"""Recordings: what was written is read back, by us and by others; a torn end loses one write."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from dpkt.pcapng import Reader
from hypothesis import given
from hypothesis import strategies as st

from framing.transports.capture_files import packets
from framing.transports.recording import LARGEST, Recorder
from made_captures import arrivals, program, streams, tshark

NOW = 1_700_000_000.123_456_7


def example(path: Path) -> Path:
    recorder = Recorder(path)
    recorder.write(b"heard", "in", NOW, "serial /dev/ttyX 9600 8N1")
    recorder.write(b"said", "out", NOW + 1, "serial /dev/ttyX 9600 8N1")
    recorder.write(bytes(LARGEST + 1), "in", NOW + 2, "tcp é", broken=True)
    recorder.write(b"", "in", NOW + 3, "serial /dev/ttyX 9600 8N1", broken=True)
    recorder.write(memoryview(b"later"), "in", NOW + 4, "serial /dev/ttyX 9600 8N1", ends=True)
    recorder.close()
    recorder.close()
    return path


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = example(tmp_path / "made.pcapng")
    found = arrivals(f"pcap:{path}")
    assert streams(found) == {
        "serial /dev/ttyX 9600 8N1": [b"heard", b"later"],
        "serial /dev/ttyX 9600 8N1 sent": [b"said"],
        "tcp é": [bytes(LARGEST + 1)],
    }
    assert [each.broken for each in found] == [False, False, True, False, True, False, False]
    assert [each.ends for each in found] == [False] * 6 + [True]


@given(st.floats(0, 4_000_000_000))
def test_times_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, moment: float) -> None:
    """To the nanosecond; and today's times, which a float has in steps of 240 ns, exactly."""
    path = tmp_path_factory.mktemp("times") / "made.pcapng"
    recorder = Recorder(path)
    recorder.write(b"x", "in", moment, "link")
    recorder.close()
    with path.open("rb") as file:
        (packet,) = packets(file, "made", [])
    assert packet.time is not None
    assert abs(packet.time - moment) <= 0.5e-9 + 1e-16 * moment
    if moment > 10_000_000:
        assert packet.time == moment


def test_dpkt_reads_it(tmp_path: Path) -> None:
    with example(tmp_path / "made.pcapng").open("rb") as file:
        reader = Reader(file)
        assert reader.datalink() == 147
        found = list(reader)
    assert [data for _, data in found] == [b"heard", b"said", bytes(LARGEST), b"\0", b"", b"later", b""]
    assert found[0][0] == pytest.approx(NOW, abs=1e-6)


def test_tshark_and_capinfos_read_it(tmp_path: Path) -> None:
    path = example(tmp_path / "made.pcapng")
    wanted = ("frame.interface_name", "frame.time_epoch", "frame.packet_flags_direction", "frame.cap_len", "frame.comment")
    fields = [word for name in wanted for word in ("-e", name)]
    lines = [line.split("|") for line in tshark("-r", path, "-T", "fields", "-E", "separator=|", *fields).splitlines()]
    serial = "serial /dev/ttyX 9600 8N1"
    assert [(name, int(flags, 0), int(size)) for name, _, flags, size, _ in lines] == [
        (serial, 1, 5),
        (serial, 2, 4),
        ("tcp é", 1, LARGEST),
        ("tcp é", 1, 1),
        (serial, 1, 0),
        (serial, 1, 5),
        (serial, 1, 0),
    ]
    assert lines[0][1].startswith("1700000000.1234567")
    assert [bool(comment) for *_, comment in lines] == [False, False, True, False, True, False, True]
    done = subprocess.run([program("capinfos"), "-M", str(path)], capture_output=True, text=True, timeout=60, check=True)
    for line in ("Number of packets:   7", "Number of interfaces in file: 2", "USER 0", "nanoseconds (9)"):
        assert line in done.stdout


def test_a_process_that_is_killed_loses_nothing_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "made.pcapng"
    script = (
        "import os, sys; from framing.transports.recording import Recorder\n"
        "recorder = Recorder(sys.argv[1])\n"
        "for number in range(100): recorder.write(bytes([number]), 'in', 1.0, 'link')\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], timeout=60, check=False)
    assert done.returncode == -9
    assert streams(arrivals(f"pcap:{path}")) == {"link": [bytes(range(100))]}


def test_a_torn_end_loses_the_last_write(tmp_path: Path) -> None:
    path = tmp_path / "made.pcapng"
    recorder = Recorder(path)
    for data in (b"one", b"two"):
        recorder.write(data, "in", 1.0, "link")
    recorder.close()
    path.write_bytes(path.read_bytes()[:-5])
    assert streams(arrivals(f"pcap:{path}")) == {"link": [b"one"]}


class Full:
    """A file on a disk that takes only so many bytes more."""

    def __init__(self, path: Path, room: int) -> None:
        self.file = path.open("r+b", buffering=0)
        self.file.seek(0, 2)
        self.room = room
        self.closed = False

    def write(self, data: bytes) -> int:
        if not self.room:
            raise OSError(28, "no space left on device")
        taken = self.file.write(data[: self.room])
        self.room -= taken
        return taken

    def __getattr__(self, name: str) -> object:
        return getattr(self.file, name)


def test_a_full_disk_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "made.pcapng"
    recorder = Recorder(path)
    recorder.write(b"fits", "in", 1.0, "link")
    recorder._file.close()
    recorder._file = Full(path, 20)  # type: ignore[assignment]
    with pytest.raises(OSError, match="no space"):
        recorder.write(b"does not fit", "in", 1.0, "link")
    recorder._file.close()
    with path.open("rb") as file:
        notes: list[str] = []
        assert [each.data for each in packets(file, "made", notes)] == [b"fits"]
    assert not notes


def test_threads_write_whole_packets(tmp_path: Path) -> None:
    path = tmp_path / "made.pcapng"
    recorder = Recorder(path)

    def write(way: str, name: str) -> None:
        for _ in range(200):
            recorder.write(name.encode() * 50, way, 1.0, name)

    threads = [threading.Thread(target=write, args=each) for each in (("in", "a"), ("out", "a"), ("in", "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    assert streams(arrivals(f"pcap:{path}")) == {"a": [b"a" * 10_000], "a sent": [b"a" * 10_000], "b": [b"b" * 10_000]}


def test_misuse(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "made.pcapng")
    with pytest.raises(ValueError, match="'up' is no direction"):
        recorder.write(b"x", "up", 1.0, "link")
    recorder.close()
    with pytest.raises(ValueError, match="after close"):
        recorder.write(b"x", "in", 1.0, "link")
    with pytest.raises(OSError, match="No such file"):
        Recorder(tmp_path / "nowhere" / "made.pcapng")
