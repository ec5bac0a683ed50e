"""Dire Wolf on the air: its sound, demodulated here, holds the frames of `ax25-bits`; and it hears those that are sent so."""

from __future__ import annotations

import cmath
import math
import shutil
import subprocess
import wave
from array import array
from itertools import accumulate, groupby
from pathlib import Path

import pytest

import framing
from framing import Encoder, Frame
from framing.bits import flag, nrzi_decode, nrzi_encode

for program in ("atest", "gen_packets"):
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} (Debian package direwolf)", allow_module_level=True)

RATE, BAUD, MARK, SPACE = 44_100, 1200, 1200, 2200
"""Samples and bits a second; the tones of Bell 202 in Hz."""
TEXTS = ["hello", "~~~~~~~~ flags in it", "\x7f\x7f\x7f many ones", "x" * 200]


def levels(samples: array[int]) -> bytes:
    """Which of the two tones sounds, once a bit: the stronger one over a bit's time; a run of one tone has whole bits."""
    span = round(RATE / BAUD)

    def strength(tone: int) -> list[float]:
        turn = [cmath.exp(-2j * math.pi * tone * at / RATE) for at in range(RATE)]
        sums = list(accumulate((each * turn[at % RATE] for at, each in enumerate(samples)), initial=0j))
        return [abs(sums[at + span] - sums[at]) for at in range(len(samples) - span)]

    higher = (mark > space for mark, space in zip(strength(MARK), strength(SPACE), strict=True))
    return b"".join(bytes([tone]) * round(len(list(run)) * BAUD / RATE) for tone, run in groupby(higher))


def tones(given: bytes) -> array[int]:
    """The sound of levels, one a bit, without a jump in its phase."""
    phase, samples = 0.0, array("h")
    for at in range(len(given) * RATE // BAUD):
        phase += 2 * math.pi * (MARK if given[at * BAUD // RATE] else SPACE) / RATE
        samples.append(round(12_000 * math.sin(phase)))
    return samples


def packed(text: str) -> bytes:
    return b"\x03\xf0>" + text.encode()


def test_what_it_sends_is_decoded(tmp_path: Path) -> None:
    texts, sound = tmp_path / "packets.txt", tmp_path / "packets.wav"
    texts.write_text("".join(f"WB2OSZ-1>APRS:>{text}\n" for text in TEXTS))
    subprocess.run(["gen_packets", "-r", str(RATE), "-o", sound, texts], check=True, capture_output=True, timeout=60)
    with wave.open(str(sound)) as file:
        samples = array("h", file.readframes(file.getnframes()))
    events = framing.decode(nrzi_decode(levels(samples)), framing.load("ax25-bits"))
    frames = [event for event in events if isinstance(event, Frame)]
    assert [frame.payload.rstrip(b"\n") for frame in frames] == list(map(packed, TEXTS))
    assert {bytes(byte >> 1 for byte in frame["source"] + frame["destination"]) for frame in frames} == {b"WB2OSZAPRS  "}


def test_it_hears_what_is_sent(tmp_path: Path) -> None:
    encoder = Encoder(framing.load("ax25-bits"))
    fields = {
        "destination": bytes(byte << 1 for byte in b"APRS  "), "destination_rr": 3, "command": 1,
        "source": bytes(byte << 1 for byte in b"N0CALL"), "source_rr": 3, "source_id": 7, "last": 1,
    }  # fmt: skip
    sent = [encoder.encode(packed(text), **fields) for text in TEXTS]
    line = 30 * flag(5) + b"".join(frame + (number % 2) * flag(5)[1:] for number, frame in enumerate(sent)) + 5 * flag(5)
    sound = tmp_path / "sent.wav"
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(tones(nrzi_encode(line)).tobytes())
    heard = subprocess.run(["atest", "-B", str(BAUD), sound], check=True, capture_output=True, timeout=60).stdout
    assert heard.count(b"N0CALL-7>APRS:>") == len(TEXTS)
    for text in TEXTS:
        assert b">" + text.encode().replace(b"\x7f", b"<0x7f>") in heard
