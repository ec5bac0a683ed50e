"""Peak memory of the command line on a large file, above that of a bare interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import streams
from goals import Goal
from races import NATIVE, PYTHON

MIB = 1 << 20
MOST = 100
"""MiB above the interpreter that are allowed."""

# A process of its own measures, as a child inherits the peak of a larger parent.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if done.returncode == 0 else 0)
if done.returncode:
    sys.stderr.buffer.write(done.stderr)
"""


@dataclass(frozen=True)
class Peak:
    """One command; `above` is in MiB, None where it did not run."""

    label: str
    seconds: float
    above: float | None

    def goal(self) -> Goal:
        return Goal(f"{self.label}: peak memory above the interpreter", MOST, self.above, True, "MiB")


def peaks(mebibytes: int, environment: dict[str, str]) -> Iterator[Peak]:
    """`framing stats` and `framing decode` of a UBX file of that size, one frame in a hundred damaged, by both engines."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "large.ubx"
        _write(file, mebibytes * MIB)
        bare = _peak([sys.executable, "-c", "pass"], environment, Path(scratch))
        for engine, forced in (("native", NATIVE), ("Python", PYTHON)):
            for command in (["stats"], ["decode", "--quiet"]):
                begin = time.perf_counter()
                run = [sys.executable, "-m", "framing", *command, "-f", "ubx", str(file)]
                peak = _peak(run, {**environment, **forced}, Path(scratch))
                seconds = time.perf_counter() - begin
                label = f"framing {command[0]}, {engine}, {mebibytes:,} MiB"
                yield Peak(label, seconds, None if not peak else (peak - bare) / MIB)


def _write(file: Path, size: int) -> None:
    piece = streams.make("ubx/damaged", 1).data
    with file.open("wb") as out:
        for _ in range(size // len(piece)):
            out.write(piece)


def _peak(command: list[str], environment: dict[str, str], folder: Path) -> int:
    """Bytes; 0 where the command failed, which says why on standard error. `folder` has no package that could get in."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=folder,
        env={**os.environ, **environment},
    )
    unit = 1 if sys.platform == "darwin" else 1024
    return int(done.stdout) * unit
