"""`framing.probing.probe`: one format at one place, whole, byte by byte and from any offset, and how many bytes it took."""

from __future__ import annotations

import pytest

from framing.errors import Reason
from framing.layout import FrameFormat
from framing.probing.intake import Window
from framing.probing.probe import Verdict, probe
from rules import TOY, locked, toy
from vectors import VECTORS, Vector

every = pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.id)


def probed(each: FrameFormat, data: bytes, at: int = 0, base: int = 0, ride: bool = False) -> Verdict:
    """The verdict on a stream that ends behind `data`."""
    window = Window(data, base, final=True)
    with pytest.raises(StopIteration) as stopped:
        next(probe(each.plan, window, base + at, ride))
    verdict: Verdict = stopped.value.value
    return verdict


def trickled(each: FrameFormat, data: bytes) -> tuple[Verdict, list[int]]:
    """The verdict where the bytes come one by one, and what it asked for meanwhile."""
    window = Window()
    steps = probe(each.plan, window, 0)
    asked: list[int] = []
    try:
        wanted = next(steps)
        for byte in data:
            window.buffer += bytes([byte])
            window.end += 1
            while window.end >= wanted:
                asked.append(wanted)
                wanted = next(steps)
        window.final = True
        while True:
            next(steps)
    except StopIteration as stop:
        return stop.value, asked


@every
def test_a_frame_is_accepted(vector: Vector) -> None:
    for raw in (vector.raw, *vector.also):
        assert probed(vector.format, raw).end == len(raw)


@every
def test_a_frame_is_accepted_wherever_it_stands(vector: Vector) -> None:
    verdict = probed(vector.format, b"\x55\x55" + vector.raw, at=2, base=1000)
    assert (verdict.end, verdict.reason) == (1002 + len(vector.raw), None)


@every
def test_what_is_no_frame_is_refused_with_reason_and_place(vector: Vector) -> None:
    for raw, reason, offset in vector.bad:
        verdict = probed(vector.format, raw)
        assert (verdict.reason, verdict.read - 1) == (Reason(reason), offset), raw.hex(" ")


@every
def test_bytes_one_by_one_give_the_same_verdict(vector: Vector) -> None:
    for raw in (vector.raw, *vector.also, *(raw for raw, _, _ in vector.bad)):
        assert trickled(vector.format, raw)[0] == probed(vector.format, raw)


@every
def test_a_frame_cut_short_is_never_accepted(vector: Vector) -> None:
    for size in range(len(vector.raw)):
        verdict = probed(vector.format, vector.raw[:size])
        assert verdict.end is None or vector.raw[:size] in vector.also


@every
def test_a_verdict_needs_no_more_than_it_read(vector: Vector) -> None:
    for raw, _, _ in vector.bad:
        verdict = probed(vector.format, raw)
        if verdict.read <= len(raw):
            window = Window(raw[: verdict.read])
            with pytest.raises(StopIteration):
                next(probe(vector.format.plan, window, 0))
            short = Window(raw[: verdict.read - 1])
            assert next(probe(vector.format.plan, short, 0)) >= verdict.read


def test_it_tells_how_many_bytes_it_wants() -> None:
    _, asked = trickled(TOY, toy(b"hello"))
    assert asked == [1, 2, 7, 8]


def test_no_marker_is_neither_accepted_nor_a_reject() -> None:
    assert probed(TOY, b"\x11") == Verdict(None, None, 1)


def test_a_marker_that_has_only_begun_is_decided_by_the_end() -> None:
    assert probed(locked(0), b"\xdd") == Verdict(None, None, 2)


def test_riding_takes_the_marker_on_trust() -> None:
    assert probed(locked(0), b"\x00\x00\x05", ride=True) == Verdict(3, None, 3)
    assert probed(locked(0), b"\x00\x00\x0b", ride=True).reason is Reason.FIELD
    assert probed(locked(0), b"\x00\x00", ride=True).reason is Reason.TRUNCATED


def test_it_tells_whether_a_checksum_was_verified() -> None:
    names = {vector.id for vector in VECTORS if probed(vector.format, vector.raw).checked}
    assert {"toy", "front", "blocks", "zeros", "optional-sum", "dle"} <= names
    assert not names & {"types", "agrees", "table", "fixed-slip", "span"}


def test_a_checksum_that_is_absent_was_not_verified() -> None:
    by_name = {vector.id: vector.format for vector in VECTORS}
    assert not probed(by_name["blocks"], b"\xaa\x00").checked
