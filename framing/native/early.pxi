# The early order: a broken length must not stall the stream. The C side of `early.py`, which tells how it works.
#
# Time is counted in bytes of the stream. A leader is an undecided pair (place, format) with a level of decoding behind it.
# What is settled at once, as nearly everything on a clean stream is, never becomes a leader.

cdef class Note:
    """A frame or a gap that a level has settled; `rank` is -1 for a gap."""

    cdef int64_t start, end
    cdef int rank
    cdef bint fill
    cdef list rejects


cdef class Level:
    """One decoding: the pair it looks at, and what it has settled before that.

    `outer` is the level whose leader it stands behind, `inner` the one behind its own leader.
    """

    cdef int64_t at
    cdef int number
    cdef bint behind_frame      # whether a frame ends at `at`
    cdef Level outer, inner
    cdef Leader leader
    cdef list rejects           # (offset, rank, reason) at `at`, by the formats before `number`
    cdef object notes
    cdef int row                # witnesses back to back up to `at`
    cdef int head               # the same from the level's start on
    cdef bint whole             # nothing has broken that first row yet
    cdef bint met               # whether a row has been long enough


cdef Level new_level(int64_t at, int number, bint behind_frame, Level outer):
    cdef Level level = Level.__new__(Level)
    level.at, level.number, level.behind_frame, level.outer = at, number, behind_frame, outer
    level.rejects, level.notes, level.whole = [], deque(), True
    return level


cdef class EarlyEngine(Stream):
    """Decodes one stream in early order."""

    cdef int witnesses
    cdef Level outermost, deepest
    cdef int64_t serial         # the number of the last leader
    cdef Waiting waiting
    cdef list decided           # (the time of their decision, number, leader)
    cdef readonly int64_t asked
    """How often a leader that waited was asked again; for tests, since that is what hostile streams drive up."""

    def __cinit__(self, formats, gap_limit, origin=0, int witnesses=2):
        self.witnesses = witnesses
        self.begin_order()

    cdef int begin_order(self) except -1:
        return self._begin_at(self.origin, False)

    cdef int ask_again(self) except -1:
        # What went wrong may have left the levels half done; the tiling is what was given.
        return self._begin_at(self.tiling.at, self.outermost.at != self.tiling.at or self.outermost.behind_frame)

    cdef int _begin_at(self, int64_t at, bint behind_frame) except -1:
        self.outermost = self.deepest = new_level(at, 0, behind_frame, None)
        self.waiting, self.decided = new_waiting(self.window.end), []
        return 0

    cdef int decode(self) noexcept nogil:
        with gil:
            try:
                self._decode()
                return GO_ON
            except BaseException as error:
                self.failure = error
                return REJECT

    cdef int _decode(self) except -1:
        cdef Window* window = &self.window
        cdef int64_t now = window.end + window.final
        cdef int64_t horizon, limit
        cdef Leader leader
        for leader in self.waiting.woken(window):
            if leader.level is not None:
                self._ask(leader)
        while not window.fault and not self.tiling.failed:
            horizon = self._horizon()
            limit = min(horizon - 1, window.end)
            if self.deepest.at < limit:
                self._look(self.deepest, limit)
            elif horizon <= now:
                self._decide((<tuple>heappop(self.decided))[2])
            else:
                break
        self.need = window.end + 1
        return 0

    cdef int64_t _horizon(self) except -1:
        """When the next leader is decided, as far as known: the stream offset behind the byte that decides it."""
        cdef tuple first
        while self.decided:
            first = self.decided[0]
            if (<Leader>first[2]).level is not None:
                return first[0]
            heappop(self.decided)
        return self.window.end + 2

    # --- the deepest level ----------------------------------------------------------------------------------------------

    cdef int _look(self, Level level, int64_t limit) except -1:
        """Settles the pair that the deepest level looks at, or makes it a leader. `limit` bounds what it may settle."""
        cdef const Window* window = &self.window
        cdef const Choice* formats = &self.formats.own
        cdef const Entry* entry
        cdef int64_t at = level.at
        cdef int64_t place
        cdef uint8_t byte = byte_at(window, at)
        cdef Leader leader
        cdef int result
        if level.number == 0 and not formats.delimiter[byte] and not self._is_start(at):
            place = next_begun(formats, window, at)
            if place > at:
                self._note_gap(level, min(place, limit), False, [])
                return 0
        if level.number == formats.count:
            rejects, level.rejects, level.number = level.rejects, [], 0
            self._note_gap(level, at + 1, self._is_fill(level, at, byte), rejects)
            return 0
        entry = &formats.entries[level.number]
        if byte == entry.delimiter or not self.may_start(entry, at):
            level.number += 1
            return 0
        steps = None
        result = PYTHON
        if entry.program != NULL:
            begin_probe(&self.probe, entry.program, self.guards[entry.rank], self.memos[entry.rank], self.origin, at, True)
            result = run(&self.probe, window, False)
        if result == PYTHON:
            steps = self._python_steps(entry.rank, at, False)
            result = self._resumed(steps)
        if result != NEED and (self.probe.seen - 1 <= at or self._is_undisturbed(self.probe.seen - 1, at, level.number, byte)):
            self._settle(level, entry, result, self.probe.reason, self.probe.at, self.probe.checked)
            return 0
        leader = Leader.__new__(Leader)
        self.serial += 1
        leader.entry, leader.level, leader.steps = entry, level, steps
        leader.number, leader.need = self.serial, -1
        if result == NEED:
            leader.verdict = NEED
            if steps is None:
                self._own_probe(leader)
            self.waiting.add(leader, self.probe.need, window)
        else:
            self._note_verdict(leader, result)
        level.leader = leader
        level.inner = self.deepest = new_level(at, level.number + 1, level.behind_frame, level)
        return 0

    cdef int _own_probe(self, Leader leader) except -1:
        """A probe that waits keeps what it knows."""
        cdef Probe* own = &leader.probe
        own[0] = self.probe
        own.logical, own.values, own.present, own.edges = NULL, NULL, NULL, NULL
        leader.owns = True
        if not begin_values(own, self.formats):
            raise MemoryError
        memcpy(own.values, self.probe.values, self.formats.own.slots * sizeof(int64_t))
        memcpy(own.present, self.probe.present, self.formats.own.slots)
        memcpy(own.edges, self.probe.edges, self.formats.own.edges * sizeof(int64_t))
        own.length = 0
        if reserve(own, self.probe.length):
            raise MemoryError
        memcpy(own.logical, self.probe.logical, self.probe.length)
        own.length = self.probe.length
        return 0

    cdef bint _is_undisturbed(self, int64_t end, int64_t at, int number, uint8_t byte) except -1:
        """Whether no other frame can begin between a place and `end`, nor another format at the place itself; no leader
        that waits is decided earlier then."""
        cdef const Choice* formats = &self.formats.own
        cdef int k
        if end >= self._horizon() - 1:
            return False
        for k in range(formats.list_begins[byte], formats.list_begins[byte + 1]):
            if formats.lists[k] > number:
                return False
        return at + 1 >= end or next_begun(formats, &self.window, at + 1) >= end

    cdef bint _is_start(self, int64_t at) noexcept:
        cdef const Choice* formats = &self.formats.own
        if at == self.origin:
            return formats.delimiters or formats.placed
        return formats.delimiters and formats.delimiter[byte_at(&self.window, at - 1)]

    cdef bint _is_fill(self, Level level, int64_t at, uint8_t byte) noexcept:
        cdef const Choice* formats = &self.formats.own
        cdef int k
        for k in range(formats.count if formats.delimiter[byte] else 0):
            if formats.entries[k].delimiter == byte and (level.behind_frame or self.may_start(&formats.entries[k], at)):
                return True
        return False

    cdef int _ask(self, Leader leader) except -1:
        """Resumes a probe: it either waits for more bytes, or its decision is known."""
        cdef int result = PYTHON
        cdef Probe* probe = &leader.probe
        self.asked += 1
        if leader.steps is None:
            result = run(probe, &self.window, False)
        if result == PYTHON:
            if leader.steps is None:
                leader.steps = self._python_steps(leader.entry.rank, leader.probe.start, False)
            result = self._resumed(leader.steps)
            probe = &self.probe
        if probe.out_of_memory:
            raise MemoryError
        if result == NEED:
            self.waiting.add(leader, probe.need, &self.window)
            return 0
        if probe is not &self.probe:
            self.probe.seen, self.probe.at, self.probe.reason = probe.seen, probe.at, probe.reason
            self.probe.checked = probe.checked
        self._note_verdict(leader, result)
        return 0

    cdef int _note_verdict(self, Leader leader, int result) except -1:
        """Keeps the verdict that is in `probe` for the time when it falls."""
        leader.verdict, leader.reason, leader.checked = result, self.probe.reason, self.probe.checked
        leader.end, leader.read = self.probe.at, self.probe.seen
        heappush(self.decided, (leader.read, leader.number, leader))
        return 0

    # --- decisions ------------------------------------------------------------------------------------------------------

    cdef int _decide(self, Leader leader) except -1:
        cdef Level level = leader.level
        leader.level = level.leader = None
        if leader.verdict == ACCEPT:
            self._drop_inner(level)
        self._settle(level, leader.entry, leader.verdict, leader.reason, leader.end, leader.checked)
        return 0

    cdef int _settle(self, Level level, const Entry* entry, int verdict, int reason, int64_t end, bint checked) except -1:
        if verdict == ACCEPT:
            self._note_frame(level, entry.rank, end, checked)
        else:
            self._reject(level, entry.rank, reason if verdict == REJECT else -1)
        while level.met and level.outer is not None:
            level = level.outer
            entry = level.leader.entry
            level.leader.level = level.leader = None
            self._reject(level, entry.rank, R_OVERTAKEN)
        return 0

    cdef int _drop_inner(self, Level level) except -1:
        cdef Level inner = level.inner
        level.inner, self.deepest = None, level
        while inner is not None:
            if inner.leader is not None:
                inner.leader.level = None
            inner = inner.inner
        return 0

    cdef int _reject(self, Level level, int rank, int reason) except -1:
        """What was found behind the leader stands: joins the level behind it to its own."""
        cdef Level behind = level.inner
        cdef Note first
        if reason >= 0:
            level.rejects.append((level.at, rank, reason))
        level.number += 1
        if behind is None:
            return 0
        self._adopt(level, behind)
        if not behind.notes:
            level.rejects += behind.rejects
        else:
            first = behind.notes[0]
            if first.rank < 0:
                first.rejects[:0] = level.rejects
            level.rejects = behind.rejects
            self._join(level, behind)
        level.at, level.number, level.behind_frame = behind.at, behind.number, behind.behind_frame
        return 0

    cdef int _adopt(self, Level level, Level behind) except -1:
        """Takes the level `behind` out of the stack; its leader and the levels further in now belong to `level`."""
        level.inner, level.leader = behind.inner, behind.leader
        if behind.leader is not None:
            behind.leader.level = level
        if behind.inner is not None:
            behind.inner.outer = level
        if self.deepest is behind:
            self.deepest = level
        return 0

    cdef int _join(self, Level level, Level behind) except -1:
        cdef int across = level.row + behind.head
        level.met = level.met or behind.met or across >= self.witnesses
        level.row = across if behind.whole else behind.row
        if level.whole:
            level.head, level.whole = across, behind.whole
        if level is self.outermost:
            for note in behind.notes:
                self._emit(note)
        elif len(behind.notes) > len(level.notes):
            behind.notes.extendleft(reversed(level.notes))
            level.notes = behind.notes
        else:
            level.notes.extend(behind.notes)
        return 0

    # --- notes ----------------------------------------------------------------------------------------------------------

    cdef int _note_gap(self, Level level, int64_t end, bint fill, list rejects) except -1:
        cdef int64_t start = level.at
        cdef Note last
        level.at, level.behind_frame = end, False
        if not fill:
            level.row, level.whole = 0, False
        if level.notes and not rejects:
            last = level.notes[len(level.notes) - 1]
            if last.rank < 0 and last.fill == fill:
                last.end = end
                return 0
        return self._note(level, start, end, -1, fill, rejects)

    cdef int _note_frame(self, Level level, int rank, int64_t end, bint witness) except -1:
        self._note(level, level.at, end, rank, False, None)
        level.at, level.number, level.rejects, level.behind_frame = end, 0, [], True
        if witness:
            level.row += 1
            level.met = level.met or level.row >= self.witnesses
        else:
            level.row, level.whole = 0, False
        if level.whole:
            level.head = level.row
        return 0

    cdef int _note(self, Level level, int64_t start, int64_t end, int rank, bint fill, list rejects) except -1:
        cdef Note note
        if level is self.outermost and rank >= 0:
            tile_frame(&self.tiling, rank, start, end, False)
            return 0
        note = Note.__new__(Note)
        note.start, note.end, note.rank, note.fill, note.rejects = start, end, rank, fill, rejects
        if level is self.outermost:
            return self._emit(note)
        level.notes.append(note)
        return 0

    cdef int _emit(self, Note note) except -1:
        """Notes at the outermost level are final. The rejects of a gap are those of its first byte."""
        cdef int count = 0
        if note.rank >= 0:
            tile_frame(&self.tiling, note.rank, note.start, note.end, False)
            return 0
        for offset, rank, reason in note.rejects:
            self.rejects[count].offset, self.rejects[count].rank, self.rejects[count].reason = offset, rank, reason
            count += 1
        tile_gap(&self.tiling, note.start + 1, note.fill, self.rejects, count)
        if note.end > note.start + 1:
            tile_gap(&self.tiling, note.end, note.fill, NULL, 0)
        return 0


cdef int64_t next_begun(const Choice* formats, const Window* window, int64_t at) noexcept nogil:
    """The next place from `at` on where a marker may have begun, or behind an opener."""
    cdef int64_t size = window.end - window.base
    cdef int64_t index = at - window.base
    cdef const uint8_t* found
    if formats.anywhere or index >= size:
        return at
    if formats.single >= 0 and not formats.openers:
        found = <const uint8_t*>memchr(window.bytes + index, formats.single, size - index)
        return window.end if found == NULL else window.base + (found - window.bytes)
    while index < size:
        if formats.first[window.bytes[index]]:
            break
        if index > 0 and formats.opener[window.bytes[index - 1]]:
            break
        index += 1
    return window.base + index
