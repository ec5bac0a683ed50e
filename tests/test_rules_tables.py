"""Tables in expressions: what an entry gives, and what a missing one rejects with."""

from __future__ import annotations

import pytest

from framing import Bits, Data, Decoder, EncodeError, Field, FrameFormat, Lookup, SpecError, Sync
from rules import check, check_inside, unhex

pytestmark = pytest.mark.usefixtures("engine")

RATES = {"rates": {0x10: 2, 0x11: 4, 0x21: 3}, "factors": {0: 1, 1: 2}}
RATED = FrameFormat(
    "rated",
    [Sync("AA"), Bits(["layer:4", "rate:4"], "u8"), Bits(["_:6", "factor:2"], "u8"), Data("payload", size="rates[layer << 4 | rate] * factors[factor] - 1")],
    tables=RATES,
)


def test_a_size_comes_out_of_tables_over_several_fields() -> None:
    check_inside(unhex("AA 10 00 01 AA 11 01 01 02 03 04 05 06 07"), [("rated", 0, 4), ("rated", 4, 14)], RATED)
    assert RATED.encode(bytes(5), layer=2, rate=1, factor=1) == unhex("AA 21 01") + bytes(5)


def test_the_largest_entries_bound_the_frame() -> None:
    assert (RATED.min_size, RATED.max_size) == (4, 10)


def test_a_missing_entry_is_a_length_reject_where_it_gives_a_size() -> None:
    check(unhex("AA 12 00 55"), [("length", 0, 4, "rated@0 length")], RATED)
    check(unhex("AA 11 02 55"), [("length", 0, 4, "rated@0 length")], RATED)


def test_the_encoder_says_what_is_missing() -> None:
    with pytest.raises(EncodeError, match="no entry 18"):
        RATED.encode(bytes(5), layer=1, rate=2, factor=0)


@pytest.mark.parametrize("more", [{"equals": "codes[a]"}, {"valid": "codes[a]"}, {"if_": "codes[a]"}])
def test_a_missing_entry_is_a_field_reject_elsewhere(more: dict[str, str]) -> None:
    coded = FrameFormat("coded", [Sync("AA"), Field("a", "u8"), Field("b", "u8", **more)], tables={"codes": {1: 7}})
    check(unhex("AA 01 07"), [("coded", 0, 3)], coded)
    check(unhex("AA 02 07"), [("field", 0, 3, "coded@0 field")], coded)


def test_a_missing_entry_of_what_a_look_up_goes_by_is_a_field_reject() -> None:
    made = FrameFormat(
        "by", [Sync("AA"), Field("a", "u8"), Data("payload", size=Lookup("codes[a]", "sizes"))],
        tables={"codes": {1: 5, 2: 6}, "sizes": {5: 1}},
    )  # fmt: skip
    check(unhex("AA 01 00"), [("by", 0, 3)], made)
    check(unhex("AA 02 00"), [("length", 0, 3, "by@0 length")], made)
    check(unhex("AA 03 00"), [("field", 0, 3, "by@0 field")], made)


def test_an_entry_may_be_asked_after() -> None:
    made = FrameFormat("asked", [Sync("AA"), Field("a", "u8", valid="a not in known"), Field("b", "u8", if_="a + 1 in known")], tables={"known": {5: 0}})
    check(unhex("AA 04 01 AA 06 AA 05"), [("asked", 0, 3), ("asked", 3, 5), ("field", 5, 7, "asked@5 field")], made)


def test_keys_may_be_negative_and_a_field_goes_before_a_table_of_its_name() -> None:
    signed = FrameFormat("signed", [Sync("AA"), Field("a", "i8"), Field("b", "u8", equals="t[a]")], tables={"t": {-3: 9}})
    check(unhex("AA FD 09"), [("signed", 0, 3)], signed)
    named = FrameFormat("named", [Sync("AA"), Field("t", "u8"), Field("b", "u8", equals="t + 1")], tables={"t": {1: 9}})
    check(unhex("AA 01 02"), [("named", 0, 3)], named)


def test_what_needs_no_bytes_runs_compiled(native_engine: None) -> None:
    assert not Decoder(RATED).fallbacks


@pytest.mark.parametrize("size", ["rates", "rates + 1", "rates[0:1]", "len(rates)"])
def test_a_table_is_only_asked_for_entries(size: str) -> None:
    with pytest.raises(SpecError, match="'rates' is a table"):
        FrameFormat("x", [Sync("AA"), Data("payload", size=size)], tables=RATES, max_size=40)


def test_an_unknown_table_is_no_part_either() -> None:
    with pytest.raises(SpecError, match="unknown part 'rate'"):
        FrameFormat("x", [Sync("AA"), Field("a", "u8"), Data("payload", size="rate[a]")], tables=RATES, max_size=40)
