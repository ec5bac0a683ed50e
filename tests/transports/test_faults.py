"""Frames through faults: every one that arrived whole on one connection comes out once, in order; nothing else does."""

from __future__ import annotations

import socket
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any

import pytest

import framing
from framing import Frame
from framing.transports.reconnect import Reconnect
from framing.transports.session import Session
from transports.scripted import END, ScriptedLink, ScriptedTransport, World

if sys.platform == "win32":
    pytest.skip("asks the system how much is not acknowledged yet, as Unix tells it", allow_module_level=True)

from transports.faults import FaultProxy, Passage, plan

CHECKED = ("ubx", "mavlink")
"""Formats with a checksum; the other one only has a marker and a lock, so damage within a packet is beyond it."""
FORMATS = (*CHECKED, "mpeg-ts")
CONFIRM = 4
"""Packets that have to follow in a transport stream, unless the connection ends."""
RESET = ConnectionResetError(104, "Connection reset by peer")


loaded = cache(framing.load)


@cache
def sent(name: str, seed: int) -> tuple[bytes, ...]:
    """Frames of a format, no two alike, of all sizes."""
    dice = Random(f"{name} {seed}")
    protocol = loaded(name)
    number = dice.randint(1, 60)
    if name == "ubx":
        sizes = [dice.choice([0, 5, 60, 700]) for _ in range(number)]
        return tuple(
            protocol.encode(at.to_bytes(2, "big") + dice.randbytes(size), **{"class": at % 256, "id": 1})
            for at, size in enumerate(sizes)
        )
    if name == "mavlink":
        return tuple(
            protocol.encode(at.to_bytes(4, "big") + dice.randbytes(5), format="v2", seq=at % 256, sysid=1, compid=1, msgid=0)
            for at in range(number)
        )
    fields = dict(error=0, start=0, priority=0, scrambling=0, adaptation=1)
    return tuple(
        protocol.encode(at.to_bytes(2, "big") + dice.randbytes(182), pid=at % 7, continuity=at % 16, **fields)
        for at in range(number)
    )


def check(name: str, frames: Sequence[bytes], passages: Sequence[Passage], events: Sequence[Any]) -> None:
    """Holds the events of all connections against the truth."""
    assert b"".join(each.raw for each in events) == b"".join(each.data for each in passages), "no byte is lost or made up"
    found = [each.raw for each in events if isinstance(each, Frame) and not each.suspect]
    whole = [frames[number] for each in passages for number in each.survivors]
    if name in CHECKED:
        assert found == whole
        return
    order = {raw: place for place, raw in enumerate(whole)}
    places = [order[raw] for raw in found if raw in order]
    assert places == sorted(set(places)), "each once, and in order"
    ends = list(accumulate(len(each.data) for each in passages))
    for each in events:
        if isinstance(each, Frame) and each.raw not in order:
            # The format's own weakness: in front of the end fewer packets are enough, and a payload may look like some.
            behind = ends[bisect_right(ends, each.start)] - each.start
            assert behind % len(each.raw) == 0 and behind // len(each.raw) <= CONFIRM, "made of nothing"
    certain = {frames[number] for each in passages for run in each.runs if len(run) > CONFIRM for number in run}
    assert certain <= set(found), "what was confirmed on its connection came out"


@pytest.fixture
def world() -> Iterator[World]:
    """A clock that jumps, for all runs without sockets."""
    with pytest.MonkeyPatch.context() as patch:
        yield World(patch)


def drive(world: World, name: str, seed: int) -> None:
    """One run without sockets and without time."""
    frames = sent(name, seed)
    passages = plan(frames, seed, damage=name in CHECKED)
    dice = Random(-seed)
    world.links.clear()
    outcomes: list[Any] = []
    for number, each in enumerate(passages):
        if number:
            outcomes += [ConnectionRefusedError(111, "refused")] * dice.choice([0, 0, 0, 3])
        ending = RESET if each.reset else END
        outcomes.append(lambda each=each, ending=ending: ScriptedLink(world, *each.pieces, ending))
    policy = Reconnect(first=0.1, most=0.2, attempts=len(outcomes) + 4, seed=seed)
    session = Session(ScriptedTransport(world, *outcomes), loaded(name), reconnect=policy, announce=True)
    world.run(session.open())
    events: list[Any] = []
    with pytest.raises(ConnectionRefusedError):
        while (some := world.run(session.receive(None))) is not None:
            events += some
    session.close()
    said = [each for each in events if isinstance(each, (framing.Connected, framing.Disconnected))]
    assert [type(each) for each in said] == [framing.Connected, framing.Disconnected] * len(passages)
    assert [each.reason.value for each in said[1::2]] == ["reset" if each.reset else "end" for each in passages]  # type: ignore[union-attr]
    check(name, frames, passages, [each for each in events if each not in said])


@pytest.mark.parametrize("name", FORMATS)
def test_some_runs(world: World, name: str) -> None:
    for seed in range(10):
        drive(world, name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("start", range(1000, 1350, 70))
def test_a_thousand_runs(world: World, name: str, start: int) -> None:
    """15 times 70, in parts, so that they can be shared out."""
    for seed in range(start, start + 70):
        drive(world, name, seed)


@pytest.mark.parametrize("name", FORMATS)
def test_over_real_sockets(name: str) -> None:
    for seed in range(8):
        over_sockets(name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_many_over_real_sockets(name: str) -> None:
    for seed in range(100, 130):
        over_sockets(name, seed)


def over_sockets(name: str, seed: int) -> None:
    """One run with both ends ours: a sender, the proxy, and a receiver that connects again and again."""
    frames = sent(name, seed)
    passages = plan(frames, seed, damage=name in CHECKED, stall=0.05)
    with socket.create_server(("127.0.0.1", 0)) as door:
        sender = framing.open(f"tcp://127.0.0.1:{door.getsockname()[1]}", loaded(name))
        inlet, _ = door.accept()

    def upstream() -> bytes:
        with inlet:
            return b"".join(iter(lambda: inlet.recv(65_536), b""))

    with FaultProxy(upstream, passages, b"".join(frames)) as proxy:
        with sender:
            for raw in frames:
                sender.write_raw(raw, timeout=60)
        events: list[Any] = []
        policy = Reconnect(first=0, most=0, attempts=3)
        with framing.open(proxy.url, loaded(name), reconnect=policy) as receiver, pytest.raises(ConnectionRefusedError):
            while some := receiver.read(timeout=60):
                events += some
    check(name, frames, passages, events)


def test_the_plan_is_what_the_seed_says_and_tells_the_truth() -> None:
    frames = sent("ubx", 1)
    assert plan(frames, 3) == plan(frames, 3) != plan(frames, 4)
    kinds = set()
    for seed in range(300):
        for each in plan(frames, seed):
            at = 0
            for number in each.survivors:
                at = each.data.index(frames[number], at) + len(frames[number])
            assert [number for run in each.runs for number in run] == each.survivors
            kinds |= {("reset", each.reset), ("bytewise", all(len(raw) == 1 for _, raw in each.pieces) and len(each.pieces) > 9)}
            kinds |= {("empty", not each.pieces), ("stalled", any(pause > 1 for pause, _ in each.pieces))}
    assert len(kinds) == 8, "every kind of fault happens"


def test_the_check_sees_what_is_wrong() -> None:
    """A receiver that joins half a frame with the next connection, loses one or invents one is found out."""
    frames = sent("ubx", 2)
    half = Passage([(0, frames[0][:9])]), Passage([(0, frames[0][9:] + frames[1])], survivors=[1], runs=[[1]])
    joined = framing.decode(frames[0] + frames[1], framing.load("ubx"))
    apart = framing.decode(frames[0][:9], framing.load("ubx")) + framing.decode(frames[0][9:] + frames[1], framing.load("ubx"))
    check("ubx", frames, half, apart)
    for wrong in (joined, apart[1:], [*apart, apart[-1]]):
        with pytest.raises(AssertionError):
            check("ubx", frames, half, wrong)


def test_a_session_that_forgot_to_settle_would_be_found_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framing.transports.streams.Streams.idle", lambda self: None)
    with pytest.raises(AssertionError):
        for seed in range(60):
            drive(world, "ubx", seed)


