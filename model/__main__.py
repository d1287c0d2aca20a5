"""diplotone: read an article, compare two, add many up, score records, verify a result."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import DiplotoneError, TextError
from .memory import check_memory

if TYPE_CHECKING:
    from .analysis import SentenceAnalysis
    from .analyzer import Analyzer

LEAST_MEMORY_BYTES = 300_000_000
"""Of address space; with less the libraries speak for themselves. The shipped release needs some 800,000,000."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 1 where verify finds a difference or score rejects rows, 2 after a mistake.

    A mistake is told in one line.
    """
    options = _parser().parse_args(arguments)
    try:
        check_memory(LEAST_MEMORY_BYTES)
        return options.run(options)
    except DiplotoneError as error:
        print(f"diplotone: {error}", file=sys.stderr)
        return 2
    except MemoryError:
        print("diplotone: there is not enough memory; give it more, or less text at a time", file=sys.stderr)
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
    analyze.add_argument("--format", choices=("text", "json", "csv", "html"), default="text")
    _add_release(analyze)
    analyze.set_defaults(run=_analyze)

    compare = commands.add_parser("compare", help="two statements side by side, with the shift of tone")
    compare.add_argument("before", help="text file in UTF-8, or - for standard input")
    compare.add_argument("after", help="text file in UTF-8, or - for standard input")
    compare.add_argument("--format", choices=("text", "json", "html"), default="text")
    _add_release(compare)
    compare.set_defaults(run=_compare)

    dyads = commands.add_parser("dyads", help="who stands where toward whom, over many articles")
    dyads.add_argument("files", nargs="+", metavar="FILE", help="text files in UTF-8, an article each")
    dyads.add_argument("--format", choices=("text", "json", "csv"), default="text")
    _add_release(dyads)
    dyads.set_defaults(run=_dyads)

    verify = commands.add_parser(
        "verify", help="read the article of a saved result anew; exit code 0 if the same, 1 if it differs"
    )
    verify.add_argument("file", type=Path, help="what analyze --format json or POST /v1/analyze returned")
    verify.add_argument("--text", help="file with the article, for a result that does not hold it")
    verify.add_argument("--tolerance", type=_tolerance, help="difference of two numbers that does not count")
    _add_release(verify)
    verify.set_defaults(run=_verify)

    score = commands.add_parser(
        "score",
        help="score records or a whole archive; a run that was stopped is gone on with by the same command",
        description="Scores every row of a file and keeps the user's own columns. Rows come out in their order; those"
        " that cannot be scored go to a file of rejects beside OUT, with line and reason, and the exit code is 1.",
    )
    score.add_argument(
        "file", type=Path, metavar="IN", help="records as .jsonl, .csv or .parquet, of any size"
    )
    score.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        help=".jsonl, .csv or .parquet; a name without ending is a folder that gets a file per shard",
    )
    score.add_argument(
        "--format", choices=("jsonl", "csv", "parquet"), help="of the files in a folder (jsonl)"
    )
    score.add_argument(
        "--once",
        action="store_true",
        help="recognise a text that comes again, as wire copy does: it is not scored, and copy_of names the first",
    )
    score.add_argument(
        "--fresh", action="store_true", help="throw away what an earlier run left, and start over"
    )
    score.add_argument("--engine", choices=("local", "ray"), default="local")
    score.add_argument("--workers", type=_count, help="processes (one per core)")
    score.add_argument(
        "--rows-per-shard", type=_count, help="rows that a kill can cost (500 to 10,000, by size)"
    )
    score.add_argument(
        "--precision",
        choices=("f32", "bf16"),
        help="bf16 is some twice as fast on processors that have it (what the release was tested in)",
    )
    score.add_argument(
        "--progress", action="store_true", help="tell how far it is, also where that is no terminal"
    )
    _add_release(score)
    score.set_defaults(run=_score)
    return parser


def _add_release(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--release", type=Path, help="release folder (the promoted one, else the shipped one)"
    )


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to below 1")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1")
    return int(text)


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
    analyzer = _load(options)
    from .analyzer import N_PRECEDENTS
    from .report import as_csv, as_json, as_text

    analysis = analyzer.analyze(text, precedents=N_PRECEDENTS if options.format == "json" else 0)
    if options.format == "html":
        from .brief import as_html

        gazetteer = analyzer.gazetteer
        shown = as_html(
            analysis, analyzer.codebook, lambda code: gazetteer[code].name if code in gazetteer else code
        )
    elif options.format == "json":
        shown = as_json(analysis, text)
    else:
        shown = {"text": as_text, "csv": as_csv}[options.format](analysis)
    sys.stdout.write(shown)
    return 0


def _compare(options: argparse.Namespace) -> int:
    if options.before == options.after == "-":
        raise TextError("only one of the two texts can come from standard input")
    texts = _read_text(options.before), _read_text(options.after)
    analyzer = _load(options)
    comparison = analyzer.compare(*texts)
    if options.format == "html":
        from .comparison_brief import as_html

        shown = as_html(comparison, analyzer.codebook)
    else:
        from .comparison_report import as_json, as_text

        shown = {"text": as_text, "json": as_json}[options.format](comparison)
    sys.stdout.write(shown)
    return 0


def _dyads(options: argparse.Namespace) -> int:
    texts = {file: _read_text(file) for file in options.files}
    analyzer = _load(options)
    from .article.dyads import aggregate_articles
    from .dyads_report import as_csv, as_json, as_text

    def read() -> Iterator[tuple[str, tuple[SentenceAnalysis, ...]]]:
        for file, text in texts.items():
            try:
                yield file, analyzer.analyze(text, precedents=0).sentences
            except TextError as error:
                raise TextError(f"{file}: {error}") from error

    dyads = aggregate_articles(read(), analyzer.codebook["stance"])
    if options.format == "csv":
        shown = as_csv(dyads)
    else:
        shown = (as_json if options.format == "json" else as_text)(dyads, analyzer.release.label, len(texts))
    sys.stdout.write(shown)
    return 0


def _verify(options: argparse.Namespace) -> int:
    from .verify import TOLERANCE, read_result, text_of, verify

    saved = read_result(options.file)
    text = text_of(saved, None if options.text is None else _read_text(options.text), str(options.text))
    analyzer = _load(options, precision=saved["provenance"].get("precision"))
    tolerance = TOLERANCE if options.tolerance is None else options.tolerance
    differences = verify(saved, text, analyzer, tolerance=tolerance)
    for difference in differences:
        print(difference)
    count = f"{len(differences):,} difference" + "s" * (len(differences) > 1)
    summary = count if differences else "the same"
    print(f"{options.file}: {summary}, by {analyzer.release.label} within {tolerance:g}")
    return 1 if differences else 0


def _score(options: argparse.Namespace) -> int:
    from .archive.run import Options, score_archive

    try:
        outcome = score_archive(
            options.file,
            options.out,
            Options(
                release=options.release,
                kind=options.format,
                engine=options.engine,
                workers=options.workers,
                rows_per_shard=options.rows_per_shard,
                precision=options.precision,
                once=options.once,
                fresh=options.fresh,
                progress=options.progress or sys.stderr.isatty(),
            ),
        )
    except KeyboardInterrupt:
        print(f"diplotone: stopped; the same command goes on with {options.out}", file=sys.stderr)
        return 130
    told = f"{outcome.scored:,} records scored with {outcome.release}, in {options.out}"
    if outcome.copies:
        told += f"; {outcome.copies:,} repeat another and are not scored"
    if outcome.resumed:
        told += f"; {outcome.resumed:,} of {outcome.shards:,} shards were there already"
    if outcome.rejected:
        told += f"; {outcome.rejected:,} rows rejected, in {outcome.rejects}"
    print(told, file=sys.stderr)
    return 1 if outcome.rejected else 0


def _load(options: argparse.Namespace, precision: str | None = None) -> Analyzer:
    """Return the analyzer; until then nearly every object made is kept, and a search for garbage only takes time."""
    gc.disable()
    try:
        from .analyzer import load

        return load(options.release, precision=precision)
    finally:
        gc.freeze()
        gc.enable()


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
