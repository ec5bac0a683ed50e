"""The truth is true: intact frames stand where it says, and a decoder in strict order finds every one of them."""

from __future__ import annotations

import random

import pytest

import framing
from framing import damage
from framing.damage.models import MODELS

NAMES = ("ubx", "rtcm3", "cobs-crc16", "mavlink", "sbp")
STRONG = [
    "bits:rate=0.002",
    "burst:every=1000,length=30",
    "lost:rate=0.01",
    "inserted:rate=0.01,run=3",
    "doubled:rate=0.01",
    "doubled:rate=0.002,run=90",
    "swapped:rate=0.01",
    "truncated:rate=0.2",
    "inflated:rate=0.2",
    "stuck:rate=0.005,run=10",
    "console:rate=0.2",
    "spliced:run=150",
]


def stream_of(protocol: framing.Protocol, seed: int) -> bytes:
    """Frames like the examples of a spec, some with other payloads."""
    rnd = random.Random(seed)
    examples = [protocol.decode(each.raw) for each in protocol.examples]
    return b"".join(rnd.choice(examples).raw for _ in range(150))


@pytest.mark.parametrize("text", STRONG)
@pytest.mark.parametrize("name", NAMES)
def test_every_intact_frame_is_found_where_it_stands(name: str, text: str) -> None:
    protocol = framing.load(name)
    data = stream_of(protocol, 1)
    targets = damage.targets(data, protocol)
    result = damage.apply(data, [damage.model(text)], targets, seed=7)
    if name == "cobs-crc16" and text.startswith("inflated"):
        assert result.data == data, "it has no length to inflate"
        return
    assert result.data != data
    frames = [event for event in framing.decode(result.data, protocol) if isinstance(event, framing.Frame)]
    found = {(frame.format, frame.start, frame.raw) for frame in frames}
    known = {(frame.start, frame.end) for frame in frames} - set(result.intact)
    for each in result.sent:
        for at in each.places:
            raw = data[each.start : each.end]
            assert result.data[at : at + len(raw)] == raw
            hidden = any(start < at + len(raw) and at < end for start, end in known)
            assert (each.format, at, raw) in found or hidden
        assert bool(each.by) != each.intact
    if name != "mavlink":  # whose signature no checksum covers
        assert len(known) < 5, "what was broken hardly ever passes its checks"


def test_the_strong_models_are_all_models() -> None:
    assert {text.partition(":")[0] for text in STRONG} == set(MODELS)


def test_the_same_seed_gives_the_same_damage_and_another_seed_another() -> None:
    ubx = framing.load("ubx")
    data = stream_of(ubx, 1)
    targets = damage.targets(data, ubx)
    models = [damage.Lost(rate=0.01), damage.Console(rate=0.1), damage.Bits(rate=1e-3)]
    assert damage.apply(data, models, targets, seed=1) == damage.apply(data, models, targets, seed=1)
    assert damage.apply(data, models, targets, seed=1) != damage.apply(data, models, targets, seed=2)


def test_who_broke_it_first_is_named() -> None:
    ubx = framing.load("ubx")
    data = ubx.encode(b"hello", **{"class": 1, "id": 2})
    [sent] = damage.apply(data, [damage.Truncated(rate=1), damage.Bits(rate=1)], damage.targets(data, ubx)).sent
    assert (sent.by, sent.places, sent.intact) == ("truncated", (), False)


def test_a_frame_that_comes_twice_stands_twice() -> None:
    ubx = framing.load("ubx")
    raw = ubx.encode(b"hello", **{"class": 1, "id": 2})
    targets = damage.targets(raw, ubx)
    result = damage.apply(raw, [damage.Doubled(rate=1, run=1e9)], targets)
    assert result.data == raw + raw
    assert result.intact == [(0, len(raw)), (len(raw), 2 * len(raw))]


def test_a_delimiter_that_comes_later_repairs_a_frame() -> None:
    slip = framing.load("slip")
    data = slip.encode(b"abc")
    targets = damage.targets(data, slip)
    for seed in range(2000):
        result = damage.apply(data, [damage.Inserted(rate=0.1), damage.Inserted(rate=0.1)], targets, seed=seed)
        [sent] = result.sent
        if sent.intact and sent.places[0] > 0:
            assert result.data[sent.places[0] - 1] == 0xC0
            assert sent.by == ""
            return
    raise AssertionError("no seed put a delimiter there")


def test_frames_that_are_needed_must_be_given() -> None:
    with pytest.raises(ValueError, match="inflated happens to frames, and there are none"):
        damage.apply(b"abc", [damage.Inflated()])


def test_frames_must_fit_the_stream() -> None:
    cobs = framing.load("cobs-crc16")
    [definition] = cobs
    raw = b"x" + cobs.encode(b"hello")
    with pytest.raises(ValueError, match="no frame of cobs-crc16 can stand at 1 of this stream"):
        damage.apply(raw, [damage.Bits()], [damage.Target(definition, 1, len(raw))])
