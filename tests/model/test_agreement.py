"""Agreement of people who labelled the same things."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diplotone.model.agreement import coincidences, krippendorff_alpha


def alpha(units, n_labels=5):
    return krippendorff_alpha(coincidences(units, n_labels))


def test_two_raters_of_a_published_example():
    """Krippendorff 2011, section B: ten binary units of two observers, alpha .095."""
    first = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    second = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert alpha(zip(first, second, strict=True), 2) == pytest.approx(0.095, abs=0.0005)


def test_four_raters_with_gaps_of_a_published_example():
    """Krippendorff 2011, section C: twelve units of four observers with missing values, nominal alpha .743."""
    units = [
        (1, 1, 1), (2, 2, 3, 2), (3, 3, 3, 3), (3, 3, 3, 3), (2, 2, 2, 2), (1, 2, 3, 4), (4, 4, 4, 4),
        (1, 1, 2, 1), (2, 2, 2, 2), (5, 5, 5), (1, 1), (3,),
    ]  # fmt: skip
    assert alpha([[label - 1 for label in unit] for unit in units]) == pytest.approx(0.743, abs=0.0005)


def test_alpha_at_its_ends():
    assert alpha([(0, 0)] * 4 + [(1, 1)] * 6) == 1
    assert alpha([(0, 0)] * 4) == 1
    assert alpha([(0, 1)] * 5) < 0
    assert math.isnan(alpha([(0,), ()]))


def test_coincidences_are_symmetric_and_count_each_label_once():
    counts = coincidences([(0, 1, 1), (2, 2)], 3)
    assert np.array_equal(counts, counts.T)
    assert counts.sum() == 5
