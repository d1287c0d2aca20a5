"""The ablation: its plan, its trainings and its table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from diplotone.model.errors import ConfigError
from diplotone.train.ablation import (
    AS_IT_IS,
    Outcome,
    Plan,
    ablation,
    as_json,
    as_table,
    read_outcomes,
    read_plan,
)
from diplotone.train.config import load_config
from diplotone.train.corpus import Corpus

TINY = Path(__file__).resolve().parents[2] / "configs" / "tiny.toml"


def _outcome(change, seed, score, **figures):
    return Outcome(
        change=change,
        settings=() if change == AS_IT_IS else ("batch_size=32",),
        seed=seed,
        sentences=100,
        seconds=120.0,
        figures={"score": score, **figures},
        made_of="",
    )


def test_every_change_that_ships_is_one_of_the_recipe():
    plan = read_plan()
    recipe = load_config(None, plan.shortened)
    assert recipe != load_config()
    changed = {
        name: load_config(None, [*plan.shortened, *settings]) for name, settings in plan.changes.items()
    }
    assert len(changed) >= 15
    assert [name for name, other in changed.items() if other == recipe] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("change = []", "change is not known; known are shortened and changes"),
        ('[changes]\n"more" = "epochs=9"', '"more" must be a list of "name=value"'),
        ("shortened = [3]", '"shortened" must be a list of "name=value"'),
        ("changes = 3", '"changes" must be a table'),
    ],
)
def test_a_faulty_plan_is_refused(tmp_path, text, words):
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as refused:
        read_plan(path)
    assert str(path) in str(refused.value)


def test_a_change_is_set_against_the_same_seeds():
    table = as_table(
        [
            _outcome(AS_IT_IS, 1, 0.50, tone=0.4),
            _outcome(AS_IT_IS, 2, 0.60, tone=0.5),
            _outcome(AS_IT_IS, 3, 0.90, tone=0.5),
            _outcome("batches of 32", 1, 0.52, tone=0.5),
            _outcome("batches of 32", 2, 0.66, tone=0.6),
        ]
    )
    header, _, base, change = table.splitlines()
    assert header.count("|") == base.count("|") == change.count("|")
    assert base.startswith("| the recipe as it is |  | 3 | 0.667 ± 0.208 |")
    assert change == (
        "| batches of 32 | `batch_size=32` | 2 | 0.590 ± 0.099 |  | 0.550 ± 0.071 |  |  | +0.040 ± 0.028 |"
    )


def test_an_unknown_change_is_refused(tmp_path, codebook):
    found = ablation(Corpus((), ()), codebook, Plan(changes={"more": ()}), tmp_path, only=["less"])
    with pytest.raises(ConfigError, match='"less" is not tried; tried are the recipe as it is, more'):
        next(found)


def test_a_change_that_needs_public_data_is_refused_without(tmp_path, codebook):
    plan = Plan(shortened=("auxiliary.newsmtsc=0",), changes={"with NewsMTSC": ("auxiliary.newsmtsc=1",)})
    with pytest.raises(ConfigError, match=r'"with NewsMTSC" trains on public data: .* --mirror'):
        next(ablation(Corpus((), ()), codebook, plan, tmp_path))


def test_figures_come_back_from_their_file(tmp_path):
    path = tmp_path / "ablation.json"
    assert read_outcomes(path) == []
    outcomes = [_outcome(AS_IT_IS, 1, 0.5, tone=0.4), _outcome("batches of 32", 2, 0.6)]
    path.write_text(json.dumps(as_json(outcomes)))
    assert read_outcomes(path) == outcomes
    path.write_text('[{"change": "less"}]')
    with pytest.raises(ConfigError, match="holds no outcomes of an ablation"):
        read_outcomes(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [("less", 'known of "less", which is not tried'), ("more", 'known of "more" .* by another recipe')],
)
def test_what_is_known_of_something_else_is_refused(tmp_path, codebook, change, words):
    known = [replace(_outcome(change, 1, 0.5), made_of="0" * 64)]
    plan = Plan(shortened=("auxiliary.newsmtsc=0",), changes={"more": ("batch_size=32",)})
    with pytest.raises(ConfigError, match=words):
        next(ablation(Corpus((), ()), codebook, plan, tmp_path, known=known))


@pytest.mark.slow
def test_a_training_that_has_ended_is_not_repeated(tmp_path, eight_records, codebook):
    """Real trainings, of a tiny network."""
    records = [
        replace(record, split=split, id=f"{record.id}{split}")
        for split in ("train", "dev")
        for record in eight_records
    ]
    plan = Plan(shortened=("epochs=2",), changes={"no smoothing": ("label_smoothing=0",)})

    def outcomes(plan=plan, folder=tmp_path, known=()):
        corpus = Corpus(tuple(records), ())
        return list(ablation(corpus, codebook, plan, folder, config=TINY, seeds=(1, 2), known=known))

    first = outcomes()
    assert [(one.change, one.seed) for one in first] == [
        (AS_IT_IS, 1), ("no smoothing", 1), (AS_IT_IS, 2), ("no smoothing", 2)
    ]  # fmt: skip
    assert all(0 <= one.figures["score"] <= 1 and one.sentences == 8 for one in first)
    assert not list(tmp_path.rglob("checkpoints"))
    assert as_json(outcomes()) == as_json(first)  # the same seconds too
    elsewhere = tmp_path / "another machine"
    assert outcomes(folder=elsewhere, known=first) == first
    assert not elsewhere.exists()
    with pytest.raises(ConfigError, match="holds a run that differs in label_smoothing"):
        outcomes(Plan(shortened=("epochs=2",), changes={"no smoothing": ("label_smoothing=0.2",)}))
