"""What answers the benchmark's questions: a release, or a simple method beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..model.analyzer import Prediction
from ..model.article.actors import Gazetteer
from ..model.codebook import Codebook
from ..model.encoding import TooLong
from ..model.records import Record


class Predictor(Protocol):
    """Scores records."""

    @property
    def codebook(self) -> Codebook:
        """Which labels there are."""
        ...

    def predict(self, records: Sequence[Record]) -> Sequence[Prediction | TooLong]:
        """Return probabilities for each record, in order; for one that is too long, the reason."""
        ...


class Reader(Predictor, Protocol):
    """Scores records and finds actors."""

    gazetteer: Gazetteer
