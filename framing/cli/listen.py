"""`framing listen`: what comes from a link, as a live view of the terminal or one line an event."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from framing.cli.choosing import chosen
from framing.cli.common import Failed, GapLimit, OrderName, Parameters, Quiet, Specs, Witnesses, whole
from framing.cli.linking import AsLines, Gaps, Idle, Json, Kind, Message, Raw, Record, Timeout, Url

if TYPE_CHECKING:
    from framing.cli.displays import Display
    from framing.cli.records import Shape
    from framing.layout import FrameFormat
    from framing.protocols import Protocol
    from framing.transports.session import Session


def listen(
    url: Url,
    spec: Specs = None,
    parameter: Parameters = None,
    json: Json = False,
    lines: AsLines = False,
    gaps: Gaps = False,
    kind: Kind = False,
    message: Message = False,
    raw: Raw = False,
    record: Record = None,
    reconnect: Annotated[
        bool, typer.Option("--reconnect", help="Connect again after a link broke; a listener takes the next peer.")
    ] = False,
    idle: Idle = None,
    timeout: Timeout = None,
    count: Annotated[
        int | None,
        typer.Option(parser=whole, metavar="N", help="End after N frames; exit with 1 where fewer came."),
    ] = None,
    order: OrderName = "strict",
    witnesses: Witnesses = 2,
    gap_limit: GapLimit = 65_536,
    quiet: Quiet = False,
) -> int:
    """Show what comes from a link: a live view, or a line an event where standard output is no terminal."""
    from framing.cli.linking import follow, order_for, session_for, shape_for, told
    from framing.cli.stopping import stoppable

    shape = shape_for(json, raw, kind, message)
    formats = chosen(spec or [], parameter or [])
    options = dict(order=order_for(order), witnesses=witnesses, gap_limit=gap_limit, reconnect=reconnect, idle=idle)
    over = None if timeout is None else time.monotonic() + timeout
    frames, display = 0, None
    with stoppable() as stop, session_for(url, formats, stop, record=record, announce=True, **options) as session:
        display = _display(session, url, formats, json or lines, gaps, shape, quiet)
        try:
            with told(display.note), display:
                frames = follow(session, display, stop, over, count)
        except Failed as failure:
            raise Failed(f"{url}: {failure}") from None
        finally:
            conclude(display, quiet)
    if count is not None and frames < count:
        raise Failed(f"{url}: {frames:,} of {count:,} frames came")
    return 0


def _display(
    session: Session,
    url: str,
    formats: Sequence[Protocol | FrameFormat],
    lines: bool,
    gaps: bool,
    shape: Shape | None,
    quiet: bool,
) -> Display:
    from framing.cli.displays import Lines, Live, on_terminal
    from framing.cli.linking import listening, names_of

    where = listening(session.transport)
    if lines or not on_terminal():
        display = Lines(gaps, shape)
        if where and not quiet:
            display.note(f"listening on {where}")
        return display
    from framing.cli.board import Board, Lane

    waiting = f"listening on {where}, nobody there yet" if where else "connecting"
    board = Board(f"framing listen {url}", [Lane(names_of(formats), waiting)], time.monotonic())
    return Live(board, lambda: [session.stats])


def conclude(display: Display, quiet: bool) -> None:
    """The summary on standard error, behind the lines where both go to one place."""
    try:
        sys.stdout.flush()
    finally:
        if not quiet:
            print(*display.summary(), sep="\n", file=sys.stderr)
