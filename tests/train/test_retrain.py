"""Going on from a release: what is trained on, what is held out, what the weights keep."""

from __future__ import annotations

import dataclasses
import functools
import json
import re

import numpy as np
import pytest
import torch

from diplotone.model.analyzer import load
from diplotone.model.codebook import Codebook
from diplotone.model.errors import ConfigError
from diplotone.model.record_files import read_records, write_jsonl
from diplotone.model.records import Record
from diplotone.model.release import open_release
from diplotone.train import retrain
from diplotone.train.__main__ import main
from diplotone.train.corpus import project_corpus
from diplotone.train.learnt import learnt_by, learnt_keys
from diplotone.train.relabel import changes, relabelled
from diplotone.train.retrain import HELD_OUT, RetrainConfig, load_retrain_config, prepare
from diplotone.train.verdict_file import VERDICT_JSON, VERDICT_TEXT, read_outcome
from diplotone.train.warm_start import warm_network

_read_once = functools.cache(project_corpus)


@pytest.fixture(autouse=True)
def project_data_are_read_once(monkeypatch):
    monkeypatch.setattr(retrain, "project_corpus", _read_once)


@pytest.fixture
def changed_codebook(codebook, tmp_path):
    """Tone: "critical" renamed, "cooperative" dropped, "ceremonial" new, in another order than before."""
    text = codebook.toml.replace('name = "critical"', 'name = "disapproving"')
    text = text.replace('label = "critical"', 'label = "disapproving"')
    a, b = text.index('name = "cooperative"'), text.index('name = "conciliatory"')
    label = text[a:b].replace('"cooperative"', '"ceremonial"')
    label = label.replace('definition = "', 'definition = "Courtesies and nothing else. ', 1)
    text = text[:a] + label + text[b:]
    path = tmp_path / "changed.toml"
    path.write_text(text.replace('label = "cooperative"', 'label = "ceremonial"'), encoding="utf-8")
    return path


@pytest.fixture
def release(tiny_release):
    return open_release(tiny_release)


def some(n: int, **fields) -> list[Record]:
    words = (
        "heron",
        "lantern",
        "quarry",
        "saddle",
        "thimble",
        "walnut",
        "anchor",
        "barley",
        "cobalt",
        "drizzle",
    )
    return [
        Record(
            id=f"new-{k}",
            text=f"{words[k % 10]} {words[k // 10 % 10]} {words[k // 100]} met {k} envoys of the {words[-k % 10]}.",
            tone="cooperative",
            **fields,
        )
        for k in range(n)
    ]


def plan(release, records, tmp_path, **settings):
    path = tmp_path / "new.jsonl"
    write_jsonl(records, path)
    return prepare(release, release.codebook, [path], RetrainConfig(**settings))


def test_new_labels_are_mixed_with_the_projects_own(release, tmp_path):
    found = plan(release, some(100), tmp_path, replay=300, repeat=2)
    train = found.corpus.split("train")
    new = [record for record in train if record.id.startswith("new-")]
    assert len(train) - len(new) == 300
    assert len({record.id for record in new}) * 2 == len(new)
    assert 8 <= len(found.held_out) <= 35
    assert not {record.id for record in found.held_out} & {record.id for record in new}
    assert not found.heads_only
    assert found.recipe.name == "tiny-r1"


def test_what_is_measured_on_stays_the_same(release, tmp_path, codebook):
    own = _read_once(codebook)
    found = plan(release, some(60), tmp_path)
    for split in ("dev", "test"):
        assert found.corpus.split(split) == own.split(split)


def test_the_same_corrections_are_held_out_each_time(release, tmp_path):
    few, more = (plan(release, some(n), tmp_path).held_out for n in (100, 130))
    assert {record.id for record in few} <= {record.id for record in more}


@pytest.mark.parametrize("split", [None, "train"])
def test_a_near_copy_of_a_test_sentence_is_never_trained_on(release, tmp_path, codebook, split):
    known = _read_once(codebook).split("test")[0]
    near = Record(id="near", text=known.text + " Now.", tone="neutral", split=split)
    found = plan(release, [*some(5), near], tmp_path)
    assert [record.id for record in found.held_out] == ["near"]


def test_a_correction_replaces_the_projects_own_label(release, tmp_path, codebook):
    known = _read_once(codebook).split("train")[0]
    corrected = dataclasses.replace(known, sentiment="positive", tone="hostile", pairs=(), split=None)
    found = plan(release, [*some(5), corrected], tmp_path, replay=10_000, repeat=1)
    assert [r for r in found.corpus.split("train") if r.id == known.id] == [
        dataclasses.replace(corrected, split="train")
    ]


def test_few_labels_train_only_the_heads_and_say_so(release, tmp_path):
    found = plan(release, some(12), tmp_path)
    assert found.heads_only
    assert not found.held_out
    assert any("only the heads are trained" in note for note in found.corpus.notes)
    network, _ = warm_network(release, release.codebook, heads_only=True)
    trained = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    assert trained
    assert not any(name.startswith("encoder.") for name in trained)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_nothing_to_train_on_is_an_error(release, tmp_path, split):
    with pytest.raises(ConfigError, match="kept for measuring"):
        plan(release, some(3, split=split), tmp_path)
    with pytest.raises(ConfigError, match="needs new labelled sentences"):
        plan(release, [Record(id="x", text="Nobody labelled this.")], tmp_path)


def test_a_warm_network_answers_as_the_release(release, eight_records):
    network, encoder = warm_network(release, release.codebook)
    batch = encoder.collate(encoder.encode([r.text for r in eight_records], [r.pairs for r in eight_records]))
    with torch.no_grad():
        logits = network.eval()(**{k: torch.from_numpy(v) for k, v in batch.as_dict().items()})
    assert list(logits) == [task.name for task in release.codebook], "training reads the logits in this order"
    temperature = release.calibration.temperatures["tone"]
    wanted = [
        prediction.sentence["tone"]
        for prediction in load(release.folder, engine="torch").predict(eight_records)
    ]
    np.testing.assert_allclose(torch.softmax(logits["tone"] / temperature, -1).numpy(), wanted, atol=1e-4)


def test_a_changed_label_set_keeps_the_rows_of_labels_that_stayed(release, changed_codebook):
    changed = Codebook.load(changed_codebook)
    before, _ = warm_network(release, release.codebook)
    after, _ = warm_network(release, changed)
    old, new = (network.sentence_heads["tone"].weight for network in (before, after))
    names = changed["tone"].names
    assert names == ("hostile", "disapproving", "neutral", "ceremonial", "conciliatory")
    for name, was in (("hostile", "hostile"), ("disapproving", "critical"), ("conciliatory", "conciliatory")):
        assert torch.equal(new[names.index(name)], old[release.codebook["tone"].index(was)])
    assert not torch.equal(new[3], old[3])
    assert torch.equal(after.pair_heads["act"].weight, before.pair_heads["act"].weight)


def test_records_follow_a_changed_label_set(codebook, changed_codebook):
    changed = Codebook.load(changed_codebook)
    tones = ("critical", "cooperative", "neutral", None)
    records = [Record(id=str(n), text="x", tone=tone, sentiment="neutral") for n, tone in enumerate(tones)]
    found = relabelled(records, codebook, changed)
    assert [record.tone for record in found] == ["disapproving", None, "neutral", None]
    assert {record.sentiment for record in found} == {"neutral"}
    assert changes(codebook, changed) == [
        "tone: critical is now disapproving, ceremonial is new, cooperative is gone"
    ]
    assert changes(codebook, codebook) == []


@pytest.mark.parametrize("bad", ["replay=-1", "gates.drop=-0.1", "gates.dorp=0.1", "epochs=0", "reply=3"])
def test_senseless_settings_are_refused(bad):
    with pytest.raises(ConfigError):
        load_retrain_config(None, [bad])


@pytest.mark.slow
def test_a_retraining_with_another_label_set_ends_in_a_verdict(
    tiny_release, changed_codebook, tmp_path, capsys
):
    """The command line from partial labels in CSV to verdict, promotion and a second retraining."""
    labels = tmp_path / "new.csv"
    rows = ["text,tone"] + [
        f"{r.text},{tone}" for r, tone in zip(some(45), ["ceremonial", "disapproving", ""] * 15, strict=True)
    ]
    labels.write_text("\n".join(rows) + "\n")
    run = tmp_path / "run"
    command = [
        "fit",
        "--from",
        str(tiny_release),
        "--labels",
        str(labels),
        "--codebook",
        str(changed_codebook),
    ]
    command += ["--out", str(run), "--set", "epochs=0.5", "--set", "replay=40", "--sentences", str(labels)]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "tone: critical is now disapproving, ceremonial is new, cooperative is gone" in shown
    assert "of the sentences analysed before," in shown
    assert read_outcome(run / "release") in ("promote", "refuse", "undecided")
    assert (run / "release" / VERDICT_TEXT).read_text().strip() in shown
    verdict = json.loads((run / "release" / VERDICT_JSON).read_text())
    assert verdict["contrast"] == {}
    assert verdict["reasons"][-1].startswith("Look-alike sentences were not compared")
    notes = verdict["notes"]
    assert any(note.endswith("only the heads are trained, the encoder stays as it is") for note in notes)
    assert any("ceremonial is new, cooperative is gone" in note for note in notes)
    assert any(re.match(r"without [\d,]+ real sentences", note) for note in notes)
    assert (run / HELD_OUT).is_file()
    learnt = learnt_by(open_release(run / "release")) or frozenset()
    held_out = learnt_keys(read_records(run / HELD_OUT, Codebook.load(changed_codebook)))
    assert learnt > (learnt_by(open_release(tiny_release)) or frozenset()), "of the release before too"
    assert held_out
    assert not learnt & held_out
    assert len(learnt & learnt_keys(some(45))) == 30 - len(held_out)
    assert load(run / "release").codebook["tone"].names[3] == "ceremonial"
    assert main(["promote", str(run), "--anyway"]) == 0
    for other in (str(tiny_release), "current"):  # which has the changed labels too
        assert main(["verdict", str(run), "--against", other]) == 0
        assert "Look-alike sentences were not compared" in capsys.readouterr().out
