"""The package as users get it: the specs load from a wheel, an sdist, an editable install and a plain checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SPECS = sorted(path.stem for path in (ROOT / "specs").glob("*.toml"))

ASK = """
import json, framing
ubx = framing.load("ubx")
raw = ubx.encode(b"hi", **{"class": 6, "id": 1})
print(json.dumps({"file": framing.__file__, "specs": sorted(framing.shipped()), "payload": ubx.decode(raw).payload.decode(),
                  "version": framing.__version__}))
"""


@dataclass
class Builder:
    """A virtual environment that has setuptools and sees the dependencies of the one that runs the tests."""

    python: Path
    source: Path
    folder: Path

    def run(self, *command: str) -> str:
        return said([str(self.python), *command], self.folder)

    def pip(self, *arguments: str) -> None:
        self.run("-m", "pip", "--quiet", *arguments)

    def wheel(self, source: Path, name: str) -> Path:
        target = self.folder / name
        self.pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(target), str(source))
        (found,) = target.glob("*.whl")
        return found

    def asked(self, *, path: Path | None = None) -> dict[str, object]:
        """What an interpreter outside the checkout finds, with `path` as its PYTHONPATH."""
        answer: dict[str, object] = json.loads(said([str(self.python), "-c", ASK], self.folder, path))
        return answer


def said(command: list[str], folder: Path, path: Path | None = None) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
    environment = kept | ({"PYTHONPATH": str(path)} if path else {})
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def copy_of_checkout(target: Path) -> Path:
    for name in ("framing", "specs", "tests", "fuzz", "mutation", "benchmarks", "docs"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, target / name)
    return target


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    folder = tmp_path_factory.mktemp("install")
    home = folder / "venv"
    venv.create(home, with_pip=True, symlinks=os.name != "nt")
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    made = Builder(scripts / "python", folder / "source", folder)
    wanted = PROJECT["build-system"]["requires"]
    got = subprocess.run(
        [made.python, "-m", "pip", "install", "--quiet", *wanted], capture_output=True, text=True, check=False
    )
    if got.returncode:
        pytest.skip(
            f"pip cannot install {' '.join(wanted)} here: {(got.stderr.strip().splitlines() or ['no reason given'])[-1]}"
        )
    # The dependencies, without installing them again. No .pth file in there is followed, so no editable install either.
    own = Path(made.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    paths = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (own / "dependencies.pth").write_text("\n".join(paths) + "\n", "utf-8")
    made.source.mkdir()
    copy_of_checkout(made.source)
    return made


def unpacked(wheel: Path, target: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def stands(answer: dict[str, object], inside: Path) -> None:
    assert Path(str(answer["file"])).resolve().is_relative_to(inside.resolve())
    assert answer["specs"] == SPECS
    assert answer["payload"] == "hi"


@pytest.mark.slow
def test_specs_load_from_a_wheel(builder: Builder) -> None:
    wheel = builder.wheel(builder.source, "wheel")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"framing/specs/{name}.toml" for name in SPECS} <= set(names)
    assert {"framing/py.typed", "framing/spec.schema.json"} <= set(names)
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"framing"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    place = unpacked(wheel, builder.folder / "from-wheel")
    stands(builder.asked(path=place), place)


@pytest.mark.slow
def test_specs_load_from_a_wheel_that_was_built_from_the_sdist(builder: Builder) -> None:
    target = builder.folder / "sdist"
    target.mkdir()
    code = "import os, sys; os.chdir(sys.argv[1]); import setuptools.build_meta as b; b.build_sdist(sys.argv[2])"
    builder.run("-c", code, str(builder.source), str(target))
    (archive,) = target.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(target, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (source,) = (path for path in target.iterdir() if path.is_dir())
    assert (source / "tests" / "generate.py").is_file()
    place = unpacked(builder.wheel(source, "wheel-of-sdist"), builder.folder / "from-sdist")
    stands(builder.asked(path=place), place)


@pytest.mark.slow
def test_specs_load_from_an_editable_install(builder: Builder) -> None:
    builder.pip("install", "--no-deps", "--no-build-isolation", "--editable", str(builder.source))
    try:
        answer = builder.asked()
        stands(answer, builder.source)
        script = shutil.which("framing", path=str(builder.python.parent))
        assert script is not None
        assert said([script, "--version"], builder.folder).startswith(f"framing-codec {answer['version']}, ")
    finally:
        builder.pip("uninstall", "--yes", PROJECT["project"]["name"])


@pytest.mark.slow
def test_specs_load_from_a_plain_checkout(builder: Builder) -> None:
    stands(builder.asked(path=builder.source), builder.source)


def test_every_package_is_listed() -> None:
    folders = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in (ROOT / "framing").rglob("__init__.py")
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders | {"framing.specs"}


def test_the_library_needs_two_packages_and_the_rest_is_extra() -> None:
    project = PROJECT["project"]
    assert [entry.split(">")[0] for entry in project["dependencies"]] == ["construct", "crcmod-plus"]
    assert set(project["optional-dependencies"]) == {"cli", "serial", "aio", "pcap", "bits", "crypto", "fuzz", "all", "test"}


def test_importing_the_library_imports_no_extra(tmp_path: Path) -> None:
    extras = ["typer", "rich", "serial", "anyio", "dpkt", "psutil", "bitarray", "cryptography", "jsonschema", "hypothesis"]
    code = f"import sys, framing; print([name for name in {extras} if name in sys.modules])"
    assert said([sys.executable, "-c", code], tmp_path, ROOT).strip() == "[]"
