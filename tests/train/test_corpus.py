"""The labelled sentences that ship, and the texts that do not."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from diplotone.model.errors import ConfigError, RecordError
from diplotone.model.record_files import read_records
from diplotone.train.corpus import data_folder, find_mirror, load_corpus
from diplotone.train.splits import leaks
from diplotone.train.standoff import KEYS, join, standoff_row

REAL = data_folder() / "real.jsonl"


def _real_rows():
    return [json.loads(line) for line in REAL.read_text(encoding="utf-8").splitlines()]


def test_the_written_sentences_are_without_fault(codebook):
    records = read_records(data_folder() / "written.jsonl", codebook)
    assert len(records) >= 960
    assert all(record.sentiment and record.tone and record.split and record.register for record in records)


def test_every_label_is_learnt_and_tested(codebook):
    records = read_records(data_folder() / "written.jsonl", codebook)
    for split in ("train", "test"):
        members = [record for record in records if record.split == split]
        acts = Counter(pair.act for record in members for pair in record.pairs)
        assert set(codebook["act"].names) <= set(acts)
        assert {record.tone for record in members} == set(codebook["tone"].names)


@pytest.mark.slow
def test_no_split_leaks_into_another(codebook, request):
    records = list(read_records(data_folder() / "written.jsonl", codebook))
    assert leaks(records) == []


@pytest.mark.slow
def test_no_split_leaks_with_the_real_sentences(codebook, shared_data):
    assert leaks(load_corpus(codebook, mirror=shared_data).records) == []


def test_real_sentences_carry_labels_and_no_text():
    for row in _real_rows():
        assert set(KEYS) <= set(row)
        assert "text" not in row
        assert row["split"] in ("train", "dev", "test")
        for pair in row["pairs"]:
            for end in ("source", "target"):
                assert pair[end] is None or isinstance(pair[end][0], int)


@pytest.mark.slow
def test_every_real_sentence_joins_its_source(codebook, shared_data):
    joined = join(REAL, shared_data, codebook)
    assert not joined.report.faults
    assert not joined.missing
    assert len(joined.report.records) == len(_real_rows())
    corpus = load_corpus(codebook, mirror=shared_data)
    assert corpus.borrowed == {record.id for record in joined.report.records}


def test_without_the_sources_training_goes_on_and_says_so(codebook):
    corpus = load_corpus(codebook)
    assert len(corpus.records) == len(read_records(data_folder() / "written.jsonl", codebook))
    assert f"without {len(_real_rows()):,} real sentences" in corpus.notes[0]


def test_a_source_that_a_mirror_lacks_is_counted(codebook, tmp_path):
    joined = join(REAL, tmp_path, codebook)
    assert joined.report.records == ()
    assert sum(joined.missing.values()) == len(_real_rows())


def test_a_changed_source_is_refused_not_guessed(codebook, tmp_path):
    (tmp_path / "newsmtsc").mkdir()
    sentence = "Quito thanked Lima."
    (tmp_path / "newsmtsc/train.jsonl").write_text(json.dumps({"sentence_normalized": sentence}) + "\n")
    record = read_records(_jsonl(tmp_path, {"text": sentence, "tone": "cooperative"}), codebook)[0]
    row = standoff_row(record, source="newsmtsc_train", doc="train.jsonl:1", start=0)
    good = join(_jsonl(tmp_path, row), tmp_path, codebook)
    assert [r.text for r in good.report.records] == [sentence]
    assert good.report.records[0].tone == "cooperative"
    bad = join(_jsonl(tmp_path, row | {"end": 10}), tmp_path, codebook)
    assert "is not the sentence that was labelled" in str(bad.report.faults[0])
    assert bad.report.records == ()


def _jsonl(folder, row):
    path = folder / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    return path


def test_user_labels_are_added_to_train(codebook, tmp_path):
    path = _jsonl(tmp_path, {"text": "A new sentence about Lima.", "tone": "neutral"})
    corpus = load_corpus(codebook, labels=[path], shipped=False)
    assert [record.split for record in corpus.records] == ["train"]
    assert "1 sentences added from rows.jsonl" in corpus.notes


def test_the_digest_tells_two_sets_of_labels_apart(codebook, tmp_path):
    digests = {
        load_corpus(codebook, labels=[_jsonl(tmp_path, {"text": "a b", "tone": tone})], shipped=False).digest
        for tone in ("neutral", "hostile")
    }
    assert len(digests) == 2


def test_a_missing_mirror_or_file_is_a_clear_error(tmp_path, codebook, monkeypatch):
    with pytest.raises(ConfigError, match="there is no such folder"):
        find_mirror(tmp_path / "none")
    monkeypatch.setenv("DIPLOTONE_MIRROR", str(tmp_path))
    assert find_mirror() == tmp_path
    with pytest.raises(RecordError, match="cannot be read"):
        join(tmp_path / "none.jsonl", tmp_path, codebook)
