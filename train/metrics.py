"""Figures: pure functions of true labels and probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, confusion_matrix, f1_score, precision_recall_fscore_support

from ..model.codebook import Task

Labels = NDArray[np.int64]
Probabilities = NDArray[np.float32]

RESAMPLES = 1_000
BINS = 10


def macro_f1(true: Labels, predicted: Labels) -> float:
    """Return the mean F1 over the labels that occur in `true`, 0..1."""
    labels = np.unique(true)
    return float(f1_score(true, predicted, labels=labels, average="macro", zero_division=0))  # type: ignore[arg-type]


def quadratic_kappa(true: Labels, predicted: Labels) -> float:
    """Return Cohen's kappa with quadratic weights, for ordinal labels; 1 where both are one constant."""
    if len(np.unique(np.concatenate([true, predicted]))) < 2:
        return 1.0
    return float(cohen_kappa_score(true, predicted, weights="quadratic"))


def expected_calibration_error(true: Labels, probabilities: Probabilities) -> float:
    """Return the ECE, 0..1: |accuracy - confidence| over ten bins of equal count, weighted by their size.

    Bins of equal count, because most confidences of a trained model lie near 1.
    """
    confidence, correct = probabilities.max(1), probabilities.argmax(1) == true
    order = np.argsort(confidence)
    bins = np.array_split(order, min(BINS, len(order)))
    gaps = [len(b) * abs(correct[b].mean() - confidence[b].mean()) for b in bins]
    return float(sum(gaps) / len(true))


def interval(
    figure: Callable[[Labels, Labels], float],
    true: Labels,
    predicted: Labels,
    groups: Sequence[Any],
    *,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a figure.

    Whole groups (the pairs of one sentence) are drawn, since their labels are not independent.
    """
    rng = np.random.default_rng(seed)
    _, member_of = np.unique(np.asarray(groups), return_inverse=True)
    members = [np.flatnonzero(member_of == g) for g in range(member_of.max() + 1)]
    values = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))])
        values.append(figure(true[drawn], predicted[drawn]))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def task_figures(
    task: Task, true: Labels, probabilities: Probabilities, groups: Sequence[Any]
) -> dict[str, Any]:
    """Return all figures of one task.

    Args:
        task: Its labels.
        true: Numbers of the true labels. *Shape:* (N,)
        probabilities: Calibrated. *Shape:* (N, labels)
        groups: What was labelled together, for the intervals. *Length:* N
    """
    if len(true) == 0:
        return {"n": 0}
    predicted = probabilities.argmax(1)
    labels = range(len(task))
    by_class = precision_recall_fscore_support(true, predicted, labels=labels, zero_division=0)  # type: ignore[arg-type]
    precision, recall, f1, support = np.asarray(by_class)  # each (labels,)
    figures: dict[str, Any] = {
        "n": len(true),
        "accuracy": float((true == predicted).mean()),
        "macro_f1": macro_f1(true, predicted),
        "macro_f1_interval": interval(macro_f1, true, predicted, groups),
        "ece": expected_calibration_error(true, probabilities),
        "classes": {
            name: {
                "n": int(support[k]),
                "precision": float(precision[k]),
                "recall": float(recall[k]),
                "f1": float(f1[k]),
            }
            for k, name in enumerate(task.names)
        },
        "confusion": confusion_matrix(true, predicted, labels=labels).tolist(),
    }
    if task.ordinal:
        figures["kappa"] = quadratic_kappa(true, predicted)
        figures["kappa_interval"] = interval(quadratic_kappa, true, predicted, groups)
    return figures
