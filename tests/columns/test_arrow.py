"""`framing.columns.arrow`: what Arrow's readers make of our columns, and that all is released whoever does it, or nobody."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
import threading
import weakref
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import framing
from framing.columns.arrow import ArrowArray, ArrowSchema, exported, exported_struct
from framing.columns.column import Column

RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
CODES = "bBhHiIqQfd"


def opened(capsule: object, name: bytes) -> int:
    """The address of the struct in a capsule."""
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(("PyCapsule_GetPointer", ctypes.pythonapi))
    found = pointer(capsule, name)
    assert isinstance(found, int)
    return found


def structs(capsules: tuple[object, object]) -> tuple[Any, Any]:
    return (
        ArrowSchema.from_address(opened(capsules[0], b"arrow_schema")),
        ArrowArray.from_address(opened(capsules[1], b"arrow_array")),
    )


def moved(struct: Any) -> Any:
    """Moves it as a consumer does: the bytes are copied, and the source is marked as released."""
    made = type(struct)()
    ctypes.memmove(ctypes.addressof(made), ctypes.addressof(struct), ctypes.sizeof(made))
    struct.release = None
    return made


def release(struct: Any) -> None:
    RELEASE(struct.release)(ctypes.addressof(struct))
    assert not struct.release


class Watched(Column):
    """A column whose end can be seen: `alive` is the number of those that are there."""

    alive = 0

    def __init__(self, *arguments: Any) -> None:
        Watched.alive += 1
        weakref.finalize(self, self._gone)

    @classmethod
    def _gone(cls) -> None:
        Watched.alive -= 1


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Whatever a test does, no column outlives it."""
    assert Watched.alive == 0
    yield
    gc.collect()
    assert Watched.alive == 0


def test_the_structs_say_what_the_column_holds() -> None:
    column = Watched("H", [1, 2, 3])
    capsules = exported(column)
    schema, values = structs(capsules)
    assert (schema.format, schema.name, schema.metadata, schema.flags, schema.n_children) == (b"S", b"", None, 0, 0)
    assert (values.length, values.null_count, values.offset, values.n_buffers, values.n_children) == (3, 0, 0, 2, 0)
    validity, data = (ctypes.c_void_p * 2).from_address(values.buffers)
    assert (validity, data) == (None, column.buffer_info()[0])


def test_a_struct_has_its_columns_as_children() -> None:
    capsules = exported_struct({"a": Watched("b", [1, 2]), "bb": Watched("d", [1, 2])})
    schema, values = structs(capsules)
    assert (schema.format, schema.n_children, values.length, values.n_buffers, values.n_children) == (b"+s", 2, 2, 1, 2)
    children = [ArrowSchema.from_address(each) for each in (ctypes.c_void_p * 2).from_address(schema.children)]
    assert [(each.name, each.format) for each in children] == [(b"a", b"c"), (b"bb", b"g")]


def test_an_exported_column_keeps_its_place_until_it_is_released() -> None:
    column = Watched("q", [1])
    capsules = column.__arrow_c_array__()
    with pytest.raises(BufferError):
        column.append(2)
    release(structs(capsules)[1])
    column.append(2)
    assert column.tolist() == [1, 2]


@pytest.mark.parametrize("kept", [(), (0,), (1,), (0, 1)])
def test_capsules_that_nobody_opens_release_it(kept: tuple[int, ...]) -> None:
    capsules = exported(Watched("q", [1]))
    left = [capsules[index] for index in kept]
    del capsules
    assert Watched.alive == (1 in kept)
    del left
    assert Watched.alive == 0


def test_what_was_moved_out_outlives_the_capsule() -> None:
    capsules = exported(Watched("q", [7, 8]))
    schema, values = map(moved, structs(capsules))
    del capsules
    assert Watched.alive == 1
    assert ctypes.c_int64.from_address((ctypes.c_void_p * 2).from_address(values.buffers)[1] + 8).value == 8
    release(values)
    assert Watched.alive == 0
    assert schema.format == b"l"
    release(schema)


def test_what_was_released_in_the_capsule_is_not_released_again() -> None:
    capsules = exported(Watched("q", [1]))
    schema, values = structs(capsules)
    release(schema)
    release(values)
    assert Watched.alive == 0
    del capsules


def test_children_that_were_moved_out_outlive_the_struct() -> None:
    capsules = exported_struct({"a": Watched("b", [1]), "b": Watched("b", [2])})
    schema, values = map(moved, structs(capsules))
    del capsules
    child = moved(ArrowArray.from_address((ctypes.c_void_p * 2).from_address(values.children)[1]))
    assert Watched.alive == 2
    release(values)
    assert Watched.alive == 1
    assert ctypes.c_int8.from_address((ctypes.c_void_p * 2).from_address(child.buffers)[1]).value == 2
    release(child)
    assert Watched.alive == 0
    release(schema)


def test_another_thread_may_release_it() -> None:
    capsules = exported(Watched("q", [1]))
    values = moved(structs(capsules)[1])
    thread = threading.Thread(target=release, args=(values,))
    thread.start()
    thread.join()
    assert Watched.alive == 0


def test_characters_are_refused_and_nothing_leaks() -> None:
    letters: Any = array("w" if sys.version_info >= (3, 13) else "u", "hi")
    with pytest.raises(TypeError, match=r"'[uw]' has no Arrow type"):
        exported(letters)
    with pytest.raises(TypeError, match="numbers have one"):
        exported_struct({"a": Watched("b", [1]), "b": letters})


def test_a_failing_consumer_leaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Capsules that die while an exception is under way: it is reported, and the column released."""
    reported: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: reported.append(told.exc_type))
    with pytest.raises(SystemError):
        int(*exported(Watched("q", [1])))  # type: ignore[call-overload]
    assert Watched.alive == 0
    assert set(reported) <= {TypeError, SystemError}
    assert TypeError in reported


@pytest.mark.parametrize("code", CODES)
def test_pyarrow_reads_it_without_a_copy(code: str) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    column = Watched(code, [1, 2, 100])
    seen = pyarrow.array(column)
    assert (seen.type.bit_width, seen.to_pylist(), seen.null_count) == (8 * column.itemsize, [1, 2, 100], 0)
    assert pyarrow.types.is_floating(seen.type) is (code in "fd")
    assert seen.buffers()[1].address == column.buffer_info()[0]
    seen.validate(full=True)
    del column
    gc.collect()
    assert Watched.alive == 1
    assert seen[1:].to_pylist() == [2, 100]
    del seen
    gc.collect()
    assert Watched.alive == 0


def test_pyarrow_reads_an_empty_one_and_a_struct() -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    assert pyarrow.array(Watched("q")).to_pylist() == []
    assert pyarrow.field(Watched("h")).type == pyarrow.int16()
    ubx = framing.load("ubx")
    data = b"xx" + ubx.encode(b"hello", **{"class": 6, "id": 1})
    spans = framing.scan(data, ubx)
    batch = pyarrow.record_batch(spans)
    assert batch.to_pylist() == [
        {"start": 0, "end": 2, "format": -1, "reason": 1},
        {"start": 2, "end": len(data), "format": 0, "reason": 0},
    ]
    assert [field.type for field in pyarrow.schema(spans)] == [pyarrow.int64(), pyarrow.int64(), pyarrow.int16(), pyarrow.uint8()]
    assert pyarrow.array(framing.scan(b"", ubx)).to_pylist() == []


def test_polars_reads_it() -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed; it is no part of the test extra")
    assert polars.Series(Watched("i", [1, -2])).to_list() == [1, -2]
    frame = polars.DataFrame(framing.scan(b"xx", framing.load("ubx")))
    assert frame.rows() == [(0, 2, -1, 1)]


def test_nanoarrow_reads_it() -> None:
    nanoarrow = pytest.importorskip("nanoarrow", reason="nanoarrow is not installed; it is no part of the test extra")
    assert nanoarrow.Array(Watched("i", [1, -2])).to_pylist() == [1, -2]


@pytest.mark.parametrize("held", ["__import__('framing.columns.arrow').columns.arrow.exported(column)", "pyarrow.array(column)"])
def test_the_interpreter_ends_while_it_is_held(held: str) -> None:
    """Release comes when module globals are gone already."""
    if "pyarrow" in held:
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    code = f"""
import sys
from framing.columns.column import Column
import framing.columns.arrow
{"import pyarrow" if "pyarrow" in held else ""}
column = Column("q", range(1000))
sys.held = {held}
held = {held}
del column
"""
    root = Path(framing.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False)
    assert (done.returncode, done.stderr) == (0, "")
