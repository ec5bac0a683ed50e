"""Work is linear in the input, also on hostile input: counted are the bytes that checks look at, not the time.

Each stream is full of markers, each of which claims as many bytes as a frame may have, or leaves its end open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from framing import Blocks, Checksum, Data, End, Field, FrameFormat, Length, Lock, Protocol, Sync
from framing import compiled as built
from framing.bits import flag
from framing.checksums import algorithm
from framing.early import EarlyEngine
from framing.engine import StrictEngine
from framing.probing import memory
from framing.probing.intake import Intake
from framing.probing.memory import Places
from framing.streams.candidates import compiled
from framing.stuffing import Unstuffer
from framing.sums import prefixes
from framing.sums.algorithms import Algorithm

SHORT_CLAIM, LONG_CLAIM = 1023, 65_535
SIZE = 80_000


class Work:
    """Counts bytes that were looked at."""

    def __init__(self) -> None:
        self.bytes = 0

    def counted(self, used: Algorithm) -> Algorithm:
        """The algorithm, counting what it computes over."""

        def compute(data: Any) -> int:
            self.bytes += len(data)
            return used.compute(data)

        return replace(used, compute=compute)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Every way in which the engine looks at many bytes is counted."""
    count = Work()
    lead, search, advance = prefixes._Run.at, Places.next, Intake._advance

    def led(self: prefixes._Run, buffer: bytes, base: int, offset: int) -> Any:
        before = len(self.states)
        state = lead(self, buffer, base, offset)
        count.bytes += prefixes.STEP * (1 + len(self.states) - before)
        return state

    def searched(self: Places, window: Any, begin: int, end: int) -> int:
        before = self.known
        found = search(self, window, begin, end)
        count.bytes += self.known - before
        return found

    def advanced(self: Intake, at: int) -> None:
        if not self.plain or self.window.memory is None:
            count.bytes += at - self.at
        advance(self, at)

    monkeypatch.setattr(prefixes._Run, "at", led)
    monkeypatch.setattr(Places, "next", searched)
    monkeypatch.setattr(Intake, "_advance", advanced)
    return count


Make = Callable[[Work, int], FrameFormat | Protocol]

UNIT = b"\xaa\xaa\xaa" + b" " * 61
"""A piece of a hostile stream, with a marker or more."""


def lengths(name: str, kind: str) -> Make:
    """Three equal bytes, marker and length, claim a frame of `claim` bytes."""

    def make(work: Work, claim: int) -> FrameFormat:
        return FrameFormat(
            "x",
            [
                Sync("AA"),
                Length("size", "u16le", of="payload", bias=claim - 0xAAAA),
                Data("payload"),
                Checksum("ck", kind, work.counted(algorithm(name)), over="size..payload"),
            ],
            max_size=70_000,
        )

    return make


def own_bytes(work: Work, claim: int) -> FrameFormat:
    layout = [
        Sync("AA"),
        Checksum("ck", "u16le", work.counted(algorithm("CRC-16/XMODEM")), over="frame"),
        Data("payload", size=claim),
    ]
    return FrameFormat("x", layout)


def terminated(work: Work, claim: int) -> FrameFormat:
    return FrameFormat("x", [Sync("AA"), Data("payload"), End(["0D 0A", "AA 0D"])], max_size=claim)


def printable(work: Work, claim: int) -> FrameFormat:
    layout = [
        Sync("AA"),
        Data("payload", charset="AA 20-7E"),
        Checksum("ck", "hex2", work.counted(algorithm("xor-8")), over="payload"),
        End("0A"),
    ]
    return FrameFormat("x", layout, max_size=claim)


def sized_printable(work: Work, claim: int) -> FrameFormat:
    return FrameFormat("x", [Sync("AA"), Data("payload", size=claim, charset="AA 20-7E"), Field("z", "u8", const=1)])


def in_blocks(work: Work, claim: int) -> FrameFormat:
    blocks = Blocks(16, work.counted(algorithm("sum-8")), "u8")
    return FrameFormat("x", [Sync("AA"), Data("payload", size=claim // 17 * 16, blocks=blocks), Field("z", "u8", const=1)])


def confirmed(work: Work, claim: int) -> Protocol:
    """Frames that are intact, whatever stands there: only what follows the last is not."""
    layout = [Sync("AA"), Data("payload", size=claim // 4, charset="20 AA"), Checksum("ck", "u8", work.counted(algorithm("xor-8")), over="sync")]
    return Protocol("p", [FrameFormat("x", layout, lock=Lock(3))])


CASES: dict[str, Make] = {
    "crc": lengths("CRC-16/XMODEM", "u16le"),
    "crc-32": lengths("CRC-32/ISO-HDLC", "u32le"),
    "sum": lengths("sum-16", "u16le"),
    "xor": lengths("xor-8", "u16le"),
    "fletcher": lengths("fletcher-8", "u16le"),
    "adler": lengths("adler-32", "u32le"),
    "internet": lengths("internet", "u16le"),
    "own bytes": own_bytes,
    "terminated": terminated,
    "printable": printable,
    "sized printable": sized_printable,
    "confirmed": confirmed,
}
every = pytest.mark.parametrize("make", CASES.values(), ids=CASES)


def looked_at(work: Work, make: Make, claim: int, data: bytes, feed: int = 4096, early: bool = False) -> int:
    formats = compiled([make(work, claim)])
    engine = EarlyEngine(formats, 65_536) if early else StrictEngine(formats, 65_536)
    work.bytes = 0
    for at in range(0, len(data), feed):
        engine.feed(data[at : at + feed])
    engine.close()
    return work.bytes


@every
def test_long_claims_cost_no_more_than_short_ones(work: Work, make: Make) -> None:
    data = UNIT * (SIZE // 64)
    long, short = (looked_at(work, make, claim, data) for claim in (LONG_CLAIM, SHORT_CLAIM))
    assert long < 2 * short + 20 * memory.ALLOWED


@every
def test_twice_the_input_is_twice_the_work(work: Work, make: Make) -> None:
    once, twice = (looked_at(work, make, 20_000, UNIT * (size // 64)) for size in (SIZE, 2 * SIZE))
    assert twice < 2.5 * once + 4 * memory.ALLOWED


def test_a_registered_function_costs_one_pass_for_each_candidate(work: Work) -> None:
    """What the counting itself is worth: without a prefix form there is nothing to remember."""
    name = Algorithm("own", 16, None, lambda data: 1)
    layout = [Sync("AA"), Data("payload", size=2000), Checksum("ck", "u16le", work.counted(name), over="payload")]
    assert looked_at(work, lambda *_: FrameFormat("x", layout), 2000, UNIT * 600) > 2000 * 1700


def test_good_blocks_are_verified_once_a_phase(work: Work) -> None:
    """Every block is good, in every phase, so that each candidate gets to its end."""
    data = b"\xaa" + b"\x00" * 15 + b"\xaa"
    long, short = (looked_at(work, in_blocks, claim, data * (SIZE // 17)) for claim in (LONG_CLAIM, SHORT_CLAIM))
    assert long < 2 * short + 20 * memory.ALLOWED


@pytest.mark.parametrize("name", ["crc", "fletcher", "own bytes", "sized printable"])
def test_early_order_looks_no_more_often(work: Work, name: str) -> None:
    data = UNIT * 500
    long, short = (looked_at(work, CASES[name], claim, data, early=True) for claim in (20_000, SHORT_CLAIM))
    assert long < 2 * short + 20 * memory.ALLOWED


def test_doubled_escapes_are_unstuffed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each third byte begins a frame that runs up to `max_size` without an end."""
    pushed = 0
    push = Unstuffer.push

    def counted(self: Unstuffer, byte: int) -> bytes:
        nonlocal pushed
        pushed += 1
        return push(self, byte)

    monkeypatch.setattr(Unstuffer, "push", counted)
    layout = [Sync("10"), Field("id", "u8", valid="id != 0x10"), Data("payload"), End("10 03")]
    numbers = []
    for claim in (500, 5000):
        pushed = 0
        engine = StrictEngine(compiled([FrameFormat("x", layout, transparency={"kind": "dle"}, max_size=claim)]), 65_536)
        engine.feed(b"\x10\x10\x41" * 4000)
        engine.close()
        numbers.append(pushed)
    assert numbers[1] < 2 * numbers[0] + 2 * memory.ALLOWED


@pytest.mark.parametrize(
    "transparency", [{"kind": "slip"}, {"kind": "cobs"}, {"kind": "bits", "order": "lsb", "run": 5}], ids=lambda keys: keys["kind"]
)
def test_a_delimited_area_is_unstuffed_once_however_it_comes(transparency: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    pushed = 0
    append = Intake._append

    def counted(self: Intake, plain: bytes) -> None:
        nonlocal pushed
        pushed += 1
        append(self, plain)

    monkeypatch.setattr(Intake, "_append", counted)
    format_ = FrameFormat("x", [Data("payload"), Checksum("ck", "u16le", "CRC-16/XMODEM", over="payload")], transparency=transparency)
    engine = StrictEngine(compiled([format_]), 65_536)
    for _ in range(20_000):
        engine.feed(b"\x00" if transparency["kind"] == "bits" else b"\x03")
    engine.close()
    assert pushed <= 20_001


FLAG = flag(5)
BITS = {
    "flags that share a zero": FLAG[1:],
    "flags": FLAG,
    "flags and a bit": FLAG + b"\1",
    "short areas": FLAG + bytes(7),
    "no flag": b"\0",
    "nearly flags": FLAG[:-1] + b"\0" + FLAG[:-1] + b"\1",
}


@pytest.mark.parametrize("early", [False, True], ids=["strict", "early"])
@pytest.mark.parametrize("name", BITS)
def test_bits_between_flags_are_unstuffed_once(name: str, early: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed = 0
    append = Intake._append

    def counted(self: Intake, plain: bytes) -> None:
        nonlocal pushed
        pushed += 1
        append(self, plain)

    monkeypatch.setattr(Intake, "_append", counted)
    layout = [Data("payload"), Checksum("ck", "u16le", "CRC-16/IBM-SDLC", over="payload")]
    format_ = FrameFormat("x", layout, transparency={"kind": "bits", "order": "lsb", "run": 5}, max_size=8000)
    formats = compiled([format_])
    engine = EarlyEngine(formats, 65_536) if early else StrictEngine(formats, 65_536)
    data = (FLAG + BITS[name] * 20_000)[:20_000]
    for at in range(0, len(data), 100):
        engine.feed(data[at : at + 100])
    engine.close()
    assert pushed <= len(data)


OPEN: dict[str, tuple[FrameFormat, bytes]] = {
    "no end": (FrameFormat("x", [Sync("24"), Data("payload"), End("0D 0A")]), b"$"),
    "ends that only begin": (FrameFormat("x", [Sync("24"), Data("payload"), End("0D 0A")]), b"$\r"),
    "ends far away": (FrameFormat("x", [Sync("24"), Data("payload", charset="20-7E"), End("0D 0A")]), b"$" * 1500 + b"\r\n"),
    "broken ends far away": (
        FrameFormat("x", [Sync("24"), Data("payload", charset="20-7E"), Checksum("ck", "hex2", "xor-8", over="payload"), End("0D 0A")]),
        b"$" * 1500 + b"00\r\n",
    ),
    "a byte that is not allowed": (FrameFormat("x", [Sync("24"), Data("payload", charset="24"), End("0A")]), b"$" * 1500 + b"A"),
}


@pytest.mark.parametrize("feed", [1, 64])
@pytest.mark.parametrize("name", OPEN)
def test_leaders_in_open_data_are_not_woken_by_every_feed(name: str, feed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    ask = EarlyEngine._ask

    def counted(self: EarlyEngine, leader: Any) -> None:
        nonlocal asked
        asked += 1
        ask(self, leader)

    monkeypatch.setattr(EarlyEngine, "_ask", counted)
    format_, unit = OPEN[name]
    data = (unit * 3000)[:3000]
    engine = EarlyEngine(compiled([format_]), 65_536)
    for at in range(0, len(data), feed):
        engine.feed(data[at : at + feed])
    engine.close()
    assert asked < 6 * len(data)


DELIMITED: dict[str, tuple[FrameFormat, bytes]] = {
    kind: (FrameFormat("x", [Sync("24"), Data("payload")], transparency={"kind": kind, "over": "payload"}), b"$")
    for kind in ("slip", "cobs")
}


@pytest.mark.parametrize("feed", [1, 64])
@pytest.mark.parametrize("name", OPEN | DELIMITED)
def test_nor_are_those_of_the_compiled_engine(name: str, feed: int) -> None:
    if not built.usable:
        pytest.skip(built.missing)
    from framing import _engine

    format_, unit = (OPEN | DELIMITED)[name]
    data = (unit * 3000)[:3000]
    engine = _engine.EarlyEngine(_engine.Formats(((format_,),)), 65_536)
    for at in range(0, len(data), feed):
        engine.feed(data[at : at + feed])
    engine.close()
    assert 0 < engine.asked < 5 * len(data)
