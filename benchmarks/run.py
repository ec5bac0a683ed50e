"""The project beside what one would write by hand, in one run: `python benchmarks/run.py`.

Every subject of a case decodes the same bytes. Rounds are interleaved (each round runs every subject once, in an order that
turns), so that a machine that slows down slows all of them. A row gives the median of the rounds and the range they spread
over, and how many frames came out of those that went in intact.
"""

from __future__ import annotations

import argparse
import gc
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

import framing  # noqa: E402
from by_hand import ByHand  # noqa: E402 - found by the line above

UBX_LIKE = """
name = "ubx-like"
layout = [
  { sync = "B5 62" },
  { field = "class", type = "u8" },
  { field = "id", type = "u8" },
  { length = "size", type = "u16le", of = "payload" },
  { data = "payload" },
  { checksum = "crc", type = "u16le", algorithm = "CRC-16/XMODEM", over = "class..payload" },
]
"""
CHUNK = 65_536


class Fed(Protocol):
    """What is measured: a decoder of ours, or the one by hand."""

    def feed(self, chunk: bytes, /) -> Sequence[Any]: ...

    def close(self) -> Sequence[Any]: ...


@dataclass
class Subject:
    """One decoder in a case: `make` gives a fresh one, `count` says how many frames are among its events."""

    name: str
    make: Callable[[], Fed]
    count: Callable[[Sequence[Any]], int]
    times: list[float] = field(default_factory=list)
    recovered: int = 0


@dataclass
class Case:
    """Bytes to decode in chunks of `chunk`, the frames in them that are intact, and who decodes them."""

    name: str
    data: bytes
    intact: int
    subjects: list[Subject]
    chunk: int = CHUNK


# --- subjects --------------------------------------------------------------------------------------------------------


def by_hand() -> Subject:
    return Subject("by hand", ByHand, len)


def ours(*protocols: framing.Protocol | framing.FrameFormat, name: str = "framing", **options: Any) -> Subject:
    return Subject(name, lambda: framing.Decoder(*protocols, **options), _frames)


def read_out(*protocols: framing.Protocol | framing.FrameFormat) -> Subject:
    """Ours, with the fields and the payload of each frame read, which happens only when asked for."""
    return Subject("framing, fields read", lambda: framing.Decoder(*protocols), _frames_read)


def _frames(events: Sequence[Any]) -> int:
    return sum(1 for event in events if type(event) is framing.Frame)


def _frames_read(events: Sequence[Any]) -> int:
    return sum(
        1 for event in events if type(event) is framing.Frame and event.fields is not None and event.payload is not None
    )


# --- streams ---------------------------------------------------------------------------------------------------------


def ubx_frames(number: int, rnd: random.Random, protocol: framing.Protocol) -> list[bytes]:
    return [
        protocol.encode(rnd.randbytes(rnd.randint(16, 100)), **{"class": rnd.randrange(256), "id": rnd.randrange(256)})
        for _ in range(number)
    ]


def damaged(frames: Sequence[bytes], rnd: random.Random) -> tuple[bytes, int]:
    """One frame in twenty is hit: a flipped bit, a lost byte, a length that claims up to 65,535 bytes, or noise before it."""
    out, intact = [], 0
    for raw in frames:
        hit = rnd.randrange(80)
        place = rnd.randrange(len(raw))
        if hit == 0:
            raw = raw[:place] + bytes([raw[place] ^ 1 << rnd.randrange(8)]) + raw[place + 1 :]
        elif hit == 1:
            raw = raw[:place] + raw[place + 1 :]
        elif hit == 2:
            raw = raw[:4] + rnd.randbytes(2) + raw[6:]
        else:
            intact += 1
            if hit == 3:
                raw = rnd.randbytes(rnd.randint(1, 40)) + raw
        out.append(raw)
    return b"".join(out), intact


def nmea_frames(number: int, rnd: random.Random, protocol: framing.Protocol) -> list[bytes]:
    out = []
    for _ in range(number):
        text = f"GPGGA,{rnd.randrange(240000):06}.00,{rnd.randrange(9000)}.{rnd.randrange(99999):05},N,00833.9,E,1,08,1.0,499.6,M,48.0,M,,"
        out.append(protocol.encode(text.encode()))
    return out


def rtcm_frames(number: int, rnd: random.Random, protocol: framing.Protocol) -> list[bytes]:
    return [protocol.encode(rnd.randbytes(rnd.randint(16, 200))) for _ in range(number)]


# --- cases -----------------------------------------------------------------------------------------------------------


def cases(frames: int, seed: int) -> Iterator[Case]:
    rnd = random.Random(seed)
    like = framing.parse(UBX_LIKE)
    ubx, nmea, rtcm3, cobs = (framing.load(name) for name in ("ubx", "nmea", "rtcm3", "cobs-crc16"))

    sent = ubx_frames(frames, rnd, like)
    yield Case("clean", b"".join(sent), frames, [by_hand(), ours(like), read_out(like)])
    hurt, intact = damaged(sent, rnd)
    early = ours(like, name="framing, early order", order="early")
    yield Case("damaged", hurt, intact, [by_hand(), ours(like), early])
    few = sent[: max(1, frames // 10)]
    yield Case(
        "clean, early order",
        b"".join(few),
        len(few),
        [by_hand(), ours(like), ours(like, name="framing, early order", order="early")],
    )
    yield Case("1-byte feeds", b"".join(few), len(few), [by_hand(), ours(like)], chunk=1)
    hurt, intact = damaged(few, rnd)
    yield Case("1-byte feeds, damaged", hurt, intact, [by_hand(), ours(like)], chunk=1)

    third = max(1, frames // 6)
    mixed = ubx_frames(third, rnd, ubx) + nmea_frames(third, rnd, nmea) + rtcm_frames(third, rnd, rtcm3)
    rnd.shuffle(mixed)
    yield Case("3 formats at once", b"".join(mixed), len(mixed), [ours(ubx, nmea, rtcm3)])
    lines = nmea_frames(frames // 2, rnd, nmea)
    yield Case("NMEA", b"".join(lines), len(lines), [ours(nmea)])
    stuffed = [cobs.encode(rnd.randbytes(rnd.randint(16, 100))) for _ in range(frames // 2)]
    yield Case("COBS with CRC-16", b"".join(stuffed), len(stuffed), [ours(cobs)])

    noise = rnd.randbytes(66 * frames // 2)
    yield Case("noise only", noise, 0, [by_hand(), ours(like)])
    yield Case("noise only, 3 formats", noise, 0, [ours(ubx, nmea, rtcm3)])


# --- measuring -------------------------------------------------------------------------------------------------------


def measure(case: Case, rounds: int) -> None:
    chunks = [case.data[at : at + case.chunk] for at in range(0, len(case.data), case.chunk)]
    for turn in range(rounds):
        order = case.subjects[turn % len(case.subjects) :] + case.subjects[: turn % len(case.subjects)]
        for subject in order:
            decoder = subject.make()
            recovered = 0
            feed, count = decoder.feed, subject.count
            gc.collect()
            begin = time.process_time()
            for chunk in chunks:
                events = feed(chunk)
                if events:
                    recovered += count(events)
            recovered += count(decoder.close())
            subject.times.append(time.process_time() - begin)
            subject.recovered = recovered


HEAD = ("case", "decoder", "recovered", "of intact", "ns/frame", "spread", "ns/byte", "MB/s", "times by hand")


def rows(case: Case) -> Iterator[tuple[str, ...]]:
    first = case.subjects[0]
    base = statistics.median(first.times) if first.name == "by hand" else None
    for subject in case.subjects:
        middle, low, high = statistics.median(subject.times), min(subject.times), max(subject.times)
        per = 1e9 / case.intact if case.intact else 0.0
        yield (
            case.name if subject is first else "",
            subject.name,
            f"{subject.recovered:,}",
            f"{case.intact:,}",
            f"{middle * per:,.0f}" if per else "-",
            f"{low * per:,.0f}-{high * per:,.0f}" if per else "-",
            f"{middle * 1e9 / len(case.data):,.1f}",
            f"{len(case.data) / middle / 1e6:,.1f}",
            f"{middle / base:.2f}" if base else "-",
        )


def table(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument(
        "--frames", type=int, default=200_000, help="frames of the first case; the others scale with it"
    )
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", metavar="TEXT", help="only cases that have this in their name")
    given = options.parse_args()
    if given.frames < 1 or given.rounds < 1:
        options.error("--frames and --rounds need at least 1")
    lines: list[tuple[str, ...]] = [HEAD]
    lost = 0
    for case in cases(given.frames, given.seed):
        if given.only and given.only not in case.name:
            continue
        print(f"{case.name} ...", end="\r", file=sys.stderr, flush=True)
        measure(case, given.rounds)
        lines += rows(case)
        lost += sum(max(0, case.intact - subject.recovered) for subject in case.subjects)
    print(
        f"framing-codec {framing.__version__}, {framing.engine_name()} engine; Python {platform.python_version()}; {given.rounds} rounds"
    )
    print(table(lines))
    if lost:
        print(f"{lost} intact frames are missing")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
