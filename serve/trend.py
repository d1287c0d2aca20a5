"""From the scored texts of an archive to its dyads, and to lines over time: tone of all, stance of each dyad."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..model.article.bootstrap import interval

DAYS_AS_DAYS = 62
DAYS_AS_MONTHS = 6 * 366
"""Up to so many days between first and last, a point is a day or a month; beyond, a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One period of a line."""

    period: str
    """A day, a month or a year, ISO 8601."""
    mean: float
    """-1..+1; of a dyad weighted by its judgements."""
    n: int
    """Texts, or for a dyad its judgements."""

    @property
    def day(self) -> date:
        """The day on which the period begins."""
        return first_day(self.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class DyadTotal:
    """Who stands where toward whom in all texts, dated or not."""

    source: str
    target: str
    mean: float
    """-1..+1, weighted by its judgements."""
    n: int
    """Judgements."""
    by_text: tuple[tuple[float, int], ...]
    """Mean and judgements of each text."""

    @property
    def texts(self) -> int:
        """How many texts it rests on."""
        return len(self.by_text)

    def interval(self) -> tuple[float, float]:
        """Return the 95 % bootstrap interval of the mean; it takes milliseconds, too long for thousands of dyads.

        The judgements of a text are drawn together. Those of a single text give their mean twice.
        """
        # Of what is drawn as a whole only the mean counts, so it may stand for each of its judgements.
        each = [mean for mean, n in self.by_text for _ in range(n)]
        return interval(each, [text for text, (_, n) in enumerate(self.by_text) for _ in range(n)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line over time."""

    source: str | None
    """Code; None in the line of all texts."""
    target: str | None
    points: tuple[Point, ...]

    @property
    def n(self) -> int:
        """What it rests on in all."""
        return sum(point.n for point in self.points)


def first_day(period: str) -> date:
    """Return the day on which a day, a month or a year begins."""
    return date.fromisoformat(period + "-01" * (2 - period.count("-")))


def dyad_totals(rows: Sequence[Mapping[str, Any]]) -> list[DyadTotal]:
    """Return the dyads of all texts, those with the most evidence first."""
    found: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
    for row in rows:
        for dyad in row["dyads"]:
            found[dyad["source"], dyad["target"]].append((dyad["mean"], dyad["n"]))
    totals = [
        DyadTotal(
            source=source,
            target=target,
            mean=_weighted(values),
            n=sum(n for _, n in values),
            by_text=tuple(values),
        )
        for (source, target), values in found.items()
    ]
    return sorted(totals, key=lambda total: (-total.n, total.source, total.target))


def tone_line(rows: Sequence[Mapping[str, Any]]) -> Line:
    """Return the mean tone index of the dated texts over time."""
    dated = [(row["date"], row["tone"], 1) for row in rows if row["date"] and row["tone"] is not None]
    return Line(source=None, target=None, points=_points(dated, _cut(rows)))


def dyad_lines(rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Return the stance of each dyad over time, those with the most evidence first."""
    found: dict[tuple[str, str], list[tuple[str, float, int]]] = defaultdict(list)
    for row in rows:
        for dyad in row["dyads"] if row["date"] else ():
            found[dyad["source"], dyad["target"]].append((row["date"], dyad["mean"], dyad["n"]))
    cut = _cut(rows)
    lines = [
        Line(source=source, target=target, points=_points(values, cut))
        for (source, target), values in found.items()
    ]
    return sorted(lines, key=lambda line: (-line.n, line.source or "", line.target or ""))


def _points(values: Iterable[tuple[str, float, int]], cut: int) -> tuple[Point, ...]:
    periods: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for day, value, n in values:
        periods[day[:cut]].append((value, n))
    return tuple(
        Point(period=period, mean=_weighted(found), n=sum(n for _, n in found))
        for period, found in sorted(periods.items())
    )


def _weighted(values: Sequence[tuple[float, int]]) -> float:
    return round(sum(value * n for value, n in values) / sum(n for _, n in values), 4)


def _cut(rows: Sequence[Mapping[str, Any]]) -> int:
    """How many characters of a date name its period; the same for all lines of an archive."""
    days = [row["date"] for row in rows if row["date"]]
    if not days:
        return 10
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    span = (last - first).days
    return 10 if span <= DAYS_AS_DAYS else 7 if span <= DAYS_AS_MONTHS else 4
