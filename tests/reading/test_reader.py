"""`framing.reading.reader`: the fields and the payload of whole frames."""

from __future__ import annotations

import pytest

from framing.model.checks import Blocks
from framing.model.patterns import End
from framing.reading.reader import find_end, read, unblocked, unblocked_size, walk
from vectors import VECTORS, Vector

every = pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.id)
BLOCKS = Blocks(2, "sum-8", "u8")


@every
def test_fields_stand_in_wire_order_and_the_payload_beside_them(vector: Vector) -> None:
    fields, payload = read(vector.format.plan, vector.raw)
    assert list(fields.items()) == list(vector.fields.items())
    assert payload == vector.payload


@every
def test_every_other_frame_is_read_to_its_end(vector: Vector) -> None:
    for raw in vector.also:
        values, spans = walk(vector.format.plan, raw)
        if vector.format.transparency is None:
            assert max(end for _, end in spans.values()) == len(raw)
        assert set(values) <= set(vector.format.plan.values)


def test_an_absent_part_is_no_field() -> None:
    by_name = {vector.id: vector.format.plan for vector in VECTORS}
    assert "sum" not in read(by_name["optional-sum"], bytes.fromhex("AA 00 41 41"))[0]
    assert read(by_name["optional-end"], bytes.fromhex("AA 00 07"))[0] == {"k": 0, "z": 7}


def test_an_end_leaves_room_for_what_follows_it() -> None:
    by_name = {vector.id: vector.format.plan for vector in VECTORS}
    assert read(by_name["short-text"], bytes.fromhex("24 61 0A 0B")) == ({"z": 0x0B}, b"a")
    assert read(by_name["short-text"], bytes.fromhex("24 0A 0B 07")) == ({"z": 7}, b"")


@pytest.mark.parametrize(
    ("logical", "room", "expected"),
    [
        (b"ab", 2, (-1, 0)),
        (b"a\x0a\x0b", 3, (1, 2)),
        (b"a\x0a\x0b", 2, (1, 1)),
        (b"a\x0ac\x0a\x0b", 5, (1, 1)),
        (b"\x0a\x0a\x0b", 3, (0, 1)),
    ],
)
def test_the_earliest_end_and_there_the_longest(logical: bytes, room: int, expected: tuple[int, int]) -> None:
    assert find_end(End(["0A", "0A 0B"]), logical, 0, room) == expected


@pytest.mark.parametrize(("wire", "data"), [("", ""), ("01 FF", "01"), ("01 02 FF", "01 02"), ("01 02 FF 03 FF", "01 02 03")])
def test_block_checksums_are_left_out(wire: str, data: str) -> None:
    raw, plain = bytes.fromhex(wire), bytes.fromhex(data)
    assert unblocked(BLOCKS, raw) == plain
    assert unblocked_size(BLOCKS, len(raw)) == len(plain)
    assert BLOCKS.wire(len(plain)) == len(raw)
