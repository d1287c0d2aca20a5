"""How fast Diplotone is, beside other systems and by itself: `python -m tests.bench`, some five minutes.

Prints the figures as Markdown, puts them into docs/performance.md and docs/performance.json, and draws them in
docs/performance.svg.
The figures name the machine and tell whether it was quiet; those of a busy one are good for ratios at best.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from . import http, speed, start
from .machine import QUIET, Watch
from .picture import draw
from .speed import ROOT

PRECISIONS = {"as served": "", "bf16": "bf16"}
"""What is measured -> what is computed in; the second on processors that have it."""

BEGIN, END = "<!-- figures: written by the benchmark -->", "<!-- end of figures -->"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few repeats: to see that it runs, not for figures"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of the files (docs/)")
    options = parser.parse_args(arguments)
    few = options.quick
    watch = Watch()
    figures: dict[str, Any] = {"command": "python -m tests.bench" + (" --quick" if few else "")}
    figures["others"] = speed.against_others(24 if few else 192, 2 if few else 7, watch.look)
    _told("others")
    figures["peak"] = speed.against_peak(3 if few else 15)
    figures["starts"] = start.starts(2 if few else 9)
    watch.look()
    _told("starts")
    figures["page"] = start.page(1 if few else 3)
    watch.look()
    _told("page")
    for name, precision in PRECISIONS.items() if speed.has_bf16() else [("as served", "")]:
        curves = speed.curves(
            1 if few else 9, (40, 80) if few else (100, 500, 2_000), precision=precision or None
        )
        watch.look()
        _told(f"curves, {name}")
        served = http.under_clients(3 if few else 12, precision)
        watch.look()
        _told(f"http, {name}")
        figures[name] = {"curves": curves, "http": served}
    figures["machine"] = watch.seen()
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "performance.json").write_text(
        json.dumps(_rounded(figures), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (options.out / "performance.svg").write_text(draw(figures), encoding="utf-8")
    table = "\n".join(_markdown(figures))
    print(table)
    _put_into(options.out / "performance.md", table)


def _put_into(page: Path, table: str) -> None:
    """Put the table between the two marks of a page, where there is such a page."""
    if page.exists():
        before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if begin and end:
            page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def _told(part: str) -> None:
    print(f"measured: {part}", file=sys.stderr, flush=True)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _markdown(figures: dict[str, Any]) -> Iterator[str]:
    machine = figures["machine"]
    yield f"{machine['processor']}, {machine['cores_usable']} usable of {machine['processors_seen']}, {machine['date']}"
    yield f"load {machine['load_before'][0]} before, {machine['load_after'][0]} after; " + (
        "quiet"
        if machine["quiet"]
        else "NOT QUIET: up to"
        f" {max(machine['clock_to_processor_time']):.1f} s on the clock to 1 s of work ({QUIET} is quiet)"
    )
    others = figures["others"]
    yield ""
    yield f"{others['sentences']} sentences of the project's own, one thread each, medians of {others['rounds']} turns:"
    yield ""
    yield "| system | sentences/s and core | of ours | sentences/s on the clock | start to first result, s | peak, MB |"
    yield "|---|---|---|---|---|---|"
    for row in others["rows"]:
        yield (
            f"| {row['name']} | {row['sentences_per_processor_second']:,.0f} | {row['of_ours']:.2f} |"
            f" {row['sentences_per_second']:,.0f} | {row['start_to_first_result_s']:.1f} | {row['peak_mb']:,.0f} |"
        )
    for name, why in others["left_out"].items():
        yield f"| {name} | left out, for want of {', '.join(why)} | | | | |"
    peak = figures["peak"]
    yield ""
    yield (
        f"The network ({peak['form']}) does {peak['network_gflops']:.0f} GFLOP/s on one core:"
        f" {peak['of_fp32_peak']:.0%} of what a product of matrices reaches in fp32"
        f" ({peak['fp32_peak_gflops']:.0f}), {peak['of_int8_peak']:.0%} of the core's peak in int8 (four times that)."
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
        f"a text of two sentences, while one of 300 is read ({done} after {beside['long_text_ms']:,.0f} ms),"
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
