# Part of _sums.pyx: prefix states, from which the checksum of any span of the stream follows at once.
#
# A state is kept for every offset that is covered: 8 bytes, for Fletcher sums 16. For the span [s, e):
#
#   CRC        (register ^ a[s]) * x^8(e - s) ^ a[e], as a CRC is linear, where a[i] is the register, begun with 0; two
#              multiplications up to 64 KiB, one more up to 16 MiB
#   xor        a[s] ^ a[e], turned to the place in the word at which the span begins
#   sum        a[e] - a[s], where a[i] = a[i - w] + the word that ends at i: a chain for each remainder of i modulo w
#   Fletcher   besides, b[i] = b[i - w] + a[i]; the values that the first sum takes on the way, begun with 0, sum up to
#              b[e] - b[s] - n * a[s] over n words
#
# Differences of sums are right as long as they themselves fit 64 bits, however often the sums ran over.
#
# A chain that would have to go back to bytes in front of the window, or to states that were dropped, starts again at 0;
# no later span can begin on its older piece. Hence three rules. Bytes that were covered do not change. The window drops
# bytes only at its front. `begin` is never below the `base` of an earlier call.

cdef enum:
    SHORT_SPAN = 32  # bytes; below, reading them is quicker
    LEAST_CAPACITY = 256


cdef int cover(
    const Sum* sum, Prefix* prefix, const uint8_t* window, int64_t base, int64_t begin, int64_t end
) noexcept nogil:
    """Makes the states for begin <= offset <= end, all inside the window; -1 if there is no memory for them.

    Linear in the bytes of the stream over all calls together, whatever the spans are: what is made anew because a span
    begins in front of all states is at least twice what there was.
    """
    cdef int64_t old
    if prefix.lo >= prefix.stop or prefix.stop <= base:
        prefix.origin = prefix.lo = prefix.stop = begin
    elif begin < prefix.lo:
        old = prefix.stop - 1
        prefix.origin = prefix.lo = prefix.stop = max(base, 2 * begin - old)
        end = max(old, end)
    if end < prefix.stop:
        return 0
    if reserve(sum, prefix, end) < 0:
        return -1
    if sum.kind == CRC:
        extend_crc(sum, prefix, window, base, end)
    elif sum.kind == XOR:
        extend_xor(sum, prefix, window, base, end)
    else:
        extend_sums(sum, prefix, window, base, end)
    prefix.stop = end + 1
    return 0


cdef int reserve(const Sum* sum, Prefix* prefix, int64_t end) noexcept nogil:
    """Makes room for the states up to `end`. Each move leaves a quarter free, so moves cost a constant for each state."""
    cdef int64_t kept = prefix.stop - prefix.lo
    cdef int64_t dropped = prefix.lo - prefix.origin
    cdef int64_t needed = end + 1 - prefix.lo
    cdef uint64_t* moved
    if dropped + needed <= prefix.capacity:
        return 0
    if kept and dropped:
        memmove(prefix.a, prefix.a + dropped, kept * sizeof(uint64_t))
        if prefix.b:
            memmove(prefix.b, prefix.b + dropped, kept * sizeof(uint64_t))
    prefix.origin = prefix.lo
    if needed + prefix.capacity // 4 <= prefix.capacity:
        return 0
    needed = max(needed + needed // 2, LEAST_CAPACITY)
    moved = <uint64_t*> realloc(prefix.a, needed * sizeof(uint64_t))
    if not moved:
        return -1
    prefix.a = moved
    if sum.kind == FLETCHER:
        moved = <uint64_t*> realloc(prefix.b, needed * sizeof(uint64_t))
        if not moved:
            return -1
        prefix.b = moved
    prefix.capacity = needed
    return 0


cdef void extend_crc(const Sum* sum, Prefix* prefix, const uint8_t* window, int64_t base, int64_t end) noexcept nogil:
    cdef const uint64_t* slices = &sum.crc.slices[0]
    cdef uint64_t* states = prefix.a - prefix.origin
    cdef const uint8_t* data
    cdef int64_t offset = prefix.stop - 1  # of the last state that there is
    cdef uint64_t state, after
    cdef int k
    if prefix.stop == prefix.origin:
        offset = prefix.origin
        states[offset] = 0
    state = states[offset]
    while end - offset >= 8:  # eight at once, so that the next eight need not wait for each of them
        data = window + (offset - base)
        after = framing_after_8(slices, state ^ framing_load(data))
        for k in range(7):
            state = after_byte(slices, state, data[k])
            states[offset + 1 + k] = state
        offset += 8
        states[offset] = state = after
    while offset < end:
        state = after_byte(slices, state, window[offset - base])
        offset += 1
        states[offset] = state


cdef void extend_xor(const Sum* sum, Prefix* prefix, const uint8_t* window, int64_t base, int64_t end) noexcept nogil:
    cdef uint64_t* states = prefix.a
    cdef int64_t origin = prefix.origin, offset
    cdef uint64_t state = states[prefix.stop - 1 - origin] if prefix.stop > origin else 0
    if prefix.stop == origin:
        states[0] = 0
    for offset in range(max(prefix.stop, origin + 1), end + 1):
        state ^= <uint64_t> window[offset - 1 - base] << 8 * (offset - 1 & (sum.size - 1))
        states[offset - origin] = state


cdef void extend_sums(const Sum* sum, Prefix* prefix, const uint8_t* window, int64_t base, int64_t end) noexcept nogil:
    cdef uint64_t* a = prefix.a
    cdef uint64_t* b = prefix.b
    cdef int64_t origin = prefix.origin, oldest = max(prefix.origin, base), offset, back
    for offset in range(prefix.stop, end + 1):
        back = offset - sum.size
        if back < oldest:
            a[offset - origin] = 0
        else:
            a[offset - origin] = a[back - origin] + word_at(window + (back - base), sum.size, sum.big)
        if b:
            b[offset - origin] = (0 if back < oldest else b[back - origin] + a[offset - origin])


cdef void add_covered(
    const Sum* sum, State* state, const Prefix* prefix, const uint8_t* window, int64_t base, int64_t begin, int64_t end
) noexcept nogil:
    """Covers the stream's bytes from `begin` to `end`, at a constant cost where there are states for both."""
    cdef int64_t origin = prefix.origin, size = end - begin
    cdef uint64_t change
    if size < SHORT_SPAN or begin < prefix.lo or end >= prefix.stop:
        add(sum, state, window + (begin - base), size)
    elif sum.kind == CRC:
        change = state.a ^ prefix.a[begin - origin]
        state.a = after_zeros(sum.crc, sum.simd, change, size) ^ prefix.a[end - origin]
    elif sum.kind == XOR:
        change = prefix.a[begin - origin] ^ prefix.a[end - origin]
        state.a ^= turned(change, sum.size, state.have - begin)
        state.have = (state.have + size) & (sum.size - 1)
    else:
        add_covered_words(sum, state, prefix, window, base, begin, end)


cdef uint64_t covered_total(
    const Sum* sum, Prefix* prefix, const uint8_t* window, int64_t base, int64_t first, int64_t end, int more
) noexcept nogil:
    """The checksum of the stream's bytes from `first` to `end`, and of one more byte behind them unless it is negative."""
    cdef State state
    cdef uint8_t byte = <uint8_t>more
    cdef int64_t origin = prefix.origin
    if sum.kind == CRC and SHORT_SPAN <= end - first <= 0xFFFFFF and first >= prefix.lo and end < prefix.stop:
        if end - first != prefix.size:  # false claims often agree
            prefix.size, prefix.factor = end - first, power(sum.crc, sum.simd, end - first)
        state.a = times(sum.crc, sum.simd, sum.start ^ prefix.a[first - origin], prefix.factor) ^ prefix.a[end - origin]
        return crc_finish(sum, state.a if more < 0 else after_byte(sum.crc.slices, state.a, byte))
    begin(sum, &state)
    add_covered(sum, &state, prefix, window, base, first, end)
    if more >= 0:
        add(sum, &state, &byte, 1)
    return finish(sum, &state)


cdef void add_covered_words(
    const Sum* sum, State* state, const Prefix* prefix, const uint8_t* window, int64_t base, int64_t begin, int64_t end
) noexcept nogil:
    """Completes the word that was begun, takes the whole words, and begins the last one."""
    cdef int lead = -state.have & (sum.size - 1)
    cdef int64_t words = (end - begin - lead) >> sum.log, run
    cdef const uint64_t *a
    cdef const uint64_t *b
    add(sum, state, window + (begin - base), lead)
    begin += lead
    while words > 0:
        a = prefix.a + (begin - prefix.origin)
        run = words
        if sum.kind == FLETCHER:
            b = prefix.b + (begin - prefix.origin)
            settle(sum, state)
            run = min(words, sum.run)
            state.b += run * (state.a - a[0]) + b[run << sum.log] - b[0]
        state.a += a[run << sum.log] - a[0]
        begin += run << sum.log
        words -= run
    add(sum, state, window + (begin - base), end - begin)


cdef void forget(Prefix* prefix, int64_t before) noexcept nogil:
    """The states in front of this offset are not needed any more."""
    prefix.lo = max(prefix.lo, min(before, prefix.stop))


cdef void release(Prefix* prefix) noexcept nogil:
    """Gives the memory back; the prefix is empty afterwards, and can be used again."""
    free(prefix.a)
    free(prefix.b)
    memset(prefix, 0, sizeof(Prefix))
