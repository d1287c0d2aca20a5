"""What an annotator is asked next: sentences and pairs that nobody has judged, or that one other person has.

A second opinion is worth something only when it is given blind, so nothing here says what anybody answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from ..model.codebook import TASKS
from ..model.records import Pair, Record, Span, text_id
from .label_types import Label
from .labels import LabelStore

Level = Literal["sentence", "pair"]

FindPairs = Callable[[str], Sequence[tuple[Span, Span]]]
"""From a sentence to source and target of its pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A sentence, or a pair of actors in it, to be labelled in every task of its level."""

    text: str
    source: Span | None = None
    target: Span | None = None
    """None for a sentence."""


def unlabelled(text: str, find_pairs: FindPairs) -> Record:
    """Return a sentence with its pairs as a release is asked about it."""
    pairs = tuple(Pair(source=source, target=target) for source, target in find_pairs(text))
    return Record(text=text, id=text_id(text), pairs=pairs)


def first_opinions(
    store: LabelStore, find_pairs: FindPairs, annotator: str, level: Level, limit: int
) -> list[Question]:
    """Return what was put up and this annotator has not answered yet, that worth most first."""
    if level == "sentence":
        return [Question(text=s.text) for s in store.next_to_label(annotator, limit=limit)]
    answered = {question for question, who in _answered(store.known(), level) if who == annotator}
    asked = (
        Question(text=text, source=source, target=target)
        for text in store.put_up()
        for source, target in find_pairs(text)
    )
    return list(islice((question for question in asked if question not in answered), limit))


def second_opinions(store: LabelStore, annotator: str, level: Level, limit: int) -> list[Question]:
    """Return what exactly one other annotator has answered blind and this one has not, the oldest first.

    Sentences that this one has corrected are left out: nobody is blind who has seen what a release reads.
    """
    standing = store.standing()
    by_question: dict[Question, set[str]] = defaultdict(set)
    for question, who in _answered((label for label in standing if label.is_blind), level):
        by_question[question].add(who)
    mine = {question for question, who in _answered(standing, level) if who == annotator}
    seen = {label.item.text for label in standing if label.annotator == annotator and not label.is_blind}
    waiting = (
        question
        for question, others in by_question.items()
        if len(others) == 1 and question not in mine and question.text not in seen
    )
    return list(islice(waiting, limit))


def _answered(labels: Iterable[Label], level: Level) -> Iterator[tuple[Question, str]]:
    """Each question with each annotator who has answered all its tasks, in the order of the last answers."""
    tasks = {task for task, of in TASKS.items() if of == level}
    found: dict[tuple[Question, str], set[str]] = defaultdict(set)
    for label in labels:
        item = label.item
        if item.task in tasks:
            question = Question(text=item.text, source=item.source, target=item.target)
            answers = found[question, label.annotator]
            answers.add(item.task)
            if answers == tasks:
                yield question, label.annotator
