"""diplotone-train: check labels, fit a release, evaluate and benchmark one, fetch public data."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ..model.errors import ConfigError, DiplotoneError, require_extra


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
    check.set_defaults(run=_check)

    fit = commands.add_parser("fit", help="train a release; goes on where it was stopped")
    fit.add_argument("--config", type=Path, help="recipe in TOML (the shipped configs/train.toml)")
    fit.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="override one of it")
    fit.add_argument("--labels", type=Path, action="append", default=[], help="add labelled sentences")
    fit.add_argument("--labels-only", action="store_true", help="leave the project's own sentences out")
    fit.add_argument("--mirror", type=Path, help="folder with the sources of the real sentences")
    fit.add_argument("--out", type=Path, help="folder of the run (runs/NAME)")
    fit.add_argument("--fresh", action="store_true", help="start over instead of going on")
    fit.set_defaults(run=_fit)

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
    return 1 if report.faults else 0


def _fit(options: argparse.Namespace) -> int:
    require_extra("train", "torch", "transformers", "datasets", "accelerate", "sklearn", "nncf", "tomli_w")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read at import: nothing is fetched
    from ..model.codebook import Codebook
    from .config import load_config
    from .corpus import find_mirror, load_corpus

    codebook = Codebook.load()
    config = load_config(options.config, options.set)
    corpus = load_corpus(
        codebook, mirror=find_mirror(options.mirror), labels=options.labels, shipped=not options.labels_only
    )
    for note in corpus.notes:
        print(f"note: {note}")
    from .evaluate import as_text
    from .fit import fit

    _quieten_libraries()
    fitted = fit(corpus, codebook, config, options.out or Path("runs") / config.name, fresh=options.fresh)
    if fitted is not None:
        if "test" in fitted.figures:
            print(as_text(fitted.figures["test"]))
        print(f"served as {fitted.exported.form}; release in {fitted.release.folder}")
    return 0


def _quieten_libraries() -> None:
    """Leave the progress bar and the errors; the rest is for the libraries' own developers."""
    import logging
    import warnings

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


def _data_card(options: argparse.Namespace) -> int:
    from ..model.codebook import Codebook
    from .corpus import data_folder
    from .data_card import tables, update

    path = data_folder() / "README.md"
    path.write_text(update(path.read_text(encoding="utf-8"), tables(Codebook.load())), encoding="utf-8")
    print(f"counted into {path}")
    return 0


def _split(options: argparse.Namespace) -> int:
    from dataclasses import replace

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
