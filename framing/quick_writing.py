"""Quick writers: for most formats, a generated function that makes a frame at once.

`writer(plan)` does what `writing.write` does with that plan, errors included. The function that it gives deals with what is
usual: values of the very types `int` and `bytes`, in range, no more and no fewer names than needed. Anything else it hands
on: a compiled writer to the generated function, that to `writing.write`, which stays the definition and words all errors.
So each may leave anything out that is rare, but must never write what the definition would not.

A frame of UBX or MAVLink takes 0.3 us compiled, 2 us generated and 80 us by the definition.
"""

from __future__ import annotations

import ast
import struct
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Protocol

from framing import compiled
from framing.algorithms import Algorithm, Compute
from framing.expressions import Expression, parsed
from framing.parts import Bits, Checksum, Data, End, Field, Length, Lookup, Part, Sync
from framing.plan import Plan
from framing.sizes import values_of
from framing.traits import names_of, static_size
from framing.values import IntegerType, ValueType
from framing.writing import blocked, write


class Writer(Protocol):
    """Makes a frame of a payload and fields; counters, where given, move on. Raises `EncodeError`."""

    def __call__(
        self, payload: bytes | None, given: dict[str, Any], counters: dict[str, int] | None = None, /
    ) -> bytes: ...


def writer(plan: Plan) -> Writer:
    """The quickest writer that there is for a plan."""
    if compiled.usable:
        from framing import _writer

        made = cache(lambda: generated(plan))
        try:
            return _writer.Writer(plan, lambda *arguments: made()(*arguments)).write
        except _writer.Unsupported:
            pass
    return generated(plan)


def generated(plan: Plan) -> Writer:
    """The generated function; where there is none for this plan, the definition."""
    definition: Writer = partial(write, plan)
    try:
        return _Source(plan).build(definition)
    except _Impossible:
        return definition


class _Impossible(Exception):
    """This plan has something that the definition alone deals with."""


class _Miss(Exception):
    """These values have something that the definition alone deals with."""


_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
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


def _compute(algorithm: Algorithm) -> Compute:
    """The cheapest function for a checksum: the compiled kernel takes a quarter of the time."""
    if compiled.usable:
        from framing._sums import Summer

        try:
            return Summer(algorithm).compute
        except ValueError:
            pass
    return algorithm.compute


def _packer(kind: ValueType) -> Callable[[Any], bytes]:
    """Puts an integer into its bytes. Raises where it does not fit."""
    if isinstance(kind, IntegerType) and kind.size in _CODES and not kind.signed:
        return struct.Struct(("<" if kind.order == "little" else ">") + _CODES[kind.size]).pack
    return kind.write


class _Source:
    """Source in which `v3` is the value of part 3, `w3` its bytes where it is no member of a run, `c3` whether it is there.

    A value is worked out when it is first asked for, as `writing.write` does; so lines come in an order that works.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.known: dict[str, Any] = {"Miss": _Miss}
        self.lines: list[str] = []
        self.done: set[int] = set()
        self.busy: set[Any] = set()
        self.conditions: dict[str, str] = {}
        self.runs: dict[int, tuple[str, str, str]] = {}  # of parts that are packed with others: order, code, argument
        self.own: list[str] = []  # lines of the part that is being worked out
        self.counted: list[str] = []

    def build(self, definition: Writer) -> Writer:
        plan = self.plan
        self._refuse()
        for index in range(len(plan.parts)):
            self.value(index)
        raw = self.frame()
        names = frozenset(name for part in plan.parts for name in names_of(part))
        body = [f"if not {self.const(names)}.issuperset(given): raise Miss", *self.lines, f"raw = {raw}"]
        body += [f"if len(raw) > {plan.max_size}: raise Miss", *self.stops()]
        if self.counted:
            body += ["if counters is not None:", *(f"    {line}" for line in self.counted)]
        source = "def write(payload, given, counters=None):\n    try:\n"
        source += "".join(f"        {line}\n" for line in [*body, "return raw"])
        source += f"    except Exception:\n        pass\n    return {self.const(definition)}(payload, given, counters)\n"
        exec(compile(source, "<writer>", "exec"), self.known)  # noqa: S102 - names and numbers of ours; those of specs are constants
        made: Writer = self.known["write"]
        return made

    def _refuse(self) -> None:
        """What no writer of this kind deals with."""
        plan = self.plan
        if "_" in plan.labels:  # it would be padding, too
            raise _Impossible
        if plan.transparency is not None and plan.transparency.closes is False and plan.marker is not None:
            if plan.transparency.kind not in ("dle", "doubled", "run"):
                raise _Impossible  # a marker in the stuffed bytes
        for index, part in enumerate(plan.parts):
            if isinstance(part, (Sync, End)) and static_size(part) is None:
                last = index == len(plan.parts) - 1 and not plan.in_area(index)
                if not (isinstance(part, End) and part.if_ is None and last):
                    raise _Impossible  # it could be read as another of its alternatives

    # --- source -----------------------------------------------------------------------------------------------------

    def const(self, value: Any) -> str:
        name = f"C{len(self.known)}"
        self.known[name] = value
        return name

    def used(self, expression: Expression) -> str:
        """An expression as source; what it needs is worked out before."""
        for name in expression.names:
            index = self.plan.labels[name]
            part = self.plan.parts[index]
            if part.if_ is not None or isinstance(part, Checksum):
                raise _Impossible
            self.value(index)
        plain = simple(expression)
        if plain and self._integral(plain[0]):
            name, sign, number = plain
            return f"({self.variable(name)} {sign} {number})" if (sign, number) != ("+", 0) else self.variable(name)
        names = ", ".join(f"{self.const(name)}: {self.variable(name)}" for name in sorted(expression.names))
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
                raise _Impossible
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
            raise _Impossible
        self.busy.add(index)
        there = self.presence(index)
        part = self.plan.parts[index]
        own = self._worked_out(index, part, there)
        self.done.add(index)
        if isinstance(part, (Field, Bits, Length)) and part.valid is not None:
            if there:
                raise _Impossible
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
            raise _Impossible
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
        if not there and isinstance(kind, IntegerType) and kind.size in _CODES:
            code = _CODES[kind.size]
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

    # --- the whole --------------------------------------------------------------------------------------------------

    def frame(self) -> str:
        """Source for the frame's bytes; lines for its pieces and checksums."""
        plan = self.plan
        if plan.payload is None:
            self.lines.append("if payload: raise Miss")
        self.edges = {edge for first, last in plan.overs.values() for edge in (first, last + 1)}
        if plan.area is not None:
            self.edges |= {plan.area[0], plan.area[1] + 1}
        self.pieces = self._pieces()
        for own in self._checksums():
            self._checksum(own)
        if plan.area is None or plan.stuffing is None:
            return self._joined(0, len(plan.parts))
        self.lines.append(f"s = {self.const(plan.stuffing.encode)}({self._joined(plan.area[0], plan.area[1] + 1)})")
        if plan.delimited:
            self.lines.append("if not s: raise Miss")
        closing = "" if plan.delimiter is None else f" + {self.const(bytes([plan.delimiter]))}"
        around = self._joined(0, plan.area[0]), self._joined(plan.area[1] + 1, len(plan.parts))
        return f"{around[0]} + s{closing} + {around[1]}".removeprefix('b"" + ').removesuffix(' + b""')

    def _pieces(self) -> dict[int, tuple[int, str]]:
        """By the first part: behind which part the piece ends, and its source."""
        pieces, index = {}, 0
        while index < len(self.plan.parts):
            start, order, codes, arguments = index, "", "", []
            while index in self.runs and (index == start or index not in self.edges):
                wanted, code, argument = self.runs[index]
                if order and wanted and wanted != order:
                    break
                order, codes, arguments = order or wanted, codes + code, [*arguments, argument]
                index += 1
            if index == start:
                pieces[start] = index + 1, f"w{index}"
                index += 1
            else:
                pack = self.const(struct.Struct((order or "<") + codes).pack)
                alone = codes.endswith("s") and len(arguments) == 1
                self.lines.append(f"r{start} = " + (arguments[0] if alone else f"{pack}({', '.join(arguments)})"))
                pieces[start] = index, f"r{start}"
        return pieces

    def _joined(self, first: int, end: int) -> str:
        """Source for the bytes of parts first..end - 1."""
        found = []
        while first < end:
            first, source = self.pieces[first]
            found.append(source)
        return " + ".join(found) or 'b""'

    def _checksums(self) -> list[int]:
        """All checksums, each behind those that it covers."""
        waiting, ordered = list(self.plan.overs), []
        while waiting:
            spans = {own: self.plan.overs[own] for own in waiting}
            free = [own for own in waiting if not any(spans[own][0] <= other <= spans[own][1] for other in waiting if other != own)]
            if not free:
                raise _Impossible
            ordered += free
            waiting = [own for own in waiting if own not in free]
        return ordered

    def _checksum(self, own: int) -> None:
        part = self.plan.parts[own]
        assert isinstance(part, Checksum)
        first, last = self.plan.overs[own]
        inside = first <= own <= last
        covered = self._joined(first, last + 1)
        lines = []
        if inside:
            if part.type.size is None:
                raise _Impossible
            lines.append(f"w{own} = {self.const(bytes(part.type.size))}")
        elif not any(first < edge <= last for edge in self.edges):  # nobody else needs a piece of it
            self.lines.append(f"m{own} = {covered}")
            self.pieces[first] = last + 1, f"m{own}"
            covered = f"m{own}"
        if part.extra:
            table = self.plan.tables[part.extra.table]
            covered += f" + {self.looked_up(part.extra, {key: bytes([byte]) for key, byte in table.items() if 0 <= byte <= 255})}"
        lines.append(f"w{own} = {self.const(_packer(part.type))}({self.const(_compute(part.algorithm))}({covered}))")
        there = self.presence(own)
        if there:
            lines = [f"if {there}:", *(f"    {line}" for line in lines)]
        self.lines += lines

    def stops(self) -> list[str]:
        """Lines that refuse open data in which its end would be found too early."""
        plan, lines = self.plan, []
        for each in plan.opens:
            if each.stop is None or plan.in_area(each.data):
                continue
            stop = plan.parts[each.stop]
            before = [static_size(part) for part in plan.parts[: each.data]]
            optional = any(part.if_ is not None for part in plan.parts[: each.data + 1])
            if plan.area is not None or each.stop != len(plan.parts) - 1 or optional or None in before:
                raise _Impossible
            assert isinstance(stop, End)
            start = sum(size or 0 for size in before)
            usual = f"w{each.stop}" if stop.as_ else self.const(stop.end[0])
            lines += [f"if raw.find({self.const(end)}, {start}, len(raw) - len({usual}) + {len(end) - 1}) >= 0: raise Miss" for end in stop.end]
        return lines

