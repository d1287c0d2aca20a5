"""Train a release: from nothing, or going on from one with new labels."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ...model.errors import ConfigError
from .libraries import quieten_libraries, require_training_libraries
from .release import named_release

if TYPE_CHECKING:
    from ..release_writing import Fitted


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `fit` and `recalibrate`."""
    fit = commands.add_parser("fit", help="train a release; goes on where it was stopped")
    fit.add_argument("--config", type=Path, help="recipe in TOML (the shipped configs/train.toml)")
    fit.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="override one of it")
    fit.add_argument("--labels", type=Path, action="append", default=[], help="add labelled sentences")
    fit.add_argument("--labels-only", action="store_true", help="leave the project's own sentences out")
    fit.add_argument(
        "--from",
        dest="start",
        metavar="RELEASE",
        help="go on from a release: current, shipped, name or label of one that is kept, or folder;"
        " the recipe is then configs/retrain.toml",
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
    fit.add_argument(
        "--anyway", action="store_true", help="let the release pass even where it breaks the recipe's gates"
    )
    fit.set_defaults(run=_fit)

    recalibrate = commands.add_parser(
        "recalibrate", help="a release of another's weights, calibrated and measured again without training"
    )
    recalibrate.add_argument("release", help="current, shipped, name or label of a kept release, or folder")
    recalibrate.add_argument("--out", type=Path, required=True, help="folder of the new release")
    recalibrate.add_argument("--config", type=Path, help="recipe in TOML (the shipped configs/train.toml)")
    recalibrate.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="override one of it"
    )
    recalibrate.add_argument("--mirror", type=Path, help="folder with the sources of the real sentences")
    recalibrate.add_argument("--anyway", action="store_true", help="even where it breaks the recipe's gates")
    recalibrate.set_defaults(run=_recalibrate)


def _fit(options: argparse.Namespace) -> int:
    require_training_libraries()
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
    from ..fit import fit, refuse_broken
    from ..progress import write_progress

    quieten_libraries()
    run = options.out or Path("runs") / config.name
    with disk_faults(run):
        fitted = fit(
            corpus,
            codebook,
            config,
            run,
            fresh=options.fresh,
            precedents=not options.no_precedents,
            anyway=options.anyway,
        )
    if fitted is not None:
        write_progress(run, "ended")
        _print_fitted(fitted)
        refuse_broken(fitted)
    return 0


def _fit_from(options: argparse.Namespace) -> int:
    from ...model.codebook import Codebook
    from ..corpus import find_mirror
    from ..retrain import load_retrain_config, retrain

    if options.labels_only:
        raise ConfigError(
            "--labels-only and --from do not go together: with --set replay=0 nothing is mixed in"
        )
    quieten_libraries()
    retrain(
        options.labels,
        options.out,
        start=named_release(options.start),
        codebook=Codebook.load(options.codebook) if options.codebook else None,
        settings=load_retrain_config(options.config, options.set),
        sentences=options.sentences,
        mirror=find_mirror(options.mirror),
        fresh=options.fresh,
        progress=True,
        tell=lambda words: print(words, flush=True),
    )
    return 0


def _recalibrate(options: argparse.Namespace) -> int:
    require_training_libraries()
    from ..config import load_config
    from ..corpus import find_mirror, project_corpus
    from ..disk import disk_faults
    from ..fit import refuse_broken
    from ..recalibrate import recalibrate

    release = named_release(options.release)
    corpus = project_corpus(release.codebook, mirror=find_mirror(options.mirror))
    for note in corpus.notes:
        print(f"note: {note}")
    quieten_libraries()
    config = load_config(options.config, options.set)
    with disk_faults(options.out):
        fitted = recalibrate(release, corpus, config, options.out, anyway=options.anyway)
    _print_fitted(fitted)
    refuse_broken(fitted)
    return 0


def _print_fitted(fitted: Fitted) -> None:
    from ..evaluate import as_text

    if "test" in fitted.figures:
        print(as_text(fitted.figures["test"]))
    why = f" ({fitted.exported.untried})" if fitted.exported.untried else ""
    print(f"served as {fitted.exported.form}{why}; release in {fitted.release.folder}")
