"""`framing.protocols`: formats that belong together."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from framing.errors import EncodeError, SpecError
from framing.layout import FrameFormat
from framing.messages.message import Message
from framing.model.checks import Checksum
from framing.model.data import Data
from framing.model.lookups import Lookup
from framing.model.numbers import Field, Length
from framing.model.options import Lock, Transparency
from framing.model.patterns import End, Sync
from framing.protocols import Protocol

TOY = FrameFormat(
    "toy",
    [Sync("AA 55"), Field("id", "u8"), Length("size", "u8", of="payload"), Data("payload"), Checksum("ck", "u8", "xor-8", over="id..payload")],
    kind=["id"],
)
RAW = bytes.fromhex("AA 55 01 02 41 42 00")
LINE = FrameFormat("line", [Sync("24"), Data("payload", charset="printable"), End("0A")])
SLIP = FrameFormat("slip", [Field("id", "u8"), Data("payload")], transparency=Transparency("slip"))
POINT = Message("point", [1], [Field("x", "i8"), Field("y", "i8")])


def test_a_protocol_of_one_format_takes_its_name() -> None:
    protocol = Protocol("mine", TOY)
    assert [each.full_name for each in protocol] == ["mine"]
    assert (len(protocol), protocol["mine"].protocol, protocol["toy"].full_name) == (1, "mine", "mine")
    assert protocol != Protocol("mine", [dataclasses.replace(TOY, name="other")])
    assert protocol.encode(b"AB", id=1) == RAW
    assert protocol.decode(RAW).format == "mine"
    assert protocol.encode(b"AB", id=1, format="mine") == RAW
    assert protocol.encode(b"AB", id=1, format="toy") == RAW
    with pytest.raises(ValueError, match="mine has no format 'toys'; it has toy"):
        protocol.encode(b"AB", id=1, format="toys")


def test_a_format_may_be_called_as_its_protocol() -> None:
    assert [each.full_name for each in Protocol("toy", TOY)] == ["toy"]
    assert [each.full_name for each in Protocol("toy", [TOY, LINE])] == ["toy.toy", "toy.line"]


def test_a_protocol_of_several_formats() -> None:
    protocol = Protocol("two", [TOY, LINE])
    assert [each.full_name for each in protocol] == ["two.toy", "two.line"]
    assert protocol["toy"] is protocol["two.toy"] is next(iter(protocol))
    assert protocol.encode(b"x", format="line") == b"$x\n"
    assert protocol.decode(b"$x\n").format == "two.line"
    with pytest.raises(ValueError, match="two has several formats: give format=toy or line"):
        protocol.encode(b"x")
    with pytest.raises(ValueError, match="two has no format 'x'; it has toy, line"):
        protocol.encode(b"x", format="x")
    with pytest.raises(KeyError):
        protocol["x"]


def test_a_message_goes_into_the_format_that_carries_it() -> None:
    other = FrameFormat("other", [Sync("BB"), Field("id", "u8"), Data("payload", size=1)], kind=["id"])
    fields = [Field("x", "u8")]
    messages = [Message("one", [1], fields, format="toy"), Message("two", [2], fields, format="other"), Message("both", [3], fields)]
    protocol = Protocol("pair", [TOY, other], messages=messages)
    assert protocol.encode_message("one", x=7) == TOY.encode(b"\x07", id=1) == protocol.encode_message("one", x=7, format="toy")
    assert protocol.encode_message("two", x=7) == b"\xbb\x02\x07" == protocol.encode_message("two", x=7, format="other")
    assert protocol.encode_message("both", x=7, format="toy") == TOY.encode(b"\x07", id=3)
    assert protocol.encode_message("both", x=7, format="other") == b"\xbb\x03\x07"
    with pytest.raises(ValueError, match="pair has several formats: give format=toy or other"):
        protocol.encode_message("both", x=7)
    with pytest.raises(EncodeError, match="two: unknown message"):
        protocol.encode_message("two", x=7, format="toy")
    with pytest.raises(EncodeError, match="on: unknown message; did you mean 'one'"):
        protocol.encode_message("on", x=7)


@pytest.mark.parametrize(("kind", "fits"), [("u8", True), ("u16le", True), ("u24le", False), ("uleb128", False)])
def test_the_key_of_a_table_that_learns_has_two_bytes_at_most(kind: str, fits: bool) -> None:
    """What it maps to may have more."""
    teacher = FrameFormat("teacher", [Sync("AA"), Field("id", kind), Field("n", "u32le")])
    tables = {"sizes": {"learn": {"format": "teacher", "key": "id", "value": "n"}}}
    layout = [Sync("BB"), Field("id", "u8"), Data("payload", Lookup("id", "sizes"))]
    learner = FrameFormat("learner", layout, max_size=100, tables=tables)
    if fits:
        assert Protocol("both", [teacher, learner])["learner"].plan.learnt
    else:
        with pytest.raises(SpecError) as caught:
            Protocol("both", [teacher, learner])
        assert (caught.value.path, caught.value.message) == ("tables.sizes.learn.key", "'id' has too many values")


def test_a_protocol_says_what_its_formats_say() -> None:
    assert str(Protocol("two", [TOY, LINE])).split("\n") == [str(each) for each in Protocol("two", [TOY, LINE])]


def test_a_field_called_format() -> None:
    protocol = Protocol("odd", FrameFormat("odd", [Sync("AA"), Field("format", "u8")]))
    assert protocol.encode(format=3) == b"\xaa\x03"


def test_what_is_given_to_the_protocol_holds_for_all_formats() -> None:
    other = FrameFormat("b", [Sync("AA"), Field("id", "u8"), Data("payload", 1)], kind=["id"])
    protocol = Protocol(
        "two", [TOY, other], lock={"confirm": 2}, messages=[POINT], tables={"t": {1: 2}}
    )
    assert {each.lock for each in protocol} == {Lock(2)}
    assert {each.messages for each in protocol} == {(POINT,)}
    assert [each.tables for each in protocol] == [{"t": {1: 2}}] * 2
    assert protocol == Protocol(
        "two",
        [
            dataclasses.replace(each, lock=Lock(2), messages=(POINT,), tables={"t": {1: 2}})
            for each in (TOY, other)
        ],
    )
    assert protocol.lock == Lock(2)
    assert hash(protocol) == hash(dataclasses.replace(protocol))


@pytest.mark.parametrize(
    "keys, expected",
    [
        ({"formats": []}, "formats: [] is an array; expected at least one FrameFormat"),
        ({"formats": [5]}, "formats: [5] is an array; expected at least one FrameFormat"),
        ({"formats": 5}, "formats: 5 is an integer; expected at least one FrameFormat"),
        ({"formats": [LINE, TOY, TOY]}, "formats: format 'toy' stands twice; expected each name once"),
        (
            {"formats": [TOY, dataclasses.replace(LINE, lock=Lock(2))]},
            "lock: formats differ in their lock; expected one lock for the protocol",
        ),
        (
            {"formats": [TOY, SLIP], "lock": Lock(1)},
            "lock: a delimited format cannot ask for confirmation; expected no `lock`",
        ),
        ({"name": "a.b"}, "name: 'a.b' is no format name; expected letters, digits, '-' and '_'"),
    ],
)
def test_protocols_that_are_refused(keys: dict[str, Any], expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        Protocol(**{"name": "two", "formats": [TOY], **keys})
    assert str(caught.value) == expected
