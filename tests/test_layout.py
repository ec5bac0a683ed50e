"""Formats and protocols: how they are put together, and single frames of them."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.errors import EncodeError, FrameError, Reason, SpecError
from framing.layout import FrameFormat, decode_one, describe, to_part
from framing.messages.message import Message
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.examples import Counterexample, Example
from framing.model.expressions import Expression
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.options import Lock, Transparency
from framing.model.parts import Part
from framing.model.patterns import End, Next, Sync
from framing.protocols import Protocol

PARTS: list[Part] = [
    Sync("AA 55"),
    Field("id", "u8"),
    Length("size", "u8", of="payload"),
    Data("payload"),
    Checksum("ck", "u8", "xor-8", over="id..payload"),
]
TOY = FrameFormat("toy", PARTS, kind=["id"])
RAW = bytes.fromhex("AA 55 01 02 41 42 00")
LINE = FrameFormat(
    "line", [Sync("24"), Data("payload", charset="printable"), End("0A")], kind=["payload[:2]", "payload[9]"]
)
SLIP = FrameFormat("slip", [Field("id", "u8"), Data("payload")], transparency=Transparency("slip"))


def message(make: Any, *args: Any, **keys: Any) -> str:
    with pytest.raises(SpecError) as caught:
        make(*args, **keys)
    return str(caught.value)


# --- formats ---------------------------------------------------------------------------------------------------------


def test_a_format_from_tables_equals_one_from_parts() -> None:
    tables = [
        {"sync": "AA 55"},
        {"type": "u8", "field": "id"},
        {"length": "size", "type": "u8", "of": "payload"},
        {"data": "payload"},
        {"checksum": "ck", "type": "u8", "algorithm": "xor-8", "over": "id..payload"},
    ]
    made = FrameFormat("toy", tables, kind=["id"])  # type: ignore[arg-type]
    assert made == TOY
    assert hash(made) == hash(TOY)
    assert made != FrameFormat("toy", PARTS)
    assert copy.copy(made) == dataclasses.replace(made) == made


def test_what_a_format_knows() -> None:
    assert (TOY.full_name, TOY.min_size, TOY.max_size, TOY.payload_name) == ("toy", 5, 260, "payload")
    assert FrameFormat("ack", [Sync("E5")]).payload_name is None
    assert FrameFormat("a", [Sync("AA"), Data("body", 3)]).payload_name == "body"
    assert FrameFormat("a", PARTS, max_size=100).max_size == 100
    assert TOY.kind == (Expression("id"),)


def test_a_length_in_bits_is_told_from_a_length() -> None:
    bits = to_part({"bits": ["size:8"], "type": "u8", "length": "size", "of": "payload"})
    assert bits == Bits(["size:8"], "u8", length="size", of="payload")
    assert to_part(bits) is bits


@pytest.mark.parametrize(
    "part, expected",
    [
        (5, "5 is an integer; expected a part: a table with sync, field, bits, length, data, checksum, end, next"),
        ({}, "this table is no part; expected exactly one of the keys sync, field, bits, length, data, checksum, end, next"),
        (
            {"lenght": "size"},
            (
                "this table is no part; expected exactly one of the keys sync, field, bits, length, data, checksum, end, next; "
                "did you mean 'length'?"
            ),
        ),
        (
            {"sync": "AA", "end": "BB"},
            "sync and end in one part; expected exactly one of the keys sync, field, bits, length, data, checksum, end, next",
        ),
    ],
)
def test_tables_that_are_no_part(part: Any, expected: str) -> None:
    assert message(to_part, part) == expected


@pytest.mark.parametrize(
    "keys, expected",
    [
        ({"name": "a b"}, "name: 'a b' is no format name; expected letters, digits, '-' and '_'"),
        ({"name": ""}, "name: '' is no format name; expected letters, digits, '-' and '_'"),
        ({"name": "ä"}, "name: 'ä' is no format name; expected letters, digits, '-' and '_'"),
        ({"layout": "x"}, "layout: 'x' is a string; expected a list of parts"),
        (
            {"layout": [Sync("AA"), 5]},
            "layout[1]: 5 is an integer; expected a part: a table with sync, field, bits, length, data, checksum, end, next",
        ),
        ({"max_size": -1}, "max_size: -1 is out of range; expected 1 to 2147483648"),
        (
            {"kind": ["id", "idd"]},
            "kind[1]: unknown part 'idd'; expected one of id, size, payload, ck; did you mean 'id'?",
        ),
        ({"kind": ["sync"]}, "kind[0]: unknown part 'sync'; expected one of id, size, payload, ck"),
        (
            {"layout": [Sync("AA")], "kind": ["a"]},
            "kind[0]: unknown part 'a'; expected names of parts, and there are none",
        ),
        ({"tables": 5}, "tables: 5 is an integer; expected tables of integers"),
        ({"tables": {"a": 5}}, "tables.a: 5 is an integer; expected a table of integers"),
        ({"tables": {"a": {}}}, "tables.a: the table is empty; expected at least one entry"),
        ({"tables": {"a": {"x": 1}}}, "tables.a.x: key 'x' is no integer; expected a number such as 12 or 0x0C"),
        ({"tables": {"a": {"0x1": 1, "1": 2}}}, "tables.a.1: entry 1 stands twice; expected each once"),
        ({"tables": {"a": {"1": "2"}}}, "tables.a.1: '2' is a string; expected an integer"),
        ({"messages": 5}, "messages: 5 is an integer; expected a list of messages"),
        ({"messages": [{"name": "m"}]}, "messages[0]: 'kind' is missing; expected kind = ..., the frame kind; in a string, ? is any one character"),
        ({"lock": {"confirm": -1}}, "lock.confirm: -1 is out of range; expected 0 to 1024"),
    ],
)
def test_formats_that_are_refused(keys: dict[str, Any], expected: str) -> None:
    assert message(FrameFormat, **{"name": "toy", "layout": PARTS, **keys}) == expected


def test_tables_take_numbers_in_every_spelling() -> None:
    parts = [Sync("AA"), Field("id", "i8"), Data("payload", Lookup("id", "sizes"))]
    made = FrameFormat("toy", parts, tables={"sizes": {"1": 1, "0x0A": 2, -1: 3, "007": 4}})
    assert made.tables == {"sizes": {1: 1, 10: 2, -1: 3, 7: 4}}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"start": "silence"}, "start: a delimited format starts behind its delimiter; expected no `start`"),
        ({"behind": "AA"}, "behind: a delimited format starts behind its delimiter; expected no `behind`"),
        ({"block": 64}, "block: a delimited format lies in no blocks; expected no `block`"),
    ],
)
def test_a_delimiter_alone_says_where_a_frame_starts(more: dict[str, Any], expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        FrameFormat("x", [Data("payload")], transparency=Transparency("slip"), **more)
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, ""),
        ({"start": "silence"}, ""),
        ({"start": ["silence", "chained"]}, "starts behind frames (chained)"),
        ({"lock": {"confirm": 1}}, "asks for confirmation (lock)"),
        ({"tables": {"sizes": {"learn": {"format": "x", "key": "n", "value": "n"}}}}, "learns from the frames before it (learn)"),
    ],
)
def test_why_early_order_refuses_a_format(more: dict[str, Any], words: str) -> None:
    size = "sizes[n]" if "tables" in more else 1
    each = FrameFormat("x", [Sync("AA"), Field("n", "u8"), Data("payload", size=size)], max_size=9, **more)
    assert each.strict_only.partition(",")[0] == words


def test_a_delimited_format_asks_for_no_confirmation() -> None:
    assert message(dataclasses.replace, SLIP, lock=Lock(1)) == (
        "lock: a delimited format cannot ask for confirmation; expected no `lock`"
    )


@pytest.mark.parametrize(
    "part, text",
    [
        (Sync(["AA 55", "BB"]), "AA 55|BB"),
        (End("0D 0A"), "0D 0A"),
        (Bits(["a:3", "b:5:1"], "u8"), "[a:3 b:5:1] u8"),
        (Field("id", "u16le"), "id u16le"),
        (Data("payload"), "payload"),
        (Next("marker"), "next marker"),
        (Next(["AA 01", "BB"]), "next AA 01|BB"),
    ],
)
def test_parts_in_a_few_words(part: Part, text: str) -> None:
    assert describe(part) == text


def test_a_format_and_a_protocol_in_a_few_words() -> None:
    assert str(TOY) == "toy: AA 55, id u8, size u8, payload, ck u8; 5 to 260 bytes"
    assert str(Protocol("two", [TOY, LINE])) == (
        "two.toy: AA 55, id u8, size u8, payload, ck u8; 5 to 260 bytes\ntwo.line: 24, payload, 0A; 2 to 65536 bytes"
    )


# --- single frames ---------------------------------------------------------------------------------------------------


def test_a_frame_is_encoded_and_decoded() -> None:
    assert TOY.encode(b"AB", id=1) == RAW
    frame = TOY.decode(RAW)
    assert (frame.format, frame.start, frame.end, frame.raw, frame.suspect) == ("toy", 0, 7, RAW, False)
    assert dict(frame.fields) == {"id": 1, "size": 2, "ck": 0}
    assert (frame.payload, frame["payload"], frame["id"], frame.kind, frame.message) == (b"AB", b"AB", 1, (1,), None)
    with pytest.raises(KeyError):
        frame["di"]
    assert TOY.encode(frame.payload, **frame.fields) == RAW


def test_kinds_of_text_and_of_what_is_absent() -> None:
    assert LINE.decode(b"$GPGGA\n").kind == ("GP", None)
    assert LINE.decode(b"$" + b"x" * 10 + b"\n").kind == ("xx", ord("x"))
    assert FrameFormat("ack", [Sync("E5")], kind=["1"]).decode(b"\xe5").kind == (1,)


@pytest.mark.parametrize(
    "raw, reason, offset",
    [
        ("", Reason.TRUNCATED, 0),
        ("AA", Reason.TRUNCATED, 1),
        ("AA 56", Reason.NOISE, 1),
        ("00 AA 55 01 02 41 42 00", Reason.NOISE, 0),
        ("AA 55 01 02 41", Reason.TRUNCATED, 5),
        ("AA 55 01 02 41 42 01", Reason.CHECKSUM, 6),
        ("AA 55 01 02 41 42 00 00", Reason.TRAILING, 7),
    ],
)
def test_bytes_that_are_not_one_frame(raw: str, reason: Reason, offset: int) -> None:
    with pytest.raises(FrameError) as caught:
        TOY.decode(bytes.fromhex(raw))
    assert (caught.value.reason, caught.value.offset) == (reason, offset)


def test_trailing_bytes_are_told_with_the_format() -> None:
    with pytest.raises(FrameError, match="trailing at offset 7: the toy frame ends there"):
        TOY.decode(RAW + RAW)


def test_fill_around_a_delimited_frame_is_allowed() -> None:
    frame = SLIP.decode(b"\xc0\xc0\x01AB\xc0\xc0")
    assert (frame.start, frame.end, frame.payload) == (2, 6, b"AB")
    for raw in (b"", b"\xc0", b"\xc0\xc0"):
        with pytest.raises(FrameError) as caught:
            SLIP.decode(raw)
        assert (caught.value.reason, caught.value.offset) == (Reason.TRUNCATED, len(raw))
    with pytest.raises(FrameError) as caught:
        SLIP.decode(b"\xc0\x01\xc0\x02\xc0")
    assert (caught.value.reason, caught.value.offset) == (Reason.TRAILING, 3)


def test_the_first_byte_may_be_wrong_in_more_than_one_way() -> None:
    small = FrameFormat("small", [Field("x", "u8", max=3), Data("payload", 1)])
    for formats in ([small], [TOY, small], [small, TOY]):
        with pytest.raises(FrameError) as caught:
            decode_one(formats, b"\x09\x00")
        assert (caught.value.reason, caught.value.offset) == (Reason.FIELD, 0)


def test_of_several_formats_the_one_that_read_farthest_gives_the_reason() -> None:
    with pytest.raises(FrameError) as caught:
        decode_one([LINE, TOY], RAW[:-1] + b"\x01")
    assert (caught.value.reason, caught.value.offset) == (Reason.CHECKSUM, 6)
    with pytest.raises(FrameError) as caught:
        decode_one([LINE, TOY], b"\x00")
    assert (caught.value.reason, caught.value.offset) == (Reason.NOISE, 0)
    assert decode_one([LINE, TOY], RAW).format == "toy"


@given(st.integers(0, 255), st.binary(max_size=255))
def test_what_is_encoded_is_decoded(number: int, payload: bytes) -> None:
    for each in (TOY, SLIP):
        frame = each.decode(each.encode(payload, id=number))
        assert (frame["id"], frame.payload) == (number, payload)


@given(st.binary(max_size=40))
def test_any_bytes_are_a_frame_or_a_frame_error(raw: bytes) -> None:
    for each in (TOY, SLIP, LINE):
        try:
            assert each.decode(raw).raw in raw
        except FrameError as error:
            assert 0 <= error.offset <= len(raw)


# --- messages --------------------------------------------------------------------------------------------------------

POINT = Message("point", [1], [Field("x", "i8"), Field("y", "i8")])
TALKING = FrameFormat("toy", PARTS, kind=["id"], messages=[POINT, Message("empty", [2], [Data("rest")])])


def test_messages_by_kind() -> None:
    frame = TALKING.decode(TALKING.encode(b"\x01\xff", id=1))
    assert (frame.message.x, frame.message.y) == (1, -1)
    assert TALKING.decode(TALKING.encode(b"", id=3)).message is None
    with pytest.raises(FrameError, match="the payload is too short"):
        _ = TALKING.decode(TALKING.encode(b"\x01", id=1)).message


def test_messages_by_name() -> None:
    assert TALKING.encode_message("point", x=1, y=-1) == TALKING.encode(b"\x01\xff", id=1)
    with pytest.raises(EncodeError, match="pint: unknown message; did you mean 'point'"):
        TALKING.encode_message("pint")
    with pytest.raises(EncodeError, match="point: y: no value is given"):
        TALKING.encode_message("point", x=1)


def test_fields_of_the_frame_beside_those_of_the_message() -> None:
    parts = [Sync("AA"), Field("id", "u8"), Field("system", "u8"), Data("payload", 2)]
    made = FrameFormat("toy", parts, kind=["id", "payload[0]"], messages=[Message("m", [1, 5], POINT.fields)])
    assert made.encode_message("m", system=7, x=5, y=6) == bytes([0xAA, 1, 7, 5, 6])


def test_a_message_field_that_is_called_like_one_of_the_frame() -> None:
    parts = [Sync("AA"), Field("id", "u8"), Field("seq", "u8"), Data("payload", 2)]
    fields = [Field("id", "u8"), Field("seq", "u8")]
    made = FrameFormat("toy", parts, kind=["id"], messages=[Message("m", [1], fields)])
    assert made.encode_message("m", {"id": 5, "seq": 6}, seq=7) == bytes([0xAA, 1, 7, 5, 6])
    with pytest.raises(EncodeError, match="seq"):
        made.encode_message("m", id=5, seq=6)  # both are the message's
    frame = made.decode(bytes([0xAA, 1, 7, 5, 6]))
    assert (frame["seq"], frame.message.seq, frame.message_name) == (7, 6, "m")


def test_names_that_nobody_has_are_told_by_the_message() -> None:
    with pytest.raises(EncodeError, match="point: unknown field 'z'; known are x, y"):
        TALKING.encode_message("point", x=1, y=2, z=3)
    with pytest.raises(EncodeError, match="z: unknown field; known are id, size, payload, ck"):
        TALKING.encode_message("point", {"x": 1, "y": 2}, z=3)


TWO_WAYS = [
    {"name": "ask", "kind": [1], "if": "len(payload) == 1", "fields": [{"field": "a", "type": "u8"}]},
    {"name": "say", "kind": [1], "if": "payload[0]", "fields": [{"field": "a", "type": "u16be"}]},
]


def test_messages_of_one_kind_that_differ_in_form() -> None:
    made = FrameFormat("toy", PARTS, kind=["id"], messages=TWO_WAYS)
    names = [made.decode(made.encode(payload, id=1)).message_name for payload in (b"\0", b"\1\0", b"\0\1", b"")]
    assert names == ["ask", "say", None, None]
    assert made.decode(made.encode_message("say", a=256)).message.a == 256
    with pytest.raises(EncodeError, match="say: with these values the frame is none of the messages"):
        made.encode_message("say", a=1)


def test_a_message_of_another_part() -> None:
    parts = [Sync("AA"), Field("id", "u8"), Data("head", "1 if id == 1 else 0"), Data("payload", 1)]
    one = Message("one", [1], [Field("a", "u8")], of="head")
    made = FrameFormat("toy", parts, kind=["id"], messages=[one, Message("two", [2], [Field("b", "u8")])])
    raw = made.encode_message("one", a=7, payload=b"x")
    assert (raw, made.decode(raw).message.a) == (b"\xaa\x01\x07x", 7)
    assert made.encode_message("two", b=7) == b"\xaa\x02\x07"
    absent = FrameFormat("toy", [Sync("AA"), Field("id", "u8"), Data("head", 1, if_="id > 1"), Data("payload", 1)], messages=[Message("m", [], [Field("a", "u8")], of="head")])
    assert absent.decode(b"\xaa\x01x").message is None
    assert absent.decode(b"\xaa\x02yx").message.a == ord("y")


@pytest.mark.parametrize(
    "messages, expected",
    [
        ([POINT, POINT], "messages[1].name: message 'point' stands twice; expected each name once"),
        ([Message("m", [1], [Field("a", "u8")], if_="idd")], "messages[0].if: unknown part 'idd'; expected one of id, size, payload, ck; did you mean 'id'?"),
        ([Message("m", [1], [Field("a", "u8")], of="id")], "messages[0].of: unknown data 'id'; expected one of payload"),
        ([POINT, Message("m", [1, 2], [Field("a", "u8")])], "messages[1].kind: length 2; expected 1, the length of the format's kind"),
        ([Message("m", [], [Field("a", "u8")], format="toy")], "messages[0].kind: length 0; expected 1, the length of the format's kind"),
    ],
)
def test_messages_that_are_refused(messages: Any, expected: str) -> None:
    assert message(FrameFormat, name="toy", layout=PARTS, kind=["id"], messages=messages).startswith(expected)


def test_messages_of_the_formats_that_have_such_kinds() -> None:
    pair = FrameFormat("pair", [Sync("BB"), Field("id", "u8"), Field("sub", "u8"), Data("payload", 1)], kind=["id", "sub"])
    both = [Message(name, kind, [Field("a", "u8")]) for name, kind in (("m", [1]), ("n", [1, 2]))]
    protocol = Protocol("p", [TOY, pair], messages=both)
    assert [[each.name for each in one.own_messages] for one in protocol] == [["m"], ["n"]]
    assert protocol.encode_message("n", a=5) == b"\xbb\x01\x02\x05"
    for kind in ([], [1, 2, 3]):
        told = message(Protocol, "p", [TOY, pair], messages=[*both, Message("o", kind, [Field("a", "u8")])])
        assert told == f"messages[2].kind: length {len(kind)}; expected 1 or 2, the length of a format's kind"
    for name, one in (("toy", TOY), ("p", TOY), ("pair", pair)):
        assert "length of the format's kind" in message(Protocol, name, one, messages=both)


def test_messages_of_one_format_only() -> None:
    one, two = (Message("m", [1], [Field(field, "u8")], format=name) for name, field in (("a", "x"), ("b", "y")))
    alone = Message("alone", [2], [Field("z", "u8")], format="b")
    protocol = Protocol(
        "p",
        [FrameFormat(name, [Sync(sync), Field("id", "u8"), Data("payload", 1)], kind=["id"]) for name, sync in (("a", "AA"), ("b", "BB"))],
        messages=[one, two, alone],
    )
    assert dict(protocol.decode(b"\xaa\1\5").message) == {"x": 5} and dict(protocol.decode(b"\xbb\1\5").message) == {"y": 5}
    assert protocol.decode(b"\xaa\2\5").message is None
    assert protocol.encode_message("m", format="b", y=5) == b"\xbb\1\5"
    assert protocol.encode_message("alone", z=5) == b"\xbb\2\5"
    with pytest.raises(ValueError, match="several formats"):
        protocol.encode_message("m", y=5)
    with pytest.raises(EncodeError, match="none: unknown message"):
        protocol.encode_message("none")


# --- examples --------------------------------------------------------------------------------------------------------


def test_examples() -> None:
    one = Example("here", hex="AA 55", fields={"id": 1, "many": [1, 2]}, payload="")
    assert (one.raw, one.payload, one.fields) == (b"\xaa\x55", b"", {"id": 1, "many": (1, 2)})
    assert one == Example("here", hex=b"\xaa\x55", fields={"id": 1, "many": (1, 2)}, payload=b"")
    assert hash(one) == hash(dataclasses.replace(one))
    assert Example("here", text="$\xff\r\n").raw == b"$\xff\r\n"
    assert Example("here", text="").raw == b""
    counter = Counterexample("checksum", hex="AA")
    assert (counter.reason, counter.raw) == (Reason.CHECKSUM, b"\xaa")
    assert Counterexample(Reason.NOISE, text="x").raw == b"x"


REASONS = ", ".join(Reason)


@pytest.mark.parametrize(
    "make, keys, expected",
    [
        (Example, {"source": "x"}, "there is neither hex nor text; expected one of the two"),
        (Example, {"source": "x", "hex": "", "text": ""}, "there are both hex and text; expected one of the two"),
        (
            Example,
            {"source": "x", "text": "€"},
            "text: text holds characters that are no bytes; expected hex for those",
        ),
        (
            Example,
            {"source": "x", "hex": "A"},
            "hex: 'A' is not hexadecimal; expected pairs of hex digits such as 'B5 62'",
        ),
        (Example, {"source": "x", "hex": 5}, "hex: 5 is an integer; expected a string"),
        (Example, {"source": "x", "hex": "", "fields": 5}, "fields: 5 is an integer; expected a table of values"),
        (Example, {"source": "x", "hex": "", "encode": 0}, "encode: 0 is an integer; expected true or false"),
        (Counterexample, {"reason": "crc", "hex": ""}, f"reason: unknown reason 'crc'; expected {REASONS}"),
        (
            Counterexample,
            {"reason": "marke", "hex": ""},
            f"reason: unknown reason 'marke'; expected {REASONS}; did you mean 'marker'?",
        ),
        (Counterexample, {"reason": "mac"}, "there is neither hex nor text; expected one of the two"),
    ],
)
def test_examples_that_are_refused(make: Any, keys: dict[str, Any], expected: str) -> None:
    assert message(make, **keys) == expected


def test_a_layout_as_a_construct() -> None:
    parsed = TOY.construct().parse(RAW)
    assert (parsed.id, parsed.size, parsed.payload, parsed.ck) == (1, 2, b"AB", 0)
    assert TOY.construct() is TOY.construct()
