"""Which pairs are reported as relations."""

from __future__ import annotations

import json
import math
import shutil

import pytest

from diplotone.model.analysis import Judgement, Mention, PairAnalysis
from diplotone.model.analyzer import load
from diplotone.model.errors import ReleaseError
from diplotone.model.relations import (
    CONSTANT,
    FEATURES,
    PLAIN_RULE,
    RelationRule,
    is_mere_mention,
    relation_features,
)
from diplotone.model.release import open_release, seal


def _mention(start, end, code):
    return Mention(start=start, end=end, text="x" * (end - start), code=code, kind="state")


SUVA, APIA = _mention(0, 4, "FJI"), _mention(20, 24, "WSM")
PROBABILITIES = {"act": {"ACCUSE": 0.8, "NONE": 0.2}, "stance": {"opposed": 0.5, "neutral": 0.5}}


def _features(source=SUVA, target=APIA, probabilities=PROBABILITIES, *, actors=2, joined=False):
    return relation_features(source, target, probabilities, actors=actors, joined=joined)


def test_what_is_known_of_a_pair():
    features = _features()
    assert tuple(features) == FEATURES
    assert features["act"] == pytest.approx(math.log(4))
    assert features["side"] == 0
    assert features["distance"] == pytest.approx(math.log(17))
    assert (features["actors"], features["joined"], features["before"]) == (2, 0, 1)
    back = _features(APIA, SUVA, joined=True)
    assert (back["distance"], back["before"], back["joined"]) == (features["distance"], 0, 1)
    assert _features(SUVA, SUVA)["distance"] == 0  # one expression for both


def test_the_surest_probabilities_have_finite_odds():
    sure = {"act": {"ACCUSE": 1.0, "NONE": 0.0}, "stance": {"opposed": 0.0, "neutral": 1.0}}
    features = _features(probabilities=sure)
    assert features["act"] == pytest.approx(-features["side"])
    assert 9 < features["act"] < 10


def test_a_codebook_without_the_empty_labels_tells_nothing():
    """Then every pair is reported, as each of its labels says something."""
    features = _features(probabilities={"act": {"HELP": 0.6, "HARM": 0.4}, "stance": {"for": 1.0}})
    assert (features["act"], features["side"]) == (0, 0)
    assert PLAIN_RULE.probability(features) >= PLAIN_RULE.threshold


def test_the_plain_rule_asks_for_an_act_or_for_words_that_join():
    def reported(none, joined):
        probabilities = PROBABILITIES | {"act": {"ACCUSE": 1 - none, "NONE": none}}
        features = _features(probabilities=probabilities, joined=joined)
        return PLAIN_RULE.probability(features) >= PLAIN_RULE.threshold

    assert reported(0.49, joined=False)
    assert not reported(0.51, joined=False)
    assert reported(0.79, joined=True)
    assert not reported(0.81, joined=True)


def test_weights_are_of_known_features():
    rule = RelationRule(weights={CONSTANT: -1.0, "act": 2.0}, threshold=0.5)
    assert rule.probability({"act": 0.5}) == pytest.approx(0.5)
    assert RelationRule(weights={"act": 1.0}, threshold=0.5).probability({"act": -1e9}) == 0
    with pytest.raises(ValueError, match='"charm", which is no feature'):
        RelationRule(weights={"charm": 1.0}, threshold=0.5)


def test_the_rule_of_a_release_decides(tiny_release, tmp_path):
    """The same network, asked by a rule that lets everything through and by one that lets nothing."""
    text = "Suva praised Apia for the ferry deal."

    def pairs(rule):
        folder = tmp_path / "release"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tiny_release, folder)
        calibration = json.loads((folder / "calibration.json").read_text())
        calibration.pop("relations")
        (folder / "calibration.json").write_text(json.dumps(calibration | rule))
        seal(folder, "tiny")
        return load(folder).analyze(text).sentences[0].pairs

    assert len(pairs({"relations": {"weights": {}, "threshold": 0.0}})) == 2
    assert pairs({"relations": {"weights": {}, "threshold": 1.0}}) == ()
    pairs({})
    assert open_release(tmp_path / "release").calibration.relations == PLAIN_RULE
    for damaged in ({"weights": {"charm": 1.0}, "threshold": 0.5}, {"weights": {}}, {"threshold": 0.5}):
        with pytest.raises(ReleaseError, match="lack or misstate"):
            pairs({"relations": damaged})


@pytest.mark.parametrize(
    ("none", "neutral", "mere"),
    [(0.6, 0.6, True), (0.4, 0.6, False), (0.6, 0.4, False), (0.4, 0.4, False)],
)
def test_where_nothing_is_done_and_no_side_taken_two_are_merely_named(none, neutral, mere):
    """Unsure or not: what counts is the likeliest."""

    def unsure(**probabilities):
        return Judgement(label=None, probabilities=probabilities, reason="not sure")

    stance = unsure(opposed=1 - neutral, neutral=neutral)
    pair = PairAnalysis(source=SUVA, target=APIA, stance=stance, act=unsure(ACCUSE=1 - none, NONE=none))
    assert is_mere_mention(pair) == mere
