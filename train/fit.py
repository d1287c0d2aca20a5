"""From labelled sentences to a release: train, stop and calibrate on dev, measure on test, write."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..model.codebook import TASKS, Codebook
from ..model.errors import ReleaseError
from ..model.records import Record
from .config import TrainConfig
from .corpus import Corpus, real_sources
from .learnt import learnt_keys
from .progress import write_progress
from .release_writing import Fitted, write_release
from .training import train_network
from .verdict_file import write_verdict
from .warm_start import WarmStart


def fit(
    corpus: Corpus,
    codebook: Codebook,
    config: TrainConfig,
    run: Path,
    *,
    start: WarmStart | None = None,
    fresh: bool = False,
    progress: bool = True,
    precedents: bool = True,
    anyway: bool = False,
) -> Fitted | None:
    """Train on the corpus's train split, stop and calibrate on dev, measure on test, write `run/release`.

    A release that breaks a gate of the recipe is written too; its metrics say so, and no verdict lets it pass.

    Args:
        corpus: Labelled sentences with splits.
        codebook: Which labels there are.
        config: The recipe.
        run: Folder of this run.
        start: Weights to go on from; None starts from the recipe's encoder with new heads.
        fresh: Throw away what the folder holds instead of going on from it.
        progress: Show a bar with the time left.
        precedents: Put the texts of the train split into the release, but for borrowed ones, to be set
            beside other sentences; the card then shows a few of the test split that it gets wrong.
        anyway: Let the release pass whatever the recipe's gates say.

    Returns:
        What was made; None in the helper processes of a distributed run.

    Raises:
        ConfigError: The folder holds a run of another recipe or other data, or there is nothing to train on.
    """
    trained = train_network(corpus, codebook, config, run, start=start, fresh=fresh, progress=progress)
    if trained is None:
        return None
    write_progress(run, "writing")
    splits = {name: corpus.split(name) for name in ("train", "dev", "test")}
    splits["dev"] = splits["dev"] or splits["train"]
    provenance = _provenance(config, corpus, splits, [*corpus.notes, *trained.notes], trained.log)
    learnt: frozenset[str] | None = learnt_keys(splits["train"])
    if start:
        provenance["retrained"] = start.origin
        learnt = None if start.learnt is None else learnt | start.learnt
    return write_release(
        trained.network.cpu(),
        trained.encoder,
        codebook,
        config,
        run / "release",
        provenance,
        **splits,
        precedents=one_of_each_group(quotable(splits["train"], corpus.borrowed)) if precedents else (),
        examples=quotable(splits["test"], corpus.borrowed) if precedents else (),
        learnt=learnt,
        refused_forms=start.refused_forms if start else (),
        anyway=anyway,
    )


def refuse_broken(fitted: Fitted) -> None:
    """Write a verdict of refusal beside a release that breaks its recipe's gates.

    Raises:
        ReleaseError: It breaks one.
    """
    if fitted.broken_gates:
        folder, reasons = fitted.release.folder, fitted.broken_gates
        write_verdict(folder, {"outcome": "refuse", "reasons": list(reasons)}, "\n".join(reasons))
        raise ReleaseError(
            f"{folder}: breaks the gates of its recipe and cannot be promoted: {' '.join(reasons)} Train it otherwise,"
            " set other [gates], or fit it --anyway"
        )


def quotable(records: Sequence[Record], borrowed: frozenset[str]) -> list[Record]:
    """The sentences whose texts may go into a release, each once however often it is trained on."""
    return list({record.id: record for record in records if record.id not in borrowed}.values())


def one_of_each_group(records: Sequence[Record]) -> list[Record]:
    """The sentences without the twins of one that is there: beside another sentence, one of them tells enough."""
    return list({record.group or record.id: record for record in reversed(records)}.values())[::-1]


def _provenance(
    config: TrainConfig,
    corpus: Corpus,
    splits: Mapping[str, Sequence[Record]],
    notes: Sequence[str],
    log: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """What `train.toml` holds: enough to repeat the run and to tell two runs apart."""
    packages = (
        "diplotone",
        "torch",
        "transformers",
        "datasets",
        "accelerate",
        "openvino",
        "nncf",
        "tokenizers",
    )
    return {
        **config.as_dict(),
        "data": {
            "digest": corpus.digest,
            "notes": list(notes),
            "sources": [*(real_sources() if corpus.borrowed else ()), *config.auxiliary],
            **{split: len(records) for split, records in splits.items()},
        },
        "made": {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "evaluations": [
                {"epoch": row["epoch"], "loss": row["eval_loss"]}
                | {
                    figure: round(row[key], 4)
                    for figure in ("score", *TASKS)
                    if (key := f"eval_{figure}") in row
                }
                for row in log
            ],
            "versions": {package: version(package) for package in packages},
        },
    }
