from __future__ import annotations

import json

import pytest

from diplotone.model.errors import ConfigError
from diplotone.model.records import Record
from diplotone.train.auxiliary import auxiliary_records, evaluation_keys
from diplotone.train.splits import prefix_key


@pytest.fixture
def mirror(tmp_path):
    """A mirror with one sentence of two targets, one of directed sentiment, and one that is evaluated on."""
    (tmp_path / "newsmtsc").mkdir()
    (tmp_path / "dse").mkdir()
    rows = [
        {"sentence": "Ames beat Bell.", "from": 0, "to": 4, "polarity": 1},
        {"sentence": "Ames beat Bell.", "from": 10, "to": 14, "polarity": -1},
        {"sentence": "Cole lost.", "from": 0, "to": 4, "polarity": -1},
    ]
    for name, part in (("train_flat", rows), ("dev_rw", rows[2:]), ("dev_mt", [])):
        (tmp_path / f"newsmtsc/{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part))
    (tmp_path / "dse/train.txt").write_text("[Fiji] was scorned by [Tonga].\tFiji\tTonga\t4\n")
    return tmp_path


def test_targets_of_one_sentence_share_a_record_and_evaluated_ones_are_barred(mirror):
    records, notes = auxiliary_records({"newsmtsc": 1.0}, mirror, ())
    (record,) = records
    assert [(record.text[slice(*p.target)], p.source, p.stance) for p in record.pairs] == [
        ("Ames", None, "supportive"),
        ("Bell", None, "opposed"),
    ]
    assert record.split == "train"
    assert record.sentiment is record.tone is record.pairs[0].act is None
    assert notes == ["1 sentences of newsmtsc, labelled with stances only"]


def test_directed_sentiment_labels_both_directions(mirror):
    ((record,), _) = auxiliary_records({"dse": 1.0}, mirror, ())
    p_to_q, q_to_p = record.pairs
    assert (p_to_q.stance, q_to_p.stance) == ("neutral", "opposed")
    assert record.text[slice(*q_to_p.source)] == "Tonga"


def test_what_the_project_holds_is_not_taken_again(mirror):
    own = Record(text="Ames beat Bell.", id="x", split="test")
    assert auxiliary_records({"newsmtsc": 1.0}, mirror, [own])[0] == []


def test_an_unknown_source_is_answered_with_the_known_ones(mirror):
    with pytest.raises(ConfigError, match="plv is not one of newsmtsc, dse"):
        auxiliary_records({"plv": 1.0}, mirror, ())


@pytest.mark.slow
def test_no_sentence_of_an_evaluation_set_is_trained_on(shared_data):
    records, _ = auxiliary_records({"newsmtsc": 1.0, "dse": 1.0}, shared_data, ())
    assert len(records) > 10_000
    assert not {prefix_key(record.text) for record in records} & evaluation_keys(shared_data)
