"""The commands, put together. Importing this needs typer; the library itself is imported when a command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from framing.cli import (
    analyze,
    bridge,
    check,
    damage,
    decode,
    demo,
    encode,
    formats,
    fuzz,
    listen,
    schema,
    send,
    show,
    sockets,
    stats,
)
from framing.cli.common import Misuse

COMMANDS = (decode, stats, encode, listen, send, bridge, formats, show, check, analyze, damage, fuzz, schema, sockets, demo)
"""One module a command, each with a function of the same name, in the order of `--help`."""


def application() -> typer.Typer:
    """The command line."""
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(
        invoke_without_command=True,
        help="Take byte streams apart into frames and gaps, by formats that are declared once.",
        epilog="Exit status: 0 done, 1 the data had what --fail-on names or a link failed, 2 misuse.",
    )(_root)
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2]
        app.command(name)(getattr(module, name))
    return app


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Version and engine in use.")] = False,
) -> None:
    if version:
        import framing
        from framing import compiled

        try:
            engine = framing.engine_name()
            why = f" (no native engine: {compiled.missing})" if compiled.missing else ""
            print(f"framing-codec {framing.__version__}, {engine} engine{why}")
        except ValueError as error:
            raise Misuse(str(error)) from None
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise Misuse("no command given; `framing --help` lists them")
