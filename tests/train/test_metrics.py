from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from diplotone.train.calibrate import LEAST_LABELS, temperature, threshold
from diplotone.train.metrics import (
    accuracy,
    class_figures,
    confusion,
    expected_calibration_error,
    interval,
    least_calibration_error,
    macro_f1,
    quadratic_kappa,
    risk_coverage,
    selection,
    task_figures,
)

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60)


@settings(max_examples=100, deadline=None)
@given(pairs=LABELS)
def test_figures_are_scikit_learns(pairs):
    true, predicted = np.array(pairs).T
    counts = confusion(true, predicted, 5)
    assert (counts == reference.confusion_matrix(true, predicted, labels=range(5))).all()
    assert accuracy(counts) == pytest.approx(reference.accuracy_score(true, predicted))
    theirs = reference.precision_recall_fscore_support(true, predicted, labels=range(5), zero_division=0)
    np.testing.assert_allclose(class_figures(counts), theirs[:3])
    occurring = np.unique(true)
    assert macro_f1(counts) == pytest.approx(
        reference.f1_score(true, predicted, labels=occurring, average="macro", zero_division=0)
    )
    if len({*true, *predicted}) > 1:
        assert quadratic_kappa(counts) == pytest.approx(
            reference.cohen_kappa_score(true, predicted, weights="quadratic", labels=range(5))
        )


def test_a_thousand_confusions_are_figured_at_once():
    rng = np.random.default_rng(0)
    many = rng.integers(0, 9, (1_000, 5, 5)).astype(float)
    for figure in (macro_f1, accuracy, quadratic_kappa):
        np.testing.assert_allclose(figure(many), [figure(one) for one in many])


def test_macro_f1_counts_classes_not_sentences():
    counts = confusion(np.array([0] * 9 + [1]), np.zeros(10, dtype=int), 2)
    assert macro_f1(counts) == pytest.approx((18 / 19) / 2)


def test_quadratic_kappa_punishes_far_errors_more():
    true = np.array([0, 1, 2, 3, 4] * 4)
    near, far = true.copy(), true.copy()
    near[0], far[0] = 1, 4
    assert quadratic_kappa(confusion(true, true, 5)) == 1
    assert quadratic_kappa(confusion(true, near, 5)) > quadratic_kappa(confusion(true, far, 5))


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
        low, high = interval(macro_f1, true, predicted, 2, range(n))
        assert low < macro_f1(confusion(true, predicted, 2)) < high
        return high - low

    assert width(1_000) < width(60)


def test_an_interval_over_groups_is_wider_than_over_their_members():
    rng = np.random.default_rng(2)
    true = np.repeat(rng.integers(0, 2, 50), 10)
    predicted = np.where(np.repeat(rng.random(50) < 0.8, 10), true, 1 - true)  # a group errs as one
    alone = interval(macro_f1, true, predicted, 2, range(500))
    grouped = interval(macro_f1, true, predicted, 2, np.repeat(np.arange(50), 10))
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


def _sure(*confidences):
    return np.array([[c, 1 - c] for c in confidences], np.float32)


def test_bins_of_equal_width_are_not_bins_of_equal_count():
    """Nine answers at .95 that are right and one at .55 that is wrong: two bins by width, ten by count."""
    probabilities = _sure(*[0.95] * 9, 0.55)
    true = np.array([0] * 9 + [1])
    by_width = expected_calibration_error(true, probabilities, equal_width=True)
    assert by_width == pytest.approx(0.9 * 0.05 + 0.1 * 0.55)
    assert expected_calibration_error(true, probabilities) == pytest.approx(by_width)
    mixed = expected_calibration_error(np.array([0, 1] * 5), _sure(*[0.95] * 10), equal_width=True)
    assert mixed == pytest.approx(0.45)


def test_exact_probabilities_are_off_too_and_less_so_with_more_items():
    confidences = np.random.default_rng(1).uniform(0.5, 1, 4_000)
    few, many = _sure(*confidences[:400]), _sure(*confidences)
    assert 0.02 < least_calibration_error(few) < 0.07
    assert least_calibration_error(many) == pytest.approx(least_calibration_error(few) / 10**0.5, rel=0.15)
    assert least_calibration_error(_sure(1.0, 1.0)) == 0
    true = (np.random.default_rng(2).random(4_000) > confidences).astype(int)  # right as often as they say
    assert expected_calibration_error(true, many) < 2 * least_calibration_error(many)


def test_risk_grows_as_unsure_labels_are_given():
    true, probabilities = np.array([0, 0, 1, 1]), _sure(0.9, 0.8, 0.7, 0.6)
    assert risk_coverage(true, probabilities).tolist() == pytest.approx([0, 0, 1 / 3, 1 / 2])
    found = selection(true, probabilities, 0.65)
    assert (found["coverage"], found["risk"]) == pytest.approx((0.75, 1 / 3))
    assert found["aurc"] == pytest.approx((1 / 3 + 1 / 2) / 4)
    assert found["risk_coverage"][-1] == [1.0, 0.5]
    assert selection(true, probabilities, 1.0)["risk"] == 0


@given(
    confidences=st.lists(st.floats(0.25, 1, width=32), min_size=LEAST_LABELS, max_size=200),
    coverage=st.floats(0.5, 1),
)
def test_a_threshold_gives_at_least_the_share_asked_for(confidences, coverage):
    found = threshold(np.array(confidences, np.float32), coverage)
    assert np.mean(np.array(confidences) >= found) >= coverage - 1e-9


def test_a_threshold_leaves_out_what_it_may():
    confidences = np.linspace(0.3, 0.99, 99).astype(np.float32)
    assert np.mean(confidences >= threshold(confidences, 0.9)) == pytest.approx(0.909, abs=0.001)
    assert threshold(confidences, 1.0) == 0
    assert threshold(confidences[: LEAST_LABELS - 1], 0.9) is None
