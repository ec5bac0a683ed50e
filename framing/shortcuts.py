"""Short cuts: for each format a generated Python function that accepts the ordinary, intact frame at once.

`shortcut(plan)` gives `accept(buffer, start, end) -> int`, about the bytes at `start` of `buffer[:end]`: the offset behind the
frame that certainly stands there; or, negated, the offset up to which bytes must be there before anything more can be
said; or `rejected(reason)`, less what it cost; or 0, which means nothing but "ask the prober". So a short cut can leave anything out that is
rare; it must only never accept or reject what the prober would not, nor wait longer than the prober would.

`guarded(plan)` gives the same function over what a `Memory` of the stream knows, which it takes as one more argument: it looks
at no byte again that an earlier candidate's checks have looked at. `run(format)` writes the frames that stand back to back, in one
loop; a decoder by hand does not do less.

A function specialised by generated source costs a third of one that interprets the plan (0.6 against 2 us a frame of 66 bytes).
The source is made from the validated plan alone; `accept.source` holds it for reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from framing.algorithms import Algorithm
from framing.errors import Reason
from framing.events import Event, Frame
from framing.expressions import Expression, ExpressionError
from framing.layout import FrameFormat
from framing.memory import Memory
from framing.parts import Bits, Blocks, Checksum, Data, End, Field, Length, Lookup, Part, Sync
from framing.plan import Equation, Open, Plan
from framing.sizes import values_of
from framing.stuffing import StuffingError
from framing.traits import expressions_of, static_size
from framing.values import BadDigits, BcdType, DigitsType, IntegerType, ValueType

Shortcut = Callable[[Any, int, int], int]
Guarded = Callable[[Any, int, int, Memory], int]
Run = Callable[[Any, int, int, int, Callable[[Event], None]], int]
"""`run(buffer, start, end, base, add)`: adds the frames from `start` on that the short cut accepts; where the last one ends."""

MISSES = (ArithmeticError, ValueError, TypeError, LookupError, ExpressionError, BadDigits, StuffingError)
"""What a short cut may raise on odd bytes; it then accepts nothing."""

_SIMPLE = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:(&|\||\+|-|==|!=|<=|>=|<|>)\s*(0[xX][0-9A-Fa-f]{1,16}|[1-9]\d{0,18}|0)\s*)?", re.ASCII)
"""A name, or a name, an operator and a number: what is worth a line of source of its own."""


_REJECTED = -(1 << 62)
_REASONS = tuple(Reason)
_PLACES = 32  # room for the reasons; the cost counts in multiples of it


def rejected(reason: Reason) -> int:
    """What a short cut returns for a certain reject."""
    return _REJECTED - _REASONS.index(reason)


def reason_of(answer: int) -> Reason | None:
    """The reason of a certain reject, None for any other answer of a short cut."""
    return _REASONS[(_REJECTED - answer) % _PLACES] if answer <= _REJECTED else None


def cost_of(answer: int) -> int:
    """How many bytes a short cut looked at before a certain reject; 0 where they are too few to count."""
    return (_REJECTED - answer) // _PLACES


class _Impossible(Exception):
    """This plan has something that short cuts leave to the prober."""


def shortcut(plan: Plan) -> Shortcut | None:
    """The short cut of a plan, None where it has none."""
    made: Shortcut | None = _made(plan, _Source)
    return made


def guarded(plan: Plan) -> Guarded | None:
    """The short cut that asks a memory; None where the plan has no short cut."""
    made: Guarded | None = _made(plan, _GuardedSource)
    return made


def run(each: FrameFormat) -> Run | None:
    """The loop over frames back to back; None where the format has no short cut."""
    scope = {"F": Frame, "D": each}
    try:
        source = _RunSource(each.plan, "run", whole=True).build(scope)
    except _Impossible:
        return None
    made: Run = _compiled(source, "run", scope)
    return made


def _made(plan: Plan, source: type[_Source]) -> Any:
    try:
        # Two functions: most frames are whole, and then their fixed header needs no checks for missing bytes.
        scope: dict[str, Any] = {}
        begun = source(plan, "begun", whole=False).build(scope)
        accept = source(plan, "accept", whole=True).build(scope)
    except _Impossible:
        return None
    return _compiled(begun + accept, "accept", scope)


def _compiled(source: str, name: str, scope: dict[str, Any]) -> Any:
    exec(compile(source, "<short cut>", "exec"), scope)  # noqa: S102 - made of the plan's numbers and names of ours
    function = scope[name]
    function.source = source
    return function


class _Source:
    arguments = "b, s, n"
    opening = ""
    first_is_known = True
    """The engine has looked at the first byte of a marker."""

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

    def build(self, scope: dict[str, Any]) -> str:
        """The function's source; the constants that it uses go to `scope`."""
        plan = self.plan
        if plan.area is not None and plan.transparency is not None and plan.transparency.closes is False:
            raise _Impossible
        if self.whole:
            self.emit(f"if s + {plan.min_size} > n: return begun({self.arguments})")
        elif plan.area is not None:
            self.emit("return 0")
        if self.opening:
            self.emit(self.opening)
        for index, part in enumerate(plan.parts):
            if plan.area is not None and index == plan.area[0]:
                self.unstuff()
            if plan.area is not None and index == plan.area[1] + 1:
                self.leave_area("q")
            self.part(index, part)
        if plan.area is not None and plan.area[1] + 1 == len(plan.parts):
            self.leave_area("q + 1")
        self.emit(f"e = {self.place()}")
        self.within_limit("e")
        if self.place() != self.there:
            self.emit(f"if e > n: return {'-e' if plan.area is None else '0'}")
        scope.update(self.known)
        return self.function()

    def function(self) -> str:
        self.emit("return e")
        body = "\n".join(f"        {line}" for line in self.lines)
        return f"def {self.name}({self.arguments}):\n    try:\n{body}\n    except MISSES:\n        return 0\n"

    def within_limit(self, end: str) -> None:
        """Leaves a frame that would be too long to the prober, before its bytes are waited for."""
        plan = self.plan
        most = sum(plan.max_size + 1 if high is None else high for _, high in plan.sizes)
        if plan.opens or plan.area or plan.max_size < most:
            self.emit(f"if {end} - s > {plan.max_size}: return 0")

    def unless(self, holds_not: str, reason: Reason) -> None:
        """Rejects where the condition is true; open and stuffed layouts leave the reason to the prober."""
        certain = not self.plan.opens and self.plan.area is None
        cost = f" - {_PLACES} * ({self.place()} - s)" if self.looked else ""
        self.emit(f"if {holds_not}: return {f'{rejected(reason)}{cost}' if certain else 0}")

    # --- source -----------------------------------------------------------------------------------------------------

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
        for name in used.names:
            if name not in self.variables or name in self.optional:
                raise _Impossible
        simple = _SIMPLE.fullmatch(used.text)
        if simple and self._is_integer(simple[1]):
            variable = self.variables[simple[1]]
            return f"({variable} {simple[2]} {int(simple[3], 0)})" if simple[2] else variable
        names = ", ".join(f"{name!r}: {self.variables[name]}" for name in sorted(used.names))
        return f"{self.const(used.evaluate)}({{{names}}})"

    def _is_integer(self, name: str) -> bool:
        part = self.plan.parts[self.plan.labels[name]]
        return isinstance(part, (Bits, Length)) or (isinstance(part, Field) and part.type.integral)

    # --- the stuffed area -------------------------------------------------------------------------------------------

    def unstuff(self) -> None:
        """Finds the end of the area and goes on in the unstuffed bytes; what stands before the area goes along."""
        plan = self.plan
        assert plan.area is not None and plan.stuffing is not None and plan.transparency is not None
        begin = self.place()
        if plan.delimiter is not None:
            self.emit(f"q = b.find({self.const(bytes([plan.delimiter]))}, {begin}, min(n, s + {plan.max_size}))")
            self.emit("if q < 0: return 0")
        else:
            if plan.stop_behind_area is None:
                raise _Impossible
            kind = plan.transparency.kind
            if kind == "hex":
                area = re.compile(rb"[0-9A-Fa-f]*+")
            elif kind in ("dle", "doubled"):
                escape = plan.transparency.escape if plan.transparency.escape is not None else 0x10
                one = b"\\x%02x" % escape
                area = re.compile(b"(?:[^" + one + b"]|" + one + one + b")*+", re.DOTALL)
            else:
                raise _Impossible
            self.emit(f"q = {self.const(area.match)}(b, {begin}, min(n, s + {plan.max_size})).end()")
        decode = self.const(plan.stuffing.decode)
        self.emit(f"u = {decode}(bytes(b[{begin}:q]))")
        if plan.area[0] > 0:
            self.emit(f"u = bytes(b[s:{begin}]) + u")
            self.starts = [f"{start} - s" for start in self.starts]
            self.rebase(f"{begin} - s")
        else:
            self.base, self.offset = "0", 0
        self.buffer = "u"
        self.emit("m = len(u)")
        self.end = "m"

    def leave_area(self, behind: str) -> None:
        """Nothing may be left in the area; goes on with the wire bytes behind it."""
        area = self.plan.area
        if area is None or any(first <= area[1] < last for first, last in self.plan.overs.values()):
            raise _Impossible
        self.emit(f"if {self.place()} != {self.end}: return 0")
        self.base, self.offset = behind.split(" ")[0], 1 if "+" in behind else 0
        self.buffer, self.end = "b", "n"

    # --- parts ------------------------------------------------------------------------------------------------------

    def part(self, index: int, part: Part) -> None:
        self.starts.append(self.place())
        if part.if_ is not None:
            self.optional_part(part)
        elif isinstance(part, (Sync, End)):
            self.pattern(index, part)
        elif isinstance(part, Data):
            self.data(index, part)
        else:
            self.number(part)
        for equation in self.plan.equations_ready(index):
            self.equation(equation, index)
        for own in self.plan.checksums_ready(index):
            self.checksum(own, index)

    def optional_part(self, part: Part) -> None:
        """Only parts of fixed size that nothing depends on."""
        size = static_size(part)
        simple = isinstance(part, Data) and part.charset is None and part.blocks is None
        simple = simple or (isinstance(part, Field) and part.equals is None and part.valid is None and not self._constrained(part))
        if size is None or not simple or part.if_ is None:
            raise _Impossible
        self.optional.update([part.name])
        self.rebase(f"{self.place(size)} if {self.value(part.if_)} else {self.place()}")

    @staticmethod
    def _constrained(part: Field) -> bool:
        limits = (part.const, part.allowed, part.min, part.max)
        return any(limit is not None for limit in limits) or isinstance(part.type, DigitsType) or part.type.size is None

    def bounded(self, size: int) -> None:
        """Makes sure that the next `size` bytes are there, before they are looked at."""
        if self.buffer == "u":
            self.emit(f"if {self.place(size)} > m: return 0")
        elif (self.base != "s" or not self.whole) and self.place(size) != self.there:
            self.there = self.place(size)
            self.within_limit(self.place(size))
            self.emit(f"if {self.place(size)} > n: return -({self.place(size)})")

    def pattern(self, index: int, part: Sync | End) -> None:
        opening = index == 0 and isinstance(part, Sync)
        if isinstance(part, Sync) and not part.pattern.exact:
            if len({len(each) for each in part.sync}) > 1:
                raise _Impossible
            size = part.pattern.shortest
            self.emit(f"if {self.place(size)} > {self.end}: return 0")
            self.emit(f"if not {self.const(part.pattern.stands)}({self.slice(self.place(), self.place(size))}): return 0")
        else:
            alternatives = part.sync if isinstance(part, Sync) else part.longest_first
            size_ = self._one_size(alternatives)
            if size_ is None:
                self._several(alternatives, part)
                return
            size = size_
            if opening and not self.whole and self.buffer == "b":
                begun = " or ".join(f"{self.const(each)}.startswith(b[s:n])" for each in alternatives)
                self.emit(f"if s + {size} > n: return -(n + 1) if {begun} else 0")
            elif not (opening and self.whole):
                self.emit(f"if {self.place(size)} > {self.end}: return 0")
            if not (opening and size == 1 and self.first_is_known):
                wanted = alternatives[0] if len(alternatives) == 1 else alternatives
                start = self.place()
                self.emit(f"if not {self.buffer}.startswith({self.const(wanted)}, {start}): return 0")
        if part.as_:
            self.keep(part.as_, f"bytes({self.slice(self.place(), self.place(size))})")
        self.offset += size

    @staticmethod
    def _one_size(alternatives: tuple[bytes, ...]) -> int | None:
        lengths = {len(each) for each in alternatives}
        return lengths.pop() if len(lengths) == 1 else None

    def _several(self, alternatives: tuple[bytes, ...], part: Sync | End) -> None:
        """Alternatives of several lengths, the preferred one first; one that is cut short is left to the prober."""
        longest = max(map(len, alternatives))
        choice = self.fresh()
        tests = " else ".join(
            f"{len(each)} if {self.buffer}.startswith({self.const(each)}, {self.place()})" for each in alternatives
        )
        self.emit(f"{choice} = {tests} else 0")
        self.emit(f"if not {choice}: return 0")
        behind = self.fresh()
        self.emit(f"{behind} = {self.place()} + {choice}")
        if any(one != other and one.startswith(other) for one in alternatives for other in alternatives):
            self.emit(f"if {self.place(longest)} > {self.end}: return 0")
        self.emit(f"if {behind} > {self.end}: return 0")
        if part.as_:
            self.keep(part.as_, f"bytes({self.slice(self.place(), behind)})")
        self.base, self.offset = behind, 0

    def keep(self, name: str, source: str) -> None:
        self.counter += 1
        variable = f"v{self.counter}"
        self.emit(f"{variable} = {source}")
        self.variables[name] = variable

    def number(self, part: Field | Bits | Length | Checksum) -> None:
        size = part.type.size
        if size is None:
            raise _Impossible
        if isinstance(part, Bits):
            self.bits(part)
        elif isinstance(part, Field):
            self.field(part)
        elif isinstance(part, Length):
            self.bounded(size)
            self.keep(part.name, self.read(part.type))
            self.limits(self.variables[part.name], part.min, part.max)
        if isinstance(part, (Field, Bits, Length)) and part.valid is not None:
            self.unless(f"not {self.value(part.valid)}", Reason.FIELD)
        self.offset += size

    def limits(self, variable: str, low: Any, high: Any) -> None:
        if low is not None:
            self.unless(f"{variable} < {self.const(low)}", Reason.LENGTH)
        if high is not None:
            self.unless(f"{variable} > {self.const(high)}", Reason.LENGTH)

    def field(self, part: Field) -> None:
        used = any(part.name in each.names for each in self.expressions())
        if not used and not self._constrained(part) and part.equals is None and isinstance(part.type, IntegerType):
            return
        self.bounded(part.type.size or 0)
        if part.const is not None and isinstance(part.type, IntegerType) and not used:
            raw = part.type.write(part.const)
            self.unless(f"not {self.buffer}.startswith({self.const(raw)}, {self.place()})", Reason.FIELD)
            return
        self.keep(part.name, self.read(part.type))
        variable = self.variables[part.name]
        if part.const is not None:
            self.unless(f"{variable} != {self.const(part.const)}", Reason.FIELD)
        if part.allowed is not None:
            self.unless(f"{variable} not in {self.const(frozenset(part.allowed))}", Reason.FIELD)
        if part.min is not None:
            self.unless(f"not {variable} >= {self.const(part.min)}", Reason.FIELD)
        if part.max is not None:
            self.unless(f"not {variable} <= {self.const(part.max)}", Reason.FIELD)
        if part.equals is not None:
            self.unless(f"{variable} != {self.value(part.equals)}", Reason.FIELD)

    def expressions(self) -> list[Expression]:
        return [used for part in self.plan.parts for _, used in expressions_of(part)]

    def bits(self, part: Bits) -> None:
        named = [bit for bit in part.bits if bit.const is not None or bit.name == part.length]
        if not named and not any(bit.name in used.names for used in self.expressions() for bit in part.bits):
            return
        self.bounded(part.type.size or 0)
        self.counter += 1
        whole = f"w{self.counter}"
        self.emit(f"{whole} = {self.read(part.type)}")
        left = sum(bit.width for bit in part.bits)
        mask = wanted = 0
        for bit in part.bits:
            left -= bit.width
            if bit.const is not None:
                mask |= (1 << bit.width) - 1 << left
                wanted |= bit.const << left
            if bit.name == part.length or any(bit.name in used.names for used in self.expressions()):
                self.keep(bit.name, f"{whole} >> {left} & {(1 << bit.width) - 1}")
        if mask:
            self.unless(f"{whole} & {mask} != {wanted}", Reason.FIELD)
        if part.length is not None:
            self.limits(self.variables[part.length], part.min, part.max)

    # --- lengths, data, checksums -----------------------------------------------------------------------------------

    def equation(self, equation: Equation, index: int) -> None:
        if equation.name not in self.variables:
            raise _Impossible
        fixed = 0
        known: list[str] = []
        for k in range(equation.first, equation.last + 1):
            part = self.plan.parts[k]
            if k == equation.sizes:
                if part.if_ is not None:
                    raise _Impossible
            elif part.if_ is not None or (isinstance(part, Data) and part.blocks is not None):
                raise _Impossible
            elif static_size(part) is not None:
                fixed += static_size(part) or 0
            elif k < index:
                known.append(f"({self.starts[k + 1]} - ({self.starts[k]}))")
            elif k == index:
                known.append(f"({self.place()} - ({self.starts[k]}))")
            else:
                raise _Impossible
        self.bounded(0)
        value = self.variables[equation.name]
        source = f"{value} * {equation.unit}" if equation.unit != 1 else value
        constant = equation.bias - fixed
        source += f" + {constant}" if constant > 0 else f" - {-constant}" if constant else ""
        source += "".join(f" - {each}" for each in known)
        if equation.sizes is None:
            self.unless(f"{source} != 0", Reason.LENGTH)
            return
        self.counter += 1
        size = f"z{self.counter}"
        self.emit(f"{size} = {source}")
        low, _ = values_of(self.plan, equation)
        if low * equation.unit + constant < 0 or known:
            self.unless(f"{size} < 0", Reason.LENGTH)
        self.sizes[equation.sizes] = size
        rest = [self.least(k) for k in range(index + 1, len(self.plan.parts))]
        if self.buffer == "b":
            self.within_limit(" + ".join([self.place(), *rest]))

    def least(self, index: int) -> str:
        """The fewest bytes that a part further on takes on the wire, as far as its size is known by now."""
        part = self.plan.parts[index]
        if index not in self.sizes:
            return str(self.plan.sizes[index][0])
        blocks = part.blocks if isinstance(part, Data) else None
        return f"{self.const(blocks.wire)}({self.sizes[index]})" if blocks else self.sizes[index]

    def data(self, index: int, part: Data) -> None:
        for each in self.plan.opens:
            if each.data == index:
                self.open(each, part)
                return
        size = self.size(index, part)
        begin = self.place()
        if part.blocks is not None:
            wire = self.fresh()
            self.emit(f"{wire} = {self.const(part.blocks.wire)}({size})")
            self.rebase(f"{begin} + {wire}")
            self.emit(f"if {self.base} > {self.end}: return 0")  # each block is checked when it is there
            self.looked = True
            self.emit(f"if not {self.blocks_hold(part.blocks, begin, self.base)}: return 0")
            if part.charset is not None or self.used(part):
                raise _Impossible
            return
        fixed = static_size(part)
        if fixed is not None:
            self.offset += fixed
        else:
            self.rebase(f"{begin} + {size}")
        if part.charset is not None or self.used(part) or self.buffer == "u":
            self.bounded(0)
        self.charset(part, begin, self.place())
        if self.used(part):
            self.keep(part.name, f"bytes({self.slice(begin, self.place())})")

    def used(self, part: Data) -> bool:
        return any(part.name in each.names for each in self.expressions())

    def size(self, index: int, part: Data) -> str:
        if index in self.sizes:
            return self.sizes[index]
        variable = self.fresh()
        self.bounded(0)
        if isinstance(part.size, Lookup):
            table = self.const(dict(self.plan.tables[part.size.table]))
            self.emit(f"{variable} = {table}[{self.value(part.size.by)}]")
        elif part.size is not None:
            self.emit(f"{variable} = {self.value(part.size)}")
            self.emit(f"if not isinstance({variable}, int): return 0")
        else:
            raise _Impossible
        if static_size(part) is None:
            self.unless(f"{variable} < 0", Reason.LENGTH)
        return variable

    def charset(self, part: Data, begin: str, end: str) -> None:
        if part.charset is not None:
            self.looked = True
            self.emit(f"if {self.illegal(part.charset.bytes, begin, end)}: return 0")

    def open(self, each: Open, part: Data) -> None:
        tail = 0
        for index in each.tail:
            size = static_size(self.plan.parts[index])
            if size is None or self.plan.parts[index].if_ is not None:
                raise _Impossible
            tail += size
        begin = self.place()
        stop = self.plan.parts[each.stop] if each.stop is not None else None
        if self.buffer == "u" or not isinstance(stop, End):
            where = self.end
        else:
            where = self.fresh()
            self.search(where, stop.longest_first, begin, f"min(n, s + {self.plan.max_size})")
        self.rebase(f"{where} - {tail}" if tail else where)
        self.emit(f"if {self.base} < {begin}: return 0")
        self.charset(part, begin, self.base)
        if self.used(part):
            self.keep(part.name, f"bytes({self.slice(begin, self.base)})")

    def checksum(self, own: int, index: int) -> None:
        part = self.plan.parts[own]
        assert isinstance(part, Checksum)
        size = part.type.size
        first, last = self.plan.overs[own]
        if part.if_ is not None or size is None:
            raise _Impossible
        self.bounded(0)
        begin, end = self.starts[first], self.starts[last + 1] if last + 1 < len(self.starts) else self.place()
        at = self.starts[own]
        hole = (at, size) if first <= own <= last else None
        more = ""
        if part.extra is not None:
            table = {entry: bytes([value]) for entry, value in self.plan.tables[part.extra.table].items() if 0 <= value < 256}
            more = f"{self.const(table)}[{self.value(part.extra.by)}]"
        computed = self.computed(part.algorithm, begin, end, hole, more)
        self.looked = True
        stated = self.slice(at, f"{at} + {size}")
        if isinstance(part.type, DigitsType) and part.type.base == 16:
            self.emit(f"if {stated}.upper() != b'%0{size}X' % {computed}: return 0")
        else:
            base, offset = self.base, self.offset
            name, _, distance = at.partition(" + ")
            self.base, self.offset = (name, int(distance or 0)) if (distance or "0").isdigit() and name.isidentifier() else (f"({at})", 0)
            read = self.read(part.type)
            self.base, self.offset = base, offset
            self.unless(f"{computed} != {read}", Reason.CHECKSUM)
        if any(part.name in used.names for used in self.expressions()):
            raise _Impossible
        self.digits(part)

    # --- what looks at data -----------------------------------------------------------------------------------------

    def computed(self, used: Algorithm, begin: str, end: str, hole: tuple[str, int] | None, more: str) -> str:
        """The checksum of a span and of `more`; a hole of so many bytes counts as zeros."""
        covered = self.slice(begin, end)
        if hole is not None:
            at, size = hole
            covered = f"{self.slice(begin, at)} + {self.const(bytes(size))} + {self.slice(f'{at} + {size}', end)}"
        return f"{self.const(used.compute)}({covered}{f' + {more}' if more else ''})"

    def illegal(self, allowed: frozenset[int], begin: str, end: str) -> str:
        """Whether a byte of the span is not allowed."""
        return f"{self.slice(begin, end)}.translate(None, {self.const(bytes(sorted(allowed)))})"

    def blocks_hold(self, blocks: Blocks, begin: str, end: str) -> str:
        """Whether all blocks of the span are good."""
        return f"{self.const(_blocks_checker(blocks))}({self.slice(begin, end)})"

    def search(self, where: str, alternatives: tuple[bytes, ...], begin: str, end: str) -> None:
        """Finds where one of the patterns stands first."""
        if len(alternatives) == 1:
            self.emit(f"{where} = b.find({self.const(alternatives[0])}, {begin}, {end})")
            self.emit(f"if {where} < 0: return 0")
        else:
            pattern = re.compile(b"|".join(re.escape(one) for one in alternatives))
            self.emit(f"{where} = {self.const(pattern.search)}(b, {begin}, {end})")
            self.emit(f"if {where} is None: return 0")
            self.emit(f"{where} = {where}.start()")

    def digits(self, part: Checksum) -> None:
        """A checksum that is written in digits is read where it stands, before what it covers is complete."""
        own = self.plan.parts.index(part)
        if isinstance(part.type, DigitsType | BcdType) and max(own, self.plan.overs[own][1]) != own:
            raise _Impossible


class _RunSource(_Source):
    """Takes frames in a loop; whatever the short cut would answer but a frame ends it."""

    arguments = "b, s, n, o, add"
    first_is_known = False

    def emit(self, line: str) -> None:
        code, leaves, _ = line.partition("return ")
        super().emit(f"{code}return s" if leaves else line)

    def function(self) -> str:
        self.emit("r = b[s:e]")
        self.emit("add(F(D, o + s, r if r.__class__ is bytes else bytes(r)))")
        self.emit("s = e")
        body = "\n".join(f"            {line}" for line in self.lines)
        return f"def {self.name}({self.arguments}):\n    try:\n        while True:\n{body}\n    except MISSES:\n        return s\n"


class _GuardedSource(_Source):
    """Asks the memory `m` whatever costs a pass over data, in offsets of the stream; unstuffed bytes it does not know."""

    arguments = "b, s, n, m"
    opening = "o = m.window.base"

    def computed(self, used: Algorithm, begin: str, end: str, hole: tuple[str, int] | None, more: str) -> str:
        if self.buffer == "u":
            return super().computed(used, begin, end, hole, more)
        zeros = f"(o + {hole[0]}, o + {hole[0]} + {hole[1]})" if hole else "None"
        return f"m.checksum({self.const(used)}, o + {begin}, o + {end}, {zeros}, {more or self.const(b'')})"

    def illegal(self, allowed: frozenset[int], begin: str, end: str) -> str:
        if self.buffer == "u":
            return super().illegal(allowed, begin, end)
        return f"m.illegal({self.const(allowed)}, o + {begin}, o + {end}) < o + {end}"

    def blocks_hold(self, blocks: Blocks, begin: str, end: str) -> str:
        if self.buffer == "u":
            return super().blocks_hold(blocks, begin, end)
        width = blocks.type.size or 0
        step = blocks.size + width
        whole = self.fresh()
        self.emit(f"{whole} = {end} - ({end} - ({begin})) % {step}")
        rest = f"{self.const(_blocks_checker(blocks))}({self.slice(whole, end)})"
        return f"(m.bad_block({self.const(blocks)}, o + {begin}, o + {whole}) == o + {whole} and {rest})"

    def unstuff(self) -> None:
        if self.plan.delimiter is None:
            raise _Impossible  # the prober leaps over areas that come to no good end
        super().unstuff()

    def search(self, where: str, alternatives: tuple[bytes, ...], begin: str, end: str) -> None:
        self.emit(f"q = o + {end}")
        self.emit(f"{where} = m.pattern({self.const(alternatives)}, o + {begin}, q)")
        self.emit(f"if {where} == q: return 0")
        self.emit(f"{where} -= o")


def _blocks_checker(blocks: Blocks) -> Callable[[bytes], bool]:
    size, width = blocks.size, blocks.type.size or 0
    compute, read = blocks.checksum.compute, blocks.type.read

    def check(wire: bytes) -> bool:
        for at in range(0, len(wire), size + width):
            block = wire[at : at + size + width]
            if compute(block[:-width]) != read(block[-width:]):
                return False
        return True

    return check
