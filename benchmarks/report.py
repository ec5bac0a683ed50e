"""Runs what was asked for and writes it down: terminal, Markdown, chart."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import chart
import goals
import measure
import memory as large
import races as all_races
import table


def races(
    given: argparse.Namespace, library: Path | None, folder: Path, variables: dict[str, str], machine: str, notes: str
) -> int:
    """Measures, prints, writes. Returns the exit status."""
    chosen = [race for race in all_races.races() if _wanted(race, given)]
    if not chosen:
        print(f"no race has {given.rows!r} in its name", file=sys.stderr)
        return 2
    settings = measure.Settings(
        rounds=2 if given.quick else given.rounds,
        seconds=0.01 if given.quick else given.seconds,
        clock=given.clock,
        seed=given.seed,
        scale=0.02 if given.quick else 1.0,
        library=library,
        environment=variables,
    )
    done = [(race, measure.run(race, settings, folder, _say)) for race in chosen]
    _say("")
    seen = goals.goals({race.name: {each.entry.label: each for each in results} for race, results in done})
    print(machine + "\n")
    print(table.plain([table.HEAD, *(row for race, results in done for row in table.rows(race, results))]))
    print()
    print(table.plain([table.GOALS_HEAD, *(goal.cells() for goal in seen)], left=1))
    if given.svg:
        clean = [(race.title.removesuffix(", clean"), results) for race, results in done if race.name.endswith("/clean")]
        given.svg.write_text(chart.draw(clean), encoding="utf-8")
    if given.markdown:
        picture = os.path.relpath(given.svg, given.markdown.parent) if given.svg else ""
        given.markdown.write_text(table.markdown(machine, picture, done, seen, notes), encoding="utf-8")
    return 0


def memory(mebibytes: int, variables: dict[str, str]) -> int:
    """Prints the peak memory of the command line."""
    lines = [("command", "seconds", *table.GOALS_HEAD[1:])]
    for peak in large.peaks(mebibytes, variables):
        text, *cells = peak.goal().cells()
        lines.append((text, f"{peak.seconds:.1f}" if peak.above is not None else "", *cells))
    print(table.plain(lines, left=1))
    return 0


def _wanted(race: all_races.Race, given: argparse.Namespace) -> bool:
    if given.quick and race.name not in all_races.QUICK:
        return False
    return not given.rows or given.rows in race.name


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
