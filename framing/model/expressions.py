"""The small arithmetic of specs: `incompat & 1`, `2 * count + 3`, `size - 4 if flags & 2 else size`.

An expression is parsed with `ast` against a whitelist and turned into nested closures; it is never evaluated as Python.
It knows integers, names, arithmetic (`+ - * // %`), bit operations, chained comparisons, `and or not in`,
`x if c else y`, the functions `sum min max len`, indexing of byte strings, and the entries of tables (`rates[index]`).

Work is bounded: 500 characters, 32 levels, shifts by at most 256 bits, numbers of at most 4096 bits. What has no value (a
division by zero, a name that is absent in this frame, an index behind the end) is an `ExpressionError`, which decoders
turn into a FIELD reject.
"""

from __future__ import annotations

import ast
import keyword
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from framing.errors import SpecError, near_miss

MOST_CHARACTERS = 500
MOST_LEVELS = 32
MOST_SHIFT = 256
MOST_BITS = 4096

Names = Mapping[str, Any]
_Evaluator = Callable[[Names], Any]


class ExpressionError(ValueError):
    """An expression that has no value for these names."""


class NoEntry(ExpressionError):
    """A table has no entry for what the expression asks of it."""


def _shift(shift: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def bounded(value: int, count: int) -> int:
        if not 0 <= count <= MOST_SHIFT:
            raise ExpressionError(f"shift by {count} bits; 0 to {MOST_SHIFT} are possible")
        return shift(value, count)

    return bounded


def _growing(apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def bounded(one: Any, two: Any) -> Any:
        value = apply(one, two)
        if isinstance(value, int) and value.bit_length() > MOST_BITS:
            raise ExpressionError(f"a number of more than {MOST_BITS} bits")
        return value

    return bounded


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _growing(operator.mul),
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: _growing(_shift(operator.lshift)),
    ast.RShift: _shift(operator.rshift),
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: lambda value: ~(int(value) if isinstance(value, bool) else value),  # of a truth Python gives it up
    ast.Not: operator.not_,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}
RESERVED = frozenset({"and", "or", "not", "in", "if", "else"})
"""Words of the expression language, which no field may have as its name."""

_WORD = re.compile(r"[A-Za-z_]\w*")
_KEYWORD = "_keyword_"  # Python's other keywords (`class`) are ordinary field names here; `ast` gets them under this prefix

_FUNCTIONS: dict[str, Callable[..., Any]] = {"sum": sum, "min": min, "max": max, "len": len}
EXPECTED = "integers, names, + - * // % & | ^ ~ << >>, comparisons, and or not in, x if c else y, sum min max len, table[entry]"


class Expression:
    """A parsed expression; equal where the texts are.

    `names` are all names in it, `values` those of them that cannot be tables: a table is only asked for an entry.

    >>> Expression("2 * count + 1").evaluate({"count": 3})
    7
    >>> Expression("sizes[count] + 1").evaluate({"count": 3, "sizes": {3: 8}})
    9
    """

    __slots__ = ("_evaluator", "names", "text", "values")

    def __init__(self, text: str) -> None:
        self.text = text
        names: dict[str, bool] = {}
        self._evaluator = _compile(parsed(text), names, 0)
        self.names = frozenset(names)
        self.values = frozenset(name for name, alone in names.items() if alone)

    def evaluate(self, names: Names) -> Any:
        """The value for these names. Raises `ExpressionError`."""
        try:
            return self._evaluator(names)
        except ExpressionError:
            raise
        except KeyError as error:
            raise ExpressionError(f"{error.args[0]} is absent") from None
        except (ArithmeticError, TypeError, IndexError, ValueError, MemoryError) as error:
            raise ExpressionError(str(error)) from None

    def __eq__(self, other: object) -> bool:
        return self.text == other.text if isinstance(other, Expression) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=1024)
def expression(text: str) -> Expression:
    """The expression of that text. Raises `SpecError`."""
    return Expression(text)


def parsed(text: str) -> ast.expr:
    """The syntax tree; names that are keywords of Python carry a prefix. Raises `SpecError`."""
    if len(text) > MOST_CHARACTERS:
        raise SpecError(f"expression of {len(text)} characters", expected=f"at most {MOST_CHARACTERS}")
    try:
        return ast.parse(_WORD.sub(_disguised, text.strip()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise SpecError(f"expression {text!r} cannot be read ({reason})", expected=EXPECTED) from None


def _disguised(word: re.Match[str]) -> str:
    return _KEYWORD + word[0] if keyword.iskeyword(word[0]) and word[0] not in RESERVED else word[0]


def plain_name(node: ast.Name) -> str:
    """The name as it stands in the text."""
    return node.id.removeprefix(_KEYWORD)


def _compile(node: ast.expr, names: dict[str, bool], level: int) -> _Evaluator:
    """`names` gets every name, and whether it stands where a table cannot."""
    if level > MOST_LEVELS:
        raise SpecError("expression nested too deep", expected=f"at most {MOST_LEVELS} levels")

    def sub(child: ast.expr) -> _Evaluator:
        return _compile(child, names, level + 1)

    def entries(child: ast.expr) -> _Evaluator:
        """What may be a table."""
        if not isinstance(child, ast.Name):
            return sub(child)
        name = plain_name(child)
        names.setdefault(name, False)
        return lambda known: known[name]

    match node:
        case ast.Constant(value=int() as constant) if not isinstance(constant, bool):
            return lambda _: constant
        case ast.Name(id=disguised):
            name = disguised.removeprefix(_KEYWORD)
            names[name] = True
            return lambda known: known[name]
        case ast.BinOp(left, op, right) if type(op) in _BINARY:
            return _binary(_BINARY[type(op)], sub(left), sub(right))
        case ast.UnaryOp(op, operand) if type(op) in _UNARY:
            return _unary(_UNARY[type(op)], sub(operand))
        case ast.BoolOp(op, values):
            return _boolean(isinstance(op, ast.And), [sub(value) for value in values])
        case ast.Compare(left, ops, comparators) if all(type(op) in _COMPARE for op in ops):
            pairs = [(op, entries(c) if isinstance(op, (ast.In, ast.NotIn)) else sub(c)) for op, c in zip(ops, comparators, strict=True)]
            return _comparison(sub(left), [(_COMPARE[type(op)], c) for op, c in pairs])
        case ast.IfExp(test, body, orelse):
            return _choice(sub(test), sub(body), sub(orelse))
        case ast.Tuple(elts) | ast.List(elts):
            items = [sub(item) for item in elts]
            return lambda known: tuple(item(known) for item in items)
        case ast.Call(ast.Name(id=name), args, []) if name in _FUNCTIONS and args:
            return _call(_FUNCTIONS[name], [sub(arg) for arg in args])
        case ast.Call(ast.Name(id=name)):
            raise SpecError(f"unknown function {name!r}", expected="sum, min, max or len", near=near_miss(name, _FUNCTIONS))
        case ast.Subscript(value, ast.Slice(lower, upper, None)):
            return _slice(sub(value), sub(lower) if lower else None, sub(upper) if upper else None)
        case ast.Subscript(value, index) if not isinstance(index, ast.Slice):
            return _index(entries(value), sub(index))
    near = "//" if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) else None
    try:
        text = ast.unparse(node).replace(_KEYWORD, "")
    except RecursionError:
        text = "..."
    raise SpecError(f"{text!r} is not possible in an expression", expected=EXPECTED, near=near)


def _binary(apply: Callable[[Any, Any], Any], left: _Evaluator, right: _Evaluator) -> _Evaluator:
    def evaluate(known: Names) -> Any:
        one, two = left(known), right(known)
        if not (isinstance(one, (int, float)) and isinstance(two, (int, float))):
            raise ExpressionError("arithmetic on what is not a number")
        return apply(one, two)

    return evaluate


def _unary(apply: Callable[[Any], Any], operand: _Evaluator) -> _Evaluator:
    return lambda known: apply(operand(known))


def _boolean(conjunction: bool, parts: list[_Evaluator]) -> _Evaluator:
    def evaluate(known: Names) -> Any:
        value: Any = conjunction
        for part in parts:
            value = part(known)
            if bool(value) is not conjunction:
                break
        return value

    return evaluate


def _comparison(first: _Evaluator, rest: list[tuple[Callable[[Any, Any], bool], _Evaluator]]) -> _Evaluator:
    def evaluate(known: Names) -> bool:
        left = first(known)
        for compare, right in rest:
            value = right(known)
            if not compare(left, value):
                return False
            left = value
        return True

    return evaluate


def _choice(test: _Evaluator, then: _Evaluator, otherwise: _Evaluator) -> _Evaluator:
    return lambda known: then(known) if test(known) else otherwise(known)


def _call(function: Callable[..., Any], args: list[_Evaluator]) -> _Evaluator:
    return lambda known: function(*(arg(known) for arg in args))


def _slice(value: _Evaluator, lower: _Evaluator | None, upper: _Evaluator | None) -> _Evaluator:
    return lambda known: value(known)[lower(known) if lower else None : upper(known) if upper else None]


def _index(value: _Evaluator, index: _Evaluator) -> _Evaluator:
    def evaluate(known: Names) -> Any:
        items, at = value(known), index(known)
        try:
            return items[at]
        except KeyError:
            raise NoEntry(f"no entry {at}") from None

    return evaluate
