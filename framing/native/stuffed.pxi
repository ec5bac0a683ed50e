# The stuffed area: its bytes unstuffed one by one, or in runs where they stand for themselves.
#
# What the functions return is as in `intake.pxi`.

cdef enum:
    SHORT_BLOCK = 32            # bytes of a block that are copied at once, whatever its size

cdef int unstuffed(Probe* probe, const Window* window, int64_t size) noexcept nogil:
    """Unstuffs until `size` logical bytes wait to be taken; TRUNCATED where the area ends before."""
    cdef int result
    while probe.length - probe.taken < size:
        if probe.closed:
            return reject(probe, R_TRUNCATED)
        result = unstuff(probe, window, size - (probe.length - probe.taken))
        if result:
            return result
    return GO_ON


cdef int unstuff(Probe* probe, const Window* window, int64_t wanted) noexcept nogil:
    """Takes wire bytes of the area: a run of ordinary ones up to `wanted` logical bytes, or one of any kind, or its end."""
    cdef const Program* program = probe.program
    cdef int64_t length, run
    cdef uint8_t byte
    cdef int result
    if not program.watch_marker:
        run = plain_run(probe, window, wanted)
        if run < 0:
            return REJECT
        if run:
            probe.cut = 0
            return GO_ON
    if program.stop >= 0 and not is_inside(probe):
        result = stands(probe, window, program.stop, program.stop_least, &length)
        if result:
            return result
        if length:
            probe.closed = 1
            return finish_area(probe)
    if program.wired and probe.at == probe.area_end:
        probe.closed = 1
        return finish_area(probe)
    if probe.at + 1 > probe.limit:
        return reject(probe, probe.beyond)
    if probe.at + 1 > window.end:
        return lacks(probe, window, probe.at + 1)
    byte = byte_at(window, probe.at)
    probe.at += 1
    look(probe, probe.at)
    if byte == program.delimiter:
        probe.closed = 1
        return finish_area(probe)
    if program.watch_marker and marker_behind(probe, window):
        return reject(probe, R_MARKER)
    if reserve(probe, 2):
        return REJECT
    return push(probe, byte)


cdef int unstuff_all(Probe* probe, const Window* window) noexcept nogil:
    """Unstuffs what is at hand up to the delimiter; whatever is odd is left to `unstuff`."""
    cdef const Program* program = probe.program
    cdef int64_t most = min(window.end, probe.limit) - probe.at
    cdef int64_t all = most
    cdef const uint8_t* source
    cdef const uint8_t* close
    cdef int64_t count
    if most <= 0:
        return GO_ON
    source = bytes_at(window, probe.at, probe.at + most)
    if source == NULL:
        return reject(probe, R_NOISE)
    close = <const uint8_t*>memchr(source, program.delimiter, most)
    if close != NULL:
        most = close - source
    if reserve(probe, most + 1 + SHORT_BLOCK):
        return REJECT
    count = uncobs(probe, source, most, all) if program.cobs else unescape(probe, source, most)
    probe.at += count
    look(probe, probe.at)
    return GO_ON


cdef int64_t uncobs(Probe* probe, const uint8_t* source, int64_t size, int64_t all) noexcept nogil:
    """Bytes without a zero, block by block; `all` bytes may be read, and there is room for SHORT_BLOCK bytes too many."""
    cdef uint8_t* to = probe.logical + probe.length
    cdef int64_t index = 0
    cdef int64_t run
    while index < size:
        if probe.left == 0:
            if probe.cobs_code != 255:
                to[0] = 0
                to += 1
            probe.cobs_code, probe.left = source[index], source[index] - 1
            index += 1
        run = min(<int64_t>probe.left, size - index)
        if run <= SHORT_BLOCK and index + SHORT_BLOCK <= all:
            memcpy(to, source + index, SHORT_BLOCK)  # a known size takes no call
        else:
            memcpy(to, source + index, run)
        to += run
        index += run
        probe.left -= <int>run
    probe.length = to - probe.logical
    return index


cdef int64_t unescape(Probe* probe, const uint8_t* source, int64_t size) noexcept nogil:
    """Bytes by the table of states, up to one that cannot stand."""
    cdef const Program* program = probe.program
    cdef const uint8_t* plain = program.plain
    cdef uint8_t* to = probe.logical + probe.length
    cdef int64_t index = 0
    cdef uint32_t step
    while index < size:
        if probe.state == 0:
            while index + 8 <= size and (
                plain[source[index]] & plain[source[index + 1]] & plain[source[index + 2]] & plain[source[index + 3]]
                & plain[source[index + 4]] & plain[source[index + 5]] & plain[source[index + 6]] & plain[source[index + 7]]
            ):
                memcpy(to, source + index, 8)
                to += 8
                index += 8
            if index == size:
                break
        step = program.states[(<int64_t>probe.state << 8) + source[index]]
        if step == WRONG:
            break
        if step & 0x100:
            to[0] = step & 0xFF
            to += 1
        probe.state = step >> 16
        index += 1
    probe.length = to - probe.logical
    return index


cdef inline bint is_inside(const Probe* probe) noexcept nogil:
    return not probe.program.cobs and probe.state >= probe.program.first_inside


cdef int64_t plain_run(Probe* probe, const Window* window, int64_t wanted) noexcept nogil:
    """Takes a run of bytes that stand for themselves and begin no end pattern; how many, or -1 when out of memory."""
    cdef const Program* program = probe.program
    cdef int64_t most = min(min(window.end, probe.limit) - probe.at, wanted)
    cdef int64_t count = 0
    cdef const uint8_t* source
    cdef const uint8_t* zero
    if program.cobs:
        most = min(most, probe.left)
    elif probe.state:
        return 0
    if program.stop >= 0:  # further on no end fits, which is to be seen there
        most = min(most, probe.limit - program.stop_least - program.matchers[program.stop].shortest + 1 - probe.at)
    if program.wired:
        most = min(most, probe.area_end - probe.at)
    if most <= 0:
        return 0
    source = bytes_at(window, probe.at, probe.at + most)
    if source == NULL:
        return 0
    if program.cobs:
        zero = <const uint8_t*>memchr(source, 0, most)
        count = most if zero == NULL else zero - source
        probe.left -= <int>count
    else:
        while count + 8 <= most and (
            program.plain[source[count]] & program.plain[source[count + 1]] & program.plain[source[count + 2]]
            & program.plain[source[count + 3]] & program.plain[source[count + 4]] & program.plain[source[count + 5]]
            & program.plain[source[count + 6]] & program.plain[source[count + 7]]
        ):
            count += 8
        while count < most and program.plain[source[count]]:
            count += 1
    if reserve(probe, count + 1):
        return -1
    memcpy(probe.logical + probe.length, source, count)
    probe.length += count
    probe.at += count
    look(probe, probe.at)
    return count


cdef int push(Probe* probe, uint8_t byte) noexcept nogil:
    """One wire byte of the area, by the rules of the stuffing."""
    cdef const Program* program = probe.program
    cdef uint32_t step
    if program.cobs:
        if byte == 0:
            return reject(probe, R_ESCAPE)
        if probe.left:
            probe.left -= 1
            probe.logical[probe.length] = byte
            probe.length += 1
            return GO_ON
        if probe.cobs_code != 255:
            probe.logical[probe.length] = 0
            probe.length += 1
        probe.cobs_code, probe.left = byte, byte - 1
        return GO_ON
    step = program.states[(<int64_t>probe.state << 8) + byte]
    if step == WRONG:
        return reject(probe, R_MARKER if byte == program.full_run or program.escape_is_marker else R_ESCAPE)
    if step & 0x100:
        probe.logical[probe.length] = step & 0xFF
        probe.length += 1
    probe.state = step >> 16
    return GO_ON


cdef int finish_area(Probe* probe) noexcept nogil:
    """The area is closed: nothing may be half done."""
    if probe.program.cobs:
        if probe.left:
            if probe.program.cobs == 1:
                return reject(probe, R_ESCAPE)
            if reserve(probe, 1):
                return REJECT
            probe.logical[probe.length] = <uint8_t>probe.cobs_code
            probe.length += 1
    elif is_inside(probe):
        return reject(probe, R_ESCAPE)
    return GO_ON


cdef void enter_area(Probe* probe) noexcept nogil:
    probe.inside = 1
    probe.area_start, probe.area_taken = probe.at, probe.taken


cdef int leave_area(Probe* probe, const Window* window) noexcept nogil:
    """The area's parts are complete: nothing may be left in it."""
    cdef const Program* program = probe.program
    cdef int result
    if program.delimiter >= 0 or program.wired:
        while not probe.closed and probe.length == probe.taken:
            result = unstuff(probe, window, 1)
            if result:
                return result
    while not probe.closed and program.full_run >= 0 and is_inside(probe):  # the byte behind a full run is due
        result = unstuff(probe, window, 1)
        if result:
            return result
    if probe.length != probe.taken:
        return reject(probe, R_FIELD)
    probe.inside = 0
    probe.area_end, probe.area_left = probe.at, probe.taken
    return GO_ON


cdef inline int64_t on_the_wire(const Probe* probe, int64_t logical) noexcept nogil:
    """Where a place that is not within the stuffed area stands in the stream."""
    if logical <= probe.area_taken:
        return probe.start + logical
    return probe.area_end + logical - probe.area_left


cdef bint marker_behind(Probe* probe, const Window* window) noexcept nogil:
    """Whether a raw marker ends with the byte just taken, all of it inside the stuffed area."""
    cdef const Matcher* matcher = &probe.program.matchers[probe.program.marker]
    cdef const uint8_t* found
    cdef int64_t begin
    cdef int k
    for k in range(matcher.count):
        begin = probe.at - matcher.sizes[k]
        if begin < probe.area_start:
            continue
        found = bytes_at(window, begin, probe.at)
        if found != NULL and stands_among(matcher, found, matcher.sizes[k]):
            return True
    return False
