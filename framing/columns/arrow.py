"""Arrow's C data interface, made with ctypes: columns go to pyarrow, polars, DuckDB and the like without a copy.

`exported` gives the two capsules of the Arrow PyCapsule interface, "arrow_schema" and "arrow_array". Arrow itself is not
needed. The layout of the structs and who releases what is laid down in "The Arrow C data interface"; in short: the consumer
moves the struct out of the capsule and calls its `release` once; where none did, the capsule's destructor does.

The capsule holds the struct, as its context; whoever has to release the struct holds what it points to, as `private_data`.
Release and destructor run at any time, from any thread, also while the interpreter shuts down and module globals are gone, so
they use nothing but what they close over.

A limit of callbacks written in Python: where a consumer drops its last reference while an exception is under way, the
interpreter turns that one into a SystemError; it is reported by `sys.unraisablehook` then. Nothing leaks.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Mapping
from typing import Any

Capsules = tuple[object, object]
"""An "arrow_schema" capsule and an "arrow_array" capsule."""

_POINTER = ctypes.sizeof(ctypes.c_void_p)
_LETTERS = {
    **{(code, size): letter for size, letter in ((1, "c"), (2, "s"), (4, "i"), (8, "l")) for code in "bhilq"},
    **{(code, size): letter for size, letter in ((1, "C"), (2, "S"), (4, "I"), (8, "L")) for code in "BHILQ"},
    ("f", 4): "f",
    ("d", 8): "g",
}
"""Arrow's letter for an array's type code and item size in bytes."""


class ArrowSchema(ctypes.Structure):
    """What a column holds: `format` is Arrow's letter, `+s` for a struct."""

    _fields_ = (
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_char_p),
        ("flags", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


class ArrowArray(ctypes.Structure):
    """The column's values: `length` items, and where their buffers stand."""

    _fields_ = (
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.c_void_p),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


def _function(name: str, result: Any, *arguments: Any) -> Any:
    """A function of the interpreter. A prototype of our own, as those of `ctypes.pythonapi` are shared by everyone."""
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


_keep = _function("Py_IncRef", None, ctypes.py_object)
_drop = _function("Py_DecRef", None, ctypes.c_void_p)
_capsule = _function("PyCapsule_New", ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_set_context = _function("PyCapsule_SetContext", ctypes.c_int, ctypes.py_object, ctypes.c_void_p)
_context = _function("PyCapsule_GetContext", ctypes.c_void_p, ctypes.c_void_p)
_pointer = _function("PyCapsule_GetPointer", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)
_checkpoint = _function("Py_IsInitialized", ctypes.c_int)  # does nothing, but raises what is already under way
_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def _callback(call: Callable[[int], None]) -> Any:
    """A C function that lives as long as the process: a consumer may hold a column until then."""
    checkpoint = _checkpoint

    def undisturbed(address: int) -> None:
        pending = None
        try:
            checkpoint()
        except BaseException as error:
            pending = error
        call(address)
        if pending is not None:
            raise pending

    made = _CALLBACK(undisturbed)
    _keep(made)
    return made


def _address(callback: Any) -> int | None:
    return ctypes.cast(callback, ctypes.c_void_p).value


class _Kind:
    """One of the two structs: how it is released, how it is put into a capsule."""

    def __init__(self, struct: type[ctypes.Structure], name: bytes) -> None:
        size, pointer, drop = _POINTER, ctypes.c_void_p, _drop
        context, pointed = _context, _pointer

        def release(address: int) -> None:
            given: Any = struct.from_address(address)
            for number in range(given.n_children):
                child = pointer.from_address(given.children + number * size).value
                if child is not None and struct.from_address(child).release:
                    release(child)
            given.release = None
            drop(given.private_data)

        def destroy(capsule: int) -> None:
            address = pointed(capsule, name)
            if struct.from_address(address).release:
                release(address)
            drop(context(capsule))

        self.name = name
        self.release = _address(_callback(release))
        self.destroy = _address(_callback(destroy))

    def owed(self, struct: Any, *pointed: object) -> Any:
        """The struct, ready to be moved: what it points to is kept until it is released."""
        struct.release = self.release
        struct.private_data = id(pointed)
        _keep(pointed)
        return struct

    def capsule(self, struct: Any) -> object:
        """A capsule of the struct."""
        made = _capsule(ctypes.addressof(struct), self.name, self.destroy)
        _keep(struct)
        _set_context(made, id(struct))
        return made


_SCHEMA = _Kind(ArrowSchema, b"arrow_schema")
_ARRAY = _Kind(ArrowArray, b"arrow_array")


def exported(column: array[Any]) -> Capsules:
    """The capsules of one column, which cannot change its size until they are released. Raises `TypeError` for characters."""
    return schema(column), _ARRAY.capsule(_values(column))


def exported_struct(columns: Mapping[str, array[Any]]) -> Capsules:
    """The capsules of a struct array: one row of each column makes a struct. The columns are of one length."""
    schema = struct_schema(columns)
    children = [_values(column) for column in columns.values()]
    table, buffers = _pointers(children), (ctypes.c_void_p * 1)(None)
    made = ArrowArray(length=len(next(iter(columns.values()))), n_buffers=1, n_children=len(children))
    made.buffers, made.children = ctypes.addressof(buffers), ctypes.addressof(table)
    return schema, _ARRAY.capsule(_ARRAY.owed(made, children, table, buffers))


def schema(column: array[Any]) -> object:
    """The schema's capsule of one column. Raises `TypeError` for characters."""
    return _SCHEMA.capsule(_schema("", _letter(column)))


def struct_schema(columns: Mapping[str, array[Any]]) -> object:
    """The schema's capsule of a struct array."""
    letters = [_letter(column) for column in columns.values()]  # before anything is owed
    children = [_schema(name, letter) for name, letter in zip(columns, letters, strict=True)]
    table, kind, name = _pointers(children), ctypes.c_char_p(b"+s"), ctypes.c_char_p(b"")
    made = ArrowSchema(format=kind, name=name, n_children=len(children), children=ctypes.addressof(table))
    return _SCHEMA.capsule(_SCHEMA.owed(made, children, table, kind, name))


def _pointers(structs: list[Any]) -> Any:
    return (ctypes.c_void_p * len(structs))(*map(ctypes.addressof, structs))


def _letter(column: array[Any]) -> bytes:
    found = _LETTERS.get((column.typecode, column.itemsize))
    if found is None:
        raise TypeError(f"a column of type code {column.typecode!r} has no Arrow type; numbers have one")
    return found.encode()


def _schema(name: str, kind: bytes) -> Any:
    letter, label = ctypes.c_char_p(kind), ctypes.c_char_p(name.encode())
    return _SCHEMA.owed(ArrowSchema(format=letter, name=label), letter, label)


def _values(column: array[Any]) -> Any:
    pinned = memoryview(column)
    address, length = column.buffer_info()
    buffers = (ctypes.c_void_p * 2)(None, address)
    made = ArrowArray(length=length, n_buffers=2, buffers=ctypes.addressof(buffers))
    return _ARRAY.owed(made, pinned, buffers)
