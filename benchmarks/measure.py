"""Runs races: one process for each entry, one round of each in turn, so that whatever slows the machine slows all alike."""

from __future__ import annotations

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
    """A contestant's process, asked line by line."""

    def __init__(self, entry: Entry, folder: Path, settings: Settings) -> None:
        options = {**entry.options, "library": str(settings.library or "")}
        command = [sys.executable, str(WORKER), entry.contestant, str(folder), str(entry.feed), json.dumps(options)]
        environment = {**os.environ, **settings.environment, **entry.environment}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.passes = 1

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


def run(race: Race, settings: Settings, folder: Path, say: Callable[[str], None]) -> list[Result]:
    """The results of all entries, in their order. Streams are written to `folder`."""
    made: dict[str, streams.Stream] = {}
    for entry in race.entries:
        if entry.stream not in made:
            made[entry.stream] = streams.make(entry.stream, settings.seed, race.scale * settings.scale)
            made[entry.stream].save(folder / entry.stream)
    results = [Result(entry, len(made[entry.stream].data), len(made[entry.stream].intact)) for entry in race.entries]
    say(f"{race.title}: getting ready")
    workers = [Worker(entry, folder / entry.stream, settings) for entry in race.entries]
    try:
        racing = list(zip(results, workers, strict=True))
        for takes_part in (_ready, _tried):  # nobody is timed while others still start
            racing = [(result, worker) for result, worker in racing if takes_part(result, worker, settings)]
        for number in range(settings.rounds):
            say(f"{race.title}: round {number + 1}")
            turn = number % max(1, len(racing))
            for result, worker in racing[turn:] + racing[:turn]:
                _round(result, worker, settings)
    finally:
        for worker in workers:
            worker.stop()
    return results


def _ready(result: Result, worker: Worker, _settings: Settings) -> bool:
    """Waits for the contestant to be prepared. False where it cannot take part."""
    try:
        result.missing = worker.hear().removeprefix("ready").removeprefix("missing ")
    except GivenUpError as error:
        result.missing = str(error)
    return not result.missing


def _tried(result: Result, worker: Worker, settings: Settings) -> bool:
    """Counts what the contestant finds and how many passes fill a round. False where it takes no further part."""
    try:
        recovered, others, seconds = worker.ask("found")
        result.recovered, result.others = int(recovered), int(others)
        if seconds > SLOW:
            result.passes = [seconds]
            return False
        for _ in range(2):  # the second time the estimate is a good one
            taken = _chosen(worker.ask(f"go {worker.passes}"), settings) / worker.passes
            worker.passes = max(1, round(settings.seconds / taken)) if taken > 0 else worker.passes
    except GivenUpError as error:
        result.missing = str(error)
        return False
    return True


def _round(result: Result, worker: Worker, settings: Settings) -> None:
    if result.missing:
        return
    try:
        result.passes.append(_chosen(worker.ask(f"go {worker.passes}"), settings) / worker.passes)
    except GivenUpError as error:
        result.missing, result.passes = str(error), []


def _chosen(answer: list[float], settings: Settings) -> float:
    wall, processor = answer
    return processor if settings.clock == "cpu" else wall


def ratio(one: list[float], other: list[float]) -> float | None:
    """How many times the other: the median over the rounds, each compared with the same round. None where one is missing."""
    pairs = list(zip(one, other, strict=False))
    return statistics.median(first / second for first, second in pairs) if pairs else None
