"""The command line: whatever stands on it and in its files, it ends with 0, 1 or 2, and with 2 in one line; never a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from functools import cache
from pathlib import Path

from dice import Dice
from framing.cli.main import main
from targets import ROOT

COMMANDS = ("decode", "stats", "encode", "check", "show", "formats", "schema", "analyze")
OPTIONS = (
    *("-f", "--spec", "--gaps", "--json", "--quiet", "-q", "--order", "--witnesses", "--gap-limit", "--fail-on", "-p", "--hex", "--text", "--payload"),
    *("--format", "--help", "--version", "--bogus", "--", "-", "-x", "--message", "--shipped", "--file", "--size", "--ber"),
)
VALUES = (
    *("ubx", "nmea", "mavlink", "mbus.long", "mbus.none", "ubx.x", "nosuch", "./spec.toml", "spec.toml", "data.bin", "missing.bin", ".", "-", "early", "strict"),
    *("0", "1", "2", "-1", "64", "99999999999999999999", "1.5", "nan", "1e-3", "checksum", "gap", "nothing", "id=7", "class=6", "id=", "=", "id=0x", "hi", "zz", "AA55", "é", ""),
    *("capture.pcap", "pcap:capture.pcap?tcp=1", "tcp=all", "format=long", "payload=00"),
)


LINES = (
    "decode -f ubx -f nmea --gaps data.bin",
    "decode -f ./spec.toml -",
    "decode -f ./spec.toml --order early --witnesses 1 --gap-limit 3 data.bin",
    "decode -f mavlink --fail-on checksum capture.pcap",
    "decode -q -f rtcm3 pcap:capture.pcap?tcp=all",
    "stats --json -f ./spec.toml data.bin",
    "stats -f ubx -f mbus.long data.bin",
    "encode -f ubx class=6 id=1 --text hi --hex",
    "encode -f ./spec.toml id=7 --payload 0102",
    "check ./spec.toml",
    "check ubx nmea ./spec.toml",
    "show ./spec.toml",
    "show mbus.long",
    "formats --json",
    "analyze ./spec.toml",
    "analyze ubx nmea --json --ber 1e-4",
)
"""Command lines in good order, which the bytes then change."""


@cache
def folder() -> Path:
    """A folder that stays for the process, for files that commands are pointed at."""
    return Path(tempfile.mkdtemp(prefix="framing-fuzz-"))


def run(data: bytes) -> None:
    """Bytes choose the words; the rest is cut into a spec, a file and standard input."""
    dice = Dice(data)
    line = dice.take(1)
    words = LINES[line % len(LINES)].split() if line < 192 else [COMMANDS[line % len(COMMANDS)]]
    for _ in range(dice.take(1) % 4):
        known = OPTIONS if dice.take(1) & 1 else VALUES
        at = 1 + dice.take(1) % len(words)
        words[at : at + (dice.take(1) & 1)] = [known[dice.take(1) % len(known)]]
    specs = sorted((ROOT / "specs").glob("*.toml"))
    number = dice.take(1)
    rest = dice.rest()
    spec = rest if number < 64 else specs[number % len(specs)].read_bytes()
    os.chdir(folder())
    Path("spec.toml").write_bytes(spec)
    Path("data.bin").write_bytes(rest)
    Path("capture.pcap").write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000") + rest)
    call(words, rest)


def call(words: list[str], stdin: bytes) -> None:
    """Runs the command line in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(words)
    finally:
        sys.stdin = before
    assert status in (0, 1, 2), f"{words} ends with {status}"
    assert "Traceback" not in err.getvalue(), f"{words}: {err.getvalue()}"
    if status == 2 and words[0] != "check":
        assert err.getvalue().startswith("framing: ") and err.getvalue().count("\n") == 1, f"{words}: {err.getvalue()!r}"
