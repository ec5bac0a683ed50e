"""The laws that every decoding keeps, each as a function that raises AssertionError where a case breaks it.

`test_properties.py` hands them random cases, `test_planted.py` the same with a bug planted in the code. The numbers are those
of the list of properties in the design.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import generate
from framing import reference
from framing.decoder import Decoder
from framing.engines import Order
from framing.errors import EncodeError, FrameError, Reason
from framing.events import Event, Frame, Gap
from framing.fuzzing.laws import is_canonical
from framing.layout import FrameFormat
from framing.model.checks import Checksum
from framing.model.numbers import Bits, Length
from framing.protocols import Protocol

GAP_LIMITS = (64, 1, 2, 3, 7, 65_536)


@dataclass(frozen=True)
class Case:
    """What a decoder is given."""

    protocols: Sequence[Protocol | FrameFormat]
    data: bytes
    chunks: Sequence[bytes]
    gap_limit: int = 64
    order: Order = "strict"
    witnesses: int = 2

    @property
    def formats(self) -> list[FrameFormat]:
        return generate.formats_of(self.protocols)

    def decoder(self) -> Decoder:
        return Decoder(*self.protocols, gap_limit=self.gap_limit, order=self.order, witnesses=self.witnesses)

    def reference(self, data: bytes, closed: bool = True, origin: int = 0) -> list[Event]:
        return reference.decode(
            data,
            self.protocols,
            order=self.order,
            witnesses=self.witnesses,
            gap_limit=self.gap_limit,
            closed=closed,
            origin=origin,
        )

    def __repr__(self) -> str:
        layouts = "\n".join(
            f"  {each.full_name}: {each.layout}, {each.transparency}, max_size={each.max_size}, lock={each.lock}"
            for each in self.formats
        )
        return (
            f"Case(\n{layouts}\n  data {self.data.hex(' ')}\n  chunks {[len(chunk) for chunk in self.chunks]}"
            f" gap_limit={self.gap_limit} order={self.order} witnesses={self.witnesses})"
        )


def case(seed: int, rnd: random.Random, mode: str = "strict", binary: bool = False, stuffed: str | None = None) -> Case:
    """A case: `seed` makes the formats, `rnd` the stream and how it is cut. `mode` is strict, lock or early; `stuffed` is the
    kind of stuffing that most formats have."""
    protocols = generate.protocols(random.Random(seed), lock=mode == "lock", state=mode != "early", stuffed=stuffed)
    formats = generate.formats_of(protocols)
    most = 30 if mode == "early" else 48
    data = rnd.randbytes(rnd.randrange(most)) if binary else generate.stream(rnd, formats, most)
    if stuffed and mode == "early":
        data = data[:128]  # the reference looks at each place again from each place before it
    return Case(
        protocols,
        data,
        generate.chunks(rnd, data),
        rnd.choice(GAP_LIMITS),
        "early" if mode == "early" else "strict",
        rnd.choice([2, 1, 3]),
    )


def run(decoder: Decoder, chunks: Sequence[bytes]) -> list[Event]:
    """All events of a stream."""
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close()


def chunking_is_invisible(case: Case) -> None:
    """P1: whole, byte by byte and in any other cut a stream gives the same events."""
    whole = run(case.decoder(), [case.data])
    assert run(case.decoder(), case.chunks) == whole
    assert run(case.decoder(), [bytes([byte]) for byte in case.data]) == whole


def events_tile(case: Case) -> None:
    """P2: events are adjacent, not empty, and together the input; a gap is no longer than its limit; stats agree."""
    decoder = case.decoder()
    events = run(decoder, case.chunks)
    at = 0
    for event in events:
        assert event.start == at < event.end
        assert event.raw == case.data[event.start : event.end]
        at = event.end
        if isinstance(event, Gap):
            assert event.end - event.start <= case.gap_limit
            assert all(event.start <= reject.offset < event.end for reject in event.rejects)
            assert len(event.rejects) == min(event.rejected, 16)
            if event.reason is Reason.FILL:
                assert set(event.raw) <= set(b"".join(each.plan.delimiter or b"" for each in case.formats if each.plan.delimited))
    assert at == len(case.data)
    _stats_agree(decoder, events)


def _stats_agree(decoder: Decoder, events: Sequence[Event]) -> None:
    frames = [event for event in events if isinstance(event, Frame)]
    gaps = [event for event in events if isinstance(event, Gap)]
    fill = [gap for gap in gaps if gap.reason is Reason.FILL]
    stats = decoder.stats
    rejects: Counter[str] = Counter()
    for gap in gaps:
        rejects.update({reason.value: number for reason, number in gap.reasons.items()})
    assert stats.frames == Counter(frame.format for frame in frames)
    assert stats.frame_bytes == sum(len(frame.raw) for frame in frames)
    assert stats.fill_bytes == sum(len(gap.raw) for gap in fill)
    assert stats.gap_bytes == sum(len(gap.raw) for gap in gaps) - stats.fill_bytes
    assert stats.gaps == len(gaps) - len(fill)
    assert stats.rejects == rejects
    assert stats.pending == 0


def engine_is_reference(case: Case) -> None:
    """P3: after each chunk there are the very events that the reference gives for what has arrived, and so at the end."""
    decoder = case.decoder()
    fed = b""
    events: list[Event] = []
    for chunk in case.chunks:
        events += decoder.feed(chunk)
        fed += chunk
        assert events == case.reference(fed, closed=False), f"after {len(fed)} bytes"
    assert events + decoder.close() == case.reference(fed)


def memory_is_bounded(case: Case) -> None:
    """P5: what a decoder holds back is a gap, and the frames that it takes to decide one."""
    formats = case.formats
    windows = [
        (each.lock.confirm + each.lock.misses + 1 if each.lock else 1)
        * max(other.max_size for other in formats if other.protocol == each.protocol or other is each)
        for each in formats
    ]
    behind = [each.plan.follow.pattern.longest for each in formats if each.plan.follow and each.plan.follow.pattern]
    before = [each.behind.pattern.longest for each in formats if each.behind]
    before += (closing := [each.plan.closing for each in formats])
    bound = case.gap_limit + max(windows) + max(behind + closing) + 1
    decoder = case.decoder()
    for byte in case.data * 2:
        decoder.feed(bytes([byte]))
        assert decoder.stats.pending <= bound
        if decoder._engine.name == "python":
            assert len(decoder._engine._source.tiling.window.buffer) <= bound + max(1, *before)


def idle_starts_afresh(case: Case) -> None:
    """`idle` is `close` and a fresh decoder whose offsets go on."""
    decoder = case.decoder()
    at = 0
    for chunk in case.chunks[:6]:
        assert decoder.feed(chunk) + decoder.idle() == case.reference(chunk, origin=at)
        at += len(chunk)


def frames_are_what_was_probed(case: Case) -> None:
    """The fields and payload of each frame are what the reference found while it verified them."""
    data = case.data
    for event in run(case.decoder(), [data]):
        if not isinstance(event, Frame):
            continue
        each = _format(case, event)
        prober = reference.Probe(each, reference.Stream(data[: event.end], (each,), True), event.start)
        verdict = prober.run(trust_marker=event.suspect)
        assert verdict.end == event.end
        values = dict(prober.values)
        payload = values.pop(each.payload_name, b"") if each.payload_name is not None else b""
        assert repr(list(values.items())) == repr(list(event.fields.items()))
        assert payload == event.payload


def _format(case: Case, frame: Frame) -> FrameFormat:
    return next(each for each in case.formats if each.full_name == frame.format)


def nothing_intact_is_lost(case: Case) -> None:
    """P8: in strict order, what a format accepts at a candidate offset is emitted, or overlaps what is, or is unconfirmed."""
    if case.order != "strict":
        return
    events = run(case.decoder(), [case.data])
    frames = [event for event in events if isinstance(event, Frame)]
    unconfirmed = any(Reason.UNCONFIRMED in event.reasons for event in events if isinstance(event, Gap))
    stream = reference.Stream(case.data, tuple(case.protocols), closed=True)
    for each in case.formats:
        for at in range(len(case.data)):
            end = reference.judge(stream, each, at).end
            if end is not None and not any(frame.start < end and at < frame.end for frame in frames):
                assert each.lock is not None and unconfirmed, f"{each.full_name} at {at}..{end} is lost"


def encoding_comes_back(case: Case, rnd: random.Random) -> None:
    """P7: what is encoded decodes to the same payload and fields; what was decoded encodes to the same bytes."""
    for each in case.formats:
        raw, payload, fields = generate.frame(rnd, each)
        if not raw:
            continue
        frame = each.decode(raw)
        assert frame.raw == raw
        assert frame.payload == (payload or b"")
        for name, value in fields.items():
            if not (isinstance(value, bytes) and not value and name not in frame.fields):
                assert frame[name] == value
        again = each.encode(frame.payload, **frame.fields)
        assert again == raw
    for event in run(case.decoder(), [case.data]):
        if isinstance(event, Frame) and not event.suspect:
            _encodes_again(_format(case, event), event)


def _encodes_again(each: FrameFormat, frame: Frame) -> None:
    try:
        raw = each.encode(frame.payload, **frame.fields)
    except EncodeError as error:
        circle = any(words in error.message for words in ("depends on itself", "cover each other"))
        assert circle or not is_canonical(each)
        return
    if is_canonical(each):
        assert raw == frame.raw
    try:
        again = each.decode(raw)
    except FrameError:
        assert not is_canonical(each)
        return
    assert again.payload == frame.payload
    derived = {name for part in each.layout if isinstance(part, (Length, Checksum, Bits)) for name in _names(part)}
    derived |= {name for stored in each.plan.stored.values() for name in stored.names}
    for name in frame.fields:
        assert name in derived or repr(again.fields[name]) == repr(frame.fields[name])


def _names(part: Length | Checksum | Bits) -> list[str]:
    return [bit.name for bit in part.bits if bit.name == part.length] if isinstance(part, Bits) else [part.name]


DECODING = (
    chunking_is_invisible,
    events_tile,
    engine_is_reference,
    memory_is_bounded,
    idle_starts_afresh,
    frames_are_what_was_probed,
    nothing_intact_is_lost,
)
"""The laws that hold for every case."""


def all_laws(case: Case, rnd: random.Random) -> None:
    """Every law, one after the other."""
    for law in DECODING:
        law(case)
    encoding_comes_back(case, rnd)
