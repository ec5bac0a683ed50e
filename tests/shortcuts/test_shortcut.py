"""`framing.shortcuts.shortcut`: they accept and reject what the prober does, never anything else, and wait no longer than it does."""

from __future__ import annotations

import random

import pytest

import generate
from framing import Data, Field, FrameFormat, Sync, Transparency
from framing.errors import Reason
from framing.events import Event
from framing.probing.probe import whole
from framing.shortcuts.answers import reason_of
from framing.shortcuts.shortcut import run, shortcut
from framing.spec import load, shipped
from prober import holds
from rules import SLIP, TEXT, TOY, toy
from vectors import VECTORS, Vector

every = pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.id)


@every
def test_it_says_nothing_that_the_prober_does_not(vector: Vector) -> None:
    holds(vector.format, vector.raw + vector.raw)
    for raw in (*vector.also, *(raw for raw, _, _ in vector.bad)):
        holds(vector.format, raw + vector.raw[:2])


@pytest.mark.parametrize("seed", range(150))
def test_random_formats(seed: int) -> None:
    dice = random.Random(seed)
    each = generate.frame_format(dice)
    holds(each, generate.stream(dice, [each], most=24))


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.id in (
    "toy", "bits", "members", "front", "nested", "agrees", "table", "blocks", "anywhere", "extra", "zeros", "slip", "cobs",
    "cobs-r", "dle", "hex", "short", "fixed-slip",
)], ids=lambda each: each.id)  # fmt: skip
def test_the_ordinary_frame_is_accepted_at_once(vector: Vector) -> None:
    accept = shortcut(vector.format.plan)
    assert accept is not None
    assert accept(vector.raw + b"\x00", 0, len(vector.raw) + 1) == len(vector.raw)
    assert accept(b"\x77\x77" + vector.raw, 2, 2 + len(vector.raw)) == 2 + len(vector.raw)


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.id in ("xbee", "run", "doubled", "types")], ids=lambda each: each.id)
def test_some_layouts_are_left_to_the_prober(vector: Vector) -> None:
    assert shortcut(vector.format.plan) is None


@pytest.mark.parametrize("name", sorted(set(shipped()) & {"ubx", "nmea", "rtcm3", "sbf", "sbp", "kiss", "tsip", "ogg", "novatel"}))
def test_shipped_protocols_are_decoded_by_short_cuts(name: str) -> None:
    for example in load(name).examples:
        for each in load(name):
            accept = shortcut(each.plan)
            raw = each.decode(example.raw).raw if each.plan.delimited else example.raw
            if whole(each.plan, raw, 0).end == len(raw) and accept is not None:
                assert accept(raw + b"\x00", 0, len(raw) + 1) == len(raw)
                break
        else:
            pytest.fail(f"no short cut for {example.source}")


def test_bytes_beyond_the_end_do_not_count() -> None:
    accept = shortcut(TOY.plan)
    assert accept is not None
    raw = toy(b"hello")
    assert accept(raw, 0, len(raw)) == len(raw)
    assert accept(raw, 0, len(raw) - 1) <= 0
    assert reason_of(accept(raw, 0, len(raw) - 1)) is None
    assert reason_of(accept(raw[:-1] + b"\x00", 0, len(raw))) in (None, Reason.CHECKSUM)


def test_it_reads_a_bytearray_too() -> None:
    for each, raw in ((TOY, toy(b"hello")), (SLIP, b"ab\xdb\xdc\xc0"), (TEXT, b"$ab\n1")):
        accept = shortcut(each.plan)
        assert accept is not None
        assert accept(bytearray(raw), 0, len(raw)) == accept(raw, 0, len(raw)) > 0


def test_odd_values_are_left_to_the_prober() -> None:
    each = FrameFormat("odd", [Sync("AA"), Field("k", "u8"), Data("payload", size="4 // k")], max_size=20)
    accept = shortcut(each.plan)
    assert accept is not None
    assert accept(b"\xaa\x00abcd", 0, 6) == 0
    assert accept(b"\xaa\x01abcd", 0, 6) == 6


def test_its_source_can_be_read() -> None:
    accept = shortcut(TOY.plan)
    assert "def accept(b, s, n):" in accept.source  # type: ignore[union-attr]


def test_a_stuffed_span_between_others() -> None:
    each = FrameFormat("span", [Sync("10"), Field("id", "u8", const=5), Data("payload")], transparency=Transparency("hdlc"))
    holds(each, bytes.fromhex("10 05 41 7D 5E 7E 10 05 7E"))


@every
def test_a_run_takes_the_frames_that_stand_back_to_back(vector: Vector) -> None:
    take = run(vector.format)
    assert (take is None) == (shortcut(vector.format.plan) is None)
    accept = shortcut(vector.format.plan)
    if take is None or accept is None or accept(vector.raw * 2, 0, 2 * len(vector.raw)) != len(vector.raw):
        return
    for buffer in (b"\x77" + vector.raw * 3 + b"\x77", bytearray(b"\x77" + vector.raw * 3 + b"\x77")):
        found: list[Event] = []
        assert take(buffer, 1, len(buffer), 100, found.append) == len(buffer) - 1
        assert [(event.start, event.raw) for event in found] == [(101 + k * len(vector.raw), vector.raw) for k in range(3)]
        assert take(buffer, len(buffer) - 1, len(buffer), 100, found.append) == len(buffer) - 1
        assert len(found) == 3


def test_a_run_ends_at_a_byte_that_is_no_marker() -> None:
    one = FrameFormat("one", [Sync("AA"), Field("a", "u8")])
    take = run(one)
    assert take is not None
    found: list[Event] = []
    assert take(b"\xaa\x01\xbb\x02", 0, 4, 0, found.append) == 2
