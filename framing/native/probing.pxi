# Does a frame start here? The C side of `probing/probe.py`: one candidate of one format, suspended where bytes are missing.
#
# `run` carries out the operations of a program. It returns ACCEPT with the frame's end in `probe.at`, REJECT with
# `probe.reason`, ABSENT, NEED with `probe.need`, or PYTHON. After NEED it is called again, with more bytes or with
# `window.final`, and goes on at the same operation.

cdef void begin_probe(
    Probe* probe, const Program* program, Guard* guards, Memo* memos, int64_t origin, int64_t start, bint exact
) noexcept nogil:
    """A new candidate. `exact`: `probe.seen` must be true to the byte, which early order asks for."""
    probe.program, probe.guards, probe.memos = program, guards, memos
    cdef int64_t block_end
    probe.origin, probe.start, probe.limit, probe.beyond = origin, start, start + program.max_size, R_TOO_LONG
    if program.block:
        block_end = start + program.block - (start - origin) % program.block
        if block_end <= probe.limit:
            probe.limit, probe.beyond = block_end, R_LENGTH
    probe.at = probe.seen = start
    probe.taken = probe.pc = probe.phase = probe.checked = 0
    probe.inside = probe.closed = probe.cut = 0
    probe.area_taken = HUGE_SIZE
    probe.exact = exact
    probe.state = probe.left = 0
    probe.cobs_code = 255
    probe.length = 0
    memset(probe.present, 0, program.slots)


cdef inline void store(Probe* probe, int slot, int64_t value) noexcept nogil:
    probe.values[slot] = value
    probe.present[slot] = 1


cdef int run(Probe* probe, const Window* window, bint ride) noexcept nogil:
    cdef const Program* program = probe.program
    cdef const Operation* op
    cdef int code
    cdef int result = GO_ON
    cdef int64_t value = 0
    while True:
        op = &program.operations[probe.pc]
        code = op.code
        if code == Step.NUMBER:
            result = number(probe, window, op)
        elif code == Step.LINEAR:
            result = linear(probe, op)
        elif code == Step.RANGE:
            value = probe.values[op.a]
            if value < op.x or value > op.y:
                return reject(probe, op.b)
        elif code == Step.MOVE:
            store(probe, op.a, probe.values[op.b])
        elif code == Step.DATA:
            result = data(probe, window, op)
        elif code == Step.EDGE:
            probe.edges[op.a] = probe.taken
        elif code == Step.VERIFY:
            result = verify(probe, window, &program.checks[op.a])
        elif code == Step.DONE:
            return ACCEPT
        elif code == Step.MARKER:
            result = marker(probe, window, op, ride)
        elif code == Step.SKIP:
            result = take(probe, window, op.x)
        elif code == Step.BITS:
            store(probe, op.c, <int64_t>(<uint64_t>probe.values[op.a] >> op.x & <uint64_t>op.y))
        elif code == Step.CONSTANT_BITS:
            if probe.values[op.a] & op.x != op.y:
                return reject(probe, R_FIELD)
        elif code == Step.OPEN:
            result = open_area(probe, window, op) if probe.inside else open_raw(probe, window, op)
        elif code == Step.PATTERN:
            result = inner_pattern(probe, window, op)
        elif code == Step.BLOCKS:
            result = blocks(probe, window, op)
        elif code == Step.ENTER:
            enter_area(probe)
        elif code == Step.LEAVE:
            result = leave_area(probe, window)
        elif code == Step.JUMP:
            probe.pc = op.a
            continue
        elif code == Step.PRESENT or code == Step.HOLDS or code == Step.BRANCH:
            if code == Step.BRANCH:
                result = evaluate(probe, op.b, &value)
                if result:
                    return result
            else:
                value = probe.present[op.b] if code == Step.PRESENT else probe.values[op.b]
            if not value:
                probe.pc = op.a
                continue
        else:
            result = rare(probe, window, op)
        if result:
            return result
        if op.edge >= 0:
            probe.edges[op.edge] = probe.taken
        if op.check >= 0:
            result = verify(probe, window, &program.checks[op.check])
            if result:
                return result
        probe.pc += 1


cdef int rare(Probe* probe, const Window* window, const Operation* op) noexcept nogil:
    """The operations that most formats do without."""
    cdef int code = op.code
    cdef int64_t value = 0
    cdef int result
    if code == Step.ONE_OF:
        return GO_ON if contains(&probe.program.sets[op.b], probe.values[op.a]) else reject(probe, R_FIELD)
    if code == Step.EQUALS or code == Step.VALID or code == Step.TRUTH:
        result = evaluate(probe, op.b, &value)
        if result:
            return result
        if code == Step.TRUTH:
            store(probe, op.a, value != 0)
            return GO_ON
        if code == Step.EQUALS:
            value = value == probe.values[op.a]
        return GO_ON if value else reject(probe, R_FIELD)
    if code == Step.VARYING:
        return varying(probe, window, op)
    if code == Step.GIVEN:
        return GO_ON if probe.present[op.a] else reject(probe, op.b)
    if code == Step.LOOKUP:
        result = look_up(probe, op.a, op.b, &value)
        store(probe, op.c, value)
        return result
    if code == Step.SIZE:
        result = evaluate(probe, op.b, &value)
        store(probe, op.c, value)
        return reject(probe, R_LENGTH) if result == GO_ON and value < 0 else result
    if code == Step.FAIL:
        return reject(probe, op.a)
    if code == Step.SET:
        store(probe, op.a, op.x)
        return GO_ON
    if code == Step.ADD:
        return add(probe, op)
    if code == Step.AREA:
        if probe.values[op.a] > HUGE_SIZE:
            return PYTHON
        probe.area_end = probe.at + probe.values[op.a]
        return GO_ON
    if code == Step.SPAN:
        probe.values[op.a] -= place(probe, op.c) - place(probe, op.b)
        return GO_ON
    return within_room(probe, op)


cdef inline int64_t place(const Probe* probe, int where) noexcept nogil:
    """A logical place: constant, or as it was noted."""
    return probe.edges[where] if where >= 0 else -1 - where


# --- sizes -----------------------------------------------------------------------------------------------------------

cdef int linear(Probe* probe, const Operation* op) noexcept nogil:
    cdef int64_t value = 0
    if overflows_times(probe.values[op.b], op.x, &value) or overflows_plus(value, op.y, &value):
        return PYTHON
    store(probe, op.a, value)
    return GO_ON


cdef int add(Probe* probe, const Operation* op) noexcept nogil:
    """Adds a constant and a number of bytes, with their block checksums."""
    cdef int64_t size = probe.values[op.b] if op.b >= 0 else 0
    cdef int64_t total = probe.values[op.a]
    if size > HUGE_SIZE:
        return PYTHON
    if op.y:
        size += (size + op.y - 1) // op.y * op.d
    if overflows_plus(total, op.x, &total) or overflows_plus(total, op.c * size, &total):
        return PYTHON
    probe.values[op.a] = total
    return GO_ON


cdef int within_room(Probe* probe, const Operation* op) noexcept nogil:
    """Rejects where the frame cannot end within its largest size, or its block, any more."""
    cdef const Program* program = probe.program
    cdef int64_t behind = probe.values[op.a]
    cdef int64_t stuffed = probe.values[op.b]
    cdef int64_t begin = probe.at
    if program.stuffed and op.c:
        if probe.inside:
            begin = probe.area_start
            stuffed += probe.taken - probe.area_taken
        if stuffed > HUGE_SIZE:
            return PYTHON
        behind += 1 if program.cobs == 2 and stuffed == 0 else program.least_scale * stuffed + program.least_more
    if behind > probe.limit - begin:
        return reject(probe, probe.beyond)
    return GO_ON


# --- markers and data ------------------------------------------------------------------------------------------------

cdef inline int marker(Probe* probe, const Window* window, const Operation* op, bint ride) noexcept nogil:
    cdef int64_t length = probe.program.matchers[op.a].shortest
    cdef int result
    if not ride:
        result = matched(probe, window, op.a, &length)
        if result:
            return result
        if length == 0:
            return ABSENT
    result = raw(probe, window, length)
    probe.taken = length
    return result


cdef int inner_pattern(Probe* probe, const Window* window, const Operation* op) noexcept nogil:
    """A marker or an end at a known place: as it stands on the wire, or in the unstuffed bytes."""
    cdef int64_t length = 0
    cdef int result
    if probe.inside or have(probe) > probe.taken:
        result = pattern_inside(probe, window, op.a, &length)
    elif op.b:
        result = stands(probe, window, op.a, op.x, &length)
    else:
        result = matched(probe, window, op.a, &length)
    if result:
        return result
    if length == 0:
        return reject(probe, R_TRUNCATED if probe.cut else (R_FIELD if op.b else R_MARKER))
    return take(probe, window, length)


cdef inline int data(Probe* probe, const Window* window, const Operation* op) noexcept nogil:
    cdef int64_t size = probe.values[op.a]
    cdef int result = take(probe, window, size)
    if result:
        return result
    if op.b >= 0 and not allowed(probe, window, op, probe.taken - size, probe.taken):
        return reject(probe, R_FIELD)
    if op.c >= 0:
        store(probe, op.c, size)
    return GO_ON


cdef bint allowed(Probe* probe, const Window* window, const Operation* op, int64_t begin, int64_t end) noexcept nogil:
    """Whether the logical bytes are all in the character set."""
    return first_odd(probe, window, op, begin, end) == end


cdef int64_t first_odd(Probe* probe, const Window* window, const Operation* op, int64_t begin, int64_t end) noexcept nogil:
    """The first logical byte from `begin` on that is not in the character set, `end` where all are.

    Of raw bytes it is remembered how far they are good: the next candidate may cover them too.
    """
    cdef const uint8_t* charset = probe.program.charsets + 256 * op.b
    cdef Memo* memo = &probe.memos[op.memo]
    cdef const uint8_t* found
    cdef int64_t index = 0
    cdef int64_t size
    cdef int64_t known = 0
    if begin >= end:
        return end
    if not probe.program.stuffed:
        if memo.bad_lo <= probe.start + begin <= memo.bad_hi:
            known = memo.bad_hi - (probe.start + begin)
            if known >= end - begin:
                return end
        else:
            memo.bad_lo = memo.bad_hi = probe.start + begin
    size = end - begin
    if probe.program.stuffed:
        found = logical_at(probe, window, begin, end)
    else:
        found = bytes_at(window, probe.start + begin, probe.start + end)
    if found == NULL:
        return begin
    index = known
    while index + 8 <= size and (
        charset[found[index]] & charset[found[index + 1]] & charset[found[index + 2]] & charset[found[index + 3]]
        & charset[found[index + 4]] & charset[found[index + 5]] & charset[found[index + 6]] & charset[found[index + 7]]
    ):
        index += 8
    while index < size and charset[found[index]]:
        index += 1
    if not probe.program.stuffed:
        memo.bad_hi = probe.start + begin + index
    return begin + index
