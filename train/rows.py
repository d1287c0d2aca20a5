"""The rows of the benchmark: figures with intervals, what simple methods reach on the same, and tables of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .changes import Changes
from .metrics import (
    Figure,
    accuracy,
    bounds,
    class_figures,
    confusion,
    macro_f1,
    resampled,
    resampled_statistic,
)

MAJORITY = "majority"
"""The baseline that always answers what is right most often."""

Draws = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure."""

    source: str
    figure: str
    n: int
    value: float
    low: float | None
    high: float | None
    """95 % bootstrap interval; None where there is none."""
    anchor: str = ""
    """What others reach on the same data, with its source."""
    classes: Mapping[str, float] = field(default_factory=dict)
    """F1 of each class, where the figure is a mean of them."""
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """The same figure of each task, or of each state, as "value" and, where it was counted, "n"."""
    aim: str = ""
    """What was aimed at, in the figure's own terms."""
    seeds: Sequence[float] = field(default_factory=list)
    """Its value and those of releases that differ in their seed; empty where there are none."""
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Name of a simple method -> its "value" on the same, and "low" and "high" of the 95 % interval of what the release
    is above it, by the same draws for both."""
    draws: Draws | None = field(default=None, repr=False, compare=False)
    """The figure in each bootstrap resample; it is not written."""


def label_row(
    source: str,
    figure: str,
    gold: Sequence[str],
    answers: Sequence[str],
    groups: Sequence[Any],
    *,
    names: Sequence[str] | None = None,
    value: Figure = macro_f1,
    anchor: str = "",
    aim: str = "",
    majority: bool = True,
) -> Row:
    """Return a figure of answers against right ones.

    Args:
        source: Where the questions come from.
        figure: What it is called.
        gold: The right answers. *Length:* N
        answers: Those that were given. *Length:* N
        groups: What belongs together, such as the pairs of one sentence. *Length:* N
        names: All possible answers, in order where that matters.
        value: The figure.
        anchor: What others reach.
        aim: What was aimed at.
        majority: Compare with the answer that is right most often.
    """
    names = list(names or sorted({*gold, *answers}))
    true, predicted = (np.array([names.index(label) for label in labels]) for labels in (gold, answers))
    draws = value(resampled(true, predicted, len(names), groups))
    low, high = bounds(draws)
    counts = confusion(true, predicted, len(names))
    f1 = dict(zip(names, map(float, class_figures(counts)[2]), strict=True)) if value is macro_f1 else {}
    row = Row(
        source=source,
        figure=figure,
        n=len(true),
        value=float(value(counts)),
        low=low,
        high=high,
        anchor=anchor,
        classes=f1,
        aim=aim,
        draws=draws,
    )
    if not majority:
        return row
    constant = [Counter(gold).most_common(1)[0][0]] * len(gold)
    theirs = label_row(source, figure, gold, constant, groups, names=names, value=value, majority=False)
    return beside(row, {MAJORITY: theirs})


def share_row(
    source: str, figure: str, happened: Sequence[bool], groups: Sequence[Any], *, aim: str = ""
) -> Row:
    """Return the share of what happened; arguments as of `label_row`."""
    answers = ["yes" if found else "no" for found in happened]
    yes = ["yes"] * len(answers)
    return label_row(
        source,
        figure,
        yes,
        answers,
        groups,
        names=["no", "yes"],
        value=accuracy,
        aim=aim,
        majority=False,
    )


def changes_rows(source: str, figure: str, changes: Changes, aim: str) -> Iterator[Row]:
    """Yield the share of labels that changed, with that of each task; nothing where there was no label."""
    if changes.all.n:
        row = share_row(source, figure, changes.all.flipped, changes.all.sentence_of, aim=aim)
        parts = {task: {"value": flips.share, "n": flips.n} for task, flips in changes.by_task.items()}
        yield replace(row, parts=parts)


def statistic_row(
    source: str,
    figure: str,
    groups: Sequence[Any],
    statistic: Callable[[NDArray[np.int64]], float],
    *,
    aim: str = "",
    anchor: str = "",
) -> Row:
    """Return a figure that is no figure of confusion counts; arguments as of `label_row` and `resampled_statistic`."""
    draws = resampled_statistic(statistic, groups)
    low, high = bounds(draws)
    value = statistic(np.arange(len(groups)))
    return Row(
        source=source,
        figure=figure,
        n=len(groups),
        value=value,
        low=low,
        high=high,
        anchor=anchor,
        aim=aim,
        draws=draws,
    )


def beside(row: Row, theirs: Mapping[str, Row]) -> Row:
    """Return a row with the values of baselines on the same items and the intervals of the differences."""
    added = {}
    for name, other in theirs.items():
        added[name] = {"value": other.value}
        if row.n == other.n and row.draws is not None and other.draws is not None:
            added[name]["low"], added[name]["high"] = bounds(row.draws - other.draws)
    return replace(row, baselines={**row.baselines, **added})


def with_baselines(rows: Iterable[Row], found: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Return rows with what each baseline has for the same source and figure."""
    keyed = {name: {(r.source, r.figure): r for r in theirs} for name, theirs in found.items()}
    return [
        beside(row, {name: theirs[key] for name, theirs in keyed.items() if key in theirs})
        for row in rows
        for key in [(row.source, row.figure)]
    ]


def beside_seeds(rows: Sequence[Row], others: Sequence[Sequence[Row]]) -> list[Row]:
    """Return the rows of a release with the figures that releases have which differ from it in their seed.

    A figure that one of these lacks stands alone.
    """
    keyed = [{(row.source, row.figure): row.value for row in of_release} for of_release in others]
    return [
        replace(row, seeds=[row.value, *(values[key] for values in keyed)])
        if keyed and all(key in values for values in keyed)
        else row
        for row in rows
        for key in [(row.source, row.figure)]
    ]


def as_table(rows: Sequence[Row]) -> str:
    """Return the figures as a Markdown table; columns that no row fills are left out.

    Of several seeds the mean and the standard deviation are shown; beside the value of a baseline stands the interval
    of what the release is above it.
    """
    methods = list(dict.fromkeys(name for row in rows for name in row.baselines))
    n_seeds = max((len(row.seeds) for row in rows), default=0)
    over_seeds = [f"{n_seeds} seeds"] if n_seeds else []
    columns = ["data", "figure", "n", "value", "95 %", *over_seeds, *methods, "anchor", "aim"]
    if not any(row.aim for row in rows):
        columns.remove("aim")
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for r in rows:
        cells = {
            "data": r.source,
            "figure": r.figure,
            "n": f"{r.n:,}",
            "value": f"{r.value:.3f}",
            "95 %": "" if r.low is None or r.high is None else f"{r.low:.3f}–{r.high:.3f}",
            "anchor": r.anchor,
            "aim": r.aim,
        }
        cells |= {
            name: f"{fmean(r.seeds):.3f} ± {stdev(r.seeds):.3f}" if r.seeds else "" for name in over_seeds
        }
        cells |= {name: _baseline_cell(r.baselines.get(name)) for name in methods}
        lines.append(f"| {' | '.join(cells[column] for column in columns)} |")
    return "\n".join(lines)


def _baseline_cell(found: Mapping[str, float] | None) -> str:
    if found is None:
        return ""
    above = f" ({found['low']:+.3f} to {found['high']:+.3f})" if "low" in found else ""
    return f"{found['value']:.3f}{above}"


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the figures as JSON-ready dicts, from which `Row(**row)` makes them again."""
    return [{key: value for key, value in asdict(row).items() if key != "draws"} for row in rows]
