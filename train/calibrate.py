"""Temperatures, one number per task, make probabilities mean what they say; thresholds say when to give no label."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from .metrics import Labels, Probabilities

LEAST_LABELS = 20
"""With fewer labels a temperature or a threshold is noise; logits or thresholds are then left as they are."""


def temperature(true: Labels, log_probabilities: Probabilities) -> float:
    """Return the temperature that minimises the negative log-likelihood of the true labels.

    Guo et al. 2017, "On Calibration of Modern Neural Networks".

    Args:
        true: Numbers of the true labels. *Shape:* (N,)
        log_probabilities: Logits, or log-probabilities at temperature 1. *Shape:* (N, labels)
    """
    if len(true) < LEAST_LABELS:
        return 1.0

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(log_probabilities / np.exp(log_temperature), axis=1)
        return float(-scaled[np.arange(len(true)), true].mean())

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(10.0)), method="bounded")
    return round(float(np.exp(found.x)), 4)


def threshold(confidences: Probabilities, coverage: float) -> float | None:
    """Return the probability from which a label is given, so that a given share of labels is; None of too few labels.

    Split conformal prediction (Vovk et al. 2005): of exchangeable new sentences at least the share asked for reach
    the k-th smallest of n confidences, where k = floor((n + 1) (1 - coverage)).

    Args:
        confidences: Calibrated probabilities of the likeliest labels, on dev. *Shape:* (N,)
        coverage: The share of labels that shall be given, 0..1.
    """
    n = len(confidences)
    if n < LEAST_LABELS:
        return None
    k = int((n + 1) * (1 - coverage) + 1e-9)
    if k == 0:
        return 0.0
    return float(np.floor(np.sort(confidences)[k - 1] * 1e4) / 1e4)
