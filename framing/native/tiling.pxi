# The stream as it is cut: frames and gap bytes in stream order, noted as marks in C. The C side of `streams/tiling.py`.
#
# Nothing here needs the interpreter; what marks become, event objects, columns or mere counts, is decided by who takes them.

cdef enum:
    REJECTS_KEPT = 16

cdef struct Rejected:
    int64_t offset
    int rank, reason

cdef struct Mark:
    int64_t start, end
    int rank                    # of the format; -1 for a gap
    int info                    # a frame: whether it is suspect. A gap: its number among the gaps

cdef struct GapMark:
    int reason, kept
    int64_t first               # of its rejects among all that were kept
    uint32_t counts[REASONS]

cdef struct Counts:
    # Since the decoder was made.
    int64_t* frames             # by rank
    int64_t frame_bytes, gap_bytes, fill_bytes, gaps
    int64_t rejects[REASONS]

cdef struct Tiling:
    # Everything before `at` is settled; the gap that is open begins at `begin` and reaches up to `at`.
    int64_t at, begin, limit
    int fill, kept, any_rejects, failed
    Rejected rejects[REJECTS_KEPT]
    uint32_t counts[REASONS]
    Mark* marks
    int64_t marks_size, marks_room
    GapMark* gaps
    int64_t gaps_size, gaps_room
    Rejected* all_rejects
    int64_t rejects_size, rejects_room
    Counts total


cdef void* grown(void* items, int64_t* room, size_t size) noexcept nogil:
    cdef void* larger = realloc(items, <size_t>(2 * room[0] + 64) * size)
    if larger != NULL:
        room[0] = 2 * room[0] + 64
    return larger


cdef Mark* new_mark(Tiling* tiling) noexcept nogil:
    cdef Mark* larger
    if tiling.marks_size == tiling.marks_room:
        larger = <Mark*>grown(tiling.marks, &tiling.marks_room, sizeof(Mark))
        if larger == NULL:
            tiling.failed = 1
            return NULL
        tiling.marks = larger
    tiling.marks_size += 1
    return &tiling.marks[tiling.marks_size - 1]


cdef inline void tile_frame(Tiling* tiling, int rank, int64_t start, int64_t end, bint suspect) noexcept nogil:
    cdef Mark* mark
    if tiling.begin < tiling.at:
        emit_gap(tiling, tiling.at)
    mark = new_mark(tiling)
    if mark == NULL:
        return
    mark.start, mark.end, mark.rank, mark.info = start, end, rank, suspect
    tiling.at = tiling.begin = end
    tiling.total.frames[rank] += 1
    tiling.total.frame_bytes += end - start


cdef void tile_gap(Tiling* tiling, int64_t end, bint fill, const Rejected* rejects, int count) noexcept nogil:
    """The bytes up to `end` belong to no frame."""
    cdef int k
    if fill != tiling.fill:
        if tiling.begin < tiling.at:
            emit_gap(tiling, tiling.at)
        tiling.fill = fill
    for k in range(count):
        if tiling.kept < REJECTS_KEPT:
            tiling.rejects[tiling.kept] = rejects[k]
            tiling.kept += 1
        tiling.counts[rejects[k].reason] += 1
        tiling.any_rejects = 1
    tile_noise(tiling, end)


cdef inline void tile_noise(Tiling* tiling, int64_t end) noexcept nogil:
    """The bytes up to `end` belong to the gap that is open."""
    tiling.at = end
    while tiling.at - tiling.begin >= tiling.limit:
        emit_gap(tiling, tiling.begin + tiling.limit)


cdef inline void tile_reject(Tiling* tiling, int rank, int reason) noexcept nogil:
    """The byte at `at` belongs to no frame, and is no fill: one format has rejected there, and no other could start."""
    cdef Rejected* kept
    if tiling.fill:
        if tiling.begin < tiling.at:
            emit_gap(tiling, tiling.at)
        tiling.fill = False
    if tiling.kept < REJECTS_KEPT:
        kept = &tiling.rejects[tiling.kept]
        kept.offset, kept.rank, kept.reason = tiling.at, rank, reason
        tiling.kept += 1
    tiling.counts[reason] += 1
    tiling.any_rejects = 1
    tile_noise(tiling, tiling.at + 1)


cdef void emit_gap(Tiling* tiling, int64_t end) noexcept nogil:
    cdef Mark* mark = new_mark(tiling)
    cdef GapMark* gap
    cdef int k
    cdef int64_t size = end - tiling.begin
    if tiling.gaps_size == tiling.gaps_room:
        gap = <GapMark*>grown(tiling.gaps, &tiling.gaps_room, sizeof(GapMark))
        if gap == NULL:
            tiling.failed = 1
        else:
            tiling.gaps = gap
    if tiling.failed or mark == NULL or not keep_rejects(tiling):
        tiling.marks_size -= mark != NULL  # nobody may take it as it is
        tiling.failed = 1
        tiling.begin = end
        return
    gap = &tiling.gaps[tiling.gaps_size]
    mark.start, mark.end, mark.rank, mark.info = tiling.begin, end, -1, <int>tiling.gaps_size
    tiling.gaps_size += 1
    gap.kept, gap.first = tiling.kept, tiling.rejects_size - tiling.kept
    gap.reason = R_FILL if tiling.fill else (tiling.rejects[0].reason if tiling.kept else R_NOISE)
    memcpy(gap.counts, tiling.counts, sizeof(tiling.counts))
    if tiling.fill:
        tiling.total.fill_bytes += size
    else:
        tiling.total.gaps += 1
        tiling.total.gap_bytes += size
    if tiling.any_rejects:
        for k in range(REASONS):
            tiling.total.rejects[k] += tiling.counts[k]
        memset(tiling.counts, 0, sizeof(tiling.counts))
    tiling.kept = tiling.any_rejects = 0
    tiling.begin = end


cdef bint keep_rejects(Tiling* tiling) noexcept nogil:
    cdef Rejected* larger
    if tiling.kept == 0:
        return True
    if tiling.rejects_size + tiling.kept > tiling.rejects_room:
        larger = <Rejected*>grown(tiling.all_rejects, &tiling.rejects_room, sizeof(Rejected))
        if larger == NULL:
            return False
        tiling.all_rejects = larger
    memcpy(tiling.all_rejects + tiling.rejects_size, tiling.rejects, tiling.kept * sizeof(Rejected))
    tiling.rejects_size += tiling.kept
    return True


cdef void taken_marks(Tiling* tiling) noexcept nogil:
    """The marks have been made use of."""
    tiling.marks_size = tiling.gaps_size = tiling.rejects_size = 0
