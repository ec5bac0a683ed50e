"""The README holds: its examples run, its tables say what the code says. See `pages` for how its blocks are run."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest

import framing
from framing.model.values import NoBytes, ValueType, value_type
from pages import ROOT, RUN, Running, blocks, matches, with_command

README = (ROOT / "README.md").read_text("utf-8")


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)\n", README, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section: str) -> list[list[str]]:
    lines = [line for line in sections()[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(with_command(tmp_path))
    running = Running("README.md", tmp_path, {"__name__": "readme"})
    assert sum(running.run(block) for block in blocks(README)) >= 12


def test_matches() -> None:
    assert matches("a ... b\n", "a x y b\n")
    assert matches("a\n...\nb\n", "a\nb\n")
    assert matches("a\n...\n", "a\nx\ny\n")
    assert not matches("a ...\n", "a x\ny\n")
    assert not matches("a.b\n", "a+b\n")


def test_only_set_up_and_measurements_are_not_run() -> None:
    assert {block.section for block in blocks(README) if block.language not in RUN} <= {"Set-up", "Speed"}


# --- set-up ----------------------------------------------------------------------------------------------------------


def test_two_commands_set_everything_up() -> None:
    commands = [block.text.strip() for block in blocks(README) if block.section == "Set-up"]
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


def test_every_kind_of_type_is_told() -> None:
    _, after = README.split("### Types of values\n")
    table = after.split("\n#")[0]
    kinds = {type(value_type(name)) for name in re.findall(r"`([\w:]+)`", table)}
    assert kinds == set(ValueType.__subclasses__()) - {NoBytes}


def test_folders_are_told_in_their_own_words() -> None:
    told = dict(re.findall(r"^\| `framing/(\w+)/` \| (.*) \|$", README, re.MULTILINE))
    packages = {path.parent.name: path.read_text("utf-8") for path in (ROOT / "framing").glob("*/__init__.py")}
    assert told.keys() == packages.keys() | {"native"}
    for name, text in packages.items():
        assert text.startswith(f'"""{told[name]}'), name


def test_named_files_exist() -> None:
    for name in re.findall(r"`([\w./-]+/[\w.-]*)`", README):
        if not name.startswith("/dev"):
            assert (ROOT / name).exists(), name
