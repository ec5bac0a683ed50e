"""Each model does what it says, as often as it says; words name models."""

from __future__ import annotations

import random
from dataclasses import fields
from difflib import SequenceMatcher
from itertools import pairwise

import pytest

import framing
from framing import damage
from framing.damage.models import MODELS, Model
from framing.damage.streams import Stream, Target
from framing.damage.words import told

UBX = framing.load("ubx")
[FORMAT] = UBX
DATA = random.Random(5).randbytes(200_000)


def damaged(model: Model, data: bytes = DATA, seed: int = 1) -> bytes:
    return damage.apply(data, [model], seed=seed).data


def flips(data: bytes, broken: bytes) -> list[int]:
    """The places of the bits that differ."""
    wrong = int.from_bytes(data, "big") ^ int.from_bytes(broken, "big")
    size = 8 * len(data)
    return [at for at, bit in enumerate(f"{wrong:0{size}b}") if bit == "1"]


def frames(count: int = 400) -> tuple[bytes, list[Target]]:
    rnd = random.Random(3)
    stream = b"".join(UBX.encode(rnd.randbytes(rnd.randint(1, 60)), **{"class": 1, "id": 2}) for _ in range(count))
    return stream, damage.targets(stream, UBX)


# --- bytes -----------------------------------------------------------------------------------------------------------


def test_bits_flip_at_the_rate_and_everywhere() -> None:
    found = flips(DATA, damaged(damage.Bits(rate=1e-3)))
    assert 1600 * 0.9 < len(found) < 1600 * 1.1
    assert {at % 8 for at in found} == set(range(8))
    assert found[0] < 16_000
    assert found[-1] > 8 * len(DATA) - 16_000


def test_a_rate_of_one_is_every_bit_and_of_zero_none() -> None:
    assert damaged(damage.Bits(rate=1)) == bytes(255 - byte for byte in DATA)
    for kind in MODELS.values():
        if "rate" in {each.name for each in fields(kind)}:
            stream, targets = frames(3)
            assert damage.apply(stream, [kind(rate=0)], targets).data == stream
    assert damaged(damage.Bits(rate=5e-324)) == DATA


def test_bursts_have_their_length_and_their_distance() -> None:
    found = flips(DATA, damaged(damage.Burst(every=20_000, length=50)))
    bursts: list[list[int]] = []
    for at in found:
        if not bursts or at - bursts[-1][-1] > 60:  # within one, the next error is 2 bits on in the mean
            bursts.append([])
        bursts[-1].append(at)
    assert 80 * 0.7 < len(bursts) < 80 * 1.3, "1.6 million bits, one burst in 20,050"
    assert 25 * 0.6 < len(found) / len(bursts) < 25 * 1.4, "half of 50 bits"
    between = flips(DATA, damaged(damage.Burst(every=1e9, length=1, errors=0, between=1e-3)))
    assert 1600 * 0.9 < len(between) < 1600 * 1.1


def test_lost_inserted_and_doubled_bytes_change_the_size_by_what_they_say() -> None:
    for rate, run in [(0.01, 1), (0.001, 10)]:
        lost = len(DATA) - len(damaged(damage.Lost(rate=rate, run=run)))
        inserted = len(damaged(damage.Inserted(rate=rate, run=run))) - len(DATA)
        doubled = len(damaged(damage.Doubled(rate=rate, run=run))) - len(DATA)
        for change in (lost, inserted, doubled):
            assert 2000 * 0.75 < change < 2000 * 1.25


def test_a_doubled_byte_stands_behind_itself() -> None:
    data = bytes(range(200))
    broken = damaged(damage.Doubled(rate=0.05), data)
    assert sorted(broken) == list(broken), "as the data goes up, so does it with doubles"
    assert bytes(dict.fromkeys(broken)) == data
    assert len(broken) > 200


def test_what_is_lost_leaves_the_rest_in_order() -> None:
    data = bytes(range(250))
    broken = damaged(damage.Lost(rate=0.05, run=3), data)
    assert 0 < len(broken) < 250
    assert all(one < two for one, two in pairwise(broken))


def test_swapped_bytes_are_neighbours() -> None:
    data = bytes(range(250))
    broken = damaged(damage.Swapped(rate=0.1), data)
    moved = [at for at in range(250) if broken[at] != at]
    assert moved
    assert len(moved) % 2 == 0
    for one, two in zip(moved[::2], moved[1::2], strict=True):
        assert (broken[one], broken[two]) == (two, one) == (one + 1, one)


@pytest.mark.parametrize(("level", "byte"), [(0, 0), (1, 255)])
def test_a_stuck_line_reads_one_level(level: int, byte: int) -> None:
    broken = damaged(damage.Stuck(rate=0.001, run=20, level=level))
    wrong = [at for at in range(len(DATA)) if broken[at] != DATA[at]]
    assert {broken[at] for at in wrong} == {byte}
    assert 0.01 < len(wrong) / len(DATA) < 0.03


# --- frames ----------------------------------------------------------------------------------------------------------


def test_truncated_frames_have_lost_their_tails() -> None:
    stream, targets = frames()
    result = damage.apply(stream, [damage.Truncated(rate=0.25)], targets, seed=2)
    broken = [each for each in result.sent if not each.intact]
    assert 70 < len(broken) < 130
    pieces = result.data.split(b"\xb5\x62")
    assert len(stream) > len(result.data)
    assert len(pieces) > 300
    matcher = SequenceMatcher(None, stream[:3000], result.data[:2500], autojunk=False)
    assert {tag for tag, *_ in matcher.get_opcodes()[:-1]} <= {"equal", "delete"}


def test_inflated_frames_change_in_their_lengths_alone() -> None:
    stream, targets = frames()
    result = damage.apply(stream, [damage.Inflated(rate=0.25)], targets, seed=2)
    assert len(result.data) == len(stream)
    broken = [each for each in result.sent if not each.intact]
    assert 70 < len(broken) < 130
    for each in broken:
        old, new = stream[each.start : each.end], result.data[each.start : each.end]
        assert old[:4] + old[6:] == new[:4] + new[6:]
        assert int.from_bytes(new[4:6], "little") > len(old) - 8


def test_a_console_speaks_between_frames() -> None:
    stream, targets = frames()
    result = damage.apply(stream, [damage.Console(rate=0.25)], targets, seed=2)
    assert all(each.intact for each in result.sent), "no frame is touched"
    gaps = [event.raw for event in framing.decode(result.data, UBX) if isinstance(event, framing.Gap)]
    assert sum(gap.count(b"\n") for gap in gaps) > 70
    assert b"".join(gaps).replace(b"\r", b"").replace(b"\n", b" ").isascii()


def test_two_streams_take_turns() -> None:
    result = damage.apply(bytes(1000) + bytes([1]) * 500, [damage.Spliced(run=50, seam=2 / 3)])
    assert sorted(result.data) == sorted(bytes(1000) + bytes([1]) * 500)
    turns = sum(one != two for one, two in pairwise(result.data))
    assert 8 <= turns <= 40


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_every_model_goes_by_its_name_and_says_what_it_does(name: str) -> None:
    assert damage.model(name) == MODELS[name]()
    parameters = next(parameters for each, parameters, _ in told() if each == name)
    assert damage.model(f"{name}:{parameters}") == MODELS[name]()
    assert getattr(damage, MODELS[name].__name__) is MODELS[name]
    assert all(each.metadata["doc"] for each in fields(MODELS[name]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bit", r"unknown model 'bit'; expected one of bits, .*; did you mean 'bits'\?"),
        ("lost:rat=1", r"lost has no 'rat', only rate, run; did you mean 'rate'\?"),
        ("lost:", r"lost: nothing behind the colon; expected rate=…, run=…"),
        ("lost:rate", r"lost: rate has no value; expected rate=NUMBER, once"),
        ("lost:rate=1,rate=1", r"lost: rate is given twice"),
        ("lost:rate=x", r"lost: rate is 'x'; expected a number"),
        ("lost:rate=2", r"lost: rate is 2.0; expected 0 to 1"),
        ("lost:rate=nan", r"lost: rate is nan; expected 0 to 1"),
        ("lost:run=0.5", r"lost: run is 0.5; expected 1 to"),
        ("burst:every=inf", r"burst: every is inf"),
    ],
)
def test_a_wrong_word_is_told(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        damage.model(text)


def test_a_wrong_value_is_refused_in_python_too() -> None:
    with pytest.raises(ValueError, match=r"bits: rate is '0\.1'"):
        damage.Bits(rate="0.1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bits: rate is True"):
        damage.Bits(rate=True)


def test_an_empty_stream_stays_empty() -> None:
    for kind in MODELS.values():
        if kind is not damage.Inserted:
            assert Stream.of(b"").rebuilt(kind().pieces(Stream.of(b""), [], random.Random(1))) == Stream.of(b"")
