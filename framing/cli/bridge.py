"""`framing bridge`: two links joined, and the frames that pass between them."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from framing.cli.choosing import chosen
from framing.cli.common import Failed, GapLimit, Misuse, OrderName, Parameters, Quiet, Specs, Witnesses, seconds
from framing.cli.linking import LOOK, AsLines, Gaps, Idle, Json, Kind, Message, Raw, Record, Timeout, Url

if TYPE_CHECKING:
    from framing.cli.displays import Display
    from framing.cli.pumps import Pump
    from framing.cli.records import Shape
    from framing.cli.stopping import Stop
    from framing.layout import FrameFormat
    from framing.protocols import Protocol
    from framing.transports.links import Link, Transport
    from framing.transports.tape import Tape

ARROWS = ("->", "<-")
CONNECT_TIMEOUT = 10
"""Seconds that a link has to come up; who listens waits for ever."""


def bridge(
    first: Url,
    second: Annotated[str, typer.Argument(metavar="URL", help="The other side.")],
    spec: Specs = None,
    parameter: Parameters = None,
    json: Json = False,
    lines: AsLines = False,
    gaps: Gaps = False,
    kind: Kind = False,
    message: Message = False,
    raw: Raw = False,
    record: Record = None,
    idle: Idle = None,
    timeout: Timeout = None,
    linger: Annotated[
        float,
        typer.Option(
            parser=seconds,
            metavar="SECONDS",
            help="How long the other side may be silent when one has come to its end.",
        ),
    ] = 0.5,
    order: OrderName = "strict",
    witnesses: Witnesses = 2,
    gap_limit: GapLimit = 65_536,
    quiet: Quiet = False,
) -> int:
    """Pass bytes between two links, unchanged and both ways, and show the frames among them."""
    from framing.cli.linking import order_for, recorded, shape_for, told
    from framing.cli.listen import conclude
    from framing.cli.stopping import stoppable
    from framing.decoder import Decoder

    shape = shape_for(json, raw, kind, message)
    formats = chosen(spec or [], parameter or [])
    try:
        make = partial(Decoder, *formats, gap_limit=gap_limit, order=order_for(order), witnesses=witnesses)
        make()
    except ValueError as error:
        raise Misuse(str(error)) from None
    over = None if timeout is None else time.monotonic() + timeout
    urls = first, second
    with stoppable() as stop, recorded(record) as tape, joined(urls, stop, quiet) as links:
        pumps: list[Pump] = []
        display = _display(urls, links, formats, json or lines, gaps, shape, pumps)
        pumps += _pumps(urls, links, make, display, tape, idle)
        try:
            with told(display.note), display:
                _carry(urls, (pumps[0], pumps[1]), display, tape, linger, stop, over)
        finally:
            conclude(display, quiet)
    return 0


@contextlib.contextmanager
def joined(urls: Sequence[str], stop: Stop, quiet: bool) -> Iterator[tuple[Link, Link]]:
    """Both links; who connects does so before anybody is waited for. Failed where one cannot be had."""
    from framing.cli.linking import transport_for

    transports = [transport_for(url) for url in urls]
    links: dict[int, Link] = {}
    with contextlib.ExitStack() as stack:
        for each in transports:
            stack.callback(each.close)
        with stop.at_once():
            for number in sorted((0, 1), key=lambda number: transports[number].listens):
                links[number] = _linked(urls[number], transports[number], quiet)
                stack.callback(links[number].close)
        if links[0].name == links[1].name:
            links[1].name += " (2)"
        yield links[0], links[1]


def _linked(url: str, transport: Transport, quiet: bool) -> Link:
    from framing.cli.linking import listening, words
    from framing.transports.links import deadline
    from framing.transports.steps import run

    try:
        where = listening(transport)
        if where and not quiet:
            print(f"framing: listening on {where}", file=sys.stderr, flush=True)
        return run(transport.connect(None if where else deadline(CONNECT_TIMEOUT)))
    except OSError as error:
        raise Failed(f"{url}: {words(error)}") from None
    except ImportError as error:
        raise Misuse(f"{url}: {error}") from None


def _pumps(
    urls: Sequence[str],
    links: Sequence[Link],
    make: Callable[[], object],
    display: Display,
    tape: Tape | None,
    idle: str | None,
) -> Iterator[Pump]:
    from framing.cli.pumps import Pump

    heard = tape.received if tape is not None else None
    for number, (source, sink) in enumerate((links, links[::-1])):
        watch = partial(_watch, display, number)
        try:
            yield Pump(source, sink, make, watch, heard, idle)  # type: ignore[arg-type]
        except ValueError as error:
            raise Misuse(f"{urls[number]}: {error}") from None


def _watch(display: Display, lane: int, events: Sequence[object], stream: str, at: float | None) -> None:
    display.show(events, stream, at, lane)  # type: ignore[arg-type]


def _display(
    urls: Sequence[str],
    links: Sequence[Link],
    formats: Sequence[Protocol | FrameFormat],
    lines: bool,
    gaps: bool,
    shape: Shape | None,
    pumps: Sequence[Pump],
) -> Display:
    from framing.cli.displays import Lines, Live, on_terminal
    from framing.cli.linking import names_of

    if lines or not on_terminal():
        return Lines(gaps, shape, ARROWS if shape is None else [link.name for link in links])
    from framing.cli.board import Board, Lane

    lanes = [Lane(names_of(formats), "", arrow) for arrow in ARROWS]
    board = Board(f"framing bridge {urls[0]} {urls[1]}", lanes, time.monotonic())
    return Live(board, lambda: [pump.streams.stats for pump in pumps])


def _carry(
    urls: Sequence[str],
    pumps: tuple[Pump, Pump],
    display: Display,
    tape: Tape | None,
    linger: float,
    stop: Stop,
    over: float | None,
) -> None:
    from framing.cli.linking import words
    from framing.cli.pumps import Broken, carry
    from framing.transports.links import Connected, Disconnected, Reason

    lapses: list[str] = []

    def tick() -> float:
        if tape is not None and (lapse := tape.lapse()) is not None:
            lapses.append(words(lapse))
            display.note(lapses[0])
        for lane, pump in enumerate(pumps):
            display.unsent(lane, pump.unsent)
        display.tick()
        for lane, pump in enumerate(pumps):
            pump.streams.count_only(display.sated(lane))
        return min(each for each in (time.monotonic() + LOOK, display.due, over) if each is not None)

    def stopped() -> bool:
        return stop.asked or (over is not None and time.monotonic() >= over)

    for lane, pump in enumerate(pumps):
        display.show([Connected(pump.source.name)], lane=lane)
    failure: Broken | None = None
    try:
        carry(pumps, tick, stopped, linger)
    except Broken as broken:
        failure = broken
    for lane, pump in enumerate(pumps):
        pump.settle()
        if failure is not None and failure.link is pump.source:
            display.show([Disconnected(*pump.source.reason(failure.error))], lane=lane)
        else:
            display.show([Disconnected(Reason.END if pump.over else Reason.CLOSED)], lane=lane)
    if failure is not None and not stop.asked:
        url = next(url for url, pump in zip(urls, pumps, strict=True) if pump.source is failure.link)
        raise Failed(f"{url}: {words(failure.error)}")
    if lapses:
        raise Failed(f"--record: {lapses[0]}")
