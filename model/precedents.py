"""The labelled sentences nearest to a sentence, as the release's own network sees them.

A release may hold an index of them: `precedents.npy`, one int8 vector a sentence, and `precedents.json`, their
texts and labels in the same order. Near is the cosine between embeddings. A row is scaled to fill the int8
range by itself: the cosine does not depend on its length, so no scale has to be kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .analysis import Precedent, PrecedentPair
from .engine import Embeddings
from .errors import ReleaseError
from .records import Record

VECTORS_FILE = "precedents.npy"
TEXTS_FILE = "precedents.json"

_QUERIES_AT_ONCE = 512
"""Sentences that are compared with the whole index at once; keeps memory flat for long articles."""


class PrecedentIndex:
    """Labelled sentences, to be looked up by embedding.

    Args:
        vectors: One per sentence. *Shape:* (N, H)
        sentences: The sentences in the same order; their similarity means nothing yet.
    """

    def __init__(self, vectors: NDArray[Any], sentences: Sequence[dict[str, Any]]) -> None:
        from threadpoolctl import ThreadpoolController  # many a start needs no precedents

        self._directions = _unit(vectors.astype(np.float32))
        self._sentences = sentences
        # numpy's other threads would go on spinning after the product, in the way of the network's: an article of
        # thirty sentences took half as long again.
        self._products = ThreadpoolController().select(user_api="blas")

    def __len__(self) -> int:
        return len(self._sentences)

    @property
    def width(self) -> int:
        """H, the size of an embedding."""
        return self._directions.shape[1]

    @classmethod
    def load(cls, folder: Path) -> PrecedentIndex:
        """Read the index of a release folder.

        Raises:
            ReleaseError: A file cannot be read, or the two do not fit each other.
        """
        path = folder / TEXTS_FILE
        try:
            vectors = np.load(folder / VECTORS_FILE, allow_pickle=False)
            sentences = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, EOFError) as error:
            raise ReleaseError(f"{folder}: its precedents cannot be read: {error}") from error
        if vectors.ndim != 2 or not isinstance(sentences, list) or len(vectors) != len(sentences):
            raise ReleaseError(
                f"{path}: does not fit {VECTORS_FILE}, which has the shape {vectors.shape}; copy the release again"
            )
        return cls(vectors, sentences)

    def nearest(self, embeddings: Embeddings, n: int) -> list[tuple[Precedent, ...]]:
        """Return for each embedding the `n` nearest sentences, or all there are, nearest first.

        Args:
            embeddings: *Shape:* (B, H)
            n: How many; of equally near ones the earlier in the index is taken.
        """
        found: list[tuple[Precedent, ...]] = []
        for start in range(0, len(embeddings), _QUERIES_AT_ONCE):
            queries = _unit(embeddings[start : start + _QUERIES_AT_ONCE].astype(np.float32))
            with self._products.limit(limits=1):
                similarities = queries @ self._directions.T  # (B, N)
            found += [
                tuple(
                    _precedent(self._sentences[row], float(similarity[row]))
                    for row in _largest(similarity, n)
                )
                for similarity in similarities
            ]
        return found


def write_index(folder: Path, records: Sequence[Record], embeddings: Embeddings) -> None:
    """Write the index of labelled sentences into a release folder that is not yet sealed.

    Args:
        folder: The release folder.
        records: The sentences. Their texts will be readable in the release.
        embeddings: One per sentence, from the engine that serves. *Shape:* (N, H)
    """
    largest = np.abs(embeddings).max(axis=1, keepdims=True)
    vectors = np.rint(embeddings / np.where(largest > 0, largest, 1) * 127).astype(np.int8)
    np.save(folder / VECTORS_FILE, vectors, allow_pickle=False)
    rows = ",\n".join(json.dumps(_row(record), ensure_ascii=False) for record in records)
    (folder / TEXTS_FILE).write_text(f"[\n{rows}\n]\n", encoding="utf-8")


def _row(record: Record) -> dict[str, Any]:
    def words(span: tuple[int, int] | None) -> str | None:
        return span and record.text[slice(*span)]

    return {
        "text": record.text,
        "sentiment": record.sentiment,
        "tone": record.tone,
        "pairs": [
            {"source": words(p.source), "target": words(p.target), "stance": p.stance, "act": p.act}
            for p in record.pairs
        ],
    }


def _precedent(row: dict[str, Any], similarity: float) -> Precedent:
    return Precedent(
        text=row["text"],
        similarity=min(max(similarity, -1.0), 1.0),
        sentiment=row["sentiment"],
        tone=row["tone"],
        pairs=tuple(PrecedentPair(**pair) for pair in row["pairs"]),
    )


def _largest(values: NDArray[np.floating], n: int) -> NDArray[np.intp]:
    """The places of the `n` largest values, largest first; of equal ones the earlier place comes first."""
    if 0 < n < len(values):
        least = np.partition(values, len(values) - n)[len(values) - n]
        candidates = np.flatnonzero(values >= least)
    else:
        candidates = np.arange(len(values))
    return candidates[np.argsort(-values[candidates], kind="stable")][:n]


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.floating]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)
