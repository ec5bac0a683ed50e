"""Short cuts' source for spans of bytes: the sizes that lengths state, data, and the checksums over them."""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Callable
from dataclasses import replace

from framing.errors import Reason
from framing.model.checks import Blocks, Checksum
from framing.model.data import Data
from framing.model.lookups import Lookup
from framing.model.patterns import End
from framing.model.sizes import values_of
from framing.model.traits import static_size
from framing.model.values import BcdType, DigitsType
from framing.planning.facts import Equation, Open
from framing.shortcuts.parts import PartSource
from framing.shortcuts.source import Impossible
from framing.sums.algorithms import Algorithm, CrcModel, crc_function

HQX = CrcModel(16, 0x1021, 0, False, False, 0)
"""What `crc_hqx` computes, from any start: it is called without the function around it."""


class SpanSource(PartSource):
    """Finds where spans end, and verifies what stands in them."""

    def equation(self, equation: Equation, index: int) -> None:
        if equation.name not in self.variables:
            raise Impossible
        fixed = 0
        known: list[str] = []
        for k in range(equation.first, equation.last + 1):
            part = self.plan.parts[k]
            if k == equation.sizes:
                if part.if_ is not None:
                    raise Impossible
            elif part.if_ is not None or (isinstance(part, Data) and part.blocks is not None):
                raise Impossible
            elif static_size(part) is not None:
                fixed += static_size(part) or 0
            elif k < index:
                known.append(f"({self.starts[k + 1]} - ({self.starts[k]}))")
            elif k == index:
                known.append(f"({self.place()} - ({self.starts[k]}))")
            else:
                raise Impossible
        self.bounded(0)
        value = self.variables[equation.name]
        source = f"{value} * {equation.unit}" if equation.unit != 1 else value
        constant = equation.bias - fixed
        source += f" + {constant}" if constant > 0 else f" - {-constant}" if constant else ""
        source += "".join(f" - {each}" for each in known)
        if equation.sizes is None:
            self.unless(f"{source} != 0", Reason.LENGTH)
            return
        size = source if source.isidentifier() else self.fresh()
        if size is not source:
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
                raise Impossible
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
            raise Impossible
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
                raise Impossible
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
        if part.if_ is not None or size is None or own in self.plan.pieces:
            raise Impossible
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
            raise Impossible
        self.digits(part)

    def digits(self, part: Checksum) -> None:
        """A checksum that is written in digits is read where it stands, before what it covers is complete."""
        own = self.plan.parts.index(part)
        if isinstance(part.type, DigitsType | BcdType) and max(own, self.plan.overs[own][1]) != own:
            raise Impossible

    def computed(self, used: Algorithm, begin: str, end: str, hole: tuple[str, int] | None, more: str) -> str:
        """The checksum of a span and of `more`; a hole of so many bytes counts as zeros."""
        covered = self.slice(begin, end)
        if hole is not None:
            at, size = hole
            covered = f"{self.slice(begin, at)} + {self.const(bytes(size))} + {self.slice(f'{at} + {size}', end)}"
        if more:
            covered += f" + {more}"
        model = used.crc
        if model is not None and used.finished is None and replace(model, init=0, xorout=0) == HQX and used.compute is crc_function(model):
            register = f"{self.const(crc_hqx)}({covered}, {model.init})"
            return f"({register} ^ {model.xorout})" if model.xorout else register
        return f"{self.const(used.compute)}({covered})"

    def illegal(self, allowed: frozenset[int], begin: str, end: str) -> str:
        """Whether a byte of the span is not allowed."""
        return f"{self.slice(begin, end)}.translate(None, {self.const(bytes(sorted(allowed)))})"

    def blocks_hold(self, blocks: Blocks, begin: str, end: str) -> str:
        """Whether all blocks of the span are good."""
        return f"{self.const(blocks_checker(blocks))}({self.slice(begin, end)})"

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


def blocks_checker(blocks: Blocks) -> Callable[[bytes], bool]:
    size, width = blocks.size, blocks.type.size or 0
    compute, read = blocks.checksum.compute, blocks.type.read

    def check(wire: bytes) -> bool:
        for at in range(0, len(wire), size + width):
            block = wire[at : at + size + width]
            if compute(block[:-width]) != read(block[-width:]):
                return False
        return True

    return check
