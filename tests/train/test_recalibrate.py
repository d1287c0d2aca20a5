"""A release of another's weights."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from diplotone.model.errors import ConfigError
from diplotone.model.release import open_release
from diplotone.train.config import load_config
from diplotone.train.corpus import Corpus
from diplotone.train.fit import one_of_each_group
from diplotone.train.recalibrate import recalibrate

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def corpus(eight_records):
    splits = ["train", "test", "test", "train", "dev", "dev", "dev", "dev"]
    return Corpus(tuple(replace(r, split=s) for r, s in zip(eight_records, splits, strict=True)), ())


@pytest.mark.slow
def test_weights_stay_and_what_was_done_is_written_down(tiny_release, corpus, tmp_path):
    before = open_release(tiny_release)
    config = load_config(ROOT / "configs" / "tiny.toml", ["stand_ins=false"])
    made = recalibrate(before, corpus, config, tmp_path / "again").release
    assert (made.folder / "model.safetensors").read_bytes() == (
        tiny_release / "model.safetensors"
    ).read_bytes()
    assert before.reading.stand_ins
    assert not made.reading.stand_ins
    assert made.digest != before.digest
    told = tomllib.loads((made.folder / "train.toml").read_text(encoding="utf-8"))
    assert told["recalibrated"] == {"from": before.label, "data": corpus.digest}
    assert told["data"]["train"] == 4  # what the weights were trained on
    assert (told["data"]["dev"], told["data"]["test"]) == (4, 2)
    assert before.label in (made.folder / "README.md").read_text(encoding="utf-8")


def test_without_a_dev_split_there_is_nothing_to_calibrate_on(tiny_release, eight_records, tmp_path):
    with pytest.raises(ConfigError, match="dev split"):
        recalibrate(open_release(tiny_release), Corpus(eight_records, ()), load_config(), tmp_path / "x")


def test_one_of_each_group_is_enough_beside_another_sentence(eight_records):
    twins = [replace(eight_records[n], group="twins") for n in (0, 1)]
    assert one_of_each_group([*twins, *eight_records[2:]]) == [twins[0], *eight_records[2:]]
