"""Lines over time: where points stand, what is written beside them, and what is said to those who see nothing."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from diplotone.serve.trend import Line, Point
from diplotone.serve.trend_plot import BOTTOM, INSET, LEFT, LETTER, RIGHT, TimeAxis, trend


def line(*points: tuple[str, float, int]) -> Line:
    return Line(
        source="NOR",
        target="LVA",
        points=tuple(Point(period=period, mean=mean, n=n) for period, mean, n in points),
    )


def drawn(shown: Line, codebook, axis: TimeAxis | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(str(trend(shown, axis or TimeAxis.of([shown]), codebook["stance"])))


def names(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter("text")]


def test_the_axis_and_the_points_can_be_read(codebook):
    shown = line(("2024-01", -0.9, 1), ("2024-02", 0.1, 9), ("2024-12", 0.8, 4))
    svg = drawn(shown, codebook)
    assert [name for name in names(svg) if not name.startswith(("2024", "n "))] == ["+1", "0", "−1"]
    assert {"2024-01", "2024-12"} <= set(names(svg))
    circles = list(svg.iter("circle"))
    assert [circle.get("class", "").split()[-1] for circle in circles] == ["stance-0", "stance-1", "stance-2"]
    assert [circle[0].text for circle in circles] == [
        "2024-01 −0.90 opposed, n 1",
        "2024-02 +0.10 neutral, n 9",
        "2024-12 +0.80 supportive, n 4",
    ]
    heights = [float(circle.get("cy", "")) for circle in circles]
    assert heights == sorted(heights, reverse=True)
    radii = [float(circle.get("r", "")) for circle in circles]
    assert radii[0] < radii[2] < radii[1]
    said = svg.get("aria-label", "")
    assert re.match(r"3 points, first 2024-01 −0\.90 opposed, n 1; last 2024-12 \+0\.80 supportive", said)


def test_a_gap_in_time_is_as_wide_as_it_is_long(codebook):
    svg = drawn(line(("2024-01", 0, 1), ("2024-02", 0, 1), ("2024-12", 0, 1)), codebook)
    first, second, last = [float(circle.get("cx", "")) for circle in svg.iter("circle")]
    assert (first, last) == (LEFT + INSET, RIGHT - INSET)
    assert (second - first) / (last - first) == pytest.approx(31 / 335, abs=0.002)


def test_two_lines_share_their_time(codebook):
    early, late = line(("2020", 0, 1), ("2021", 0, 1)), line(("2029", 0.5, 2))
    svg = drawn(late, codebook, TimeAxis.of([early, late]))
    assert float(next(svg.iter("circle")).get("cx", "")) == RIGHT - INSET
    assert {"2020", "2029"} <= set(names(svg))


def test_one_period_stands_in_the_middle(codebook):
    svg = drawn(line(("2024-05-01", 0.5, 3)), codebook)
    assert float(next(svg.iter("circle")).get("cx", "")) == (LEFT + RIGHT) / 2
    assert names(svg) == ["+1", "0", "−1", "2024-05-01", "n 3"]
    assert svg.get("aria-label") == "One point: 2024-05-01 +0.50 supportive, n 3"


@pytest.mark.parametrize("n", [2, 3, 7, 62])
def test_no_two_dates_are_written_over_one_another(n):
    days = tuple((date(2024, 1, 1) + timedelta(days=day)).isoformat() for day in range(n))
    axis = TimeAxis(periods=days)
    half = LETTER * len(days[0]) / 2
    middles = {"start": LEFT + half, "end": RIGHT - half}
    places = [middles.get(anchor, axis.x(period)) for period, anchor in axis.ticks()]
    assert [period for period, _ in axis.ticks()][:: len(places) - 1] == [days[0], days[-1]]
    assert all(after - before > 2 * half for before, after in pairwise(places))
    assert len(places) > 2 or n < 7


def test_n_is_written_where_points_are_few_and_inside_the_drawing(codebook):
    values = [(f"2024-0{n}", mean, n) for n, mean in enumerate((1, -1, 1, -1, 0.9, -0.9, 0, 1), 1)]
    svg = drawn(line(*values), codebook)
    counts = [text for text in svg.iter("text") if (text.text or "").startswith("n ")]
    assert [text.text for text in counts] == [f"n {n}" for n in range(1, 9)]
    assert all(10 <= float(text.get("y", "")) < BOTTOM for text in counts)
    many = line(*((f"{year}", 0.5, 1) for year in range(2001, 2030)))
    assert "n 1" not in names(drawn(many, codebook))
