"""The interval that goes with every average: a seeded percentile bootstrap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 2_000
SEED = 20_210_727
"""Any number would do; a fixed one makes a result repeatable."""

MOST_DRAWS = 4_000_000
"""Values drawn at once at most: keeps memory flat for long texts (fewer resamples, never under 200)."""


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean of some values.

    The same values in the same order give the same interval. One value gives itself twice.

    Raises:
        ValueError: There are no values.
    """
    if not values:
        raise ValueError("no values to average")
    sample = np.asarray(values, dtype=np.float64)
    if len(sample) == 1 or np.all(sample == sample[0]):
        return float(sample[0]), float(sample[0])
    n_resamples = max(200, min(RESAMPLES, MOST_DRAWS // len(sample)))
    draws = np.random.default_rng(SEED).integers(len(sample), size=(n_resamples, len(sample)), dtype=np.int32)
    means = sample[draws].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
