"""`framing.probing.memory`: what it remembers is what looking again would tell; it begins and ends with hostile bytes."""

from __future__ import annotations

import random

import pytest

from framing.checksums import algorithm
from framing.engine import StrictEngine
from framing.model.checks import Blocks
from framing.probing import memory
from framing.probing.intake import Window
from framing.probing.memory import Guard, Memory, covered
from framing.streams.candidates import compiled
from rules import TOY, toy

XMODEM = algorithm("CRC-16/XMODEM")


@pytest.fixture
def known() -> Memory:
    window = Window(random.Random(5).randbytes(5000), base=1000)
    return Memory(window, 1000)


def at_hand(known: Memory, begin: int, end: int) -> bytes:
    return bytes(known.window.buffer[begin - known.window.base : end - known.window.base])


@pytest.mark.parametrize("used", [XMODEM, algorithm("fletcher-32"), memory.Algorithm("own", 16, None, lambda data: len(data))])
def test_checksums_of_short_and_long_spans(known: Memory, used: memory.Algorithm) -> None:
    dice = random.Random(1)
    for size in (0, 1, memory.SHORT - 1, memory.SHORT, 3000):
        begin = dice.randrange(1000, 3000)
        assert known.checksum(used, begin, begin + size) == used.compute(at_hand(known, begin, begin + size))
        if size > 9:
            buffer = covered(known.window.buffer, begin - 1000, begin + size - 1000, (begin - 995, begin - 993), b"!")
            assert known.checksum(used, begin, begin + size, (begin + 5, begin + 7), b"!") == used.compute(buffer)


def test_the_first_byte_that_is_not_allowed(known: Memory) -> None:
    allowed = frozenset(range(250))
    dice = random.Random(2)
    for _ in range(100):
        begin = dice.randrange(1000, 6000)
        end = dice.randrange(begin, 6001)
        expected = next((at for at in range(begin, end) if at_hand(known, at, at + 1)[0] not in allowed), end)
        assert known.illegal(allowed, begin, end) == expected
    assert known.illegal(frozenset(range(256)), 1000, 6000) == 6000


@pytest.mark.parametrize("alternatives", [(b"\x03",), (b"\x03", b"\x03\x04"), (b"ab", b"b"), (b"\x01\x02\x01", b"\x02")])
def test_the_first_pattern_that_stands_whole_in_the_span(alternatives: tuple[bytes, ...]) -> None:
    dice = random.Random(3)
    data = bytes(dice.choice(b"\x01\x02\x03\x04ab") for _ in range(300))
    known = Memory(Window(data, base=50), 50)
    for _ in range(200):
        begin = dice.randrange(50, 350)
        end = dice.randrange(begin, 351)
        inside = data[begin - 50 : end - 50]
        found = [inside.find(each) for each in alternatives if each in inside]
        assert known.pattern(alternatives, begin, end) == (begin + min(found) if found else end)


def test_the_first_block_that_is_broken() -> None:
    blocks = Blocks(4, "sum-8", "u8")
    dice = random.Random(4)
    data = b"".join(each + bytes([sum(each) + (dice.randrange(9) == 0) & 0xFF]) for each in (dice.randbytes(4) for _ in range(80)))
    known = Memory(Window(b"?" + data, base=99), 99)
    broken = [100 + at for at in range(0, 400, 5) if sum(data[at : at + 4]) & 0xFF != data[at + 4]]
    for begin in range(100, 500, 5):
        for end in range(begin, 500, 35):
            assert known.bad_block(blocks, begin, end) == min([at for at in broken if begin <= at < end], default=end)


def test_the_first_escape_byte_that_is_not_doubled() -> None:
    dice = random.Random(6)
    for _ in range(40):
        data = bytes(dice.choice(b"EEE.") for _ in range(dice.randrange(1, 40)))
        known = Memory(Window(data, base=70), 70)
        for begin, end in ((dice.randrange(len(data)), dice.randrange(len(data) + 1)) for _ in range(9)):
            at = begin
            while at < end and data[at : at + 2] in (b"EE", b".", b".E", b".."):
                at += 2 if data[at : at + 1] == b"E" else 1
            rest = data[at:end]
            expected = 70 + at if rest.startswith(b"E.") else 70 + end
            assert known.lone_escape(0x45, 70 + begin, 70 + max(begin, end)) == max(expected, 70 + begin)


def test_it_knows_no_less_once_settled_bytes_are_gone(known: Memory) -> None:
    allowed = frozenset(range(200))
    full = Memory(Window(bytes(known.window.buffer), 1000), 1000)
    for floor in (1003, 1100, 3000, 5990):
        for _ in range(2):
            for end in (floor, floor + 5, 6000):
                assert known.illegal(allowed, floor, end) == full.illegal(allowed, floor, end)
                assert known.checksum(XMODEM, floor, end) == full.checksum(XMODEM, floor, end)
            known.forget(floor)
        window = known.window
        window.buffer = window.buffer[floor - window.base :]
        window.base = floor


def test_the_guard_starts_a_memory_when_failing_gets_dear_and_drops_it_when_it_pays_off() -> None:
    window = Window()
    guard = Guard(window)
    guard.failed(10, memory.ALLOWED)
    assert window.memory is None
    guard.failed(20, memory.PAID * 10)
    assert window.memory is None
    guard.failed(20, 1)
    assert window.memory is not None
    first = window.memory
    guard.failed(22, 10**9)
    guard.settled(22 + memory.ALLOWED // memory.PAID - 1)
    assert window.memory is first
    guard.settled(22 + memory.ALLOWED)
    assert window.memory is None


def test_a_clean_stream_never_has_one_and_a_hostile_one_has_it_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "ALLOWED", 2000)
    engine = StrictEngine(compiled([TOY]), 100)
    window = engine.tiling.window
    clean = toy(bytes(20)) * 100
    engine.feed(clean)
    assert window.memory is None
    engine.feed(b"\xaa\xf0\x01" * 300)
    assert window.memory is not None
    for _ in range(4):
        engine.feed(clean)
    assert window.memory is None
