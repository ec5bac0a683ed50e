"""`framing analyze`: what formats promise in advance: false frames, unseen errors, stalls, overhead, weak choices."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from framing.cli.choosing import chosen
from framing.cli.common import Misuse, Parameters


def rate(text: str) -> float:
    """The bit error rate that an option gives: 1e-5."""
    try:
        number = float(str(text))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no number") from None
    if not 0 <= number <= 0.5:
        raise typer.BadParameter(f"{text} is no bit error rate; it is 0 to 0.5")
    return number


def analyze(
    specs: Annotated[
        list[str] | None, typer.Argument(metavar="SPEC...", help="Shipped names, one of their formats (mbus.long), or .toml files.")
    ] = None,
    ber: Annotated[float, typer.Option("--ber", parser=rate, metavar="RATE", help="Wrong bits for each bit on the line.")] = 1e-5,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    parameter: Parameters = None,
) -> None:
    """Compute what formats promise: false frames in noise, unseen errors, stalls, overhead, look-alikes, weak choices."""
    from framing.analysis import report

    if not specs:
        raise Misuse("no spec given; name one or more")
    found = report.analyze(chosen(specs, parameter or [], placeholders=True), ber)
    print(json.dumps(found, indent=2) if as_json else report.text(found))
