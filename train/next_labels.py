"""Which sentences to label next: those the release is least sure of, no two alike.

Uncertainty is the mean of the normalised entropies of the tasks (Lewis and Gale 1994 for the idea). Of the most
uncertain, those are taken one after another that are both uncertain and unlike what is taken already (maximal marginal
relevance; Carbonell and Goldstein 1998), since ten versions of one sentence teach little more than one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..model.analyzer import Analyzer, Prediction
from ..model.records import Record

POOL = 20
"""Of how many most uncertain sentences one is chosen, on average."""
LIKENESS_WEIGHT = 0.5
"""What full likeness to a chosen sentence costs, in units of uncertainty, 0..1."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One sentence worth labelling."""

    record: Record
    uncertainty: float
    """0 where every answer is sure, 1 where all labels are equally likely."""


def suggest(analyzer: Analyzer, records: Sequence[Record], n: int) -> list[Suggestion]:
    """Return up to `n` of the unlabelled records, the most worth labelling first.

    Repeated texts count once, records that have a label or are too long are left out.
    """
    unlabelled = list({r.text: r for r in records if not r.is_labelled}.values())
    scored = [
        Suggestion(record, uncertainty(prediction))
        for record, prediction in zip(unlabelled, analyzer.predict(unlabelled), strict=True)
        if isinstance(prediction, Prediction)
    ]
    scored.sort(key=lambda suggestion: -suggestion.uncertainty)
    return _diverse(scored[: n * POOL], n)


def uncertainty(prediction: Prediction) -> float:
    """Return the mean over all answers of their entropy, as a share of the largest possible one, 0..1."""
    answers: list[Mapping[str, NDArray[np.float32]]] = [prediction.sentence, *prediction.pairs]
    return float(np.mean([_entropy(p) for answer in answers for p in answer.values()]))


def _entropy(probabilities: NDArray[np.float32]) -> float:
    p = np.clip(probabilities.astype(np.float64), 1e-12, 1)
    return float(-(p * np.log(p)).sum() / np.log(len(p)))


def _diverse(ranked: Sequence[Suggestion], n: int) -> list[Suggestion]:
    if not ranked:
        return []
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(sublinear_tf=True, token_pattern=r"\w+").fit_transform(
        suggestion.record.text for suggestion in ranked
    )
    worth = np.array([suggestion.uncertainty for suggestion in ranked])
    likeness = np.zeros(len(ranked))
    chosen: list[int] = []
    while len(chosen) < min(n, len(ranked)):
        gain = worth - LIKENESS_WEIGHT * likeness
        gain[chosen] = -np.inf
        best = int(gain.argmax())
        chosen.append(best)
        likeness = np.maximum(likeness, (vectors @ vectors[best].T).toarray().ravel())
    return [ranked[k] for k in chosen]
