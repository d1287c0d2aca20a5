"""What a simulation of corrections found: its outcomes as tables and JSON, and how many corrections reach a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from .outcome_file import read_outcome_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one retraining did."""

    choice: str
    """How the sentences were chosen, a name of `simulation.CHOICES`."""
    corrected: int
    seed: int
    n: Mapping[str, int]
    """Kind of sentences -> how many of them were measured."""
    before: Mapping[str, float]
    """"kind: task, figure" -> value of the release that is gone on from."""
    after: Mapping[str, float]
    made_of: str
    """SHA-256 of the release, the sentences and the settings: the same, and the same choice, number and seed, the same
    retraining."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """How many corrections one way to choose them takes, with one seed."""

    figure: str
    """"task, figure"."""
    choice: str
    seed: int
    aim: float | None
    """Half-way from before to the best after of this seed, however chosen; None where nothing is better after."""
    corrections: float | None
    """None where the aim is not reached."""


def corrections_needed(outcomes: Sequence[Outcome], kind: str) -> list[Needed]:
    """Return for each figure of a kind of sentences, way to choose and seed how many corrections reach its aim.

    Each seed measures other sentences, so that each has an aim of its own, the same for every way to choose.
    """
    found = []
    for name in outcomes[0].before if outcomes else ():
        its_kind, _, figure = name.partition(": ")
        if its_kind != kind:
            continue
        for seed in dict.fromkeys(o.seed for o in outcomes):
            of_seed = [o for o in outcomes if o.seed == seed]
            before = of_seed[0].before[name]
            aim = half_way(before, [o.after[name] for o in of_seed])
            for choice in dict.fromkeys(o.choice for o in of_seed):
                after = {o.corrected: o.after[name] for o in of_seed if o.choice == choice}
                curve = sorted({0: before, **after}.items())
                reached = None if aim is None else crossing(curve, aim)
                found.append(Needed(figure=figure, choice=choice, seed=seed, aim=aim, corrections=reached))
    return found


def half_way(before: float, after: Sequence[float]) -> float | None:
    """Return the middle between a figure before and the best one after; None where none is better."""
    best = max(after)
    return (before + best) / 2 if best > before else None


def crossing(curve: Sequence[tuple[float, float]], aim: float) -> float | None:
    """Return where a curve first reaches a value, on straight lines between its points; None where it never does.

    Args:
        curve: Points by rising x.
        aim: The value.
    """
    if curve[0][1] >= aim:
        return curve[0][0]
    for (x, y), (next_x, next_y) in pairwise(curve):
        if next_y >= aim:
            return x + (aim - y) / (next_y - y) * (next_x - x)
    return None


def as_table(outcomes: Sequence[Outcome]) -> str:
    """Return mean and standard deviation over the seeds as Markdown.

    A line for each kind of sentences before, and for each number of corrections, fewest first, and way to choose them.
    """
    names = list(outcomes[0].before) if outcomes else []
    figures = list(dict.fromkeys(name.partition(": ")[2] for name in names))
    lines = [
        f"| measured on | n | corrected | chosen | seeds | {' | '.join(figures)} |",
        "|" + "---|" * (len(figures) + 5),
    ]

    def line(kind: str, corrected: int, choice: str, rows: Sequence[tuple[int, Mapping[str, float]]]) -> str:
        n = round(fmean(n for n, _ in rows))
        names = [f"{kind}: {figure}" for figure in figures]
        cells = " | ".join(_cell([row[name] for _, row in rows if name in row]) for name in names)
        return f"| {kind} | {n:,} | {corrected} | {choice} | {len(rows)} | {cells} |"

    first = list({outcome.seed: outcome for outcome in outcomes}.values())
    ways = sorted({(outcome.corrected, outcome.choice) for outcome in outcomes})
    for kind in dict.fromkeys(name.partition(": ")[0] for name in names):
        lines.append(line(kind, 0, "", [(o.n[kind], o.before) for o in first]))
        for way in ways:
            same = [o for o in outcomes if (o.corrected, o.choice) == way]
            lines.append(line(kind, *way, [(o.n[kind], o.after) for o in same]))
    return "\n".join(lines)


def as_needed_table(needed: Sequence[Needed]) -> str:
    """Return the corrections needed as Markdown, a column for each seed; their mean where all seeds get there."""
    seeds = list(dict.fromkeys(entry.seed for entry in needed))
    lines = [
        f"| figure | chosen | {' | '.join(f'seed {seed}' for seed in seeds)} | mean |",
        "|" + "---|" * (len(seeds) + 3),
    ]
    for figure, choice in dict.fromkeys((entry.figure, entry.choice) for entry in needed):
        row = [entry for entry in needed if (entry.figure, entry.choice) == (figure, choice)]
        reached = [entry.corrections for entry in row if entry.corrections is not None]
        mean = (
            f"{fmean(reached):.0f}" if len(reached) == len(row) else f"in {len(reached)} of {len(row)} seeds"
        )
        lines.append(f"| {figure} | {choice} | {' | '.join(map(_needed_cell, row))} | {mean} |")
    return "\n".join(lines)


def _needed_cell(entry: Needed) -> str:
    if entry.aim is None:
        return "no gain"
    reached = "not reached" if entry.corrections is None else f"{entry.corrections:.0f}"
    return f"{reached} ({entry.aim:.3f})"


def _cell(values: Sequence[float]) -> str:
    """Mean and deviation; nothing where there are no labels to measure."""
    if not values:
        return ""
    return f"{fmean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


def as_json(release: str, outcomes: Sequence[Outcome], needed: Sequence[Needed]) -> dict[str, Any]:
    """Return all of a simulation, JSON-ready, with the label of the release that it goes on from."""
    return {
        "release": release,
        "seeds": list(dict.fromkeys(outcome.seed for outcome in outcomes)),
        "outcomes": [asdict(outcome) for outcome in outcomes],
        "needed": [asdict(entry) for entry in needed],
    }


def read_outcomes(path: Path) -> list[Outcome]:
    """Return the outcomes of a simulation that was written as JSON; none where there is no such file.

    Raises:
        ConfigError: The file holds something else.
    """
    return read_outcome_file(
        path, lambda stored: [Outcome(**row) for row in stored["outcomes"]], "a simulation"
    )
