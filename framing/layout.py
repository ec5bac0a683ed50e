"""What users hold: a `FrameFormat` is one frame layout, a `Protocol` one or more formats that share a stream.

Both are frozen, validated on construction, and equal however they were built, from parts in Python or from a TOML file.

    >>> from framing.model.checks import Checksum
    >>> from framing.model.data import Data
    >>> from framing.model.numbers import Length
    >>> from framing.model.patterns import Sync
    >>> toy = FrameFormat("toy", [
    ...     Sync("AA 55"),
    ...     Length("size", "u8", of="payload"),
    ...     Data("payload"),
    ...     Checksum("crc", "u16le", "CRC-16/MODBUS", over="size..payload"),
    ... ])
    >>> toy.encode(b"hello").hex(" ")
    'aa 55 05 68 65 6c 6c 6f d2 7a'
    >>> toy.decode(toy.encode(b"hello")).payload
    b'hello'
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from framing import constructs
from framing.errors import EncodeError, FrameError, Reason, SpecError, near_miss
from framing.events import Frame
from framing.messages.message import Message
from framing.model.checks import BitsChecksum
from framing.model.data import Data
from framing.model.declared import (
    EXPRESSION_SCHEMA,
    LABEL_SCHEMA,
    Declared,
    FrozenMap,
    Given,
    Hex,
    Schema,
    build,
    key,
    to_declared,
    to_each,
    to_entries,
    to_expressions,
    to_flag,
    to_int,
    to_label,
    to_text,
    wrong_type,
)
from framing.model.expressions import Expression, ExpressionError
from framing.model.numbers import Bits
from framing.model.options import (
    ANYWHERE,
    BEHIND_SCHEMA,
    STARTS_SCHEMA,
    Learn,
    Lock,
    Table,
    Transparency,
    to_behind,
    to_starts,
)
from framing.model.parts import PARTS, AnyPart
from framing.model.patterns import Next, Sync
from framing.plan import Plan
from framing.planning.outline import PARTS_MOST
from framing.probing import probe as probing
from framing.probing.intake import bytes_of
from framing.reading import quick as quick_reading
from framing.reading import reader as reading
from framing.writing import quick as quick_writing

MAX_SIZE_MOST = 1 << 31
"""Bytes: the largest `max_size` that a format may state."""


def to_part(value: Any) -> AnyPart:
    """A part from its table; the key that names the kind of part may stand anywhere in it."""
    if isinstance(value, tuple(PARTS.values())):
        return value  # type: ignore[return-value]
    if not isinstance(value, Mapping):
        raise wrong_type(value, f"a part: a table with {', '.join(PARTS)}")
    if "bits" in value:
        return build(Bits, value)
    if "checksum" in value and "in" in value:
        return build(BitsChecksum, value)
    kinds = [name for name in PARTS if name in value]
    if len(kinds) != 1:
        found = f"{' and '.join(kinds)} in one part" if kinds else "this table is no part"
        near = None if kinds or not value else near_miss(str(next(iter(value))), PARTS)
        raise SpecError(found, expected=f"exactly one of the keys {', '.join(PARTS)}", near=near)
    part: AnyPart = build(PARTS[kinds[0]], value)
    return part


def _to_layout(value: Any) -> tuple[AnyPart, ...]:
    if not isinstance(value, (list, tuple)):
        raise wrong_type(value, "a list of parts")
    return to_each(value, to_part)


def to_tables(value: Any) -> FrozenMap[str, FrozenMap[int, int]]:
    return to_entries(value, _to_table, "tables of integers")


def _to_table(value: Any) -> FrozenMap[int, int]:
    if not isinstance(value, Mapping):
        raise wrong_type(value, "a table of integers")
    if isinstance(value, Table):
        return value
    if not value:
        raise SpecError("the table is empty", expected="at least one entry")
    try:
        learn = to_declared(Learn)(value["learn"]) if "learn" in value else None
    except SpecError as error:
        raise error.within("learn") from None
    numbers = to_entries({str(entry): number for entry, number in value.items() if entry != "learn"}, to_int(), "integers")
    table: dict[int, int] = {}
    for entry, number in numbers.items():
        if not re.fullmatch(TABLE_KEY, entry):
            raise SpecError(f"key {entry!r} is no integer", path=entry, expected="a number such as 12 or 0x0C")
        at = int(entry, 16 if "x" in entry.lower() else 10)
        if at in table:
            raise SpecError(f"entry {at} stands twice", path=entry, expected="each once")
        table[at] = number
    return Table(table, learn)


def to_messages(value: Any) -> tuple[Message, ...]:
    if not isinstance(value, (list, tuple)):
        raise wrong_type(value, "a list of messages")
    return to_each(value, to_declared(Message))


LAYOUT_SCHEMA: Schema = {"type": "array", "items": {"$ref": "#/$defs/Part"}, "minItems": 1, "maxItems": PARTS_MOST}
KIND_SCHEMA: Schema = {"type": "array", "items": EXPRESSION_SCHEMA}
TABLE_KEY = r"-?([0-9]{1,40}|0[xX][0-9A-Fa-f]{1,40})"
TABLES_SCHEMA: Schema = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": False,
        "properties": {"learn": {"$ref": "#/$defs/Learn"}},
        "patternProperties": {f"^{TABLE_KEY}$": {"type": "integer"}},
        "minProperties": 1,
    },
}


@dataclasses.dataclass(frozen=True)
class FrameFormat(Declared):
    """One frame layout, and everything that can be done with a single frame of it.

    `protocol` is set where the format is one of several in a `Protocol`; `lock`, `tables` and `messages` may also be given
    to the protocol, for all its formats.
    """

    name: str = key(to_label, LABEL_SCHEMA, "the format's name within its protocol")
    layout: Given[Sequence[AnyPart | Mapping[str, Any]], tuple[AnyPart, ...]] = key(_to_layout, LAYOUT_SCHEMA, "the parts in wire order")
    transparency: Given[Transparency | Mapping[str, Any] | None, Transparency | None] = key(
        to_declared(Transparency), {"$ref": "#/$defs/Transparency"}, "byte stuffing", default=None
    )
    max_size: int = key(
        to_int(1, MAX_SIZE_MOST),
        {"type": "integer", "minimum": 1, "maximum": MAX_SIZE_MOST},
        "the largest frame in bytes on the wire",
        default=0,
    )
    start: Given[str | Sequence[str], tuple[str, ...]] = key(
        to_starts,
        STARTS_SCHEMA,
        "where a frame may start: anywhere; silence, where the stream begins or the line was idle; chained, behind a frame of its protocol",
        default=ANYWHERE,
    )
    behind: Given[Hex | Sequence[Hex] | Mapping[str, Any] | Sync | None, Sync | None] = key(
        to_behind,
        BEHIND_SCHEMA,
        "the bytes behind which a frame may start, whatever they belong to; without `start`, only there",
        default=None,
    )
    block: int | None = key(
        to_int(1, MAX_SIZE_MOST),
        {"type": "integer", "minimum": 1, "maximum": MAX_SIZE_MOST},
        "bytes of the blocks that the stream is cut into; no frame lies in two of them",
        default=None,
    )
    kind: Given[Sequence[Expression | str | int], tuple[Expression, ...]] = key(
        to_expressions, KIND_SCHEMA, "what tells the frames of this format apart: fields or expressions", default=()
    )
    title: str = key(to_text, {"type": "string"}, "the format's name for people", default="")
    tables: Given[Mapping[str, Mapping[int, int]], FrozenMap[str, FrozenMap[int, int]]] = key(to_tables, TABLES_SCHEMA, "tables of integers", default=FrozenMap({}))
    messages: Given[Sequence[Message | Mapping[str, Any]], tuple[Message, ...]] = key(to_messages, {"type": "array"}, "payload schemas by kind", default=())
    lock: Given[Lock | Mapping[str, Any] | None, Lock | None] = key(to_declared(Lock), {"$ref": "#/$defs/Lock"}, "confirmation", default=None)
    protocol: str = key(to_text, {"type": "string"}, "the protocol's name where it is another one", default="")
    alone: bool = key(to_flag, {"type": "boolean"}, "it is the protocol's only format", default=False)

    def check(self) -> None:
        plan = Plan(self.layout, self.transparency, self.max_size or None, self.tables, self.block, self.protocol or self.name)
        object.__setattr__(self, "plan", plan)
        if self.transparency is not None and self.transparency.opens and not plan.delimited:
            expected = "no `opens`, or no marker and a kind of stuffing with a delimiter"
            raise SpecError("no delimiter opens these frames", path="transparency.opens", expected=expected)
        if plan.delimited and self.lock is not None:
            raise SpecError("a delimited format cannot ask for confirmation", path="lock", expected="no `lock`")
        if plan.delimited and self.start != ANYWHERE:
            raise SpecError("a delimited format starts behind its delimiter", path="start", expected="no `start`")
        if plan.delimited and self.behind is not None:
            raise SpecError("a delimited format starts behind its delimiter", path="behind", expected="no `behind`")
        if plan.delimited and self.block is not None:
            raise SpecError("a delimited format lies in no blocks", path="block", expected="no `block`")
        for index, used in enumerate(self.kind):
            for name in used.names:
                if name not in plan.values:
                    expected = f"one of {', '.join(plan.values)}" if plan.values else "names of parts, and there are none"
                    near = near_miss(name, plan.values)
                    raise SpecError(f"unknown part {name!r}", path=f"kind[{index}]", expected=expected, near=near)
        for index, message in enumerate(self.messages):
            try:
                self._check_message(message, index)
            except SpecError as error:
                raise error.within(f"messages[{index}]") from None
        object.__setattr__(self, "max_size", plan.max_size)
        object.__setattr__(self, "full_name", self._full_name())

    @property
    def places(self) -> tuple[str, ...]:
        """The words of `start` that count: behind certain bytes only, where it is not given."""
        return () if self.behind is not None and self.start == ANYWHERE else self.start

    @property
    def strict_only(self) -> str:
        """Why early order refuses the format, said behind its name; empty where it takes it."""
        if self.plan.learnt:
            return "learns from the frames before it (learn), and those are not settled yet in early order"
        if "chained" in self.start:
            return "starts behind frames (chained), and those are not settled yet in early order"
        return "asks for confirmation (lock), which early order cannot give" if self.lock is not None else ""

    def _check_message(self, message: Message, index: int) -> None:
        if message.format not in (None, self.name):
            return
        if any(each.name == message.name and each.format in (None, self.name) for each in self.messages[:index]):
            raise SpecError(f"message {message.name!r} stands twice", path="name", expected="each name once")
        shared = message.format is None and bool(self.protocol) and not self.alone  # with formats that it may be meant for
        if len(message.kind) != len(self.kind) and not shared:
            raise SpecError(f"length {len(message.kind)}", path="kind", expected=f"{len(self.kind)}, the length of the format's kind")
        known = self.plan.values
        for name in sorted(message.if_.names if message.if_ else ()):
            if name not in known:
                raise SpecError(f"unknown part {name!r}", path="if", expected=f"one of {', '.join(known)}", near=near_miss(name, known))
        data = [part.name for part in self.layout if isinstance(part, Data)]
        if message.of is not None and message.of not in data:
            expected = f"one of {', '.join(data)}" if data else "a data part, and there is none"
            raise SpecError(f"unknown data {message.of!r}", path="of", expected=expected, near=near_miss(message.of, data))

    def _full_name(self) -> str:
        if self.alone or not self.protocol:
            return self.protocol or self.name
        return f"{self.protocol}.{self.name}"

    plan: Plan = dataclasses.field(init=False, repr=False, compare=False, hash=False)
    full_name: str = dataclasses.field(init=False, repr=False, compare=False, hash=False)
    """`ubx`, or `mbus.long` in a protocol of several formats."""

    @property
    def min_size(self) -> int:
        """The smallest frame in bytes on the wire."""
        return self.plan.min_size

    @property
    def payload_name(self) -> str | None:
        """The part that `Frame.payload` holds: the one named `payload`, else the last data part."""
        return None if self.plan.payload is None else self.plan.parts[self.plan.payload].name

    @cached_property
    def encode(self) -> quick_writing.Encode:
        """`encode(payload=None, /, **fields)`: one frame with this payload and these fields. Raises `EncodeError`.

        Lengths, checksums, constants, `equals` fields and stuffing are filled in; fields with a `default` and members of
        `bits` (0) may be left out. For counters that run on and opening delimiters, use an `Encoder`.
        """
        return quick_writing.encoding(self.writer)

    def encode_message(self, name: str, values: Mapping[str, Any] | None = None, /, **fields: Any) -> bytes:
        """One frame whose payload is built from a message schema. Raises `EncodeError`.

        With `values`, these are the message's, and `fields` are the frame's. Without, those of `fields` that the message has
        go to it, and the others to the frame.
        """
        payload, header = self.compose(name, values, **fields)
        raw = self.encode(payload, **header)
        made = self.schema_of(*self.reader(raw))
        if made is None or made.name != name:
            other = f"the message {made.name}" if made else "none of the messages"
            raise EncodeError(name, f"with these values the frame is {other}", f"its kind would be {self.kind_of(*self.reader(raw))}")
        return raw

    def compose(self, name: str, values: Mapping[str, Any] | None = None, /, **fields: Any) -> tuple[bytes | None, dict[str, Any]]:
        """What `encode` takes for a message: the payload, and the frame's fields. Raises `EncodeError`."""
        message = self.message_named(name)
        if values is None:
            own = {label for label in fields if label in message.names or label not in self.plan.values}
            values = {label: fields.pop(label) for label in own}
        header = {used.text: value for used, value in zip(self.kind, message.kind, strict=True) if used.text in self.plan.values}
        raw = message.build(values)
        header |= fields
        if message.of not in (None, self.payload_name):
            header[str(message.of)] = raw
        return (raw if message.of in (None, self.payload_name) else None), header

    def message_named(self, name: str) -> Message:
        """The message of that name. Raises `EncodeError`."""
        known = [each.name for each in self.own_messages]
        found = next((each for each in self.own_messages if each.name == name), None)
        if found is None:
            near = near_miss(name, known)
            hint = f"did you mean {near!r}?" if near else f"known are {', '.join(known)}" if known else "there are none"
            raise EncodeError(name, "unknown message", hint)
        return found
    def decode(self, raw: bytes) -> Frame:
        """Exactly one whole frame, fill around it allowed. Raises `FrameError` with the reason and offset."""
        return decode_one([self], raw)

    @cached_property
    def reader(self) -> quick_reading.Reader:
        """Gives the fields and the payload of a whole frame of this format."""
        return quick_reading.reader(self.plan) or partial(reading.read, self.plan)

    @cached_property
    def writer(self) -> quick_writing.Writer:
        """Makes a frame of this format of a payload, a dictionary of fields, and the counters of a stream."""
        return quick_writing.writer(self.plan)

    def kind_of(self, fields: Mapping[str, Any], payload: bytes) -> tuple[Any, ...]:
        """The values of the `kind` expressions; None for one that has no value in this frame."""
        names = dict(fields)
        if self.payload_name is not None:
            names[self.payload_name] = payload
        return tuple(_kind_value(used, names) for used in self.kind)

    @cached_property
    def own_messages(self) -> tuple[Message, ...]:
        """The messages that frames of this format may carry."""
        return tuple(each for each in self.messages if each.format in (None, self.name) and len(each.kind) == len(self.kind))

    def schema_of(self, fields: Mapping[str, Any], payload: bytes) -> Message | None:
        """The first message schema for a frame with these fields and this payload, None where there is none."""
        if not self.own_messages:
            return None
        kind = self.kind_of(fields, payload)
        return next((each for each in self.own_messages if each.fits(kind) and self._carries(each, fields, payload)), None)

    def _carries(self, message: Message, fields: Mapping[str, Any], payload: bytes) -> bool:
        if message.of not in (None, self.payload_name) and message.of not in fields:
            return False
        names = dict(fields) if self.payload_name is None else {**fields, self.payload_name: payload}
        return message.if_ is None or bool(_kind_value(message.if_, names))

    def message_of(self, fields: Mapping[str, Any], payload: bytes) -> Any:
        """The payload by its message schema, None where there is none. Raises `FrameError`, its offset counts in the payload."""
        message = self.schema_of(fields, payload)
        return None if message is None else message.parse(self.part_of(message, fields, payload))

    def part_of(self, message: Message, fields: Mapping[str, Any], payload: bytes) -> bytes:
        """The bytes that a message is the schema of, in a frame with these fields and this payload."""
        return payload if message.of in (None, self.payload_name) else bytes(fields[str(message.of)])

    @cached_property
    def _construct(self) -> Any:
        return constructs.construct_of(self.plan)

    def construct(self) -> Any:
        """The unstuffed layout as a `construct.Struct`, to parse and build with (checksums are plain integers there)."""
        return self._construct

    def __str__(self) -> str:
        parts = ", ".join(describe(part) for part in self.layout)
        return f"{self.full_name}: {parts}; {self.min_size} to {self.max_size} bytes"


def describe(part: AnyPart) -> str:
    """A part in a few words: `size u16le`, `B5 62`, `payload`."""
    kind = type(part).__name__.lower()
    if isinstance(part, Next):
        return f"next {part.next if isinstance(part.next, str) else '|'.join(each.hex(' ').upper() for each in part.next)}"
    if kind in ("sync", "end"):
        alternatives = part.sync if kind == "sync" else part.end  # type: ignore[union-attr]
        return "|".join(each.hex(" ").upper() for each in alternatives)
    if isinstance(part, Bits):
        return f"[{' '.join(map(str, part.bits))}] {part.type.name}"
    value_type = getattr(part, "type", None)
    return f"{part.name} {value_type.name}" if value_type is not None else str(part.name)


def _kind_value(used: Expression, names: Mapping[str, Any]) -> Any:
    try:
        value = used.evaluate(names)
    except ExpressionError:
        return None
    return value.decode("latin-1") if isinstance(value, bytes) else value


def decode_one(formats: Sequence[FrameFormat], raw: bytes) -> Frame:
    """The one frame that `raw` is, of the first format that accepts it. Raises `FrameError`."""
    raw = bytes_of(raw)
    start = _behind_fill(formats, raw, 0)
    worst = (start, Reason.TRUNCATED if start == len(raw) else Reason.NOISE)
    for each in formats:
        verdict = probing.whole(each.plan, raw, start)
        if verdict.end is not None:
            end = _behind_fill(formats, raw, verdict.end)
            if end < len(raw):
                raise FrameError(Reason.TRAILING, end, f"the {each.full_name} frame ends there")
            return Frame(each, start, raw[start : verdict.end])
        offset = max(verdict.read - 1, 0)
        reason = verdict.reason or (Reason.TRUNCATED if offset == len(raw) else Reason.NOISE)
        if (offset, reason != Reason.NOISE) > (worst[0], worst[1] != Reason.NOISE):
            worst = (offset, reason)
    raise FrameError(worst[1], worst[0])


def _behind_fill(formats: Sequence[FrameFormat], raw: bytes, at: int) -> int:
    """Where the delimiters end that stand from `at` on and close nothing."""
    fillers = [each.plan for each in formats if each.plan.delimited]
    while size := max((plan.fill_at(raw, at, len(raw), True)[0] for plan in fillers), default=0):
        at += size
    return at
