# Numbers: how they stand in a frame, and where they are looked up. Operations of `run` in `probing.pxi`, and what else asks.

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
    """A number as `number_type` in lowering/program.py numbers the kinds; False where its digits are none."""
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


cdef int varying(Probe* probe, const Window* window, const Operation* op) noexcept nogil:
    """A number that tells by itself how many bytes it has. `probe.known` counts them, `probe.begin` holds the value so far."""
    cdef int result
    if not probe.phase:
        probe.phase, probe.known, probe.begin = 1, 0, 0
    if op.a == UTF8:
        result = like_a_character(probe, window)
    elif op.a >= DECIMAL:
        result = ended_digits(probe, window, op)
    else:
        result = base_128(probe, window, op)
    if result:
        return result
    probe.phase = 0
    if op.a == ZIGZAG:
        probe.begin = (probe.begin >> 1) ^ -(probe.begin & 1)
    if op.c >= 0:
        store(probe, op.c, probe.begin)
    return GO_ON


cdef int base_128(Probe* probe, const Window* window, const Operation* op) noexcept nogil:
    """Seven bits a byte."""
    cdef int result
    cdef const uint8_t* found
    while True:
        if probe.known == ULEB128_MOST:
            return reject(probe, R_FIELD)
        result = take(probe, window, 1)
        if result:
            return result
        found = logical_at(probe, window, probe.taken - 1, probe.taken)
        if found == NULL:
            return reject(probe, R_NOISE)
        if op.a == VLQ:
            if probe.begin >> 56 == 0:
                probe.begin = probe.begin << 7 | (found[0] & 0x7F)
            elif op.c >= 0:
                return PYTHON  # beyond 63 bits
        else:
            if probe.known == 9 and found[0] & 0x7F and op.c >= 0:
                return PYTHON  # beyond 63 bits
            if probe.known < 9:
                probe.begin |= <int64_t>(found[0] & 0x7F) << (7 * probe.known)
        probe.known += 1
        if found[0] < 0x80:
            return GO_ON


cdef int ended_digits(Probe* probe, const Window* window, const Operation* op) noexcept nogil:
    """ASCII digits, and the byte that ends them."""
    cdef int result
    cdef const uint8_t* found
    cdef int64_t digit = 0
    while True:
        result = take(probe, window, 1)
        if result:
            return result
        found = logical_at(probe, window, probe.taken - 1, probe.taken)
        if found == NULL:
            return reject(probe, R_NOISE)
        if found[0] == op.b:
            return GO_ON if probe.known else reject(probe, R_FIELD)
        if probe.known == op.d or not read_digits(4 if op.a == HEXADECIMAL else 5, 1, found, &digit):
            return reject(probe, R_FIELD)
        probe.begin = probe.begin * (16 if op.a == HEXADECIMAL else 10) + digit
        probe.known += 1


cdef int like_a_character(Probe* probe, const Window* window) noexcept nogil:
    """The first byte has as many leading ones as there are bytes, none where there is one."""
    cdef int ones = 0
    cdef int result
    cdef const uint8_t* found
    if not probe.known:
        result = take(probe, window, 1)
        if result:
            return result
        probe.known = 1
    found = logical_at(probe, window, probe.taken - 1, probe.taken)
    if found == NULL:
        return reject(probe, R_NOISE)
    while ones < 8 and found[0] << ones & 0x80:
        ones += 1
    if ones == 1 or ones == 8:
        return reject(probe, R_FIELD)
    probe.begin = found[0] & (0x7F >> ones)
    if ones:
        result = take(probe, window, ones - 1)
        if result:
            return result
        found = logical_at(probe, window, probe.taken - ones + 1, probe.taken)
        if found == NULL:
            return reject(probe, R_NOISE)
    while ones > 1:
        if found[0] & 0xC0 != 0x80:
            return reject(probe, R_FIELD)
        probe.begin = probe.begin << 6 | (found[0] & 0x3F)
        found += 1
        ones -= 1
    return GO_ON


# --- sets and tables -------------------------------------------------------------------------------------------------

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
    cdef int result = evaluate(probe, expression, &by)
    if result:
        return result
    return GO_ON if entry(entries, by, value) else reject(probe, R_LENGTH)
