"""`framing.probing.known`: what parts leave behind, and what is refused for its value."""

from __future__ import annotations

import pytest

from framing import Bits, Data, Field, FrameFormat, Sync
from framing.errors import Reason
from framing.model.expressions import Expression
from framing.probing.intake import Rejected, Window
from framing.probing.known import Known

FORMAT = FrameFormat(
    "x",
    [Sync("AA", as_="mark"), Field("kind", "u8", max=9), Bits(["high:4", "low:4"], "u8"), Data("payload", size="sizes[kind]")],
    tables={"sizes": {1: 7}},
)


def known(raw: bytes) -> Known:
    """A frame of which all bytes are there, and nothing is known yet."""
    return Known(FORMAT.plan, Window(raw, 100), 100)


def store(frame: Known, index: int, raw: bytes) -> None:
    frame.taken += len(raw)
    frame._store(index, FORMAT.plan.parts[index], raw)


def refused(frame: Known, used: str, no_entry: Reason) -> Reason:
    with pytest.raises(Rejected) as caught:
        frame.evaluated(Expression(used), no_entry)
    return caught.value.reason


def test_a_part_leaves_its_value_and_its_place() -> None:
    frame = known(b"\xaa\x01\x52")
    for index, raw in enumerate([b"\xaa", b"\x01", b"\x52"]):
        store(frame, index, raw)
    assert {name: frame.names[name] for name in ("mark", "kind", "high", "low")} == {"mark": b"\xaa", "kind": 1, "high": 5, "low": 2}
    assert frame.spans == {0: (0, 1), 1: (1, 2), 2: (2, 3)}


def test_a_value_out_of_bounds_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        store(known(b""), 1, b"\x0a")
    assert caught.value.reason is Reason.FIELD


def test_a_size_comes_from_a_table() -> None:
    frame, part = known(b""), FORMAT.plan.parts[3]
    assert isinstance(part, Data)
    frame.names["kind"] = 1
    assert frame.data_size(3, part) == 7
    frame.names["kind"] = 2
    with pytest.raises(Rejected) as caught:
        frame.data_size(3, part)
    assert caught.value.reason is Reason.LENGTH


def test_who_asks_says_what_a_missing_entry_means() -> None:
    frame = known(b"")
    frame.names["kind"] = 2
    assert refused(frame, "sizes[kind]", Reason.LENGTH) is Reason.LENGTH
    assert refused(frame, "sizes[kind]", Reason.FIELD) is Reason.FIELD
    assert refused(frame, "1 // (kind - 2)", Reason.LENGTH) is Reason.FIELD
