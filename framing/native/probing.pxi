# Does a frame start here? The C side of `probing.py`: one candidate of one format, suspended where bytes are missing.
#
# `run` carries out the operations of a program. It returns ACCEPT with the frame's end in `probe.at`, REJECT with
# `probe.reason`, ABSENT, NEED with `probe.need`, or PYTHON. After NEED it is called again, with more bytes or with
# `window.final`, and goes on at the same operation.

cdef void begin_probe(
    Probe* probe, const Program* program, Guard* guards, Memo* memos, int64_t origin, int64_t start, bint exact
) noexcept nogil:
    """A new candidate. `exact`: `probe.seen` must be true to the byte, which early order asks for."""
    probe.program, probe.guards, probe.memos = program, guards, memos
    probe.origin, probe.start, probe.limit = origin, start, start + program.max_size
    probe.at = probe.seen = start
    probe.taken = probe.pc = probe.phase = probe.checked = 0
    probe.inside = probe.closed = probe.cut = 0
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
    if code == Step.ULEB128:
        return uleb128(probe, window, op)
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
    if code == Step.SPAN:
        probe.values[op.a] -= place(probe, op.c) - place(probe, op.b)
        return GO_ON
    return within_room(probe, op)


cdef inline int64_t place(const Probe* probe, int where) noexcept nogil:
    """A logical place: constant, or as it was noted."""
    return probe.edges[where] if where >= 0 else -1 - where


cdef bint contains(const Set* known, int64_t value) noexcept nogil:
    cdef int low = 0
    cdef int high = known.count
    cdef int middle
    while low < high:
        middle = (low + high) >> 1
        if known.values[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < known.count and known.values[low] == value


cdef int look_up(Probe* probe, int table, int expression, int64_t* value) noexcept nogil:
    """The entry of a table; LENGTH where there is none."""
    cdef const Table* entries = &probe.program.tables[table]
    cdef int64_t by = 0
    cdef int low = 0
    cdef int high = entries.count
    cdef int middle
    cdef int result = evaluate(probe, expression, &by)
    if result:
        return result
    while low < high:
        middle = (low + high) >> 1
        if entries.keys[middle] < by:
            low = middle + 1
        else:
            high = middle
    if low == entries.count or entries.keys[low] != by:
        return reject(probe, R_LENGTH)
    value[0] = entries.values[low]
    return GO_ON


# --- sizes -------------------------------------------------------------------------------------------------------------

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
    """TOO_LONG where the frame cannot end within its largest size any more."""
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
        return reject(probe, R_TOO_LONG)
    return GO_ON


# --- numbers -----------------------------------------------------------------------------------------------------------

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


cdef inline int number(Probe* probe, const Window* window, const Operation* op) noexcept nogil:
    cdef int result = take(probe, window, op.x + op.b)
    cdef int64_t value = 0
    cdef const uint8_t* found
    if result:
        return result
    found = logical_at(probe, window, probe.taken - op.b, probe.taken)
    if found == NULL:
        return reject(probe, R_NOISE)
    if not read_number(op.a, op.b, found, &value):
        return reject(probe, R_FIELD)
    if op.d and value < 0:
        return PYTHON
    if op.c >= 0:
        store(probe, op.c, value)
    return GO_ON


cdef inline bint read_number(int kind, int size, const uint8_t* found, int64_t* result) noexcept nogil:
    """A number as `_number_type` in program.py numbers the kinds; False where its digits are none."""
    cdef uint64_t value = 0
    cdef int k
    if kind <= 1:
        for k in range(size):
            value |= <uint64_t>found[k] << (8 * k)
    elif kind <= 3:
        for k in range(size):
            value = value << 8 | found[k]
    else:
        return read_digits(kind, size, found, result)
    if kind & 1 and size < 8 and value >> (8 * size - 1):
        value -= <uint64_t>1 << (8 * size)
    result[0] = <int64_t>value
    return True


cdef bint read_digits(int kind, int size, const uint8_t* found, int64_t* result) noexcept nogil:
    cdef int64_t value = 0
    cdef int k, digit
    cdef uint8_t byte
    for k in range(size):
        byte = found[size - 1 - k] if kind == 7 else found[k]
        if kind >= 6:  # two decimal digits a byte
            if byte >> 4 > 9 or byte & 15 > 9:
                return False
            value = value * 100 + (byte >> 4) * 10 + (byte & 15)
            continue
        if 48 <= byte <= 57:
            digit = byte - 48
        elif kind == 4 and 65 <= (byte & 0xDF) <= 70:
            digit = (byte & 0xDF) - 55
        else:
            return False
        value = value * (16 if kind == 4 else 10) + digit
    result[0] = value
    return True


cdef int uleb128(Probe* probe, const Window* window, const Operation* op) noexcept nogil:
    """Seven bits a byte. `probe.known` counts its bytes, `probe.begin` holds the value so far."""
    cdef int result
    cdef const uint8_t* found
    if not probe.phase:
        probe.phase, probe.known, probe.begin = 1, 0, 0
    while True:
        if probe.known == ULEB128_MOST:
            return reject(probe, R_FIELD)
        result = take(probe, window, 1)
        if result:
            return result
        found = logical_at(probe, window, probe.taken - 1, probe.taken)
        if found == NULL:
            return reject(probe, R_NOISE)
        if probe.known == 9 and found[0] & 0x7F and op.c >= 0:
            return PYTHON  # beyond 63 bits
        if probe.known < 9:
            probe.begin |= <int64_t>(found[0] & 0x7F) << (7 * probe.known)
        probe.known += 1
        if found[0] < 0x80:
            break
    probe.phase = 0
    if op.c >= 0:
        store(probe, op.c, probe.begin)
    return GO_ON


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


# --- data --------------------------------------------------------------------------------------------------------------

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
            return lacks(probe, window, probe.at + 1) if probe.at + 1 <= probe.limit else reject(probe, R_TOO_LONG)
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


# --- checksums ---------------------------------------------------------------------------------------------------------

cdef inline bint is_guarded(const Probe* probe, const Guard* guard) noexcept nogil:
    """Whether failed checks have cost so much that prefix states are worth their while."""
    return guard.spent > GUARD_FREE + 2 * (probe.start - probe.origin)


cdef int summed(
    Probe* probe, const Window* window, int algorithm, sums.State* state, int64_t begin, int64_t end
) noexcept nogil:
    """Adds the logical bytes [begin, end) to a checksum."""
    cdef Guard* guard = &probe.guards[algorithm]
    cdef const sums.Sum* known = probe.program.algorithms[algorithm]
    cdef const uint8_t* found = logical_at(probe, window, begin, end)
    if found == NULL:
        return reject(probe, R_NOISE)
    if end - begin > 32 and not probe.program.stuffed and is_guarded(probe, guard):
        if sums.cover(known, &guard.prefix, window.bytes, window.base, probe.start + begin, probe.start + end):
            probe.out_of_memory = 1
            return reject(probe, R_NOISE)
        sums.add_covered(known, state, &guard.prefix, window.bytes, window.base, probe.start + begin, probe.start + end)
    else:
        sums.add(known, state, found, end - begin)
    return GO_ON


cdef int verify(Probe* probe, const Window* window, const Check* check) noexcept nogil:
    cdef const sums.Sum* known = probe.program.algorithms[check.algorithm]
    cdef int64_t begin = place(probe, check.begin)
    cdef int64_t end = place(probe, check.end)
    cdef int64_t own, extra = 0
    cdef sums.State state
    cdef uint8_t byte
    cdef int result
    if check.table >= 0:
        result = look_up(probe, check.table, check.by, &extra)
        if result:
            return result
        if extra < 0 or extra > 255:
            return reject(probe, R_LENGTH)
    sums.begin(known, &state)
    if check.size:
        own = place(probe, check.own)
        result = summed(probe, window, check.algorithm, &state, begin, own)
        if result:
            return result
        sums.add_zeros(known, &state, check.size)
        result = summed(probe, window, check.algorithm, &state, own + check.size, end)
    else:
        result = summed(probe, window, check.algorithm, &state, begin, end)
    if result:
        return result
    if check.table >= 0:
        byte = <uint8_t>extra
        sums.add(known, &state, &byte, 1)
    return compared(probe, check.algorithm, &state, <uint64_t>probe.values[check.value], end - begin)


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
