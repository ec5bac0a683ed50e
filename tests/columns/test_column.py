"""`framing.columns.column`: numbers that others use without a copy, and gathering them."""

from __future__ import annotations

import array
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import framing
from framing import compiled
from framing.columns.column import Column, gather
from framing.columns.places import Place
from framing.model.values import value_type


def test_a_column_is_an_array_and_a_buffer() -> None:
    column = Column("q", [5, -6, 7])
    assert isinstance(column, array.array)
    assert (len(column), column[1], column[-1], column.tolist(), column.itemsize) == (3, -6, 7, [5, -6, 7], 8)
    assert memoryview(column)[1:].tolist() == [-6, 7]
    assert column == Column("q", [5, -6, 7]) == array.array("q", [5, -6, 7])
    assert pickle.loads(pickle.dumps(column)) == column


def test_a_long_one_is_shown_short() -> None:
    assert repr(Column("H", range(6))) == "Column('H', [0, 1, 2, 3, 4, 5])"
    assert repr(Column("H", range(7000))) == "Column('H', [0, 1, 2, 3, 4, 5, … 7,000 in all])"
    assert repr(Column("B")) == "Column('B', [])"


@pytest.mark.parametrize("code", "bBhHiIqQfd")
def test_numpy_takes_it_without_a_copy(code: str) -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    column = Column(code, [1, 2, 100])
    seen = numpy.asarray(column)
    assert seen.dtype == numpy.dtype(code)
    assert seen.tolist() == [1, 2, 100]
    column[0] = 9
    assert seen[0] == 9


@pytest.mark.parametrize(
    ("kind", "code", "value"),
    [
        ("u8", "B", 200), ("i8", "b", -3), ("u16be", "H", 0x1234), ("i16le", "h", -2), ("u24le", "I", 0xABCDEF),
        ("i24be", "i", -5), ("u32le", "I", 0xFEDCBA98), ("i32be", "i", -70_000), ("u40be", "Q", 0x0102030405),
        ("i64le", "q", -(1 << 62)), ("u64be", "Q", (1 << 64) - 1), ("f32be", "f", 1.5), ("f64le", "d", -0.1),
        ("hex4", "H", 0xBEEF), ("dec3", "H", 907), ("bcd4le", "H", 1234),
    ],
)  # fmt: skip
def test_values_are_gathered_as_their_types_read_them(kind: str, code: str, value: float) -> None:
    made = value_type(kind)
    raw = made.write(value)
    buffer = memoryview(b"\xff" * 5 + raw + b"\xff" * 3 + raw + b"\xff")
    second = 5 + len(raw) + 3
    formats = Column("h", [3, -1, 3, 0])
    found = gather(buffer, Column("q", [4, 0, second - 1, 0]), formats, 3, Place("start", 1, made), code)
    assert (found.typecode, found.tolist()) == (code, [value, value])
    ends = Column("q", [5 + len(raw), 0, second + len(raw), 0])
    assert gather(buffer, ends, formats, 3, Place("end", -len(raw), made), code) == found
    assert gather(buffer, ends, formats, 2, Place("end", -len(raw), made), code) == Column(code)


def test_members_are_shifted_and_masked() -> None:
    first, formats = Column("q", [0]), Column("h", [0])
    place = Place("start", 0, value_type("u16be"), 3, 0x1FF)
    assert gather(memoryview((0x155 << 3 | 7).to_bytes(2, "big")), first, formats, 0, place, "H").tolist() == [0x155]
    wide = Place("start", 0, value_type("u72le"), 4, (1 << 64) - 1)
    data = memoryview(((1 << 64) - 2 << 4).to_bytes(9, "little"))
    assert gather(data, first, formats, 0, wide, "Q").tolist() == [(1 << 64) - 2]


@pytest.mark.skipif(not compiled.usable, reason=compiled.missing)
def test_in_c_nothing_outside_the_buffer_is_read() -> None:
    from framing import _engine

    buffer, one, formats = memoryview(bytes(8)), Column("q", [5]), Column("h", [0])
    assert _engine.gather(buffer, one, formats, 1, 2, 0, 0, 0, 2) == b"\x00\x00"
    for origin, offset in ((5, 2), (5, -6), (-1, 0), (9, 0), (1 << 40, 0)):
        with pytest.raises(IndexError, match="outside the buffer"):
            _engine.gather(buffer, Column("q", [origin]), formats, offset, 2, 0, 0, 0, 2)
    for size, kind, shift, width in ((0, 0, 0, 2), (9, 0, 0, 2), (2, 4, 0, 2), (2, 0, 64, 2), (2, 0, 0, 3)):
        with pytest.raises(ValueError, match="no such number"):
            _engine.gather(buffer, one, formats, 0, size, kind, shift, 0, width)
    with pytest.raises(ValueError, match="as many formats"):
        _engine.gather(buffer, one, Column("h"), 0, 2, 0, 0, 0, 2)


def test_nothing_is_imported_for_others() -> None:
    code = "import sys, framing; framing.scan(b'', framing.load('ubx')); print({'numpy', 'pyarrow', 'ctypes'} & {*sys.modules})"
    root = Path(framing.__file__).parent.parent
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True).stdout
    assert said.strip() == "set()"
