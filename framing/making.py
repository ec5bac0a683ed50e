"""Valid frames of a format, drawn from what it declares.

Parts are drawn in wire order, each within its limits and so that the conditions on it hold, as far as what came before it says. The
encoder has the last word: what it refuses is put right where it says how, or drawn anew, or taken from an example of the spec with
some of its values changed. Every frame that comes out has been decoded again.

Nothing here knows where its dice come from: `strategies.py` gives those of hypothesis, which shrink, `Chance` those of `random`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from random import Random
from typing import Any, Protocol, TypeVar

from framing.errors import EncodeError, FrameError
from framing.events import Frame
from framing.layout import FrameFormat
from framing.model.data import Data
from framing.model.expressions import Expression, ExpressionError
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.sizes import values_of
from framing.model.traits import lookups_of, static_size
from framing.planning.facts import Equation

T = TypeVar("T")
LARGEST = 48
"""Bytes of data, unless told otherwise; more only where the format asks for more."""
TRIES = 12
"""Draws of a whole frame before an example is taken."""
REPAIRS = 6
"""Complaints of the encoder that are put right, for one draw."""


class Dice(Protocol):
    """Where choices come from."""

    def integer(self, low: int, high: int) -> int:
        """One of `low` to `high`, both included."""
        ...

    def pick(self, choices: Sequence[T]) -> T:
        """One of several."""
        ...

    def blob(self, size: int) -> bytes:
        """Bytes."""
        ...

    def number(self, low: float, high: float, double: bool) -> float:
        """A float of four bytes, or of eight, between two others."""
        ...


class Chance:
    """The dice of `random`: the same for the same seed, and quick."""

    def __init__(self, rnd: Random) -> None:
        self.integer = rnd.randint
        self.blob = rnd.randbytes
        self._rnd = rnd

    def pick(self, choices: Sequence[T]) -> T:
        return self._rnd.choice(choices)

    def number(self, low: float, high: float, double: bool) -> float:
        return self._rnd.uniform(max(low, -1e6), min(high, 1e6))


class NoFrameError(ValueError):
    """No valid frame of the format came about: what it declares could not be met, and there was no example to go by."""


class Maker:
    """Draws frames of one format. `examples` are frames of it that are known to be valid; their values are drawn, too."""

    def __init__(self, definition: FrameFormat, examples: Sequence[bytes] = (), largest: int = LARGEST) -> None:
        self.definition = definition
        self.plan = definition.plan
        self.largest = largest
        self.examples = [frame for raw in examples if (frame := _decoded(definition, raw)) is not None]
        self.refused: EncodeError | FrameError | None = None

    @cached_property
    def pool(self) -> dict[str, list[Any]]:
        """The values that fields have in the examples."""
        found: dict[str, list[Any]] = {}
        for frame in self.examples:
            for name, value in frame.fields.items():
                if value not in found.setdefault(name, []):
                    found[name].append(value)
        return found

    @cached_property
    def entries(self) -> dict[str, list[int]]:
        """The entries of the tables in which fields are looked up as they are."""
        lookups = [lookup for part in self.plan.parts for _, lookup in lookups_of(part)]
        return {lookup.by.text: sorted(self.plan.tables[lookup.table]) for lookup in lookups}

    def frame(self, dice: Dice) -> Frame:
        """A valid frame. Raises `NoFrameError`."""
        for _ in range(TRIES):
            payload, fields = _Draw(self, dice).values()
            if (made := self._encoded(payload, fields)) is not None:
                return made
        if self.examples:
            return self._like_an_example(dice)
        raise NoFrameError(
            f"no valid frame of {self.definition.full_name} came about in {TRIES} tries; the last was refused: {self.refused}."
            " An [[example]] in the spec would help"
        )

    def _encoded(self, payload: bytes | None, fields: dict[str, Any]) -> Frame | None:
        """The frame of these values; values that the encoder does not want are left out. None where it refuses."""
        for _ in range(REPAIRS):
            try:
                return self.definition.decode(self.definition.encode(payload, **fields))
            except FrameError as error:
                self.refused = error
                return None
            except EncodeError as error:
                self.refused = error
                if error.field in fields and "absent" in error.message:
                    del fields[error.field]
                elif error.field == self.definition.payload_name and "absent" in error.message:
                    payload = None if payload is None else b""
                else:
                    return None
        return None

    def _like_an_example(self, dice: Dice) -> Frame:
        """An example in which some values are others, as far as the encoder agrees."""
        frame = dice.pick(self.examples)
        for _ in range(3):
            payload, fields = frame.payload, dict(frame.fields)
            drawn, others = _Draw(self, dice).values()
            names = [name for name in others if name in fields]
            choice = dice.integer(0, len(names))
            if choice < len(names):
                fields[names[choice]] = others[names[choice]]
            elif drawn is not None:
                payload = dice.blob(len(payload))
            frame = self._encoded(payload, fields) or frame
        return frame


def _decoded(definition: FrameFormat, raw: bytes) -> Frame | None:
    try:
        return definition.decode(raw)
    except FrameError:
        return None


class _Draw:
    """One draw of a payload and fields. `known` holds the values so far, as expressions see them."""

    def __init__(self, maker: Maker, dice: Dice) -> None:
        self.maker = maker
        self.plan = maker.plan
        self.dice = dice
        self.known: dict[str, Any] = {}
        self.absent: set[int] = set()
        self.sizes: dict[int, int] = {}
        self.given: dict[str, Any] = {}

    def values(self) -> tuple[bytes | None, dict[str, Any]]:
        """A payload, None where the format has none, and the fields to give beside it."""
        for index, part in enumerate(self.plan.parts):
            if part.if_ is not None and self._evaluated(part.if_, True) in (False, 0, b""):
                self.absent.add(index)
                continue
            self._draw(index, part)
        name = self.maker.definition.payload_name
        payload = self.given.pop(name, None) if name is not None else None
        return payload, self.given

    def _draw(self, index: int, part: Part) -> None:
        if isinstance(part, (Sync, End)):
            if part.as_:
                self._give(part.as_, self.dice.pick(part.sync if isinstance(part, Sync) else part.end))
        elif isinstance(part, Field):
            self._field(part)
        elif isinstance(part, Bits):
            self._bits(index, part)
        elif isinstance(part, Length):
            self._length(index, part)
        elif isinstance(part, Data):
            self._data(index, part)

    def _give(self, name: str, value: Any) -> None:
        self.known[name] = self.given[name] = value

    def _evaluated(self, used: Expression, otherwise: Any) -> Any:
        """The value of an expression; `otherwise` where it has none yet."""
        try:
            return used.evaluate(self.plan.scope | self.known)
        except ExpressionError:
            return otherwise

    def _holds(self, part: Field | Bits | Length) -> bool:
        return part.valid is None or bool(self._evaluated(part.valid, True))

    # --- numbers ----------------------------------------------------------------------------------------------------

    def _field(self, part: Field) -> None:
        if part.const is not None:
            self.known[part.name] = part.const
            return
        if part.equals is not None:
            value = self._evaluated(part.equals, None)
            if value is not None:
                self.known[part.name] = value
            return
        for value in self._candidates(part):
            self._give(part.name, value)
            if part.accepts(part.on_the_wire(value)) and self._holds(part):
                return

    def _candidates(self, part: Field) -> Iterator[Any]:
        """Values to try, the first drawn from everything, the last from everything there is."""
        if (entries := self.maker.entries.get(part.name)) is not None:
            yield self.dice.pick(entries)
            yield from entries
            return
        if part.allowed is not None:
            yield self.dice.pick(part.allowed)
            yield from part.allowed
            return
        pool = self.maker.pool.get(part.name)
        if pool and self.dice.integer(0, 3) == 3:
            yield self.dice.pick(pool)
        if not part.type.integral:
            low, high = part.min if part.min is not None else -1e9, part.max if part.max is not None else 1e9
            yield self.dice.number(low, high, double=(part.type.size or 4) > 4)
            return
        low = int(part.type.lowest or 0) if part.min is None else int(part.min)
        high = int(part.type.highest or 0) if part.max is None else int(part.max)
        high = min(high, low + (1 << 64))
        for top in (high, high, min(high, low + 255)):
            yield self.dice.integer(low, top)
        yield from pool or ()
        at = self.dice.integer(low, min(high, low + 255))
        yield from range(at, min(high, at + 256) + 1)
        yield from range(low, at)

    def _bits(self, index: int, part: Bits) -> None:
        free = [bit for bit in part.bits if bit.name not in ("_", part.length) and bit.const is None]
        self.known.update((bit.name, bit.const) for bit in part.bits if bit.name != "_" and bit.const is not None)
        for _ in range(8):
            for bit in free:
                pool = self.maker.pool.get(bit.name)
                known = pool and self.dice.integer(0, 3) == 3
                self._give(
                    bit.name, self.dice.pick(pool) if pool and known else self.dice.integer(0, (1 << bit.width) - 1)
                )
            if part.length is not None:
                self._size(index)
            if self._holds(part):
                return
            for bit in free:  # one other member may be enough
                before = self.known[bit.name]
                for value in range(1 << min(bit.width, 8)):
                    self._give(bit.name, value)
                    if self._holds(part):
                        return
                self._give(bit.name, before)

    def _length(self, index: int, part: Length) -> None:
        for _ in range(16):
            self._size(index)
            if self._holds(part):
                return

    def _size(self, index: int) -> None:
        """Draws what a length says; what it sizes gets its size from that."""
        equation = next(each for each in self.plan.equations if each.part == index)
        others = self._others(equation)
        if others is None:
            return
        low, high = values_of(self.plan, equation)
        if equation.sizes is None:
            self.known[equation.name] = (others - equation.bias) // equation.unit
            return
        low = max(low, -((equation.bias - others) // equation.unit))
        top = (others + self.maker.largest - equation.bias) // equation.unit
        high = max(low, min(high, top))
        value = self.dice.integer(low, high)
        self.known[equation.name] = value
        self.sizes[equation.sizes] = max(0, value * equation.unit + equation.bias - others)

    def _others(self, equation: Equation) -> int | None:
        """The bytes of everything that a length counts but what it sizes; None where they are not known yet."""
        total = 0
        for index in range(equation.first, equation.last + 1):
            part = self.plan.parts[index]
            if index == equation.sizes or index in self.absent:
                continue
            if part.if_ is not None and not self._evaluated(part.if_, True):
                continue
            size = static_size(part) if not isinstance(part, Data) else self._known_size(index, part)
            if size is None:
                return None
            total += size
        return total

    def _known_size(self, index: int, part: Data) -> int | None:
        if part.name in self.known:
            return len(self.known[part.name])
        if index in self.sizes:
            return self.sizes[index]
        return None if part.size is None else self._stated(part.size)

    # --- bytes ------------------------------------------------------------------------------------------------------

    def _stated(self, size: Expression | Lookup) -> int | None:
        if isinstance(size, Expression):
            found = self._evaluated(size, None)
            return int(found) if isinstance(found, int) else None
        return self.plan.tables[size.table].get(self._evaluated(size.by, None))

    def _data(self, index: int, part: Data) -> None:
        sized = next((each for each in self.plan.equations if each.sizes == index), None)
        if sized is not None and index not in self.sizes and sized.part not in self.absent:
            self._size(sized.part)  # what it counts was not known before
        size = self._known_size(index, part)
        if size is None:
            size = self.dice.integer(0, self.maker.largest)
        if not 0 <= size <= self.maker.definition.max_size:
            size = 0
        pool = [each for each in self.maker.pool.get(part.name, []) if len(each) == size]
        if pool and self.dice.integer(0, 3) == 3:
            value = self.dice.pick(pool)
        elif part.charset is None:
            value = self.dice.blob(size)
        else:
            letters = sorted(part.charset.bytes)
            value = bytes(letters[byte % len(letters)] for byte in self.dice.blob(size))
        self._give(part.name, value)
