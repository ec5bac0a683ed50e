"""A copy of the project whose compiled engine has sanitizers in it, and tells libFuzzer what it reaches.

clang builds it, with its address and undefined behaviour sanitizers and counters for libFuzzer; their runtime comes with atheris
(`asan_with_fuzzer.so`) and is loaded before Python's own libraries. The copy lies in `.fuzz/sanitized`, so that no other run
meets such an engine; what is found there goes to `fuzz/findings/` all the same.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FOLDERS = ("framing", "fuzz", "specs", "tests")
FILES = ("pyproject.toml", "setup.py", "README.md")
SANITIZERS = "-fsanitize=address,undefined,fuzzer-no-link"
WHERE = "import atheris, pathlib; print(pathlib.Path(atheris.path()) / 'asan_with_fuzzer.so')"


def copy(binary: Path, folder: Path) -> Path:
    """The copy, up to date and built by this Python; raises `SystemExit` where clang or atheris is missing."""
    if shutil.which("clang") is None:
        raise SystemExit("--sanitized needs clang")
    runtime(binary)
    for name in FOLDERS:
        leave = shutil.ignore_patterns("*.so", "*.c", "__pycache__", "findings")
        shutil.copytree(ROOT / name, folder / name, ignore=leave, dirs_exist_ok=True)
    for name in FILES:
        shutil.copy2(ROOT / name, folder / name)
    (HERE / "findings").mkdir(exist_ok=True)
    if not (folder / "fuzz" / "findings").exists():
        (folder / "fuzz" / "findings").symlink_to(HERE / "findings")
    _build(binary, folder)
    return folder


def _build(binary: Path, folder: Path) -> None:
    """Builds the engine, unless it is of these very sources."""
    sources = sorted([*folder.glob("framing/*.p[yx]x*"), *folder.glob("framing/native/*"), folder / "setup.py"])
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in sources if path.is_file()) + str(binary).encode()).hexdigest()
    stamp = folder / "built"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("building the engine with sanitizers", flush=True)
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    subprocess.run([str(binary), "-m", "pip", "install", "-q", "--disable-pip-version-check", *needs], check=True)
    built = {"FRAMING_BUILD": "required", "CC": "clang", "LDSHARED": "clang -shared", "LDFLAGS": SANITIZERS}
    built["FRAMING_CFLAGS"] = f"-O1 -g -fno-omit-frame-pointer {SANITIZERS}"
    command = [str(binary), "setup.py", "-q", "build_ext", "--inplace"]
    done = subprocess.run(command, cwd=folder, env=os.environ | built, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the engine was not built:\n{done.stderr}")
    stamp.write_text(wanted)


def runtime(binary: Path) -> Path:
    """The sanitizers' runtime that atheris brings."""
    told = subprocess.run([str(binary), "-c", WHERE], capture_output=True, text=True, check=False)
    path = Path(told.stdout.strip())
    if told.returncode or not path.is_file():
        raise SystemExit("--sanitized needs atheris with its asan_with_fuzzer.so")
    return path


def environment(binary: Path) -> dict[str, str]:
    """What a process that uses the copy needs. Leaks are not looked for: CPython keeps much to its end."""
    more = {"LD_PRELOAD": str(runtime(binary)), "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}
    return os.environ | more | {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
