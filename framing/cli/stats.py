"""`framing stats`: what a stream holds, as tables or as one JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from framing.cli.choosing import decoder_for, failures
from framing.cli.common import FailOn, File, GapLimit, OrderName, Parameters, Specs, Witnesses, console, whole
from framing.cli.reading import opened, watched

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from framing.cli.tally import Tally
    from framing.stats import Stats

BAR = 20
"""Characters of the bar that shows a share of all bytes."""


def stats(
    file: File,
    spec: Specs = None,
    parameter: Parameters = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
    kinds: Annotated[bool, typer.Option("--kinds", help="Also count the kinds of frames.")] = False,
    top: Annotated[int, typer.Option(parser=whole, metavar="N", help="How many kinds and large gaps to list.")] = 10,
    order: OrderName = "strict",
    witnesses: Witnesses = 2,
    gap_limit: GapLimit = 65_536,
    fail_on: FailOn = None,
) -> int:
    """Count frames, gaps and rejects."""
    from framing.cli.tally import Tally

    wanted = failures(fail_on or [])
    decoder = decoder_for(spec or [], parameter or [], order, witnesses, gap_limit)
    tally = Tally(most=top, with_kinds=kinds)
    counts_do = json and not wanted  # then nobody looks at an event
    with opened(file) as source:
        for chunk in watched(source, beside=False):
            if counts_do:
                decoder.skim(chunk)
            else:
                tally.add(decoder.feed(chunk))
        tally.add(decoder.close())
    if json:
        from framing.cli.records import line

        print(line(decoder.stats.as_dict()), end="")
    else:
        _print(console(), decoder.stats, tally, file)
    return int(bool(tally.found() & wanted))


def _print(out: Console, stats: Stats, tally: Tally, file: str) -> None:
    from rich.text import Text

    name = "standard input" if file == "-" else file
    out.print(Text.assemble((name, "bold"), f"  {stats.bytes_in:,} bytes"))
    tables = [_shares(stats, tally)]
    if tally.kinds:
        tables.append(_kinds(tally))
    if tally.rejects or tally.gaps:
        tables.append(_reasons(tally))
    largest = tally.largest()
    if largest:
        tables.append(_largest(largest))
    for table in tables:
        out.print()
        out.print(table)


def _table(*columns: tuple[str, str]) -> Table:
    """An empty table; a column's style is that of rich, or `number`."""
    from rich import box
    from rich.table import Table

    out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bright_black")
    for name, style in columns:
        numeric = style == "number"
        out.add_column(name, justify="right" if numeric else "left", style="" if numeric else style, no_wrap=numeric)
    return out


def _shares(stats: Stats, tally: Tally) -> Table:
    out = _table(("", "bold"), ("count", "number"), ("bytes", "number"), ("share", "number"), ("", "cyan"))

    def add(what: Any, count: int, size: int) -> None:
        part = size / stats.bytes_in if stats.bytes_in else 0.0
        out.add_row(what, f"{count:,}", f"{size:,}", f"{part:.1%}", "█" * round(part * BAR))

    for name, count in tally.frames.most_common():
        add(name, count, tally.frame_bytes[name])
    if not tally.frames:
        add("no frames", 0, 0)
    fill = tally.gaps["fill"]
    add("gaps", stats.gaps, stats.gap_bytes)
    if fill:
        add("fill", fill, stats.fill_bytes)
    return out


def _kinds(tally: Tally) -> Table:
    from rich.text import Text

    out = _table(("frames by kind", "bold"), ("", "cyan"), ("count", "number"))
    for (name, kind), count in tally.kinds.most_common(tally.most):
        words = ", ".join("–" if value is None else str(value) for value in kind) or "–"
        out.add_row(name, Text(words), f"{count:,}")
    left = len(tally.kinds) - tally.most
    if left > 0:
        rest = tally.kinds.total() - sum(count for _, count in tally.kinds.most_common(tally.most))
        out.add_row(Text(f"{left} more", style="bright_black"), "", f"{rest:,}")
    return out


def _reasons(tally: Tally) -> Table:
    out = _table(("gaps by reason", "red"), ("count", "number"), ("bytes", "number"), ("rejects", "number"))
    for reason in sorted({*tally.gaps, *tally.rejects}, key=lambda reason: -tally.gap_bytes[reason]):
        out.add_row(reason, f"{tally.gaps[reason]:,}", f"{tally.gap_bytes[reason]:,}", f"{tally.rejects[reason]:,}")
    return out


def _largest(spans: list[Any]) -> Table:
    out = _table(("largest gaps", "red"), ("offset", "number"), ("bytes", "number"), ("begins with", "bright_black"))
    for span in spans:
        out.add_row(span.reason, f"{span.start:,}", f"{span.size:,}", span.head.hex(" "))
    return out
