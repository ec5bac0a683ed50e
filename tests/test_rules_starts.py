"""Where frames may start, by what is before them: anywhere, where silence was, behind frames; and within the blocks of a stream."""

from __future__ import annotations

import pytest

from framing import (
    Checksum,
    Data,
    Decoder,
    EncodeError,
    End,
    Field,
    Frame,
    FrameFormat,
    Length,
    Lock,
    Next,
    Protocol,
    SpecError,
    Sync,
)
from rules import TOY, arrivals, check, check_inside, plain, toy, unhex

pytestmark = pytest.mark.usefixtures("engine")

LAYOUT = [Length("n", "u8", of="payload", max=5), Data("payload"), Checksum("sum", "u8", "sum-8", "n..payload")]
SILENCE = FrameFormat("silence", LAYOUT, start="silence")
CHAINED = FrameFormat("chained", LAYOUT, start="chained")
BOTH = FrameFormat("both", LAYOUT, start=["chained", "silence"])


# --- start -----------------------------------------------------------------------------------------------------------


def test_behind_silence_only() -> None:
    """The second frame stands behind the first, where nothing was silent; `idle` makes it a start."""
    check_inside(unhex("01 07 08"), [("silence", 0, 3)], SILENCE)
    check(unhex("01 07 08 01 07 08"), [("silence", 0, 3), ("noise", 3, 6)], SILENCE)
    decoder = Decoder(SILENCE)
    events = decoder.feed(unhex("01 07 08")) + decoder.idle() + decoder.feed(unhex("01 07 08")) + decoder.close()
    assert plain(events) == [("silence", 0, 3), ("silence", 3, 6)]


def test_a_frame_that_silence_did_not_open_is_not_looked_for() -> None:
    check(unhex("06 01 07 08"), [("length", 0, 4, "silence@0 length")], SILENCE)


def test_behind_frames_too() -> None:
    check(unhex("01 07 08 00 00 01 07 09 00 00"), [("both", 0, 3), ("both", 3, 5), ("checksum", 5, 10, "both@5 checksum")], BOTH)


def test_behind_a_frame_of_the_same_protocol_only() -> None:
    opened = Protocol("p", [FrameFormat("head", [Sync("AA BB")]), FrameFormat("record", LAYOUT, start="chained")])
    stream = unhex("00 00 AA BB 01 07 08 00 00") + toy(b"x") + unhex("00 00")
    check(stream, [
        ("noise", 0, 2), ("p.head", 2, 4), ("p.record", 4, 7), ("p.record", 7, 9), ("toy", 9, 13), ("noise", 13, 15),
    ], opened, TOY)  # fmt: skip
    check(unhex("01 07 08"), [("noise", 0, 3)], CHAINED)


def test_damage_breaks_the_chain() -> None:
    opened = Protocol("p", [FrameFormat("head", [Sync("AA BB")]), FrameFormat("record", LAYOUT, start="chained")])
    check(unhex("AA BB 01 07 09 01 07 08 AA BB 00 00"), [
        ("p.head", 0, 2), ("checksum", 2, 8, "p.record@2 checksum"), ("p.head", 8, 10), ("p.record", 10, 12),
    ], opened)  # fmt: skip


def test_frames_that_confirm_stand_behind_the_first() -> None:
    chain = Protocol("p", [FrameFormat("head", [Sync("AA BB")]), FrameFormat("record", LAYOUT, start="chained")], lock=Lock(1))
    check(unhex("AA BB 07 AA BB 00 00"), [("unconfirmed", 0, 3, "p.head@0 unconfirmed"), ("p.head", 3, 5), ("p.record", 5, 7)], chain)


def test_a_flywheel_rides_where_its_format_may_start_only() -> None:
    """Through a damaged marker as through an intact one."""
    layout, riding = [Sync("AA 55"), Field("n", "u8", max=9)], Lock(0, 2)
    check(unhex("AA 55 01 AB 55 02 AA 55 03"), [("x", 0, 3), ("x", 3, 6, "suspect"), ("x", 6, 9)], FrameFormat("x", layout, lock=riding))
    for more in ({"start": "silence"}, {"block": 4}):
        each = FrameFormat("x", layout, lock=riding, **more)  # type: ignore[arg-type]
        for second in ("AA 55 02", "AB 55 02"):
            check(unhex("AA 55 01 " + second), [("x", 0, 3), ("noise", 3, 6)], each)


def test_a_marker_may_be_restricted_too() -> None:
    each = FrameFormat("x", [Sync("AA"), Field("n", "u8")], start=["silence", "chained"])
    check(unhex("AA 01 AA 02 00 AA 03"), [("x", 0, 2), ("x", 2, 4), ("noise", 4, 7)], each)


def test_others_are_found_where_it_may_not_start() -> None:
    check(unhex("06 02") + toy(b"hi"), [("length", 0, 2, "silence@0 length"), ("toy", 2, 7)], SILENCE, TOY)


def test_frames_told_apart_by_silence_alone() -> None:
    each = FrameFormat("rtu", [Field("id", "u8"), Data("payload"), Checksum("sum", "u8", "sum-8", "id..payload"), Next("silence")], start="silence", max_size=9)
    decoder = Decoder(each)
    events = []
    for part in ("01 02 03", "07 07", "05 05 05"):
        events += decoder.feed(unhex(part)) + decoder.idle()
    assert plain(events) == [("rtu", 0, 3), ("rtu", 3, 5), ("checksum", 5, 8, "rtu@5 checksum")]


def test_chained_frames_are_refused_in_early_order() -> None:
    with pytest.raises(ValueError, match="chained starts behind frames"):
        Decoder(CHAINED, order="early")
    decoder = Decoder(SILENCE, order="early")
    assert plain(decoder.feed(unhex("01 07 08 00 00")) + decoder.close()) == [("silence", 0, 3), ("noise", 3, 5)]


@pytest.mark.parametrize(
    ("start", "message"),
    [("somewhere", "'somewhere' is no place"), (["anywhere", "chained"], "anywhere goes with no other"), ([], "anywhere, silence, chained"), (5, "anywhere, silence, chained")],
)
def test_places_that_are_none(start: object, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        FrameFormat("x", LAYOUT, start=start)  # type: ignore[arg-type]


def test_a_delimited_format_has_its_own_places() -> None:
    for more in ({"start": "silence"}, {"block": 100}, {"behind": "C0"}):
        with pytest.raises(SpecError, match="a delimited format"):
            FrameFormat("x", [Data("payload")], transparency={"kind": "slip"}, **more)  # type: ignore[arg-type]


# --- behind ----------------------------------------------------------------------------------------------------------

BEHIND = FrameFormat("behind", LAYOUT, behind=["AA BB", "CC"])


def test_behind_certain_bytes_only() -> None:
    """Whatever they belong to; the start of the stream is no such place."""
    frame = unhex("01 07 08")
    check(frame + unhex("AA BB") + frame + unhex("BB") + frame, [("noise", 0, 5), ("behind", 5, 8), ("noise", 8, 12)], BEHIND)
    check(unhex("CC") + frame + frame, [("noise", 0, 1), ("behind", 1, 4), ("noise", 4, 7)], BEHIND)
    tail = FrameFormat("tail", [*LAYOUT, Sync("AA BB")], behind="AA BB")
    check(unhex("00 AA BB 01 07 08 AA BB 00 00 AA BB 05"), [
        ("noise", 0, 3), ("tail", 3, 8), ("tail", 8, 12), ("truncated", 12, 13, "tail@12 truncated"),
    ], tail)  # fmt: skip


def test_bytes_in_front_arrive_one_by_one_behind_a_long_gap() -> None:
    each = FrameFormat("x", LAYOUT, behind=16 * "A5")
    stream = bytes(300) + 16 * b"\xa5" + unhex("01 07 08")
    assert arrivals(stream, each, gap_limit=100)[-1] == (319, ("x", 316, 319))


def test_behind_or_where_else_it_may_start() -> None:
    each = FrameFormat("x", LAYOUT, behind="AA", start=["silence", "chained"])
    check(unhex("01 07 08 01 07 08 77 01 07 08 AA 01 07 08"), [
        ("x", 0, 3), ("x", 3, 6), ("length", 6, 11, "x@6 length"), ("x", 11, 14),
    ], each)  # fmt: skip


def test_the_bytes_of_an_earlier_stream_do_not_count() -> None:
    decoder = Decoder(BEHIND)
    events = decoder.feed(unhex("AA BB")) + decoder.idle() + decoder.feed(unhex("01 07 08")) + decoder.close()
    assert plain(events) == [("noise", 0, 2), ("noise", 2, 5)]


def test_a_mask_and_wrong_bits_count() -> None:
    masked = FrameFormat("x", LAYOUT, behind={"sync": "F8", "mask": "FC"})
    check(unhex("FB 01 07 08 F7 01 07 08"), [("noise", 0, 1), ("x", 1, 4), ("noise", 4, 8)], masked)
    wrong = FrameFormat("x", LAYOUT, behind=Sync("FF 00", errors=1))
    check(unhex("FF 01 01 07 08 FC 00 01 07 08"), [("noise", 0, 2), ("x", 2, 5), ("noise", 5, 10)], wrong)


def test_a_marker_behind_certain_bytes() -> None:
    each = FrameFormat("x", [Sync("AA"), Field("n", "u8")], behind="BB")
    check(unhex("AA 01 BB AA 02 AA 03"), [("noise", 0, 3), ("x", 3, 5), ("noise", 5, 7)], each)


def test_one_frame_alone_needs_nothing_in_front() -> None:
    assert BEHIND.decode(BEHIND.encode(b"\x07")).payload == b"\x07"


def test_early_order_knows_what_is_in_front() -> None:
    """A broken length is overtaken by two frames, each behind its bytes."""
    layout = [Length("n", "u8", of="payload", max=30), Data("payload"), Checksum("sum", "u8", "sum-8", "n..payload"), Sync("CC")]
    decoder = Decoder(FrameFormat("tail", layout, behind="CC"), order="early")
    stream = unhex("CC 14 CC 01 07 08 CC 01 07 08 CC")
    assert plain(decoder.feed(stream)) == [("overtaken", 0, 3, "tail@1 overtaken"), ("tail", 3, 7), ("tail", 7, 11)]


@pytest.mark.parametrize(
    ("behind", "message"),
    [("", "no bytes"), ({"sync": "AA", "as": "x"}, "it is no part of the frame"), ({"sync": "AA", "if": "1"}, "it is no part"), (5, "hex digits")],
)
def test_what_cannot_stand_in_front(behind: object, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        FrameFormat("x", LAYOUT, behind=behind)  # type: ignore[arg-type]


# --- block -----------------------------------------------------------------------------------------------------------

BLOCKED = FrameFormat("blocked", [Sync("AA"), Length("n", "u8", of="payload"), Data("payload"), Checksum("sum", "u8", "sum-8", "n..payload")], block=8)


def test_a_frame_that_would_leave_its_block_is_rejected() -> None:
    """The same bytes in front of the border and across it."""
    assert BLOCKED.max_size == 8
    raw = BLOCKED.encode(b"\x01\x02")
    check_inside(bytes(3) + raw, [("noise", 0, 3), ("blocked", 3, 8)], BLOCKED)
    check(bytes(4) + raw, [("length", 0, 9, "blocked@4 length")], BLOCKED)
    assert arrivals(bytes(4) + raw, BLOCKED, gap_limit=5)[0] == (6, ("length", 0, 5, "blocked@4 length")), "by its length alone"
    check(bytes(8) + raw + raw[:3], [("noise", 0, 8), ("blocked", 8, 13), ("length", 13, 16, "blocked@13 length")], BLOCKED)


def test_where_not_even_the_smallest_fits_none_is_looked_for() -> None:
    check(bytes(6) + b"\xaa\x00" + b"\xaa\x00\x00", [("noise", 0, 8), ("blocked", 8, 11)], BLOCKED)


def test_blocks_begin_anew_with_the_stream() -> None:
    decoder = Decoder(BLOCKED)
    raw = BLOCKED.encode(b"\x01\x02\x03\x04\x05")
    assert plain(decoder.feed(b"\x00\x00\x00") + decoder.idle() + decoder.feed(raw)) == [("noise", 0, 3), ("blocked", 3, 11)]


def test_open_data_ends_with_its_block() -> None:
    each = FrameFormat("text", [Sync("24"), Data("payload"), End("0A")], block=6)
    check(b"$ab\n$b" + b"c\n$d\n", [("text", 0, 4), ("length", 4, 8, "text@4 length"), ("text", 8, 11)], each)


def test_the_encoder_makes_none_that_fits_no_block() -> None:
    with pytest.raises(EncodeError, match="max_size is 8"):
        BLOCKED.encode(bytes(6))
    with pytest.raises(SpecError, match="less than the smallest frame"):
        FrameFormat("x", [Sync("AA"), Data("payload", size=9)], block=8)


def test_a_larger_max_size_does_not_matter() -> None:
    each = FrameFormat("x", [Sync("AA"), Field("n", "u8"), Data("payload", size="n")], block=8, max_size=6)
    check(unhex("AA 05") + bytes(6) + unhex("AA 01 07"), [("too_long", 0, 8, "x@0 too_long"), ("x", 8, 11)], each)
    frame = Decoder(each).feed(unhex("AA 01 07"))[0]
    assert isinstance(frame, Frame) and frame.payload == b"\x07"


def test_a_marker_longer_than_the_largest_frame_is_too_long() -> None:
    """The Python prober took the longer alternative whatever `max_size` said."""
    each = FrameFormat("x", [Sync(["AA BB CC", "AA"])], max_size=2)
    check(unhex("AA BB CC AA BB 00"), [("too_long", 0, 3, "x@0 too_long"), ("x", 3, 4), ("noise", 4, 6)], each)
