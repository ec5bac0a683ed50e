"""`framing sockets`: a process's TCP sockets, for those who wonder where the bytes are stuck."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from framing.cli.common import Misuse, console

ROOMY = 100
"""Characters from which on the columns stand further apart and numbers in full."""
FOLDED = ((ROOMY, 16), (130, 21))
"""Tables narrower than so many characters fold addresses that are longer than so many: the usual ones of IPv4 are not."""

if TYPE_CHECKING:
    from rich.table import Table

    from framing.sockets import TcpSocket, Timer


def sockets(
    pid: Annotated[
        int | None, typer.Argument(metavar="[PID]", help="A process; all that may be seen unless given.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a socket and line.")] = False,
) -> None:
    """List the TCP sockets of processes: addresses, state, queues and timers."""
    try:
        from framing.sockets import tcp_sockets

        found, hidden = tcp_sockets(pid)
    except ImportError:
        raise Misuse("`framing sockets` needs psutil: pip install psutil") from None
    except (ProcessLookupError, PermissionError) as error:
        raise Misuse(str(error)) from None
    if json:
        _print_json(found)
        return
    out = console()
    if found:
        out.print(table(found, out.width))
    many = "no TCP sockets" if not found else "1 TCP socket" if len(found) == 1 else f"{len(found)} TCP sockets"
    unseen = f"; {hidden} processes are not yours to look at" if hidden else ""
    out.print(f"{many}{unseen}.", style="bright_black")


def _print_json(found: Iterable[TcpSocket]) -> None:
    from dataclasses import asdict
    from json import dumps

    for each in found:
        print(dumps(asdict(each), separators=(",", ":")))


def table(found: Sequence[TcpSocket], width: int) -> Table:
    """The sockets as a table: a heading for each process, a row for each socket. Long addresses are folded, not cut."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    roomy = width >= ROOMY
    padding = (0, int(roomy), 0, 0)
    out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=padding, header_style="bright_black")
    out.add_column("  fd", no_wrap=True)
    longest = max(len(address) for each in found for address in (each.local, each.remote or ""))
    most = next((most for limit, most in FOLDED if width < limit), longest)
    for name in ("local", "remote"):
        out.add_column(name, overflow="fold", width=min(longest, most), style="bold")
    out.add_column("state", no_wrap=True, style="magenta")
    out.add_column("unread", no_wrap=True, justify="right")
    out.add_column("unsent", no_wrap=True, justify="right")
    out.add_column("timer", overflow="fold", style="yellow")
    count = "{:,}".format if roomy else short
    for number, ((pid, name), members) in enumerate(groupby(found, key=lambda each: (each.pid, each.process))):
        if number:
            out.add_row()
        out.add_row(Text(str(pid), style="bold cyan"), Text(name, style="bold cyan"))
        for each in members:
            out.add_row(*_cells(each, count))
    return out


def _cells(each: TcpSocket, count: Callable[[int], str]) -> tuple[str, ...]:
    fds = "  " + ",".join(map(str, each.fds))
    queues, timer = (each.receive_queue, each.send_queue), _timer(each.timer)
    if each.state == "listen":
        if each.receive_queue is not None:
            timer = f"{each.receive_queue:,} waiting"
        queues = None, None
    unread, unsent = ("–" if size is None else count(size) for size in queues)
    return fds, each.local, each.remote or "–", each.state, unread, unsent, timer


def short(size: int) -> str:
    """A number of bytes in a few characters, cut and not rounded: `999`, `12.9k`, `13.4M`."""
    units = ((10**9, "G"), (10**6, "M"), (10**3, "k"))
    for unit, letter in units:
        if size >= unit:
            return f"{size // unit}.{size * 10 // unit % 10}{letter}"
    return str(size)


def _timer(timer: Timer | None) -> str:
    """`keep-alive in 12.3 s`, `retransmit in 0.4 s, 3 unanswered`."""
    if timer is None:
        return "–"
    tried = f", {timer.tries} unanswered" if timer.tries else ""
    return f"{timer.kind} in {timer.seconds:.1f}\N{NO-BREAK SPACE}s{tried}"
