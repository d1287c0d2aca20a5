"""Which labelled sentences a release carries as precedents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..model.analyzer import Analyzer, Prediction
from ..model.precedents import write_index
from ..model.records import Record


def write_precedents(folder: Path, analyzer: Analyzer, records: Sequence[Record]) -> int:
    """Write the index of the sentences that the network can read, and return how many they are.

    Without any, nothing is written: such a release has no precedents.

    Args:
        folder: The release folder, not yet sealed.
        analyzer: Of the engine that will serve; its embeddings are what a sentence will be compared by.
        records: Labelled sentences whose texts may be read by whoever has the release.
    """
    embedded = [
        (record, prediction.embedding)
        for record, prediction in zip(records, analyzer.predict(records), strict=True)
        if isinstance(prediction, Prediction) and prediction.embedding is not None
    ]
    if embedded:
        write_index(folder, [record for record, _ in embedded], np.stack([vector for _, vector in embedded]))
    return len(embedded)
