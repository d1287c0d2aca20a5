"""The interval that goes with every average: a seeded percentile bootstrap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
    return _middle(_means(sample, n_resamples, np.random.default_rng(SEED)))


def interval_of_difference(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean of `after` minus that of `before`, drawn independently.

    Raises:
        ValueError: One of them has no values.
    """
    if not before or not after:
        raise ValueError("no values to average")
    samples = [np.asarray(values, dtype=np.float64) for values in (before, after)]
    n_resamples = max(200, min(RESAMPLES, MOST_DRAWS // max(map(len, samples))))
    generator = np.random.default_rng(SEED)
    first, second = (_means(sample, n_resamples, generator) for sample in samples)
    return _middle(second - first)


def _means(
    sample: NDArray[np.float64], n_resamples: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    draws = generator.integers(len(sample), size=(n_resamples, len(sample)), dtype=np.int32)
    return sample[draws].mean(axis=1)


def _middle(means: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
