# Frames of one plain format, one behind the other: what most of a clean stream is. The tightest loop of the engine.
#
# It does what `ordinary_size` and `tile_frame` do, with everything that the format says in local variables.

cdef inline uint64_t plainly(const Number* number, const uint8_t* at, bint any_big) noexcept nogil:
    """The number, of which 8 bytes may be read."""
    cdef uint64_t value = load(at + number.offset)
    return (swapped(value) if any_big and number.big else value) >> number.down & number.rest


cdef int64_t run_of_plain(
    Tiling* tiling, const Shape* shape, const Window* window, const int16_t* quick, int rank, int64_t pause
) noexcept nogil:
    """Takes frames of a plain shape from `tiling.at` on, where no gap is open; how many."""
    if shape.plain_big:
        return run_of_these(tiling, shape, window, quick, rank, pause, True)
    return run_of_these(tiling, shape, window, quick, rank, pause, False)


cdef inline int64_t run_of_these(
    Tiling* tiling, const Shape* shape, const Window* window, const int16_t* quick, int rank, int64_t pause, bint any_big
) noexcept nogil:
    """Compiled for each `any_big`."""
    cdef const uint8_t* frame = window.bytes + (tiling.at - window.base)
    cdef const uint8_t* first = frame
    cdef const uint8_t* last = window.bytes + (window.end - window.base) - 8
    cdef const uint8_t* behind
    cdef Number length = shape.length
    cdef Number option = shape.plain_option
    cdef Number stated = shape.sums[0].stated
    cdef Number by = shape.sums[0].by
    cdef Word word = shape.words[0]
    cdef const sums.Sum* sum = shape.sums[0].sum
    cdef const int16_t* table = shape.sums[0].table
    cdef int header = shape.header
    cdef int tail = shape.tail
    cdef int begin = shape.sums[0].begin
    cdef int covered = shape.plain_covered
    cdef int more = shape.options_count and shape.options[0].size
    cdef int64_t unit = shape.unit
    cdef int64_t constant = shape.constant
    cdef int64_t most = shape.max_size
    cdef int64_t start = tiling.at
    cdef int64_t count = min(tiling.marks_room, pause) - tiling.marks_size
    cdef Mark* mark = tiling.marks + tiling.marks_size
    cdef const Mark* begun = mark
    cdef int64_t size, end
    cdef uint64_t key, found
    while count > 0 and last - frame >= header and quick[frame[0]] == rank and load(frame + word.offset) & word.mask == word.value:
        size = constant + <int64_t>plainly(&length, frame, any_big) * unit
        end = header + size + tail
        if option.rest and plainly(&option, frame, any_big):
            end += more
        if size < 0 or end > most or end > last - frame:
            break
        behind = frame + header + size
        if table == NULL:
            found = sums.total(sum, frame + begin, size + covered)
        else:
            key = plainly(&by, frame, any_big)
            if key >= TABLE_MOST or table[key] < 0:
                break
            found = sums.total_with(sum, frame + begin, size + covered, <uint8_t>table[key])
        if plainly(&stated, behind, any_big) != found:
            break
        mark.start, mark.end, mark.rank, mark.info = start, start + end, rank, 0
        mark += 1
        count -= 1
        start += end
        frame += end
    count = mark - begun
    tiling.marks_size += count
    tiling.at = tiling.begin = start
    tiling.total.frames[rank] += count
    tiling.total.frame_bytes += frame - first
    return count


cdef void run_of_wrong(
    Tiling* tiling, const Choice* formats, const Entry* entry, const Window* window, Guard* guard, int64_t origin
) noexcept nogil:
    """Rejects candidates of a plain shape that are all there and whose checksum, by prefix states, is wrong.

    From `tiling.at` on, in an open gap, on a stream where no other format is asked at such a byte. Only the count of the
    rejects grows here: the first ones of a gap, which are kept, and its last, which may close it, are for others.
    """
    cdef const Shape* shape = entry.shape
    cdef const uint8_t* bytes = window.bytes - window.base
    cdef const uint8_t* frame
    cdef Number length = shape.length
    cdef Word word = shape.words[0]
    cdef ShapeSum one = shape.sums[0]
    cdef int64_t last = min(window.end, tiling.begin + tiling.limit) - 1
    cdef int64_t least = shape.header + 8
    cdef int64_t constant = shape.constant
    cdef int64_t unit = shape.unit
    cdef int64_t at = tiling.at
    cdef int64_t spent = guard.spent
    cdef int64_t count = 0
    cdef int64_t place, size, end
    cdef int more = -1
    cdef uint64_t key, found
    if tiling.kept < REJECTS_KEPT or tiling.fill:
        return
    while at < last and spent > GUARD_FREE + 2 * (at - origin) and window.end - at >= least:
        frame = bytes + at
        if formats.quick[frame[0]] != entry.rank or load(frame + word.offset) & word.mask != word.value:
            break
        size = constant + <int64_t>easily(&length, frame, frame) * unit
        end = easy_end(shape, frame, size)
        if size < 0 or end + 8 > window.end - at or end > shape.max_size:
            break
        if one.table != NULL:
            key = easily(&one.by, frame, frame)
            if key >= TABLE_MOST or one.table[key] < 0:
                break
            more = one.table[key]
        sums.forget(&guard.prefix, at + one.begin)  # so that the states stay few, and near
        found = guarded_total(&one, at + one.begin, size + shape.plain_covered, &guard.prefix, window, more)
        if easily(&one.stated, frame, frame + shape.header + size) == found:
            break
        place = next_place(formats, window, at + 1)
        if place > last:
            break
        spent += min(size + shape.plain_covered, GUARDED_COST)
        count += 1
        at = place
    guard.spent = spent
    tiling.counts[R_CHECKSUM] += count
    tiling.at = at
