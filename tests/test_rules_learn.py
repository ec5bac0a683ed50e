"""Tables that learn: frames add entries, which count for what stands behind them."""

from __future__ import annotations

import random

import pytest

from framing import (
    Checksum,
    Data,
    Decoder,
    EncodeError,
    Field,
    Frame,
    FrameError,
    FrameFormat,
    Protocol,
    Reason,
    SpecError,
    Sync,
    reference,
)
from rules import arrivals, check, plain, unhex

pytestmark = pytest.mark.usefixtures("engine")

TABLES = {"sizes": {"learn": {"format": "say", "key": "type", "value": "size"}, 7: 1}}
SAY = FrameFormat("say", [Sync("AA 00"), Field("type", "u8"), Field("size", "u8", max=9)], tables=TABLES)
BODY = [Sync("AA"), Field("type", "u8", min=1), Data("payload", size="sizes[type]")]
BOX = FrameFormat("box", BODY, tables=TABLES, max_size=20)
P = Protocol("p", [SAY, BOX])
SUMMED = Protocol("p", [SAY, FrameFormat("box", [*BODY, Checksum("sum", "u8", "sum-8", "type..payload")], tables=TABLES, max_size=20)])


def test_a_frame_is_found_behind_the_one_that_tells_its_size() -> None:
    check(unhex("AA 02 01 02 AA 00 02 03 AA 02 01 02 03 AA 07 05"), [
        ("length", 0, 4, "p.box@0 length"), ("p.say", 4, 8), ("p.box", 8, 13), ("p.box", 13, 16),
    ], P)  # fmt: skip


def test_a_later_frame_tells_anew() -> None:
    check(unhex("AA 00 07 00 AA 07 AA 00 07 02 AA 07 01 02"), [("p.say", 0, 4), ("p.box", 4, 6), ("p.say", 6, 10), ("p.box", 10, 14)], P)


def test_a_frame_that_is_not_given_tells_nothing() -> None:
    """One inside another frame, or damaged."""
    check(unhex("AA 00 04 04 AA 04 AA 00 05 00 AA 05 AA 00 05 0A"), [
        ("p.say", 0, 4), ("p.box", 4, 10), ("length", 10, 16, "p.box@10 length", "p.say@12 field", "p.box@12 field"),
    ], P)  # fmt: skip


def test_silence_and_the_end_forget() -> None:
    decoder = Decoder(P)
    events = decoder.feed(unhex("AA 00 02 00 AA 02")) + decoder.idle() + decoder.feed(unhex("AA 02 AA 07 00")) + decoder.close()
    assert plain(events) == [("p.say", 0, 4), ("p.box", 4, 6), ("length", 6, 8, "p.box@6 length"), ("p.box", 8, 11)]


def test_a_checksum_behind_what_was_learnt() -> None:
    check(unhex("AA 00 02 02 AA 02 01 02 05 AA 02 01 02 06"), [("p.say", 0, 4), ("p.box", 4, 9), ("checksum", 9, 14, "p.box@9 checksum")], SUMMED)
    assert arrivals(unhex("AA 00 02 02 AA 02 01 02 05"), SUMMED)[-1] == (9, ("p.box", 4, 9))


def test_the_fields_of_such_a_frame_need_no_table() -> None:
    frame = Decoder(SUMMED).feed(unhex("AA 00 02 02 AA 02 01 02 05"))[1]
    assert isinstance(frame, Frame)
    assert (dict(frame.fields), frame.payload) == ({"type": 2, "sum": 5}, b"\x01\x02")


def test_a_single_frame_has_the_entries_that_are_written_down() -> None:
    assert BOX.decode(unhex("AA 07 05")).payload == b"\x05"
    with pytest.raises(FrameError) as found:
        BOX.decode(unhex("AA 02 05"))
    assert found.value.reason is Reason.LENGTH


def test_any_size_is_written() -> None:
    """What the reader has learnt is its business."""
    assert P.encode(b"abc", format="box", type=2) == unhex("AA 02") + b"abc"
    with pytest.raises(EncodeError, match="max_size is 20"):
        P.encode(bytes(19), format="box", type=2)


def test_tables_of_two_protocols_are_apart() -> None:
    other = Protocol("q", [SAY, FrameFormat("box", [Sync("BB"), *BODY[1:]], tables=TABLES, max_size=20)])
    check(unhex("AA 00 02 01 AA 02 05 BB 02 05"), [("p.say", 0, 4), ("p.box", 4, 7), ("length", 7, 10, "q.box@7 length")], P, other)
    with pytest.raises(ValueError, match="two protocols are called p"):
        Decoder(P, SUMMED)


def test_the_python_engine_does_it_and_says_so() -> None:
    decoder = Decoder(P)
    assert decoder.engine in ("python", "reference")
    assert set(decoder.fallbacks.values()) <= {"tables that learn (`learn`)"}


def test_it_is_refused_in_early_order() -> None:
    with pytest.raises(ValueError, match=r"p.say learns from the frames before it"):
        Decoder(P, order="early")


@pytest.mark.parametrize("seed", range(40))
def test_the_cut_makes_no_difference(seed: int) -> None:
    dice = random.Random(seed)
    stream = b""
    for _ in range(14):
        kind, size = dice.choice([2, 3, 7]), dice.randrange(5)
        stream += dice.choice([SAY.encode(type=kind, size=size), BOX.encode(dice.randbytes(size), type=kind), dice.randbytes(2), b"\xaa"])
    wanted = reference.decode(stream, [SUMMED if seed % 2 else P])
    decoder = Decoder(SUMMED if seed % 2 else P)
    found = []
    while stream:
        cut = dice.randint(1, 9)
        found += decoder.feed(stream[:cut])
        stream = stream[cut:]
    assert found + decoder.close() == wanted


@pytest.mark.parametrize(
    ("learn", "message"),
    [
        ({"format": "said", "key": "type", "value": "size"}, "unknown format 'said'"),
        ({"format": "say", "key": "typ", "value": "size"}, "'typ' is no number in 'say'"),
        ({"format": "box", "key": "type", "value": "payload"}, "'payload' is no number in 'box'"),
        ({"format": "say", "key": "type"}, "'value' is missing"),
    ],
)
def test_who_teaches_what_is_checked(learn: dict[str, str], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Protocol("p", [FrameFormat(each.name, each.layout, tables={"sizes": {"learn": learn, 7: 1}}, max_size=20) for each in (SAY, BOX)])


def test_keys_have_two_bytes_at_most() -> None:
    wide = FrameFormat("say", [Sync("AA 00"), Field("type", "u32le"), Field("size", "u8")], tables=TABLES)
    with pytest.raises(SpecError, match="'type' has too many values"):
        Protocol("p", [wide, BOX])


@pytest.mark.parametrize(
    "layout",
    [
        [Sync("AA"), Field("type", "u8", valid="type in sizes"), Data("payload", size=1)],
        [Sync("AA"), Field("type", "u8"), Data("payload", size="sizes[type]"), Field("n", "uleb128")],
        [Sync("AA"), Field("type", "u8"), Data("payload", size="sizes[type]", if_="type")],
        [Sync("AA"), Field("type", "u8"), Data("one", size="sizes[type]"), Data("two", size="sizes[type]")],
    ],
)
def test_a_frame_must_tell_its_parts_by_its_own_bytes(layout: list[object]) -> None:
    with pytest.raises(SpecError, match="'sizes' learns"):
        FrameFormat("x", layout, tables=TABLES, max_size=20)  # type: ignore[arg-type]
