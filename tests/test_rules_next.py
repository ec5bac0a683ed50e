"""What stands behind a frame: verified at a known place, searched behind open data."""

from __future__ import annotations

import random

import pytest

import framing.probing.memory
from framing import (
    Checksum,
    Data,
    Decoder,
    EncodeError,
    End,
    Event,
    Field,
    Frame,
    FrameError,
    FrameFormat,
    Length,
    Next,
    Reason,
    SpecError,
    Sync,
)
from rules import arrivals, check, plain, unhex

pytestmark = pytest.mark.usefixtures("engine")

# The sum of `payload` closes the frame; the next marker stands behind it.
OPEN = FrameFormat("open", [Sync("AA 55"), Data("payload"), Checksum("sum", "u8", "sum-8", "payload"), Next("marker")], max_size=20)
KNOWN = FrameFormat("known", [Sync("AA"), Field("n", "u8"), Next(["AA", "BB CC"])])
SILENT = FrameFormat("silent", [Field("id", "u8", max=9), Data("payload"), Checksum("sum", "u8", "sum-8", "id..payload"), Next("silence")], max_size=6)


# --- at a known place ------------------------------------------------------------------------------------------------


def test_what_follows_is_verified_and_stays_outside() -> None:
    check(unhex("AA 01 AA 02 BB CC"), [("known", 0, 2), ("known", 2, 4), ("noise", 4, 6)], KNOWN)
    check(unhex("AA 01 BB 02"), [("field", 0, 4, "known@0 field")], KNOWN)


def test_the_end_of_the_stream_follows_too() -> None:
    check(unhex("AA 01"), [("known", 0, 2)], KNOWN)
    assert arrivals(unhex("AA 01"), KNOWN)[-1] == (3, ("known", 0, 2)), "only the end itself tells"


def test_a_pattern_that_the_end_cuts_does_not_follow() -> None:
    check(unhex("AA 01 BB"), [("field", 0, 3, "known@0 field")], KNOWN)


def test_the_frame_comes_with_the_last_byte_of_what_follows() -> None:
    came = arrivals(unhex("AA 01 BB CC"), KNOWN)
    assert came[0] == (4, ("known", 0, 2))


def test_silence_at_a_known_place() -> None:
    each = FrameFormat("quiet", [Sync("AA"), Field("n", "u8"), Next("silence")])
    check(unhex("AA 01"), [("quiet", 0, 2)], each)
    check(unhex("AA 01 AA 02"), [("field", 0, 2, "quiet@0 field"), ("quiet", 2, 4)], each)
    decoder = Decoder(each)
    assert decoder.feed(unhex("AA 01")) == []
    assert plain(decoder.idle()) == [("quiet", 0, 2)]
    assert plain(decoder.feed(unhex("AA 02")) + decoder.close()) == [("quiet", 2, 4)]


def test_the_last_check_of_the_frame_comes_first() -> None:
    each = FrameFormat("summed", [Sync("AA"), Data("payload", size=1), Checksum("sum", "u8", "sum-8", "frame"), Next("AA")])
    check(unhex("AA 01 AC BB"), [("checksum", 0, 4, "summed@0 checksum")], each)
    check(unhex("AA 01 AB BB"), [("field", 0, 4, "summed@0 field")], each)


# --- searched --------------------------------------------------------------------------------------------------------


def test_open_data_ends_where_everything_holds() -> None:
    frame = unhex("AA 55 01 02 03")
    check(frame + frame + b"\x07", [("open", 0, 5), ("checksum", 5, 11, "open@5 checksum")], OPEN)
    check(frame + frame, [("open", 0, 5), ("open", 5, 10)], OPEN)


def test_a_marker_inside_the_data_is_passed_over() -> None:
    """AA 55 in the payload; the sum does not hold in front of it."""
    payload = unhex("01 AA 55 02")
    raw = OPEN.encode(payload)
    check(raw + raw, [("open", 0, 7), ("open", 7, 14)], OPEN)
    assert OPEN.decode(raw).payload == payload


def test_the_first_place_where_all_holds_wins() -> None:
    raw = unhex("AA 55 01 01 AA 55 05 06")
    check(raw, [("open", 0, 4), ("checksum", 4, 8, "open@4 checksum")], OPEN)
    with pytest.raises(EncodeError, match="payload: a shorter frame stands in it"):
        OPEN.encode(unhex("01 01 AA 55 05"))


def test_data_may_be_empty() -> None:
    check(unhex("AA 55 00 AA 55 00"), [("open", 0, 3), ("open", 3, 6)], OPEN)


def test_the_end_of_the_stream_tells_why() -> None:
    with pytest.raises(FrameError) as found:
        OPEN.decode(unhex("AA 55 01 02"))
    assert (found.value.reason, found.value.offset) == (Reason.CHECKSUM, 4)
    with pytest.raises(FrameError) as found:
        OPEN.decode(unhex("AA 55"))
    assert (found.value.reason, found.value.offset) == (Reason.TRUNCATED, 2)


def test_max_size_bounds_the_search() -> None:
    came = arrivals(unhex("AA 55") + bytes([1] * 19), OPEN, gap_limit=1)
    assert came[0] == (21, ("too_long", 0, 1, "open@0 too_long")), "a frame of 20 bytes could have ended in front of it"
    longest = OPEN.encode(bytes(17))
    assert len(longest) == 20
    check(longest + longest, [("open", 0, 20), ("open", 20, 40)], OPEN)


def test_tries_bound_the_search_too() -> None:
    each = FrameFormat("twice", [Sync("AA"), Data("payload"), Checksum("sum", "u8", "sum-8", "payload"), Next("BB", tries=2)], max_size=40)
    check(unhex("AA 01 BB 02 BB BB"), [("too_long", 0, 6, "twice@0 too_long")], each)
    assert arrivals(unhex("AA 01 BB 02 BB 07 BB"), each, gap_limit=1)[0] == (5, ("too_long", 0, 1, "twice@0 too_long"))
    check(unhex("AA 01 BB BC BB"), [("twice", 0, 4), ("noise", 4, 5)], each)


def test_a_mask_counts() -> None:
    layout = [Sync("F8", mask="FC"), Data("payload"), Checksum("sum", "u8", "sum-8", "payload"), Next("F8", mask="FC")]
    each = FrameFormat("masked", layout, max_size=9)
    check(unhex("FA 01 01 F9 F0 F0 FB"), [("masked", 0, 3), ("masked", 3, 6), ("truncated", 6, 7, "masked@6 truncated")], each)


def test_a_character_set_ends_the_search() -> None:
    each = FrameFormat(
        "digits", [Sync("24"), Data("payload", charset="digits"), Checksum("sum", "u8", "sum-8", "payload"), Next("24")], max_size=20
    )
    check(b"$12\x63$1\x31", [("digits", 0, 4), ("digits", 4, 7)], each)
    came = arrivals(b"$12x34", each, gap_limit=1)
    assert came[0] == (5, ("field", 0, 1, "digits@0 field")), "x is no data once a byte stands behind it that is no end"


def test_parts_in_front_reject_before() -> None:
    each = FrameFormat(
        "head", [Sync("AA"), Field("v", "u8", const=1), Data("payload"), Checksum("sum", "u8", "sum-8", "frame"), Next("marker")], max_size=20
    )
    assert arrivals(unhex("AA 02 03"), each, gap_limit=1)[0] == (2, ("field", 0, 1, "head@0 field"))


def test_silence_ends_open_data() -> None:
    decoder = Decoder(SILENT)
    assert decoder.feed(unhex("01 02 03")) == []
    assert plain(decoder.idle()) == [("silent", 0, 3)]
    assert plain(decoder.feed(unhex("01 05 05 0B")) + decoder.close()) == [("silent", 3, 7)]


def test_a_frame_of_silence_is_checked_whole() -> None:
    check(unhex("01 02 04"), [("checksum", 0, 3, "silent@0 checksum", "silent@1 checksum", "silent@2 truncated")], SILENT)
    assert SILENT.encode(unhex("07 08"), id=1) == unhex("01 07 08 10")


def test_nothing_of_it_takes_a_place_in_the_frame() -> None:
    frame = OPEN.decode(OPEN.encode(b"hi"))
    assert (dict(frame.fields), frame.payload) == ({"sum": 0xD1}, b"hi")
    assert str(KNOWN) == "known: AA, n u8, next AA|BB CC; 2 to 2 bytes"


# --- what is refused -------------------------------------------------------------------------------------------------

AA, PAYLOAD, SUM = Sync("AA"), Data("payload"), Checksum("sum", "u8", "sum-8", "payload")


@pytest.mark.parametrize(
    ("layout", "more", "message"),
    [
        ([AA, PAYLOAD, Next("BB")], {}, "expected a checksum that covers 'payload'"),
        ([AA, Field("n", "u8"), PAYLOAD, Checksum("sum", "u8", "sum-8", "payload", if_="n"), Next("BB")], {}, "expected a checksum"),
        ([Next("BB"), AA], {}, "`next` is not the last part"),
        ([Field("n", "u8"), Next("marker")], {}, "this format has no marker"),
        ([PAYLOAD, SUM, Next("BB")], {"transparency": {"kind": "slip"}}, "the delimiter closes the frame"),
        ([AA, PAYLOAD, SUM, Next("BB")], {"transparency": {"kind": "slip", "closes": False}}, "inside byte stuffing"),
        ([AA, Field("n", "u8"), Data("payload", if_="n"), SUM, Next("BB")], {}, "'payload' may be absent"),
        ([AA, Data("a"), Data("b"), SUM, Next("BB")], {}, "both have no size"),
    ],
)
def test_what_cannot_be_told_is_refused(layout: list[object], more: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        FrameFormat("x", layout, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"next": "AA", "mask": "FF FF"}, "mask of 2 bytes"),
        ({"next": "silence", "mask": "FF"}, "silence has no mask"),
        ({"next": "AA", "tries": 0}, "out of range"),
        ({"next": "AA", "if": "1"}, "unknown key"),
        ({"next": "nothing"}, "not hexadecimal"),
    ],
)
def test_keys_are_checked(table: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        FrameFormat("x", [{"sync": "AA"}, table])


def test_a_length_within_goes_before_a_search() -> None:
    each = FrameFormat("sized", [AA, Length("n", "u8", of="payload"), PAYLOAD, End("0A"), Next("AA")])
    check(unhex("AA 01 AA 0A AA 00 0A"), [("sized", 0, 4), ("sized", 4, 7)], each)


# --- what it costs ---------------------------------------------------------------------------------------------------


def test_work_is_linear_times_tries(python_engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each marker opens a candidate that could end at each of the others; with a memory none of them sums up anew."""
    each = FrameFormat(
        "hostile", [Sync("AA 55"), Data("payload"), Checksum("sum", "u16le", "CRC-16/XMODEM", "frame"), Next("marker", tries=4)], max_size=60_000
    )
    summed = 0
    real = framing.probing.memory.Memory.checksum

    def counted(self: framing.probing.memory.Memory, *arguments: object) -> int:
        nonlocal summed
        summed += 1
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(framing.probing.memory.Memory, "checksum", counted)
    dice = random.Random(5)
    data = b"".join(b"\xaa\x55" + dice.randbytes(300).replace(b"\xaa", b"\xab") for _ in range(1500))
    events: list[Event] = [*(decoder := Decoder(each)).feed(data), *decoder.close()]
    assert not any(isinstance(event, Frame) for event in events)
    assert 1000 < summed <= 4 * 1500
