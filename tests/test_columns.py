"""`framing.columns`: numbers that others use without a copy, and gathering them."""

from __future__ import annotations

import array
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import framing
from framing.columns import Column, gather
from framing.places import Place
from framing.values import value_type


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
    found = gather(buffer, [4, 0, second - 1], [True, False, True], Place("start", 1, made), code)
    assert (found.typecode, found.tolist()) == (code, [value, value])
    ends = [5 + len(raw), second + len(raw)]
    assert gather(buffer, ends, [True, True], Place("end", -len(raw), made), code) == found


def test_members_are_shifted_and_masked() -> None:
    place = Place("start", 0, value_type("u16be"), 3, 0x1FF)
    assert gather(memoryview((0x155 << 3 | 7).to_bytes(2, "big")), [0], [True], place, "H").tolist() == [0x155]
    wide = Place("start", 0, value_type("u72le"), 4, (1 << 64) - 1)
    assert gather(memoryview(((1 << 64) - 2 << 4).to_bytes(9, "little")), [0], [True], wide, "Q").tolist() == [(1 << 64) - 2]


def test_nothing_is_imported_for_others() -> None:
    code = "import sys, framing; framing.scan(b'', framing.load('ubx')); print({'numpy', 'pyarrow', 'ctypes'} & {*sys.modules})"
    root = Path(framing.__file__).parent.parent
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True).stdout
    assert said.strip() == "set()"
