# Part of _sums.pyx: CRCs. Its docstring says how they are represented.

cdef enum:
    FOLDED_FROM = 16  # bytes; below, tables are as quick


cdef inline uint64_t after_byte(const uint64_t* slices, uint64_t state, uint64_t byte) noexcept nogil:
    return state >> 8 ^ slices[(state ^ byte) & 0xFF]


cdef inline uint64_t as_number(const CrcTables* crc, uint64_t state) noexcept nogil:
    """The polynomial of a state, as a number that can be multiplied."""
    return state if crc.reflected else framing_swapped(state)


cdef inline uint64_t reduced(const CrcTables* crc, framing_pair product) noexcept nogil:
    """The state that a polynomial of 128 bits is congruent to."""
    if crc.reflected:
        return framing_after_8(crc.slices, product.low) ^ product.high
    return framing_after_8(crc.slices, framing_swapped(product.high)) ^ framing_swapped(product.low)


cdef inline uint64_t times(const CrcTables* crc, bint simd, uint64_t state, uint64_t factor) noexcept nogil:
    """The state times one of `powers`: as many zero bytes later as that stands for."""
    cdef uint64_t number = as_number(crc, state)
    if simd:
        return framing_times_simd(crc.barrett, number, factor, crc.reflected)
    return reduced(crc, framing_multiply(number, factor))


cdef inline uint64_t after_zeros(const CrcTables* crc, bint simd, uint64_t state, int64_t size) noexcept nogil:
    """The state `size` zero bytes later."""
    if size & 0xFF:
        state = times(crc, simd, state, crc.powers[size & 0xFF])
    if size >> 8 & 0xFF:
        state = times(crc, simd, state, crc.powers[256 + (size >> 8 & 0xFF)])
    size >>= 16
    while size > 0:  # nearly 16 MiB a turn
        state = times(crc, simd, state, crc.powers[512 + min(size, 255)])
        size -= 255
    return state


cdef uint64_t power(const CrcTables* crc, bint simd, int64_t size) noexcept nogil:
    """The factor for `size` zero bytes, 1 to 16,777,215."""
    cdef uint64_t found = 0
    cdef uint64_t factor
    cdef int level
    for level in range(3):
        if size >> 8 * level & 0xFF:
            factor = crc.powers[256 * level + (size >> 8 * level & 0xFF)]
            found = as_number(crc, times(crc, simd, as_number(crc, found), factor)) if found else factor
    return found


cdef inline uint64_t crc_after(
    const CrcTables* crc, bint simd, uint64_t state, const uint8_t* data, Py_ssize_t size
) noexcept nogil:
    """The state after these bytes."""
    cdef const uint64_t* slices = &crc.slices[0]
    cdef uint64_t last
    if simd and size >= FOLDED_FROM:
        return framing_crc_simd(crc.powers, crc.barrett, state, data, size, crc.reflected)
    if size >= 8:
        while size >= 8:
            state = framing_after_8(slices, state ^ framing_load(data))
            data += 8
            size -= 8
        if size == 0:
            return state
        last = framing_load(data + size - 8) >> (64 - 8 * size)  # some of these bytes a second time, and out again
    elif size > 0:
        last = framing_load_few(data, size)
    else:
        return state
    return framing_after_8(slices, (state ^ last) << (64 - 8 * size)) ^ state >> 8 * size


cdef inline uint64_t crc_of(const Sum* sum, const uint8_t* data, Py_ssize_t size) noexcept nogil:
    """The state after these bytes only."""
    if sum.simd and size >= FOLDED_FROM:
        return framing_crc_simd(sum.crc.powers, sum.crc.barrett, sum.start, data, size, sum.crc.reflected)
    return crc_after(sum.crc, False, sum.start, data, size)


cdef uint64_t reversed_bits(uint64_t value, int width) noexcept nogil:
    """The lowest `width` bits in the opposite order."""
    value = (value & 0x5555555555555555ULL) << 1 | (value >> 1 & 0x5555555555555555ULL)
    value = (value & 0x3333333333333333ULL) << 2 | (value >> 2 & 0x3333333333333333ULL)
    value = (value & 0x0F0F0F0F0F0F0F0FULL) << 4 | (value >> 4 & 0x0F0F0F0F0F0F0F0FULL)
    return framing_swapped(value) >> (64 - width)


cdef inline uint64_t crc_finish(const Sum* sum, uint64_t state) noexcept nogil:
    """The CRC: the register as a number, turned round and inverted as the model wants it."""
    if not sum.refin:
        state = framing_swapped(state) >> (64 - sum.width)
    return (state if sum.refin == sum.refout else reversed_bits(state, sum.width)) ^ sum.xorout


cdef void fill_powers(CrcTables* crc) noexcept:
    """x^8n modulo the polynomial, as numbers to be multiplied with states; x^0 is never asked for.

    A product of reflected numbers stands one place lower than its factors do. So their powers are x^(8n - 1).
    """
    cdef uint64_t* powers
    cdef uint64_t state = <uint64_t> 1 << (56 if crc.reflected else 48)
    cdef uint64_t step = 0
    cdef int level, n
    for level in range(3):
        powers = crc.powers + 256 * level
        powers[0] = 0
        for n in range(1, 256):
            powers[n] = as_number(crc, state)
            state = times(crc, False, state, step) if level else after_byte(crc.slices, state, 0)
        step = as_number(crc, state)  # 256 times as many bytes as powers[1], with which the next level begins


cdef void fill_barrett(CrcTables* crc, uint64_t poly) noexcept:
    """By long division of x^128, whose first step has left `poly` times x^64."""
    cdef uint64_t quotient = 0
    cdef uint64_t left = poly
    for _ in range(64):
        quotient = quotient << 1 | left >> 63
        left = left << 1 ^ (poly if left >> 63 else 0)
    crc.barrett[0] = reversed_bits(quotient, 64) if crc.reflected else quotient
    crc.barrett[1] = reversed_bits(poly, 64) if crc.reflected else poly


cdef class Tables:
    """The tables of one polynomial, for any number of algorithms."""

    def __cinit__(self, int width, uint64_t poly, bint refin):
        cdef CrcTables* crc = &self.own
        cdef uint64_t state
        cdef int byte, k
        crc.reflected = refin
        poly = reversed_bits(poly, width) if refin else poly << (64 - width)
        for byte in range(256):
            state = byte if refin else <uint64_t> byte << 56
            for _ in range(8):
                if refin:
                    state = state >> 1 ^ (poly if state & 1 else 0)
                else:
                    state = state << 1 ^ (poly if state >> 63 else 0)
            crc.slices[byte] = state if refin else framing_swapped(state)
        for k in range(256, 2048):
            crc.slices[k] = after_byte(crc.slices, crc.slices[k - 256], 0)
        fill_powers(crc)
        fill_barrett(crc, reversed_bits(poly, 64) if refin else poly)


_tables = WeakValueDictionary()


