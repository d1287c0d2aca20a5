"""Which sentences to label next: those the release is least sure of, no two alike.

Uncertainty is the mean of the normalised entropies of the tasks (Lewis and Gale 1994 for the idea). Of the most
uncertain, those are taken one after another that are both uncertain and unlike what is taken already (maximal marginal
relevance; Carbonell and Goldstein 1998), since ten versions of one sentence teach little more than one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .analyzer import Analyzer, Prediction
from .records import Record

POOL = 20
"""Of how many most uncertain sentences one is chosen, on average."""
LIKENESS_WEIGHT = 0.5
"""What full likeness to a chosen sentence costs, in units of uncertainty, 0..1."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One sentence worth labelling."""

    record: Record
    uncertainty: float
    """0 where every answer is sure, 1 where all labels are equally likely."""
    worth: float
    """The uncertainty less what its likeness to those suggested before it costs; never more than theirs."""


def suggest(analyzer: Analyzer, records: Sequence[Record], n: int) -> list[Suggestion]:
    """Return up to `n` of the unlabelled records, the most worth labelling first.

    Repeated texts count once, records that have a label or are too long are left out.
    """
    unlabelled = list({r.text: r for r in records if not r.is_labelled}.values())
    scored = (
        (uncertainty(prediction), record)
        for record, prediction in zip(unlabelled, analyzer.predict(unlabelled), strict=True)
        if isinstance(prediction, Prediction)
    )
    return by_worth(scored, n)


def by_worth(scored: Iterable[tuple[float, Record]], n: int) -> list[Suggestion]:
    """Return up to `n` of the records, the most worth labelling first, from the uncertainty of each."""
    ranked = sorted(scored, key=lambda entry: -entry[0])
    return _diverse(ranked[: n * POOL], n)


def uncertainty(prediction: Prediction) -> float:
    """Return the mean over all answers of their entropy, as a share of the largest possible one, 0..1."""
    answers: list[Mapping[str, NDArray[np.float32]]] = [prediction.sentence, *prediction.pairs]
    return float(np.mean([_entropy(p) for answer in answers for p in answer.values()]))


def _entropy(probabilities: NDArray[np.float32]) -> float:
    p = np.clip(probabilities.astype(np.float64), 1e-12, 1)
    return float(-(p * np.log(p)).sum() / np.log(len(p)))


def _diverse(ranked: Sequence[tuple[float, Record]], n: int) -> list[Suggestion]:
    likeness_to = _Likeness([record.text for _, record in ranked])
    doubts = np.array([doubt for doubt, _ in ranked])
    likeness = np.zeros(len(ranked))
    is_open = np.ones(len(ranked), dtype=bool)
    chosen: list[Suggestion] = []
    while len(chosen) < min(n, len(ranked)):
        worth = np.where(is_open, doubts - LIKENESS_WEIGHT * likeness, -np.inf)
        best = int(worth.argmax())
        is_open[best] = False
        chosen.append(Suggestion(ranked[best][1], ranked[best][0], float(worth[best])))
        likeness = np.maximum(likeness, likeness_to(best))
    return chosen


class _Likeness:
    """How like texts are: the cosine of their words' tf-idf weights, term frequencies damped."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(_WORD.findall(text.lower())) for text in texts]
        found_in = Counter(word for count in counts for word in count)
        self._n = len(texts)
        self._vectors: list[dict[str, float]] = []
        """Word -> weight, of each text; their length is 1."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, count in enumerate(counts):
            weights = {
                word: (1 + np.log(times)) * (1 + np.log((1 + len(texts)) / (1 + found_in[word])))
                for word, times in count.items()
            }
            length = float(np.sqrt(sum(weight**2 for weight in weights.values()))) or 1.0
            self._vectors.append({word: float(weight) / length for word, weight in weights.items()})
            for word in weights:
                places[word].append(place)
        self._places = {word: np.array(where) for word, where in places.items()}
        self._weights = {
            word: np.array([self._vectors[place][word] for place in where]) for word, where in places.items()
        }

    def __call__(self, place: int) -> NDArray[np.float64]:
        """Return how like each text is to the one at a place, 0..1. *Shape:* (texts,)."""
        likeness = np.zeros(self._n)
        for word, weight in self._vectors[place].items():
            likeness[self._places[word]] += weight * self._weights[word]
        return likeness
