"""Payload schemas, and layouts as construct objects."""

from __future__ import annotations

import functools
import json
from typing import Any

import construct
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.errors import EncodeError, FrameError, Reason, SpecError
from framing.layout import FrameFormat
from framing.messages.message import MESSAGE_FIELDS_MOST, Message, Repeat
from framing.messages.values import Meaning
from framing.messages.values import plain as said
from framing.model.checks import Blocks, Checksum
from framing.model.data import Data
from framing.model.lookups import Lookup
from framing.model.numbers import Bits, Field, Length
from framing.model.parts import Part
from framing.model.patterns import End, Sync
from framing.model.values import value_type
from framing.protocols import Protocol
from framing.spec import describe, load, shipped

ONE = [Field("a", "u8")]


@functools.cache
def load_any(name: str) -> Protocol:
    """A shipped protocol; parameters that it needs are made up."""
    needed = {each: parameter for each, parameter in describe(name).parameters.items() if parameter.default is None}
    return load(name, **{each: bytes(parameter.size) if parameter.size else 1 for each, parameter in needed.items()})


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


# --- what the language has for payloads ------------------------------------------------------------------------------


def made(*fields: Any, **keys: Any) -> Message:
    return Message("m", [], list(fields), **keys)


def unfit(message: Message, payload: bytes) -> str:
    with pytest.raises(FrameError) as caught:
        message.parse(payload)
    return str(caught.value)


def unwritable(message: Message, **values: Any) -> str:
    with pytest.raises(EncodeError) as caught:
        message.build(values)
    return str(caught.value)


def test_bits_as_they_come() -> None:
    message = made(
        {"bits": ["number:12:1005", {"bit": "x", "width": 38, "signed": True, "scale": 0.0001}, "flag:1", "_:1", "low:i4"]},
        {"field": "behind", "type": "u8"},
    )
    raw = message.build({"x": -0.5, "low": -8, "behind": 7})
    assert raw.hex() == "3edffffffb1e0807"[: 2 * len(raw)]
    assert dict(message.parse(raw)) == {"number": 1005, "x": -0.5, "flag": 0, "low": -8, "behind": 7}
    assert unfit(message, b"\0" * 8) == "field at offset 0: m: number: number is 0, but always 1005"
    assert unwritable(message, low=8, behind=1) == "m: low: 8 is out of range; low is -8 to 7"
    assert unwritable(message, number=1, behind=1) == "m: number: 1 is not allowed; number is always 1005"
    assert unwritable(message, flag="x", behind=1) == "m: flag: 'x' is not an integer"


def test_padded_text() -> None:
    message = made({"text": "a", "size": 4, "padding": "00"}, {"text": "b", "as": "integer", "size": 3, "digits": 3})
    assert dict(message.parse(b"ab\0\000042")) == {"a": "ab", "b": 42}
    assert message.build({"a": "ab", "b": 42}) == b"ab\0\000042"
    assert message.build({"a": "\u00e9", "b": 1}) == b"\xc3\xa9\0\000001"
    assert dict(message.parse(b"a\0b\000042"))["a"] == "a\0b"
    assert unfit(message, b"\xff\0\0\000001") == "field at offset 0: m: a: b'\\xff' is no utf-8 text"
    assert unfit(message, b"ab\0\0 42") == "field at offset 4: m: b: ' 42' is no integer number"
    assert unwritable(message, a="abcde", b=1) == "m: a: 'abcde' takes 5 bytes, there are 4"
    assert unwritable(message, a="a\0", b=1) == "m: a: 'a\\x00' ends like the padding behind it"
    assert unwritable(message, a=5, b=1) == "m: a: 5 is no string"
    assert unwritable(message, b=1) == "m: a: no value is given"
    assert unwritable(made({"text": "a", "encoding": "ascii"}), a="\u00e9") == "m: a: '\u00e9' has characters that ascii lacks"


def test_text_with_an_end() -> None:
    message = made({"text": "a", "end": "00"}, {"text": "b", "end": "0D 0A", "charset": "printable"}, {"text": "rest"})
    assert dict(message.parse(b"ab\0c\r\nd\0")) == {"a": "ab", "b": "c", "rest": "d\0"}
    assert message.build({"a": "ab", "b": "c", "rest": ""}) == b"ab\0c\r\n"
    assert unfit(message, b"ab\0c\r") == "truncated at offset 5: m: b: the payload is too short: 0D 0A is missing"
    assert unwritable(message, a="a\0b", b="", rest="") == "m: a: 'a\\x00b' contains 00, which ends it"
    assert unwritable(message, a="", b="\r", rest="").startswith("m: b: b'\\r' has bytes that are not allowed")


SENTENCE = made(
    {"text": "what", "default": "FIX"},
    {"text": "n", "as": "integer", "digits": 2, "default": 5},
    {"text": "side", "allowed": ["N", "S", ""]},
    {"repeat": "sats", "fields": [{"text": "id", "as": "integer"}, {"text": "level", "as": "decimal", "decimals": 1}]},
    {"text": "signal", "as": "hex", "optional": True},
    separator="2C",
)


@pytest.mark.parametrize(
    "text, values",
    [
        ("FIX,07,N", {"what": "FIX", "n": 7, "side": "N", "sats": [], "signal": None}),
        ("FIX,,,", {"what": "FIX", "n": None, "side": "", "sats": [], "signal": ""}),
        ("FIX,,,1,2.5", {"what": "FIX", "n": None, "side": "", "sats": [{"id": 1, "level": 2.5}], "signal": None}),
        ("FIX,7,S,1,2.50,,,1F", {"what": "FIX", "n": 7, "side": "S", "sats": [{"id": 1, "level": 2.5}, {"id": None, "level": None}], "signal": 31}),
    ],
)
def test_texts_with_a_separator(text: str, values: dict[str, Any]) -> None:
    parsed = SENTENCE.parse(text.encode())
    assert plain(parsed) == values
    assert SENTENCE.build(parsed) == text.encode()


def test_texts_with_a_separator_that_do_not_fit() -> None:
    assert unfit(SENTENCE, b"FIX,7") == "truncated at offset 5: m: side: the payload is too short: this text is missing"
    assert unfit(SENTENCE, b"FIX,7x,N") == "field at offset 4: m: n: '7x' is no integer number"
    assert unfit(SENTENCE, b"FIX,7,E") == "field at offset 6: m: side: 'E' is not allowed; side is one of 'N', 'S', ''"
    assert unfit(SENTENCE, b"FIX,7,N,1,2,3,x,9") == "field at offset 14: m: sats[1].level: 'x' is no decimal number"
    assert unwritable(SENTENCE, what="A,B", sats=[]) == "m: what: 'A,B' contains 2C, which ends it"
    assert SENTENCE.build({"n": 7, "sats": [{"id": 1}, {"level": 2}]}) == b"FIX,07,,1,,,2.0"
    assert SENTENCE.build({"sats": []}) == b"FIX,05,"


RECORDS = made(
    {"repeat": "records", "fields": [{"field": "tag", "type": "u8"}, {"length": "size", "type": "u8", "of": "value"}, {"data": "value"}]}
)


def test_lengths_of_fields_behind_them() -> None:
    raw = bytes.fromhex("01 02 AABB 02 00 03 01 CC")
    assert [plain(each) for each in RECORDS.parse(raw).records] == [
        {"tag": 1, "size": 2, "value": b"\xaa\xbb"},
        {"tag": 2, "size": 0, "value": b""},
        {"tag": 3, "size": 1, "value": b"\xcc"},
    ]
    assert RECORDS.build(RECORDS.parse(raw)) == raw
    assert RECORDS.build({"records": [{"tag": 5, "value": "AABB"}]}) == b"\5\2\xaa\xbb"
    assert unfit(RECORDS, b"\1\3AB") == "truncated at offset 4: m: records[0].value: the payload is too short: 3 bytes wanted, 2 left"
    words = made({"length": "n", "type": "u8", "of": "words", "unit": 2, "max": 2}, {"repeat": "words", "each": {"field": "w", "type": "u16be"}}, {"field": "z", "type": "u8"})
    assert dict(words.parse(b"\1\0\5\7")) == {"n": 1, "words": [5], "z": 7}
    assert words.build({"words": [5], "z": 7}) == b"\1\0\5\7"
    assert unwritable(words, words=[1, 2, 3], z=1) == "m: words: 3 is not allowed; n is 0 to 2"
    assert unfit(words, b"\3") == "field at offset 0: m: n: 3 is not allowed; n is 0 to 2"
    odd = made({"length": "n", "type": "u8", "of": "d", "unit": 2, "bias": 1}, {"data": "d"})
    assert unwritable(odd, d=b"ab") == "m: d: 2 bytes cannot be told by n, in units of 2"
    less = made({"length": "n", "type": "u8", "of": "d", "bias": -2}, {"data": "d"})
    assert unfit(less, b"\1") == "field at offset 1: m: d: n leaves -1 bytes for it"


def test_open_fields_in_front_of_a_tail() -> None:
    message = made({"data": "d"}, {"field": "crc", "type": "u16be"})
    assert dict(message.parse(b"abc\1\2")) == {"d": b"abc", "crc": 0x102}
    assert message.build({"d": b"", "crc": 1}) == b"\0\1"
    assert unfit(message, b"\1") == "truncated at offset 1: m: crc: the payload is too short: 2 bytes wanted, 1 left"


def test_numbers_whose_type_is_told() -> None:
    message = made({"field": "kind", "type": "u8"}, {"choice": "value", "by": "kind & 3", "types": {"1": "u8", "0x02": "i16le", "3": "f32le"}})
    assert [message.parse(raw).value for raw in (b"\1\7", b"\2\xff\xff", b"\3\0\0\x80\x3f")] == [7, -1, 1.0]
    assert message.build({"kind": 2, "value": -1}) == b"\2\xff\xff"
    assert unfit(message, b"\4") == "field at offset 1: m: value: no type for 0, which kind & 3 is; known are 1, 2, 3"
    assert unwritable(message, kind=1, value=256) == "m: value: 256 is out of range; u8 holds 0 to 255"
    assert unwritable(message, kind=1) == "m: value: no value is given"


def test_payloads_whose_end_was_cut() -> None:
    message = made({"field": "a", "type": "u16le"}, {"text": "t", "size": 2, "padding": "00"}, {"field": "b", "type": "u8"}, cut="00")
    assert message.build({"a": 0, "t": "", "b": 0}) == b"\0"
    assert message.build({"a": 1, "t": "x", "b": 0}) == b"\1\0x"
    assert dict(message.parse(b"\1\0x")) == {"a": 1, "t": "x", "b": 0}
    assert dict(message.parse(b"")) == {"a": 0, "t": "", "b": 0}
    assert message.parse(b"\1\0x\0\5more").b == 5


def test_optional_fields() -> None:
    message = made({"field": "a", "type": "u8"}, {"field": "b", "type": "u8", "optional": True}, {"bits": ["c:4", "d:4"], "type": "u8", "optional": True})
    for raw, values in ((b"\1", (1, None, None)), (b"\1\2", (1, 2, None)), (b"\1\2\3", (1, 2, 0))):
        parsed = message.parse(raw)
        assert (parsed.a, parsed.b, parsed.c) == values
        assert message.build(parsed) == raw
    assert unwritable(message, a=1, d=1) == "m: c: a value is given, but none for 'b' in front of it"
    assert unfit(made({"field": "a", "type": "u16le", "optional": True}), b"\1").startswith("truncated at offset 1: m: a: ")


def test_values_for_what_is_absent() -> None:
    message = made({"field": "n", "type": "u8"}, {"field": "x", "type": "u8", "if": "n"})
    assert message.build({"n": 0, "x": None}) == b"\0"
    assert unwritable(message, n=0, x=1) == "m: x: a value is given, but n does not hold"


def test_counts_are_filled_in() -> None:
    message = made({"field": "n", "type": "u8"}, {"field": "size", "type": "u8"}, {"repeat": "r", "count": "n", "each": {"field": "a", "type": "u8"}}, {"data": "d", "size": "size"})
    assert message.build({"r": [7, 8], "d": "0102"}) == b"\2\2\7\x08\1\2"
    assert unwritable(message, n=1, r=[7, 8], d=b"", size=0) == "m: r: 2 given, n is 1"
    assert unwritable(message, r=[[]], d=b"") == "m: r[0]: [] is not an integer"
    assert unwritable(message, r=[1], d=5, size=1) == "m: d: 5 is neither bytes nor hex digits"


def test_tables_in_lists() -> None:
    message = made({"repeat": "r", "fields": [{"field": "a", "type": "u8"}]})
    assert unwritable(message, r=[{"a": 1}, {"b": 1}]) == "m: r[1]: unknown field 'b'; known are a"
    assert unwritable(message, r=[5]) == "m: r[0]: 5 is no table of values"
    assert unwritable(message) == "m: r: no value is given"


def test_kinds_with_any_character() -> None:
    message = Message("m", ["??GGA", 1], ONE)
    assert message.fits(("GPGGA", 1)) and message.fits(("GNGGA", 1))
    assert not message.fits(("GGA", 1)) and not message.fits(("GPGSA", 1)) and not message.fits(("GPGGA", 2)) and not message.fits((5, 1))


# --- any schema ------------------------------------------------------------------------------------------------------

INTEGERS = st.sampled_from(["u8", "i8", "u16le", "i16be", "u24be", "i32le", "u64be", "uleb128", "zigzag", "bcd4", "hex2"])


@st.composite
def fields_and_values(draw: Any, name: str, nested: bool = True) -> tuple[dict[str, Any], Any]:
    """A field of a message, and a value for it."""
    what = draw(st.sampled_from(["number", "scaled", "float", "text", "line", "data", *(["list", "group"] if nested else [])]))
    if what == "number":
        kind = value_type(draw(INTEGERS))
        return {"field": name, "type": kind.name}, draw(st.integers(kind.lowest, kind.highest))
    if what == "scaled":
        scale, raw = draw(st.sampled_from([0.1, 1e-7, 0.5, 1 / 1024])), draw(st.integers(-(1 << 31), (1 << 31) - 1))
        return {"field": name, "type": "i32le", "scale": scale}, Meaning(None, None, scale).value(raw)
    if what == "float":
        return {"field": name, "type": "f64be"}, draw(st.floats(allow_nan=False))
    if what == "text":
        return {"text": name, "size": 9, "padding": "00"}, draw(st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=9))
    if what == "line":
        return {"text": name, "end": "0A"}, draw(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=9))
    if what == "data":
        return {"data": name, "size": 3}, draw(st.binary(min_size=3, max_size=3))
    each, _ = draw(fields_and_values("x", nested=False))
    if what == "list":
        values = draw(st.lists(_values_for(each), min_size=2, max_size=2))
        return {"repeat": name, "count": 2, "each": each}, values
    return {"repeat": name, "count": 2, "fields": [each]}, [{"x": value} for value in draw(st.lists(_values_for(each), min_size=2, max_size=2))]


def _values_for(field: dict[str, Any]) -> Any:
    if "data" in field:
        return st.binary(min_size=3, max_size=3)
    if "end" in field or "padding" in field:
        return st.text(st.characters(codec="ascii", exclude_characters="\n\0"), max_size=9)
    if "scale" in field:
        return st.integers(-(1 << 31), (1 << 31) - 1).map(Meaning(None, None, field["scale"]).value)
    kind = value_type(field["type"])
    return st.floats(allow_nan=False) if kind.lowest is None else st.integers(kind.lowest, kind.highest)


@st.composite
def bits_and_values(draw: Any) -> tuple[dict[str, Any], dict[str, int]]:
    """Bits without a type, to whole bytes, and values for them."""
    widths = draw(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=6))
    rest = -sum(width for width, _ in widths) % 8
    names = {f"b{index}": (width, signed) for index, (width, signed) in enumerate(widths)}
    bits = [f"{name}:{'i' if signed else ''}{width}" for name, (width, signed) in names.items()]
    values = {name: draw(st.integers(-(1 << width - 1) if signed else 0, (1 << width - signed) - 1)) for name, (width, signed) in names.items()}
    return {"bits": [*bits, *([f"_:{rest}"] if rest else [])]}, values


@given(st.data())
def test_what_any_schema_builds_it_parses(data: st.DataObject) -> None:
    fields, values = [], {}
    for index in range(data.draw(st.integers(1, 5))):
        field, value = data.draw(fields_and_values(f"f{index}"))
        fields.append(field)
        values[f"f{index}"] = value
    bits, members = data.draw(bits_and_values())
    message = made(*fields, bits)
    raw = message.build(values | members)
    assert plain(message.parse(raw)) == values | members
    assert message.build(message.parse(raw)) == raw
    assert message.build(json.loads(json.dumps(said(message.parse(raw))))) == raw
    for size in range(len(raw)):
        assert unfit(message, raw[:size]).startswith((f"truncated at offset {size}: m: ", "field at offset "))


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters=","), max_size=5), min_size=1, max_size=9))
def test_any_texts_are_parsed_and_written_again_or_refused(texts: list[str]) -> None:
    raw = ",".join(texts).encode()
    try:
        parsed = SENTENCE.parse(raw)
    except FrameError as error:
        assert error.reason in (Reason.TRUNCATED, Reason.FIELD) and 0 <= error.offset <= len(raw)
    else:
        assert SENTENCE.build(parsed) == raw


@given(st.sampled_from([name for name in shipped() if load_any(name).messages]), st.data())
def test_any_payload_of_shipped_messages_is_parsed_or_refused(name: str, data: st.DataObject) -> None:
    protocol = load_any(name)
    message = data.draw(st.sampled_from(protocol.messages))
    payload = data.draw(st.binary(max_size=120))
    try:
        parsed = message.parse(payload)
    except FrameError as error:
        assert str(error).split(": ")[1] == message.name and 0 <= error.offset <= len(payload)
        return
    again = message.build(parsed)
    assert said(message.parse(again)) == said(parsed)


# --- schemas ---------------------------------------------------------------------------------------------------------


def refused(fields: Any, kind: Any = ()) -> str:
    with pytest.raises(SpecError) as caught:
        Message("m", kind, fields)
    return str(caught.value)


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


def test_a_message_without_a_name_is_refused() -> None:
    with pytest.raises(SpecError, match="name: an empty name; expected a name such as 'REPORT'"):
        Message("", [], ONE)


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
