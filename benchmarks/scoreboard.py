"""The scoreboard as text: for the terminal, and as the page `docs/recovery.md` with its charts."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path

import curves
from receivers import EARLY, MACHINE, PEERS, SKIP, STRICT
from recovery import KINDS, LEVELS, STRENGTHS, Board, Row
from score import Score
from table import plain as lined_up

LABELS = (STRICT, EARLY, SKIP, MACHINE)
PEER = "peer"
COLUMNS = (STRICT, EARLY, PEER, SKIP, MACHINE)
NOTES = """\
Every receiver got the same streams in the same run: frames of one format, made without this project, and damaged by one model
of [`framing.damage`](guides/damage.md), whose truth says which frames came through intact, and where. The peers are pyubx2 for
UBX, pymavlink for MAVLink, pyrtcm for RTCM 3, sbp for SBP, each as its documentation has it and with checksums verified. “Skip
on error” looks for the marker, waits for as many bytes as the length claims, and steps over them whether the checksum holds or not.
“State machine” takes byte after byte as firmware does, never looks back, and gives up at once on what claims more than 1 KiB.

- *recovered*: intact frames that came out, of all intact ones.
- *invented*: what came out as a frame, and was never sent as one. pymavlink's are messages that its dialect does not know, whose
  checksum it cannot verify.
- *revived*: what came out, was sent, and counts as broken, as other bytes have come to stand in for lost ones.
- *missed*: at each place of damage, the intact frames behind it that were lost until one came out. Means, and the worst.
- *wait*: at each place of damage, how many bytes beyond the next intact frame had to arrive until an intact frame behind the damage
  came out; 0 is ideal. This is what a live link feels; whoever is fed was fed byte by byte, the others were asked how far they had read.
- *crashes*: exceptions; the receiver was then called again with what followed.
- *time*: for decoding all streams once, in pieces of 64 KiB where the receiver is fed. One pass, not a benchmark: see [benchmarks.md](benchmarks.md).

Strict order waits until a claimed length has been decided, up to 65,543 bytes in UBX: that is its price for losing nothing. Early
order goes on meanwhile. The streams hold no frames within frames, where early order would lose the outer ones."""


def pooled(rows: Iterable[Row], label: str) -> Score | None:
    """The scores of a receiver added up; `PEER` is who is the peer in each row. None where it took part in none."""
    total = Score()
    seen = False
    for row in rows:
        found = row.scores.get(PEERS[row.kind][0] if label == PEER else label)
        if found is not None:
            total += found
            seen = True
    return total if seen else None


def _percent(score: Score | None) -> str:
    if score is None:
        return "–"
    # 100.000 means every one: nothing is rounded up to it
    share = score.share if score.recovered == score.intact else min(score.share, 99.999)
    return f"{share:.3f}"


def by_model(board: Board) -> list[tuple[str, ...]]:
    """Recovered in percent, all formats and strengths of a model together."""
    models = dict.fromkeys(row.model for row in board.rows)
    lines = [("damage", "intact", *COLUMNS)]
    for name in [*models, "all"]:
        rows = [row for row in board.rows if name in (row.model, "all")]
        lines.append((name, f"{sum(row.intact for row in rows):,}", *(_percent(pooled(rows, label)) for label in COLUMNS)))
    return lines


def by_receiver(board: Board) -> list[tuple[str, ...]]:
    """Everything about each receiver, by format."""
    head = ("format", "who", "recovered", "invented", "revived", "missed", "worst", "wait", "worst ", "crashes", "ms")
    lines: list[tuple[str, ...]] = [head]
    for kind in dict.fromkeys(row.kind for row in board.rows):
        rows = [row for row in board.rows if row.kind == kind]
        for label in (STRICT, EARLY, PEERS[kind][0], SKIP, MACHINE):
            score = pooled(rows, label)
            lines.append((kind, label, *(_figures(score) if score else ("not installed", *[""] * 8))))
    return lines


def _figures(score: Score) -> tuple[str, ...]:
    return (
        _percent(score),
        f"{score.invented:,}",
        f"{score.revived:,}",
        f"{sum(score.missed) / max(1, len(score.missed)):.2f}",
        f"{max(score.missed, default=0):,}",
        f"{sum(score.waits) / max(1, len(score.waits)):,.0f}",
        f"{max(score.waits, default=0):,}",
        f"{score.crashes:,}",
        f"{score.seconds * 1e3:,.0f}",
    )


def details(board: Board, model: str) -> list[tuple[str, ...]]:
    """One line a stream: recovered in percent, and invented frames behind a plus."""
    lines: list[tuple[str, ...]] = [("format", "strength", "intact", *COLUMNS)]
    for row in board.rows:
        if row.model == model:
            cells = []
            for label in COLUMNS:
                score = pooled([row], label)
                cells.append(_percent(score) + (f" +{score.invented}" if score is not None and score.invented else ""))
            lines.append((row.kind, STRENGTHS[model][row.level], f"{row.intact:,} of {row.frames:,}", *cells))
    return lines


def lost_lines(board: Board) -> list[str]:
    """Each intact frame that strict order lost, with its reason."""
    lines = []
    for each in board.lost:
        text = f"{each.row}: the frame at {each.start} ({len(each.raw)} bytes)"
        if each.under is None:
            lines.append(f"{text} is lost, and nothing lies above it: THIS MUST NOT BE")
        else:
            start, raw = each.under
            shown = raw[:12].hex(" ") + (" …" if len(raw) > 12 else "")
            lines.append(f"{text} lies under [{start}, {start + len(raw)}), which passed its checks: {shown} {raw[-3:].hex(' ')}")
    return lines


def verdict(board: Board) -> str:
    intact = sum(row.intact for row in board.rows)
    lost = len(board.lost)
    if not lost:
        return f"Strict order recovered all {intact:,} intact frames."
    if board.met:
        return f"Strict order recovered {intact - lost:,} of {intact:,} intact frames; each of the other {lost} lies under a false frame whose checks hold:"
    return f"GOAL MISSED: strict order lost {lost} of {intact:,} intact frames, some without a cause:"


def plain(board: Board) -> str:
    """For the terminal."""
    parts = [lined_up(by_model(board), 1), lined_up(by_receiver(board)), verdict(board), *lost_lines(board)]
    return "\n\n".join(parts[:2]) + "\n\n" + "\n".join(parts[2:])


def markdown(board: Board, count: int, seed: int) -> str:
    """The page."""
    where = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    run = f"{where}; {_versions()}; {len(board.rows)} streams of {count:,} frames, seed {seed}."
    missing = sorted({PEERS[row.kind][0] for row in board.rows if PEERS[row.kind][0] not in row.scores})
    parts = ["# Recovery", "Written by `python benchmarks/recovery.py --markdown docs/recovery.md`; do not edit.", run, verdict(board)]
    parts += ["\n".join(f"- {line}" for line in lost_lines(board))] if board.lost else []
    parts += [f"Not installed, so not in the tables: {', '.join(missing)}."] if missing else []
    parts += [
        "![Intact frames recovered by each receiver, by model and strength of the damage](recovery.svg)",
        "![Bytes until resynchronised, by format and receiver](recovery-waits.svg)",
        NOTES,
        "## By damage", "Intact frames recovered, in percent, all formats and strengths together.", _grid(by_model(board), 1),
        "## By receiver", "`missed` in frames, `wait` in bytes, `ms` of decoding; all models and strengths together.", _grid(by_receiver(board), 2),
        "## Every stream", "Recovered in percent; a plus tells of invented frames.",
    ]  # fmt: skip
    for model in dict.fromkeys(row.model for row in board.rows):
        parts += [f"### {model}", _grid(details(board, model), 2)]
    return "\n\n".join(parts) + "\n"


def _versions() -> str:
    found = []
    for name in ("framing-codec", *(name for name, _ in PEERS.values())):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def _grid(lines: Sequence[Sequence[str]], left: int) -> str:
    head, *body = lines
    rule = ["---" if place < left else "---:" for place in range(len(head))]
    return "\n".join("| " + " | ".join(cell.strip() for cell in line) + " |" for line in (head, rule, *body))


def write(board: Board, page: Path, count: int, seed: int) -> None:
    """The page, and the charts beside it."""
    page.write_text(markdown(board, count, seed), "utf-8")
    shares: curves.Panels = {}
    for model in dict.fromkeys(row.model for row in board.rows):
        shares[model] = {label: _by_level(board, model, label, lambda score: score.share) for label in COLUMNS}
    page.with_suffix(".svg").write_text(curves.panels(shares, LEVELS), "utf-8")
    waits = []
    for kind in KINDS:
        rows = [row for row in board.rows if row.kind == kind]
        bars = []
        for label in COLUMNS:
            score = pooled(rows, label)
            if score is not None and score.waits:
                name = PEERS[kind][0] if label == PEER else label
                bars.append((label, name, sum(score.waits) / len(score.waits), max(score.waits)))
        if bars:
            waits.append((kind, bars))
    page.with_name(f"{page.stem}-waits.svg").write_text(curves.bars(waits), "utf-8")


def _by_level(board: Board, model: str, label: str, figure: Callable[[Score], float]) -> list[float]:
    """A figure of a receiver at each strength, all formats together; nothing where it took no part."""
    found = []
    for level in range(len(LEVELS)):
        score = pooled([row for row in board.rows if (row.model, row.level) == (model, level)], label)
        if score is not None:
            found.append(figure(score))
    return found
