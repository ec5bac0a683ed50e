"""Which mutants a module has: the changes that cosmic-ray's operators make, and the removal of single statements.

Of the many replacements that cosmic-ray has for one operator those are taken that come closest to it, as the others fail at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator

from mutants import Mutant, Place, excluded

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
