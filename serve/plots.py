"""Small drawings as inline SVG: nothing is loaded for them, and they take the colours of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from .markup import element, join

WIDTH, HEIGHT = 1_000, 100
"""Units of the drawing, stretched to the space there is; -1 is at the bottom, +1 at the top."""

LEAST_BAR = 3.0
"""Units; a neutral sentence would be invisible otherwise."""

FEWEST_STEPS = 12
"""The drawing has room for as many at least, so that one sentence does not become a wall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One sentence on the tone arc."""

    sentence: int
    value: float | None
    """-1..+1; None where it is unscored."""
    css_class: str
    hint: str


def tone_arc(steps: Sequence[Step], value: float | None, low: float | None, high: float | None) -> Markup:
    """Return the tone of each sentence as a bar from the zero line, in the order of the text.

    Args:
        steps: The sentences.
        value: Index of the article, drawn as a line.
        low: Lower end of its interval, drawn as a band.
        high: Upper end.
    """
    width = WIDTH / max(len(steps), FEWEST_STEPS)
    band = line = None
    if value is not None and low is not None and high is not None:
        band = element(
            "rect", x=0, width=WIDTH, y=_y(high), height=max(_y(low) - _y(high), 1.0), class_="arc-band"
        )
        line = element("line", x1=0, x2=WIDTH, y1=_y(value), y2=_y(value), class_="arc-index")
    return element(
        "svg",
        band,
        element("line", x1=0, x2=WIDTH, y1=_y(0), y2=_y(0), class_="arc-zero"),
        line,
        *(_bar(step, number * width, width) for number, step in enumerate(steps)),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        class_="arc",
        role="img",
        aria_label=f"Tone of {len(steps)} sentences in the order of the text; the same figures are in the table",
    )


def interval_bar(value: float, low: float, high: float, css_class: str) -> Markup:
    """Return a value with its interval on a scale from -1 to +1."""
    return element(
        "svg",
        element("line", x1=0, x2=WIDTH, y1=50, y2=50, class_="scale-track"),
        element("line", x1=WIDTH / 2, x2=WIDTH / 2, y1=15, y2=85, class_="scale-zero"),
        element("rect", x=_x(low), width=max(_x(high) - _x(low), 2.0), y=32, height=36, class_="scale-band"),
        element("rect", x=max(_x(value) - 6, 0), width=12, y=10, height=80, class_="scale-value"),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        class_=f"scale {css_class}",
        aria_hidden="true",
    )


def _bar(step: Step, x: float, width: float) -> Markup:
    gap = min(width * 0.12, 4.0)
    if step.value is None:
        top, height = _y(0) - LEAST_BAR, 2 * LEAST_BAR
    else:
        height = max(abs(_y(step.value) - _y(0)), LEAST_BAR)
        top = _y(0) - height if step.value >= 0 else _y(0)
    inner = {"x": round(x + gap, 2), "width": round(max(width - 2 * gap, 0.5), 2)}
    return element(
        "g",
        element("title", step.hint),
        element("rect", x=round(x, 2), width=round(width, 2), y=0, height=HEIGHT, class_="arc-hit"),
        element(
            "rect", **inner, y=round(top, 2), height=round(height, 2), class_=f"arc-bar {step.css_class}"
        ),
        data_sentence=step.sentence,
    )


def _x(value: float) -> float:
    return round((max(-1.0, min(1.0, value)) + 1) / 2 * WIDTH, 2)


def _y(value: float) -> float:
    return round((1 - max(-1.0, min(1.0, value))) / 2 * HEIGHT, 2)


def share_bar(shares: Sequence[tuple[float, str, str]]) -> Markup:
    """Return one stacked bar.

    Args:
        shares: Share 0..1, class and hint of each part.
    """
    parts = (
        element("span", title=hint, class_=f"share {css_class}", style=f"flex-grow:{share:.4f}")
        for share, css_class, hint in shares
        if share > 0
    )
    return element("div", join(*parts), class_="shares", aria_hidden="true")
