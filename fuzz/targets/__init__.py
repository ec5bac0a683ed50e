"""What is fuzzed: each module has `run(data)`, which raises where something is wrong, whatever the bytes are.

A target imports what it tests inside this package, so that a driver can instrument it first.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [each for each in (str(ROOT), str(ROOT / "tests")) if each not in sys.path]

NAMES = ("engines", "shipped", "specs", "expressions", "stuffing", "sums", "encoder", "captures", "commands")
LONGEST = {"specs": 4096, "captures": 4096, "shipped": 1024}
"""Bytes of the longest input, where it is not `USUAL`."""
USUAL = 512


def target(name: str) -> Callable[[bytes], None]:
    """The function that tries one input. Input that decides nothing to the end counts as tried."""
    run: Callable[[bytes], None] = importlib.import_module(f"targets.{name}").run
    from dice import OutOfBytes

    def tried(data: bytes) -> None:
        try:
            run(data)
        except OutOfBytes:
            pass

    return tried
