"""How fast an archive is scored: sentences a second and core, text in, labels out, beside the bare network.

    python -m tests.bench.archive [--sentences 1500] [--rounds 5] [--precision bf16]

Sentences of about 32 tokens go from a JSONL file to a shard of JSONL through the scorer that `diplotone score` runs in
each process, with one thread. In turn with it the network alone runs the same sentences, encoded and in batches
already: the ratio of the two holds on a busy machine too, where neither rate does. Rates are by processor time, which
leaves out waiting for others, though not that they share a core's units; and by the clock. Then the other parts of a
large archive: fingerprint, cutting, copies, joining.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from diplotone.model.analyzer import TOKENS_PER_BATCH, Analyzer, load
from diplotone.model.archive.copies import Seen
from diplotone.model.archive.made_with import made_with
from diplotone.model.archive.output import output_for
from diplotone.model.archive.scorer import Job, ShardScorer, Task
from diplotone.model.archive.shards import REJECTS, ShardPaths
from diplotone.model.archive.source import JsonSource, open_source
from diplotone.model.encoding import EncodedSentence
from diplotone.model.engine import PRECISIONS
from diplotone.model.release import current_release

SENTENCES = Path(__file__).resolve().parents[2] / "train" / "data" / "written.jsonl"
SHORTEST, LONGEST = 26, 38
"""Tokens of a sentence that counts as one of about 32."""

ROWS_OF_PARTS = 20_000
"""Rows on which the parts beside the network are measured."""


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


def sentences_of_32(analyzer: Analyzer, n: int) -> tuple[list[str], float]:
    """Return sentences and their mean number of tokens; they come again where there are not enough."""
    texts = [json.loads(line)["text"] for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
    encoded = analyzer.encoder.encode(texts, [()] * len(texts))
    chosen = [
        (text, len(sentence))
        for text, sentence in zip(texts, encoded, strict=True)
        if isinstance(sentence, EncodedSentence) and SHORTEST <= len(sentence) <= LONGEST
    ]
    chosen = (chosen * (n // len(chosen) + 1))[:n]
    return [text for text, _ in chosen], statistics.fmean(tokens for _, tokens in chosen)


def write_archive(texts: list[str], path: Path) -> JsonSource:
    """Write sentences as JSONL and open it."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(
            json.dumps({"text": text, "n": n}, ensure_ascii=False) + "\n" for n, text in enumerate(texts)
        )
    source = open_source(path)
    assert isinstance(source, JsonSource)
    return source


def measure_scoring(folder: Path, n: int, rounds: int, precision: str | None) -> None:
    """Print the rate of the scorer, of the network alone and their ratio."""
    analyzer = load(threads=1, precision=precision)
    texts, tokens = sentences_of_32(analyzer, n)
    source = write_archive(texts, folder / "in.jsonl")
    (folder / REJECTS).mkdir()
    with_what = made_with(analyzer.engine.precision)
    scorer = ShardScorer(
        Job(source, output_for(source, "jsonl"), ShardPaths(folder, "jsonl"), current_release(), with_what)
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
    ratios = [archive.by_processor / alone.by_processor for alone, archive in pairs]
    print(
        f"{n:,} sentences, {tokens:.1f} tokens on average, {rounds} rounds, {analyzer.release.label}"
        f" in {analyzer.engine.precision}, one thread"
    )
    for name, rates in (
        ("network alone", [a for a, _ in pairs]),
        ("text in, labels out", [b for _, b in pairs]),
    ):
        processor, clock = [rate.by_processor for rate in rates], [rate.by_clock for rate in rates]
        print(
            f"{name:>20}: {statistics.median(processor):6.0f} a second by processor time (best"
            f" {max(processor):.0f}), {statistics.median(clock):6.0f} by the clock (best {max(clock):.0f})"
        )
    print(
        f"{'ratio':>20}: {statistics.median(ratios):.3f} (rounds {', '.join(f'{ratio:.3f}' for ratio in ratios)})"
    )
    shard = folder / "part-000000.jsonl"
    print(
        f"{'size':>20}: {source.path.stat().st_size / n:.0f} bytes a row in, {shard.stat().st_size / n:.0f} out"
    )


def measure_parts(folder: Path) -> None:
    """Print the rates of what is done once per archive, by one process."""
    analyzer = load(threads=1)
    texts, _ = sentences_of_32(analyzer, ROWS_OF_PARTS)
    source = write_archive([f"{text} {n}" for n, text in enumerate(texts)], folder / "parts.jsonl")
    n, parts = len(texts), list(source.slices(10_000))
    seen = Seen(folder / "seen.sqlite")
    output = output_for(source, "jsonl")

    def find_copies() -> None:
        for part in parts:
            seen.copies(source, part, analyzer.codebook)

    for name, work in (
        ("fingerprint", source.fingerprint),
        ("cutting", lambda: list(source.slices(10_000))),
        ("reading and checking", lambda: [row for part in parts for row in source.rows(part)]),
        ("copies (--once)", find_copies),
        ("joining", lambda: output.join([source.path], folder / "joined.jsonl")),
    ):
        rate = measure(n, work)
        told = f"{rate.by_processor:10,.0f} rows a second by processor time"
        print(f"{name:>20}: {told}, {rate.by_clock:10,.0f} by the clock")
    seen.close()
    print(f"{'copies on the disk':>20}: {(folder / 'seen.sqlite').stat().st_size / n:.0f} bytes a row")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sentences", type=int, default=1_500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precision", choices=PRECISIONS)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        measure_scoring(Path(folder), options.sentences, options.rounds, options.precision)
        measure_parts(Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
