"""The rule of relations, fitted on labelled sentences."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from diplotone.model.analysis import Mention
from diplotone.model.records import Pair, Record
from diplotone.model.relations import FEATURES, PLAIN_RULE
from diplotone.train.relations import LEAST_RELATIONS, fit_relation_rule, labelled_relations

FIJI = Mention(start=0, end=4, text="Suva", code="FJI", kind="state")
SAMOA = Mention(start=9, end=13, text="Apia", code="WSM", kind="state")


class _Reader:
    """Sees odds of an act of about 2 in relations and of about -2 elsewhere, and noise in all else."""

    def __init__(self):
        self._random = random.Random(1)

    def possible_relations(self, text):
        for source, target in ((FIJI, SAMOA), (SAMOA, FIJI)):
            is_relation = text.startswith("relation") and source is FIJI
            noise = {name: self._random.gauss(0, 1) for name in FEATURES}
            yield source, target, noise | {"act": self._random.gauss(2 if is_relation else -2, 1)}


def _record(n, text, **labels):
    pair = Pair(source=(0, 4), target=(9, 13), source_code="FJI", target_code="WSM", **labels)
    return Record(text=f"{text} {n}", id=str(n), pairs=(pair,))


def _records(n):
    both = (
        ("relation", {"stance": "opposed", "act": "ACCUSE"}),
        ("silence", {"stance": "neutral", "act": "NONE"}),
    )
    return [_record(f"{k}{text}", text, **labels) for k in range(n) for text, labels in both]


def test_relations_are_those_with_a_side_or_an_act():
    assert labelled_relations(_record(1, "", stance="opposed", act="NONE")) == {("FJI", "WSM")}
    assert labelled_relations(_record(1, "", stance="neutral", act="CONSULT")) == {("FJI", "WSM")}
    assert labelled_relations(_record(1, "", stance="neutral", act="NONE")) == set()
    record = _record(1, "", stance="opposed", act="ACCUSE")
    (pair,) = record.pairs
    for same in ({"target_code": "FJI"}, {"source_code": None}, {"target_code": None}):
        assert labelled_relations(replace(record, pairs=(replace(pair, **same),))) == set()


def test_the_feature_that_tells_gets_the_weight():
    rule = fit_relation_rule(_Reader(), _records(150))
    others = [abs(weight) for name, weight in rule.weights.items() if name in FEATURES and name != "act"]
    assert rule.weights["act"] > 4 * max(others)
    features = dict.fromkeys(FEATURES, 0.0)
    assert rule.probability(features | {"act": 2.0}) >= rule.threshold
    assert rule.probability(features | {"act": -2.0}) < rule.threshold


def test_the_same_sentences_give_the_same_rule():
    assert fit_relation_rule(_Reader(), _records(150)) == fit_relation_rule(_Reader(), _records(150))


@pytest.mark.parametrize("n", [0, LEAST_RELATIONS - 1])
def test_few_labels_leave_the_plain_rule(n):
    assert fit_relation_rule(_Reader(), _records(n)) == PLAIN_RULE


def test_one_document_is_too_few_whatever_it_holds():
    records = [replace(record, group="the same") for record in _records(150)]
    assert fit_relation_rule(_Reader(), records) == PLAIN_RULE


def test_relations_of_one_document_alone_teach_no_rule():
    records = [
        replace(record, group="the same" if record.text.startswith("relation") else None)
        for record in _records(150)
    ]
    assert fit_relation_rule(_Reader(), records) == PLAIN_RULE
