"""Every shipped TOML loads through its own reader."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from diplotone.model.codebook import Codebook
from diplotone.train.ablation import read_plan
from diplotone.train.config import load_config
from diplotone.train.retrain import load_retrain_config
from diplotone.train.sources import load_sources

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
FILES = sorted(path.name for path in CONFIGS.glob("*.toml"))


def _load_actors(path):
    from diplotone.model.article.actors import Gazetteer

    return Gazetteer.load(path)


def _load_ladder(path):
    from diplotone.model.article.ladder import Ladder

    return Ladder.load(path)


def _load_serve(path):
    from diplotone.serve.config import load_config as load_serve_config

    return load_serve_config(path)


READERS = {
    "ablation.toml": read_plan,
    "codebook.toml": Codebook.load,
    "train.toml": load_config,
    "tiny.toml": load_config,
    "retrain.toml": load_retrain_config,
    "actors.toml": _load_actors,
    "ladder.toml": _load_ladder,
    "serve.toml": _load_serve,
    "sources.toml": load_sources,
}


@pytest.mark.parametrize("name", FILES)
def test_loads(name):
    tomllib.loads((CONFIGS / name).read_text(encoding="utf-8"))
    assert name in READERS, f"name the reader of configs/{name} here"
    READERS[name](CONFIGS / name)
