"""The demo's stream and its truth."""

from __future__ import annotations

import pytest

import framing
from framing.cli import scene

PROTOCOLS = {name: framing.load(name) for name in scene.FORMATS}


@pytest.mark.parametrize("seed", range(1, 41))
def test_every_intact_frame_is_recovered(seed: int) -> None:
    built = scene.build(seed, PROTOCOLS)
    decoder = framing.Decoder(*PROTOCOLS.values())
    events = [event for piece in scene.pieces(seed, built.stream) for event in decoder.feed(piece)] + decoder.close()
    scores, lost = scene.balance(built, events)
    assert lost == []
    assert sum(score.sent for score in scores) == scene.FRAMES
    assert all(score.recovered == score.intact for score in scores)
    assert b"".join(event.raw for event in events) == built.stream


def test_the_damage_is_as_announced() -> None:
    built = scene.build(5, PROTOCOLS)
    assert built.damage() == {scene.FLIPPED_BIT: scene.FLIPPED, scene.LOST_BYTE: scene.LOST, scene.INFLATED: 1}
    assert built.bursts == scene.BURSTS
    assert len(built.stream) < scene.CLAIMED
    for each in built.sent:
        there = built.stream[each.start : each.start + len(each.raw)] == each.raw
        assert there == (not each.damage)
        assert framing.load(each.format).decode(each.raw).format == each.format


def test_a_seed_is_a_stream() -> None:
    assert scene.build(5, PROTOCOLS) == scene.build(5, PROTOCOLS)
    assert scene.build(5, PROTOCOLS).stream != scene.build(6, PROTOCOLS).stream


def test_pieces_are_the_stream() -> None:
    assert b"".join(scene.pieces(1, bytes(range(256)) * 9)) == bytes(range(256)) * 9
    assert list(scene.pieces(1, b"")) == []


def test_what_is_lost_is_named() -> None:
    built = scene.build(5, PROTOCOLS)
    scores, lost = scene.balance(built, [])
    assert [score.recovered for score in scores] == [0, 0, 0]
    assert len(lost) == sum(not each.damage for each in built.sent)
