"""`framing damage`: a stream, damaged as lines damage it, with the truth of what came through."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framing.cli.choosing import chosen
from framing.cli.common import Misuse, Parameters, Quiet, Specs, console, whole
from framing.cli.reading import opened

if TYPE_CHECKING:
    from framing.damage import Damaged, Model, Sent, Target
    from framing.engines import Formats


def damage(
    file: Annotated[str | None, typer.Argument(metavar="FILE|-", help="The stream; - is standard input.")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "-m",
            "--model",
            metavar="NAME[:KEY=NUMBER,…]",
            help="What happens to it, as bits:rate=1e-4. Repeat for more, one after the other. --models lists them.",
        ),
    ] = None,
    spec: Specs = None,
    parameter: Parameters = None,
    seed: Annotated[int, typer.Option(parser=whole, metavar="N", help="Another number, other damage.")] = 1,
    beside: Annotated[
        str | None,
        typer.Option(
            "--with", metavar="FILE", help="A second stream; `spliced` takes turns between the two, and comes first."
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="Where it goes, if not to standard output.")
    ] = None,
    truth: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the truth: each frame that was sent as a line of JSON."),
    ] = None,
    models: Annotated[bool, typer.Option("--models", help="List the models with their parameters, and end.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write bytes to a terminal, too.")] = False,
    quiet: Quiet = False,
) -> None:
    """Damage a stream: bit errors, bursts, lost bytes and more, repeatable, with the truth of which frames stayed intact.

    -f names the formats of the frames, which some models and the truth need. Intact: all bytes unchanged and side by side.
    """
    from framing.damage import apply, targets

    if models:
        _list()
        return
    if file is None:
        raise Misuse("no stream given: FILE, or - for standard input")
    asked = _models(model or [])
    protocols = chosen(spec, parameter or []) if spec else ()
    if truth is not None and not protocols:
        raise Misuse("--truth: name the formats of the frames with -f")
    if truth == "-" and output is None:
        raise Misuse("--truth -: standard output takes the stream; add -o FILE")
    if output is None and not force and sys.stdout.isatty():
        raise Misuse("these are bytes and standard output is a terminal: add -o FILE or --force, or redirect it")
    data = _read(file)
    frames = targets(data, *protocols) if protocols else []
    if beside is not None:
        data, frames, asked = _joined(data, frames, asked, _read(beside), protocols)
    try:
        damaged = apply(data, asked, frames, seed)
    except ValueError as error:
        raise Misuse(f"{error}{'' if protocols else '; name their formats with -f'}") from None
    _write(output, damaged.data)
    if truth is not None:
        _write(truth, "".join(map(line_of, damaged.sent)).encode())
    if not quiet:
        print(_summary(len(data), damaged, bool(protocols), seed), file=sys.stderr)


def line_of(sent: Sent) -> str:
    """A frame that was sent as a line of JSON; `at` is where it stands intact in the damaged stream."""
    from framing.cli.records import line

    record = {"type": "sent", "format": sent.format, "start": sent.start, "end": sent.end, "intact": sent.intact}
    return line(record | {"at": list(sent.places)} | ({"by": sent.by} if sent.by else {}))


def _list() -> None:
    from rich import box
    from rich.table import Table

    from framing.damage.words import told

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("model", "parameters", "what happens"):
        table.add_column(heading, overflow="fold")
    for row in told():
        table.add_row(*row)
    console().print(table)


def _models(texts: list[str]) -> list[Model]:
    from framing.damage import model

    if not texts:
        raise Misuse("no model given: --model bits:rate=1e-4, say; --models lists them")
    try:
        return [model(text) for text in texts]
    except ValueError as error:
        raise Misuse(f"--model {error}") from None


def _joined(
    data: bytes, frames: list[Target], asked: list[Model], second: bytes, protocols: Sequence[Formats]
) -> tuple[bytes, list[Target], list[Model]]:
    """Both streams as one, and the splice that knows where the second begins."""
    from framing.damage import Spliced, Target, targets

    if not isinstance(asked[0], Spliced):
        raise Misuse("--with: the first --model is to be spliced, which takes turns between the two streams")
    frames += [
        Target(each.definition, len(data) + each.start, len(data) + each.end)
        for each in (targets(second, *protocols) if protocols else ())
    ]
    seam = len(data) / max(1, len(data) + len(second))
    return data + second, frames, [replace(asked[0], seam=seam), *asked[1:]]


def _read(file: str) -> bytes:
    with opened(file) as source:
        return b"".join(source.chunks())


def _write(file: str | None, content: bytes) -> None:
    if file is None or file == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        Path(file).write_bytes(content)
    except (OSError, ValueError) as error:
        raise Misuse(f"{file}: {getattr(error, 'strerror', None) or error}") from None


def _summary(before: int, damaged: Damaged, framed: bool, seed: int) -> str:
    text = f"{before:,} bytes became {len(damaged.data):,} (seed {seed})"
    if not framed:
        return text
    broken = Counter(each.by for each in damaged.sent if not each.intact)
    intact = len(damaged.sent) - broken.total()
    by = ", ".join(f"{number:,} by {name}" for name, number in broken.items())
    return (
        f"{len(damaged.sent):,} frames: {intact:,} intact, {broken.total():,} broken{f' ({by})' if by else ''}; {text}"
    )
