"""The scoreboard of recovery: who still finds the intact frames of a damaged stream? `python benchmarks/recovery.py`.

Every model of damage at several strengths, on streams of four formats; this project in strict and early order beside pyubx2,
pymavlink, pyrtcm, sbp, and two decoders as one writes them by hand. All get the same streams in the same run. The environment is
that of `run.py`, in `.benchmarks/`. The exit status is 1 where strict order loses an intact frame that lies under no other frame
which passed its checksum.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import environment

STRENGTHS: dict[str, tuple[str, str, str]] = {
    "bits": ("rate=2e-5", "rate=1e-4", "rate=5e-4"),
    "burst": ("every=50000,length=32", "every=10000,length=32", "every=2000,length=32"),
    "lost": ("rate=1e-4", "rate=1e-3", "rate=5e-3"),
    "inserted": ("rate=1e-4,run=4", "rate=1e-3,run=4", "rate=5e-3,run=4"),
    "doubled": ("rate=1e-4", "rate=1e-3", "rate=5e-3"),
    "swapped": ("rate=1e-4", "rate=1e-3", "rate=5e-3"),
    "truncated": ("rate=0.01", "rate=0.05", "rate=0.25"),
    "inflated": ("rate=0.01", "rate=0.05", "rate=0.25"),
    "stuck": ("rate=2e-5,run=32", "rate=1e-4,run=32", "rate=5e-4,run=32"),
    "console": ("rate=0.01", "rate=0.05", "rate=0.25"),
    "spliced": ("run=4096", "run=1024", "run=256"),
}
"""Weak, medium and strong: about one frame in a hundred, in twenty, in four is hit where frames have 70 bytes."""
LEVELS = ("weak", "medium", "strong")
KINDS = {"ubx": "ubx-known", "mavlink": "mavlink", "rtcm3": "rtcm3-own", "sbp": "sbp"}
"""Formats, and the makers of their frames in `frames.py`."""
FRAMES, QUICK_FRAMES = 3000, 120


@dataclass(frozen=True)
class Row:
    """One stream: its format, model and strength; and what each receiver made of it, by label."""

    kind: str
    model: str
    level: int
    frames: int
    intact: int
    scores: dict[str, Any]


@dataclass(frozen=True)
class Lost:
    """An intact frame that strict order lost; `under` is the emitted frame above it, None if there is none."""

    row: str
    start: int
    raw: bytes
    under: tuple[int, bytes] | None


@dataclass
class Board:
    """Everything that was found out."""

    rows: list[Row] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)

    @property
    def met(self) -> bool:
        """Whether strict order lost nothing but what lies under a frame that passed its checksum."""
        return all(each.under is not None for each in self.lost)


def stream(kind: str, model: str, level: int, count: int, seed: int) -> tuple[bytes, Any]:
    """Clean frames, built without this project, and what damage makes of them."""
    import framing
    from frames import MAKERS
    from framing import damage
    from receivers import OURS

    # All strengths of a model hit the same frames, formats and models have frames of their own.
    rnd = random.Random(f"{kind} {model} {seed}")
    data, targets = bytearray(), []
    known = {each.full_name: each for each in framing.load(OURS[kind])}
    definition = known.get(kind) or known["mavlink.v2"]
    for _ in range(count):
        raw = MAKERS[KINDS[kind]](rnd)
        targets.append(damage.Target(definition, len(data), len(data) + len(raw)))
        data += raw
    chosen = damage.model(f"{model}:{STRENGTHS[model][level]}")
    return bytes(data), damage.apply(bytes(data), [chosen], targets, seed)


def race(count: int, seed: int, kinds: list[str], models: list[str], said: Any) -> Board:
    """All streams, each through every receiver in turn."""
    from receivers import STRICT, receivers
    from score import arrivals, score

    board = Board()
    for kind in kinds:
        taking_part = receivers(kind)
        for model in models:
            for level in range(len(LEVELS)):
                clean, broken = stream(kind, model, level, count, seed)
                sent = frozenset(clean[each.start : each.end] for each in broken.sent)
                scores = {}
                for label, receiver in taking_part.items():
                    report = receiver.report(broken.data)
                    began = time.perf_counter()
                    receiver.run(broken.data)
                    scores[label] = score(broken.data, broken.intact, sent, report, time.perf_counter() - began)
                    if label == STRICT:
                        came, _ = arrivals(broken.data, broken.intact, report)
                        missing = [place for place, arrived in zip(broken.intact, came, strict=True) if arrived is None]
                        board.lost += losses(kind, f"{kind}, {model}:{STRENGTHS[model][level]}", broken.data, missing)
                board.rows.append(Row(kind, model, level, count, len(broken.intact), scores))
            said(f"{kind} {model}: strict {scores[STRICT].recovered} of {scores[STRICT].intact}")
    return board


def losses(kind: str, row: str, data: bytes, missing: list[tuple[int, int]]) -> list[Lost]:
    """The intact frames that strict order did not give out, each with the frame that lies above it."""
    import framing
    from receivers import OURS

    frames = [event for event in framing.decode(data, framing.load(OURS[kind])) if isinstance(event, framing.Frame)] if missing else []
    lost = []
    for start, end in missing:
        over = (frame for frame in frames if frame.start < end and start < frame.end and (frame.start, frame.end) != (start, end))
        above = next(over, None)
        lost.append(Lost(row, start, data[start:end], None if above is None else (above.start, above.raw)))
    return lost


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--frames", type=int, default=FRAMES, help="frames of each stream")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="only these formats")
    options.add_argument("--models", nargs="+", choices=STRENGTHS, default=list(STRENGTHS), help="only this damage")
    options.add_argument("--quick", action="store_true", help="smoke run: short streams, this very interpreter, nothing is installed")
    options.add_argument("--markdown", type=Path, metavar="PATH", help="write the tables as a page, and its charts beside it")
    given = options.parse_args()
    if given.frames < 10:
        options.error("--frames: 10 at least")
    return given


def main() -> int:
    given = arguments()
    if not given.quick and not environment.inside():
        python = environment.python()
        return subprocess.run([str(python), str(Path(__file__).resolve()), *sys.argv[1:]], check=False).returncode
    if given.quick:
        sys.path.insert(0, str(environment.ROOT))  # a smoke run takes the package beside it, installed or not
    import scoreboard

    count = min(given.frames, QUICK_FRAMES) if given.quick else given.frames
    board = race(count, given.seed, given.kinds, given.models, lambda text: print(text, file=sys.stderr, flush=True))
    print(scoreboard.plain(board))
    if given.markdown is not None:
        scoreboard.write(board, given.markdown, count, given.seed)
    return 0 if board.met else 1


if __name__ == "__main__":
    raise SystemExit(main())
