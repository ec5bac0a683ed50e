"""A world in which nothing waits: a clock that jumps, and links that do what a script says. For the steps of a session."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from types import ModuleType
from typing import Any, TypeVar

import pytest

from framing.transports import connecting, links, session, tape
from framing.transports.links import Arrival, Link, Transport
from framing.transports.session import Session
from framing.transports.steps import Call, Steps, Wait

T = TypeVar("T")

END = Arrival(b"", ends=True)
EPOCH = 1_700_000_000.0
"""What the world's `time()` is ahead of its `monotonic()`."""
CLOCKED: tuple[ModuleType, ...] = (connecting, links, session, tape)
"""The modules that look at a clock."""


class World:
    """The clock of all scripts, and the driver of steps: a `Wait` is answered by jumping to its end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch | None = None) -> None:
        self.now = 1000.0
        self.links: dict[int, ScriptedLink] = {}
        self.calls: list[Call] = []
        self.waits: list[Wait] = []
        self.numbers = count(100)
        self.plans: list[tuple[float, int, Callable[[], object]]] = []
        for module in CLOCKED if monkeypatch is not None else ():
            monkeypatch.setattr(module, "time", self)

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return EPOCH + self.now

    def later(self, seconds: float, what: Callable[[], object]) -> None:
        """Something that happens at a time, while somebody waits: what another thread would do."""
        heapq.heappush(self.plans, (self.now + seconds, next(self.numbers), what))

    def run(self, steps: Steps[T]) -> T:
        """Drives the steps to their end, in no time."""
        try:
            wanted = next(steps)
            while True:
                if isinstance(wanted, Call):
                    self.calls.append(wanted)
                    try:
                        answer = wanted.function()
                    except Exception as error:
                        wanted = steps.throw(error)
                        continue
                else:
                    self.waits.append(wanted)
                    answer = self.answer(wanted)
                wanted = steps.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def answer(self, wait: Wait) -> bool:
        while True:
            at = None if wait.fd is None else self.links[wait.fd].ready_at(wait.write)
            if self.plans and (at is None or self.plans[0][0] < at) and (wait.until is None or self.plans[0][0] < wait.until):
                when, _, what = heapq.heappop(self.plans)
                self.now = max(self.now, when)
                what()
                continue
            if at is not None and (wait.until is None or at <= wait.until):
                self.now = max(self.now, at)
                return True
            assert wait.until is not None, "this wait would never end"
            self.now = max(self.now, wait.until)
            return False


Thing = bytes | Arrival | OSError


class ScriptedLink(Link):
    """Gives what the script says, each thing so many seconds after the one before; takes what `room` says."""

    def __init__(
        self,
        world: World,
        *script: Thing | tuple[float, Thing],
        name: str = "scripted",
        baud: int | None = None,
        room: Iterable[int | OSError | float] = (),
    ) -> None:
        self.name = name
        self.baud = baud
        self.world = world
        self.number = next(world.numbers)
        self.script = [each if isinstance(each, tuple) and not isinstance(each, Arrival) else (0.0, each) for each in script]
        self.script.reverse()
        self.room = list(room)
        self.sent = b""
        self.since = world.now
        self.woken = False
        self.closed = 0
        world.links[self.number] = self

    def ready_at(self, write: bool) -> float | None:
        if self.woken:
            return self.world.now
        if write:
            return self.since + self.room[0] if self.room and isinstance(self.room[0], float) else self.world.now
        return self.since + self.script[-1][0] if self.script else None

    def receive(self, most: int = 0) -> Arrival | None:
        assert not self.closed
        at = self.ready_at(write=False)
        if at is None or at > self.world.now or not self.script:
            return None
        _, thing = self.script.pop()
        self.since = max(at, self.since)
        if isinstance(thing, OSError):
            raise thing
        return Arrival(thing) if isinstance(thing, bytes) else thing

    def send(self, data: bytes | memoryview) -> int:
        assert not self.closed
        room = self.room[0] if self.room else len(data)
        if isinstance(room, OSError):
            raise room
        if isinstance(room, float):  # no room for so long
            if self.world.now < self.since + room:
                return 0
            self.since += room
            self.room.pop(0)
            return self.send(data)
        if self.room:
            self.room.pop(0)
        self.sent += bytes(data[:room])
        return min(room, len(data))

    def fileno(self) -> int:
        return self.number

    def wake(self) -> None:
        self.woken = True

    def close(self) -> None:
        self.closed += 1
        self.woken = True

    def is_connected(self) -> bool:
        return bool(self.script)


Outcome = Callable[[], ScriptedLink] | OSError | float


class ScriptedTransport(Transport):
    """Each attempt to connect has the next outcome: a link, an error, or so many seconds of waiting before the one behind."""

    form = "scripted"

    def __init__(self, world: World, *outcomes: Outcome, again: bool = True, listens: bool = False) -> None:
        self.world = world
        self.outcomes = list(outcomes)
        self.again, self.listens = again, listens  # type: ignore[misc]
        self.untils: list[float | None] = []
        self.listened = self.closed = self.given_up = 0

    @classmethod
    def at(cls, where: str, scheme: str) -> dict[str, Any]:
        raise ValueError("no URL leads here")

    def listen(self) -> str:
        self.listened += 1
        return "here"

    def connect(self, until: float | None = None) -> Steps[Link]:
        self.untils.append(until)
        while True:
            outcome = self.outcomes.pop(0) if self.outcomes else ConnectionRefusedError(111, "refused")
            if isinstance(outcome, float):
                over = self.world.now + outcome
                try:
                    while self.world.now < over:
                        if until is not None and self.world.now >= until:
                            raise TimeoutError(110, "no answer in time")
                        yield Wait(until=over if until is None else min(over, until))
                except GeneratorExit:
                    self.given_up += 1
                    raise
            elif isinstance(outcome, OSError):
                raise outcome
            else:
                yield from ()
                return outcome()

    def close(self) -> None:
        self.closed += 1


def everything(world: World, session: Session, most: float = 1e9) -> list[Any]:
    """All events to the end, of all streams in one list."""
    found: list[Any] = []
    while (events := world.run(session.receive(world.now + most))) is not None:
        assert events, "a session that waits for ever"
        found += events
    return found


def opened(world: World, *script: Thing | tuple[float, Thing], formats: Sequence[Any] = ("ubx",), **options: Any) -> Session:
    """A session with one link that follows the script."""
    session = Session(ScriptedTransport(world, lambda: ScriptedLink(world, *script)), *formats, **options)
    world.run(session.open())
    return session


