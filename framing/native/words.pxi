# Part of _sums.pyx: sums and xors of words, Fletcher sums.

cdef enum:
    SUM_BLOCKS = 256      # times 255, with the last bytes on top, is below 2^16
    FLETCHER_BLOCKS = 16  # 2 * 255 * (0 + 1 + … + 15) is below 2^16

cdef extern from *:  # constants for the C compiler, which a variable of the module would not be
    """
    #define EVERY_2ND_BYTE UINT64_C(0x00FF00FF00FF00FF)
    #define EVERY_2ND_PAIR UINT64_C(0x0000FFFF0000FFFF)
    """
    const uint64_t EVERY_2ND_BYTE, EVERY_2ND_PAIR


cdef inline uint64_t pair_total(uint64_t pair) noexcept nogil:
    return (pair + (pair >> 32)) & 0xFFFFFFFFULL


cdef uint64_t weighted_sum(const uint64_t* weights, const uint8_t* data, Py_ssize_t size) noexcept nogil:
    """The bytes times their weights, which are those of the first four bytes again and again."""
    cdef uint64_t result = 0, even, odd, block
    cdef Py_ssize_t blocks, _
    while size > 0:
        even = odd = 0
        blocks = min(size >> 3, SUM_BLOCKS)
        size -= 8 * blocks
        for _ in range(blocks):
            block = framing_load(data)
            even += block & EVERY_2ND_BYTE
            odd += block >> 8 & EVERY_2ND_BYTE
            data += 8
        if size < 8:
            block = framing_load_few(data, size)
            even += block & EVERY_2ND_BYTE
            odd += block >> 8 & EVERY_2ND_BYTE
            size = 0
        result += pair_total(even & EVERY_2ND_PAIR) * weights[0] + pair_total(odd & EVERY_2ND_PAIR) * weights[1]
        result += (
            pair_total(even >> 16 & EVERY_2ND_PAIR) * weights[2] + pair_total(odd >> 16 & EVERY_2ND_PAIR) * weights[3]
        )
    return result


cdef inline uint64_t turned(uint64_t word, int size, int64_t by) noexcept nogil:
    """A word of `size` bytes, its bytes moved round by `by` places (any number) to the later ones."""
    cdef int bits = 8 * (by & (size - 1))
    return word if bits == 0 else (word << bits | word >> (8 * size - bits)) & <uint64_t> 0xFFFFFFFF >> (32 - 8 * size)


cdef uint64_t xored(const uint8_t* data, Py_ssize_t size, int word) noexcept nogil:
    """The xor of words of `word` bytes, their bytes in the order of the stream."""
    cdef uint64_t lanes = 0
    while size >= 8:
        lanes ^= framing_load(data)
        data += 8
        size -= 8
    lanes ^= framing_load_few(data, size)
    lanes ^= lanes >> 32
    if word <= 2:
        lanes ^= lanes >> 16
    if word == 1:
        lanes ^= lanes >> 8
    return lanes & <uint64_t> 0xFFFFFFFF >> (32 - 8 * word)


cdef inline uint64_t lanes_total(uint64_t lanes, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3) noexcept nogil:
    """The sum of four lanes of 16 bits, the lowest times `w0` and so on."""
    return (
        ((lanes & EVERY_2ND_PAIR) * (w0 << 32 | w2) >> 32)
        + ((lanes >> 16 & EVERY_2ND_PAIR) * (w1 << 32 | w3) >> 32)
    )


cdef void fletcher_of_bytes(State* state, const uint8_t* data, Py_ssize_t size) noexcept nogil:
    """Eight bytes x0 … x7 add 8a + 8x0 + 7x1 + … + x7 to b.

    `both` sums up the even bytes with the odd ones, `before` the values that it had before each block.
    """
    cdef uint64_t a = state.a, b = state.b, block, both, odd, before
    cdef Py_ssize_t blocks, missing = 0, _
    while size > 0:
        both = odd = before = 0
        blocks = min(size >> 3, FLETCHER_BLOCKS)
        size -= 8 * blocks
        for _ in range(blocks):
            block = framing_load(data)
            before += both
            odd += block >> 8 & EVERY_2ND_BYTE
            both += (block & EVERY_2ND_BYTE) + (block >> 8 & EVERY_2ND_BYTE)
            data += 8
        if 0 < size < 8 and blocks < FLETCHER_BLOCKS:
            block = framing_load_few(data, size)
            before += both
            odd += block >> 8 & EVERY_2ND_BYTE
            both += (block & EVERY_2ND_BYTE) + (block >> 8 & EVERY_2ND_BYTE)
            blocks += 1
            missing = 8 - size  # zero bytes, each of which adds a to b
            size = 0
        b += 8 * (blocks * a + lanes_total(before, 1, 1, 1, 1))
        b += lanes_total(both, 8, 6, 4, 2) - lanes_total(odd, 1, 1, 1, 1)
        a += lanes_total(both, 1, 1, 1, 1)
    state.a = a
    state.b = b - missing * a


cdef inline uint64_t word_at(const uint8_t* data, int size, bint big) noexcept nogil:
    cdef uint64_t word = framing_load_few(data, size)
    return framing_swapped(word) >> (64 - 8 * size) if big else word


cdef inline uint64_t remainder(const Sum* sum, uint64_t value) noexcept nogil:
    if sum.mask:  # the modulus is a power of two
        return value & sum.mask
    if value >> 32 == 0:  # many processors divide short numbers several times as fast
        return <uint32_t> value % <uint32_t> sum.modulus
    return value % sum.modulus


cdef inline void settle(const Sum* sum, State* state) noexcept nogil:
    """Leaves both sums room for `run` words: these add less than 2^54 + 2^61 to b, and less than 2^47 to a."""
    if state.a >> 34:
        state.a = remainder(sum, state.a)
    if state.b >> 62:
        state.b = remainder(sum, state.b)


cdef void add_fletcher(const Sum* sum, State* state, const uint8_t* data, Py_ssize_t size) noexcept nogil:
    """The bytes of incomplete words one by one, the words between them in runs."""
    cdef Py_ssize_t words
    while size > 0:
        settle(sum, state)
        words = min(size >> sum.log, sum.run)
        if state.have or words == 0:
            state.a += data[0] * sum.weights[state.have]
            data += 1
            size -= 1
            state.have = (state.have + 1) & (sum.size - 1)
            if state.have == 0:
                state.b += state.a
            continue
        size -= words << sum.log
        if sum.size == 1:
            if sum.simd:
                framing_fletcher_simd(&state.a, &state.b, data, words)
            else:
                fletcher_of_bytes(state, data, words)
            data += words
            continue
        for words in range(words, 0, -1):
            state.a += word_at(data, sum.size, sum.big)
            state.b += state.a
            data += sum.size


cdef void add_fletcher_zeros(const Sum* sum, State* state, int64_t words) noexcept nogil:
    cdef int64_t run
    while words > 0:
        settle(sum, state)
        run = min(words, sum.run)
        state.b += run * state.a
        words -= run


