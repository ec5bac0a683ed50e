"""The shape of the package: who may import whom, what is public, and that each module has its tests."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

import framing
from framing import compiled

ROOT = Path(framing.__file__).parent
TESTS = Path(__file__).parent

# Lowest first. A module imports from layers below its own, and within its layer from modules that stand before it.
LAYERS = (
    ("errors", "compiled"),
    ("sums.crc_catalogue", "sums.algorithms", "_sums", "sums.prefixes", "checksums", "bits", "stuffing", "markers", "model.values", "model.expressions"),
    ("model.declared",),
    ("model.keys", "model.lookups", "model.patterns", "model.numbers", "model.checks", "model.data", "model.parts", "model.options"),
    ("model.traits", "model.sizes"),
    ("planning.facts", "planning.names", "planning.outline", "planning.lengths", "planning.stops", "planning.opens", "planning.coverage", "planning.following", "planning.expressions", "planning.area", "planning.learning", "plan"),
    ("_events", "events", "stats", "probing.memory", "probing.intake", "reading.reader", "probing.known", "probing.lengths", "probing.checksums", "probing.open_data", "probing.probe", "reading.quick"),
    ("writing.writer", "writing.source", "_writer", "writing.quick", "constructs"),
    ("messages.values", "messages.fields", "messages.checks", "messages.streams", "messages.bodies", "messages.groups", "messages.message"),
    ("model.examples", "layout", "protocols"),
    ("shortcuts.answers", "shortcuts.source", "shortcuts.parts", "shortcuts.spans", "shortcuts.shortcut", "streams.candidates", "streams.tiling", "streams.waiting"),
    ("engine", "early", "reference_bytes", "reference_relations", "reference_probe", "reference"),
    ("lowering.arithmetic", "lowering.ordinary", "lowering.program", "lowering.assembling", "lowering.settling", "lowering.parts", "_engine", "engines"),
    ("toml_lines", "parameters", "decoder", "encoder", "spec", "schema", "checking"),
    ("columns.places", "columns.arrow", "columns.column", "columns.kinds", "columns.rows", "spans", "scanner"),
    ("analysis", "damage"),
    ("making", "strategies", "fuzzing"),
    ("transports", "sockets"),
    ("__init__",),
    ("cli", "__main__"),
)
RANKS = {name: rank for rank, name in enumerate(name for layer in LAYERS for name in layer)}


def modules() -> Iterator[tuple[str, Path]]:
    """Each module by its dotted name under `framing`; a package goes by its own name."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts), path


COMPILED = {path.stem: path for path in sorted(ROOT.glob("*.pyx"))}
"""Modules in Cython."""
FOLDERS = {name for name, path in modules() if path.name == "__init__.py" and any(each.startswith(f"{name}.") for each in RANKS)}
"""Packages whose modules stand in the table one by one; they themselves only say what they are for."""
MODULES = {name: path for name, path in modules() if name not in FOLDERS} | COMPILED
every = pytest.mark.parametrize("name", MODULES)
every_compiled = pytest.mark.parametrize("name", COMPILED)


def imported(path: Path) -> set[str]:
    """The modules of this package that a file imports while it runs, wherever in the file; not those for type checking."""
    if path.suffix == ".pyx":
        return imported_in_cython(path)
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


def imported_in_cython(path: Path) -> set[str]:
    """The same of Cython, `cimport` or `import`; its includes count as part of the file."""
    text = path.read_text(encoding="utf-8")
    text += "".join((ROOT / name).read_text(encoding="utf-8") for name in re.findall(r'^include "(.+)"$', text, re.MULTILINE))
    lines = re.findall(r"^ *from framing(?:\.([\w.]+))? c?import (.+)$", text, re.MULTILINE)
    found = {(module, name.split()[0]) for module, names in lines for name in names.split(", ")}
    return {f"{module}.{name}".lstrip(".") if f"{module}.{name}".lstrip(".") in MODULES else module for module, name in found}


def docstring_of(path: Path) -> str | None:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return ast.get_docstring(ast.parse(text))
    match = re.match(r'(?:#[^\n]*\n)*"""(.+?)"""', text, re.DOTALL)
    return match and match[1]


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
    reference = {"reference", "reference_bytes", "reference_probe", "reference_relations"}
    engines = {"engine", "early", "lowering.ordinary", "_engine"}
    engines |= {each for each in MODULES if each.split(".")[0] in ("probing", "reading", "streams", "lowering", "shortcuts")}
    if name in reference:
        assert not imported(MODULES[name]) & engines
    elif name in engines:
        assert not imported(MODULES[name]) & reference


@every
def test_each_module_says_what_it_is_for(name: str) -> None:
    docstring = docstring_of(MODULES[name])
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":", "?"))


# Modules that were split off another one are tested through it; those in Cython beside what they stand in for.
TESTED_WITH = {
    "_engine": "native",
    "_events": "events",
    "_sums": "sums_native",
    "_writer": "writing.quick",
    "sums.algorithms": "checksums",
    "lowering.assembling": "lowering.program",
    "constructs": "messages.message",
    "damage.words": "damage.models",
    "model.examples": "layout",
    "lowering.parts": "lowering.program",
    "messages.bodies": "messages.message",
    "messages.checks": "messages.message",
    "messages.groups": "messages.message",
    "messages.fields": "messages.message",
    "messages.streams": "messages.message",
    "lowering.settling": "lowering.program",
    "model.checks": "model.parts",
    "model.data": "model.parts",
    "model.keys": "model.parts",
    "model.lookups": "model.parts",
    "model.numbers": "model.parts",
    "model.patterns": "model.parts",
    "model.sizes": "plan",
    "model.traits": "plan",
    "planning.area": "plan",
    "planning.coverage": "plan",
    "planning.expressions": "plan",
    "planning.facts": "plan",
    "planning.following": "plan",
    "planning.learning": "plan",
    "planning.lengths": "plan",
    "planning.names": "plan",
    "planning.opens": "plan",
    "planning.outline": "plan",
    "planning.stops": "plan",
    "stuffing.base": "stuffing",
    "stuffing.bits": "stuffing",
    "stuffing.cobs": "stuffing",
    "stuffing.escapes": "stuffing",
    "stuffing.hex": "stuffing",
    "stuffing.registry": "stuffing",
    "writing.source": "writing.quick",
}


@every
def test_each_module_has_its_tests(name: str) -> None:
    if name in ("__init__", "__main__", "analysis", "cli", "damage", "fuzzing", "transports"):
        pytest.skip("has nothing of its own: test_structure and test_install look at it")
    words = TESTED_WITH.get(name, name).split(".")
    file = TESTS.joinpath(*words[:-1], f"test_{words[-1]}.py")
    assert file.is_file(), f"{name} has no {file.relative_to(TESTS)}"


@every_compiled
def test_stubs_name_what_there_is(name: str) -> None:
    tree = ast.parse(COMPILED[name].with_suffix(".pyi").read_text(encoding="utf-8"))
    if not compiled.usable:
        pytest.skip(compiled.missing)
    _named(tree.body, importlib.import_module(f"framing.{name}"))


def _named(body: list[ast.stmt], owner: object) -> None:
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            assert hasattr(owner, node.name), node.name
        if isinstance(node, ast.ClassDef):
            _named(node.body, getattr(owner, node.name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            assert hasattr(owner, node.target.id), node.target.id


def test_the_table_names_only_what_there_is() -> None:
    assert {place(name) for name in MODULES} == set(RANKS)


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_a_folder_only_says_what_it_is_for(name: str) -> None:
    (only,) = ast.parse((ROOT / name / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(only, ast.Expr)
    assert isinstance(only.value, ast.Constant)
    assert str(only.value.value).endswith(".")


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
    if name in COMPILED and not compiled.usable:
        pytest.skip(compiled.missing)
    if name not in {layer[0] for layer in LAYERS}:
        importlib.import_module(f"framing.{name}")
        return
    done = subprocess.run([sys.executable, "-c", f"import framing.{name}"], capture_output=True, text=True, cwd=ROOT.parent, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml"])
def test_what_every_project_has(name: str) -> None:
    assert (TESTS.parent / name).is_file()
