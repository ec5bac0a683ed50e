"""Early order: each sentence of the rules with an example by hand, the moments counted in bytes."""

from __future__ import annotations

import pytest

from framing import Data, Decoder, End, Field, FrameFormat, Length, Sync
from rules import BARE, SLIP, TEXT, TOY, arrivals, check, locked, plain, toy, unhex

pytestmark = pytest.mark.usefixtures("engine")

EARLY = {"order": "early"}
X, Y, Z = toy(b"x"), toy(b"y"), toy(b"z")  # 4 bytes each


def test_without_damage_it_is_the_strict_order() -> None:
    data = X + Y + b"\x11" + toy(b"hello")
    expected = [("toy", 0, 4), ("toy", 4, 8), ("noise", 8, 9), ("toy", 9, 17)]
    check(data, expected, TOY, **EARLY)
    assert arrivals(data, TOY, **EARLY) == arrivals(data, TOY)


# --- overtaking ------------------------------------------------------------------------------------------------------


def test_a_leader_is_overtaken_by_two_frames_inside_its_extent() -> None:
    data = unhex("AA 0A") + X + Y + bytes(20)
    overtaken = ("overtaken", 0, 2, "toy@0 overtaken")
    assert arrivals(data, TOY, **EARLY)[:3] == [(10, overtaken), (10, ("toy", 2, 6)), (10, ("toy", 6, 10))]
    check(data, [overtaken, ("toy", 2, 6), ("toy", 6, 10), ("noise", 10, 30)], TOY, **EARLY)


def test_in_strict_order_they_wait_for_the_last_byte_of_the_extent() -> None:
    data = unhex("AA 0A") + X + Y + bytes(20)
    assert arrivals(data, TOY)[:2] == [(13, ("checksum", 0, 2, "toy@0 checksum")), (13, ("toy", 2, 6))]


@pytest.mark.parametrize(("witnesses", "after"), [(1, 6), (2, 10), (3, 14)])
def test_witnesses_tells_how_many_it_takes(witnesses: int, after: int) -> None:
    data = unhex("AA 20") + X + Y + Z
    came = arrivals(data, TOY, order="early", witnesses=witnesses)
    assert came[0] == (after, ("overtaken", 0, 2, "toy@0 overtaken"))


def test_on_a_tie_the_leader_wins() -> None:
    """The last byte of the second witness is the leader's last byte too."""
    inside = toy(b"\x51") + toy(b"ab")  # 9 bytes, the last of them being the leader's checksum
    data = b"\xaa\x08" + inside
    assert data == toy(data[2:-1])
    check(data, [("toy", 0, 11)], TOY, **EARLY)
    assert arrivals(data, TOY, **EARLY) == [(11, ("toy", 0, 11))]


def test_a_leader_that_would_be_right_a_byte_later_has_lost() -> None:
    data = toy(X + Y)
    overtaken = ("overtaken", 0, 2, "toy@0 overtaken")
    check(data, [overtaken, ("toy", 2, 6), ("toy", 6, 10), ("noise", 10, 11)], TOY, **EARLY)


def test_a_leader_that_the_end_of_the_stream_would_decide_has_lost() -> None:
    data = b"$" + X + Y + b"\n"  # its end could still grow
    overtaken = ("overtaken", 0, 1, "text@0 overtaken")
    check(data, [overtaken, ("toy", 1, 5), ("toy", 5, 9), ("noise", 9, 10)], TEXT, TOY, **EARLY)


def test_on_a_tie_the_leader_decides_for_itself_also_where_it_fails() -> None:
    data = unhex("AA 07") + X + Y
    expected = [("checksum", 0, 2, "toy@0 checksum"), ("toy", 2, 6), ("toy", 6, 10)]
    check(data, expected, TOY, **EARLY)
    assert [count for count, _ in arrivals(data, TOY, **EARLY)] == [10, 10, 10]


def test_one_byte_before_the_deciding_one_it_is_overtaken() -> None:
    data = unhex("AA 08") + X + Y + b"\x00"
    assert arrivals(data, TOY, **EARLY)[0] == (10, ("overtaken", 0, 2, "toy@0 overtaken"))


def test_the_price_a_valid_frame_that_contains_as_many_valid_frames_is_lost() -> None:
    data = toy(X + Y + b"\x00")
    check(data, [("toy", 0, len(data))], TOY)
    check(data, [
        ("overtaken", 0, 2, "toy@0 overtaken"), ("toy", 2, 6), ("toy", 6, 10), ("noise", 10, 12),
    ], TOY, **EARLY)  # fmt: skip


# --- witnesses -------------------------------------------------------------------------------------------------------


def test_a_leader_that_completes_drops_what_is_inside() -> None:
    data = toy(X + b"\x00")
    check(data, [("toy", 0, len(data))], TOY, **EARLY)


def test_behind_an_invalid_leader_what_was_found_stands() -> None:
    data = bytearray(toy(b"\x00" + X + b"\x00"))
    data[-1] ^= 1
    check(bytes(data), [("checksum", 0, 3, "toy@0 checksum"), ("toy", 3, 7), ("noise", 7, 9)], TOY, **EARLY)


def test_frames_without_a_checksum_are_no_witnesses() -> None:
    bare = unhex("BB 01 61")
    data = unhex("AA 0A") + bare * 3 + bytes(3)
    expected = [
        ("checksum", 0, 2, "toy@0 checksum"), ("bare", 2, 5), ("bare", 5, 8), ("bare", 8, 11), ("noise", 11, 14),
    ]  # fmt: skip
    check(data, expected, TOY, BARE, **EARLY)
    assert arrivals(data, TOY, BARE, **EARLY)[0][0] == 13


def test_nor_do_frames_without_a_checksum_stand_between_witnesses() -> None:
    data = unhex("AA 20") + X + unhex("BB 00") + Y + Z + bytes(30)
    came = arrivals(data, TOY, BARE, **EARLY)
    assert came[0] == (16, ("overtaken", 0, 2, "toy@0 overtaken"))


def test_fill_between_witnesses_does_not_count() -> None:
    data = Z + unhex("AA 20") + X + b"\xc0" + Y + bytes(3)  # behind a frame, so that no delimited frame starts there
    came = arrivals(data, TOY, SLIP, **EARLY)
    assert came[1:5] == [
        (15, ("overtaken", 4, 6, "toy@4 overtaken")), (15, ("toy", 6, 10)), (15, ("fill", 10, 11)), (15, ("toy", 11, 15)),
    ]  # fmt: skip


def test_any_other_byte_between_them_does() -> None:
    data = unhex("AA 0C") + X + b"\x11" + Y + bytes(4)
    assert arrivals(data, TOY, **EARLY)[0] == (15, ("checksum", 0, 2, "toy@0 checksum"))


# --- the claimed extent ----------------------------------------------------------------------------------------------


def test_without_a_stated_end_the_extent_is_max_size() -> None:
    text = FrameFormat("text", [Sync("24"), Data("payload"), End("0A")], max_size=12)
    assert arrivals(unhex("24 61") + X + Y + bytes(9), text, TOY, **EARLY)[0] == (10, ("overtaken", 0, 2, "text@0 overtaken"))
    assert arrivals(unhex("24 61 62 63") + X + Y + bytes(9), text, TOY, **EARLY)[0] == (12, ("too_long", 0, 4, "text@0 too_long"))


def test_a_pattern_found_in_time_keeps_the_leader() -> None:
    text = FrameFormat("text", [Sync("24"), Data("payload"), End("0A")], max_size=64)
    data = b"$" + X + b"\n" + Y
    check(data, [("text", 0, 6), ("toy", 6, 10)], text, TOY, **EARLY)


# --- recursion -------------------------------------------------------------------------------------------------------


def test_nested_leaders_are_overtaken_together() -> None:
    data = unhex("AA 20 AA 20") + X + Y
    expected = [("overtaken", 0, 4, "toy@0 overtaken", "toy@2 overtaken"), ("toy", 4, 8), ("toy", 8, 12)]
    check(data, expected, TOY, **EARLY)
    assert {count for count, _ in arrivals(data, TOY, **EARLY)} == {12}


def test_an_inner_leader_that_completes_drops_its_inside_and_is_a_witness() -> None:
    inner = toy(X + b"\x00")
    data = unhex("AA 20") + inner + Y
    check(data, [
        ("overtaken", 0, 2, "toy@0 overtaken"), ("toy", 2, 2 + len(inner)), ("toy", 2 + len(inner), 6 + len(inner)),
    ], TOY, **EARLY)  # fmt: skip


def test_decoding_goes_on_with_the_next_format_at_the_same_offset() -> None:
    wide = FrameFormat("wide", [Sync("AA 01 78"), Length("n", "u16le", of="payload"), Data("payload")])
    came = arrivals(X + Y, wide, TOY, **EARLY)
    assert came == [(8, ("toy", 0, 4)), (8, ("toy", 4, 8))]
    assert plain(Decoder(wide, TOY, order="early").feed(X + Y)) == [("toy", 0, 4), ("toy", 4, 8)]


def test_an_earlier_format_that_is_valid_in_time_takes_the_place() -> None:
    wide = FrameFormat("wide", [Sync("AA 01"), Data("payload", size=3)])
    check(X + b"\x00", [("wide", 0, 5)], wide, TOY, **EARLY)


def test_leaders_one_behind_the_other_all_count_their_own_witnesses() -> None:
    data = unhex("AA 40") + X + unhex("AA 40") + Y + Z
    check(data, [
        ("overtaken", 0, 2, "toy@0 overtaken"), ("toy", 2, 6), ("overtaken", 6, 8, "toy@6 overtaken"),
        ("toy", 8, 12), ("toy", 12, 16),
    ], TOY, **EARLY)  # fmt: skip
    assert {count for count, _ in arrivals(data, TOY, **EARLY)} == {16}


# --- the end ---------------------------------------------------------------------------------------------------------


def test_at_the_end_a_leader_is_truncated_and_what_is_behind_it_stands() -> None:
    data = unhex("AA 20") + X
    check(data, [("truncated", 0, 2, "toy@0 truncated"), ("toy", 2, 6)], TOY, **EARLY)
    assert {count for count, _ in arrivals(data, TOY, **EARLY)} == {7}


def test_witnesses_that_end_with_the_stream_overtake_before_it_ends() -> None:
    assert {count for count, _ in arrivals(unhex("AA 20") + X + Y, TOY, **EARLY)} == {10}


def test_an_end_that_can_still_grow_is_a_leader() -> None:
    text = FrameFormat("text", [Sync("24"), Data("payload"), End(["0A", "0A 0B"])], max_size=20)
    data = b"$a\n" + X
    assert arrivals(data, text, TOY, **EARLY) == [(4, ("text", 0, 3)), (7, ("toy", 3, 7))]
    check(b"$a\n", [("text", 0, 3)], text, TOY, **EARLY)


def test_idle_decides_every_leader() -> None:
    decoder = Decoder(TOY, order="early")
    assert decoder.feed(unhex("AA 20") + X) == []
    assert plain(decoder.idle()) == [("truncated", 0, 2, "toy@0 truncated"), ("toy", 2, 6)]
    assert plain(decoder.feed(Y)) == [("toy", 6, 10)]


def test_fill_stands_where_a_delimited_format_may_start() -> None:
    check(unhex("C0 C0 41 C0"), [("fill", 0, 2), ("slip", 2, 4)], SLIP, **EARLY)
    check(X + unhex("C0 11 C0"), [("toy", 0, 4), ("fill", 4, 5), ("slip", 5, 7)], TOY, SLIP, **EARLY)


def test_a_lock_is_refused() -> None:
    with pytest.raises(ValueError, match="lock"):
        Decoder(locked(1), order="early")


def test_a_hostile_stream_of_claims_comes_through() -> None:
    data = unhex("AA FF") * 40 + X + Y
    check_at = len(data)
    came = arrivals(data, TOY, **EARLY)
    assert came[-2:] == [(check_at, ("toy", 80, 84)), (check_at, ("toy", 84, 88))]
    assert came[0][0] == check_at


def test_a_gap_is_emitted_in_pieces_behind_no_leader() -> None:
    pair = FrameFormat("pair", [Sync("CC"), Field("one", "u8", const=1)])
    assert arrivals(unhex("11 22 33 CC"), pair, order="early", gap_limit=2) == [
        (2, ("noise", 0, 2)), (5, ("truncated", 2, 4, "pair@3 truncated")),
    ]  # fmt: skip
