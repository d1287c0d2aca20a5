"""What a release gets wrong while it is sure: sentences that say more about its limits than a figure does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.analyzer import Analyzer, Prediction
from ..model.records import Pair, Record

SHOWN = 3
"""For each task."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong label that was given with a high probability."""

    task: str
    text: str
    asked: str
    """Whom it is of, "source -> target"; empty for the sentence."""
    right: str
    given: str
    probability: float


def surest_mistakes(analyzer: Analyzer, records: Sequence[Record], n: int = SHOWN) -> list[Mistake]:
    """Return the n surest mistakes of each task, each on a sentence of its own.

    Args:
        analyzer: The release.
        records: Labelled sentences that were written for the project; one without a register is passed over, since
            it is somebody else's.
        n: Of each task.
    """
    written = [record for record in records if record.register is not None]
    mistakes = [
        mistake
        for record, prediction in zip(written, analyzer.predict(written), strict=True)
        if isinstance(prediction, Prediction)
        for mistake in _mistakes(analyzer, record, prediction)
    ]
    mistakes.sort(key=lambda mistake: -mistake.probability)
    chosen: list[Mistake] = []
    for task in analyzer.codebook:
        shown: set[str] = set()
        for mistake in mistakes:
            if mistake.task == task.name and mistake.text not in shown and len(shown) < n:
                shown.add(mistake.text)
                chosen.append(mistake)
    return chosen


def _mistakes(analyzer: Analyzer, record: Record, prediction: Prediction) -> list[Mistake]:
    asked: list[tuple[str, Record | Pair, Mapping[str, Any]]] = [("", record, prediction.sentence)]
    for pair, answers in zip(record.pairs, prediction.pairs, strict=True):
        source = "the text" if pair.source is None else record.text[slice(*pair.source)]
        asked.append((f"{source} → {record.text[slice(*pair.target)]}", pair, answers))
    found = []
    for whom, holder, answers in asked:
        for task in analyzer.codebook:
            right = getattr(holder, task.name) if task.name in answers else None
            if right is None:
                continue
            given = task.names[int(answers[task.name].argmax())]
            if given != right:
                sure = float(answers[task.name].max())
                found.append(Mistake(task.name, record.text, whom, right, given, sure))
    return found
