"""Two releases on the same labels: what each gets right, and how sure the difference is.

The bootstrap draws whole sentences, and the same ones for both, so that what makes a sentence hard cancels out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from ..model.analyzer import Analyzer, Prediction
from ..model.codebook import Task
from ..model.records import Record
from .evaluate import labelled
from .metrics import (
    Figure,
    bounds,
    class_figures,
    confusion,
    expected_calibration_error,
    macro_f1,
    quadratic_kappa,
    resampled,
)
from .relabel import counterparts, relabelled


@dataclass(frozen=True, slots=True)
class Paired:
    """The answers of two releases to the same questions of one task.

    Labels are numbers in `names`: the candidate's labels, then those that only the other release has.
    """

    task: Task
    names: tuple[str, ...]
    true: NDArray[np.int64]
    candidate: NDArray[np.int64]
    current: NDArray[np.int64]
    groups: NDArray[np.int64]
    """Number of the sentence that each label is of."""
    calibration: dict[str, float]
    """Expected calibration error of "candidate" and "current", 0..1; empty without labels."""


def pair_up(candidate: Analyzer, current: Analyzer, records: Sequence[Record]) -> list[Paired]:
    """Return both releases' answers to every label of the records that both can answer.

    Args:
        candidate: Its codebook is that of the records.
        current: May have other labels: renamed ones are translated, and a question whose right answer it cannot give
            is left out.
        records: Labelled.
    """
    same = counterparts(current.codebook, candidate.codebook)
    old_records = relabelled(records, candidate.codebook, current.codebook)
    answered = [
        (new, old, a, b)
        for new, old, a, b in zip(
            records, old_records, candidate.predict(records), current.predict(records), strict=True
        )
        if isinstance(a, Prediction) and isinstance(b, Prediction)
    ]
    paired = []
    for task in candidate.codebook:
        old_task = current.codebook[task.name]
        both = [(_masked(new, old), old, a, b) for new, old, a, b in answered]
        true, mine, groups = labelled(task, [(new, a) for new, _, a, _ in both])
        old_true, others, _ = labelled(old_task, [(old, b) for _, old, _, b in both])
        extra = tuple(name for name in old_task.names if name not in same[task.name])
        names = (*task.names, *extra)
        translated = np.array(
            [names.index(same[task.name].get(name, name)) for name in old_task.names], dtype=np.int64
        )
        calibration = {}
        if len(true):
            calibration = {
                "candidate": expected_calibration_error(true, mine),
                "current": expected_calibration_error(old_true, others),
            }
        paired.append(
            Paired(
                task=task,
                names=names,
                true=true,
                candidate=mine.argmax(1) if len(true) else true,
                current=translated[others.argmax(1)] if len(true) else true,
                groups=np.array(groups, dtype=np.int64),
                calibration=calibration,
            )
        )
    return paired


def _masked(record: Record, old: Record) -> Record:
    """The record without the labels that it has no counterpart for in the other codebook."""
    from dataclasses import replace

    def kept(holder: Any, other: Any, *tasks: str) -> dict[str, Any]:
        return {task: getattr(holder, task) if getattr(other, task) is not None else None for task in tasks}

    pairs = tuple(
        replace(pair, **kept(pair, other, "stance", "act"))
        for pair, other in zip(record.pairs, old.pairs, strict=True)
    )
    return replace(record, pairs=pairs, **kept(record, old, "sentiment", "tone"))


def compare(paired: Paired, *, least_class_labels: float) -> dict[str, Any]:
    """Return the figures of one task: each release's, their difference with its 95 % interval, and McNemar's test."""
    n = len(paired.true)
    if n == 0:
        return {"n": 0}
    figure, name = main_figure(paired.task)
    size = len(paired.names)
    counts = [confusion(paired.true, answers, size) for answers in (paired.candidate, paired.current)]
    drawn = [
        resampled(paired.true, answers, size, paired.groups.tolist())
        for answers in (paired.candidate, paired.current)
    ]
    low, high = bounds(figure(drawn[0]) - figure(drawn[1]))
    f1 = [class_figures(c)[2] for c in counts]
    drawn_f1 = class_figures(drawn[0])[2] - class_figures(drawn[1])[2]
    right = [answers == paired.true for answers in (paired.candidate, paired.current)]
    gained, lost = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    classes = {}
    for k, label in enumerate(paired.names):
        if (n_true := int(counts[0][k].sum())) == 0:
            continue
        classes[label] = {
            "n": n_true,
            "candidate": float(f1[0][k]),
            "current": float(f1[1][k]),
            "difference": float(f1[0][k] - f1[1][k]),
            "interval": list(bounds(drawn_f1[:, k])),
            "enough": n_true >= least_class_labels,
        }
    return {
        "n": n,
        "figure": name,
        "candidate": float(figure(counts[0])),
        "current": float(figure(counts[1])),
        "difference": float(figure(counts[0]) - figure(counts[1])),
        "interval": [low, high],
        "right": {"candidate": int(right[0].sum()), "current": int(right[1].sum())},
        "mcnemar": {"gained": gained, "lost": lost, "p": mcnemar(gained, lost)},
        "ece": paired.calibration,
        "classes": classes,
    }


def main_figure(task: Task) -> tuple[Figure, str]:
    """Return what a task is judged by, and its name: quadratic kappa for steps of a scale, else macro-F1."""
    return (quadratic_kappa, "quadratic kappa") if task.name == "tone" else (macro_f1, "macro-F1")


def mcnemar(gained: int, lost: int) -> float:
    """Return the exact two-sided p of McNemar's test: how often chance alone splits the changed answers so unevenly.

    McNemar 1947, with the binomial instead of chi-squared, since few answers change.
    """
    changed = gained + lost
    return float(binomtest(gained, changed, 0.5).pvalue) if changed else 1.0
