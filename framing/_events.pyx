# cython: language_level=3, freethreading_compatible=True
"""The compiled twins of `events.Frame` and `events.Gap`: the same names and behaviour, made in a fraction of the time."""

cimport cython
from libc.stdint cimport int64_t

from types import MappingProxyType


@cython.final
@cython.no_gc
@cython.freelist(2048)
cdef class Frame:
    """One verified frame: `[start, end)` of the stream.

    Only the place and the bytes are kept; `fields`, `payload`, `kind` and `message` are read out of them when asked for.

    Attributes: `format`, the full name of its format (`ubx`, `mbus.long`); `start`, `end`, stream offsets in bytes; `raw`,
    the bytes on the wire; `suspect`, True where a flywheel carried it through a damaged marker.
    """

    def __init__(self, definition, int64_t start, bytes raw not None, bint suspect=False):
        self._definition = definition
        self.start = start
        self.end = start + len(raw)
        self.raw = raw
        self.suspect = suspect

    @property
    def format(self):
        """The full name of the frame's format."""
        return self._definition.full_name

    cdef tuple _read(self):
        with cython.critical_section(self):  # threads without a GIL may share a frame
            if self._view is None:
                fields, payload = self._definition.reader(self.raw)
                self._view = (MappingProxyType(fields), payload)
            return <tuple>self._view

    @property
    def fields(self):
        """The values of all named parts but the payload, in wire order; a part whose `if` was false is absent."""
        return self._read()[0]

    @property
    def payload(self):
        """The unstuffed bytes of the part named `payload`, else of the last data part; empty where there is none."""
        return self._read()[1]

    @property
    def kind(self):
        """What the format's `kind` expressions give for this frame, as `(class, id)` does for UBX."""
        return self._definition.kind_of(self.fields, self.payload)

    @property
    def message(self):
        """The payload as a `construct` Container, by the message schema for this kind; None where the spec has none.

        Raises `FrameError` where the payload does not fit its schema; its offset counts in the payload.
        """
        return self._definition.message_of(self.fields, self.payload)

    @property
    def message_name(self):
        """The name of the message that the payload is; None where the spec has no schema for it."""
        schema = self._definition.schema_of(self.fields, self.payload)
        return None if schema is None else schema.name

    def __getitem__(self, name):
        fields = self.fields
        if name in fields:
            return fields[name]
        if name == self._definition.payload_name:
            return self.payload
        raise KeyError(name)

    def __eq__(self, other):
        if not isinstance(other, Frame):
            return NotImplemented
        return (self.format, self.start, self.raw, self.suspect) == (other.format, other.start, other.raw, other.suspect)

    def __hash__(self):
        return hash((self.format, self.start, self.raw))

    def __repr__(self):
        suspect = " suspect" if self.suspect else ""
        return f"<Frame {self.format} [{self.start}, {self.end}){suspect} {_shown(self.raw)}>"


cdef Frame new_frame(object definition, int64_t start, int64_t end, bytes raw, bint suspect):
    """A frame, its end being known."""
    cdef Frame frame = Frame.__new__(Frame)
    frame._definition = definition
    frame.start = start
    frame.end = end
    frame.raw = raw
    frame.suspect = suspect
    return frame


cdef object NO_REASONS = MappingProxyType({})


@cython.final
@cython.no_gc
@cython.freelist(64)
cdef class Gap:
    """Stream bytes `[start, end)` that belong to no valid frame.

    Attributes: `start`, `end`, `raw`; `reason`, FILL for idle filler, else the reason of the first reject in it, else
    NOISE; `rejects`, the first 16 rejects in it by offset, then by the order of the formats; `rejected`, how many there
    were; `reasons`, how many there were for each reason.
    """

    def __init__(self, int64_t start, bytes raw not None, reason, tuple rejects not None=(), reasons=NO_REASONS):
        self.start = start
        self.end = start + len(raw)
        self.raw = raw
        self.reason = reason
        self.rejects = rejects
        self.reasons = reasons
        self.rejected = sum(reasons.values())

    cdef tuple _key(self):
        return (self.start, self.raw, self.reason, self.rejects, dict(self.reasons))

    def __eq__(self, other):
        if not isinstance(other, Gap):
            return NotImplemented
        return self._key() == (<Gap>other)._key()

    def __hash__(self):
        return hash((self.start, self.raw, self.reason, self.rejects))

    def __repr__(self):
        rejected = f" {self.rejected} rejected" if self.rejected else ""
        return f"<Gap [{self.start}, {self.end}) {self.reason.value}{rejected} {_shown(self.raw)}>"


cdef Gap new_gap(int64_t start, int64_t end, bytes raw, object reason, tuple rejects, object reasons, int64_t rejected):
    """A gap, its end and the number of its rejects being known; `reasons` None: there are none."""
    cdef Gap gap = Gap.__new__(Gap)
    gap.start = start
    gap.end = end
    gap.raw = raw
    gap.reason = reason
    gap.rejects = rejects
    gap.reasons = NO_REASONS if reasons is None else reasons
    gap.rejected = rejected
    return gap


cdef _shown(bytes raw):
    return raw[:12].hex(" ") + (f" … {len(raw)} bytes" if len(raw) > 12 else "")
