"""The figures as a picture: bars and curves in SVG, written by hand so that no plotting library is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log10
from typing import Any

WIDTH = 760
_LABELS = 300
_BAR = 22
_CURVE_HEIGHT = 190
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:14px}"
    ".ours{fill:#0969da}.other{fill:#8c959f}.grid{stroke:#d0d7de}.line{fill:none;stroke-width:2}"
    ".line.a{stroke:#0969da}.line.b{stroke:#bc4c00;stroke-dasharray:5 3}.dot.a{fill:#0969da}.dot.b{fill:#bc4c00}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ours,.dot.a{fill:#4493f8}.dot.b{fill:#f0883e}"
    ".line.a{stroke:#4493f8}.line.b{stroke:#f0883e}.grid{stroke:#3d444d}}"
)

CURVES = (
    ("tokens_of_a_sentence", "Milliseconds of one sentence, by its tokens"),
    ("sentences_of_a_batch", "Milliseconds of a batch of sentences of 25 to 32 tokens, by their number"),
    ("sentences_of_an_article", "Milliseconds of an article with its dyads, by its sentences"),
    ("sentences_of_an_archive", "Milliseconds of an archive, by its sentences"),
)

Points = Sequence[tuple[float, float]]


def draw(figures: Mapping[str, Any]) -> str:
    """Return the picture of a run, with a line for each precision that was measured."""
    rows = figures["others"]["rows"]
    measured = {name: figures[name]["curves"] for name in ("as served", "bf16") if name in figures}
    y = 30
    parts = [_text(10, y, "Sentences a second and core (logarithmic)", "title")]
    parts += _bars(rows, y + 12)
    y += 12 + _BAR * len(rows) + 50
    for key, title in CURVES:
        parts.append(_text(10, y, title, "title"))
        lines = {
            name: [(point["x"], point["ms"]) for point in curves[key]] for name, curves in measured.items()
        }
        parts += _curves(lines, y + 10)
        y += _CURVE_HEIGHT + 50
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" role="img"'
        f' aria-label="Speed of Diplotone beside other systems">\n<style>{_STYLE}</style>\n{body}\n</svg>\n'
    )


def _bars(rows: Sequence[Mapping[str, Any]], top: float) -> Iterator[str]:
    most = max(log10(row["sentences_per_processor_second"]) for row in rows)
    for number, row in enumerate(rows):
        y = top + number * _BAR
        value = row["sentences_per_processor_second"]
        width = max(2.0, (WIDTH - _LABELS - 90) * log10(max(value, 1.0)) / most)
        kind = "ours" if row["name"].startswith("Diplotone") else "other"
        yield _text(10, y + 14, row["name"])
        yield f'<rect class="{kind}" x="{_LABELS}" y="{y + 3}" width="{width:.1f}" height="{_BAR - 8}"/>'
        yield _text(_LABELS + width + 6, y + 14, f"{value:,.0f}")


def _curves(lines: Mapping[str, Points], top: float) -> Iterator[str]:
    """Lines in one frame. Both axes are logarithmic: a cost in proportion is a straight line."""
    left, right, bottom = 70, WIDTH - 110, top + _CURVE_HEIGHT - 20
    values = [y for points in lines.values() for _, y in points]
    low, high = 10 ** floor(log10(min(values))), 10 ** ceil(log10(max(values)))
    span = max(log10(high) - log10(low), 1e-9)
    xs = [x for x, _ in next(iter(lines.values()))]
    first, last = log10(xs[0]), log10(xs[-1])

    def place(x: float, y: float) -> tuple[float, float]:
        across = (log10(x) - first) / (last - first)
        return left + (right - left) * across, bottom - (bottom - top - 10) * (log10(y) - log10(low)) / span

    for power in range(round(log10(low)), round(log10(high)) + 1):
        _, y = place(xs[0], 10.0**power)
        yield f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(10, y + 4, f"{10.0**power:,g}")
    for x in xs:
        yield _text(place(x, low)[0] - 8, bottom + 18, f"{x:,g}")
    for kind, above, (name, points) in zip("ab", (True, False), lines.items(), strict=False):
        way = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in points)
        yield f'<polyline class="line {kind}" points="{way}"/>'
        for x, y in points:
            across, up = place(x, y)
            yield f'<circle class="dot {kind}" cx="{across:.1f}" cy="{up:.1f}" r="3"/>'
            yield _text(across - 8, up - 8 if above else up + 16, f"{y:,.0f}" if y >= 10 else f"{y:.1f}")
        across, up = place(*points[-1])
        yield _text(across + 34, up + 4, name)


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{f" class={kind!r}" if kind else ""}>{escape(text)}</text>'
