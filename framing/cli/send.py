"""`framing send`: frames to a link, and what is answered."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from framing.cli.choosing import chosen
from framing.cli.common import Failed, MessageName, Misuse, Parameters, Quiet, seconds, whole
from framing.cli.encode import parts_of, payload_of, picked
from framing.cli.linking import Gaps, Idle, Json, Kind, Raw, Record, Url


def send(
    url: Url,
    fields: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FIELD=VALUE]...", help="Numbers (12, 0x0C), names of an enum, hex digits or @FILE for bytes."
        ),
    ] = None,
    spec: Annotated[
        list[str] | None,
        typer.Option(
            "-f",
            "--spec",
            metavar="NAME",
            help="What is sent: a spec or .toml file. Further ones, and it, for answers.",
        ),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", metavar="NAME", help="Which format is sent, where the spec has several.")
    ] = "",
    payload: Annotated[
        str | None,
        typer.Option(metavar="HEX|-|@FILE", help="The payload in hex, or the file that holds it; - is standard input."),
    ] = None,
    text: Annotated[str | None, typer.Option(help="The payload as text, taken as UTF-8.")] = None,
    message: MessageName = "",
    parameter: Parameters = None,
    count: Annotated[int, typer.Option(parser=whole, metavar="N", help="How many frames; counters run on.")] = 1,
    interval: Annotated[
        float, typer.Option(parser=seconds, metavar="SECONDS", help="From the start of one frame to the next.")
    ] = 0.0,
    answer: Annotated[
        float | None,
        typer.Option(
            parser=seconds,
            metavar="SECONDS",
            help="Print what comes, for so long behind the last frame; exit with 1 where no frame does.",
        ),
    ] = None,
    answers: Annotated[
        int | None, typer.Option(parser=whole, metavar="N", help="With --answer: end as soon as N frames have come.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(parser=seconds, metavar="SECONDS", help="How long the link may take for one frame.")
    ] = 10.0,
    json: Json = False,
    gaps: Gaps = False,
    kind: Kind = False,
    messages: Annotated[
        bool, typer.Option("--messages", help='With --json: add "message" to answers where the spec has a schema.')
    ] = False,
    raw: Raw = False,
    record: Record = None,
    idle: Idle = None,
    quiet: Quiet = False,
) -> int:
    """Send frames to a link: lengths, checksums, constants and stuffing are filled in."""
    from framing.cli.displays import Lines
    from framing.cli.linking import listening, session_for, shape_for, told
    from framing.cli.listen import conclude
    from framing.cli.sending import Sender
    from framing.cli.stopping import stoppable

    if answers is not None and answer is None:
        raise Misuse("--answers counts what --answer waits for: add --answer SECONDS")
    shape = shape_for(json, raw, kind, messages)
    formats = chosen(spec or [], parameter or [])
    definition = picked(formats[0], format, message)
    data, values = parts_of(definition, message, payload_of(payload, text), fields or [])
    definition.encode(data, **values)  # what is wrong with it is said before anything is opened
    display = Lines(gaps, shape)
    options: dict[str, Any] = dict(record=record, idle=idle)
    with stoppable() as stop, session_for(url, formats, stop, **options) as session, told(display.note):
        if (where := listening(session.transport)) and not quiet:
            display.note(f"listening on {where}")
        sender = Sender(session, stop, display if answer is not None else None, answers)
        try:
            with sender:
                for _ in range(count):
                    if not sender.send(session.encode(data, definition.full_name, **values), timeout, interval):
                        break
                if answer is not None:
                    sender.await_answers(answer)
                sender.finish()
        except Failed as failure:
            raise Failed(f"{url}: {failure}") from None
        finally:
            if not quiet:
                print(sender.summary(), file=sys.stderr)
            if answer is not None:
                conclude(display, quiet)
    if answer is not None and not stop.asked and sender.came < (answers or 1):
        raise Failed(f"{url}: " + ("no answer" if not sender.came else f"{sender.came:,} of {answers:,} answers came"))
    return 0
