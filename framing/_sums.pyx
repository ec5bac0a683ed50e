# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: freethreading_compatible=True
"""Checksums for the compiled engine: kernels without Python objects, over an algorithm that was prepared once.

A `Summer` prepares a Python `Algorithm`: CRCs of up to 64 bits, sums and xors of words of up to 64 bits, Fletcher sums,
and RFC 1071. Others have no kernel here. Its `sum` never changes again, so threads may share it. A `State` is a
checksum on its way: `begin`, then `add`, `add_zeros` and `add_covered` in any mixture, with segments of any length,
then `finish`, which leaves the state as it is. `total` is all of these for one segment.

The kernels trust their callers: `data` has `size` readable bytes, `size` is not negative, offsets lie inside the
window. They read nothing beyond that.

CRC. Every CRC is treated as one of 64 bits whose polynomial was shifted up; the register of a narrow one has zeros
below. The state is the register in the order of the stream: its least significant byte is the one that meets the next
byte. So one code serves reflected CRCs and others; only tables differ, and the numbers that polynomials are multiplied
as. Eight bytes are taken at a time from eight tables; one to seven bytes are such a step too, with the missing bytes in
front as zeros. From 16 bytes on, where the processor has carry-less multiplication, blocks of 128 bits are folded
(native/simd.h).

Sums. A byte adds its weight in its word, so a word need not be complete to be counted, and zero bytes are never added.
Eight bytes are taken at a time, in lanes of 16 bits, or 16 by byte instructions (Fletcher sums, there as well). Xors
are kept as the bytes of one word in the order of the stream.

Prefix states, in native/prefixes.pxi, make the checksum of any covered span cost a constant.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memmove, memset

import os
from weakref import WeakValueDictionary

from framing.sums import algorithms

cdef extern from "native/simd.h" nogil:
    ctypedef struct framing_pair:
        uint64_t high, low
    uint64_t framing_swapped(uint64_t value)
    uint64_t framing_load(const uint8_t* data)
    uint64_t framing_load_few(const uint8_t* data, size_t size)
    uint64_t framing_after_8(const uint64_t* slices, uint64_t state)
    framing_pair framing_multiply(uint64_t a, uint64_t b)
    uint64_t framing_times_simd(const uint64_t* barrett, uint64_t number, uint64_t factor, int reflected)
    uint64_t framing_crc_simd(
        const uint64_t* powers, const uint64_t* barrett, uint64_t state, const uint8_t* data, size_t size, int reflected)
    void framing_fletcher_simd(uint64_t* a, uint64_t* b, const uint8_t* data, size_t size)
    int framing_has_simd()

cdef enum:
    CRC, SUM, XOR, FLETCHER, INTERNET

SIMD = bool(framing_has_simd()) and os.environ.get("FRAMING_SIMD") != "0"
"""Whether instructions are used that not every processor has. `FRAMING_SIMD=0` forbids it."""


include "native/crc.pxi"
include "native/words.pxi"

# --- All of them -----------------------------------------------------------------------------------------------------


cdef void begin(const Sum* sum, State* state) noexcept nogil:
    state.a = sum.start
    state.b = 0
    state.have = 0


cdef void add(const Sum* sum, State* state, const uint8_t* data, Py_ssize_t size) noexcept nogil:
    """Covers these bytes."""
    if sum.kind == CRC:
        state.a = crc_after(sum.crc, sum.simd, state.a, data, size)
    elif sum.kind == FLETCHER:
        add_fletcher(sum, state, data, size)
    else:
        if sum.kind == XOR:
            state.a ^= turned(xored(data, size, sum.size), sum.size, state.have)
        else:
            state.a += weighted_sum(sum.weights + state.have, data, size)
        state.have = (state.have + size) & (sum.size - 1)


cdef void add_zeros(const Sum* sum, State* state, Py_ssize_t size) noexcept nogil:
    """Covers `size` zero bytes, as the checksum's own bytes count."""
    if sum.kind == CRC:
        state.a = after_zeros(sum.crc, sum.simd, state.a, size)
        return
    if sum.kind == FLETCHER:
        add_fletcher_zeros(sum, state, (state.have + size) >> sum.log)
    state.have = (state.have + size) & (sum.size - 1)


cdef uint64_t finish(const Sum* sum, const State* state) noexcept nogil:
    """The checksum of what was covered."""
    return finished(sum, plainly(sum, state))


cdef inline uint64_t finished(const Sum* sum, uint64_t value) noexcept nogil:
    """What is done to a result at last."""
    if sum.finished == 0:
        return value
    if sum.rotate:
        value = (value >> sum.rotate | value << (sum.width - sum.rotate)) & ~<uint64_t> 0 >> (64 - sum.width)
    return (value + sum.add) & ~<uint64_t> 0 >> (64 - sum.finished)


cdef uint64_t plainly(const Sum* sum, const State* state) noexcept nogil:
    """The result before that."""
    cdef uint64_t value = state.a
    if sum.kind == CRC:
        return crc_finish(sum, value)
    if sum.kind == FLETCHER:
        return remainder(sum, state.b + (value if state.have else 0)) << sum.shift | remainder(sum, value)
    if sum.kind == INTERNET:
        return (value % 0xFFFF or 0xFFFF if value else 0) ^ 0xFFFF
    if sum.kind == XOR:
        return xor_finish(sum, value)
    return (0 - value if sum.negate else value) & sum.mask ^ sum.xorout


cdef inline uint64_t xor_finish(const Sum* sum, uint64_t value) noexcept nogil:
    """The result of the xor of all words."""
    value = (framing_swapped(value) >> (64 - 8 * sum.size) if sum.big else value) ^ sum.init
    return (0 - value if sum.negate else value) & sum.mask ^ sum.xorout


cdef uint64_t total(const Sum* sum, const uint8_t* data, Py_ssize_t size) noexcept nogil:
    """The checksum of these bytes."""
    cdef State state
    if sum.kind == CRC:
        return finished(sum, crc_finish(sum, crc_of(sum, data, size)))
    if sum.kind == XOR:
        return finished(sum, xor_finish(sum, xored(data, size, sum.size)))
    begin(sum, &state)
    add(sum, &state, data, size)
    return finish(sum, &state)


cdef uint64_t total_with(const Sum* sum, const uint8_t* data, Py_ssize_t size, uint8_t more) noexcept nogil:
    """The checksum of these bytes and one more behind them."""
    cdef State state
    if sum.kind == CRC:
        return finished(sum, crc_finish(sum, after_byte(&sum.crc.slices[0], crc_of(sum, data, size), more)))
    begin(sum, &state)
    add(sum, &state, data, size)
    add(sum, &state, &more, 1)
    return finish(sum, &state)


include "native/prefixes.pxi"

# --- For Python ------------------------------------------------------------------------------------------------------

cdef dict WORDS = {"u8": 0, "u16le": 1, "u16be": 1, "u32le": 2, "u32be": 2}


def fits(width, *values):
    """Whether these are numbers of `width` bits."""
    return all(0 <= value < 1 << width for value in values)


cdef bint prepare_crc(Summer self, model) except -1:
    cdef Sum* own = &self.own
    if not (1 <= model.width <= 64 and fits(model.width, model.poly, model.init, model.xorout)):
        return False
    own.kind, own.width, own.refin, own.refout = CRC, model.width, model.refin, model.refout
    own.start = model.init
    own.start = reversed_bits(own.start, own.width) if own.refin else framing_swapped(own.start << (64 - own.width))
    own.xorout = model.xorout
    key = model.width, model.poly, bool(model.refin)
    self.tables = _tables.get(key) or _tables.setdefault(key, Tables(*key))
    own.crc = &self.tables.own
    return True


cdef bint prepare_words(Summer self, model) except -1:
    cdef Sum* own = &self.own
    limit = 1 << model.width
    known = model.op in ("sum", "xor") and model.word in WORDS and not model.turn
    if not (1 <= model.width <= 64 and fits(model.width, model.xorout) and known):
        return False
    own.kind = XOR if model.op == "xor" else SUM
    own.mask, own.xorout, own.negate = limit - 1, model.xorout, model.negate
    own.init = model.init % limit
    own.start = 0 if own.kind == XOR else own.init
    prepare_word(own, model.word)
    return True


cdef bint prepare_fletcher(Summer self, model) except -1:
    cdef Sum* own = &self.own
    if not (1 <= model.modulus <= 1 << 32 and 0 <= model.shift <= 32 and model.word in WORDS):
        return False
    own.kind, own.modulus, own.shift, own.start = FLETCHER, model.modulus, model.shift, model.first % model.modulus
    own.mask = 0 if model.modulus & (model.modulus - 1) else model.modulus - 1
    prepare_word(own, model.word)
    own.run = <int64_t> 1 << min(20, (62 - 8 * own.size) // 2)
    return True


cdef bint prepare_finish(Summer self, finish) except -1:
    if not (finish.bits <= 64 and 1 <= finish.width <= 64):
        return False
    self.own.width, self.own.rotate, self.own.add, self.own.finished = finish.width, finish.rotate, finish.add, finish.bits
    return True


cdef void prepare_word(Sum* own, str word):
    own.log = WORDS[word]
    own.size = 1 << own.log
    own.big = word.endswith("be")
    for place in range(7):
        place_in_word = place % own.size
        own.weights[place] = <uint64_t> 1 << 8 * (own.size - 1 - place_in_word if own.big else place_in_word)


cdef class Summer:
    """The prepared form of an `Algorithm`. With `simd` off it uses no instructions but those that every processor has.

    `sum` is valid as long as the summer lives. Raises `ValueError` where there is no kernel for the algorithm: it is wider
    than 64 bits, or a registered function.
    """

    def __cinit__(self, algorithm, *, bint simd=True):
        self.sum = &self.own
        self.own.simd = simd and SIMD
        native = True
        if algorithm.crc is not None:
            native = prepare_crc(self, algorithm.crc)
        elif algorithm.words is not None:
            native = prepare_words(self, algorithm.words)
        elif algorithm.fletcher is not None:
            native = prepare_fletcher(self, algorithm.fletcher)
        elif algorithm.internet:
            self.own.kind = INTERNET
            prepare_word(&self.own, "u16be")
        else:
            native = False
        if native and algorithm.finished is not None:
            native = prepare_finish(self, algorithm.finished)
        if not native:
            raise ValueError(f"there is no native kernel for {algorithm.name}")

    def compute(self, data):
        """The checksum of any bytes-like object."""
        cdef Py_buffer view
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            return total(self.sum, <const uint8_t*> view.buf, view.len)
        finally:
            PyBuffer_Release(&view)

    def compute_segments(self, segments):
        """The checksum of several pieces in a row; a number stands for so many zero bytes. For tests."""
        cdef State state
        cdef Py_buffer view
        begin(self.sum, &state)
        for segment in segments:
            if isinstance(segment, int):
                add_zeros(self.sum, &state, max(0, segment))
                continue
            PyObject_GetBuffer(segment, &view, PyBUF_SIMPLE)
            add(self.sum, &state, <const uint8_t*> view.buf, view.len)
            PyBuffer_Release(&view)
        return finish(self.sum, &state)

    def repeat(self, data, Py_ssize_t rounds):
        """Computes so many times, for measurements; gives the xor of the results."""
        cdef Py_buffer view
        cdef uint64_t result = 0
        cdef Py_ssize_t _
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        with nogil:
            for _ in range(rounds):
                result ^= total(self.sum, <const uint8_t*> view.buf, view.len)
        PyBuffer_Release(&view)
        return result


cdef uint8_t* copied(bytes data) except NULL:
    """A copy with nothing around it, so that a sanitizer sees reads in front of it and behind it."""
    cdef uint8_t* copy = <uint8_t*> realloc(NULL, max(1, len(data)))
    if not copy:
        raise MemoryError
    memmove(copy, <const uint8_t*> data, len(data))
    return copy


cdef class Prefixes:
    """Prefix states over a stream, for tests. `window` has the stream's bytes from offset `base` on."""

    cdef Summer summer
    cdef Prefix prefix

    def __cinit__(self, Summer summer not None):
        self.summer = summer

    def __dealloc__(self):
        release(&self.prefix)

    @property
    def states(self):
        """For which offsets there are states."""
        return range(self.prefix.lo, self.prefix.stop)

    @property
    def capacity(self):
        """For how many states there is memory."""
        return self.prefix.capacity

    def cover(self, bytes window, int64_t base, int64_t start, int64_t end):
        """Makes the states from `start` to `end`. Raises `ValueError` where that breaks the rules of `cover`."""
        if not base <= start <= end <= base + len(window) or base + len(window) < self.prefix.stop - 1:
            raise ValueError("outside the window")
        cdef uint8_t* exactly = copied(window)
        cdef int failed = cover(self.summer.sum, &self.prefix, exactly, base, start, end)
        free(exactly)
        if failed:
            raise MemoryError

    def forget(self, int64_t before):
        """Drops the states in front of `before`."""
        forget(&self.prefix, before)

    def compute(self, bytes window, int64_t base, int64_t start, int64_t end, bytes before=b"", bytes after=b""):
        """The checksum of `before`, the stream's bytes from `start` to `end`, and `after`."""
        cdef State state
        cdef const Sum* sum = self.summer.sum
        if not base <= start <= end <= base + len(window):
            raise ValueError("outside the window")
        cdef uint8_t* exactly = copied(window)
        begin(sum, &state)
        add(sum, &state, before, len(before))
        add_covered(sum, &state, &self.prefix, exactly, base, start, end)
        add(sum, &state, after, len(after))
        free(exactly)
        return finish(sum, &state)

    def repeat(self, bytes window, int64_t base, int64_t start, int64_t end, Py_ssize_t rounds):
        """Adds the covered bytes so many times, for measurements."""
        cdef State state
        cdef const uint8_t* found = window
        cdef Py_ssize_t _
        begin(self.summer.sum, &state)
        with nogil:
            for _ in range(rounds):
                add_covered(self.summer.sum, &state, &self.prefix, found, base, start, end)
        return finish(self.summer.sum, &state)
