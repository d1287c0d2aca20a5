"""The verdict: the figures it rests on, and what the gates make of them."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from diplotone.model.analyzer import load
from diplotone.model.records import Pair, Record
from diplotone.model.release import MANIFEST, seal
from diplotone.train import verdict as verdict_module
from diplotone.train.corpus import Corpus
from diplotone.train.gates import DEFAULT_GATES
from diplotone.train.paired import Paired, compare, mcnemar, pair_up
from diplotone.train.rescore import as_text as difference_as_text
from diplotone.train.rescore import difference
from diplotone.train.verdict import OTHER_LABELS, _speed, decide, judge
from diplotone.train.verdict_text import as_text


def row(candidate=0.70, current=0.70, *, spread=0.02, n=400, gained=20, lost=20, ece=0.02):
    more = candidate - current
    return {
        "n": n,
        "figure": "macro-F1",
        "candidate": candidate,
        "current": current,
        "difference": more,
        "interval": [more - spread, more + spread],
        "right": {"candidate": 300 + gained, "current": 300 + lost},
        "mcnemar": {"gained": gained, "lost": lost, "p": mcnemar(gained, lost)},
        "ece": {"candidate": ece, "current": 0.02},
        "classes": {},
    }


@pytest.fixture
def figures():
    """A candidate that is as good as the current release and better on the corrections."""
    tasks = {task: row() for task in ("sentiment", "tone", "stance", "act")}
    together = {"n": 160, "candidate": 130, "current": 100}
    return {
        "candidate": "new@1",
        "current": "old@0",
        "notes": [],
        "test": {
            "sentences": 400,
            "tasks": tasks,
            "together": {"n": 1600, "candidate": 1280, "current": 1280} | {"mcnemar": row()["mcnemar"]},
        },
        "corrections": {
            "sentences": 40,
            "tasks": {},
            "together": {**together, "mcnemar": {"gained": 35, "lost": 5, "p": mcnemar(35, 5)}},
        },
        "contrast": {"negation": {"n": 100, "candidate": 50, "current": 50}},
        "not_asked": [],
        "speed": {"ratio": 1.0, "sentences": 200},
        "faults": {},
    }


def outcome(figures):
    return decide(figures, DEFAULT_GATES)


def test_better_on_the_corrections_and_nowhere_worse_is_promoted(figures):
    found = outcome(figures)
    assert found.outcome == "promote"
    assert found.reasons[0].startswith(
        "It answers 130 of 160 labels of the held-out corrections as they were"
    )
    assert "PROMOTE: the candidate is better" in as_text(found)


def test_notes_on_the_training_stand_in_the_words_too(figures):
    figures["notes"] = ["36 new sentences are few (fewer than 40): only the heads are trained"]
    assert as_text(outcome(figures)).splitlines()[-1].startswith("note: 36 new sentences are few")


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("test", "tasks", "tone"), row(0.60), "Tone is worse on the frozen test sentences: macro-F1 0.600"),
        (("test", "tasks", "act"), row(ece=0.09), "The probabilities of act mean less than before"),
        (
            ("contrast", "negation"),
            {"n": 100, "candidate": 44, "current": 50},
            "fewer look-alike sentences apart",
        ),
        (("speed", "ratio"), 0.5, "slower: 0.50 times"),
        (
            ("faults", "country swap"),
            {"candidate": 0.03, "current": 0.01},
            "Country swap has risen from 1.00%",
        ),
    ],
)
def test_each_gate_refuses(figures, where, value, said):
    place = figures
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    found = outcome(figures)
    assert found.outcome == "refuse"
    assert said in found.reasons[0]
    assert "REFUSE" in as_text(found)


def test_a_label_that_is_lost_refuses_though_the_task_holds(figures):
    lost = {
        "n": 40,
        "candidate": 0.3,
        "current": 0.7,
        "difference": -0.4,
        "interval": [-0.5, -0.3],
        "enough": True,
    }
    figures["test"]["tasks"]["tone"]["classes"]["conciliatory"] = lost
    assert '"conciliatory" is found much worse' in outcome(figures).reasons[0]
    lost["enough"] = False
    assert outcome(figures).outcome == "promote"


@pytest.mark.parametrize("what", ["promote", "refuse", "undecided"])
def test_what_was_not_asked_is_said_and_decides_nothing(figures, what):
    if what == "refuse":
        figures["speed"]["ratio"] = 0.5
    if what == "undecided":
        figures["test"]["tasks"]["stance"] = row(0.66, spread=0.06)
    figures["contrast"], figures["not_asked"] = {}, [OTHER_LABELS]
    found = outcome(figures)
    assert found.outcome == what
    assert found.reasons[-1].startswith("Look-alike sentences were not compared")


def test_a_loss_that_may_be_chance_is_undecided(figures):
    figures["test"]["tasks"]["stance"] = row(0.66, spread=0.06)
    found = outcome(figures)
    assert found.outcome == "undecided"
    assert "Stance may be worse" in found.reasons[0]


def test_no_gain_is_undecided(figures):
    figures["corrections"]["together"]["mcnemar"] = {"gained": 6, "lost": 5, "p": mcnemar(6, 5)}
    found = outcome(figures)
    assert found.outcome == "undecided"
    assert "may be chance" in found.reasons[-1]


def test_one_task_that_looks_better_by_chance_is_no_gain(figures):
    """With four tasks, one interval leaves out 0 in one of ten trainings that change nothing."""
    figures["corrections"]["together"]["mcnemar"] = {"gained": 1, "lost": 1, "p": 1.0}
    figures["test"]["tasks"]["tone"] = row(0.713, 0.70, spread=0.012)
    assert outcome(figures).outcome == "undecided"
    figures["test"]["together"]["mcnemar"] = {"gained": 80, "lost": 30, "p": mcnemar(80, 30)}
    assert outcome(figures).outcome == "promote"


def test_no_test_split_is_undecided(figures):
    for task in figures["test"]["tasks"]:
        figures["test"]["tasks"][task] = {"n": 0}
    assert "nobody can say whether something was forgotten" in outcome(figures).reasons[0]


def test_mcnemar_is_the_exact_binomial():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(9, 1) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar(1, 9) == mcnemar(9, 1)


def paired(codebook, candidate, current, true, groups=None):
    task = codebook["stance"]
    arrays = [np.array(values, dtype=np.int64) for values in (true, candidate, current)]
    groups = np.arange(len(true)) if groups is None else np.array(groups)
    return Paired(task, task.names, *arrays, groups, {"candidate": 0.0, "current": 0.0})


def test_pairing_sees_a_small_difference_that_intervals_side_by_side_hide(codebook):
    true = [0, 1, 2] * 100
    current = [0, 1, 1] * 40 + true[120:]
    candidate = [0, 1, 1] * 30 + true[90:]
    found = compare(paired(codebook, candidate, current, true), least_class_labels=20)
    assert found["difference"] > 0
    assert found["interval"][0] > 0
    assert found["mcnemar"] == {"gained": 10, "lost": 0, "p": pytest.approx(2**-9)}
    assert found["classes"]["supportive"]["difference"] > 0


def test_labels_of_one_sentence_are_drawn_together(codebook):
    true, current = [0, 2] * 60, [0, 2] * 60
    candidate = [0, 2] * 40 + [2, 0] * 20
    alone = compare(paired(codebook, candidate, current, true), least_class_labels=20)
    together = compare(
        paired(codebook, candidate, current, true, [k // 20 for k in range(120)]), least_class_labels=20
    )
    width = [found["interval"][1] - found["interval"][0] for found in (alone, together)]
    assert width[1] > 1.5 * width[0]


def test_a_release_against_itself_differs_in_nothing(tiny_release, eight_records, monkeypatch):
    one, other = load(tiny_release), load(tiny_release)
    for pair in pair_up(one, other, eight_records):
        assert len(pair.true) == 8
        assert (pair.candidate == pair.current).all()
    monkeypatch.setattr(verdict_module, "load_contrasts", lambda codebook: {})
    monkeypatch.setitem(
        verdict_module.FAULT_SHARES, "country swap", lambda analyzer, records: len(records) / 100
    )
    records = tuple(replace(record, split="test") for record in eight_records)
    corpus = Corpus(records, ("without 3 real sentences",))
    untimed = {**DEFAULT_GATES, "speed_ratio": 0.0}  # eight sentences take too short a time to compare
    found = judge(one, other, corpus, eight_records[:3], untimed)
    assert found.outcome == "undecided"
    assert found.figures["not_asked"] == []
    assert found.figures["notes"][-1] == "judged without 3 real sentences"
    assert found.figures["faults"]["country swap"] == {"candidate": 0.08, "current": 0.08}
    assert found.figures["corrections"]["together"]["mcnemar"]["p"] == 1.0
    assert found.figures["speed"]["sentences"] == 8
    assert difference(one, other, eight_records).n_changed == 0


def test_speed_is_the_median_of_turns_and_above_one_where_the_candidate_is_faster(eight_records, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(verdict_module.time, "perf_counter", lambda: clock[0])

    class Takes:
        """An analyzer that takes so many seconds, turn by turn."""

        def __init__(self, first: float, *seconds: float):
            self.seconds = [first, *seconds]
            self.asked = []

        def predict(self, records):
            self.asked.append(len(records))
            clock[0] += self.seconds.pop(0)

    warm_up = 9.0
    candidate = Takes(warm_up, 2.0, 2.0, 2.0, 2.0, 50.0)  # once something else had the machine
    current = Takes(warm_up, 1.0, 1.0, 1.0, 1.0, 1.0)
    assert _speed(candidate, current, eight_records * 30) == {"ratio": 0.5, "sentences": 200}  # type: ignore[arg-type]
    assert set(candidate.asked + current.asked) == {200}
    assert _speed(candidate, current, []) == {}  # type: ignore[arg-type]


def test_a_candidate_that_breaks_a_gate_of_its_recipe_is_refused(
    tiny_release, eight_records, tmp_path, monkeypatch
):
    """As its own metrics say, whatever the comparison with the current release comes to."""
    broken = "The share of labels that change when states are exchanged is 3.00%; the recipe allows 1.00%."
    folder = shutil.copytree(tiny_release, tmp_path / "broken")
    metrics = json.loads((folder / "metrics.json").read_text())
    (folder / "metrics.json").write_text(json.dumps(metrics | {"broken_gates": [broken]}))
    (folder / MANIFEST).unlink()
    seal(folder, "broken")
    monkeypatch.setattr(verdict_module, "load_contrasts", lambda codebook: {})
    monkeypatch.setattr(verdict_module, "FAULT_SHARES", {})
    records = tuple(replace(record, split="test") for record in eight_records)
    candidate, current = load(folder), load(tiny_release)
    gates = {**DEFAULT_GATES, "speed_ratio": 0.0}
    found = judge(candidate, current, Corpus(records, ()), (), gates)
    assert (found.outcome, found.reasons[0]) == ("refuse", broken)
    assert judge(current, candidate, Corpus(records, ()), (), gates).outcome == "undecided"


def test_the_difference_names_the_largest_changes(tiny_release, eight_records):
    before = load(tiny_release)
    after = copy.copy(before)
    calibration = before.release.calibration
    after.release = replace(
        before.release,
        calibration=replace(calibration, thresholds=dict.fromkeys(calibration.thresholds, 1.0)),
    )
    loose = replace(
        before.release,
        calibration=replace(calibration, thresholds=dict.fromkeys(calibration.thresholds, 0.0)),
    )
    before.release = loose
    found = difference(after, before, eight_records)
    assert (found.n_changed, found.n_sentences) == (8, 8)
    text = difference_as_text(found)
    assert text.startswith("of the sentences analysed before, 8 of 8 change; these are the 8 largest:")
    assert "-> not sure" in text


class Scores:
    """Answers with the probability of "hostile" that it is told for a text, which is the label from .5 on."""

    def __init__(self, hostile: dict[str, float], pair: float = 0.4):
        self.hostile = hostile
        self.pair = pair

    def score(self, rows):
        def answer(p):
            return {
                "label": "hostile" if p >= 0.5 else "neutral",
                "probabilities": {"hostile": p, "neutral": 1 - p},
            }

        return [
            {
                "predicted": {"tone": answer(self.hostile[r["text"]])}
                | {"pairs": [{"stance": answer(self.pair)}]}
            }
            for r in rows
        ]


def test_the_twenty_largest_changes_come_first_and_no_more():
    texts = [f"Sentence {k}." for k in range(40)]
    records = [Record(id=text, text=text, pairs=(Pair(target=(0, 8), stance="neutral"),)) for text in texts]
    before = Scores(dict.fromkeys(texts, 0.45))
    moved = {text: 0.5 + (k * 7 % 30) / 100 for k, text in enumerate(texts[:30])}
    after = Scores(dict.fromkeys(texts, 0.40) | moved)  # the last ten keep their label
    found = difference(after, before, records)  # type: ignore[arg-type]  # all that it asks for
    assert (found.n_sentences, found.n_changed) == (40, 30)
    largest = sorted(moved.values(), reverse=True)[:20]
    assert [change.size for change in found.largest] == pytest.approx([p - 0.45 for p in largest])
    assert [moved[change.text] for change in found.largest] == largest
    assert "30 of 40 change; these are the 20 largest:" in difference_as_text(found)


def test_a_sentence_stands_once_with_its_largest_change():
    record = Record(id="a", text="Sentence.", pairs=(Pair(target=(0, 8), stance="neutral"),))
    before, after = Scores({"Sentence.": 0.4}, pair=0.1), Scores({"Sentence.": 0.6}, pair=0.9)
    (change,) = difference(after, before, [record]).largest  # type: ignore[arg-type]
    assert (change.task, change.before, change.after) == ("stance, pair 1", "neutral", "hostile")
    assert change.size == pytest.approx(0.8)
