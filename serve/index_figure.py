"""The tone index of a text as a figure: the number, its label, and where both lie on the scale."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from ..model.analysis import ToneIndex
from ..model.codebook import Task
from . import palette, plots
from .markup import element
from .wording import interval, signed


def index_figure(index: ToneIndex, tone: Task) -> Iterator[Markup]:
    """Yield the index with its interval, or why there is none."""
    if index.value is None or index.low is None or index.high is None:
        yield element("p", "no index", class_="value")
        yield element("p", index.reason)
        return
    css_class = palette.css_class(tone, index.label)
    yield element(
        "p",
        element("span", signed(index.value), class_="value"),
        element("span", palette.mark(tone, index.label), f" {index.label}", class_=f"chip {css_class}"),
        class_="verdict",
    )
    yield plots.interval_bar(index.value, index.low, index.high, css_class)
    yield element(
        "p",
        element("span", f"−1 {tone.names[0]}"),
        element("span", "0"),
        element("span", f"+1 {tone.names[-1]}"),
        class_="scale-ends",
    )
    yield element("p", f"95 % interval {interval(index.low, index.high)}")
