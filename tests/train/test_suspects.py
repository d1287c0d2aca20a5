"""A second look at labels: what is probably wrong, what contradicts, what copies the test split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diplotone.model.analyzer import Prediction, load
from diplotone.model.record_files import write_jsonl
from diplotone.model.records import Pair, Record
from diplotone.train.__main__ import main
from diplotone.train.corpus import project_corpus
from diplotone.train.splits import near_measured
from diplotone.train.suspects import contradictions, suspects


@pytest.fixture(scope="module")
def project(codebook):
    return project_corpus(codebook)


@pytest.mark.slow
def test_labels_that_were_made_wrong_are_found_first(project):
    """Of 200 sentences that the shipped release never saw, 20 are given a wrong tone."""
    unseen = [r for r in project.records if r.split in ("dev", "test") and r.tone]
    checked, known = unseen[:200], unseen[200:]
    opposite = {"hostile": "conciliatory", "critical": "cooperative", "neutral": "hostile"}
    opposite |= {"cooperative": "critical", "conciliatory": "hostile"}
    spoiled = {record.id for record in checked[::10]}
    given = [replace(r, tone=opposite[r.tone or ""]) if r.id in spoiled else r for r in checked]
    found = [suspect for suspect in suspects(load(), given, known) if suspect.task == "tone"]
    hits = sum(suspect.record.id in spoiled for suspect in found[:20])
    assert hits >= 10, f"{hits} of the 20 surest are the ones that were spoiled"


class Sure:
    """Gives the labels that the second and third word of a sentence name, and is surest of the first two sentences."""

    def __init__(self, codebook):
        self.codebook = codebook

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


def test_a_label_is_a_suspect_with_its_place(codebook):
    """Of twelve sentences one has a wrong tone, and one a wrong stance in its second pair."""

    def sentence(n: int, tone: str, stance: str) -> Record:
        pairs = (Pair(target=(0, 1), act="NONE"), Pair(target=(0, 1), stance=stance, act="NONE"))
        return Record(id=str(n), text=f"{n} {tone} {stance}", tone=tone, pairs=pairs)

    kinds = [("hostile", "opposed"), ("cooperative", "supportive")] * 6
    right = [sentence(n, *kind) for n, kind in enumerate(kinds)]
    assert suspects(Sure(codebook), right, ()) == []  # type: ignore[arg-type]  # all that it asks for
    wrong_tone = replace(right[0], tone="cooperative")
    pairs = (right[1].pairs[0], replace(right[1].pairs[1], stance="opposed"))
    wrong_stance = replace(right[1], pairs=pairs)
    found = suspects(Sure(codebook), [wrong_tone, wrong_stance], right[2:])  # type: ignore[arg-type]
    assert {(s.record.id, s.task, s.pair, s.given, s.likelier) for s in found} == {
        ("0", "tone", None, "cooperative", "hostile"),
        ("1", "stance", 2, "opposed", "supportive"),
    }
    of_five, of_three = 0.9 - 0.1 / 4, 0.9 - 0.1 / 2
    assert [s.margin for s in found] == pytest.approx([of_five, of_three])
    words = 'stance of pair 2 "opposed" looks like "supportive" (by 0.85): 1 cooperative supportive'
    assert str(found[1]) == words


def test_a_bar_needs_examples(tiny_release, eight_records):
    assert suspects(load(tiny_release), eight_records[:2], ()) == []


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
