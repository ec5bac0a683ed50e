# Whom the next bytes wake, in early order: leaders that wait for more of the stream. The C side of `streams/waiting.py`, which tells
# how it works.
#
# A room is kept for each operation with open data, and here also where a delimiter ends that: what has come since is unstuffed
# when somebody wakes, so that those who sleep keep no copies of it. A leader of the Python prober has no room: it wakes for
# every byte that it may need.

cdef class Leader:
    """An undecided pair; `level` is the decoding that it belongs to, None once it is decided or dropped."""

    cdef const Entry* entry
    cdef Level level
    cdef Probe probe
    cdef bint owns              # whether the probe's memory is its own
    cdef object steps           # of the Python prober
    cdef int verdict            # NEED while there is none
    cdef int reason, checked
    cdef int64_t end, read
    cdef int64_t number         # outer leaders have lower ones
    cdef int64_t need           # the stream offset it waits for, -1 where it does not
    cdef Room room              # where it listens, None where it does not

    def __dealloc__(self):
        if self.owns:
            free_values(&self.probe)


cdef class Room:
    """Those who listen for the same: an end pattern that stands, or a byte that is not dull."""

    cdef const Matcher* ends        # NULL where a delimiter ends the data, which is not dull
    cdef uint8_t dull[256]          # bytes of which none alone can end the data or be wrong in it
    cdef dict leaders               # by number

    cdef bint stirs(self, const Window* window, int64_t begin) noexcept:
        """Whether what they listen for is among the bytes from `begin` on."""
        cdef const uint8_t* found
        cdef int64_t size, index
        begin = max(begin, window.base)
        size = window.end - begin
        found = bytes_at(window, begin, window.end)
        if found == NULL:
            return True
        for index in range(size):
            if not self.dull[found[index]]:
                return True
            if self.ends != NULL and self.ends.begins[found[index]] and is_end(self.ends, found + index, size - index):
                return True
        return False


cdef bint is_end(const Matcher* ends, const uint8_t* found, int64_t size) noexcept:
    """Whether an end pattern stands at the first of `size` bytes, all of it."""
    cdef int k
    for k in range(ends.count):
        if ends.sizes[k] <= size and wrong_at(ends, k, found, size) == 0:
            return True
    return False


cdef class Waiting:
    """All who wait on one stream."""

    cdef list heap              # (the stream offset they need, number, leader); void where the leader's need is another by now
    cdef dict rooms             # by rank and operation
    cdef int64_t searched       # up to where the rooms have heard

    cdef int add(self, Leader leader, int64_t need, const Window* window) except -1:
        """Wakes it when the stream has the bytes up to `need`, or, in open data, when something stirs."""
        cdef Room room = None
        if leader.steps is None and listens(&leader.probe) and gives_up(&leader.probe) > window.end:
            room = self._room(leader)
            if not room.stirs(window, unsure(&leader.probe)):
                need = gives_up(&leader.probe)
                leader.room = room
                room.leaders[leader.number] = leader
        if leader.need != need:
            leader.need = need
            heappush(self.heap, (need, leader.number, leader))
        return 0

    cdef Room _room(self, Leader leader):
        cdef Room room = self.rooms.get((leader.entry.rank, leader.probe.pc))
        if room is None:
            room = self.rooms[leader.entry.rank, leader.probe.pc] = new_room(&leader.probe)
        return room

    cdef list woken(self, const Window* window):
        """Those who may go on with the bytes that have come since the last time."""
        cdef list woken = []
        cdef Room room
        cdef Leader leader
        while self.heap and (window.final or self.heap[0][0] <= window.end):
            need, _, leader = heappop(self.heap)
            if leader.need == need:
                leader.need = -1
                if leader.room is not None:
                    del leader.room.leaders[leader.number]
                    leader.room = None
                woken.append(leader)
        for room in self.rooms.values():
            if room.leaders and room.stirs(window, self.searched - (room.ends.longest - 1 if room.ends != NULL else 0)):
                for leader in room.leaders.values():
                    leader.room = None
                    woken.append(leader)
                room.leaders = {}
        self.searched = window.end
        return woken


cdef Waiting new_waiting(int64_t searched):
    cdef Waiting waiting = Waiting.__new__(Waiting)
    waiting.heap, waiting.rooms, waiting.searched = [], {}, searched
    return waiting


cdef Room new_room(const Probe* probe):
    """Where one listens who is in such open data."""
    cdef const Program* program = probe.program
    cdef const Operation* op = &program.operations[probe.pc]
    cdef Room room = Room.__new__(Room)
    cdef int byte
    room.leaders = {}
    room.ends = NULL if probe.inside else &program.matchers[op.a]
    for byte in range(256):
        if not probe.inside:
            room.dull[byte] = op.b < 0 or program.charsets[256 * op.b + byte]
        else:
            room.dull[byte] = byte != program.delimiter and (program.cobs or program.plain[byte])
    return room


cdef bint listens(const Probe* probe) noexcept:
    """Whether it is in open data, and what ends that shows in the bytes themselves, whoever looks at them."""
    cdef const Operation* op = &probe.program.operations[probe.pc]
    if op.code != Step.OPEN or not probe.phase:
        return False
    return not probe.inside or (probe.program.delimited and op.b < 0 and probe.state == 0)


cdef int64_t gives_up(const Probe* probe) noexcept:
    """Where the largest size decides."""
    cdef const Operation* op = &probe.program.operations[probe.pc]
    return probe.limit if probe.inside else probe.limit - op.x - probe.program.matchers[op.a].shortest + 1


cdef int64_t unsure(const Probe* probe) noexcept:
    """From where nothing has been looked for in vain."""
    cdef const Operation* op = &probe.program.operations[probe.pc]
    return probe.at if op.b < 0 else probe.at - (have(probe) - probe.known)
