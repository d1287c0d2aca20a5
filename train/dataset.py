"""From records to batches: tokens, labels as numbers, padding.

A label that is absent is `IGNORED`; the loss and the metrics leave it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor

from ..model.codebook import Codebook
from ..model.encoding import EncodedSentence, SentenceEncoder
from ..model.records import Record

IGNORED = -100
NO_SOURCE = (-1, -1)


def to_dataset(
    tellings: Sequence[Sequence[Record]], codebook: Codebook, encoder: SentenceEncoder
) -> tuple[Dataset, int]:
    """Return sentences as a dataset, and how many were too long for it.

    Columns: tellings (see below); length (tokens of the first telling, for batches of like length); and per task the
    label's number, for pair tasks one per pair. A telling has input_ids and pairs (source start, source end, target
    start, target end in tokens; the source -1, -1 where there is none).

    Args:
        tellings: Each sentence in one telling or more, all with the labels of the first.
        codebook: Which labels there are.
        encoder: Makes tokens of them.
    """
    flat = [record for told in tellings for record in told]
    encoded = iter(encoder.encode([r.text for r in flat], [r.pairs for r in flat]))
    rows = []
    for told in tellings:
        first, *others = [next(encoded) for _ in told]
        if isinstance(first, EncodedSentence):
            fitting = [other for other in others if isinstance(other, EncodedSentence)]
            rows.append(_row(told[0], [first, *fitting], codebook))
    return Dataset.from_list(rows), len(tellings) - len(rows)


def _row(record: Record, tellings: Sequence[EncodedSentence], codebook: Codebook) -> dict[str, Any]:
    def number(task: str, label: str | None) -> int:
        return IGNORED if label is None else codebook[task].index(label)

    return {
        "tellings": [
            {
                "input_ids": sentence.ids,
                "pairs": [[*(source or NO_SOURCE), *target] for source, target in sentence.pairs],
            }
            for sentence in tellings
        ],
        "length": len(tellings[0]),
        **{t.name: number(t.name, getattr(record, t.name)) for t in codebook.at("sentence")},
        **{t.name: [number(t.name, getattr(p, t.name)) for p in record.pairs] for t in codebook.at("pair")},
    }


class Collator:
    """Pads rows of the dataset into the network's arguments and `labels`, one tensor per task.

    Of the tellings of a sentence one is drawn each time.

    Sentence tasks have the *shape* (B,), pair tasks (B, K).
    """

    def __init__(self, codebook: Codebook, encoder: SentenceEncoder) -> None:
        self.codebook = codebook
        self.encoder = encoder

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return one batch."""
        told = [row["tellings"][int(torch.randint(len(row["tellings"]), ()))] for row in rows]
        sentences = [
            EncodedSentence(
                ids=telling["input_ids"],
                pairs=[
                    (None if (pair[0], pair[1]) == NO_SOURCE else (pair[0], pair[1]), (pair[2], pair[3]))
                    for pair in telling["pairs"]
                ],
            )
            for telling in told
        ]
        batch = self.encoder.collate(sentences)
        n_pairs = batch.target.shape[1]
        labels: dict[str, Tensor] = {
            task.name: torch.tensor([row[task.name] for row in rows]) for task in self.codebook.at("sentence")
        }
        for task in self.codebook.at("pair"):
            padded = [row[task.name] + [IGNORED] * (n_pairs - len(row[task.name])) for row in rows]
            labels[task.name] = torch.tensor(padded)
        return {name: torch.from_numpy(array) for name, array in batch.as_dict().items()} | {"labels": labels}
