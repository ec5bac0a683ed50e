"""`framing.probing.intake`: bytes off the wire and out of the stuffed area, suspended where they are missing."""

from __future__ import annotations

import pytest

from framing import FrameFormat
from framing.errors import Reason
from framing.probing.intake import Intake, Rejected, Window
from rules import SLIP, TEXT, TOY


def finished(steps: object) -> object:
    """What a generator returns that has nothing to wait for."""
    with pytest.raises(StopIteration) as stopped:
        next(steps)  # type: ignore[call-overload]
    return stopped.value.value


def intake(each: FrameFormat, data: bytes, base: int = 0, final: bool = False) -> Intake:
    return Intake(each.plan, Window(data, base, final), base)


def test_a_window_tells_where_its_bytes_stand() -> None:
    window = Window(b"abc", 100)
    assert (window.base, window.end, window.final) == (100, 103, False)
    assert Window().end == 0


def test_bytes_are_taken_in_order() -> None:
    one = intake(TOY, b"abcdef", base=10)
    assert finished(one._take(2)) == b"ab"
    assert finished(one._take(3)) == b"cde"
    assert (one.at, one.seen, one.taken) == (15, 15, 5)


def test_it_waits_for_what_is_missing() -> None:
    one = intake(TOY, b"ab")
    steps = one._take(4)
    assert next(steps) == 4
    one.window.buffer += b"c"
    one.window.end += 1
    assert next(steps) == 4
    one.window.buffer += b"d"
    one.window.end += 1
    assert finished(steps) == b"abcd"


def test_behind_the_end_there_is_nothing_to_wait_for() -> None:
    one = intake(TOY, b"ab", final=True)
    with pytest.raises(Rejected) as caught:
        next(one._take(4))
    assert (caught.value.reason, one.seen) == (Reason.TRUNCATED, 3)


def test_more_than_max_size_is_never_taken() -> None:
    with pytest.raises(Rejected) as caught:
        next(intake(TEXT, bytes(30))._take(21))
    assert caught.value.reason is Reason.TOO_LONG


def stuffed(data: bytes, final: bool = False) -> Intake:
    one = intake(SLIP, data, final=final)
    one.inside = True
    return one


def test_a_stuffed_area_is_unstuffed_up_to_its_delimiter() -> None:
    one = stuffed(b"a\xdb\xdcb\xc0")
    assert finished(one._take(3)) == b"a\xc0b"
    assert finished(one._unstuffed()) is True
    assert one.closed
    assert finished(one._unstuffed()) is False


@pytest.mark.parametrize(
    ("data", "reason"), [(b"a\xc0", Reason.TRUNCATED), (b"a\xdb\x00", Reason.ESCAPE), (b"a\xdb\xc0", Reason.ESCAPE), (b"a", Reason.TRUNCATED)]
)
def test_what_the_stuffing_cannot_give(data: bytes, reason: Reason) -> None:
    with pytest.raises(Rejected) as caught:
        next(stuffed(data, final=True)._take(2))
    assert caught.value.reason is reason


@pytest.mark.parametrize(("data", "length"), [(b"\x0a\x0b", 2), (b"\x0ac", 1), (b"cc", 0)])
def test_the_longest_end_at_a_place(data: bytes, length: int) -> None:
    assert finished(intake(TEXT, data)._stands(2)) == length


def test_an_end_that_can_still_grow() -> None:
    one = intake(TEXT, b"\x0a")
    steps = one._stands(2)
    assert next(steps) == 2
    one.window.final = True
    assert finished(steps) == 1
