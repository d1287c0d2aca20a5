"""The simulated user: who is corrected, who is measured, and what comes out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diplotone.model.analyzer import load
from diplotone.train.corpus import Corpus, project_corpus
from diplotone.train.retrain import RetrainConfig
from diplotone.train.simulation import CHOICES, as_json, as_table, simulate, state_media
from diplotone.train.splits import near_measured


@pytest.fixture(scope="module")
def twins(eight_records):
    """Two sentences to a group."""
    return [replace(record, group=f"pair-{n // 2}", split=None) for n, record in enumerate(eight_records)]


@pytest.fixture(scope="module")
def analyzer(tiny_release):
    return load(tiny_release, engine="torch")


def test_the_sentences_of_state_media_are_kept_out_of_training(codebook):
    held = state_media(codebook)
    project = project_corpus(codebook).records
    assert len(held) > 400
    assert not {record.id for record in held} & {record.id for record in project}
    assert near_measured(held, project) == []


def test_the_ranked_choice_hides_the_labels_and_gives_them_back(analyzer, twins):
    chosen = CHOICES["ranked"](analyzer, twins, 3, 1)
    assert len({record.id for record in chosen}) == 3
    assert all(record in twins for record in chosen)


def test_the_random_choice_is_the_same_for_a_seed(analyzer, twins):
    chosen = CHOICES["random"](analyzer, twins, 3, 1)
    assert chosen == CHOICES["random"](analyzer, twins, 3, 1)
    assert len(CHOICES["random"](analyzer, twins, 99, 1)) == len(twins)


def test_what_is_measured_is_never_corrected(analyzer, twins, monkeypatch, tmp_path):
    seen = []

    def retrained(release, chosen, settings, run, seed, mirror):
        run.mkdir(parents=True)
        seen.append({record.group for record in chosen})
        return analyzer

    measured = []

    def figures(_, kinds):
        measured.append({record.group for record in kinds["state media"]})
        return {}

    monkeypatch.setattr("diplotone.train.simulation._retrained", retrained)
    monkeypatch.setattr("diplotone.train.simulation._figures", figures)
    outcomes = list(
        simulate(
            analyzer,
            twins,
            Corpus((), ()),
            RetrainConfig(),
            tmp_path,
            numbers=[8],
            seeds=[1, 2, 3],
            choices=["random"],
        )
    )
    assert [outcome.corrected for outcome in outcomes] == [6, 6, 6]
    for n in range(3):
        assert measured[2 * n] == measured[2 * n + 1]
        assert measured[2 * n]
        assert not measured[2 * n] & seen[n]


@pytest.mark.slow
def test_corrections_are_trained_on_and_both_kinds_measured(analyzer, twins, eight_records, tmp_path):
    test = tuple(replace(record, split="test") for record in eight_records)
    settings = RetrainConfig(epochs=1.0, replay=4, heads_only_below=0)
    outcomes = list(
        simulate(
            analyzer,
            twins,
            Corpus(test, ()),
            settings,
            tmp_path,
            numbers=[4],
            seeds=[1],
            choices=["random", "ranked"],
        )
    )
    assert [outcome.choice for outcome in outcomes] == ["random", "ranked"]
    assert {name.split(": ")[0] for name in outcomes[0].after} == {"state media", "own test"}
    assert outcomes[0].before == outcomes[1].before
    assert not any(tmp_path.iterdir())
    table = as_table(outcomes).splitlines()
    assert [line.split("|")[1].strip() for line in table[2:]] == ["0", "4", "4"]
    assert as_json(outcomes)[0]["seed"] == 1
