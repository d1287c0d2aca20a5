"""Labels that are probably wrong, and sentences that do not belong where they stand.

Confident learning (Northcutt, Jiang and Chuang 2021): a label is suspect when the model, which has not seen the
sentence, is at least as sure of another label as it is on average of sentences that have that other label. The average
is taken over the project's dev and test sentences and the file's own, so that a few new sentences do not set their own
bar. It finds candidates for a second look; a person decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..model.analyzer import Analyzer, Prediction
from ..model.codebook import Task
from ..model.records import Record
from .evaluate import labelled
from .splits import words

LEAST_PER_LABEL = 5
"""Below this many examples of a label there is no average to speak of, and nothing is called that label."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """One label that deserves a second look."""

    record: Record
    task: str
    pair: int | None
    """Number of the pair in the record, from 1; None for a label of the sentence."""
    given: str
    likelier: str
    margin: float
    """Probability of the likelier label less that of the given one, 0..1."""

    def __str__(self) -> str:
        where = f"{self.task} of pair {self.pair}" if self.pair else self.task
        return (
            f'{where} "{self.given}" looks like "{self.likelier}" (by {self.margin:.2f}): {self.record.text}'
        )


def suspects(analyzer: Analyzer, records: Sequence[Record], known: Sequence[Record]) -> list[Suspect]:
    """Return the labels that are probably wrong, the surest first.

    Args:
        analyzer: A release that was not trained on the records: of those that it was, it knows the label by heart.
        records: To be checked.
        known: Labelled sentences that it was not trained on either, which set the bars.
    """
    n = len(records)
    everything = [*records, *known]
    scored = [
        (position, record, prediction)
        for position, (record, prediction) in enumerate(
            zip(everything, analyzer.predict(everything), strict=True)
        )
        if isinstance(prediction, Prediction)
    ]
    found: list[Suspect] = []
    for task in analyzer.codebook:
        true, probabilities, groups = labelled(task, [(record, p) for _, record, p in scored])
        if not len(true):
            continue
        bars = _bars(task, true, probabilities)
        places = _places(task, [record for _, record, _ in scored])
        for row, group in enumerate(groups):
            position, record, _ = scored[group]
            other = _confident(probabilities[row], bars)
            if position < n and other is not None and other != true[row]:
                margin = float(probabilities[row][other] - probabilities[row][true[row]])
                if margin > 0:
                    given, likelier = task.names[true[row]], task.names[other]
                    found.append(Suspect(record, task.name, places[row], given, likelier, margin))
    return sorted(found, key=lambda suspect: -suspect.margin)


def _bars(task: Task, true: NDArray[np.int64], probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean probability of each label over what is labelled so; out of reach for labels with few examples."""
    bars = np.full(len(task), np.inf)
    for k in range(len(task)):
        of_label = probabilities[true == k, k]
        if len(of_label) >= LEAST_PER_LABEL:
            bars[k] = of_label.mean()
    return bars


def _confident(probabilities: NDArray[np.float32], bars: NDArray[np.float64]) -> int | None:
    """The likeliest of the labels whose bar is reached."""
    reached = np.where(probabilities >= bars, probabilities, -1.0)
    best = int(reached.argmax())
    return best if reached[best] >= 0 else None


def _places(task: Task, records: Sequence[Record]) -> list[int | None]:
    """The number of the pair for every label that `labelled` returns."""
    if task.level == "sentence":
        return [None for record in records if getattr(record, task.name) is not None]
    return [
        n
        for record in records
        for n, pair in enumerate(record.pairs, 1)
        if getattr(pair, task.name) is not None
    ]


def contradictions(records: Sequence[Record], project: Sequence[Record]) -> Iterator[str]:
    """Yield, for people, labels of sentences that the project has labelled otherwise."""
    known: Mapping[str, list[Record]] = defaultdict(list)
    for record in project:
        known[" ".join(words(record.text))].append(record)
    for record in records:
        for twin in known.get(" ".join(words(record.text)), ()):
            for task in ("sentiment", "tone"):
                yield from _contradiction(task, record, twin, record.text)
            pairs = {(pair.source, pair.target): pair for pair in twin.pairs}
            for n, pair in enumerate(record.pairs, 1):
                if twin.text == record.text and (other := pairs.get((pair.source, pair.target))):
                    for task in ("stance", "act"):
                        yield from _contradiction(task, pair, other, record.text, f" of pair {n}")


def _contradiction(task: str, one: object, other: object, text: str, of: str = "") -> Iterator[str]:
    mine, theirs = getattr(one, task), getattr(other, task)
    if mine is not None and theirs is not None and mine != theirs:
        yield f'{task}{of} "{mine}"; the project\'s own data say "{theirs}": {text}'
