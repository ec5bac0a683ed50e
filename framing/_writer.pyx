# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: freethreading_compatible=True
"""The compiled quick writer: frames of integers, data, lengths and checksums, in one go.

A `Writer` is a plan made flat, which never changes again: a step for each part, for bits one for each member. `write` takes
the values, which settles all sizes; then it puts down the bytes, then the checksums. Whatever is unusual goes to `otherwise`.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItemWithError, PyDict_Next
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcpy, memset

from framing cimport _sums as sums

cdef extern from "Python.h":
    ctypedef void* PyCFunction
    ctypedef struct PyMethodDef:
        const char* ml_name
        PyCFunction ml_meth
        int ml_flags
        const char* ml_doc
    int METH_VARARGS, METH_KEYWORDS
    object PyCFunction_New(PyMethodDef* definition, object owner)
    int PyArg_ValidateKeywordArguments(object given) except 0

from sys import intern

from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.numbers import Bits, Field, Length
from framing.model.patterns import End, Sync
from framing.model.sizes import values_of
from framing.model.traits import static_size
from framing.model.values import IntegerType
from framing.writing.source import Impossible, in_order, refuse, simple

cdef enum:
    MOST = 40  # steps
    NONE = -1

cdef enum:
    CONSTANT, NUMBER, LENGTH, DATA, SUM

cdef enum:
    AND, EQ, NE, GT, GE, LT, LE

cdef dict SIGNS = {"&": AND, "==": EQ, "!=": NE, ">": GT, ">=": GE, "<": LT, "<=": LE}
cdef int64_t HIGHEST = (<uint64_t> 1 << 63) - 1

cdef struct Step:
    int kind
    PyObject* name    # NULL: none
    int size          # bytes that end with this step; of data NONE where it varies
    int shift         # of a member of bits
    bint ends, big    # the integer is complete; its byte order
    bint usual        # `value` stands where none is given
    bint counts
    bint listed       # only some values are allowed
    int64_t value, low, high
    int64_t begin     # a counter's least value
    int by, sign      # it is there if the value of step `by` is so to `number`; NONE: always
    int64_t number
    int first, last   # steps that a length or a checksum covers
    int64_t unit, bias
    int extra         # the step by whose value one more byte is looked up in `table`
    PyObject* table
    const char* bytes
    const sums.Sum* sum


cdef inline bint holds(const Step* step, const int64_t* values) noexcept nogil:
    """Whether the step's condition is true."""
    cdef int64_t value = values[step.by]
    if step.sign == AND:
        return value & step.number != 0
    if step.sign == EQ:
        return value == step.number
    if step.sign == NE:
        return value != step.number
    if step.sign == GT:
        return value > step.number
    if step.sign == GE:
        return value >= step.number
    return value < step.number if step.sign == LT else value <= step.number


cdef inline void put(char* place, uint64_t value, int size, bint big) noexcept nogil:
    """An integer into its bytes."""
    cdef int k
    if size == 1:
        place[0] = <char> (value & 0xFF)
        return
    for k in range(size):
        place[size - 1 - k if big else k] = <char> (value & 0xFF)
        value >>= 8


@cython.final
cdef class Writer:
    """A plan's writer. Raises `Impossible` where the plan has something that is not compiled."""

    cdef Step steps[MOST]
    cdef int lengths[MOST]
    cdef int sums_in_order[MOST]
    cdef int count, lengths_count, sums_count, payload
    cdef int area_first, area_end  # steps; NONE: nothing is stuffed
    cdef int64_t most
    cdef bint delimited
    cdef bytes closing
    cdef object stuff, otherwise
    cdef dict places  # steps by name
    cdef list names, allowed
    cdef list kept  # what steps point to

    def __cinit__(self, plan, otherwise):
        refuse(plan)
        if any(each.stop is not None and not plan.in_area(each.data) for each in plan.opens):
            raise Impossible
        self.otherwise, self.most, self.payload = otherwise, min(plan.max_size, HIGHEST), NONE
        self.places = {}
        self.names, self.allowed, self.kept = [], [], []
        edges = []  # by part: its first step
        for index, part in enumerate(plan.parts):
            edges.append(self.count)
            self.add_part(plan, index, part, edges)
        edges.append(self.count)
        for index, part in enumerate(plan.parts):
            self.add_spans(plan, index, part, edges)
        self.area_first = self.area_end = NONE
        self.closing = plan.delimiter or b""
        self.delimited = plan.delimited
        if plan.area is not None:
            self.area_first, self.area_end = edges[plan.area[0]], edges[plan.area[1] + 1]
            self.stuff = plan.stuffing.encode

    # --- making it --------------------------------------------------------------------------------------------------

    cdef Step* new(self, int kind, int size, object name) except NULL:
        if self.count == MOST:
            raise Impossible
        cdef Step* step = &self.steps[self.count]
        memset(step, 0, sizeof(Step))
        step.kind, step.size, step.ends, step.by, step.extra = kind, size, True, NONE, NONE
        self.count += 1
        if name is not None:
            name = intern(name)
            step.name = <PyObject*> name
            self.places[name] = self.count - 1
        self.names.append(name)
        self.allowed.append(None)
        return step

    cdef int add_part(self, plan, int index, part, list edges) except -1:
        cdef int first = self.count
        if isinstance(part, (Sync, End)):
            usual = (part.sync if isinstance(part, Sync) else part.end)[0]
            self.kept.append(usual)
            self.new(CONSTANT, len(usual), part.as_).bytes = PyBytes_AS_STRING(usual)
        elif isinstance(part, Bits):
            self.add_bits(part)
        elif isinstance(part, Data):
            self.add_data(plan, index, part)
        else:
            self.add_number(part)
        if part.if_ is not None:
            self.add_condition(plan, part, first, edges)
        return 0

    cdef int add_condition(self, plan, part, int first, list edges) except -1:
        name, sign, number = simple(part.if_) or (None, None, None)
        if (sign, number) == ("+", 0):
            sign = "!="
        if sign not in SIGNS or not -HIGHEST <= number <= HIGHEST:
            raise Impossible
        cdef int by = self.step_of(plan, name, edges)
        if self.steps[by].kind != NUMBER or getattr(plan.parts[plan.labels[name]], "length", None) is not None:
            raise Impossible  # what a length's neighbour in the same bits decides may be part of what it counts
        for k in range(first, self.count):
            self.steps[k].by, self.steps[k].sign, self.steps[k].number = by, SIGNS[sign], number
        return 0

    cdef int step_of(self, plan, str name, list edges) except -1:
        """The step of a number that is always there."""
        cdef int found = edges[plan.labels[name]]
        while self.names[found] != name:
            found += 1
        if plan.parts[plan.labels[name]].if_ is not None or self.steps[found].kind not in (NUMBER, LENGTH):
            raise Impossible
        return found

    cdef int add_bits(self, part) except -1:
        cdef Step* step = NULL
        cdef int left = 8 * part.type.size
        if part.type.size > 8 or part.valid is not None:
            raise Impossible
        for bit in part.bits:
            left -= bit.width
            length = bit.name == part.length
            step = self.new(LENGTH if length else NUMBER, 0, None if bit.name == "_" else bit.name)
            step.value, step.usual, step.shift, step.ends = bit.const or 0, True, left, False
            step.low, step.high = (0, min((1 << bit.width) - 1, HIGHEST)) if bit.const is None else (bit.const, bit.const)
        step.ends, step.size, step.big = True, part.type.size, part.type.order == "big"
        return 0

    cdef int add_data(self, plan, int index, part) except -1:
        sized = [each for each in plan.equations if each.sizes == index and plan.parts[each.part].if_ is not None]
        size = static_size(part)
        if sized or part.charset is not None or part.blocks is not None or (size is None and part.size is not None):
            raise Impossible
        if index == plan.payload:
            self.payload = self.count
        self.new(DATA, NONE if size is None else size, part.name)
        return 0

    cdef int add_number(self, part) except -1:
        """A field, a length or a checksum."""
        kind = part.type
        if not isinstance(kind, IntegerType) or kind.size > 8 or getattr(part, "valid", None) is not None:
            raise Impossible
        cdef int own = self.count
        cdef Step* step = self.new(NUMBER, kind.size, part.name)
        step.big = kind.order == "big"
        if not isinstance(part, Field):
            step.kind = LENGTH if isinstance(part, Length) else SUM
            return 0
        if part.equals is not None or (part.counter and part.allowed):
            raise Impossible
        low = kind.lowest if part.min is None else part.min
        high = kind.highest if part.max is None else part.max
        usual = part.first if part.counter else part.const if part.const is not None else part.default
        if part.const is not None:
            low = high = part.const
        if not (isinstance(low, int) and isinstance(high, int)) or max(low, usual or 0) > HIGHEST:
            raise Impossible
        step.low, step.high = low, min(high, HIGHEST)
        if usual is not None:
            step.usual, step.value = True, usual
        if part.counter:
            if high > HIGHEST:
                raise Impossible
            step.counts, step.begin = True, low
        if part.allowed is not None:
            step.listed = True
            self.allowed[own] = frozenset(part.allowed)
        return 0

    cdef int add_spans(self, plan, int index, part, list edges) except -1:
        """What lengths and checksums cover, now that all steps are there."""
        cdef Step* step
        for equation in plan.equations:
            if equation.part == index:
                step = &self.steps[next(k for k in range(edges[index], self.count) if self.names[k] == equation.name)]
                step.first, step.last = edges[equation.first], edges[equation.last + 1] - 1
                step.unit, step.bias = equation.unit, equation.bias
                low, high = values_of(plan, equation)
                if low > HIGHEST or abs(equation.bias) > HIGHEST >> 1:
                    raise Impossible
                step.low, step.high = low, min(high, HIGHEST)
                self.lengths[self.lengths_count] = step - self.steps
                self.lengths_count += 1
        if isinstance(part, Checksum):
            step = &self.steps[edges[index]]
            first, last = plan.overs[index]
            step.first, step.last = edges[first], edges[last + 1] - 1
            self.add_sum(plan, index, part, edges)
        return 0

    cdef int add_sum(self, plan, int index, part, list edges) except -1:
        cdef int own = edges[index]
        cdef sums.Summer summer
        try:
            summer = sums.Summer(part.algorithm)
        except ValueError:
            raise Impossible from None
        self.kept.append(summer)
        self.steps[own].sum = summer.sum
        self.sums_in_order[in_order(plan).index(index)] = own
        self.sums_count += 1
        if part.extra is not None:
            name, sign, number = simple(part.extra.by) or (None, None, None)
            if (sign, number) != ("+", 0):
                raise Impossible
            self.steps[own].extra = self.step_of(plan, name, edges)
            table = plan.tables[part.extra.table]
            bytes_by_entry = {entry: byte for entry, byte in table.items() if 0 <= byte <= 255}
            self.kept.append(bytes_by_entry)
            self.steps[own].table = <PyObject*> bytes_by_entry
        return 0

    # --- a frame ----------------------------------------------------------------------------------------------------

    @property
    def encode(self):
        """`write` with the fields as keywords."""
        return PyCFunction_New(&ENCODE, self)

    def write(self, payload, dict given not None, dict counters=None):
        """What `framing.writing.writer.write` does."""
        raw = self.quick(payload, given, counters)
        return self.otherwise(payload, given, counters) if raw is None else raw

    cdef quick(self, payload, dict given, dict counters):
        """The frame; None where something is unusual, and then no counter has moved."""
        cdef int64_t values[MOST]
        cdef Py_ssize_t sizes[MOST]
        cdef Py_ssize_t starts[MOST]
        cdef const char* data[MOST]
        cdef PyObject* found[MOST]
        cdef Py_ssize_t total = 0
        cdef int i
        if not self.sort_out(payload, given, found):
            return None
        for i in range(self.count):
            if self.steps[i].by != NONE and not holds(&self.steps[i], values):
                if found[i] != NULL:
                    return None
                sizes[i] = NONE
                continue
            sizes[i] = self.steps[i].size
            if self.steps[i].kind == NUMBER:
                if not self.take_number(i, found[i], counters, values):
                    return None
            elif self.steps[i].kind == DATA and not self.take_data(i, found[i], data, sizes):
                return None
            total += sizes[i]
        if total > self.most and self.area_first == NONE or not self.take_lengths(values, sizes):
            return None
        raw = PyBytes_FromStringAndSize(NULL, total)
        self.put_all(PyBytes_AS_STRING(raw), values, sizes, starts, data)
        for i in range(self.sums_count):
            if not self.put_sum(self.sums_in_order[i], PyBytes_AS_STRING(raw), values, found, sizes, starts):
                return None
        if self.area_first != NONE:
            raw = self.stuffed(raw, sizes, starts)
        if raw is not None and counters is not None:
            self.count_on(counters, values, sizes)
        return raw

    cdef bint sort_out(self, payload, dict given, PyObject** found) except -1:
        """What is given, by step. Most names stand in the order of the steps, and are the very same objects."""
        cdef PyObject* key = NULL
        cdef PyObject* value = NULL
        cdef PyObject* place
        cdef Py_ssize_t position = 0
        cdef int i = 0
        memset(found, 0, self.count * sizeof(PyObject*))
        while PyDict_Next(given, &position, &key, &value):
            while i < self.count and self.steps[i].name != key:
                i += 1
            if i == self.count:
                if not PyUnicode_CheckExact(<object> key):  # to compare it may run any code, which changes what is given
                    return False
                place = PyDict_GetItemWithError(self.places, <object> key)
                if place == NULL:
                    return False
                i = <object> place
            if self.steps[i].kind == CONSTANT:
                return False
            found[i] = value
        if payload is not None:
            if self.payload == NONE or found[self.payload] != NULL:
                return False
            found[self.payload] = <PyObject*> payload
        return True

    cdef bint take_number(self, int i, PyObject* found, dict counters, int64_t* values) except -1:
        """A number that is given, or what stands where none is."""
        cdef const Step* step = &self.steps[i]
        cdef int overflow = 0
        if found == NULL and step.counts and counters is not None:
            found = PyDict_GetItemWithError(counters, <object> step.name)
        if found == NULL:
            values[i] = step.value
            return step.usual
        if not PyLong_CheckExact(<object> found):
            return False
        values[i] = PyLong_AsLongLongAndOverflow(<object> found, &overflow)
        if overflow or values[i] < step.low or values[i] > step.high:
            return False
        return not step.listed or <object> found in self.allowed[i]

    cdef bint take_data(self, int i, PyObject* found, const char** data, Py_ssize_t* sizes) except -1:
        """Bytes that are given. They live as long as the arguments."""
        if found == NULL:
            data[i], sizes[i] = "", max(sizes[i], 0)
            return i == self.payload and sizes[i] == 0
        if not PyBytes_CheckExact(<object> found) or sizes[i] not in (NONE, PyBytes_GET_SIZE(<object> found)):
            return False
        data[i], sizes[i] = PyBytes_AS_STRING(<object> found), PyBytes_GET_SIZE(<object> found)
        return True

    cdef bint take_lengths(self, int64_t* values, const Py_ssize_t* sizes) noexcept:
        cdef const Step* step
        cdef int64_t size
        cdef int i, j, k
        for j in range(self.lengths_count):
            i = self.lengths[j]
            step = &self.steps[i]
            if sizes[i] == NONE:
                continue
            size = -step.bias
            for k in range(step.first, step.last + 1):
                size += max(sizes[k], 0)
            values[i] = size
            if step.unit > 1:
                if size < 0 or size % step.unit:
                    return False
                values[i] = size // step.unit
            if not step.low <= values[i] <= step.high:
                return False
        return True

    cdef void put_all(
        self, char* raw, const int64_t* values, const Py_ssize_t* sizes, Py_ssize_t* starts, const char** data
    ) noexcept:
        """All bytes; checksums are zeros as yet."""
        cdef const Step* step
        cdef Py_ssize_t at = 0
        cdef uint64_t packed = 0
        cdef int i
        for i in range(self.count):
            step = &self.steps[i]
            starts[i] = at
            if sizes[i] == NONE:
                continue
            if step.kind == CONSTANT:
                memcpy(raw + at, step.bytes, sizes[i])
            elif step.kind == DATA:
                memcpy(raw + at, data[i], sizes[i])
            elif step.kind == SUM:
                memset(raw + at, 0, sizes[i])
            else:
                packed |= <uint64_t> values[i] << step.shift
                if step.ends:
                    put(raw + at, packed, step.size, step.big)
                    packed = 0
            at += sizes[i]

    cdef bint put_sum(
        self, int own, char* raw, const int64_t* values, PyObject** found, const Py_ssize_t* sizes, const Py_ssize_t* starts
    ) except -1:
        cdef const Step* step = &self.steps[own]
        cdef sums.State state
        cdef PyObject* entry
        cdef uint8_t more
        cdef Py_ssize_t begin = starts[step.first]
        if sizes[own] == NONE:
            return True
        sums.begin(step.sum, &state)
        sums.add(step.sum, &state, <const uint8_t*> raw + begin, starts[step.last] + max(sizes[step.last], 0) - begin)
        if step.extra != NONE:
            if self.steps[step.extra].kind == NUMBER and found[step.extra] != NULL:
                entry = PyDict_GetItemWithError(<dict> step.table, <object> found[step.extra])
            else:
                entry = PyDict_GetItemWithError(<dict> step.table, values[step.extra])
            if entry == NULL:
                return False
            more = <object> entry
            sums.add(step.sum, &state, &more, 1)
        put(raw + starts[own], sums.finish(step.sum, &state), step.size, step.big)
        return True

    cdef stuffed(self, bytes raw, const Py_ssize_t* sizes, const Py_ssize_t* starts):
        """The frame with its area stuffed; None where it is too long, or nothing but fill."""
        cdef Py_ssize_t begin = starts[self.area_first]
        cdef Py_ssize_t end = starts[self.area_end - 1] + max(sizes[self.area_end - 1], 0)
        body = self.stuff(raw[begin:end])
        if self.delimited and not body:
            return None
        wire = raw[:begin] + body + self.closing + raw[end:]
        return wire if len(wire) <= self.most else None

    cdef int count_on(self, dict counters, const int64_t* values, const Py_ssize_t* sizes) except -1:
        cdef const Step* step
        cdef int i
        for i in range(self.count):
            step = &self.steps[i]
            if step.counts and sizes[i] != NONE:
                counters[self.names[i]] = values[i] + 1 if values[i] < step.high else step.begin
        return 0


cdef dict NOTHING = {}


cdef object encoded(PyObject* writer, PyObject* arguments, PyObject* fields):
    """What calls of `encode` come to. A function in C gets the keywords as they are; one in Python, or Cython, copies them."""
    cdef dict given = NOTHING if fields == NULL else <dict> fields
    cdef tuple payloads = <tuple> arguments
    if len(payloads) > 1:
        raise TypeError(f"encode() takes at most 1 positional argument ({len(payloads)} given)")
    payload = payloads[0] if len(payloads) else None
    raw = (<Writer> writer).quick(payload, given, None)
    if raw is None:
        PyArg_ValidateKeywordArguments(given)
        return (<Writer> writer).otherwise(payload, given, None)
    return raw


cdef PyMethodDef ENCODE
ENCODE.ml_name = "encode"
ENCODE.ml_meth = <PyCFunction> <void*> encoded
ENCODE.ml_flags = METH_VARARGS | METH_KEYWORDS
ENCODE.ml_doc = b"""encode($self, payload=None, /, **fields)
--

One frame with this payload and these fields. Raises EncodeError."""
