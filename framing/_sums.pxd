# What _sums.pyx offers to other compiled modules; it says there what the functions mean.

from libc.stdint cimport int64_t, uint8_t, uint64_t


cdef struct CrcTables:
    uint64_t slices[2048]  # 8 x 256: the state after byte i and k zero bytes, at 256 * k + i
    uint64_t powers[768]   # 3 x 256: factors for n * 256 ** k zero bytes, at 256 * k + n
    uint64_t barrett[2]    # floor(x^128 / P), and the polynomial P, both of 64 bits without their highest term
    bint reflected


cdef struct Sum:
    int kind
    int size, log           # bytes of a word, and their binary logarithm
    bint big                # words are big-endian
    bint negate
    bint simd              # the processor's carry-less multiplication may be used
    int width
    bint refin, refout
    int shift
    uint64_t start, init, mask, xorout
    uint64_t modulus
    int64_t run             # words that Fletcher sums can take without a reduction
    uint64_t weights[7]     # of byte i of a word, again and again
    const CrcTables* crc
    int finished            # the bits of the finished result; 0 where nothing is done to it at last
    int rotate
    uint64_t add


cdef struct State:
    uint64_t a, b           # the register, or the two sums
    int have                # bytes of a word that is not complete yet; a has them already


cdef struct Prefix:         # all zero: no states
    uint64_t* a
    uint64_t* b
    int64_t origin          # the stream offset of a[0]
    int64_t lo, stop        # there are states for the stream offsets lo <= offset < stop
    int64_t capacity
    int64_t size            # of the span that was asked for last, and the factor for as many zero bytes
    uint64_t factor


cdef class Tables:
    cdef CrcTables own
    cdef object __weakref__


cdef class Summer:
    cdef Sum own
    cdef const Sum* sum
    cdef Tables tables


cdef uint64_t total(const Sum* sum, const uint8_t* data, Py_ssize_t size) noexcept nogil
cdef uint64_t total_with(const Sum* sum, const uint8_t* data, Py_ssize_t size, uint8_t more) noexcept nogil
cdef void begin(const Sum* sum, State* state) noexcept nogil
cdef void add(const Sum* sum, State* state, const uint8_t* data, Py_ssize_t size) noexcept nogil
cdef void add_zeros(const Sum* sum, State* state, Py_ssize_t size) noexcept nogil
cdef uint64_t finish(const Sum* sum, const State* state) noexcept nogil

cdef int cover(
    const Sum* sum, Prefix* prefix, const uint8_t* window, int64_t base, int64_t begin, int64_t end
) noexcept nogil
cdef void add_covered(
    const Sum* sum, State* state, const Prefix* prefix, const uint8_t* window, int64_t base, int64_t begin, int64_t end
) noexcept nogil
cdef uint64_t covered_total(
    const Sum* sum, Prefix* prefix, const uint8_t* window, int64_t base, int64_t first, int64_t end, int more
) noexcept nogil
cdef void forget(Prefix* prefix, int64_t before) noexcept nogil
cdef void release(Prefix* prefix) noexcept nogil
