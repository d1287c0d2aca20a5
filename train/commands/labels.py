"""Before a training: check the labels of a file, choose what to label next."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...model.errors import ConfigError
from .libraries import quieten_libraries, require_training_libraries

if TYPE_CHECKING:
    from ...model.codebook import Codebook
    from ...model.records import Record
    from ..suspects import Judge


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `check` and `next`."""
    check = commands.add_parser("check", help="list every fault of a file of labelled sentences")
    check.add_argument("file", type=Path, help="records as .jsonl or .csv")
    check.add_argument(
        "--codebook",
        type=Path,
        help="labels other than the shipped ones, in TOML; a release folder has its own in codebook.toml",
    )
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


def _check(options: argparse.Namespace) -> int:
    from ...model.codebook import Codebook
    from ...model.record_files import check_file
    from ..summary import summary

    codebook = Codebook.load(options.codebook)
    report = check_file(options.file, codebook)
    for fault in report.faults:
        print(fault)
    for note in report.notes:
        print(f"{note} (a note, not a fault)")
    print(summary(report, codebook))
    if options.deep:
        _print_deep_check(options, report.records, codebook)
    return 1 if report.faults else 0


def _print_deep_check(options: argparse.Namespace, records: Sequence[Record], codebook: Codebook) -> None:
    require_training_libraries()
    from ...model.analyzer import load
    from ..corpus import find_mirror, project_corpus
    from ..relabel import changes, relabelled
    from ..splits import near_measured
    from ..suspects import contradictions, judges, suspects

    analyzer = load(options.release)
    for line in changes(codebook, analyzer.codebook):
        print(f"note: {analyzer.release.label} was trained with another codebook; to it, {line}")
    project = project_corpus(codebook, mirror=find_mirror(options.mirror))
    for note in project.notes:
        print(f"note: {note}")
    quieten_libraries()
    mine = {record.text for record in records}
    measured = [r for r in project.records if r.split in ("dev", "test") and r.text not in mine]
    panel = judges(analyzer)
    _print_who_judges(panel, records)
    found = suspects(
        panel,
        relabelled(records, codebook, analyzer.codebook),
        relabelled(measured, codebook, analyzer.codebook),
    )
    print(f"\n{len(found):,} labels are probably wrong; the surest first:")
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


def _print_who_judges(panel: Sequence[Judge], records: Sequence[Record]) -> None:
    """Say which sentences a release may not be asked about, because it knows their labels by heart."""
    label = panel[0].analyzer.release.label
    if panel[0].learnt is None:
        print(f"note: what {label} has learnt was not written down when it was made, so it is not asked")
    elif learnt := sum(not panel[0].may_judge(record) for record in records):
        print(f"note: {label} has learnt {learnt:,} of the sentences and is not asked about those")
    if alone := sum(not any(judge.may_judge(record) for judge in panel) for record in records):
        print(
            f"note: {alone:,} of the sentences are judged by regressions alone, which know less than a release"
        )


def _next(options: argparse.Namespace) -> int:
    from ...model.analyzer import load
    from ...model.errors import RecordError
    from ...model.next_labels import suggest
    from ...model.record_files import read_records, write_jsonl

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
