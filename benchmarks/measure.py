"""Runs races: a process for each entry or for those that share one, one round of each in turn: what slows the machine slows all."""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import streams
from races import Entry, Race

WORKER = Path(__file__).with_name("worker.py")
PATIENCE = 120
"""Seconds after which a contestant that has not answered is given up."""
SLOW = 5.0
"""Seconds of one pass above which the first pass is the only one."""


@dataclass(frozen=True)
class Settings:
    """`seconds` is how long a round of one entry takes; `clock` is `wall` or `cpu`; `library` is the C program."""

    rounds: int = 7
    seconds: float = 0.1
    clock: str = "wall"
    seed: int = 1
    scale: float = 1.0
    library: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Result:
    """What came of one entry. `passes` are the seconds of one pass, round by round; `missing` says why there are none."""

    entry: Entry
    size: int
    intact: int
    missing: str = ""
    recovered: int = 0
    others: int = 0
    passes: list[float] = field(default_factory=list)

    def per_byte(self) -> list[float]:
        """Nanoseconds a byte, round by round."""
        return [seconds * 1e9 / self.size for seconds in self.passes]

    def per_frame(self) -> list[float]:
        """Nanoseconds for each intact frame, round by round."""
        return [seconds * 1e9 / self.intact for seconds in self.passes] if self.intact else []


class GivenUpError(Exception):
    """A contestant does not answer; the text says why."""


class Worker:
    """The process of entries that share it, asked line by line."""

    def __init__(self, entries: list[Entry], folder: Path, settings: Settings) -> None:
        given = [(each.contestant, {**each.options, "library": str(settings.library or "")}) for each in entries]
        command = [sys.executable, str(WORKER), str(folder), str(entries[0].feed), json.dumps(given)]
        environment = {**os.environ, **settings.environment, **entries[0].environment}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put("")

    def hear(self) -> str:
        """The next line; raises `GivenUpError` where none comes."""
        try:
            line = self.lines.get(timeout=PATIENCE)
        except queue.Empty:
            self.process.kill()
            raise GivenUpError(f"over {PATIENCE} s") from None
        if not line:
            raise GivenUpError("failed")  # why stands on standard error
        return line

    def ask(self, line: str) -> list[float]:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer: list[float] = json.loads(self.hear())
        return answer

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()


@dataclass
class Runner:
    """Contestant `number` of a process; `passes` fill a round."""

    worker: Worker
    number: int
    passes: int = 1

    def found(self) -> list[float]:
        return self.worker.ask(f"found {self.number}")

    def go(self, settings: Settings) -> float:
        """Seconds of a pass."""
        wall, processor = self.worker.ask(f"go {self.number} {self.passes}")
        return (processor if settings.clock == "cpu" else wall) / self.passes


def run(race: Race, settings: Settings, folder: Path, say: Callable[[str], None]) -> list[Result]:
    """The results of all entries, in their order. Streams are written to `folder`."""
    made: dict[str, streams.Stream] = {}
    for entry in race.entries:
        if entry.stream not in made:
            made[entry.stream] = streams.make(entry.stream, settings.seed, race.scale * settings.scale)
            made[entry.stream].save(folder / entry.stream)
    settings = dataclasses.replace(settings, rounds=settings.rounds * race.turns, seconds=settings.seconds / race.turns)
    results = [Result(entry, len(made[entry.stream].data), len(made[entry.stream].intact)) for entry in race.entries]
    say(f"{race.title}: getting ready")
    sharing: dict[str, list[Entry]] = {}
    for entry in race.entries:
        sharing.setdefault(entry.process, []).append(entry)
    workers = {label: Worker(entries, folder / entries[0].stream, settings) for label, entries in sharing.items()}
    runners = [Runner(workers[each.process], sharing[each.process].index(each)) for each in race.entries]
    try:
        missing = {label: _readiness(worker) for label, worker in workers.items()}  # nobody is timed while others still start
        for result in results:
            result.missing = missing[result.entry.process]
        racing = [each for each in zip(results, runners, strict=True) if not each[0].missing]
        racing = [(result, runner) for result, runner in racing if _tried(result, runner, settings)]
        for number in range(settings.rounds):
            say(f"{race.title}: round {number + 1}")
            turn, back = number // 2 % max(1, len(racing)), number % 2  # each runs behind its neighbour as often as in front
            for result, runner in (racing[turn:] + racing[:turn])[:: -1 if back else 1]:
                _round(result, runner, settings)
    finally:
        for worker in workers.values():
            worker.stop()
    return results


def _readiness(worker: Worker) -> str:
    """Waits for the contestants to be prepared; why they cannot take part, or nothing."""
    try:
        return worker.hear().removeprefix("ready").removeprefix("missing ")
    except GivenUpError as error:
        return str(error)


def _tried(result: Result, runner: Runner, settings: Settings) -> bool:
    """Counts what the contestant finds and how many passes fill a round. False where it takes no further part."""
    try:
        recovered, others, seconds = runner.found()
        result.recovered, result.others = int(recovered), int(others)
        if seconds > SLOW:
            result.passes = [seconds]
            return False
        for _ in range(2):  # the second time the estimate is a good one
            taken = runner.go(settings)
            runner.passes = max(1, round(settings.seconds / taken)) if taken > 0 else runner.passes
    except GivenUpError as error:
        result.missing = str(error)
        return False
    return True


def _round(result: Result, runner: Runner, settings: Settings) -> None:
    if result.missing:
        return
    try:
        result.passes.append(runner.go(settings))
    except GivenUpError as error:
        result.missing, result.passes = str(error), []


def ratio(one: list[float], other: list[float]) -> float | None:
    """How many times the other: the median over the rounds, each compared with the same round. None where one is missing."""
    pairs = list(zip(one, other, strict=False))
    return statistics.median(first / second for first, second in pairs) if pairs else None
