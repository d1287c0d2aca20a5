"""How far two independent labellings of the same sentences agree.

`data/labellings.jsonl` keeps both labellings of a sentence that was labelled twice: the record's id and, as `first`
and `second`, its sentence labels and, for each of its pairs in order, stance and act. Where the two differ, the record
holds what was decided afterwards.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..model.agreement import krippendorff_alpha
from ..model.codebook import Codebook, Task
from ..model.errors import RecordError
from .corpus import data_folder
from .metrics import Counts, accuracy, confusion, quadratic_kappa

KINDS = {"written": "written.jsonl", "real": "real.jsonl", "state media": "state_media.jsonl"}
"""Kinds of sentences -> their file."""

MOST_CONFUSIONS = 3
"""Confusions of a task that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement of two labellings in one task."""

    task: Task
    counts: Counts
    """First labelling by second. *Shape:* (labels, labels)"""

    @property
    def n(self) -> int:
        """Labels that both gave."""
        return int(self.counts.sum())

    @property
    def alpha(self) -> float:
        """Krippendorff's alpha, nominal."""
        return krippendorff_alpha(self.counts + self.counts.T)

    def confusions(self) -> list[tuple[str, str, int]]:
        """The label pairs most often taken for one another, in either order, with their number."""
        both = self.counts + self.counts.T
        pairs = Counter(
            {(a, b): int(both[a, b]) for a in range(len(self.task)) for b in range(a + 1, len(self.task))}
        )
        names = self.task.names
        return [(names[a], names[b], n) for (a, b), n in pairs.most_common(MOST_CONFUSIONS) if n]


def agreements(codebook: Codebook, folder: Path | None = None) -> dict[str, list[Agreement]]:
    """Return the agreement of each task, for each kind of sentences that is there.

    Raises:
        RecordError: A second labelling does not fit its record.
    """
    folder = folder or data_folder()
    twice = {row["id"]: (row["first"], row["second"]) for row in _rows(folder / "labellings.jsonl")}
    for name, (first, second) in twice.items():
        if len(first["pairs"]) != len(second["pairs"]):
            raise RecordError(
                f"labellings.jsonl: {name} has {len(first['pairs'])} pairs in the first labelling"
                f" and {len(second['pairs'])} in the second"
            )
    result = {}
    for kind, file in KINDS.items():
        rows = _rows(folder / file) if (folder / file).exists() else []
        pairs = [twice[row["id"]] for row in rows if row["id"] in twice]
        if pairs:
            result[kind] = [Agreement(task=task, counts=_counts(task, pairs)) for task in codebook]
    return result


def _counts(task: Task, pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Counts:
    first, other = [], []
    for one, two in pairs:
        if task.level == "sentence":
            answers = [(one[task.name], two[task.name])]
        else:
            answers = [
                (a.get(task.name), b.get(task.name)) for a, b in zip(one["pairs"], two["pairs"], strict=True)
            ]
        for a, b in answers:
            if a is not None and b is not None:
                first.append(task.index(a))
                other.append(task.index(b))
    return confusion(np.array(first, dtype=np.int64), np.array(other, dtype=np.int64), len(task))


def as_table(codebook: Codebook, folder: Path | None = None) -> str:
    """Return the agreements as a Markdown table."""
    return "\n".join(_lines(agreements(codebook, folder)))


def _lines(found: Mapping[str, Sequence[Agreement]]) -> Iterator[str]:
    yield "| sentences | task | n | same label | Krippendorff's alpha | quadratic kappa | most often confused |"
    yield "|---|---|---|---|---|---|---|"
    for kind, members in found.items():
        for a in members:
            kappa = f"{float(quadratic_kappa(a.counts)):.2f}" if a.task.ordinal else ""
            confused = "; ".join(f"{one} / {two} ({n})" for one, two, n in a.confusions())
            yield (
                f"| {kind} | {a.task.name} | {a.n:,} | {float(accuracy(a.counts)):.0%} | {a.alpha:.2f}"
                f" | {kappa} | {confused} |"
            )


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
