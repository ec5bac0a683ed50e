"""`framing.decoder`: what users hold, and how they can misuse it."""

from __future__ import annotations

import array
from typing import Any

import pytest

import framing
from framing import Checksum, Data, Decoder, Event, Field, Frame, FrameFormat, Gap, Length, Protocol, Sync
from rules import BARE, PAIR, SLIP, TOY, arrivals, locked, plain, toy

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


def test_nothing_may_follow_the_close(engine: str) -> None:
    stream = Decoder(TOY)
    assert plain(stream.feed(DATA[:7])) == [("noise", 0, 1), ("toy", 1, 6)]
    assert plain(stream.close()) == [("noise", 6, 7)]
    for call in (stream.feed, stream.skim):
        with pytest.raises(ValueError, match=r"(feed|skim) after close: the stream has ended"):
            call(toy(b"x"))
    with pytest.raises(ValueError, match="idle after close: the stream has ended"):
        stream.idle()
    assert stream.close() == []
    assert stream.stats.bytes_in == 7


class Measuring(Decoder):
    """Feeds as its parent does, and counts."""

    measured = 0

    def feed(self, chunk: framing.decoder.Chunk) -> list[Event]:
        self.measured += len(chunk)
        return super().feed(chunk)


def test_a_subclass_may_feed_in_its_own_way(engine: str) -> None:
    stream = Measuring(TOY, BARE)
    assert plain(stream.feed(DATA)) == [("noise", 0, 1), ("toy", 1, 6), ("bare", 6, 9)]
    assert stream.measured == len(DATA)
    stream.close()
    with pytest.raises(ValueError, match="feed after close"):
        stream.feed(b"x")


def test_skimming_only_counts(engine: str) -> None:
    stream = Decoder(TOY, BARE)
    stream.skim(DATA[:4])
    stream.skim(DATA[4:])
    assert (stream.stats.frames, stream.stats.gap_bytes) == ({"toy": 1, "bare": 1}, 1)
    assert stream.close() == []


def test_two_witnesses_overtake_unless_told_otherwise(engine: str) -> None:
    data = b"\xaa\xff" + toy(b"a") + toy(b"b") + toy(b"c")
    first = {count: arrivals(data, TOY, order="early", **given)[0][0] for count, given in {0: {}, 1: {"witnesses": 1}, 3: {"witnesses": 3}}.items()}
    assert first == {0: 10, 1: 6, 3: 14}


@pytest.mark.usefixtures("native_engine")
def test_it_says_which_formats_keep_it_from_the_compiled_engine() -> None:
    tables = {"sizes": {"learn": {"format": "say", "key": "type", "value": "size"}, 7: 1}}
    say = FrameFormat("say", [Sync("CC"), Field("type", "u8"), Field("size", "u8")], tables=tables)
    box = FrameFormat("box", [Sync("CD"), Field("type", "u8"), Data("payload", size="sizes[type]")], tables=tables, max_size=20)
    learner = Decoder(TOY, Protocol("p", [say, box]))
    assert (learner.engine, set(learner.fallbacks) <= {"p.say", "p.box"}, bool(learner.fallbacks)) == ("python", True, True)
    ordered = FrameFormat("ordered", [Sync("AA"), Length("n", "u8", of="payload"), Data("payload"), Checksum("sum", "u8", "sum-8", over=["payload", "n"])])
    assert Decoder(TOY, ordered).engine == "native, python for ordered"
    assert (Decoder(TOY).engine, dict(Decoder(TOY).fallbacks)) == ("native", {})
