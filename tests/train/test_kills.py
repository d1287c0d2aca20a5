"""SIGKILL at any moment of training or promotion leaves a whole release in use."""

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

TRAININGS, PROMOTIONS = 8, 44


@pytest.mark.slow
def test_fifty_two_kills_lose_nothing(tiny_release, eight_records, tmp_path):
    labels = tmp_path / "labels.jsonl"
    write_jsonl([replace(record, split="train") for record in eight_records], labels)
    variants = []
    for name in "abcde":
        folder = shutil.copytree(tiny_release, tmp_path / name)
        (folder / MANIFEST).unlink()
        seal(folder, name)
        variants.append(str(folder))
    script = Path(__file__).with_name("kill_at_random.py")
    done = subprocess.run(
        [sys.executable, str(script), str(labels), str(tmp_path), str(TRAININGS), str(PROMOTIONS), *variants],
        stdout=subprocess.PIPE,  # its progress on standard error is left to pytest, which shows it on failure
        text=True,
        timeout=1200,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
    )
    assert done.returncode == 0
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)  # noqa: T201
    training, promotion = found["training"], found["promotion"]
    assert (training["kills"], promotion["kills"]) == (TRAININGS, PROMOTIONS)
    assert training["served_lost"] == promotion["served_lost"] == 0
    assert training["half_releases"] == training["checkpoints_lost"] == promotion["strange"] == 0
