from __future__ import annotations

import json
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from diplotone.model.analyzer import Prediction
from diplotone.model.article.actors import Gazetteer
from diplotone.model.errors import RecordError
from diplotone.model.record_files import read_records
from diplotone.train.contrast import SETS, load_contrasts, passes
from diplotone.train.corpus import data_folder, load_corpus
from diplotone.train.splits import near_duplicates, prefix_key


def test_every_set_has_forty_pairs(codebook):
    contrasts = load_contrasts(codebook)
    assert set(contrasts) == set(SETS)
    for name, members in contrasts.items():
        assert len(members) >= 40, name
        for contrast in members:
            assert contrast.a.record.text != contrast.b.record.text


def _texts(codebook):
    return [
        side.record.text
        for members in load_contrasts(codebook).values()
        for c in members
        for side in (c.a, c.b)
    ]


@pytest.mark.slow
def test_no_sentence_of_a_pair_is_trained_on(codebook):
    asked = _texts(codebook)
    written = [record.text for record in read_records(data_folder() / "written.jsonl", codebook)]
    n = len(asked)
    assert [(a, b) for a, b in near_duplicates([*asked, *written]) if a < n <= b] == []
    assert max(Counter(asked).values()) == 1


@pytest.mark.slow
def test_no_sentence_of_a_pair_is_real(codebook, shared_data):
    asked = {prefix_key(text) for text in _texts(codebook)}
    assert not asked & {
        prefix_key(record.text) for record in load_corpus(codebook, mirror=shared_data).records
    }


class Oracle:
    """Answers as told: one label a task, by the text's first word."""

    def __init__(self, codebook, answers):
        self.codebook = codebook
        self.answers = answers
        self.gazetteer = Gazetteer.load()

    def predict(self, records):
        return [self._prediction(record) for record in records]

    def _prediction(self, record):
        told = self.answers[record.text.split()[0]]

        def sure(task):
            probabilities = np.full(len(task), 0.01)
            probabilities[task.index(told.get(task.name, task.names[0]))] = 1
            return probabilities / probabilities.sum()

        return Prediction(
            sentence={t.name: sure(t) for t in self.codebook.at("sentence")},
            pairs=tuple({t.name: sure(t) for t in self.codebook.at("pair")} for _ in record.pairs),
        )


def _contrast(codebook, tmp_path, a, b, **fields):
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({"set": "negation", "a": a, "b": b} | fields) + "\n")
    return load_contrasts(codebook, path)["negation"][0]


@pytest.mark.parametrize(
    ("told", "right"),
    [
        ({"Quito": {"act": "SANCTION"}, "Lima": {"act": "NONE"}}, True),
        ({"Quito": {"act": "SANCTION"}, "Lima": {"act": "SANCTION"}}, False),
        ({"Quito": {"act": "NONE"}, "Lima": {"act": "NONE"}}, False),
    ],
)
def test_both_sentences_must_be_right(codebook, tmp_path, told, right):
    a = {"text": "Quito did.", "pairs": [{"target": "Quito", "act": "SANCTION"}]}
    b = {"text": "Lima did not.", "pairs": [{"target": "Lima", "act": "NONE"}]}
    assert passes(_contrast(codebook, tmp_path, a, b), Oracle(codebook, told)) is right


def test_a_lower_tone_is_lower(codebook, tmp_path):
    mild, harsh = {"text": "Mild words."}, {"text": "Harsh words."}
    oracle = Oracle(codebook, {"Mild": {"tone": "critical"}, "Harsh": {"tone": "hostile"}})
    assert passes(_contrast(codebook, tmp_path, mild, harsh, expect="lower_tone"), oracle)
    assert not passes(_contrast(codebook, tmp_path, harsh, mild, expect="lower_tone"), oracle)


def test_actors_must_be_exactly_those(codebook, tmp_path):
    government = {"text": "Quito rejected the offer of the bishops.", "actors": ["ECU"]}
    nobody = {"text": "Nobody rejected the offer of the bishops.", "actors": []}
    oracle = Oracle(codebook, {"Quito": {}, "Nobody": {}})
    assert passes(_contrast(codebook, tmp_path, government, nobody), oracle)
    assert not passes(_contrast(codebook, tmp_path, government | {"actors": ["PER"]}, nobody), oracle)


def test_an_unknown_set_is_an_error(codebook, tmp_path):
    with pytest.raises(RecordError, match="is not known"):
        _contrast(codebook, tmp_path, {"text": "a b"}, {"text": "c d"}, set="mood")


def test_a_prediction_that_cannot_be_made_fails(codebook, tmp_path):
    contrast = _contrast(codebook, tmp_path, {"text": "a b"}, {"text": "c d"})
    assert not passes(contrast, SimpleNamespace(predict=lambda records: ["too long"] * len(records)))
