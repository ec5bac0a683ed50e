"""`framing.Scanner`: columns of a stream that comes in chunks say what `Decoder` gives for the same chunks."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import framing
import laws
from framing import Decoder, Event, Frame, FrameFormat, Gap, Reason, Scanner, Spans
from framing.columns.kinds import sources
from framing.model.data import Data
from framing.model.expressions import RESERVED
from rules import BARE, SLIP, TOY, shipped, toy
from test_captures import FOLDER, RECORDINGS, Recording
from test_spans import agree, fields_agree

KINDS = ["{0}", "{0}[0]", "{0}[:3]", "{0}[1:4]", "{0}[2] >> 4", "{0}[1:3] if {0}[0] & 1 else {0}[:2]", "len({0})", "{0}[-1]", "{0} in (1, 2)", "7"]


def told(events: Sequence[Event]) -> dict[tuple[str | None, Reason | None], tuple[int, int]]:
    """What `Spans.counts` says, counted one by one."""
    found: dict[tuple[str | None, Reason | None], tuple[int, int]] = {}
    for event in events:
        key = (event.format, Reason.MARKER if event.suspect else None) if isinstance(event, Frame) else (None, event.reason)
        rows, size = found.get(key, (0, 0))
        found[key] = rows + 1, size + len(event.raw)
    return found


def kinds_agree(spans: Spans, formats: Sequence[FrameFormat], events: Sequence[Event]) -> None:
    for each in formats:
        assert spans.kinds(each.full_name) == Counter(
            event.kind for event in events if isinstance(event, Frame) and event.format == each.full_name
        )


def says_the_same(spans: Spans, events: Sequence[Event], formats: Sequence[FrameFormat]) -> None:
    """Rows, fields, kinds and counts of one call."""
    agree(spans, events)
    fields_agree(spans, formats, events)
    kinds_agree(spans, formats, events)
    assert spans.counts() == told(events)
    assert spans.gaps().tolist() == [row for row, event in enumerate(events) if isinstance(event, Gap)]
    assert spans.frames().tolist() == [row for row, event in enumerate(events) if isinstance(event, Frame)]
    assert spans.base == (events[0].start if events else spans.base)
    assert spans.nbytes == sum(len(event.raw) for event in events)


def side_by_side(decoder: Decoder, scanner: Scanner, formats: Sequence[FrameFormat], calls: Sequence[Callable[[Any], Any]]) -> None:
    """The same calls of both; in the end nothing is left, and what was counted adds up."""
    sums: Counter[str] = Counter()
    end = 0
    for call in (*calls, lambda one: one.close(), lambda one: one.close()):
        spans, events = call(scanner), call(decoder)
        says_the_same(spans, events, formats)
        assert spans.base == end
        end += spans.nbytes
        assert scanner.stats.as_dict() == decoder.stats.as_dict()
        assert (scanner.stats.bytes_in, scanner.stats.pending) == (decoder.stats.bytes_in, decoder.stats.pending)
        assert spans.stats.pending == 0
        assert spans.stats.gaps == sum(isinstance(event, Gap) and event.reason is not Reason.FILL for event in events)
        sums.update(spans.stats.frames)
        sums.update(spans.stats.rejects)
    assert sums == scanner.stats.frames + scanner.stats.rejects


def feeding(chunk: bytes) -> Callable[[Any], Any]:
    return lambda one: one.feed(chunk)


@pytest.mark.parametrize("mode", ["strict", "lock", "early"])
@given(seed=st.integers(0, 2**32), dice=st.randoms(use_true_random=False))
def test_random_formats_in_chunks(mode: str, seed: int, dice: random.Random) -> None:
    case = laws.case(seed, dice, mode)
    calls = [feeding(chunk) for chunk in case.chunks]
    if dice.randrange(3) == 0:
        calls.insert(dice.randrange(len(calls) + 1), lambda one: one.idle())
    scanner = Scanner(*case.protocols, gap_limit=case.gap_limit, order=case.order, witnesses=case.witnesses)
    side_by_side(case.decoder(), scanner, case.formats, calls)


def with_kind(each: FrameFormat, dice: random.Random) -> FrameFormat:
    """The format with expressions of names in it, some of which do not fit their type."""
    names = [*each.plan.values, *(part.name for part in each.layout if isinstance(part, Data))]
    names = [name for name in names if name is not None and name not in RESERVED]
    used = [dice.choice(KINDS).format(dice.choice(names)) for _ in range(dice.randrange(3))] if names else []
    return dataclasses.replace(each, kind=used)


@given(seed=st.integers(0, 2**32), dice=st.randoms(use_true_random=False))
def test_random_kinds(seed: int, dice: random.Random) -> None:
    case = laws.case(seed, dice)
    formats = [with_kind(each, dice) for each in case.formats]
    calls = [feeding(chunk) for chunk in case.chunks]
    side_by_side(Decoder(*formats), Scanner(*formats), formats, calls)


def test_random_kinds_come_from_everywhere() -> None:
    """The property above is not vacuous: frames whose kinds are gathered as numbers, taken from fronts, and read."""
    seen: set[str] = set()
    for seed in range(3000):
        dice = random.Random(seed)
        formats = [with_kind(each, dice) for each in laws.case(seed, dice).formats]
        data = laws.case(seed, dice).data
        for each in formats:
            known = sources(each.plan, tuple(each.kind))
            if framing.scan(data, *formats).frames(each.full_name):
                seen |= {"read"} if known is None else {*(["numbers"] if known.numbers else []), *(["fronts"] if known.fronts else [])}
                seen |= {"short"} if known is not None and known.enough else set()
        if len(seen) == 4:
            break
    assert seen == {"read", "numbers", "fronts", "short"}


@pytest.mark.parametrize("name", framing.shipped())
def test_the_examples_of_shipped_specs(name: str) -> None:
    protocol = shipped(name)
    data = b"\x01".join(each.raw for each in protocol.examples if each.parameters == protocol.examples[0].parameters)
    side_by_side(Decoder(protocol), Scanner(protocol), list(protocol), [feeding(data[at : at + 7]) for at in range(0, len(data), 7)])


RECORDED = [each for each in RECORDINGS if (FOLDER / each.file).is_file()]


@pytest.mark.slow
@pytest.mark.parametrize("recording", RECORDED, ids=lambda each: each.id)
def test_recordings_in_chunks(recording: Recording) -> None:
    protocols = recording.load()
    data = (FOLDER / recording.file).read_bytes()[:300_000]
    calls = [feeding(data[at : at + 4093]) for at in range(0, len(data), 4093)]
    side_by_side(Decoder(*protocols), Scanner(*protocols), [each for one in protocols for each in one], calls)


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_offsets_count_in_the_stream_and_bytes_are_at_hand() -> None:
    scanner = Scanner(TOY, BARE)
    first, second = scanner.feed(b"??" + toy(b"hi") + b"\xaa"), scanner.feed(toy(b"abc")[1:] + b"\xbb")
    assert (first.base, first.nbytes, first.start.tolist(), bytes(first.raw(1))) == (0, 7, [0, 2], toy(b"hi"))
    assert (second.base, second.nbytes, second.start.tolist(), bytes(second.raw(0))) == (7, 6, [7], toy(b"abc"))
    assert second.column("toy", "n").tolist() == [3]
    assert second.column("toy", "sum").tolist() == [toy(b"abc")[-1]]
    assert [each.tolist() for each in second.payload("toy")] == [[9], [12]]
    last = scanner.close()
    assert (last.base, last.reasons[last.reason[0]], bytes(last.raw(0))) == (13, Reason.TRUNCATED, b"\xbb")
    assert len(scanner.close()) == 0
    assert scanner.stats.frames == {"toy": 2}


def test_silence_is_a_start_of_stream() -> None:
    scanner = Scanner(SLIP)
    assert scanner.feed(b"ab").start.tolist() == []
    spans = scanner.idle()
    assert (spans.start.tolist(), spans.format.tolist()) == ([0], [-1])
    assert scanner.feed(b"cd\xc0").start.tolist() == [2]


def test_after_the_end() -> None:
    scanner = Scanner(TOY)
    scanner.close()
    with pytest.raises(ValueError, match="feed after close: the stream has ended"):
        scanner.feed(b"")
    with pytest.raises(ValueError, match="idle after close: the stream has ended"):
        scanner.idle()


def test_what_a_checksum_raises_goes_through_and_ends_it() -> None:
    def wrong(data: bytes) -> int:
        raise ZeroDivisionError("mine")

    own = FrameFormat(
        "own",
        [
            framing.Sync("EE"),
            framing.Data("payload", size=1),
            framing.Checksum("s", "u8", framing.Algorithm("own", 8, None, wrong), over="payload"),
        ],
    )
    scanner = Scanner(own)
    with pytest.raises(ZeroDivisionError, match="mine"):
        scanner.feed(b"\xee\x01\x02")
    with pytest.raises(ValueError, match="feed after an error: the stream has ended"):
        scanner.feed(b"")
    assert len(scanner.close()) == 0


def test_misuse() -> None:
    with pytest.raises(TypeError, match="at least one"):
        Scanner()
    with pytest.raises(ValueError, match="two formats are called 'toy'"):
        Scanner(TOY, FrameFormat("toy", BARE.layout))
    with pytest.raises(TypeError, match="bytes-like"):
        Scanner(TOY).feed("text")  # type: ignore[arg-type]


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview])
def test_any_chunk_will_do_and_may_change_afterwards(wrap: Any) -> None:
    chunk = wrap(toy(b"hi"))
    spans = Scanner(TOY).feed(chunk)
    if isinstance(chunk, bytearray):
        chunk[:] = b"\0" * len(chunk)
    assert bytes(spans.raw(0)) == toy(b"hi")
