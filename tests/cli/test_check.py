"""`framing check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from framing.spec import shipped

from .conftest import Run

GOOD = 'name = "good"\nlayout = [{ sync = "AA" }, { field = "id", type = "u8" }]\n'
EXAMPLE = '[[example]]\nsource = "here"\nhex = "AA 07"\nfields = { id = 7 }\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.toml").write_text(GOOD + EXAMPLE)
    (tmp_path / "wrong.toml").write_text(GOOD + EXAMPLE.replace("id = 7", "id = 8"))
    (tmp_path / "broken.toml").write_text(GOOD.replace("sync", "snyc"))
    return tmp_path


def test_it_says_what_it_ran(run: Run) -> None:
    outcome = run("check", "ubx")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == "ubx: ok (9 examples, 2 counterexamples)\n"


def test_all_that_is_shipped(run: Run) -> None:
    outcome = run("check", "--shipped")
    assert outcome.status == 0, outcome.out
    assert outcome.out.count(": ok (") == len(shipped())
    assert outcome.out.splitlines()[-1].startswith(f"{len(shipped())} specs, ")


def test_an_example_that_does_not_hold(run: Run, folder: Path) -> None:
    outcome = run("check", "good.toml", "wrong.toml")
    assert (outcome.status, outcome.err) == (1, "")
    assert outcome.out.splitlines() == [
        "good.toml: ok (1 example, 0 counterexamples)",
        "wrong.toml: failed (1 example, 0 counterexamples)",
        "  wrong.toml:6: example[0].fields.id: 7 decoded, but 8 is stated",
        "2 specs, 2 examples and counterexamples: failed",
    ]


def test_a_spec_that_cannot_be_loaded(run: Run, misuse: Any, folder: Path) -> None:
    line = misuse("check", "broken.toml")
    assert line.startswith("broken.toml:2: layout[0]: ")
    outcome = run("check", "broken.toml", "wrong.toml", "good.toml")
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert "good.toml: ok" in outcome.out


@pytest.mark.parametrize("name", ["nope", "ubxx", "nope.toml", "/"])
def test_names_that_are_none(misuse: Any, name: str) -> None:
    misuse("check", name)


def test_files_that_are_no_specs(misuse: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    for content in (b"\x00\x01", b"\xff\xfe", b"name = ", b"[" * 5000):
        path.write_bytes(content)
        assert str(path) in misuse("check", path)


def test_nothing_to_check(misuse: Any) -> None:
    assert misuse("check") == "no spec given; name one, or use --shipped"
