# What a format and a candidate are in C. `lowering/program.py` says what the numbers of a format mean.

cpdef enum Step:
    # Operations; the operands are those of `Operation` in lowering/program.py.
    MARKER            # a: matcher
    SKIP              # x: bytes
    NUMBER            # a: type, b: bytes, c: slot or -1, d: may pass 63 bits, x: bytes to pass over before it
    VARYING           # a: uleb128, zigzag, vlq, utf8, dec, hex; of digits b: what ends them, d: most of them; c: slot or -1
    BITS              # a: from this slot, c: to this slot, x: shift, y: mask
    CONSTANT_BITS     # a: slot, x: mask, y: wanted
    RANGE             # a: slot, b: reason, x: least, y: greatest
    ONE_OF            # a: slot, b: set
    EQUALS            # a: slot, b: expression
    VALID             # b: expression
    PATTERN           # a: matcher, b: whether it is an `end`, x: least wire bytes behind it
    DATA              # a: slot of the size, b: charset or -1, c: slot for the bytes it has or -1
    BLOCKS            # a: slot of the size, b: check, c: slot for the data bytes, x: bytes of a block
    OPEN              # a: matcher of the end or -1, b: charset or -1, c: slot for the bytes, d: slot of the tail or -1, x: least behind, y: tail
    GIVEN             # a: slot, b: reason where it has no value
    LOOKUP            # a: table, b: expression, c: slot
    SIZE              # b: expression, c: slot
    FAIL              # a: reason
    SET               # a: slot, x: value
    ADD               # a: slot, b: slot or -1, c: factor, d: checksum bytes of a block, x: constant, y: bytes of a block or 0
    SPAN              # a: slot, b: place, c: place; subtracts the bytes between them
    LINEAR            # a: slot, b: slot, x: factor, y: constant
    MOVE              # a: slot, b: slot
    TRUTH             # a: slot, b: expression
    ROOM              # a: slot of raw bytes, b: slot of stuffed bytes, c: whether the stuffed area is not over
    EDGE              # a: edge
    VERIFY            # a: check
    AREA              # a: slot of the wire bytes of the stuffed area, which begins next
    ENTER
    LEAVE
    BRANCH            # a: where to go on if not, b: expression
    PRESENT           # a: where to go on if not, b: slot
    HOLDS             # a: where to go on if zero, b: slot
    JUMP              # a: where
    DONE


cpdef enum Instruction:
    # Of expressions; the operand is named where there is one.
    PUSH              # value
    LOAD              # slot
    LOAD_OPTIONAL     # slot
    PLUS
    MINUS
    TIMES
    DIVIDED
    MODULO
    AND
    OR
    XOR
    LEFT
    RIGHT
    NEGATE
    NOTHING
    INVERT
    NOT
    EQ
    NE
    LT
    LE
    GT
    GE
    LEAST
    MOST
    KEEP_FALSE        # where to go on with this value if it is false; else it is dropped
    KEEP_TRUE
    JUMP_FALSE        # where; the value is dropped
    GO                # where
    IS_CONSTANT       # where to go on, the value dropped, if it is the constant in the next instruction
    REPLACE           # value that takes the place of the topmost
    ENTRY             # table << 1 | whether it gives a size: takes the place of the key on top
    HAS_ENTRY         # the same


cdef enum:
    # What a probe comes to.
    GO_ON = 0
    ACCEPT = 1
    NEED = 2
    REJECT = 3
    ABSENT = 4        # no frame could start here
    PYTHON = 5        # beyond 64 bits: the Python prober must say

cdef enum:
    # Reasons, in the order of `errors.Reason`; `_engine` compares the names when it is imported.
    R_NOISE = 0
    R_FILL
    R_MARKER
    R_FIELD
    R_LENGTH
    R_TOO_LONG
    R_ESCAPE
    R_CHECKSUM
    R_TRUNCATED
    R_UNCONFIRMED
    R_OVERTAKEN
    R_MAC
    R_TRAILING
    REASONS

REASON_NAMES = (
    "NOISE", "FILL", "MARKER", "FIELD", "LENGTH", "TOO_LONG", "ESCAPE", "CHECKSUM", "TRUNCATED", "UNCONFIRMED", "OVERTAKEN",
    "MAC", "TRAILING",
)

cdef enum:
    UNDECIDED = -1
    STACK = 64        # values of an expression
    ULEB128_MOST = 10 # and of the others that have seven bits a byte
    ULEB128 = 0
    ZIGZAG = 1
    VLQ = 2
    UTF8 = 3
    DECIMAL = 4
    HEXADECIMAL = 5
    SHIFT_MOST = 256
    PHASES_MOST = 4096  # bytes of a block with its checksum up to which good blocks are remembered

cdef uint32_t WRONG = 0xFFFFFFFF  # in a table of unstuffing states

cdef int64_t HUGE_SIZE = 72057594037927936  # 2^56: what goes beyond it is put to Python before it can overflow

cdef int64_t GUARDED_COST = 32  # bytes that a failed check counts for where prefix states did it

cdef int64_t GUARD_FREE = 65536
"""Bytes that failed checks may cost before prefix states are kept, beside twice the bytes consumed."""


cdef struct Operation:
    int memo                    # which of the probe's memos it keeps
    int edge, check             # -1: none
    int code, a, b, c, d
    int64_t x, y

cdef struct Order:      # one instruction of an expression
    int code
    int64_t operand

cdef struct Matcher:
    int count, errors, shortest, longest, ends, exact
    const uint8_t* mask         # NULL: all bits count
    const uint8_t** bytes
    int* sizes
    int only                    # the only byte that an alternative begins with, -1 where there are several
    uint8_t begins[256]         # whether an alternative can begin with the byte

cdef struct Set:
    int count
    int64_t* values             # ascending

cdef struct Table:
    int count
    int64_t* keys               # ascending
    int64_t* values

cdef struct Mask:
    int place, offset, bits

cdef struct Check:
    int masks_count
    Mask* masks                 # bytes of which only some bits count
    int algorithm, value, begin, end, own, size, table, by, wire

cdef struct Program:
    int slots, edges, stuffed, wired, delimiter, stop, cobs, first_inside, full_run, watch_marker, escape_is_marker, marker
    int least_scale, least_more
    int delimited               # a delimiter closes the stuffed area, and nothing else has to be looked for in it
    int checks_count, algorithms_count, memos_count
    int64_t max_size, min_size, stop_least
    int64_t block               # bytes of the blocks of the stream none of which a frame may leave; 0 without
    Operation* operations
    Order** expressions
    int* expression_sizes
    Matcher* matchers
    uint8_t* charsets           # 256 bytes each: 1 where the byte is allowed
    Set* sets
    Table* tables
    Check* checks
    const sums.Sum** algorithms
    const uint32_t* states
    uint8_t* plain              # 256 bytes: whether the byte stands for itself in the first state

cdef struct Window:
    # The bytes at hand: `bytes[0]` stands at stream offset `base`, `end` lies behind the last.
    const uint8_t* bytes
    int64_t base, end
    int final
    int fault                   # a bug: an access outside was refused

cdef struct Memo:
    # What is known of a stretch of the stream, so that overlapping candidates do not look at it again.
    int64_t stop_lo, stop_hi    # no end pattern stands at [lo, hi)
    int64_t bad_lo, bad_hi      # every byte of [lo, hi) is in the character set
    int64_t* good_lo            # by phase: blocks that begin in [lo, hi) are good
    int64_t* good_hi

cdef struct Guard:
    # Prefix states of one algorithm, kept once failed checks have cost too much.
    sums.Prefix prefix
    int64_t spent

cdef struct Probe:
    # One candidate. `at`: the next wire byte; `taken`: logical bytes given to parts.
    const Program* program
    Guard* guards
    Memo* memos
    int64_t origin              # where the stream began, for what the guard allows
    int64_t start, limit, at, seen, taken, need
    int pc, reason, phase, checked, exact
    int beyond                  # why a frame that would exceed `limit` is rejected
    int inside, closed, cut
    int64_t area_start, area_taken  # where the stuffed area begins, on the wire and in the logical bytes
    int64_t area_end, area_left     # and where it ended; the first is known before where a length tells
    int64_t begin, known        # open data: its first logical byte; bytes known to be in the charset. blocks: bytes done
    int state, left, cobs_code  # the unstuffer
    uint8_t* logical            # unstuffed bytes, where the format has a stuffed area
    int64_t length, room
    int64_t* values
    uint8_t* present
    int64_t* edges
    int out_of_memory
