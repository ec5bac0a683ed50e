"""`framing.encoder`: counters that run on, delimiters that open."""

from __future__ import annotations

from typing import Any

import pytest

from framing import (
    Data,
    Decoder,
    EncodeError,
    Encoder,
    Field,
    FrameFormat,
    Length,
    Protocol,
    SpecError,
    Sync,
    Transparency,
    load,
)
from rules import BARE, SLIP, TOY, plain, toy

COUNTED = FrameFormat("counted", [Field("seq", "u8", counter=True), Field("kind", "u8", max=9), Data("payload", size=0)])
SMALL = FrameFormat("small", [Field("seq", "dec1", counter=True), Field("x", "u8", default=1)])


def test_messages_use_counters_up_only_where_they_are_right() -> None:
    encoder = Encoder(load("mavlink"))
    values = {"custom_mode": 0, "type": 2, "autopilot": 3, "base_mode": 0, "system_status": "active"}

    def encode(**fields: Any) -> bytes:
        return encoder.encode_message("HEARTBEAT", values | fields, format="v2", sysid=1, compid=1)

    assert [encode()[4], encode()[4]] == [0, 1]
    with pytest.raises(EncodeError, match="HEARTBEAT: type: 256 is out of range"):
        encode(type=256)
    assert encode()[4] == 2


STATES = [
    {"name": "LOW", "kind": [1], "fields": [{"field": "state", "type": "u8"}]},
    {"name": "HIGH", "kind": [2], "fields": [{"field": "state", "type": "u8"}]},
]
REPORT = FrameFormat(
    "report", [Field("seq", "u8", counter=True), Field("id", "u8"), Data("payload", size=1)], kind=["id"], messages=STATES
)


@pytest.mark.parametrize("given", [REPORT, Protocol("alone", [REPORT])])
def test_messages_of_a_single_format(given: Protocol | FrameFormat) -> None:
    encoder = Encoder(given)
    assert [encoder.encode_message("LOW", state=7), encoder.encode_message("HIGH", state=8)] == [b"\x00\x01\x07", b"\x01\x02\x08"]


def test_a_message_in_a_format_with_a_field_called_format() -> None:
    low = {"name": "LOW", "kind": [3], "fields": [{"field": "state", "type": "u8"}]}
    each = FrameFormat("named", [Field("format", "u8"), Data("payload", size=1)], kind=["format"], messages=[low])
    for given in (each, Protocol("named", [each])):
        assert Encoder(given).encode_message("LOW", state=7) == b"\x03\x07"


def test_a_frame_that_would_be_another_message_uses_no_counter_up() -> None:
    encoder = Encoder(REPORT)
    with pytest.raises(EncodeError, match="with these values the frame is the message HIGH"):
        encoder.encode_message("LOW", {"state": 7}, id=2)
    assert encoder.encode_message("LOW", state=7) == b"\x00\x01\x07"


def test_counters_run_on() -> None:
    encoder = Encoder(COUNTED)
    assert [encoder.encode(kind=k) for k in (1, 2, 3)] == [b"\x00\x01", b"\x01\x02", b"\x02\x03"]


def test_counters_begin_again_behind_their_highest_value() -> None:
    encoder = Encoder(SMALL)
    assert b"".join(encoder.encode()[:1] for _ in range(12)) == b"012345678901"


def test_a_given_value_is_what_a_counter_goes_on_from() -> None:
    encoder = Encoder(COUNTED)
    assert [encoder.encode(kind=1, **given) for given in ({}, {"seq": 255}, {})] == [b"\x00\x01", b"\xff\x01", b"\x00\x01"]


def test_an_error_uses_no_counter_up() -> None:
    encoder = Encoder(COUNTED)
    with pytest.raises(EncodeError):
        encoder.encode(kind=10)
    assert encoder.encode(kind=1) == b"\x00\x01"


def test_each_format_has_its_own_counters() -> None:
    encoder = Encoder(Protocol("two", [COUNTED, SMALL]))
    assert encoder.encode(format="counted", kind=1) == b"\x00\x01"
    assert encoder.encode(format="small") == b"0\x01"
    assert encoder.encode(format="two.counted", kind=1) == b"\x01\x01"
    with pytest.raises(ValueError, match="several formats"):
        encoder.encode(kind=1)


def test_the_first_delimited_frame_is_opened() -> None:
    encoder = Encoder(SLIP)
    assert [encoder.encode(b"A"), encoder.encode(b"B")] == [b"\xc0A\xc0", b"B\xc0"]
    encoder.idle()
    assert encoder.encode(b"C") == b"\xc0C\xc0"


def test_noise_in_front_spoils_no_frame() -> None:
    encoder = Encoder(SLIP)
    events = Decoder(SLIP).feed(b"\xdb\x00" + encoder.encode(b"A") + encoder.encode(b"B"))
    assert [event for event in plain(events) if event[0] == "slip"] == [("slip", 3, 5), ("slip", 5, 7)]


def test_each_delimiter_is_opened_once() -> None:
    cobs = FrameFormat("cobs", [Data("payload")], transparency=Transparency("cobs"))
    encoder = Encoder(Protocol("both", [SLIP, cobs, FrameFormat("kiss", [Data("payload")], transparency=Transparency("kiss"))]))
    assert encoder.encode(b"A", format="slip") == b"\xc0A\xc0"
    assert encoder.encode(b"A", format="kiss") == b"A\xc0"
    assert encoder.encode(b"A", format="cobs") == b"\x00\x02A\x00"


def test_a_format_may_want_each_frame_opened() -> None:
    """Not `encode` of a single frame: what is in front of one is fill, and no part of it."""
    opened = FrameFormat("x", [Data("payload")], transparency=Transparency("slip", opens=True))
    encoder = Encoder(opened)
    sent = [encoder.encode(b"A"), encoder.encode(b"B")]
    assert sent == [b"\xc0A\xc0", b"\xc0B\xc0"]
    assert plain(Decoder(opened).feed(b"".join(sent))) == [("fill", 0, 1), ("x", 1, 3), ("fill", 3, 4), ("x", 4, 6)]
    assert [opened.decode(each).raw for each in sent] == [opened.encode(b"A"), opened.encode(b"B")]


@pytest.mark.parametrize("more", [{"kind": "slip", "closes": False}, {"kind": "slip"}, {"kind": "hex"}])
def test_only_a_delimiter_can_open_each_frame(more: dict[str, Any]) -> None:
    layout = [Sync("AA"), Length("n", "u8", of="payload"), Data("payload")]
    with pytest.raises(SpecError, match="no delimiter opens these frames"):
        FrameFormat("x", layout, transparency=Transparency(**more, opens=True))


def test_frames_with_a_marker_are_not_opened() -> None:
    encoder = Encoder(Protocol("plain", [TOY, BARE]))
    assert encoder.encode(b"x", format="toy") == toy(b"x")
    encoder.idle()
    assert encoder.encode(b"x", format="toy") == toy(b"x")


def test_a_field_may_be_called_format() -> None:
    each = FrameFormat("named", [Field("format", "u8")])
    assert Encoder(each).encode(format=3) == b"\x03"
    assert Encoder(Protocol("named", [each])).encode(format=3) == b"\x03"


@pytest.mark.parametrize("given", ["ubx", None, 5, [TOY]])
def test_anything_else_is_a_type_error(given: Any) -> None:
    with pytest.raises(TypeError, match="no Protocol or FrameFormat"):
        Encoder(given)
