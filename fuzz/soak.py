#!/usr/bin/env python3
"""One decoder for a long time: `python fuzz/soak.py --gib 10`.

Streams of five formats, each broken by several kinds of damage, are fed in pieces of any size, as a line would give them, with
silence (`idle`) behind each. What must hold: events follow upon each other without a hole and lie within what was fed; the statistics
are the sum of the events; the same stream gives as much each time, however far into the run and however cut; the memory of the
process stays where it was after the first twentieth. The exit status is 1 where something did not hold.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

import psutil

import framing
from framing import damage

FORMATS = ("ubx", "nmea", "rtcm3", "sbp", "mavlink")
MODELS = ("bits:rate=1e-4", "burst", "lost:rate=0.001", "inserted:rate=0.001", "truncated:rate=0.02", "inflated:rate=0.01", "console:rate=0.01")
STREAM = 1 << 20
"""Bytes of one stream, about."""
GROWTH_MOST = 16 << 20
"""Bytes by which the process may grow: allocators keep some of what was freed."""
CHUNKS = (1, 7, 64, 536, 1460, 4096, 65536)


def streams(count: int, seed: int) -> list[bytes]:
    """So many broken streams."""
    protocols = [framing.load(name) for name in FORMATS]
    frames = [example.raw for protocol in protocols for example in protocol.examples]
    made = []
    for number in range(count):
        dice = random.Random(seed + number)
        sent = b"".join(dice.choices(frames, k=STREAM // (sum(map(len, frames)) // len(frames))))
        models = [damage.model(text) for text in dice.sample(MODELS, 3)]
        made.append(damage.apply(sent, models, damage.targets(sent, *protocols), seed=seed + number).data)
    return made


def chunks(data: bytes, dice: random.Random) -> list[bytes]:
    """The stream in pieces; small ones for a while, as they take longest."""
    size = dice.choice(CHUNKS)
    border = min(len(data), size * 4096)
    return [data[at : at + size] for at in range(0, border, size)] + [data[at : at + 65536] for at in range(border, len(data), 65536)]


class Soak:
    """The decoder, and what is known of it by its events alone."""

    def __init__(self, data: list[bytes], seed: int) -> None:
        self.data, self.dice = data, random.Random(seed)
        self.decoder = framing.Decoder(*map(framing.load, FORMATS))
        self.fed = self.end = self.frames = self.frame_bytes = 0
        self.seen: dict[int, tuple[int, int]] = {}
        """For each stream its frames and their bytes, as the first time gave them."""

    def turn(self) -> str | None:
        """One more stream; what did not hold, or None."""
        which = self.dice.randrange(len(self.data))
        frames, size = self.frames, self.frame_bytes
        for chunk in chunks(self.data[which], self.dice):
            self.fed += len(chunk)
            if wrong := self.take(self.decoder.feed(chunk)):
                return wrong
        if wrong := self.take(self.decoder.idle()):
            return wrong
        if self.end != self.fed:
            return f"{self.fed:,} bytes fed, and events up to {self.end:,} after silence"
        found = (self.frames - frames, self.frame_bytes - size)
        if self.seen.setdefault(which, found) != found:
            return f"stream {which} gave {found}, and {self.seen[which]} the first time"
        stats = self.decoder.stats
        if (sum(stats.frames.values()), stats.frame_bytes) != (self.frames, self.frame_bytes):
            return f"statistics of {sum(stats.frames.values()):,} frames, events of {self.frames:,}"
        if stats.frame_bytes + stats.gap_bytes + stats.fill_bytes != self.fed:
            return f"{stats.frame_bytes + stats.gap_bytes + stats.fill_bytes:,} bytes accounted for, {self.fed:,} fed"
        return None

    def take(self, events: list[framing.Event]) -> str | None:
        for event in events:
            if event.start != self.end or event.end > self.fed or len(event.raw) != event.end - event.start:
                return f"an event from {event.start:,} to {event.end:,} behind one that ended at {self.end:,}"
            self.end = event.end
            if isinstance(event, framing.Frame):
                self.frames += 1
                self.frame_bytes += len(event.raw)
        return None


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--gib", type=float, default=10, help="how much is fed (default 10)")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--streams", type=int, default=16, help="how many different streams of about 1 MiB (default 16)")
    asked = options.parse_args()
    wanted, started = int(asked.gib * (1 << 30)), time.monotonic()
    soak = Soak(streams(asked.streams, asked.seed), asked.seed)
    process, before, wrong = psutil.Process(), 0, None
    while soak.fed < wanted and wrong is None:
        wrong = soak.turn()
        memory = process.memory_info().rss
        if soak.fed < wanted / 20 or not before:
            before = memory
        elif memory > before + GROWTH_MOST:
            wrong = f"the process grew from {before / (1 << 20):.0f} to {memory / (1 << 20):.0f} MiB"
    print(
        f"{soak.decoder.engine}: {soak.fed / (1 << 30):.2f} GiB in {time.monotonic() - started:.0f} s, {soak.frames:,} frames; "
        f"{before / (1 << 20):.0f} MiB after the first twentieth, {process.memory_info().rss / (1 << 20):.0f} MiB at the end (seed {asked.seed})"
    )
    print(f"after {soak.fed:,} bytes: {wrong}" if wrong else "no drift in the accounting, and memory is flat")
    return int(wrong is not None)


if __name__ == "__main__":
    sys.exit(main())
