from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from framing.transports.steps import Call, Steps, Wait, Waker, ready, run

PAST, SOON = 0.0, 30.0


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture(params=["poll", "select"])
def waiting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to wait that systems have."""
    if request.param == "select":
        monkeypatch.delattr(select, "poll", raising=False)
    elif not hasattr(select, "poll"):
        pytest.skip("this system has no poll")


def later() -> float:
    return time.monotonic() + SOON


def test_run_answers_waits_and_calls_and_returns_the_result() -> None:
    def steps() -> Steps[list[Any]]:
        first = yield Wait(until=PAST)
        second = yield Call(lambda: 6 * 7)
        return [first, second]

    assert run(steps()) == [False, 42]


def test_what_a_call_raises_is_thrown_in() -> None:
    def fails() -> None:
        raise KeyError("gone")

    def steps() -> Steps[str]:
        try:
            yield Call(fails)
        except KeyError as error:
            return f"caught {error}"
        return "nothing"

    assert run(steps()) == "caught 'gone'"


def test_what_the_steps_raise_comes_out_and_they_are_closed() -> None:
    closed = []

    def steps() -> Steps[None]:
        try:
            yield Wait(until=PAST)
            raise OSError("broken")
        finally:
            closed.append(True)

    with pytest.raises(OSError, match="broken"):
        run(steps())
    assert closed == [True]


def test_steps_are_closed_where_the_wait_itself_fails(pair: Any) -> None:
    closed = []

    def steps() -> Steps[None]:
        try:
            yield Wait()
        finally:
            closed.append(True)

    with pytest.raises(ValueError, match="never end"):
        run(steps())
    assert closed == [True]


@pytest.mark.usefixtures("waiting")
def test_readable_and_writable_are_told_apart(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    assert not ready(Wait(ours.fileno(), until=PAST))
    assert ready(Wait(ours.fileno(), write=True, until=PAST))
    theirs.send(b"x")
    assert ready(Wait(ours.fileno(), until=later()))


@pytest.mark.usefixtures("waiting")
def test_a_full_link_is_not_writable_until_it_is_read(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    ours.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            ours.send(bytes(65_536))
    assert not ready(Wait(ours.fileno(), write=True, until=PAST))
    theirs.settimeout(SOON)
    draining = threading.Thread(target=_drain, args=(theirs,))
    draining.start()
    assert ready(Wait(ours.fileno(), write=True, until=later()))
    ours.close()
    draining.join()


def _drain(sock: socket.socket) -> None:
    while sock.recv(1 << 20):
        pass


def test_a_time_that_comes_first_answers_no(pair: tuple[socket.socket, socket.socket]) -> None:
    until = time.monotonic() + 0.01
    assert not ready(Wait(pair[0].fileno(), until=until))
    assert time.monotonic() >= until


@pytest.mark.usefixtures("waiting")
def test_a_waker_wakes_who_waits_now_and_later(pair: tuple[socket.socket, socket.socket]) -> None:
    waker = Waker()
    wait = Wait(pair[0].fileno(), until=later(), wake=waker.fileno())
    assert not ready(Wait(pair[0].fileno(), until=PAST, wake=waker.fileno()))
    found: list[bool] = []
    waiting = threading.Thread(target=lambda: found.append(ready(wait)))
    waiting.start()
    waker.wake()
    waiting.join()
    waker.wake()
    assert found == [True]
    assert ready(wait) and ready(Wait(until=later(), wake=waker.fileno()))


def test_a_waker_keeps_its_descriptor_while_it_lives() -> None:
    waker = Waker()
    fd = waker.fileno()
    waker.wake()
    os.fstat(fd)
    del waker
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)
