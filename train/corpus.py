"""The project's own labelled sentences, and those that a user adds.

`data/written.jsonl` holds sentences written for the project, `data/real.jsonl` the stand-off labels of real
ones. Where the sources of the real ones are not at hand, training goes on without them and says so.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from ..model.codebook import Codebook
from ..model.errors import ConfigError
from ..model.record_files import read_records
from ..model.records import Record
from .relabel import relabelled
from .splits import by_split
from .standoff import join

N_GOLDEN = 50
"""Golden sentences of a release (see `golden`)."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled sentences with their splits."""

    records: tuple[Record, ...]
    notes: tuple[str, ...]
    """What a reader of results should know: what was left out and why."""
    borrowed: frozenset[str] = frozenset()
    """Ids of the sentences whose texts are their sources' own and go into no release."""

    def with_borrowed(self, records: Sequence[Record], notes: Sequence[str]) -> Corpus:
        """Return the corpus with further records, whose texts are their sources' own, and notes on them."""
        return Corpus(
            (*self.records, *records),
            (*self.notes, *notes),
            self.borrowed | {record.id for record in records},
        )

    def split(self, name: str) -> list[Record]:
        """Return the records of "train", "dev" or "test"."""
        return by_split(self.records)[name]

    @property
    def digest(self) -> str:
        """SHA-256 over texts, labels and splits: the same digest, the same data."""
        rows = sorted(json.dumps(record.as_dict(), sort_keys=True) for record in self.records)
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def data_folder() -> Path:
    """Return the folder of the labelled sentences that come with the package."""
    return Path(str(files("diplotone.train").joinpath("data")))


def find_mirror(given: Path | None = None) -> Path | None:
    """Return the folder of the sources' texts: the one given, else `DIPLOTONE_MIRROR`, else None.

    Raises:
        ConfigError: The folder named does not exist.
    """
    configured = os.environ.get("DIPLOTONE_MIRROR")
    mirror = given or (Path(configured) if configured else None)
    if mirror is not None and not mirror.is_dir():
        raise ConfigError(
            f"{mirror}: there is no such folder; --mirror names the folder that holds the sources"
        )
    return mirror


def load_corpus(
    codebook: Codebook,
    *,
    mirror: Path | None = None,
    labels: Sequence[Path] = (),
    shipped: bool = True,
) -> Corpus:
    """Return the project's labelled sentences and the user's.

    Args:
        codebook: Which labels there are.
        mirror: Where the texts of the real sentences are; None leaves those out.
        labels: Files of the user's own; those without a split go to train.
        shipped: Whether the project's own sentences are taken.

    Raises:
        RecordError: A file is faulty.
    """
    records: list[Record] = []
    notes: list[str] = []
    borrowed: frozenset[str] = frozenset()
    if shipped:
        records += read_records(data_folder() / "written.jsonl", codebook)
        real = data_folder() / "real.jsonl"
        if mirror is None:
            notes.append(
                f"without {_count_lines(real):,} real sentences, whose texts are not at hand: name their folder"
                " with --mirror or DIPLOTONE_MIRROR"
            )
        else:
            joined = join(real, mirror, codebook)
            records += joined.report.raise_for_faults()
            borrowed = frozenset(record.id for record in joined.report.records)
            notes += [
                f"without {count:,} real sentences of {source}, which {mirror} does not hold"
                for source, count in joined.missing.items()
            ]
    for path in labels:
        added = [replace(record, split=record.split or "train") for record in read_records(path, codebook)]
        notes.append(f"{len(added):,} sentences added from {path.name}")
        records += added
    return Corpus(tuple(records), tuple(notes), borrowed)


def project_corpus(codebook: Codebook, *, mirror: Path | None = None) -> Corpus:
    """Return the project's own sentences under a codebook that may be another than the shipped one.

    Labels that the codebook has renamed are renamed, those that it lacks are absent.
    """
    shipped = Codebook.load()
    corpus = load_corpus(shipped, mirror=mirror)
    return replace(corpus, records=tuple(relabelled(corpus.records, shipped, codebook)))


def golden_candidates(n: int = 4 * N_GOLDEN) -> list[Record]:
    """Return sentences of the written dev split, the same every time: what a release is tested on before use.

    More than are needed, since a network may find some too long. Texts are the project's own in any case, so that a
    release never carries a user's.
    """
    records = read_records(data_folder() / "written.jsonl", Codebook.load())
    dev = sorted((record for record in records if record.split == "dev"), key=lambda record: record.id)
    return dev[:n]


def real_sources() -> list[str]:
    """Return the names of the sources that the project's labels of real sentences point into."""
    with (data_folder() / "real.jsonl").open(encoding="utf-8") as file:
        return sorted({json.loads(line)["source"] for line in file})


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)
