"""`framing.probing.checksums`: a stored checksum against its bytes, however these are added up."""

from __future__ import annotations

import pytest

from framing import Checksum, Data, FrameFormat, Sync
from framing.checksums import algorithm
from framing.errors import Reason
from framing.probing.checksums import SHORT, verify
from framing.probing.intake import Rejected, Window
from framing.probing.known import Known
from framing.probing.memory import Memory

FORMAT = FrameFormat("x", [Sync("AA"), Checksum("crc", "u16le", "CRC-16/XMODEM", over="frame"), Data("payload", size=500)])
PAYLOAD = bytes(range(250)) * 2
CRC = algorithm("CRC-16/XMODEM").compute(b"\xaa\x00\x00" + PAYLOAD)  # its own bytes count as zero
BEFORE = b"\x11" * 40


def frame(stored: int, tried: int = 0, remembers: bool = False) -> Known:
    """A frame behind some other bytes, all of whose parts are known."""
    window = Window(BEFORE + b"\xaa" + stored.to_bytes(2, "little") + PAYLOAD, 1000)
    if remembers:
        window.memory = Memory(window, 1000)
    made = Known(FORMAT.plan, window, 1000 + len(BEFORE))
    made.spans, made.edges = {0: (0, 1), 1: (1, 3), 2: (3, 503)}, [1, 3, 503]
    made.names["crc"], made.tried = stored, tried
    return made


WAYS = {"anew": {}, "on from the last trial": {"tried": 1}, "from memory": {"remembers": True}}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@ways
def test_the_right_one_is_verified(way: dict[str, int]) -> None:
    made = frame(CRC, **way)  # type: ignore[arg-type]
    verify(made, 1)
    assert made.checked


@ways
def test_another_one_is_refused(way: dict[str, int]) -> None:
    made = frame(CRC ^ 1, **way)  # type: ignore[arg-type]
    with pytest.raises(Rejected) as caught:
        verify(made, 1)
    assert caught.value.reason is Reason.CHECKSUM
    assert not made.checked


def test_sums_are_kept_only_once_a_trial_has_failed() -> None:
    assert len(PAYLOAD) >= SHORT
    first, second = frame(CRC), frame(CRC, tried=1)
    verify(first, 1)
    verify(second, 1)
    assert (len(first.prefixes), len(second.prefixes)) == (0, 1)
