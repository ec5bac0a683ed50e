# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# cython: freethreading_compatible=True
"""The compiled engine: the same events as `engine.py` and `early.py`, at the speed of C.

Strategy. A format is lowered to a short list of operations on integers (`lowering/program.py`), copied into C once. Decoding runs these
without the interpreter: candidates are found, probed and settled in C, and what comes out is noted as marks, which only then
become event objects, columns or counts. So one loop serves all of them, and it holds no Python objects.

Rules. Input bytes are reached through `byte_at`, `bytes_at` and `logical_at` alone, which check the place; an access that they
refuse is reported as a bug, never carried out. Whatever leaves 64 bits, and every format that `lowering/parts.py` does not know, is
put to the Python prober. Nothing is decided here that `reference.py` does not say.

The module is one C file made of several, so that the compiler sees all of it; each file opens with what it is for:
`structures`, `expressions`, `intake`, `stuffed`, `patterns`, `numbers`, `checks`, `open_data`, `probing`, `tiling`, `shortcuts`,
`formats`, `columns`, `events`, `stream`, `strict`, `waiting`, `early`.
"""

cimport cython
from cpython.array cimport array, resize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM
from libc.stdint cimport INT64_MIN, int16_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memchr, memcpy, memmove, memset

from framing cimport _sums as sums
from framing._sums import SIMD
from framing._events cimport new_frame, new_gap

from collections import deque
from heapq import heappop, heappush
from types import MappingProxyType

from framing.lowering.arithmetic import Unsupported
from framing.errors import Reason
from framing.events import Reject
from framing.probing.intake import Window as PythonWindow
from framing.probing.intake import bytes_of
from framing.lowering.parts import program
from framing.probing.probe import probe as python_probe
from framing.lowering.ordinary import ordinary, words
from framing.model.options import ANYWHERE
from framing.lowering.program import marker_of
from framing.stats import Totals

cdef tuple REASON_LIST = tuple(Reason)

include "native/structures.pxi"
include "native/expressions.pxi"
include "native/intake.pxi"
include "native/stuffed.pxi"
include "native/patterns.pxi"
include "native/numbers.pxi"
include "native/checks.pxi"
include "native/open_data.pxi"
include "native/probing.pxi"
include "native/tiling.pxi"
include "native/arena.pxi"
include "native/shortcuts.pxi"
include "native/runs.pxi"
include "native/formats.pxi"
include "native/columns.pxi"
include "native/events.pxi"
include "native/stream.pxi"
include "native/strict.pxi"
include "native/waiting.pxi"
include "native/early.pxi"

assert tuple(reason.name for reason in REASON_LIST) == REASON_NAMES, "native/structures.pxi and errors.Reason differ"
