"""Measure a release: on labelled sentences, on public data, on articles; and what more labels buy."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from ...model.errors import ConfigError, require_extra
from .libraries import quieten_libraries, require_training_libraries


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `evaluate`, `benchmark`, `curve`, `ablate`, `simulate` and `reading`."""
    evaluate = commands.add_parser("evaluate", help="score a release on labelled sentences")
    evaluate.add_argument("file", type=Path, help="records as .jsonl or .csv")
    evaluate.add_argument(
        "--release", type=Path, help="release folder (the promoted one, else the shipped one)"
    )
    evaluate.add_argument("--engine", choices=("openvino", "torch"), default="openvino")
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    evaluate.set_defaults(run=_evaluate)

    benchmark = commands.add_parser("benchmark", help="a release on every evaluation source at hand")
    benchmark.add_argument(
        "--release",
        type=Path,
        action="append",
        help="release folder (the promoted one, else the shipped one); then others that differ in their seed",
    )
    benchmark.add_argument("--mirror", type=Path, help="folder with the public data sets")
    benchmark.add_argument(
        "--no-baselines",
        action="store_true",
        help="leave out the methods that must be trained or scored first",
    )
    benchmark.add_argument("-o", "--out", type=Path, help="write the figures as JSON too")
    benchmark.add_argument(
        "--readme", type=Path, help="put the table into a Markdown file, in place of its own"
    )
    benchmark.add_argument("--card", action="store_true", help="complete the card of the first release named")
    benchmark.set_defaults(run=_benchmark)

    curve = commands.add_parser("curve", help="the learning curve: what more labelled sentences buy")
    curve.add_argument("--config", type=Path, help="recipe in TOML (the shipped configs/train.toml)")
    curve.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="override one of it")
    curve.add_argument("--mirror", type=Path, help="folder with the public data sets")
    curve.add_argument(
        "--shares", type=float, nargs="+", default=[0.1, 0.25, 0.5, 1.0], help="of the data, 0..1"
    )
    curve.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    curve.add_argument("--without-real", action="store_true", help="train on the written sentences alone")
    curve.add_argument("--runs", type=Path, default=Path("runs/curve"), help="folder for the trainings")
    curve.add_argument("-o", "--out", type=Path, help="write the figures as JSON too, after each training")
    curve.set_defaults(run=_curve)

    ablate = commands.add_parser("ablate", help="what one change of the recipe at a time is worth, on dev")
    ablate.add_argument("--plan", type=Path, help="changes in TOML (the shipped configs/ablation.toml)")
    ablate.add_argument("--config", type=Path, help="recipe in TOML (the shipped configs/train.toml)")
    ablate.add_argument("--only", nargs="+", default=[], metavar="CHANGE", help="by their names in the plan")
    ablate.add_argument("--mirror", type=Path, help="folder with the public data sets")
    ablate.add_argument("--seeds", type=int, nargs="+", default=[1])
    ablate.add_argument("--runs", type=Path, default=Path("runs/ablation"), help="folder for the trainings")
    ablate.add_argument(
        "-o",
        "--out",
        type=Path,
        help="JSON of the figures: goes on with what it holds, written after each training",
    )
    ablate.add_argument("--card", type=Path, metavar="RELEASE", help="complete the card of a release")
    ablate.set_defaults(run=_ablate)

    simulate = commands.add_parser(
        "simulate", help="what retraining is worth: a user's corrections, before and after"
    )
    simulate.add_argument(
        "--release", type=Path, help="release folder (the promoted one, else the shipped one)"
    )
    simulate.add_argument("--mirror", type=Path, help="folder with the sources of the real sentences")
    simulate.add_argument(
        "--corrections", type=int, nargs="+", default=[300], help="how many sentences (300)"
    )
    simulate.add_argument("--choose", nargs="+", choices=("random", "ranked"), default=["random"])
    simulate.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    simulate.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="override one of configs/retrain.toml",
    )
    simulate.add_argument(
        "--runs", type=Path, default=Path("runs/simulation"), help="folder for the trainings"
    )
    simulate.add_argument(
        "-o",
        "--out",
        type=Path,
        help="JSON of the figures: goes on with what it holds, written after each training",
    )
    simulate.set_defaults(run=_simulate)

    reading = commands.add_parser(
        "reading", help="how sentences, actors, voices and dyads of articles are read"
    )
    reading.add_argument("folder", type=Path, help="folder with boundaries.jsonl and sentences.jsonl")
    reading.add_argument(
        "--release", type=Path, help="release folder (the promoted one, else the shipped one)"
    )
    reading.add_argument("--mirror", type=Path, help="folder with the sources of the passages")
    reading.add_argument(
        "--errors", action="store_true", help="list what was read wrongly in the half that may be looked at"
    )
    reading.set_defaults(run=_reading)


def _evaluate(options: argparse.Namespace) -> int:
    require_extra("train", "sklearn")
    from ...model.analyzer import load
    from ...model.record_files import read_records
    from ..evaluate import as_text, evaluate

    analyzer = load(options.release, engine=options.engine)
    figures = evaluate(analyzer, read_records(options.file, analyzer.codebook))
    print(json.dumps(figures) if options.json else as_text(figures))
    return 0


def _benchmark(options: argparse.Namespace) -> int:
    require_extra("train", "sklearn", "torch", "vaderSentiment")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from ..benchmark_report import report

    print(
        report(
            options.release,
            options.mirror,
            with_baselines=not options.no_baselines,
            out=options.out,
            readme=options.readme,
            card=options.card,
        )
    )
    return 0


def _curve(options: argparse.Namespace) -> int:
    require_training_libraries()
    from ...model.codebook import Codebook
    from ..config import load_config
    from ..corpus import find_mirror, load_corpus
    from ..curve import as_json, as_table, learning_curve

    codebook, mirror = Codebook.load(), find_mirror(options.mirror)
    if mirror is None:
        raise ConfigError("the curve is measured on public data: name their folder with --mirror")
    corpus = load_corpus(codebook, mirror=mirror)
    quieten_libraries()
    points = []
    for point in learning_curve(
        corpus,
        codebook,
        load_config(options.config, options.set),
        mirror,
        options.runs,
        shares=options.shares,
        seeds=options.seeds,
        with_real=not options.without_real,
    ):
        points.append(point)
        if options.out:
            options.out.write_text(json.dumps(as_json(points), indent=1) + "\n", encoding="utf-8")
    print(as_table(points))
    return 0


def _ablate(options: argparse.Namespace) -> int:
    require_training_libraries()
    from ...model.codebook import Codebook
    from ...model.release import open_release
    from ..ablation import ablation, as_json, as_section, as_table, read_outcomes, read_plan
    from ..card import ABLATION_HEADING
    from ..card_completion import check_not_in_use, complete_card
    from ..corpus import find_mirror, load_corpus

    codebook, mirror = Codebook.load(), find_mirror(options.mirror)
    corpus = load_corpus(codebook, mirror=mirror)
    for note in corpus.notes:
        print(f"note: {note}")
    release = open_release(options.card) if options.card else None
    if release:
        check_not_in_use(release)
    quieten_libraries()
    known = read_outcomes(options.out) if options.out else []
    plan, outcomes = read_plan(options.plan), []
    for outcome in ablation(
        corpus,
        codebook,
        plan,
        options.runs,
        config=options.config,
        mirror=mirror,
        only=options.only,
        seeds=options.seeds,
        known=known,
    ):
        outcomes.append(outcome)
        if options.out and len(outcomes) > len(known):
            options.out.write_text(json.dumps(as_json(outcomes), indent=1) + "\n", encoding="utf-8")
    if release:
        complete_card(release, ABLATION_HEADING, as_section(outcomes, plan))
    print(as_table(outcomes))
    return 0


def _simulate(options: argparse.Namespace) -> int:
    require_training_libraries()
    from ...model.analyzer import load
    from ..corpus import find_mirror, load_corpus
    from ..retrain import load_retrain_config
    from ..simulation import REGISTER, simulate, state_media
    from ..simulation_report import as_json, as_needed_table, as_table, corrections_needed, read_outcomes

    known = read_outcomes(options.out) if options.out else []
    mirror = find_mirror(options.mirror)
    analyzer = load(options.release, engine="torch")
    corpus = load_corpus(analyzer.codebook, mirror=mirror)
    for note in corpus.notes:
        print(f"note: {note}")
    quieten_libraries()
    outcomes = []
    for outcome in simulate(
        analyzer,
        state_media(analyzer.codebook),
        corpus,
        load_retrain_config(None, options.set),
        options.runs,
        numbers=options.corrections,
        seeds=options.seeds,
        choices=options.choose,
        mirror=mirror,
        known=known,
    ):
        outcomes.append(outcome)
        if options.out and len(outcomes) > len(known):
            found = as_json(analyzer.release.label, outcomes, corrections_needed(outcomes, REGISTER))
            options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{analyzer.release.label}\n\n{as_table(outcomes)}")
    if len(set(options.corrections)) > 1:
        print(
            f"\nCorrections needed on {REGISTER} to get half-way from before to the best after (that figure):\n\n"
            f"{as_needed_table(corrections_needed(outcomes, REGISTER))}"
        )
    return 0


def _reading(options: argparse.Namespace) -> int:
    from ...model.analyzer import load
    from ..corpus import find_mirror
    from ..reading import Miss, as_table, load_passages, read_boundaries, read_sentences, seconds_per_million

    mirror = find_mirror(options.mirror)
    if mirror is None:
        raise ConfigError("reading needs the texts: name their folder with --mirror or DIPLOTONE_MIRROR")
    boundaries = load_passages(options.folder / "boundaries.jsonl", mirror)
    sentences = load_passages(options.folder / "sentences.jsonl", mirror)
    for source, n in {**boundaries.missing, **sentences.missing}.items():
        print(f"note: {n} passages left out, {mirror} does not hold {source}")
    analyzer = load(options.release)
    misses: list[Miss] = []
    tallies = read_boundaries(boundaries.found, misses.append)
    tallies |= read_sentences(analyzer, sentences.found, misses.append)
    if options.errors:
        for miss in misses:
            if miss.half == "mended":
                print(f"{miss.question}: {miss.where}: {miss.text}")
    seconds = seconds_per_million(dict.fromkeys(passage.document for passage in sentences.found))
    print(f"{analyzer.release.label}\n\n{as_table(tallies)}\n")
    print(f"A million characters are split in {seconds:.2f} seconds of one core.")
    return 0
