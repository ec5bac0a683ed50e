"""Which mutants a module has: the changes that cosmic-ray's operators make, and the removal of single statements.

Left out is what no test could judge: annotations, imports for the type checker, `assert`, the words of errors and docstrings. Of the
many replacements that cosmic-ray has for one operator those are taken that come closest to it, as the others fail at once.
"""

from __future__ import annotations

import ast
import difflib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator

Place = tuple[int, int]
"""A line, counted from 1, and a column."""

BINARY = ("Add_Sub", "Sub_Add", "Mul_FloorDiv", "FloorDiv_Mul", "Div_Mul", "Mod_FloorDiv", "Pow_Mul", "LShift_RShift", "RShift_LShift", "BitAnd_BitOr", "BitOr_BitAnd", "BitXor_BitOr")  # fmt: skip
COMPARISONS = ("Eq_NotEq", "Eq_LtE", "NotEq_Eq", "NotEq_Lt", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt", "Is_IsNot", "IsNot_Is")  # fmt: skip
UNARY = ("Delete_Not", "Delete_USub", "Delete_Invert")
OTHERS = ("AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer", "NumberReplacer", "RemoveDecorator", "ZeroIterationForLoop")  # fmt: skip
NAMES = (
    *(f"ReplaceBinaryOperator_{each}" for each in BINARY),
    *(f"ReplaceComparisonOperator_{each}" for each in COMPARISONS),
    *(f"ReplaceUnaryOperator_{each}" for each in UNARY),
    *OTHERS,
)
REMOVAL = "RemoveStatement"


class RemoveStatement(Operator):
    """Puts `pass` in the place of a statement that fills lines of its own."""

    def mutation_positions(self, node: parso.tree.NodeOrLeaf) -> Iterator[tuple[Place, Place]]:
        if node.type == "simple_stmt" and node.children[0].type not in ("import_name", "import_from", "pass_stmt", "string", "strings"):
            yield node.start_pos, node.children[0].end_pos

    def mutate(self, node: parso.tree.NodeOrLeaf, index: int) -> parso.tree.NodeOrLeaf:
        first = node.get_first_leaf()
        node.children[0] = parso.python.tree.Keyword("pass", first.start_pos, first.prefix)
        return node

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return [Example("x = 1\n", "pass\n")]


@dataclass(frozen=True)
class Mutant:
    """One change to a module."""

    operator: str
    occurrence: int
    start: Place
    end: Place


def found(source: str) -> list[Mutant]:
    """All mutants of a module, in the order of the source."""
    tree = get_ast(source)
    words = excluded(source)
    mutants = []
    for name in (*NAMES, REMOVAL):
        operator = _operator(name)
        spots = (spot for node in ast_nodes(tree) for spot in operator.mutation_positions(node))
        for occurrence, (start, end) in enumerate(spots):
            mutant = Mutant(name, occurrence, start, end)
            if not any(first <= start and end <= last for first, last in words) and _is_code(source, mutant):
                mutants.append(mutant)
    return sorted(mutants, key=lambda each: (each.start, each.end, each.operator, each.occurrence))


def _is_code(source: str, mutant: Mutant) -> bool:
    """Whether it is a program, and another one; the slash of a parameter list is no division. Only where it can be in doubt."""
    if not mutant.operator.startswith("ReplaceBinaryOperator"):
        return True
    try:
        return ast.dump(ast.parse(changed(source, mutant))) != ast.dump(ast.parse(source))
    except SyntaxError:
        return False


def _operator(name: str) -> Operator:
    made = RemoveStatement() if name == REMOVAL else get_operator(f"core/{name}")()
    assert isinstance(made, Operator)
    return made


def changed(source: str, mutant: Mutant) -> str:
    """The module's source with the change."""
    made = mutate_code(source, _operator(mutant.operator), mutant.occurrence)
    assert isinstance(made, str)
    return made


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
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.lineno <= line <= (node.end_lineno or 0):
            names.append(node.name)
    return ".".join(names)


def excluded(source: str) -> list[tuple[Place, Place]]:
    """The spans of the source that are left as they are."""
    return sorted({_span(node) for node in _left_out(ast.parse(source)) if node is not None})


def _left_out(tree: ast.AST) -> Iterator[ast.AST | None]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.returns
            if any(_name(each) in ("overload", "abstractmethod") for each in node.decorator_list):
                yield from node.decorator_list
        elif isinstance(node, (ast.arg, ast.AnnAssign)):
            yield node.annotation
        elif isinstance(node, ast.If) and _name(node.test) == "TYPE_CHECKING":
            yield from (node.test, *node.body)
        elif isinstance(node, ast.Assert):
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
