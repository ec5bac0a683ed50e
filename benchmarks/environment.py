"""The benchmark's own environment, `.benchmarks/` beside the package: the peers, a copy of this project as it stands, and the
C program compiled. Made when it is missing, brought up to date when requirements or sources have changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FOLDER = ROOT / ".benchmarks"
VENV = FOLDER / "venv"
LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "*.so", "*.pyd", "*.egg-info", "build", "dist", "benchmarks", "docs", "fuzz", "tests"
)


def python() -> Path:
    """The interpreter of the environment, which is complete when this returns."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n")
    binary = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not binary.exists():
        _say("making .benchmarks/venv")
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    requirements = HERE / "requirements.txt"
    _once("peers", _digest([requirements]), lambda: _pip(binary, "-r", str(requirements)))
    with tempfile.TemporaryDirectory() as scratch:
        # A copy: nothing is built in the work tree, and no build of yesterday gets in.
        copy = Path(scratch) / "copy"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        files = sorted(path for path in copy.rglob("*") if path.is_file())
        _once("project", _digest(files), lambda: _pip(binary, "--force-reinstall", "--no-deps", str(copy)))
    return binary


def inside() -> bool:
    """Whether this very process runs in the environment."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def limit(folder: Path = FOLDER) -> Path | None:
    """The C program, compiled; None without a compiler."""
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CC", "cc"), "gcc", "clang"))), None)
    if compiler is None:
        _say("no C compiler: the rows for plain C are left out")
        return None
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "limit.so"
    command = [compiler, "-O3", "-std=gnu11", "-shared", "-fPIC", "-o", str(library), str(HERE / "limit.c")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        _say(f"{compiler} refuses limit.c, the rows for plain C are left out:\n{done.stderr}")
        return None
    return library


def _once(what: str, digest: str, install: Callable[[], None]) -> None:
    """Installs unless this very thing has been installed before."""
    stamp = FOLDER / f"{what}.stamp"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    _say(f"installing {what}")
    install()
    stamp.write_text(digest)


def _pip(binary: Path, *arguments: str) -> None:
    command = [str(binary), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit("pip could not install this: " + " ".join(arguments))


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
