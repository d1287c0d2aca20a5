"""A saved result against the release: what counts as a difference, what does not, what is a mistake."""

from __future__ import annotations

import copy
import json

import pytest

from diplotone.model.analyzer import load
from diplotone.model.errors import RecordError, TextError
from diplotone.model.report import as_json
from diplotone.model.verify import read_result, text_of, verify

ARTICLE = "Suva praised Apia for the ferry deal. Quito bombed Lima at dawn on Friday.\n\nOslo regrets it. Riga slept."


@pytest.fixture(scope="module")
def analyzer(tiny_release):
    return load(tiny_release)


@pytest.fixture(scope="module")
def result(analyzer):
    return json.loads(as_json(analyzer.analyze(ARTICLE), ARTICLE))


@pytest.fixture
def saved(result):
    return copy.deepcopy(result)


def test_a_result_is_had_again(analyzer, saved):
    assert text_of(saved) == ARTICLE
    assert verify(saved, ARTICLE, analyzer) == ()


def test_a_date_a_version_or_other_precedents_are_no_difference(analyzer, saved):
    saved["provenance"]["date"] = "1648-10-24T00:00:00+00:00"
    saved["provenance"]["diplotone"] = "0.0.1"
    for sentence in saved["sentences"]:
        sentence["precedents"] = {"nearest": [], "reason": "not asked for"}
    assert verify(saved, ARTICLE, analyzer) == ()


def test_results_of_older_versions_are_not_blamed_for_what_they_lack(analyzer, saved):
    for sentence in saved["sentences"]:
        del sentence["rungs"], sentence["precedents"]
    for dyad in saved["dyads"]:
        del dyad["asymmetry"]
    assert verify(saved, ARTICLE, analyzer) == ()


@pytest.mark.parametrize("shift", [0.004, 0.006])
def test_probabilities_count_from_the_tolerance_on(analyzer, saved, shift):
    saved["sentences"][1]["tone"]["probabilities"]["hostile"] += shift
    found = verify(saved, ARTICLE, analyzer)
    assert [d.where for d in found] == (["sentences[1].tone.probabilities.hostile"] if shift > 0.005 else [])
    assert not verify(saved, ARTICLE, analyzer, tolerance=0.01)


def _set(path, value):
    def change(saved):
        *keys, last = path
        for key in keys:
            saved = saved[key]
        saved[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (_set(("provenance", "release"), "other@000000000000"), "provenance.release"),
        (_set(("provenance", "codebook"), "0.9"), "provenance.codebook"),
        (_set(("provenance", "text_sha256"), "0" * 64), "provenance.text_sha256"),
        (_set(("sentences", 0, "tone", "label"), "furious"), "sentences[0].tone.label"),
        (_set(("sentences", 0, "text"), "Suva."), "sentences[0].text"),
        (_set(("sentences", 2, "rungs", 0, "rung"), "warm"), "sentences[2].rungs[0].rung"),
        (_set(("tone", "n"), 40), "tone.n"),
        (_set(("extra",), 1), "extra"),
        (lambda saved: saved["sentences"].pop(), "number of sentences"),
        (lambda saved: saved["sentences"][0].pop("tone"), "sentences[0].tone"),
        (lambda saved: saved.pop("dyads"), "dyads"),
    ],
)
def test_what_was_changed_is_named(analyzer, saved, change, where):
    change(saved)
    assert [d.where for d in verify(saved, ARTICLE, analyzer)] == [where]


def test_a_difference_says_both_sides(analyzer, saved):
    now = saved["provenance"]["codebook"]
    saved["provenance"]["codebook"] = "0.9"
    (difference,) = verify(saved, ARTICLE, analyzer)
    assert str(difference) == f'provenance.codebook: saved "0.9", now "{now}"'


def test_the_article_can_be_given_but_must_be_the_one(saved):
    del saved["text"]
    with pytest.raises(TextError, match="does not hold its article; name the file of it with --text"):
        text_of(saved)
    assert text_of(saved, ARTICLE) == ARTICLE
    with pytest.raises(TextError, match=r"other\.txt: is not the article of this result"):
        text_of(saved, ARTICLE + " ", "other.txt")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not JSON"),
        (b"[]", "holds no result"),
        (b'{"provenance": {}}', "holds no result"),
        (b"\xff\xfe\x00", "is not JSON"),
    ],
)
def test_a_file_that_holds_no_result_is_a_clear_error(tmp_path, content, message):
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(RecordError, match=message):
        read_result(path)
    with pytest.raises(RecordError, match="cannot be read"):
        read_result(tmp_path / "none.json")
