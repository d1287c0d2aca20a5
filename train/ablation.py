"""The ablation: what one change of the recipe at a time is worth, measured on dev."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from ..model.codebook import TASKS, Codebook
from ..model.errors import ConfigError
from ..model.settings import read_toml
from .auxiliary import auxiliary_records
from .config import TrainConfig, load_config
from .corpus import Corpus
from .outcome_file import digest_of, read_outcome_file
from .training import claim_run, fingerprint, train_network

AS_IT_IS = "the recipe as it is"
FIGURES = ("score", *TASKS)
"""What is measured on dev after each epoch (see `training.selection_score`)."""
MEASURED = "measured.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which changes are tried."""

    shortened: tuple[str, ...] = ()
    """How every training is cut short, as `name=value`."""
    changes: Mapping[str, tuple[str, ...]]
    """What is changed, in words -> the change as `name=value`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One training of the ablation."""

    change: str
    settings: tuple[str, ...]
    """The change as `name=value`."""
    seed: int
    sentences: int
    """Trained on."""
    seconds: float
    """On whatever machine it was: beside others of the same one a measure of what the change costs."""
    figures: Mapping[str, float]
    """Of `FIGURES`, on dev, after the epoch with the best score."""
    made_of: str
    """SHA-256 of the recipe and the data (`training.fingerprint`): the same, the same training."""


def read_plan(path: Path | None = None) -> Plan:
    """Return a plan: from a TOML file, without one from the shipped `configs/ablation.toml`.

    Raises:
        ConfigError: The file cannot be read, or is not a list `shortened` and a table `changes` of lists.
    """
    tables = read_toml("ablation.toml", path)
    where = path or "ablation.toml"
    if odd := set(tables) - {"shortened", "changes"}:
        raise ConfigError(f"{where}: {sorted(odd)[0]:.60} is not known; known are shortened and changes")
    changes = tables.get("changes", {})
    if not isinstance(changes, dict):
        raise ConfigError(f'{where}: "changes" must be a table')
    lists = {"shortened": tables.get("shortened", []), **changes}
    for name, settings in lists.items():
        if not isinstance(settings, list) or not all(isinstance(setting, str) for setting in settings):
            raise ConfigError(f'{where}: "{name:.60}" must be a list of "name=value"')
    shortened = tuple(lists.pop("shortened"))
    return Plan(shortened=shortened, changes={name: tuple(settings) for name, settings in lists.items()})


def ablation(
    corpus: Corpus,
    codebook: Codebook,
    plan: Plan,
    folder: Path,
    *,
    config: Path | None = None,
    mirror: Path | None = None,
    only: Sequence[str] = (),
    seeds: Sequence[int] = (1,),
    known: Sequence[Outcome] = (),
) -> Iterator[Outcome]:
    """Train the recipe as it is and with each change, and yield what each training reaches on dev.

    Args:
        corpus: Labelled sentences; test is not looked at.
        codebook: Which labels there are.
        plan: The changes.
        folder: For the trainings, one after the other; one that has ended is not repeated, one that was
            stopped is gone on with.
        config: Recipe in TOML; None takes the shipped one.
        mirror: Folder of the public training sets.
        only: Changes to try, by their names in the plan; none means all.
        seeds: Of the trainings; the first seed of all of them comes before the second.
        known: Outcomes of earlier trainings, here or on other machines. What they tell is not trained again; those of
            the plan come first, whether `only` names them or not.

    Raises:
        ConfigError: A change is not in the plan, is none that the recipe knows, or needs public data and there is no
            mirror; or an outcome that is known is not of this plan, recipe and data.
    """
    if unknown := set(only) - {AS_IT_IS, *plan.changes}:
        raise ConfigError(f'"{min(unknown)}" is not tried; tried are {", ".join([AS_IT_IS, *plan.changes])}')
    changes = {AS_IT_IS: (), **plan.changes}
    if strange := {outcome.change for outcome in known} - set(changes):
        raise ConfigError(
            f'an outcome is known of "{min(strange)}", which is not tried; tried are {", ".join(changes)}'
        )
    told = {outcome.change for outcome in known}
    tried = [name for name in changes if not only or name in only]
    recipes = {
        name: load_config(config, [*plan.shortened, *changes[name]])
        for name in changes
        if name in {*tried, *told}
    }
    learnt = dict.fromkeys(recipes, corpus)
    for name, recipe in recipes.items():
        if any(recipe.auxiliary.values()):
            if mirror is None:
                raise ConfigError(f'"{name}" trains on public data: name their folder with --mirror')
            learnt[name] = corpus.with_borrowed(*auxiliary_records(recipe.auxiliary, mirror, corpus.records))
    for outcome in known:
        recipe = replace(recipes[outcome.change], seed=outcome.seed)
        if outcome.made_of != _digest(recipe, learnt[outcome.change]):
            raise ConfigError(
                f'what is known of "{outcome.change}" (seed {outcome.seed}) was trained by another recipe or on other'
                " sentences; write the figures to another file, or remove it there"
            )
        yield outcome
    settled = {(outcome.change, outcome.seed) for outcome in known}
    for seed, name in product(seeds, tried):
        if (name, seed) not in settled:
            recipe = replace(recipes[name], seed=seed)
            run = folder / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{seed}"
            measured = _measured(learnt[name], codebook, recipe, run)
            if measured is not None:
                made_of = _digest(recipe, learnt[name])
                yield Outcome(change=name, settings=changes[name], seed=seed, made_of=made_of, **measured)


def _digest(recipe: TrainConfig, corpus: Corpus) -> str:
    return digest_of(fingerprint(recipe, corpus))


def _measured(corpus: Corpus, codebook: Codebook, recipe: TrainConfig, run: Path) -> dict[str, Any] | None:
    """What a training of this recipe on this data gives, read from its folder where it has ended."""
    path = run / MEASURED
    claim_run(run, recipe, corpus)
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    began = time.monotonic()
    trained = train_network(corpus, codebook, recipe, run, progress=False)
    if trained is None:
        return None
    best = max(trained.log, key=lambda row: row["eval_score"])
    measured = {
        "sentences": len(corpus.split("train")),
        "seconds": round(time.monotonic() - began, 1),
        "figures": {figure: best[f"eval_{figure}"] for figure in FIGURES if f"eval_{figure}" in best},
    }
    path.write_text(json.dumps(measured) + "\n", encoding="utf-8")
    shutil.rmtree(run / "checkpoints", ignore_errors=True)
    return measured


def as_section(outcomes: Sequence[Outcome], plan: Plan) -> str:
    """Return what a model card says of an ablation, as Markdown."""
    shortened = ", ".join(f"`{setting}`" for setting in plan.shortened)
    all_of_them = f"; all trainings cut short by {shortened}" if shortened else ""
    return (
        "One change of the recipe at a time, by `diplotone-train ablate`: figures on dev, which the release is also"
        f" stopped and calibrated on, after the best epoch{all_of_them}."
        " The score is the mean of the four tasks' figures (macro-F1, for tone quadratic kappa). What makes a release"
        " stand firm where names, spelling or silent pairs change (see the benchmark) need not show in it.\n\n"
        + as_table(outcomes)
    )


def as_table(outcomes: Sequence[Outcome]) -> str:
    """Return a line per change as Markdown: the mean over its seeds, and how far it lies from the recipe as it is.

    The difference is taken seed by seed, over the seeds that both were trained with.
    """
    lines = [
        f"| change | as `--set` takes it | seeds | {' | '.join(FIGURES)} | difference of the score |",
        "|" + "---|" * (len(FIGURES) + 4),
    ]
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.change, []).append(outcome)
    base = {outcome.seed: outcome.figures["score"] for outcome in found.get(AS_IT_IS, ())}
    for change, trained in found.items():
        cells = [_cell([one.figures[name] for one in trained if name in one.figures]) for name in FIGURES]
        gains = [one.figures["score"] - base[one.seed] for one in trained if one.seed in base]
        gain = _cell(gains, sign="+") if gains and change != AS_IT_IS else ""
        settings = ", ".join(f"`{setting}`" for setting in trained[0].settings)
        lines.append(f"| {change} | {settings} | {len(trained)} | {' | '.join(cells)} | {gain} |")
    return "\n".join(lines)


def _cell(values: Sequence[float], sign: str = "") -> str:
    if not values:
        return ""
    return f"{fmean(values):{sign}.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


def as_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return the outcomes as JSON-ready dicts."""
    return [asdict(outcome) for outcome in outcomes]


def read_outcomes(path: Path) -> list[Outcome]:
    """Return outcomes that were written as JSON; none where there is no such file.

    Raises:
        ConfigError: The file holds something else.
    """

    def outcomes(rows: Any) -> list[Outcome]:
        return [Outcome(**row | {"settings": tuple(row["settings"])}) for row in rows]

    return read_outcome_file(path, outcomes, "an ablation")
