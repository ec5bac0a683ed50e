from __future__ import annotations

import pytest

from framing.transports.turns import Role, Turns
from transports.scripted import ScriptedLink, World


class Log(list[str]):
    def note(self, word: str) -> object:
        return lambda: self.append(word)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def turns(log: Log) -> Turns:
    return Turns(log.note("let go"))  # type: ignore[arg-type]


def closed(turns: Turns, log: Log) -> list[str]:
    turns.close(log.note("settle"), log.note("wake"))  # type: ignore[arg-type]
    return list(log)


def test_each_role_is_for_one_at_a_time(turns: Turns) -> None:
    assert turns.enter(Role.RECEIVE) and turns.enter(Role.SEND)
    assert not turns.enter(Role.RECEIVE) and not turns.enter(Role.SEND)
    turns.leave(Role.RECEIVE)
    assert turns.enter(Role.RECEIVE)


def test_a_helper_is_told_from_a_receiver(turns: Turns) -> None:
    turns.enter(Role.RECEIVE, helping=True)
    assert turns.helped
    turns.leave(Role.RECEIVE)
    turns.enter(Role.RECEIVE)
    assert not turns.helped


def test_with_nobody_inside_closing_lets_go_at_once_and_once(turns: Turns, log: Log) -> None:
    assert closed(turns, log) == ["settle", "let go"]
    assert closed(turns, log) == ["settle", "let go", "settle"]


def test_the_last_one_out_lets_go(turns: Turns, log: Log) -> None:
    turns.enter(Role.RECEIVE)
    turns.enter(Role.SEND)
    assert closed(turns, log) == ["wake"]
    turns.leave(Role.RECEIVE)
    assert log == ["wake"]
    turns.leave(Role.SEND)
    assert log == ["wake", "let go"]


def test_a_sender_leaves_settling_to_who_closes(turns: Turns, log: Log) -> None:
    turns.enter(Role.SEND)
    assert closed(turns, log) == ["settle", "wake"]


def test_a_link_that_a_sender_holds_is_closed_when_he_leaves(turns: Turns) -> None:
    link = ScriptedLink(World())
    turns.enter(Role.SEND)
    assert turns.hold(lambda: link) is link
    turns.drop(link)
    assert link.woken and not link.closed
    turns.leave(Role.SEND)
    assert link.closed == 1


def test_or_when_he_holds_another_one(turns: Turns) -> None:
    world = World()
    old, new = ScriptedLink(world), ScriptedLink(world)
    turns.enter(Role.SEND)
    turns.hold(lambda: old)
    turns.drop(old)
    turns.hold(lambda: new)
    assert (old.closed, new.closed) == (1, 0)


def test_a_link_that_nobody_holds_is_closed_at_once(turns: Turns) -> None:
    link = ScriptedLink(World())
    turns.drop(link)
    assert link.closed == 1
