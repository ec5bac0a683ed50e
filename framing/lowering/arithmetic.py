"""Expressions of specs as instructions for a small stack machine on 64-bit integers, which the compiled engine has.

`lowered` walks the same syntax tree that `model/expressions.py` turns into closures. An operation that leaves 64 bits when it runs
makes the machine give up for that candidate, never compute something else.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from itertools import pairwise

from framing.model.expressions import Expression, parsed

Code = list[tuple[str, int]]
"""Instructions: a name and an operand."""

Operand = Callable[[str, bool], tuple[int, bool]]
"""Maps a name (True: its length in bytes is meant) to its slot, and tells whether it may be absent."""

Entries = Callable[[str], int]
"""Maps the name of a table to the operand that stands for it. Raises `Unsupported` for what is no table."""


class Unsupported(Exception):
    """What the compiled engine has not got, in words."""


_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "PLUS",
    ast.Sub: "MINUS",
    ast.Mult: "TIMES",
    ast.FloorDiv: "DIVIDED",
    ast.Mod: "MODULO",
    ast.BitAnd: "AND",
    ast.BitOr: "OR",
    ast.BitXor: "XOR",
    ast.LShift: "LEFT",
    ast.RShift: "RIGHT",
}
_UNARY: dict[type[ast.unaryop], str] = {ast.USub: "NEGATE", ast.UAdd: "NOTHING", ast.Invert: "INVERT", ast.Not: "NOT"}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "EQ",
    ast.NotEq: "NE",
    ast.Lt: "LT",
    ast.LtE: "LE",
    ast.Gt: "GT",
    ast.GtE: "GE",
}
STACK = 64
"""Values on the stack at most; an expression of 32 levels with its operands stays below."""
ARGUMENTS_MOST = 16


def lowered(used: Expression, operand: Operand, entries: Entries) -> Code:
    """The instructions; running them leaves one value on the stack. Raises `Unsupported`."""
    code: Code = []
    _Lowering(code, operand, entries).value(parsed(used.text))
    return code


class _Lowering:
    def __init__(self, code: Code, operand: Operand, entries: Entries) -> None:
        self.code = code
        self.operand = operand
        self.entries = entries

    def emit(self, name: str, operand: int = 0) -> int:
        if not -(1 << 63) <= operand < 1 << 63:
            raise Unsupported("a number beyond 64 bits")
        self.code.append((name, operand))
        return len(self.code) - 1

    def land(self, *jumps: int) -> None:
        for at in jumps:
            self.code[at] = (self.code[at][0], len(self.code))

    def value(self, node: ast.expr) -> None:
        match node:
            case ast.Constant(value=int() as constant):
                self.emit("PUSH", constant)
            case ast.Name(id=name):
                self.load(name, False)
            case ast.BinOp(left, op, right):
                self.value(left)
                self.value(right)
                self.emit(_BINARY[type(op)])
            case ast.UnaryOp(op, inner):
                self.value(inner)
                self.emit(_UNARY[type(op)])
            case ast.BoolOp(op, values):
                self.boolean("KEEP_FALSE" if isinstance(op, ast.And) else "KEEP_TRUE", values)
            case ast.Compare(left, ops, comparators):
                self.comparison([left, *comparators], ops)
            case ast.IfExp(test, body, orelse):
                self.choice(test, body, orelse)
            case ast.Call(ast.Name(id=name), args):
                self.call(name, args)
            case ast.Subscript(ast.Name(id=name), index) if not isinstance(index, ast.Slice):
                table = self.entries(_plain(name))
                self.value(index)
                self.emit("ENTRY", table)
            case _:
                raise Unsupported("bytes in an expression")

    def load(self, name: str, as_length: bool) -> None:
        slot, optional = self.operand(_plain(name), as_length)
        self.emit("LOAD_OPTIONAL" if optional else "LOAD", slot)

    def boolean(self, keep: str, values: list[ast.expr]) -> None:
        jumps = []
        for value in values[:-1]:
            self.value(value)
            jumps.append(self.emit(keep))  # ends with this value, or drops it
        self.value(values[-1])
        self.land(*jumps)

    def comparison(self, values: list[ast.expr], ops: list[ast.cmpop]) -> None:
        jumps = []
        for number, ((left, right), op) in enumerate(zip(pairwise(values), ops, strict=True)):
            if number:
                jumps.append(self.emit("KEEP_FALSE"))
            self.value(left)
            if isinstance(op, (ast.In, ast.NotIn)):
                self.membership(right, isinstance(op, ast.NotIn))
            else:
                self.value(right)
                self.emit(_COMPARE[type(op)])
        self.land(*jumps)

    def membership(self, items: ast.expr, absent: bool) -> None:
        """Compares the value on the stack with constants, one after the other, or looks for it in a table."""
        if isinstance(items, ast.Name):
            self.emit("HAS_ENTRY", self.entries(_plain(items.id)))
            if absent:
                self.emit("NOT")
            return
        if not isinstance(items, (ast.Tuple, ast.List)) or not all(isinstance(each, ast.Constant) for each in items.elts):
            raise Unsupported("`in` of anything but constants")
        jumps = []
        for item in items.elts:
            assert isinstance(item, ast.Constant) and isinstance(item.value, int)
            jumps.append(self.emit("IS_CONSTANT", 0))  # with the constant behind it: drops the value and jumps where equal
            self.emit("PUSH", item.value)
        self.emit("REPLACE", int(absent))
        behind = self.emit("GO")
        self.land(*jumps)
        self.emit("PUSH", int(not absent))
        self.land(behind)

    def choice(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> None:
        self.value(test)
        to_else = self.emit("JUMP_FALSE")
        self.value(body)
        behind = self.emit("GO")
        self.land(to_else)
        self.value(orelse)
        self.land(behind)

    def call(self, name: str, args: list[ast.expr]) -> None:
        if name == "len" and len(args) == 1 and isinstance(args[0], ast.Name):
            self.load(args[0].id, True)
            return
        if len(args) == 1 and isinstance(args[0], (ast.Tuple, ast.List)):
            args = args[0].elts
        elif len(args) < 2 or name == "sum":
            raise Unsupported(f"{name}() of bytes")
        if not 1 <= len(args) <= ARGUMENTS_MOST or name == "len":
            raise Unsupported(f"{name}() of {len(args)} values")
        self.value(args[0])
        for each in args[1:]:
            self.value(each)
            self.emit({"sum": "PLUS", "min": "LEAST", "max": "MOST"}[name])


def _plain(name: str) -> str:
    """A name as the spec has it: keywords of Python carry a prefix in the syntax tree."""
    return name.removeprefix("_keyword_")
