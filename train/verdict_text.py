"""A verdict in words and tables, to be read in a terminal or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .verdict import Verdict

OUTCOMES = {
    "promote": "PROMOTE: the candidate is better, and nothing that matters is worse.",
    "refuse": "REFUSE: the candidate is worse than the release in use.",
    "undecided": "UNDECIDED: the candidate is neither shown to be better nor to be worse.",
}


def as_text(verdict: Verdict) -> str:
    """Return the outcome, why, and the figures it rests on."""
    return "\n".join(_lines(verdict))


def _lines(verdict: Verdict) -> Iterator[str]:
    figures = verdict.figures
    yield OUTCOMES[verdict.outcome]
    yield ""
    yield from (f"* {reason}" for reason in verdict.reasons)
    yield ""
    yield f"candidate {figures['candidate']}, current {figures['current']}"
    for place, called in (("test", "frozen test split"), ("corrections", "held-out corrections")):
        yield ""
        yield f"{called}: {figures[place]['sentences']:,} sentences"
        yield from _task_table({task: row for task, row in figures[place]["tasks"].items() if row["n"]})
    if figures["contrast"]:
        yield ""
        yield f"{'minimal pairs, both sentences right':41}{'candidate':>10}{'current':>9}{'difference':>12}"
        for name, row in figures["contrast"].items():
            more = row["candidate"] - row["current"]
            yield f"  {name:14}{row['n']:>7}{'':18}{row['candidate']:>10}{row['current']:>9}{more:>+12}"
    for name, row in figures["faults"].items():
        yield ""
        yield f"{name}: {row['candidate']:.2%}, current release {row['current']:.2%}"
    if figures["speed"]:
        yield ""
        yield f"speed: {figures['speed']['ratio']:.2f} times the current release's sentences a second"
    if figures["notes"]:
        yield ""
        yield from (f"note: {note}" for note in figures["notes"])


def _task_table(tasks: Mapping[str, Any]) -> Iterator[str]:
    if not tasks:
        return
    yield (
        f"  {'':14}{'labels':>7}  {'':16}{'candidate':>10}{'current':>9}{'difference':>12}  {'95 %':18}"
        f"{'newly right':>11}{'newly wrong':>12}{'McNemar p':>11}{'ECE':>7}{'before':>8}"
    )
    for task, row in tasks.items():
        answers = row["mcnemar"]
        yield (
            f"  {task:14}{row['n']:>7,}  {_difference(row['figure'], row)}"
            f"{answers['gained']:>11}{answers['lost']:>12}{answers['p']:>11.3f}"
            f"{row['ece']['candidate']:>7.3f}{row['ece']['current']:>8.3f}"
        )
        for label, one in row["classes"].items():
            yield f"    {label:12}{one['n']:>7,}  {_difference('F1', one).rstrip()}"


def _difference(figure: str, row: Mapping[str, Any]) -> str:
    low, high = row["interval"]
    return (
        f"{figure:16}{row['candidate']:>10.3f}{row['current']:>9.3f}{row['difference']:>+12.3f}"
        f"  {f'{low:+.3f} to {high:+.3f}':18}"
    )
