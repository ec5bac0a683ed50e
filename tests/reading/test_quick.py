"""`framing.reading.quick`: the same fields and payload as walking the parts gives, in the same order."""

from __future__ import annotations

import random

import pytest

import framing
import generate
from framing.model.data import Data
from framing.model.numbers import Field, Length
from framing.model.patterns import End, Sync
from framing.reading import quick as quick_reading
from framing.reading import reader as reading
from rules import shipped


def same(each: framing.FrameFormat, raw: bytes) -> bool:
    """Whether there is a quick reader; what it gives is compared."""
    quick = quick_reading.reader(each.plan)
    if quick is None:
        return False
    fields, payload = reading.read(each.plan, raw)
    assert quick(raw) == (fields, payload)
    assert list(quick(raw)[0]) == list(fields)
    return True


@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_random_formats(first: int) -> None:
    read = 0
    for seed in range(first, first + 100):
        rnd = random.Random(seed)
        each = generate.frame_format(rnd)
        raw = generate.frame(rnd, each)[0]
        if raw:
            read += same(each, each.decode(raw).raw)
    assert read > 5


@pytest.mark.parametrize("name", framing.shipped())
def test_shipped_examples(name: str) -> None:
    for example in shipped(name).examples:
        protocol = framing.load(name, **example.parameters)
        frame = protocol.decode(example.raw)
        each = next(one for one in protocol if one.full_name == frame.format)
        same(each, frame.raw)


def test_most_shipped_formats_are_read_quickly() -> None:
    quick = {each.full_name for name in framing.shipped() for each in shipped(name) if quick_reading.reader(each.plan)}
    assert {"ubx", "nmea", "rtcm3", "cobs-crc16", "mavlink.v1", "dnp3"} <= quick


def test_an_end_that_was_not_searched_is_left_to_the_walk() -> None:
    each = framing.FrameFormat("x", [Sync("02"), Length("size", "u8", of="payload"), Data("payload"), End(["03", "03 03"])])
    assert quick_reading.reader(each.plan) is None
    assert each.decode(bytes.fromhex("02 02 00 03 03")).payload == b"\x00\x03"


def test_two_parts_of_variable_size_are_left_to_the_walk() -> None:
    layout = [Field("n", "uleb128"), Length("size", "u8", of="payload"), Data("payload")]
    assert quick_reading.reader(framing.FrameFormat("x", layout).plan) is None
