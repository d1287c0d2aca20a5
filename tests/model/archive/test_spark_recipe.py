"""The recipe for Spark, as the page has it: what Spark hands over is an iterator of pandas' series."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from diplotone.model.analyzer import load

PAGE = Path(__file__).resolve().parents[3] / "docs" / "scaling.md"


def test_the_recipe_gives_the_labels_of_the_analyzer(tiny_release, eight_rows, monkeypatch):
    pandas = pytest.importorskip("pandas", reason="comes with the train extra")
    loaded = []

    def load_tiny(**options):
        loaded.append(options)
        return load(tiny_release, **options)

    monkeypatch.setattr("diplotone.model.load", load_tiny)
    (recipe,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {}
    exec(compile(recipe, str(PAGE), "exec"), names)
    texts = [row["text"] for row in eight_rows]
    batches = [pandas.Series(texts[:3]), pandas.Series(texts[3:], index=range(70, 75))]
    frames = list(names["labels"](iter(batches)))
    assert loaded == [{"threads": 1}]  # once, however many batches
    assert [len(frame) for frame in frames] == [3, 5]
    expected = load(tiny_release).score([{"text": text} for text in texts])
    for column in ("sentiment", "tone"):
        found = [label for frame in frames for label in frame[column]]
        assert found == [row["predicted"][column]["label"] for row in expected]
    declared = re.search(r'pandas_udf\(labels, "([^"]+)"\)', recipe)
    assert declared
    assert [part.split() for part in declared.group(1).split(", ")] == [
        [column, "string"] for column in frames[0].columns
    ]
