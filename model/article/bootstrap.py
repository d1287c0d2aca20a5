"""The interval that goes with every average: a seeded percentile bootstrap."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
SEED = 20_210_727
"""Any number would do; a fixed one makes a result repeatable."""

MOST_DRAWS = 4_000_000
"""Values drawn at once at most: keeps memory flat for long texts (fewer resamples, never under 200)."""


Groups = Sequence[Hashable]
"""Of each value the group that it is drawn with, such as its article."""


def interval(values: Sequence[float], groups: Groups | None = None) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean of some values.

    The same values in the same order give the same interval. One value gives itself twice.

    Args:
        values: One or more.
        groups: Values of one group are drawn together, since they are more alike than others: the sentences of an
            article. Where all are of one group, or without groups, each is drawn by itself.

    Raises:
        ValueError: There are no values.
    """
    sample = _Sample.of(values, groups)
    first = float(values[0])
    if all(value == first for value in values):
        return first, first
    return _middle(sample.means(_resamples(len(sample.sums)), np.random.default_rng(SEED)))


def interval_of_difference(
    before: Sequence[float],
    after: Sequence[float],
    groups_before: Groups | None = None,
    groups_after: Groups | None = None,
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean of `after` minus that of `before`, drawn independently.

    The groups are those of `interval`.

    Raises:
        ValueError: One of them has no values.
    """
    samples = _Sample.of(before, groups_before), _Sample.of(after, groups_after)
    n_resamples = _resamples(max(len(sample.sums) for sample in samples))
    generator = np.random.default_rng(SEED)
    first, second = (sample.means(n_resamples, generator) for sample in samples)
    return _middle(second - first)


@dataclass(frozen=True, slots=True)
class _Sample:
    """Values that are drawn, one by one or group by group."""

    sums: NDArray[np.float64]
    """Of each group; of single values themselves. *Shape:* (groups,)"""
    sizes: NDArray[np.int64] | None
    """Values of each group; None where each is by itself. *Shape:* (groups,)"""

    @classmethod
    def of(cls, values: Sequence[float], groups: Groups | None) -> _Sample:
        if not values:
            raise ValueError("no values to average")
        sample = np.asarray(values, dtype=np.float64)
        numbers: dict[Hashable, int] = {}
        group = [numbers.setdefault(one, len(numbers)) for one in groups or ()]
        if len(numbers) < 2:
            return cls(sample, None)
        sums = np.bincount(group, weights=sample).astype(np.float64)
        return cls(sums, np.bincount(group))

    def means(self, n_resamples: int, generator: np.random.Generator) -> NDArray[np.float64]:
        n = len(self.sums)
        draws = generator.integers(n, size=(n_resamples, n), dtype=np.int32)
        if self.sizes is None:
            return self.sums[draws].mean(axis=1)
        return self.sums[draws].sum(axis=1) / self.sizes[draws].sum(axis=1)


def _resamples(n: int) -> int:
    return max(200, min(RESAMPLES, MOST_DRAWS // n))


def _middle(means: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
