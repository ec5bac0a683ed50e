"""The compiled checksum kernels beside the Python functions for the same algorithms."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing import checksums
from framing.checksums import Algorithm, CrcModel, FletcherModel, WordModel, algorithm
from framing.sums import algorithms

_sums = pytest.importorskip("framing._sums", reason="the compiled engine is not built")

NATIVE = [name for name in checksums.names() if algorithm(name).width <= 64]
TYPICAL = [
    *("CRC-5/USB", "CRC-12/UMTS", "CRC-16/ARC", "CRC-16/XMODEM", "CRC-24/OPENPGP", "CRC-32/ISO-HDLC", "CRC-64/WE"),
    *("sum-15", "lrc-8", "xor-8", "fletcher-8", "fletcher-16", "fletcher-32", "adler-32", "internet"),
]
NOISE = random.Random(5).randbytes(72_000)

simd = pytest.mark.parametrize("simd", [True, False])
typical = pytest.mark.parametrize("name", TYPICAL)


def of(model: CrcModel | WordModel | FletcherModel) -> Algorithm:
    if isinstance(model, CrcModel):
        return Algorithm("inline", model.width, None, algorithms.crc_function(model), crc=model)
    if isinstance(model, WordModel):
        return Algorithm("inline", model.width, None, algorithms.words_function(model), words=model)
    return Algorithm("inline", 2 * model.shift, None, algorithms.fletcher_function(model), fletcher=model)


def values(width: int) -> st.SearchStrategy[int]:
    return st.integers(0, (1 << width) - 1)


words = st.sampled_from(["u8", "u16le", "u16be", "u32le", "u32be"])
crcs = st.integers(1, 64).flatmap(
    lambda width: st.builds(
        CrcModel, st.just(width), values(width), values(width), st.booleans(), st.booleans(), values(width)
    )
)
sums = st.integers(1, 64).flatmap(
    lambda width: st.builds(
        WordModel, st.sampled_from(["sum", "xor"]), st.just(width), words, values(width), st.booleans(), values(width)
    )
)
fletchers = st.integers(1, 32).flatmap(
    lambda shift: st.builds(FletcherModel, st.integers(1, 1 << shift), st.just(shift), words, values(shift))
)
models = st.one_of(crcs, sums, fletchers)
sizes = st.one_of(st.integers(0, 300), st.integers(1000, 70_000))


def spans(data: bytes) -> Iterator[bytes]:
    """All short sizes, some long ones, at all alignments."""
    for size in range(301):
        yield data[size : 2 * size]
    for size in (1_000, 2_047, 2_056, 2_057, 4_096, 30_001, 65_535, 70_000):
        yield data[size % 97 : size % 97 + size]


# --- Whole -----------------------------------------------------------------------------------------------------------


@simd
@pytest.mark.parametrize("name", NATIVE)
def test_the_catalogue(name: str, simd: bool) -> None:
    found = algorithm(name)
    summer = _sums.Summer(found, simd=simd)
    assert summer.compute(b"123456789") == found.check
    for data in spans(NOISE):
        assert summer.compute(data) == found.compute(data), len(data)


@simd
@given(model=models, size=sizes, start=st.integers(0, 64))
def test_models_of_any_kind(simd: bool, model: CrcModel | WordModel | FletcherModel, size: int, start: int) -> None:
    found, data = of(model), NOISE[start : start + size]
    assert _sums.Summer(found, simd=simd).compute(data) == found.compute(data)


@given(st.sampled_from(["CRC-32/ISCSI", "CRC-5/USB", "CRC-64/WE", "sum-15", "fletcher-8", "internet"]), st.data(), sizes)
def test_what_is_done_at_last(name: str, draw: st.DataObject, size: int) -> None:
    rotate, bits = draw.draw(st.integers(0, algorithm(name).width - 1)), draw.draw(st.integers(1, 64))
    found = algorithm({"name": name, "rotate": rotate, "add": draw.draw(values(bits)), "bits": bits})
    data = NOISE[:size]
    summer = _sums.Summer(found)
    assert summer.compute(data) == summer.compute_segments([data[:5], data[5:]]) == found.compute(data)


def test_a_turning_register_has_no_kernel() -> None:
    with pytest.raises(ValueError, match="no native kernel"):
        _sums.Summer(algorithm({"xor": 8, "turn": 2}))


@pytest.mark.parametrize("word", ["u8", "u16le", "u32be"])
@pytest.mark.parametrize("modulus", [255, 256, 65521, (1 << 32) - 5, 1 << 32])
def test_sums_that_run_over(modulus: int, word: str) -> None:
    """Of greatest bytes, far more than fit 64 bits unreduced."""
    found = of(FletcherModel(modulus, 32, word, first=modulus - 1))
    data = b"\xff" * 3_000_000
    summer = _sums.Summer(found)
    assert summer.compute(data) == summer.compute_segments([data[:1], data[1:6], data[6:]]) == found.compute(data)
    covered = _sums.Prefixes(summer)
    covered.cover(data, 0, 0, len(data))
    assert covered.compute(data, 0, 1, len(data) - 1, before=b"\xff", after=b"\xff") == found.compute(data)


@pytest.mark.parametrize("width", [1, 7, 8, 15, 32, 63, 64])
@pytest.mark.parametrize("op", ["sum", "xor"])
def test_sums_of_greatest_bytes(op: str, width: int) -> None:
    found = of(WordModel(op, width, "u32le", init=1))
    for size in (255, 256, 257, 2055, 2056, 2057, 2064, 70_001):
        assert _sums.Summer(found).compute(b"\xff" * size) == found.compute(b"\xff" * size)


def test_any_buffer() -> None:
    summer = _sums.Summer(algorithm("CRC-32/ISO-HDLC"))
    assert summer.compute(bytearray(b"123456789")) == summer.compute(memoryview(b"0123456789")[1:]) == 0xCBF43926
    with pytest.raises(TypeError):
        summer.compute("123456789")


def test_special_instructions_can_be_forbidden() -> None:
    command = [sys.executable, "-c", "from framing import _sums; print(_sums.SIMD)"]
    environment = {**os.environ, "FRAMING_SIMD": "0"}
    assert subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout == "False\n"


@pytest.mark.parametrize(
    "found",
    [
        algorithm("CRC-82/DARC"),
        of(CrcModel(65, 3)),
        of(WordModel("sum", 65)),
        of(FletcherModel(255, 33)),
        of(FletcherModel((1 << 32) + 1, 32)),
        Algorithm("mine", 8, None, lambda data: len(data) & 0xFF),
        Algorithm("internet", 16, None, lambda data: 0),
    ],
    ids=lambda found: found.name,
)
def test_what_is_not_native_is_refused(found: Algorithm) -> None:
    with pytest.raises(ValueError, match="no native kernel"):
        _sums.Summer(found)


# --- In pieces -------------------------------------------------------------------------------------------------------


@simd
@given(model=models, pieces=st.lists(st.one_of(st.integers(0, 80), st.integers(0, 3000)), max_size=6), data=st.data())
def test_segments_cut_anywhere(
    simd: bool, model: CrcModel | WordModel | FletcherModel, pieces: list[int], data: st.DataObject
) -> None:
    """Some of the segments are zero bytes, given as a number."""
    found = of(model)
    segments: list[bytes | int] = []
    at = data.draw(st.integers(0, 100))
    for size in pieces:
        segments.append(size if data.draw(st.integers(0, 3)) == 0 else NOISE[at : at + size])
        at += size
    whole = b"".join(bytes(segment) for segment in segments)
    assert _sums.Summer(found, simd=simd).compute_segments(segments) == found.compute(whole)


@simd
@typical
def test_many_zero_bytes(name: str, simd: bool) -> None:
    found = algorithm(name)
    for size in (1, 255, 256, 257, 65_535, 65_536, 65_537, 17_000_000):
        whole = b"\x01\x80\xff" + bytes(size) + b"\x80"
        assert _sums.Summer(found, simd=simd).compute_segments([whole[:3], size, whole[-1:]]) == found.compute(whole)


# --- Prefix states ---------------------------------------------------------------------------------------------------

steps = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400), st.integers(0, 200), st.booleans()), max_size=12)


@simd
@given(model=models, steps=steps, before=st.binary(max_size=9), after=st.binary(max_size=9), data=st.data())
def test_covered_spans(
    simd: bool,
    model: CrcModel | WordModel | FletcherModel,
    steps: list[tuple[int, int, int, bool]],
    before: bytes,
    after: bytes,
    data: st.DataObject,
) -> None:
    """As a decoder does it: the window moves on, states are made for one span after the other, old ones forgotten."""
    found = of(model)
    covered = _sums.Prefixes(_sums.Summer(found, simd=simd))
    origin = data.draw(st.sampled_from([0, 1, 2, 3, 1 << 40]))
    base = limit = 0
    for start, size, moved, forgets in steps:
        start, end = base + start, base + start + size
        limit = max(limit, end + moved)
        window = NOISE[base:limit]
        covered.cover(window, origin + base, origin + start, origin + end)
        assert origin + start in covered.states and origin + end in covered.states
        begin = data.draw(st.integers(start, end))
        for first, last in ((start, end), (begin, end), (start, begin), (begin, begin)):
            expected = found.compute(before + NOISE[first:last] + after)
            given_ = (window, origin + base, origin + first, origin + last, before, after)
            assert covered.compute(*given_) == expected
        base += moved
        if forgets:
            covered.forget(origin + base)


@simd
@typical
def test_long_covered_spans(name: str, simd: bool) -> None:
    found = algorithm(name)
    covered = _sums.Prefixes(_sums.Summer(found, simd=simd))
    covered.cover(NOISE, 0, 1, 66_000)
    covered.cover(NOISE, 0, 60_000, len(NOISE))
    for start, end in ((1, 257), (1, 65_537), (2, 65_537), (3, 72_000), (70_001, 72_000), (5, 36)):
        assert covered.compute(NOISE, 0, start, end, before=b"\x81") == found.compute(b"\x81" + NOISE[start:end])


@typical
def test_spans_without_states_are_read(name: str) -> None:
    found = algorithm(name)
    covered = _sums.Prefixes(_sums.Summer(found))
    assert covered.compute(NOISE, 0, 100, 300) == found.compute(NOISE[100:300])
    covered.cover(NOISE, 0, 150, 250)
    for start, end in ((100, 200), (200, 300), (149, 250), (150, 251)):
        assert covered.compute(NOISE, 0, start, end) == found.compute(NOISE[start:end])


@typical
def test_the_window_moves_over_what_is_not_forgotten(name: str) -> None:
    """Up to all bytes in front of the last state are gone, and those of a word that ends behind it."""
    found = algorithm(name)
    for base in range(90, 104):
        covered = _sums.Prefixes(_sums.Summer(found))
        covered.cover(NOISE[:100], 0, 10, 100)
        window = NOISE[base:200]
        covered.cover(window, base, base, 200)
        for start in range(base, 108):
            assert covered.compute(window, base, start, 200, before=b"\x81") == found.compute(b"\x81" + NOISE[start:200])


def test_states_are_made_once_each() -> None:
    """However spans follow each other, the states that are made stay in proportion to the stream."""
    covered = _sums.Prefixes(_sums.Summer(algorithm("CRC-16/ARC")))
    assert list(covered.states) == []
    covered.cover(NOISE, 0, 1000, 1100)
    covered.cover(NOISE, 0, 1050, 1075)
    assert covered.states == range(1000, 1101)
    covered.cover(NOISE, 0, 2000, 2001)
    assert covered.states == range(1000, 2002)
    covered.cover(NOISE, 0, 999, 999)  # in front of all: twice as far back, so that this cannot happen often
    assert covered.states == range(2002)
    covered.forget(1500)
    assert covered.states == range(1500, 2002)
    covered.forget(9000)
    assert list(covered.states) == []
    covered.cover(NOISE, 0, 5000, 5000)
    assert covered.states == range(5000, 5001)
    covered.cover(NOISE[6000:], 6000, 6001, 6002)  # the bytes in between are gone
    assert covered.states == range(6001, 6003)


def test_memory_stays_while_the_window_moves() -> None:
    """Megabytes through a window of 3,000 bytes, a span at a time."""
    found = algorithm("fletcher-16")
    covered = _sums.Prefixes(_sums.Summer(found))
    for base in range(0, 70_000, 37):
        window = NOISE[base : base + 3000]
        covered.cover(window, base, base + 3, base + len(window))
        assert covered.compute(window, base, base + 3, base + len(window)) == found.compute(window[3:])
        covered.forget(base + 5)
    assert covered.capacity < 8_000
