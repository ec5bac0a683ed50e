"""`framing.compiled`: whether the compiled parts are in use is settled once, before anything else, and the reason is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import framing
from framing import compiled

ROOT = Path(framing.__file__).parent.parent
REPORT = """
import sys
sys.meta_path[:] = [each for each in sys.meta_path if "editable" not in repr(each)]  # it would look in the checkout
import framing
from framing import compiled, events
from framing.writing import quick as quick_writing
toy = framing.FrameFormat("toy", [framing.Sync("AA"), framing.Field("x", "u8")])
print(compiled.usable, compiled.missing, sep="|")
print(framing.engine_name(), framing.Decoder(toy).engine, events.Frame.__module__, events.Gap.__module__, sep="|")
print(framing.decode(b"?" + toy.encode(x=5), toy))
"""


def report(root: Path, **environment: str) -> list[str]:
    """What a process says that imports framing from a folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FRAMING_")}
    done = subprocess.run(
        [sys.executable, "-c", REPORT],
        env=clean | {"PYTHONPATH": str(root)} | environment,
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """The package without what a C compiler made of it."""
    for name in ("framing", "specs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.so", "*.pyd", "not_built.txt", "__pycache__"))
    return tmp_path


EVENTS = "[<Gap [0, 1) noise 3f>, <Frame toy [1, 3) aa 05>]"


def test_what_was_built_is_used(native_engine: None) -> None:
    said = report(ROOT)
    assert said == ["True|", "native|native|framing._events|framing._events", EVENTS]


@pytest.mark.parametrize("name", ["python", "reference"])
def test_whoever_asks_for_another_engine_gets_nothing_that_is_compiled(name: str) -> None:
    first, second, third = report(ROOT, FRAMING_ENGINE=name)
    assert first == f"False|FRAMING_ENGINE was {name} when framing was imported"
    assert second == f"{name}|{name}|framing.events|framing.events"
    assert third == EVENTS


def test_without_a_compiled_engine_the_python_engine_does_it(plain: Path) -> None:
    first, second, third = report(plain)
    assert first == "False|it was not built: no framing._engine for this Python"
    assert second == "python|python|framing.events|framing.events"
    assert third == EVENTS


def test_why_it_was_not_built_is_told(plain: Path) -> None:
    (plain / "framing" / "not_built.txt").write_text("no compiler was found\n", "utf-8")
    assert report(plain)[0] == "False|it was not built: no compiler was found"


def test_here_it_says_the_same_in_two_ways() -> None:
    assert compiled.usable is not bool(compiled.missing)
