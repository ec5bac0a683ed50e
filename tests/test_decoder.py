"""`framing.decoder`: what users hold, and how they can misuse it."""

from __future__ import annotations

import array
from typing import Any

import pytest

import framing
from framing import Decoder, Frame, Gap, Protocol
from rules import BARE, PAIR, SLIP, TOY, locked, plain, toy

DATA = b"\x11" + toy(b"hi") + b"\xbb\x01\x41"


@pytest.mark.parametrize(
    "wrap", [bytes, bytearray, memoryview, lambda data: array.array("B", data), lambda data: memoryview(data + data)[: len(data)]]
)
def test_any_bytes_like_object_will_do(engine: str, wrap: Any) -> None:
    assert plain(Decoder(TOY, BARE).feed(wrap(DATA))) == [("noise", 0, 1), ("toy", 1, 6), ("bare", 6, 9)]
    assert plain(framing.decode(wrap(DATA), TOY, BARE)) == [("noise", 0, 1), ("toy", 1, 6), ("bare", 6, 9)]


def test_what_is_fed_is_copied(engine: str) -> None:
    chunk = bytearray(toy(b"hi")[:3])
    stream = Decoder(TOY)
    stream.feed(chunk)
    chunk[:] = b"\x00\x00\x00"
    assert plain(stream.feed(toy(b"hi")[3:])) == [("toy", 0, 5)]


@pytest.mark.parametrize("chunk", ["text", 5, None, [1, 2], 1.5, True])
def test_anything_else_is_a_type_error(engine: str, chunk: Any) -> None:
    stream = Decoder(TOY)
    with pytest.raises(TypeError):
        stream.feed(chunk)
    assert stream.stats.bytes_in == 0
    assert plain(stream.feed(toy(b""))) == [("toy", 0, 3)]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((), {}, TypeError, "at least one"),
        (("ubx",), {}, TypeError, "framing.load"),
        ((5,), {}, TypeError, "no Protocol or FrameFormat"),
        ((TOY,), {"gap_limit": 0}, ValueError, "gap_limit is 0"),
        ((TOY,), {"gap_limit": "1"}, TypeError, "number of bytes"),
        ((TOY,), {"gap_limit": True}, TypeError, "number of bytes"),
        ((TOY,), {"witnesses": 0}, ValueError, "witnesses is 0"),
        ((TOY,), {"witnesses": 1.5}, TypeError, "number of frames"),
        ((TOY,), {"order": "fast"}, ValueError, "'strict' or 'early'"),
        ((TOY, locked(1)), {"order": "early"}, ValueError, "lock"),
        ((TOY,) * 257, {}, ValueError, "at most 256"),
    ],
)
def test_misuse(arguments: tuple[Any, ...], options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Decoder(*arguments, **options)
    with pytest.raises(error, match=message):
        framing.decode(b"", *arguments, **options)


def test_protocols_and_formats_mix(engine: str) -> None:
    both = Protocol("both", [TOY, BARE])
    assert plain(framing.decode(DATA + b"\xcc\x01", both, PAIR)) == [
        ("noise", 0, 1), ("both.toy", 1, 6), ("both.bare", 6, 9), ("pair", 9, 11),
    ]  # fmt: skip


def test_stats_are_kept_across_idle(engine: str) -> None:
    stream = Decoder(TOY, SLIP, BARE)
    assert stream.stats.as_dict() == {
        "frames": {}, "frame_bytes": 0, "gap_bytes": 0, "fill_bytes": 0, "gaps": 0, "rejects": {},
    }  # fmt: skip
    stream.feed(b"\xc0" + toy(b"x"))
    stream.idle()
    stream.feed(b"\xaa\x01\x00\x00\x11")
    assert stream.stats.pending == 5
    stream.close()
    assert (stream.stats.bytes_in, stream.stats.pending) == (10, 0)
    assert stream.stats.as_dict() == {
        "frames": {"toy": 1}, "frame_bytes": 4, "gap_bytes": 5, "fill_bytes": 1, "gaps": 1,
        "rejects": {"checksum": 1, "truncated": 1},
    }  # fmt: skip


def test_events_are_frames_and_gaps(engine: str) -> None:
    assert [type(event) for event in framing.decode(DATA, TOY)] == [Gap, Frame, Gap]


def test_decoders_share_nothing(engine: str) -> None:
    one, other = Decoder(TOY), Decoder(TOY)
    one.feed(toy(b"abc")[:2])
    assert plain(other.feed(toy(b"x"))) == [("toy", 0, 4)]
    assert plain(one.feed(toy(b"abc")[2:])) == [("toy", 0, 6)]
