"""`framing formats`: the specs that ship with the package."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framing.cli import words
from framing.cli.choosing import chosen
from framing.cli.common import console

ROOMY = 100
"""Characters from which on the columns stand further apart."""

if TYPE_CHECKING:
    from rich.table import Table

    from framing.layout import FrameFormat
    from framing.protocols import Protocol


def formats(json: Annotated[bool, typer.Option("--json", help="One JSON array instead of a table.")] = False) -> None:
    """List the shipped specs by family."""
    protocols = sorted(shipped_protocols(), key=lambda each: (each.family, each.name))
    if json:
        from json import dumps

        print(dumps([record(each) for each in protocols], indent=2))
        return
    out = console()
    out.print(table(protocols, roomy=out.width >= ROOMY))
    count = sum(map(len, protocols))
    out.print(f"{len(protocols)} specs, {count} formats. `framing show NAME` draws one.", style="bright_black")


def shipped_protocols() -> list[Protocol]:
    """Every shipped spec; parameters that only a user can give are made up, since the layout is what is looked at."""
    from framing.protocols import Protocol
    from framing.spec import shipped

    return [each for each in chosen(list(shipped()), placeholders=True) if isinstance(each, Protocol)]


def record(protocol: Protocol) -> dict[str, Any]:
    """A spec as an object of `framing formats --json`; sizes in bytes."""
    from framing.spec import describe

    parameters = {
        name: {"wanted": each.wanted, "title": each.title} for name, each in describe(protocol.name).parameters.items()
    }
    return {
        "name": protocol.name,
        "title": protocol.title,
        "family": protocol.family,
        "source": protocol.source,
        "parameters": parameters,
        "formats": [_format(each) for each in protocol],
    }


def _format(each: FrameFormat) -> dict[str, Any]:
    return {
        "name": each.full_name,
        "title": each.title,
        "extent": words.extent(each),
        "stuffing": each.transparency.kind if each.transparency else None,
        "marker": words.markers(each),
        "delimiter": None if each.plan.delimiter is None else words.hexed(each.plan.delimiter),
        "checksum": [algorithm.name for algorithm in words.algorithms(each)],
        "min_size": each.min_size,
        "max_size": each.max_size,
        "messages": [message.name for message in each.own_messages],
    }


def table(protocols: Iterable[Protocol], roomy: bool) -> Table:
    """The list as a table: a heading for each family, a row for each format."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    padding = (0, int(roomy), 0, 0)
    out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=padding, header_style="bright_black")
    out.add_column("name", no_wrap=True, style="bold")
    out.add_column("title", min_width=12)
    out.add_column("ends by", no_wrap=True)
    out.add_column("marker", no_wrap=True, style="magenta")
    out.add_column("checksum", no_wrap=True, style="yellow")
    out.add_column("largest", no_wrap=True, justify="right")
    for number, (family, members) in enumerate(groupby(protocols, key=lambda each: each.family)):
        if number:
            out.add_row()
        out.add_row(Text(family or "other", style="bold cyan"))
        for protocol in members:
            single = len(protocol) == 1
            out.add_row(f"  {protocol.name}", protocol.title, *(_cells(*protocol) if single else ()))
            for each in () if single else protocol:
                out.add_row(f"    .{each.name}", each.title, *_cells(each))
            if protocol.messages:
                names = dict.fromkeys(message.name for message in protocol.messages)
                out.add_row("", Text(", ".join(names), style="bright_black"))
    return out


def _cells(each: FrameFormat) -> tuple[str, str, str, str]:
    """Extent, marker, checksum and largest frame, each in a word or two."""
    extent = words.extent(each)
    ends = each.transparency.kind if each.transparency else "pattern" if extent == "end pattern" else extent
    found = [marker.replace(" ", "") for marker in words.markers(each)]
    marker = "|".join(found) if len("|".join(found)) < 9 else f"{_cut(found[0])}{'|…' if len(found) > 1 else ''}"
    sums = [words.short(one) for one in words.algorithms(each)]
    checked = f"{sums[-1]} …" if len(sums) > 1 else "".join(sums)
    return ends, marker or "–", checked or "–", _size(each.max_size)


def _size(count: int) -> str:
    return f"{count:,}" if count < 1_000_000 else f"{count / 1e6:.1f} M"


def _cut(marker: str) -> str:
    """So much of a long marker that the other columns keep their room."""
    return marker if len(marker) <= 8 else f"{marker[:7]}…"
