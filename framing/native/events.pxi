# Event objects out of marks: what `feed` and `close` give.

cdef list events_of(Tiling* tiling, const Window* window, Formats formats):
    """The marks as event objects; they are taken then."""
    cdef const Mark* mark
    cdef const uint8_t* found
    cdef tuple definitions = formats.definitions
    cdef int64_t k
    cdef bytes raw
    cdef object event
    cdef list events = PyList_New(tiling.marks_size)
    PyObject_GC_UnTrack(events)  # it has holes until all are made, which no Python code that runs meanwhile may see
    for k in range(tiling.marks_size):
        mark = &tiling.marks[k]
        found = bytes_at(window, mark.start, mark.end)
        if found == NULL:
            raise SystemError("framing: the bytes of an event are gone; this is a bug")
        raw = PyBytes_FromStringAndSize(<const char*>found, mark.end - mark.start)
        if mark.rank >= 0:
            event = new_frame(<object>PyTuple_GET_ITEM(definitions, mark.rank), mark.start, mark.end, raw, mark.info)
        else:
            event = gap_of(tiling, mark, formats.names, raw)
        Py_INCREF(event)
        PyList_SET_ITEM(events, k, event)
    PyObject_GC_Track(events)
    taken_marks(tiling)
    return events


cdef object gap_of(const Tiling* tiling, const Mark* mark, tuple names, bytes raw):
    cdef const GapMark* gap = &tiling.gaps[mark.info]
    cdef const Rejected* reject
    cdef int64_t rejected = 0
    cdef int k
    cdef list rejects
    cdef dict reasons
    if gap.kept == 0:
        return new_gap(mark.start, mark.end, raw, <object>PyTuple_GET_ITEM(REASON_LIST, gap.reason), (), None, 0)
    rejects, reasons = [], {}
    for k in range(gap.kept):
        reject = &tiling.all_rejects[gap.first + k]
        rejects.append(Reject(reject.offset, names[reject.rank], REASON_LIST[reject.reason]))
    for k in range(REASONS):
        if gap.counts[k]:
            reasons[REASON_LIST[k]] = gap.counts[k]
            rejected += gap.counts[k]
    return new_gap(mark.start, mark.end, raw, REASON_LIST[gap.reason], tuple(rejects), MappingProxyType(reasons), rejected)
