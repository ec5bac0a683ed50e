"""The properties hold for what is right, and each is broken by a decoder that does wrong."""

from __future__ import annotations

import os
from typing import Any

import pytest

import framing
from framing import Checksum, Data, Field, FrameFormat, Length, Sync
from framing.fuzzing import laws
from framing.fuzzing.laws import LAWS, BrokenError, Case

UBX = framing.load("ubx")
RAW = UBX.encode(b"hello", **{"class": 1, "id": 2})
CASE = Case((UBX,), b"noise" + RAW + RAW[:-1] + b"\0" + RAW, (3, 9, 1), 7)


class Decoder(framing.Decoder):
    """A right one, to be spoilt."""

    spoil = staticmethod(lambda chunk, events: events)

    def feed(self, chunk: Any) -> list[framing.Event]:
        return self.spoil(bytes(chunk), super().feed(chunk))


def spoilt(how: Any) -> type[Decoder]:
    return type("Spoilt", (Decoder,), {"spoil": staticmethod(how)})


@pytest.mark.parametrize("number", LAWS)
def test_what_is_right_passes(number: int) -> None:
    LAWS[number][1](CASE)
    LAWS[number][1](Case((framing.load("mbus"), framing.load("cobs-crc16")), b"\x00" * 9 + RAW))


def _boom(chunk: bytes, events: Any) -> Any:
    raise ZeroDivisionError("boom")


SPOILT = {
    1: lambda chunk, events: [] if len(chunk) == 1 else events,
    2: lambda chunk, events: events[1:],
    3: lambda chunk, events: [event for event in events if not isinstance(event, framing.Frame)],
    4: _boom,
    8: lambda chunk, events: [event for event in events if not isinstance(event, framing.Frame)],
}


@pytest.mark.parametrize("number", SPOILT)
def test_what_is_wrong_is_told(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laws, "Decoder", spoilt(SPOILT[number]))
    with pytest.raises(BrokenError):
        LAWS[number][1](CASE)


def test_what_holds_back_too_much_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laws, "window", lambda _: 0)
    with pytest.raises(BrokenError, match="bytes are held back, 8 at most should be"):
        laws.memory_is_bounded(Case((UBX,), RAW, (), 7))


def test_a_frame_that_does_not_come_back_is_told() -> None:
    """A format that is not what the frame was read by: its payload has other bytes."""
    one = FrameFormat("x", [Sync("AA"), Field("f", "u8"), Data("payload", size=2)])
    two = FrameFormat("x", [Sync("AA"), Field("f", "u8", const=1), Data("payload", size=2)])
    frame = one.decode(b"\xaa\x02ab")
    laws.frame_comes_back(one, frame)
    with pytest.raises(BrokenError, match="cannot be encoded again"):
        laws.frame_comes_back(two, frame)


def test_which_formats_are_canonical() -> None:
    assert laws.is_canonical(next(iter(UBX)))
    assert not laws.is_canonical(FrameFormat("x", [Sync(["AA", "BB"]), Field("f", "u8")]))
    assert not laws.is_canonical(FrameFormat("x", [Sync("AA"), Field("f", "hex2")]))
    assert not laws.is_canonical(FrameFormat("x", [Sync("AA"), Length("n", "uleb128", of="payload"), Data("payload")], max_size=99))
    hexed = FrameFormat("x", [Sync("AA"), Data("payload", size=1), Checksum("c", "hex2", "sum-8", over="payload")])
    assert not laws.is_canonical(hexed)


def test_the_window_counts_what_a_lock_must_see() -> None:
    locked = FrameFormat("x", [Sync("AA"), Data("payload", size=9)], lock=framing.Lock(confirm=2, misses=1))
    assert laws.window([locked]) == 40


def test_the_engine_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRAMING_ENGINE", raising=False)
    with laws.using("reference"):
        assert framing.engine_name() == "reference"
    assert "FRAMING_ENGINE" not in os.environ
    monkeypatch.setenv("FRAMING_ENGINE", "python")
    with laws.using("reference"):
        pass
    assert framing.engine_name() == "python"


def test_cuts_make_chunks() -> None:
    assert Case((UBX,), b"abcdef", (4, 1, 9)).chunks == [b"a", b"bcd", b"ef", b""]
