"""Train, dev and test, with what belongs together on one side.

Sentences belong together when they are near-duplicates, a contrast pair, or of one document. A split once
given stays: new sentences join the side of their group, or are dealt out by the hash of their group.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ..model.records import Record

SHARES = {"train": 0.8, "dev": 0.1, "test": 0.1}

SHINGLE = 3
"""Words in a row that make one shingle."""

LEAST_OVERLAP = 0.35
"""Jaccard overlap of shingles from which two sentences are near-duplicates: two sentences of twelve words that
differ in one of them overlap by about .5; unrelated ones by less than .1."""


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation."""
    return re.sub(r"[\W_]+", " ", text.lower()).split()


def prefix_key(text: str) -> str:
    """Return the first fifty characters of a text's words: what two copies of one sentence share."""
    return " ".join(words(text))[:50]


def near_duplicates(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of positions whose texts are near-duplicates, the lower position first."""
    shingles = [_shingles(text) for text in texts]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, found in enumerate(shingles):
        shared: Counter[int] = Counter()
        for shingle in found:
            shared.update(holders[shingle])
            holders[shingle].append(position)
        for other, count in shared.items():
            if count >= LEAST_OVERLAP * (len(found) + len(shingles[other]) - count):
                yield other, position


def near_measured(records: Sequence[Record], measured: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Return the records that are nearly one of those that are measured on, each with the first such sentence."""
    first_new = len(measured)
    found: dict[int, int] = {}
    for earlier, later in near_duplicates([record.text for record in (*measured, *records)]):
        if earlier < first_new <= later:
            found.setdefault(later - first_new, earlier)
    return [(records[new], measured[old]) for new, old in sorted(found.items())]


def _shingles(text: str) -> set[tuple[str, ...]]:
    tokens = words(text)
    return {tuple(tokens[n : n + SHINGLE]) for n in range(max(1, len(tokens) - SHINGLE + 1))}


def assign(records: Sequence[Record]) -> dict[str, str]:
    """Return the split of every record by its id; a split that a record has already is kept.

    A group that reaches into several given splits keeps them all as they are: mend such a leak by hand
    (`leaks` names them).
    """
    splits: dict[str, str] = {}
    for members in clusters(records):
        given = Counter(record.split for record in members if record.split)
        chosen = given.most_common(1)[0][0] if given else _deal(min(record.id for record in members))
        splits |= {record.id: record.split or chosen for record in members}
    return splits


def leaks(records: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Return pairs of records that belong together and stand in different splits."""
    found = []
    for members in clusters(records):
        by_split = {record.split: record for record in members}
        if len(by_split) > 1:
            first, second, *_ = by_split.values()
            found.append((first, second))
    return found


def clusters(records: Sequence[Record]) -> list[list[Record]]:
    """Return the records that belong together, by union-find over groups and near-duplicates."""
    parent = list(range(len(records)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    first_of_group: dict[str, int] = {}
    links = list(near_duplicates([record.text for record in records]))
    links += [
        (first_of_group.setdefault(record.group, n), n) for n, record in enumerate(records) if record.group
    ]
    for a, b in links:
        parent[root(b)] = root(a)
    clusters: dict[int, list[Record]] = defaultdict(list)
    for n, record in enumerate(records):
        clusters[root(n)].append(record)
    return list(clusters.values())


def _deal(key: str) -> str:
    """A split by the hash of a key, in proportion to `SHARES`."""
    left = hash_share(key)
    for split, share in SHARES.items():
        if left < share:
            return split
        left -= share
    return "train"


def hash_share(key: str) -> float:
    """Return where the hash of a key falls, 0 to below 1: the same for the same key, evenly spread."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32


def by_split(records: Sequence[Record]) -> Mapping[str, list[Record]]:
    """Return the records of each split."""
    return {split: [record for record in records if record.split == split] for split in SHARES}
