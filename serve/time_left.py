"""About how long a retraining will go on: what it says of its training, and what the other phases took before.

    progress = {"phase": "training", "seconds_left": 61.5, "began": "...", "took": {"preparing": 9.2}, "updated": "..."}

as `diplotone-train` writes it to `progress.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

PHASES = ("preparing", "training", "writing", "judging")
MEASURED = {"preparing": 2.0, "writing": 75.0, "judging": 44.0}
"""Seconds for the shipped release on two cores that do nothing else (AMD EPYC with AVX-512, without the texts of the
real sentences): holds until a retraining here has ended. How long a training takes hangs on the labels and is not
guessed."""


def usual_seconds(latest_first: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Return the seconds that each phase takes as far as that is known: as in the last retraining that came to its end.

    Args:
        latest_first: The progress of the retrainings that are kept.
    """
    for progress in latest_first:
        took = progress.get("took")
        if progress.get("phase") == "ended" and isinstance(took, dict):
            return MEASURED | {phase: float(took[phase]) for phase in PHASES if phase in took}
    return dict(MEASURED)


def seconds_left(progress: Mapping[str, Any], usual: Mapping[str, float], now: datetime) -> float | None:
    """Return about how many seconds a running retraining has before it; None where nothing tells.

    Args:
        progress: As it stands; empty before the first phase.
        usual: What each phase takes, as `usual_seconds` returns it.
        now: With a time zone.
    """
    phase = progress.get("phase")
    if phase is None:
        later, left = PHASES, 0.0
    elif phase in PHASES:
        later, left = PHASES[PHASES.index(phase) + 1 :], _of_this_phase(progress, usual, now)
    else:
        return None
    if left is None or any(name not in usual for name in later):
        return None
    whole = left + sum(usual[name] for name in later)
    return whole or None  # what is overdue: nothing tells how long it will take


def _of_this_phase(progress: Mapping[str, Any], usual: Mapping[str, float], now: datetime) -> float | None:
    by_pace = progress.get("seconds_left")
    whole = by_pace if by_pace is not None else usual.get(progress["phase"])
    since = progress.get("updated" if by_pace is not None else "began")
    if whole is None or since is None:
        return None
    return max(0.0, float(whole) - (now - datetime.fromisoformat(since)).total_seconds())
