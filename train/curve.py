"""The learning curve: what more labelled sentences buy, on data from outside that is never trained on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from ..model.codebook import Codebook
from ..model.records import Record
from .benchmark import Row, own_figures, public_figures
from .config import TrainConfig
from .corpus import Corpus
from .splits import hash_share
from .training import train_network, trained_analyzer


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One training of the curve."""

    share: float
    seed: int
    sentences: int
    """Trained on."""
    figures: Mapping[str, float]
    """"source: figure" -> value."""
    weakest: tuple[tuple[str, float], ...]
    """The acts with the lowest F1 on PLV, lowest first."""


def learning_curve(
    corpus: Corpus,
    codebook: Codebook,
    config: TrainConfig,
    mirror: Path,
    folder: Path,
    *,
    shares: Sequence[float],
    seeds: Sequence[int],
    with_real: bool = True,
) -> Iterator[Point]:
    """Train on shares of the data with several seeds and yield what each reaches on PLV and on the own test split.

    Args:
        corpus: Labelled sentences; a share is drawn by groups, and a smaller share lies within a larger one.
        codebook: Which labels there are.
        config: The recipe; its seed is replaced.
        mirror: Folder of the public data sets.
        folder: For the trainings, one after the other; a training that is there is gone on with.
        shares: Of the train split, 0..1.
        seeds: Of the trainings.
        with_real: Train on the real sentences too; without, they are measured all the same.
    """
    learnt = corpus.records if with_real else [r for r in corpus.records if r.id not in corpus.borrowed]
    for share in shares:
        part = Corpus(
            (
                *(r for r in corpus.records if r.split != "train"),
                *(r for r in learnt if r.split == "train" and _within(r, share)),
            ),
            (),
        )
        for seed in seeds:
            run = folder / f"{share:g}-{seed}"
            trained = train_network(part, codebook, replace(config, seed=seed), run)
            if trained is None:
                continue
            analyzer = trained_analyzer(trained, codebook, config, run / "network")
            rows = [*public_figures(analyzer, mirror, corpus, only="PLV"), *own_figures(analyzer, corpus)]
            yield Point(
                share=share,
                seed=seed,
                sentences=len(part.split("train")),
                figures={f"{row.source}: {row.figure}": row.value for row in rows},
                weakest=_weakest(rows),
            )
            shutil.rmtree(run / "checkpoints", ignore_errors=True)


def _within(record: Record, share: float) -> bool:
    """Whether a record's group is in a share, by its hash."""
    return hash_share(record.group or record.id) < share


def _weakest(rows: Sequence[Row], n: int = 4) -> tuple[tuple[str, float], ...]:
    roots = next((row.classes for row in rows if "roots" in row.figure), {})
    return tuple(sorted(roots.items(), key=lambda item: item[1])[:n])


def as_table(points: Sequence[Point]) -> str:
    """Return mean and standard deviation over the seeds, a line per share, as Markdown."""
    names = list(points[0].figures) if points else []
    lines = [
        f"| share | sentences | seeds | {' | '.join(names)} | weakest acts on PLV |",
        "|" + "---|" * (len(names) + 4),
    ]
    for share in dict.fromkeys(point.share for point in points):
        found = [point for point in points if point.share == share]
        cells = [_cell([point.figures[name] for point in found]) for name in names]
        weakest: dict[str, list[float]] = {}
        for point in found:
            for act, f1 in point.weakest:
                weakest.setdefault(act, []).append(f1)
        named = ", ".join(f"{act} {fmean(f1):.2f}" for act, f1 in weakest.items() if len(f1) * 2 > len(found))
        lines.append(
            f"| {share:.0%} | {found[0].sentences:,} | {len(found)} | {' | '.join(cells)} | {named} |"
        )
    return "\n".join(lines)


def _cell(values: Sequence[float]) -> str:
    return f"{fmean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


def as_json(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Return the points as JSON-ready dicts."""
    return [
        {
            "share": point.share,
            "seed": point.seed,
            "sentences": point.sentences,
            "figures": dict(point.figures),
            "weakest": dict(point.weakest),
        }
        for point in points
    ]
