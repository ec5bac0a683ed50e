"""How many bit errors a checksum is certain to see, and how likely it misses what it is not certain of.

A CRC misses exactly the error patterns that are multiples of its polynomial. How many of those with two, three, ... wrong bits fit
into a frame is counted here, not looked up: with `x^i` modulo the polynomial for each bit `i`, it is a count of sets of these whose
xor is 0, and as patterns may be shifted, of those that contain bit 0. Beyond the weights that are counted a CRC of `width` bits is
taken to miss one pattern in 2^width, as a random code does.

Sums of words and XORs have closed forms, for random data and independent bit errors. Fletcher sums: pairs of wrong bits are counted,
what is heavier is taken for random.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from framing.sums.algorithms import WORD_TYPES, Algorithm, CrcModel, FletcherModel, WordModel

WORK = 1_500_000
"""Sets of bits that a count may look at; what would take more is bounded, not counted."""
PAIRED = 1_500
"""Bits up to which all pairs are kept, for weights of five and six."""
HEAVIEST = 6
LONGEST = 1 << 20
"""Bits up to which patterns of a CRC are looked through; of a longer code word, those of two bits alone."""
WIDEST_SUM = 16
"""Bits of the widest sum whose closed form is evaluated: one term for each of its values."""


@dataclass(frozen=True)
class Strength:
    """What a checksum does for a code word of `bits` bits, its own included.

    `distance`: so many wrong bits it takes at least for an error to go unseen (Hamming distance); with `exact` false at least
    that many. `weights`: unseen patterns of 2, 3, ... wrong bits, as far as they are counted; for sums, means over random data.
    """

    bits: int
    width: int
    distance: int
    exact: bool
    weights: tuple[float, ...]


@lru_cache(maxsize=1024)
def crc_strength(model: CrcModel, bits: int) -> Strength:
    """Of a CRC over a code word of so many bits."""
    if bits > LONGEST:
        return _long_strength(model, bits)
    powers = _powers(model, bits)
    weights: list[float] = []
    for weight in (2, 3, 4):
        if weight == 4 and bits * bits // 2 > WORK:
            break
        weights.append(_count(powers, weight))
        if weights[-1]:
            return Strength(bits, model.width, weight, True, tuple(weights))
    for weight in range(len(weights) + 2, HEAVIEST + 1):
        present = _exists(powers, weight)
        if present is not False:
            return Strength(bits, model.width, weight, present is not None, tuple(weights))
    return Strength(bits, model.width, HEAVIEST + 1, False, tuple(weights))


def _long_strength(model: CrcModel, bits: int) -> Strength:
    """Of a long code word: what a shorter one misses it misses too, so that its distance is no more."""
    pairs = _pairs_apart(bits, _period(model, bits))
    if pairs:
        return Strength(bits, model.width, 2, True, (float(pairs),))
    shorter = crc_strength(model, LONGEST)
    least = 3 if model.poly.bit_count() % 2 == 0 else 4  # x + 1 divides it, and it sees each odd number of wrong bits
    return Strength(bits, model.width, least, shorter.exact and shorter.distance == least, (0.0,) * (least - 2))


def _period(model: CrcModel, bits: int) -> int:
    """The least `at` above 0 with x^at = 1 modulo the polynomial; `bits` if it is no less. By small steps and large ones."""
    if not model.poly & 1:
        return bits  # x divides it, and no power of x is 1
    small = math.isqrt(bits) + 1
    powers = _powers(model, small + 1)
    reached = {value: at for at, value in enumerate(powers[:small])}
    value = 1
    for large in range(1, small + 1):
        value = _times(model, value, powers[small])
        if value in reached:
            return min(bits, large * small - reached[value])
    return bits


def _times(model: CrcModel, one: int, other: int) -> int:
    """The product of two polynomials modulo the CRC's."""
    product, top, mask = 0, 1 << model.width - 1, (1 << model.width) - 1
    while other:
        if other & 1:
            product ^= one
        other >>= 1
        one = (one << 1 & mask) ^ (model.poly if one & top else 0)
    return product


def _pairs_apart(places: int, step: int) -> int:
    """Pairs of places that are a multiple of `step` apart."""
    most = max(places - 1, 0) // step
    return most * places - step * most * (most + 1) // 2


def _powers(model: CrcModel, bits: int) -> list[int]:
    """x^i modulo the polynomial."""
    value, found = 1, []
    top, mask = 1 << model.width, (1 << model.width) - 1
    for _ in range(bits):
        found.append(value)
        value <<= 1
        if value & top:
            value = (value ^ model.poly) & mask
    return found


def _count(powers: Sequence[int], weight: int) -> float:
    """Patterns of two to four bits that the CRC does not see, where it sees all lighter ones."""
    bits = len(powers)
    if weight == 2:
        period = next((at for at in range(1, bits) if powers[at] == powers[0]), bits)
        return float(_pairs_apart(bits, period))
    place = {value: at for at, value in enumerate(powers)}
    if weight == 3:
        return float(sum(bits - last for at in range(1, bits) if (last := place.get(powers[0] ^ powers[at], 0)) > at))
    patterns = 0
    for one in range(1, bits - 2):
        head = powers[0] ^ powers[one]
        for two in range(one + 1, bits - 1):
            last = place.get(head ^ powers[two], 0)
            if last > two:
                patterns += bits - last
    return float(patterns)


def _exists(powers: Sequence[int], weight: int) -> bool | None:
    """Whether the CRC misses a pattern of four to six bits, where it sees all lighter ones; None: too much to look through."""
    bits = len(powers)
    if weight > 4 and bits > PAIRED:
        return None
    if weight == 4:
        place = {value: at for at, value in enumerate(powers)}
        sets = ((one, two) for two in range(2, bits) for one in range(1, two))
        for one, two in itertools.islice(sets, WORK):
            if place.get(powers[0] ^ powers[one] ^ powers[two], 0) > two:
                return True
        return None if bits * bits // 2 > WORK else False
    # No two pairs have the same xor: together they would be a pattern of four bits.
    pairs = {powers[one] ^ powers[two]: (one, two) for one, two in itertools.combinations(range(1, bits), 2)}
    for tried, others in enumerate(itertools.combinations(range(1, bits), weight - 3)):
        if tried == WORK:
            return None
        value = powers[0]
        for at in others:
            value ^= powers[at]
        pair = pairs.get(value)
        if pair is not None and not set(others) & set(pair):
            return True
    return False


def strength(algorithm: Algorithm, covered: int, own: int) -> Strength | None:
    """Of any algorithm over `covered` bytes, its own field having `own` bits; None for registered functions."""
    if algorithm.crc is not None and algorithm.finished is None:
        return crc_strength(algorithm.crc, 8 * covered + algorithm.width)
    bits = 8 * covered + own
    if algorithm.words is not None:
        size, _ = WORD_TYPES[algorithm.words.word]
        pairs = math.comb(covered // size + 1, 2)
        columns = min(algorithm.width, 8 * size)
        # Of a sum, two bits of one column cancel where one falls and one rises; in its own highest column always.
        always = columns if algorithm.words.op == "xor" else int(algorithm.width <= 8 * size)
        return Strength(bits, algorithm.width, 2, True, (always * pairs + (columns - always) * pairs / 2,))
    if algorithm.internet:
        return Strength(bits, 16, 2, True, (16 * math.comb(covered // 2 + 1, 2) / 2,))
    if algorithm.fletcher is not None:
        found = _fletcher_pairs(algorithm.fletcher, covered)
        return Strength(bits, algorithm.width, 2 if found else 3, bool(found), (found,))
    return None


def _fletcher_pairs(model: FletcherModel, covered: int) -> float:
    """Pairs of wrong bits in the data that neither sum sees: one column, opposite turns, a distance that the second sum does not see."""
    size, _ = WORD_TYPES[model.word]
    words, total = covered // size, 0.0
    for column in range(8 * size):
        step = model.modulus // math.gcd(model.modulus, 1 << column)
        pairs = _pairs_apart(words, step)
        either = 2 * (1 << column) % model.modulus == 0  # up or down makes no difference
        total += pairs if either else pairs / 2
    return total


def undetected(algorithm: Algorithm, covered: int, own: int, rate: float) -> float | None:
    """The chance that a code word of `covered` bytes and a checksum of `own` bits arrives wrong and passes, at this bit error rate.

    0 <= rate <= 0.5; errors are independent. None for registered functions.
    """
    words = algorithm.words
    if words is not None and not words.turn and algorithm.finished is None:
        if words.op == "xor":
            return _xor_undetected(words, covered, rate)
        if words.width <= WIDEST_SUM and own == 8 * -(-words.width // 8):
            return _sum_undetected(words, covered, own, rate)
    known = strength(algorithm, covered, own)
    if known is None:
        return None
    return _by_weights(known, rate)


def _by_weights(known: Strength, rate: float) -> float:
    """Weights as they are counted; heavier ones, and the lightest if it is only bounded, as of a random code."""
    if rate <= 0:
        return 0.0
    counted = range(2, 2 + len(known.weights))
    total = sum(count * _of_weight(known.bits, weight, rate) for weight, count in zip(counted, known.weights, strict=True))
    first = max(known.distance, 2 + len(known.weights))
    seen = sum(math.exp(_log_choose(known.bits, weight) + _log_of_weight(known.bits, weight, rate)) for weight in range(min(first, known.bits + 1)))
    return min(1.0, total + max(0.0, 1 - seen) * 2.0**-known.width)


def _of_weight(bits: int, weight: int, rate: float) -> float:
    return math.exp(_log_of_weight(bits, weight, rate))


def _log_of_weight(bits: int, weight: int, rate: float) -> float:
    return weight * math.log(rate) + (bits - weight) * math.log1p(-rate)


def _log_choose(bits: int, weight: int) -> float:
    return math.lgamma(bits + 1) - math.lgamma(weight + 1) - math.lgamma(bits - weight + 1)


def _xor_undetected(model: WordModel, covered: int, rate: float) -> float:
    """An even number of wrong bits in each column, less that of none at all."""
    size, _ = WORD_TYPES[model.word]
    words = covered // size + 1
    even = (1 + (1 - 2 * rate) ** words) / 2
    columns = min(model.width, 8 * size)
    return max(0.0, even**columns - (1 - rate) ** (columns * words))


def _sum_undetected(model: WordModel, covered: int, own: int, rate: float) -> float:
    """The chance that the changes add up to 0: each wrong bit of random data adds or takes its weight, either as likely.

    The probability of a sum modulo 2^width is the mean of its characteristic function over all roots of unity.
    """
    size, _ = WORD_TYPES[model.word]
    modulus, words = 1 << model.width, covered // size

    def factor(frequency: int, columns: int) -> float:
        turns = (2 * math.pi * (frequency << column) / modulus for column in range(min(columns, model.width)))
        return math.prod(1 - rate + rate * math.cos(turn) for turn in turns)

    total = sum(factor(frequency, 8 * size) ** words * factor(frequency, own) for frequency in range(modulus)) / modulus
    intact = (1 - rate) ** (min(8 * size, model.width) * words + min(own, model.width))
    return max(0.0, total - intact)
