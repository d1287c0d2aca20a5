"""The simulated user: who is corrected, who is measured, and what comes out."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from diplotone.model.analyzer import load
from diplotone.model.errors import ConfigError
from diplotone.train.corpus import Corpus, project_corpus
from diplotone.train.evaluate import evaluate
from diplotone.train.retrain import RetrainConfig
from diplotone.train.simulation import CHOICES, REGISTER, _figures, simulate, state_media
from diplotone.train.simulation_report import (
    Outcome,
    as_json,
    as_needed_table,
    as_table,
    corrections_needed,
    crossing,
    half_way,
    read_outcomes,
)
from diplotone.train.splits import near_measured


@pytest.fixture(scope="module")
def twins(eight_records):
    """Two sentences to a group."""
    return [replace(record, group=f"pair-{n // 2}", split=None) for n, record in enumerate(eight_records)]


@pytest.fixture(scope="module")
def analyzer(tiny_release):
    return load(tiny_release, engine="torch")


@pytest.mark.slow
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
def test_corrections_are_trained_on_and_both_kinds_measured(
    analyzer, twins, eight_records, tmp_path, monkeypatch
):
    test = tuple(replace(record, split="test") for record in eight_records)
    settings = RetrainConfig(epochs=1.0, replay=4, heads_only_below=0)

    def simulated(numbers, known=()):
        choices = ["random", "ranked"]
        return list(
            simulate(
                analyzer,
                twins,
                Corpus(test, ()),
                settings,
                tmp_path,
                numbers=numbers,
                seeds=[1],
                choices=choices,
                known=known,
            )
        )

    outcomes = simulated([2])
    outcomes = simulated([4], outcomes)  # gone on with, and nothing of it lost
    assert [(o.choice, o.corrected) for o in outcomes] == [
        ("random", 2), ("ranked", 2), ("random", 4), ("ranked", 4)
    ]  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr("diplotone.train.simulation._retrained", lambda *_: pytest.fail("trained again"))
        assert simulated([2, 4], outcomes) == outcomes
    assert {name.split(": ")[0] for name in outcomes[0].after} == {"state media", "own test"}
    assert outcomes[0].before == outcomes[1].before
    assert not any(tmp_path.iterdir())
    assert {name.partition(", ")[2] for name in outcomes[0].before} == {"macro-F1", "quadratic kappa"}
    assert outcomes[0].n == {"state media": 2, "own test": 8}
    assert len(as_table(outcomes).splitlines()) == 2 + 2 * (1 + 4)
    needed = corrections_needed(outcomes, REGISTER)
    assert {(entry.figure.partition(",")[0], entry.choice) for entry in needed} == {
        (task.name, choice) for task in analyzer.codebook for choice in ("random", "ranked")
    }
    assert all(0 <= entry.corrections <= 4 for entry in needed if entry.corrections is not None)
    stored = as_json("tiny@1", outcomes, needed)
    assert (stored["release"], stored["seeds"]) == ("tiny@1", [1])
    path = tmp_path / "simulation.json"
    path.write_text(json.dumps(stored))
    assert read_outcomes(path) == outcomes


def test_figures_of_nothing_and_of_something_else(tmp_path):
    path = tmp_path / "simulation.json"
    assert read_outcomes(path) == []
    path.write_text('{"outcomes": [{"choice": "random"}]}')
    with pytest.raises(ConfigError, match="holds no outcomes of a simulation") as refused:
        read_outcomes(path)
    assert str(path) in str(refused.value)


def test_what_is_known_of_another_release_is_refused(analyzer, twins, tmp_path):
    found = simulate(
        analyzer,
        twins,
        Corpus((), ()),
        RetrainConfig(),
        tmp_path,
        numbers=[2],
        seeds=[1],
        choices=["random"],
        known=[outcome("random", 2, 1, 0.4, 0.5)],
    )
    with pytest.raises(
        ConfigError, match=r"2 corrections \(random, seed 1\) was measured with another release"
    ):
        next(found)


def test_only_tone_is_measured_by_kappa_as_in_a_verdict(analyzer, twins):
    """Sentiment and stance are ordinal too, and have a kappa among their figures."""
    kinds = {REGISTER: twins}
    measured = evaluate(analyzer, twins)["tasks"]
    assert "kappa" in measured["sentiment"]
    assert _figures(analyzer, kinds) == {
        "state media: sentiment, macro-F1": measured["sentiment"]["macro_f1"],
        "state media: tone, quadratic kappa": measured["tone"]["kappa"],
        "state media: stance, macro-F1": measured["stance"]["macro_f1"],
        "state media: act, macro-F1": measured["act"]["macro_f1"],
    }


def test_a_curve_is_crossed_between_its_points_or_never():
    curve = [(0, 0.5), (50, 0.4), (100, 0.6), (200, 0.55)]
    assert crossing(curve, 0.5) == 0
    assert crossing(curve, 0.55) == pytest.approx(87.5)
    assert crossing(curve, 0.6) == 100
    assert crossing(curve, 0.61) is None


def test_the_aim_lies_half_way_to_the_best_and_nowhere_without_a_gain():
    assert half_way(0.5, [0.4, 0.7, 0.6]) == pytest.approx(0.6)
    assert half_way(0.5, [0.5, 0.4]) is None


def outcome(choice: str, corrected: int, seed: int, before: float, after: float) -> Outcome:
    name = "state media: act, macro-F1"
    return Outcome(
        choice=choice,
        corrected=corrected,
        seed=seed,
        n={REGISTER: 160 + seed},
        before={name: before},
        after={name: after},
        made_of="0" * 64,
    )


def test_corrections_needed_are_counted_for_each_seed_and_their_mean_only_where_all_get_there():
    outcomes = [
        outcome("random", 50, 1, 0.4, 0.5),
        outcome("random", 100, 1, 0.4, 0.6),
        outcome("ranked", 50, 1, 0.4, 0.45),
        outcome("ranked", 100, 1, 0.4, 0.48),
        outcome("random", 50, 2, 0.5, 0.6),
        outcome("random", 100, 2, 0.5, 0.6),
        outcome("ranked", 50, 2, 0.5, 0.7),
        outcome("ranked", 100, 2, 0.5, 0.5),
        outcome("random", 50, 3, 0.5, 0.4),
        outcome("ranked", 50, 3, 0.5, 0.5),
    ]
    found = {
        (entry.choice, entry.seed): entry.corrections for entry in corrections_needed(outcomes, REGISTER)
    }
    assert found == {
        ("random", 1): pytest.approx(50),
        ("ranked", 1): None,
        ("random", 2): pytest.approx(50),
        ("ranked", 2): pytest.approx(25),
        ("random", 3): None,
        ("ranked", 3): None,
    }
    assert corrections_needed(outcomes, "own test") == []
    assert as_needed_table(corrections_needed(outcomes[:8], REGISTER)).splitlines() == [
        "| figure | chosen | seed 1 | seed 2 | mean |",
        "|---|---|---|---|---|",
        "| act, macro-F1 | random | 50 (0.500) | 50 (0.600) | 50 |",
        "| act, macro-F1 | ranked | not reached (0.500) | 25 (0.600) | in 1 of 2 seeds |",
    ]
    assert "no gain" in as_needed_table(corrections_needed(outcomes, REGISTER))


def test_a_table_has_mean_and_deviation_over_the_seeds():
    outcomes = [outcome("random", n, seed, 0.4 + seed / 10, 0.6) for n in (100, 50) for seed in (1, 2)]
    assert as_table(outcomes).splitlines()[2:] == [
        "| state media | 162 | 0 |  | 2 | 0.550 ± 0.071 |",
        "| state media | 162 | 50 | random | 2 | 0.600 ± 0.000 |",
        "| state media | 162 | 100 | random | 2 | 0.600 ± 0.000 |",
    ]
