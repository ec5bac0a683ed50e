# Memory for what formats are compiled into.

cdef class Arena:
    """Memory that lives as long as this object."""

    cdef list blocks

    def __cinit__(self):
        self.blocks = []

    cdef void* take(self, size_t size) except NULL:
        cdef bytes block = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>size + 8)
        memset(PyBytes_AS_STRING(block), 0, size + 8)
        self.blocks.append(block)
        return PyBytes_AS_STRING(block)

    cdef uint8_t* copy(self, bytes data) except NULL:
        cdef uint8_t* found = <uint8_t*>self.take(len(data))
        memcpy(found, PyBytes_AS_STRING(data), len(data))
        return found

    cdef int64_t* numbers(self, list values) except NULL:
        cdef int64_t* found = <int64_t*>self.take(8 * len(values))
        for k, value in enumerate(values):
            found[k] = value
        return found
