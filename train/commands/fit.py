"""Train a release: from nothing, or going on from one with new labels."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...model.errors import ConfigError, require_extra
from .libraries import quieten_libraries
from .release import judge_and_write, named_release

if TYPE_CHECKING:
    from ..fit import Fitted


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `fit`."""
    fit = commands.add_parser("fit", help="train a release; goes on where it was stopped")
    fit.add_argument("--config", type=Path, help="recipe in TOML (the shipped configs/train.toml)")
    fit.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="override one of it")
    fit.add_argument("--labels", type=Path, action="append", default=[], help="add labelled sentences")
    fit.add_argument("--labels-only", action="store_true", help="leave the project's own sentences out")
    fit.add_argument(
        "--from",
        dest="start",
        metavar="RELEASE",
        help="go on from a release folder, or from the current one or the shipped one, named so; the recipe is then"
        " configs/retrain.toml",
    )
    fit.add_argument(
        "--sentences", type=Path, help="with --from: records analysed before, to see which change"
    )
    fit.add_argument("--codebook", type=Path, help="labels other than the shipped ones, in TOML")
    fit.add_argument("--mirror", type=Path, help="folder with the sources of the real sentences")
    fit.add_argument("--out", type=Path, help="folder of the run (runs/NAME)")
    fit.add_argument("--fresh", action="store_true", help="start over instead of going on")
    fit.add_argument(
        "--no-precedents", action="store_true", help="leave the texts of the sentences out of the release"
    )
    fit.set_defaults(run=_fit)


def _fit(options: argparse.Namespace) -> int:
    require_extra("train", "torch", "transformers", "datasets", "accelerate", "sklearn", "nncf", "tomli_w")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read at import: nothing is fetched
    if options.start is not None:
        return _fit_from(options)
    from ...model.codebook import Codebook
    from ..auxiliary import auxiliary_records
    from ..config import load_config
    from ..corpus import find_mirror, load_corpus

    codebook = Codebook.load(options.codebook)
    config = load_config(options.config, options.set)
    mirror = find_mirror(options.mirror)
    corpus = load_corpus(codebook, mirror=mirror, labels=options.labels, shipped=not options.labels_only)
    if config.auxiliary and mirror is not None and not options.labels_only:
        corpus = corpus.with_borrowed(*auxiliary_records(config.auxiliary, mirror, corpus.records))
    for note in corpus.notes:
        print(f"note: {note}")
    from ..disk import disk_faults
    from ..fit import fit

    quieten_libraries()
    run = options.out or Path("runs") / config.name
    with disk_faults(run):
        fitted = fit(corpus, codebook, config, run, fresh=options.fresh, precedents=not options.no_precedents)
    if fitted is not None:
        _print_fitted(fitted)
    return 0


def _fit_from(options: argparse.Namespace) -> int:
    from ...model.codebook import Codebook
    from ...model.records import write_jsonl
    from ...model.release import current_release, open_release
    from ..corpus import find_mirror
    from ..retrain import HELD_OUT, load_retrain_config, prepare

    if options.labels_only:
        raise ConfigError(
            "--labels-only and --from do not go together: with --set replay=0 nothing is mixed in"
        )
    release = named_release(options.start)
    codebook = Codebook.load(options.codebook) if options.codebook else release.codebook
    settings = load_retrain_config(options.config, options.set)
    mirror = find_mirror(options.mirror)
    plan = prepare(release, codebook, options.labels, settings, mirror=mirror)
    for note in plan.corpus.notes:
        print(f"note: {note}", flush=True)
    from ..disk import disk_faults
    from ..fit import fit
    from ..warm_start import WarmStart, warm_network

    quieten_libraries()
    run = options.out or Path("runs") / plan.recipe.name
    network, encoder = warm_network(release, codebook, heads_only=plan.heads_only, seed=plan.recipe.seed)
    start = WarmStart(network, encoder, plan.origin)
    with disk_faults(run):
        fitted = fit(plan.corpus, codebook, plan.recipe, run, start=start, fresh=options.fresh)
        write_jsonl(plan.held_out, run / HELD_OUT)
    if fitted is not None:
        print(f"release in {fitted.release.folder}\n", flush=True)
        current = open_release(current_release())
        judge_and_write(fitted.release, current, settings.gates, run / HELD_OUT, mirror, options.sentences)
    return 0


def _print_fitted(fitted: Fitted) -> None:
    from ..evaluate import as_text

    if "test" in fitted.figures:
        print(as_text(fitted.figures["test"]))
    print(f"served as {fitted.exported.form}; release in {fitted.release.folder}")
