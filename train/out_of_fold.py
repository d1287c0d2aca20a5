"""Probabilities of labels by judges that never saw the label that they judge.

The judges are logistic regressions on what the encoder of a release was before any training, so that no label has
left a trace in the vectors, each of them fitted on four fifths of the labels and asked about the last fifth. What
belongs together (twins, near-duplicates) is in one fifth. They know less than a release, but nothing by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..model.codebook import Codebook, Task
from ..model.encoding import TooLong
from ..model.records import Record
from ..model.release import Release
from .baselines import FrozenEncoder, Vectors
from .config import recipe_of
from .splits import clusters, hash_share

FOLDS = 5
STRENGTH = 0.003
"""Inverse strength of regularisation."""


@dataclass(frozen=True, slots=True)
class Table:
    """Whatever has a label of one task: a row for each sentence or pair."""

    positions: NDArray[np.int64]
    """Of the row's record."""
    pairs: NDArray[np.int64]
    """Number of the row's pair in its record, from 0; 0 for a label of the sentence."""
    vectors: NDArray[np.float32]
    """*Shape:* (rows, H) or (rows, 3H)"""
    given: NDArray[np.int64]
    """Number of the label."""


def untrained_vectors(
    release: Release, codebook: Codebook, records: Sequence[Record]
) -> list[Vectors | TooLong]:
    """Return what the encoder that a release's training began with makes of the records.

    Raises:
        ConfigError: The encoder is not there.
    """
    import torch

    from .untrained import untrained_network

    with torch.random.fork_rng():  # the encoder of a trial is random, and the same each time
        torch.manual_seed(0)
        return FrozenEncoder(*untrained_network(recipe_of(release), codebook)).embed(records)


def label_table(task: Task, records: Sequence[Record], vectors: Sequence[Vectors | TooLong]) -> Table:
    """Return the labels of a task with their places and vectors; sentences that are too long are left out."""
    rows: list[tuple[int, int, NDArray[np.float32], int]] = []
    for position, (record, found) in enumerate(zip(records, vectors, strict=True)):
        if isinstance(found, TooLong):
            continue
        sentence, pairs = found
        holders = [(record, sentence)] if task.level == "sentence" else zip(record.pairs, pairs, strict=True)
        for number, (holder, vector) in enumerate(holders):
            if (label := getattr(holder, task.name)) is not None:
                rows.append((position, number, vector, task.index(label)))
    return Table(
        positions=np.array([row[0] for row in rows], dtype=np.int64),
        pairs=np.array([row[1] for row in rows], dtype=np.int64),
        vectors=np.array([row[2] for row in rows], dtype=np.float32),
        given=np.array([row[3] for row in rows], dtype=np.int64),
    )


def folds(records: Sequence[Record]) -> NDArray[np.int64]:
    """Return the fold of every record, 0 to below `FOLDS`: the same for what belongs together, and each time."""
    by_id: dict[int, int] = {}
    for members in clusters(records):
        key = min(record.id for record in members)
        fold = int(
            hash_share(f"fold of {key}") * FOLDS
        )  # the hash of the key alone is what dealt out the splits
        by_id |= dict.fromkeys(map(id, members), fold)
    return np.array([by_id[id(record)] for record in records], dtype=np.int64)


def out_of_fold(task: Task, table: Table, fold: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probability of each label of a task for each row, by the regression that was not fitted on its fold.

    Args:
        task: Its labels.
        table: Of this task.
        fold: Of every record (see `folds`).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    probabilities = np.zeros((len(table.given), len(task)))
    of_row = fold[table.positions]
    with threadpool_limits(1):  # so small a problem is slowed by threads, on a busy machine a hundredfold
        for held_out in np.unique(of_row):
            asked = of_row == held_out
            known = np.unique(table.given[~asked])
            if len(known) < 2:  # nothing to tell apart: nobody is sure of anything
                probabilities[asked] = 1 / len(task)
                continue
            model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=200, tol=1e-3))
            model.fit(table.vectors[~asked], table.given[~asked])
            probabilities[np.ix_(asked, known)] = model.predict_proba(table.vectors[asked])
    return probabilities
