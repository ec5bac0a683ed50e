# Checksums of a candidate: of the frame, and of data in blocks. `prefixes.pxi` does the sums themselves.
#
# Checks that fail cost time and bring in nothing. When they have cost too much, prefix states are kept, so that candidates
# that overlap do not add up the same bytes again.

cdef inline bint is_guarded(const Probe* probe, const Guard* guard) noexcept nogil:
    """Whether failed checks have cost so much that prefix states are worth their while."""
    return guard.spent > GUARD_FREE + 2 * (probe.start - probe.origin)


cdef int summed(
    Probe* probe, const Window* window, int algorithm, sums.State* state, int64_t begin, int64_t end
) noexcept nogil:
    """Adds the logical bytes [begin, end) to a checksum."""
    cdef const uint8_t* found
    if not probe.program.stuffed:
        return summed_raw(probe, window, algorithm, state, probe.start + begin, probe.start + end)
    found = logical_at(probe, window, begin, end)
    if found == NULL:
        return reject(probe, R_NOISE)
    sums.add(probe.program.algorithms[algorithm], state, found, end - begin)
    return GO_ON


cdef int summed_raw(
    Probe* probe, const Window* window, int algorithm, sums.State* state, int64_t begin, int64_t end
) noexcept nogil:
    """Adds the bytes [begin, end) of the stream to a checksum."""
    cdef Guard* guard = &probe.guards[algorithm]
    cdef const sums.Sum* known = probe.program.algorithms[algorithm]
    cdef const uint8_t* found
    if begin > end or end > probe.at:
        (<Window*>window).fault = 1
        return reject(probe, R_NOISE)
    found = bytes_at(window, begin, end)
    if found == NULL:
        return reject(probe, R_NOISE)
    if end - begin > 32 and is_guarded(probe, guard):
        if sums.cover(known, &guard.prefix, window.bytes, window.base, begin, end):
            probe.out_of_memory = 1
            return reject(probe, R_NOISE)
        sums.add_covered(known, state, &guard.prefix, window.bytes, window.base, begin, end)
    else:
        sums.add(known, state, found, end - begin)
    return GO_ON


cdef int verify(Probe* probe, const Window* window, const Check* check) noexcept nogil:
    cdef const sums.Sum* known = probe.program.algorithms[check.algorithm]
    cdef int64_t begin = place(probe, check.begin)
    cdef int64_t end = place(probe, check.end)
    cdef int64_t size = end - begin
    cdef int64_t own, extra = 0
    cdef sums.State state
    cdef const uint8_t* found
    cdef uint8_t byte
    cdef int result, k
    if check.table >= 0:
        result = look_up(probe, check.table, check.by, &extra)
        if result:
            return result
        if extra < 0 or extra > 255:
            return reject(probe, R_LENGTH)
    sums.begin(known, &state)
    if check.wire:
        begin, end = on_the_wire(probe, begin), on_the_wire(probe, end)
        result = summed_raw(probe, window, check.algorithm, &state, begin, end)
    elif check.size:
        own = place(probe, check.own)
        result = summed(probe, window, check.algorithm, &state, begin, own)
        if result:
            return result
        sums.add_zeros(known, &state, check.size)
        result = summed(probe, window, check.algorithm, &state, own + check.size, end)
    else:
        for k in range(check.masks_count):
            own = place(probe, check.masks[k].place) + check.masks[k].offset
            found = logical_at(probe, window, own, own + 1)
            if found == NULL or summed(probe, window, check.algorithm, &state, begin, own):
                return reject(probe, R_NOISE)
            byte = found[0] & <uint8_t>check.masks[k].bits
            sums.add(known, &state, &byte, 1)
            begin = own + 1
        result = summed(probe, window, check.algorithm, &state, begin, end)
    if result:
        return result
    if check.table >= 0:
        byte = <uint8_t>extra
        sums.add(known, &state, &byte, 1)
    return compared(probe, check.algorithm, &state, <uint64_t>probe.values[check.value], size)


cdef inline int compared(Probe* probe, int algorithm, sums.State* state, uint64_t stated, int64_t cost) noexcept nogil:
    if sums.finish(probe.program.algorithms[algorithm], state) == stated:
        probe.checked = 1
        return GO_ON
    if is_guarded(probe, &probe.guards[algorithm]):
        cost = min(cost, GUARDED_COST)
    probe.guards[algorithm].spent += cost
    return reject(probe, R_CHECKSUM)


cdef int blocks(Probe* probe, const Window* window, const Operation* op) noexcept nogil:
    """Data in blocks, each with its checksum behind it. `known` counts the data bytes that are done."""
    cdef const Check* check = &probe.program.checks[op.b]
    cdef int64_t size = probe.values[op.a]
    cdef int64_t count, begin, good
    cdef int64_t stated = 0
    cdef sums.State state
    cdef const uint8_t* found
    cdef int result
    if not probe.phase:
        probe.phase, probe.known = 1, 0
    while probe.known < size:
        good = good_blocks(probe, op, check, (size - probe.known) // op.x)
        if good:
            result = take(probe, window, good * (op.x + check.size))
            if result:
                return result
            probe.known += good * op.x
            continue
        count = min(op.x, size - probe.known)
        result = take(probe, window, count + check.size)
        if result:
            return result
        begin = probe.taken - check.size - count
        sums.begin(probe.program.algorithms[check.algorithm], &state)
        result = summed(probe, window, check.algorithm, &state, begin, begin + count)
        found = logical_at(probe, window, begin + count, probe.taken)
        if result or found == NULL:
            return reject(probe, R_NOISE)
        if not read_number(check.value, check.size, found, &stated):
            return reject(probe, R_FIELD)
        result = compared(probe, check.algorithm, &state, <uint64_t>stated, count)
        if result:
            return result
        if count == op.x:
            remember_good(probe, op, check, probe.start + begin)
        probe.known += count
    probe.phase = 0
    store(probe, op.c, size)
    return GO_ON


cdef int64_t good_blocks(Probe* probe, const Operation* op, const Check* check, int64_t most) noexcept nogil:
    """How many whole blocks from here on are known to be good, by an earlier candidate."""
    cdef Memo* memo = &probe.memos[op.memo]
    cdef int64_t step = op.x + check.size
    cdef int64_t begin = probe.start + probe.taken
    cdef int64_t phase = begin % step
    if memo.good_lo == NULL or probe.program.stuffed or not memo.good_lo[phase] <= begin < memo.good_hi[phase]:
        return 0
    return min(most, (memo.good_hi[phase] - begin) // step)


cdef void remember_good(Probe* probe, const Operation* op, const Check* check, int64_t begin) noexcept nogil:
    cdef Memo* memo = &probe.memos[op.memo]
    cdef int64_t step = op.x + check.size
    cdef int64_t phase = begin % step
    if memo.good_lo == NULL or probe.program.stuffed:
        return
    if memo.good_hi[phase] != begin:
        memo.good_lo[phase] = begin
    memo.good_hi[phase] = begin + step


def guard_from(int64_t spent):
    """From how many bytes on, beside twice those consumed, failed checksums bring in prefix states; returns what it was.

    For tests and measurements: 65,536 is what was found best. It holds for all streams of the process.
    """
    global GUARD_FREE
    before = GUARD_FREE
    GUARD_FREE = spent
    return before
