"""diplotone: read an article, or score records, from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import DiplotoneError, RecordError, TextError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 2 after a mistake that is told in one line."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except DiplotoneError as error:
        print(f"diplotone: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="diplotone", description=__doc__)
    parser.add_argument("--version", action="store_true", help="print version and release, and stop")
    parser.set_defaults(run=_version)
    commands = parser.add_subparsers(metavar="COMMAND")

    analyze = commands.add_parser("analyze", help="read one article")
    analyze.add_argument("file", help="text file in UTF-8, or - for standard input")
    analyze.add_argument("--format", choices=("text", "json", "csv"), default="text")
    analyze.add_argument(
        "--release", type=Path, help="release folder (the promoted one, else the shipped one)"
    )
    analyze.set_defaults(run=_analyze)

    score = commands.add_parser("score", help="score records; the user's own keys are kept")
    score.add_argument("file", type=Path, help="records as .jsonl or .csv")
    score.add_argument("-o", "--out", type=Path, required=True, help="where the scored records go, .jsonl")
    score.add_argument("--release", type=Path, help="release folder (the promoted one, else the shipped one)")
    score.set_defaults(run=_score)
    return parser


def _version(options: argparse.Namespace) -> int:
    if not options.version:
        _parser().print_help()
        return 0
    from importlib.metadata import version

    from .release import current_release, open_release

    print(f"diplotone {version('diplotone')}, release {open_release(current_release()).label}")
    return 0


def _analyze(options: argparse.Namespace) -> int:
    text = _read_text(options.file)
    from .analyzer import load
    from .report import as_csv, as_json, as_text

    analyzer = load(options.release)
    form = {"text": as_text, "json": as_json, "csv": as_csv}[options.format]
    sys.stdout.write(form(analyzer.analyze(text)))
    return 0


def _score(options: argparse.Namespace) -> int:
    if options.out.suffix.lower() != ".jsonl":
        raise RecordError(f"{options.out}: scored records are written as .jsonl; choose such a name")
    import json
    import os

    from .analyzer import load
    from .records import read_records

    analyzer = load(options.release)
    records = read_records(options.file, analyzer.codebook, keep_unknown=True)
    scored = analyzer.score(record.as_dict() for record in records)
    part = options.out.with_name(options.out.name + ".part")  # a file of that name is whole or not there
    try:
        with part.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in scored)
        os.replace(part, options.out)
    except OSError as error:
        raise RecordError(f"{options.out}: cannot be written: {error.strerror}") from error
    print(f"{len(scored):,} records scored with {analyzer.release.label}, in {options.out}", file=sys.stderr)
    return 0


def _read_text(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise TextError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(
            f"{file}: byte 0x{data[error.start]:02x} at {error.start} is not UTF-8; save the file as UTF-8"
        ) from error


if __name__ == "__main__":
    sys.exit(main())
