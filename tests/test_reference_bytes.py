"""`framing.reference_bytes`: bytes one at a time, off the wire and out of the stuffed area."""

from __future__ import annotations

import pytest

from framing import FrameFormat
from framing.errors import Reason
from framing.reference import Stream
from framing.reference_bytes import Intake, Rejected, Undecided
from rules import SLIP, TEXT, TOY


def intake(each: FrameFormat, data: bytes, closed: bool = False, at: int = 0) -> Intake:
    return Intake(each.plan, Stream(data, (each,), closed), at)


def reason(caught: pytest.ExceptionInfo[Rejected]) -> Reason:
    found: Reason = caught.value.args[0]
    return found


def test_bytes_are_taken_in_order() -> None:
    one = intake(TOY, b"abcdef", at=1)
    assert (one.take(2), one.take(3)) == (b"bc", b"def")
    assert (one.at, one.read) == (6, 6)


def test_what_is_not_there_is_undecided_or_cut() -> None:
    with pytest.raises(Undecided):
        intake(TOY, b"ab").take(3)
    one = intake(TOY, b"ab", closed=True)
    with pytest.raises(Rejected) as caught:
        one.take(3)
    assert (reason(caught), one.read) == (Reason.TRUNCATED, 3)


def test_more_than_max_size_is_never_taken() -> None:
    with pytest.raises(Rejected) as caught:
        intake(TEXT, bytes(30)).take(21)
    assert reason(caught) is Reason.TOO_LONG


def test_a_stuffed_area_is_unstuffed_up_to_its_delimiter() -> None:
    one = intake(SLIP, b"a\xdb\xdcb\xc0")
    one.enter_area()
    assert one.take(3) == b"a\xc0b"
    assert one.next() is None
    one.leave_area()
    assert (one.at, one.area_closed) == (5, True)


def test_the_stuffed_area_must_be_used_up() -> None:
    one = intake(SLIP, b"ab\xc0")
    one.enter_area()
    one.take(1)
    with pytest.raises(Rejected) as caught:
        one.leave_area()
    assert reason(caught) is Reason.FIELD


@pytest.mark.parametrize(("data", "length"), [(b"\x0a\x0b", 2), (b"\x0ac", 1), (b"cc", 0)])
def test_the_longest_end_at_a_place(data: bytes, length: int) -> None:
    assert intake(TEXT, data).end_at(2) == length
