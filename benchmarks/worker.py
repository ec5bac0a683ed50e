"""One contestant in a process of its own: `python worker.py CONTESTANT FOLDER FEED OPTIONS`.

It says `ready` or `missing WHY`, then answers one line of JSON to each line of its input: `found` with the number of intact
frames found, of others, and the seconds taken; `go N` with the seconds that N passes took, on the clock and of processor time.
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
    name, folder, feed, options = sys.argv[1:]
    job = Job(load(Path(folder)), int(feed), json.loads(options))
    try:
        contestant = make(name, job)
    except Missing as missing:
        print(f"missing {missing}", flush=True)
        return
    print("ready", flush=True)
    for line in sys.stdin:
        verb, *number = line.split()
        answer = found(contestant, job) if verb == "found" else go(contestant, int(number[0]))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
