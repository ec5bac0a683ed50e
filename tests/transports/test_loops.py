"""Steps in an event loop come to the same as in a thread, and waits can be cut short."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from anyio import wait_all_tasks_blocked
from anyio.lowlevel import checkpoint

from framing.transports.loops import Await, Waits, arun
from framing.transports.steps import Call, Steps, Wait, Waker

pytestmark = pytest.mark.anyio
PATIENCE = 30


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        one.setblocking(False)
        other.setblocking(False)
        yield one, other


def once(wait: Wait) -> Steps[bool]:
    return (yield wait)


async def test_a_time_that_comes_is_no_readiness() -> None:
    assert await arun(once(Wait(until=0.0))) is False
    assert await arun(once(Wait(until=time.monotonic() + 0.01))) is False


async def test_a_descriptor_that_is_ready_answers_at_once_even_when_the_time_has_passed(pair: tuple[socket.socket, ...]) -> None:
    pair[0].send(b"x")
    assert await arun(once(Wait(pair[1].fileno(), until=0.0))) is True
    assert await arun(once(Wait(pair[1].fileno(), write=True, until=0.0))) is True


async def test_a_descriptor_that_is_not_ready_gives_way_to_the_time(pair: tuple[socket.socket, ...]) -> None:
    assert await arun(once(Wait(pair[1].fileno(), until=time.monotonic() + 0.01))) is False


async def test_it_waits_until_something_comes(pair: tuple[socket.socket, ...]) -> None:
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(arun, once(Wait(pair[1].fileno())))
            await wait_all_tasks_blocked()
            pair[0].send(b"x")


async def test_what_no_event_loop_can_watch_is_always_ready(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+b") as file:
        assert await arun(once(Wait(file.fileno()))) is True
    fd = os.open(os.devnull, os.O_RDONLY)
    assert await arun(once(Wait(fd))) is True
    os.close(fd)


async def test_a_wait_for_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="never end"):
        await arun(once(Wait()))


async def test_a_call_runs_in_another_thread_and_its_error_is_thrown_in() -> None:
    def steps() -> Steps[list[object]]:
        thread = yield Call(threading.get_ident)
        try:
            yield Call(deque().popleft)
        except IndexError as error:
            return [thread, type(error)]
        return []

    thread, error = await arun(steps())
    assert thread != threading.get_ident()
    assert error is IndexError


async def test_a_call_whose_result_counts_is_waited_for_when_cancelled() -> None:
    begun, go_on = threading.Event(), threading.Event()
    results = []

    def slow() -> str:
        begun.set()
        assert go_on.wait(PATIENCE)
        return "result"

    def steps() -> Steps[None]:
        results.append((yield Call(slow)))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(arun, steps())
        assert await anyio.to_thread.run_sync(begun.wait, PATIENCE)
        tasks.cancel_scope.cancel()
        go_on.set()
    assert results == ["result"]


async def test_a_droppable_call_is_left_alone_when_cancelled() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert go_on.wait(PATIENCE)

    def steps() -> Steps[None]:
        yield Call(slow, droppable=True)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(arun, steps())
        assert await anyio.to_thread.run_sync(begun.wait, PATIENCE)
        tasks.cancel_scope.cancel()
    assert not go_on.is_set()
    go_on.set()


async def test_cancelling_stops_the_steps_where_they_wait(pair: tuple[socket.socket, ...]) -> None:
    seen = []

    def steps() -> Steps[None]:
        try:
            yield Wait(pair[1].fileno())
        finally:
            seen.append("stopped")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(arun, steps())
        await wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert seen == ["stopped"]


@pytest.mark.parametrize("write", [False, True])
async def test_waits_that_are_cut_end_without_readiness_and_free_the_descriptor(
    pair: tuple[socket.socket, ...], write: bool
) -> None:
    waits, answers = Waits(), []
    fill(pair[0])

    async def wait() -> None:
        answers.append(await arun(once(Wait(pair[0].fileno(), write=write)), waits))

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await wait_all_tasks_blocked()
            waits.cut()
            number = pair[0].fileno()
            pair[0].close()
            one, other = socket.socketpair()  # takes the number that the event loop has just watched
            with one, other:
                assert number in (one.fileno(), other.fileno())
                await arun(once(Wait(one.fileno(), until=time.monotonic() + 0.01)))
    assert len(answers) == 1


async def test_a_sender_notices_that_its_link_was_given_up(pair: tuple[socket.socket, ...]) -> None:
    waker = Waker()
    fill(pair[0])
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(arun, once(Wait(pair[0].fileno(), write=True, wake=waker.fileno())))
            await wait_all_tasks_blocked()
            waker.wake()


async def test_an_await_is_done_in_the_event_loop_within_its_time() -> None:
    done = []

    async def work() -> None:
        await checkpoint()
        done.append(1)

    assert await arun(once(Await(function=work))) is True
    assert await arun(once(Await(until=time.monotonic() + 0.01, function=anyio.sleep_forever))) is False
    assert done == [1]


def fill(sock: socket.socket) -> None:
    """Sends until nothing more is taken."""
    try:
        while True:
            sock.send(bytes(65_536))
    except BlockingIOError:
        pass
