"""What is known of the mutants, as a page: `results.json` by the trials, `judged.toml` by hand, `docs/mutation.md` of both."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "mutation.md"
RESULTS = HERE / "results.json"

VERDICTS = {"equivalent": "equivalent", "speed": "speed alone", "text": "message text alone", "open": "a hole, open"}
"""How survivors are judged: no input can tell them apart, or only a clock, or a reader of error texts; or the tests lack something."""

HEAD = """# Mutation testing

Small changes are made to a module, one at a time, and its tests run until one fails: the mutant is killed. What survives is
either a hole in the tests or a change that changes nothing. `mutation/run` does it, and writes this page.

```sh
python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' -r mutation/requirements.txt
.venv/bin/python mutation/run                  # a sample of every module
.venv/bin/python mutation/run engine           # of one
.venv/bin/python mutation/run --all decoder    # every mutant of one
```

The changes are those of [cosmic-ray](https://pypi.org/project/cosmic-ray/) and one more, `pass` for a statement:

- numbers one up and one down; `True`, `False`, `and`, `or`, `not`, `break`, `continue` turned round; conditions negated;
- comparisons and arithmetic by their nearest neighbour, such as `<` by `<=`; cosmic-ray's others would fail at once and make the figures look better;
- loops that do not run, handlers that catch nothing, decorators and statements removed.

Left out are annotations, imports for the type checker, `assert`, docstrings, and the texts in `raise`. Which mutants are tried is decided
by the module's name and `--seed`: one of each place before any place has a second one.

A trial is a forked process that loads the changed source; no file is touched. It runs the tests that `mutation/modules.toml` lists for the
module, `slow` ones left out, with fewer random cases than usual (`HYPOTHESIS_PROFILE=mutants`, the same ones each time). A mutant that uses up twice the processor
seconds of the unchanged code and three more counts as killed; so does one that cannot be imported. The Python engine runs, unless
`modules.toml` says otherwise. So a survivor here may still be killed by the rest of the tests; none is counted as killed that is not.

The figures are those after the holes below were closed, on the very sample (`--seed 2`) that showed the last of them. What other mutants
would give is nearer to the first run of each module on that sample: `checksums` 92, `stuffing` 86, `cobs` 98, `escapes` 94,
`bit_stuffing` 90, `hex` 97, `stuffing_kinds` 96, `layout` 88, `protocols` 90, `reference` 92, `reference_probe` 95, `engine` 84, `decoder` 93
and `encoder` 100 per cent; earlier holes had come out of another sample (`--seed 1`).

The compiled engine is not mutated: no tool does it for Cython. What speaks for it is that it gives what the Python engine and
the reference give (`tests/test_properties.py`, `fuzz/`), and these are mutated here; `tests/test_planted.py` plants chosen bugs.
"""


def modules() -> dict[str, dict[str, Any]]:
    """Each module with its path and its tests."""
    return tomllib.loads((HERE / "modules.toml").read_text("utf-8"))


def judged() -> list[dict[str, str]]:
    """The judgements: `module`, `line`, `becomes` (any change of that line where it is missing), `verdict`, `why`."""
    found: list[dict[str, str]] = tomllib.loads((HERE / "judged.toml").read_text("utf-8")).get("survivor", [])
    return found


def holes() -> list[dict[str, str]]:
    """What survived, should not have, and is killed now: `module`, `what` nobody would have noticed, the `test` that now does."""
    found: list[dict[str, str]] = tomllib.loads((HERE / "judged.toml").read_text("utf-8")).get("hole", [])
    return found


def results() -> dict[str, dict[str, Any]]:
    """What the last trials of each module gave."""
    found: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    return found


def keep(name: str, row: dict[str, Any]) -> None:
    """Puts a module's results beside those of the others."""
    kept = results() | {name: row}
    RESULTS.write_text(json.dumps({each: kept[each] for each in modules() if each in kept}, indent=1) + "\n", "utf-8")


def judgement(name: str, survivor: dict[str, Any], known: list[dict[str, str]]) -> dict[str, str] | None:
    """What is said of a survivor: of that very change, else of any change of its line."""
    fits = [each for each in known if each["module"] == name and each["line"] == survivor["old"]]
    exact = [each for each in fits if each.get("becomes") == survivor["new"]]
    general = [each for each in fits if "becomes" not in each]
    return next(iter(exact + general), None)


def unjudged() -> list[tuple[str, dict[str, Any]]]:
    """Survivors that nothing is said of, each behind the name of its module."""
    known = judged()
    return [(name, each) for name, row in results().items() for each in row["survivors"] if judgement(name, each, known) is None]


def idle() -> list[dict[str, str]]:
    """Judgements of what did not survive."""
    known, used = judged(), []
    for name, row in results().items():
        used += [judgement(name, each, known) for each in row["survivors"]]
    return [each for each in known if each not in used]


def page() -> str:
    """The text of docs/mutation.md."""
    rows, known = results(), judged()
    text = [HEAD, "\n## Results\n", "| module | mutants | tried | killed | per cent | survivors | of these equivalent, or slower alone |", "|---|---|---|---|---|---|---|"]
    for name, row in rows.items():
        alive = len(row["survivors"])
        same = sum((judgement(name, each, known) or {}).get("verdict") in ("equivalent", "speed") for each in row["survivors"])
        killed = row["tried"] - alive
        text.append(f"| `{name}` | {row['mutants']:,} | {row['tried']} | {killed} | {100 * killed / row['tried']:.1f} | {alive} | {same} |")
    waiting = [f"`{name}`" for name in modules() if name not in rows]
    if waiting:
        text.append(f"\nNot tried yet: {', '.join(waiting)}.")
    stopped = sum(row["time"] for row in rows.values())
    broken = sum(row["import"] for row in rows.values())
    text.append(f"\nOf the killed, {stopped} did not end and {broken} could not be imported. Equivalent ones count as survivors in the per cent.")
    text.append("\n## Holes in the tests, closed\n\n| module | what nobody noticed | the test that does now |\n|---|---|---|")
    text += [f"| `{each['module']}` | {each['what']} | `{each['test']}` |" for each in holes()]
    text.append("\n## Survivors")
    for name, row in rows.items():
        if row["survivors"]:
            text.append(f"\n### {name}")
        for each in row["survivors"]:
            said = judgement(name, each, known)
            words = f"{VERDICTS[said['verdict']]}: {said['why']}" if said else "not judged"
            text.append(f"\n{each['place'] or 'module'}, {words}\n\n```diff\n- {each['old']}\n+ {each['new']}\n```")
    return "\n".join(text) + "\n"
