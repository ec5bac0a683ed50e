"""Strategies for hypothesis: valid frames that shrink, damaged streams with their truth."""

from __future__ import annotations

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import framing
from framing import Data, Field, FrameFormat, Length, Sync, damage
from framing.making import NoFrameError
from framing.strategies import frames, streams

UBX, NMEA, MBUS = (framing.load(name) for name in ("ubx", "nmea", "mbus"))


@settings(max_examples=50)
@given(frames(UBX, NMEA))
def test_frames_are_valid(frame: framing.Frame) -> None:
    protocol = UBX if frame.format == "ubx" else NMEA
    assert protocol.decode(frame.raw) == frame


@pytest.mark.parametrize("name", ["mavlink", "spartn", "ccsds-cadu", "modbus-rtu", "dnp3", "mpeg-audio", "flac"])
def test_frames_of_involved_formats(name: str) -> None:
    protocol = framing.load(name)

    @settings(max_examples=15)
    @given(frames(protocol))
    def valid(frame: framing.Frame) -> None:
        assert protocol[frame.format].decode(frame.raw) == frame

    valid()


def test_every_format_of_a_protocol_turns_up() -> None:
    for definition in MBUS:
        assert find(frames(MBUS), lambda frame: frame.format == definition.full_name).format == definition.full_name  # noqa: B023


def test_a_frame_shrinks_to_what_is_wrong() -> None:
    found = find(frames(UBX), lambda frame: len(frame.payload) > 3)
    assert (found.payload, found.fields["class"], found.fields["id"]) == (bytes(4), 0, 0)
    number = find(frames(FrameFormat("x", [Sync("AA"), Field("n", "u32le")])), lambda frame: frame["n"] >= 1000)
    assert number["n"] == 1000


def test_no_part_is_larger_than_asked_for() -> None:
    counted = FrameFormat("x", [Sync("AA"), Length("n", "u16le", of="payload"), Data("payload")])

    @given(frames(counted, largest=5))
    def small(frame: framing.Frame) -> None:
        assert len(frame.payload) <= 5

    small()


def test_a_format_of_which_nothing_comes_is_told_at_once() -> None:
    never = FrameFormat("x", [Sync("AA"), Field("f", "u64le", valid="f == 0x123456789ABCDEF")])
    with pytest.raises(NoFrameError, match="no valid frame of x"):
        frames(never)
    example = never.encode(f=0x123456789ABCDEF)
    assert find(frames(never, examples=[example]), lambda _: True).raw == example
    with pytest.raises(TypeError):
        frames()


@settings(max_examples=40)
@given(streams(UBX, models=[damage.Lost(rate=0.02), damage.Console(rate=0.5)]))
def test_intact_frames_of_streams_are_found(damaged: damage.Damaged) -> None:
    found = {(event.start, event.end) for event in framing.decode(damaged.data, UBX) if isinstance(event, framing.Frame)}
    for start, end in damaged.intact:
        assert (start, end) in found or any(one < end and start < two for one, two in found)


def test_streams_are_damaged_now_and_then_and_have_as_many_frames_as_asked_for() -> None:
    lossy = streams(UBX, models=[damage.Lost(rate=0.5)], most=2)
    assert find(lossy, lambda each: any(not sent.intact for sent in each.sent)).sent
    assert len(find(lossy, lambda each: len(each.sent) == 2 and all(sent.intact for sent in each.sent)).intact) == 2

    @given(lossy, st.none())
    def few(damaged: damage.Damaged, _: None) -> None:
        assert 1 <= len(damaged.sent) <= 2

    few()
