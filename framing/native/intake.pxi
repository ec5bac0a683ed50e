# Bytes for a probe: off the wire, out of the stuffed area, up to an end pattern. The C side of `intake.py`.
#
# Every function returns GO_ON, or NEED with `probe.need`, or REJECT with `probe.reason`. Called again with more bytes at
# hand it goes on where it stood. Input bytes are only reached through `byte_at` and `bytes_at`, which check the place.

cdef inline uint8_t byte_at(const Window* window, int64_t offset) noexcept nogil:
    if offset < window.base or offset >= window.end:
        (<Window*>window).fault = 1
        return 0
    return window.bytes[offset - window.base]


cdef inline const uint8_t* bytes_at(const Window* window, int64_t begin, int64_t end) noexcept nogil:
    """The bytes [begin, end) of the stream; NULL, and a fault noted, where they are not at hand."""
    if begin < window.base or end > window.end or begin > end:
        (<Window*>window).fault = 1
        return NULL
    return window.bytes + (begin - window.base)


cdef inline int reject(Probe* probe, int reason) noexcept nogil:
    probe.reason = reason
    return REJECT


cdef inline void look(Probe* probe, int64_t end) noexcept nogil:
    if end > probe.seen:
        probe.seen = end


cdef inline int lacks(Probe* probe, const Window* window, int64_t end) noexcept nogil:
    """The bytes up to `end` are not there yet."""
    if window.final:
        probe.seen = window.end + 1
        return reject(probe, R_TRUNCATED)
    probe.need = end
    return NEED


cdef inline int64_t have(const Probe* probe) noexcept nogil:
    """Logical bytes so far."""
    return probe.length if probe.program.stuffed else probe.at - probe.start


cdef inline const uint8_t* logical_at(Probe* probe, const Window* window, int64_t begin, int64_t end) noexcept nogil:
    """The logical bytes [begin, end) of the frame; NULL, and a fault noted, where they are not at hand."""
    if begin < 0 or begin > end or end > have(probe):
        (<Window*>window).fault = 1
        return NULL
    if probe.program.stuffed:
        return probe.logical + begin
    return bytes_at(window, probe.start + begin, probe.start + end)


cdef int reserve(Probe* probe, int64_t more) noexcept nogil:
    """Room for `more` logical bytes."""
    cdef int64_t room = probe.room
    cdef uint8_t* larger
    if probe.length + more <= room:
        return GO_ON
    while probe.length + more > room:
        room = 2 * room + 256
    larger = <uint8_t*>realloc(probe.logical, room)
    if larger == NULL:
        probe.out_of_memory = 1
        return reject(probe, R_NOISE)
    probe.logical, probe.room = larger, room
    return GO_ON


cdef int raw(Probe* probe, const Window* window, int64_t size) noexcept nogil:
    """Takes wire bytes as they are."""
    cdef const uint8_t* source
    if size > probe.limit - probe.at:
        return reject(probe, R_TOO_LONG)
    if probe.at + size > window.end:
        return lacks(probe, window, probe.at + size)
    if probe.program.stuffed:
        if reserve(probe, size):
            return REJECT
        source = bytes_at(window, probe.at, probe.at + size)
        if source != NULL:
            memcpy(probe.logical + probe.length, source, size)
        probe.length += size
    probe.at += size
    look(probe, probe.at)
    return GO_ON


cdef inline int take(Probe* probe, const Window* window, int64_t size) noexcept nogil:
    """The next `size` logical bytes; behind them stands `taken`."""
    cdef int64_t missing = size - (have(probe) - probe.taken)
    cdef int result
    if missing > 0:
        result = unstuffed(probe, window, size) if probe.inside else raw(probe, window, missing)
        if result:
            return result
    probe.taken += size
    return GO_ON


# --- the stuffed area --------------------------------------------------------------------------------------------------

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
    if probe.at + 1 > probe.limit:
        return reject(probe, R_TOO_LONG)
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
    if reserve(probe, most + 1):
        return REJECT
    count = uncobs(probe, source, most) if program.cobs else unescape(probe, source, most)
    probe.at += count
    look(probe, probe.at)
    return GO_ON


cdef int64_t uncobs(Probe* probe, const uint8_t* source, int64_t size) noexcept nogil:
    """Bytes without a zero, block by block."""
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
    if program.delimiter >= 0:
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
    return GO_ON


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


# --- patterns ----------------------------------------------------------------------------------------------------------

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
        return reject(probe, R_TOO_LONG)
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
