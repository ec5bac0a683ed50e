"""`framing.engines`: which engine is in use, and what they all are to those who hold one."""

from __future__ import annotations

from array import array
from typing import Any

import pytest

import framing
from framing import Checksum, Data, Decoder, FrameFormat, Length, Protocol, Sync, compiled, engines
from framing.engines import GAP, PIECE, REASONS, Counted, ReferenceEngine
from framing.errors import Reason
from framing.events import Event, Frame
from framing.stats import Tally
from framing.sums.algorithms import Algorithm
from rules import BARE, PAIR, SLIP, TEXT, TOY, locked, plain, toy

STREAM = b"\x11" + toy(b"hi") + b"\xc0\xbb\x01\x41" + toy(b"x")[:-1] + b"?" + toy(b"y") + b"\xaa\x09"


def made(*protocols: Protocol | FrameFormat, gap_limit: int = 64, order: Any = "strict") -> engines.Engine:
    return engines.engine(protocols, gap_limit, order, 2)


def rows() -> tuple[Any, ...]:
    return array("q"), array("q"), array("h"), array("B")


def row_of(event: Event, names: list[str]) -> tuple[int, int, int, int]:
    """An event as `scan` puts it."""
    if isinstance(event, Frame):
        number, reason = names.index(event.format), Reason.MARKER if event.suspect else None
    else:
        number, reason = GAP, event.reason
    return event.start, event.end, number, REASONS.index(reason)


# --- which one -------------------------------------------------------------------------------------------------------


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMING_ENGINE", "python")
    assert Decoder(TOY).engine == framing.engine_name() == "python"
    assert Decoder(TOY, order="early").engine == "python"
    monkeypatch.setenv("FRAMING_ENGINE", "reference")
    assert Decoder(TOY).engine == Decoder(TOY, order="early").engine == framing.engine_name() == "reference"
    monkeypatch.setenv("FRAMING_ENGINE", "rust")
    with pytest.raises(ValueError, match="FRAMING_ENGINE=rust: expected one of native, python, reference"):
        Decoder(TOY)


def test_else_it_is_the_fastest_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for nothing in (None, ""):
        monkeypatch.delenv("FRAMING_ENGINE", raising=False)
        if nothing is not None:
            monkeypatch.setenv("FRAMING_ENGINE", nothing)
        monkeypatch.setattr(compiled, "usable", False)
        assert Decoder(TOY).engine == "python"
        monkeypatch.undo()


def test_that_is_the_compiled_one(native_engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRAMING_ENGINE")
    assert Decoder(TOY).engine == Decoder(TOY, order="early").engine == framing.engine_name() == "native"


def test_a_missing_native_engine_fails_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMING_ENGINE", "native")
    monkeypatch.setattr(compiled, "usable", False)
    monkeypatch.setattr(compiled, "missing", "it was not built: no compiler")
    with pytest.raises(ValueError, match="FRAMING_ENGINE=native: the compiled engine is not there: it was not built: no compiler"):
        Decoder(TOY)


def test_it_is_chosen_for_each_decoder_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMING_ENGINE", "reference")
    first = Decoder(TOY)
    monkeypatch.setenv("FRAMING_ENGINE", "python")
    assert (first.engine, Decoder(TOY).engine) == ("reference", "python")
    assert plain(first.feed(toy(b"x"))) == [("toy", 0, 4)]


# --- what they have in common ----------------------------------------------------------------------------------------


def test_events_come_when_they_are_settled(engine: str) -> None:
    one = made(TOY, BARE)
    assert one.name == engine
    assert dict(one.fallbacks) == {}
    assert plain(one.feed(STREAM[:7])) == [("noise", 0, 1), ("toy", 1, 6)]
    assert one.end == 7
    events = one.feed(STREAM[7:]) + one.close()
    assert events[-1].end == one.end == len(STREAM)
    totals = one.totals()
    assert totals.frame_bytes + totals.gap_bytes + totals.fill_bytes == len(STREAM)


def test_a_restart_is_a_start_of_stream_with_the_counts_going_on(engine: str) -> None:
    one = made(TOY, SLIP)
    one.feed(toy(b"x") + b"\xaa\x05")
    one.restart(1000)
    assert one.end == 1000
    assert plain(one.feed(b"ab\xc0" + toy(b"x"))) == [("slip", 1000, 1003), ("toy", 1003, 1007)]
    assert one.close() == []
    assert one.totals().frames == {"toy": 2, "slip": 1}
    assert one.totals().frame_bytes == 11


@pytest.mark.parametrize("order", ["strict", "early"])
def test_skimming_counts_what_feeding_gives(engine: str, order: str) -> None:
    fed, skimmed = (made(TOY, BARE, gap_limit=3, order=order) for _ in range(2))
    for at in range(0, len(STREAM), 5):
        fed.feed(STREAM[at : at + 5])
        skimmed.skim(STREAM[at : at + 5])
        assert skimmed.totals() == fed.totals()
        assert skimmed.end == fed.end
    assert fed.totals().frames == {"toy": 2, "bare": 1}
    assert plain(skimmed.close()) == plain(fed.close())
    assert skimmed.totals() == fed.totals()


@pytest.mark.parametrize("order", ["strict", "early"])
@pytest.mark.parametrize("gap_limit", [64, 2])
def test_a_scan_has_a_row_for_each_event(engine: str, order: Any, gap_limit: int) -> None:
    formats = (TOY, SLIP, BARE)
    events = framing.decode(STREAM, *formats, order=order, gap_limit=gap_limit)
    one = made(*formats, gap_limit=gap_limit, order=order)
    columns = rows()
    one.scan(memoryview(STREAM), *columns)
    assert list(zip(*columns, strict=True)) == [row_of(event, ["toy", "slip", "bare"]) for event in events]
    assert one.end == len(STREAM)


def test_a_scan_goes_on_behind_what_the_columns_hold(engine: str) -> None:
    columns = rows()
    for data in (toy(b"a"), b"", b"?"):
        made(TOY).scan(memoryview(data), *columns)
    assert [column.tolist() for column in columns] == [[0, 0], [4, 1], [0, GAP], [0, REASONS.index(Reason.NOISE)]]


def test_a_suspect_frame_has_the_reason_marker(engine: str) -> None:
    columns = rows()
    made(locked(1, 1)).scan(memoryview(bytes.fromhex("DDEE01 DDEE02 00EE03 DDEE04")), *columns)
    assert columns[2].tolist() == [0, 0, 0, 0]
    assert columns[3].tolist() == [0, 0, REASONS.index(Reason.MARKER), 0]


def test_formats_of_one_name_are_counted_and_numbered_as_one(engine: str) -> None:
    one, other = made(TOY, PAIR, TOY), rows()
    one.scan(memoryview(toy(b"a") + b"\xcc\x01" + toy(b"b")), *other)
    assert other[2].tolist() == [0, 1, 0]
    assert one.totals().frames == {"toy": 2, "pair": 1}


def test_protocols_are_groups_that_confirm_each_other(engine: str) -> None:
    """The follow-up may be of another format of the same protocol, never of another protocol."""
    lock, pair = framing.Lock(1), FrameFormat("pair", PAIR.layout)
    other = FrameFormat("lock", locked(0).layout)
    stream = bytes.fromhex("CC01 DDEE05 00")
    assert plain(framing.decode(stream, Protocol("p", [pair, other], lock=lock)))[:2] == [("p.pair", 0, 2), ("p.lock", 2, 5)]
    alone = FrameFormat("pair", PAIR.layout, lock=lock)
    assert plain(framing.decode(stream, alone, other))[0] == ("unconfirmed", 0, 2, "pair@0 unconfirmed")


# --- a checksum function of the user's that raises -------------------------------------------------------------------


class Broken(Exception):
    """What the user's function raises."""


class Summer:
    """A checksum that raises when it is called for the `bad`-th time."""

    def __init__(self) -> None:
        self.calls, self.bad = 0, -1
        self.algorithm = Algorithm("own", 8, None, self.compute)

    def compute(self, data: bytes) -> int:
        self.calls += 1
        if self.calls == self.bad:
            raise Broken
        return sum(data) & 0xFF


def given(stream: bytes, formats: list[FrameFormat], order: Any, size: int) -> tuple[list[Event], Any, int]:
    """All events, each call that raised being followed by another one; the counts; how many calls raised."""
    decoder = Decoder(*formats, order=order)
    events: list[Event] = []
    raised = 0
    for at in range(0, len(stream), size):
        try:
            events += decoder.feed(stream[at : at + size])
        except Broken:
            raised += 1
            events += decoder.feed(b"")
    for ends in (decoder.idle, decoder.close):
        try:
            events += ends()
        except Broken:
            raised += 1
            events += ends()
    return events, decoder.stats.as_dict(), raised


@pytest.mark.parametrize(("order", "lock"), [("strict", None), ("early", None), ("strict", framing.Lock(2, 1))])
@pytest.mark.parametrize("valid", [None, "n < 9"])
def test_it_comes_out_of_the_call_and_the_next_call_asks_again(engine: str, order: Any, lock: Any, valid: str | None) -> None:
    summer = Summer()
    layout = [Sync("AA"), Length("n", "u8", of="payload", valid=valid), Data("payload"), Checksum("ck", "u8", summer.algorithm, over="n..payload")]
    formats = [FrameFormat("own", layout, max_size=20, lock=lock), PAIR, FrameFormat("other", TOY.layout, max_size=20)]
    stream = b"?" + toy(b"ab") * 3 + b"\xcc\x01" + toy(b"c")[:-1] + b"\xaa\x03" + toy(b"") * 2 + b"\xcc\xaa\x02" + toy(b"d") + b"\xaa\x04ab"
    for size in (len(stream),) if engine == "reference" else (len(stream), 3, 1):
        summer.bad = -1
        *expected, _ = given(stream, formats, order, size)
        summer.calls, summer.bad = 0, -1
        assert given(stream, formats, order, size) == (*expected, 0)
        for bad in range(1, summer.calls + 1):
            summer.calls, summer.bad = 0, bad
            assert given(stream, formats, order, size) == (*expected, 1), f"call {bad}, {size} bytes at a time"


# --- the parts ------------------------------------------------------------------------------------------------------


def test_the_reference_as_an_engine() -> None:
    tally = Tally()
    reference = ReferenceEngine([TOY], 100, 7, "strict", 2, tally)
    assert plain(reference.feed(toy(b"x") + b"\x11")) == [("toy", 7, 11)]
    assert reference.end == 12
    assert plain(reference.close()) == [("noise", 11, 12)]
    assert (tally.totals().frames, tally.totals().gap_bytes) == ({"toy": 1}, 1)


def test_a_python_engine_is_given_a_large_buffer_in_pieces() -> None:
    sizes = []

    class Source:
        end = 0

        def feed(self, chunk: bytes) -> list[Event]:
            sizes.append(len(chunk))
            return []

        def close(self) -> list[Event]:
            return []

    Counted("x", ["toy"], lambda origin, tally: Source()).scan(memoryview(bytes(2 * PIECE + 5)), *rows())
    assert sizes == [PIECE, PIECE, 5]


def test_formats_are_put_together_once_for_all_their_decoders(native_engine: None) -> None:
    first: Any = made(TOY, BARE)
    again: Any = made(TOY, BARE)
    grouped: Any = made(Protocol("p", [TOY, BARE]))
    assert first.formats is again.formats
    assert first.formats is not grouped.formats
    for number in range(engines.NATIVE_KEPT):
        made(FrameFormat(f"f{number}", TOY.layout))
    assert len(engines._native_formats) == engines.NATIVE_KEPT
    later: Any = made(TOY, BARE)
    assert later.formats is not first.formats
    assert plain(first.feed(toy(b"x"))) == plain(later.feed(toy(b"x"))) == [("toy", 0, 4)]


def test_formats_of_all_protocols_in_their_order() -> None:
    assert engines.formats_of([TOY, Protocol("p", [PAIR, TEXT]), BARE])[::3] == [TOY, BARE]
    assert [each.full_name for each in engines.formats_of([TOY, Protocol("p", [PAIR, TEXT])])] == ["toy", "p.pair", "p.text"]
