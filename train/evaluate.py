"""How good a release is on labelled records, through the one prediction path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..model.analyzer import Analyzer, Prediction
from ..model.codebook import Task
from ..model.records import Record
from .metrics import Labels, Probabilities, task_figures


def evaluate(analyzer: Analyzer, records: Sequence[Record]) -> dict[str, Any]:
    """Return the figures of every task on labelled records.

    Labels that a record does not have are left out; so are sentences too long for the release, whose number
    is given as `too_long`.
    """
    predictions = analyzer.predict(records)
    scored = [
        (record, prediction)
        for record, prediction in zip(records, predictions, strict=True)
        if isinstance(prediction, Prediction)
    ]
    tasks: dict[str, Any] = {}
    for task in analyzer.codebook:
        true, probabilities, groups = labelled(task, scored)
        threshold = analyzer.release.calibration.thresholds[task.name]
        tasks[task.name] = task_figures(task, true, probabilities, groups, threshold)
    return {"n": len(scored), "too_long": len(records) - len(scored), "tasks": tasks}


def labelled(
    task: Task, scored: Sequence[tuple[Record, Prediction]]
) -> tuple[Labels, Probabilities, list[int]]:
    """Return true labels, probabilities and the sentence's position for whatever has a label of a task."""
    true: list[int] = []
    probabilities = []
    groups: list[int] = []
    for position, (record, prediction) in enumerate(scored):
        if task.level == "sentence":
            answers = [(getattr(record, task.name), prediction.sentence[task.name])]
        else:
            answers = [
                (getattr(pair, task.name), answer[task.name])
                for pair, answer in zip(record.pairs, prediction.pairs, strict=True)
            ]
        for label, answer in answers:
            if label is not None:
                true.append(task.index(label))
                probabilities.append(answer)
                groups.append(position)
    return (
        np.array(true, dtype=np.int64),
        np.array(probabilities, dtype=np.float32).reshape(len(true), len(task)),
        groups,
    )


def as_text(figures: dict[str, Any]) -> str:
    """Return the figures as a table to read in a terminal."""
    lines = [
        f"{figures['n']} sentences" + (f", {figures['too_long']} too long" if figures["too_long"] else "")
    ]
    for name, task in figures["tasks"].items():
        if not task["n"]:
            lines.append(f"\n{name}: no labels")
            continue
        low, high = task["macro_f1_interval"]
        kappa = ""
        if "kappa" in task:
            bounds = "[{:.3f}, {:.3f}]".format(*task["kappa_interval"])
            kappa = f", quadratic kappa {task['kappa']:.3f} {bounds}"
        lines.append(
            f"\n{name}: n {task['n']}, macro-F1 {task['macro_f1']:.3f} [{low:.3f}, {high:.3f}],"
            f" accuracy {task['accuracy']:.3f}{kappa}, ECE {task['ece']:.3f}"
        )
        lines.append(f"  {'':14}{'n':>6}{'precision':>11}{'recall':>8}{'F1':>7}")
        for label, row in task["classes"].items():
            if row["n"]:
                lines.append(
                    f"  {label:14}{row['n']:>6}{row['precision']:>11.3f}{row['recall']:>8.3f}{row['f1']:>7.3f}"
                )
    return "\n".join(lines)
