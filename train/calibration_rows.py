"""Whether probabilities mean what they say, and what leaving out the unsure labels buys: rows of the benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..model.analyzer import Analyzer, Prediction
from ..model.records import Record
from .evaluate import labelled
from .metrics import (
    Labels,
    Probabilities,
    expected_calibration_error,
    least_calibration_error,
    risk_coverage,
)
from .rows import Row, share_row, statistic_row

ECE_AIM = "at most .02"
OUTSIDE_ECE_AIM = "at most .05"


def own_calibration(analyzer: Analyzer, records: Sequence[Record], split: str) -> Iterator[Row]:
    """Yield ECE, AURC, coverage and risk of every task on labelled records.

    Args:
        analyzer: The release.
        records: Of one split.
        split: Its name.
    """
    predictions = zip(records, analyzer.predict(records), strict=True)
    scored = [(record, answer) for record, answer in predictions if isinstance(answer, Prediction)]
    source = f"own {split}, calibration"
    for task in analyzer.codebook:
        true, probabilities, groups = labelled(task, scored)
        if not len(true):
            continue
        yield from calibration_rows(source, task.name, true, probabilities, groups, ECE_AIM)
        yield statistic_row(
            source,
            f"{task.name}, AURC",
            groups,
            lambda rows, true=true, probabilities=probabilities: float(
                risk_coverage(true[rows], probabilities[rows]).mean()
            ),
        )
        given = probabilities.max(1) >= analyzer.release.calibration.thresholds[task.name]
        wrong = probabilities.argmax(1) != true
        yield share_row(source, f"{task.name}, labels given", given.tolist(), groups)
        if given.any():
            where = np.flatnonzero(given)
            yield share_row(
                source,
                f"{task.name}, wrong among those given",
                wrong[given].tolist(),
                [groups[n] for n in where],
            )


def calibration_rows(
    source: str, task: str, true: Labels, probabilities: Probabilities, groups: Sequence[Any], aim: str
) -> Iterator[Row]:
    """Yield the ECE in ten bins of equal count and in ten of equal width; arguments as of `label_row`.

    Beside each stands what exact probabilities would show on so many labels.
    """
    for bins, equal_width in (("equal count", False), ("equal width", True)):
        yield statistic_row(
            source,
            f"{task}, ECE (bins of {bins})",
            groups,
            lambda rows, equal_width=equal_width: expected_calibration_error(
                true[rows], probabilities[rows], equal_width=equal_width
            ),
            aim=aim,
            anchor=f"exact probabilities: {least_calibration_error(probabilities, equal_width=equal_width):.3f}",
        )
