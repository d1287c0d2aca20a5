"""The rule by which pairs of a bare sentence are reported as relations, fitted on dev."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from ..model.analyzer import Analyzer
from ..model.errors import TextError
from ..model.records import Record
from ..model.relations import CONSTANT, FEATURES, NO_ACT, NO_SIDE, PLAIN_RULE, RelationRule

LEAST_RELATIONS = 100
"""With fewer of them, or of pairs that are none, the plain rule serves."""

FOLDS = 10
"""The threshold is chosen on probabilities from rules that were fitted without the sentence at hand."""

THRESHOLDS = np.linspace(0.1, 0.9, 81)


def labelled_relations(record: Record) -> set[tuple[str, str]]:
    """Return source and target of the pairs of which a sentence says something: a side or an act.

    Both are named by their codes, since that is how they are reported. Of two actors of one state, who have one code,
    nothing could be reported; they are left out.
    """
    return {
        (pair.source_code, pair.target_code)
        for pair in record.pairs
        if pair.source_code and pair.target_code and pair.source_code != pair.target_code
        if pair.stance != NO_SIDE or pair.act != NO_ACT
    }


def fit_relation_rule(analyzer: Analyzer, records: Sequence[Record]) -> RelationRule:
    """Return a rule fitted on labelled sentences, with the threshold that gives the best F1 on them.

    Actors are found in the bare sentences as in an article. A relation is right where it is labelled between the same
    codes; a labelled one whose actors are not found counts as missed.

    Args:
        analyzer: With calibrated probabilities.
        records: Of dev.
    """
    rows, groups = [], []
    for n, record in enumerate(records):
        found = list(_pairs(analyzer, record))
        rows += found
        groups += [record.group or n] * len(found)
    is_relation = np.array([right for _, right in rows], dtype=bool)
    enough = min(is_relation.sum(), (~is_relation).sum()) >= LEAST_RELATIONS and len(set(groups)) >= FOLDS
    if not enough:
        return PLAIN_RULE
    features = np.array([[known[name] for name in FEATURES] for known, _ in rows])
    centre, spread = features.mean(0), features.std(0)
    spread[spread == 0] = 1.0
    scaled = (features - centre) / spread
    unseen = np.zeros(len(rows))
    for fitted, held in GroupKFold(FOLDS).split(scaled, groups=[str(group) for group in groups]):
        if len(np.unique(is_relation[fitted])) < 2:  # all relations stand in one group
            return PLAIN_RULE
        probabilities = np.asarray(_fit(scaled[fitted], is_relation[fitted]).predict_proba(scaled[held]))
        unseen[held] = probabilities[:, 1]
    labelled = sum(len(labelled_relations(record)) for record in records)
    regression = _fit(scaled, is_relation)
    weights = np.asarray(regression.coef_)[0] / spread
    constant = np.asarray(regression.intercept_)[0] - weights @ centre
    return RelationRule(
        weights={name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)}
        | {CONSTANT: round(float(constant), 4)},
        threshold=_best_threshold(unseen, is_relation, labelled),
    )


def _fit(features: NDArray[np.float64], is_relation: NDArray[np.bool_]) -> LogisticRegression:
    return LogisticRegression(C=1.0, max_iter=1_000).fit(features, is_relation)


def _pairs(analyzer: Analyzer, record: Record) -> Iterator[tuple[dict[str, float], bool]]:
    """The features of each pair of a sentence, and whether it is a relation."""
    wanted = labelled_relations(record)
    try:
        for source, target, features in analyzer.possible_relations(record.text):
            yield features, (source.code, target.code) in wanted
    except TextError:  # a user's record may hold what is no text to read
        return


def _best_threshold(
    probabilities: NDArray[np.float64], is_relation: NDArray[np.bool_], labelled: int
) -> float:
    def f1(threshold: float) -> float:
        reported = probabilities >= threshold
        return 2 * float((reported & is_relation).sum()) / (float(reported.sum()) + labelled)

    return round(float(max(THRESHOLDS, key=f1)), 2)
