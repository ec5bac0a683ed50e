"""The fuzz targets: what they once found stays found out, their corpora find nothing, and each of them can fail."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FUZZ = Path(__file__).resolve().parents[1] / "fuzz"
NAMES = ("engines", "shipped", "specs", "expressions", "stuffing", "sums", "encoder", "captures", "commands")
SHORT = 25
"""Inputs of each corpus that are tried here; `fuzz/drive.py TARGET --replay` tries all."""

by_target = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The folder `fuzz` can be imported from; the place where a target changes to is left again."""
    monkeypatch.syspath_prepend(str(FUZZ))
    monkeypatch.delenv("FRAMING_ENGINE", raising=False)
    monkeypatch.chdir(tmp_path)
    yield
    for name in [each for each in sys.modules if each.split(".")[0] in ("targets", "dice", "kept")]:
        del sys.modules[name]


def target(name: str) -> Callable[[bytes], None]:
    """The target, where its needs are installed."""
    if name == "sums":
        pytest.importorskip("fastcrc")
    found: Callable[[bytes], None] = importlib.import_module("targets").target(name)
    return found


def kept() -> Any:
    return importlib.import_module("kept")


@by_target
def test_what_was_found_is_found_no_more(name: str) -> None:
    run = target(name)
    for data in kept().findings(name):
        run(data)


@by_target
def test_the_corpus_finds_nothing(name: str) -> None:
    run = target(name)
    inputs = kept().corpus(name)
    assert inputs, f"{name} has no corpus"
    for data in inputs[:: -(-len(inputs) // SHORT)]:
        run(data)


def test_the_list_of_targets_is_whole() -> None:
    assert importlib.import_module("targets").NAMES == NAMES
    files = {path.stem for path in (FUZZ / "targets").glob("*.py")}
    assert files == {*NAMES, "__init__", "decoding"}


def test_dice_decide_by_their_bytes_and_end() -> None:
    dice = importlib.import_module("dice")
    one = dice.Dice(bytes([2, 5, 255]))
    assert [one.choice("abc"), one.randrange(4), one.randrange(256), one.choice("abc"), one.getrandbits(40)] == ["c", 1, 255, "a", 0]
    with pytest.raises(dice.OutOfBytes):
        while True:
            one.random()


# What each target is to find: a module, a name in it, and what stands there instead.
PLANTED: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
    "engines": ("framing.streams.tiling.Tiling", "gap", lambda good: lambda self, end, fill, rejects: good(self, end, fill, rejects[1:])),
    "shipped": ("framing.streams.tiling.Tiling", "gap", lambda good: lambda self, end, fill, rejects: good(self, end, fill, rejects[1:])),
    "specs": ("framing.spec", "_toml_error", lambda good: lambda *given: 1 // 0),
    "expressions": ("framing.model.expressions.Expression", "evaluate", lambda good: lambda self, names: (good(self, names), 7)[1]),
    "stuffing": ("framing.stuffing.Cobs", "encode", lambda good: lambda self, data: good(self, data) + b"\x01"),
    "sums": ("framing.sums.prefixes.Prefixes", "checksum", lambda good: lambda self, *given: good(self, *given) ^ 1),
    "encoder": ("targets.encoder", "writer", lambda good: lambda plan: lambda *given: b"wrong"),
    "captures": ("framing.transports.capture_files", "_exactly", lambda good: lambda file, size: file.read(size)),
    "commands": ("framing.cli.main", "_complain", lambda good: lambda message, status=2: status),
}


@by_target
def test_a_planted_bug_is_found_by_the_corpus(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = target(name)
    place, attribute, made = PLANTED[name]
    owner = _thing(place)
    monkeypatch.setattr(owner, attribute, made(getattr(owner, attribute)))
    with pytest.raises(Exception):  # noqa: B017, PT011 - any way to fail will do
        for data in kept().corpus(name):
            run(data)


def _thing(place: str) -> Any:
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError:
        module, _, name = place.rpartition(".")
        return getattr(importlib.import_module(module), name)


def test_the_plain_driver_says_that_nothing_guides_it_and_keeps_what_it_finds(tmp_path: Path) -> None:
    copy = tmp_path / "fuzz"
    subprocess.run(["cp", "-r", str(FUZZ), str(copy)], check=True)
    (copy / "targets" / "stuffing.py").write_text('"""Fails."""\n\n\ndef run(data: bytes) -> None:\n    assert len(data) < 5\n')
    command = [sys.executable, str(copy / "drive.py"), "stuffing", "--random", "--seconds", "60", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "no coverage guides it" in done.stdout
    assert '"findings": 1' in done.stdout
    comment, line = (copy / "findings" / "stuffing.txt").read_text().splitlines()[-2:]
    assert comment.startswith("# AssertionError")
    assert len(bytes.fromhex(line)) >= 5


def _table(path: Path, head: str) -> dict[str, list[float]]:
    """The numbers of a table by the name in their row."""
    lines = path.read_text("utf-8").split(head)[1].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): [float(cell.replace(",", "")) if cell else 0 for cell in row[1:]] for row in rows}


def test_the_readme_tells_what_ran_as_the_fuzzers_own_page_does() -> None:
    told, ran = _table(FUZZ.parent / "README.md", "| fuzzed |"), _table(FUZZ / "README.md", "| target | seconds |")
    assert list(told) == list(ran) == list(NAMES)
    for name, (seconds, executions, _, _, sanitized, more, _, _) in ran.items():
        assert told[name] == [round((seconds + sanitized) / 3600, 2), executions + more], name


def test_an_input_that_ends_the_process_is_kept(tmp_path: Path) -> None:
    copy, crash = tmp_path / "fuzz", tmp_path / "crash-0a1b"
    subprocess.run(["cp", "-r", str(FUZZ), str(copy)], check=True)
    crash.write_bytes(b"\x01\x02")
    said = f"==7== ERROR: libFuzzer: deadly signal\nTest unit written to {crash}"
    (copy / "drive.py").write_text(f"print({said!r})\nraise SystemExit(77)\n")
    command = [sys.executable, str(copy / "run"), "--here", "--seconds", "1", "stuffing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "stuffing ended with 77" in done.stdout
    assert (copy / "findings" / "stuffing.txt").read_text().splitlines()[-2:] == ["# ==7== ERROR: libFuzzer: deadly signal", "0102"]
