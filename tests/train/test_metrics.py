from __future__ import annotations

import numpy as np
import pytest

from diplotone.train.calibrate import temperature
from diplotone.train.metrics import (
    expected_calibration_error,
    interval,
    macro_f1,
    quadratic_kappa,
    task_figures,
)


def test_macro_f1_counts_classes_not_sentences():
    true = np.array([0] * 9 + [1])
    assert macro_f1(true, np.zeros(10, dtype=int)) == pytest.approx((18 / 19) / 2)


def test_macro_f1_leaves_out_labels_that_never_occur():
    assert macro_f1(np.array([0, 2]), np.array([0, 2])) == 1


def test_quadratic_kappa_punishes_far_errors_more():
    true = np.array([0, 1, 2, 3, 4] * 4)
    near, far = true.copy(), true.copy()
    near[0], far[0] = 1, 4
    assert quadratic_kappa(true, true) == 1
    assert quadratic_kappa(true, near) > quadratic_kappa(true, far)


def test_a_sure_and_right_model_is_calibrated_and_a_sure_and_wrong_one_is_not():
    true = np.array([0, 1] * 50)
    sure = np.eye(2)[true].astype(np.float32)
    assert expected_calibration_error(true, sure) == 0
    assert expected_calibration_error(1 - true, sure) == 1


def test_the_temperature_of_overconfident_logits_is_found():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4_000, 3))
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    true = np.array([rng.choice(3, p=p) for p in probabilities])
    assert temperature(true, 3 * logits) == pytest.approx(3, rel=0.1)
    assert temperature(true[:5], 3 * logits[:5]) == 1.0


def test_the_interval_holds_the_figure_and_narrows_with_n():
    rng = np.random.default_rng(1)

    def width(n):
        true = rng.integers(0, 2, n)
        predicted = np.where(rng.random(n) < 0.8, true, 1 - true)
        low, high = interval(macro_f1, true, predicted, range(n))
        assert low < macro_f1(true, predicted) < high
        return high - low

    assert width(1_000) < width(60)


def test_an_interval_over_groups_is_wider_than_over_their_members():
    rng = np.random.default_rng(2)
    true = np.repeat(rng.integers(0, 2, 50), 10)
    predicted = np.where(np.repeat(rng.random(50) < 0.8, 10), true, 1 - true)  # a group errs as one
    alone = interval(macro_f1, true, predicted, range(500))
    grouped = interval(macro_f1, true, predicted, np.repeat(np.arange(50), 10))
    assert grouped[1] - grouped[0] > 2 * (alone[1] - alone[0])


def test_figures_of_a_task(codebook):
    task = codebook["tone"]
    true = np.array([0, 1, 2, 3, 4, 4])
    figures = task_figures(task, true, np.eye(5, dtype=np.float32)[[0, 1, 2, 3, 4, 3]], range(6))
    assert figures["n"] == 6
    assert figures["accuracy"] == pytest.approx(5 / 6)
    assert figures["classes"]["conciliatory"]["recall"] == 0.5
    assert figures["confusion"][4] == [0, 0, 0, 1, 1]
    assert task_figures(task, true[:0], np.zeros((0, 5), dtype=np.float32), []) == {"n": 0}
