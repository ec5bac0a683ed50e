# Open data: how much there is, its end tells, be it a pattern or the end of the stuffed area.
#
# Where candidates overlap, each looks at the same bytes. What has been looked for in vain is remembered in a `Memo`.

cdef int open_raw(Probe* probe, const Window* window, const Operation* op) noexcept nogil:
    """Open data up to its end pattern. A byte is known to be data once the tail's bytes stand behind it.

    `begin` and `known` are logical: where the data begins, and up to where they are known to be in the character set.
    """
    cdef int64_t tail = probe.values[op.d] if op.d >= 0 else op.y
    cdef int64_t length = 0
    cdef int64_t size, odd, behind
    cdef int result
    if not probe.phase:
        probe.phase, probe.begin, probe.known = 1, probe.taken, probe.taken
    while True:
        if op.b >= 0:
            odd = first_odd(probe, window, op, probe.known, max(probe.known, have(probe) - tail))
            if odd < have(probe) - tail:
                return reject(probe, R_TRUNCATED if probe.cut else R_FIELD)
            probe.known = max(probe.known, odd)
        behind = to_next_begin(probe, window, op, tail)
        if behind > probe.at:
            if probe.program.stuffed:
                result = raw(probe, window, 1 if probe.exact else behind - probe.at)
                if result:
                    return result
                probe.cut = 0
                continue
            if op.b >= 0:
                odd = first_odd(probe, window, op, probe.known, max(probe.known, behind - probe.start - tail))
                if odd < behind - probe.start - tail:
                    look(probe, probe.start + odd + tail + 1)
                    return reject(probe, R_FIELD)
                probe.known = max(probe.known, odd)
            probe.at, probe.cut = behind, 0
            look(probe, behind)
            continue
        result = stands(probe, window, op.a, op.x, &length)
        if result:
            return result
        if length:
            break
        if probe.at + 1 > window.end:
            return lacks(probe, window, probe.at + 1) if probe.at + 1 <= probe.limit else reject(probe, probe.beyond)
        remember_no_stop(probe, op)
        result = raw(probe, window, 1)
        if result:
            return result
    size = have(probe) - probe.begin - tail
    if size < 0:
        return reject(probe, R_TRUNCATED)
    if op.b >= 0 and first_odd(probe, window, op, probe.known, probe.begin + size) < probe.begin + size:
        return reject(probe, R_TRUNCATED if probe.cut else R_FIELD)
    probe.taken = probe.begin + size
    probe.phase = 0
    if op.c >= 0:
        store(probe, op.c, size)
    return GO_ON


cdef int64_t to_next_begin(Probe* probe, const Window* window, const Operation* op, int64_t tail) noexcept nogil:
    """The next place, as far as bytes and room reach, where the end pattern could begin.

    How far one looks at a place where it only begins is part of an exact verdict. So an exact probe passes over a stretch
    without an end all but its last places, whose looks reach as far as any before them.
    """
    cdef const Matcher* matcher = &probe.program.matchers[op.a]
    cdef Memo* memo = &probe.memos[op.memo]
    cdef int64_t last = min(window.end, probe.limit - op.x - matcher.shortest + 1)
    cdef int64_t at = probe.at
    cdef int64_t behind
    cdef const uint8_t* found
    cdef const uint8_t* begun
    cdef int64_t index = 0
    if probe.exact and not probe.program.stuffed and op.b >= 0 and at < last:
        # Up to where a byte outside the character set shows.
        behind = max(probe.known, last - probe.start - tail)
        last = min(last, probe.start + first_odd(probe, window, op, probe.known, behind) + tail + 1)
    if memo.stop_lo <= at < memo.stop_hi:
        behind = min(memo.stop_hi, max(at, last))
        if not probe.exact:
            return behind
        behind -= matcher.longest - 1
        if behind > at and not probe.program.stuffed:
            return behind
    if at >= last:
        return at
    found = bytes_at(window, at, last)
    if found == NULL:
        return at
    if matcher.only >= 0:
        begun = <const uint8_t*>memchr(found, matcher.only, last - at)
        index = last - at if begun == NULL else begun - found
    else:
        while index < last - at and not matcher.begins[found[index]]:
            index += 1
    if index:
        note_no_stop(memo, at, at + index)
    return at + index


cdef void remember_no_stop(Probe* probe, const Operation* op) noexcept nogil:
    """No end stands at `at`, and neither for want of room nor because the stream ends there."""
    cdef const Matcher* matcher = &probe.program.matchers[op.a]
    if not probe.cut and probe.at <= probe.limit - op.x - matcher.longest:
        note_no_stop(&probe.memos[op.memo], probe.at, probe.at + 1)


cdef inline void note_no_stop(Memo* memo, int64_t begin, int64_t end) noexcept nogil:
    """No end pattern stands at [begin, end)."""
    if not memo.stop_lo <= begin <= memo.stop_hi:
        memo.stop_lo = memo.stop_hi = begin
    memo.stop_hi = max(memo.stop_hi, end)


cdef int open_area(Probe* probe, const Window* window, const Operation* op) noexcept nogil:
    """Open data up to the end of the stuffed area."""
    cdef int64_t tail = probe.values[op.d] if op.d >= 0 else op.y
    cdef int64_t size, odd, known, begin
    cdef int result
    if not probe.phase:
        probe.phase, probe.begin, probe.known = 1, probe.taken, probe.taken
    while True:
        if op.b >= 0:
            known = max(probe.known, probe.length - tail)
            odd = first_odd(probe, window, op, probe.known, known)
            if odd < known:
                return reject(probe, R_TRUNCATED if probe.cut else R_FIELD)
            probe.known = known
        if probe.closed:
            break
        if probe.program.delimited and not (op.b >= 0 and probe.exact):
            begin = probe.at
            result = unstuff_all(probe, window)
            if result:
                return result
            if probe.at > begin:
                continue
        result = unstuff(probe, window, 1 if op.b >= 0 and probe.exact else HUGE_SIZE)
        if result:
            return result
    size = probe.length - probe.begin - tail
    if size < 0:
        return reject(probe, R_TRUNCATED)
    if op.b >= 0 and first_odd(probe, window, op, probe.known, probe.begin + size) < probe.begin + size:
        return reject(probe, R_TRUNCATED if probe.cut else R_FIELD)
    probe.taken = probe.begin + size
    probe.phase = 0
    if op.c >= 0:
        store(probe, op.c, size)
    return GO_ON
