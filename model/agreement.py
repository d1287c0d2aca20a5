"""How far people agree who labelled the same things independently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Coincidences = NDArray[np.float64]
"""How often a label stands beside another in one unit. *Shape:* (labels, labels), symmetric"""


def coincidences(units: Iterable[Sequence[int]], n_labels: int) -> Coincidences:
    """Return how often labels meet, each label that has another beside it counting as one.

    Args:
        units: The labels that each unit got, as places in the list of labels; those with fewer than two are passed
            over, so gaps and any number of raters are allowed.
        n_labels: How many labels there are.
    """
    counts = np.zeros((n_labels, n_labels))
    for unit in units:
        given = np.bincount(unit, minlength=n_labels).astype(np.float64)
        if len(unit) > 1:
            counts += (np.outer(given, given) - np.diag(given)) / (len(unit) - 1)
    return counts


def krippendorff_alpha(counts: Coincidences) -> float:
    """Return Krippendorff's alpha for nominal data: 1 is perfect, 0 what chance gives; 1 where all labels are one.

    Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability". NaN where nothing was labelled twice.

    Args:
        counts: As `coincidences` gives them.
    """
    totals = counts.sum(1)
    n = totals.sum()
    if n == 0:
        return float("nan")
    observed = n - np.trace(counts)
    expected = (n**2 - (totals**2).sum()) / (n - 1)
    return float(1 - observed / expected) if expected else 1.0
