"""Recovery as it is reported: every loss has its cause, stalls are as long as they say, false frames as many as expected."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

import framing
from framing import Checksum, Data, Field, FrameFormat, Length, Lock, Next, Sync, damage
from framing.fuzzing import recovery
from framing.fuzzing.recovery import ALONE, UNCAUSED, UNCONFIRMED, UNDER, false_accepts, models_for, recover
from framing.fuzzing.report import make

UBX = framing.load("ubx")
LOST = damage.Lost(rate=0.01)


def of(definition: FrameFormat, raws: list[bytes]) -> tuple[bytes, list[damage.Target]]:
    data = b"".join(raws)
    return data, damage.targets(data, definition)


@pytest.mark.parametrize("order", ["strict", "early"])
def test_every_intact_frame_is_recovered(order: framing.decoder.Order) -> None:
    made = make([UBX], 120, 1)
    found = recover([UBX], made.stream, made.targets, LOST, order, 1)
    assert found.recovered == found.intact < 120
    assert (found.invented, found.lost) == (0, Counter())


def test_a_stall_is_what_arrives_until_a_frame_comes_out() -> None:
    """A length claims 1000 bytes; the frames behind it wait for all of them in strict order, two frames in early order."""
    made = make([UBX], 120, 1)
    strict = recover([UBX], made.stream, made.targets, damage.Inflated(rate=0.05), "strict", 2)
    early = recover([UBX], made.stream, made.targets, damage.Inflated(rate=0.05), "early", 2)
    assert strict.stall > 1000
    assert early.stall < 200
    clean = recover([UBX], made.stream, made.targets, damage.Bits(rate=0), "strict", 1)
    assert (clean.recovered, clean.stall) == (120, 0)


def test_a_frame_under_another_one_is_told() -> None:
    """No checksum: what has lost its tail takes the next frame's head."""
    bare = FrameFormat("bare", [Sync("AA"), Length("n", "u8", of="payload", max=20), Data("payload")])
    data, targets = of(bare, [bare.encode(bytes(10))] * 60)
    found = recover([bare], data, targets, damage.Truncated(rate=0.2), "strict", 1)
    assert set(found.lost) == {UNDER}
    assert found.recovered + found.lost.total() == found.intact


def test_a_frame_without_what_must_follow_it_is_told() -> None:
    followed = FrameFormat("x", [Sync("AA BB"), Field("f", "u8"), Next("marker")])
    data, targets = of(followed, [followed.encode(f=n) for n in range(60)])
    found = recover([followed], data, targets, damage.Inserted(rate=0.05), "strict", 1)
    assert set(found.lost) == {ALONE}


def test_a_frame_that_nothing_confirms_is_told() -> None:
    locked = FrameFormat("x", [Sync("AA BB"), Field("f", "u8", max=99)], lock=Lock(confirm=3))
    data, targets = of(locked, [locked.encode(f=n) for n in range(60)])
    found = recover([locked], data, targets, damage.Inserted(rate=0.1), "strict", 1)
    assert set(found.lost) == {UNCONFIRMED}


def test_a_loss_without_a_cause_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deaf(framing.Decoder):
        def feed(self, chunk: bytes) -> list[framing.Event]:  # type: ignore[override]
            return [event for event in super().feed(chunk) if not isinstance(event, framing.Frame) or event["id"] != 7]

    made = make([UBX], 3, 1)
    raw = UBX.encode(b"x", **{"class": 1, "id": 7})
    stream = made.stream + raw
    monkeypatch.setattr(recovery, "Decoder", Deaf)
    found = recover([UBX], stream, damage.targets(stream, UBX), damage.Bits(rate=0), "strict", 1)
    assert found.lost == Counter({UNCAUSED: 1})


def test_false_frames_are_as_many_as_the_checksum_lets_pass() -> None:
    def checked(kind: str, algorithm: str) -> FrameFormat:
        return FrameFormat("x", [Sync("AA"), Data("payload", size=6), Checksum("c", kind, algorithm, over="payload")])

    weak = checked("u8", "CRC-8/SMBUS")
    frames = [weak.decode(weak.encode(Random(n).randbytes(6))) for n in range(50)]
    found = false_accepts([weak], frames, 6000, 1)
    assert found.bits == 8
    assert found.checked > 5000
    assert found.expected * 0.5 < found.passed < found.expected * 2
    strong = checked("u32le", "CRC-32/ISO-HDLC")
    frames = [strong.decode(strong.encode(Random(n).randbytes(6))) for n in range(50)]
    found = false_accepts([strong], frames, 6000, 1)
    assert (found.bits, found.passed) == (32, 0)


def test_without_a_checksum_false_frames_are_only_counted() -> None:
    bare = FrameFormat("x", [Sync("AA"), Data("payload", size=6)])
    frames = [bare.decode(bare.encode(Random(n).randbytes(6))) for n in range(50)]
    found = false_accepts([bare], frames, 100, 1)
    assert (found.bits, found.checked, found.expected) == (0, 0, 0)
    assert found.unchecked > 50


def test_all_models_are_tried_with_about_one_frame_in_ten_hit() -> None:
    assert {model.name for model in models_for(30)} == set(damage.MODELS)
    made = make([UBX], 100, 1)
    hit = 0
    for model in models_for(made.mean):
        broken = sum(not each.intact for each in damage.apply(made.stream, [model], made.targets, 1).sent)
        assert broken <= 35, model
        hit += broken
    assert hit > 60
    assert len(models_for(0.5)) == len(damage.MODELS), "a rate is at most 1"
