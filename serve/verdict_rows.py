"""What a verdict compares besides the labels one by one, as a few rows in plain words.

Answers right and wrong (McNemar's test), how far probabilities are off (calibration), exchanged states, look-alike
sentences (the contrast sets) and speed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Row: TypeAlias = "tuple[str, str, str, str]"
"""What is compared, how the release in use does, how the new one does, and what that means."""

HEADS = ("compared", "in use", "new", "which means")
ANSWERS = (
    ("corrections", "Held-out labels answered as you gave them"),
    ("test", "The project's test labels answered right"),
)
AS_FAST = 0.1
"""Shares of speed that differ by less are called the same: so far apart are two measurements of one release."""


def compared_rows(verdict: Mapping[str, Any]) -> Iterator[Row]:
    """Yield a row for each thing that was compared; what could not be asked has none."""
    gates = verdict["gates"]
    for place, title in ANSWERS:
        yield from _answers(verdict[place]["together"], title)
    for task, found in verdict["test"]["tasks"].items():
        if found["n"] and found["n"] >= gates["least_labels"]:
            title = f"Percentages shown for {task}: off by, on average"
            yield _shares(title, found["ece"], gates["calibration_rise"], 1)
    for name, found in verdict["faults"].items():
        yield _shares(f"{name[:1].upper()}{name[1:]}", found, gates["fault_rise"], 2)
    if verdict["contrast"]:
        yield _look_alikes(verdict["contrast"], gates["contrast_drop"])
    if verdict["speed"]:
        yield _speed(verdict["speed"]["ratio"], gates["speed_ratio"])


def _answers(found: Mapping[str, Any], title: str) -> Iterator[Row]:
    if not found["n"]:
        return
    gained, lost, p = (found["mcnemar"][key] for key in ("gained", "lost", "p"))
    means = "none has become right or wrong"
    if gained or lost:
        by_chance = f"{p:.1%}" if p >= 0.001 else "less than 0.1%"
        means = (
            f"{gained:,} newly right, {lost:,} newly wrong; as uneven by chance alone in {by_chance} of cases"
        )
    before, now = (f"{found[key]:,} of {found['n']:,}" for key in ("current", "candidate"))
    yield title, before, now, means


def _shares(title: str, found: Mapping[str, float], limit: float, digits: int) -> Row:
    """A row of two shares of which less is better."""
    before, now = found["current"], found["candidate"]
    means = _worse_by(now - before, limit, least=10 ** -(digits + 2))
    return title, f"{before:.{digits}%}", f"{now:.{digits}%}", means


def _look_alikes(sets: Mapping[str, Any], limit: float) -> Row:
    n, before, now = (sum(row[key] for row in sets.values()) for key in ("n", "current", "candidate"))
    means = _worse_by((before - now) / n, limit, least=0.5 / n)
    moved = {name: row["candidate"] - row["current"] for name, row in sets.items()}
    if told := ", ".join(f"{name} {by:+d}".replace("-", "−") for name, by in moved.items() if by):
        means = f"{means} ({told})"
    return (
        "Pairs of look-alike sentences, both read right",
        f"{before:,} of {n:,}",
        f"{now:,} of {n:,}",
        means,
    )


def _speed(ratio: float, least: float) -> Row:
    if abs(ratio - 1) < AS_FAST:
        means = "as fast"
    elif ratio > 1:
        means = "faster"
    else:
        means = "slower, within what is allowed" if ratio >= least else "slower than is allowed"
    return "Speed, in sentences a second", "1", f"{ratio:.2f} times that", means


def _worse_by(worse: float, limit: float, *, least: float) -> str:
    """What it means that something is worse by so much, where what is below `least` does not show."""
    if worse > limit:
        return "worse than is allowed"
    if abs(worse) < least:
        return "as before"
    return "worse, within what is allowed" if worse > 0 else "better"
