"""Inputs that are kept, one in hex on each line of a file: `corpus/engines.txt`, `findings/engines.txt`.

In a file of findings the lines in front of an input that begin with # say what it found.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent


def corpus(name: str) -> list[bytes]:
    """The small corpus of a target."""
    return _inputs(HERE / "corpus" / f"{name}.txt")


def findings(name: str) -> list[bytes]:
    """What once found something in a target."""
    return _inputs(HERE / "findings" / f"{name}.txt")


def _inputs(path: Path) -> list[bytes]:
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return [bytes.fromhex(line) for line in lines if not line.startswith("#")]


def keep_finding(name: str, data: bytes, what: str) -> Path:
    """Writes an input behind the findings of a target, with what it found; the file."""
    path = HERE / "findings" / f"{name}.txt"
    path.parent.mkdir(exist_ok=True)
    if data not in findings(name):
        with path.open("a", encoding="utf-8") as file:
            file.write(f"# {' '.join(what.split())[:300]}\n{data.hex()}\n")
    return path


def keep_corpus(name: str, inputs: Iterable[bytes], most: int) -> tuple[int, int]:
    """Makes these the corpus of a target, the shortest first, up to so many bytes; how many they are, and their bytes."""
    chosen: list[bytes] = []
    for data in sorted(set(inputs), key=lambda each: (len(each), each)):
        if sum(map(len, chosen)) + len(data) <= most:
            chosen.append(data)
    path = HERE / "corpus" / f"{name}.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{each.hex()}\n" for each in chosen), "utf-8")
    return len(chosen), sum(map(len, chosen))
