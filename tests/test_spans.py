"""`framing.spans`: columns say what the events of `framing.decode` say, for random formats and for recordings."""

from __future__ import annotations

import array
import mmap
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import framing
import laws
from framing import Event, Frame, FrameFormat, Reason, Spans
from framing.columns.places import payload_index, place_of, typecode
from framing.reading.reader import walk
from rules import BARE, PAIR, SLIP, TOY, locked, plain, shipped, toy
from test_captures import FOLDER, RECORDINGS, Recording

DATA = b"\x11" + toy(b"hi") + b"\xbb\x01\x41" + toy(b"") + b"\xcc"


def rows(spans: Spans) -> list[tuple[Any, ...]]:
    """The rows as `rules.plain` writes events, rejects left out."""
    out: list[tuple[Any, ...]] = []
    for start, end, number, code in zip(spans.start, spans.end, spans.format, spans.reason, strict=True):
        if number >= 0:
            assert spans.reasons[code] in (None, Reason.MARKER)
            out.append((spans.names[number], start, end, *(["suspect"] if code else [])))
        else:
            reason = spans.reasons[code]
            assert reason is not None
            out.append((reason.value, start, end))
    return out


def agree(spans: Spans, events: Sequence[Event]) -> None:
    """The rows are the events."""
    assert rows(spans) == [each if isinstance(event, Frame) else each[:3] for each, event in zip(plain(events), events, strict=True)]
    assert [spans.raw(row).tobytes() for row in range(len(spans))] == [event.raw for event in events]


def fields_agree(spans: Spans, formats: Sequence[FrameFormat], events: Sequence[Event]) -> int:
    """Each column is what each frame's fields say; the number of columns that were compared."""
    compared = 0
    for each in formats:
        frames = [event for event in events if isinstance(event, Frame) and event.format == each.full_name]
        assert [spans.start[row] for row in spans.frames(each.full_name)] == [frame.start for frame in frames]
        for name in each.plan.values:
            try:
                code = typecode(each.plan, name, -1)
            except ValueError:
                continue
            told = [frame.fields.get(name, -1) for frame in frames]
            column = spans.column(each.full_name, name, absent=-1)
            assert (column.tolist(), column.typecode) in [(told, code), (told, typecode(each.plan, name))], f"{each.full_name}.{name}"
            compared += 1
        payloads_agree(spans, each, frames)
    return compared


def payloads_agree(spans: Spans, each: FrameFormat, frames: Sequence[Frame]) -> None:
    try:
        index = payload_index(each.plan)
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error)):
            spans.payload(each.full_name)
        return
    starts, ends = spans.payload(each.full_name)
    buffer = spans.raw(0).obj if len(spans) else b""
    base = spans.base
    assert [bytes(buffer[start - base : end - base]) for start, end in zip(starts, ends, strict=True)] == [frame.payload for frame in frames]
    if each.plan.area is None:
        assert starts.tolist() == [frame.start + payload_start(each, index, frame.raw) for frame in frames]


def payload_start(each: FrameFormat, index: int, raw: bytes) -> int:
    """Where the payload stands in a frame, or would, were it not absent: behind the last part in front of it."""
    _, parts = walk(each.plan, raw)
    return parts[index][0] if index in parts else max((end for part, (_, end) in parts.items() if part < index), default=0)


def stats_agree(spans: Spans, protocols: Sequence[Any], data: bytes, **options: Any) -> None:
    decoder = framing.Decoder(*protocols, **options)
    decoder.feed(data)
    decoder.close()
    assert spans.stats.as_dict() == decoder.stats.as_dict()
    assert (spans.stats.bytes_in, spans.stats.pending) == (len(data), 0)


# --- random formats --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["strict", "lock", "early"])
@given(seed=st.integers(0, 2**32), dice=st.randoms(use_true_random=False))
def test_random_formats(mode: str, seed: int, dice: random.Random) -> None:
    case = laws.case(seed, dice, mode)
    options: dict[str, Any] = dict(gap_limit=case.gap_limit, order=case.order, witnesses=case.witnesses)
    events = framing.decode(case.data, *case.protocols, **options)
    spans = framing.scan(case.data, *case.protocols, **options)
    agree(spans, events)
    fields_agree(spans, case.formats, events)
    stats_agree(spans, case.protocols, case.data, **options)


def test_random_formats_have_fields_to_compare() -> None:
    """The property above is not vacuous: columns with values in them, at every kind of place and at none."""
    every = {"start", "end", "payload", None}
    anchors: set[str | None] = set()
    for seed in range(4000):
        case = laws.case(seed, random.Random(seed))
        spans = framing.scan(case.data, *case.protocols)
        for each in case.formats:
            if len(spans.frames(each.full_name)):
                places = [place_of(each.plan, name) for name in each.plan.values]
                anchors |= {place.anchor if place else None for place in places}
        if anchors == every:
            break
    assert anchors == every


# --- recordings and shipped specs ------------------------------------------------------------------------------------


@pytest.fixture(params=RECORDINGS, ids=lambda each: each.id)
def recording(request: pytest.FixtureRequest) -> Recording:
    found: Recording = request.param
    if not (FOLDER / found.file).is_file():
        pytest.skip(f"{found.file} is not among the recordings at {FOLDER}; FRAMING_CAPTURES tells where they are")
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("python_engine")
@pytest.mark.parametrize("order", ["strict", "early"])
def test_recordings(recording: Recording, order: Any) -> None:
    protocols = recording.load()
    if order == "early" and any(each.lock for each in protocols):
        pytest.skip("asks for confirmation, which early order cannot give")
    data = (FOLDER / recording.file).read_bytes()[: 400_000 if order == "strict" else 10_000]  # early order is slow where nothing marks a frame
    events = framing.decode(data, *protocols, order=order)
    spans = framing.scan(data, *protocols, order=order)
    agree(spans, events)
    assert fields_agree(spans, [each for one in protocols for each in one], events) > 0 or recording.protocols == "ccsds-cadu"
    stats_agree(spans, protocols, data, order=order)


@pytest.mark.parametrize("name", framing.shipped())
def test_the_examples_of_shipped_specs(name: str) -> None:
    """Alone, and side by side with noise between them."""
    protocol = shipped(name)
    raws = [each.raw for each in protocol.examples if each.parameters == protocol.examples[0].parameters]
    for data in [*raws, b"\x01".join(raws)]:
        events = framing.decode(data, protocol)
        spans = framing.scan(data, protocol)
        agree(spans, events)
        fields_agree(spans, list(protocol), events)


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_rows_and_names() -> None:
    spans = framing.scan(DATA, TOY, BARE)
    assert rows(spans) == [("noise", 0, 1), ("toy", 1, 6), ("bare", 6, 9), ("toy", 9, 12), ("noise", 12, 13)]
    assert (spans.names, spans.reasons, spans.nbytes) == (("toy", "bare"), (None, *Reason), 13)
    assert (spans.frames().tolist(), spans.frames("toy").tolist(), spans.frames("bare").tolist()) == ([1, 2, 3], [1, 3], [2])
    assert [column.typecode for column in (spans.start, spans.end, spans.format, spans.reason)] == ["q", "q", "h", "B"]
    assert spans.raw(-1) == b"\xcc"
    with pytest.raises(IndexError):
        spans.raw(5)


def test_a_representation_of_one_line() -> None:
    assert repr(framing.scan(DATA, TOY, BARE)) == "<Spans 3 frames (toy 2, bare 1), 2 gaps, 13 bytes>"
    assert repr(framing.scan(toy(b""), TOY)) == "<Spans 1 frame (toy 1), 0 gaps, 3 bytes>"
    assert repr(framing.scan(b"\xc0", SLIP)) == "<Spans 0 frames, 0 gaps, 1 byte>"


def test_a_suspect_frame_has_the_reason_marker() -> None:
    spans = framing.scan(b"\xdd\xee\x01\xdd\xef\x02\xdd\xee\x03", locked(0, 1))
    assert rows(spans) == [("lock", 0, 3), ("lock", 3, 6, "suspect"), ("lock", 6, 9)]
    assert spans.column("lock", "x").tolist() == [1, 2, 3]


def test_long_gaps_come_in_pieces() -> None:
    assert rows(framing.scan(bytes(100_000), TOY)) == [("noise", 0, 65_536), ("noise", 65_536, 100_000)]
    assert len(framing.scan(bytes(9), TOY, gap_limit=2)) == 5


def test_more_than_one_piece_of_the_buffer() -> None:
    data = toy(b"a" * 250) * 1000
    spans = framing.scan(data, TOY)
    assert spans.start.tolist() == list(range(0, len(data), 253))
    assert spans.column("toy", "sum").tolist() == [toy(b"a" * 250)[-1]] * 1000


def test_a_format_twice_is_the_first() -> None:
    assert set(framing.scan(DATA, TOY, TOY).format) == {-1, 0}
    assert framing.scan(DATA, TOY, TOY).column("toy", "n").tolist() == [2, 0]


def test_different_formats_of_one_name_are_refused() -> None:
    other = FrameFormat("toy", BARE.layout)
    with pytest.raises(ValueError, match="two formats are called 'toy'"):
        framing.scan(DATA, TOY, other)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((), {}, TypeError, "at least one"),
        (("ubx",), {}, TypeError, "framing.load"),
        ((TOY,), {"gap_limit": 0}, ValueError, "gap_limit is 0"),
        ((TOY,), {"witnesses": 1.5}, TypeError, "number of frames"),
        ((TOY,), {"order": "fast"}, ValueError, "'strict' or 'early'"),
        ((TOY, locked(1)), {"order": "early"}, ValueError, "lock"),
    ],
)
def test_misuse(arguments: tuple[Any, ...], options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        framing.scan(b"", *arguments, **options)


# --- fields ----------------------------------------------------------------------------------------------------------


def test_unknown_formats_and_fields_get_a_hint() -> None:
    spans = framing.scan(DATA, TOY, BARE)
    for ask in (lambda: spans.column("toi", "n"), lambda: spans.frames("toi"), lambda: spans.payload("toi")):
        with pytest.raises(KeyError, match="did you mean 'toy'"):
            ask()
    with pytest.raises(KeyError, match="did you mean 'sum'"):
        spans.column("toy", "sun")
    with pytest.raises(ValueError, match="numbers, not bytes"):
        spans.column("toy", "payload")


OPTIONAL = FrameFormat(
    "opt", [{"sync": "AA"}, {"field": "has", "type": "u8", "max": 1}, {"field": "x", "type": "u8", "if": "has"}, {"data": "payload", "size": 1, "if": "has"}]
)


def test_a_field_that_a_frame_lacks() -> None:
    spans = framing.scan(b"\xaa\x01\x07p\xaa\x00", OPTIONAL)
    with pytest.raises(ValueError, match="x: the frame at offset 4 has none; `absent`"):
        spans.column("opt", "x")
    assert (spans.column("opt", "x", absent=0).tolist(), spans.column("opt", "x", absent=0).typecode) == ([7, 0], "B")
    assert (spans.column("opt", "x", absent=-1).tolist(), spans.column("opt", "x", absent=-1).typecode) == ([7, -1], "h")
    assert spans.column("opt", "has", absent=-1).typecode == "B"
    assert [column.tolist() for column in spans.payload("opt")] == [[3, 6], [4, 6]]


def test_a_number_that_does_not_fit() -> None:
    each = FrameFormat("v", [{"sync": "AA"}, {"field": "x", "type": "uleb128"}])
    assert framing.scan(each.encode(x=1 << 63), each).column("v", "x").tolist() == [1 << 63]
    with pytest.raises(ValueError, match="x: 18446744073709551616 in the frame at offset 1 does not fit"):
        framing.scan(b"?" + each.encode(x=1 << 64), each).column("v", "x")


def test_payloads_that_do_not_stand_side_by_side() -> None:
    with pytest.raises(ValueError, match="stuffed"):
        framing.scan(b"", SLIP).payload("slip")
    with pytest.raises(ValueError, match="no payload"):
        framing.scan(b"", PAIR).payload("pair")
    with pytest.raises(ValueError, match="blocks"):
        framing.scan(b"", framing.load("dnp3")).payload("dnp3")


# --- buffers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrap", [bytes, bytearray, memoryview, lambda data: array.array("B", data), lambda data: memoryview(data + data)[: len(data)]]
)
def test_any_buffer_will_do(wrap: Any) -> None:
    spans = framing.scan(wrap(DATA), TOY, BARE)
    assert rows(spans) == rows(framing.scan(DATA, TOY, BARE))
    assert spans.column("toy", "n").tolist() == [2, 0]
    assert spans.raw(0).readonly


def test_numpy_arrays() -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    for given_array in (numpy.frombuffer(DATA, "u1"), numpy.frombuffer(DATA, "i1"), numpy.frombuffer(DATA, "u1").reshape(1, -1)):
        assert rows(framing.scan(given_array, TOY, BARE)) == rows(framing.scan(DATA, TOY, BARE))
    assert len(framing.scan(numpy.empty((0, 3), "u1"), TOY)) == 0
    with pytest.raises(TypeError, match="side by side"):
        framing.scan(numpy.frombuffer(DATA, "u1")[::2], TOY)
    with pytest.raises(TypeError, match="bytes-like"):
        framing.scan(numpy.zeros(2, "M8[s]"), TOY)
    assert framing.scan(numpy.zeros(2, "u1,>u2"), TOY).nbytes == 6


@pytest.mark.parametrize("data", ["text", 5, None, [1, 2]])
def test_anything_else_is_a_type_error(data: Any) -> None:
    with pytest.raises(TypeError, match="bytes-like"):
        framing.scan(data, TOY)
    with pytest.raises(TypeError, match="side by side"):
        framing.scan(memoryview(DATA)[::2], TOY)


@pytest.mark.parametrize("empty", [b"", bytearray(), memoryview(b""), array.array("B")])
def test_an_empty_buffer_has_no_rows(empty: Any) -> None:
    spans = framing.scan(empty, TOY)
    assert (len(spans), rows(spans), spans.column("toy", "n").tolist(), spans.frames().tolist()) == (0, [], [], [])
    assert [column.tolist() for column in spans.payload("toy")] == [[], []]
    assert spans.stats.as_dict()["frames"] == {}


def test_an_mmap_is_held_until_it_is_released(tmp_path: Path) -> None:
    file = tmp_path / "stream.bin"
    file.write_bytes(DATA)
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        with framing.scan(mapped, TOY, BARE) as spans:
            assert spans.column("toy", "n").tolist() == [2, 0]
            with pytest.raises(BufferError):
                mapped.close()
        mapped.close()
        spans.release()
    assert rows(spans) == rows(framing.scan(DATA, TOY, BARE))
    assert spans.frames("toy").tolist() == [1, 3]
    for ask in (lambda: spans.raw(0), lambda: spans.column("toy", "n"), lambda: spans.column("toy", "sum")):
        with pytest.raises(ValueError, match="released"):
            ask()


def test_a_bytearray_can_grow_again() -> None:
    data = bytearray(DATA)
    spans = framing.scan(data, TOY)
    with pytest.raises(BufferError):
        data.append(1)
    spans.release()
    data.append(1)
    assert spans.nbytes == len(DATA)
