"""Fitting: what it writes, what it learns, what a kill leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diplotone.model.analyzer import load
from diplotone.model.codebook import TASKS
from diplotone.model.errors import ConfigError
from diplotone.model.record_files import write_jsonl
from diplotone.model.release import open_release
from diplotone.train.config import load_config
from diplotone.train.corpus import Corpus
from diplotone.train.evaluate import as_text, evaluate
from diplotone.train.fit import fit
from diplotone.train.training import newest_whole_checkpoint

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "configs" / "tiny.toml"


def test_a_release_says_how_it_was_made(tiny_release, codebook):
    release = open_release(tiny_release)
    recipe = tomllib.loads((tiny_release / "train.toml").read_text())
    assert recipe["name"] == "tiny"
    assert recipe["data"]["train"] == 4
    assert {"torch", "transformers", "openvino"} <= set(recipe["made"]["versions"])
    assert release.codebook.digest == codebook.digest
    assert release.metrics()["test"]["tasks"]["tone"]["n"] == 2
    card = (tiny_release / "README.md").read_text()
    for task in codebook:
        assert task.question in card
        for label in task.labels:
            assert label.definition in card


def test_no_pickle_in_a_release(tiny_release):
    assert {path.suffix for path in tiny_release.iterdir()} <= {
        ".json",
        ".safetensors",
        ".toml",
        ".xml",
        ".bin",
        ".md",
        ".npy",
        ".svg",
    }
    np.load(tiny_release / "precedents.npy", allow_pickle=False)


def test_evaluate_reports_every_task(tiny_release, eight_records, codebook):
    figures = evaluate(load(tiny_release), eight_records)
    assert figures["n"] == 8
    for task in codebook:
        assert figures["tasks"][task.name]["n"] == 8
    assert "quadratic kappa" in as_text(figures)


def test_a_run_of_another_recipe_is_not_continued(tmp_path, eight_records, codebook):
    config = load_config(TINY)
    records = tuple(replace(record, split="train") for record in eight_records)
    (tmp_path / "fingerprint.json").write_text(
        json.dumps({"recipe": {**config.as_dict(), "seed": 99}, "data": Corpus(records, ()).digest})
    )
    with pytest.raises(ConfigError, match="differs in seed; give another --out, or --fresh"):
        fit(Corpus(records, ()), codebook, config, tmp_path)


def test_nothing_to_train_on_is_an_error(tmp_path, codebook):
    with pytest.raises(ConfigError, match="not one sentence to train on"):
        fit(Corpus((), ()), codebook, load_config(TINY), tmp_path)


def test_a_broken_checkpoint_is_passed_over(tmp_path):
    for n, state in ((5, "{}"), (10, "{}"), (15, '{"half'), (20, None)):
        folder = tmp_path / "checkpoints" / f"checkpoint-{n}"
        folder.mkdir(parents=True)
        if state is not None:
            (folder / "trainer_state.json").write_text(state)
    assert Path(newest_whole_checkpoint(tmp_path) or "").name == "checkpoint-10"
    assert not (tmp_path / "checkpoints" / "checkpoint-20").exists()
    assert newest_whole_checkpoint(tmp_path / "empty") is None


@pytest.mark.slow
def test_eight_sentences_are_learnt_by_heart(tmp_path, eight_records, codebook):
    """The whole chain, from labels through export to the served labels, loses nothing.

    Each sentence stands eight times, so that there are few epochs, after each of which all weights are written.
    """
    records = tuple(replace(record, split="train") for record in eight_records) * 8
    recipe = [
        "epochs=5",
        "patience=5",
        "batch_size=4",
        "label_smoothing=0.0",
        "head_dropout=0.0",
        "name=eight",
    ]
    recipe += [
        f"thresholds.{task}=0.0" for task in TASKS
    ]  # the first epoch that has all right need not be sure
    config = load_config(ROOT / "configs" / "train.toml", recipe)
    fitted = fit(Corpus(records, ()), codebook, config, tmp_path / "run", progress=False)
    assert fitted is not None
    analyzer = load(fitted.release.folder)
    for record, scored in zip(eight_records, analyzer.score(r.as_dict() for r in eight_records), strict=True):
        predicted = scored["predicted"]
        assert predicted["sentiment"]["label"] == record.sentiment
        assert predicted["tone"]["label"] == record.tone
        assert predicted["pairs"][0]["stance"]["label"] == record.pairs[0].stance
        assert predicted["pairs"][0]["act"]["label"] == record.pairs[0].act


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends(tmp_path, eight_records):
    """SIGKILL in mid-training; the same command goes on from a checkpoint and writes a whole release."""
    labels = tmp_path / "labels.jsonl"
    write_jsonl([replace(record, split="train") for record in eight_records], labels)
    command = [sys.executable, "-m", "diplotone.train", "fit", "--config", str(TINY), "--labels", str(labels)]
    command += ["--labels-only", "--out", str(tmp_path / "run"), "--set", "epochs=60", "--set", "patience=60"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "run" / "checkpoints").glob("checkpoint-*/trainer_state.json")):
        assert process.poll() is None, "the run ended before a checkpoint was seen"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "run" / "release").exists()
    resumed_from = newest_whole_checkpoint(tmp_path / "run")
    assert resumed_from is not None

    subprocess.run(command, check=True, capture_output=True, timeout=300)
    release = open_release(tmp_path / "run" / "release")
    epochs = tomllib.loads((release.folder / "train.toml").read_text())["made"]["evaluations"]
    assert epochs[-1]["epoch"] == 60
    assert len({row["epoch"] for row in epochs}) == len(epochs) == 60
