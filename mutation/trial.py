"""One mutant's trial: a process that has the tests run on changed source, which no file ever holds.

The process is forked off one that has imported all that is not ours, so that it begins with the import of `framing` and costs
little. It stops at the first test that fails. An endless loop uses up its processor seconds, which do not depend on what else
the machine does; endless memory ends at a limit too.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import select
import shlex
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = ("-x", "-q", "--no-header", "--no-summary", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", "-p", "timeout", "-m", "not slow")
"""Of pytest. No plugin is loaded by itself; pyproject.toml has a setting that needs pytest-timeout. An entry point's name loads it once, either way."""
MEMORY = 3 << 30
"""Bytes of address space after which a trial fails."""
PATIENCE = 10
"""Seconds by the clock for each processor second that is allowed: other processes have their share."""

Seconds = float


@dataclass(frozen=True)
class Outcome:
    """What became of a trial: `alive`, or killed by a `test`, by its `import`, by its `time`; and for each run of tests its seconds."""

    verdict: str
    killer: str = ""
    seconds: tuple[Seconds, ...] = ()


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads a module from source that stands in no file."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, path, source

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=_Changed(fullname, str(self.path), self.source))


KILLERS: Counter[str] = Counter()
"""Tests that failed in earlier trials. They go first, as mutants of one module tend to die in the same places."""


class _Watch:
    """Which test failed first."""

    def __init__(self) -> None:
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda each: -KILLERS[each.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def run(name: str, path: Path, source: str, tests: Sequence[str], allowed: Sequence[Seconds]) -> Outcome:
    """Tries the source of a module of `framing`; `allowed` are processor seconds for each of the runs of pytest."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        os.setsid()
        _try(name, path, source, tests, allowed, writes)
    os.close(writes)
    try:
        return _told(reads, time.monotonic() + PATIENCE * sum(allowed))
    finally:
        os.close(reads)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _told(reads: int, until: float) -> Outcome:
    """What a trial says; where it says nothing until it ends, or does not end, its time was up."""
    text = b""
    while select.select([reads], [], [], max(0.0, until - time.monotonic()))[0]:
        piece = os.read(reads, 65_536)
        if not piece:
            break
        text += piece
    if not text.endswith(b"\n"):
        return Outcome("time")
    verdict, killer, seconds = json.loads(text)
    KILLERS[killer] += 1
    return Outcome(verdict, killer, tuple(seconds))


def _try(name: str, path: Path, source: str, tests: Sequence[str], allowed: Sequence[Seconds], writes: int) -> None:
    """The forked process; it does not return."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nothing, each)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # macOS does not always have it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.meta_path.insert(0, _Finder(name, path, source))
    outcome = _tested(name, tests, allowed)
    os.write(writes, json.dumps([outcome.verdict, outcome.killer, outcome.seconds]).encode() + b"\n")
    os._exit(0)


def _tested(name: str, tests: Sequence[str], allowed: Sequence[Seconds]) -> Outcome:
    _allow(max(allowed))
    try:
        importlib.import_module(name)
    except BaseException as error:
        return Outcome("import", type(error).__name__)
    seconds = []
    for each, limit in zip(tests, allowed, strict=True):
        begun = time.process_time()
        _allow(limit)
        watch = _Watch()
        try:
            status = pytest.main([*OPTIONS, *shlex.split(each)], plugins=[watch])
        except BaseException as error:  # as from a mutant that leaves the process, or its own conftest
            return Outcome("test", type(error).__name__)
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return Outcome("test", watch.failed or f"pytest's status {int(status)}")
        seconds.append(time.process_time() - begun)
    return Outcome("alive", "", tuple(seconds))


def _allow(seconds: Seconds) -> None:
    """So many more processor seconds; then the process ends."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, resource.RLIM_INFINITY))


def warm(tests: Sequence[str]) -> None:
    """Imports what the tests import, but for `framing`, the tests and what these hold: a process of its own tells what that is."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 1)
        files = [word for each in tests for word in shlex.split(each) if word.endswith(".py")]
        pytest.main([*OPTIONS, "--collect-only", *files])
        with os.fdopen(writes, "w") as told:
            told.write("\n".join(name for name, module in list(sys.modules.items()) if _is_foreign(module)))
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as telling:
        names = telling.read().split()
    os.waitpid(child, 0)
    for name in names:
        with suppress(Exception):
            importlib.import_module(name)


def _is_foreign(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and "site-packages" in Path(file).parts and not module.__name__.startswith(("framing", "tests", "conftest"))
