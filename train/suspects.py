"""Labels that are probably wrong, and sentences that do not belong where they stand.

Confident learning (Northcutt, Jiang and Chuang 2021): a label is suspect when judges that have not seen it are at least
as sure of another label as they are on average of sentences that have that other label. The judges are regressions
fitted without the sentence (see `out_of_fold`) and, where one has not learnt it, a release. The average is taken over
the project's dev and test sentences and the file's own, so that a few new sentences do not set their own bar. It finds
candidates for a second look; a person decides. With one label in twenty of tone and sentiment made wrong in 600
sentences, 78 % of those are pointed out, and half of as many of the surest are such (67 % and 28 % where no release may
be asked); much of the rest is in doubt between careful readers.

cleanlab (Apache-2.0 since 2.9) would count the same from the same probabilities: the bars and the comparison, some
twenty lines here. What is hard, probabilities that know nothing by heart, it leaves to who calls it; so it is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..model.analyzer import Analyzer, Prediction, load
from ..model.codebook import Task
from ..model.records import Record, text_id
from ..model.release import open_release, shipped_release
from .learnt import learnt_by
from .out_of_fold import Table, folds, label_table, out_of_fold, untrained_vectors
from .splits import words

RELEASE_WEIGHT = 0.85
"""Of a release that has not learnt the sentence, in the mean with the regressions, 0..1."""
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


@dataclass(frozen=True, slots=True)
class Judge:
    """A release that is asked about those sentences alone that it has not learnt."""

    analyzer: Analyzer
    learnt: frozenset[str] | None
    """What stands for the sentences that it has learnt (see `learnt`); None where any may be among them."""

    def may_judge(self, record: Record) -> bool:
        """Whether the release has not learnt the sentence."""
        return self.learnt is not None and text_id(record.text) not in self.learnt


def judges(analyzer: Analyzer) -> list[Judge]:
    """Return a release as a judge and, where it has other weights but the same labels, the shipped one behind it.

    Raises:
        ReleaseError: One of them is damaged.
    """
    release = analyzer.release
    found = [Judge(analyzer, learnt_by(release))]
    shipped = open_release(shipped_release())
    if shipped.digest != release.digest and shipped.codebook.digest == release.codebook.digest:
        found.append(Judge(load(shipped.folder), learnt_by(shipped)))
    return found


def suspects(panel: Sequence[Judge], records: Sequence[Record], known: Sequence[Record]) -> list[Suspect]:
    """Return the labels that are probably wrong, the surest first.

    Args:
        panel: Releases of one codebook; a sentence is judged by the first that has not learnt it, if there is one, and
            in any case by regressions that have not.
        records: To be checked.
        known: Labelled sentences to learn from and to set the bars.

    Raises:
        ConfigError: The encoder that the first release's training began with is not there.
    """
    codebook = panel[0].analyzer.codebook
    everything = [*records, *known]
    vectors = untrained_vectors(panel[0].analyzer.release, codebook, everything)
    answers, fold = _answers(panel, everything), folds(everything)
    found: list[Suspect] = []
    for task in codebook:
        table = label_table(task, everything, vectors)
        if not len(table.given):
            continue
        alone = out_of_fold(task, table, fold)
        asked, together = _with_releases(task, table, alone, answers)
        anyone = np.ones_like(asked)  # the regressions alone can be asked about every row
        for rows, counted, probabilities in ((asked, asked, together), (~asked, anyone, alone)):
            bars = _bars(task, table.given[counted], probabilities[counted])  # each kind of judge has its own
            for row in np.flatnonzero(rows & (table.positions < len(records))):
                given, other = int(table.given[row]), _confident(probabilities[row], bars)
                if other is None or other == given:
                    continue
                margin = float(probabilities[row][other] - probabilities[row][given])
                if margin > 0:
                    record = records[table.positions[row]]
                    pair = None if task.level == "sentence" else int(table.pairs[row]) + 1
                    names = task.names[given], task.names[other]
                    found.append(Suspect(record, task.name, pair, *names, margin))
    return sorted(found, key=lambda suspect: -suspect.margin)


def _answers(panel: Sequence[Judge], records: Sequence[Record]) -> list[Prediction | None]:
    """What the first judge that has not learnt a record says of it; None where each has."""
    answers: list[Prediction | None] = [None] * len(records)
    for judge in panel:
        places = [n for n, r in enumerate(records) if answers[n] is None and judge.may_judge(r)]
        for n, answer in zip(places, judge.analyzer.predict([records[n] for n in places]), strict=True):
            answers[n] = answer if isinstance(answer, Prediction) else None
    return answers


def _with_releases(
    task: Task,
    table: Table,
    alone: NDArray[np.float64],
    answers: Sequence[Prediction | None],
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which rows a release was asked about, and the probabilities of both judges together there."""
    asked, together = np.zeros(len(alone), dtype=bool), alone.copy()
    for row, (position, pair) in enumerate(zip(table.positions, table.pairs, strict=True)):
        if (answer := answers[position]) is not None:
            said = answer.sentence if task.level == "sentence" else answer.pairs[pair]
            asked[row] = True
            together[row] = RELEASE_WEIGHT * said[task.name] + (1 - RELEASE_WEIGHT) * alone[row]
    return asked, together


def _bars(task: Task, true: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean probability of each label over what is labelled so; out of reach for labels with few examples."""
    bars = np.full(len(task), np.inf)
    for k in range(len(task)):
        of_label = probabilities[true == k, k]
        if len(of_label) >= LEAST_PER_LABEL:
            bars[k] = of_label.mean()
    return bars


def _confident(probabilities: NDArray[np.float64], bars: NDArray[np.float64]) -> int | None:
    """The likeliest of the labels whose bar is reached."""
    reached = np.where(probabilities >= bars, probabilities, -1.0)
    best = int(reached.argmax())
    return best if reached[best] >= 0 else None


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
