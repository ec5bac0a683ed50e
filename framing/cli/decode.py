"""`framing decode`: a stream as one JSON object a line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framing.bits import unpack
from framing.cli.captures import captured, is_capture
from framing.cli.choosing import decoder_for, failures
from framing.cli.common import FailOn, File, GapLimit, Order, OrderName, Parameters, Quiet, Specs, Witnesses, bit_order
from framing.cli.reading import opened, watched

if TYPE_CHECKING:
    from framing.cli.records import Shape
    from framing.cli.tally import Tally
    from framing.decoder import Decoder
    from framing.events import Event


def decode(
    file: File,
    spec: Specs = None,
    parameter: Parameters = None,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Print the gaps too: the output then covers every byte.")
    ] = False,
    kind: Annotated[bool, typer.Option("--kind", help='Add "kind": what the spec tells frames apart by.')] = False,
    message: Annotated[
        bool, typer.Option("--message", help='Add "message" where the spec has a schema for it.')
    ] = False,
    raw: Annotated[bool, typer.Option("--raw", help='Add "raw": the bytes on the wire, in hex.')] = False,
    bits: Order = "",
    order: OrderName = "strict",
    witnesses: Witnesses = 2,
    gap_limit: GapLimit = 65_536,
    fail_on: FailOn = None,
    quiet: Quiet = False,
) -> int:
    """Print frames, and gaps if asked, as one JSON object a line; of a capture file with their stream and time.

    With --bits offsets count bits, and "raw" has a byte for each.
    """
    from framing.cli.records import Shape
    from framing.cli.tally import Tally

    wanted = failures(fail_on or [])
    make = partial(decoder_for, spec or [], parameter or [], order, witnesses, gap_limit)
    decoder = make()
    shape = Shape(raw=raw, kind=kind, message=message)
    tally = Tally()
    if bit_order(bits) == "" and is_capture(file):
        with captured(file, make) as capture:
            for stream, moment, events in capture.events():
                tally.add(events)
                sys.stdout.write(_lines(events, gaps, shape, {"stream": stream, "time": moment}))
    else:
        _decode(file, bits, decoder, tally, lambda events: sys.stdout.write(_lines(events, gaps, shape, {})))
    if not quiet:
        sys.stdout.flush()  # the summary belongs behind the lines where both go to one place
        print(tally.summary(), file=sys.stderr)
    return int(bool(tally.found() & wanted))


def _decode(file: str, bits: str, decoder: Decoder, tally: Tally, write: Callable[[Sequence[Event]], object]) -> None:
    with opened(file) as source:
        for chunk in watched(source, beside=True):
            events = decoder.feed(unpack(chunk, bits) if bits else chunk)
            if events:
                tally.add(events)
                write(events)
                if source.live:
                    sys.stdout.flush()
        events = decoder.close()
        tally.add(events)
        write(events)


def _lines(events: Sequence[Event], gaps: bool, shape: Shape, more: dict[str, Any]) -> str:
    from framing.cli.records import frame_record, gap_record, line
    from framing.events import Frame

    return "".join(
        line((frame_record(event, shape) if isinstance(event, Frame) else gap_record(event, shape)) | more)
        for event in events
        if gaps or isinstance(event, Frame)
    )
