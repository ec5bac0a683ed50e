"""Files that ffmpeg writes: as many frames are found in them as ffprobe counts packets."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import framing
from driven import PATIENCE
from framing import Frame

for program in ("ffmpeg", "ffprobe"):
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} (Debian package ffmpeg)", allow_module_level=True)

PARITY = bytes(range(16))
"""What stands where a receiver would put the parity of a transport packet; ffprobe does not look at it."""


@dataclass(frozen=True)
class Made:
    """How ffmpeg makes a file, what it is decoded by, and which of the frames found are packets to ffprobe."""

    name: str
    spec: str
    arguments: str
    formats: frozenset[str]
    gaps: int = 0
    headers: int = 0
    """Frames that carry no sound, such as the one in which LAME describes the file."""


def made(name: str, spec: str, arguments: str, *formats: str, gaps: int = 0, headers: int = 0) -> Made:
    return Made(name, spec, arguments, frozenset(formats or {spec}), gaps, headers)


SOUNDS = [
    made("mono.aac", "adts", "-c:a aac -ac 1"),
    made("stereo.aac", "adts", "-c:a aac -ac 2 -ar 22050 -b:a 64k"),
    made("lame.mp3", "mpeg-audio", "-c:a libmp3lame -b:a 64k -id3v2_version 0 -write_xing 0"),
    made("variable.mp3", "mpeg-audio", "-c:a libmp3lame -q:a 4 -id3v2_version 0", headers=1),
    made("low.mp3", "mpeg-audio", "-c:a libmp3lame -ar 11025 -b:a 16k -id3v2_version 0 -write_xing 0"),
    made("layer2.mp2", "mpeg-audio", "-c:a mp2 -ar 44100 -b:a 96k"),
    made("plain.flac", "flac", "-c:a flac", gaps=1),
    made("wide.flac", "flac", "-c:a flac -ar 96000 -sample_fmt s32 -ac 2", gaps=1),
    made("48000.ac3", "ac3", "-c:a ac3 -ar 48000 -b:a 96k", "ac3.ac3"),
    made("44100.ac3", "ac3", "-c:a ac3 -ar 44100 -b:a 64k", "ac3.ac3"),
    made("32000.ac3", "ac3", "-c:a ac3 -ar 32000 -ac 6 -b:a 448k", "ac3.ac3"),
    made("stereo.eac3", "ac3", "-c:a eac3 -ar 48000 -ac 2 -b:a 128k", "ac3.eac3"),
    made("44100.eac3", "ac3", "-c:a eac3 -ar 44100 -b:a 64k", "ac3.eac3"),
]


def run(*command: object) -> bytes:
    return subprocess.run([str(each) for each in command], stdout=subprocess.PIPE, check=True, timeout=PATIENCE).stdout


def ffmpeg(path: Path, arguments: str, picture: bool = False) -> bytes:
    """A tone of two seconds, and a test picture if wanted, as a file; without anything that changes from run to run."""
    images = ("-f", "lavfi", "-i", "testsrc=size=160x120:rate=25:duration=2") if picture else ()
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2")
    run("ffmpeg", "-nostdin", "-v", "error", "-y", *images, *tone, *arguments.split(), "-fflags", "+bitexact", path)
    return path.read_bytes()


def counted_by_ffprobe(path: Path) -> dict[int, int]:
    """Packets by the stream's index, or by its identifier where the container has one."""
    said = run("ffprobe", "-v", "error", "-count_packets", "-show_streams", "-of", "json", path)
    streams = json.loads(said)["streams"]
    return {int(each.get("id", "0"), 16): int(each["nb_read_packets"]) for each in streams}


def decoded(data: bytes, spec: str) -> tuple[list[Frame], int]:
    """The frames, and the number of gaps between them."""
    events = framing.decode(data, framing.load(spec))
    assert b"".join(event.raw for event in events) == data
    frames = [event for event in events if isinstance(event, Frame)]
    return frames, len(events) - len(frames)


@pytest.mark.parametrize("sound", SOUNDS, ids=lambda each: each.name)
def test_sound(sound: Made, tmp_path: Path) -> None:
    """As many frames as ffprobe counts, and each of them is encoded again as it was."""
    path = tmp_path / sound.name
    frames, gaps = decoded(ffmpeg(path, sound.arguments), sound.spec)
    assert {frame.format for frame in frames} == sound.formats
    assert gaps == sound.gaps
    assert [len(frames) - sound.headers] == list(counted_by_ffprobe(path).values())
    assert len(frames) > 10
    protocol = framing.load(sound.spec)
    for frame in frames:
        _, _, name = frame.format.partition(".")
        again = protocol[name] if name else protocol
        assert again.encode(frame.payload, **frame.fields) == frame.raw


def test_pages_of_ogg_carry_the_packets(tmp_path: Path) -> None:
    """A packet ends with each entry of a page's table that is less than 255; the first two describe the stream."""
    path = tmp_path / "opus.ogg"
    pages, gaps = decoded(ffmpeg(path, "-c:a libopus -b:a 128k"), "ogg")
    packets = sum(size < 255 for page in pages for size in page["segment_table"])
    assert gaps == 0
    assert [packets - 2] == list(counted_by_ffprobe(path).values())


def starts(frames: list[Frame]) -> dict[int, int]:
    """Packets of the elementary streams of picture and sound: each begins in a transport packet that says so."""
    pids = {frame["pid"] for frame in frames if frame["start"] and frame.payload[frame_data(frame) :][:3] == b"\0\0\1"}
    return {pid: sum(frame["pid"] == pid and frame["start"] for frame in frames) for pid in pids}


def frame_data(frame: Frame) -> int:
    """Where the data of a transport packet begin, behind its adaptation field."""
    return 1 + frame.payload[0] if frame["adaptation"] & 2 else 0


TRANSPORT = "-c:v mpeg2video -b:v 200k -c:a mp2 -b:a 32k -pes_payload_size 0 -f mpegts"


def test_transport_packets_with_times(tmp_path: Path) -> None:
    path = tmp_path / "times.m2ts"
    frames, gaps = decoded(ffmpeg(path, f"{TRANSPORT} -mpegts_m2ts_mode 1", picture=True), "m2ts")
    assert gaps == 0 and len(frames) * 192 == path.stat().st_size
    assert starts(frames) == counted_by_ffprobe(path)
    plain, gaps = decoded(b"".join(frame.raw[4:] for frame in frames), "mpeg-ts")
    assert gaps == 0
    assert [packet.payload for packet in plain] == [frame.payload for frame in frames]


def test_transport_packets_with_parity(tmp_path: Path) -> None:
    plain = ffmpeg(tmp_path / "plain.ts", TRANSPORT, picture=True)
    path = tmp_path / "parity.ts"
    path.write_bytes(b"".join(plain[at : at + 188] + PARITY for at in range(0, len(plain), 188)))
    frames, gaps = decoded(path.read_bytes(), "mpeg-ts-204")
    assert gaps == 0
    assert {bytes(frame["parity"]) for frame in frames} == {PARITY}
    assert starts(frames) == counted_by_ffprobe(path)
