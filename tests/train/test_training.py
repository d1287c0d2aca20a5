"""The training itself, of a tiny network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from diplotone.train.config import load_config
from diplotone.train.corpus import Corpus
from diplotone.train.losses import MultiTaskLoss
from diplotone.train.training import train_network

TINY = Path(__file__).resolve().parents[2] / "configs" / "tiny.toml"


@pytest.mark.slow
@pytest.mark.parametrize(("weight", "read_twice"), [(0, 0), (1, 3)])
def test_with_r_drop_each_batch_is_read_twice(
    tmp_path, monkeypatch, eight_records, codebook, weight, read_twice
):
    """Each of the two readings has a dropout of its own; dev is read once."""
    differences = []
    disagreement = MultiTaskLoss.disagreement

    def noted(self, one, other, labels):
        differences.append(float((one["tone"] - other["tone"]).detach().abs().max()))
        return disagreement(self, one, other, labels)

    monkeypatch.setattr(MultiTaskLoss, "disagreement", noted)
    records = tuple(replace(record, split="train") for record in eight_records)
    config = load_config(TINY, ["epochs=3", f"r_drop={weight}"])
    trained = train_network(Corpus(records, ()), codebook, config, tmp_path, progress=False)
    assert trained is not None
    assert len(differences) == read_twice
    assert all(difference > 0 for difference in differences)
    assert all(torch.isfinite(parameter).all() for parameter in trained.network.parameters())
