"""The laws can fail: with a bug planted in the code, a few hundred random cases find it.

Each bug is a small, likely mistake. It is planted by monkeypatching, one at a time; `laws.py` must then break, and must hold
without it.
"""

from __future__ import annotations

import ast
import inspect
import random
import textwrap
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

import laws
from framing import early, engine, markers
from framing.probing import probe as probing
from framing.reading import reader as reading
from framing.streams import candidates, tiling

pytestmark = [pytest.mark.usefixtures("python_engine"), pytest.mark.slow]

CASES = 600


def mutant(original: Callable[..., Any], old: str, new: str) -> FunctionType:
    """The function with `new` in its source instead of `old`, which must stand there once."""
    source = textwrap.dedent(inspect.getsource(original))
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {original.__qualname__}"
    scope: dict[str, Any] = {}
    tree = ast.parse(source.replace(old, new))
    exec(compile(tree, f"<planted in {original.__qualname__}>", "exec"), original.__globals__, scope)
    made = scope[original.__name__]
    assert isinstance(made, FunctionType)
    return made


# What is wrong, in which mode it shows, where it is planted: class or module, function, old and new text.
BUGS: list[tuple[str, str, Any, str, str, str]] = [
    ("need is one byte too much", "strict", probing.Probe, "_want", "while self.window.end < end:", "while self.window.end <= end:"),
    ("a skip instead of a rescan", "strict", engine.StrictEngine, "_apply", "tiling.gap(at + 1,", "tiling.gap(min(at + 2, tiling.window.end),"),
    ("a stale marker", "strict", markers.Pattern, "match", "elif not final:", "elif not final and len(self.alternatives) > 1:"),
    ("the last byte is missed at the close", "strict", tiling.Tiling, "flush", "self._emit(self.at)", "self._emit(max(self.at - 1, self.begin + 1))"),
    ("fill is miscounted", "strict", engine.StrictEngine, "_apply", "at < self.filled", "at <= self.filled"),
    ("a gap piece is one byte late", "strict", tiling.Tiling, "gap", ">= self.limit:", "> self.limit:"),
    ("rejects of the next piece", "strict", tiling.Tiling, "_emit", "self.rejects = []", "self.rejects = self.rejects[:0] if self.at % 2 else self.rejects"),
    ("a wrong reject count", "strict", tiling.Tiling, "gap", "REJECTS_KEPT - len(self.rejects)", "1"),
    ("lock is kept across a gap", "lock", engine.StrictEngine, "_is_chained", "at == self.last_end", "at >= self.last_end"),
    ("one confirmation too few", "lock", engine.StrictEngine, "_confirmed", "range(entry.confirm)", "range(entry.confirm - 1)"),
    ("an early tie is lost", "early", early.EarlyEngine, "_horizon", "return self.decided[0][0]", "return self.decided[0][0] + 1"),
    ("witnesses are one short", "early", early.EarlyEngine, "_frame", "level.row >= self.witnesses", "level.row > self.witnesses"),
    ("a resumed search one byte late", "strict", candidates, "_single", "buffer.find(marker, begin)", "buffer.find(marker, begin + 1)"),
    ("too long by one", "strict", probing.Probe, "_stands", "len(each) <= room", "len(each) <= room + 1"),
    ("the reader is off by one", "strict", reading._Walk, "_open_size", "len(self.logical) - self.at - tail", "len(self.logical) - self.at - tail - 1"),
    ("a checksum is not zeroed", "strict", probing, "verify", "frame.spans[own] if first <= own <= last else None", "None"),
]  # fmt: skip


def broken(mode: str, law: Callable[[laws.Case], None], cases: int) -> str | None:
    """How the law breaks within so many random cases; None where it holds."""
    for seed in range(cases):
        dice = random.Random(seed)
        try:
            law(laws.case(seed, dice, mode, binary=seed % 16 == 15))
        except Exception as error:  # any way to fail will do
            return f"case {seed}: {type(error).__name__}"
    return None


@pytest.mark.parametrize(("mode", "place", "name", "old", "new"), [bug[1:] for bug in BUGS], ids=[bug[0] for bug in BUGS])
def test_a_planted_bug_is_found(
    mode: str, place: Any, name: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = inspect.getattr_static(place, name)
    planted = mutant(function, old, new)
    monkeypatch.setattr(place, name, planted)
    law = laws.frames_are_what_was_probed if place is reading._Walk else laws.engine_is_reference
    assert broken(mode, law, CASES) is not None


@pytest.mark.parametrize("mode", ["strict", "lock", "early"])
@pytest.mark.parametrize("law", laws.DECODING)
def test_without_a_bug_the_same_cases_hold(mode: str, law: Callable[[laws.Case], None]) -> None:
    assert broken(mode, law, 30) is None
