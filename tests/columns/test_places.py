"""`framing.columns.places`: where fields stand, against frames that are read."""

from __future__ import annotations

from typing import Any

import pytest

import framing
from framing import FrameFormat, Protocol
from framing.columns.places import Place, payload_index, payload_length, place_of, typecode
from framing.model.values import value_type
from rules import shipped


def header(*parts: dict[str, Any], **options: Any) -> FrameFormat:
    return FrameFormat("toy", [{"sync": "AA"}, *parts], max_size=2000, **options)


N = {"length": "n", "type": "u8", "of": "payload"}
PAYLOAD = {"data": "payload"}
SUM = {"checksum": "sum", "type": "u16le", "algorithm": "sum-16", "over": "n..payload"}


def test_a_field_counts_from_the_start_else_from_the_end_else_from_the_payload() -> None:
    u16 = value_type("u16le")
    assert place_of(header(N, PAYLOAD, SUM).plan, "n") == Place("start", 1, value_type("u8"))
    assert place_of(header(N, PAYLOAD, SUM).plan, "sum") == Place("end", -2, u16)
    extra = {"field": "x", "type": "u8", "if": "n == 1"}
    assert place_of(header(N, PAYLOAD, {"field": "y", "type": "u8"}, SUM, extra).plan, "sum") == Place("payload", 1, u16)


@pytest.mark.parametrize(
    ("layout", "options"),
    [
        ([N, {"data": "a", "size": "n"}, {"field": "x", "type": "u8"}, PAYLOAD], {}),
        ([N, {"field": "x", "type": "u8", "if": "n == 1"}, PAYLOAD], {}),
        ([{"field": "x", "type": "u8"}, N, PAYLOAD, {"end": "BB"}], {"transparency": {"kind": "hex"}}),
        ([{"field": "v", "type": "uleb128"}, {"field": "x", "type": "u8"}, {"field": "w", "type": "uleb128"}], {}),
        ([{"end": ["00", "01 02"]}, {"field": "x", "type": "u8"}, {"field": "w", "type": "uleb128"}], {}),
        ([N, {"data": "payload", "blocks": {"size": 2, "checksum": "sum-8", "type": "u8"}}, {"field": "x", "type": "u8"}, {"field": "w", "type": "uleb128"}], {}),
    ],
)  # fmt: skip
def test_what_moves_has_no_place(layout: list[dict[str, Any]], options: dict[str, Any]) -> None:
    assert place_of(header(*layout, **options).plan, "x") is None


def test_fields_around_a_stuffed_area_have_places() -> None:
    made = header(
        {"field": "front", "type": "u8", "max": 9}, {"data": "payload"}, {"end": "BB"}, {"field": "back", "type": "u8"},
        transparency={"kind": "hex", "over": "payload"},
    )  # fmt: skip
    assert place_of(made.plan, "front") == Place("start", 1, value_type("u8"))
    assert place_of(made.plan, "back") == Place("end", -1, value_type("u8"))
    with pytest.raises(ValueError, match="stuffed"):
        payload_index(made.plan)


@pytest.mark.parametrize("order", ["le", "be"])
def test_members_are_cut_to_the_bytes_they_touch(order: str) -> None:
    made = header({"bits": ["a:3", "b:10", "c:4", "_:6", "d:1"], "type": f"u24{order}"})
    raw = made.encode(a=5, b=0x2A5, c=9, d=1)
    for name, value in dict(a=5, b=0x2A5, c=9, d=1).items():
        place = place_of(made.plan, name)
        assert place is not None and place.type.size is not None
        assert place.type.size == (2 if name in "bc" else 1)
        cut = raw[place.offset : place.offset + place.type.size]
        assert int.from_bytes(cut, "little" if order == "le" else "big") >> place.shift & place.mask == value


@pytest.mark.parametrize(
    ("part", "code"),
    [
        *(({"field": "x", "type": kind}, code) for kind, code in {
            "u8": "B", "i8": "b", "u16be": "H", "i16le": "h", "u24le": "I", "u32be": "I", "i24be": "i", "i32le": "i",
            "u40le": "Q", "u64le": "Q", "i48be": "q", "i64be": "q", "f32le": "f", "f64be": "d",
            "hex2": "B", "dec3": "H", "bcd8": "I", "hex16": "Q", "uleb128": "Q",
        }.items()),
        ({"bits": ["x:8", "_:8"], "type": "u16le"}, "B"),
        ({"bits": ["x:9", "_:7"], "type": "u16le"}, "H"),
        ({"bits": ["x:64", "_:64"], "type": "u128le"}, "Q"),
    ],
)  # fmt: skip
def test_the_smallest_type_that_holds_all_values(part: dict[str, Any], code: str) -> None:
    assert typecode(header(part).plan, "x") == code


@pytest.mark.parametrize(("kind", "also", "code"), [("u8", -1, "h"), ("u8", 0, "B"), ("u8", 256, "H"), ("u32le", -1, "q"), ("i8", 200, "h"), ("f32le", -1, "f")])
def test_another_value_widens_it(kind: str, also: int, code: str) -> None:
    assert typecode(header({"field": "x", "type": kind}).plan, "x", also) == code


@pytest.mark.parametrize(
    ("part", "also", "message"),
    [
        ({"field": "x", "type": "u72le"}, None, "u72le do not fit 64 bits"),
        ({"bits": ["x:65", "_:63"], "type": "u128le"}, None, "64 bits"),
        ({"field": "x", "type": "u64le"}, -1, "u64le and -1"),
        ({"field": "x", "type": "u8"}, 0.5, "u8 and 0.5"),
        ({"data": "x", "size": 2}, None, "numbers, not bytes"),
        ({"sync": ["AA", "BB"], "as": "x"}, None, "numbers, not bytes"),
    ],
)
def test_what_no_column_holds(part: dict[str, Any], also: float | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        typecode(header(part).plan, "x", also)


def test_unknown_names_get_a_hint() -> None:
    ubx = framing.load("ubx")["ubx"]
    for ask in (place_of, typecode):
        with pytest.raises(KeyError, match="did you mean 'class'"):
            ask(ubx.plan, "klass")
        with pytest.raises(KeyError, match="known are class, id, size, payload, ck"):
            ask(ubx.plan, "zzz")


def test_the_length_that_alone_sizes_the_payload() -> None:
    assert payload_length(header(N, PAYLOAD).plan) is not None
    assert payload_length(header({"length": "n", "type": "u8", "of": "frame"}, PAYLOAD).plan) is None
    assert payload_length(header({"length": "n", "type": "u128le", "of": "payload", "max": 9}, PAYLOAD).plan) is None
    assert payload_length(header({"data": "payload", "size": 3}).plan) is None
    assert payload_length(header({"field": "x", "type": "u8"}).plan) is None


def test_shipped_headers_stand_at_places() -> None:
    """A guard against slowness: what is stuffed, text or optional does not, and most is none of these."""
    formats = [each for name in framing.shipped() for each in shipped(name) if each.plan.transparency is None]
    typed = [(each.full_name, field) for each in formats for field in each.plan.values if _has_type(each, field)]
    slow = {(each.full_name, field) for each in formats for field in each.plan.values if place_of(each.plan, field) is None}
    assert len(slow & {*typed}) < len(typed) / 5
    assert not {name for name, _ in slow & {*typed}} & {"ubx", "mavlink.v1", "sbf", "sbp", "rtcm3", "novatel", "modbus-tcp", "ogg", "skytraq"}


def _has_type(each: FrameFormat, field: str) -> bool:
    try:
        typecode(each.plan, field)
    except ValueError:
        return False
    return True


def test_a_protocol_of_several_formats_has_places_for_each() -> None:
    both: Protocol = framing.load("mbus")
    assert place_of(both["long"].plan, "checksum") == Place("end", -2, value_type("u8"))
    assert place_of(both["short"].plan, "checksum") == Place("start", 3, value_type("u8"))
