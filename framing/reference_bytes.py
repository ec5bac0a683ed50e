"""The bytes of one frame, for the reference: on the wire and out of the stuffed area.

One at a time, in order, from scratch. `read` notes how far it has looked; what is not there yet is `Undecided`, and what can
be no frame is `Rejected` with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from framing.errors import Reason
from framing.model.patterns import End, Sync
from framing.plan import Plan
from framing.stuffing import StuffingError


class Undecided(Exception):
    """More bytes could still change the answer."""


class Rejected(Exception):
    """No frame of the format; its argument is the reason."""


class Bytes(Protocol):
    """The stream: its bytes, and whether nothing follows them."""

    @property
    def data(self) -> bytes: ...

    @property
    def closed(self) -> bool: ...

    @property
    def learnt(self) -> dict[str, dict[int, int]]: ...


class Intake:
    """The bytes of a frame that starts at `start`: wire bytes from `at` on, and those that are known `ahead` of the parts."""

    def __init__(self, plan: Plan, stream: Bytes, start: int) -> None:
        self.plan = plan
        self.stream = stream
        self.start = start
        self.most, self.beyond = plan.max_size, Reason.TOO_LONG
        if plan.block is not None and plan.block - start % plan.block <= self.most:
            self.most, self.beyond = plan.block - start % plan.block, Reason.LENGTH
        self.at = start
        self.read = start
        self.ahead: list[int] = []  # logical bytes that are known but belong to a later part
        self.unstuffer: Any = None
        self.area_start = 0
        self.area_closed = False
        self.area_bytes: int | None = None  # on the wire, where a length tells
        self.cut = False  # the stream, or the area, ended where a pattern had begun or could have

    # wire bytes

    def look(self, at: int) -> int | None:
        """The wire byte at an offset, None where the stream has ended before it."""
        if at < len(self.stream.data):
            self.read = max(self.read, at + 1)
            return self.stream.data[at]
        if not self.stream.closed:
            raise Undecided
        self.read = len(self.stream.data) + 1
        return None

    def wire(self) -> int:
        """The next wire byte."""
        if self.at - self.start >= self.most:
            raise Rejected(self.beyond)
        byte = self.look(self.at)
        if byte is None:
            raise Rejected(Reason.TRUNCATED)
        self.at += 1
        return byte

    # logical bytes

    def next(self) -> int | None:
        """The next logical byte, None where the stuffed area has ended."""
        while not self.ahead:
            if self.unstuffer is None:
                return self.wire()
            if self.area_closed:
                return None
            self.ahead += self.unstuffed()
        return self.ahead.pop(0)

    def take(self, size: int) -> bytes:
        """The next `size` logical bytes."""
        if self.unstuffer is None and self.at + size - len(self.ahead) - self.start > self.most:
            raise Rejected(self.beyond)
        taken = bytearray()
        while len(taken) < size:
            byte = self.next()
            if byte is None:
                raise Rejected(Reason.TRUNCATED)
            taken.append(byte)
        return bytes(taken)

    # the stuffed area

    def enter_area(self) -> None:
        """From here on the bytes are stuffed."""
        assert self.plan.stuffing is not None
        self.unstuffer, self.area_start = self.plan.stuffing.unstuffer(), self.at

    def unstuffed(self) -> bytes:
        """What the next wire byte of the stuffed area gives."""
        stop = self.plan.stop_behind_area
        told = self.area_bytes is not None and self.at - self.area_start == self.area_bytes
        if told or (stop is not None and not self.unstuffer.inside and self.end_at(stop)):
            self.area_closed = True
        else:
            if not self.delimiter_stands():
                return self.pushed(self.wire())
            self.area_closed = True
            self.at += self.plan.closing
        try:
            return bytes(self.unstuffer.finish())
        except StuffingError:
            raise Rejected(Reason.ESCAPE) from None

    def delimiter_stands(self) -> bool:
        """Whether the next wire bytes are the delimiter. Only it can end the frame, which therefore lacks bytes where it is cut."""
        delimiter = self.plan.delimiter
        if delimiter is None:
            return False
        if self.at + len(delimiter) - self.start > self.most:
            raise Rejected(self.beyond)
        for depth, expected in enumerate(delimiter):
            byte = self.look(self.at + depth)
            if byte is None:
                raise Rejected(Reason.TRUNCATED)
            if byte != expected:
                return False
        return True

    def pushed(self, byte: int) -> bytes:
        """What a wire byte of the stuffed area gives; a raw marker must not end with it."""
        marker = self.plan.marker
        if self.plan.watches_marker and marker is not None:
            for size in map(len, marker.alternatives):
                tail = self.stream.data[self.at - size : self.at]
                if self.at - size >= self.area_start and marker.stands(tail):
                    raise Rejected(Reason.MARKER)
        try:
            return bytes(self.unstuffer.push(byte))
        except StuffingError as error:
            raise Rejected(Reason.MARKER if error.marker or self.plan.doubled_opens else Reason.ESCAPE) from None

    def leave_area(self) -> None:
        """The stuffed area must hold nothing more."""
        told = self.plan.delimiter is not None or self.area_bytes is not None
        while told and not self.area_closed and not self.ahead:
            self.ahead += self.unstuffed()
        while self.unstuffer.owing and not self.area_closed:
            self.ahead += self.unstuffed()
        if self.ahead:
            raise Rejected(Reason.FIELD)
        self.unstuffer = None

    # patterns

    def end_at(self, index: int) -> int:
        """The length of the longest alternative of an `end` that stands at the next wire byte, 0 where none does.

        Alternatives that would exceed `max_size` do not count; where none is left, the frame is too long.
        """
        end = self.plan.parts[index]
        assert isinstance(end, End)
        room = self.start + self.most - self.plan.least_wire_after(index) - self.at
        possible = [each for each in end.end if len(each) <= room]
        if not possible:
            raise Rejected(self.beyond)
        length = 0
        depth = 0
        self.cut = False
        while any(len(each) > depth for each in possible):
            byte = self.look(self.at + depth)
            if byte is None:
                self.cut = True
                break
            possible = [each for each in possible if len(each) > depth and each[depth] == byte]
            depth += 1
            if any(len(each) == depth for each in possible):
                length = depth
        return length

    def unstuffed_length(self, alternatives: Sequence[bytes], sync: Sync | None = None) -> int:
        """The length of the first alternative that stands in the unstuffed bytes, 0 where none does."""
        mask, errors = (sync.mask, sync.errors) if sync else (b"", 0)
        self.cut = False
        for each in alternatives:
            wrong = depth = 0
            while depth < len(each) and wrong <= errors:
                while len(self.ahead) <= depth and self.unstuffer is not None and not self.area_closed:
                    self.ahead += self.unstuffed()
                if len(self.ahead) <= depth:
                    self.cut = True
                    break
                wrong += ((each[depth] ^ self.ahead[depth]) & (mask[depth] if mask else 0xFF)).bit_count()
                depth += 1
            if depth == len(each) and wrong <= errors:
                return len(each)
        return 0
