"""The entry point: puts the commands together, and turns every way to fail into one line and an exit status.

Exit status: 0 done; 1 the data had what was asked to fail on, or a link failed; 2 misuse; 130 interrupted. A closed pipe
ends it with 0: whoever reads has what it wanted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

FAILED = 1
MISUSE = 2
INTERRUPTED = 130
NO_EXTRA = "framing: the command line needs typer and rich: pip install 'framing-codec[cli]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status; `arguments` are those of the process unless given."""
    _steady_streams()
    try:
        import rich
        import typer
    except ImportError:
        print(NO_EXTRA, file=sys.stderr)
        return MISUSE
    del rich
    status = _ended(list(sys.argv[1:] if arguments is None else arguments), typer)
    return _flushed(status)


def _ended(arguments: list[str], typer: Any) -> int:
    from framing.cli.app import application
    from framing.cli.common import Failed, Misuse
    from framing.errors import FramingError

    # Newer typers carry their own copy of click; this is the ClickException of the one in use.
    usage: type[Exception] = typer.BadParameter.__mro__[2]
    try:
        # Not typer's own `main`, which answers a closed pipe with 1 and a wrong option with a box of five lines.
        command = typer.main.get_command(application())
        with command.make_context("framing", arguments) as context:
            return int(command.invoke(context) or 0)
    except typer.Exit as ended:
        return int(ended.exit_code)
    except usage as error:
        return _complain(_lowered(error.format_message()))  # type: ignore[attr-defined]
    except (Misuse, FramingError) as error:
        return _complain(str(error))
    except Failed as error:
        return _complain(str(error), FAILED)
    except BrokenPipeError:
        return silenced()
    except SystemExit as ended:
        # rich answers a closed pipe with 1, which here means something else
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        return silenced()
    except OSError as error:
        return _complain(f"{error.filename or 'output'}: {error.strerror or error}")
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED


def _complain(message: str, status: int = MISUSE) -> int:
    """One line on standard error."""
    print(f"framing: {' '.join(message.split())}", file=sys.stderr)
    return status


def _lowered(message: str) -> str:
    """`Missing option '--spec'.` as the middle of a line."""
    return message[:1].lower() + message[1:].rstrip(".")


def _steady_streams() -> None:
    """Streams that exist and take every character, whatever the shell closed and whichever encoding it has."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _flushed(status: int) -> int:
    """Writes out what is buffered while errors can still be told; the interpreter would do it with a traceback."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return silenced(status)
    except OSError as error:
        silenced()
        return _complain(f"output: {error.strerror}")
    return status


def silenced(status: int = 0) -> int:
    """Gives standard output a place to go, so that the flush at exit has nothing to complain about."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # it is no real file: a test's buffer
        pass
    return status


if __name__ == "__main__":
    raise SystemExit(main())
