"""The prediction path, on a release that knows nothing: form, order, offsets, errors."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.analyzer import Analyzer, Prediction, load
from diplotone.model.errors import ConfigError, RecordError, TextError

ARTICLE = (
    "Seoul and Pyongyang agreed on Tuesday to talk twice a day. The United States kept its sanctions on"
    ' North Korea.\n\n"We welcome every call," South Korea\'s foreign minister said. Los ministros se reunieron'
    " ayer en la capital para hablar de la frontera con los vecinos del norte."
)


@pytest.fixture(scope="module")
def analyzer(tiny_release):
    return load(tiny_release)


def test_score_adds_predictions_and_loses_nothing(analyzer, eight_rows, codebook):
    rows = [row | {"outlet": "Daily", "n": n} for n, row in enumerate(eight_rows)]
    scored = analyzer.score(rows)
    for before, after in zip(rows, scored, strict=True):
        assert after["text"] == before["text"]
        assert (after["outlet"], after["n"]) == ("Daily", before["n"])
        assert after["tone"] == before["tone"]
        predicted = after["predicted"]
        assert list(predicted) == ["sentiment", "tone", "pairs"]
        assert len(predicted["pairs"]) == 1
        for task, judgement in [*list(predicted.items())[:2], *predicted["pairs"][0].items()]:
            assert list(judgement["probabilities"]) == list(codebook[task].names)
            assert sum(judgement["probabilities"].values()) == pytest.approx(1, abs=1e-4)
            assert (judgement["label"] is None) != (judgement["reason"] is None)
    json.dumps(scored)


def test_pairs_come_in_the_order_given(analyzer):
    text = "Accra thanked Lagos and scolded Lome."
    pairs = [{"source": "Accra", "target": t} for t in ("Lagos", "Lome")]
    one = analyzer.score([{"text": text, "pairs": pairs}])[0]["predicted"]["pairs"]
    other = analyzer.score([{"text": text, "pairs": pairs[::-1]}])[0]["predicted"]["pairs"]
    assert one == other[::-1]


def test_a_sentence_too_long_is_unscored_with_the_reason(analyzer):
    text = "word " * 400 + "Seoul"
    (scored,) = analyzer.score(
        [
            {"text": text, "pairs": [{"target": "Seoul"}]},
        ]
    )
    predicted = scored["predicted"]
    assert predicted["tone"]["label"] is None
    assert "more than the 256" in predicted["tone"]["reason"]
    assert predicted["pairs"][0]["stance"]["label"] is None


def test_faulty_rows_are_refused_with_every_fault(analyzer):
    with pytest.raises(RecordError) as raised:
        analyzer.score([{"text": ""}, {"text": "a b", "pairs": [{"target": "zzz"}]}])
    assert "record:1: text is empty" in str(raised.value)
    assert 'record:2: pair 1: target "zzz" does not stand in the text' in str(raised.value)


def test_no_rows_no_results(analyzer):
    assert analyzer.score([]) == []


def test_a_sentence_scores_the_same_alone_and_in_any_batch(analyzer, eight_records):
    together = analyzer.predict([*eight_records, *(r for r in eight_records[::-1])])
    shuffled = list(eight_records)
    random.Random(3).shuffle(shuffled)
    in_other_order = dict(zip([r.id for r in shuffled], analyzer.predict(shuffled), strict=True))
    for record, in_batch in zip(eight_records, together, strict=False):
        (alone,) = analyzer.predict([record])
        for other in (alone, in_other_order[record.id]):
            for task in ("sentiment", "tone"):
                np.testing.assert_allclose(in_batch.sentence[task], other.sentence[task], atol=1e-4)
            for task in ("stance", "act"):
                np.testing.assert_allclose(in_batch.pairs[0][task], other.pairs[0][task], atol=1e-4)


def test_an_article_keeps_its_offsets(analyzer):
    analysis = analyzer.analyze(ARTICLE)
    assert len(analysis.sentences) == 4
    for sentence in analysis.sentences:
        assert ARTICLE[sentence.start : sentence.end] == sentence.text
        for mention in sentence.mentions:
            assert ARTICLE[mention.start : mention.end] == mention.text
            assert sentence.start <= mention.start < mention.end <= sentence.end
    assert {"KOR", "PRK"} <= {m.code for m in analysis.sentences[0].mentions}
    assert analysis.sentences[2].voice.kind == "quote"


def test_another_language_is_unscored_and_counted(analyzer):
    analysis = analyzer.analyze(ARTICLE)
    spanish = analysis.sentences[-1]
    assert spanish.tone.label is None
    assert "English" in (spanish.tone.reason or "")
    assert not spanish.pairs
    assert analysis.tone.total == 4
    assert analysis.tone.n <= 3
    assert analysis.tone.coverage == analysis.tone.n / 4


def test_an_analysis_is_json_and_says_where_it_comes_from(analyzer):
    analysis = analyzer.analyze(ARTICLE)
    plain = json.loads(json.dumps(analysis.as_dict()))
    assert plain["provenance"]["release"] == analyzer.release.label
    assert len(plain["provenance"]["text_sha256"]) == 64
    assert list(plain) == ["tone", "tone_parts", "shares", "sentences", "dyads", "provenance"]
    for name in ("sentiment", "tone"):
        total = sum(plain["shares"][name].values())
        assert total == pytest.approx(1) or total == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the text is empty"),
        (" \n ", "the text is empty"),
        (None, "NoneType"),
        ("x" * 2_000_001, "split it"),
    ],
)
def test_a_text_that_cannot_be_analysed_is_refused(analyzer, text, message):
    with pytest.raises(TextError, match=message):
        analyzer.analyze(text)


def test_an_unknown_engine_is_refused(tiny_release):
    with pytest.raises(ConfigError, match='engine "cuda" is not one of openvino, torch'):
        load(tiny_release, engine="cuda")  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_is_analysed_or_refused(analyzer, text):
    try:
        analysis = analyzer.analyze(text)
    except TextError:
        assert not text.strip()
        return
    assert all(text[s.start : s.end] == s.text for s in analysis.sentences)


def test_predictions_are_probabilities(analyzer, eight_records):
    for prediction in analyzer.predict(eight_records):
        assert isinstance(prediction, Prediction)
        for values in prediction.sentence.values():
            assert values.min() >= 0
            assert values.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "nothing", "reported"),
    [
        ("Oslo wrote while Riga slept.", 0.49, True),
        ("Oslo wrote while Riga slept.", 0.51, False),
        ("Tension between Oslo and Riga grew.", 0.79, True),
        ("Tension between Oslo and Riga grew.", 0.81, False),
    ],
)
def test_a_relation_is_reported_where_something_was_probably_done(analyzer, text, nothing, reported):
    """Probably: more likely than not, or one chance in five where the words tie the two to one another."""

    class Told(Analyzer):
        def predict(self, records):
            found = []
            for prediction in super().predict(records):
                assert isinstance(prediction, Prediction)
                act = np.full(
                    len(self.codebook["act"]), (1 - nothing) / (len(self.codebook["act"]) - 1), np.float32
                )
                act[self.codebook["act"].index("NONE")] = nothing
                pairs = tuple({**pair, "act": act} for pair in prediction.pairs)
                found.append(replace(prediction, pairs=pairs))
            return found

    told = Told(analyzer.release, analyzer.engine, analyzer.encoder, analyzer.gazetteer)
    (sentence,) = told.analyze(text).sentences
    assert bool(sentence.pairs) is reported
