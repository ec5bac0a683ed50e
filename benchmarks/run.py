"""The project beside its peers, in one run: `python benchmarks/run.py`.

Makes an environment of its own in `.benchmarks/`, installs the peers and a copy of this project there, compiles the limit in
C, and prints one table. In each row all contestants decode the same bytes, in processes of their own, a round of one after a
round of the other. A row gives the median of the rounds, how far they spread, and how many of the intact frames were found.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import environment

NOTES = """\
All entries of a table took turns in one run, each in a process of its own; those with and without the guard,
which differ by a few per cent at most, share one and take many short turns. Numbers are medians of the rounds; `spread` goes
from the fastest to the slowest; `times` is the median of the multiples, each round compared with the same round. `recovered`
counts the intact frames found, `others` what was given out as frames besides: broken frames where a decoder verifies no
checksum, and a sentence of NMEA that has lost its CR, which is valid.

Times are for decoding alone, in chunks of 64 KiB unless a row says otherwise. Decoders are made before the clock runs, except
that `scan`, which gives the columns, is one call. pyubx2, pyrtcm, sbp, construct and kaitaistruct read the whole stream from
memory. “Raw” means that the peer only cuts frames and verifies no checksum; construct and kaitaistruct have a loop around
them that finds markers and verifies the CRC. “Plain C” is `benchmarks/limit.c`: the same work without Python objects."""


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=float, default=0.1, help="of one round of one contestant")
    options.add_argument("--rows", metavar="TEXT", help="only races that have this in their name, as crc16/clean or hostile")
    options.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="time on the clock, or of the processor")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--quick", action="store_true", help="smoke run: few rows, this very interpreter, nothing is installed")
    options.add_argument("--svg", type=Path, metavar="PATH", help="write the chart")
    options.add_argument("--markdown", type=Path, metavar="PATH", help="write the tables as a page")
    options.add_argument("--memory", action="store_true", help="only: peak memory of the command line on a large file")
    options.add_argument("--mebibytes", type=int, default=1024, help="size of that file")
    given = options.parse_args()
    if given.rounds < 1 or given.seconds <= 0 or given.mebibytes < 1:
        options.error("--rounds, --seconds and --mebibytes need to be positive")
    return given


def main() -> int:
    given = arguments()
    if not given.quick and not environment.inside():
        python = environment.python()
        return subprocess.run([str(python), str(Path(__file__).resolve()), *sys.argv[1:]], check=False).returncode
    # The peers' checksums are at hand only now.
    import report

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        library = environment.limit(folder if given.quick else environment.FOLDER)
        # A smoke run takes the package beside it, installed or not.
        variables = {"PYTHONPATH": str(environment.ROOT)} if given.quick else {}
        if given.memory:
            return report.memory(given.mebibytes, variables)
        return report.races(given, library, folder, variables, machine(given), NOTES)


def machine(given: argparse.Namespace) -> str:
    """What a reader has to know about this run."""
    try:
        version = f"framing-codec {metadata.version('framing-codec')}, "
    except metadata.PackageNotFoundError:
        version = ""
    where = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    if given.quick:
        return f"{version}{where}; a smoke run, whose times mean nothing."
    clock = "processor time" if given.clock == "cpu" else "time on the clock"
    return f"{version}{where}; {given.rounds} rounds of {given.seconds:g} s, {clock}."


if __name__ == "__main__":
    raise SystemExit(main())
