from libc.stdint cimport int64_t


cdef class Frame:
    cdef object _definition
    cdef object _view
    cdef readonly bytes raw
    cdef readonly int64_t start
    cdef readonly int64_t end
    cdef readonly bint suspect
    cdef tuple _read(self)


cdef Frame new_frame(object definition, int64_t start, int64_t end, bytes raw, bint suspect)


cdef class Gap:
    cdef readonly bytes raw
    cdef readonly int64_t start
    cdef readonly int64_t end
    cdef readonly object reason
    cdef readonly tuple rejects
    cdef readonly object reasons
    cdef readonly int64_t rejected
    cdef tuple _key(self)


cdef Gap new_gap(int64_t start, int64_t end, bytes raw, object reason, tuple rejects, object reasons, int64_t rejected)
