"""What the commands share: misuse, the options that several have, and where tables go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from framing.bits import ORDERS
from framing.errors import near_miss

if TYPE_CHECKING:
    from rich.console import Console


class Misuse(Exception):
    """Something that was asked for and cannot be: one line, exit status 2."""


class Failed(Exception):
    """Something that was tried and did not work, such as a link: one line, exit status 1."""


def seconds(text: str) -> float:
    """The time in seconds, at least 0, that an option gives: 2, or 0.5."""
    try:
        number = float(str(text))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no number of seconds") from None
    if not 0 <= number < float("inf"):
        raise typer.BadParameter(f"{text} is no time to wait")
    return number


def whole(text: str) -> int:
    """The integer, at least 1, that an option gives: 12, or 0x0C."""
    try:
        number = int(str(text), 0)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no integer") from None
    if number < 1:
        raise typer.BadParameter(f"{number} is below 1")
    return number


Specs = Annotated[
    list[str] | None,
    typer.Option(
        "-f",
        "--spec",
        "--format",
        metavar="NAME",
        help="A shipped spec (ubx), one of its formats (mbus.long), or a .toml file. Repeat for more.",
    ),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        "--parameter",
        metavar="NAME=VALUE",
        help="A parameter of a spec: hex digits, or a number.",
    ),
]
File = Annotated[
    str,
    typer.Argument(
        metavar="FILE|-",
        help="The stream; - is standard input. A capture: by its name (.pcap, .pcapng), or pcap:FILE?tcp=PORT.",
    ),
]
OrderName = Annotated[str, typer.Option("--order", metavar="strict|early", help="How a broken length is dealt with.")]
Witnesses = Annotated[
    int, typer.Option(parser=whole, metavar="N", help="Early order: frames back to back that overtake a broken length.")
]
GapLimit = Annotated[int, typer.Option(parser=whole, metavar="N", help="Bytes after which a gap is given in pieces.")]
Order = Annotated[
    str, typer.Option("--bits", metavar="lsb|msb", help="Frames are of bits, packed in bytes: that bit of a byte comes first.")
]
FailOn = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT",
        help="Exit with 1 if there is any: gap, suspect, or a reason such as checksum. Repeat for more.",
    ),
]
MessageName = Annotated[
    str,
    typer.Option(
        "--message",
        metavar="NAME",
        help="The payload is this message of the spec: FIELD=VALUE gives its fields, frame.FIELD=VALUE the frame's.",
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No summary on standard error.")]


def hint(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'long'?`, or nothing."""
    near = near_miss(word, known)
    return f"; did you mean {near!r}?" if near else ""


def bit_order(text: str) -> str:
    """The order of `--bits`, empty where it is not given. Raises `Misuse`."""
    if text and text not in ORDERS:
        raise Misuse(f"--bits {text}: expected lsb or msb, the bit of a byte that comes first")
    return text


def console(stderr: bool = False) -> Console:
    """Where tables go. Nothing is highlighted or taken for markup on its own account."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)
