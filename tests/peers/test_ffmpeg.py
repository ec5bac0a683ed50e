"""ffmpeg sends a transport stream over TCP and UDP, and ffprobe counts its packets; ffprobe also reads what is sent from here."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

import framing
from driven import PATIENCE
from framing import Connection, Frame

for program in ("ffmpeg", "ffprobe"):
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} (Debian package ffmpeg)", allow_module_level=True)

TS_PACKET = 188
VIDEO, SOUND = 0x100, 0x101
"""Packet identifiers that ffmpeg gives to the first two streams."""

Start = Callable[..., Popen[Any]]


def ffmpeg(start: Start, seconds: int, rate: str, *outputs: object) -> Popen[Any]:
    """Sends a test picture and a tone to all outputs alike."""
    source = ("-f", "lavfi", "-i", f"testsrc=size=160x120:rate=25:duration={seconds}")
    tone = ("-f", "lavfi", "-i", f"sine=duration={seconds}")
    coded = ("-c:v", "mpeg2video", "-b:v", rate, "-c:a", "mp2", "-b:a", "32k", "-map", "0", "-map", "1")
    to_all = "|".join(f"[f=mpegts]{each}" for each in outputs)
    return start("ffmpeg", "-nostdin", "-v", "error", "-y", *source, *tone, *coded, "-f", "tee", to_all)


def ffprobe(start: Start, source: object) -> Popen[Any]:
    """Counts the packets of each stream: those that a decoder would be given."""
    return start("ffprobe", "-v", "error", "-count_packets", "-show_streams", "-of", "json", source, stdout=PIPE)


def counted_by(process: Popen[Any]) -> dict[int, int]:
    """What ffprobe says, by the stream's identifier."""
    streams = json.loads(process.communicate()[0])["streams"]
    return {int(each["id"], 16): int(each["nb_read_packets"]) for each in streams}


def counted_here(frames: list[Frame]) -> dict[int, int]:
    """Each packet of a stream begins in a transport packet that says so."""
    return Counter(frame["pid"] for frame in frames if frame["start"] and frame["pid"] in (VIDEO, SOUND))


def all_frames(stream: Connection) -> list[Frame]:
    """Those up to the end. Who trusts the sender to come at all can simply iterate."""
    frames: list[Frame] = []
    with suppress(EOFError):
        while events := stream.read(PATIENCE):
            frames += [event for event in events if isinstance(event, Frame)]
    return frames


def address(connection: Connection) -> str:
    transport: Any = connection.transport
    host, port = transport.address
    return f"{host}:{port}"


def assert_nothing_is_missing(frames: list[Frame], recorded: Path, start: Start) -> None:
    assert b"".join(frame.raw for frame in frames) == recorded.read_bytes()
    counts = counted_by(ffprobe(start, recorded))
    assert counts.keys() == {VIDEO, SOUND} and min(counts.values()) > 50
    assert counted_here(frames) == counts


def test_over_tcp(start: Start, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.ts"
    with framing.open("tcp-listen://127.0.0.1:0", "mpeg-ts") as stream:
        process = ffmpeg(start, 30, "600k", recorded, f"tcp://{address(stream)}")
        frames = all_frames(stream)
        assert process.wait(PATIENCE) == 0
        assert stream.stats.gap_bytes == 0
    assert len(frames) > 5_000
    assert_nothing_is_missing(frames, recorded, start)


def test_over_udp(start: Start, tmp_path: Path) -> None:
    """Datagrams of seven packets, few enough for the system to hold them all while we wait for the processor."""
    recorded = tmp_path / "recorded.ts"
    with framing.open("udp-listen://127.0.0.1:0?receive-buffer=4000000", "mpeg-ts") as stream:
        process = ffmpeg(start, 4, "40k", recorded, f"udp://{address(stream)}?pkt_size={7 * TS_PACKET}")
        assert process.wait(PATIENCE) == 0
        frames: list[Frame] = []
        while stream.stats.bytes_in < recorded.stat().st_size:
            events = stream.read(PATIENCE)
            assert events, f"only {len(frames)} packets came"
            frames += [event for event in events if isinstance(event, Frame)]
        assert stream.stats.gap_bytes == 0
    assert len(frames) > 300
    assert_nothing_is_missing(frames, recorded, start)


def test_ffprobe_reads_what_is_sent_from_here(start: Start, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.ts"
    assert ffmpeg(start, 10, "200k", recorded).wait(PATIENCE) == 0
    with framing.open(f"file://{recorded}", "mpeg-ts") as file:
        packets = [event for event in file if isinstance(event, Frame)]
    with framing.open("tcp-listen://127.0.0.1:0", "mpeg-ts") as stream:
        reader = ffprobe(start, f"tcp://{address(stream)}")
        for packet in packets:
            stream.write(packet.payload, timeout=PATIENCE, **packet.fields)
    assert counted_by(reader) == counted_here(packets) == counted_by(ffprobe(start, recorded))
