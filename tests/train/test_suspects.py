"""A second look at labels: what is probably wrong, what contradicts, what copies the test split."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, cast

import numpy as np
import pytest

from diplotone.model.analyzer import Prediction, load
from diplotone.model.record_files import write_jsonl
from diplotone.model.records import Pair, Record
from diplotone.model.release import MANIFEST, Release, open_release, seal, shipped_release
from diplotone.train import suspects as suspects_module
from diplotone.train.__main__ import main
from diplotone.train.corpus import project_corpus
from diplotone.train.learnt import LEARNT_FILE, learnt_by, learnt_keys
from diplotone.train.out_of_fold import FOLDS, Table, folds, out_of_fold, untrained_vectors
from diplotone.train.splits import near_measured
from diplotone.train.suspects import Judge, Suspect, contradictions, judges, suspects


@pytest.fixture(scope="module")
def project(codebook):
    return project_corpus(codebook)


OTHER_TONE = {"hostile": "conciliatory", "critical": "cooperative", "neutral": "hostile"}
OTHER_TONE |= {"cooperative": "critical", "conciliatory": "hostile"}
OTHER_SENTIMENT = {"negative": "positive", "neutral": "negative", "positive": "negative"}


def spoil(records: Sequence[Record]) -> tuple[list[Record], set[tuple[str, str]]]:
    """Give one label in twenty of tone and of sentiment another value; return what was spoiled as (id, task)."""
    given, spoiled = [], set()
    for n, record in enumerate(records):
        if n % 20 == 0:
            record = replace(record, tone=OTHER_TONE[record.tone or ""])
            spoiled.add((record.id, "tone"))
        if n % 20 == 10:
            record = replace(record, sentiment=OTHER_SENTIMENT[record.sentiment or ""])
            spoiled.add((record.id, "sentiment"))
        given.append(record)
    return given, spoiled


def precision_and_recall(found: Sequence[Suspect], spoiled: set[tuple[str, str]]) -> tuple[float, float]:
    """Of as many of the surest as were spoiled the share that was; of what was spoiled the share pointed out at all."""
    about = [suspect for suspect in found if suspect.task in ("tone", "sentiment")]
    surest = [(s.record.id, s.task) in spoiled for s in about[: len(spoiled)]]
    return sum(surest) / len(surest), len(spoiled & {(s.record.id, s.task) for s in about}) / len(spoiled)


@pytest.fixture(scope="module")
def unseen(project):
    """Sentences of the project that no release learns: six hundred to be checked, and the others."""
    records = [r for r in project.records if r.split in ("dev", "test") and r.tone and r.sentiment]
    return records[:600], records[600:]


@pytest.fixture
def read_once(unseen, vectors, monkeypatch):
    """The untrained encoder reads the sentences once for all tests: it sees no label."""
    monkeypatch.setattr(
        suspects_module,
        "untrained_vectors",
        lambda release, codebook, records: [vectors[r.id] for r in records],
    )
    return unseen


@pytest.fixture(scope="module")
def vectors(unseen, codebook):
    records = [*unseen[0], *unseen[1]]
    found = untrained_vectors(open_release(shipped_release()), codebook, records)
    return {record.id: vector for record, vector in zip(records, found, strict=True)}


@pytest.mark.slow
def test_labels_that_were_made_wrong_are_pointed_out(read_once):
    """One label in twenty of sentences that the shipped release has not learnt."""
    checked, known = read_once
    given, spoiled = spoil(checked)
    precision, recall = precision_and_recall(suspects(judges(load()), given, known), spoiled)
    assert precision >= 0.42, precision
    assert recall >= 0.7, recall


class Parrot:
    """A release that knows by heart every label that it is asked about."""

    def __init__(self, release: Release) -> None:
        self.release, self.codebook = release, release.codebook

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        def answers(level: Literal["sentence", "pair"], holder: object) -> dict[str, np.ndarray]:
            found = {}
            for task in self.codebook.at(level):
                found[task.name] = np.full(len(task), 0.01, np.float32)
                if (label := getattr(holder, task.name)) is not None:
                    found[task.name][task.index(label)] = 0.98
            return found

        return [
            Prediction(answers("sentence", r), tuple(answers("pair", pair) for pair in r.pairs))
            for r in records
        ]


@pytest.mark.slow
def test_labels_that_the_release_has_learnt_are_not_judged_by_heart(read_once):
    """A release that has learnt the wrong labels calls them right; it must not be asked, and is not."""
    checked, known = read_once
    given, spoiled = spoil(checked)
    parrot: Any = Parrot(open_release(shipped_release()))
    asked = suspects([Judge(parrot, frozenset())], given, known)
    assert not {(s.record.id, s.task) for s in asked} & spoiled, "asked, it would hide all of them"
    alone = suspects([Judge(parrot, learnt_keys(given))], given, known)
    precision, recall = precision_and_recall(alone, spoiled)
    assert precision >= 0.2, precision
    assert recall >= 0.55, recall
    unknown = suspects([Judge(parrot, None)], given, known)
    assert {(s.record.id, s.task) for s in unknown} >= {(s.record.id, s.task) for s in alone} & spoiled
    behind = suspects([Judge(parrot, learnt_keys(given)), *judges(load())], given, known)
    assert precision_and_recall(behind, spoiled) > (precision, recall), "another release has not learnt them"


@pytest.mark.slow
def test_a_release_writes_down_what_it_has_learnt(tiny_release, eight_records):
    release = open_release(tiny_release)
    assert learnt_by(release) == learnt_keys(eight_records[:4])
    first, *_, last = eight_records
    (judge, shipped) = judges(load(tiny_release))
    assert (judge.may_judge(first), judge.may_judge(last)) == (False, True)
    assert shipped.may_judge(first)
    assert not (tiny_release / LEARNT_FILE).read_text().count("Suva")


@pytest.mark.slow
def test_the_shipped_release_has_learnt_the_projects_train_split(project):
    (judge,) = judges(load())
    by_split = {
        split: [judge.may_judge(r) for r in project.split(split)] for split in ("train", "dev", "test")
    }
    assert not any(by_split["train"])
    assert all(by_split["dev"])
    assert all(by_split["test"])


@pytest.mark.slow
def test_of_a_release_from_before_nothing_is_known(tiny_release, tmp_path, eight_records):
    folder = shutil.copytree(tiny_release, tmp_path / "old")
    for name in (LEARNT_FILE, MANIFEST):
        (folder / name).unlink()
    seal(folder, "old")
    judge = judges(load(folder))[0]
    assert judge.learnt is None
    assert not any(map(judge.may_judge, eight_records))


def test_what_belongs_together_is_in_one_fold(eight_records):
    twins = [
        replace(record, id=f"{n}-{k}", text=f"{record.text[:-1]}{end}")
        for n, record in enumerate(eight_records)
        for k, end in enumerate((".", ", it was said."))
    ]
    found = folds(twins)
    assert (found[::2] == found[1::2]).all()
    assert len(set(found)) > 1
    assert (found == folds(twins)).all()


def test_no_row_is_judged_by_what_was_fitted_on_it(codebook):
    """Vectors that name their row alone: whoever was fitted on it would know its label, others can only guess."""
    task, n = codebook["sentiment"], 60
    given = np.arange(n) % 3
    table = Table(np.arange(n), np.zeros(n, np.int64), np.eye(n, dtype=np.float32), given)
    found = out_of_fold(task, table, np.arange(n) % FOLDS)
    assert found.sum(1) == pytest.approx(1)
    assert (found.argmax(1) == given).mean() < 0.5
    together = out_of_fold(
        task, replace(table, vectors=np.eye(3, dtype=np.float32)[given]), np.arange(n) % FOLDS
    )
    assert (together.argmax(1) == given).all()


class Sure:
    """Gives the labels that the second and third word of a sentence name, and is surest of the first two sentences."""

    def __init__(self, codebook):
        self.codebook = codebook
        self.release = None

    def predict(self, records):
        return [self._read(record) for record in records]

    def _read(self, record):
        n, tone, stance = record.text.split()
        p = 0.9 if int(n) < 2 else 0.8
        sentence = {"sentiment": self._of("sentiment", "neutral", p), "tone": self._of("tone", tone, p)}
        pair = {"stance": self._of("stance", stance, p), "act": self._of("act", "NONE", p)}
        return Prediction(sentence=sentence, pairs=(pair,) * len(record.pairs))

    def _of(self, name, label, p):
        task = self.codebook[name]
        found = np.full(len(task), (1 - p) / (len(task) - 1), np.float32)
        found[task.index(label)] = p
        return found


def test_a_label_is_a_suspect_with_its_place(codebook, monkeypatch):
    """Of twelve sentences one has a wrong tone, and one a wrong stance in its second pair; a release alone judges."""
    nothing = np.zeros(2, np.float32)
    monkeypatch.setattr(
        suspects_module,
        "untrained_vectors",
        lambda release, codebook, records: [(nothing, [nothing] * len(r.pairs)) for r in records],
    )
    monkeypatch.setattr(suspects_module, "RELEASE_WEIGHT", 1.0)
    panel = [Judge(cast(Any, Sure(codebook)), frozenset())]

    def sentence(n: int, tone: str, stance: str) -> Record:
        pairs = (Pair(target=(0, 1), act="NONE"), Pair(target=(0, 1), stance=stance, act="NONE"))
        return Record(id=str(n), text=f"{n} {tone} {stance}", tone=tone, pairs=pairs)

    kinds = [("hostile", "opposed"), ("cooperative", "supportive")] * 6
    right = [sentence(n, *kind) for n, kind in enumerate(kinds)]
    assert suspects(panel, right, ()) == []
    wrong_tone = replace(right[0], tone="cooperative")
    pairs = (right[1].pairs[0], replace(right[1].pairs[1], stance="opposed"))
    wrong_stance = replace(right[1], pairs=pairs)
    found = suspects(panel, [wrong_tone, wrong_stance], right[2:])
    assert {(s.record.id, s.task, s.pair, s.given, s.likelier) for s in found} == {
        ("0", "tone", None, "cooperative", "hostile"),
        ("1", "stance", 2, "opposed", "supportive"),
    }
    of_five, of_three = 0.9 - 0.1 / 4, 0.9 - 0.1 / 2
    assert [s.margin for s in found] == pytest.approx([of_five, of_three])
    words = 'stance of pair 2 "opposed" looks like "supportive" (by 0.85): 1 cooperative supportive'
    assert str(found[1]) == words


@pytest.mark.slow
def test_a_bar_needs_examples(tiny_release, eight_records):
    assert suspects(judges(load(tiny_release)), eight_records[:2], ()) == []


def test_contradictions_are_told_with_both_labels(project):
    known = next(
        r for r in project.records if r.pairs and r.pairs[0].stance == "opposed" and r.tone == "hostile"
    )
    pair = replace(known.pairs[0], stance="supportive")
    record = replace(known, tone="neutral", sentiment=None, pairs=(pair, *known.pairs[1:]))
    found = list(contradictions([record], project.records))
    assert found[0].startswith('tone "neutral"; the project\'s own data say "hostile": ')
    assert found[1].startswith('stance of pair 1 "supportive"; the project\'s own data say "opposed": ')
    assert list(contradictions([known], project.records)) == []
    elsewhere = Record(id="x", text=known.text.upper() + "!!", pairs=(Pair(target=(0, 2), stance="neutral"),))
    assert list(contradictions([elsewhere], project.records)) == []


def test_a_near_copy_of_a_measured_sentence_is_named(project):
    twin = project.split("test")[3]
    records = [
        Record(id="a", text=f"{twin.text} Yes."),
        Record(id="b", text="Herons left the quarry in March."),
    ]
    found = near_measured(records, project.split("test"))
    assert [(record.id, other.id) for record, other in found] == [("a", twin.id)]


@pytest.mark.slow
def test_the_deep_check_reports_all_three(tiny_release, eight_records, project, tmp_path, capsys):
    twin = project.split("test")[3]
    path = tmp_path / "labels.jsonl"
    write_jsonl([*eight_records, Record(id="copy", text=f"{twin.text} Yes.", tone="neutral")], path)
    assert main(["check", str(path), "--deep", "--release", str(tiny_release)]) == 0
    shown = capsys.readouterr().out
    assert "labels are probably wrong" in shown
    assert "0 labels contradict" in shown
    assert "1 sentences are nearly ones of the dev and test splits" in shown
    assert f"copy: {twin.text} Yes." in shown


@pytest.mark.slow
def test_labels_of_another_codebook_are_checked_by_it(tiny_release, codebook, tmp_path, capsys):
    other = tmp_path / "other.toml"
    other.write_text(codebook.toml.replace('"critical"', '"disapproving"'), encoding="utf-8")
    path = tmp_path / "labels.jsonl"
    rows = (
        '{"text": "Oslo accused Riga.", "tone": "disapproving"}',
        '{"text": "Suva met Apia.", "tone": "neutral"}',
    )
    path.write_text("\n".join(rows))
    assert main(["check", str(path)]) == 1
    assert 'tone "disapproving" is not one of' in capsys.readouterr().out
    assert main(["check", str(path), "--codebook", str(other)]) == 0
    assert "disapproving 1" in capsys.readouterr().out
    command = ["check", str(path), "--codebook", str(other), "--deep", "--release", str(tiny_release)]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "was trained with another codebook; to it, tone: disapproving is now critical" in shown
    assert "labels are probably wrong" in shown
    path.write_text(rows[0].replace("disapproving", "critical"))
    assert main(["check", str(path), "--codebook", str(other)]) == 1
