"""A line over time as inline SVG: an axis from -1 to +1, dates at their distances, points in their label's colour.

It is drawn in its own proportions, so that its letters are not stretched; the look is in the style sheet of whatever
shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from markupsafe import Markup

from ..model.article.index import label_of_mean
from ..model.codebook import Task
from . import palette
from .markup import element, join
from .trend import Line, Point, first_day
from .wording import counted, signed

WIDTH, HEIGHT = 300, 174
"""Units of the drawing; on a phone one is a little less than a pixel."""

LEFT, RIGHT, TOP, BOTTOM = 28, 292, 20, 148
"""Where the frame of the plot ends; its height is a multiple of the two steps of the scale."""

INSET = 9
"""Between the frame and the first and last point."""

LETTER = 7.4
"""Width of a figure of the lettering, a little too wide rather than too narrow."""

SMALLEST, LARGEST = 3.0, 5.5
"""Radius of a point by its share of the evidence of its line."""

MOST_COUNTED = 8
"""Points of one line beside which their n is written; with more, the figures would hide the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAxis:
    """The periods that several lines share, so that one can be read against another."""

    periods: tuple[str, ...]
    """In order; all of one length: days, months or years."""

    @classmethod
    def of(cls, lines: Iterable[Line]) -> TimeAxis:
        """Return the axis of some lines."""
        return cls(periods=tuple(sorted({point.period for line in lines for point in line.points})))

    def x(self, period: str) -> float:
        """Return where a period stands, by the days since the first; the only one stands in the middle."""
        first, last = first_day(self.periods[0]), first_day(self.periods[-1])
        if first == last:
            return (LEFT + RIGHT) / 2
        share = (first_day(period) - first) / (last - first)
        return round(LEFT + INSET + share * (RIGHT - LEFT - 2 * INSET), 1)

    def ticks(self) -> list[tuple[str, str]]:
        """Return the periods that are named and how they are anchored: first, last, and those between with room."""
        first, last = self.periods[0], self.periods[-1]
        if first == last:
            return [(first, "middle")]
        width = LETTER * len(first)
        reach, end = LEFT + width, RIGHT - width  # where the first name ends and the last one begins
        between = []
        for period in self.periods[1:-1]:
            x = self.x(period)
            if x - width / 2 > reach + LETTER and x + width / 2 < end - LETTER:
                between.append((period, "middle"))
                reach = x + width / 2
        return [(first, "start"), *between, (last, "end")]


def label_at(mean: float, task: Task) -> str:
    """Return the label of a mean from -1 to +1."""
    return label_of_mean(mean * max(abs(score) for score in task.scores), task)


def trend(line: Line, axis: TimeAxis, task: Task) -> Markup:
    """Return the drawing of a line; its figures in a table have to stand beside it.

    Args:
        line: With one point or more, all on the axis.
        axis: The time.
        task: Whose labels and colours the points take.
    """
    places = [(axis.x(point.period), _y(point.mean)) for point in line.points]
    return element(
        "svg",
        *(_level(value) for value in (+1, 0, -1)),
        *(_tick(axis, period, anchor) for period, anchor in axis.ticks()),
        element("polyline", points=" ".join(f"{x},{y}" for x, y in places), class_="trend-line"),
        *(_point(point, place, line, task) for point, place in zip(line.points, places, strict=True)),
        *_counts(places, line.points),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        class_="trend",
        role="img",
        aria_label=in_words(line, task),
    )


def in_words(line: Line, task: Task) -> str:
    """Return what a line shows, for those who do not see it."""
    points = line.points
    if len(points) == 1:
        return f"One point: {_said(points[0], task)}"
    lowest, highest = (pick(points, key=lambda point: point.mean) for pick in (min, max))
    return (
        f"{counted(len(points), 'point')}, first {_said(points[0], task)}; last {_said(points[-1], task)};"
        f" lowest {signed(lowest.mean)} in {lowest.period}, highest {signed(highest.mean)} in {highest.period}."
        " All are in the table that follows."
    )


def _said(point: Point, task: Task) -> str:
    return f"{point.period} {signed(point.mean)} {label_at(point.mean, task)}, n {point.n:,}"


def _level(value: int) -> Markup:
    y = _y(value)
    return join(
        element("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, class_="trend-zero" if value == 0 else "trend-end"),
        element("text", signed(value, 0), x=LEFT - 6, y=y + 4, text_anchor="end"),
    )


def _tick(axis: TimeAxis, period: str, anchor: str) -> Markup:
    x = axis.x(period)
    return join(
        element("line", x1=x, x2=x, y1=BOTTOM, y2=BOTTOM + 4, class_="trend-end"),
        element(
            "text",
            period,
            x={"start": LEFT, "middle": x, "end": RIGHT}[anchor],
            y=BOTTOM + 17,
            text_anchor=anchor,
        ),
    )


def _point(point: Point, place: tuple[float, float], line: Line, task: Task) -> Markup:
    share = sqrt(point.n / max(other.n for other in line.points))
    return element(
        "circle",
        element("title", _said(point, task)),
        cx=place[0],
        cy=place[1],
        r=round(SMALLEST + share * (LARGEST - SMALLEST), 1),
        class_=f"trend-point {palette.css_class(task, label_at(point.mean, task))}",
    )


def _counts(places: Sequence[tuple[float, float]], points: Sequence[Point]) -> list[Markup]:
    """The n of the points where they are few; of many it stands in the table, and their size tells."""
    if len(points) > MOST_COUNTED:
        return []
    shown = []
    reach = 0.0
    for number, (point, (x, y)) in enumerate(zip(points, places, strict=True)):
        words = f"n {point.n:,}"
        half = LETTER * len(words) / 2
        x = min(x, WIDTH - half)
        if x - half > reach:
            reach = x + half
            around = [height for _, height in places[max(number - 1, 0) : number + 2]]
            is_low = y > sum(around) / len(around) and y + 22 < BOTTOM
            below = y + 18  # where the line comes from above
            shown.append(
                element(
                    "text", words, x=x, y=below if is_low else y - 10, text_anchor="middle", class_="trend-n"
                )
            )
    return shown


def _y(value: float) -> float:
    return round(TOP + (1 - max(-1.0, min(1.0, value))) / 2 * (BOTTOM - TOP), 1)
