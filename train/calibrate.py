"""Temperatures: one number per task that makes probabilities mean what they say."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from .metrics import Labels, Probabilities

LEAST_LABELS = 20
"""With fewer labels a temperature is noise; logits are then left as they are."""


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
