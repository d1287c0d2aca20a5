"""Minimal pairs: two sentences that differ in one thing, and what must follow from it.

They are never trained on. Each line of `data/contrast.jsonl` names its set, the sentences `a` and `b` with the labels
that are asked for, and where labels do not say it, what is expected:

* labels (the default): every label given is the likeliest one;
* "lower_tone": the expected tone of `b` is below that of `a`;
* actors: where a sentence has `actors`, exactly these codes are found in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..model.analyzer import Prediction
from ..model.article.sentences import split
from ..model.codebook import Codebook
from ..model.errors import RecordError
from ..model.records import Record, check_rows
from .corpus import data_folder
from .predictor import Reader

SETS = ("negation", "modality", "attribution", "direction", "voice", "denial", "metonymy", "intensity")
EXPECTATIONS = ("labels", "lower_tone")


@dataclass(frozen=True, slots=True)
class Side:
    """One sentence of a minimal pair with what is asked of it."""

    record: Record
    actors: tuple[str, ...] | None
    """Codes that are to be found in it; None where that is not asked."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """A minimal pair."""

    name: str
    """The set it belongs to."""
    a: Side
    b: Side
    expect: str


def load_contrasts(codebook: Codebook, path: Path | None = None) -> dict[str, list[Contrast]]:
    """Return the minimal pairs by set; without a path those that come with the package.

    Raises:
        RecordError: The file is faulty.
    """
    path = path or data_folder() / "contrast.jsonl"
    contrasts: dict[str, list[Contrast]] = {name: [] for name in SETS}
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        expect = row.get("expect", "labels")
        if row["set"] not in SETS or expect not in EXPECTATIONS:
            raise RecordError(
                f'{path}:{n}: set "{row["set"]}" or expect "{expect}" is not known;'
                f" sets are {', '.join(SETS)}, expectations {', '.join(EXPECTATIONS)}"
            )
        a, b = (_side(row[key], codebook, f"{path}:{n}, {key}") for key in ("a", "b"))
        contrasts[row["set"]].append(Contrast(row["set"], a, b, expect))
    return {name: found for name, found in contrasts.items() if found}


def _side(row: Mapping[str, Any], codebook: Codebook, where: str) -> Side:
    labels = {key: value for key, value in row.items() if key != "actors"}
    (record,) = check_rows([labels], codebook, where=where, keep_unknown=False).raise_for_faults()
    actors = row.get("actors")
    return Side(record, None if actors is None else tuple(sorted(actors)))


def passes(contrast: Contrast, analyzer: Reader) -> bool:
    """Return whether both sentences get what is asked of them."""
    predictions = analyzer.predict([contrast.a.record, contrast.b.record])
    if not all(isinstance(prediction, Prediction) for prediction in predictions):
        return False
    a, b = predictions
    if contrast.expect == "lower_tone":
        return _expected_tone(analyzer, b) < _expected_tone(analyzer, a)  # type: ignore[arg-type]
    sides = ((contrast.a, a), (contrast.b, b))
    return all(_has_what_is_asked(analyzer, side, prediction) for side, prediction in sides)  # type: ignore[arg-type]


def _has_what_is_asked(analyzer: Reader, side: Side, prediction: Prediction) -> bool:
    answers = [(side.record, prediction.sentence, analyzer.codebook.at("sentence"))]
    answers += [
        (pair, probabilities, analyzer.codebook.at("pair"))
        for pair, probabilities in zip(side.record.pairs, prediction.pairs, strict=True)
    ]
    for holder, probabilities, tasks in answers:
        for task in tasks:
            asked = getattr(holder, task.name)
            if asked is not None and task.names[int(probabilities[task.name].argmax())] != asked:
                return False
    return side.actors is None or side.actors == _actors(analyzer, side.record.text)


def _actors(analyzer: Reader, text: str) -> tuple[str, ...]:
    mentions = analyzer.gazetteer.find(text, split(text))
    return tuple(sorted({mention.code for found in mentions for mention in found}))


def _expected_tone(analyzer: Reader, prediction: Prediction) -> float:
    return float(np.dot(prediction.sentence["tone"], analyzer.codebook["tone"].scores))
