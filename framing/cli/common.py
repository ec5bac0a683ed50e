"""What several commands share: options, choosing formats, reading input, progress."""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from framing.errors import Reason, SpecError, near_miss

if TYPE_CHECKING:
    from rich.console import Console

    from framing.decoder import Decoder, Order
    from framing.layout import FrameFormat, Protocol

CHUNK = 1 << 18
"""Bytes read at a time: large enough that the cost of a read vanishes, small enough to be no memory."""
PATIENCE = 1.0
"""Seconds after which a progress bar is worth looking at."""

Specs = Annotated[
    list[str],
    typer.Option(
        "-f", "--spec", "--format", metavar="NAME", help="A shipped spec (ubx), one of its formats (mbus.long), or a .toml file. Repeat for more."
    ),
]
Parameters = Annotated[
    list[str],
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A parameter of a spec: hex digits, or a number."),
]
File = Annotated[str, typer.Argument(metavar="FILE|-", help="The stream; - is standard input.")]
OrderName = Annotated[str, typer.Option("--order", metavar="strict|early", help="How a broken length is dealt with.")]
Witnesses = Annotated[int, typer.Option(help="Early order: frames back to back that overtake a broken length.")]
GapLimit = Annotated[int, typer.Option(help="Bytes after which a gap is given in pieces.")]
FailOn = Annotated[
    list[str],
    typer.Option(metavar="WHAT", help="Exit with 1 if there is any: gap, suspect, or a reason such as checksum. Repeatable."),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No summary on standard error.")]


class Misuse(Exception):
    """Something that was asked for and cannot be: one line, exit status 2."""


def hint(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'long'?`, or nothing."""
    near = near_miss(word, known)
    return f"; did you mean {near!r}?" if near else ""


# --- choosing formats ------------------------------------------------------------------------------------------------


def chosen(specs: Sequence[str], parameters: Sequence[str] = (), placeholders: bool = False) -> list[Protocol | FrameFormat]:
    """What the `-f` options name. With `placeholders`, parameters that are not given are made up, for looking only."""
    if not specs:
        raise Misuse("no format given; name one with -f, `framing formats` lists them")
    given = _assignments(parameters)
    used: set[str] = set()
    found = [_chosen(text, given, used, placeholders) for text in specs]
    for name in given:
        if name not in used:
            raise Misuse(f"no spec given has a parameter {name!r}")
    return found


def _chosen(text: str, given: dict[str, str], used: set[str], placeholders: bool) -> Protocol | FrameFormat:
    from framing.spec import read

    name, wanted = split(text)
    try:
        source = read(name)
    except SpecError as error:
        if wanted is None or error.near is None:
            raise
        raise Misuse(f"{error}; {text!r} is read as format {wanted!r} of spec {name!r}") from None
    values: dict[str, Any] = {}
    for word, parameter in source.summary().parameters.items():
        if word in given:
            used.add(word)
            try:
                values[word] = parameter.from_text(given[word])
            except SpecError as error:
                raise Misuse(f"-p {word}: {error}") from None
        elif parameter.default is None:
            if not placeholders:
                raise Misuse(f"{name} needs a parameter: -p {word}=VALUE, {parameter.wanted}")
            values[word] = 1 if parameter.size is None else bytes(parameter.size)
    protocol = source.protocol(values)
    if wanted is None:
        return protocol
    names = [each.name for each in protocol]
    if wanted not in names:
        raise Misuse(f"{name} has no format {wanted!r}, only {', '.join(names)}{hint(wanted, names)}")
    return protocol[wanted]


def split(text: str) -> tuple[str, str | None]:
    """The spec and the format in it: `mbus.long` is `long` of `mbus`, `./my.toml.long` that of a file."""
    if text.endswith(".toml") or "/" in text or os.sep in text:
        inside = None if os.path.exists(text) else re.fullmatch(r"(.+\.toml)\.([\w-]+)", text)
        return (inside[1], inside[2]) if inside else (text, None)
    name, _, wanted = text.partition(".")
    return name, wanted or None


def _assignments(texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Misuse(f"-p {text}: expected NAME=VALUE")
        found[name] = value
    return found


def decoder_for(
    specs: Sequence[str], parameters: Sequence[str], order: str, witnesses: int, gap_limit: int
) -> Decoder:
    """The decoder that the options ask for."""
    from framing.decoder import Decoder

    if order not in ("strict", "early"):
        raise Misuse(f"--order {order}: expected strict or early{hint(order, ['strict', 'early'])}")
    for option, value in (("--witnesses", witnesses), ("--gap-limit", gap_limit)):
        if value < 1:
            raise Misuse(f"{option} {value}: expected at least 1")
    wanted: Order = "early" if order == "early" else "strict"
    try:
        return Decoder(*chosen(specs, parameters), gap_limit=gap_limit, order=wanted, witnesses=witnesses)
    except ValueError as error:
        raise Misuse(str(error)) from None


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """An open input. `size` in bytes where it is a file; else it is `live`: what was decoded is wanted at once."""

    name: str
    stream: BinaryIO
    size: int | None

    @property
    def live(self) -> bool:
        return self.size is None

    def chunks(self) -> Iterator[bytes]:
        """The bytes, in pieces that arrive."""
        while chunk := self._read():
            yield chunk

    def _read(self) -> bytes:
        try:
            return self.stream.read1(CHUNK)  # type: ignore[attr-defined,no-any-return]
        except OSError as error:
            raise Misuse(f"{self.name}: {error.strerror or error}") from None


@contextmanager
def opened(file: str) -> Iterator[Source]:
    """The input of that name; `-` is standard input."""
    if file == "-":
        if sys.stdin is None:
            raise Misuse("standard input is closed")
        yield Source("standard input", sys.stdin.buffer, _size(sys.stdin.buffer))
        return
    try:
        stream = open(file, "rb")
    except (OSError, ValueError) as error:
        raise Misuse(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    with stream:
        yield Source(file, stream, _size(stream))


def _size(stream: Any) -> int | None:
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def watched(source: Source, beside: bool, clock: Callable[[], float] = time.monotonic) -> Iterator[bytes]:
    """The chunks of a source; a progress bar shows on a terminal once it has taken a second.

    `beside`: standard output is in use meanwhile, so that there is no bar where both go to the same terminal.
    """
    if source.size is None or not sys.stderr.isatty() or (beside and sys.stdout.isatty()):
        yield from source.chunks()
        return
    began = clock()
    done = 0
    chunks = source.chunks()
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        if clock() - began > PATIENCE:
            break
    else:
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(os.path.basename(source.name), total=source.size, completed=done)
        for chunk in chunks:
            yield chunk
            progress.advance(task, len(chunk))


# --- what was asked to fail on ---------------------------------------------------------------------------------------

FAILURES = ("gap", "suspect", *(each.value for each in Reason if each is not Reason.TRAILING))
"""What `--fail-on` may name. TRAILING never comes out of a stream."""


def failures(words: Sequence[str]) -> frozenset[str]:
    """What `--fail-on` names, checked; several may be given at once, with commas."""
    wanted = [word.strip() for text in words for word in text.split(",") if word.strip()]
    for word in wanted:
        if word not in FAILURES:
            raise Misuse(f"--fail-on {word}: expected one of {', '.join(FAILURES)}{hint(word, FAILURES)}")
    return frozenset(wanted)


# --- output ----------------------------------------------------------------------------------------------------------


def console(stderr: bool = False) -> Console:
    """Where tables go. Nothing is highlighted or taken for markup on its own account."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)
