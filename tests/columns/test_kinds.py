"""What the kinds of frames take to be known; that frames are counted by it is held in `tests/test_scanner.py`."""

from __future__ import annotations

from typing import Any

import pytest

from framing import FrameFormat
from framing.columns.kinds import Front, Sources, sources

HEAD: list[dict[str, Any]] = [{"sync": "AA"}, {"field": "id", "type": "u8"}, {"data": "code", "size": 2}]
VARYING = [*HEAD, {"length": "n", "type": "u8", "of": "payload"}, {"data": "payload"}, {"field": "tail", "type": "u16be"}]
ENDED: list[dict[str, Any]] = [{"sync": "AA"}, {"data": "code", "size": 3, "charset": "20-7E"}, {"data": "payload"}, {"end": ["0D 0A", "0A"]}]


def front(size: int, layout: list[dict[str, Any]] = VARYING) -> Front:
    """The payload's."""
    return Front("payload", 5, size, 5 + size + 2) if layout is VARYING else Front("payload", 4, size, 4 + size + 2)


@pytest.mark.parametrize(
    ("layout", "kind", "wanted"),
    [
        (VARYING, [], Sources((), ())),
        (VARYING, ["7"], Sources((), ())),
        (VARYING, ["id", "tail"], Sources(("id", "tail"), ())),
        (VARYING, ["id & code[0]"], Sources(("id",), (Front("code", 2, 1, 0),))),
        (VARYING, ["code"], Sources((), (Front("code", 2, 2, 0),))),
        (VARYING, ["code[0]", "code[-1]"], Sources((), (Front("code", 2, 2, 0),))),
        (VARYING, ["code[5]"], Sources((), (Front("code", 2, 6, 2 + 6 + 1 + 255 + 2),))),
        (VARYING, ["payload[0]"], Sources((), (front(1),))),
        (VARYING, ["payload[:3] if payload[0] else payload[2:7]"], Sources((), (front(7),))),
        (ENDED, ["payload[0]"], Sources((), (front(1, ENDED),))),
        (VARYING, ["payload"], None),
        (VARYING, ["payload[-1]"], None),
        (VARYING, ["payload[1:]"], None),
        (VARYING, ["payload[id]"], None),
        (VARYING, ["payload[0] + len(payload)"], None),
    ],
)
def test_sources(layout: list[dict[str, Any]], kind: list[str], wanted: Sources | None) -> None:
    each = FrameFormat("x", layout, max_size=400, kind=kind)
    assert sources(each.plan, tuple(each.kind)) == wanted


def test_what_is_stuffed_or_may_be_absent_is_read() -> None:
    absent = FrameFormat("x", [*HEAD, {"data": "more", "size": 1, "if": "id"}], kind=["more[0]"])
    assert sources(absent.plan, tuple(absent.kind)) is None
    behind = FrameFormat("x", [*VARYING, {"data": "more", "size": 1}], kind=["more[0]"])
    assert sources(behind.plan, tuple(behind.kind)) is None


def test_the_bytes_of_frames_that_stand_behind_a_base() -> None:
    assert front(2).of(memoryview(b".....ab........cd"), 100, [100, 110]) == [b"ab", b"cd"]
