"""One target, for a while: `python fuzz/drive.py engines --seconds 60`.

With atheris the search follows coverage of `framing/` (Python code; the compiled engine too where it was built for that, see
README.md). Without it, and with `--random`, inputs are dice and changed corpus files: it says so, and nothing guides it.

The last line is `RESULT {...}` in JSON. Exit status 1 where something was found; the input is then in `fuzz/findings/`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import pkgutil
import random
import shlex
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import kept  # noqa: E402 - found by the line above
import targets  # noqa: E402

try:
    import atheris
except ImportError:
    atheris = None

Target = Callable[[bytes], None]


def replay(name: str, numbers: list[int]) -> int:
    """Tries the findings of these numbers, counted from 1; with none, all of them and the corpus."""
    run, known = targets.target(name), kept.findings(name)
    inputs = [known[number - 1] for number in numbers] or [*known, *kept.corpus(name)]
    for data in inputs:
        run(data)
    print(f"{name}: {len(inputs)} inputs, nothing found")
    return 0


def changed(dice: random.Random, raw: bytes, longest: int) -> bytes:
    """Some bytes other, gone, twice, or new."""
    data = bytearray(raw)
    for _ in range(dice.choice([1, 1, 2, 4, 8])):
        at = dice.randrange(len(data) + 1)
        size = dice.choice([1, 1, 2, 4, 16])
        match dice.randrange(5):
            case 0:
                data[at : at + size] = dice.randbytes(min(size, len(data) - at))
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = dice.randbytes(size)
            case 3:
                data[at:at] = data[at : at + size]
            case _:
                data[at : at + 1] = bytes([dice.choice([0, 1, 0x7F, 0x80, 0xFF])])
    return bytes(data[:longest])


def at_random(name: str, seconds: float, seed: int) -> int:
    """The plain driver."""
    why = "asked for" if atheris else "atheris is not installed"
    print(f"{name}: plain random driver ({why}): no coverage guides it", flush=True)
    run, dice = targets.target(name), random.Random(seed)
    longest = targets.LONGEST.get(name, targets.USUAL)
    corpus = kept.corpus(name)
    runs, start = 0, time.monotonic()
    status = 0
    while time.monotonic() < start + seconds:
        if runs < len(corpus):
            data = corpus[runs]
        elif corpus and dice.random() < 0.7:
            data = changed(dice, dice.choice(corpus), longest)
        else:
            data = dice.randbytes(dice.choice([8, 32, 128, longest]))
        runs += 1
        try:
            run(data)
        except Exception as error:
            traceback.print_exc()
            print(f"FINDING: {kept.keep_finding(name, data, repr(error))}")
            status = 1
            break
    tell(name, "random", runs, time.monotonic() - start, status)
    return status


def tell(name: str, driver: str, runs: int, seconds: float, findings: int) -> None:
    """The line that `fuzz/run` reads."""
    said = {"target": name, "driver": driver, "runs": runs, "seconds": round(seconds, 1), "findings": findings}
    print("RESULT " + json.dumps(said), flush=True)


def guided(name: str, options: list[str]) -> int:
    """By atheris, which ends the process itself; libFuzzer's last lines tell runs, seconds and coverage."""
    with atheris.instrument_imports(include=["framing"]):
        run = targets.target(name)
        import framing

        for each in pkgutil.walk_packages(framing.__path__, "framing."):  # what a command imports when it runs is instrumented too
            if not each.name.endswith("__main__"):
                with contextlib.suppress(ImportError):  # an extra that is not installed
                    importlib.import_module(each.name)

    def tried(data: bytes) -> None:
        try:
            run(data)
        except Exception as error:
            print(f"FINDING: {kept.keep_finding(name, data, repr(error))}", flush=True)
            raise

    atheris.Setup([sys.argv[0], *options], tried)
    atheris.Fuzz()
    return 0


def unpacked(name: str, folder: Path) -> str:
    """The corpus as libFuzzer wants it: a file an input."""
    for number, data in enumerate(kept.corpus(name)):
        (folder / f"kept-{number:04}").write_bytes(data)
    return str(folder)


def libfuzzer(given: argparse.Namespace, seed: int) -> int:
    """With these options: searches, or writes the least files that reach what all reach."""
    name = given.target
    scratch = Path(tempfile.mkdtemp(prefix="framing-fuzz-"))
    flags = [f"-seed={seed}", f"-max_len={targets.LONGEST.get(name, targets.USUAL)}", "-timeout=60", "-rss_limit_mb=3000"]
    flags += ["-len_control=0", f"-artifact_prefix={scratch}/", "-print_final_stats=1"]
    folders = [given.grow] if given.grow else []
    (scratch / "corpus").mkdir()
    folders.append(unpacked(name, scratch / "corpus"))
    if given.merge is None:
        return guided(name, [*flags, f"-max_total_time={max(1, round(given.seconds))}", *folders])
    inner = scratch / "inner"  # libFuzzer starts the program anew behind each input that ends it
    command = shlex.join([sys.executable, str(Path(__file__).resolve()), name, "--flags"])
    inner.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    inner.chmod(0o700)
    sys.argv[0] = str(inner)
    return guided(name, [*flags, "-merge=1", given.merge, *folders])


def main() -> int:
    """See the module."""
    options = argparse.ArgumentParser(description="Fuzzes one target.")
    options.add_argument("target", choices=targets.NAMES)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--seed", type=int, help="of the dice, and of libFuzzer; the clock decides otherwise")
    options.add_argument("--random", action="store_true", help="the plain driver, though atheris is there")
    options.add_argument("--replay", nargs="*", type=int, metavar="N", help="try these findings once; with none, all and the corpus")
    options.add_argument("--grow", metavar="FOLDER", help="begin with its files too, and keep new inputs that reach new code there")
    options.add_argument("--merge", metavar="FOLDER", help="write the least files there that reach what the corpus and --grow reach")
    options.add_argument("--flags", nargs=argparse.REMAINDER, help="libFuzzer's own, and nothing else")
    given = options.parse_args()
    os.environ.pop("FRAMING_ENGINE", None)
    if given.replay is not None:
        return replay(given.target, given.replay)
    if given.flags is not None:
        return guided(given.target, given.flags)
    seed = given.seed if given.seed is not None else time.time_ns() % (1 << 31)
    if atheris is None or given.random:
        return at_random(given.target, given.seconds, seed)
    return libfuzzer(given, seed)


if __name__ == "__main__":
    raise SystemExit(main())
