"""How a prediction becomes an answer in each data set's own terms."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from diplotone.model.analyzer import Prediction, load
from diplotone.train.benchmark import Row, as_json, as_table, benchmark, measures, side
from diplotone.train.corpus import Corpus


def _prediction(codebook, *pairs, tone="neutral"):
    def spread(task, shares):
        values = np.full(len(task), 1e-6)
        for name, share in shares.items():
            values[task.index(name)] = share
        return values

    return Prediction(
        sentence={"tone": spread(codebook["tone"], {tone: 1})},
        pairs=tuple({t: spread(codebook[t], shares) for t, shares in pair.items()} for pair in pairs),
    )


def _answers(codebook, prediction, source):
    return [m.answer(codebook, prediction) for m in measures(codebook) if m.source == source]


def test_plv_adds_concede_and_retreat_and_leaves_none_out(codebook):
    acts = {"NONE": 0.5, "CONCEDE": 0.15, "RETREAT": 0.15, "AGREE": 0.2}
    found = _answers(codebook, _prediction(codebook, {"act": acts}), "PLV, train file")
    assert found == ["cooperation", "material cooperation", "YIELD"]


def test_plv_sums_the_roots_of_a_class(codebook):
    acts = {"AGREE": 0.4, "ACCUSE": 0.2, "REJECT": 0.2, "THREATEN": 0.2}
    found = _answers(codebook, _prediction(codebook, {"act": acts}), "PLV, train file")
    assert found == ["conflict", "verbal conflict", "AGREE"]
    assert side(codebook, "YIELD") == "material cooperation"


@pytest.mark.parametrize(
    ("p_to_q", "q_to_p", "answer"),
    [
        ({"opposed": 0.8, "neutral": 0.2}, {"neutral": 1}, "- p to q"),
        ({"neutral": 0.9, "opposed": 0.1}, {"supportive": 0.7, "neutral": 0.3}, "+ q to p"),
        ({"neutral": 0.6, "opposed": 0.4}, {"neutral": 0.9}, "neutral"),
    ],
)
def test_dse_takes_the_direction_that_is_surer_than_neutral(codebook, p_to_q, q_to_p, answer):
    prediction = _prediction(codebook, {"stance": p_to_q}, {"stance": q_to_p})
    assert _answers(codebook, prediction, "DSE valid") == [answer]


@pytest.mark.parametrize(("tone", "answer"), [("hostile", "conflict"), ("neutral", "neutral")])
def test_tones_have_sides(codebook, tone, answer):
    assert _answers(codebook, _prediction(codebook, tone=tone), "cameo_class") == [answer]


def test_re3d_asks_for_a_side(codebook):
    stance = {"neutral": 0.8, "opposed": 0.15, "supportive": 0.05}
    assert _answers(codebook, _prediction(codebook, {"stance": stance}), "re3d") == ["opposed"]


@pytest.mark.slow
def test_what_the_corpus_holds_is_not_measured(tiny_release, eight_records, tmp_path):
    """The own test split is; an outside item that stands in the corpus too is left out."""
    (tmp_path / "newsmtsc").mkdir()
    seen = eight_records[0].text
    rows = [{"sentence": text, "from": 0, "to": 4, "polarity": 0} for text in (seen, "Lima has a zoo.")]
    (tmp_path / "newsmtsc/dev_rw.jsonl").write_text("\n".join(map(json.dumps, rows)))
    records = tuple(replace(r, split="test", register="wire") for r in eight_records)
    found = benchmark(load(tiny_release), tmp_path, Corpus(records, ()))
    by_source = {(row.source, row.figure): row for row in found}
    assert by_source["NewsMTSC dev", "real-world, macro-F1"].n == 1
    assert by_source["own test, written", "tone, quadratic kappa"].n == 8
    assert all(row.low <= row.value <= row.high for row in found if row.low is not None)
    assert by_source["own test, written", "tone, quadratic kappa"].baselines["majority"]["value"] == 0
    assert by_source["robustness", "upper case: labels that flip"].parts["tone"]["n"] == 8
    assert as_table(found).count("\n") == len(found) + 1
    assert [Row(**row) for row in json.loads(json.dumps(as_json(found)))] == found
