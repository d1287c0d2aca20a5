"""How fast an archive is scored: sentences a second and core, text in, labels out, beside the bare network.

    python -m tests.bench.archive [--end-to-end [100000]] [--precision bf16]

Sentences of about 32 tokens go from a JSONL file to a shard of JSONL through the scorer that `diplotone score` runs in
each process, with one thread. In turn with it the network alone runs the same sentences, encoded and in batches
already: the ratio of the two holds on a busy machine too, where neither rate does. Rates are by processor time, which
leaves out waiting for others, though not that they share a core's units; and by the clock. Then the other parts of a
large archive: fingerprint, cutting, copies, joining. With --end-to-end `diplotone score` itself reads an archive of
distinct rows, with the memory of all its processes.

Figures go into docs/performance.json (under "archive") and between the marks of docs/scaling.md.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from diplotone.model.analyzer import TOKENS_PER_BATCH, Analyzer, load
from diplotone.model.archive.copies import Seen
from diplotone.model.archive.made_with import made_with
from diplotone.model.archive.output import output_for
from diplotone.model.archive.scorer import Job, ShardScorer, Task
from diplotone.model.archive.shards import REJECTS, ShardPaths
from diplotone.model.archive.source import JsonSource, open_source
from diplotone.model.encoding import EncodedSentence
from diplotone.model.engine import PRECISIONS, computed_in
from diplotone.model.release import current_release

from .machine import Watch, of_machine
from .pages import put_into_json, put_into_page
from .speed import ROOT

SENTENCES = ROOT / "train" / "data" / "written.jsonl"
SHORTEST, LONGEST = 26, 38
"""Tokens of a sentence that counts as one of about 32."""

TOKENS_OF_A_NUMBER = 3
"""That the number adds which tells a row from all others."""

SECONDS_BETWEEN_LOOKS = 0.5
"""At the memory of the processes."""

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rate:
    """Sentences a second."""

    by_processor: float
    by_clock: float


def measure(n: int, work: Callable[[], object]) -> Rate:
    """Do work on `n` sentences and return the rates."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return Rate(n / (time.process_time() - processor), n / (time.perf_counter() - clock))


def sentences_of_32(analyzer: Analyzer, n: int, *, numbered: bool = False) -> list[str]:
    """Return sentences of 32 tokens on average, about; they come again where there are not enough.

    Args:
        analyzer: Whose tokens.
        n: How many.
        numbered: Whether each ends in its number, so that no two are the same.
    """
    texts = [json.loads(line)["text"] for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
    encoded = analyzer.encoder.encode(texts, [()] * len(texts))
    less = TOKENS_OF_A_NUMBER if numbered else 0
    chosen = [
        text
        for text, sentence in zip(texts, encoded, strict=True)
        if isinstance(sentence, EncodedSentence) and SHORTEST <= len(sentence) + less <= LONGEST
    ]
    chosen = (chosen * (n // len(chosen) + 1))[:n]
    return [f"{text} {number}" for number, text in enumerate(chosen)] if numbered else chosen


def mean_tokens(analyzer: Analyzer, texts: Sequence[str]) -> float:
    """Return the mean number of tokens of some of the sentences, taken over all of them."""
    some = texts[:: max(1, len(texts) // 2_000)]
    encoded = analyzer.encoder.encode(some, [()] * len(some))
    return statistics.fmean(len(sentence) for sentence in encoded if isinstance(sentence, EncodedSentence))


def write_archive(texts: Sequence[str], path: Path) -> JsonSource:
    """Write sentences as JSONL and open it."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(
            json.dumps({"text": text, "n": n}, ensure_ascii=False) + "\n" for n, text in enumerate(texts)
        )
    source = open_source(path)
    assert isinstance(source, JsonSource)
    return source


def measure_scoring(folder: Path, n: int, rounds: int, precision: str) -> Figures:
    """Return the rate of the scorer, of the network alone and their ratio."""
    analyzer = load(threads=1, precision=precision)
    texts = sentences_of_32(analyzer, n)
    source = write_archive(texts, folder / "in.jsonl")
    (folder / REJECTS).mkdir(exist_ok=True)
    scorer = ShardScorer(
        Job(
            source,
            output_for(source, "jsonl"),
            ShardPaths(folder, "jsonl"),
            current_release(),
            made_with(precision),
        )
    )
    (part,) = source.slices(n)
    encoded = [e for e in analyzer.encoder.encode(texts, [()] * n) if isinstance(e, EncodedSentence)]
    batches = [
        analyzer.encoder.collate([encoded[number] for number in numbers])
        for numbers in analyzer.encoder.batches(encoded, tokens=TOKENS_PER_BATCH)
    ]

    def network() -> None:
        for batch in batches:
            analyzer.engine.run_and_embed(batch)

    network()  # the first inference compiles
    scorer(Task(part))
    pairs = [(measure(n, network), measure(n, lambda: scorer(Task(part)))) for _ in range(rounds)]
    shard = folder / "part-000000.jsonl"
    return {
        "precision": analyzer.engine.precision,
        "release": analyzer.release.label,
        "sentences": n,
        "tokens": mean_tokens(analyzer, texts),
        "rounds": rounds,
        "network_per_processor_second": statistics.median(alone.by_processor for alone, _ in pairs),
        "scorer_per_processor_second": statistics.median(scored.by_processor for _, scored in pairs),
        "scorer_per_second": statistics.median(scored.by_clock for _, scored in pairs),
        "of_the_network": statistics.median(
            scored.by_processor / alone.by_processor for alone, scored in pairs
        ),
        "bytes_of_a_row_in": source.path.stat().st_size / n,
        "bytes_of_a_row_out": shard.stat().st_size / n,
    }


def measure_parts(folder: Path, n: int) -> Figures:
    """Return the rates of what is done once per archive, by one process, on `n` rows."""
    analyzer = load(threads=1)
    source = write_archive(sentences_of_32(analyzer, n, numbered=True), folder / "parts.jsonl")
    parts = list(source.slices(10_000))
    seen = Seen(folder / "seen.sqlite")
    output = output_for(source, "jsonl")

    def find_copies() -> None:
        for part in parts:
            seen.copies(source, part, analyzer.codebook)

    rates = {
        name: measure(n, work)
        for name, work in (
            ("fingerprint", source.fingerprint),
            ("cutting", lambda: list(source.slices(10_000))),
            ("reading and checking", lambda: [row for part in parts for row in source.rows(part)]),
            ("copies (--once)", find_copies),
            ("joining", lambda: output.join([source.path], folder / "joined.jsonl")),
        )
    }
    seen.close()
    return {
        "rows": n,
        "rows_per_processor_second": {name: rate.by_processor for name, rate in rates.items()},
        "rows_per_second": {name: rate.by_clock for name, rate in rates.items()},
        "bytes_of_a_row_in_seen_sqlite": (folder / "seen.sqlite").stat().st_size / n,
    }


# ---------------------------------------------------------------------------------------- end to end


def measure_end_to_end(folder: Path, n: int, workers: int, precision: str) -> Figures:
    """Return rate and memory of `diplotone score` on `n` distinct rows, and check that each came out once, in order."""
    analyzer = load(threads=1)
    texts = sentences_of_32(analyzer, n, numbered=True)
    tokens = mean_tokens(analyzer, texts)
    source, out = write_archive(texts, folder / "archive.jsonl"), folder / f"scored-{precision}.jsonl"
    del analyzer
    command = [sys.executable, "-m", "diplotone.model", "score", str(source.path), "-o", str(out)]
    command += ["--workers", str(workers), "--precision", precision]
    said = folder / "said.txt"
    began = time.perf_counter()
    with said.open("w") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file, start_new_session=True)
        memory: list[tuple[float, float, float]] = []
        while True:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            held = list(_memory_of_group(process.pid))
            memory.append((time.perf_counter() - began, sum(held), max(held, default=0.0)))
            time.sleep(SECONDS_BETWEEN_LOOKS)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[2:5])} failed: {said.read_text()}")
    with out.open(encoding="utf-8") as lines:
        numbers = [json.loads(line)["n"] for line in lines]
    if numbers != list(range(n)):
        raise RuntimeError(f"{len(numbers):,} rows came out of {n:,}, or in another order")
    processor = used.ru_utime + used.ru_stime
    return {
        "precision": precision,
        "rows": n,
        "rows_out": len(numbers),
        "tokens": tokens,
        "workers": workers,
        "seconds": seconds,
        "processor_seconds": processor,
        "rows_per_second_and_worker": n / seconds / workers,
        "rows_per_processor_second": n / processor,
        "peak_mb_of_all": max(total for _, total, _ in memory),
        "peak_mb_of_all_in_the_first_half": max(
            [total for at, total, _ in memory if at < seconds / 2], default=0.0
        ),
        "peak_mb_of_one": max(largest for _, _, largest in memory),
    }


def _memory_of_group(group: int) -> Iterator[float]:
    """The megabytes that each process of a group holds at this moment; what they share counts with each."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            its_group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
            if its_group == group:
                yield int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        except (OSError, ValueError, IndexError):  # it ended meanwhile
            continue


# -------------------------------------------------------------------------------------------- telling


def as_markdown(figures: Figures) -> Iterator[str]:
    """Yield the figures of a run line by line."""
    yield from of_machine(figures["machine"])
    yield ""
    yield (
        "| computed in | tokens | network alone, sentences/s and core | text in, labels out | of the network"
        " | bytes a row in | out (JSONL) |"
    )
    yield "|---|---|---|---|---|---|---|"
    for row in figures["scorer"]:
        yield (
            f"| {row['precision']} | {row['tokens']:.1f} | {row['network_per_processor_second']:,.0f}"
            f" | {row['scorer_per_processor_second']:,.0f} | {row['of_the_network']:.0%}"
            f" | {row['bytes_of_a_row_in']:,.0f} | {row['bytes_of_a_row_out']:,.0f} |"
        )
    if figures["end_to_end"]:
        yield ""
        yield (
            "| `diplotone score`, distinct rows | computed in | processes | s | rows/s and core | rows/s and process,"
            " by the clock | peak of all processes, MB (of the first half) | of the largest, MB |"
        )
        yield "|---|---|---|---|---|---|---|---|"
    for row in figures["end_to_end"]:
        yield (
            f"| {row['rows']:,} of {row['tokens']:.1f} tokens, {row['rows_out']:,} out | {row['precision']}"
            f" | {row['workers']} | {row['seconds']:,.0f} | {row['rows_per_processor_second']:,.0f}"
            f" | {row['rows_per_second_and_worker']:,.0f}"
            f" | {row['peak_mb_of_all']:,.0f} ({row['peak_mb_of_all_in_the_first_half']:,.0f})"
            f" | {row['peak_mb_of_one']:,.0f} |"
        )
    parts = figures["parts"]
    yield ""
    yield f"| done once, by one process ({parts['rows']:,} rows) | rows/s | for 10⁹ rows, h |"
    yield "|---|---|---|"
    for name, rate in parts["rows_per_processor_second"].items():
        yield f"| {name} | {rate:,.0f} | {1e9 / rate / 3600:,.1f} |"
    yield ""
    yield f"`_seen.sqlite` takes {parts['bytes_of_a_row_in_seen_sqlite']:,.0f} bytes a row."


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sentences", type=int, default=1_500, help="of a round of the scorer (1,500)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows-of-parts", type=int, default=20_000, help="rows for the other parts (20,000)")
    parser.add_argument(
        "--end-to-end",
        type=int,
        nargs="?",
        const=100_000,
        default=0,
        metavar="N",
        help="run the command itself on so many rows too (100,000 where no number is given)",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes of the command (2)")
    parser.add_argument(
        "--precision", choices=PRECISIONS, help="one alone (f32, and bf16 where the processor has it)"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of the files (docs/)")
    options = parser.parse_args(arguments)
    both = dict.fromkeys(computed_in(precision) for precision in PRECISIONS)
    precisions = [options.precision] if options.precision else list(both)
    watch = Watch()
    figures: Figures = {"command": " ".join(["python -m tests.bench.archive", *(arguments or sys.argv[1:])])}
    with TemporaryDirectory() as folder:
        place = Path(folder)
        figures["scorer"] = []
        for precision in precisions:
            figures["scorer"].append(measure_scoring(place, options.sentences, options.rounds, precision))
            watch.look()
        figures["parts"] = measure_parts(place, options.rows_of_parts)
        figures["end_to_end"] = []
        for precision in precisions if options.end_to_end else []:
            found = measure_end_to_end(place, options.end_to_end, options.workers, precision)
            figures["end_to_end"].append(found)
            watch.look()
    figures["machine"] = watch.seen()
    options.out.mkdir(parents=True, exist_ok=True)
    put_into_json(options.out / "performance.json", {"archive": figures}, kept=None)
    table = "\n".join(as_markdown(figures))
    print(table)
    put_into_page(options.out / "scaling.md", table)


if __name__ == "__main__":
    main()
