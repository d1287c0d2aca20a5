"""How far the annotators of the store agree, by task."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..model.agreement import coincidences, krippendorff_alpha
from ..model.codebook import Codebook, Task
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


@dataclass(frozen=True, slots=True)
class Unit:
    """One sentence or pair, in one task, to which two or more people gave a label without seeing one."""

    task: str
    labels: tuple[str, ...]
    """In the order of the alphabet: who gave which does not matter."""
    annotators: tuple[str, ...]


def units(known: Iterable[Label]) -> tuple[Unit, ...]:
    """Return what two or more people labelled; labels that were corrections do not count.

    Args:
        known: Labels that stand and are in the codebook.
    """
    given: dict[QuestionKey, dict[str, Label]] = defaultdict(dict)
    for label in known:
        if label.is_blind:
            given[label.item.question][label.annotator] = label  # of several writings of a text the last
    return tuple(
        Unit(question[1], tuple(sorted(str(label.new) for label in by.values())), tuple(by))
        for question, by in given.items()
        if len(by) > 1
    )


class Tally:
    """Units, counted: what was counted can be taken out again."""

    def __init__(self, counted: Iterable[Unit] = ()) -> None:
        self._answers: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._people: Counter[tuple[str, str]] = Counter()
        self.count(counted)

    def count(self, counted: Iterable[Unit], sign: int = 1) -> None:
        """Count units, or take them out again (-1)."""
        for unit in counted:
            self._answers[unit.task, unit.labels] += sign
            for annotator in unit.annotators:
                self._people[unit.task, annotator] += sign

    def agreement(self, codebook: Codebook) -> list[TaskAgreement]:
        """Return the agreement in each task, in codebook order."""
        return [self._of(task) for task in codebook]

    def _of(self, task: Task) -> TaskAgreement:
        answers = {labels: n for (name, labels), n in self._answers.items() if name == task.name and n}
        n_units = sum(answers.values())
        counts = np.zeros((len(task), len(task)))
        for labels, n in answers.items():
            counts += n * coincidences([[task.index(label) for label in labels]], len(task))
        alpha = krippendorff_alpha(counts)
        n_same = sum(n for labels, n in answers.items() if len(set(labels)) == 1)
        return TaskAgreement(
            task=task.name,
            n=n_units,
            annotators=sum(1 for (name, _), n in self._people.items() if name == task.name and n),
            same=n_same / n_units if n_units else None,
            alpha=None if math.isnan(alpha) else alpha,
        )
