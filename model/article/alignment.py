"""Which sentences of two texts stand for each other.

Two sentences are alike by the words that they share, a rare word weighing more than a common one. The alignment
keeps the order of both texts and is the one with the greatest sum of likeness; what is not alike enough stands
alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import TextError

LEAST_SIMILARITY = 0.25
"""Share of weighted words in common, 0..1, from which two sentences can stand for each other."""

MOST_CELLS = 4_000_000
"""Pairs of sentences that are weighed at most, two texts of 2,000 each: about a second, and under 100 MB."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ROWS_AT_ONCE = 256

Pairing = tuple[int | None, int | None]


def words_of(text: str) -> list[tuple[int, int]]:
    """Return the spans of the words of a text, hyphened and contracted ones as one."""
    return [match.span() for match in _WORD.finditer(text)]


def align(before: Sequence[str], after: Sequence[str]) -> tuple[tuple[Pairing, float | None], ...]:
    """Return the sentences of two texts as pairs, each with its similarity, 0..1.

    Every sentence stands in exactly one pair; one without a counterpart is paired with None and has no
    similarity. Read from top to bottom, either side is in its text's order.

    Raises:
        TextError: The texts have too many sentences between them.
    """
    if len(before) * len(after) > MOST_CELLS:
        raise TextError(
            f"the texts have {len(before):,} and {len(after):,} sentences; compared are texts whose numbers"
            f" multiply to at most {MOST_CELLS:,}, such as 2,000 and 2,000; compare them part by part"
        )
    similarities = _similarities(before, after)
    pairs = [
        ((one, other), None if one is None or other is None else float(similarities[one, other]))
        for one, other in _best_path(similarities)
    ]
    return tuple(pairs)


def _similarities(before: Sequence[str], after: Sequence[str]) -> NDArray[np.float32]:
    """Weight of the shared words over the mean weight of the two sentences.

    *Shape:* (before, after)
    """
    sets = [[_distinct_words(text) for text in texts] for texts in (before, after)]
    counts = Counter(word for words in (*sets[0], *sets[1]) for word in words)
    n = len(before) + len(after)
    weights = {word: math.log(1 + n / count) for word, count in counts.items()}
    totals = [np.array([sum(weights[word] for word in words) for words in side], np.float32) for side in sets]
    shared = sorted(set().union(*sets[0]) & set().union(*sets[1])) if sets[0] and sets[1] else []
    columns = {word: number for number, word in enumerate(shared)}
    one, other = (_matrix(side, columns, weights) for side in sets)
    in_common = np.zeros((len(before), len(after)), np.float32)
    for start in range(0, len(before), _ROWS_AT_ONCE):
        in_common[start : start + _ROWS_AT_ONCE] = one[start : start + _ROWS_AT_ONCE] @ other.T
    mean = (totals[0][:, None] + totals[1][None, :]) / 2
    found = np.divide(in_common, mean, out=np.zeros_like(in_common), where=mean > 0)
    return np.clip(found, 0, 1)


def _matrix(
    sentences: Sequence[frozenset[str]], columns: dict[str, int], weights: dict[str, float]
) -> NDArray[np.float32]:
    """The root of each word's weight where a sentence has it, so that products of rows add weights up."""
    matrix = np.zeros((len(sentences), len(columns)), np.float32)
    for row, words in enumerate(sentences):
        for word in words:
            if word in columns:
                matrix[row, columns[word]] = math.sqrt(weights[word])
    return matrix


def _distinct_words(text: str) -> frozenset[str]:
    """The words of a sentence without regard to case; of one without any, the whole."""
    return frozenset(text[start:end].casefold() for start, end in words_of(text)) or frozenset([text.strip()])


def _best_path(similarities: NDArray[np.float32]) -> list[Pairing]:
    """The pairs from first to last by which the gain over the least similarity is greatest."""
    n_before, n_after = similarities.shape
    gains = similarities - LEAST_SIMILARITY
    # best[i, j]: greatest gain of the first i and j sentences; leaving a sentence alone costs nothing.
    best = np.zeros((n_before + 1, n_after + 1), np.float64)
    for row in range(1, n_before + 1):
        best[row, 1:] = np.maximum(best[row - 1, 1:], best[row - 1, :-1] + gains[row - 1])
        np.maximum.accumulate(best[row], out=best[row])
    pairs: list[Pairing] = []
    row, column = n_before, n_after
    while row or column:
        if row and column:
            gain = gains[row - 1, column - 1]
            if gain >= 0 and best[row, column] == best[row - 1, column - 1] + gain:
                row, column = row - 1, column - 1
                pairs.append((row, column))
                continue
        if column and (not row or best[row, column] == best[row, column - 1]):
            column -= 1
            pairs.append((None, column))
        else:
            row -= 1
            pairs.append((row, None))
    return pairs[::-1]
