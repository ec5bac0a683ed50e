"""The shape of the package: who may import whom, what is public, and that each module has its tests."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

import framing

ROOT = Path(framing.__file__).parent
TESTS = Path(__file__).parent

# Lowest first. A module imports from layers below its own, and within its layer from modules that stand before it.
LAYERS = (
    ("errors",),
    ("crc_catalogue", "algorithms", "prefixes", "checksums", "stuffing", "markers", "values", "expressions"),
    ("declared",),
    ("parts",),
    ("traits", "sizes", "plan"),
    ("events", "memory", "intake", "reading", "probing", "quick_reading", "writing", "writing_source", "quick_writing", "constructs", "messages"),
    ("examples", "layout"),
    ("shortcuts", "candidates", "tiling"),
    ("engine", "early", "reference_probe", "reference"),
    ("toml_lines", "parameters", "decoder", "encoder", "spec", "schema", "checking"),
    ("places", "arrow", "columns", "spans"),
    ("__init__",),
    ("cli", "__main__"),
)
RANKS = {name: rank for rank, name in enumerate(name for layer in LAYERS for name in layer)}


def modules() -> Iterator[tuple[str, Path]]:
    """Each module by its dotted name under `framing`; a package goes by its own name."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts), path


MODULES = dict(modules())
every = pytest.mark.parametrize("name", MODULES)


def imported(path: Path) -> set[str]:
    """The modules of this package that a file imports while it runs, wherever in the file; not those for type checking."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names if each.name.split(".")[0] == "framing"}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "framing":
            below = {f"{node.module}.{each.name}" for each in node.names}
            found |= {name for name in below if name.removeprefix("framing.") in MODULES} or {node.module}
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path.name}: a relative import"
    return {name.removeprefix("framing.") if name != "framing" else "__init__" for name in found}


def place(name: str) -> str:
    """The entry of the table that a module belongs to."""
    return name if name in RANKS else name.split(".")[0]


@every
def test_imports_go_downward(name: str) -> None:
    assert place(name) in RANKS, f"{name} has no place in the table of layers"
    for other in imported(MODULES[name]):
        if place(other) != place(name):
            assert RANKS[place(other)] < RANKS[place(name)], f"{name} imports {other}"


@every
def test_the_engines_and_the_reference_know_nothing_of_each_other(name: str) -> None:
    reference = {"reference", "reference_probe"}
    engines = {"intake", "probing", "reading", "shortcuts", "candidates", "tiling", "engine", "early"}
    if name in reference:
        assert not imported(MODULES[name]) & engines
    elif name in engines:
        assert not imported(MODULES[name]) & reference


@every
def test_each_module_says_what_it_is_for(name: str) -> None:
    docstring = ast.get_docstring(ast.parse(MODULES[name].read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":", "?"))


# Modules that were split off another one are tested through it.
TESTED_WITH = {
    "algorithms": "checksums",
    "constructs": "messages",
    "examples": "layout",
    "sizes": "plan",
    "traits": "plan",
    "writing_source": "quick_writing",
}


@every
def test_each_module_has_its_tests(name: str) -> None:
    if name in ("__init__", "__main__", "cli"):
        pytest.skip("has nothing of its own: test_structure and test_install look at it")
    words = TESTED_WITH.get(name, name).split(".")
    file = TESTS.joinpath(*words[:-1], f"test_{words[-1]}.py")
    assert file.is_file(), f"{name} has no {file.relative_to(TESTS)}"


def test_the_table_names_only_what_there_is() -> None:
    assert {place(name) for name in MODULES} == set(RANKS)


def test_all_public_names_are_offered_and_no_others() -> None:
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    names = {each.asname or each.name for node in tree.body if isinstance(node, ast.ImportFrom) for each in node.names}
    assert sorted(framing.__all__) == framing.__all__
    assert set(framing.__all__) == names
    assert all(hasattr(framing, name) for name in framing.__all__)


def test_public_things_have_docstrings() -> None:
    for name in framing.__all__:
        thing = getattr(framing, name)
        if isinstance(thing, (type, FunctionType)):
            assert thing.__doc__, name


def test_the_package_opens_without_logic() -> None:
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    assert all(isinstance(node, (ast.Expr, ast.ImportFrom, ast.Assign)) for node in tree.body)


@pytest.mark.parametrize("name", [name for name in MODULES if "cli" not in name and not name.startswith("__")])
def test_a_module_is_imported_by_itself(name: str) -> None:
    """No circle of imports hides behind an order in which they happen to work. Of the whole package one process a layer is enough."""
    if name not in {layer[0] for layer in LAYERS}:
        importlib.import_module(f"framing.{name}")
        return
    done = subprocess.run([sys.executable, "-c", f"import framing.{name}"], capture_output=True, text=True, cwd=ROOT.parent, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml"])
def test_what_every_project_has(name: str) -> None:
    assert (TESTS.parent / name).is_file()
