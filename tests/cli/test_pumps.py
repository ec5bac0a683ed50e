"""Two links joined, on socket pairs."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import framing
from framing.cli.pumps import Broken, Pump, carry, wait_for_any
from framing.transports.links import Arrival, Link
from framing.transports.steps import Wait, Waker
from framing.transports.stream_socket import StreamLink

UBX = framing.load("ubx")
FRAME = UBX.encode(b"hello", **{"class": 1, "id": 2})
LONG = 30.0


class Joined:
    """Two peers, and pumps between them."""

    def __init__(self, **options: Any) -> None:
        self.first, one = socket.socketpair()
        self.second, two = socket.socketpair()
        for each in (one, two):
            each.setblocking(False)
        for each in (self.first, self.second):
            each.settimeout(LONG)
        self.links = StreamLink(one, "one"), StreamLink(two, "two")
        self.events: list[tuple[str, Any]] = []
        self.heard: list[tuple[Link, bytes]] = []
        self.pumps = self.pump(*self.links, **options), self.pump(*self.links[::-1], **options)

    def pump(self, source: Link, sink: Link, **options: Any) -> Pump:
        def watch(events: Any, _: str, __: float | None) -> None:
            self.events.extend((source.name, each) for each in events)

        return Pump(
            source,
            sink,
            lambda: framing.Decoder(UBX),
            watch,
            lambda link, arrival: self.heard.append((link, arrival.data)),
            **options,
        )

    def carry(self, until: Callable[[], bool] = lambda: False, linger: float = 0.01) -> None:
        over = time.monotonic() + LONG
        carry(self.pumps, lambda: time.monotonic() + 0.01, lambda: until() or time.monotonic() > over, linger)

    def close(self) -> None:
        for each in (self.first, self.second, *self.links):
            each.close()


@pytest.fixture
def joined() -> Iterator[Joined]:
    made = Joined()
    yield made
    made.close()


def test_half_a_frame_passes_before_the_other_half_comes(joined: Joined) -> None:
    joined.first.sendall(FRAME[:5])
    assert joined.pumps[0].step()
    assert joined.second.recv(100) == FRAME[:5]
    assert joined.events == []
    joined.first.sendall(FRAME[5:])
    joined.pumps[0].step()
    assert [(name, each.raw) for name, each in joined.events] == [("one", FRAME)]
    assert [data for _, data in joined.heard] == [FRAME[:5], FRAME[5:]]
    assert not joined.pumps[0].step()


def test_nothing_more_is_read_than_is_taken(joined: Joined) -> None:
    joined.first.setblocking(False)
    sent = 0
    while True:
        try:
            sent += joined.first.send(bytes(65_536))
        except BlockingIOError:
            if not joined.pumps[0].step():
                break
    assert 0 < joined.pumps[0].unsent <= 65_536
    wait = joined.pumps[0].wait(0.0)
    assert wait is not None and wait.write
    got = 0
    while got < sent:
        joined.pumps[0].step()
        got += len(joined.second.recv(1_000_000))
    assert got == sent


def test_the_end_is_passed_on_when_all_is_delivered(joined: Joined) -> None:
    joined.first.sendall(FRAME)
    joined.first.shutdown(socket.SHUT_WR)
    joined.carry()
    assert joined.second.recv(100) == FRAME
    assert joined.second.recv(100) == b""
    assert joined.pumps[0].over and not joined.pumps[1].over


def test_both_ends(joined: Joined) -> None:
    joined.second.sendall(FRAME)
    joined.second.close()
    joined.first.shutdown(socket.SHUT_WR)
    joined.carry(linger=LONG)
    assert joined.first.recv(100) == FRAME
    assert all(pump.over for pump in joined.pumps)


def test_who_takes_nothing_more_is_heard_to_its_end(joined: Joined) -> None:
    joined.second.sendall(FRAME)
    joined.second.shutdown(socket.SHUT_RD)
    joined.first.sendall(FRAME)
    joined.pumps[0].step()
    assert joined.pumps[0].refused is not None and joined.pumps[0].done
    joined.second.shutdown(socket.SHUT_WR)
    joined.carry(linger=LONG)  # a good end
    assert joined.first.recv(100) == FRAME


def test_who_takes_nothing_more_and_has_no_end_failed(joined: Joined) -> None:
    joined.second.shutdown(socket.SHUT_RD)
    joined.first.sendall(FRAME)
    with pytest.raises(Broken) as found:
        joined.carry()
    assert found.value.link is joined.links[1]


def test_a_source_that_breaks(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(most: int = 0) -> Arrival | None:
        raise ConnectionResetError(104, "reset")

    monkeypatch.setattr(joined.links[0], "receive", broken)
    with pytest.raises(Broken) as found:
        joined.carry()
    assert (found.value.link, found.value.error.errno) == (joined.links[0], 104)


def test_it_stops_when_told(joined: Joined) -> None:
    joined.carry(until=lambda: True)
    assert not any(pump.done for pump in joined.pumps)


def test_silence_settles_and_so_does_the_end() -> None:
    joined = Joined(idle=0.01)
    joined.first.sendall(FRAME[:5])
    joined.carry(until=lambda: bool(joined.events))
    assert [str(each.reason) for _, each in joined.events] == ["truncated"]
    joined.second.sendall(FRAME[:5])
    joined.pumps[1].step()
    joined.pumps[1].settle()
    assert [name for name, _ in joined.events] == ["one", "two"]
    joined.close()


def test_a_silence_in_characters_needs_a_rate() -> None:
    joined = Joined()
    with pytest.raises(ValueError, match="no rate"):
        joined.pump(*joined.links, idle="3 characters")
    joined.close()


def test_waiting_for_any() -> None:
    waker = Waker()
    wait_for_any([None, Wait(until=time.monotonic() + LONG)], time.monotonic() + LONG)
    wait_for_any([Wait(until=0.0), Wait(until=time.monotonic() + LONG)], time.monotonic() + LONG)
    waker.wake()
    wait_for_any([Wait(wake=waker.fileno()), Wait(waker.fileno(), write=True)], time.monotonic() + LONG)
