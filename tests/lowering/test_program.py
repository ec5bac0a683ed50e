"""`framing.lowering.program` and what makes it, `framing.lowering.parts`: a plan as a list of small operations, and what has none."""

from __future__ import annotations

import random
from typing import Any

import pytest

import framing
import generate
from framing import (
    Bits,
    Blocks,
    Checksum,
    Data,
    Decoder,
    Field,
    FrameFormat,
    Length,
    Lookup,
    Sync,
    compiled,
)
from framing.lowering.parts import program
from framing.lowering.program import NONE, Matcher, Operation, Program, Unsupported
from framing.sums.algorithms import Algorithm
from rules import PAIR, SLIP, TEXT, TOY, locked

native = pytest.mark.skipif(not compiled.usable, reason=compiled.missing)
HIGHEST = (1 << 63) - 1


def lowered(*layout: Any, **more: Any) -> Program:
    return program(FrameFormat("x", list(layout), **more))


def names(found: Program) -> str:
    return " ".join(each.name for each in found.operations)


def the(found: Program, name: str) -> Operation:
    """The only operation of that name."""
    (operation,) = (each for each in found.operations if each.name == name)
    return operation


# --- whole programs --------------------------------------------------------------------------------------------------


def test_marker_length_data_checksum() -> None:
    found = program(TOY)
    assert names(found) == "MARKER NUMBER LINEAR RANGE MOVE DATA NUMBER DONE"
    linear, limits = the(found, "LINEAR"), the(found, "RANGE")
    assert (linear.x, linear.y) == (1, 0)
    assert (limits.x, limits.y) == (0, HIGHEST)
    stated = found.operations[6]
    assert (stated.check, stated.edge) == (0, 1)
    assert found.checks[0].begin == -1 - 1, "behind the marker, which is a constant place"
    assert found.checks[0].end == found.operations[5].edge == 0
    assert (found.max_size, found.min_size, found.stuffed) == (258, 3, False)


def test_a_delimited_format_is_an_area_of_open_data() -> None:
    found = program(SLIP)
    assert names(found) == "ENTER OPEN LEAVE DONE"
    assert (found.stuffed, found.closes, found.delimiter, found.cobs) == (True, True, 0xC0, 0)
    assert len(found.states) % 1024 == 0


def test_open_data_stops_at_its_end_the_longest_of_which_comes_first() -> None:
    found = program(TEXT)
    assert names(found) == "MARKER OPEN PATTERN DONE"
    assert found.matchers == [Matcher((b"\x24",)), Matcher((b"\x0a\x0b", b"\x0a"), ends=True)]
    assert the(found, "OPEN").a == the(found, "PATTERN").a == 1


def test_limits_are_a_range() -> None:
    limits = the(program(PAIR), "RANGE")
    assert (limits.x, limits.y) == (1, 1)
    limits = the(program(locked(1)), "RANGE")
    assert (limits.x, limits.y) == (-HIGHEST - 1, 9)


def test_what_nobody_asks_for_is_skipped_with_what_follows() -> None:
    """UBX's class and id are taken together with its length."""
    (ubx,) = framing.load("ubx")
    found = program(ubx)
    assert names(found) == "MARKER NUMBER LINEAR RANGE MOVE DATA NUMBER DONE"
    assert found.operations[1].x == 2
    fixed = lowered(Sync("AA"), Field("a", "u8"), Field("b", "f64le"), Data("payload", size=3))
    assert names(fixed) == "MARKER SKIP DONE"
    assert the(fixed, "SKIP").x == 12


def test_an_optional_part_is_jumped_over() -> None:
    found = lowered(Sync("AA"), Field("a", "u8"), Field("b", "u16le", if_="a & 1"), Field("c", "u8", const=2))
    assert names(found) == "MARKER NUMBER BRANCH SKIP NUMBER RANGE DONE"
    assert found.operations[the(found, "BRANCH").a].name == "NUMBER"
    assert found.expressions == [[("LOAD", 0), ("PUSH", 1), ("AND", 0)]]


def test_a_size_that_cannot_exceed_the_frame_needs_no_room() -> None:
    stuffed = lowered(Length("n", "u8", of="payload"), Data("payload"), transparency={"kind": "slip"})
    assert "ROOM" in names(stuffed)
    assert "ROOM" not in names(program(TOY))


@pytest.mark.parametrize("seed", range(60))
def test_jumps_lead_forward_and_operands_to_what_there_is(seed: int) -> None:
    dice = random.Random(seed)
    found = None
    while found is None:
        try:
            found = program(generate.frame_format(dice))
        except Unsupported:
            continue
    assert found.operations[-1].name == "DONE"
    assert [each.name for each in found.operations].count("DONE") == 1
    for at, each in enumerate(found.operations):
        if each.name in ("BRANCH", "PRESENT", "HOLDS", "JUMP"):
            assert at < each.a < len(found.operations)
        if each.name in ("BRANCH", "EQUALS", "VALID", "SIZE", "LOOKUP", "TRUTH"):
            assert 0 <= each.b < len(found.expressions)
        assert each.edge < found.edges
        assert each.check < len(found.checks)
    verified = {each.check for each in found.operations} | {each.a for each in found.operations if each.name == "VERIFY"}
    for check in (found.checks[number] for number in verified - {NONE}):
        assert max(check.begin, check.end, check.own) < found.edges
        assert 0 <= check.algorithm < len(found.algorithms)


@native
def test_the_compiled_engine_knows_every_operation_and_instruction() -> None:
    from framing import _engine

    operations, instructions = set(), set()
    for seed in range(1500):
        try:
            found = program(generate.frame_format(random.Random(seed)))
        except Unsupported:
            continue
        operations |= {each.name for each in found.operations}
        instructions |= {name for code in found.expressions for name, _ in code}
    # FAIL is for a size that comes from nowhere, which validation refuses.
    assert operations == set(_engine.Step.__members__) - {"FAIL"}, "and there is none that no format needs"
    assert instructions <= set(_engine.Instruction.__members__)


# --- what there is no operation for ----------------------------------------------------------------------------------

PAYLOAD = Data("payload", size=2)
UNSUPPORTED = {
    "the value of a f32le": [Sync("AA"), Field("f", "f32le", min=0), PAYLOAD],
    "the value of a f64be": [Sync("AA"), Field("f", "f64be"), Field("a", "u8", if_="f > 1")],
    "bytes (mark) in an expression": [Sync(["AA", "AB"], as_="mark"), Field("a", "u8", if_="mark == 1"), PAYLOAD],
    "bytes in an expression": [Sync(["AA", "AB"], as_="mark"), Field("a", "u8", if_="mark[:1] == mark"), PAYLOAD],
    "the value of a u72le": [Sync("AA"), Field("a", "u72le", max=5)],
    "16 digits (hex16)": [Sync("AA"), Field("a", "hex16", max=5)],
    "20 digits (bcd20)": [Sync("AA"), Field("a", "bcd20", max=5)],
    "a number beyond 64 bits": [Sync("AA"), Field("a", "u8", if_="a0 > 18446744073709551616"), Field("b", "u8")],
    "a charset of data in blocks (payload)": [Sync("AA"), Data("payload", size=4, charset="00-0F", blocks=Blocks(2, "sum-8", "u8"))],
    "a table with numbers beyond 64 bits": [Sync("AA"), Field("a", "u8"), Data("payload", size=Lookup("a", "wide"))],
}
UNSUPPORTED["a number beyond 64 bits"].insert(1, Field("a0", "u8"))


@pytest.mark.parametrize("message", UNSUPPORTED)
def test_what_it_cannot_express_is_named(message: str) -> None:
    with pytest.raises(Unsupported) as found:
        lowered(*UNSUPPORTED[message], tables={"wide": {0: 1, 1 << 64: 1}}, max_size=40)
    assert str(found.value) == message


@pytest.mark.parametrize("message", UNSUPPORTED)
def test_and_is_what_a_decoder_says(message: str, native_engine: None) -> None:
    made = FrameFormat("x", UNSUPPORTED[message], tables={"wide": {0: 1, 1 << 64: 1}}, max_size=40)
    decoder = Decoder(made)
    assert decoder.engine == "native, python for x"
    assert dict(decoder.fallbacks) == {"x": message}


def test_a_value_that_nobody_asks_for_may_be_of_any_size() -> None:
    assert names(lowered(Sync("AA"), Field("a", "u72le"), Field("b", "f32le"), Data("payload", size=2))) == "MARKER SKIP DONE"


def test_limits_beyond_64_bits() -> None:
    """The value never gets there, and the Python prober has the last word."""
    with pytest.raises(Unsupported, match="a number beyond 64 bits"):
        lowered(Sync("AA"), Field("a", "u64le", max=1 << 63))
    found = lowered(Sync("AA"), Field("a", "u64le", max=HIGHEST))
    assert the(found, "NUMBER").d == 1, "what looks negative is put to Python"
    assert the(lowered(Sync("AA"), Field("a", "i64le", max=5)), "NUMBER").d == 0
    assert the(lowered(Sync("AA"), Bits(["a:63", "b:1"], "u64le"), Field("c", "u8", if_="a")), "NUMBER").d == 0


def test_places_that_nothing_constant_stands_for_are_edges() -> None:
    found = lowered(
        Sync("AA"),
        Length("n", "u8", of="payload"),
        Data("payload"),
        Field("z", "u8"),
        Checksum("ck", "u8", Algorithm("own", 8, None, len), over="payload..z"),
    )
    (check,) = found.checks
    assert check.begin == -1 - 2
    assert check.end >= 0
    assert check.own == NONE
