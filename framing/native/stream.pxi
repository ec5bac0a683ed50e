# One stream: the bytes at hand, and what users call. What both orders of decoding share.

cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define framing_enter(flag) __atomic_exchange_n(flag, 1, __ATOMIC_ACQUIRE)
    #define framing_leave(flag) __atomic_store_n(flag, 0, __ATOMIC_RELEASE)
    #endif
    """
    int enter_alone "framing_enter"(int* flag) noexcept nogil
    void leave_alone "framing_leave"(int* flag) noexcept nogil

cdef extern from "Python.h":
    void PyObject_GC_Track(object item)
    void PyObject_GC_UnTrack(object item)

cdef enum:
    LARGE = 4096      # bytes of a chunk from which on the interpreter may run other threads meanwhile


cdef class Stream:
    """Decodes one stream from `origin` on. A base: `decode` is what the orders of decoding differ in.

    It belongs to one thread at a time; a call while another is running raises RuntimeError. Where memory is out it may have
    lost its place: then this call, or the next one, and all after it raise MemoryError.
    """

    cdef readonly Formats formats
    cdef Window window
    cdef Tiling tiling
    cdef Probe probe
    cdef int64_t origin, need, pause
    cdef int64_t behind_end     # where the frame ends behind which another of its group may be asked for
    cdef int behind_group
    cdef uint8_t* buffer        # bytes kept from call to call, from `head` on
    cdef int64_t head, size, room
    cdef Guard** guards         # by rank, then algorithm
    cdef Memo** memos
    cdef int kept               # for how many ranks there is room in them
    cdef int* guards_counts
    cdef int* memos_counts
    cdef Rejected* rejects      # at one place, room for each format and a ridden one
    cdef int busy, judging, by_python, upset
    cdef object steps           # of the Python prober
    cdef object mirror          # the window as it sees it
    cdef int mirrored           # whether that is up to date
    cdef object failure         # what Python that was called from C has raised
    cdef list late              # events that a failed call had settled; the next call gives them

    def __cinit__(self, Formats formats not None, int64_t gap_limit, int64_t origin=0, *more):
        cdef int k
        if gap_limit < 1 or origin < 0:
            raise ValueError("gap_limit is at least 1, origin at least 0")
        self.formats = formats
        self.tiling.limit = gap_limit
        self.tiling.total.frames = <int64_t*>calloc(formats.own.count, sizeof(int64_t))
        self.rejects = <Rejected*>calloc(formats.own.count + 1, sizeof(Rejected))
        self.guards = <Guard**>calloc(formats.own.count, sizeof(Guard*))
        self.memos = <Memo**>calloc(formats.own.count, sizeof(Memo*))
        self.guards_counts = <int*>calloc(formats.own.count, sizeof(int))
        self.memos_counts = <int*>calloc(formats.own.count, sizeof(int))
        if NULL in (self.tiling.total.frames, self.rejects, self.guards, self.memos, self.guards_counts, self.memos_counts):
            raise MemoryError
        self.kept = formats.own.count
        if not begin_values(&self.probe, formats):
            raise MemoryError
        for k in range(formats.own.count):
            self._remember(k)
        self.pause = HUGE_SIZE
        self.mirror = PythonWindow()
        self._begin(origin)

    cdef int _remember(self, int rank) except -1:
        """What is kept of a format from candidate to candidate."""
        cdef const Program* program = self.formats.own.entries[rank].program
        cdef const Operation* op
        cdef int64_t step
        if program == NULL:
            return 0
        self.guards[rank] = <Guard*>calloc(program.algorithms_count + 1, sizeof(Guard))
        self.memos[rank] = <Memo*>calloc(program.memos_count + 1, sizeof(Memo))
        if self.guards[rank] == NULL or self.memos[rank] == NULL:
            raise MemoryError
        self.guards_counts[rank], self.memos_counts[rank] = program.algorithms_count, program.memos_count
        op = program.operations
        while op.code != Step.DONE:
            if op.code == Step.BLOCKS:
                step = op.x + program.checks[op.b].size
                if step <= PHASES_MOST:
                    self.memos[rank][op.memo].good_lo = <int64_t*>calloc(step, sizeof(int64_t))
                    self.memos[rank][op.memo].good_hi = <int64_t*>calloc(step, sizeof(int64_t))
                    if self.memos[rank][op.memo].good_lo == NULL or self.memos[rank][op.memo].good_hi == NULL:
                        raise MemoryError
            op += 1
        return 0

    def __dealloc__(self):
        # The formats may be gone by now: both can be part of one heap of garbage, which is cleared in any order.
        cdef int k, n
        for k in range(self.kept):
            for n in range(self.guards_counts[k]):
                sums.release(&self.guards[k][n].prefix)
            for n in range(self.memos_counts[k]):
                free(self.memos[k][n].good_lo)
                free(self.memos[k][n].good_hi)
            free(self.guards[k])
            free(self.memos[k])
        free(self.guards_counts)
        free(self.memos_counts)
        free(self.guards)
        free(self.memos)
        free(self.rejects)
        free(self.buffer)
        free(self.tiling.total.frames)
        free(self.tiling.marks)
        free(self.tiling.gaps)
        free(self.tiling.all_rejects)
        free_values(&self.probe)

    # --- the stream -----------------------------------------------------------------------------------------------------

    def restart(self, int64_t origin):
        """A start of stream at this offset, which is not before the end of the last one; counts go on."""
        if enter_alone(&self.busy):
            raise RuntimeError("this decoder is in use by another thread")
        try:
            if origin < self.window.end:
                raise ValueError(f"{origin} lies before the end of the stream")
            self._begin(origin)
        finally:
            leave_alone(&self.busy)

    cdef _begin(self, int64_t origin):
        cdef int k, n
        self.upset = 1
        self.origin = self.tiling.at = self.tiling.begin = self.window.base = self.window.end = origin
        self.window.final = 0
        self.tiling.fill = 0
        self.need = origin + 1
        self.head = self.size = 0
        self.judging = 0
        self.steps, self.mirrored = None, 0
        self.mirror.origin, self.behind_end, self.behind_group = origin, -1, -1
        for k in range(self.formats.own.count):
            if self.formats.own.entries[k].program != NULL:
                for n in range(self.formats.own.entries[k].program.algorithms_count):
                    sums.forget(&self.guards[k][n].prefix, origin)
                    self.guards[k][n].spent = 0
        self.begin_order()
        self.upset = 0

    cdef int begin_order(self) except -1:
        return 0

    cdef int ask_again(self) except -1:
        """Forgets what is undecided, to look at it anew."""
        return 0

    cdef int decode(self) noexcept nogil:
        """Settles what can be settled: GO_ON; NEED where there are enough marks for now; REJECT where something is wrong."""
        return GO_ON

    cdef int64_t kept_from(self) noexcept nogil:
        """The first byte that somebody may ask for again; those before `at` may decide whether a frame may start."""
        cdef int64_t first = min(self.tiling.begin, self.tiling.at - self.formats.own.before)
        return min(first, self.tiling.marks[0].start) if self.tiling.marks_size else first  # a failed call leaves marks

    @property
    def name(self):
        """What `Decoder.engine` says."""
        return "native"

    @property
    def fallbacks(self):
        """Formats that are left to the Python prober, each with the reason."""
        return MappingProxyType(dict(self.formats.python))

    @property
    def end(self):
        """The stream offset behind the last byte taken."""
        return self.window.end

    @cython.binding(False)  # a plain built-in method is called the fastest, which short chunks notice
    def feed(self, chunk):
        """The events that these bytes settle."""
        cdef bytes data = chunk if type(chunk) is bytes else bytes_of(chunk)
        cdef int64_t count = len(data)
        if enter_alone(&self.busy):
            raise RuntimeError("this decoder is in use by another thread")
        if self.window.end + count < self.need and self.size and self.head + self.size + count <= self.room:
            memcpy(self.buffer + self.head + self.size, PyBytes_AS_STRING(data), count)
            self.size += count
            self.window.end += count
            self.mirrored = 0
            leave_alone(&self.busy)
            return []
        try:
            self._take(<const uint8_t*>PyBytes_AS_STRING(data), count)
            if self.window.end < self.need:
                return []
            self._run(count)
            return self._events() if self.tiling.marks_size or self.late else []
        finally:
            self._keep()
            leave_alone(&self.busy)

    def close(self):
        """Nothing follows: the rest of the events."""
        if enter_alone(&self.busy):
            raise RuntimeError("this decoder is in use by another thread")
        try:
            self._finish()
            return self._events()
        finally:
            self._keep()
            leave_alone(&self.busy)

    def scan(
        self, const uint8_t[::1] data, array starts not None, array ends not None, array formats not None,
        array reasons not None, bint final=True,
    ):
        """The events that these bytes settle, as rows behind those of the arrays (q, q, h, B). `final`: nothing follows."""
        cdef Columns columns = new_columns(starts, ends, formats, reasons, self.formats.own.entries)
        cdef int64_t size = data.shape[0]
        cdef int64_t piece = PIECE if self.formats.python else max(size, 1)
        cdef int64_t first = self.tiling.begin
        cdef double whole = <double>(self.window.end - first + size)
        cdef int64_t at
        if enter_alone(&self.busy):
            raise RuntimeError("this decoder is in use by another thread")
        try:
            self.pause = MARKS_AT_ONCE
            for at in range(0, size, piece):
                self._take(&data[at], min(piece, size - at))
                while self._run(size) == NEED:
                    columns.take(&self.tiling, (self.tiling.begin - first) / whole)
                if at + piece < size:
                    columns.take(&self.tiling, (self.tiling.begin - first) / whole)
                    self._keep()
            if final:
                self.window.final = 1
                while self._run(size) == NEED:
                    columns.take(&self.tiling, 1)
                self._end_gap()
            columns.take(&self.tiling, 1)
            columns.finish()
        finally:
            self.pause = HUGE_SIZE
            self._keep()
            leave_alone(&self.busy)

    def skim(self, chunk):
        """Takes the bytes and only counts what they settle."""
        cdef bytes data = chunk if type(chunk) is bytes else bytes_of(chunk)
        cdef int64_t size = len(data)
        if enter_alone(&self.busy):
            raise RuntimeError("this decoder is in use by another thread")
        try:
            self.pause = MARKS_AT_ONCE
            self._take(<const uint8_t*>PyBytes_AS_STRING(data), size)
            while self._run(size) == NEED:
                taken_marks(&self.tiling)
            taken_marks(&self.tiling)
        finally:
            self.pause = HUGE_SIZE
            self._keep()
            leave_alone(&self.busy)

    cdef int _finish(self) except -1:
        self.window.final = 1
        self._run(self.size)
        self._end_gap()
        return 0

    cdef int _end_gap(self) except -1:
        """Nothing follows: the gap that is open ends here."""
        if self.tiling.begin < self.tiling.at:
            emit_gap(&self.tiling, self.tiling.at)
        if self.tiling.failed:
            raise MemoryError
        return 0

    cdef int _take(self, const uint8_t* data, int64_t count) except -1:
        """Bytes behind those that are kept; where none are, they are used where they lie, until `_keep`."""
        cdef uint8_t* larger
        cdef int64_t room
        self.mirrored = 0
        if self.size == 0:
            self.window.bytes = data
            self.window.end += count
            return 0
        if self.head + self.size + count > self.room:
            if self.head:
                memmove(self.buffer, self.buffer + self.head, self.size)
                self.head = 0
                self.window.bytes = self.buffer
            if self.size + count > self.room:
                room = 2 * self.size + count
                larger = <uint8_t*>realloc(self.buffer, room)
                if larger == NULL:
                    raise MemoryError
                self.buffer, self.room = larger, room
        memcpy(self.buffer + self.head + self.size, data, count)
        self.size += count
        self.window.bytes = self.buffer + self.head
        self.window.end += count
        return 0

    cdef void _keep(self) noexcept nogil:
        """Lets go of what is settled, and keeps the rest for the next call; without memory for it, that one fails."""
        cdef int64_t keep = max(self.kept_from(), self.window.base)
        cdef int64_t left = self.window.end - keep
        cdef int k, n
        if self.size and keep == self.window.base:
            return
        if self.size:
            self.head += keep - self.window.base
            self.size = left
        elif left:
            if left > self.room:
                free(self.buffer)
                self.room = 0
                self.buffer = <uint8_t*>malloc(left + 256)
                if self.buffer == NULL:
                    self.tiling.failed = 1
                    self.head, self.window.bytes, self.window.base = 0, NULL, self.window.end
                    self.need = INT64_MIN
                    return
                self.room = left + 256
            memcpy(self.buffer, self.window.bytes + (keep - self.window.base), left)
            self.head, self.size = 0, left
        if not self.size:
            self.head = 0
        self.window.bytes = self.buffer + self.head
        if keep > self.window.base:
            self.mirrored = 0
            self.window.base = keep
            for k in range(self.formats.own.count):
                if self.formats.own.entries[k].program != NULL:
                    for n in range(self.formats.own.entries[k].program.algorithms_count):
                        sums.forget(&self.guards[k][n].prefix, keep)

    cdef int _run(self, int64_t count) except -1:
        """Decodes; other threads may run where it takes a while and no Python is needed."""
        cdef int result
        if self.tiling.failed:
            raise MemoryError
        if self.upset:
            self.ask_again()
            self.upset = 0
        if count >= LARGE:
            with nogil:
                result = self.decode()
        else:
            result = self.decode()
        if self.failure is not None:
            failure, self.failure = self.failure, None
            self.upset, self.window.final, self.judging, self.steps, self.need = 1, 0, 0, None, INT64_MIN
            self.late = self._events()
            raise failure
        if self.tiling.failed or self.probe.out_of_memory:
            raise MemoryError
        if self.window.fault:
            raise SystemError("framing: an access outside the window was refused; this is a bug")
        return result

    # --- candidates -----------------------------------------------------------------------------------------------------

    cdef inline bint may_start(self, const Entry* entry, int64_t at) noexcept nogil:
        """Whether what is before a place lets a format start there."""
        if entry.block and entry.block - (at - self.origin) % entry.block < entry.least:
            return False
        if entry.delimiter >= 0:
            return at == self.origin or byte_at(&self.window, at - 1) == entry.delimiter
        if not entry.placed or (entry.silence and at == self.origin):
            return True
        if entry.chained and at == self.behind_end and entry.group == self.behind_group:
            return True
        return entry.behind != NULL and self.stands_before(entry.behind, at)

    cdef bint stands_before(self, const Matcher* matcher, int64_t at) noexcept nogil:
        """Whether one of the alternatives stands directly in front of a place."""
        cdef const uint8_t* found
        cdef int k
        for k in range(matcher.count):
            if matcher.sizes[k] <= at - self.origin:
                found = bytes_at(&self.window, at - matcher.sizes[k], at)
                if found != NULL and wrong_at(matcher, k, found, matcher.sizes[k]) == 0:
                    return True
        return False

    cdef inline int judge(self, const Entry* entry, int64_t at, bint ride) noexcept nogil:
        """The verdict on a candidate, with what `probe` then says; after NEED, called again, it goes on."""
        cdef int result
        if not self.judging:
            if not ride and not self.may_start(entry, at):
                return ABSENT
            if entry.delimiter >= 0 and at < self.window.end and byte_at(&self.window, at) == entry.delimiter:
                return ABSENT
            self.judging = 1
            self.by_python = entry.program == NULL
            if not self.by_python:
                begin_probe(
                    &self.probe, entry.program, self.guards[entry.rank], self.memos[entry.rank], self.origin, at, False
                )
        if not self.by_python:
            result = run(&self.probe, &self.window, ride)
            if result == PYTHON:
                self.by_python = 1
        if self.by_python:
            result = self.ask_python(entry.rank, at, ride)
        if result != NEED:
            self.judging = 0
        return result

    cdef int ask_python(self, int rank, int64_t at, bint ride) noexcept with gil:
        """The same by the Python prober."""
        try:
            if self.steps is None:
                self.steps = self._python_steps(rank, at, ride)
            return self._resumed(self.steps)
        except BaseException as error:
            self.failure = error
            self.probe.need = self.window.end
            return NEED

    cdef object _python_steps(self, int rank, int64_t at, bint ride):
        self._mirror()
        return python_probe(self.formats.definitions[rank].plan, self.mirror, at, ride)

    cdef int _resumed(self, steps) except -1:
        """Lets the Python prober go on; its verdict is put into `probe`."""
        self._mirror()
        try:
            self.probe.need = next(steps)
            return NEED
        except StopIteration as stop:
            self.steps = None
            verdict = stop.value
        self.probe.seen, self.probe.checked = verdict.read, verdict.checked
        if verdict.end is not None:
            self.probe.at = verdict.end
            return ACCEPT
        if verdict.reason is None:
            return ABSENT
        self.probe.reason = REASON_LIST.index(verdict.reason)
        return REJECT

    cdef int _mirror(self) except -1:
        """Shows the bytes at hand to the Python prober, by one copy for each call that brings new ones."""
        self.mirror.final = bool(self.window.final)
        if not self.mirrored:
            self.mirror.buffer = PyBytes_FromStringAndSize(
                <const char*>self.window.bytes, self.window.end - self.window.base
            )
            self.mirror.base, self.mirror.end = self.window.base, self.window.end
            self.mirrored = 1
        return 0

    # --- what it gives --------------------------------------------------------------------------------------------------

    cdef list _events(self):
        """The marks as event objects."""
        cdef list events = events_of(&self.tiling, &self.window, self.formats)
        late, self.late = self.late, None
        return late + events if late else events

    def totals(self):
        """What it has given since it was made."""
        cdef const Counts* total = &self.tiling.total
        frames = {}
        for k, name in enumerate(self.formats.names):
            if total.frames[<int>k]:
                frames[name] = frames.get(name, 0) + total.frames[<int>k]
        rejects = {REASON_LIST[k].value: total.rejects[k] for k in range(REASONS) if total.rejects[k]}
        return Totals(frames, total.frame_bytes, total.gap_bytes, total.fill_bytes, total.gaps, rejects)
