"""Look after the project's own labelled sentences and the public data sets."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from ...model.errors import ConfigError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `data-card`, `split` and `sources`."""
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


def _data_card(options: argparse.Namespace) -> int:
    from ...model.codebook import Codebook
    from ..corpus import data_folder
    from ..data_card import tables, update

    path = data_folder() / "README.md"
    path.write_text(update(path.read_text(encoding="utf-8"), tables(Codebook.load())), encoding="utf-8")
    print(f"counted into {path}")
    return 0


def _split(options: argparse.Namespace) -> int:
    from ...model.codebook import Codebook
    from ...model.record_files import read_records, write_jsonl
    from ..corpus import data_folder, find_mirror, load_corpus
    from ..splits import assign, leaks

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
    from ..corpus import find_mirror
    from ..sources import fault, get, load_sources, pick

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
