"""`framing fuzz`: does a format keep the properties, how does it stand a bad line, and a corpus to play at firmware."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framing.cli.choosing import chosen
from framing.cli.common import Misuse, Parameters, Quiet, console, seconds, whole

if TYPE_CHECKING:
    from rich.table import Table

    from framing.fuzzing.recovery import Accepts
    from framing.fuzzing.report import Report
    from framing.fuzzing.work import Work

NO_EXTRA = "fuzz needs hypothesis: pip install 'framing-codec[fuzz]'"


def fuzz(
    spec: Annotated[
        str, typer.Argument(metavar="SPEC", help="A shipped spec, one of its formats (mbus.long), or a .toml file.")
    ],
    parameter: Parameters = None,
    seed: Annotated[int, typer.Option(parser=whole, metavar="N", help="Another number, other frames.")] = 1,
    frames: Annotated[
        int, typer.Option(parser=whole, metavar="N", help="Frames of the streams that are damaged.")
    ] = 200,
    cases: Annotated[int, typer.Option(parser=whole, metavar="N", help="Streams for each property, at most.")] = 100,
    time: Annotated[float, typer.Option(parser=seconds, metavar="SECONDS", help="Time for each property, about.")] = 5,
    baud: Annotated[
        int, typer.Option(parser=whole, metavar="N", help="Tell stalls in seconds at this rate.")
    ] = 115_200,
    corpus: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write damaged streams, each with what is to come out, as JSON lines."),
    ] = None,
    streams: Annotated[int, typer.Option(parser=whole, metavar="N", help="Streams of that corpus.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as one JSON object.")] = False,
    quiet: Quiet = False,
) -> int:
    """Make frames of a format, damage them, check the eight properties, and report how it stands a bad line.

    Exit status 1 where a property does not hold; the stream that shows it is printed, made small.
    """
    try:
        from framing.fuzzing import report as reports
    except ImportError:
        raise Misuse(NO_EXTRA) from None
    from framing.fuzzing.corpus import lines
    from framing.fuzzing.recovery import models_for

    protocols = chosen([spec], parameter or [])
    say = _teller(quiet)
    try:
        made = reports.make(protocols, frames, seed)
    except ValueError as error:
        raise Misuse(str(error)) from None
    if corpus is not None:
        from framing.cli.records import line, plain

        text = "".join(
            line(plain(each)) for each in lines(protocols, made.frames, models_for(made.mean), streams, seed)
        )
        _write(corpus, text)
    found = reports.fuzz(protocols, made, cases, seed, time, say=say)
    say("")
    _print(found, spec, seed, baud, as_json)
    return 0 if found.passed else 1


def _teller(quiet: bool) -> Callable[[str], None]:
    """Says on a terminal what is being done."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return lambda _: None
    return lambda text: print(f"\r\033[K{text}{'…' if text else ''}", end="", file=sys.stderr, flush=True)


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, "utf-8")
    except (OSError, ValueError) as error:
        raise Misuse(f"{file}: {getattr(error, 'strerror', None) or error}") from None


def _print(found: Report, spec: str, seed: int, baud: int, as_json: bool) -> None:
    if as_json:
        from framing.cli.records import line

        sys.stdout.write(line(record(found, seed)))
        return
    out = console()
    beside = "" if found.clean == found.frames else f"; side by side and undamaged, {found.clean} of them are found"
    out.print(
        f"{spec}: {found.frames} frames of {_formats(found)}, {found.mean:.1f} bytes in the mean (seed {seed}){beside}"
    )
    out.print()
    for text in properties(found):
        out.print(text)
    out.print()
    out.print(_table(found))
    out.print()
    for text in stalls(found, baud):
        out.print(text)
    if found.accepts is not None:
        out.print(accepted(found.accepts))


def _formats(found: Report) -> str:
    return found.formats[0] if len(found.formats) == 1 else f"{len(found.formats)} formats"


def properties(found: Report) -> list[str]:
    """A line for each of the eight; below a broken one the stream that breaks it."""
    said: dict[int, list[str]] = {}
    for each in found.verdicts:
        lines = [f"{each.number}  {'BROKEN' if each.broken else 'holds '}  {each.title}, on {each.cases} streams"]
        if each.broken:
            lines.append(f"           {each.broken}")
        if each.case is not None:
            lines.append(f"           stream {each.case.data.hex()}")
            lines.append(f"           cut at {list(each.case.cuts)}, gap_limit {each.case.gap_limit}")
        said[each.number] = lines
    if found.work is not None:
        said[6] = [_work(found.work)]
    return [text for number in sorted(said) for text in said[number]]


def _work(work: Work) -> str:
    word = "holds " if work.linear and work.told else "BROKEN" if work.told else "slow  "
    small = work.size // 8
    text = f"6  {word}  work is linear: {work.small:,.1f} ns a byte of {small:,}, {work.large:,.1f} of {work.size:,}"
    return f"{text}, repeating {work.repeated[:8].hex(' ')}{' …' if len(work.repeated) > 8 else ''}"


def _table(found: Report) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("damage")
    for heading in ("intact", "strict", "early", "invented", "stall"):
        table.add_column(heading, justify="right")
    table.add_column("lost in strict order")
    early = {each.model: each for each in found.recoveries if each.order == "early"}
    for each in found.recoveries:
        if each.order == "strict":
            other = early.get(each.model)
            why = ", ".join(f"{number} {cause}" for cause, number in each.lost.items())
            cells = [each.model, str(each.intact), str(each.recovered), str(other.recovered) if other else "–"]
            stall = f"{each.stall:,}" + (f" / {other.stall:,}" if other else "")
            table.add_row(*cells, str(each.invented), stall, why)
    return table


def stalls(found: Report, baud: int) -> list[str]:
    """The longest stall of each order, in bytes and in seconds."""
    from framing.fuzzing.report import BITS_PER_BYTE

    lines = []
    for order in ("strict", "early"):
        stall = found.stall(order)
        if stall is not None:
            time = stall[0] * BITS_PER_BYTE / baud
            by = f" ({stall[1]})" if stall[0] else ""
            lines.append(f"longest stall seen in {order} order: {stall[0]:,} bytes{by}, {time:,.3f} s at {baud:,} baud")
    lines.append(f"the largest frame: {found.largest:,} bytes, {found.largest * BITS_PER_BYTE / baud:,.3f} s")
    if found.no_early:
        lines.append(f"early order is refused: {found.no_early}")
    return lines


def accepted(accepts: Accepts) -> str:
    """False frames beside what was to be expected."""
    text = f"false frames in {accepts.bytes:,} bytes of noise: "
    if accepts.bits:
        text += f"{accepts.passed:,} of {accepts.checked:,} that came to a checksum of {accepts.bits} bits; {accepts.expected:,.1f} expected at most"
        return text + (f"; {accepts.unchecked:,} of formats without a checksum" if accepts.unchecked else "")
    return text + f"{accepts.unchecked:,}; no checksum is always there to refuse them"


def record(found: Report, seed: int) -> dict[str, Any]:
    """The findings as JSON can say them."""
    accepts, work = found.accepts, found.work
    return {
        "passed": found.passed,
        "seed": seed,
        "formats": found.formats,
        "frames": found.frames,
        "mean": round(found.mean, 3),
        "clean": found.clean,
        "largest": found.largest,
        "properties": [
            {"number": each.number, "title": each.title, "streams": each.cases, "broken": each.broken or None}
            | ({"stream": each.case.data.hex()} if each.case is not None else {})
            for each in found.verdicts
        ],
        "work": None
        if work is None
        else {"small": work.small, "large": work.large, "size": work.size, "told": work.told},
        "recovery": [
            {
                "model": each.model,
                "order": each.order,
                "intact": each.intact,
                "recovered": each.recovered,
                "invented": each.invented,
                "stall": each.stall,
                "lost": dict(each.lost),
            }
            for each in found.recoveries
        ],
        "false_accepts": None if accepts is None else {**vars(accepts), "expected": accepts.expected},
    }
