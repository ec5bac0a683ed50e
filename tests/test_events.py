"""`framing.events`: frames and gaps as values."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from framing import Data, Field, Frame, FrameFormat, Gap, Message, Reason, Reject, Sync
from framing.events import gap
from rules import BARE, TOY, toy

KINDS = FrameFormat(
    "kinds",
    [Sync("AA"), Field("id", "u8"), Field("opt", "u8", if_="id > 1"), Data("body", size=2)],
    kind=["id", "opt", "body[:2]"],
)
MESSAGES = FrameFormat(
    "messages",
    [Sync("AA"), Field("id", "u8"), Data("body", size=2)],
    kind=["id"],
    messages=[Message("one", kind=[1], fields=[Field("a", "u8"), Field("b", "u8", const=5)])],
)


def test_a_frame_is_its_place_and_its_bytes() -> None:
    frame = Frame(TOY, 7, toy(b"hi"))
    assert (frame.format, frame.start, frame.end, frame.raw, frame.suspect) == ("toy", 7, 12, toy(b"hi"), False)
    assert repr(frame) == "<Frame toy [7, 12) aa 02 68 69 d3>"
    assert repr(Frame(TOY, 0, toy(bytes(20)), suspect=True)).endswith("suspect aa 14 00 00 00 00 00 00 00 00 00 00 … 23 bytes>")


def test_its_fields_are_read_only_and_in_wire_order() -> None:
    frame = Frame(TOY, 0, toy(b"hi"))
    assert list(frame.fields.items()) == [("n", 2), ("sum", 0xD3)]
    assert frame.payload == b"hi"
    with pytest.raises(TypeError):
        frame.fields["n"] = 3  # type: ignore[index]


def test_a_field_by_its_name() -> None:
    frame = Frame(KINDS, 0, b"\xaa\x01xy")
    assert (frame["id"], frame["body"]) == (1, b"xy")
    with pytest.raises(KeyError):
        frame["opt"]
    assert "opt" not in frame.fields


def test_kind_and_message() -> None:
    frame = Frame(KINDS, 0, b"\xaa\x01\x03\x05")
    assert frame.kind == (1, None, "\x03\x05")
    assert Frame(KINDS, 0, b"\xaa\x02\x09xy").kind == (2, 9, "xy")
    message = Frame(MESSAGES, 0, b"\xaa\x01\x03\x05").message
    assert (message.a, message.b) == (3, 5)
    assert Frame(MESSAGES, 0, b"\xaa\x02xy").message is None


def test_frames_are_equal_by_format_place_bytes_and_suspicion() -> None:
    frame = Frame(TOY, 0, toy(b"x"))
    assert frame == Frame(TOY, 0, toy(b"x"))
    assert hash(frame) == hash(Frame(TOY, 0, toy(b"x")))
    for other in (Frame(BARE, 0, toy(b"x")), Frame(TOY, 1, toy(b"x")), Frame(TOY, 0, toy(b"y")), Frame(TOY, 0, toy(b"x"), True), 5):
        assert frame != other


def test_a_gap() -> None:
    rejects = (Reject(1, "toy", Reason.CHECKSUM), Reject(2, "toy", Reason.FIELD))
    found = gap(1, b"ab", False, rejects, {Reason.CHECKSUM: 1, Reason.FIELD: 4})
    assert (found.start, found.end, found.raw, found.reason, found.rejects, found.rejected) == (
        1, 3, b"ab", Reason.CHECKSUM, rejects, 5,
    )  # fmt: skip
    assert repr(found) == "<Gap [1, 3) checksum 5 rejected 61 62>"
    assert isinstance(found.reasons, MappingProxyType)


def test_the_reason_of_a_gap() -> None:
    reject = (Reject(0, "toy", Reason.LENGTH),)
    assert gap(0, b"a", True, reject, {}).reason is Reason.FILL
    assert gap(0, b"a", False, reject, {}).reason is Reason.LENGTH
    assert gap(0, b"a", False, (), {}).reason is Reason.NOISE
    assert repr(gap(0, b"a", False, (), {})) == "<Gap [0, 1) noise 61>"


def test_gaps_are_equal_by_all_they_hold() -> None:
    one = Gap(0, b"a", Reason.NOISE)
    assert one == Gap(0, b"a", Reason.NOISE)
    assert hash(one) == hash(Gap(0, b"a", Reason.NOISE))
    reject = (Reject(0, "toy", Reason.NOISE),)
    for other in (
        Gap(1, b"a", Reason.NOISE), Gap(0, b"b", Reason.NOISE), Gap(0, b"a", Reason.FILL), Gap(0, b"a", Reason.NOISE, reject),
        Gap(0, b"a", Reason.NOISE, (), {Reason.FIELD: 1}), "gap",
    ):  # fmt: skip
        assert one != other
