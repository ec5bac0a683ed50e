# The ordinary frame in one go: what most frames are, accepted by a dozen comparisons. The numbers come from `lowering/ordinary.py`.
#
# A short cut only ever accepts what `run` would accept, and only ever rejects for a checksum that `run` would find wrong. All
# else, and all that lacks bytes, it leaves to `run`. It reads nothing behind `left` bytes.

cdef extern from *:
    """
    #include <string.h>
    #include <stdint.h>
    static inline uint64_t framing_little(const uint8_t* at) {
        uint64_t value;
        memcpy(&value, at, 8);
    #if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        value = __builtin_bswap64(value);
    #endif
        return value;
    }
    """
    uint64_t load "framing_little"(const uint8_t* at) noexcept nogil
    uint64_t swapped "__builtin_bswap64"(uint64_t value) noexcept nogil

cdef extern from "native/simd.h":
    int all_in_set "framing_all_in_set_simd"(const uint8_t* rows, const uint8_t* found, size_t size) noexcept nogil

cdef enum:
    TABLE_MOST = 65536
    COVERED_AHEAD = 64
    BEGINNING_MOST = 64
    STOP_WITHIN = 256           # bytes in which an end pattern is looked for; farther ones are for `run`, which remembers

cdef int64_t MUCH = <int64_t>1 << 40  # bytes
cdef uint64_t NO_DIGITS = ~<uint64_t>0  # more than any digits of a short cut can say

cdef struct Number:
    int anchor, offset, size, kind, shift, signed
    uint64_t mask
    uint64_t whole              # a mask for `size` bytes
    int easy, big, down         # where 8 bytes may be read: shifted right by `down` and masked, the number is there
    uint64_t rest

cdef struct Limit:
    Number number
    int64_t low, high

cdef struct Option:
    Number number
    int size

cdef struct Word:
    # 8 bytes of the header, of which those under the mask are always the same: marker, constants, flags that are zero.
    int offset
    uint64_t mask, value

cdef struct ShapeSum:
    const sums.Sum* sum
    int algorithm               # its number in the program, for the guard
    int begin, end_anchor, end_offset
    Number stated, by
    const int16_t* table        # -1: no entry; NULL: no table

cdef struct Shape:
    int cut_short               # easy, and nothing but numbers is decided in front of the data; one checksum behind it
    int late                    # and nothing is decided behind the data but with the checksum's last byte
    int easy                    # a length, and numbers of whole bytes or bits: nothing that has to be searched or converted
    int marker_size, header, tail, measured, open, stop, stuffed, limits_count, options_count, sums_count, ends_count
    int words_count, worded     # so many limits, the first ones, the words tell too
    int plain                   # easy, with one word, one checksum and one option at most: see runs.pxi
    int plain_big               # a number of it is big-endian
    int plain_covered           # bytes under the checksum beside the data
    Number plain_option
    const uint8_t* charset      # 256 flags, and the rows of `framing_all_in_set_simd`; NULL: any byte
    bint simd                   # which may be used
    const uint8_t** ends        # of which the first that stands closes the frame
    int* ends_sizes
    int64_t unit, constant, max_size
    uint8_t marker[8]
    Number length
    Word* words
    Limit* limits
    Option* options
    ShapeSum* sums


cdef inline uint64_t number_at(
    const Number* number, const uint8_t* frame, const uint8_t* behind, const uint8_t* last
) noexcept nogil:
    """The number; the bytes in front of `last` may be read. Digits that are none give NO_DIGITS."""
    cdef const uint8_t* at = (behind if number.anchor else frame) + number.offset
    cdef uint64_t value = 0
    cdef int k
    if number.kind == 4:
        return value if read_digits(4, number.size, at, <int64_t*>&value) else NO_DIGITS
    if at + 8 <= last:  # all at once, with bytes that do not belong to it
        value = load(at)
        value = value & number.whole if number.kind < 2 else swapped(value) >> (64 - 8 * number.size)
    elif number.kind < 2:
        for k in range(number.size):
            value |= <uint64_t>at[k] << (8 * k)
    else:
        for k in range(number.size):
            value = value << 8 | at[k]
    return value >> number.shift & number.mask


cdef inline int64_t signed_at(
    const Number* number, const uint8_t* frame, const uint8_t* behind, const uint8_t* last
) noexcept nogil:
    cdef uint64_t value = number_at(number, frame, behind, last)
    if number.signed and value >> (8 * number.size - 1):
        value -= <uint64_t>1 << (8 * number.size - 1) << 1
    return <int64_t>value


cdef inline int64_t ordinary_size(
    const Shape* shape, const uint8_t* frame, int64_t left, Guard* guards, int64_t allowance, const Window* window, int64_t* cost
) noexcept nogil:
    """The bytes of the frame that stands there; 0 to leave it to `run`, -1 for a wrong checksum, which took `cost` bytes.

    A guard that has spent more than `allowance` goes by prefix states; `window` is what `frame` lies in then.
    """
    cdef const uint8_t* behind
    cdef const Limit* limit
    cdef const ShapeSum* one
    cdef Guard* guard
    cdef int right
    cdef int64_t size = shape.constant
    cdef int64_t end, value
    cdef int k
    if left < shape.header:
        return 0
    if shape.easy and left >= shape.header + 8:
        for k in range(shape.words_count):
            if load(frame + shape.words[k].offset) & shape.words[k].mask != shape.words[k].value:
                return 0
        size += easy_length(shape, frame, left)
        end = easy_end(shape, frame, size)
        if end + 8 <= left:
            return easy_size(shape, frame, size, end, guards, allowance, window, cost)
        size = shape.constant
    for k in range(1, shape.marker_size):
        if frame[k] != shape.marker[k]:
            return 0
    if shape.measured:
        value = signed_at(&shape.length, frame, frame, frame + left)
        if value < 0 or value > left:
            return 0
        size += value * shape.unit
    elif shape.open:
        size = open_size(shape, frame, left)
    if size < 0:
        return 0
    end = shape.header + size + shape.tail
    for k in range(shape.options_count):
        if number_at(&shape.options[k].number, frame, frame, frame + left):
            end += shape.options[k].size
    if shape.ends_count:
        end = behind_end(shape, frame, end, left)
    if end > left or end > shape.max_size:
        return 0
    behind = frame + shape.header + size
    for k in range(shape.limits_count):
        limit = &shape.limits[k]
        value = signed_at(&limit.number, frame, behind, frame + left)
        if value < limit.low or value > limit.high:
            return 0
    for k in range(shape.sums_count):
        one = &shape.sums[k]
        guard = NULL
        if guards[one.algorithm].spent > allowance:
            guard = &guards[one.algorithm]
        value = one.end_offset + (shape.header + size if one.end_anchor else 0) - one.begin
        right = is_right(one, frame, behind, frame + left, value, guard, window)
        if right < 0:
            return 0
        if not right:
            cost[0] = value if guard == NULL else min(value, GUARDED_COST)
            return -1 if k == 0 and shape.sums_count == 1 else 0
    return end


cdef inline uint64_t easily(const Number* number, const uint8_t* frame, const uint8_t* behind) noexcept nogil:
    """The number, of which 8 bytes may be read."""
    cdef uint64_t value = load((behind if number.anchor else frame) + number.offset)
    return (swapped(value) if number.big else value) >> number.down & number.rest


cdef inline int64_t easy_length(const Shape* shape, const uint8_t* frame, int64_t left) noexcept nogil:
    """The bytes that the length field tells; more than `left` if it is more than there is."""
    cdef uint64_t value = easily(&shape.length, frame, frame)
    return <int64_t>value * shape.unit if value <= <uint64_t>left else left + MUCH


cdef inline int64_t easy_end(const Shape* shape, const uint8_t* frame, int64_t size) noexcept nogil:
    """Where the frame ends by its header, which is there with 8 bytes more; of `size` bytes of data."""
    cdef int64_t end = shape.header + size + shape.tail
    cdef int k
    for k in range(shape.options_count):
        if easily(&shape.options[k].number, frame, frame):
            end += shape.options[k].size
    return end


cdef inline int64_t easy_size(
    const Shape* shape, const uint8_t* frame, int64_t size, int64_t end, Guard* guards, int64_t allowance, const Window* window,
    int64_t* cost,
) noexcept nogil:
    """What `ordinary_size` says of an easy shape with such words, of which all is there with 8 bytes more."""
    cdef const uint8_t* behind
    cdef const Limit* limit
    cdef const ShapeSum* one
    cdef int64_t value
    cdef uint64_t by
    cdef int k
    if size < 0 or end > shape.max_size:
        return 0
    behind = frame + shape.header + size
    for k in range(shape.worded, shape.limits_count):
        limit = &shape.limits[k]
        value = <int64_t>easily(&limit.number, frame, behind)
        if value < limit.low or value > limit.high:
            return 0
    for k in range(shape.sums_count):
        one = &shape.sums[k]
        size = one.end_offset + (behind - frame if one.end_anchor else 0) - one.begin
        if guards[one.algorithm].spent > allowance:
            if one.table != NULL:
                value = is_right_guarded(one, frame, behind, frame + end + 8, size, &guards[one.algorithm], window)
                if value < 0:
                    return 0
            else:
                value = easily(&one.stated, frame, behind) == guarded_total(
                    one, window.base + (frame + one.begin - window.bytes), size, &guards[one.algorithm].prefix, window, -1
                )
            size = min(size, GUARDED_COST)
        elif one.table == NULL:
            value = easily(&one.stated, frame, behind) == sums.total(one.sum, frame + one.begin, size)
        else:
            by = easily(&one.by, frame, behind)
            if by >= TABLE_MOST or one.table[by] < 0:
                return 0
            value = easily(&one.stated, frame, behind) == sums.total_with(
                one.sum, frame + one.begin, size, <uint8_t>one.table[by]
            )
        if not value:
            cost[0] = size
            return -1 if k == 0 and shape.sums_count == 1 else 0
    return end


cdef inline int64_t lacking(const Shape* shape, const uint8_t* frame, int64_t left) noexcept nogil:
    """With how many bytes more can be told, where bytes of the frame lack and all in front of them is right; 0: unknown."""
    cdef uint8_t beginning[BEGINNING_MOST]
    cdef const Limit* limit
    cdef const ShapeSum* one
    cdef int64_t end, value
    cdef uint64_t size
    cdef int k
    if not shape.cut_short:
        return 0
    for k in range(1, min(shape.marker_size, left)):
        if frame[k] != shape.marker[k]:
            return 0
    if left < shape.header + 8:  # of each number 8 bytes are read
        memset(beginning, 0, BEGINNING_MOST)
        memcpy(beginning, frame, left)
        frame = beginning
    for k in range(shape.limits_count):
        limit = &shape.limits[k]
        if limit.number.anchor or limit.number.offset + limit.number.size > left:
            continue
        value = <int64_t>easily(&limit.number, frame, frame)
        if value < limit.low or value > limit.high:
            return 0
    if shape.length.offset + shape.length.size > left:
        return left + 1
    size = easily(&shape.length, frame, frame)
    if size >> 32:
        return 0
    end = shape.header + shape.constant + <int64_t>size * shape.unit
    if end < shape.header or end + shape.tail > shape.max_size:
        return 0
    if left < shape.header:
        return left + 1
    if end <= left:
        return 0
    one = shape.sums
    if one.table != NULL:
        size = easily(&one.by, frame, frame)
        if size >= TABLE_MOST or one.table[size] < 0:
            return 0
    value = end + shape.tail
    for k in range(shape.options_count):
        if easily(&shape.options[k].number, frame, frame):
            value += shape.options[k].size
    return 0 if value > shape.max_size else end + shape.tail if shape.late else end + 1


cdef inline int64_t open_size(const Shape* shape, const uint8_t* frame, int64_t left) noexcept nogil:
    """The bytes of data that only its end tells; -1 to leave it to `run`."""
    cdef const uint8_t* stop
    cdef int64_t size = left - shape.header
    cdef int64_t index = 0
    if shape.stop < 0:
        return size - shape.tail
    stop = <const uint8_t*>memchr(frame + shape.header, shape.stop, min(size, STOP_WITHIN))
    if stop == NULL:
        return -1
    size = stop - frame - shape.header
    if shape.charset != NULL and not all_flagged(shape.charset, shape.simd, frame + shape.header, size):
        return -1
    return size


cdef inline bint all_flagged(const uint8_t* flags, bint simd, const uint8_t* found, int64_t size) noexcept nogil:
    """Whether the flag of each byte is set."""
    cdef int64_t index = 0
    if simd and size >= 16:
        return all_in_set(flags + 256, found, size)
    while index + 8 <= size:
        if not (
            flags[found[index]] & flags[found[index + 1]] & flags[found[index + 2]] & flags[found[index + 3]]
            & flags[found[index + 4]] & flags[found[index + 5]] & flags[found[index + 6]] & flags[found[index + 7]]
        ):
            return False
        index += 8
    while index < size:
        if not flags[found[index]]:
            return False
        index += 1
    return True


cdef inline int64_t behind_end(const Shape* shape, const uint8_t* frame, int64_t at, int64_t left) noexcept nogil:
    """Where the frame ends behind the end pattern at `at`; beyond `left` to leave it to `run`."""
    cdef int k, index
    for k in range(shape.ends_count):
        if at + shape.ends_sizes[k] > left:
            return left + 1
        index = 0
        while index < shape.ends_sizes[k] and frame[at + index] == shape.ends[k][index]:
            index += 1
        if index == shape.ends_sizes[k]:
            return at + index
    return left + 1


cdef inline int is_right(
    const ShapeSum* one, const uint8_t* frame, const uint8_t* behind, const uint8_t* last, int64_t size, Guard* guard,
    const Window* window,
) noexcept nogil:
    """Whether the checksum is right; -1 to leave it to `run`."""
    cdef uint64_t by
    if guard != NULL:
        return is_right_guarded(one, frame, behind, last, size, guard, window)
    if one.table == NULL:
        return is_stated(one, frame, behind, last, sums.total(one.sum, frame + one.begin, size))
    by = number_at(&one.by, frame, behind, last)
    if by >= TABLE_MOST or one.table[by] < 0:
        return -1
    return is_stated(one, frame, behind, last, sums.total_with(one.sum, frame + one.begin, size, <uint8_t>one.table[by]))


cdef inline int is_stated(
    const ShapeSum* one, const uint8_t* frame, const uint8_t* behind, const uint8_t* last, uint64_t found
) noexcept nogil:
    cdef uint64_t stated = number_at(&one.stated, frame, behind, last)
    if one.stated.kind == 4 and stated == NO_DIGITS:
        return -1
    return stated == found


cdef inline uint64_t guarded_total(
    const ShapeSum* one, int64_t begin, int64_t size, sums.Prefix* prefix, const Window* window, int more
) noexcept nogil:
    """The checksum by prefix states, which are made some way ahead: the next candidate will ask too."""
    cdef int64_t end = begin + size
    if begin < prefix.lo or end >= prefix.stop:
        # Where there is no memory for them, the bytes are read once more.
        sums.cover(one.sum, prefix, window.bytes, window.base, begin, min(end + COVERED_AHEAD, window.end))
    return sums.covered_total(one.sum, prefix, window.bytes, window.base, begin, end, more)


cdef int is_right_guarded(
    const ShapeSum* one, const uint8_t* frame, const uint8_t* behind, const uint8_t* last, int64_t size, Guard* guard,
    const Window* window,
) noexcept nogil:
    """The same by prefix states."""
    cdef uint64_t by
    cdef int more = -1
    if one.table != NULL:
        by = number_at(&one.by, frame, behind, last)
        if by >= TABLE_MOST or one.table[by] < 0:
            return -1
        more = one.table[by]
    return is_stated(
        one, frame, behind, last,
        guarded_total(one, window.base + (frame + one.begin - window.bytes), size, &guard.prefix, window, more),
    )


cdef fill_number(Number* made, number):
    made.anchor, made.offset = number.at
    made.size, made.kind, made.shift, made.mask = number.size, number.kind, number.shift, number.mask
    made.whole = (1 << 8 * number.size) - 1 if number.kind < 4 else 0
    made.easy = number.kind in (0, 2)
    made.big = number.kind == 2 and number.size > 1
    made.down = number.shift + (64 - 8 * number.size if made.big else 0)
    made.rest = number.mask & made.whole >> number.shift
    made.signed = number.kind & 1 and number.size < 8 and number.shift == 0 and number.mask == (1 << 64) - 1


cdef Shape* made_shape(Arena arena, plan, shape, list algorithms, list summers) except NULL:
    """Copies a `Shape` of lowering/ordinary.py. `algorithms` are those of the program, `summers` their kernels."""
    cdef Shape* made = <Shape*>arena.take(sizeof(Shape))
    cdef sums.Summer summer
    cdef ShapeSum* one
    cdef uint8_t* flags
    made.marker_size, made.header, made.tail = len(shape.marker), shape.header, shape.tail
    for k, byte in enumerate(shape.marker):
        made.marker[<int>k] = byte
    made.open, made.stop, made.stuffed = shape.open, shape.stop, shape.stuffed
    if shape.charset:
        flags = <uint8_t*>arena.take(256 + 32)
        for byte in shape.charset:
            flags[<int>byte] = 1
            flags[256 + (16 if byte & 0x80 else 0) + (byte & 15)] |= 1 << (byte >> 4 & 7)
        made.charset = flags
        made.simd = SIMD
    made.ends_count = len(shape.ends)
    made.ends = <const uint8_t**>arena.take(len(shape.ends) * sizeof(void*))
    made.ends_sizes = <int*>arena.take(len(shape.ends) * sizeof(int))
    for k, each in enumerate(shape.ends):
        made.ends[<int>k], made.ends_sizes[<int>k] = arena.copy(each), len(each)
    made.unit, made.constant, made.max_size = shape.unit, shape.constant, plan.max_size
    if shape.length is not None:
        made.measured = 1
        fill_number(&made.length, shape.length)
    steady, others = words(shape)
    made.words = <Word*>arena.take((len(steady) + 1) * sizeof(Word))  # one more, of no bits, for `run_of_plain`
    for k, word in enumerate(steady):
        made.words[<int>k].offset, made.words[<int>k].mask, made.words[<int>k].value = word.offset, word.mask, word.value
    made.words_count, made.worded = len(steady), len(shape.limits) - len(others)
    made.limits = <Limit*>arena.take(len(shape.limits) * sizeof(Limit))
    for limit in [limit for limit in shape.limits if limit not in others] + others:
        fill_number(&made.limits[made.limits_count].number, limit.number)
        made.limits[made.limits_count].low, made.limits[made.limits_count].high = limit.low, limit.high
        made.limits_count += 1
    made.options = <Option*>arena.take(len(shape.options) * sizeof(Option))
    for option in shape.options:
        fill_number(&made.options[made.options_count].number, option.number)
        made.options[made.options_count].size = option.size
        made.options_count += 1
    made.sums = <ShapeSum*>arena.take(len(shape.sums) * sizeof(ShapeSum))
    for given in shape.sums:
        one = &made.sums[made.sums_count]
        one.algorithm = algorithms.index(given.algorithm)
        summer = summers[one.algorithm]
        one.sum, one.begin = summer.sum, given.begin
        one.end_anchor, one.end_offset = given.end
        fill_number(&one.stated, given.stated)
        if given.by is not None:
            fill_number(&one.by, given.by)
            one.table = filled_table(arena, given.table)
        made.sums_count += 1
    made.easy = is_easy(made)
    made.plain = made.easy and made.words_count <= 1 and made.worded == made.limits_count and made.options_count <= 1
    made.plain = made.plain and made.sums_count == 1 and made.length.size <= 4 and 0 <= made.unit <= TABLE_MOST
    if made.plain:
        one = &made.sums[0]
        made.plain = one.stated.anchor and one.end_anchor and (one.table == NULL or not one.by.anchor)
        made.plain_covered = one.end_offset + made.header - one.begin
        if made.options_count:
            made.plain_option = made.options[0].number
        made.plain_big = made.length.big or made.plain_option.big or one.stated.big or one.by.big
    made.cut_short = made.easy and made.sums_count == 1 and made.header + 8 <= BEGINNING_MOST
    if made.cut_short:
        one = &made.sums[0]
        made.cut_short = one.stated.anchor and (one.table == NULL or not one.by.anchor)
        made.late = made.cut_short and one.stated.offset + one.stated.size == made.tail
    for k in range(made.limits_count):
        made.late = made.late and not made.limits[<int>k].number.anchor
    return made


cdef bint is_easy(const Shape* shape):
    cdef int k
    easy = shape.measured and not shape.ends_count and not shape.stuffed and shape.length.easy
    for k in range(shape.limits_count):
        easy = easy and shape.limits[k].number.easy and shape.limits[k].number.size < 8
    for k in range(shape.options_count):
        easy = easy and shape.options[k].number.easy
    for k in range(shape.sums_count):
        easy = easy and shape.sums[k].stated.easy and (shape.sums[k].table == NULL or shape.sums[k].by.easy)
    return easy


cdef const int16_t* filled_table(Arena arena, dict table) except NULL:
    cdef int16_t* made = <int16_t*>arena.take(TABLE_MOST * sizeof(int16_t))
    memset(made, 0xFF, TABLE_MOST * sizeof(int16_t))
    for key, value in table.items():
        if 0 <= value <= 255:
            made[<int>key] = value
    return made
