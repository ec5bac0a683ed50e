"""Single values on the wire: what is read is what was written."""

from __future__ import annotations

import math
import re
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.errors import SpecError
from framing.model.values import PATTERN, ULEB128_MOST, BadDigits, Charset, ValueType, value_type

INTEGERS = [f"{kind}{bits}{order}" for kind in "ui" for bits in range(16, 136, 8) for order in ("le", "be")] + [
    "u8",
    "i8",
]
DIGITS = ["hex1", "hex2", "hex32", "dec1", "dec3", "dec32", "bcd2", "bcd4", "bcd4le", "bcd32"]
VARYING = ["uleb128", "zigzag", "vlq", "utf8", "dec6:3A", "hex16:0D"]
FLOATS = ["f32le", "f32be", "f64le", "f64be"]


# --- reading and writing ---------------------------------------------------------------------------------------------


@given(st.sampled_from([*INTEGERS, *DIGITS, *VARYING]), st.data())
def test_what_is_written_is_read(name: str, data: st.DataObject) -> None:
    kind = value_type(name)
    value = data.draw(st.integers(kind.lowest, kind.highest))
    raw = kind.write(value)
    assert kind.read(raw) == value
    assert kind.size in (None, len(raw))
    assert len(raw) <= kind.longest
    assert kind.size is not None or _taken(kind, raw + b"\x80") == raw
    assert kind.alphabet.issuperset(raw)


def _taken(kind: ValueType, raw: bytes) -> bytes:
    """The bytes that a value takes of those, asked for as decoders do."""
    size = 1
    while more := kind.more(raw[:size]):
        size += more
    return raw[:size]


@pytest.mark.parametrize(
    ("name", "raw"),
    [("uleb128", b"\x80" * 10), ("zigzag", b"\xff" * 10), ("vlq", b"\x80" * 10), ("utf8", b"\x80"), ("utf8", b"\xbf"), ("utf8", b"\xff"),
     ("dec3:3A", b":"), ("dec3:3A", b"12A"), ("dec3:3A", b"1234:"), ("hex2:2C", b",1,"), ("hex2:2C", b"1G,")],
)  # fmt: skip
def test_bytes_that_begin_no_number(name: str, raw: bytes) -> None:
    with pytest.raises(BadDigits):
        _taken(value_type(name), raw + bytes(9))


def test_a_number_coded_like_a_character_goes_on_with_high_bytes_only() -> None:
    for raw in (b"\xc2\x22", b"\xe2\x82\xc0"):
        with pytest.raises(BadDigits):
            value_type("utf8").read(raw)
    assert value_type("utf8").read(b"\xc0\x81") == 1, "a redundant one is read"


@given(st.sampled_from(INTEGERS), st.data())
def test_every_byte_string_is_some_integer(name: str, data: st.DataObject) -> None:
    kind = value_type(name)
    raw = data.draw(st.binary(min_size=kind.size or 0, max_size=kind.size))
    assert kind.write(kind.read(raw)) == raw


@given(st.sampled_from(FLOATS), st.floats(width=32))
def test_floats(name: str, value: float) -> None:
    read = value_type(name).read(value_type(name).write(value))
    assert read == value or (math.isnan(read) and math.isnan(value))


@given(st.sampled_from(DIGITS), st.data())
def test_bytes_that_are_no_digits_are_refused(name: str, data: st.DataObject) -> None:
    kind = value_type(name)
    raw = data.draw(st.binary(min_size=kind.size or 0, max_size=kind.size))
    if kind.alphabet.issuperset(raw):
        assert kind.read(raw) in range(kind.highest + 1)  # type: ignore[operator]
    else:
        with pytest.raises(BadDigits):
            kind.read(raw)


@pytest.mark.parametrize(
    "name, value, raw",
    [
        ("u8", 255, b"\xff"),
        ("i8", -1, b"\xff"),
        ("u16le", 0x0102, b"\x02\x01"),
        ("u24be", 0x010203, b"\x01\x02\x03"),
        ("i24le", -2, b"\xfe\xff\xff"),
        ("u128be", 1, bytes(15) + b"\x01"),
        ("f32be", 1.5, b"\x3f\xc0\x00\x00"),
        ("f64le", 2, struct.pack("<d", 2.0)),
        ("uleb128", 0, b"\x00"),
        ("uleb128", 624485, b"\xe5\x8e\x26"),
        # Avro 1.11 specification, "Binary Encoding".
        ("zigzag", 0, b"\x00"),
        ("zigzag", -1, b"\x01"),
        ("zigzag", 1, b"\x02"),
        ("zigzag", -64, b"\x7f"),
        ("zigzag", 64, b"\x80\x01"),
        ("zigzag", -(1 << 69), b"\xff" * 9 + b"\x7f"),
        # Standard MIDI Files 1.0, the table of variable-length quantities.
        ("vlq", 0x40, b"\x40"),
        ("vlq", 0x80, b"\x81\x00"),
        ("vlq", 0x2000, b"\xc0\x00"),
        ("vlq", 0x0FFFFFFF, b"\xff\xff\xff\x7f"),
        # RFC 3629, section 3, and beyond Unicode as in RFC 9639, section 9.1.5.
        ("dec6:3A", 0, b"0:"),
        ("dec6:3a", 120, b"120:"),
        ("hex4:0D", 0xFACE, b"FACE\r"),
        ("utf8", 0x7F, b"\x7f"),
        ("utf8", 0xA2, b"\xc2\xa2"),
        ("utf8", 0x20AC, b"\xe2\x82\xac"),
        ("utf8", 0x10348, b"\xf0\x90\x8d\x88"),
        ("utf8", (1 << 36) - 1, b"\xfe" + b"\xbf" * 6),
        ("utf8", 1 << 31, b"\xfe\x82\x80\x80\x80\x80\x80"),
        ("uleb128", (1 << 70) - 1, b"\xff" * 9 + b"\x7f"),
        ("hex4", 0xBEEF, b"BEEF"),
        ("hex2", 10, b"0A"),
        ("dec3", 7, b"007"),
        ("bcd4", 1234, b"\x12\x34"),
        ("bcd4le", 1234, b"\x34\x12"),
    ],
)
def test_known_values(name: str, value: Any, raw: bytes) -> None:
    assert value_type(name).write(value) == raw
    assert value_type(name).read(raw) == value


def test_hex_digits_are_read_in_both_cases() -> None:
    assert value_type("hex4").read(b"bEeF") == 0xBEEF


@pytest.mark.parametrize(
    "name, raw", [("dec2", b"1 "), ("dec2", b"+1"), ("hex2", b"0x"), ("dec2", b"\xb2\xb2"), ("bcd2", b"\x0a")]
)
def test_what_int_would_take_but_is_no_digit(name: str, raw: bytes) -> None:
    with pytest.raises(BadDigits, match="digits"):
        value_type(name).read(raw)


def test_a_redundant_uleb128_is_read() -> None:
    assert value_type("uleb128").read(b"\x81\x00") == 1
    assert len(value_type("uleb128").write((1 << 70) - 1)) == ULEB128_MOST


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("u8", 256, "256 is out of range"),
        ("u8", -1, "-1 is out of range"),
        ("i8", 128, "128 is out of range"),
        ("u8", 1.0, "1.0 is not an integer"),
        ("u8", True, "True is not an integer"),
        ("u8", "1", "'1' is not an integer"),
        ("dec2", 100, "100 is out of range"),
        ("hex1", 16, "16 is out of range"),
        ("bcd2", 100, "100 is out of range"),
        ("uleb128", -1, "-1 is out of range"),
        ("utf8", 1 << 36, f"{1 << 36} is out of range"),
        ("uleb128", 1 << 70, f"{1 << 70} is out of range"),
        ("f32le", 1e39, "1e+39 is out of range"),
        ("f64le", "1", "'1' is not a number"),
        ("f64le", False, "False is not a number"),
        ("f64le", 10**400, "out of range"),
    ],
)
def test_values_that_do_not_fit(name: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        value_type(name).write(value)


# --- types and their names -------------------------------------------------------------------------------------------


def test_a_type_is_known_by_its_name() -> None:
    assert value_type("u16le") == value_type("u16le")
    assert value_type("u16le") != value_type("u16be")
    assert value_type("u8") != "u8"
    assert len({value_type("u8"), value_type("u8"), value_type("i8")}) == 2
    assert repr(value_type("u16le")) == "value_type('u16le')"
    assert value_type("u8").limits == "u8 holds 0 to 255"
    assert value_type("f32le").limits == "f32le holds a number"
    assert value_type("u8").integral and not value_type("f32le").integral


def test_a_type_of_ones_own_says_how() -> None:
    own = ValueType("own", 1, 0, 1, frozenset(b"01"))
    with pytest.raises(NotImplementedError):
        own.read(b"0")
    with pytest.raises(NotImplementedError):
        own.write(0)


KNOWN = "u8, i8, u16le … u64be, f32le …, uleb128, zigzag, vlq, utf8, hexN, decN, decN:XX or bcdN"


@pytest.mark.parametrize(
    "name, message",
    [
        ("u16", "type 'u16' lacks its byte order; expected u16le or u16be"),
        ("i40", "type 'i40' lacks its byte order; expected i40le or i40be"),
        ("f64", "type 'f64' lacks its byte order; expected f64le or f64be"),
        ("u8le", f"unknown type 'u8le'; expected {KNOWN}; did you mean 'u8'?"),
        ("U16LE", f"unknown type 'U16LE'; expected {KNOWN}; did you mean 'u16le'?"),
        ("uint16_t", f"unknown type 'uint16_t'; expected {KNOWN}; did you mean 'u16le'?"),
        ("int32be", f"unknown type 'int32be'; expected {KNOWN}; did you mean 'i32be'?"),
        ("s8", f"unknown type 's8'; expected {KNOWN}; did you mean 'i8'?"),
        ("float", f"unknown type 'float'; expected {KNOWN}"),
        ("float32", f"unknown type 'float32'; expected {KNOWN}; did you mean 'f32le'?"),
        ("f64_be", f"unknown type 'f64_be'; expected {KNOWN}; did you mean 'f64be'?"),
        ("uleb", f"unknown type 'uleb'; expected {KNOWN}; did you mean 'uleb128'?"),
        ("bcd3", f"unknown type 'bcd3'; expected {KNOWN}; did you mean 'bcd4'?"),
    ],
)
def test_names_that_are_none_get_a_hint(name: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        value_type(name)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "name",
    [
        "",
        "u",
        "u0",
        "u7",
        "u136le",
        "u12le",
        "i8be",
        "f16le",
        "f32",
        "hex0",
        "hex33",
        "hex2le",
        "dec2le",
        "bcd0",
        "bcd1",
        "bcd34",
        "x" * 50,
    ],
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(SpecError):
        value_type(name)


@given(
    st.one_of(
        st.sampled_from([*INTEGERS, *DIGITS, *FLOATS, *VARYING]), st.from_regex(PATTERN, fullmatch=True), st.text()
    )
)
def test_the_pattern_of_the_schema_takes_every_name(name: str) -> None:
    try:
        value_type(name)
    except SpecError:
        return
    assert re.search(PATTERN, name)


# --- character sets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("ascii", set(range(128))),
        ("printable", set(range(0x20, 0x7F))),
        ("digits", set(b"0123456789")),
        ("hex", set(b"0123456789abcdefABCDEF")),
        ("alnum", {byte for byte in range(128) if chr(byte).isalnum()}),
        ("20-22", {0x20, 0x21, 0x22}),
        ("0d 0A", {13, 10}),
        (" digits  2E\n2C", set(b"0123456789.,")),
        ("00-ff", set(range(256))),
        ("41-41", {0x41}),
    ],
)
def test_character_sets(text: str, expected: set[int]) -> None:
    assert Charset(text).bytes == expected
    assert re.search(Charset.PATTERN, text)


WORDS = "ascii, printable, digits, hex, alnum, or hexadecimal bytes and ranges such as '20-7E 0D'"


@pytest.mark.parametrize(
    "text, message",
    [
        ("", f"empty character set; expected {WORDS}"),
        (" ", f"empty character set; expected {WORDS}"),
        ("digit", f"unknown characters 'digit'; expected {WORDS}; did you mean 'digits'?"),
        ("2", f"unknown characters '2'; expected {WORDS}"),
        ("20-", f"unknown characters '20-'; expected {WORDS}"),
        ("22-20", "range 22-20 runs backwards; expected the lower byte first"),
    ],
)
def test_character_sets_that_are_none(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        Charset(text)
    assert str(caught.value) == message


def test_character_sets_are_equal_where_their_bytes_are() -> None:
    assert Charset("digits") == Charset("30-39")
    assert hash(Charset("digits")) == hash(Charset("30-39"))
    assert Charset("digits") != Charset("hex")
    assert Charset("digits") != "digits"
    assert (str(Charset("20-7E  0D")), repr(Charset("0D"))) == ("20-7E 0D", "Charset('0D')")


@given(st.frozensets(st.integers(0, 255), min_size=1))
def test_every_set_of_bytes_can_be_spelled(wanted: frozenset[int]) -> None:
    text = " ".join(f"{byte:02X}" for byte in wanted)
    assert Charset(text).bytes == wanted
    assert re.search(Charset.PATTERN, text)


@given(st.text(alphabet="0123456789abcdefABCDEF- \t\nxyz", max_size=12))
def test_the_pattern_of_the_schema_takes_every_charset(text: str) -> None:
    try:
        Charset(text)
    except SpecError:
        return
    assert re.search(Charset.PATTERN, text)
