"""The chart: horizontal bars on a log scale, one group for each clean stream. Its colours follow the reader's light or dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from statistics import median

from measure import Result, ratio

BASE = "plain C"
WIDTH, LEFT, RIGHT = 860, 232, 124
TOP, BAR, STEP, BETWEEN, BOTTOM = 100, 14, 18, 30, 40
LEAST = 0.1
"""The multiple of plain C at which the scale begins."""

STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de }
  text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .title { font-size: 17px; font-weight: 600 } .group { font-weight: 600 } .small, .tick { font-size: 11.5px; fill: #59636e }
  .grid { stroke: #d0d7de; stroke-dasharray: 2 3 } .base { stroke: #59636e }
  .ours { fill: #0f7b6c } .python { fill: #58b8a6 } .peer { fill: #a8b0b9 } .limit { fill: #d29922 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #151b23; stroke: #3d444d } text { fill: #e6edf3 } .small, .tick { fill: #9198a1 }
    .grid { stroke: #3d444d } .base { stroke: #9198a1 }
    .ours { fill: #2cc2a6 } .python { fill: #1d7a6a } .peer { fill: #6e7681 } .limit { fill: #bb8009 }
  }
"""
Group = tuple[str, Sequence[Result]]


def draw(groups: Sequence[Group]) -> str:
    """The SVG. Only groups with a row for plain C are drawn; those who found fewer frames say so."""
    drawn = [(title, _bars(results)) for title, results in groups]
    drawn = [(title, bars) for title, bars in drawn if bars]
    most = max((times for _, bars in drawn for _, times, _ in bars), default=10)
    scale = _Scale(most)
    body: list[str] = []
    y = TOP
    for title, bars in drawn:
        base = next(nanoseconds for result, _, nanoseconds in bars if result.entry.label == BASE)
        body.append(_text(24, y - 6, title, "group"))
        body.append(_text(scale(1) + 6, y - 6, f"1x is {base:,.0f} ns for a frame", "small"))
        for result, times, nanoseconds in bars:
            if result.entry.label != BASE:
                body += _bar(result, times, nanoseconds, y, scale)
                y += STEP
        y += BETWEEN
    bottom = y - BETWEEN + 4
    height = bottom + BOTTOM
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
            "<title>Decoding clean streams: time relative to plain C</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
            _text(24, 34, "Decoding clean streams: time for a frame relative to plain C", "title"),
            _text(24, 55, "Log scale, shorter is faster. All took turns in one run: the multiples are what counts, the ns are one machine's.", "small"),
            *_grid(scale, bottom),
            *body,
            "</svg>",
            "",
        ]
    )


def _bars(results: Sequence[Result]) -> list[tuple[Result, float, float]]:
    """Who took part, how many times plain C, and ns/frame."""
    base = next((result.per_frame() for result in results if result.entry.label == BASE), [])
    bars = []
    for result in results:
        times = ratio(result.per_frame(), base)
        if times is not None and "fields read" not in result.entry.label:
            bars.append((result, times, median(result.per_frame())))
    return bars


class _Scale:
    """From a multiple of plain C to a place from left to right."""

    def __init__(self, most: float) -> None:
        self.low, self.high = math.log10(LEAST), math.log10(most * 1.15)

    def __call__(self, times: float) -> float:
        return LEFT + (math.log10(max(times, LEAST)) - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)

    def ticks(self) -> list[float]:
        return [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if math.log10(tick) <= self.high]


def _grid(scale: _Scale, bottom: int) -> list[str]:
    lines = []
    for tick in scale.ticks():
        x = scale(tick)
        kind = "base" if tick == 1 else "grid"
        lines.append(f'<line class="{kind}" x1="{x:.1f}" y1="{TOP - 22}" x2="{x:.1f}" y2="{bottom}"/>')
        lines.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{tick:g}x</text>')
    return lines


def _bar(result: Result, times: float, nanoseconds: float, y: int, scale: _Scale) -> list[str]:
    label = result.entry.label
    kind = "limit" if label.startswith("plain C") else "ours" if label.startswith("native") else "python" if label == "Python" else "peer"
    shown = f"framing: {label}" if kind in ("ours", "python") else label
    start, end = LEFT, scale(times)
    lost = result.intact - result.recovered
    behind = f"{times:.{2 if times < 10 else 0}f}x · {nanoseconds:,.0f} ns" + (f" · loses {lost:,}" if lost else "")
    return [
        f'<text x="{LEFT - 10}" y="{y + 12}" text-anchor="end">{escape(shown)}</text>',
        f'<rect class="{kind}" x="{start}" y="{y}" width="{max(end - start, 1):.1f}" height="{BAR}" rx="2"/>',
        _text(end + 6, y + 12, behind, "small"),
    ]


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y}">{escape(text)}</text>'
