"""`framing demo`: a damaged stream, decoded, as a picture. Needs no file."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framing.cli.choosing import decoder_for
from framing.cli.common import Misuse, console, whole

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from framing.cli.scene import Scene, Score
    from framing.cli.strip import Cell
    from framing.events import Event

ROWS = 9
"""Rows that the strip is meant to fill."""
WIDEST = 100
OFFSET = 7
"""Characters of the offsets left of the strip."""
COLOURS = {"ubx": "#ffffff on #2563a8", "nmea": "#ffffff on #2d7d46", "rtcm3": "#ffffff on #7a4fa3"}
GAPS = {"noise": "#ffffff on #6b6b6b", "checksum": "#ffffff on #c0392b"}
OTHER = "#ffffff on #c77d0a"
"""Gaps of any other reason."""


def demo(
    seed: Annotated[int, typer.Option(parser=whole, metavar="N", help="Another number, another stream.")] = 2,
    svg: Annotated[str | None, typer.Option(metavar="FILE", help="Also write the picture as SVG.")] = None,
    save: Annotated[
        str | None, typer.Option(metavar="FILE", help="Keep the damaged stream, to decode it again.")
    ] = None,
) -> int:
    """Mix three GNSS formats, damage the stream, and show what comes out."""
    from framing import load
    from framing.cli import scene as scenes
    from framing.decoder import GAP_LIMIT, WITNESSES

    protocols = {name: load(name) for name in scenes.FORMATS}
    scene = scenes.build(seed, protocols)
    decoder = decoder_for(scenes.FORMATS, [], "strict", WITNESSES, GAP_LIMIT)
    events: list[Event] = []
    for piece in scenes.pieces(seed, scene.stream):
        events += decoder.feed(piece)
    events += decoder.close()
    scores, lost = scenes.balance(scene, events)
    if svg is not None:
        _write(svg, _svg(scene, events, scores, seed).encode("utf-8"))
    if save is not None:
        _write(save, scene.stream)
    _picture(console(), scene, events, scores, seed)
    if save is not None:
        console().print(
            f"{save} holds the stream: framing decode {' '.join(f'-f {name}' for name in scenes.FORMATS)} {save}"
        )
    if b"".join(event.raw for event in events) != scene.stream:
        return _broken("the events do not give the stream back")
    if lost:
        return _broken(f"an intact frame was lost: {lost[0].format} at {lost[0].start}")
    return 0


def _broken(what: str) -> int:
    print(f"framing: demo: {what}", file=sys.stderr)
    return 1


def _write(file: str, content: bytes) -> None:
    try:
        Path(file).write_bytes(content)
    except (OSError, ValueError) as error:
        raise Misuse(f"{file}: {getattr(error, 'strerror', None) or error}") from None


def _svg(scene: Scene, events: Sequence[Event], scores: Sequence[Score], seed: int) -> str:
    from rich.console import Console
    from rich.terminal_theme import DIMMED_MONOKAI

    out = Console(
        record=True, width=WIDEST, file=StringIO(), force_terminal=True, color_system="truecolor", highlight=False
    )
    _picture(out, scene, events, scores, seed)
    return out.export_svg(title="framing demo", theme=DIMMED_MONOKAI)


# --- the picture -----------------------------------------------------------------------------------------------------


def _picture(out: Console, scene: Scene, events: Sequence[Event], scores: Sequence[Score], seed: int) -> None:
    from rich.text import Text

    sent = sum(score.sent for score in scores)
    out.print(
        Text.assemble(
            (f"{sent} frames of three formats", "bold"),
            f" mixed on one line, {len(scene.stream):,} bytes (seed {seed})",
        )
    )
    out.print(_damage(scene))
    out.print()
    for line in _strip(out, events, _notes(scene, events)):
        out.print(line)
    out.print()
    out.print(_legend(events))
    out.print()
    out.print(_scores(scores))
    out.print()
    out.print(_verdict(scene, events, scores))


def _damage(scene: Scene) -> Text:
    from rich.text import Text

    from framing.cli.scene import CLAIMED, FLIPPED_BIT, LOST_BYTE

    done = scene.damage()
    return Text(
        f"{done[FLIPPED_BIT]} flipped bits, {done[LOST_BYTE]} lost bytes, {scene.bursts} bursts of noise, "
        f"a length claiming {CLAIMED // 1024} KiB",
        style="bright_black",
    )


def _style(what: str, gap: bool) -> str:
    return GAPS.get(what, OTHER) if gap else COLOURS[what]


def _notes(scene: Scene, events: Sequence[Event]) -> dict[int, str]:
    """What was done to the frames that lie in a gap, by the gap's offset."""
    from framing.cli.scene import CLAIMED, INFLATED
    from framing.events import Gap

    found = {}
    for gap in events:
        if not isinstance(gap, Gap):
            continue
        done = Counter(each.damage for each in scene.sent if each.damage and gap.start <= each.start < gap.end)
        words = [f"{number} {what}s" if number > 1 else what for what, number in done.items()]
        found[gap.start] = f"claims {CLAIMED // 1024} KiB" if INFLATED in done else " and ".join(words) or "noise"
    return found


def _strip(out: Console, events: Sequence[Event], notes: Mapping[int, str]) -> Iterable[Text]:
    from rich.text import Text

    from framing.cli.strip import strip

    width = min(out.width, WIDEST) - OFFSET - 2
    for offset, cells in strip(events, width, ROWS, notes, plain=out.color_system is None):
        line = Text(f"{offset:>{OFFSET},}  ", style="bright_black", no_wrap=True)
        for cell in cells:
            line.append(_spelled(out, cell), _style(cell.what, cell.gap))
        yield line


def _spelled(out: Console, cell: Cell) -> str:
    return (
        cell.text
        if out.encoding.startswith("utf")
        else {"▏": "|", "─": "-", "░": "x", "…": "~"}.get(cell.text, cell.text)
    )


def _legend(events: Sequence[Event]) -> Text:
    from rich.text import Text

    from framing.cli.scene import FORMATS
    from framing.events import Gap

    line = Text(" " * (OFFSET + 2) + "frames ", style="bright_black")
    for name in FORMATS:
        line.append(f" {name} ", COLOURS[name]).append(" ")
    line.append("  gaps ", "bright_black")
    for reason in dict.fromkeys(event.reason.value for event in events if isinstance(event, Gap)):
        line.append(f" {reason} ", _style(reason, True)).append(" ")
    return line


def _scores(scores: Sequence[Score]) -> Table:
    from rich import box
    from rich.table import Table

    out = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bright_black")
    out.add_column("", style="bold")
    for column in ("sent", "damaged", "intact", "recovered"):
        out.add_column(column, justify="right")
    total = [0, 0, 0, 0]
    for score in scores:
        row = [score.sent, score.sent - score.intact, score.intact, score.recovered]
        total = [before + number for before, number in zip(total, row, strict=True)]
        out.add_row(score.format, *map(str, row))
    out.add_section()
    out.add_row("all", *map(str, total))
    return out


def _verdict(scene: Scene, events: Sequence[Event], scores: Sequence[Score]) -> Text:
    from rich.text import Text

    from framing.events import Frame

    intact, recovered = sum(score.intact for score in scores), sum(score.recovered for score in scores)
    frames = sum(isinstance(event, Frame) for event in events)
    return Text.assemble(
        (f"{recovered} of {intact} intact frames recovered", "bold green" if intact == recovered else "bold red"),
        (f"; {frames} frames and {len(events) - frames} gaps cover all {len(scene.stream):,} bytes", "bright_black"),
    )
