from __future__ import annotations

import pytest

from framing.transports.connecting import LOOK, Connector, earliest
from framing.transports.reconnect import Reconnect
from framing.transports.steps import Call, Wait
from transports.scripted import ScriptedLink, ScriptedTransport, World

REFUSED = ConnectionRefusedError(111, "refused")
STEADY = Reconnect(first=1, factor=2, most=8, jitter=0, attempts=3)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def never() -> bool:
    return False


def test_earliest() -> None:
    assert earliest(3.0, None, 2.0) == 2.0
    assert earliest(None) is None


def test_the_first_attempt_begins_at_once_and_is_the_only_one(world: World) -> None:
    link = ScriptedLink(world)
    connector = Connector(ScriptedTransport(world, lambda: link), STEADY, 10)
    assert world.run(connector.advance(None, never)) is link and connector.attempt == 1
    with pytest.raises(ConnectionRefusedError):
        world.run(Connector(ScriptedTransport(world, REFUSED), STEADY, 10).advance(None, never))


def test_again_counts_from_one_and_gives_up_after_the_last(world: World) -> None:
    transport = ScriptedTransport(world, lambda: ScriptedLink(world), REFUSED, REFUSED, REFUSED)
    connector = Connector(transport, STEADY, 10)
    world.run(connector.advance(None, never))
    assert connector.again(worked=True) and connector.attempt == 1
    start = world.now
    with pytest.raises(ConnectionRefusedError):
        world.run(connector.advance(None, never))
    assert connector.attempt == 3 and world.now == start + 1 + 2 + 4
    assert not connector.again(worked=False)
    assert connector.again(worked=True) and connector.attempt == 1


def test_without_a_policy_there_is_no_again(world: World) -> None:
    connector = Connector(ScriptedTransport(world), None, 10)
    assert not connector.repeats and not connector.again(worked=True)
    assert not Connector(ScriptedTransport(world, again=False), STEADY, 10).repeats


def test_one_attempt_goes_on_over_many_portions(world: World) -> None:
    link = ScriptedLink(world)
    transport = ScriptedTransport(world, 5.0, lambda: link)
    connector = Connector(transport, None, 10)
    start = world.now
    for second in range(1, 5):
        assert world.run(connector.advance(start + second, never)) is None
    assert world.run(connector.advance(None, never)) is link
    assert transport.untils == [start + 10] and world.now == start + 5


def test_steps_that_are_stopped_in_a_call_make_it_again(world: World) -> None:
    class Resolving(ScriptedTransport):
        def connect(self, until: float | None = None):  # type: ignore[no-untyped-def]
            found = yield Call(lambda: "address")
            assert found == "address"
            return (yield from super().connect(until))

    link = ScriptedLink(world)
    connector = Connector(Resolving(world, lambda: link), None, 10)
    stopped = connector.advance(None, never)
    assert isinstance(next(stopped), Call)
    stopped.close()
    assert world.run(connector.advance(None, never)) is link


def test_what_a_call_raises_reaches_the_attempt(world: World) -> None:
    class Resolving(ScriptedTransport):
        def connect(self, until: float | None = None):  # type: ignore[no-untyped-def]
            def fails() -> None:
                raise OSError("no such host")

            yield Call(fails)

    with pytest.raises(OSError, match="no such host"):
        world.run(Connector(Resolving(world), None, 10).advance(None, never))


def test_a_wait_keeps_what_it_watches_and_looks_up(world: World) -> None:
    class Watching(ScriptedTransport):
        def connect(self, until: float | None = None):  # type: ignore[no-untyped-def]
            yield Wait(7, write=True, wake=8)

    connector = Connector(Watching(world), None, None)
    steps = connector.advance(None, never)
    assert next(steps) == Wait(7, write=True, until=world.now + LOOK, wake=8)
    steps.close()
    connector.close()


def test_it_stops_when_it_is_not_wanted_any_more(world: World) -> None:
    transport = ScriptedTransport(world, 50.0)
    connector = Connector(transport, None, None)
    start = world.now
    assert world.run(connector.advance(None, lambda: world.now >= start + 2)) is None
    connector.close()
    connector.close()
    assert transport.given_up == 1 and world.now <= start + 2 + LOOK


def test_a_listener_has_no_time_and_no_pauses(world: World) -> None:
    transport = ScriptedTransport(world, lambda: ScriptedLink(world), REFUSED, lambda: ScriptedLink(world), listens=True)
    connector = Connector(transport, STEADY, 10)
    start = world.now
    world.run(connector.advance(None, never))
    assert connector.again(worked=False)
    world.run(connector.advance(None, never))
    assert transport.untils == [None] * 3 and world.now == start
