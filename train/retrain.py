"""Retraining: what it trains on (the new labels, a replay sample of the project's own), what is held out, the verdict.

A network that is trained on corrections alone forgets what they do not show; a sample of the sentences it learnt from
keeps it (rehearsal; Robins 1995). A share of the corrections is held out, by the hash of their text, so that it is
the same ones each time: the verdict asks whether those are answered better.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.codebook import Codebook
from ..model.errors import ConfigError
from ..model.record_files import read_records, write_jsonl
from ..model.records import Record
from ..model.release import Release, current_release, open_release
from ..model.settings import read_settings
from .config import TrainConfig, recipe_of
from .corpus import Corpus, project_corpus
from .gates import DEFAULT_GATES, check_gates
from .relabel import changes
from .splits import assign, near_measured

if TYPE_CHECKING:
    from .verdict import Verdict

HELD_OUT = "held_out.jsonl"
"""The corrections that were held out, in the folder of the run."""


@dataclass(frozen=True, kw_only=True)
class RetrainConfig:
    """What a retraining does otherwise than the recipe of the release that it starts from."""

    epochs: float = 3.0
    """Passes over new and replayed sentences, at most."""
    patience: int = 2
    """Evaluations on dev without a better score until training stops."""
    batch_size: int = 16
    """Sentences per step."""
    learning_rate: float = 3e-5
    """Peak rate of the encoder."""
    head_learning_rate: float = 3e-4
    """Peak rate of the heads."""
    replay: int = 1_000
    """Sentences of the project's own train split that are mixed in, at most."""
    repeat: int = 2
    """How often a new sentence is seen in each epoch."""
    heads_only_below: int = 40
    """With fewer new sentences to train on, only the heads are trained."""
    held_out_from: int = 20
    """With fewer new sentences none is held out."""
    gates: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_GATES))
    """What the verdict allows (see `gates`)."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "learning_rate", "head_learning_rate", "repeat"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be above 0")
        for name in ("replay", "heads_only_below", "held_out_from"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be 0 or more")
        check_gates(self.gates)


def load_retrain_config(path: Path | None = None, overrides: Sequence[str] = ()) -> RetrainConfig:
    """Return the settings of a retraining: from a TOML file, without one from the shipped `configs/retrain.toml`.

    Raises:
        ConfigError: The file cannot be read, a name is unknown, or a value is of the wrong type or size.
    """
    return read_settings(RetrainConfig, "retrain.toml", path, overrides)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraining:
    """All that a retraining needs besides the weights."""

    corpus: Corpus
    """Train: the new sentences and the replay; dev and test: the project's own, the same every time."""
    held_out: tuple[Record, ...]
    """New sentences that are not trained on."""
    recipe: TrainConfig
    heads_only: bool
    origin: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrained:
    """What a retraining made."""

    release: Release
    """In the folder of the run; `promote(release.folder)` puts it into use."""
    verdict: Verdict
    """Against the release in use; it lies beside the release's files too."""


def retrain(
    labels: Sequence[Path],
    run: Path | None = None,
    *,
    start: Release | None = None,
    codebook: Codebook | None = None,
    settings: RetrainConfig | None = None,
    sentences: Path | None = None,
    mirror: Path | None = None,
    fresh: bool = False,
    progress: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Retrained | None:
    """Go on from a release with new labels and judge what comes out; it is not put into use.

    Example:
        made = retrain([Path("corrections.csv")], Path("runs/mine"))
        if made and made.verdict.outcome == "promote":
            promote(made.release.folder)  # of train.releases

    Args:
        labels: Files of labelled sentences, .jsonl or .csv.
        run: Folder of the run; started again with the same, it goes on from the last checkpoint. None takes runs/NAME.
        start: Where to go on from; None takes the release in use.
        codebook: Which labels there are from now on; None keeps the release's.
        settings: How much of what, and the gates; None takes the shipped configs/retrain.toml.
        sentences: File of records analysed before, to see which change.
        mirror: Folder with the texts of the real sentences; None does without them.
        fresh: Throw away what the folder of the run holds.
        progress: Show a bar; `progress.json` in the folder of the run is written in any case.
        tell: Is given what a reader may want to know, line by line: notes on the data, then the verdict in words.

    Returns:
        What was made; None in the helper processes of a distributed run.

    Raises:
        RecordError: A file is faulty.
        ConfigError: There is nothing to train on, the folder holds another run, or the disk is full.
        ReleaseError: The release to start from, or the one in use, is damaged.
    """
    from .disk import disk_faults
    from .fit import fit
    from .judging import judge_and_write
    from .learnt import learnt_by
    from .progress import write_progress
    from .warm_start import WarmStart, refused_forms, warm_network

    start = start or open_release(current_release())
    codebook = codebook or start.codebook
    settings = settings or load_retrain_config()
    plan = prepare(start, codebook, labels, settings, mirror=mirror)
    for note in plan.corpus.notes:
        tell(f"note: {note}")
    run = run or Path("runs") / plan.recipe.name
    network, encoder = warm_network(start, codebook, heads_only=plan.heads_only, seed=plan.recipe.seed)
    warm = WarmStart(network, encoder, plan.origin, learnt_by(start), refused_forms(start))
    with disk_faults(run):
        fitted = fit(plan.corpus, codebook, plan.recipe, run, start=warm, fresh=fresh, progress=progress)
        write_jsonl(plan.held_out, run / HELD_OUT)
    if fitted is None:
        return None
    tell(f"release in {fitted.release.folder}\n")
    write_progress(run, "judging")
    verdict = judge_and_write(
        fitted.release,
        open_release(current_release()),
        settings.gates,
        held_out=run / HELD_OUT,
        sentences=sentences,
        mirror=mirror,
        tell=tell,
    )
    write_progress(run, "ended")
    return Retrained(release=fitted.release, verdict=verdict)


def prepare(
    release: Release,
    codebook: Codebook,
    labels: Sequence[Path],
    settings: RetrainConfig,
    *,
    mirror: Path | None = None,
) -> Retraining:
    """Return what to train on, starting from a release.

    A new sentence that the project's data hold too replaces theirs in training. One that is nearly a sentence of the
    test or dev split is held out whatever its own split says: nothing that is measured is trained on.

    Args:
        release: Where to start from.
        codebook: Which labels there are from now on.
        labels: Files of new labelled sentences.
        settings: How much of what.
        mirror: Folder with the texts of the real sentences; None does without them.

    Raises:
        RecordError: A file is faulty.
        ConfigError: There is nothing to train on.
    """
    new = [record for path in labels for record in read_records(path, codebook) if record.is_labelled]
    if not new:
        raise ConfigError("--from needs new labelled sentences to go on with: name their file with --labels")
    project = project_corpus(codebook, mirror=mirror)
    own = project.records
    sides = _sides(new, own, hold_out=len(new) >= settings.held_out_from)
    trained = [replace(record, split="train") for record in new if sides[record.id] == "train"]
    dev = [record for record in new if sides[record.id] == "dev"]
    held_out = [replace(record, split="test") for record in new if sides[record.id] == "test"]
    if not trained:
        raise ConfigError(
            f"all {len(new)} new sentences are kept for measuring: their split says so, or they are nearly sentences"
            " of the project's dev and test splits; add some to train on"
        )
    heads_only = len(trained) < settings.heads_only_below
    known = {record.id for record in new}
    pool = [record for record in own if record.split == "train" and record.id not in known]
    recipe = _recipe(release, settings)
    replay = random.Random(recipe.seed).sample(pool, min(settings.replay, len(pool)))
    kept = [record for record in own if record.split != "train"]
    notes = [
        *project.notes,
        f"goes on from {release.label}",
        f"{len(trained):,} new sentences to train on, each seen {settings.repeat} times an epoch;"
        f" {len(held_out):,} held out to judge by; {len(replay):,} of the project's own against forgetting",
        *(f"codebook {codebook.version}: {line}" for line in changes(release.codebook, codebook)),
    ]
    if heads_only:
        notes.append(
            f"{len(trained)} new sentences are few (fewer than {settings.heads_only_below}): only the heads are"
            " trained, the encoder stays as it is"
        )
    corpus = Corpus((*trained * settings.repeat, *replay, *kept, *dev), tuple(notes), project.borrowed)
    origin = {
        "from": release.label,
        "new": len(trained),
        "held_out": len(held_out),
        "replay": len(replay),
        "heads_only": heads_only,
        "codebook": codebook.digest,
    }
    return Retraining(
        corpus=corpus, held_out=tuple(held_out), recipe=recipe, heads_only=heads_only, origin=origin
    )


def _sides(new: Sequence[Record], own: Sequence[Record], *, hold_out: bool) -> dict[str, str]:
    """The split of each new record by its id: "test" for what is held out, else the one it has, else "train"."""
    measured = [record for record in own if record.split != "train"]
    near = {record.id for record, _ in near_measured(new, measured)}
    free = [record for record in new if record.split is None and record.id not in near]
    dealt: dict[str, str] = {}
    if hold_out:
        dealt = assign([*(record for record in own if record.split == "train"), *free])
    sides = {record.id: "test" if dealt.get(record.id, "train") != "train" else "train" for record in free}
    return {record.id: "test" if record.id in near else record.split or sides[record.id] for record in new}


def _recipe(release: Release, settings: RetrainConfig) -> TrainConfig:
    """The release's own recipe with the steps of a retraining and the next name."""
    return dataclasses.replace(
        recipe_of(release),
        name=_next_name(release.name),
        epochs=settings.epochs,
        patience=settings.patience,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        head_learning_rate=settings.head_learning_rate,
    )


def _next_name(name: str) -> str:
    """Name-r1 after name, name-r2 after name-r1."""
    base, _, n = name.rpartition("-r")
    return f"{base}-r{int(n) + 1}" if base and n.isdigit() else f"{name}-r1"
