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
from diplotone.serve.verdict_rows import compared_rows

ROW = {"n": 40, "candidate": 0.7, "current": 0.65, "difference": 0.05, "interval": [-0.01, 0.11]}
VERDICT: dict[str, Any] = {
    "outcome": "undecided",
    "reasons": ["So small a difference may be chance."],
    "candidate": "tiny-r1@0123456789ab",
    "current": "tiny@ba9876543210",
    "notes": ["36 new sentences are few: only the heads are trained", "codebook 3: <b>tone</b>"],
    "gates": {
        "least_labels": 30.0,
        "calibration_rise": 0.03,
        "fault_rise": 0.005,
        "contrast_drop": 0.05,
        "speed_ratio": 0.8,
    },
    "test": {
        "sentences": 90,
        "tasks": {
            "tone": ROW
            | {"figure": "quadratic kappa", "classes": {"hostile": ROW}}
            | {"ece": {"current": 0.021, "candidate": 0.034}},
            "act": {"n": 0},
        },
        "together": {
            "n": 1_600,
            "current": 1_100,
            "candidate": 1_120,
            "mcnemar": {"gained": 70, "lost": 50, "p": 0.083},
        },
    },
    "corrections": {
        "sentences": 0,
        "tasks": {"tone": {"n": 0}},
        "together": {"n": 0, "current": 0, "candidate": 0, "mcnemar": {"gained": 0, "lost": 0, "p": 1.0}},
    },
    "contrast": {
        "negation": {"n": 45, "current": 15, "candidate": 17},
        "voice": {"n": 44, "current": 31, "candidate": 30},
        "denial": {"n": 43, "current": 32, "candidate": 32},
    },
    "faults": {
        "the share of labels that change when states are exchanged": {"current": 0.001, "candidate": 0.009}
    },
    "speed": {"ratio": 0.97, "sentences": 200},
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
    words = "Of the 12 sentences that are labelled or put up for labelling, 1 would get another label"
    assert f"{words}; this is the change" in shown
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown
    assert "It is not shown to be better." in shown


def test_a_retraining_says_what_it_left_out():
    ended = retraining(state="ended", verdict=VERDICT, left_out=1)
    assert "Left out: 1 label about which annotators disagree" in outcomes(ended)
    under_another = outcomes(retraining(state="ended", verdict=VERDICT, unknown=1_200))
    assert "1,200 labels that the codebook of the release in use does not have" in under_another
    assert "Left out" not in outcomes(retraining(state="ended", verdict=VERDICT))


def test_a_verdict_shows_what_the_training_noted():
    shown = outcomes(retraining(state="ended", verdict=VERDICT))
    assert "<li>36 new sentences are few: only the heads are trained</li>" in shown
    assert "<li>codebook 3: &lt;b&gt;tone&lt;/b&gt;</li>" in shown
    assert "How it was made" not in outcomes(retraining(state="ended", verdict=VERDICT | {"notes": []}))


def test_what_changes_is_told_with_how_many_are_shown_and_where_it_is_looked_for():
    row = VERDICT["difference"]["largest"][0]

    def words(**found: Any) -> str:
        shown = outcomes(retraining(state="ended", verdict=VERDICT | {"difference": found}))
        return shown[shown.index("Of the ") :].partition("<")[0]

    many = words(n_sentences=5_200, n_changed=31, largest=[row] * 20)
    assert many == (
        "Of the 5,200 sentences that are labelled or put up for labelling (of those put up at most 5,000, of which"
        " the release is least sure), 31 would get another label; these are the 20 largest changes"
    )
    assert words(n_sentences=40, n_changed=2, largest=[row] * 2).endswith(
        "labelling, 2 would get another label; these are the changes, the largest first"
    )
    assert words(n_sentences=40, n_changed=0, largest=[]).endswith("labelling, 0 would get another label.")


def rows_of(verdict: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    return {what: (before, now, means) for what, before, now, means in compared_rows(verdict)}


def test_a_verdict_says_in_words_all_that_was_compared():
    assert rows_of(VERDICT) == {
        "The project's test labels answered right": (
            "1,100 of 1,600",
            "1,120 of 1,600",
            "70 newly right, 50 newly wrong; as uneven by chance alone in 8.3% of cases",
        ),
        "Percentages shown for tone: off by, on average": ("2.1%", "3.4%", "worse, within what is allowed"),
        "The share of labels that change when states are exchanged": (
            "0.10%",
            "0.90%",
            "worse than is allowed",
        ),
        "Pairs of look-alike sentences, both read right": (
            "78 of 132",
            "79 of 132",
            "better (negation +2, voice −1)",
        ),
        "Speed, in sentences a second": ("1", "0.97 times that", "as fast"),
    }
    shown = outcomes(retraining(state="ended", verdict=VERDICT))
    assert "<td>78 of 132</td><td>79 of 132</td><td>better (negation +2, voice −1)</td>" in shown


@pytest.mark.parametrize(
    ("now", "means"),
    [
        (0.02, "better"),
        (0.0304, "as before"),
        (0.055, "worse, within what is allowed"),
        (0.061, "worse than"),
    ],
)
def test_what_a_change_means_hangs_on_the_gate(now, means):
    tone = {"n": 40, "ece": {"current": 0.03, "candidate": now}}
    verdict = VERDICT | {"test": VERDICT["test"] | {"tasks": {"tone": tone}}}
    assert rows_of(verdict)["Percentages shown for tone: off by, on average"][2].startswith(means)


def test_what_was_not_asked_has_no_row():
    nothing = {"contrast": {}, "speed": {}, "faults": {}, "test": VERDICT["corrections"]}
    assert rows_of(VERDICT | nothing) == {}
    few = VERDICT["corrections"] | {"together": VERDICT["test"]["together"] | {"n": 9}}
    assert next(iter(rows_of(VERDICT | {"corrections": few}))) == "Held-out labels answered as you gave them"


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


def test_a_verdict_against_a_release_not_in_use_any_more_says_so_and_asks():
    shown = outcomes(retraining(state="ended", verdict=VERDICT), label="other@5")
    assert "It was judged against tiny@ba9876543210, and other@5 is in use now. To have it judged" in shown
    assert "diplotone-train verdict run --sentences sentences.jsonl" in shown
    assert "data-anyway" in shown
    assert "It is not shown to be better. It was judged against tiny@ba9876543210, and other@5 is" in shown
    assert "It was judged" not in outcomes(retraining(state="ended", verdict=VERDICT))


def test_the_last_verdict_stays_when_a_later_one_came_to_nothing():
    failed = retraining(state="failed", problem="the disk is full")
    shown = outcomes(retraining(state="running"), failed, retraining(state="ended", verdict=VERDICT))
    assert shown.index("It failed: the disk is full") < shown.index("Undecided: ")
    assert outcomes() == outcomes(retraining(state="running")) == ""


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "waiting"}, "Another one waits for its turn"),
        ({"state": "waiting", "seconds_left": 130.0}, "Another one waits for its turn, in about 2 min"),
        ({"state": "running", "phase": "judging"}, "Comparing it with the release in use"),
        (
            {"state": "running", "phase": "judging", "seconds_left": 41.3},
            "Comparing it with the release in use, about 40 s left",
        ),
        (
            {"state": "running", "phase": "training", "step": 1_040, "steps": 2_000, "seconds_left": 300.0},
            "Training: step 1,040 of 2,000, about 5 min left",
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
    many = render_plan(Plan(sentences=60, left_out=0, notes=(), problem=None, held_out=12))
    assert "60 labelled sentences are given: about 12 are held out to judge by, the others would be" in many
    assert "little is forgotten" in many
    missing = Plan(sentences=0, left_out=0, notes=(), problem="run pip install 'diplotone[train]'")
    assert render_plan(missing).count("<p") == 1
    assert "diplotone[train]" in render_plan(missing)


def test_there_is_a_way_back_only_where_there_was_one_before():
    assert render_way_back((), allowed=True) == render_way_back(("shipped",), allowed=True) == ""
    assert "go back to shipped?" in render_way_back(("shipped", "a-1"), allowed=True)
    assert render_way_back(("shipped", "a-1"), allowed=False) == ""
    assert "Not taken up." in render_notice("not taken up")
    assert render_notice(None) == ""
