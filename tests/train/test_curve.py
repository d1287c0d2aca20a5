"""The learning curve: what is trained on, and its table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from diplotone.train.config import load_config
from diplotone.train.corpus import Corpus
from diplotone.train.curve import Point, as_json, as_table, learning_curve

TINY = Path(__file__).resolve().parents[2] / "configs" / "tiny.toml"


def _point(share, seed, value, weakest=(("YIELD", 0.1),)):
    return Point(
        share=share, seed=seed, sentences=int(share * 100), figures={"PLV: f": value}, weakest=weakest
    )


def test_seeds_become_a_mean_with_its_deviation():
    points = [_point(0.5, 1, 0.4), _point(0.5, 2, 0.6, (("AID", 0.2),)), _point(1.0, 1, 0.7)]
    header, _, half, whole = as_table(points).splitlines()
    assert header == "| share | sentences | seeds | PLV: f | weakest acts on PLV |"
    assert half == "| 50% | 50 | 2 | 0.500 ± 0.141 |  |"  # an act is named where most seeds agree on it
    assert whole == "| 100% | 100 | 1 | 0.700 | YIELD 0.10 |"
    assert as_json(points)[1]["weakest"] == {"AID": 0.2}
    assert as_table([]).startswith("| share |")


@pytest.mark.slow
def test_a_smaller_share_lies_within_a_larger_one(tmp_path, eight_records, codebook):
    """Real trainings, of a tiny network; dev and test are whole whatever the share."""
    train = tuple(
        replace(record, split="train", id=f"{record.id}{n}", group=f"{n}")
        for n in range(4)
        for record in eight_records
    )
    rest = tuple(
        replace(record, split=split, register="wire") for record in eight_records for split in ("dev", "test")
    )
    points = list(
        learning_curve(
            Corpus((*train, *rest), ()),
            codebook,
            load_config(TINY),
            tmp_path / "mirror",
            tmp_path / "runs",
            shares=[0.5, 1.0],
            seeds=[1],
        )
    )
    assert points[0].sentences in (8, 16, 24)
    assert points[1].sentences == 32
    assert set(points[0].figures) == set(points[1].figures)
    assert "own test, written: tone, quadratic kappa" in points[0].figures
    assert not list((tmp_path / "runs").rglob("checkpoints"))
