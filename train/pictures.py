"""Pictures of a model card: confusion tables and risk-coverage curves as small SVG files, drawn by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..model.codebook import Codebook, Task

CURVES = "risk-coverage.svg"
CELL = 34
MARGIN = 112
"""Room for the names of labels."""
COLOURS = ("#1f5a99", "#b3541e", "#2c7a4b", "#7a3f8f")
"""Of the tasks' curves; each also has its own dashes."""
DASHES = ("", "6 3", "2 3", "9 3 2 3")


def draw_pictures(folder: Path, codebook: Codebook, figures: Mapping[str, Any]) -> None:
    """Write the pictures of the test figures, if there are any, into a release folder."""
    tasks = figures.get("test", {}).get("tasks", {})
    for task in codebook:
        if tasks.get(task.name, {}).get("n"):
            picture = confusion_picture(task, tasks[task.name]["confusion"])
            (folder / confusion_file(task.name)).write_text(picture, encoding="utf-8")
    curves = {
        name: found["selection"]["risk_coverage"] for name, found in tasks.items() if found.get("selection")
    }
    if curves:
        (folder / CURVES).write_text(curves_picture(curves), encoding="utf-8")


def confusion_file(task: str) -> str:
    """Return the name of a task's confusion picture."""
    return f"confusion-{task}.svg"


def confusion_picture(task: Task, counts: Sequence[Sequence[int]]) -> str:
    """Return a confusion table as SVG: a row for each true label, shaded by its share of the row."""
    side = CELL * len(task)
    return _svg(
        MARGIN + side + 8,
        MARGIN + side + 8,
        f"Confusion of {task.name}: true labels in rows, given labels in columns",
        _confusion_cells(task, counts),
    )


def _confusion_cells(task: Task, counts: Sequence[Sequence[int]]) -> Iterator[str]:
    for k, name in enumerate(task.names):
        middle = MARGIN + k * CELL + CELL / 2
        yield f'<text x="{MARGIN - 6}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>'
        yield (
            f'<text x="{middle + 4}" y="{MARGIN - 6}" transform="rotate(-60 {middle + 4} {MARGIN - 6})">'
            f"{escape(name)}</text>"
        )
    for row, of_row in enumerate(counts):
        total = sum(of_row) or 1
        for column, n in enumerate(of_row):
            x, y, share = MARGIN + column * CELL, MARGIN + row * CELL, n / total
            yield (
                f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="#1f5a99" fill-opacity="{share:.2f}"'
                ' stroke="#ccc"/>'
            )
            if n:
                ink = "#fff" if share > 0.5 else "#222"
                yield (
                    f'<text x="{x + CELL / 2}" y="{y + CELL / 2 + 4}" text-anchor="middle" fill="{ink}">{n}</text>'
                )


def curves_picture(curves: Mapping[str, Sequence[Sequence[float]]]) -> str:
    """Return risk-coverage curves as SVG.

    Args:
        curves: Task -> points (share of labels given, share of these that is wrong), 0..1 each.
    """
    return _svg(470, 330, "Share of wrong labels by the share of labels given", _curves(curves))


def _curves(curves: Mapping[str, Sequence[Sequence[float]]]) -> Iterator[str]:
    left, top, width, height = 52, 14, 300, 260
    highest = max(0.05, *(risk for points in curves.values() for _, risk in points))
    for step in range(6):
        x, y = left + width * step / 5, top + height * (1 - step / 5)
        yield f'<path d="M{left} {y:.1f}H{left + width}M{x:.1f} {top}V{top + height}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{top + height + 16}" text-anchor="middle">{step / 5:.0%}</text>'
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{highest * step / 5:.0%}</text>'
    yield f'<text x="{left + width / 2}" y="{top + height + 36}" text-anchor="middle">labels given</text>'
    yield f'<text x="12" y="{top + height / 2}" transform="rotate(-90 12 {top + height / 2})">wrong</text>'
    for n, (name, points) in enumerate(curves.items()):
        colour, dashes = COLOURS[n % len(COLOURS)], DASHES[n % len(DASHES)]
        places = " ".join(
            f"{left + width * coverage:.1f},{top + height * (1 - risk / highest):.1f}"
            for coverage, risk in points
        )
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"'
        y = top + 14 + 20 * n
        yield f'<polyline points="{places}" {style}/>'
        yield f'<path d="M{left + width + 14} {y - 4}h24" {style}/>'
        yield f'<text x="{left + width + 44}" y="{y}">{escape(name)}</text>'


def _svg(width: float, height: float, title: str, parts: Iterator[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
        f' height="{height:g}" role="img" font-family="sans-serif" font-size="11" fill="#222">'
        f"<title>{escape(title)}</title>"
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )
