"""How fast Diplotone is, beside other systems and by itself: `python -m tests.bench`, some five minutes.

Prints the figures as Markdown, puts them into docs/performance.md and docs/performance.json, and draws them in
docs/performance.svg.
The figures name the machine and tell whether it was quiet; those of a busy one are good for ratios at best.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from . import http, speed, start
from .machine import Watch, of_machine
from .pages import put_into_json, put_into_page
from .picture import draw
from .sizes import FULL, QUICK
from .speed import ROOT

PRECISIONS = {"as served": "", "bf16": "bf16"}
"""What is measured -> what is computed in; the second on processors that have it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="of everything a little: to see that it runs, not for figures"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of the files (docs/)")
    options = parser.parse_args(arguments)
    sizes = QUICK if options.quick else FULL
    watch = Watch()
    figures: dict[str, Any] = {"command": "python -m tests.bench" + (" --quick" if options.quick else "")}
    figures["others"] = speed.against_others(sizes, watch.look)
    _told("others")
    figures["peak"] = speed.against_peak(sizes.products)
    figures["starts"] = start.starts_apart(sizes)
    watch.look()
    _told("starts")
    figures["page"] = start.page(sizes.pages)
    watch.look()
    _told("page")
    both = sizes.every_way and speed.has_bf16()
    for name, precision in PRECISIONS.items() if both else [("as served", "")]:
        curves = speed.curves(sizes, precision or None)
        watch.look()
        _told(f"curves, {name}")
        served = http.under_clients(sizes, precision)
        watch.look()
        _told(f"http, {name}")
        figures[name] = {"curves": curves, "http": served}
    figures["machine"] = watch.seen()
    options.out.mkdir(parents=True, exist_ok=True)
    put_into_json(options.out / "performance.json", figures, kept=["archive"])
    (options.out / "performance.svg").write_text(draw(figures), encoding="utf-8")
    table = "\n".join(as_markdown(figures))
    print(table)
    put_into_page(options.out / "performance.md", table)


def _told(part: str) -> None:
    print(f"measured: {part}", file=sys.stderr, flush=True)


def as_markdown(figures: dict[str, Any]) -> Iterator[str]:
    """Yield the figures of a run line by line."""
    yield from of_machine(figures["machine"])
    others = figures["others"]
    yield ""
    yield (
        f"{others['sentences']} sentences of the project's own, and {others['sentences_of_32_tokens']} of exactly 32"
        f" tokens; one thread each, medians of {others['rounds']} turns:"
    )
    yield ""
    yield (
        "| system | sentences/s and core | of ours | the same at 32 tokens | of ours | sentences/s on the clock"
        " | start to first result, s | peak, MB |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for row in others["rows"]:
        yield (
            f"| {row['name']} | {row['sentences_per_processor_second']:,.0f} | {row['of_ours']:.2f}"
            f" | {row['of_32_tokens_per_processor_second']:,.0f} | {row['of_ours_at_32_tokens']:.2f}"
            f" | {row['sentences_per_second']:,.0f} | {row['start_to_first_result_s']:.1f} | {row['peak_mb']:,.0f} |"
        )
    for name, why in others["left_out"].items():
        yield f"| {name} | left out, for want of {', '.join(why)} | | | | | | |"
    peak = figures["peak"]
    yield ""
    yield (
        f"The network ({peak['form']}) does {peak['network_gflops']:.0f} GFLOP/s on one core:"
        f" {peak['of_fp32_peak']:.0%} of what a product of matrices reaches in fp32"
        f" ({peak['fp32_peak_gflops']:,.0f}), {peak['of_int8_peak']:.0%} of what one in int8 does"
        f" ({peak['int8_peak_gops']:,.0f}; {peak['int8_peak_is']})."
    )
    yield ""
    yield "| from the start of the process | s | processor, s | peak, MB |"
    yield "|---|---|---|---|"
    for row in [*figures["starts"], figures["page"]]:
        used = f"{row['cpu_seconds']:.2f}" if "cpu_seconds" in row else ""
        yield f"| {row['name']} | {row['seconds']:.2f} | {used} | {row['peak_mb']:,.0f} |"
    measured = {name: figures[name]["curves"] for name in PRECISIONS if name in figures}
    for key, title in (
        ("tokens_of_a_sentence", "tokens of one sentence"),
        ("sentences_of_a_batch", "sentences of a batch, 25 to 32 tokens"),
        ("sentences_of_an_article", "sentences of an article, with dyads"),
        ("sentences_of_an_archive", "sentences of an archive"),
    ):
        yield ""
        points = measured["as served"][key]
        yield f"| {title} | " + " | ".join(f"{point['x']:,}" for point in points) + " |"
        yield "|---" * (len(points) + 1) + "|"
        for name, curves in measured.items():
            yield f"| ms, {name} | " + " | ".join(f"{point['ms']:,.1f}" for point in curves[key]) + " |"
            if "per_second" in points[0]:
                rates = (f"{point['per_second']:,.0f}" for point in curves[key])
                yield f"| sentences/s, {name} | " + " | ".join(rates) + " |"
    parts = measured["as served"]["parts_of_an_article"]
    yield ""
    yield f"| part of an article of {parts['sentences']} sentences, {parts['dyads']} dyads | ms |"
    yield "|---|---|"
    for name, ms in sorted(parts["ms"].items(), key=lambda item: -item[1]):
        yield f"| {name} | {ms:.1f} |"
    for name in measured:
        yield from _of_http(name, figures[name]["http"])


def _of_http(name: str, served: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield (
        f"Over HTTP ({name}) an article of 30 sentences takes {served['article_of_30_sentences_ms']:.0f} ms"
        " (median);"
    )
    beside = served["beside_a_long_text"]
    done = "done" if beside["long_text_status"] == 200 else f"given up with {beside['long_text_status']}"
    yield (
        f"a text of two sentences, while one of {beside['long_text_sentences']} is read ({done} after"
        f" {beside['long_text_ms']:,.0f} ms),"
        f" {beside['short_text_p50_ms']:.0f} ms (median), {beside['short_text_most_ms']:.0f} ms at most."
    )
    yield f"Peak memory of the service: {served['peak_mb']:.0f} MB."
    yield ""
    yield "| clients, texts of two sentences | answers/s | p50, ms | p95, ms | refused or failed |"
    yield "|---|---|---|---|---|"
    for row in served["clients"]:
        shown = ("" if row[key] is None else f"{row[key]:,.0f}" for key in ("p50_ms", "p95_ms"))
        rate, failed = row["answers_per_second"], row["refused_or_failed"]
        yield f"| {row['clients']} | {rate:.0f} | {' | '.join(shown)} | {failed} |"


if __name__ == "__main__":
    main()
