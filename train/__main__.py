"""diplotone-train: check labels, fit a release, judge, promote and benchmark one, fetch public data."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.errors import ConfigError, DiplotoneError, require_extra

if TYPE_CHECKING:
    from ..model.records import Record
    from ..model.release import Release
    from .fit import Fitted


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 1 where labels are faulty, or 2 after a mistake that is told in one line."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except DiplotoneError as error:
        print(f"diplotone-train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("diplotone-train: stopped; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="diplotone-train", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="list every fault of a file of labelled sentences")
    check.add_argument("file", type=Path, help="records as .jsonl or .csv")
    check.add_argument(
        "--deep",
        action="store_true",
        help="also: labels that are probably wrong, contradictions, copies of the test",
    )
    check.add_argument(
        "--release", type=Path, help="with --deep: release folder (the promoted, else the shipped one)"
    )
    check.add_argument("--mirror", type=Path, help="folder with the sources of the real sentences")
    check.set_defaults(run=_check)

    following = commands.add_parser("next", help="which sentences of an archive to label next")
    following.add_argument(
        "archive", type=Path, help="records as .jsonl or .csv; those with a label are passed over"
    )
    following.add_argument("-n", type=int, default=50, help="how many (50)")
    following.add_argument(
        "-o", "--out", type=Path, help="write them as records, .jsonl, instead of printing them"
    )
    following.add_argument(
        "--release", type=Path, help="release folder (the promoted one, else the shipped one)"
    )
    following.set_defaults(run=_next)

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

    verdict = commands.add_parser("verdict", help="is a candidate better than the release in use?")
    verdict.add_argument("candidate", help="release folder, or the run's folder that holds it")
    verdict.add_argument(
        "--against", default="current", metavar="RELEASE", help="folder, current or shipped (current)"
    )
    verdict.add_argument("--labels", type=Path, help="held-out corrections (those that the run kept)")
    verdict.add_argument("--mirror", type=Path, help="folder with the sources of the real sentences")
    verdict.add_argument("--config", type=Path, help="TOML with the gates (the shipped configs/retrain.toml)")
    verdict.add_argument(
        "--set", action="append", default=[], metavar="gates.NAME=VALUE", help="override one of it"
    )
    verdict.add_argument("--sentences", type=Path, help="records analysed before: say which of them change")
    verdict.set_defaults(run=_verdict)

    promote = commands.add_parser("promote", help="put a release into use, after a test of it")
    promote.add_argument("candidate", help="release folder, run folder, name of a kept release, or shipped")
    promote.add_argument("--anyway", action="store_true", help="even where its verdict is to refuse it")
    promote.set_defaults(run=_promote)

    rollback = commands.add_parser("rollback", help="go back to the release before")
    rollback.set_defaults(run=_rollback)

    releases = commands.add_parser("releases", help="list the releases that can be used")
    releases.set_defaults(run=_releases)

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
        "--release", type=Path, help="release folder (the promoted one, else the shipped one)"
    )
    benchmark.add_argument("--mirror", type=Path, help="folder with the public data sets")
    benchmark.add_argument("-o", "--out", type=Path, help="write the figures as JSON too")
    benchmark.set_defaults(run=_benchmark)

    curve = commands.add_parser("curve", help="the learning curve: what more labelled sentences buy")
    curve.add_argument("--config", type=Path, help="recipe in TOML (the shipped configs/train.toml)")
    curve.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="override one of it")
    curve.add_argument("--mirror", type=Path, help="folder with the public data sets")
    curve.add_argument(
        "--shares", type=float, nargs="+", default=[0.1, 0.25, 0.5, 1.0], help="of the data, 0..1"
    )
    curve.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    curve.add_argument("--runs", type=Path, default=Path("runs/curve"), help="folder for the trainings")
    curve.add_argument("-o", "--out", type=Path, help="write the figures as JSON too, after each training")
    curve.set_defaults(run=_curve)

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

    card = commands.add_parser(
        "data-card", help="count the project's labelled sentences into their data card"
    )
    card.set_defaults(run=_data_card)

    split = commands.add_parser("split", help="deal new sentences of the project out to train, dev and test")
    split.add_argument("--mirror", type=Path, help="folder with the sources of the real sentences")
    split.set_defaults(run=_split)

    sources = commands.add_parser("sources", help="the public data sets: list, get, check")
    sources.add_argument("action", choices=("list", "get", "check"))
    sources.add_argument("names", nargs="*", metavar="NAME", help="sources (all)")
    sources.add_argument("--mirror", type=Path, help="folder that has the files (DIPLOTONE_MIRROR)")
    sources.add_argument("--into", type=Path, help="get: folder to put them in")
    sources.set_defaults(run=_sources)
    return parser


def _check(options: argparse.Namespace) -> int:
    from ..model.codebook import Codebook
    from ..model.records import check_file
    from .summary import summary

    codebook = Codebook.load()
    report = check_file(options.file, codebook)
    for fault in report.faults:
        print(fault)
    for note in report.notes:
        print(f"{note} (a note, not a fault)")
    print(summary(report, codebook))
    if options.deep:
        _print_deep_check(options, report.records)
    return 1 if report.faults else 0


def _print_deep_check(options: argparse.Namespace, records: Sequence[Record]) -> None:
    require_extra("train", "scipy", "sklearn")
    from ..model.analyzer import load
    from .corpus import find_mirror, project_corpus
    from .splits import near_measured
    from .suspects import contradictions, suspects

    analyzer = load(options.release)
    project = project_corpus(analyzer.codebook, mirror=find_mirror(options.mirror))
    for note in project.notes:
        print(f"note: {note}")
    mine = {record.text for record in records}
    measured = [r for r in project.records if r.split in ("dev", "test") and r.text not in mine]
    trained_on = {record.text for record in project.records if record.split == "train"}
    if learnt := sum(record.text in trained_on for record in records):
        print(
            f"note: {learnt:,} of the sentences are the project's own: a release knows their labels by heart"
        )
    found = suspects(analyzer, records, measured)
    print(f"\n{len(found):,} labels are probably wrong, by {analyzer.release.label}; the surest first:")
    for suspect in found:
        print(f"  {suspect.record.id}: {suspect}")
    differing = list(contradictions(records, project.records))
    print(f"\n{len(differing):,} labels contradict the project's own data:")
    for line in differing:
        print(f"  {line}")
    near = near_measured(records, measured)
    print(
        f"\n{len(near):,} sentences are nearly ones of the dev and test splits and would not be trained on:"
    )
    for record, twin in near:
        print(f"  {record.id}: {record.text}\n    {twin.split}: {twin.text}")


def _next(options: argparse.Namespace) -> int:
    require_extra("train", "sklearn")
    from ..model.analyzer import load
    from ..model.errors import RecordError
    from ..model.records import read_records, write_jsonl
    from .next_labels import suggest

    if options.n < 1:
        raise ConfigError(f"-n is {options.n}; it must be 1 or more")
    if options.out and options.out.suffix.lower() != ".jsonl":
        raise RecordError(f"{options.out}: suggestions are written as .jsonl; choose such a name")
    analyzer = load(options.release)
    found = suggest(analyzer, read_records(options.archive, analyzer.codebook, keep_unknown=True), options.n)
    if options.out:
        write_jsonl([replace(suggestion.record, extra={}) for suggestion in found], options.out)
        print(f"{len(found):,} sentences to label in {options.out}")
        return 0
    for suggestion in found:
        print(f"{suggestion.uncertainty:.2f}  {suggestion.record.text}")
    return 0


def _fit(options: argparse.Namespace) -> int:
    require_extra("train", "torch", "transformers", "datasets", "accelerate", "sklearn", "nncf", "tomli_w")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read at import: nothing is fetched
    if options.start is not None:
        return _fit_from(options)
    from ..model.codebook import Codebook
    from .auxiliary import auxiliary_records
    from .config import load_config
    from .corpus import find_mirror, load_corpus

    codebook = Codebook.load(options.codebook)
    config = load_config(options.config, options.set)
    mirror = find_mirror(options.mirror)
    corpus = load_corpus(codebook, mirror=mirror, labels=options.labels, shipped=not options.labels_only)
    if config.auxiliary and mirror is not None and not options.labels_only:
        corpus = corpus.with_borrowed(*auxiliary_records(config.auxiliary, mirror, corpus.records))
    for note in corpus.notes:
        print(f"note: {note}")
    from .disk import disk_faults
    from .fit import fit

    _quieten_libraries()
    run = options.out or Path("runs") / config.name
    with disk_faults(run):
        fitted = fit(corpus, codebook, config, run, fresh=options.fresh, precedents=not options.no_precedents)
    if fitted is not None:
        _print_fitted(fitted)
    return 0


def _fit_from(options: argparse.Namespace) -> int:
    from ..model.codebook import Codebook
    from ..model.records import write_jsonl
    from ..model.release import current_release, open_release
    from .corpus import find_mirror
    from .retrain import HELD_OUT, load_retrain_config, prepare

    if options.labels_only:
        raise ConfigError(
            "--labels-only and --from do not go together: with --set replay=0 nothing is mixed in"
        )
    release = _named_release(options.start)
    codebook = Codebook.load(options.codebook) if options.codebook else release.codebook
    settings = load_retrain_config(options.config, options.set)
    mirror = find_mirror(options.mirror)
    plan = prepare(release, codebook, options.labels, settings, mirror=mirror)
    for note in plan.corpus.notes:
        print(f"note: {note}", flush=True)
    from .disk import disk_faults
    from .fit import fit
    from .warm_start import WarmStart, warm_network

    _quieten_libraries()
    run = options.out or Path("runs") / plan.recipe.name
    network, encoder = warm_network(release, codebook, heads_only=plan.heads_only, seed=plan.recipe.seed)
    start = WarmStart(network, encoder, plan.origin)
    with disk_faults(run):
        fitted = fit(plan.corpus, codebook, plan.recipe, run, start=start, fresh=options.fresh)
        write_jsonl(plan.held_out, run / HELD_OUT)
    if fitted is not None:
        print(f"release in {fitted.release.folder}\n", flush=True)
        current = open_release(current_release())
        _judge(fitted.release, current, settings.gates, run / HELD_OUT, mirror, options.sentences)
    return 0


def _verdict(options: argparse.Namespace) -> int:
    require_extra("train", "scipy", "sklearn")
    from ..model.release import open_release
    from .corpus import find_mirror
    from .releases import find_candidate
    from .retrain import HELD_OUT, load_retrain_config

    folder = find_candidate(options.candidate)
    kept = folder.parent / HELD_OUT
    _judge(
        open_release(folder),
        _named_release(options.against),
        load_retrain_config(options.config, options.set).gates,
        options.labels or (kept if kept.is_file() else None),
        find_mirror(options.mirror),
        options.sentences,
    )
    return 0


def _judge(
    candidate: Release,
    current: Release,
    gates: Mapping[str, float],
    held_out: Path | None,
    mirror: Path | None,
    sentences: Path | None,
) -> None:
    """Write the verdict beside the candidate's files and print it."""
    from ..model.analyzer import load
    from ..model.records import read_records
    from .corpus import project_corpus
    from .rescore import as_text as difference_as_text
    from .rescore import difference
    from .verdict import judge
    from .verdict_file import write_verdict
    from .verdict_text import as_text

    codebook = candidate.codebook
    corrections = read_records(held_out, codebook) if held_out else ()
    analysed = read_records(sentences, codebook, keep_unknown=True) if sentences else ()
    new, old = load(candidate.folder), load(current.folder)
    verdict = judge(new, old, project_corpus(codebook, mirror=mirror), corrections, gates)
    text = as_text(verdict)
    figures = verdict.as_dict()
    if sentences:
        found = difference(new, old, analysed)
        text += f"\n\n{difference_as_text(found)}"
        figures["difference"] = asdict(found)
    print(text)
    try:
        write_verdict(candidate.folder, figures, text)
    except OSError as error:
        raise ConfigError(
            f"{candidate.folder}: the verdict cannot be written: {error.strerror}; make room, or copy it from here"
        ) from error


def _promote(options: argparse.Namespace) -> int:
    from ..model.errors import ReleaseError
    from ..model.release import SHIPPED
    from .releases import find_candidate, promote
    from .verdict_file import read_outcome

    outcome = None if options.candidate == SHIPPED else read_outcome(find_candidate(options.candidate))
    if outcome == "refuse" and not options.anyway:
        raise ReleaseError(
            f"{options.candidate}: its verdict is to refuse it (verdict.txt beside it says why); promote it"
            " --anyway if you know better"
        )
    release, n_tested = promote(options.candidate)
    tested = f"after {n_tested} sentences answered as when it was made" if n_tested else "as it was shipped"
    judged = (
        "" if outcome or options.candidate == SHIPPED else "; it was never judged (diplotone-train verdict)"
    )
    print(f"{release.label} is in use, {tested}{judged}")
    return 0


def _rollback(options: argparse.Namespace) -> int:
    from .releases import rollback

    release, passed_over = rollback()
    for damaged in passed_over:
        print(f"passed over: {damaged}")
    print(f"{release.label} is in use again")
    return 0


def _releases(options: argparse.Namespace) -> int:
    from .releases import releases

    for listed in releases():
        mark = "*" if listed.is_current else " "
        outcome = f"  verdict: {listed.outcome}" if listed.outcome else ""
        print(f"{mark} {listed.name}  {listed.label}{outcome}")
    return 0


def _named_release(named: str) -> Release:
    """The release that a person means: a folder, or "current" or "shipped"."""
    from ..model.release import current_release, open_release, shipped_release
    from .releases import find_candidate

    places = {"current": current_release, "shipped": shipped_release}
    return open_release(places[named]() if named in places else find_candidate(named))


def _print_fitted(fitted: Fitted) -> None:
    from .evaluate import as_text

    if "test" in fitted.figures:
        print(as_text(fitted.figures["test"]))
    print(f"served as {fitted.exported.form}; release in {fitted.release.folder}")


def _quieten_libraries() -> None:
    """Leave the progress bar and the errors; the rest is for the libraries' own developers."""
    import logging
    import warnings

    from ..model.telemetry import silence_openvino

    silence_openvino()
    import nncf
    import transformers

    transformers.utils.logging.set_verbosity_error()
    nncf.set_log_level(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="torch")


def _evaluate(options: argparse.Namespace) -> int:
    require_extra("train", "sklearn")
    from ..model.analyzer import load
    from ..model.records import read_records
    from .evaluate import as_text, evaluate

    analyzer = load(options.release, engine=options.engine)
    figures = evaluate(analyzer, read_records(options.file, analyzer.codebook))
    print(json.dumps(figures) if options.json else as_text(figures))
    return 0


def _benchmark(options: argparse.Namespace) -> int:
    require_extra("train", "sklearn")
    from ..model.analyzer import load
    from .benchmark import as_json, as_table, benchmark
    from .corpus import find_mirror, load_corpus

    analyzer = load(options.release)
    mirror = find_mirror(options.mirror)
    corpus = load_corpus(analyzer.codebook, mirror=mirror)
    rows = benchmark(analyzer, mirror, corpus)
    if options.out:
        figures = {"release": analyzer.release.label, "figures": as_json(rows)}
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for note in corpus.notes:
        print(f"note: {note}")
    print(f"{analyzer.release.label}\n\n{as_table(rows)}")
    return 0


def _reading(options: argparse.Namespace) -> int:
    from ..model.analyzer import load
    from .corpus import find_mirror
    from .reading import Miss, as_table, load_passages, read_boundaries, read_sentences, seconds_per_million

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


def _curve(options: argparse.Namespace) -> int:
    require_extra("train", "torch", "transformers", "datasets", "accelerate", "sklearn", "nncf", "tomli_w")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from ..model.codebook import Codebook
    from .config import load_config
    from .corpus import find_mirror, load_corpus
    from .curve import as_json, as_table, learning_curve

    codebook, mirror = Codebook.load(), find_mirror(options.mirror)
    if mirror is None:
        raise ConfigError("the curve is measured on public data: name their folder with --mirror")
    corpus = load_corpus(codebook, mirror=mirror)
    _quieten_libraries()
    points = []
    for point in learning_curve(
        corpus,
        codebook,
        load_config(options.config, options.set),
        mirror,
        options.runs,
        shares=options.shares,
        seeds=options.seeds,
    ):
        points.append(point)
        if options.out:
            options.out.write_text(json.dumps(as_json(points), indent=1) + "\n", encoding="utf-8")
    print(as_table(points))
    return 0


def _data_card(options: argparse.Namespace) -> int:
    from ..model.codebook import Codebook
    from .corpus import data_folder
    from .data_card import tables, update

    path = data_folder() / "README.md"
    path.write_text(update(path.read_text(encoding="utf-8"), tables(Codebook.load())), encoding="utf-8")
    print(f"counted into {path}")
    return 0


def _split(options: argparse.Namespace) -> int:
    from ..model.codebook import Codebook
    from ..model.records import read_records, write_jsonl
    from .corpus import data_folder, find_mirror, load_corpus
    from .splits import assign, leaks

    codebook, path = Codebook.load(), data_folder() / "written.jsonl"
    corpus = load_corpus(codebook, mirror=find_mirror(options.mirror))
    for note in corpus.notes:
        print(f"note: {note}")
    splits = assign(corpus.records)
    records = [replace(record, split=splits[record.id]) for record in read_records(path, codebook)]
    write_jsonl(records, path)
    found = leaks([replace(record, split=splits[record.id]) for record in corpus.records])
    for one, other in found:
        print(f"leak: {one.split} {one.id} and {other.split} {other.id} belong together; mend one by hand")
    print(f"{len(records):,} written sentences have their split, {len(found)} leaks")
    return 1 if found else 0


def _sources(options: argparse.Namespace) -> int:
    from .corpus import find_mirror
    from .sources import fault, get, load_sources, pick

    chosen = list(pick(load_sources(), options.names))
    mirror = find_mirror(options.mirror)
    if options.action == "list":
        for source in chosen:
            print(
                f"{source.name}: {source.title}\n  {source.repository}; licence: {source.licence}; use: {source.use}"
            )
            print(f"  becomes: {source.maps_to}")
            for trap in source.traps:
                print(f"  beware: {trap}")
        return 0
    if options.action == "get":
        if options.into is None:
            raise ConfigError("sources get needs --into FOLDER, where the files go")
        for source in chosen:
            for file in source.files:
                print(f"{source.name}: {file.path}: {get(source, file, options.into, mirror)}")
        return 0
    if mirror is None:
        raise ConfigError("sources check needs the folder: name it with --mirror or DIPLOTONE_MIRROR")
    faults = [(s, f, found) for s in chosen for f in s.files if (found := fault(f, mirror))]
    for source, file, found in faults:
        print(f"{source.name}: {mirror / file.path}: {found}")
    print(
        f"{sum(len(s.files) for s in chosen) - len(faults)} files are as they should be, {len(faults)} are not"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
