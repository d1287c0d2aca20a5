"""Labels before and after a change that should leave them alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from ..model.analyzer import Prediction
from ..model.codebook import Codebook

Answers = Mapping[str, NDArray[np.float32]]


@dataclass(slots=True)
class Flips:
    """Of some labels, which are others than before."""

    flipped: list[bool] = field(default_factory=list)
    sentence_of: list[int] = field(default_factory=list)
    """Number of the sentence that each label is of."""
    moves: list[float] = field(default_factory=list)
    """Absolute change of the probability of what was the likeliest label, 0..1."""

    @property
    def n(self) -> int:
        """Labels compared."""
        return len(self.flipped)

    @property
    def share(self) -> float:
        """Share of the labels that are others than before, 0..1."""
        return fmean(self.flipped) if self.flipped else 0.0

    @property
    def mean_dp(self) -> float:
        """Mean of the moves, 0..1."""
        return fmean(self.moves) if self.moves else 0.0


class Changes:
    """Counts, label by label, whether the likeliest one is another than before."""

    def __init__(self) -> None:
        self.all = Flips()
        self.by_task: dict[str, Flips] = defaultdict(Flips)

    def add(self, codebook: Codebook, before: Prediction, after: Prediction, sentence: int) -> None:
        """Compare two predictions on one sentence with the same pairs."""
        for one, other in compared(before, after):
            for task in codebook:
                if task.name in one:
                    p, q = one[task.name], other[task.name]
                    for flips in (self.all, self.by_task[task.name]):
                        flips.flipped.append(bool(p.argmax() != q.argmax()))
                        flips.sentence_of.append(sentence)
                        flips.moves.append(abs(float(p.max() - q[p.argmax()])))


def compared(before: Prediction, after: Prediction) -> Iterator[tuple[Answers, Answers]]:
    """Yield what is asked of the sentence and then of each pair, before and after."""
    yield before.sentence, after.sentence
    yield from zip(before.pairs, after.pairs, strict=True)
