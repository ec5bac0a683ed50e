"""What is known of a frame so far: the values of its parts, the sizes they state, and where they stand.

Each part whose last byte is there leaves here what it says. Expressions and tables answer out of that, and a value that must
not be refuses the frame. Nothing here waits for bytes.
"""

from __future__ import annotations

from typing import Any

from framing.errors import Reason
from framing.model.checks import BitsChecksum, Checksum
from framing.model.data import Data
from framing.model.expressions import Expression, ExpressionError, NoEntry
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.traits import names_of
from framing.model.values import BadDigits
from framing.plan import Plan
from framing.planning.facts import Equation
from framing.probing.intake import Intake, Rejected, Window
from framing.reading.reader import unblocked
from framing.sums.prefixes import Prefixes


class Known(Intake):
    """Keeps what the parts have said; their bytes come from `Intake`. Offsets are those of logical bytes within the frame."""

    def __init__(self, plan: Plan, window: Window, start: int) -> None:
        super().__init__(plan, window, start)
        self.names: dict[str, Any] = dict(plan.scope)  # the values so far, and the tables
        self.tables = plan.tables
        if plan.taught is not None and window.learnt:
            self.tables = plan.tables_after(window.learnt)
            self.names.update((name, self.tables[name]) for name in plan.scope)
        self.sizes: dict[int, int] = {}  # of data parts to come
        self.data_sizes: dict[int, int] = {}  # of those taken, without the checksums of blocks
        self.edges: list[int] = []  # where each part ends, present or not
        self.spans: dict[int, tuple[int, int]] = {}  # of parts that are present
        self.checked = False  # whether a checksum was verified
        self.tried = 0  # places at which the frame could have ended
        self.prefixes: dict[Any, Prefixes | None] = {}  # once several have been tried

    # --- taking note ------------------------------------------------------------------------------------------------

    def _store(self, index: int, part: Part, taken: bytes) -> None:
        """Reads, checks and keeps the value of a part whose last byte is there."""
        self.spans[index] = (self.taken - len(taken), self.taken)
        try:
            match part:
                case Sync() | End():
                    if part.as_:
                        self.names[part.as_] = taken
                case Bits():
                    value = part.type.read(taken)
                    members = part.unpack(value)
                    self.names.update((name, members[name]) for name in names_of(part))
                    if not part.constants_hold(value):
                        raise Rejected(Reason.FIELD)
                case Field():
                    value = self.names[part.name] = part.type.read(taken)
                    if not part.accepts(value):
                        raise Rejected(Reason.FIELD)
                    if part.equals is not None and value != self.evaluated(part.equals):
                        raise Rejected(Reason.FIELD)
                case BitsChecksum():
                    pass
                case Length() | Checksum():
                    self.names[part.name] = part.type.read(taken)
        except BadDigits:
            raise Rejected(Reason.FIELD) from None
        for equation in self.plan.equations:
            if equation.part == index:
                self._check_limits(equation)
        if isinstance(part, (Field, Bits, Length)) and part.valid is not None and not self.evaluated(part.valid):
            raise Rejected(Reason.FIELD)

    def _check_limits(self, equation: Equation) -> None:
        value = self.names[equation.name]
        if (equation.min is not None and value < equation.min) or (equation.max is not None and value > equation.max):
            raise Rejected(Reason.LENGTH)

    def _keep(self, index: int, part: Part, begin: int, size: int) -> None:
        """Notes where data stands that has been taken."""
        assert isinstance(part, Data)
        self.spans[index] = (begin, self.taken)
        self.data_sizes[index] = size
        if part.name in self.plan.used_names:
            self.names[part.name] = self._data_of(part, begin, self.taken)

    # --- asking -----------------------------------------------------------------------------------------------------

    def evaluated(self, used: Expression, no_entry: Reason = Reason.FIELD) -> Any:
        """The value; an entry that a table has not got rejects with the reason `no_entry`, anything else with FIELD."""
        try:
            return used.evaluate(self.names)
        except NoEntry:
            raise Rejected(no_entry) from None
        except ExpressionError:
            raise Rejected(Reason.FIELD) from None

    def is_present(self, index: int) -> bool:
        """Whether a part is there, by its condition."""
        condition = self.plan.parts[index].if_
        return condition is None or bool(self.evaluated(condition))

    def data_size(self, index: int, part: Data) -> int:
        """The data bytes of a sized part."""
        size: Any = self.sizes.get(index)
        if isinstance(part.size, Expression):
            size = self.evaluated(part.size, Reason.LENGTH)
        elif isinstance(part.size, Lookup):
            size = self.looked_up(part.size)
        if not isinstance(size, int) or size < 0:
            raise Rejected(Reason.LENGTH)
        return size

    def looked_up(self, lookup: Lookup) -> int:
        """The entry of a table, with what the stream has taught it."""
        try:
            return self.tables[lookup.table][self.evaluated(lookup.by)]
        except (KeyError, TypeError):
            raise Rejected(Reason.LENGTH) from None

    def _data_of(self, part: Data, begin: int, end: int) -> bytes:
        """The data in the logical bytes `[begin, end)`, without the checksums of blocks."""
        wire = self.logical_bytes(begin, end)
        return wire if part.blocks is None else unblocked(part.blocks, wire)

    def _is_illegal(self, part: Data, allowed: frozenset[int], begin: int, end: int) -> bool:
        """Whether one of the logical bytes `[begin, end)` of a part's data is outside its character set."""
        if self.plain and part.blocks is None:
            return self._illegal(allowed, self.start + begin, self.start + end) < self.start + end
        return not allowed.issuperset(self._data_of(part, begin, end))
