"""Mutants as data: where they may be, which of them are tried, how one is shown.

Left out is what no test could judge: annotations, imports for the type checker, `assert`, docstrings, the words of errors, `__all__`.
"""

from __future__ import annotations

import ast
import difflib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Place = tuple[int, int]
"""A line, counted from 1, and a column."""


@dataclass(frozen=True)
class Mutant:
    """One change to a module."""

    operator: str
    occurrence: int
    start: Place
    end: Place


def sample(mutants: Sequence[Mutant], most: int, seed: str) -> list[Mutant]:
    """That many of them, in the order of the source: one of each place before any place has a second one."""
    dice = random.Random(seed)
    by_place: dict[tuple[Place, Place], list[Mutant]] = {}
    for each in mutants:
        by_place.setdefault((each.start, each.end), []).append(each)
    ranked = []
    for same in by_place.values():
        dice.shuffle(same)
        ranked += [(turn, dice.random(), each) for turn, each in enumerate(same)]
    ranked.sort(key=lambda row: row[:2])
    taken = {each for _, _, each in ranked[:most]}
    return [each for each in mutants if each in taken]


def difference(source: str, mutated: str) -> tuple[int, str, str]:
    """The number of the first changed line, and what stood and stands there, each on one line."""
    before, after = source.splitlines(), mutated.splitlines()
    changes = [each for each in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes() if each[0] != "equal"]
    old = " ".join(line.strip() for _, low, high, _, _ in changes for line in before[low:high])
    new = " ".join(line.strip() for _, _, _, low, high in changes for line in after[low:high])
    return changes[0][1] + 1, " ".join(old.split()), " ".join(new.split())


def within(source: str, line: int) -> str:
    """The function or class that a line stands in, as `Class.method`; empty outside of all."""
    named = [each for each in ast.walk(ast.parse(source)) if isinstance(each, (ast.ClassDef, ast.FunctionDef))]
    return ".".join(each.name for each in named if each.lineno <= line <= (each.end_lineno or 0))


def excluded(source: str) -> list[tuple[Place, Place]]:
    """The spans of the source that are left as they are."""
    return sorted({_span(node) for node in _left_out(ast.parse(source)) if node is not None})


def _left_out(tree: ast.AST) -> Iterator[ast.AST | None]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.returns
        elif isinstance(node, (ast.arg, ast.AnnAssign)):
            yield node.annotation
        elif isinstance(node, ast.If) and _name(node.test) == "TYPE_CHECKING":
            yield from (node.test, *node.body)
        elif isinstance(node, ast.Assert) or (isinstance(node, ast.Assign) and _name(node.targets[0]) == "__all__"):
            yield node
        elif isinstance(node, ast.Raise):
            yield from _texts(ast.walk(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node


def _texts(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    return (each for each in nodes if isinstance(each, ast.JoinedStr))


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _span(node: ast.AST) -> tuple[Place, Place]:
    assert isinstance(node, (ast.expr, ast.stmt))
    return (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
