"""What the Model tab says of retrainings: words for every state, figures by label, text that stays text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from diplotone.serve.retrain_view import (
    progress_words,
    render_notice,
    render_outcomes,
    render_plan,
    render_way_back,
)
from diplotone.serve.retraining import Plan, Retraining

ROW = {"n": 40, "candidate": 0.7, "current": 0.65, "difference": 0.05, "interval": [-0.01, 0.11]}
VERDICT: dict[str, Any] = {
    "outcome": "undecided",
    "reasons": ["So small a difference may be chance."],
    "candidate": "tiny-r1@0123456789ab",
    "current": "tiny@ba9876543210",
    "test": {
        "sentences": 90,
        "tasks": {
            "tone": ROW | {"figure": "quadratic kappa", "classes": {"hostile": ROW}},
            "act": {"n": 0},
        },
    },
    "corrections": {"sentences": 0, "tasks": {"tone": {"n": 0}}},
    "difference": {
        "n_sentences": 12,
        "n_changed": 1,
        "largest": [
            {"text": "<script>x</script>", "task": "tone", "before": None, "after": "hostile", "size": 0.4}
        ],
    },
}


def retraining(**fields: Any) -> Retraining:
    given = {"id": "20260301-093000-041592", "asked": "2026-03-01T09:30:00+00:00", "sentences": 12} | fields
    return Retraining(folder=Path(), **given)


def outcomes(*found: Retraining, label: str = "tiny@ba9876543210", allowed: bool = True) -> str:
    return render_outcomes(found, label, allowed=allowed)


def test_a_verdict_shows_what_each_label_gains_and_what_changes():
    shown = outcomes(retraining(state="ended", verdict=VERDICT))
    assert "Undecided: " in shown
    assert "So small a difference may be chance." in shown
    assert "tone, quadratic kappa" in shown
    assert "hostile, F1" in shown
    assert "<td>+0.050</td><td>−0.010 to +0.110</td>" in shown
    assert "Your labels that were held out: none." in shown
    assert "1 of the 12 sentences on the Labels tab get another label" in shown
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown
    assert "It is not shown to be better." in shown


def test_a_retraining_says_what_it_left_out():
    ended = retraining(state="ended", verdict=VERDICT, left_out=1)
    assert "Left out: 1 label about which annotators disagree" in outcomes(ended)
    under_another = outcomes(retraining(state="ended", verdict=VERDICT, unknown=1_200))
    assert "1,200 labels that the codebook of the release in use does not have" in under_another
    assert "Left out" not in outcomes(retraining(state="ended", verdict=VERDICT))


def test_a_refused_one_can_be_taken_knowingly_and_one_in_use_not_again():
    refused = VERDICT | {"outcome": "refuse"}
    assert "data-anyway" not in outcomes(retraining(state="ended", verdict=VERDICT))
    shown = outcomes(retraining(state="ended", verdict=refused))
    assert "data-anyway" in shown
    assert "Its verdict is to refuse it." in shown
    in_use = outcomes(retraining(state="ended", verdict=VERDICT), label="tiny-r1@0123456789ab")
    assert "Put into use" not in in_use
    assert "tiny-r1@0123456789ab is in use." in in_use
    assert "<button" not in outcomes(retraining(state="ended", verdict=VERDICT), allowed=False)


def test_the_last_verdict_stays_when_a_later_one_came_to_nothing():
    failed = retraining(state="failed", problem="the disk is full")
    shown = outcomes(retraining(state="running"), failed, retraining(state="ended", verdict=VERDICT))
    assert shown.index("It failed: the disk is full") < shown.index("Undecided: ")
    assert outcomes() == outcomes(retraining(state="running")) == ""


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "waiting"}, "Another one waits for its turn"),
        ({"state": "running", "phase": "judging"}, "Comparing it with the release in use"),
        (
            {"state": "running", "phase": "training", "step": 1_040, "steps": 2_000, "seconds_left": 300.0},
            "Training: step 1,040 of 2,000, at most 5 min left, then it is measured",
        ),
    ],
)
def test_how_far_it_is_in_words(fields, words):
    assert progress_words(retraining(**fields)) == words


def test_a_plan_says_what_will_be_learnt_or_what_is_missing():
    plan = Plan(sentences=12, left_out=2, notes=("Few.",), problem=None)
    shown = render_plan(plan)
    assert "12 labelled sentences would be learnt" in shown
    assert "Left out: 2 labels about which annotators disagree" in shown
    assert "Few." in shown
    missing = Plan(sentences=0, left_out=0, notes=(), problem="run pip install 'diplotone[train]'")
    assert render_plan(missing).count("<p") == 1
    assert "diplotone[train]" in render_plan(missing)


def test_there_is_a_way_back_only_where_there_was_one_before():
    assert render_way_back((), allowed=True) == render_way_back(("shipped",), allowed=True) == ""
    assert "go back to shipped?" in render_way_back(("shipped", "a-1"), allowed=True)
    assert render_way_back(("shipped", "a-1"), allowed=False) == ""
    assert "Not taken up." in render_notice("not taken up")
    assert render_notice(None) == ""
