"""A small archive, and what scores it with the tiny release."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from diplotone.model import load
from diplotone.model.archive.run import Options, score_archive


@pytest.fixture
def archive(tmp_path: Path, eight_rows: list[dict]) -> Path:
    """Forty rows of JSONL: sentences of every length, with pairs and without, some of them with an id."""
    path = tmp_path / "in.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for n in range(40):
            row = eight_rows[n % 8]
            text = row["text"] + " They said so again." * (n % 5)
            pairs = [{key: row["pairs"][0][key] for key in ("source", "target")}] if n % 3 else []
            file.write(
                json.dumps({"text": text, "pairs": pairs, "n": n} | ({"id": f"r{n}"} if n % 2 else {})) + "\n"
            )
    return path


@pytest.fixture(scope="session")
def load_once():
    """Loads a release the first time it is asked for: what is tested here is not the loading."""
    return cache(load)


@pytest.fixture
def score(tiny_release: Path, load_once, monkeypatch):
    """Scores with the tiny release, in shards of seven rows, in this process."""
    monkeypatch.setattr("diplotone.model.analyzer.load", load_once)

    def score(source: Path, out: Path, **options):
        return score_archive(
            source, out, Options(**{"release": tiny_release, "workers": 1, "rows_per_shard": 7} | options)
        )

    return score
