"""Runs the command line in this process, and as one of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import framing
from framing.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """What a run of the command line left behind."""

    status: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.raw.decode()


Run = Callable[..., Outcome]


@pytest.fixture
def run(capfdbinary: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("decode", "-f", "ubx", file, stdin=b"")` in this process; tables are 100 characters wide."""
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: object, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main([str(each) for each in arguments])
        sys.stderr.flush()
        out, err = capfdbinary.readouterr()
        return Outcome(status, out, err.decode())

    return call


@pytest.fixture
def misuse(run: Run) -> Callable[..., str]:
    """Runs what must be refused: status 2, nothing on standard output, one line; gives that line."""

    def call(*arguments: object, stdin: bytes = b"") -> str:
        outcome = run(*arguments, stdin=stdin)
        assert outcome.status == 2
        assert outcome.raw == b""
        assert outcome.err.startswith("framing: ")
        assert outcome.err.count("\n") == 1
        assert outcome.err.endswith("\n")
        return outcome.err[len("framing: ") : -1]

    return call


def command(*arguments: object) -> list[str]:
    """The command line as a process's argument list."""
    return [sys.executable, "-m", "framing", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    """The environment for `command`."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **more}


def process(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Runs the command line as a process."""
    options.setdefault("env", environment())
    return subprocess.run(command(*arguments), capture_output=True, timeout=60, check=False, **options)


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    """A file: two UBX frames, one with a broken checksum between them, and an NMEA sentence behind noise."""
    ubx, nmea = framing.load("ubx"), framing.load("nmea")
    good = ubx.encode(b"\x01\x02", **{"class": 5, "id": 1})
    broken = good[:-1] + bytes([good[-1] ^ 1])
    path = tmp_path / "stream.bin"
    path.write_bytes(good + broken + ubx.encode(b"", **{"class": 6, "id": 0}) + b"noise" + nmea.encode(b"GPGLL,1"))
    return path
