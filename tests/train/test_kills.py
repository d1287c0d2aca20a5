"""SIGKILL at any moment of retraining, promotion or labelling leaves a whole release in use and every label saved."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from diplotone.model.record_files import write_jsonl
from diplotone.model.release import MANIFEST, seal
from diplotone.train.simulation import state_media

RETRAININGS, PROMOTIONS = 6, 46


@pytest.mark.slow
def test_fifty_two_kills_lose_nothing(tiny_release, small_data, codebook, tmp_path):
    labels = tmp_path / "labels.jsonl"
    write_jsonl([replace(record, split=None) for record in state_media(codebook)[:24]], labels)
    variants = []
    for name in "abcde":
        folder = shutil.copytree(tiny_release, tmp_path / name)
        (folder / MANIFEST).unlink()
        seal(folder, name)
        variants.append(str(folder))
    script = str(Path(__file__).with_name("kill_at_random.py"))
    places = [str(place) for place in (small_data, tiny_release, labels, tmp_path)]
    done = subprocess.run(
        [sys.executable, script, *places, str(RETRAININGS), str(PROMOTIONS), *variants],
        stdout=subprocess.PIPE,  # its progress on standard error is left to pytest, which shows it on failure
        text=True,
        timeout=1200,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
    )
    assert done.returncode == 0
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)  # noqa: T201
    retraining, promotion = found["retraining"], found["promotion"]
    assert retraining["kills"] >= RETRAININGS  # and more until it was killed in each phase
    assert promotion["kills"] == PROMOTIONS
    assert retraining["served_lost"] == promotion["served_lost"] == 0
    assert retraining["half_releases"] == retraining["checkpoints_lost"] == promotion["strange"] == 0
    assert retraining["labels_told"] > 100
    assert retraining["labels_lost"] == retraining["half_verdicts"] == 0
    assert all(retraining[phase] for phase in ("training", "writing", "judging")), "it was killed in each"
