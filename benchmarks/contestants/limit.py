"""Plain C: `limit.c`, called once for the whole stream."""

from __future__ import annotations

import ctypes
from array import array

from contestants import Job, Missing, Pass
from frames import MAVLINK


class Decoding:
    def __init__(self, job: Job, variant: str = "") -> None:
        if not job.options.get("library"):
            raise Missing("no compiler")
        library = ctypes.CDLL(job.options["library"])
        extra = array("H", [256]) * 65_536
        for message, (_, byte) in MAVLINK.items():
            extra[message] = byte
        library.limit_prepare(extra.tobytes())
        if variant and not library.limit_has_carry_less():
            raise Missing("not on this CPU")
        self.decode = getattr(library, f"limit_{job.options.get('kind') or job.stream.name.partition('/')[0]}{variant}")
        self.decode.restype = ctypes.c_size_t
        self.data = job.stream.data
        most = len(self.data) // 4
        self.starts, self.ends = (ctypes.c_uint64 * most)(), (ctypes.c_uint64 * most)()
        self.arguments = ctypes.c_char_p(self.data), ctypes.c_size_t(len(self.data)), self.starts, self.ends

    def fresh(self) -> Pass:
        return self.run

    def run(self) -> int:
        return self.decode(*self.arguments)

    def found(self) -> list[bytes]:
        count = self.run()
        return [self.data[start:end] for start, end in zip(self.starts[:count], self.ends[:count], strict=True)]


class CarryLess(Decoding):
    """CRC-32 by carry-less multiplication."""

    def __init__(self, job: Job) -> None:
        super().__init__(job, "_carry_less")
