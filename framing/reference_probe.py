"""The reference on one place: is there a frame of one format at one place?

`Probe` walks the parts of one frame in wire order, one byte at a time, from scratch each time it is asked; the first thing
that does not hold is the reason. See `reference.py` for what becomes of its verdicts. It stands on `reference_relations.py`:
what parts say of each other, which stands on `reference_bytes.py`: the bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

from framing.errors import Reason
from framing.layout import FrameFormat
from framing.model.checks import BitsChecksum
from framing.model.data import Data
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.traits import names_of
from framing.model.values import BadDigits
from framing.planning.facts import Open
from framing.reference_bytes import Bytes, Rejected, Undecided
from framing.reference_relations import Relations


@dataclass(frozen=True)
class Verdict:
    """`end` of an accepted frame, or the `reason` of a reject, or neither: no frame of the format starts here.

    `read`: how many bytes of the stream it took to know; one more than there are where their end decided.
    """

    end: int | None
    reason: Reason | None
    read: int
    checked: bool = False


class NoMarker(Exception):
    """Not even a marker: nothing of the format starts here."""


class Probe(Relations):
    """Walks the parts in wire order, one byte at a time; the first thing that does not hold is the reason."""

    def __init__(self, each: FrameFormat, stream: Bytes, start: int) -> None:
        super().__init__(each.plan, stream, start)

    def run(self, trust_marker: bool = False) -> Verdict:
        searched = self.plan.searched
        try:
            for index, part in enumerate(self.plan.parts):
                if searched is not None and index == searched.data:
                    self.search(searched)
                    return Verdict(self.at, None, self.read, self.checked)
                self.part(index, part, trust_marker and index == 0)
            if self.unstuffer is not None:
                self.leave_area()
            if self.plan.follow is not None and not self.followed(self.at):
                raise Rejected(Reason.FIELD)
        except NoMarker:
            return Verdict(None, None, self.read)
        except Rejected as rejected:
            return Verdict(None, rejected.args[0], self.read)
        return Verdict(self.at, None, self.read, self.checked)

    # parts

    def part(self, index: int, part: Part, trust_marker: bool) -> None:
        if self.plan.area is not None and index == self.plan.area[0]:
            self.enter_area()
        if self.plan.area is not None and index == self.plan.area[1] + 1:
            self.leave_area()
            self.area_end = self.at, len(self.frame)
        self.starts.append(len(self.frame))
        if part.if_ is None or self.value_of(part.if_):
            raw = self.bytes_of(index, part, trust_marker)
            self.where[index] = (len(self.frame), len(self.frame) + len(raw))
            self.frame += raw
            self.examine(index, part, raw)
        for equation in self.plan.equations:
            if equation.ready == index and equation.part in self.where:
                self.apply_length(equation, index)
        for own, (_, last) in self.plan.overs.items():
            if max(own, last) == index and own in self.where:
                self.verify(own)

    def bytes_of(self, index: int, part: Part, trust_marker: bool) -> bytes:
        """The logical bytes of a part."""
        if isinstance(part, Sync):
            if trust_marker:
                return self.take(part.pattern.shortest)
            return self.take(self.marker_length(part, opening=index == 0))
        if isinstance(part, End):
            known = self.unstuffer is not None or self.ahead
            length = self.unstuffed_length(part.longest_first) if known else self.end_at(index)
            if length == 0:
                raise Rejected(Reason.TRUNCATED if self.cut else Reason.FIELD)
            return self.take(length)
        if isinstance(part, Data):
            opened = next((each for each in self.plan.opens if each.data == index), None)
            if opened is not None and opened != self.plan.searched:
                return self.open_data(part, opened.tail, opened.stop)
            return self.sized_data(index, part)
        if part.type.size is not None:
            return self.take(part.type.size)
        raw = self.take(1)
        try:
            while more := part.type.more(raw):
                raw += self.take(more)
        except BadDigits:
            raise Rejected(Reason.FIELD) from None
        return raw

    def marker_length(self, part: Sync, opening: bool) -> int:
        if self.unstuffer is not None or self.ahead:
            length = self.unstuffed_length(part.sync, part)
        else:
            data = self.stream.data
            length, read = part.pattern.match(data, self.at, len(data), self.stream.closed)
            if length < 0:
                raise Undecided
            self.read = max(self.read, self.at + read)
            self.cut = self.at + read > len(data)
        if length == 0:
            raise NoMarker if opening else Rejected(Reason.TRUNCATED if self.cut else Reason.MARKER)
        return length

    def examine(self, index: int, part: Part, raw: bytes) -> None:
        """Reads and checks the value of a part whose last byte is there."""
        try:
            if isinstance(part, (Sync, End)):
                if part.as_:
                    self.values[part.as_] = raw
            elif isinstance(part, Bits):
                members = part.unpack(part.type.read(raw))
                self.values.update({name: members[name] for name in names_of(part)})
                if not part.constants_hold(part.type.read(raw)):
                    raise Rejected(Reason.FIELD)
            elif not isinstance(part, (Data, BitsChecksum)):
                value = self.values[part.name] = part.type.read(raw)
                if isinstance(part, Field) and not part.accepts(value):
                    raise Rejected(Reason.FIELD)
                if isinstance(part, Field) and part.equals is not None and value != self.value_of(part.equals):
                    raise Rejected(Reason.FIELD)
        except BadDigits:
            raise Rejected(Reason.FIELD) from None
        if isinstance(part, (Length, Bits)):
            name = part.length if isinstance(part, Bits) else part.name
            if name is not None:
                value = self.values[name]
                if (part.min is not None and value < part.min) or (part.max is not None and value > part.max):
                    raise Rejected(Reason.LENGTH)
        if isinstance(part, (Field, Bits, Length)) and part.valid is not None and not self.value_of(part.valid):
            raise Rejected(Reason.FIELD)

    # data

    def sized_data(self, index: int, part: Data) -> bytes:
        size = self.data_size(index, part)
        if part.blocks is None:
            raw = data = self.take(size)
        else:
            raw = data = b""
            width = part.blocks.type.size
            assert width is not None
            while len(data) < size:
                block = self.take(min(part.blocks.size, size - len(data)) + width)
                raw, data = raw + block, data + block[:-width]
                try:
                    stated = part.blocks.type.read(block[-width:])
                except BadDigits:
                    raise Rejected(Reason.FIELD) from None
                if stated != part.blocks.checksum.compute(block[:-width]):
                    raise Rejected(Reason.CHECKSUM)
                self.checked = True
        if part.charset is not None and not set(data) <= part.charset.bytes:
            raise Rejected(Reason.FIELD)
        self.values[part.name] = data
        return raw

    def open_data(self, part: Data, tail: Sequence[int], stop: int | None) -> bytes:
        """Up to the end pattern or the delimiter. The last bytes before that belong to the tail; so a byte is known to be
        data only once as many have followed it."""
        behind = sum(self.size_ahead(index) for index in tail)
        found: list[int] = []

        def check(index: int) -> None:
            if part.charset is not None and 0 <= index < len(found) and found[index] not in part.charset.bytes:
                raise Rejected(Reason.TRUNCATED if self.cut else Reason.FIELD)

        while True:
            if self.unstuffer is None:
                assert stop is not None
                if self.end_at(stop):
                    break
            byte = self.next()
            if byte is None:
                break
            found.append(byte)
            check(len(found) - 1 - behind)
        size = len(found) - behind
        if size < 0:
            raise Rejected(Reason.TRUNCATED)
        self.ahead = found[size:] + self.ahead
        self.values[part.name] = bytes(found[:size])
        return bytes(found[:size])

    # what follows the frame

    def followed(self, place: int) -> bool:
        """Whether the frame may end at a place, by what stands there."""
        assert self.plan.follow is not None
        data, closed, pattern = self.stream.data, self.stream.closed, self.plan.follow.pattern
        if pattern is None or (closed and place == len(data)):
            return self.look(place) is None
        length, read = pattern.match(data, place, len(data), closed)
        if length < 0:
            raise Undecided
        self.read = max(self.read, place + read)
        return length > 0

    def search(self, opened: Open) -> None:
        """Ends the frame at the first place where what follows stands and all that remains of the frame holds."""
        assert self.plan.follow is not None
        begin, tail = self.at, sum(self.size_ahead(index) for index in opened.tail)
        data, part = self.stream.data, self.plan.parts[opened.data]
        assert isinstance(part, Data)
        place, tried = begin + tail, 0
        while True:
            if place - self.start > self.most:
                raise Rejected(self.beyond)
            if place > len(data):
                self.look(place)
                raise Rejected(Reason.TRUNCATED)
            if self.followed(place):
                reason = self.ends_at(opened.data, place, place - tail - begin)
                if reason is None:
                    return
                tried += 1
                if self.stream.closed and place == len(data):
                    raise Rejected(reason)
                if tried == self.plan.follow.tries:
                    raise Rejected(Reason.TOO_LONG)
            if part.charset is not None and data[place - tail] not in part.charset.bytes:
                raise Rejected(Reason.FIELD)
            place += 1

    def ends_at(self, first: int, place: int, size: int) -> Reason | None:
        """Takes the rest of the frame, whose open part `first` has `size` bytes; or says why it cannot end there."""
        trial = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, (list, dict, bytearray)):
                setattr(trial, name, value.copy())
        trial.sizes[first] = size
        try:
            for index in range(first, len(self.plan.parts)):
                trial.part(index, self.plan.parts[index], False)
        except Rejected as rejected:
            reason: Reason = rejected.args[0]
            return reason
        assert trial.at == place
        trial.read = self.read
        vars(self).update(vars(trial))
        return None
