"""Figures: pure functions of confusion counts, and of probabilities.

A confusion array counts true labels in rows and predicted ones in columns. Every figure takes one of any leading
shape, so that a thousand resamples are computed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.codebook import Task

Labels = NDArray[np.int64]
Probabilities = NDArray[np.float32]
Counts = NDArray[np.float64]
"""*Shape:* (..., labels, labels), true by predicted."""

Figure = Callable[[Counts], NDArray[np.float64]]

RESAMPLES = 1_000
BINS = 10
EXACT_DRAWS = 200


def confusion(true: Labels, predicted: Labels, n_labels: int) -> Counts:
    """Return the counts of true by predicted labels. *Shape:* (labels, labels)."""
    counts = np.zeros((n_labels, n_labels))
    np.add.at(counts, (true, predicted), 1)
    return counts


def class_figures(counts: Counts) -> tuple[Counts, Counts, Counts]:
    """Return precision, recall and F1 of every label, 0 where undefined. *Shape:* (..., labels) each."""
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    n_predicted, n_true = counts.sum(-2), counts.sum(-1)
    return (
        _ratio(right, n_predicted),
        _ratio(right, n_true),
        _ratio(2 * right, n_predicted + n_true),
    )


def macro_f1(counts: Counts) -> NDArray[np.float64]:
    """Return the mean F1 over the labels that truly occur, 0..1."""
    occurs = counts.sum(-1) > 0
    return _ratio((class_figures(counts)[2] * occurs).sum(-1), occurs.sum(-1))


def accuracy(counts: Counts) -> NDArray[np.float64]:
    """Return the share of right answers, 0..1."""
    return _ratio(np.trace(counts, axis1=-2, axis2=-1), counts.sum((-2, -1)))


def quadratic_kappa(counts: Counts) -> NDArray[np.float64]:
    """Return Cohen's kappa with quadratic weights, for labels in the order of a scale; at most 1.

    1 too where both raters gave one and the same label throughout. Cohen 1968.
    """
    steps = np.arange(counts.shape[-1])
    weights = (steps[:, None] - steps[None, :]) ** 2.0
    expected = counts.sum(-1)[..., :, None] * counts.sum(-2)[..., None, :]
    observed = (weights * counts).sum((-2, -1)) * counts.sum((-2, -1))
    return 1.0 - _ratio(observed, (weights * expected).sum((-2, -1)))


def _ratio(above: Any, below: Any) -> Any:
    """Above / below, and 0 where below is 0."""
    above, below = np.broadcast_arrays(np.asarray(above, dtype=np.float64), below)
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


def expected_calibration_error(
    true: Labels, probabilities: Probabilities, *, equal_width: bool = False
) -> float:
    """Return the ECE, 0..1: |accuracy - confidence| over ten bins, weighted by their size.

    Args:
        true: Numbers of the true labels. *Shape:* (N,)
        probabilities: *Shape:* (N, labels)
        equal_width: Bins of a tenth of the confidences' range 0..1 each, as most papers have them; else of equal count,
            which tells more, because most confidences of a trained model lie near 1.
    """
    return _gap(probabilities.max(1), probabilities.argmax(1) == true, equal_width=equal_width)


def least_calibration_error(probabilities: Probabilities, *, equal_width: bool = False) -> float:
    """Return the ECE that exact probabilities would show on so many items, 0..1: the mean over `EXACT_DRAWS`.

    A bin of a few hundred items is never right in exactly the share that it should be, so that the ECE of a finite
    sample is above 0 even where nothing is wrong (Roelofs et al. 2022, "Mitigating Bias in Calibration Error
    Estimation"). What is measured says something as far as it is above this.

    Args:
        probabilities: *Shape:* (N, labels)
        equal_width: As of `expected_calibration_error`.
    """
    confidence = probabilities.max(1)
    right = np.random.default_rng(0).random((EXACT_DRAWS, len(confidence))) < confidence
    return float(np.mean([_gap(confidence, correct, equal_width=equal_width) for correct in right]))


def _gap(confidence: NDArray[Any], correct: NDArray[np.bool_], *, equal_width: bool) -> float:
    """|accuracy - confidence| over the bins, weighted by their size."""
    if equal_width:
        bin_of = np.minimum((confidence * BINS).astype(int), BINS - 1)
        bins = [np.flatnonzero(bin_of == n) for n in np.unique(bin_of)]
    else:
        bins = np.array_split(np.argsort(confidence, kind="stable"), min(BINS, len(confidence)))
    gaps = [len(b) * abs(correct[b].mean() - confidence[b].mean()) for b in bins]
    return float(sum(gaps) / len(confidence))


def risk_coverage(true: Labels, probabilities: Probabilities) -> NDArray[np.float64]:
    """Return the share of wrong labels among the k that are surest, for each k; an array of shape (N,).

    El-Yaniv and Wiener 2010, "On the Foundations of Noise-free Selective Classification".
    """
    surest_first = np.argsort(-probabilities.max(1), kind="stable")
    wrong = (probabilities.argmax(1) != true)[surest_first]
    return np.cumsum(wrong) / np.arange(1, len(true) + 1)


def selection(true: Labels, probabilities: Probabilities, threshold: float) -> dict[str, Any]:
    """Return what a threshold on the probability does: the share of labels given, and of these the wrong ones.

    With the area under the risk-coverage curve (`aurc`, 0..1, less is better) and its points at each twentieth.
    """
    given = probabilities.max(1) >= threshold
    wrong = probabilities.argmax(1) != true
    risks = risk_coverage(true, probabilities)
    places = [max(1, round(len(true) * step / 20)) for step in range(1, 21)]
    return {
        "threshold": threshold,
        "coverage": float(given.mean()),
        "risk": float(wrong[given].mean()) if given.any() else 0.0,
        "aurc": float(risks.mean()),
        "risk_coverage": [[round(k / len(true), 4), round(float(risks[k - 1]), 4)] for k in places],
    }


def resampled(
    true: Labels, predicted: Labels, n_labels: int, groups: Sequence[Any], *, seed: int = 0
) -> Counts:
    """Return bootstrap resamples as confusion counts, of shape (RESAMPLES, labels, labels).

    Whole groups (the pairs of one sentence) are drawn, since their labels are not independent. The same groups and
    seed give the same draws whatever was predicted, so that figures of two predictors can be compared draw by draw.

    Args:
        true: Numbers of the true labels. *Shape:* (N,)
        predicted: Numbers of the predicted ones. *Shape:* (N,)
        n_labels: How many labels there are.
        groups: What belongs together. *Length:* N
        seed: Of the draws.
    """
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    n_groups = int(group.max()) + 1
    by_group = np.zeros((n_groups, n_labels * n_labels))  # (G, labels * labels)
    np.add.at(by_group, (group, true * n_labels + predicted), 1)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=RESAMPLES)  # (R, G)
    return (drawn @ by_group).reshape(RESAMPLES, n_labels, n_labels)


def resampled_statistic(
    statistic: Callable[[NDArray[np.int64]], float], groups: Sequence[Any], *, seed: int = 0
) -> NDArray[np.float64]:
    """Return a statistic that is no figure of confusion counts on bootstrap resamples. *Shape:* `RESAMPLES`.

    Args:
        statistic: Takes the numbers of the rows that were drawn, some of them more than once.
        groups: What belongs together and is drawn together. *Length:* N
        seed: Of the draws.
    """
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    n_groups = int(group.max()) + 1
    members = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
    rng = np.random.default_rng(seed)
    drawn = rng.integers(n_groups, size=(RESAMPLES, n_groups))
    return np.array([statistic(np.concatenate([members[g] for g in row])) for row in drawn])


def bounds(draws: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of a resampled figure."""
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


def interval(
    figure: Figure, true: Labels, predicted: Labels, n_labels: int, groups: Sequence[Any]
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a figure; arguments as of `resampled`."""
    return bounds(figure(resampled(true, predicted, n_labels, groups)))


def share_interval(happened: Sequence[bool], groups: Sequence[Any]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a share, 0..1; (0, 0) of nothing.

    Args:
        happened: What is counted. *Length:* N
        groups: What belongs together. *Length:* N
    """
    if not len(happened):
        return 0.0, 0.0
    return interval(accuracy, np.ones(len(happened), int), np.array(happened, int), 2, groups)


def task_figures(
    task: Task, true: Labels, probabilities: Probabilities, groups: Sequence[Any], threshold: float = 0.0
) -> dict[str, Any]:
    """Return all figures of one task.

    Args:
        task: Its labels.
        true: Numbers of the true labels. *Shape:* (N,)
        probabilities: Calibrated. *Shape:* (N, labels)
        groups: What was labelled together, for the intervals. *Length:* N
        threshold: Least probability at which a label is given, 0..1; only `selection` heeds it.
    """
    if len(true) == 0:
        return {"n": 0}
    predicted = probabilities.argmax(1)
    counts = confusion(true, predicted, len(task))
    precision, recall, f1 = class_figures(counts)
    figures: dict[str, Any] = {
        "n": len(true),
        "accuracy": float(accuracy(counts)),
        "macro_f1": float(macro_f1(counts)),
        "macro_f1_interval": interval(macro_f1, true, predicted, len(task), groups),
        "ece": expected_calibration_error(true, probabilities),
        "ece_equal_width": expected_calibration_error(true, probabilities, equal_width=True),
        "selection": selection(true, probabilities, threshold),
        "classes": {
            name: {
                "n": int(counts[k].sum()),
                "precision": float(precision[k]),
                "recall": float(recall[k]),
                "f1": float(f1[k]),
            }
            for k, name in enumerate(task.names)
        },
        "confusion": counts.astype(int).tolist(),
    }
    if task.ordinal:
        figures["kappa"] = float(quadratic_kappa(counts))
        figures["kappa_interval"] = interval(quadratic_kappa, true, predicted, len(task), groups)
    return figures
