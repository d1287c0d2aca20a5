"""Golden sentences: what a release answered when it was made, to be answered alike ever after.

A manifest proves that the bytes are right; only answers prove that this machine, with its processor and its libraries,
reads them as the maker's did. `golden.json` holds sentences written for the project, never a user's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .analyzer import Analyzer, Prediction
from .codebook import Codebook
from .errors import RecordError, ReleaseError
from .records import Record, check_rows

GOLDEN_FILE = "golden.json"
TOLERANCE = 0.02
"""Largest difference of a probability, 0..1. Processors round int8 and bf16 differently; on one processor it is 0."""


def write_golden(folder: Path, analyzer: Analyzer, records: Sequence[Record], n: int) -> None:
    """Write the answers to the first `n` of the records that the network can read, labels left out."""
    rows = []
    for record, prediction in zip(records, analyzer.predict(records), strict=True):
        if isinstance(prediction, Prediction) and len(rows) < n:
            spans = [{"source": p.source and list(p.source), "target": list(p.target)} for p in record.pairs]
            answers = _named(analyzer.codebook, prediction)
            rows.append({"text": record.text, "pairs": spans, "answers": answers})
    path = folder / GOLDEN_FILE
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def self_test(analyzer: Analyzer) -> int:
    """Answer the golden sentences of a release again and return how many there are.

    Raises:
        ReleaseError: The release has none, or a probability differs by more than `TOLERANCE`; so then does no label
            but where the two likeliest were as good as even.
    """
    path = analyzer.release.folder / GOLDEN_FILE
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        records = check_rows(
            [{"text": row["text"], "pairs": row["pairs"]} for row in rows], analyzer.codebook
        )
        pairs = list(zip(rows, analyzer.predict(records.raise_for_faults()), strict=True))
        if not pairs:
            raise ValueError("it holds no sentence")
    except FileNotFoundError as error:
        raise ReleaseError(
            f"{path.parent}: has no {GOLDEN_FILE}, so that it cannot be tested before use; train it anew"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, RecordError) as error:
        raise ReleaseError(f"{path}: cannot be read as golden sentences: {error}; train it anew") from error
    for row, prediction in pairs:
        found = _named(analyzer.codebook, prediction) if isinstance(prediction, Prediction) else {}
        for difference in _differences(row["answers"], found):
            raise ReleaseError(
                f'{path.parent}: fails its self-test: {difference} in "{row["text"][:60]}"; it does not work here as'
                " where it was made, train it anew on this machine"
            )
    return len(pairs)


def _named(codebook: Codebook, prediction: Prediction) -> dict[str, Any]:
    """Probabilities by label, in codebook order."""

    def probabilities(task: str, values: NDArray[np.float32]) -> dict[str, float]:
        return {name: round(float(p), 5) for name, p in zip(codebook[task].names, values, strict=True)}

    sentence = {task: probabilities(task, values) for task, values in prediction.sentence.items()}
    pairs = [
        {task: probabilities(task, values) for task, values in pair.items()} for pair in prediction.pairs
    ]
    return sentence | {"pairs": pairs}


def _differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """What is answered differently, for people."""
    if set(wanted) != set(found) or len(wanted["pairs"]) != len(found["pairs"]):
        yield "there are answers to other questions"
        return
    answers = [(task, wanted[task], found[task]) for task in wanted if task != "pairs"]
    for before, now in zip(wanted["pairs"], found["pairs"], strict=True):
        answers += [(task, before[task], now.get(task, {})) for task in before]
    for task, before, now in answers:
        if list(before) != list(now):
            yield f"{task} has the labels {', '.join(now)}, where it had {', '.join(before)}"
            continue
        label = max(before, key=lambda name: before[name])
        gap = max(abs(before[name] - now[name]) for name in before)
        if gap > TOLERANCE:
            yield f"{task} {label} had a probability of {before[label]:.3f} and has {now[label]:.3f}"
