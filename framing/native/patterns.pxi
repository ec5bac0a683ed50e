# Patterns: what stands at a place, a marker or an end. What the functions return is as in `intake.pxi`.

cdef inline int wrong_bits(const Matcher* matcher, int alternative, int index, uint8_t byte) noexcept nogil:
    cdef uint8_t different = matcher.bytes[alternative][index] ^ byte
    if matcher.mask != NULL:
        different &= matcher.mask[index]
    return popcount(different)


cdef int wrong_at(const Matcher* matcher, int alternative, const uint8_t* found, int64_t size) noexcept nogil:
    """How many bytes it takes to see that an alternative does not stand there; 0 if nothing of them says so."""
    cdef int wrong = 0
    cdef int64_t index
    for index in range(min(size, matcher.sizes[alternative])):
        wrong += wrong_bits(matcher, alternative, <int>index, found[index])
        if wrong > matcher.errors:
            return <int>index + 1
    return 0


cdef bint stands_among(const Matcher* matcher, const uint8_t* found, int size) noexcept nogil:
    """Whether the bytes are exactly one of the alternatives."""
    cdef int k
    for k in range(matcher.count):
        if matcher.sizes[k] == size and wrong_at(matcher, k, found, size) == 0:
            return True
    return False


cdef int match(const Matcher* matcher, const uint8_t* found, int64_t size, bint final, int64_t* read) noexcept nogil:
    """What stands at the first of `size` bytes: a length, 0, or UNDECIDED; `read`: bytes it took to know."""
    cdef int k, wrong
    read[0] = 0
    for k in range(matcher.count):
        wrong = wrong_at(matcher, k, found, size)
        if wrong:
            read[0] = max(read[0], wrong)
        elif matcher.sizes[k] <= size:
            read[0] = max(read[0], matcher.sizes[k])
            return matcher.sizes[k]
        elif not final:
            read[0] = size
            return UNDECIDED
        else:
            read[0] = size + 1
    return 0


cdef int matched(Probe* probe, const Window* window, int index, int64_t* length) noexcept nogil:
    """The length of the marker that stands at `at`, 0 where none does."""
    cdef const Matcher* matcher = &probe.program.matchers[index]
    cdef int64_t read = 0
    cdef int64_t size = min(window.end - probe.at, matcher.longest)
    cdef const uint8_t* found = bytes_at(window, probe.at, probe.at + size)
    cdef int result
    if found == NULL:
        return reject(probe, R_NOISE)
    result = match(matcher, found, size, window.final, &read)
    if result == UNDECIDED:
        probe.need = window.end + 1
        return NEED
    look(probe, probe.at + read)
    probe.cut = probe.at + read > window.end
    length[0] = result
    return GO_ON


cdef int stands(Probe* probe, const Window* window, int index, int64_t least, int64_t* length) noexcept nogil:
    """The length of the end pattern that stands at `at`, the longest that fits; 0 where none does."""
    cdef const Matcher* matcher = &probe.program.matchers[index]
    cdef int64_t room = probe.limit - least - probe.at
    cdef int64_t there = window.end - probe.at
    cdef int64_t agree
    cdef int k
    cdef bint cut = False
    if room < matcher.shortest:
        return reject(probe, probe.beyond)
    if matcher.count == 1 and matcher.sizes[0] == 1 and there > 0:
        length[0] = byte_at(window, probe.at) == matcher.bytes[0][0]
        look(probe, probe.at + 1)
        probe.cut = 0
        return GO_ON
    length[0] = 0
    for k in range(matcher.count):  # the longest first
        if matcher.sizes[k] > room:
            continue
        agree = agreeing(matcher, k, window, probe.at)
        if agree == matcher.sizes[k]:
            length[0] = agree
            look(probe, probe.at + agree)
            break
        if agree == there:
            if not window.final:
                probe.need = window.end + 1
                return NEED
            cut = True
        else:
            look(probe, probe.at + agree + 1)
    if cut:
        probe.seen = window.end + 1
    probe.cut = cut
    return GO_ON


cdef int64_t agreeing(const Matcher* matcher, int alternative, const Window* window, int64_t offset) noexcept nogil:
    """How many bytes from a place on agree with an alternative, as far as they are at hand."""
    cdef int64_t size = min(<int64_t>matcher.sizes[alternative], window.end - offset)
    cdef const uint8_t* found = bytes_at(window, offset, offset + size)
    cdef int64_t index = 0
    if found == NULL:
        return 0
    while index < size and found[index] == matcher.bytes[alternative][index]:
        index += 1
    return index


cdef int pattern_inside(Probe* probe, const Window* window, int index, int64_t* length) noexcept nogil:
    """The same at a known place in the unstuffed bytes."""
    cdef const Matcher* matcher = &probe.program.matchers[index]
    cdef int64_t read = 0
    cdef int64_t size
    cdef const uint8_t* found
    cdef int result
    while True:
        size = have(probe) - probe.taken
        found = logical_at(probe, window, probe.taken, have(probe))
        if found == NULL:
            return reject(probe, R_NOISE)
        result = match(matcher, found, size, probe.closed or not probe.inside, &read)
        if result != UNDECIDED:
            probe.cut = read > size
            length[0] = result
            return GO_ON
        result = unstuff(probe, window, 1)
        if result:
            return result
