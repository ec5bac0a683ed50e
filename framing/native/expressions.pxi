# Expressions: a stack machine on 64-bit integers. The C side of `lowering/arithmetic.py`.
#
# A result that leaves 64 bits is PYTHON, never a wrong number. What has no value is a FIELD reject, as everywhere.

cdef extern from *:
    """
    #define framing_plus(a, b, r) __builtin_add_overflow(a, b, r)
    #define framing_minus(a, b, r) __builtin_sub_overflow(a, b, r)
    #define framing_times(a, b, r) __builtin_mul_overflow(a, b, r)
    #define framing_popcount(x) __builtin_popcount(x)
    """
    bint overflows_plus "framing_plus"(int64_t a, int64_t b, int64_t* result) noexcept nogil
    bint overflows_minus "framing_minus"(int64_t a, int64_t b, int64_t* result) noexcept nogil
    bint overflows_times "framing_times"(int64_t a, int64_t b, int64_t* result) noexcept nogil
    int popcount "framing_popcount"(unsigned int x) noexcept nogil


cdef int evaluate(Probe* probe, int expression, int64_t* result) noexcept nogil:
    """GO_ON with the value, REJECT where there is none, PYTHON where 64 bits do not do."""
    cdef const Order* orders = probe.program.expressions[expression]
    cdef int size = probe.program.expression_sizes[expression]
    cdef int64_t stack[STACK]
    cdef int top = -1
    cdef int at = 0
    cdef int code, outcome
    cdef int64_t operand
    while at < size:
        code, operand = orders[at].code, orders[at].operand
        at += 1
        if code == Instruction.PUSH or code == Instruction.LOAD or code == Instruction.LOAD_OPTIONAL:
            if top == STACK - 1:
                return PYTHON
            top += 1
            if code == Instruction.PUSH:
                stack[top] = operand
            elif code == Instruction.LOAD_OPTIONAL and not probe.present[operand]:
                return reject(probe, R_FIELD)
            else:
                stack[top] = probe.values[operand]
        elif code == Instruction.NEGATE:
            if stack[top] == INT64_MIN:
                return PYTHON
            stack[top] = -stack[top]
        elif code == Instruction.INVERT:
            stack[top] = ~stack[top]
        elif code == Instruction.NOT:
            stack[top] = not stack[top]
        elif code == Instruction.NOTHING:
            pass
        elif code == Instruction.KEEP_FALSE or code == Instruction.KEEP_TRUE:
            if (stack[top] != 0) == (code == Instruction.KEEP_TRUE):
                at = <int>operand
            else:
                top -= 1
        elif code == Instruction.JUMP_FALSE:
            top -= 1
            if not stack[top + 1]:
                at = <int>operand
        elif code == Instruction.GO:
            at = <int>operand
        elif code == Instruction.IS_CONSTANT:
            if stack[top] == orders[at].operand:
                top -= 1
                at = <int>operand
            else:
                at += 1
        elif code == Instruction.REPLACE:
            stack[top] = operand
        elif code == Instruction.ENTRY:
            if not entry(&probe.program.tables[operand >> 1], stack[top], &stack[top]):
                return reject(probe, R_LENGTH if operand & 1 else R_FIELD)
        elif code == Instruction.HAS_ENTRY:
            stack[top] = entry(&probe.program.tables[operand >> 1], stack[top], &stack[top])
        else:
            top -= 1
            outcome = binary(probe, code, stack[top], stack[top + 1], &stack[top])
            if outcome:
                return outcome
    result[0] = stack[0]
    return GO_ON


cdef bint entry(const Table* table, int64_t key, int64_t* value) noexcept nogil:
    """The value of a key; False where there is none."""
    cdef int low = 0
    cdef int high = table.count
    cdef int middle
    while low < high:
        middle = (low + high) >> 1
        if table.keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    if low == table.count or table.keys[low] != key:
        return False
    value[0] = table.values[low]
    return True


cdef int binary(Probe* probe, int code, int64_t one, int64_t two, int64_t* result) noexcept nogil:
    if code == Instruction.PLUS:
        return PYTHON if overflows_plus(one, two, result) else GO_ON
    if code == Instruction.MINUS:
        return PYTHON if overflows_minus(one, two, result) else GO_ON
    if code == Instruction.TIMES:
        return PYTHON if overflows_times(one, two, result) else GO_ON
    if code == Instruction.DIVIDED or code == Instruction.MODULO:
        if two == 0:
            return reject(probe, R_FIELD)
        if two == -1 and one == INT64_MIN:
            return PYTHON
        result[0] = floor_division(one, two) if code == Instruction.DIVIDED else one - two * floor_division(one, two)
    elif code == Instruction.AND:
        result[0] = one & two
    elif code == Instruction.OR:
        result[0] = one | two
    elif code == Instruction.XOR:
        result[0] = one ^ two
    elif code == Instruction.LEFT or code == Instruction.RIGHT:
        return shift(probe, code == Instruction.LEFT, one, two, result)
    elif code == Instruction.EQ:
        result[0] = one == two
    elif code == Instruction.NE:
        result[0] = one != two
    elif code == Instruction.LT:
        result[0] = one < two
    elif code == Instruction.LE:
        result[0] = one <= two
    elif code == Instruction.GT:
        result[0] = one > two
    elif code == Instruction.GE:
        result[0] = one >= two
    elif code == Instruction.LEAST:
        result[0] = min(one, two)
    else:
        result[0] = max(one, two)
    return GO_ON


cdef inline int64_t floor_division(int64_t one, int64_t two) noexcept nogil:
    cdef int64_t quotient = one // two  # C's: towards zero
    return quotient - (quotient * two != one and (one < 0) != (two < 0))


cdef int shift(Probe* probe, bint left, int64_t value, int64_t count, int64_t* result) noexcept nogil:
    if count < 0 or count > SHIFT_MOST:
        return reject(probe, R_FIELD)
    if not left:
        result[0] = value >> min(count, 63)
        return GO_ON
    if value and (count > 62 or overflows_times(value, <int64_t>1 << count, result)):
        return PYTHON
    result[0] = value << count if value else 0
    return GO_ON
