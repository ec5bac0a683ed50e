"""`framing._engine` and its kin under misuse: what points into memory of others is checked, never believed.

Most of these end in a crash, or in silence, where the check is gone; under a sanitizer they name the place.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Iterator
from typing import Any

import pytest

from framing import Data, Decoder, EncodeError, Field, FrameFormat, Length, Sync
from rules import PAIR, TOY, plain, toy

pytestmark = pytest.mark.usefixtures("native_engine")

ROWS = ("q", "q", "h", "B")


def engine(**options: Any) -> Any:
    return Decoder(TOY, PAIR, **options)._engine


def rows(*codes: str) -> list[Any]:
    return [array(code) for code in codes]


@pytest.fixture
def collecting() -> Iterator[list[Any]]:
    """Callbacks of the collector, which runs as often as it can."""
    callbacks = gc.callbacks[:]
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    yield gc.callbacks
    gc.set_threshold(*threshold)
    gc.callbacks[:] = callbacks


def test_what_decoders_point_into_is_made_once() -> None:
    decoder = Decoder(TOY)
    formats = decoder._engine.formats  # type: ignore[attr-defined]
    formats.__init__(((TOY, TOY, PAIR),))
    TOY.plan.compiled.__init__(PAIR)
    assert formats.definitions == (TOY,)
    assert plain(decoder.feed(b"?" + toy(b"hi"))) == [("noise", 0, 1), ("toy", 1, 6)]


@pytest.mark.parametrize("codes", ["BBBB", "qqhb", "hqqB"])
def test_rows_of_a_scan_have_their_types(codes: str) -> None:
    with pytest.raises(ValueError, match="types q, q, h and B"):
        engine().scan(memoryview(toy(b"hi")), *rows(*codes))


def test_rows_of_a_scan_have_one_length() -> None:
    uneven = rows(*ROWS)
    uneven[3].append(0)
    with pytest.raises(ValueError, match="one length"):
        engine().scan(memoryview(toy(b"hi")), *uneven)


def test_rows_of_a_scan_are_no_smaller_than_somebody_sees_them() -> None:
    given = rows(*ROWS)
    one = engine()
    with memoryview(given[1]), pytest.raises(BufferError, match="rows of a scan"):
        one.scan(memoryview(toy(b"hi")), *given)
    assert [len(each) for each in given] == [0, 0, 0, 0]
    assert plain(one.close()) == [("toy", 0, 5)]  # nothing is lost by it


@pytest.mark.parametrize(("origin", "offset"), [(2**63 - 1, 1), (-(2**63), -1), (2**63 - 1, -(2**63))])
def test_places_beyond_all_numbers_lie_outside(origin: int, offset: int) -> None:
    from framing import _engine

    with pytest.raises(IndexError):
        _engine.gather(b"12345678", array("q", [origin]), array("h", [0]), offset, 8, 0, 0, 0, 8)


def test_events_that_are_being_made_are_not_seen_by_others(collecting: list[Any]) -> None:
    """Rejects are made by Python code; a list with holes, found by way of the collector, would be a crash."""
    stream = (toy(b"hi")[:-1] + b"\x00" + toy(b"ok")) * 10
    sizes: list[int] = []

    def look(phase: str, info: dict[str, int]) -> None:
        sizes.extend(len(tuple(each)) for each in gc.get_objects() if type(each) is list and len(each) == 20)

    decoder = Decoder(TOY)
    collecting.append(look)
    events = decoder.feed(stream)
    assert len(events) == 20
    assert gc.is_tracked(events)


@pytest.mark.parametrize(("gap_limit", "origin"), [(0, 0), (-1, 0), (64, -1)])
@pytest.mark.parametrize("order", ["StrictEngine", "EarlyEngine"])
def test_limits_that_no_decoder_has(order: str, gap_limit: int, origin: int) -> None:
    from framing import _engine

    with pytest.raises(ValueError, match="gap_limit"):
        getattr(_engine, order)(engine().formats, gap_limit, origin)


@pytest.mark.parametrize("order", ["strict", "early"])
def test_a_stream_does_not_go_back_and_the_refusal_harms_nothing(order: Any) -> None:
    """What is known of places that overlapping candidates share would be wrong there."""
    one = engine(order=order)
    assert plain(one.feed(toy(b"hi") + b"\xaa\x02h")) == [("toy", 0, 5)]
    with pytest.raises(ValueError, match="before the end"):
        one.restart(7)
    assert plain(one.feed(toy(b"hi")[3:])) == [("toy", 5, 10)]


def test_keys_that_run_code_do_not_pull_values_from_under_the_writer() -> None:
    made = FrameFormat("x", [Sync("AA"), Field("seq", "u8"), Field("kind", "u8"), Length("n", "u16le", of="payload"), Data("payload")])
    given: dict[str, Any] = {}

    class Key(str):
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            for name in ("seq", "payload"):
                given.pop(name, None)
            return str.__eq__(self, other)

    given.update({"seq": 7, "payload": bytes(bytearray(5000)), Key("kind"): 3})
    with pytest.raises(EncodeError):
        made.writer(None, given, None)
