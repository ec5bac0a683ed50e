"""`framing.reference_probe`: the same vectors as the prober, the same verdicts."""

from __future__ import annotations

import pytest

from framing import reference
from framing.errors import Reason
from rules import TOY
from vectors import VECTORS, Vector

every = pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.id)


@every
def test_a_frame_is_accepted(vector: Vector) -> None:
    for raw in (vector.raw, *vector.also):
        assert reference.probe(vector.format, raw).end == len(raw)
        assert reference.probe(vector.format, b"\x55" + raw, 1).end == 1 + len(raw)


@every
def test_what_is_no_frame_is_refused_with_reason_and_place(vector: Vector) -> None:
    for raw, reason, offset in vector.bad:
        verdict = reference.probe(vector.format, raw)
        assert (verdict.reason, verdict.read - 1) == (Reason(reason), offset), raw.hex(" ")


@every
def test_it_is_undecided_until_the_deciding_byte(vector: Vector) -> None:
    for raw, _, _ in vector.bad:
        read = reference.probe(vector.format, raw).read
        if read <= len(raw):
            assert reference.probe(vector.format, raw[:read], closed=False).read == read
            with pytest.raises(reference.Undecided):
                reference.probe(vector.format, raw[: read - 1], closed=False)


def test_no_marker_is_neither_accepted_nor_a_reject() -> None:
    verdict = reference.probe(TOY, b"\x11")
    assert (verdict.end, verdict.reason) == (None, None)
