"""`framing.engine`: what the rules' tests do not see: when it looks again, and what it keeps."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from framing import Data, Field, FrameFormat, Length, Protocol, Sync, Transparency
from framing.engine import AGAIN, StrictEngine
from framing.probing.probe import Probe, Verdict
from framing.streams.candidates import Entry, compiled
from rules import BARE, PAIR, SLIP, TEXT, TOY, locked, plain, toy


def engine(*formats: FrameFormat | Protocol, gap_limit: int = 1000, origin: int = 0) -> StrictEngine:
    return StrictEngine(compiled(formats), gap_limit, origin)


def test_it_counts_from_its_origin() -> None:
    strict = engine(TOY, SLIP, origin=50)
    assert plain(strict.feed(b"A\xc0" + toy(b"x"))) == [("slip", 50, 52), ("toy", 52, 56)]
    assert strict.end == 56


def test_it_does_not_look_before_there_are_enough_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    original = Probe.run

    def counted(self: Probe, ride: bool = False):  # type: ignore[no-untyped-def]
        looked.append(self.start)
        return original(self, ride)

    monkeypatch.setattr(Probe, "run", counted)
    strict = engine(TOY)
    raw = toy(bytes(200))
    for byte in raw[:-1]:
        assert strict.feed(bytes([byte])) == []
    assert plain(strict.feed(raw[-1:])) == [("toy", 0, len(raw))]
    assert len(looked) <= 1


def test_it_knows_how_far_the_stream_must_reach_before_it_looks_again() -> None:
    """One byte for what stands there, one for the length, then the whole frame at once."""
    strict = engine(TOY, origin=50)
    needs = [strict.need]
    for byte in b"?" + toy(b"hi") + toy(b"abc"):
        strict.feed(bytes([byte]))
        needs.append(strict.need)
    assert needs == [51, 52, 53, 56, 56, 56, 57, 58, 62, 62, 62, 62, 63]


def test_a_frame_that_wants_confirmation_waits_for_a_byte_behind_it_at_a_time() -> None:
    strict = engine(locked(1))
    for needs, byte in enumerate(bytes.fromhex("DD EE 01 DD EE"), 2):
        assert strict.feed(bytes([byte])) == []
        assert strict.need == needs
    assert plain(strict.feed(b"\x02")) == [("lock", 0, 3), ("lock", 3, 6)]


@pytest.mark.parametrize("each", [TEXT, SLIP], ids=["text", "slip"])
def test_a_frame_costs_the_same_wherever_it_stands(each: FrameFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    original = StrictEngine._shortcut

    def counted(self: StrictEngine, entry: Entry, at: int) -> int:
        asked[-1] += 1
        return original(self, entry, at)

    monkeypatch.setattr(StrictEngine, "_shortcut", counted)
    for origin in (0, 3 * AGAIN):
        asked.append(0)
        strict = engine(each, PAIR, origin=origin)
        for byte in each.encode(b"hello"):
            strict.feed(bytes([byte]))
    assert asked[0] == asked[1] > 0


def count(patched: pytest.MonkeyPatch, owner: Any, name: str) -> list[tuple[Any, ...]]:
    """The arguments of each call by that name from now on."""
    original = getattr(owner, name)
    calls: list[tuple[Any, ...]] = []

    def counted(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        return original(*arguments, **named)

    patched.setattr(owner, name, counted)
    return calls


def test_bytes_that_cannot_settle_anything_are_only_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = engine(TOY)
    raw = toy(bytes(100))
    assert strict.feed(raw[:2]) == []
    decoded = count(monkeypatch, strict, "_decode")
    for byte in raw[2:-1]:
        assert strict.feed(bytes([byte])) == []
    assert decoded == []
    assert plain(strict.feed(raw[-1:])) == [("toy", 0, len(raw))]
    assert len(decoded) == 1


def test_a_run_of_frames_asks_for_the_first_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = engine(TOY)
    asked = count(monkeypatch, strict, "_asks_shortcut")
    assert len(strict.feed(toy(b"hi") * 50)) == 50
    assert len(asked) == 1


def test_an_ordinary_frame_that_lacks_bytes_leaves_nothing_half_done() -> None:
    strict = engine(TOY)
    strict.feed(toy(b"hi")[:4])
    assert strict.steps is None


def test_the_only_candidate_is_rejected_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = engine(TOY)
    settled = count(monkeypatch, strict, "_settle")
    broken = toy(b"hi")[:-1] + b"\xff"
    assert plain(strict.feed(broken + toy(b"yo"))) == [("checksum", 0, 5, "toy@0 checksum"), ("toy", 5, 10)]
    assert settled == []


@pytest.mark.parametrize("origin", [0, 100])
def test_the_prober_is_for_what_a_short_cut_does_not_tell(origin: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much stands behind a frame; and a delimiter that closes nothing tells itself."""
    probed = count(monkeypatch, Probe, "run")
    other = FrameFormat("other", [Sync("C0 01"), Field("x", "u8")])
    strict = engine(other, SLIP, origin=origin)
    events = plain(strict.feed(b"\xc0\xc0" + b"ab\xc0\xc0" * AGAIN))
    assert events[:2] == [("fill", origin, origin + 2), ("slip", origin + 2, origin + 5)]
    assert len(events) == 2 * AGAIN
    assert [each for each, *_ in probed if each.plan is SLIP.plan] == []
    assert len(probed) == AGAIN + 1  # of the other, at each delimiter but the last


def test_the_second_format_that_may_start_takes_its_short_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more behind it than a short cut is tried again for, and without the prefix sums of a hostile stream."""
    begun: list[Probe] = []
    original = Probe.run

    def steps(self: Probe, ride: bool = False) -> Generator[int, None, Verdict]:
        begun.append(self)
        return (yield from original(self, ride))

    monkeypatch.setattr(Probe, "run", steps)
    strict = engine(FrameFormat("other", [Sync("61 01"), Field("x", "u8")]), SLIP)
    guarded = count(monkeypatch, strict, "_guarded")
    events = strict.feed(b"ab\xc0" * AGAIN)
    assert plain(events)[-1] == ("slip", 3 * AGAIN - 3, 3 * AGAIN)
    assert [each for each in begun if each.plan is SLIP.plan] == guarded == []
    assert len(begun) == AGAIN  # of the other


def test_it_keeps_no_more_than_it_needs() -> None:
    strict = engine(TOY)
    for _ in range(100):
        strict.feed(toy(bytes(100)))
    assert len(strict.tiling.window.buffer) <= 1
    strict.feed(toy(bytes(100))[:50])
    assert len(strict.tiling.window.buffer) <= 51


def test_noise_is_let_go_by_the_gap_limit() -> None:
    strict = engine(TOY, gap_limit=64)
    for _ in range(100):
        strict.feed(bytes(10))
        assert len(strict.tiling.window.buffer) <= 65


@pytest.mark.parametrize("first", [TOY, SLIP])
def test_delimited_formats_before_and_behind_others(first: FrameFormat) -> None:
    second = SLIP if first is TOY else TOY
    strict = engine(first, second)
    data = b"A\xc0\xc0" + toy(b"x") + b"\xc0B\xc0"
    events = plain(strict.feed(data) + strict.close())
    if first is TOY:
        assert events == [("slip", 0, 2), ("fill", 2, 3), ("toy", 3, 7), ("fill", 7, 8), ("slip", 8, 10)]
    else:
        assert events == [("slip", 0, 2), ("fill", 2, 3), ("slip", 3, 8), ("slip", 8, 10)]


def test_two_delimiters() -> None:
    cobs = FrameFormat("cobs", [Data("payload", size=1)], transparency=Transparency("cobs"))
    strict = engine(cobs, SLIP)
    events = plain(strict.feed(b"\x02A\x00\x00\xc0\xc0B\xc0") + strict.close())
    # Behind 00 a SLIP frame may not start, nor behind C0 one of COBS.
    assert events[0] == ("cobs", 0, 3)
    assert events[-1] == ("slip", 6, 8)


def test_confirmation_by_formats_without_a_short_cut() -> None:
    odd = FrameFormat("odd", [Sync("AA"), Field("v", "uleb128")])
    lock = Protocol("lock", [odd, FrameFormat("even", [Sync("BB"), Field("x", "u8")])], lock=locked(1).lock)
    strict = engine(lock)
    assert strict.feed(b"\xaa\x81") == []
    assert strict.feed(b"\x01\xbb") == []
    assert plain(strict.feed(b"\x05")) == [("lock.odd", 0, 3), ("lock.even", 3, 5)]
    assert plain(strict.feed(b"\xaa\x01\x11") + strict.close()) == [("lock.odd", 5, 7), ("noise", 7, 8)]


def test_a_flywheel_waits_for_the_predicted_marker() -> None:
    strict = engine(locked(0, misses=2))
    assert plain(strict.feed(bytes.fromhex("DD EE 01"))) == [("lock", 0, 3)]
    assert strict.feed(bytes.fromhex("00 00 02 00 00 03 DD")) == []
    assert plain(strict.feed(b"\xee")) == [("lock", 3, 6, "suspect"), ("lock", 6, 9, "suspect")]


def test_a_flywheel_behind_noise_does_not_turn() -> None:
    strict = engine(locked(0, misses=1), PAIR)
    strict.feed(bytes.fromhex("DD EE 01 CC 01"))
    assert plain(strict.feed(bytes.fromhex("00 EE 02 DD EE 03"))) == [("noise", 5, 8), ("lock", 8, 11)]


def test_a_growing_end_at_the_end() -> None:
    strict = engine(TEXT)
    assert strict.feed(b"$a\n") == []
    assert plain(strict.close()) == [("text", 0, 3)]


def test_a_length_that_waits_for_more_than_there_will_be() -> None:
    free = FrameFormat("free", [Sync("AA"), Length("n", "u16le", of="payload"), Data("payload")])
    strict = engine(free, BARE)
    assert strict.feed(b"\xaa\xff\xff\xbb\x01\x41") == []
    assert plain(strict.close()) == [("truncated", 0, 3, "free@0 truncated"), ("bare", 3, 6)]
