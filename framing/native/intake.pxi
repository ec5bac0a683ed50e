# Bytes for a probe: off the wire, out of the stuffed area, up to an end pattern. The C side of `probing/intake.py`.
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
        return reject(probe, probe.beyond)
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
