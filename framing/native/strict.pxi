# The strict order: each place is settled before anything behind it is looked at. The C side of `engine.py`.

cdef enum:
    # What is being done at the place `tiling.at`.
    IDLE = 0
    ASKING = 1        # the formats, one after the other
    CONFIRMING = 2    # the frames behind an intact one, out of lock
    RIDING = 3        # a damaged marker in lock: the rest of the frame
    LOOKING_AHEAD = 4 # and the markers behind it


@cython.final
cdef class StrictEngine(Stream):
    """Decodes one stream in strict order."""

    cdef int mode, number, asked, count
    cdef int64_t found_end
    cdef int confirmed, member
    cdef int64_t chain_end
    cdef int ahead
    cdef int last
    cdef int64_t last_end

    def __cinit__(self, *arguments):
        self.begin_order()  # the base could not yet

    cdef int begin_order(self) except -1:
        self.mode = IDLE
        self.last, self.last_end = -1, -1
        return 0

    cdef int ask_again(self) except -1:
        self.mode = IDLE
        return 0

    cdef int decode(self) noexcept nogil:
        cdef Window* window = &self.window
        cdef Tiling* tiling = &self.tiling
        cdef const Choice* formats = &self.formats.own
        cdef int64_t at, place, need
        cdef bint starts
        cdef uint8_t byte
        while not tiling.failed and not window.fault:
            if self.mode == IDLE:
                need = self.run_of_frames()
                at = tiling.at
                if need or at >= window.end:
                    self.need = need or window.end + 1
                    return GO_ON
                if tiling.marks_size >= self.pause:
                    return NEED
                byte = byte_at(window, at)
                starts = formats.delimiters and self.starts(at, byte)
                if starts:
                    if formats.always_fill[byte] and not self.rides(at):
                        tile_gap(tiling, at + 1, True, NULL, 0)
                        continue
                elif not (formats.placed and (at == self.origin or at == self.last_end)) and not self.opened(at) and (
                    not formats.first[byte] or at != self.last_end
                ):
                    place = next_place(formats, window, at)
                    if place > at and not self.rides(at):
                        tile_gap(tiling, place, False, NULL, 0)
                        continue
                self.mode, self.number, self.asked, self.count = ASKING, 0, 0, 0
            if self.settle(tiling.at) == NEED:
                self.need = self.probe.need
                return GO_ON
        return REJECT

    cdef int64_t run_of_frames(self) noexcept nogil:
        """Takes ordinary frames as long as one stands behind the other; up to where bytes are needed to go on, 0: unknown."""
        cdef const Choice* formats = &self.formats.own
        cdef const uint8_t* bytes = self.window.bytes - self.window.base
        cdef const Entry* entry
        cdef int64_t end = self.window.end
        cdef int64_t at = self.tiling.at
        cdef int64_t size, place
        cdef int64_t cost = 0
        cdef int quick, reason
        if self.judging or self.mode != IDLE:
            return 0
        while at < end and self.tiling.marks_size < self.pause:
            quick = formats.quick[bytes[at]]
            if quick < 0:
                return 0
            entry = &formats.entries[quick]
            if entry.delimiter >= 0:
                size = self.stuffed_size(entry, at) if self.may_start(entry, at) else 0
                if size == 0:
                    return 0
                tile_frame(&self.tiling, quick, at, at + size, False)
                self.last, self.last_end = quick, at + size
                at += size
                continue
            size = ordinary_size(
                entry.shape, bytes + at, end - at, self.guards[quick], GUARD_FREE + 2 * (at - self.origin), &self.window,
                &cost,
            )
            if size > 0:
                tile_frame(&self.tiling, quick, at, at + size, False)
                at += size
                if entry.shape.plain and end - at > 2 * size and formats.quick[bytes[at]] == quick:  # it pays for some of them
                    if self.guards[quick][entry.shape.sums[0].algorithm].spent <= GUARD_FREE + 2 * (at - self.origin):
                        if run_of_plain(&self.tiling, entry.shape, &self.window, formats.quick, quick, self.pause):
                            at = self.tiling.at
                self.last, self.last_end = quick, at
                continue
            reason = R_CHECKSUM
            if size == 0:
                size = lacking(entry.shape, bytes + at, end - at)
                if size == 0:
                    return 0
                if not self.window.final:
                    return at + size if self.is_alone(at, bytes[at]) else 0
                if end - at < entry.shape.marker_size:  # no candidate
                    return 0
                reason = R_TRUNCATED
            else:
                self.guards[quick][entry.shape.sums[0].algorithm].spent += cost
            if not self.gave_up(entry, at, bytes[at], reason):
                return 0
            at += 1
            if at < end and formats.quick[bytes[at]] < 0 and not formats.delimiters:
                place = next_place(formats, &self.window, at)
                if place > at:
                    tile_gap(&self.tiling, place, False, NULL, 0)
                    at = place
            if entry.shape.plain and size < 0 and not formats.delimiters and at < end and self.is_alone(at, bytes[at]):
                run_of_wrong(
                    &self.tiling, formats, entry, &self.window, &self.guards[quick][entry.shape.sums[0].algorithm], self.origin
                )
                at = self.tiling.at
        return 0

    cdef int64_t stuffed_size(self, const Entry* entry, int64_t at) noexcept nogil:
        """The bytes of the ordinary delimited frame at a place where one may start; 0 to leave it to `run`."""
        cdef const Program* program = entry.program
        cdef Probe* probe = &self.probe
        cdef const uint8_t* source = self.window.bytes + (at - self.window.base)
        cdef int64_t most = min(self.window.end - at, program.max_size)
        cdef const uint8_t* close = <const uint8_t*>memchr(source, entry.delimiter, most)
        cdef int64_t size
        cdef int64_t cost = 0
        if close == NULL:
            return 0
        size = close - source
        probe.program = program
        probe.length = probe.left = probe.state = 0
        probe.cobs_code = 255
        if reserve(probe, size + 1 + SHORT_BLOCK):
            return 0
        if (uncobs(probe, source, size, most) if program.cobs else unescape(probe, source, size)) < size or finish_area(probe):
            return 0
        if probe.length == 0:  # as many bytes as `ordinary_size` answers with when it does not know
            return 0
        if ordinary_size(entry.shape, probe.logical, probe.length, self.guards[entry.rank], HUGE_SIZE, NULL, &cost) != probe.length:
            return 0
        return size + 1

    cdef inline bint gave_up(self, const Entry* entry, int64_t at, uint8_t byte, int reason) noexcept nogil:
        """Gives the place up, unless others are to be asked; whether it did."""
        cdef const Choice* formats = &self.formats.own
        if not self.is_alone(at, byte):
            return False
        if formats.delimiters:
            self.count = 0
            self.add_reject(at, entry, reason)
            self.give_up(at, byte)
        else:
            tile_reject(&self.tiling, entry.rank, reason)
        return True

    cdef inline bint is_alone(self, int64_t at, uint8_t byte) noexcept nogil:
        """Whether only one format is to be asked at the place."""
        return self.formats.own.list_begins[byte + 1] - self.formats.own.list_begins[byte] == 1 and not self.rides(at)

    cdef inline bint starts(self, int64_t at, uint8_t byte) noexcept nogil:
        """Whether a delimited format may start here, or a delimiter stands directly behind a frame."""
        if at == self.origin or (at == self.last_end and self.formats.own.delimiter[byte]):
            return True
        return self.formats.own.delimiter[byte_at(&self.window, at - 1)]

    cdef inline bint opened(self, int64_t at) noexcept nogil:
        """Whether a frame may start here by the byte in front."""
        return self.formats.own.openers and at > self.origin and self.formats.own.opener[byte_at(&self.window, at - 1)]

    cdef inline bint rides(self, int64_t at) noexcept nogil:
        return at == self.last_end and self.last >= 0 and self.formats.own.entries[self.last].misses > 0

    cdef inline bint is_locked(self, const Entry* entry, int64_t at) noexcept nogil:
        return at == self.last_end and self.last >= 0 and self.formats.own.entries[self.last].group == entry.group

    cdef int settle(self, int64_t at) noexcept nogil:
        """Goes on at the place; NEED, or GO_ON when it is settled."""
        cdef const Choice* formats = &self.formats.own
        cdef uint8_t byte = byte_at(&self.window, at)
        cdef const int* entries = formats.lists + formats.list_begins[byte]
        cdef int size = formats.list_begins[byte + 1] - formats.list_begins[byte]
        cdef const Entry* entry
        cdef int result
        while self.mode <= CONFIRMING and self.number < size:
            entry = &formats.entries[entries[self.number]]
            if self.mode == ASKING:
                self.behind_end, self.behind_group = self.last_end, formats.entries[self.last].group if self.last >= 0 else -1
                result = self.judge(entry, at, False)
                if result == ACCEPT:
                    self.found_end = self.probe.at
                    if entry.confirm and not self.is_locked(entry, at):
                        self.mode = CONFIRMING
                        self.confirmed, self.member, self.chain_end = 0, 0, self.found_end
            if self.mode == CONFIRMING:
                result = self.confirm(entry)
            if result == NEED:
                return NEED
            if result == ACCEPT:
                self.accept(entry.rank, at, self.found_end, False)
                return GO_ON
            self.mode = ASKING
            if result == REJECT:
                self.add_reject(at, entry, self.probe.reason)
                if entry.rank == self.last:
                    self.asked = 1
            self.number += 1
        if self.last >= 0 and not self.asked and self.rides(at):
            result = self.flywheel(&formats.entries[self.last], at)
            if result == NEED:
                return NEED
            if result == ACCEPT:
                self.accept(self.last, at, at + formats.entries[self.last].fixed_size, True)
                return GO_ON
            if result == REJECT:
                self.add_reject(at, &formats.entries[self.last], self.probe.reason)
        self.give_up(at, byte)
        return GO_ON

    cdef inline void accept(self, int rank, int64_t at, int64_t end, bint suspect) noexcept nogil:
        tile_frame(&self.tiling, rank, at, end, suspect)
        self.last, self.last_end, self.mode = rank, end, IDLE

    cdef void give_up(self, int64_t at, uint8_t byte) noexcept nogil:
        cdef const Choice* formats = &self.formats.own
        cdef bint fill = False
        cdef int k
        if formats.delimiter[byte]:
            fill = at == self.last_end
            for k in range(formats.count):
                fill = fill or (formats.entries[k].delimiter == byte and self.may_start(&formats.entries[k], at))
        tile_gap(&self.tiling, at + 1, fill, self.rejects, self.count)
        self.mode = IDLE

    cdef void add_reject(self, int64_t at, const Entry* entry, int reason) noexcept nogil:
        """In the order of the formats, which a ridden one need not come in."""
        cdef int k = self.count
        while k > 0 and self.formats.own.entries[self.rejects[k - 1].rank].named > entry.named:
            self.rejects[k] = self.rejects[k - 1]
            k -= 1
        self.rejects[k].offset, self.rejects[k].rank, self.rejects[k].reason = at, entry.rank, reason
        self.count += 1

    cdef int confirm(self, const Entry* entry) noexcept nogil:
        """Followed by as many intact frames as the protocol asks for, or the stream ends behind one of them."""
        cdef const Choice* formats = &self.formats.own
        cdef int begin = formats.group_begins[entry.group]
        cdef int size = formats.group_begins[entry.group + 1] - begin
        cdef int result
        while self.confirmed < entry.confirm:
            if self.chain_end >= self.window.end:
                if self.window.final:
                    return ACCEPT
                self.probe.need = self.chain_end + 1
                return NEED
            result = REJECT
            self.behind_end, self.behind_group = self.chain_end, entry.group
            while self.member < size:
                result = self.judge(&formats.entries[begin + self.member], self.chain_end, False)
                if result == NEED:
                    return NEED
                if result == ACCEPT:
                    break
                self.member += 1
            if result != ACCEPT:
                self.probe.reason = R_UNCONFIRMED
                return REJECT
            self.chain_end = self.probe.at
            self.confirmed += 1
            self.member = 0
        return ACCEPT

    cdef int flywheel(self, const Entry* entry, int64_t at) noexcept nogil:
        """Rides through a damaged marker: ACCEPT where it carries, ABSENT where there is nothing to ride on."""
        cdef const Matcher* matcher = entry.marker
        cdef int64_t place, begin, read, size
        cdef int result
        self.behind_end, self.behind_group = self.last_end, entry.group
        if entry.fixed_size < 0 or matcher == NULL or not self.may_start(entry, at):
            return ABSENT
        if self.mode != LOOKING_AHEAD:
            self.mode = RIDING
            result = self.judge(entry, at, True)
            if result != ACCEPT:
                return result
            self.mode, self.ahead = LOOKING_AHEAD, 1
        while self.ahead <= entry.misses:  # of frames ridden through in a row, the next sees the same marker, nearer
            place = at + self.ahead * entry.fixed_size
            if self.window.final and place == self.window.end:
                return ACCEPT
            result = UNDECIDED
            if place < self.window.end or self.window.final:
                begin = min(place, self.window.end)
                size = min(self.window.end - begin, matcher.longest)
                result = match(matcher, bytes_at(&self.window, begin, begin + size), size, self.window.final, &read)
            if result == UNDECIDED:
                self.probe.need = max(place, self.window.end) + 1
                return NEED
            if result:
                return ACCEPT
            self.ahead += 1
        self.probe.reason = R_MARKER
        return REJECT
