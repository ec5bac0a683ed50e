"""What the commands share that open URLs: their options, sessions, and links that fail."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framing.cli.common import Failed, Misuse, hint, seconds

if TYPE_CHECKING:
    from framing.cli.displays import Display
    from framing.cli.records import Shape
    from framing.cli.stopping import Stop
    from framing.layout import FrameFormat
    from framing.protocols import Protocol
    from framing.transports.links import Transport
    from framing.transports.session import Session
    from framing.transports.tape import Tape

LOOK = 0.2
"""Seconds after which a command that waits looks whether it is to end."""

URL_HELP = "tcp://host:port, udp-listen://:port, serial:///dev/ttyUSB0?baud=9600, file:PATH?follow=1, replay:FILE, …"
Url = Annotated[str, typer.Argument(metavar="URL", help=URL_HELP)]
Json = Annotated[bool, typer.Option("--json", help="One JSON object an event instead of the view or lines for people.")]
AsLines = Annotated[bool, typer.Option("--lines", help="A line an event, on a terminal too.")]
Gaps = Annotated[bool, typer.Option("--gaps", help="Lines for gaps too: together they cover every byte.")]
Kind = Annotated[bool, typer.Option("--kind", help='With --json: add "kind".')]
Message = Annotated[bool, typer.Option("--message", help='With --json: add "message" where the spec has a schema.')]
Raw = Annotated[bool, typer.Option("--raw", help='With --json: add "raw", the bytes on the wire in hex.')]
Record = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Keep all raw bytes with their times, as pcapng; replay:FILE plays it."),
]
Idle = Annotated[
    str | None, typer.Option(metavar="TIME", help="A silence that ends a frame: seconds, or '3.5 characters'.")
]
Timeout = Annotated[float | None, typer.Option(parser=seconds, metavar="SECONDS", help="End after that time.")]


def shape_for(json: bool, raw: bool, kind: bool, message: bool) -> Shape | None:
    """How JSON objects look; None where there are to be none."""
    from framing.cli.records import Shape

    if not json:
        if raw or kind or message:
            raise Misuse("--raw, --kind and --message say what JSON objects have: add --json")
        return None
    return Shape(raw=raw, kind=kind, message=message)


def order_for(order: str) -> Any:
    """The decoder's order that an option names."""
    if order not in ("strict", "early"):
        raise Misuse(f"--order {order}: expected strict or early{hint(order, ['strict', 'early'])}")
    return order


def transport_for(url: str) -> Transport:
    """The transport that a URL names. UrlError and Misuse in one line."""
    from framing.transports import urls

    try:
        return urls.transport(url)
    except ImportError as error:
        raise Misuse(f"{url}: {error}") from None


@contextlib.contextmanager
def session_for(url: str, formats: Sequence[Protocol | FrameFormat], stop: Stop, **options: Any) -> Iterator[Session]:
    """An open session. Failed where the link cannot be had; being stopped meanwhile ends it at once."""
    from framing.transports.session import Session
    from framing.transports.steps import run

    transport = transport_for(url)
    try:
        session = Session(transport, *formats, **options)
    except ValueError as error:
        raise Misuse(str(error)) from None
    try:
        try:
            with stop.at_once():
                run(session.open())
        except OSError as error:
            if error.filename is not None and error.filename == options.get("record"):
                raise
            raise Failed(f"{url}: {words(error)}") from None
        except (ValueError, ImportError) as error:
            raise Misuse(f"{url}: {error}") from None
        yield session
    finally:
        session.close()


def listening(transport: Transport) -> str | None:
    """Where a listener waits, in words; None for what is no listener."""
    if not transport.listens:
        return None
    where = transport.listen()
    return (
        where if isinstance(where, str) else f"[{where[0]}]:{where[1]}" if ":" in where[0] else f"{where[0]}:{where[1]}"
    )


def names_of(formats: Iterable[Protocol | FrameFormat]) -> list[str]:
    """The full names of all formats, each once, in order."""
    from framing.layout import FrameFormat

    each = (one for given in formats for one in ((given,) if isinstance(given, FrameFormat) else given))
    return list(dict.fromkeys(one.full_name for one in each))


def words(error: OSError) -> str:
    """What went wrong, and what the error was given on its way."""
    return "; ".join([error.strerror or str(error), *getattr(error, "__notes__", ())])


def follow(session: Session, display: Display, stop: Stop, over: float | None = None, count: int | None = None) -> int:
    """Shows what comes until the end, the monotonic time `over`, or so many frames; returns their number.

    Failed, after the last event, where the link broke or the recording did.
    """
    from framing.transports.steps import run

    frames, failed, fresh, settled = 0, None, False, False
    while True:
        now = time.monotonic()
        if not settled and (stop.asked or (over is not None and now >= over)):
            session.settle()
            settled = True
        until = min(each for each in (now + LOOK, display.due, over) if each is not None)
        try:
            events = run(session.receive(until))
        except OSError as error:
            failed, fresh = words(error), True
            continue
        if events is None:
            break
        if failed and fresh:  # and the link goes on: it was the recording
            display.note(failed)
            fresh = False
        if count is not None:
            events, found = first_frames(events, count - frames)
            frames += found
        if events:
            display.show(events, session.stream, session.time)
        if count is not None and frames >= count:
            break
        display.tick()
        session.count_only(display.sated() and count is None)
    if failed and not stop.asked:
        raise Failed(failed)
    return frames


def first_frames(events: Sequence[Any], most: int) -> tuple[Sequence[Any], int]:
    """The events up to that many frames, and how many frames they are."""
    from framing.events import Frame

    found = 0
    for at, event in enumerate(events):
        found += isinstance(event, Frame)
        if found == most:
            return events[: at + 1], found
    return events, found


@contextlib.contextmanager
def told(note: Callable[[str], None]) -> Iterator[None]:
    """What transports have to say beside the bytes goes to `note` instead of standard error."""
    log = logging.getLogger("framing.transports")
    handler = logging.Handler()
    handler.emit = lambda record: note(record.getMessage())  # type: ignore[method-assign]
    before = log.propagate
    log.addHandler(handler)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = before


@contextlib.contextmanager
def recorded(path: str | None) -> Iterator[Tape | None]:
    """The recording at that path, if one is wanted. OSError where it cannot be written, Misuse without the library."""
    if path is None:
        yield None
        return
    try:
        from framing.transports.tape import Tape
    except ImportError as error:
        raise Misuse(f"--record: {error}") from None
    tape = Tape(path)
    try:
        yield tape
    finally:
        tape.close()
