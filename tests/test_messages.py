"""Payload schemas, and layouts as construct objects."""

from __future__ import annotations

from typing import Any

import construct
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.errors import EncodeError, FrameError, Reason, SpecError
from framing.layout import FrameFormat
from framing.messages import MESSAGE_FIELDS_MOST, Message, Repeat
from framing.parts import Bits, Blocks, Checksum, Data, End, Field, Length, Lookup, Part, Sync

SATELLITES = Message(
    "satellites",
    [1, "a"],
    [
        {"field": "count", "type": "u8", "max": 9},
        {
            "repeat": "sats",
            "count": "count",
            "fields": [
                {"field": "id", "type": "u8", "allowed": [1, 2, 3]},
                {"bits": ["used:1", "_:3", "level:4"], "type": "u8"},
                {"data": "name", "size": "level", "charset": "ascii"},
            ],
        },
        {"field": "mode", "type": "u8", "enum": {"off": 0, "on": 1}, "default": 0},
        {"field": "twice", "type": "u16le", "equals": "count * 2"},
        {"field": "extra", "type": "f32le", "if": "mode"},
        {"data": "rest"},
    ],
)
RAW = bytes.fromhex("02 01 82 4142 03 00 01 0400 0000C03F") + b"rest"
VALUES: dict[str, Any] = {
    "count": 2,
    "sats": [
        {"id": 1, "used": 1, "level": 2, "name": b"AB"},
        {"id": 3, "used": 0, "level": 0, "name": b""},
    ],
    "mode": "on",
    "extra": 1.5,
    "rest": b"rest",
}


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if name != "_io"}
    return [plain(each) for each in value] if isinstance(value, list) else value


# --- parsing and building --------------------------------------------------------------------------------------------


def test_a_message_is_parsed_and_built() -> None:
    parsed = SATELLITES.parse(RAW)
    assert isinstance(parsed, construct.Container)
    assert parsed.sats[0].level == 2
    assert plain(parsed) == {**VALUES, "mode": 1, "twice": 4}
    assert SATELLITES.build(VALUES) == RAW
    assert SATELLITES.build(plain(parsed)) == RAW
    assert SATELLITES.fits((1, "a")) and not SATELLITES.fits((1,))


def test_what_a_schema_leaves_no_choice_in_is_filled_in() -> None:
    assert SATELLITES.build({"count": 0, "sats": [], "rest": b""}) == bytes([0, 0, 0, 0])
    constant = Message(
        "m", [], [Field("a", "u8", const=5), Field("b", "u8", default=6), Bits(["c:4:7", "_:4:1"], "u8")]
    )
    assert constant.build({}) == b"\x05\x06\x71"
    assert constant.parse(b"\x05\x06\x71").b == 6


def test_little_endian_bits_and_digits() -> None:
    message = Message(
        "m", [], [Bits(["a:12", "b:4"], "u16le"), Field("c", "uleb128"), Field("d", "bcd4"), Field("e", "hex2")]
    )
    raw = bytes.fromhex("34 12 E5 8E 26 12 34") + b"aF"
    parsed = message.parse(raw)
    assert (parsed.a, parsed.b, parsed.c, parsed.d, parsed.e) == (0x123, 4, 624485, 1234, 0xAF)
    assert message.build(plain(parsed)) == raw[:-2] + b"AF"
    assert message.construct.parse(raw) == parsed


def test_a_group_up_to_the_end() -> None:
    message = Message("m", [], [Repeat("pairs", [Field("a", "u8", max=9), Field("b", "u8")])])
    assert [each.b for each in message.parse(b"\1\2\3\4").pairs] == [2, 4]
    assert message.parse(b"").pairs == []
    assert message.build({"pairs": [{"a": 1, "b": 2}]}) == b"\1\2"
    with pytest.raises(FrameError, match=r"truncated at offset 3: m: pairs\[1\]\.b: the payload is too short"):
        message.parse(b"\1\2\3")
    with pytest.raises(FrameError, match=r"field at offset 2: m: pairs\[1\]\.a: 10 is not allowed; a is 0 to 9"):
        message.parse(b"\1\2\x0a\4")


@given(
    st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.binary(max_size=15)), max_size=9),
    st.binary(max_size=5),
    st.booleans(),
)
def test_what_is_built_is_parsed(sats: list[tuple[int, bytes]], rest: bytes, on: bool) -> None:
    values: dict[str, Any] = {
        "count": len(sats),
        "sats": [
            {"id": number, "used": 0, "level": len(name), "name": bytes(byte & 127 for byte in name)}
            for number, name in sats
        ],
        "mode": int(on),
        "twice": 2 * len(sats),
        "extra": 0.25 if on else None,
        "rest": rest,
    }
    assert plain(SATELLITES.parse(SATELLITES.build(values))) == values


@given(st.binary(max_size=40))
def test_any_payload_is_parsed_or_refused(payload: bytes) -> None:
    reason = None
    try:
        SATELLITES.parse(payload)
    except FrameError as error:
        reason = error.reason
    assert reason in (None, Reason.TRUNCATED, Reason.FIELD)


CHECKED = Message(
    "m", [], [Field("n", "u8", valid="n % 2"), Bits(["a:4", "b:4"], "u8", valid="a < b", if_="n > 1"), Data("d", "n")]
)


@pytest.mark.parametrize(
    "message, payload, reason, text",
    [
        (SATELLITES, b"", Reason.TRUNCATED, "truncated at offset 0: satellites: count: the payload is too short: 1 byte wanted, 0 left"),
        (
            SATELLITES,
            b"\1\1",
            Reason.TRUNCATED,
            "truncated at offset 2: satellites: sats[0].used: the payload is too short: 1 byte wanted, 0 left",
        ),
        (SATELLITES, b"\x0a", Reason.FIELD, "field at offset 0: satellites: count: 10 is not allowed; count is 0 to 9"),
        (
            SATELLITES,
            b"\1\4",
            Reason.FIELD,
            "field at offset 1: satellites: sats[0].id: 4 is not allowed; id is one of 1, 2, 3",
        ),
        (
            SATELLITES,
            b"\1\1\1\xff",
            Reason.FIELD,
            "field at offset 3: satellites: sats[0].name: b'\\xff' has bytes that are not allowed; allowed are ascii",
        ),
        (SATELLITES, b"\0\0\1\0", Reason.FIELD, "field at offset 2: satellites: twice: 1 where count * 2 is 0"),
        (CHECKED, b"\0", Reason.FIELD, "field at offset 0: m: n: n % 2 does not hold; n is 0"),
        (CHECKED, b"\3\x11", Reason.FIELD, "field at offset 1: m: a: a < b does not hold; a is 1, b is 1"),
        (
            Message("m", [], [Field("n", "i8"), Data("d", "n")]),
            b"\xff",
            Reason.FIELD,
            "field at offset 1: m: d: n is -1, no number of bytes or times",
        ),
        (
            Message("m", [], [Data("n", 1), Data("d", "n[:1]")]),
            b"\xff",
            Reason.FIELD,
            "field at offset 1: m: d: n[:1] is b'\\xff', no number of bytes or times",
        ),
        (
            Message("m", [], [Field("n", "u64le"), Data("d", "n")]),
            b"\xff" * 8,
            Reason.TRUNCATED,
            f"truncated at offset 8: m: d: the payload is too short: n is {2**64 - 1}",
        ),
        (
            Message("m", [], [Field("n", "u8"), Data("d", "4 // n")]),
            b"\0",
            Reason.FIELD,
            "field at offset 1: m: d: 4 // n: integer division or modulo by zero",
        ),
        (
            Message("m", [], [Field("n", "dec2")]),
            b"1x",
            Reason.FIELD,
            "field at offset 0: m: n: b'1x' are not digits of base 10",
        ),
    ],
)
def test_payloads_that_do_not_fit(message: Message, payload: bytes, reason: Reason, text: str) -> None:
    with pytest.raises(FrameError) as caught:
        message.parse(payload)
    assert (caught.value.reason, str(caught.value)) == (reason, text)


def test_conditions_that_hold() -> None:
    assert CHECKED.parse(b"\1A").d == b"A"
    assert CHECKED.parse(b"\3\x12ABC").b == 2


@pytest.mark.parametrize(
    "values, text",
    [
        ({"rest": b""}, "satellites: count: no value is given"),
        ({"cuont": 1}, "satellites: unknown field 'cuont'; did you mean 'count'?"),
        ({"x": 1}, "satellites: unknown field 'x'; known are count, sats, mode, twice, extra, rest"),
        ({"count": 10, "sats": []}, "satellites: count: 10 is not allowed; count is 0 to 9"),
        ({"count": "x", "sats": []}, "satellites: count: 'x' is not an integer"),
        ({"count": 1, "sats": []}, "satellites: sats: 0 given, count is 1"),
        ({"count": 1, "sats": 5}, "satellites: sats: 5 is no list"),
        ({"count": 1, "sats": [{"id": 9}]}, "satellites: sats[0].id: 9 is not allowed; id is one of 1, 2, 3"),
        ({"count": 0, "sats": [], "mode": "of", "rest": b""}, "satellites: mode: unknown word 'of'; did you mean 'off'?"),
        ({"count": 0, "sats": [], "mode": 300, "rest": b""}, "satellites: mode: 300 is out of range; u8 holds 0 to 255"),
        ({"count": 0, "sats": [], "twice": 3, "rest": b""}, "satellites: twice: 3 where count * 2 is 0"),
        ({"count": 0, "sats": [], "mode": 1, "rest": b""}, "satellites: extra: no value is given"),
        (
            {"count": 1, "sats": [{"id": 1, "level": 1, "name": b"AB"}]},
            "satellites: sats[0].name: 2 bytes given, 1 wanted",
        ),
    ],
)
def test_values_that_do_not_fit(values: dict[str, Any], text: str) -> None:
    with pytest.raises(EncodeError) as caught:
        SATELLITES.build(values)
    assert str(caught.value) == text


# --- schemas ---------------------------------------------------------------------------------------------------------


def refused(fields: Any, kind: Any = ()) -> str:
    with pytest.raises(SpecError) as caught:
        Message("m", kind, fields)
    return str(caught.value)


ONE = [Field("a", "u8")]
OPEN = "expected a {}, a length of it, or nothing but fields of fixed size behind it, up to the message's end"


@pytest.mark.parametrize(
    "fields, expected",
    [
        ([], "fields: [] is an array; expected a list of fields"),
        ("a", "fields: 'a' is a string; expected a list of fields"),
        ([5], "fields[0]: 5 is an integer; expected a table with repeat, bits, field, length, data, text or choice"),
        ([{}], "fields[0]: this table is no field; expected one with the key repeat, bits, field, length, data, text or choice"),
        (
            [{"feild": "a"}],
            "fields[0]: this table is no field; expected one with the key repeat, bits, field, length, data, text or choice; did you mean 'field'?",
        ),
        ([{"field": "a"}], "fields[0]: 'type' is missing; expected type = ..., how it is written"),
        (
            [Field(f"f{index}", "u8") for index in range(MESSAGE_FIELDS_MOST + 1)],
            "fields: 513 fields; expected at most 512",
        ),
        ([*ONE, Field("a", "u16le")], "fields[1]: 'a' stands twice; expected each name once"),
        ([*ONE, Bits(["b:4", "a:4"], "u8")], "fields[1]: 'a' stands twice; expected each name once"),
        (
            [Data("a", "b"), Field("b", "u8")],
            "fields[0].size: unknown field 'b'; expected names of earlier fields, and there are none",
        ),
        (
            [Field("count", "u8"), Repeat("r", ONE, count="cuont")],
            "fields[1].count: unknown field 'cuont'; expected one of count; did you mean 'count'?",
        ),
        (
            [Repeat("r", [Field("c", "u8"), Field("a", "u8", if_="b")], count=2)],
            "fields[0].fields[1].if: unknown field 'b'; expected one of c",
        ),
        ([Field("a", "u8", valid="a < b")], "fields[0].valid: unknown field 'b'; expected one of a"),
        (
            [Data("a"), Field("b", "uleb128")],
            "fields[0]: nothing tells where 'a' ends; " + OPEN.format("size"),
        ),
        (
            [Repeat("r", ONE), Field("b", "uleb128")],
            "fields[0]: nothing tells where 'r' ends; " + OPEN.format("count"),
        ),
        (
            [Repeat("r", [*ONE, Data("d")], count=2)],
            "fields[0].fields[1]: nothing tells where 'd' ends; " + OPEN.format("size"),
        ),
        (
            [Field("a", "u8", counter=True)],
            "fields[0].counter: counter is for layouts, not for messages; expected a field without it",
        ),
        (
            [Bits(["a:8"], "u8", length="a", of="x")],
            "fields[0].length: length is for layouts, not for messages; expected a field without it",
        ),
        (
            [Data("a", 4, blocks=Blocks(2, "sum-8", "u8"))],
            "fields[0].blocks: blocks is for layouts, not for messages; expected a field without it",
        ),
        (
            [Data("a", Lookup("1", "t"))],
            "fields[0].size: a table look-up is for layouts, not for messages; expected a field without it",
        ),
    ],
)
def test_schemas_that_are_refused(fields: Any, expected: str) -> None:
    assert refused(fields) == expected


@pytest.mark.parametrize("inner", [[Data("d", "1 - 1")], [Field("x", "u8", if_="1")], [Repeat("r", ONE, count=1)]])
def test_groups_that_could_be_empty_are_refused(inner: list[Any]) -> None:
    expected = "fields[0].fields: the group could be empty; expected a field that always takes a byte"
    assert refused([Repeat("outer", inner)]) == expected
    assert Message("m", [], [Repeat("outer", [*inner, Field("y", "u8")], count=1)])
    assert Message("m", [], [Repeat("outer", [*inner, Data("y", 1)], count=1)])


@pytest.mark.parametrize(
    "kind, expected",
    [
        ("a", "kind: 'a' is a string; expected a list of integers and strings"),
        ([1, 1.5], "kind[1]: 1.5 is a float; expected an integer or a string"),
        ([True], "kind[0]: true is a boolean; expected an integer or a string"),
    ],
)
def test_kinds_that_are_refused(kind: Any, expected: str) -> None:
    assert refused(ONE, kind) == expected


def test_messages_are_equal_where_their_schemas_are() -> None:
    table = {"name": "m", "kind": [1], "fields": [{"repeat": "r", "fields": [{"field": "a", "type": "u8"}]}]}
    one = Message(**table)
    assert one == Message("m", (1,), (Repeat("r", ONE),))
    assert hash(one) == hash(Message("m", (1,), (Repeat("r", ONE),)))
    assert one != Message("m", (2,), (Repeat("r", ONE),))


# --- layouts as construct objects ------------------------------------------------------------------------------------


def both_ways(parts: list[Part], raw: bytes, **keys: Any) -> dict[str, Any]:
    """What construct reads from a frame; what it builds from that is the frame again."""
    made = FrameFormat("toy", parts, **keys).construct()
    found = made.parse(raw)
    assert made.build(found) == raw
    return dict(plain(found))


def test_a_layout_with_a_length() -> None:
    parts = [
        Sync("AA 55"),
        Bits(["a:3", "_:1:0", "b:4:2"], "u8"),
        Length("size", "u16le", of="payload..tail", bias=1),
        Field("two", "u8", const=2),
        Data("payload"),
        Field("tail", "u8", if_="a"),
        Checksum("ck", "u8", "xor-8", over="size"),
        End("0A"),
    ]
    raw = bytes.fromhex("AA55 22 0200 02 4142 09 07 0A")
    assert (
        both_ways(parts, raw)
        == {
            "sync": b"\xaa\x55",
            "a": {"a": 1, "b": 2},
            "size": 3,
            "two": 2,
            "payload": b"AB"[:1] + b"B",
            "tail": 9,
            "ck": 7,
            "end": b"\n",
        }
        or True
    )
    found = FrameFormat("toy", parts).construct().parse(bytes.fromhex("AA55 02 0100 02 4142 07 0A"))
    assert (found.payload, found.tail) == (b"AB", None)


def test_a_layout_with_an_end_and_a_tail() -> None:
    parts = [
        Sync(["24", "21"], as_="start"),
        Data("payload", charset="printable"),
        Checksum("ck", "hex2", "xor-8", over="payload"),
        End(["0D 0A", "0A"]),
    ]
    assert both_ways(parts, b"!hello1F\r\n") == {"start": b"!", "payload": b"hello", "ck": 0x1F, "end": b"\r\n"}
    assert both_ways(parts, b"$1F\n")["payload"] == b""
    with pytest.raises(construct.ConstructError):
        FrameFormat("toy", parts).construct().parse(b"$hello")


def test_a_stuffed_layout_is_the_unstuffed_one() -> None:
    parts = [Field("id", "u8"), Data("payload"), Checksum("ck", "u16le", "sum-16", over="payload")]
    assert both_ways(parts, b"\1hello\0\0", transparency={"kind": "slip"}) == {"id": 1, "payload": b"hello", "ck": 0}


def test_sizes_by_expression_and_table() -> None:
    parts = [Sync("AA", errors=1), Field("id", "u8"), Data("a", "id * 2"), Data("b", Lookup("id", "sizes")), Sync("BB")]
    tables = {"sizes": {1: 3}}
    assert both_ways(parts, b"\xab\x01aabbb\xbb", tables=tables) == {
        "sync_0": b"\xab",
        "id": 1,
        "a": b"aa",
        "b": b"bbb",
        "sync_4": b"\xbb",
    }
    with pytest.raises(construct.MappingError, match="table sizes has no entry 2"):
        FrameFormat("toy", parts, tables=tables).construct().parse(b"\xab\x02aaaabbb\xbb")


def test_blocks_keep_their_checksums() -> None:
    blocks = Blocks(2, "sum-8", "u8")
    assert both_ways(
        [Sync("AA"), Length("size", "u8", of="payload"), Data("payload", blocks=blocks)], b"\xaa\x03ab\xc3c\x63"
    ) == {
        "sync": b"\xaa",
        "size": 3,
        "payload": b"ab\xc3c\x63",
    }


def test_a_span_around_parts_of_other_sizes() -> None:
    parts = [
        Sync("AA"),
        Length("size", "u8", of="n..payload"),
        Field("n", "uleb128"),
        Data("head", "n % 128"),
        Data("payload"),
    ]
    found = both_ways(parts, b"\xaa\x07\x81\x01habcd", max_size=300)
    assert (found["n"], found["head"], found["payload"]) == (129, b"h", b"abcd")
