"""Source for the values of a frame: what quick writers are generated from, part by part.

Names and values from specs go in as constants, never as text.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.expressions import Expression, parsed
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.sizes import values_of
from framing.model.traits import names_of, static_size
from framing.model.values import IntegerType, ValueType
from framing.plan import Plan
from framing.writing.writer import blocked


class Impossible(Exception):
    """This plan has something that the definition alone deals with."""


class Miss(Exception):
    """These values have something that the definition alone deals with."""


def refuse(plan: Plan) -> None:
    """Raises `Impossible` for what no quick writer deals with."""
    if plan.searched is not None or plan.pieces or plan.taught is not None or plan.wired is not None or plan.stored:
        raise Impossible  # the frame could end too early, a checksum or length covers other things than a run of parts, a size is learnt
    if "_" in plan.labels:  # it would be padding, too
        raise Impossible
    if plan.watches_marker:
        raise Impossible  # a marker in the stuffed bytes
    for index, part in enumerate(plan.parts):
        if isinstance(part, (Sync, End)) and static_size(part) is None:
            last = index == len(plan.parts) - 1 and not plan.in_area(index)
            if not (isinstance(part, End) and part.if_ is None and last):
                raise Impossible  # it could be read as another of its alternatives


def in_order(plan: Plan) -> list[int]:
    """All checksums, each behind those that it covers. Raises `Impossible` where there is no such order."""
    waiting, ordered = dict(plan.overs), []
    while waiting:
        free = [own for own, (first, last) in waiting.items() if not any(first <= k <= last and k != own for k in waiting)]
        if not free:
            raise Impossible
        ordered += free
        waiting = {own: span for own, span in waiting.items() if own not in free}
    return ordered


CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
"""What `struct` calls unsigned integers, by their bytes."""

_OPERATORS: dict[type[ast.AST], str] = {
    ast.BitAnd: "&",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
}


def simple(used: Expression) -> tuple[str, str, int] | None:
    """Name, operator and number of an expression such as `flags & 1`; a name alone comes as `name + 0`."""
    if len(used.names) != 1:
        return None
    (name,) = used.names
    match parsed(used.text):
        case ast.Name():
            return name, "+", 0
        case ast.BinOp(ast.Name(), sign, ast.Constant(int(number))) if type(sign) in _OPERATORS:
            return name, _OPERATORS[type(sign)], number
        case ast.Compare(ast.Name(), [sign], [ast.Constant(int(number))]) if type(sign) in _OPERATORS:
            return name, _OPERATORS[type(sign)], number
    return None


class ValueSource:
    """Source in which `v3` is the value of part 3, `w3` its bytes where it is no member of a run, `c3` whether it is there.

    A value is worked out when it is first asked for, as `writing.write` does; so lines come in an order that works.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.known: dict[str, Any] = {"Miss": Miss}
        self.lines: list[str] = []
        self.done: set[int] = set()
        self.busy: set[Any] = set()
        self.conditions: dict[str, str] = {}
        self.runs: dict[int, tuple[str, str, str]] = {}  # of parts that are packed with others: order, code, argument
        self.counted: list[str] = []

    # --- source -----------------------------------------------------------------------------------------------------

    def const(self, value: Any) -> str:
        name = f"C{len(self.known)}"
        self.known[name] = value
        return name

    def used(self, expression: Expression) -> str:
        """An expression as source; what it needs is worked out before."""
        tables = self.plan.scope
        for name in expression.names - tables.keys():
            index = self.plan.labels[name]
            part = self.plan.parts[index]
            if part.if_ is not None or isinstance(part, Checksum):
                raise Impossible
            self.value(index)
        plain = simple(expression)
        if plain and self._integral(plain[0]):
            name, sign, number = plain
            return f"({self.variable(name)} {sign} {number})" if (sign, number) != ("+", 0) else self.variable(name)
        variables = {name: self.const(tables[name]) if name in tables else self.variable(name) for name in sorted(expression.names)}
        names = ", ".join(f"{self.const(name)}: {variable}" for name, variable in variables.items())
        return f"{self.const(expression.evaluate)}({{{names}}})"

    def _integral(self, name: str) -> bool:
        part = self.plan.parts[self.plan.labels[name]]
        return isinstance(part, (Bits, Length)) or (isinstance(part, Field) and part.type.integral)

    def variable(self, name: str) -> str:
        index = self.plan.labels[name]
        part = self.plan.parts[index]
        if not isinstance(part, Bits):
            return f"v{index}"
        return f"v{index}_{next(place for place, bit in enumerate(part.bits) if bit.name == name)}"

    def looked_up(self, lookup: Lookup, table: Mapping[int, Any]) -> str:
        return f"{self.const(dict(table))}[{self.used(lookup.by)}]"

    # --- values -----------------------------------------------------------------------------------------------------

    def presence(self, index: int) -> str:
        """The variable that tells whether a part is there; empty where it always is."""
        condition = self.plan.parts[index].if_
        if condition is None:
            return ""
        if condition.text not in self.conditions:
            if condition.text in self.busy:
                raise Impossible
            self.busy.add(condition.text)
            source = self.used(condition)
            self.lines.append(f"c{index} = {source}")
            self.conditions[condition.text] = f"c{index}"
        return self.conditions[condition.text]

    def value(self, index: int) -> None:
        """Works a part's value out, and checks it."""
        if index in self.done:
            return
        if index in self.busy:
            raise Impossible
        self.busy.add(index)
        there = self.presence(index)
        part = self.plan.parts[index]
        own = self._worked_out(index, part, there)
        self.done.add(index)
        if isinstance(part, (Field, Bits, Length)) and part.valid is not None:
            if there:
                raise Impossible
            own.append(f"if not {self.used_of(part.valid, own)}: raise Miss")
        if not there:
            self.lines += own
            return
        names = " or ".join(f"{self.const(name)} in given" for name in names_of(part))
        if index == self.plan.payload:
            names += " or payload"
        self.lines += [f"if {there}:", *(f"    {line}" for line in own or ["pass"]), "else:"]
        self.lines += [f"    if {names}: raise Miss"] if names else []
        self.lines.append(f'    v{index} = w{index} = b""')

    def used_of(self, valid: Expression, own: list[str]) -> str:
        """As `used`, of an expression that reads the very part whose lines have not been written yet."""
        self.lines += own
        own.clear()
        return self.used(valid)

    def _worked_out(self, index: int, part: Part, there: str) -> list[str]:
        match part:
            case Sync():
                return self._constant(index, part, part.sync, there)
            case End():
                return self._constant(index, part, part.end, there)
            case Field():
                return self._field(index, part, there)
            case Bits():
                return self._bits(index, part, there)
            case Length():
                return [*self._length(index, f"v{index}"), *self._written(index, part.type, there)]
            case Data():
                return self._data(index, part, there)
            case Checksum():
                return []

    def _constant(self, index: int, part: Sync | End, choices: tuple[bytes, ...], there: str) -> list[str]:
        usual = self.const(choices[0])
        lines = [f"v{index} = w{index} = {usual}"]
        if part.as_:
            chosen = f"given.get({self.const(part.as_)}, {usual})"
            lines = [f"v{index} = w{index} = {chosen}"]
            lines.append(f"if v{index}.__class__ is not bytes or v{index} not in {self.const(frozenset(choices))}: raise Miss")
        elif not there:
            self.runs[index] = "", f"{len(choices[0])}s", usual
        return lines

    def _field(self, index: int, part: Field, there: str) -> list[str]:
        name, value = self.const(part.name), f"v{index}"
        lines = [f"{value} = given.get({name})"]
        if part.enum is not None:
            lines.append(f"if {value}.__class__ is str: {value} = {self.const(dict(part.enum))}[{value}]")
        if part.equals is not None:
            lines.append(f"e = {self.used(part.equals)}")
            lines += [f"if {value} is not None and {value} != e: raise Miss", f"{value} = e"]
        usual = part.const if part.const is not None else part.default
        if part.counter:
            first = f"{self.const(part.first)}"
            lines.append(f"if {value} is None: {value} = counters.get({name}, {first}) if counters else {first}")
            self._counts(part, name, value, there)
        elif usual is not None and part.equals is None:
            lines.append(f"if {value} is None: {value} = {self.const(usual)}")
        if part.type.integral:
            lines.append(f"if {value}.__class__ is not int: raise Miss")
            lines += self._limited(part, value)
        elif any(limit is not None for limit in (part.const, part.allowed, part.min, part.max)):
            lines.append(f"if not {self.const(part.accepts)}({self.const(part.on_the_wire)}({value})): raise Miss")
        return [*lines, *self._written(index, part.type, there)]

    def _limited(self, part: Field, value: str) -> list[str]:
        tests = [f"{value} != {self.const(part.const)}"] if part.const is not None else []
        tests += [f"{value} not in {self.const(part.allowed)}"] if part.allowed is not None else []
        tests += [f"{value} < {self.const(part.min)}"] if part.min is not None else []
        tests += [f"{value} > {self.const(part.max)}"] if part.max is not None else []
        return [f"if {' or '.join(tests)}: raise Miss"] if tests else []

    def _counts(self, part: Field, name: str, value: str, there: str) -> None:
        step = f"counters[{name}] = {self.const(part.after)}({value})"
        self.counted.append(f"if {there}: {step}" if there else step)

    def _bits(self, index: int, part: Bits, there: str) -> list[str]:
        lines, terms, left = [], [], 8 * (part.type.size or 0)
        for place, bit in enumerate(part.bits):
            left -= bit.width
            value, usual = f"v{index}_{place}", self.const(bit.const or 0)
            if bit.name == part.length:
                lines += self._length(index, value)
            elif bit.name == "_":
                lines.append(f"{value} = {usual}")
            else:
                lines.append(f"{value} = given.get({self.const(bit.name)}, {usual})")
                low, high = (0, (1 << bit.width) - 1) if bit.const is None else (bit.const, bit.const)
                lines.append(f"if {value}.__class__ is not int or not {low} <= {value} <= {high}: raise Miss")
            terms.append(f"{value} << {left}")
        return [*lines, f"v{index} = {' | '.join(terms)}", *self._written(index, part.type, there)]

    def _length(self, index: int, value: str) -> list[str]:
        equation = next(each for each in self.plan.equations if each.part == index)
        sizes = [self._size(k) for k in range(equation.first, equation.last + 1)]
        fixed = sum(size for size in sizes if isinstance(size, int)) - equation.bias
        terms = [size for size in sizes if isinstance(size, str)]
        lines = [f"{value} = {' + '.join([*terms, str(fixed)] if fixed or not terms else terms)}"]
        if equation.unit > 1:
            lines += [f"if {value} % {equation.unit}: raise Miss", f"{value} //= {equation.unit}"]
        low, high = values_of(self.plan, equation)
        return [*lines, f"if not {low} <= {value} <= {high}: raise Miss"]

    def _size(self, index: int) -> int | str:
        """The logical bytes of a part, a number or source."""
        part = self.plan.parts[index]
        size = None if isinstance(part, Data) else static_size(part)
        if size is not None:
            there = self.presence(index)
            return f"({size} if {there} else 0)" if there else size
        self.value(index)
        return f"len({'v' if isinstance(part, Data) else 'w'}{index})"

    def _data(self, index: int, part: Data, there: str) -> list[str]:
        value, name = f"v{index}", self.const(part.name)
        sized = next((each for each in self.plan.equations if each.sizes == index), None)
        if sized is not None and self.plan.parts[sized.part].if_ is not None:
            raise Impossible
        lines = [f"{value} = given.get({name})"]
        if index == self.plan.payload:
            lines = [f'if payload is None: {value} = given.get({name}, b"")', f"elif {name} in given: raise Miss"]
            lines.append(f"else: {value} = payload")
        lines.append(f"if {value}.__class__ is not bytes:")
        lines.append(f"    if {value}.__class__ not in {self.const((bytearray, memoryview))}: raise Miss")
        lines.append(f"    {value} = {self.const(bytes)}({value})")
        if part.size is not None:
            lines.append(f"if len({value}) != {self._stated_size(part.size)}: raise Miss")
        if part.charset is not None:
            lines.append(f"if {value}.translate(None, {self.const(bytes(part.charset.bytes))}): raise Miss")
        wire = f"{self.const(blocked)}({self.const(part.blocks)}, {value})" if part.blocks else value
        return [*lines, f"w{index} = {wire}"]

    def _stated_size(self, size: Expression | Lookup) -> str:
        if isinstance(size, Expression):
            return self.used(size)
        return self.looked_up(size, self.plan.tables[size.table])

    def _written(self, index: int, kind: ValueType, there: str) -> list[str]:
        """Its bytes; or its part in a run of numbers that are packed together."""
        if not there and isinstance(kind, IntegerType) and kind.size in CODES:
            code = CODES[kind.size]
            order = "" if kind.size == 1 else "<" if kind.order == "little" else ">"
            self.runs[index] = order, code.lower() if kind.signed else code, f"v{index}"
            return []
        if not there and kind.size is not None:
            written = f"{self.const(kind.write)}(v{index})"
            if isinstance(kind, IntegerType):
                written = f"v{index}.to_bytes({kind.size}, {kind.order!r}, signed={kind.signed})"
            self.runs[index] = "", f"{kind.size}s", written
            return []
        return [f"w{index} = {self.const(kind.write)}(v{index})"]
