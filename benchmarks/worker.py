"""A contestant in a process of its own, or some that are to share one: `python worker.py FOLDER FEED [[CONTESTANT,OPTIONS]]`.

It says `ready` or `missing WHY`, then answers one line of JSON to each line of its input: `found K` with the number of intact
frames that contestant K finds, of others, and the seconds taken; `go K N` with the seconds that N passes of it take, on the
clock and of processor time.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections import Counter
from pathlib import Path

from contestants import Contestant, Job, Missing, make
from streams import load


def found(contestant: Contestant, job: Job) -> list[float]:
    begin = time.perf_counter()
    frames = contestant.found()
    seconds = time.perf_counter() - begin
    recovered = (Counter(frames) & Counter(job.frames)).total()
    return [recovered, len(frames) - recovered, seconds]


def go(contestant: Contestant, passes: int) -> list[float]:
    calls = [contestant.fresh() for _ in range(passes)]
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    for call in calls:
        call()
    return [time.perf_counter() - wall, time.process_time() - processor]


def main() -> None:
    folder, feed, given = sys.argv[1:]
    stream = load(Path(folder))
    jobs = [Job(stream, int(feed), options) for _, options in json.loads(given)]
    try:
        contestants = [make(name, job) for (name, _), job in zip(json.loads(given), jobs, strict=True)]
    except Missing as missing:
        print(f"missing {missing}", flush=True)
        return
    print("ready", flush=True)
    for line in sys.stdin:
        verb, who, *number = line.split()
        one = contestants[int(who)]
        answer = found(one, jobs[int(who)]) if verb == "found" else go(one, int(number[0]))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
