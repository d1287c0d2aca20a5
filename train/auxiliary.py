"""Public training sets as records of which only the stance of pairs is labelled.

They teach what a text or an actor thinks of another on far more sentences than the project has labelled. What the
project keeps for dev and test, and what any evaluation set holds, is never among them.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..model.errors import ConfigError
from ..model.records import Pair, Record
from .public import (
    NEWSMTSC_STANCE,
    Item,
    read_cameo_class,
    read_dse,
    read_newsmtsc,
    read_plv,
)
from .splits import prefix_key

DSE_STANCES = {
    "neutral": ("neutral", "neutral"),
    "+ p to q": ("supportive", "neutral"),
    "+ q to p": ("neutral", "supportive"),
    "- p to q": ("opposed", "neutral"),
    "- q to p": ("neutral", "opposed"),
}
"""Answer of directed sentiment -> stance of p toward q and of q toward p."""


def newsmtsc_train(mirror: Path) -> Iterator[Record]:
    """NewsMTSC's train file: how the text treats each of its targets, all targets of a sentence in one record."""
    targets: dict[str, dict[tuple[int, int], str]] = defaultdict(dict)
    for item in read_newsmtsc(mirror, "train_flat"):
        (pair,) = item.record.pairs
        targets[item.record.text][pair.target] = item.answer
    stances = set(NEWSMTSC_STANCE.values())
    for text, found in targets.items():
        pairs = [Pair(target=span, stance=stance) for span, stance in found.items() if stance in stances]
        yield Record(text=text, id="", pairs=tuple(pairs))


def dse_train(mirror: Path) -> Iterator[Record]:
    """Directed sentiment's train file: the stance of two actors toward one another."""
    for item in read_dse(mirror, "train"):
        stances = DSE_STANCES[item.answer]
        pairs = [
            replace(pair, stance=stance) for pair, stance in zip(item.record.pairs, stances, strict=True)
        ]
        yield replace(item.record, pairs=tuple(pairs))


READERS: Mapping[str, tuple[str, Callable[[Path], Iterable[Record]]]] = {
    "newsmtsc": ("newsmtsc/train_flat.jsonl", newsmtsc_train),
    "dse": ("dse/train.txt", dse_train),
}
"""Name in `configs/sources.toml` -> file that it needs, and its reader."""


def auxiliary_records(
    shares: Mapping[str, float], mirror: Path, own: Sequence[Record]
) -> tuple[list[Record], list[str]]:
    """Return partly labelled records to train on beside the project's own, and notes on what was left out.

    Args:
        shares: Source -> share of its records to take, 0..1; always the same ones.
        mirror: Folder of the public data sets.
        own: The project's records; a sentence of theirs is not taken a second time.

    Raises:
        ConfigError: There is no such source.
    """
    if unknown := set(shares) - set(READERS):
        raise ConfigError(f"auxiliary: {', '.join(sorted(unknown))} is not one of {', '.join(READERS)}")
    taken: list[Record] = []
    notes: list[str] = []
    barred = {prefix_key(record.text) for record in own} | evaluation_keys(mirror)
    for source, share in shares.items():
        file, read = READERS[source]
        if not share:
            continue
        if not (mirror / file).exists():
            notes.append(f"without the sentences of {source}, which {mirror} does not hold")
            continue
        drawn = random.Random(source)
        records = [
            replace(record, id=f"{source}:{n}", split="train")
            for n, record in enumerate(read(mirror))
            if drawn.random() < share and prefix_key(record.text) not in barred
        ]
        taken += records
        notes.append(f"{len(records):,} sentences of {source}, labelled with stances only")
    return taken, notes


def evaluation_keys(mirror: Path) -> set[str]:
    """Return the prefix keys of every sentence in an evaluation set at hand."""
    readers: list[tuple[str, Callable[[], Iterable[Item]]]] = [
        ("plv/train.tsv", lambda: read_plv(mirror)),
        ("cameo_class/train.tsv", lambda: read_cameo_class(mirror)),
        ("newsmtsc/dev_rw.jsonl", lambda: read_newsmtsc(mirror, "dev_rw")),
        ("newsmtsc/dev_mt.jsonl", lambda: read_newsmtsc(mirror, "dev_mt")),
        ("dse/valid.txt", lambda: read_dse(mirror, "valid")),
    ]
    return {
        prefix_key(item.record.text) for file, read in readers if (mirror / file).exists() for item in read()
    }
