"""What one writes by hand for one format: `B5 62`, class, id, u16le length, payload, CRC-16/XMODEM over class..payload, u16le.

It does the job of the general decoder for this format: incremental, resynchronises one byte behind a failed candidate, so
that it finds every intact frame, also one inside a false or broken frame; verifies the CRC; says where each frame starts.
It does less in that it accounts for no gaps and gives no reasons.
"""

from __future__ import annotations

from binascii import crc_hqx

Found = tuple[int, int, int, bytes]
"""Start of the frame in the stream, class, id, payload."""

MARKER = b"\xb5\x62"
LEAST = 8
"""Bytes of a frame without a payload."""


class ByHand:
    """`feed` gives the frames that these bytes complete; `close` those behind a length that never came true."""

    def __init__(self) -> None:
        self.buffer = b""
        self.base = 0  # stream offset of the buffer
        self.more: list[bytes] = []  # chunks that have not been worth looking at
        self.have = 0
        self.need = 1  # bytes that the buffer must have before anything can be decided

    def feed(self, chunk: bytes) -> list[Found]:
        self.more.append(chunk)
        self.have += len(chunk)
        if self.have < self.need:
            return []
        return self._decode(final=False)

    def close(self) -> list[Found]:
        return self._decode(final=True)

    def _decode(self, final: bool) -> list[Found]:
        buffer = self.buffer + b"".join(self.more) if self.buffer or len(self.more) != 1 else self.more[0]
        found: list[Found] = []
        add = found.append
        base, at, size, need = self.base, 0, len(buffer), 1
        while True:
            if not buffer.startswith(MARKER, at):
                place = buffer.find(MARKER, at)
                if place < 0:
                    at = size - 1 if size > at and not final and buffer[-1] == 0xB5 else size
                    need = 2 if at < size else 1
                    break
                at = place
            behind = at + LEAST
            if behind > size:
                if final:
                    at += 1
                    continue
                need = LEAST
                break
            behind += buffer[at + 4] | buffer[at + 5] << 8
            if behind > size:
                if final:
                    at += 1
                    continue
                need = behind - at
                break
            end = behind - 2
            if crc_hqx(buffer[at + 2 : end], 0) == buffer[end] | buffer[end + 1] << 8:
                add((base + at, buffer[at + 2], buffer[at + 3], buffer[at + 6 : end]))
                at = behind
            else:
                at += 1
        self.buffer = buffer[at:]
        self.base, self.more, self.have, self.need = base + at, [], size - at, need
        return found
