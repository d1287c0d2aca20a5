"""Labelled sentences beside a sentence: in the index, in a release, in an analysis."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diplotone.model.analyzer import load
from diplotone.model.errors import ReleaseError
from diplotone.model.precedents import TEXTS_FILE, VECTORS_FILE, PrecedentIndex, _largest, write_index
from diplotone.model.records import Record
from diplotone.model.release import MANIFEST, open_release, seal


def _records(n):
    return [Record(text=f"Sentence {k}.", id=str(k), tone="neutral") for k in range(n)]


def test_what_is_written_is_found_again_nearest_first(tmp_path, eight_records):
    embeddings = np.eye(8, 16, dtype=np.float32) * np.arange(1, 9, dtype=np.float32)[:, None]
    write_index(tmp_path, eight_records, embeddings)
    index = PrecedentIndex.load(tmp_path)
    query = 5 * embeddings[2] + embeddings[4]
    (near,) = index.nearest(query[None], 3)
    assert [p.text for p in near[:2]] == [eight_records[2].text, eight_records[4].text]
    assert near[0].similarity == pytest.approx(15 / np.sqrt(15**2 + 5**2), abs=1e-3)
    first = near[0]
    assert (first.tone, first.sentiment) == (eight_records[2].tone, eight_records[2].sentiment)
    assert [(p.source, p.target, p.act) for p in first.pairs] == [("Oslo", "Riga", "ACCUSE")]


@settings(max_examples=40, deadline=None)
@given(
    vectors=arrays(
        np.float32, st.tuples(st.integers(1, 30), st.just(24)), elements=st.floats(-4, 4, width=16)
    ),
    n=st.integers(1, 40),
)
def test_a_sentence_is_its_own_nearest_and_int8_costs_little(tmp_path_factory, vectors, n):
    folder = tmp_path_factory.mktemp("index")
    write_index(folder, _records(len(vectors)), vectors)
    found = PrecedentIndex.load(folder).nearest(vectors, n)
    lengths = np.linalg.norm(vectors, axis=1)
    for row, near in enumerate(found):
        assert len(near) == min(n, len(vectors))
        similarities = [p.similarity for p in near]
        assert similarities == sorted(similarities, reverse=True)
        assert all(-1 <= s <= 1 for s in similarities)
        if lengths[row] > 0:
            assert similarities[0] > 0.99
        for precedent in near:
            other = int(precedent.text.split()[1].rstrip("."))
            if lengths[row] > 0 and lengths[other] > 0:
                exact = vectors[row] @ vectors[other] / (lengths[row] * lengths[other])
                assert precedent.similarity == pytest.approx(exact, abs=0.03)


@given(values=arrays(np.float32, st.integers(1, 40), elements=st.integers(-3, 3)), n=st.integers(1, 45))
def test_the_nearest_are_the_first_of_all_in_order_and_equal_ones_keep_theirs(values, n):
    expected = np.argsort(-values, kind="stable")[:n]
    np.testing.assert_array_equal(_largest(values, n), expected)


def test_more_sentences_than_are_compared_at_once(tmp_path):
    embeddings = np.random.default_rng(0).normal(size=(1_100, 8)).astype(np.float32)
    write_index(tmp_path, _records(len(embeddings)), embeddings)
    found = PrecedentIndex.load(tmp_path).nearest(embeddings, 1)
    assert np.mean([near[0].text == f"Sentence {n}." for n, near in enumerate(found)]) > 0.95


def test_an_index_whose_files_do_not_fit_is_refused(tmp_path):
    write_index(tmp_path, _records(3), np.ones((3, 4), dtype=np.float32))
    (tmp_path / TEXTS_FILE).write_text("[]")
    with pytest.raises(ReleaseError, match=r"does not fit precedents\.npy, which has the shape \(3, 4\)"):
        PrecedentIndex.load(tmp_path)
    (tmp_path / VECTORS_FILE).write_bytes(b"")
    with pytest.raises(ReleaseError, match="its precedents cannot be read"):
        PrecedentIndex.load(tmp_path)


# --------------------------------------------------------------------------------- in a release


def test_fit_puts_the_train_split_into_the_release_and_its_manifest(tiny_release, eight_records):
    release = open_release(tiny_release)
    assert {TEXTS_FILE, VECTORS_FILE} <= release.files
    rows = json.loads((tiny_release / TEXTS_FILE).read_text())
    assert [row["text"] for row in rows] == [record.text for record in eight_records[:4]]
    assert np.load(tiny_release / VECTORS_FILE).dtype == np.int8
    assert "The texts and labels of 4 sentences" in (tiny_release / "README.md").read_text()


def test_a_sentence_of_the_index_finds_itself(tiny_release, eight_records):
    analysis = load(tiny_release).analyze("The talks went on.\n\n" + eight_records[1].text)
    for sentence in analysis.sentences:
        assert len(sentence.precedents.nearest) == 3
        assert sentence.precedents.reason is None
    (best, *_) = analysis.sentences[1].precedents.nearest
    assert (best.text, best.tone) == (eight_records[1].text, eight_records[1].tone)
    assert best.similarity > 0.99
    assert json.dumps(analysis.as_dict())


def test_none_are_looked_up_where_none_are_asked_for(tiny_release):
    (sentence,) = load(tiny_release).analyze("The talks went on.", precedents=0).sentences
    assert not sentence.precedents.nearest
    assert sentence.precedents.reason == "not asked for"


def test_a_sentence_that_is_not_judged_has_no_precedents_and_says_why(tiny_release):
    text = "The talks went on for days. Los ministros se reunieron ayer en la capital para hablar de la frontera."
    analysis = load(tiny_release).analyze(text)
    assert analysis.sentences[1].tone.label is None
    assert analysis.sentences[1].precedents.reason == analysis.sentences[1].tone.reason
    assert analysis.sentences[0].precedents.nearest


def test_a_release_without_an_index_says_so(tiny_release, tmp_path):
    folder = shutil.copytree(tiny_release, tmp_path / "release")
    for name in (TEXTS_FILE, VECTORS_FILE, MANIFEST):
        (folder / name).unlink()
    seal(folder, "bare")
    analyzer = load(folder)
    (sentence,) = analyzer.analyze("The talks went on.").sentences
    assert sentence.tone.probabilities
    assert not sentence.precedents.nearest
    assert sentence.precedents.reason == (
        f"{analyzer.release.label} holds no labelled sentences; diplotone-train fit puts them into a release"
    )


def test_files_that_the_manifest_does_not_list_are_not_used(tiny_release, tmp_path):
    folder = shutil.copytree(tiny_release, tmp_path / "release")
    kept = {name: (folder / name).read_bytes() for name in (TEXTS_FILE, VECTORS_FILE)}
    for name in (*kept, MANIFEST):
        (folder / name).unlink()
    seal(folder, "bare")
    for name, data in kept.items():
        (folder / name).write_bytes(data)
    assert load(folder).why_no_precedents is not None


@pytest.mark.slow
def test_borrowed_texts_stay_out_and_so_do_all_on_request(tmp_path, codebook, eight_records):
    from diplotone.train.config import load_config
    from diplotone.train.corpus import Corpus
    from diplotone.train.fit import fit

    records = tuple(replace(record, split="train") for record in eight_records)
    corpus = Corpus(records, (), borrowed=frozenset({records[0].id}))
    config = load_config(overrides=['encoder="random:1x32"', "epochs=0.1", 'bf16="no"', "int8_agreement=0.0"])
    fitted = fit(corpus, codebook, config, tmp_path / "with", progress=False)
    assert fitted is not None
    rows = json.loads((fitted.release.folder / TEXTS_FILE).read_text())
    assert [row["text"] for row in rows] == [record.text for record in records[1:]]
    fitted = fit(corpus, codebook, config, tmp_path / "without", progress=False, precedents=False)
    assert fitted is not None
    assert TEXTS_FILE not in fitted.release.files
