# Columns instead of objects: where frames and gaps lie in a whole buffer, and one header field of many frames.

cdef extern from *:  # which `resize` does not ask for
    """
    #define framing_exports(rows) ((rows)->ob_exports)
    """
    int exports "framing_exports"(array rows)

cdef enum:
    MARKS_AT_ONCE = 1 << 13
    PIECE = 1 << 16   # bytes at a time where the Python prober takes part, which copies them

cdef class Columns:
    """Arrays that rows are put behind."""

    cdef array starts, ends, formats, reasons
    cdef const Entry* entries
    cdef int64_t rows, room     # of the arrays: filled, and there until `finish`

    cdef int take(self, Tiling* tiling, double share) except -1:
        """The marks as rows. A reason is one more than its number; a suspect frame has that of MARKER.

        `share` of the buffer is settled with them, by which the rows are reckoned that will be needed.
        """
        cdef const Mark* mark
        cdef int64_t k
        cdef int64_t row = self.rows
        cdef int64_t* start
        cdef int64_t* end
        cdef int16_t* format
        cdef uint8_t* reason
        if len(self.starts) != self.room:
            raise BufferError("the rows of a scan were changed while it ran")
        self.rows += tiling.marks_size
        if self.rows > self.room:
            self.room = max(2 * self.rows, <int64_t>(1.02 * self.rows / share) if share > 0.001 else 0)
            self.resize(self.room)
        start, end = <int64_t*>self.starts.data.as_longlongs, <int64_t*>self.ends.data.as_longlongs
        format, reason = <int16_t*>self.formats.data.as_shorts, self.reasons.data.as_uchars
        for k in range(tiling.marks_size):
            mark = &tiling.marks[k]
            start[row], end[row] = mark.start, mark.end
            if mark.rank >= 0:
                format[row] = self.entries[mark.rank].named
                reason[row] = R_MARKER + 1 if mark.info else 0
            else:
                format[row] = -1
                reason[row] = tiling.gaps[mark.info].reason + 1
            row += 1
        taken_marks(tiling)
        return 0

    cdef int resize(self, int64_t rows) except -1:
        if exports(self.starts) or exports(self.ends) or exports(self.formats) or exports(self.reasons):
            raise BufferError("the rows of a scan grow, and somebody looks at their memory")
        for each in (self.starts, self.ends, self.formats, self.reasons):
            resize(each, rows)
        return 0

    cdef int finish(self) except -1:
        """Gives back the room that was not needed."""
        return self.resize(self.rows)


cdef Columns new_columns(array starts, array ends, array formats, array reasons, const Entry* entries):
    cdef Columns columns = Columns.__new__(Columns)
    for each, code in ((starts, "q"), (ends, "q"), (formats, "h"), (reasons, "B")):
        if each.typecode != code or len(each) != len(starts):
            raise ValueError("rows are four arrays of one length, of the types q, q, h and B")
    columns.starts, columns.ends, columns.formats, columns.reasons = starts, ends, formats, reasons
    columns.rows = columns.room = len(starts)
    columns.entries = entries
    return columns


def gather(
    const uint8_t[::1] data, const int64_t[::1] origins, const int16_t[::1] formats, int64_t offset, int size, int kind, int shift,
    uint64_t mask, int width, int number=-2,
):
    """A number at a fixed distance from each origin whose format is `number` (-2: from each), as an array's bytes.

    `kind` is as in `number_type` of lowering/program.py (0 to 3); the number is shifted right and masked (mask 0: neither), and
    written with `width` bytes in the machine's order.
    """
    cdef int64_t count = 0
    cdef int64_t value = 0
    cdef int64_t k, at
    cdef bytes made
    cdef char* out
    if not 1 <= size <= 8 or width not in (1, 2, 4, 8) or not 0 <= kind <= 3 or not 0 <= shift < 64:
        raise ValueError("no such number")
    if formats.shape[0] != origins.shape[0]:
        raise ValueError("as many formats as origins are needed")
    for k in range(origins.shape[0]):
        count += number == -2 or formats[k] == number
    made = PyBytes_FromStringAndSize(NULL, count * width)  # the formats may be others by the time that it is filled
    out = PyBytes_AS_STRING(made)
    for k in range(origins.shape[0]):
        if number != -2 and formats[k] != number:
            continue
        at = <int64_t>(<uint64_t>origins[k] + <uint64_t>offset)
        count -= 1
        if count < 0:
            break
        if at < 0 or at > data.shape[0] - size:
            raise IndexError("a frame lies outside the buffer")
        read_number(kind, size, &data[at], &value)
        if mask:
            value = <int64_t>(<uint64_t>value >> shift & mask)
        write_item(out, width, value)
        out += width
    if count:
        raise RuntimeError("the columns change while they are read")
    return made


def chosen(const int16_t[::1] formats, int number, bint others=False):
    """The rows whose format is `number`, or all `others`, as the bytes of int64."""
    cdef int64_t count = 0
    cdef int64_t k
    cdef bytes made
    cdef char* out
    for k in range(formats.shape[0]):
        count += (formats[k] == number) != others
    made = PyBytes_FromStringAndSize(NULL, count * sizeof(int64_t))
    out = PyBytes_AS_STRING(made)
    for k in range(formats.shape[0]):
        if (formats[k] == number) != others:
            count -= 1
            if count < 0:
                break
            memcpy(out, &k, sizeof(int64_t))
            out += sizeof(int64_t)
    if count:
        raise RuntimeError("the columns change while they are read")
    return made


def counts(const int64_t[::1] starts, const int64_t[::1] ends, const int16_t[::1] formats, const uint8_t[::1] reasons):
    """By format and reason, as they stand in the rows: how many rows, and their bytes."""
    cdef int64_t size = starts.shape[0]
    cdef int64_t width = REASONS + 1
    cdef int64_t highest = -1
    cdef int64_t k, place
    cdef int64_t* found
    if ends.shape[0] != size or formats.shape[0] != size or reasons.shape[0] != size:
        raise ValueError("columns of one length are needed")
    for k in range(size):
        highest = max(highest, formats[k])
    found = <int64_t*>calloc((highest + 2) * width, 2 * sizeof(int64_t))
    if found == NULL:
        raise MemoryError
    try:
        for k in range(size):
            if not -1 <= formats[k] <= highest or reasons[k] >= width:
                raise ValueError("no such format or reason")
            place = 2 * ((formats[k] + 1) * width + reasons[k])
            found[place] += 1
            found[place + 1] += ends[k] - starts[k]
        return {
            (place // width - 1, place % width): (found[2 * place], found[2 * place + 1])
            for place in range((highest + 2) * width) if found[2 * place]
        }
    finally:
        free(found)


cdef inline void write_item(char* out, int width, int64_t value) noexcept nogil:
    cdef uint8_t one = <uint8_t>value
    cdef uint16_t two = <uint16_t>value
    cdef uint32_t four = <uint32_t>value
    if width == 1:
        memcpy(out, &one, 1)
    elif width == 2:
        memcpy(out, &two, 2)
    elif width == 4:
        memcpy(out, &four, 4)
    else:
        memcpy(out, &value, 8)
