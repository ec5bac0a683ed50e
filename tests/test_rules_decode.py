"""`Protocol.decode`: exactly one whole frame, fill around it allowed; else the reason and the byte that decided it."""

from __future__ import annotations

import pytest

from framing import Data, End, Field, FrameError, FrameFormat, Length, Protocol, Reason, Sync
from rules import BARE, SLIP, TEXT, TOY, locked, toy, unhex


def refused(each: FrameFormat | Protocol, raw: bytes) -> tuple[str, int]:
    """The reason and the offset."""
    with pytest.raises(FrameError) as caught:
        each.decode(raw)
    return caught.value.reason.value, caught.value.offset


def test_one_whole_frame() -> None:
    frame = TOY.decode(toy(b"hi"))
    assert (frame.format, frame.start, frame.end, frame.payload, dict(frame.fields)) == ("toy", 0, 5, b"hi", {"n": 2, "sum": 0xD3})


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview])
def test_any_bytes_will_do(wrap: type) -> None:
    assert TOY.decode(wrap(toy(b"hi"))).raw == toy(b"hi")


def test_fill_around_it_is_allowed() -> None:
    frame = SLIP.decode(unhex("C0 C0 41 C0 C0"))
    assert (frame.start, frame.end, frame.raw) == (2, 4, unhex("41 C0"))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ("truncated", 0)),
        (b"\x11" + toy(b"hi"), ("noise", 0)),
        (toy(b"hi")[:-1], ("truncated", 4)),
        (b"\xaa", ("truncated", 1)),
        (toy(b"hi")[:-1] + b"\x00", ("checksum", 4)),
        (toy(b"hi") + b"\x11", ("trailing", 5)),
        (toy(b"hi") * 2, ("trailing", 5)),
    ],
    ids=["nothing", "noise", "cut", "only the marker", "checksum", "trailing", "two frames"],
)
def test_the_reason_and_the_byte_that_decided_it(raw: bytes, expected: tuple[str, int]) -> None:
    assert refused(TOY, raw) == expected


def test_the_deciding_byte_of_each_reason() -> None:
    head = FrameFormat(
        "head",
        [Sync("AA"), Field("v", "u8", const=1), Length("n", "u8", of="payload", max=4), Data("payload", charset="61-7A"), End("0A")],
    )
    assert refused(head, unhex("AB 01 00 0A")) == ("noise", 0)
    assert refused(head, unhex("AA 02 00 0A")) == ("field", 1)
    assert refused(head, unhex("AA 01 05 0A")) == ("length", 2)
    assert refused(head, unhex("AA 01 02 61 FF 0A")) == ("field", 4)
    assert refused(head, unhex("AA 01 01 61 0B")) == ("field", 4)
    assert refused(SLIP, unhex("41 DB 41 C0")) == ("escape", 2)
    assert refused(TEXT, b"$" + b"a" * 30) == ("too_long", 19)
    again = FrameFormat("again", [Sync("68"), Field("x", "u8"), Sync("68 68")])
    assert refused(again, unhex("68 01 68 67")) == ("marker", 3)


def test_only_fill_is_nothing() -> None:
    assert refused(SLIP, unhex("C0 C0")) == ("truncated", 2)


def test_fill_in_front_counts_in_the_offset() -> None:
    assert refused(SLIP, unhex("C0 41 DB 41 C0")) == ("escape", 3)
    assert refused(SLIP, unhex("C0 41")) == ("truncated", 2)
    assert refused(SLIP, unhex("C0 41 C0 C0 42 C0")) == ("trailing", 4)


def test_fill_of_no_format_is_no_fill() -> None:
    assert refused(TOY, b"\xc0" + toy(b"")) == ("noise", 0)


def test_of_several_formats_the_first_that_accepts() -> None:
    either = Protocol("either", [TOY, BARE])
    assert either.decode(toy(b"x")).format == "either.toy"
    assert either.decode(unhex("BB 01 61")).format == "either.bare"


def test_of_several_formats_the_one_that_came_furthest_tells_why() -> None:
    either = Protocol("either", [BARE, TOY, TEXT])
    assert refused(either, unhex("AA 01 61 00")) == ("checksum", 3)
    assert refused(either, unhex("BB 05 61 62")) == ("truncated", 4)
    assert refused(either, unhex("11 22")) == ("noise", 0)


def test_an_end_that_could_have_grown_is_complete() -> None:
    assert TEXT.decode(b"$a\n").raw == b"$a\n"
    assert TEXT.decode(b"$a\n\x0b").raw == b"$a\n\x0b"


def test_confirmation_is_not_asked_of_a_single_frame() -> None:
    assert locked(4).decode(unhex("DD EE 01"))["x"] == 1


def test_the_error_says_it_in_words() -> None:
    with pytest.raises(FrameError, match="checksum at offset 3") as caught:
        TOY.decode(unhex("AA 01 61 00"))
    assert caught.value.reason is Reason.CHECKSUM
