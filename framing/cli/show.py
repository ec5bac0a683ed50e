"""`framing show`: a spec's layouts, drawn in text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from framing.cli.choosing import chosen, split
from framing.cli.common import Misuse, Parameters, console, hint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.table import Table

    from framing.cli.boxes import Line
    from framing.layout import FrameFormat
    from framing.protocols import Protocol

STYLES = {
    "marker": "bold magenta",
    "length": "bold cyan",
    "data": "green",
    "checksum": "yellow",
    "stuffing": "blue",
    "field": "bold",
    "type": "",
    "edge": "bright_black",
    "gutter": "bright_black",
    "offset": "bright_black",
}
"""A colour for each role that the drawing knows."""

_ASCII = str.maketrans("┌┬┐└┴┘├┤─╌│◄►–…", "+++++++" + "+" + "-.|<>-~")
WIDEST = 120
"""Characters from which on a drawing grows no wider."""


def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A shipped spec, one of its formats (mbus.long), or a .toml file.")
    ],
    message: Annotated[
        str, typer.Option("--message", metavar="NAME", help="The fields of this message instead of the layout.")
    ] = "",
    parameter: Parameters = None,
) -> None:
    """Draw the layout of a spec: parts with offsets and sizes, what each length and checksum covers."""
    from framing.layout import FrameFormat

    found = chosen([name], parameter or [], placeholders=True)[0]
    out = console()
    if message:
        _fields(out, [found] if isinstance(found, FrameFormat) else list(found), message)
        return
    if isinstance(found, FrameFormat):
        _draw(out, found, f"{found.full_name}")
        return
    _head(out, found, name)
    for each in found:
        _draw(out, each, each.full_name if len(found) > 1 else "")


def _fields(out: Console, formats: list[FrameFormat], name: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from framing.cli.message_words import rows

    found = {schema: each for each in reversed(formats) for schema in each.own_messages if schema.name == name}
    if not found:
        known = list(dict.fromkeys(schema.name for each in formats for schema in each.own_messages))
        raise Misuse(f"--message {name}: there is only {', '.join(known) or 'no message'}{hint(name, known)}")
    for schema, each in reversed(found.items()):
        where = f"  of {each.full_name}" if schema.format else ""
        out.print(Text.assemble((schema.name, "bold"), where, f"  {schema.title}" if schema.title else ""))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bright_black")
        for column in ("field", "type", "unit", "meaning"):
            table.add_column(column, overflow="fold")
        for row in rows(schema):
            table.add_row(Text(row[0], style=STYLES["field"]), *row[1:])
        out.print(table, width=min(out.width, WIDEST))


def _head(out: Console, protocol: Protocol, name: str) -> None:
    from rich.text import Text

    from framing.spec import describe

    out.print(Text.assemble((protocol.name, "bold"), f"  {protocol.title}" if protocol.title else ""))
    if protocol.source:
        out.print(Text(protocol.source, style="bright_black"))
    for word, parameter in describe(split(name)[0]).parameters.items():
        title = f": {parameter.title}" if parameter.title else ""
        out.print(f"-p {word}=…  {parameter.wanted}{title}")


def _draw(out: Console, each: FrameFormat, heading: str) -> None:
    from rich.text import Text

    from framing.cli import diagram, words
    from framing.model.numbers import Bits

    width = min(out.width, WIDEST)
    out.print()
    if heading:
        out.print(Text.assemble((heading, "bold"), f"  {each.title}"))
        out.print()
    _print(out, diagram.draw_format(each, width))
    for part in each.layout:
        if isinstance(part, Bits) and len(part.bits) > 1:
            out.print()
            out.print(Text(f"{diagram.name(part)} in {part.type.name}", style="bright_black"))
            _print(out, diagram.draw_bits(part, width))
    out.print()
    out.print(_parts(diagram.rows(each)), width=width)
    out.print()
    notes = words.notes(each)
    if any(low != high for low, high in each.plan.sizes):
        notes.append(("dashed", "the size varies"))
    for word, sentence in notes:
        _note(out, word, sentence, width)


def _print(out: Console, lines: Iterable[Line]) -> None:
    from rich.text import Text

    for line in lines:
        text = Text(no_wrap=True, overflow="ignore")
        for segment, role in line:
            text.append(_spelled(out, segment), STYLES.get(role, ""))
        out.print(text, crop=False)


def _spelled(out: Console, text: str) -> str:
    """The text in characters that the output has."""
    return text if out.encoding.startswith("utf") else text.translate(_ASCII)


def _parts(rows: Iterable[tuple[str, ...]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    out = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bright_black")
    for column in ("offset", "bytes"):
        out.add_column(column, justify="right", no_wrap=True)
    for column in ("part", "type"):
        out.add_column(column, overflow="fold")
    out.add_column("meaning", overflow="fold", ratio=1)
    for offset, size, name, kind, meaning, role in rows:
        out.add_row(offset, size, Text(name, style=STYLES[role]), kind, meaning)
    return out


def _note(out: Console, word: str, sentence: str, width: int) -> None:
    from rich.table import Table

    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(width=8, style="bright_black")
    line.add_column(overflow="fold")
    line.add_row(word, sentence)
    out.print(line, width=width)
