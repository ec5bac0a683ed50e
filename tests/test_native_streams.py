"""`framing._engine`: how streams are fed, held, shared and scanned. `test_native.py` has what is decided."""

from __future__ import annotations

import mmap
import random
import subprocess
import sys
import threading
from array import array
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import framing
from framing import (
    Checksum,
    Data,
    Decoder,
    Event,
    Field,
    Frame,
    FrameFormat,
    Gap,
    Length,
    Lookup,
    Protocol,
    Reason,
    Sync,
    Transparency,
)
from framing.checksums import algorithm
from framing.engines import PIECE, REASONS
from framing.sums.algorithms import Algorithm
from rules import BARE, PAIR, SLIP, TEXT, TOY, choose, locked, plain, shipped, toy

pytestmark = pytest.mark.usefixtures("native_engine")

ROOT = Path(framing.__file__).parent.parent
DATA = b"\x11" + toy(b"hi") + b"\xbb\x01\x41" + toy(b"x")[:-1] + b"\x00\xaa\x03"
EVENTS = [("noise", 0, 1), ("toy", 1, 6), ("bare", 6, 9)]
ALWAYS = -(10**15)


def by_python(stream: bytes, *formats: Protocol | FrameFormat, **options: Any) -> list[Event]:
    """What the Python engine makes of it: the reference would take too long."""
    with pytest.MonkeyPatch.context() as patched:
        choose("python", patched)
        return framing.decode(stream, *formats, **options)


def rows_of(events: list[Event], names: list[str]) -> list[tuple[int, int, int, int]]:
    """Events as a scan has them."""
    return [
        (event.start, event.end, names.index(event.format), REASONS.index(Reason.MARKER if event.suspect else None))
        if isinstance(event, Frame)
        else (event.start, event.end, -1, REASONS.index(event.reason))
        for event in events
    ]


def scanned(found: framing.Spans) -> list[tuple[int, int, int, int]]:
    return list(zip(found.start, found.end, found.format, found.reason, strict=True))


# --- what is fed -----------------------------------------------------------------------------------------------------

WRAPPED: dict[str, Callable[[bytes], Any]] = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "array": lambda data: array("B", data),
    "every other byte": lambda data: memoryview(bytes(each for byte in data for each in (byte, 0)))[::2],
    "backwards": lambda data: memoryview(data[::-1])[::-1],
    "characters": lambda data: memoryview(data).cast("c"),
    "signed": lambda data: memoryview(data).cast("b"),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_any_bytes_like_object_is_fed_and_skimmed(wrap: Callable[[bytes], Any]) -> None:
    fed, skimmed = Decoder(TOY, BARE), Decoder(TOY, BARE)
    for part in (DATA[:3], DATA[3:8], DATA[8:8], DATA[8:]):
        fed.feed(wrap(part))
        skimmed.skim(wrap(part))
    assert fed.stats.as_dict() == skimmed.stats.as_dict()
    assert fed.stats.frames == {"toy": 1, "bare": 1}
    assert plain(fed.close()) == plain(skimmed.close())


@pytest.mark.parametrize("chunk", ["text", 5, None, [1, 2], 1.5, True])
def test_anything_else_is_a_type_error(chunk: Any) -> None:
    decoder = Decoder(TOY)
    for call in (decoder.feed, decoder.skim):
        with pytest.raises(TypeError):
            call(chunk)
    assert decoder.stats.bytes_in == 0
    assert plain(decoder.feed(toy(b"x"))) == [("toy", 0, 4)]


def test_slices_of_a_mapped_file(tmp_path: Path) -> None:
    path = tmp_path / "stream.bin"
    path.write_bytes(DATA * 50)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
        decoder = Decoder(TOY, BARE)
        events = [event for at in range(0, len(mapped), 97) for event in decoder.feed(view[at : at + 97])]
        events += decoder.close()
        with framing.scan(mapped, TOY, BARE) as found:
            assert scanned(found) == rows_of(events, ["toy", "bare"])
    assert events == by_python(DATA * 50, TOY, BARE)


def test_what_is_fed_is_copied_and_let_go() -> None:
    chunk = bytearray(toy(b"hi")[:3])
    decoder = Decoder(TOY)
    decoder.feed(chunk)
    chunk[:] = b"\x00" * 100  # would be refused while somebody holds it
    assert plain(decoder.feed(toy(b"hi")[3:])) == [("toy", 0, 5)]


# --- one decoder, two users ------------------------------------------------------------------------------------------


def nosy(decoders: list[Decoder], calls: list[str]) -> Algorithm:
    """A checksum that uses the decoder that asks for it."""

    def compute(data: bytes) -> int:
        for name in ("feed", "skim", "idle", "close"):
            arguments = (b"\xaa",) if name in ("feed", "skim") else ()
            try:
                getattr(decoders[0], name)(*arguments)
            except RuntimeError as error:
                calls.append(f"{name}: {error}")
        return sum(data) & 0xFF

    return Algorithm("nosy", 8, None, compute)


def test_threads_that_share_a_decoder_are_refused_or_heard() -> None:
    """Large chunks release the interpreter lock, where there is one."""
    data, decoder = toy(b"abc") * 20_000, Decoder(TOY)
    given: list[int] = []

    def feed() -> None:
        for _ in range(20):
            try:
                given.append(len(decoder.feed(data)))
            except RuntimeError as error:
                assert str(error) == "this decoder is in use by another thread"

    threads = [threading.Thread(target=feed) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert given
    assert given == [20_000] * len(given)
    assert decoder.stats.frames == {"toy": 20_000 * len(given)}


@pytest.mark.parametrize("order", ["strict", "early"])
def test_a_decoder_in_use_refuses_every_call_and_takes_no_harm(order: Any) -> None:
    decoders: list[Decoder] = []
    calls: list[str] = []
    made = FrameFormat("x", [Sync("AA"), Length("n", "u8", of="payload"), Data("payload"), Checksum("ck", "u8", nosy(decoders, calls), over="n..payload")])
    decoders.append(Decoder(made, PAIR, order=order))
    events = decoders[0].feed(b"?" + toy(b"ab") + b"\xcc\x01" + toy(b"c") + b"\xaa\x05")
    assert calls[:4] == [f"{name}: this decoder is in use by another thread" for name in ("feed", "skim", "idle", "close")]
    assert plain(events) == [("noise", 0, 1), ("x", 1, 6), ("pair", 6, 8), ("x", 8, 12)]
    assert decoders[0].stats.pending == 2
    assert plain(decoders[0].close()) == [("truncated", 12, 14, "x@12 truncated")]
    assert decoders[0].stats.bytes_in == 14


@pytest.mark.parametrize("order", ["strict", "early"])
def test_two_threads_lose_no_byte(order: Any) -> None:
    """Each call works or raises RuntimeError; the bytes of those that worked are all there, chunk by chunk."""
    decoder = Decoder(TOY, SLIP, order=order, gap_limit=1000)
    chunks = [toy(bytes([number]) * 5) * 3000 + b"?" for number in (1, 2)]
    start = threading.Barrier(2)
    taken: list[int] = []
    events: list[Event] = []
    failures: list[BaseException] = []

    def use(number: int) -> None:
        start.wait()
        for _ in range(40):
            try:
                found = decoder.feed(chunks[number])
            except RuntimeError:
                continue
            except BaseException as error:
                failures.append(error)
                return
            taken.append(number)
            events.extend(found)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events += decoder.close()
    assert not failures
    assert taken
    stats = decoder.stats
    assert stats.bytes_in == sum(len(chunks[number]) for number in taken)
    events.sort(key=lambda event: event.start)
    assert (events[0].start, events[-1].end) == (0, stats.bytes_in)
    assert all(one.end == other.start for one, other in pairwise(events))
    # Chunks went in whole, one after the other.
    stream = b"".join(event.raw for event in events)
    assert stream.count(b"?") == len(taken)
    pieces = [piece + b"?" for piece in stream.split(b"?")[:-1]]
    assert sorted(map(chunks.index, pieces)) == sorted(taken)
    assert stats.frames["toy"] == sum(isinstance(event, Frame) for event in events)


# --- what hostile bytes teach ----------------------------------------------------------------------------------------


@pytest.fixture
def remembering() -> Iterator[None]:
    """Prefix states from the first byte on."""
    from framing import _engine

    before = _engine.guard_from(ALWAYS)
    yield
    _engine.guard_from(before)


GUARDED = {
    "crc-16": ("CRC-16/XMODEM", "u16le"), "crc-16, reflected": ("CRC-16/MODBUS", "u16be"), "crc-24": ("CRC-24/LTE-A", "u24be"),
    "crc-32": ("CRC-32/ISO-HDLC", "u32le"), "crc-5": ("CRC-5/USB", "u8"), "crc-64": ("CRC-64/XZ", "u64le"),
    "sum-8": ("sum-8", "u8"), "sum-16": ("sum-16", "u16le"), "xor": ("xor-8", "u8"), "lrc": ("lrc-8", "u8"),
    "fletcher": ("fletcher-8", "u16le"), "fletcher-32": ("fletcher-32", "u32be"), "adler": ("adler-32", "u32le"),
    "internet": ("internet", "u16be"), "digits": ("xor-8", "hex2"),
}  # fmt: skip


def layouts(name: str) -> list[FrameFormat]:
    """The same checksum in an ordinary frame, over its own bytes, with a byte from a table, and in front."""
    used, kind = GUARDED[name]
    size, payload = Length("n", "u16le", of="payload", max=700), Data("payload")
    covers = Checksum("ck", kind, algorithm(used), over="n..payload")
    table = Checksum("ck", kind, algorithm(used), over="n..payload", extra=Lookup("n", "t"))
    return [
        FrameFormat("x", [Sync("AA"), size, payload, covers]),
        FrameFormat("x", [Sync("AA"), size, payload, Checksum("ck", kind, algorithm(used), over="frame")]),
        FrameFormat("x", [Sync("AA"), size, payload, table], tables={"t": {number: number % 251 for number in range(701)}}),
        FrameFormat("x", [Sync("AA"), Checksum("ck", kind, algorithm(used), over="n..payload"), size, payload, Field("z", "u8", max=0xB0)]),
    ]


@pytest.mark.parametrize("name", GUARDED)
def test_prefix_states_tell_the_same(name: str, remembering: None) -> None:
    """Claims of several hundred bytes that overlap, good frames among them, over starts of stream."""
    dice = random.Random(name)
    for each in layouts(name):
        fields = {"z": 1} if "z" in each.plan.values else {}
        decoder = Decoder(each)
        for _ in range(3):
            stream = b""
            for _ in range(40):
                claim = b"\xaa" + dice.choice([0, 3, 33, 64, 250, 512, 699, 701]).to_bytes(2, "little") + dice.randbytes(dice.randrange(20))
                good = each.encode(dice.choice([b"", b"\xaa\x40\x00", dice.randbytes(50), b"\xaa\xaa" * 150]), **fields)
                stream += dice.choice([claim, claim, good, dice.randbytes(5)])
            at, events = 0, []
            origin = decoder.stats.bytes_in
            while at < len(stream):
                size = dice.choice([1, 7, 100, 1500])
                events += decoder.feed(stream[at : at + size])
                at += size
            events += decoder.idle()
            expected = by_python(stream, each)
            assert [(event.start - origin, event.raw) for event in events] == [(event.start, event.raw) for event in expected]
            assert [getattr(event, "reasons", 0) for event in events] == [getattr(event, "reasons", 0) for event in expected]
            assert sum(isinstance(event, Frame) for event in events) >= 3


def test_it_begins_by_itself_on_a_hostile_stream_and_changes_nothing() -> None:
    hostile = b"\xaa\xff\x00" * 40_000 + toy(b"ab") * 3
    assert framing.decode(hostile, TOY) == by_python(hostile, TOY)
    long = FrameFormat("x", [Sync("AA"), Length("n", "u16le", of="payload"), Data("payload"), Checksum("ck", "u16le", "CRC-16/XMODEM", over="n..payload")])
    hostile = (b"\xaa\xff\xff" + b"." * 50 + long.encode(b"ab")) * 4000
    found = framing.decode(hostile, long)
    assert found == by_python(hostile, long)
    assert sum(isinstance(event, Frame) for event in found) == 4000


# --- counts ----------------------------------------------------------------------------------------------------------


def test_counts_go_on_over_idle_and_stay_after_the_close() -> None:
    decoder = Decoder(TOY, BARE, locked(1, 1), gap_limit=5)
    decoder.feed(DATA)
    decoder.idle()
    decoder.skim(b"0123456789" + toy(b"hi") + bytes.fromhex("DDEE01 DDEE02 00EE03 DDEE04"))
    decoder.close()
    stats = decoder.stats
    assert stats.as_dict() == {
        "frames": {"toy": 2, "bare": 1, "lock": 4}, "frame_bytes": 25, "gap_bytes": len(DATA) - 8 + 10, "fill_bytes": 0, "gaps": 5,
        "rejects": {"checksum": 1, "truncated": 1},
    }  # fmt: skip
    assert (stats.bytes_in, stats.pending) == (len(DATA) + 10 + 5 + 12, 0)


def test_skimming_and_feeding_take_turns() -> None:
    decoder, other = Decoder(TOY, SLIP), Decoder(TOY, SLIP)
    stream = DATA * 3 + b"\xc0\xc0"
    for at in range(0, len(stream), 4):
        other.feed(stream[at : at + 4])
        (decoder.skim if at % 8 else decoder.feed)(stream[at : at + 4])
        assert decoder.stats.as_dict() == other.stats.as_dict()
        assert decoder.stats.pending == other.stats.pending
    assert decoder.close() == other.close()
    with pytest.raises(ValueError, match="skim after close"):
        decoder.skim(b"x")


# --- memory ----------------------------------------------------------------------------------------------------------

FLAT = """
import random, resource, sys
from framing import *
from framing import _engine
most = 4000 if sys.argv[1] == "strict" else 400  # in early order each byte of the largest frame may begin another that waits
toy = FrameFormat("toy", [Sync("AA"), Length("n", "u16le", of="payload", max=most), Data("payload"), Checksum("c", "u16le", "CRC-16/XMODEM", over="n..payload")])
line = FrameFormat("line", [Sync("24"), Data("payload"), End("0A")], max_size=most)
slip = FrameFormat("slip", [Data("payload"), Checksum("s", "u8", "sum-8", over="payload")], transparency={"kind": "slip"}, max_size=most)
lock = FrameFormat("lock", [Sync("DD"), Data("payload", size=20)], lock=Lock(3, 2))
order = sys.argv[1]
formats = [toy, line, slip] + ([lock] if order == "strict" else [])
dice = random.Random(1)
pieces = [dice.randbytes(900) + toy.encode(dice.randbytes(40)) + b"$ab\\n" + b"\\xc0" * 9 + b"\\xaa\\xa0\\x0f" * 30 for _ in range(50)]
pieces += [b"\\xaa\\xa0\\x0f" * 300, b"$" * 900, b"\\xdb\\xdc" * 400, b"\\xdd" + bytes(20)]
def use(decoder, size):
    while size > 0:
        piece = dice.choice(pieces)
        size -= len(piece)
        decoder.feed(piece)
        if dice.randrange(500) == 0:
            decoder.idle()
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 if sys.platform != "darwin" else 1024)
decoder = Decoder(*formats, order=order)
assert decoder.engine == "native"
use(decoder, int(sys.argv[2]) // 10)
for _ in range(20):
    use(Decoder(*formats, order=order), 20_000)
before = peak()
use(decoder, int(sys.argv[2]))
for _ in range(200):
    use(Decoder(*formats, order=order), 20_000)
print(peak() - before)
"""


@pytest.mark.parametrize(("order", "size"), [("strict", 20_000_000), ("early", 3_000_000)])
def test_memory_stays_flat(order: str, size: int) -> None:
    """The resident peak of a process, as nothing else sees C: 20 MB of noise and frames, then many decoders one after the other."""
    pytest.importorskip("resource", reason="no resource usage here")
    done = subprocess.run([sys.executable, "-c", FLAT, order, str(size)], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 4096, "KiB"


# --- scanning --------------------------------------------------------------------------------------------------------

OWN = FrameFormat("own", [Sync("EE"), Length("n", "u8", of="payload", max=30), Data("payload"), Checksum("s", "u8", Algorithm("own", 8, None, lambda data: len(data)), over="payload")])
SETS: list[tuple[list[FrameFormat], dict[str, Any]]] = [
    ([TOY, BARE], {}),
    ([TOY, SLIP, BARE], {"gap_limit": 3}),
    ([OWN, TOY], {}),
    ([TOY, OWN, SLIP], {"order": "early", "gap_limit": 7}),
    ([TOY, TEXT, PAIR], {"order": "early"}),
    ([locked(2, 1), TOY], {}),
]


@pytest.mark.parametrize(("formats", "options"), SETS)
@pytest.mark.parametrize("size", [0, 1, 500, PIECE + 500])
def test_a_scan_is_a_decode(formats: list[FrameFormat], options: dict[str, Any], size: int) -> None:
    dice = random.Random(size)
    pieces = [toy(b"ab"), toy(b"\xee\x05"), OWN.encode(b"hi"), b"\xbb\x01\x41", b"\xc0", b"?", b"\xcc\x01", b"\xdd\xee\x01" * 4, b"$a\x0a", b"\xee\x14", b"\xaa\x09"]
    stream = b"".join(dice.choice(pieces) for _ in range(size // 3 + 1))[:size]
    found = framing.scan(stream, *formats, **options)
    names = [each.full_name for each in formats]
    events = by_python(stream, *formats, **options)
    assert scanned(found) == rows_of(events, names)
    assert found.stats.pending == 0
    assert dict(found.stats.rejects) == _rejects(events)


def _rejects(events: list[Event]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for event in events:
        for reason, number in getattr(event, "reasons", {}).items():
            counts[reason.value] = counts.get(reason.value, 0) + number
    return counts


@pytest.mark.parametrize("order", ["strict", "early"])
def test_more_events_than_are_noted_at_once(order: Any) -> None:
    """Some 100,000 frames, gaps and runs of fill, in one buffer; 32,768 are the most that are noted before columns take them."""
    formats = [PAIR, FrameFormat("other", TOY.layout, max_size=20)] + ([SLIP] if order == "strict" else [])
    stream = (b"\xcc\x01" * 5 + b"?" + toy(b"a") * 2 + b"\xaa\x01a") * 10_000
    found = framing.scan(stream, *formats, order=order)
    events = framing.decode(stream, *formats, order=order)
    assert len(events) > 80_000
    assert scanned(found) == rows_of(events, [each.full_name for each in formats])
    skimmed = Decoder(*formats, order=order)
    skimmed.skim(stream)
    skimmed.close()
    assert skimmed.stats.as_dict() == found.stats.as_dict()


@pytest.mark.parametrize("kind", ["cobs", "cobs-r"])
@pytest.mark.parametrize("step", [1, 2, 7, 16, 31, 32, 33, 64, 254, 255])
def test_blocks_of_every_size_in_front_of_every_end(kind: str, step: int) -> None:
    """Short blocks are copied with bytes behind them, which are there or are not."""
    each = FrameFormat("blocks", [Data("payload"), Checksum("s", "u8", "sum-8", over="payload")], transparency=Transparency(kind), max_size=800)
    payloads = [bytes(0 if at % step == step - 1 else 1 + at % 255 for at in range(size)) for size in (*range(70), 253, 254, 255, 300, 600)]
    for payload in payloads:
        wire = each.encode(payload)
        for stream in (wire, wire + b"\x05", wire * 3):
            events = framing.decode(stream, each)
            assert events == by_python(stream, each)
            assert isinstance(events[0], Frame) and events[0].payload == payload


SHIPPED = sorted(path.stem for path in (ROOT / "specs").glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_spec_over_its_examples(name: str) -> None:
    """Joined with noise and damage: a scan, a decode in pieces, and the Python engine give the same."""
    protocol = shipped(name)
    examples = [one.raw for one in (*protocol.examples, *protocol.counterexamples)]
    dice = random.Random(name)
    stream = b""
    for _ in range(60):
        one = bytearray(dice.choice(examples) if examples else dice.randbytes(9))
        if one and dice.randrange(2):
            one[dice.randrange(len(one))] ^= 1 << dice.randrange(8)
        stream += bytes(one[: dice.choice([len(one), len(one), dice.randrange(len(one) + 1)])]) + dice.choice([b"", b"", dice.randbytes(3)])
    events = by_python(stream, protocol)
    names = [each.full_name for each in protocol]
    assert scanned(framing.scan(stream, protocol)) == rows_of(events, names)
    decoder = Decoder(protocol)
    cut = [event for at in range(0, len(stream), 61) for event in decoder.feed(stream[at : at + 61])] + decoder.close()
    assert cut == events
    if not any(each.strict_only for each in protocol):
        assert framing.decode(stream, protocol, order="early") == by_python(stream, protocol, order="early")


def test_the_columns_of_a_scan_may_be_used_at_once() -> None:
    found = framing.scan(DATA, TOY, BARE)
    assert found.column("toy", "n").tolist() == [2]
    assert [bytes(found.raw(row)) for row in range(len(found))][1] == toy(b"hi")
    assert isinstance(framing.decode(DATA, TOY)[0], Gap)
