"""Short cuts' source for parts with a value or a constant: markers, ends, fields, bits, lengths."""

from __future__ import annotations

from typing import Any

from framing.errors import Reason
from framing.model.checks import Checksum
from framing.model.numbers import Bits, Field, Length
from framing.model.patterns import End, Sync
from framing.model.values import IntegerType
from framing.shortcuts.source import Impossible, Source


class PartSource(Source):
    """Checks what stands at the next byte, and keeps the values that others ask for."""

    first_is_known = True
    """The engine has looked at the first byte of a marker."""

    def pattern(self, index: int, part: Sync | End) -> None:
        opening = index == 0 and isinstance(part, Sync)
        if isinstance(part, Sync) and not part.pattern.exact:
            if len({len(each) for each in part.sync}) > 1:
                raise Impossible
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

    def number(self, part: Field | Bits | Length | Checksum) -> None:
        size = part.type.size
        if size is None:
            raise Impossible
        if isinstance(part, Bits):
            self.bits(part)
        elif isinstance(part, Field):
            self.field(part)
        elif isinstance(part, Length):
            self.bounded(size)
            self.keep(part.name, self.read(part.type))
            self.limits(self.variables[part.name], part.min, part.max)
        if isinstance(part, (Field, Bits, Length)) and part.valid is not None:
            self.bounded(size)
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

    @staticmethod
    def _constrained(part: Field) -> bool:
        limits = (part.const, part.allowed, part.min, part.max)
        return any(limit is not None for limit in limits) or len(part.type.alphabet) < 256 or part.type.size is None

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
