"""A column of numbers, and the gathering of one header field out of many frames into it.

A `Column` is an `array.array`: numpy, memoryview and whatever else reads buffers use it without a copy, and so does whatever
speaks Arrow, as pyarrow and polars do. Neither is imported here.

    >>> column = Column("H", [1, 2, 3])
    >>> memoryview(column).format, column[1], sum(column)
    ('H', 2, 6)
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import compress
from struct import Struct
from typing import TYPE_CHECKING, Any

from framing import compiled
from framing.columns.places import Place
from framing.model.values import FloatType, IntegerType

if TYPE_CHECKING:
    Array = array[Any]
else:
    Array = array  # takes no parameter before Python 3.12

_SHOWN = 6
_LETTERS = {1: "b", 2: "h", 4: "i", 8: "q"}


class Column(Array):
    """Numbers of one type side by side, as `array.array` has them; `typecode` and `itemsize` (bytes) say which type.

    A slice is a plain array, and a copy; slices of `memoryview(column)` and `numpy.asarray(column)` are none.
    """

    def __arrow_c_schema__(self) -> object:
        """The Arrow type, as a PyCapsule."""
        from framing.columns import arrow  # ctypes is loaded where it is wanted

        return arrow.schema(self)

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """The Arrow type and array, as PyCapsules, without a copy; the type is this column's, whatever is requested.

        As long as the consumer holds them, the column cannot change its length.
        """
        from framing.columns import arrow

        return arrow.exported(self)

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:_SHOWN]))
        return f"Column({self.typecode!r}, [{shown}{f', … {len(self):,} in all' if len(self) > _SHOWN else ''}])"


def gather(view: memoryview, origins: Column, formats: Column, number: int, place: Place, code: str) -> Column:
    """The values at one place of the frames whose format is `number`, as a column of type `code`.

    `origins` are the offsets in `view` from which the place counts, `formats` the numbers of the formats, one for each row.
    """
    kind = place.type
    if compiled.usable and kind.size is not None and kind.size <= 8:
        if isinstance(kind, FloatType):
            return _gathered(view, origins, formats, number, place, code, kind.little, False)
        if isinstance(kind, IntegerType):
            return _gathered(view, origins, formats, number, place, code, kind.order == "little", kind.signed)
    places = (origin + place.offset for origin in compress(origins, map(number.__eq__, formats)))
    values = _integers(view, places, kind) if isinstance(kind, IntegerType) else _others(view, places, place)
    if place.mask:
        shift, mask = place.shift, place.mask
        values = (value >> shift & mask for value in values)
    return Column(code, values)


def _gathered(
    view: memoryview, origins: Column, formats: Column, number: int, place: Place, code: str, little: bool, signed: bool
) -> Column:
    """The same in C. A float's bytes are copied as those of an integer of its size."""
    from framing import _engine

    made, kind = Column(code), (0 if little else 2) + signed
    assert place.type.size is not None
    made.frombytes(
        _engine.gather(
            view, origins, formats, place.offset, place.type.size, kind, place.shift, place.mask, made.itemsize, number
        )
    )
    return made


def _integers(view: memoryview, places: Iterator[int], kind: IntegerType) -> Iterator[int]:
    size, order, signed = kind.size, kind.order, kind.signed
    assert size is not None
    letter = _LETTERS.get(size)
    if letter is None:
        return (int.from_bytes(view[at : at + size], order, signed=signed) for at in places)
    unpack = Struct(("<" if order == "little" else ">") + (letter if signed else letter.upper())).unpack_from
    return (unpack(view, at)[0] for at in places)


def _others(view: memoryview, places: Iterator[int], place: Place) -> Iterator[Any]:
    read, size = place.type.read, place.type.size
    assert size is not None
    return (read(bytes(view[at : at + size])) for at in places)
