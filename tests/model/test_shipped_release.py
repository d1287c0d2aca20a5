"""The release in the package: whole, small enough, the same on every path, and sensible on plain cases."""

from __future__ import annotations

import numpy as np
import pytest

from diplotone.model.analyzer import Prediction, load
from diplotone.model.record_files import read_records
from diplotone.model.relations import is_mere_mention
from diplotone.model.release import open_release, shipped_release
from diplotone.train.corpus import data_folder

PLAIN_CASES = [
    ("Quito bombed Lima's naval base at dawn.", "hostile", "negative"),
    ("Oslo accused Riga of stealing its herring quota.", "critical", "negative"),
    ("The strait is some thirty kilometres wide at its narrowest point.", "neutral", "neutral"),
    ("Fiji and Tonga signed an agreement on ferry safety on Monday.", "cooperative", "positive"),
    ("The two countries restored diplomatic relations after eleven years.", "conciliatory", "positive"),
]


@pytest.fixture(scope="module")
def analyzer():
    return load()


@pytest.fixture(scope="module")
def held_out(codebook):
    records = read_records(data_folder() / "written.jsonl", codebook)
    return [record for record in records if record.split == "test"]


def test_it_is_whole_and_its_codebook_is_the_projects(codebook):
    release = open_release(shipped_release())
    assert release.codebook.digest == codebook.digest


def test_it_is_under_75_megabytes():
    assert sum(path.stat().st_size for path in shipped_release().iterdir()) < 75e6


@pytest.mark.parametrize(("text", "tone", "sentiment"), PLAIN_CASES)
def test_plain_cases(analyzer, text, tone, sentiment):
    predicted = analyzer.score([{"text": text}])[0]["predicted"]
    assert predicted["tone"]["label"] == tone
    assert predicted["sentiment"]["label"] == sentiment


def test_direction_matters(analyzer):
    text = "Quito threatened to bomb Lima."
    there = {"source": "Quito", "target": "Lima"}
    back = {"source": "Lima", "target": "Quito"}
    first, second = analyzer.score([{"text": text, "pairs": [there, back]}])[0]["predicted"]["pairs"]
    assert first["act"]["label"] == "THREATEN"
    assert first["stance"]["label"] == "opposed"
    assert first["act"]["probabilities"]["THREATEN"] > second["act"]["probabilities"]["THREATEN"]


@pytest.mark.slow
def test_a_sentence_scores_the_same_alone_and_in_a_batch(analyzer, held_out):
    together = analyzer.predict(held_out)
    for record, in_batch in list(zip(held_out, together, strict=True))[::60]:
        (alone,) = analyzer.predict([record])
        for task in ("sentiment", "tone"):
            np.testing.assert_allclose(in_batch.sentence[task], alone.sentence[task], atol=1e-4)
        for one, other in zip(in_batch.pairs, alone.pairs, strict=True):
            for task in ("stance", "act"):
                np.testing.assert_allclose(one[task], other[task], atol=1e-4)


@pytest.mark.slow
def test_the_served_labels_are_the_networks(analyzer, held_out):
    """Export let the model pass with 99 labels of 100 on 2,500 sentences; held-out ones alone may vary a little."""
    trained = load(engine="torch")
    same: dict[str, list[bool]] = {task.name: [] for task in analyzer.codebook}
    for served, exact in zip(analyzer.predict(held_out), trained.predict(held_out), strict=True):
        assert isinstance(served, Prediction)
        assert isinstance(exact, Prediction)
        for task in ("sentiment", "tone"):
            same[task].append(served.sentence[task].argmax() == exact.sentence[task].argmax())
        for one, other in zip(served.pairs, exact.pairs, strict=True):
            for task in ("stance", "act"):
                same[task].append(one[task].argmax() == other[task].argmax())
    for task, answers in same.items():
        assert np.mean(answers) >= 0.985, task


def test_no_two_are_related_of_whom_nothing_is_said(analyzer):
    """The likeliest direction of the first is one of which the network finds neither an act nor a side."""
    text = "India lodged a protest with Pakistan. Peru and Chile border Bolivia. Fiji condemned Tonga."
    told = [sentence.pairs for sentence in analyzer.analyze(text).sentences]
    assert not any(is_mere_mention(pair) for pairs in told for pair in pairs)
    assert [len(pairs) for pairs in told] == [0, 0, 1]


def test_the_koreas_article(analyzer, shared_data):
    """North and South draw nearer; Washington's sanctions on the North stand."""
    analysis = analyzer.analyze((shared_data / "articles/koreas_2021.txt").read_text(encoding="utf-8"))
    dyads = {(dyad.source, dyad.target): dyad for dyad in analysis.dyads}
    assert dyads["PRK", "KOR"].stance == dyads["KOR", "PRK"].stance == "supportive"
    assert dyads["USA", "PRK"].stance == "opposed"
    assert analysis.tone.label in ("cooperative", "conciliatory")
