"""`framing.analysis.codes`: published distances, brute force over small code words, and simulated bit errors."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.analysis import codes
from framing.analysis.codes import crc_strength, strength, undetected
from framing.checksums import algorithm
from framing.sums.algorithms import Algorithm, CrcModel

# Koopman and Chakravarty, "Cyclic Redundancy Code (CRC) Polynomial Selection For Embedded Networks" (2004); Koopman, "32-Bit Cyclic
# Redundancy Codes for Internet Applications" (2002): bits of data up to which the distance holds.
PUBLISHED = [
    ("CRC-32/ISO-HDLC", 268, 6),
    ("CRC-32/ISO-HDLC", 269, 5),
    ("CRC-8/SMBUS", 119, 4),
    ("CRC-8/SMBUS", 120, 2),
    ("CRC-16/XMODEM", 32_751, 4),
    ("CRC-16/XMODEM", 32_752, 2),
]


@pytest.mark.parametrize(("name", "data", "distance"), PUBLISHED)
def test_published_distances(name: str, data: int, distance: int) -> None:
    model = algorithm(name).crc
    assert model is not None
    found = crc_strength(model, data + model.width)
    assert (found.distance, found.exact) == (distance, True)


@pytest.mark.parametrize("model", [CrcModel(8, 0x07), CrcModel(8, 0x9B), CrcModel(5, 0x15), CrcModel(16, 0x1021), CrcModel(8, 0x01), CrcModel(12, 0x80F)])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_weights_are_those_of_all_error_patterns(model: CrcModel, size: int) -> None:
    bits = 8 * size + model.width
    syndromes = [_syndrome(model, at) for at in range(bits)]
    counts = {2: 0, 3: 0, 4: 0}
    for weight in counts:
        for places in itertools.combinations(range(bits), weight):
            value = 0
            for at in places:
                value ^= syndromes[at]
            counts[weight] += value == 0
    found = crc_strength(model, bits)
    assert found.weights == tuple(counts[weight] for weight in range(2, 2 + len(found.weights)))
    assert found.distance == next((weight for weight, count in counts.items() if count), found.distance)


def _syndrome(model: CrcModel, at: int) -> int:
    """x^at modulo the polynomial, by long division."""
    value, poly = 1 << at, 1 << model.width | model.poly
    while value.bit_length() > model.width:
        value ^= poly << value.bit_length() - poly.bit_length()
    return value


def test_what_cannot_be_counted_is_bounded() -> None:
    model = algorithm("CRC-32/ISO-HDLC").crc
    assert model is not None
    found = crc_strength(model, 3_000)
    assert (found.distance, found.exact) == (4, False)


# Koopman, "32-Bit Cyclic Redundancy Codes for Internet Applications" (2002), and his tables of best CRCs.
@pytest.mark.parametrize(("name", "distance"), [("CRC-32/ISO-HDLC", 3), ("CRC-32/ISCSI", 4), ("CRC-16/XMODEM", 2), ("CRC-24/OPENPGP", 2)])
def test_a_frame_of_sixteen_mebibytes(name: str, distance: int) -> None:
    """It takes neither a list of its bits nor their pairs."""
    model = algorithm(name).crc
    assert model is not None
    assert crc_strength(model, 8 << 24).distance == distance


@given(width=st.integers(2, 14), dice=st.randoms(use_true_random=False))
def test_long_code_words_are_bounded_by_what_is_counted(width: int, dice: random.Random) -> None:
    model, bits = CrcModel(width, dice.getrandbits(width) | 1), dice.randrange(201, 400)
    counted = crc_strength(model, bits)
    crc_strength.cache_clear()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(codes, "LONGEST", 200)
        long = crc_strength(model, bits)
    crc_strength.cache_clear()
    assert long.weights[0] == counted.weights[0]
    assert long.distance <= counted.distance
    assert not (long.exact and counted.exact) or long.distance == counted.distance


@given(width=st.integers(1, 12), dice=st.randoms(use_true_random=False), bits=st.integers(1, 6000))
def test_periods_are_those_of_the_powers(width: int, dice: random.Random, bits: int) -> None:
    model = CrcModel(width, dice.getrandbits(width))
    powers = codes._powers(model, bits)
    assert codes._period(model, bits) == next((at for at in range(1, bits) if powers[at] == powers[0]), bits)


def test_pairs_that_are_a_multiple_apart() -> None:
    for places, step in itertools.product(range(30), range(1, 40)):
        assert codes._pairs_apart(places, step) == sum(places - apart for apart in range(step, places, step))


def test_of_a_registered_function_nothing_is_known() -> None:
    own = Algorithm("own", 8, None, len)
    assert strength(own, 10, 8) is None
    assert undetected(own, 10, 8, 0.01) is None


def simulated(used: Algorithm, size: int, rate: float, tries: int) -> int:
    """How often random data with random bit errors passes, errors in the checksum's own bits included."""
    dice = random.Random(f"{used.name} {size}")
    own = -(-used.width // 8)
    missed = 0
    for _ in range(tries):
        raw = dice.randbytes(size)
        word = int.from_bytes(raw + used.compute(raw).to_bytes(own, "little"), "little")
        error = 0
        for bit in range(8 * (size + own)):
            if dice.random() < rate:
                error |= 1 << bit
        if error:
            sent = (word ^ error).to_bytes(size + own, "little")
            missed += used.compute(sent[:size]) == int.from_bytes(sent[size:], "little")
    return missed


@pytest.mark.parametrize(("name", "size", "rate"), [
    ("xor-8", 6, 0.03), ("sum-8", 6, 0.03), ("lrc-8", 12, 0.02), ("CRC-8/SMBUS", 6, 0.05), ("CRC-8/SMBUS", 40, 0.01),
    ("CRC-8/BLUETOOTH", 3, 0.1), ("sum-16", 4, 0.06), ("fletcher-8", 24, 0.02), ("fletcher-16", 300, 0.002), ("internet", 8, 0.04),
])  # fmt: skip
def test_bit_errors_go_unseen_as_often_as_computed(name: str, size: int, rate: float) -> None:
    used = algorithm(name)
    tries = 12_000 if size < 100 else 3_000
    expected = undetected(used, size, 8 * -(-used.width // 8), rate)
    assert expected is not None
    missed = simulated(used, size, rate, tries)
    margin = 4 * math.sqrt(tries * expected) + 3
    assert abs(missed - tries * expected) < margin, f"{missed} missed, {tries * expected:.1f} expected"
