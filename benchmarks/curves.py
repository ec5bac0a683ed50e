"""The charts of the scoreboard: a panel for each model, and bars for the wait. Their colours follow the reader's light or dark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from receivers import EARLY, MACHINE, SKIP, STRICT

PEER = "peer"
CLASSES = {STRICT: "strict", EARLY: "early", PEER: "peer", SKIP: "skip", MACHINE: "machine"}
LEGEND = {PEER: "pyubx2, pymavlink, pyrtcm, sbp"}
WIDTH = 860
COLUMNS = 4
PANEL, TALL, ACROSS, DOWN = 150, 110, 205, 168
TOP = 118
Panels = dict[str, dict[str, list[float]]]
"""By model and receiver: a figure for each strength."""

STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de }
  text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .title { font-size: 17px; font-weight: 600 } .group { font-weight: 600 } .small, .tick { font-size: 11.5px; fill: #59636e }
  .grid { stroke: #d0d7de; stroke-dasharray: 2 3 } .base { stroke: #59636e }
  polyline { fill: none; stroke-width: 2.2; stroke-linejoin: round }
  .strict { fill: #0f7b6c; stroke: #0f7b6c } .early { fill: #58b8a6; stroke: #58b8a6 } .peer { fill: #8250df; stroke: #8250df }
  .skip { fill: #cf222e; stroke: #cf222e } .machine { fill: #d29922; stroke: #d29922 } rect.worst { fill-opacity: 0.25; stroke: none }
  rect { stroke: none } polyline.strict, polyline.early, polyline.peer, polyline.skip, polyline.machine { fill: none }
  polyline.early { stroke-dasharray: 5 4 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #151b23; stroke: #3d444d } text { fill: #e6edf3 } .small, .tick { fill: #9198a1 }
    .grid { stroke: #3d444d } .base { stroke: #9198a1 }
    .strict { fill: #2cc2a6; stroke: #2cc2a6 } .early { fill: #7fdccb; stroke: #7fdccb } .peer { fill: #a371f7; stroke: #a371f7 }
    .skip { fill: #f85149; stroke: #f85149 } .machine { fill: #bb8009; stroke: #bb8009 }
  }
"""


def panels(shares: Panels, levels: Sequence[str]) -> str:
    """Recovered in percent over the strength of the damage, a panel for each model."""
    body = []
    for number, (model, lines) in enumerate(shares.items()):
        x, y = 54 + number % COLUMNS * ACROSS, TOP + number // COLUMNS * DOWN
        body += _panel(model, lines, levels, x, y)
    height = TOP + math.ceil(len(shares) / COLUMNS) * DOWN - 8
    title = "Intact frames recovered, by kind and strength of the damage"
    return _page(title, "In percent of the intact frames, all formats together. Strict and early order lie on one line. All got the same streams.", height, body)


def _panel(model: str, lines: Mapping[str, Sequence[float]], levels: Sequence[str], x: float, y: float) -> list[str]:
    body = [_text(x, y - 8, model, "group")]
    for share in (0, 50, 100):
        at = y + TALL * (1 - share / 100)
        body.append(f'<line class="{"base" if share == 0 else "grid"}" x1="{x}" y1="{at:.1f}" x2="{x + PANEL}" y2="{at:.1f}"/>')
        body.append(f'<text class="tick" x="{x - 5}" y="{at + 4:.1f}" text-anchor="end">{share}</text>')
    step = PANEL / max(1, len(levels) - 1)
    for number, level in enumerate(levels):
        anchor = ("start", "middle", "end")[min(number, 2)]
        body.append(f'<text class="tick" x="{x + step * number:.1f}" y="{y + TALL + 15}" text-anchor="{anchor}">{escape(level)}</text>')
    for label in reversed(CLASSES):  # ours on top
        values = lines.get(label, [])
        points = [(x + step * number, y + TALL * (1 - value / 100)) for number, value in enumerate(values)]
        if points:
            joined = " ".join(f"{left:.1f},{down:.1f}" for left, down in points)
            body.append(f'<polyline class="{CLASSES[label]}" points="{joined}"/>')
            body += [f'<circle class="{CLASSES[label]}" cx="{left:.1f}" cy="{down:.1f}" r="2.6"/>' for left, down in points]
    return body


LEFT, BAR, STEP, BETWEEN = 150, 14, 18, 30
Bars = Sequence[tuple[str, Sequence[tuple[str, str, float, int]]]]
"""By format: for each receiver its class, its name, the mean and the worst."""


def bars(groups: Bars) -> str:
    """The wait in bytes, mean and worst, on a log scale."""
    most = max((worst for _, rows in groups for *_, worst in rows), default=1)
    high = math.log10(max(most, 10) * 1.1)

    def place(value: float) -> float:
        return LEFT + math.log10(max(value, 1)) / high * (WIDTH - LEFT - 185)

    body = []
    y = TOP
    for title, rows in groups:
        body.append(_text(24, y - 6, title, "group"))
        for label, name, mean, worst in rows:
            kind = CLASSES[label]
            body.append(f'<text x="{LEFT - 10}" y="{y + 12}" text-anchor="end">{escape(name)}</text>')
            body.append(f'<rect class="{kind} worst" x="{LEFT}" y="{y}" width="{max(place(worst) - LEFT, 1):.1f}" height="{BAR}" rx="2"/>')
            body.append(f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{max(place(mean) - LEFT, 1):.1f}" height="{BAR}" rx="2"/>')
            body.append(_text(max(place(worst), LEFT) + 6, y + 12, f"mean {mean:,.0f} · worst {worst:,}", "small"))
            y += STEP
        y += BETWEEN
    bottom = y - BETWEEN + 4
    grid = []
    for power in range(int(high) + 1):
        x = place(10**power)
        grid.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" y2="{bottom}"/>')
        grid.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{10**power:,}</text>')
    said = "Bytes that had to arrive beyond the next intact frame until one came out. Solid: mean over all places of damage; pale: the worst. Log scale."
    return _page("Bytes until resynchronised", said, bottom + 32, grid + body)


def _page(title: str, said: str, height: float, body: Sequence[str]) -> str:
    legend = []
    x = 24.0
    for label, kind in CLASSES.items():
        text = LEGEND.get(label, label)
        legend.append(f'<rect class="{kind}" x="{x:.1f}" y="72" width="12" height="12" rx="2"/>')
        legend.append(_text(x + 18, 83, text, "small"))
        x += 40 + 6.4 * len(text)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="8"/>',
            _text(24, 34, title, "title"),
            _text(24, 55, said, "small"),
            *legend,
            *body,
            "</svg>",
            "",
        ]
    )


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
