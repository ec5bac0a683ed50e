"""Dire Wolf, a modem for packet radio in software: what it hears comes by its KISS port, and what it is to send goes there."""

from __future__ import annotations

import shutil
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from typing import Any

import pytest

import framing
from driven import PATIENCE
from framing import Connection, Frame

for program in ("direwolf", "gen_packets"):
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} (Debian package direwolf)", allow_module_level=True)

RATE = 22_050
HEARD = [f"WB2OSZ-{number}>APRS:>message {number} of 9" for number in range(1, 10)]

DATA, PERSISTENCE, SLOT_TIME = 0, 2, 3
"""KISS commands."""
UI, NO_LAYER_3 = 0x03, 0xF0


def address(call: str, last: bool = False) -> bytes:
    """An address of AX.25 2.2, section 3.12: six letters and a number, shifted by one bit; the last one is marked."""
    name, _, number = call.partition("-")
    return bytes(ord(letter) << 1 for letter in name.ljust(6)) + bytes([0x60 | int(number or 0) << 1 | last])


def packet(text: str) -> bytes:
    """The frame that Dire Wolf shows as `FROM>TO:text`."""
    head, _, words = text.partition(":")
    sender, _, receiver = head.partition(">")
    return address(receiver) + address(sender, last=True) + bytes([UI, NO_LAYER_3]) + words.encode()


def shown(data: bytes) -> str:
    """The other way round."""

    def call(raw: bytes) -> str:
        name = "".join(chr(byte >> 1) for byte in raw[:6]).rstrip()
        number = raw[6] >> 1 & 15
        return f"{name}-{number}" if number else name

    assert data[14:16] == bytes([UI, NO_LAYER_3])
    return f"{call(data[7:14])}>{call(data[:7])}:{data[16:].decode().rstrip()}"


class Modem:
    """Dire Wolf with its sound card replaced: it hears what is written to it, and nobody hears what it sends."""

    def __init__(self, start: Callable[..., Popen[Any]], port: int, folder: Path) -> None:
        settings = folder / "direwolf.conf"
        settings.write_text(f"ADEVICE stdin null\nARATE {RATE}\nCHANNEL 0\nMODEM 1200\nAGWPORT 0\nKISSPORT {port}\n")
        self.process = start("direwolf", "-c", settings, "-t", 0, stdin=PIPE, stdout=PIPE, stderr=STDOUT)
        self.log: list[str] = []
        self.url = f"tcp://127.0.0.1:{port}"
        self.says("Ready to accept KISS")

    def says(self, words: str) -> str:
        """The next line of its log with these words."""
        for raw in self.process.stdout:  # type: ignore[union-attr]
            line = str(raw, errors="replace")
            self.log.append(line)
            if words in line:
                return line
        raise AssertionError(f"it never said {words!r}, only:\n" + "".join(self.log))

    def hear(self, samples: bytes) -> None:
        self.process.stdin.write(samples)  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]


@pytest.fixture
def modem(start: Callable[..., Popen[Any]], free_port: int, tmp_path: Path) -> Modem:
    return Modem(start, free_port, tmp_path)


@pytest.fixture
def kiss(modem: Modem) -> Iterator[Connection]:
    with framing.open(modem.url, "kiss") as kiss:
        modem.says("Attached to KISS")
        yield kiss


@pytest.fixture
def sound(start: Callable[..., Popen[Any]], tmp_path: Path) -> bytes:
    """The packets as they sound on the air, and some silence behind them."""
    texts, sound = tmp_path / "packets.txt", tmp_path / "packets.wav"
    texts.write_text("".join(f"{text}\n" for text in HEARD))
    assert start("gen_packets", "-r", RATE, "-o", sound, texts, stdout=PIPE).wait(PATIENCE) == 0
    with wave.open(str(sound)) as file:
        return file.readframes(file.getnframes()) + bytes(2 * RATE)


def test_packets_that_it_hears_come_as_kiss_frames(modem: Modem, kiss: Connection, sound: bytes) -> None:
    modem.hear(sound)
    frames: list[Frame] = []
    while len(frames) < len(HEARD):
        events = kiss.read(PATIENCE)
        assert events, f"nothing more came after {len(frames)} frames"
        frames += [event for event in events if isinstance(event, Frame)]
    assert [shown(frame.payload) for frame in frames] == HEARD
    assert {frame.kind for frame in frames} == {(0, DATA)}
    assert kiss.stats.gap_bytes == 0


def send(kiss: Connection, data: bytes, command: int = DATA) -> None:
    kiss.write(data, port=0, command=command, timeout=PATIENCE)


def test_it_sends_what_it_is_given_as_kiss_frames(modem: Modem, kiss: Connection) -> None:
    send(kiss, bytes([0xC0]), PERSISTENCE)  # the delimiter and the escape character as values
    assert "Persistence = 192" in modem.says("KISS protocol set")
    send(kiss, bytes([0xDB]), PERSISTENCE)
    assert "Persistence = 219" in modem.says("KISS protocol set")
    send(kiss, bytes([1]), SLOT_TIME)  # 10 ms: it looks often whether the channel is free
    for words in (">first", ">\N{GREEK SMALL LETTER ALPHA}, second", ">" + 200 * "x"):
        send(kiss, packet(f"N0CALL-7>APRS:{words}"))
        assert "N0CALL-7>APRS:>" in modem.says("[0L]")
