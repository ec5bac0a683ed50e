"""The text of a short cut while it is written: its lines, its constants, and where in the frame it stands.

Only numbers and names of ours become text. What comes from a spec goes in as a constant.
"""

from __future__ import annotations

import re
from typing import Any

from framing.errors import Reason
from framing.model.expressions import Expression, ExpressionError
from framing.model.numbers import Bits, Field, Length
from framing.model.traits import expressions_of
from framing.model.values import BadDigits, IntegerType, ValueType
from framing.plan import Plan
from framing.shortcuts.answers import COST, rejected
from framing.stuffing import StuffingError

MISSES = (ArithmeticError, ValueError, TypeError, LookupError, ExpressionError, BadDigits, StuffingError)
"""What a short cut may raise on odd bytes; it then accepts nothing."""

_SIMPLE = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:(&|\||\+|-|==|!=|<=|>=|<|>)\s*(0[xX][0-9A-Fa-f]{1,16}|[1-9]\d{0,18}|0)\s*)?", re.ASCII)
"""A name, or a name, an operator and a number: what is worth a line of source of its own."""


class Impossible(Exception):
    """This plan has something that short cuts leave to the prober."""


class Source:
    """One generated function over the bytes at `s` of the buffer `b[:n]`, for one plan.

    The next logical byte stands at `base + offset` of `buffer`: of the stream, or, inside a stuffed area, of what is unstuffed.
    """

    def __init__(self, plan: Plan, name: str, whole: bool) -> None:
        self.plan = plan
        self.name = name
        self.whole = whole  # at least the smallest frame's bytes are there
        self.lines: list[str] = []
        self.known: dict[str, Any] = {"MISSES": MISSES}
        self.base, self.offset = "s", 0  # the next logical byte stands at `base + offset`
        self.buffer, self.end = "b", "n"
        self.starts: list[str] = []
        self.sizes: dict[int, str] = {}
        self.there = ""  # the bytes up to here are known to be there
        self.looked = False  # at data, which may be long
        self.counter = 0
        self.variables: dict[str, str] = {}
        self.optional: set[str] = set()

    def emit(self, line: str) -> None:
        self.lines.append(line)

    def const(self, value: Any) -> str:
        self.counter += 1
        name = f"C{self.counter}{'' if self.whole else 'b'}"
        self.known[name] = value
        return name

    def fresh(self) -> str:
        self.counter += 1
        return f"p{self.counter}"

    def keep(self, name: str, source: str) -> None:
        self.counter += 1
        variable = f"v{self.counter}"
        self.emit(f"{variable} = {source}")
        self.variables[name] = variable

    def place(self, more: int = 0) -> str:
        offset = self.offset + more
        return f"{self.base} + {offset}" if offset else self.base

    def rebase(self, expression: str) -> None:
        """Continues at a place that is only known when it runs."""
        name = self.fresh()
        self.emit(f"{name} = {expression}")
        self.base, self.offset = name, 0

    def slice(self, begin: str, end: str) -> str:
        return f"{self.buffer}[{begin}:{end}]"

    def read(self, kind: ValueType, begin: int = 0) -> str:
        """An expression for the value at the next byte; digits are checked by the type itself."""
        size = kind.size
        if isinstance(kind, IntegerType) and not kind.signed and size is not None and size <= 4:
            order = range(size) if kind.order == "little" else reversed(range(size))
            bytes_ = [
                f"{self.buffer}[{self.place(begin + index)}]" + (f" << {8 * shift}" if shift else "")
                for shift, index in enumerate(order)
            ]
            return "(" + " | ".join(bytes_) + ")"
        return f"{self.const(kind.read)}({self.slice(self.place(begin), self.place(begin + (size or 0)))})"

    def value(self, used: Expression) -> str:
        """An expression of the spec language as Python source."""
        tables = self.plan.scope
        for name in used.names - tables.keys():
            if name not in self.variables or name in self.optional:
                raise Impossible
        simple = _SIMPLE.fullmatch(used.text)
        if simple and self._is_integer(simple[1]):
            variable = self.variables[simple[1]]
            return f"({variable} {simple[2]} {int(simple[3], 0)})" if simple[2] else variable
        named = {name: self.const(tables[name]) if name in tables else self.variables[name] for name in sorted(used.names)}
        names = ", ".join(f"{name!r}: {variable}" for name, variable in named.items())
        return f"{self.const(used.evaluate)}({{{names}}})"

    def _is_integer(self, name: str) -> bool:
        part = self.plan.parts[self.plan.labels[name]]
        return isinstance(part, (Bits, Length)) or (isinstance(part, Field) and part.type.integral)

    def expressions(self) -> list[Expression]:
        return [used for part in self.plan.parts for _, used in expressions_of(part)]

    def unless(self, holds_not: str, reason: Reason) -> None:
        """Rejects where the condition is true; open and stuffed layouts leave the reason to the prober."""
        certain = not self.plan.opens and self.plan.area is None
        cost = f" - {COST} * ({self.place()} - s)" if self.looked else ""
        self.emit(f"if {holds_not}: return {f'{rejected(reason)}{cost}' if certain else 0}")

    def bounded(self, size: int) -> None:
        """Makes sure that the next `size` bytes are there, before they are looked at."""
        if self.buffer == "u":
            self.emit(f"if {self.place(size)} > m: return 0")
        elif (self.base != "s" or not self.whole) and self.place(size) != self.there:
            self.there = self.place(size)
            self.within_limit(self.place(size))
            self.emit(f"if {self.place(size)} > n: return -({self.place(size)})")

    def within_limit(self, end: str) -> None:
        """Leaves a frame that would be too long to the prober, before its bytes are waited for."""
        plan = self.plan
        most = sum(plan.max_size + 1 if high is None else high for _, high in plan.sizes)
        if plan.opens or plan.area or plan.max_size < most:
            self.emit(f"if {end} - s > {plan.max_size}: return 0")
