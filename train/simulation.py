"""What retraining is worth: a user who corrects sentences of a kind that the release is weak in, simulated.

The sentences of `data/state_media.jsonl` are kept out of every training of a release. Some of them are corrected, that
is given with their right labels to a retraining as `diplotone-train fit --from` does it; the others and the frozen test
split are measured before and after. Groups of twins stay on one side.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

from ..model.analyzer import Analyzer
from ..model.codebook import Codebook
from ..model.errors import ConfigError
from ..model.next_labels import suggest
from ..model.record_files import read_records, write_jsonl
from ..model.records import Record
from ..model.release import Release
from .corpus import Corpus, data_folder
from .evaluate import evaluate
from .outcome_file import digest_of
from .paired import main_figure
from .retrain import RetrainConfig, prepare
from .simulation_report import Outcome
from .training import train_network, trained_analyzer
from .warm_start import WarmStart, warm_network

STATE_MEDIA = "state_media.jsonl"

REGISTER = "state media"
"""What the sentences are called that the user corrects some of."""
FIGURES = {"quadratic kappa": "kappa", "macro-F1": "macro_f1"}
"""Names of `main_figure` -> keys of what `evaluate` returns."""

Choice = Callable[[Analyzer, Sequence[Record], int, int], list[Record]]
"""From an analyzer, sentences, how many of them, and a seed to those that the user labels."""


def state_media(codebook: Codebook) -> tuple[Record, ...]:
    """Return the sentences of state media, which no release is trained on."""
    return read_records(data_folder() / STATE_MEDIA, codebook)


def at_random(analyzer: Analyzer, records: Sequence[Record], n: int, seed: int) -> list[Record]:
    """Choose as a user does who labels what comes along."""
    return random.Random(seed).sample(list(records), min(n, len(records)))


def by_ranking(analyzer: Analyzer, records: Sequence[Record], n: int, seed: int) -> list[Record]:
    """Choose what `diplotone-train next` puts first."""
    by_text = {record.text: record for record in records}
    bare = [
        replace(
            record,
            sentiment=None,
            tone=None,
            pairs=tuple(replace(pair, stance=None, act=None) for pair in record.pairs),
        )
        for record in records
    ]
    return [by_text[suggestion.record.text] for suggestion in suggest(analyzer, bare, n)]


CHOICES: Mapping[str, Choice] = {"random": at_random, "ranked": by_ranking}


def simulate(
    analyzer: Analyzer,
    records: Sequence[Record],
    project: Corpus,
    settings: RetrainConfig,
    folder: Path,
    *,
    numbers: Sequence[int],
    seeds: Sequence[int],
    choices: Sequence[str],
    mirror: Path | None = None,
    known: Sequence[Outcome] = (),
) -> Iterator[Outcome]:
    """Yield what correcting so many sentences does, for each way to choose them and each seed.

    A seed settles which sentences are measured (a third of them, by groups), which are chosen at random, and the
    training.

    Args:
        analyzer: A release with the torch engine: so are those that are made of it, uncalibrated.
        records: The sentences that the user corrects some of, with their right labels; see `state_media`.
        project: The project's own sentences; the test split is measured.
        settings: Of the retraining.
        folder: For the trainings, each removed when it is measured.
        numbers: Of sentences to correct.
        seeds: One retraining for each.
        choices: Names of `CHOICES`.
        mirror: Folder with the texts of the real sentences, some of which are replayed.
        known: Outcomes of an earlier simulation; they come first, and are not trained again.

    Raises:
        ConfigError: An outcome that is known is of another release, other sentences or other settings.
    """
    made_of = _digest(analyzer.release, records, project, settings)
    for outcome in known:
        if outcome.made_of != made_of:
            raise ConfigError(
                f"what is known of {outcome.corrected} corrections ({outcome.choice}, seed {outcome.seed}) was measured"
                " with another release, other sentences or other settings; write the figures to another file, or"
                " remove this one"
            )
    yield from known
    settled = {(outcome.choice, outcome.corrected, outcome.seed) for outcome in known}
    for seed in seeds:
        pool, measured = _divided(records, seed)
        ways = [
            (number, choice)
            for number, choice in product(numbers, choices)
            if (choice, min(number, len(pool)), seed) not in settled
        ]
        kinds = {REGISTER: measured, "own test": project.split("test")}
        before = _figures(analyzer, kinds) if ways else {}
        for number, choice in ways:
            chosen = CHOICES[choice](analyzer, pool, number, seed)
            run = folder / f"{choice}-{number}-{seed}"
            retrained = _retrained(analyzer.release, chosen, settings, run, seed, mirror)
            yield Outcome(
                choice=choice,
                corrected=len(chosen),
                seed=seed,
                n={kind: len(found) for kind, found in kinds.items()},
                before=before,
                after=_figures(retrained, kinds),
                made_of=made_of,
            )
            shutil.rmtree(run)


def _digest(release: Release, records: Sequence[Record], project: Corpus, settings: RetrainConfig) -> str:
    """What the outcome for a choice, a number and a seed depends on."""
    return digest_of([release.digest, Corpus(tuple(records), ()).digest, project.digest, asdict(settings)])


def _divided(records: Sequence[Record], seed: int) -> tuple[list[Record], list[Record]]:
    """Sentences that may be corrected, and the third that is measured."""
    groups = sorted({record.group or record.id for record in records})
    random.Random(seed).shuffle(groups)
    kept = set(groups[: len(groups) // 3])
    pool = [record for record in records if (record.group or record.id) not in kept]
    return pool, [record for record in records if (record.group or record.id) in kept]


def _retrained(
    release: Release,
    chosen: Sequence[Record],
    settings: RetrainConfig,
    run: Path,
    seed: int,
    mirror: Path | None,
) -> Analyzer:
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    labels = run / "labels.jsonl"
    write_jsonl([replace(record, split="train") for record in chosen], labels)
    plan = prepare(release, release.codebook, [labels], settings, mirror=mirror)
    network, encoder = warm_network(release, release.codebook, heads_only=plan.heads_only, seed=seed)
    recipe = replace(plan.recipe, seed=seed)
    start = WarmStart(network, encoder, plan.origin)
    trained = train_network(
        plan.corpus, release.codebook, recipe, run / "training", start=start, progress=False
    )
    assert trained is not None  # one process trains
    return trained_analyzer(trained, release.codebook, recipe, run / "network")


def _figures(analyzer: Analyzer, kinds: Mapping[str, Sequence[Record]]) -> dict[str, float]:
    """For each "kind: task, figure" its value: of tasks with labels, the figure that a verdict judges them by."""
    found = {}
    for kind, records in kinds.items():
        measured = evaluate(analyzer, records)["tasks"]
        for task in analyzer.codebook:
            _, name = main_figure(task)
            if measured[task.name]["n"]:
                found[f"{kind}: {task.name}, {name}"] = float(measured[task.name][FIGURES[name]])
    return found
