# Programs copied into C, and the formats of a decoder put together: which may start with which byte, and where to look next.

cdef enum:
    NEAR = 8  # bytes


cdef fill_matcher(Arena arena, Matcher* made, matcher):
    """Copies a `Matcher` of lowering/program.py."""
    made.count, made.errors, made.ends = len(matcher.alternatives), matcher.errors, matcher.ends
    made.shortest, made.longest = min(map(len, matcher.alternatives)), max(map(len, matcher.alternatives))
    made.mask = arena.copy(matcher.mask) if matcher.mask else NULL
    made.exact = not matcher.mask and not matcher.errors
    made.bytes = <const uint8_t**>arena.take(made.count * sizeof(void*))
    made.sizes = <int*>arena.take(made.count * sizeof(int))
    for n, alternative in enumerate(matcher.alternatives):
        made.bytes[n] = arena.copy(alternative)
        made.sizes[n] = len(alternative)
        for byte in range(256):
            if wrong_bits(made, n, 0, byte) <= made.errors:
                made.begins[byte] = 1
    begun = [byte for byte in range(256) if made.begins[<int>byte]]
    made.only = begun[0] if len(begun) == 1 else -1


cdef class Compiled:
    """One format as a C program. Raises `Unsupported` where the Python prober has to do it."""

    cdef Program own
    cdef Arena arena
    cdef list summers
    cdef const Shape* shape     # NULL where frames are not of the ordinary kind

    def __cinit__(self, definition):  # never again on the same object: others point into it
        lowered = program(definition)
        self.arena = Arena()
        self.summers = []
        self._fields(lowered)
        self._operations(lowered.operations)
        self._expressions(lowered.expressions)
        self._matchers(lowered.matchers)
        self._values(lowered)
        self._sums(lowered)
        shape = ordinary(definition.plan)
        if shape is not None:
            self.shape = made_shape(self.arena, definition.plan, shape, lowered.algorithms, self.summers)

    cdef _fields(self, lowered):
        cdef Program* own = &self.own
        own.slots, own.edges = lowered.slots, lowered.edges
        own.max_size, own.min_size, own.block = lowered.max_size, lowered.min_size, lowered.block
        own.stuffed, own.delimiter = lowered.stuffed, lowered.delimiter
        own.wired = lowered.wired
        own.stop, own.stop_least = lowered.stop, lowered.stop_least
        own.cobs, own.first_inside, own.full_run = lowered.cobs, lowered.first_inside, lowered.full_run
        own.watch_marker, own.escape_is_marker = lowered.watch_marker, lowered.escape_is_marker
        own.least_scale, own.least_more = lowered.least_scale, lowered.least_more
        own.marker = lowered.marker
        own.states = <const uint32_t*>self.arena.copy(lowered.states)
        own.delimited = lowered.delimiter >= 0 and lowered.stop < 0 and not lowered.watch_marker
        own.plain = <uint8_t*>self.arena.take(256)
        stop = b"".join(each[:1] for each in lowered.matchers[lowered.stop].alternatives) if lowered.stop >= 0 else b""
        for byte in range(256 if lowered.states else 0):
            own.plain[byte] = own.states[byte] == (0x100 | byte) and byte != lowered.delimiter and byte not in stop

    cdef _operations(self, list operations):
        cdef Program* own = &self.own
        cdef Operation* op
        own.operations = <Operation*>self.arena.take(len(operations) * sizeof(Operation))
        for k, step in enumerate(operations):
            op = &own.operations[k]
            op.code, op.a, op.b, op.c, op.d = Step[step.name], step.a, step.b, step.c, step.d
            op.x, op.y, op.edge, op.check = step.x, step.y, step.edge, step.check
            if step.name in ("DATA", "OPEN", "BLOCKS"):
                op.memo = own.memos_count
                own.memos_count += 1

    cdef _expressions(self, list expressions):
        cdef Program* own = &self.own
        own.expressions = <Order**>self.arena.take(len(expressions) * sizeof(Order*))
        own.expression_sizes = <int*>self.arena.take(len(expressions) * sizeof(int))
        for k, code in enumerate(expressions):
            own.expression_sizes[k] = len(code)
            own.expressions[k] = <Order*>self.arena.take(len(code) * sizeof(Order))
            for at, (name, operand) in enumerate(code):
                own.expressions[k][at].code, own.expressions[k][at].operand = Instruction[name], operand

    cdef _matchers(self, list matchers):
        self.own.matchers = <Matcher*>self.arena.take(len(matchers) * sizeof(Matcher))
        for k, matcher in enumerate(matchers):
            fill_matcher(self.arena, &self.own.matchers[k], matcher)

    cdef _values(self, lowered):
        cdef Program* own = &self.own
        own.charsets = <uint8_t*>self.arena.take(256 * len(lowered.charsets))
        for k, charset in enumerate(lowered.charsets):
            for byte in charset:
                own.charsets[256 * <int>k + <int>byte] = 1
        own.sets = <Set*>self.arena.take(len(lowered.sets) * sizeof(Set))
        for k, values in enumerate(lowered.sets):
            own.sets[k].count, own.sets[k].values = len(values), self.arena.numbers(values)
        own.tables = <Table*>self.arena.take(len(lowered.tables) * sizeof(Table))
        for k, table in enumerate(lowered.tables):
            keys = sorted(table)
            own.tables[k].count, own.tables[k].keys = len(keys), self.arena.numbers(keys)
            own.tables[k].values = self.arena.numbers([table[key] for key in keys])

    cdef _sums(self, lowered):
        cdef Program* own = &self.own
        cdef sums.Summer summer
        cdef Check* step
        own.checks_count, own.algorithms_count = len(lowered.checks), len(lowered.algorithms)
        own.checks = <Check*>self.arena.take(len(lowered.checks) * sizeof(Check))
        for k, check in enumerate(lowered.checks):
            step = &own.checks[k]
            step.algorithm, step.value, step.begin, step.end = check.algorithm, check.value, check.begin, check.end
            step.own, step.size, step.table, step.by, step.wire = check.own, check.size, check.table, check.by, check.wire
            step.masks_count = len(check.masks)
            step.masks = <Mask*>self.arena.take(len(check.masks) * sizeof(Mask))
            for at, (where, offset, bits) in enumerate(check.masks):
                step.masks[at].place, step.masks[at].offset, step.masks[at].bits = where, offset, bits
        own.algorithms = <const sums.Sum**>self.arena.take(len(lowered.algorithms) * sizeof(void*))
        for k, algorithm in enumerate(lowered.algorithms):
            try:
                summer = sums.Summer(algorithm)
            except ValueError:
                raise Unsupported(f"the checksum {algorithm.name}") from None
            self.summers.append(summer)
            own.algorithms[k] = summer.sum


cdef Compiled compiled_once(definition):
    """A format is compiled for its first decoder; its plan keeps that for the others."""
    if definition.plan.compiled is None:
        definition.plan.compiled = Compiled(definition)
    return definition.plan.compiled


cdef struct Entry:
    # One format of a decoder. `program` is NULL where the Python prober does it.
    const Program* program
    const Shape* shape          # NULL where it has no short cut
    const Matcher* marker       # NULL where it has none
    int64_t fixed_size          # -1 where frames differ in size
    int rank, group, delimiter, confirm, misses
    int placed, silence, chained  # whether it starts in certain places only, and in which
    const Matcher* behind       # what may stand in front of its frames, NULL without
    int64_t block, least        # bytes of a block that frames may not leave, 0 without; of the smallest frame
    int named                   # the rank of the first entry with the same name


cdef struct Choice:
    # The formats of a decoder, as far as C needs them.
    Entry* entries
    int count, slots, edges, delimiters, anywhere, placed
    int before                  # bytes in front of a place that may tell whether a frame may start there
    int openers                 # whether frames may start behind certain bytes
    int single                  # the only byte that any marker begins with, -1 where there are several
    int* group_begins           # the entries of group g are those from group_begins[g] to group_begins[g + 1]
    int* lists                  # the entries that a frame beginning with a byte can have, in their order, byte after byte
    int list_begins[257]
    uint8_t first[256]          # whether a marker can begin with the byte
    uint8_t delimiter[256]
    uint8_t always_fill[256]
    uint8_t opener[256]         # whether a frame may start behind the byte: a delimiter, or the last one of `behind`
    int16_t quick[256]          # the entry whose short cut may be tried first where a frame begins with the byte; -1: none
    uint8_t pairs[8192]         # bit (first << 8 | second): whether a marker can begin with the two bytes


cdef class Formats:
    """All formats of a decoder, compiled; made from the formats of each protocol. Decoders may share it."""

    cdef Choice own
    cdef readonly tuple definitions
    cdef readonly list python
    """Full names of the formats that the Python prober does, each with the reason."""
    cdef tuple names
    cdef list compiled
    cdef Arena arena

    def __cinit__(self, groups):  # never again on the same object, as above
        self.arena = Arena()
        self.definitions = tuple(each for group in groups for each in group)
        self.names = tuple(each.full_name for each in self.definitions)
        self.own.count = len(self.definitions)
        self.python, self.compiled = [], []
        self.own.entries = <Entry*>self.arena.take(self.own.count * sizeof(Entry))
        self.own.before = 1
        self.own.group_begins = <int*>self.arena.take((len(groups) + 1) * sizeof(int))
        rank = 0
        for number, group in enumerate(groups):
            self.own.group_begins[number] = rank
            for definition in group:
                self._entry(rank, number, definition)
                rank += 1
        self.own.group_begins[len(groups)] = rank
        self._starts()

    cdef _entry(self, int rank, int number, definition):
        cdef Entry* entry = &self.own.entries[rank]
        cdef Compiled made
        plan, lock = definition.plan, definition.lock
        entry.rank, entry.group, entry.named = rank, number, self.names.index(definition.full_name)
        entry.delimiter = plan.delimiter[0] if plan.delimited else -1
        entry.placed = definition.places != ANYWHERE
        entry.silence, entry.chained = "silence" in definition.places, "chained" in definition.places
        if definition.behind is not None:
            entry.behind = <const Matcher*>self.arena.take(sizeof(Matcher))
            fill_matcher(self.arena, <Matcher*>entry.behind, marker_of(definition.behind.pattern))
            self.own.before = max(self.own.before, entry.behind.longest)
        entry.block, entry.least = plan.block or 0, plan.min_size
        entry.fixed_size = -1 if plan.fixed_size is None else plan.fixed_size
        if plan.marker is not None:
            entry.marker = <const Matcher*>self.arena.take(sizeof(Matcher))
            fill_matcher(self.arena, <Matcher*>entry.marker, marker_of(plan.marker))
        if lock is not None:
            entry.confirm, entry.misses = lock.confirm, lock.misses
        try:
            made = compiled_once(definition)
        except Unsupported as error:
            self.python.append((definition.full_name, str(error)))
            return
        self.compiled.append(made)
        entry.program, entry.shape = &made.own, made.shape
        self.own.slots, self.own.edges = max(self.own.slots, made.own.slots), max(self.own.edges, made.own.edges)

    cdef _starts(self):
        plans = [each.plan for each in self.definitions]
        firsts = [frozenset(range(256)) if plan.marker is None else plan.marker.first_bytes() for plan in plans]
        by_byte = [[k for k in range(self.own.count) if byte in firsts[k]] for byte in range(256)]
        delimiters = {plan.delimiter[0] for plan in plans if plan.delimited}
        self.own.lists = <int*>self.arena.take(sum(map(len, by_byte)) * sizeof(int))
        at = 0
        for byte in range(256):
            self.own.list_begins[byte] = at
            for k in by_byte[byte]:
                self.own.lists[at] = k
                at += 1
        self.own.list_begins[256] = at
        for byte in range(256):
            k = by_byte[byte][0] if by_byte[byte] else -1
            quick = k >= 0 and self.own.entries[<int>k].shape != NULL and not self.own.entries[<int>k].confirm
            quick = quick and not self.own.entries[<int>k].placed
            self.own.quick[byte] = k if quick and byte not in delimiters else -1
        self.own.delimiters = len(delimiters)
        for byte in delimiters:
            self.own.delimiter[byte] = 1
            # Where a frame of another format may begin with a delimiter, it has to be asked.
            self.own.always_fill[byte] = all(self.own.entries[k].delimiter == only for only in delimiters for b in delimiters for k in by_byte[b])
        opened = [each.behind.pattern for each in self.definitions if each.behind is not None and each.plan.marker is None]
        for byte in delimiters.union(*(pattern.last_bytes() for pattern in opened)):
            self.own.opener[<int>byte] = self.own.openers = 1
        free = [each.plan for each in self.definitions if each.places == ANYWHERE]
        self.own.anywhere = any(plan.marker is None and not plan.delimited for plan in free)
        self.own.placed = any(word in each.places for each in self.definitions for word in ("silence", "chained"))
        markers = [plan.marker for plan in plans if plan.marker is not None]
        begins = {byte for marker in markers for byte in marker.first_bytes()}
        self.own.single = min(begins) if len(begins) == 1 else -1
        for byte in begins:
            self.own.first[byte] = 1
        for marker in markers:
            self._pairs(marker)

    cdef _pairs(self, marker):
        exact = marker.exact and marker.shortest > 1
        pairs = {tuple(each[:2]) for each in marker.alternatives} if exact else {
            (one, two) for one in marker.first_bytes() for two in range(256)
        }
        for one, two in pairs:
            self.own.pairs[<int>one << 5 | <int>two >> 3] |= 1 << (<int>two & 7)


cdef inline int64_t next_place(const Choice* formats, const Window* window, int64_t at) noexcept nogil:
    """The next place from `at` on where a frame may start; that no opener stands before `at` itself is known."""
    cdef const uint8_t* bytes = window.bytes - window.base
    cdef int k
    if formats.single >= 0 and not formats.anywhere and not formats.openers and window.base <= at and at + NEAR < window.end:
        for k in range(NEAR):  # where markers stand close, quicker than a call
            if bytes[at] == formats.single and is_pair(formats, bytes[at], bytes[at + 1]):
                return at
            at += 1
    return farther_place(formats, window, at)


cdef int64_t farther_place(const Choice* formats, const Window* window, int64_t at) noexcept nogil:
    cdef const uint8_t* bytes = window.bytes
    cdef int64_t size = window.end - window.base
    cdef int64_t index = at - window.base
    cdef const uint8_t* found
    if formats.anywhere or index < 0 or index >= size:
        return at
    if formats.single >= 0 and not formats.openers:
        while index < size:
            found = <const uint8_t*>memchr(bytes + index, formats.single, size - index)
            if found == NULL:
                return window.end
            index = found - bytes
            if index + 1 == size or is_pair(formats, bytes[index], bytes[index + 1]):
                break
            index += 1
        return window.base + index
    while index < size:
        if formats.first[bytes[index]] and (index + 1 == size or is_pair(formats, bytes[index], bytes[index + 1])):
            break
        index += 1
        if formats.openers and formats.opener[bytes[index - 1]]:
            break
    return window.base + index


cdef inline bint is_pair(const Choice* formats, uint8_t one, uint8_t two) noexcept nogil:
    return formats.pairs[<int>one << 5 | two >> 3] >> (two & 7) & 1


cdef bint begin_values(Probe* probe, Formats formats) noexcept:
    """Room for the values of any of the formats."""
    probe.values = <int64_t*>calloc(formats.own.slots + 1, sizeof(int64_t))
    probe.present = <uint8_t*>calloc(formats.own.slots + 1, 1)
    probe.edges = <int64_t*>calloc(formats.own.edges + 1, sizeof(int64_t))
    probe.logical = <uint8_t*>malloc(256)
    probe.room = 256
    return probe.logical != NULL and probe.values != NULL and probe.present != NULL and probe.edges != NULL


cdef void free_values(Probe* probe) noexcept:
    free(probe.values)
    free(probe.present)
    free(probe.edges)
    free(probe.logical)
