"""Mutation testing itself: what is mutated, what is tried, what a trial notices, and that the page says what is known."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]

SOURCE = '''
"""A docstring of 1 line."""
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    LIMIT = 1 + 1

def spare(size: "int | None" = 3, /) -> "int | str":
    assert size > 0
    if size < 2:
        raise ValueError(f"{size + 1} is too few")
    return size // 2
'''


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The folder `mutation` can be imported from."""
    monkeypatch.syspath_prepend(str(ROOT / "mutation"))
    names = ("mutants", "operators", "page", "trial")
    yield
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def mutants(beside: None) -> Any:
    return importlib.import_module("mutants")


@pytest.fixture
def page(beside: None) -> Any:
    return importlib.import_module("page")


@pytest.fixture
def trial(beside: None) -> Any:
    if not hasattr(os, "fork"):
        pytest.skip("trials are forked")
    return importlib.import_module("trial")


def test_what_no_test_could_judge_is_left_out(mutants: Any) -> None:
    lines = SOURCE.splitlines()
    texts = {lines[start[0] - 1][start[1] : end[1]] for start, end in mutants.excluded(SOURCE) if start[0] == end[0]}
    assert texts == {'"""A docstring of 1 line."""', "TYPE_CHECKING", "LIMIT = 1 + 1", '"int | None"', '"int | str"', "assert size > 0", 'f"{size + 1} is too few"'}


def test_each_change_is_another_program(beside: None) -> None:
    pytest.importorskip("cosmic_ray")
    operators = importlib.import_module("operators")
    made = [operators.changed(SOURCE, each) for each in operators.found(SOURCE)]
    assert len(set(made)) == len(made)
    new = {line.strip() for text in made for line in text.splitlines()} - {line.strip() for line in SOURCE.splitlines()}
    assert {"if size <= 2:", "if size >= 2:", "if not size < 2:", "if size < 1:", "return size * 2", "pass"} <= new
    assert not any("LIMIT" in line or "assert" in line or "too few" in line for line in new)


def test_no_place_has_its_second_mutant_before_all_have_their_first(mutants: Any) -> None:
    every = [mutants.Mutant(name, 0, (line, 0), (line, 1)) for line in range(9) for name in "abc"]
    chosen = mutants.sample(every, 12, "seed")
    assert chosen == mutants.sample(every, 12, "seed") != mutants.sample(every, 12, "other")
    assert [each for each in every if each in chosen] == chosen
    counts = [sum(each.start == (line, 0) for each in chosen) for line in range(9)]
    assert sorted(counts) == [1] * 6 + [2] * 3
    assert mutants.sample(every, 100, "seed") == every


def test_a_change_is_shown_on_one_line(mutants: Any) -> None:
    assert mutants.difference("a = 1\nb = (\n    2,\n)\n", "a = 1\npass\n") == (2, "b = ( 2, )", "pass")
    assert mutants.within("class A:\n    def b(self):\n        return 1\n", 3) == "A.b"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the tests' own process may have threads
@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("def twice(n):\n    return 2 * n\n", "alive"),
        ("def twice(n):\n    return 3 * n\n", "test"),
        ("def twice(n):\n    raise SystemExit\n", "test"),
        ("def once(n):\n    return n\n", "test"),
        ("def twice(n):\n    while True: pass\n", "time"),
        ("twice = 1 / 0\n", "import"),
    ],
)
def test_a_trial_runs_changed_source(trial: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, verdict: str) -> None:
    module, tests = tmp_path / "mutated_here.py", tmp_path / "test_here.py"
    module.write_text("def twice(n):\n    return 5 * n\n")
    tests.write_text("import mutated_here\n\ndef test_it():\n    assert mutated_here.twice(2) == 4\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    run = f"--rootdir {tmp_path} -c /dev/null {tests}"
    outcome = trial.run("mutated_here", module, source, [run, run], [1, 1])
    assert outcome.verdict == verdict
    assert len(outcome.seconds) == (2 if verdict == "alive" else 0)


def test_a_judgement_is_of_a_line_or_of_one_change_to_it(page: Any) -> None:
    known = [
        {"module": "m", "line": "a = 1", "verdict": "speed", "why": "any"},
        {"module": "m", "line": "a = 1", "becomes": "a = 2", "verdict": "equivalent", "why": "one"},
    ]
    said = [page.judgement(*given, known) for given in [("m", {"old": "a = 1", "new": "a = 2"}), ("m", {"old": "a = 1", "new": "pass"}), ("n", {"old": "a = 1", "new": "pass"})]]
    assert [each and each["why"] for each in said] == ["one", "any", None]


def test_the_page_says_what_is_known(page: Any) -> None:
    assert page.PAGE.read_text("utf-8") == page.page(), "docs/mutation.md: mutation/run --page"


def test_every_survivor_is_judged_and_every_judgement_needed(page: Any) -> None:
    assert page.unjudged() == []
    assert page.idle() == []
    assert {each["verdict"] for each in page.judged()} <= set(page.VERDICTS)


def test_the_table_names_files_that_there_are(page: Any) -> None:
    for module in page.modules().values():
        words = [module["path"], *(word for run in module["tests"] for word in run.split() if word.endswith(".py"))]
        assert [word for word in words if not (ROOT / word).is_file()] == []


def test_the_tests_that_close_a_hole_are_there(page: Any) -> None:
    for hole in page.holes():
        file, _, name = hole["test"].partition("::")
        assert f"def {name}(" in (ROOT / "tests" / file).read_text("utf-8"), hole["test"]


def test_tests_run_without_plugins_that_load_themselves(trial: Any) -> None:
    """They did not when pyproject.toml got its first setting of a plugin."""
    command = [sys.executable, "-m", "pytest", *trial.OPTIONS, "--collect-only", str(ROOT / "tests" / "test_errors.py")]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
