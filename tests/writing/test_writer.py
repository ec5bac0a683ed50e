"""`framing.writing.writer`: frames from fields, and every value that does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from framing import (
    Bits,
    Blocks,
    Checksum,
    Data,
    EncodeError,
    End,
    Field,
    FrameFormat,
    Length,
    Lookup,
    Sync,
    Transparency,
)
from framing.writing.writer import blocked, write
from rules import BARE, SLIP, TEXT, TOY
from vectors import VECTORS, Vector, summed

every = pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.id)


def refused(each: FrameFormat, payload: bytes | None = None, /, **fields: Any) -> EncodeError:
    with pytest.raises(EncodeError) as caught:
        each.encode(payload, **fields)
    return caught.value


@every
def test_fields_and_payload_make_the_frame_again(vector: Vector) -> None:
    payload = vector.payload if vector.format.plan.payload is not None else None
    raw = write(vector.format.plan, payload, vector.fields)
    if vector.canonical:
        assert raw == vector.raw
    again = vector.format.decode(raw)
    assert (dict(again.fields), again.payload) == (vector.fields, vector.payload)


@every
def test_what_was_decoded_is_encoded_again(vector: Vector) -> None:
    for raw in vector.also:
        frame = vector.format.decode(raw)
        payload = frame.payload if vector.format.plan.payload is not None else None
        again = vector.format.decode(vector.format.encode(payload, **frame.fields))
        assert (again.fields, again.payload) == (frame.fields, frame.payload)


def test_lengths_and_checksums_are_computed_whatever_is_given() -> None:
    assert TOY.encode(b"hi", n=99, sum=0) == bytes.fromhex("AA 02 68 69 D3")


def test_no_payload_is_an_empty_one() -> None:
    assert TOY.encode() == bytes.fromhex("AA 00 00")


@pytest.mark.parametrize("payload", [b"hi", bytearray(b"hi"), memoryview(b"hi")])
def test_any_bytes_are_a_payload(payload: Any) -> None:
    assert TOY.encode(payload) == TOY.encode(None, payload=b"hi")


FULL = FrameFormat(
    "full",
    [
        Sync(["AA", "AB"], as_="mark"),
        Field("kind", "u8", enum={"ping": 1, "pong": 2}, allowed=[1, 2]),
        Field("seq", "u8", counter=True),
        Field("level", "u8", default=3, max=9),
        Field("double", "u8", equals="level * 2"),
        Bits(["a:4", "b:2:1", "_:2"], "u8"),
        Length("n", "u8", of="payload", unit=2),
        Data("payload"),
        Data("note", size="level & 1"),
        Field("opt", "u8", if_="kind == 2"),
        End(["0A", "0B"], as_="eol"),
    ],
)


def test_constants_defaults_equations_and_names_are_filled_in() -> None:
    raw = FULL.encode(b"xy", kind="ping", note=b"z")
    assert raw == bytes.fromhex("AA 01 00 03 06 04 01 78 79 7A 0A")
    raw = FULL.encode(b"", kind=2, seq=7, level=4, double=8, a=5, b=1, opt=9, note=b"", mark=b"\xab", eol=b"\x0b")
    assert raw == bytes.fromhex("AB 02 07 04 08 54 00 09 0B")


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        (dict(), "kind", "no value given"),
        (dict(kind="pang"), "kind", "unknown name 'pang'"),
        (dict(kind=3), "kind", "not allowed"),
        (dict(kind=1, seq=256), "seq", "out of range"),
        (dict(kind=1, seq="x"), "seq", "not an integer"),
        (dict(kind=1, level=10), "level", "not allowed"),
        (dict(kind=1, level=2, double=5), "double", "level * 2 is 4"),
        (dict(kind=1, a=16), "a", "does not fit 4 bits"),
        (dict(kind=1, a=True), "a", "does not fit"),
        (dict(kind=1, b=2), "b", "is always 1"),
        (dict(kind=1, note=b""), "note", "has 1 bytes"),
        (dict(kind=1, note="z"), "note", "'z' given"),
        (dict(kind=1, note=b"z", opt=1), "opt", "absent"),
        (dict(kind=2, note=b"z"), "opt", "no value given"),
        (dict(kind=1), "note", "no bytes given"),
        (dict(kind=1, mark=b"\xac"), "mark", "does not stand there"),
        (dict(kind=1, mark=5), "mark", "does not stand there"),
        (dict(kind=1, note=b"z", eol=b"\x0c"), "eol", "does not stand there"),
        (dict(kind=1, lavel=1), "lavel", "did you mean 'level'"),
        (dict(kind=1, qqqq=1), "qqqq", "known are"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(fields: dict[str, Any], field: str, message: str) -> None:
    error = refused(FULL, b"xy", **fields)
    assert error.field == field
    assert message in str(error)


def test_a_payload_that_does_not_fit_is_refused() -> None:
    assert refused(FULL, b"x", kind=1, note=b"z").field == "n"  # no whole number of units
    assert "does not fit" in str(refused(TOY, bytes(256))) or "do not fit" in str(refused(TOY, bytes(256)))
    assert "given twice" in str(refused(TOY, b"x", payload=b"y"))
    assert "carries no data" in str(refused(FrameFormat("none", [Sync("AA"), Field("x", "u8")]), b"x", x=1))
    letters = FrameFormat("letters", [Sync("24"), Data("payload", charset="61-7A"), End("0A")])
    assert "byte 41 at 1" in str(refused(letters, b"aA"))


def test_data_that_contains_its_end_is_refused() -> None:
    assert "end pattern" in str(refused(TEXT, b"a\nb"))
    two = FrameFormat("two", [Sync("24"), Data("payload"), End("03 03")])
    assert "end pattern" in str(refused(two, b"a\x03"))  # it would begin in the data
    assert TEXT.encode(b"ab") == b"$ab\n"


def test_a_frame_above_max_size_is_refused() -> None:
    assert "max_size is 20" in str(refused(TEXT, b"a" * 19))


def test_an_empty_delimited_frame_is_refused_as_fill() -> None:
    assert "idle fill" in str(refused(SLIP, b""))


def test_a_checksum_covers_others_that_are_filled_in_before_it() -> None:
    each = FrameFormat(
        "inner", [Sync("AA"), summed("payload..late", name="early"), Data("payload", size=1), Checksum("late", "u8", "xor-8", "payload")]
    )
    raw = each.encode(b"\x05")
    assert raw == bytes.fromhex("AA 0A 05 05")
    assert each.decode(raw).raw == raw


def test_checksums_that_cover_each_other_are_refused() -> None:
    each = FrameFormat("circle", [Sync("AA"), summed("sync..two", name="one"), Checksum("two", "u8", "xor-8", "sync..one")])
    assert "cover each other" in str(refused(each))


def test_an_alternative_that_would_read_as_another_is_refused() -> None:
    each = FrameFormat("either", [Sync(["AA BB", "AA"], as_="m"), Field("x", "u8")])
    assert each.encode(m=b"\xaa", x=1) == b"\xaa\x01"
    assert "another alternative" in str(refused(each, m=b"\xaa", x=0xBB))
    ends = FrameFormat("ends", [Sync("AA"), Field("x", "u8"), End(["0A 0B", "0A"], as_="e"), Field("y", "u8")])
    assert ends.encode(x=1, y=2, e=b"\n") == bytes.fromhex("AA 01 0A 02")
    assert "another alternative" in str(refused(ends, x=1, y=11, e=b"\n"))
    inside = FrameFormat(
        "inside", [Sync("7A"), Sync(["B2 02", "B2"], as_="m"), Data("payload")], transparency=Transparency("hdlc")
    )
    assert "another alternative" in str(refused(inside, b"\x02", m=b"\xb2"))
    assert inside.encode(b"\x03", m=b"\xb2") == bytes.fromhex("7A B2 03 7E")
    behind = FrameFormat(
        "behind", [Sync("10"), Field("id", "u8", const=5), Data("payload"), End(["10 03", "10 03 04"], as_="e"), Field("z", "u8")],
        transparency=Transparency("dle", over="payload"), max_size=20,
    )  # fmt: skip
    assert behind.encode(b"\x10", z=5, e=b"\x10\x03") == bytes.fromhex("10 05 10 10 10 03 05")
    assert "another alternative" in str(refused(behind, b"\x10", z=4, e=b"\x10\x03"))


def test_a_marker_that_would_stand_raw_in_the_stuffed_bytes_is_refused() -> None:
    each = FrameFormat(
        "raw", [Sync("55"), Length("n", "u8", of="payload"), Data("payload")], transparency=Transparency("slip", closes=False), max_size=99
    )
    assert each.encode(b"\xc0") == bytes.fromhex("55 01 DB DC")
    assert "marker 55" in str(refused(each, b"\x55"))


def test_data_whose_length_is_absent_is_refused() -> None:
    each = FrameFormat("gone", [Sync("AA"), Field("k", "u8"), Length("n", "u8", of="payload", if_="k"), Data("payload")])
    assert each.encode(b"x", k=1) == bytes.fromhex("AA 01 01 78")
    assert "absent" in str(refused(each, b"", k=0))


def test_table_entries_that_do_not_exist() -> None:
    tables = {"sizes": {1: 2}, "extra": {1: 7, 2: 300}}
    sized = FrameFormat("sized", [Sync("AA"), Field("k", "u8"), Data("payload", size=Lookup("k", "sizes"))], tables=tables)
    assert "no entry 3" in str(refused(sized, b"xx", k=3))
    extra = FrameFormat("extra", [Sync("AA"), Field("k", "u8"), summed("k", extra=Lookup("k", "extra"))], tables=tables)
    assert extra.encode(k=1) == bytes.fromhex("AA 01 08")
    assert "not one byte" in str(refused(extra, k=2))


def test_values_that_depend_on_each_other() -> None:
    each = FrameFormat(
        "knot", [Sync("AA"), Length("n", "u8", of="payload..more"), Data("payload", size=1), Data("more", size=1, if_="n > 1")]
    )
    assert "depends on itself" in str(refused(each, b"x"))
    own = FrameFormat("own", [Sync("AA"), Length("n", "uleb128", of="n..payload"), Data("payload")], max_size=99)
    assert "cannot count itself" in str(refused(own, b"x"))


def test_an_expression_without_a_value() -> None:
    each = FrameFormat("divide", [Sync("AA"), Field("k", "u8"), Data("payload", size="4 // k")], max_size=20)
    assert "has no value" in str(refused(each, b"", k=0))
    assert each.encode(b"abcd", k=1) == b"\xaa\x01abcd"


def test_an_expression_may_ask_for_the_payload_and_bits() -> None:
    each = FrameFormat(
        "asks", [Sync("AA"), Bits(["a:4", "b:4"], "u8"), Length("n", "u8", of="payload"), Data("payload"),
                 Field("first", "u8", equals="payload[0] + a if n else b")],
    )  # fmt: skip
    assert each.encode(b"\x05", a=2) == bytes.fromhex("AA 20 01 05 07")
    assert each.encode(b"", b=2) == bytes.fromhex("AA 02 00 02")


def test_an_absent_name_has_no_value() -> None:
    each = FrameFormat("absent", [Sync("AA"), Field("k", "u8"), Field("o", "u8", if_="k"), Field("e", "u8", equals="o")])
    assert each.encode(k=1, o=5) == bytes.fromhex("AA 01 05 05")
    assert "has no value" in str(refused(each, k=0))


def test_an_optional_payload() -> None:
    each = FrameFormat("maybe", [Sync("AA"), Field("k", "u8"), Data("payload", size=1, if_="k")])
    assert each.encode(k=0) == b"\xaa\x00"
    assert each.encode(b"", k=0) == b"\xaa\x00"
    assert "absent" in str(refused(each, b"x", k=0))
    assert each.encode(b"x", k=1) == b"\xaa\x01x"


def test_floats() -> None:
    each = FrameFormat("float", [Sync("AA"), Field("f", "f32le")])
    assert each.encode(f=1) == bytes.fromhex("AA 00 00 80 3F")
    assert refused(each, f="x").field == "f"
    assert refused(each, f=1e300).field == "f"


def test_blocks_get_their_checksums() -> None:
    blocks = Blocks(2, "sum-8", "u8")
    assert blocked(blocks, b"\x01\x02\x03") == bytes.fromhex("01 02 03 03 03")
    assert blocked(blocks, b"") == b""


def test_a_length_member_of_bits() -> None:
    each = FrameFormat("bits", [Sync("D3"), Bits(["x:4", "n:4"], "u8", length="n", of="payload"), Data("payload")])
    assert each.encode(b"ab", x=3, n=9) == bytes.fromhex("D3 32 61 62")
    assert refused(each, bytes(16)).field == "n"


def test_a_bare_frame_and_its_length() -> None:
    assert BARE.encode(b"x" * 255)[:2] == b"\xbb\xff"
    assert refused(BARE, b"x" * 256).field == "n"


def test_what_a_length_counts_may_depend_on_a_flag_beside_it() -> None:
    """The encoder took the length and the flag for one, and each to depend on the other."""
    bits = {"bits": ["more:1", "n:7"], "type": "u8", "length": "n", "of": "payload..tail"}
    each = FrameFormat("x", [{"sync": "AA"}, bits, {"data": "payload"}, {"field": "tail", "type": "u8", "if": "more"}])
    assert each.encode(b"ab", more=1, tail=3) == bytes.fromhex("AA 83 61 62 03")
    assert each.encode(b"ab") == bytes.fromhex("AA 02 61 62")


def test_data_of_no_bytes_need_not_be_given() -> None:
    each = FrameFormat("y", [{"sync": "AA"}, {"field": "k", "type": "u8"}, {"data": "head", "size": "k & 1"}, {"data": "payload", "size": 2}])
    assert each.encode(b"ab", k=0) == bytes.fromhex("AA 00 61 62")
    with pytest.raises(EncodeError, match="head: no bytes given"):
        each.encode(b"ab", k=1)
