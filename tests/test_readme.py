"""The README holds: its examples run, its tables say what the code says.

Blocks run in order in one folder. A `toml` block whose first line is `# name` becomes that file. In a `console` block, lines
with `$` are commands, what follows is their output (`...` stands for any text, alone on a line for any lines). A `python`
block goes on with the names of the one before; `# -> text` comments are its output, line by line.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import stat
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

import framing

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
RUN = {"toml", "console", "python"}


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is that of its fence, `section` the heading above it."""

    language: str
    text: str
    line: int
    section: str


def blocks() -> list[Block]:
    found = []
    section = ""
    for match in re.finditer(r"^## ([^\n]+)$|^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        if match[1]:
            section = match[1]
        else:
            found.append(Block(match[2], match[3], README.count("\n", 0, match.start()) + 1, section))
    return found


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)\n", README, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section: str) -> list[list[str]]:
    lines = [line for line in sections()[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("readme")
    command = made / "bin" / "framing"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m framing "$@"\n', "utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return made


def matches(expected: str, said: str) -> bool:
    pattern = re.escape(expected)
    pattern = re.sub(r"(?m)^\\\.\\\.\\\.\\?\n", r"(?:.*\\n)*?", pattern)
    pattern = pattern.replace(r"\.\.\.", "[^\n]*")
    return re.fullmatch(pattern, said) is not None


def run_console(block: Block, folder: Path) -> None:
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1"}
    for command, expected in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
        done = subprocess.run(
            ["bash", "-c", f"{command} 2>&1"], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert matches(expected, done.stdout), f"README line {block.line}: {command}\nexpected {expected}\nsaid {done.stdout}"


def run_python(block: Block, names: dict[str, object]) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(block.text, f"README.md, block at line {block.line}", "exec"), names)
    assert out.getvalue().splitlines() == re.findall(r"# -> (.*)$", block.text, re.MULTILINE)


@pytest.mark.slow
def test_every_example_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, object] = {"__name__": "readme"}
    ran = 0
    for block in blocks():
        if block.language == "toml":
            first, _, _ = block.text.partition("\n")
            (folder / first.removeprefix("# ")).write_text(block.text, "utf-8")
            assert framing.load(folder / first.removeprefix("# ")).name + ".toml" == first.removeprefix("# ")
        elif block.language == "console":
            run_console(block, folder)
        elif block.language == "python":
            run_python(block, names)
        ran += block.language in RUN
    assert ran >= 12


def test_matches() -> None:
    assert matches("a ... b\n", "a x y b\n")
    assert matches("a\n...\nb\n", "a\nb\n")
    assert matches("a\n...\n", "a\nx\ny\n")
    assert not matches("a ...\n", "a x\ny\n")
    assert not matches("a.b\n", "a+b\n")


def test_only_set_up_and_measurements_are_not_run() -> None:
    assert {block.section for block in blocks() if block.language not in RUN} <= {"Set-up", "Speed"}


# --- set-up ----------------------------------------------------------------------------------------------------------


def test_two_commands_set_everything_up() -> None:
    commands = [block.text.strip() for block in blocks() if block.section == "Set-up"]
    assert [command.splitlines() for command in commands] == [[command] for command in commands]
    demo, test = commands
    assert demo.endswith(".venv/bin/framing demo")
    assert ".venv/bin/pytest" in test
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for command in commands:
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert set(re.findall(r"\.\[(\w+)\]", command)) <= set(extras)


def test_continuous_integration_runs_the_readme_s_command() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    pattern = re.search(r"command=\$\(grep --extended-regexp '(.+)' README\.md\)", script)
    assert pattern is not None
    assert len(re.findall(pattern[1], README, re.MULTILINE)) == 1


def test_the_pictures_are_there() -> None:
    pictures = re.findall(r"!\[.+\]\((.+)\)", README)
    assert pictures == ["docs/demo.svg", "docs/benchmarks.svg"]
    assert all("<svg" in (ROOT / each).read_text("utf-8") for each in pictures)
    assert "intact" in (ROOT / pictures[0]).read_text("utf-8")


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows("Limits"), ids=lambda row: row[2].strip("`"))
def test_limits_are_those_of_the_code(row: list[str]) -> None:
    _, limit, constant = row
    module, _, name = constant.strip("`").rpartition(".")
    number = re.match(r"[\d,]+", limit)
    assert number is not None
    assert int(number[0].replace(",", "")) == getattr(importlib.import_module(module), name)


def test_every_reason_is_explained() -> None:
    assert [row[0].strip("`") for row in rows("Gaps and reasons")] == [reason.value for reason in framing.Reason]


def test_named_files_exist() -> None:
    for name in re.findall(r"`([\w./-]+/[\w.-]*)`", README):
        if not name.startswith("/dev"):
            assert (ROOT / name).exists(), name
