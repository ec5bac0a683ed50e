"""A plain random loop over what must never happen: `python fuzz/run.py --minutes 5`.

Targets, in turn:

- `engines`: random formats, streams and chunks; the engine must give what the reference decoder gives, and tile the input.
- `specs`: mutated spec files; loading gives a protocol or a SpecError.
- `frames`: random and damaged bytes; `Protocol.decode` gives a frame or a FrameError.

Every execution has a seed of its own, which is all that it depends on. A finding is printed with the command that repeats
it, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import framing  # noqa: E402
import generate  # noqa: E402 - found by the line above
from framing import reference  # noqa: E402
from framing.engines import Order  # noqa: E402

STREAMS = 10
"""Streams for each set of formats: making a set costs more than decoding one."""


def engines(rnd: random.Random) -> None:
    order: Order = rnd.choice(["strict", "strict", "early"])
    protocols = generate.protocols(rnd, lock=order == "strict" and rnd.random() < 0.5, state=order == "strict")
    for _ in range(STREAMS):
        data = generate.stream(rnd, generate.formats_of(protocols))
        gap_limit = rnd.choice([1, 2, 7, 65_536])
        decoder = framing.Decoder(*protocols, gap_limit=gap_limit, order=order)
        events: list[framing.Event] = []
        for chunk in generate.chunks(rnd, data):
            events += decoder.feed(chunk)
        events += decoder.close()
        told = f"{order}, gap_limit {gap_limit}\n{protocols}\n{data.hex()}"
        assert b"".join(event.raw for event in events) == data, f"the events do not tile: {told}\n{events}"
        wanted = reference.decode(data, protocols, order=order, gap_limit=gap_limit)
        assert events == wanted, f"{told}\nengine    {events}\nreference {wanted}"


@lru_cache(maxsize=1)
def _texts() -> list[str]:
    return [path.read_text("utf-8") for path in sorted((ROOT / "specs").glob("*.toml"))]


WORDS = [
    "payload",
    "frame",
    "sync",
    "0",
    "-1",
    "4294967296",
    '"u16le"',
    '"$x"',
    "[]",
    "{}",
    "true",
    "nan",
    '"B5 62"',
    "a..b",
    "1e9",
    "\x00",
    "é",
]


def specs(rnd: random.Random) -> None:
    text = rnd.choice(_texts())
    for _ in range(rnd.randint(1, 6)):
        text = _mutated(rnd, text)
    try:
        framing.parse(text)
    except framing.SpecError as error:
        assert str(error), "an error without a message"


def _mutated(rnd: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = rnd.randrange(len(lines))
    match rnd.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, rnd.choice(lines))
        case 2:
            other = rnd.choice(_texts()).split("\n")
            lines.insert(at, rnd.choice(other))
        case 3:
            words = lines[at].split(" ")
            words[rnd.randrange(len(words))] = rnd.choice(WORDS)
            lines[at] = " ".join(words)
        case 4:
            digits = [place for place, character in enumerate(lines[at]) if character.isdigit()]
            if digits:
                place = rnd.choice(digits)
                lines[at] = (
                    lines[at][:place] + rnd.choice(["0", "9", "255", "70000", "-", "x"]) + lines[at][place + 1 :]
                )
        case _:
            place = rnd.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:place] + rnd.choice('"{}[]=,.$ #') + lines[at][place + rnd.randrange(2) :]
    return "\n".join(lines) or " "


@lru_cache(maxsize=1)
def _shipped() -> list[framing.Protocol]:
    found = []
    for name in framing.shipped():
        try:
            found.append(framing.load(name))
        except framing.SpecError as error:
            if not error.path.startswith("parameters"):
                raise
    return found


def frames(rnd: random.Random) -> None:
    protocol = rnd.choice(_shipped())
    example = rnd.choice([*protocol.examples, None])
    raw = bytearray(example.raw if example is not None else rnd.randbytes(rnd.randrange(64)))
    for _ in range(rnd.randrange(4)):
        at = rnd.randrange(len(raw) + 1)
        raw[at : at + rnd.randrange(3)] = rnd.randbytes(rnd.randrange(3))
    try:
        frame = protocol.decode(bytes(raw))
    except framing.FrameError as error:
        assert isinstance(error.reason, framing.Reason)
        return
    assert frame.raw in bytes(raw)
    list(frame.fields.items())
    frame.payload, frame.kind  # noqa: B018 - reading them must not raise
    try:
        frame.message  # noqa: B018
    except framing.FrameError:
        pass


TARGETS: dict[str, Callable[[random.Random], None]] = {"engines": engines, "specs": specs, "frames": frames}


def main() -> int:
    options = argparse.ArgumentParser(description="Random inputs against what must never happen.")
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument("--target", choices=[*TARGETS, "all"], default="all")
    options.add_argument("--seed", type=int, help="where to begin; the clock decides otherwise")
    options.add_argument("--runs", type=int, help="end after so many executions of each target")
    given = options.parse_args()
    names = list(TARGETS) if given.target == "all" else [given.target]
    first = given.seed if given.seed is not None else time.time_ns() % (1 << 48)
    deadline = time.monotonic() + 60 * given.minutes
    runs = 0
    print(f"seeds from {first}: {', '.join(names)}", flush=True)
    while time.monotonic() < deadline and (given.runs is None or runs < given.runs):
        seed = first + runs
        for name in names:
            try:
                TARGETS[name](random.Random(f"{name} {seed}"))
            except Exception:
                traceback.print_exc()
                print(
                    f"FINDING after {runs * len(names)} executions; repeat it: python fuzz/run.py --target {name} --seed {seed} --runs 1"
                )
                return 1
        runs += 1
    print(f"{runs * len(names)} executions, seeds {first} to {first + runs - 1}, no finding")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
