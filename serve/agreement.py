"""How far the annotators of the store agree, by task."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ..model.agreement import coincidences, krippendorff_alpha
from ..model.codebook import Codebook
from .label_types import Item, Label


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
    """Return the agreement in each task, in codebook order; labels that were corrections do not count."""
    given: dict[Item, list[Label]] = defaultdict(list)
    for label in standing:
        if label.is_blind:
            given[label.item].append(label)
    found = []
    for task in codebook:
        units = [g for item, g in given.items() if item.task == task.name and len(g) > 1]
        answers = [[task.index(str(label.new)) for label in labels] for labels in units]
        alpha = krippendorff_alpha(coincidences(answers, len(task)))
        found.append(
            TaskAgreement(
                task=task.name,
                n=len(units),
                annotators=len({label.annotator for labels in units for label in labels}),
                same=sum(len(set(unit)) == 1 for unit in answers) / len(units) if units else None,
                alpha=None if math.isnan(alpha) else alpha,
            )
        )
    return found
