"""How far the annotators of the store agree, by task."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ..model.agreement import coincidences, krippendorff_alpha
from ..model.codebook import Codebook
from ..model.records import QuestionKey
from .label_types import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAgreement:
    """Agreement in one task, over what two or more people labelled without seeing a label."""

    task: str
    n: int
    """Sentences or pairs."""
    annotators: int
    """People who labelled any of them."""
    same: float | None
    """Share of those on which all gave the same label, 0..1; None where n is 0."""
    alpha: float | None
    """Krippendorff's alpha, nominal: 1 perfect, 0 what chance gives; None where n is 0."""

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON-ready types."""
        return asdict(self)


def agreement(standing: Iterable[Label], codebook: Codebook) -> list[TaskAgreement]:
    """Return the agreement in each task, in codebook order.

    Labels that were corrections do not count, nor do those that the codebook does not have.
    """
    given: dict[QuestionKey, dict[str, Label]] = defaultdict(dict)
    for label in standing:
        if label.is_blind and label.is_in(codebook):
            given[label.item.question][label.annotator] = label  # of several writings of a text the last
    found = []
    for task in codebook:
        units = [by for question, by in given.items() if question[1] == task.name and len(by) > 1]
        answers = [[task.index(str(label.new)) for label in by.values()] for by in units]
        alpha = krippendorff_alpha(coincidences(answers, len(task)))
        found.append(
            TaskAgreement(
                task=task.name,
                n=len(units),
                annotators=len({annotator for by in units for annotator in by}),
                same=sum(len(set(unit)) == 1 for unit in answers) / len(units) if units else None,
                alpha=None if math.isnan(alpha) else alpha,
            )
        )
    return found
