"""`framing stats`: what a stream holds, as tables or as one JSON object."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framing.bits import unpack
from framing.cli.captures import captured, is_capture
from framing.cli.choosing import decoder_for, failures, scanner_for
from framing.cli.common import (
    FailOn,
    File,
    GapLimit,
    Order,
    OrderName,
    Parameters,
    Specs,
    Witnesses,
    bit_order,
    console,
    whole,
)
from framing.cli.reading import opened, watched

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from framing.cli.tally import Tally
    from framing.decoder import Decoder
    from framing.scanner import Scanner
    from framing.stats import Totals

    Streams = dict[str, tuple[Totals, int]]

BAR = 20
"""Characters of the bar that shows a share of all bytes."""


def stats(
    file: File,
    spec: Specs = None,
    parameter: Parameters = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
    kinds: Annotated[bool, typer.Option("--kinds", help="Also count the kinds of frames.")] = False,
    top: Annotated[int, typer.Option(parser=whole, metavar="N", help="How many kinds and large gaps to list.")] = 10,
    bits: Order = "",
    order: OrderName = "strict",
    witnesses: Witnesses = 2,
    gap_limit: GapLimit = 65_536,
    fail_on: FailOn = None,
) -> int:
    """Count frames, gaps and rejects; of a capture file also by stream."""
    from framing.cli.records import line
    from framing.cli.tally import Tally
    from framing.stats import Totals
    from framing.transports.streams import sum_of

    wanted = failures(fail_on or [])
    options = (spec or [], parameter or [], order, witnesses, gap_limit)
    tally = Tally(most=top, with_kinds=kinds)
    streams: Streams | None = None
    if bit_order(bits) == "" and is_capture(file):
        make = partial(decoder_for, *options)
        make()  # what is wrong with the options is told before the capture is opened
        streams = _capture(file, make, tally)
        totals, size = sum_of([each for each, _ in streams.values()]), sum(size for _, size in streams.values())
    else:
        scanner = scanner_for(*options)
        _read(file, bits, scanner, tally)
        totals, size = Totals(**scanner.stats.as_dict()), scanner.stats.bytes_in  # type: ignore[arg-type]
    if json:
        by_stream = {"streams": {name: each._asdict() for name, (each, _) in streams.items()}} if streams is not None else {}
        print(line(totals._asdict() | by_stream), end="")
    else:
        _print(console(), totals, size, tally, file, streams or {})
    return int(bool(tally.found() & wanted))


def _read(file: str, bits: str, scanner: Scanner, tally: Tally) -> None:
    with opened(file) as source:
        for chunk in watched(source, beside=False):
            tally.add_spans(scanner.feed(unpack(chunk, bits) if bits else chunk))
        tally.add_spans(scanner.close())
    tally.rejects = scanner.stats.rejects


def _capture(file: str, make: Callable[[], Decoder], tally: Tally) -> Streams:
    """What each stream of a capture gave, and its bytes."""
    before = None
    with captured(file, make) as capture:
        for stream, _, events in capture.events():
            if stream != before:
                tally.turn()
            before = stream
            tally.add(events)
        return capture.totals


def _print(out: Console, totals: Totals, size: int, tally: Tally, file: str, streams: Streams) -> None:
    from rich.text import Text

    name = "standard input" if file == "-" else file
    out.print(Text.assemble((name, "bold"), f"  {size:,} bytes"))
    tables = [_shares(totals, size, tally)]
    if streams:
        tables.append(_streams(streams, tally.most))
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


def _shares(totals: Totals, whole: int, tally: Tally) -> Table:
    out = _table(("", "bold"), ("count", "number"), ("bytes", "number"), ("share", "number"), ("", "cyan"))

    def add(what: Any, count: int, size: int) -> None:
        part = size / whole if whole else 0.0
        out.add_row(what, f"{count:,}", f"{size:,}", f"{part:.1%}", "█" * round(part * BAR))

    for name, count in tally.frames.most_common():
        add(name, count, tally.frame_bytes[name])
    if not tally.frames:
        add("no frames", 0, 0)
    fill = tally.gaps["fill"]
    add("gaps", totals.gaps, totals.gap_bytes)
    if fill:
        add("fill", fill, totals.fill_bytes)
    return out


def _streams(streams: Streams, most: int) -> Table:
    """The largest streams."""
    from rich.text import Text

    columns = (("streams", "bold"), ("bytes", "number"), ("frames", "number"), ("frame bytes", "number"), ("gaps", "number"))
    out = _table(*columns)

    def add(name: Any, size: int, each: Totals) -> None:
        out.add_row(name, f"{size:,}", f"{sum(each.frames.values()):,}", f"{each.frame_bytes:,}", f"{each.gaps:,}")

    largest = sorted(streams.items(), key=lambda each: -each[1][1])
    for name, (each, size) in largest[:most]:
        add(Text(name), size, each)
    if rest := largest[most:]:
        from framing.transports.streams import sum_of

        others = Text(f"{len(rest)} more", style="bright_black")
        add(others, sum(size for _, (_, size) in rest), sum_of([each for _, (each, _) in rest]))
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
